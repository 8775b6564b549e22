"""Feedback from the fitted members of an ensemble on the rows of the next member."""

from __future__ import annotations

import reprlib
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from imbsuite._arguments import as_instance
from imbsuite._shares import within_caps
from imbsuite._table import count_odd_weights, scaled_weight
from imbsuite._types import Floats, Positions
from imbsuite.meta._draws import cuts_at_random

_N_BINS = 5
# With an error of 0, a member would get an infinite vote, and outvote all others.
_LEAST_ERROR = 1e-10


class Chooses(Protocol):
    """Feedback that chooses which rows of an under-sampled class are kept."""

    def choose(
        self, hardness: Floats, n: int, progress: float, rng: np.random.Generator
    ) -> Positions:
        """Return ``n`` different positions in ``hardness``."""
        ...


class Weighs(Protocol):
    """Feedback that sets the weights of rows and the vote of the newest member."""

    def weigh(self, weight: Floats, p: Floats, progress: float) -> tuple[Floats, float]:
        """Return the weights for the next member, on any scale, and the vote."""
        ...


@dataclass
class SelfPaced:
    r"""Rows from five bins of hardness: mostly easy rows at first, evenly at the end.

    Of the n rows, bin b with N_b rows of mean hardness h_b gets a share proportional to
    :math:`1 / (h_b + \tan(\frac{\pi}{2} \mathrm{progress}))`, but at most N_b rows.
    """

    def choose(
        self, hardness: Floats, n: int, progress: float, rng: np.random.Generator
    ) -> Positions:
        """Return ``n`` positions."""
        edges = np.linspace(hardness.min(), hardness.max(), _N_BINS + 1)
        place = np.searchsorted(edges[1:-1], hardness, side="right")
        sizes = np.bincount(place, minlength=_N_BINS)
        some = np.flatnonzero(sizes)
        mean = np.bincount(place, hardness, minlength=_N_BINS)[some] / sizes[some]
        # At progress 0, a hardness of 0 would otherwise have an infinite share.
        tiny = np.finfo(np.float64).tiny
        share = 1 / np.maximum(mean + np.tan(np.pi / 2 * progress), tiny)
        wanted = within_caps(share, sizes[some], n)
        drawn = [
            rng.choice(np.flatnonzero(place == b), size, replace=False, shuffle=False)
            for b, size in zip(some, wanted, strict=True)
        ]
        return np.concatenate(drawn)


@dataclass
class Cascade:
    r"""Random rows of the :math:`N (n / N)^{\mathrm{progress}}` hardest of N rows."""

    def choose(
        self, hardness: Floats, n: int, progress: float, rng: np.random.Generator
    ) -> Positions:
        """Return ``n`` positions."""
        total = len(hardness)
        n_hardest = min(max(n, round(total * (n / total) ** progress)), total)
        hardest = np.argsort(-hardness, kind="stable")[:n_hardest]
        return rng.choice(hardest, n, replace=False, shuffle=False)


@dataclass
class Boost:
    r"""AdaBoost.M2, with the error measured under the planned class shares.

    With weights D that sum to 1, and the probability p of each row's own class:

    .. math:: \varepsilon = \frac{K}{2 (K - 1)} \sum_i D_i (1 - p_i), \quad
              \beta = \varepsilon / (1 - \varepsilon), \quad
              D_i \leftarrow D_i \beta^{(1 + p_i - (1 - p_i) / (K - 1)) / 2}

    The vote is :math:`\log(1 / \beta)`. A member with an error of at least one half
    gets the vote 0, and the next member starts with the initial weights again.
    """

    n_classes: int
    _first: Floats | None = field(default=None, init=False)

    def weigh(self, weight: Floats, p: Floats, progress: float) -> tuple[Floats, float]:
        """Return the weights for the next member, and the vote."""
        if self._first is None:
            self._first = weight
        others = self.n_classes - 1
        error = self.n_classes / (2 * others) * float(weight @ (1 - p))
        if error >= 0.5:
            return self._first, 0.0
        error = max(error, _LEAST_ERROR)
        beta = error / (1 - error)
        power = (1 + p - (1 - p) / others) / 2
        return weight * beta**power, float(-np.log(beta))


FEEDBACK = {"self-paced": SelfPaced, "cascade": Cascade, "boost": Boost}


