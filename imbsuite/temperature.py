r"""Temperatures without a sampler: sample weights, a schedule and a batch sampler.

A temperature T sets the degree to which classes are balanced: their shares are
proportional to :math:`n_k^{1/T}`. :class:`~imbsuite.plan.Tempered` is the plan of any
sampler for a temperature; this module contains weights, a schedule of temperatures (a
function of progress, not of class sizes, so it is not in ``plan``), and a batch
sampler.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbsuite._random import Seed, check_rng, draw_evenly
from imbsuite._table import check_groups, check_target, count_rows
from imbsuite._types import Codes
from imbsuite._views import strata_of
from imbsuite.plan import Tempered, largest_remainder

__all__ = [
    "Cooldown",
    "Schedule",
    "TemperatureBatchSampler",
    "draw_epoch",
    "temperature_at",
    "temperature_weights",
    "tempered_shares",
]

Schedule: TypeAlias = Callable[[float], float]


def tempered_shares(sizes: ArrayLike, temperature: float) -> NDArray[np.float64]:
    r"""Return :math:`p(k; T) = n_k^{1/T} / \sum_j n_j^{1/T}` for sizes of strata.

    Parameters
    ----------
    sizes : array-like of shape (n_strata,)
        Numbers of rows, all positive.
    temperature : float
        At least 1; may be ``inf``.
    """
    n = np.asarray(sizes, dtype=np.float64)
    # Relative to the largest size, so that shares are exactly equal at T = inf.
    flat = (n / n.max()) ** (1 / Tempered(temperature).temperature)
    return np.asarray(flat / flat.sum())


def temperature_weights(
    y: ArrayLike, temperature: float, groups: ArrayLike | None = None
) -> NDArray[np.float64]:
    r"""Return sample weights that are equivalent to sampling at T, in expectation.

    .. math:: w_i = p(k_i; T) / p(k_i; 1), \quad p(k; T) \propto n_k^{1/T}

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Labels of any type.
    temperature : float
        T, at least 1. At 1 all weights are 1; at ``inf`` they are scikit-learn's "balanced"
        weights.
    groups : array-like of shape (n_rows,), default=None
        With groups, the strata are the classes within groups.

    Returns
    -------
    ndarray of shape (n_rows,)
        Their mean is 1.

    Raises
    ------
    ValueError
        If ``temperature`` is below 1, or y or groups are invalid.

    Notes
    -----
    The expected gradient is the same as with sampling, but its second moment is not. If
    :math:`G_k` is the mean squared gradient norm of class k, the second moment is
    :math:`\sum_k G_k\, p(k;T)^2 / p(k;1)` with weights and :math:`\sum_k G_k\, p(k;T)`
    with sampling. The paper assumes that all :math:`G_k` are equal; in this case,
    weights are never better. If the gradients of large classes are much larger, the
    order reverses.

    **When it hurts.** A model fitted with these weights predicts as if class k had a
    share of p(k; T): its probabilities are too high for rare classes.

    References
    ----------
    "Upsample or Upweight? Balanced Training on Heavily Imbalanced Datasets",
    NAACL 2025, arXiv:2410.04579, :doi:`10.48550/arXiv.2410.04579`.

    Examples
    --------
    >>> from imbsuite import temperature_weights
    >>> temperature_weights(["a", "a", "a", "b"], float("inf")).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """
    strata = _strata(y, groups)
    sizes = np.bincount(strata)
    weights = tempered_shares(sizes, temperature) * len(strata) / sizes
    return np.asarray(weights[strata])


def _strata(y: ArrayLike, groups: ArrayLike | None) -> Codes:
    """Return codes of the classes, or of the classes within groups."""
    n_rows = count_rows(y)
    codes, _ = check_target(y, n_rows, "temperature_weights")
    within = check_groups(groups, n_rows)
    return codes if within is None else strata_of("class_and_group", codes, within)


@dataclass(frozen=True)
class Cooldown:
    """A schedule of temperatures during training: by default high first, then 1.

    A schedule maps the progress of the training, in [0, 1], to a temperature.

    Parameters
    ----------
    start, end : float, default=5.0, 1.0
        Temperatures at the beginning and at the end, at least 1; may be ``inf``.
    switch_at : float, default=0.5
        The progress at which the temperature reaches ``end``, in (0, 1].
    shape : {"step", "linear"} or callable, default="step"
        The transition. "step": one step at ``switch_at``. "linear": 1/T, which is finite
        also at ``T = inf``, changes linearly until ``switch_at``. A callable maps
        progress / ``switch_at``, in [0, 1), to the fraction of the change of 1/T, in
        [0, 1].

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    ``Cooldown.two_phase()`` is Buda's two-phase training (inf, then 1), and
    ``Cooldown.late_rebalancing()`` has the order of deferred re-weighting and
    decoupling (1, then inf). imbsuite does not claim that either order is better.

    **When it hurts.** For a convex model that is trained to convergence, only the last
    phase matters: the schedule then costs time and changes nothing. The paper reports
    results for translation and language models, without repeated seeds and without an
    experiment with imbalanced classes; a gradual decrease was worse there than the
    single step.

    References
    ----------
    "Upsample or Upweight? Balanced Training on Heavily Imbalanced Datasets",
    NAACL 2025, arXiv:2410.04579, :doi:`10.48550/arXiv.2410.04579`.
    Buda, Maki, Mazurowski. A systematic study of the class imbalance problem in
    convolutional neural networks. Neural Networks 106 (2018), 249-259,
    :doi:`10.1016/j.neunet.2018.07.011`.

    Examples
    --------
    >>> from imbsuite import Cooldown
    >>> [Cooldown()(progress) for progress in (0.0, 0.49, 0.5, 1.0)]
    [5.0, 5.0, 1.0, 1.0]
    """

    start: float = 5.0
    end: float = 1.0
    switch_at: float = 0.5
    shape: Literal["step", "linear"] | Callable[[float], float] = "step"

    def __post_init__(self) -> None:
        Tempered(self.start)
        Tempered(self.end)
        if not 0 < self.switch_at <= 1:
            msg = (
                "The 'switch_at' parameter of Cooldown must be a number in (0, 1]. Got "
                f"{self.switch_at!r} instead."
            )
            raise ValueError(msg)
        if self.shape not in ("step", "linear") and not callable(self.shape):
            msg = (
                "The 'shape' parameter of Cooldown must be 'step', 'linear' or a callable. "
                f"Got {self.shape!r} instead."
            )
            raise ValueError(msg)

    @classmethod
    def two_phase(cls, switch_at: float = 0.5) -> Self:
        """Return Buda's two-phase schedule: balanced classes, then original proportions."""
        return cls(np.inf, 1.0, switch_at)

    @classmethod
    def late_rebalancing(cls, switch_at: float = 0.5) -> Self:
        """Return the reverse schedule: original proportions, then balanced classes."""
        return cls(1.0, np.inf, switch_at)

    def __call__(self, progress: float) -> float:
        """Return the temperature at ``progress``, in [0, 1]."""
        if np.ndim(progress):
            # A sampler calls its plan with labels.
            msg = (
                "A Cooldown in 'sampling_strategy' requires an ensemble that knows the "
                "progress of its fit: ResampledEnsembleClassifier(sampler). A sampler "
                "alone takes Tempered(temperature)."
            )
            raise ValueError(msg)
        if progress >= self.switch_at:
            return float(self.end)
        fraction = self._fraction(progress / self.switch_at)
        if fraction == 0:
            return float(self.start)
        exponent = (1 - fraction) / self.start + fraction / self.end
        return float(1 / exponent) if exponent else np.inf

    def _fraction(self, part: float) -> float:
        if callable(self.shape):
            return float(self.shape(part))
        return part if self.shape == "linear" else 0.0


