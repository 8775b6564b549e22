"""The plan: the number of rows of each class after resampling.

A plan depends on ``y`` only. It is a mapping ``{label: target size}``; the target is a
minimum for over-samplers and a maximum for under-samplers, so that one plan is valid
for every fold of a cross-validation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from imbsuite._shares import capped, largest_remainder, leveled
from imbsuite._warning import warn

__all__ = [
    "Kind",
    "Mode",
    "Tempered",
    "capped",
    "count_labels",
    "largest_remainder",
    "leveled",
    "plan_counts",
    "targeted",
]

Kind: TypeAlias = Literal["over", "under", "clean"]
Mode: TypeAlias = Literal["over", "under", "same"]
Counts: TypeAlias = dict[Any, int]

# Type checkers would accept any name of a module that defines __getattr__.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name != "levelled":
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        warn("imbsuite.plan.levelled is now called leveled.", FutureWarning)
        return leveled


_WORDS: dict[str, tuple[str, ...]] = {
    "over": ("auto", "minority", "not minority", "not majority", "all"),
    "under": ("auto", "majority", "not minority", "not majority", "all"),
    "clean": ("auto", "majority", "not minority", "not majority", "all"),
}
_AUTO = {"over": "not majority", "under": "not minority", "clean": "not minority"}
_MODES = ("over", "under", "same")


def count_labels(y: ArrayLike) -> Counts:
    """Return ``{label: number of rows}`` in order of first appearance."""
    values = np.asarray(y)
    if values.dtype.kind == "U" and isinstance(y, (list, tuple)):
        values = np.array(y, dtype=object)  # in which 1 and "1" remain different
    if values.dtype == object:  # labels of several types cannot be sorted
        return dict(Counter(values.ravel().tolist()))
    labels, first, counts = np.unique(values, return_index=True, return_counts=True)
    order = np.argsort(first)
    sizes = counts[order].tolist()
    return dict(zip(labels[order].tolist(), sizes, strict=True))


@dataclass(frozen=True)
class Tempered:
    r"""A plan that flattens class sizes: sizes in proportion to ``n ** (1 / T)``.

    .. math:: p(k; T) = n_k^{1/T} / \sum_j n_j^{1/T}

    Target sizes are :math:`n_{max}^{1-1/T} n_k^{1/T}` (over),
    :math:`n_{min}^{1-1/T} n_k^{1/T}` (under), rounded to the nearest integer, or
    :math:`N p(k; T)` (same total, by largest remainder). An imbalance ratio of
    :math:`\rho` becomes :math:`\rho^{1/T}`.

    Parameters
    ----------
    temperature : float
        At least 1. 1 keeps the sizes; ``inf`` makes all classes equally large.
    mode : {"over", "under", "same"}, default=None
        Which of the three sizes to use. None: the direction of the sampler that uses
        the plan, or "over" if the plan is called as a function.

    Raises
    ------
    ValueError
        If ``temperature`` is not a number of at least 1, or ``mode`` is unknown.

    Notes
    -----
    **When it hurts.** A high temperature repeats (or synthesizes) rows of tiny classes many
    times and shifts every predicted probability; ``effective_prior_`` of the sampler
    holds the class shares after resampling.

    References
    ----------
    "Upsample or Upweight? Balanced Training on Heavily Imbalanced Datasets",
    NAACL 2025, arXiv:2410.04579, :doi:`10.48550/arXiv.2410.04579`.

    Examples
    --------
    >>> from imbsuite import Tempered
    >>> Tempered(2)(["a"] * 100 + ["b"])
    {'a': 100, 'b': 10}
    """

    temperature: float
    mode: Mode | None = None

    def __post_init__(self) -> None:
        t = self.temperature
        if isinstance(t, bool) or not isinstance(t, Real) or not t >= 1:
            msg = (
                f"The 'temperature' parameter must be a number of at least 1 (1 keeps the "
                f"class sizes, float('inf') balances them). Got {t!r} instead."
            )
            raise ValueError(msg)
        if self.mode not in (None, *_MODES):
            msg = (
                f"The 'mode' parameter must be one of {_MODES} or None. Got "
                f"{self.mode!r} instead."
            )
            raise ValueError(msg)

    def __repr__(self) -> str:
        mode = "" if self.mode is None else f", mode={self.mode!r}"
        return f"Tempered({self.temperature}{mode})"

    def __call__(self, y: ArrayLike) -> Counts:
        """Return ``{label: target size}`` for the labels ``y``."""
        return self.sizes(count_labels(y), "over")

    def sizes(self, counts: Mapping[Any, int], direction: Mode) -> Counts:
        """Return target sizes for ``counts``; ``direction`` is used if ``mode`` is None."""
        if not counts:
            return {}
        sizes = np.array(list(counts.values()), dtype=np.float64)
        some = sizes > 0  # an empty class stays empty, even if 0 ** (1 / T) is 1
        mode = self.mode or direction
        if mode == "same":
            flat = np.where(some, sizes ** (1 / self.temperature), 0.0)
            targets = largest_remainder(flat, int(sizes.sum()))
        else:
            anchor = sizes.max() if mode == "over" else sizes[some].min()
            # In this form, T = 1 and T = inf are exact.
            targets = np.rint(anchor * (sizes / anchor) ** (1 / self.temperature))
            targets[~some] = 0
        return dict(zip(counts, targets.astype(int).tolist(), strict=True))


def plan_counts(
    counts: Mapping[Any, int],
    strategy: Any,
    kind: Kind,
    y: ArrayLike | None = None,
) -> Counts:
    """Return ``{label: size after resampling}`` for every label of ``counts``.

    Parameters
    ----------
    counts : mapping of label to int
        The sizes before resampling. A class of 0 rows (because all its weights are 0)
        does not count as the smallest class.
    strategy : str, float, mapping, Tempered, callable, or (cleaning) list of labels
        The parameter ``sampling_strategy``; see the user guide.
    kind : {"over", "under", "clean"}
        The kind of sampler. A cleaner has no plan: as in imbalanced-learn, the target
        of each class that it may clean is the size of the smallest class.
    y : array-like of shape (n,), default=None
        Passed to a callable strategy.

    Raises
    ------
    ValueError
        If the strategy is invalid for this kind of sampler; the message gives the value
        and lists valid values.
    """
    if kind == "clean":
        chosen = _labels_to_clean(counts, strategy)
        smallest = counts[_smallest(counts)]
        return {k: smallest if k in chosen else n for k, n in counts.items()}
    wanted = _wanted(counts, strategy, kind, y)
    bound = max if kind == "over" else min
    return {k: bound(n, wanted.get(k, n)) for k, n in counts.items()}


def targeted(
    counts: Mapping[Any, int], strategy: Any, kind: Kind, plan: Mapping[Any, int]
) -> Counts:
    """Return ``sampling_strategy_`` as imbalanced-learn defines it.

    Over-samplers: ``{label: number of rows to add}``; under-samplers: ``{label: number
    of rows to keep}``; cleaners: the labels that may be cleaned, with the size of the
    smallest class. Only classes that the strategy names are listed.
    """
    if isinstance(strategy, str):
        names: Iterable[Any] = _by_word(counts, strategy, kind)
    elif isinstance(strategy, (Mapping, list, tuple, set, np.ndarray)):
        names = [k for k in counts if k in set(strategy)]
    else:
        names = [k for k, n in counts.items() if plan[k] != n]
    if kind == "over":
        return {k: plan[k] - counts[k] for k in names}
    return {k: plan[k] for k in names}


def _wanted(
    counts: Mapping[Any, int], strategy: Any, kind: Literal["over", "under"], y: Any
) -> Counts:
    if isinstance(strategy, str):
        named = _by_word(counts, strategy, kind)
        most = max(counts.values()) if kind == "over" else counts[_smallest(counts)]
        return dict.fromkeys(named, most)
    if isinstance(strategy, Tempered):
        return strategy.sizes(counts, kind)
    if isinstance(strategy, Mapping):
        return _by_mapping(counts, strategy, kind)
    if isinstance(strategy, Real) and not isinstance(strategy, bool):
        return dict.fromkeys(counts, _by_ratio(counts, float(strategy), kind))
    if callable(strategy):
        return _by_callable(counts, strategy, y)
    msg = (
        f"The 'sampling_strategy' parameter must be one of {_WORDS[kind]}, a ratio in "
        "(0, 1], a mapping of labels to counts or ratios, Tempered(T), or a callable that "
        f"returns counts. Got {strategy!r} instead."
    )
    raise ValueError(msg)


def _by_word(counts: Mapping[Any, int], word: str, kind: Kind) -> list[Hashable]:
    if word not in _WORDS[kind]:
        msg = (
            f"For {kind}-sampling, the 'sampling_strategy' parameter must be one of "
            f"{_WORDS[kind]} if it is a string. Got {word!r} instead."
        )
        raise ValueError(msg)
    word = _AUTO[kind] if word == "auto" else word
    if word == "all":
        return list(counts)
    largest = word.endswith("majority")
    named = max(counts, key=lambda k: counts[k]) if largest else _smallest(counts)
    return [k for k in counts if (k == named) != word.startswith("not ")]


def _by_ratio(counts: Mapping[Any, int], ratio: float, kind: Mode) -> int:
    if not 0 < ratio <= 1:
        msg = (
            f"A ratio in the 'sampling_strategy' parameter must lie in (0, 1] (smaller "
            f"class to larger class after resampling). Got {ratio!r} instead."
        )
        raise ValueError(msg)
    if kind == "over":
        return math.floor(ratio * max(counts.values()) + 0.5)
    return math.floor(counts[_smallest(counts)] / ratio + 0.5)


def _smallest(counts: Mapping[Any, int]) -> Any:
    """Return the label of the smallest class that has rows."""
    return min((k for k, n in counts.items() if n), key=lambda k: counts[k])


def _by_mapping(
    counts: Mapping[Any, int], mapping: Mapping[Any, Any], kind: Mode
) -> Counts:
    _check_known(counts, mapping)
    values = list(mapping.values())
    if all(_is_count(v) for v in values):
        _refuse_one(counts, mapping)
        return _by_count(mapping)
    if all(isinstance(v, Real) and not _is_count(v) for v in values):
        ratios = {k: float(v) for k, v in mapping.items()}
        return {k: _by_ratio(counts, r, kind) for k, r in ratios.items()}
    msg = (
        f"The 'sampling_strategy' parameter must map all labels to counts (integers) or "
        f"all to ratios (floats in (0, 1]). Got {dict(mapping)!r} instead."
    )
    raise ValueError(msg)


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _refuse_one(counts: Mapping[Any, int], mapping: Mapping[Any, int]) -> None:
    for label, n in mapping.items():
        if n == 1 and counts[label] > 1:
            msg = (
                f"sampling_strategy asks for 1 row of class {label!r}, which has "
                f"{counts[label]} rows. For a ratio of 1, pass 1.0."
            )
            raise ValueError(msg)


def _by_count(mapping: Mapping[Any, int]) -> Counts:
    for label, n in mapping.items():
        if n < 0:
            msg = (
                f"Counts in the 'sampling_strategy' parameter must not be negative. Got "
                f"{n} for class {label!r}."
            )
            raise ValueError(msg)
    return {k: int(n) for k, n in mapping.items()}


def _by_callable(
    counts: Mapping[Any, int], strategy: Callable[[Any], Any], y: Any
) -> Counts:
    wanted = strategy(y)
    if not isinstance(wanted, Mapping) or not all(map(_is_count, wanted.values())):
        msg = (
            f"A callable 'sampling_strategy' must return a mapping of labels to counts. "
            f"{strategy!r} returned {wanted!r} instead."
        )
        raise ValueError(msg)
    _check_known(counts, wanted)
    return _by_count(wanted)


def _labels_to_clean(counts: Mapping[Any, int], strategy: Any) -> list[Any]:
    if isinstance(strategy, str):
        return _by_word(counts, strategy, "clean")
    if isinstance(strategy, (list, tuple, set, np.ndarray)):
        labels = list(strategy)
        _check_known(counts, labels)
        return labels
    msg = (
        f"For a cleaning sampler, which has no target sizes, the 'sampling_strategy' "
        f"parameter must be one of {_WORDS['clean']} or a list of labels to clean. Got "
        f"{strategy!r} instead."
    )
    raise ValueError(msg)


def _check_known(counts: Mapping[Any, int], labels: Iterable[Any]) -> None:
    unknown = [k for k in labels if k not in counts]
    if unknown:
        msg = (
            f"The 'sampling_strategy' parameter must name classes in y, "
            f"{sorted(counts, key=str)}. Got {unknown} instead."
        )
        raise ValueError(msg)