def feedback_of(feedback: Any) -> Any:
    """Return the class of a named feedback, or the object; TypeError for a class."""
    if isinstance(feedback, str):
        return FEEDBACK[feedback]
    if isinstance(feedback, type):
        msg = f"feedback={feedback.__name__}{as_instance(feedback)}."
        raise TypeError(msg)
    return feedback


def check_feedback(
    feedback: Any,
    sampler: Any,
    estimator: Any,
    *,
    takes_weight: bool,
    correction: str | None,
) -> None:
    """Raise ValueError if feedback requires another sampler, estimator or correction.

    Parameters
    ----------
    feedback, sampler, estimator
        Parameters of the ensemble.
    takes_weight : bool
        Whether the estimator supports weights.
    correction : str or None
        A parameter of the ensemble.
    """
    kind = feedback_of(feedback)
    if hasattr(kind, "choose") and not cuts_at_random(sampler):
        msg = (
            f"feedback={feedback!r} chooses the rows that are kept, so the "
            "'sampler' parameter must be a RandomUnderSampler without replacement. "
            f"Got {sampler!r} instead."
        )
        raise ValueError(msg)
    if not hasattr(kind, "weigh"):
        return
    if not (takes_weight and hasattr(sampler, "carry")):
        msg = (
            f"feedback={feedback!r} weighs rows, which requires a sampler of "
            f"imbsuite and an estimator with sample_weight. Got {sampler!r} and "
            f"{estimator!r} instead."
        )
        raise ValueError(msg)
    if correction == "prior":
        msg = (
            f"feedback={feedback!r} weighs rows, so the class shares that "
            "correction='prior' needs are unknown. Use correction='offset'."
        )
        raise ValueError(msg)


def make_feedback(feedback: Any, n_classes: int) -> Any:
    """Return an object that one fit may change: the named feedback, or a copy."""
    if feedback == "boost":
        return Boost(n_classes)
    return FEEDBACK[feedback]() if isinstance(feedback, str) else deepcopy(feedback)


def choose(
    feedback: Chooses,
    hardness: Floats,
    n: int,
    progress: float,
    rng: np.random.Generator,
) -> Positions:
    """Return the chosen positions; ValueError unless they are ``n`` different ones."""
    chosen = np.asarray(feedback.choose(hardness, n, progress=progress, rng=rng))
    some = chosen.shape == (n,) and chosen.dtype.kind in "iu"
    inside = some and chosen.min() >= 0 and chosen.max() < len(hardness)
    if inside and np.bincount(chosen).max() == 1:
        return chosen
    wanted = f"{n} different positions in hardness, integers below {len(hardness)}"
    raise _wrong(feedback, "choose", wanted, chosen)


def weigh(
    feedback: Weighs, weight: Floats, p: Floats, progress: float
) -> tuple[Floats, float]:
    """Return the weights of rows, which sum to 1, and the vote of the newest member.

    Raise ValueError unless both are finite and nonnegative, and a weight is positive.
    """
    # A copy: "weight *= 2" would change the weights by which later ones are divided.
    returned: Any = feedback.weigh(weight.copy(), p, progress)
    if not (isinstance(returned, (tuple, list)) and len(returned) == 2):
        raise _wrong(feedback, "weigh", "weights and a vote", returned)
    weights, vote = (_nonnegative(part) for part in returned)
    if weights is None or weights.shape != weight.shape or not weights.any():
        wanted = f"weights of {len(weight)} rows, finite, not negative and not all zero"
        raise _wrong(feedback, "weigh", wanted, returned[0])
    if vote is None or vote.shape:
        wanted = "a vote that is finite and not negative"
        raise _wrong(feedback, "weigh", wanted, returned[1])
    scaled = scaled_weight(weights)
    return np.asarray(scaled / scaled.sum()), float(vote)


def _nonnegative(value: Any) -> Floats | None:
    """Return an array of finite nonnegative numbers, or None for anything else."""
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return None if count_odd_weights(numbers) else numbers


def _wrong(feedback: Any, method: str, wanted: str, got: Any) -> ValueError:
    shape = f" of shape {got.shape}" if isinstance(got, np.ndarray) else ""
    msg = (
        f"feedback={feedback!r}: '{method}' must return {wanted}. Got "
        f"{reprlib.repr(got)}{shape} instead."
    )
    return ValueError(msg)