def temperature_at(temperature: float | Schedule, progress: float) -> float:
    """Return a validated temperature: a number, or the value of a schedule.

    Raises
    ------
    ValueError
        If the temperature is not a number of at least 1.
    """
    value = temperature(progress) if callable(temperature) else temperature
    return float(Tempered(value).temperature)


def draw_epoch(
    strata: Codes, temperature: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return the rows of an epoch: as many as in the table, with tempered shares.

    The rows of a stratum occur equally often, up to a difference of one; at T = 1,
    every row occurs once. The rows of a stratum are contiguous and in order.

    Parameters
    ----------
    strata : ndarray of shape (n_rows,), int
        Codes 0, ..., n_strata - 1, each of which occurs.
    temperature : float
    rng : Generator
    """
    sizes = np.bincount(strata)
    targets = largest_remainder(tempered_shares(sizes, temperature), len(strata))
    order = np.split(np.argsort(strata, kind="stable"), np.cumsum(sizes)[:-1])
    drawn = [draw_evenly(rows, n, rng) for rows, n in zip(order, targets, strict=True)]
    return np.concatenate(drawn)


class TemperatureBatchSampler:
    """Batches of row positions with tempered class shares, for any training loop.

    It can be the ``batch_sampler`` of a PyTorch DataLoader, and does not require PyTorch.
    Every epoch has ``ceil(n_rows / batch_size)`` batches at any temperature.

    Parameters
    ----------
    labels : array-like of shape (n_rows,)
        Labels of any type (or groups, or labels that combine both).
    batch_size : int
    temperature : float or callable, default=5.0
        A number of at least 1, or a schedule such as :class:`Cooldown`, which maps the
        progress of the training to a temperature and is evaluated at the start of each
        epoch.
    mode : {"quota", "multinomial"}, default="quota"
        "quota": an epoch uses all rows of a class equally often (up to a difference of
        one) and spreads each class evenly over the batches. "multinomial": each row of
        a batch is drawn independently.
    n_epochs : int, default=1
        Number of epochs of the training: the progress of epoch e is e / n_epochs.
    random_state : int, Generator, RandomState or None, default=None

    Attributes
    ----------
    epoch : int
        The epoch of the next iteration; each iteration increments it.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    **When it hurts.** At high temperatures, rows of a tiny class occur many times per
    epoch, and a network memorizes them.

    References
    ----------
    "Upsample or Upweight? Balanced Training on Heavily Imbalanced Datasets",
    NAACL 2025, arXiv:2410.04579, :doi:`10.48550/arXiv.2410.04579`.

    Examples
    --------
    >>> from imbsuite import TemperatureBatchSampler
    >>> batches = TemperatureBatchSampler([0] * 9 + [1], 5, float("inf"))
    >>> [sum(int(row) == 9 for row in batch) for batch in batches]  # the rare row
    [..., ...]
    """

    def __init__(
        self,
        labels: ArrayLike,
        batch_size: int,
        temperature: float | Schedule = 5.0,
        *,
        mode: Literal["quota", "multinomial"] = "quota",
        n_epochs: int = 1,
        random_state: Seed = None,
    ) -> None:
        n_rows = count_rows(labels)
        self._strata, _ = check_target(labels, n_rows, type(self).__name__)
        if mode not in ("quota", "multinomial"):
            msg = (
                f"The 'mode' parameter of {type(self).__name__} must be 'quota' or "
                f"'multinomial'. Got {mode!r} instead."
            )
            raise ValueError(msg)
        self.batch_size = _positive("batch_size", batch_size)
        self.n_epochs = _positive("n_epochs", n_epochs)
        self.temperature = temperature
        self.mode = mode
        self.epoch = 0
        temperature_at(temperature, 0.0)
        self._entropy = check_rng(random_state).integers(2**32, size=4).tolist()

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration, and thereby its temperature and rows."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return math.ceil(len(self._strata) / self.batch_size)

    def __iter__(self) -> Iterator[NDArray[np.intp]]:
        """Yield the batches of one epoch, as positions of rows."""
        progress = min(self.epoch / self.n_epochs, 1.0)
        seed = np.random.SeedSequence([*self._entropy, self.epoch])
        draw = self._spread if self.mode == "quota" else self._toss
        rows = draw(temperature_at(self.temperature, progress), check_rng(seed))
        self.epoch += 1
        for start in range(0, len(rows), self.batch_size):
            yield rows[start : start + self.batch_size]

    def _spread(self, temperature: float, rng: np.random.Generator) -> Any:
        rows = rng.permutation(draw_epoch(self._strata, temperature, rng))
        strata = self._strata[rows]
        order = np.argsort(strata, kind="stable")
        sizes = np.bincount(strata)
        starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
        # The n rows of a class are 1/n of the epoch apart, so every batch has nearly its
        # quota; the random offset keeps classes from coinciding.
        place = np.empty(len(rows))
        place[order] = np.arange(len(rows)) - starts
        return rows[
            np.argsort((place + rng.random(len(sizes))[strata]) / sizes[strata])
        ]

    def _toss(self, temperature: float, rng: np.random.Generator) -> Any:
        sizes = np.bincount(self._strata)
        chance = (tempered_shares(sizes, temperature) / sizes)[self._strata]
        return rng.choice(len(self._strata), len(self._strata), p=chance)


def _positive(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        msg = (
            f"The {name!r} parameter must be an integer of at least 1. Got {value!r} "
            "instead."
        )
        raise ValueError(msg)
    return int(value)
