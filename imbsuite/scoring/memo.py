"""A cache for the fits of one fold: parts of the table, resampled rows, encoders."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import joblib
import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.metaestimators import available_if

from imbsuite._keys import digest
from imbsuite._table import take
from imbsuite._types import Positions

T = TypeVar("T")

_FEW_ROWS = 200


@dataclass(frozen=True)
class Recorded:
    """The warnings of a computation, and the seconds that it took."""

    caught: list[warnings.WarningMessage]
    seconds: float

    def repeat(self) -> None:
        """Issue the warnings again when a cached result is used."""
        for caught in self.caught:
            warnings.warn_explicit(
                caught.message, caught.category, caught.filename, caught.lineno
            )


def record(work: Callable[[], T]) -> tuple[T, Recorded]:
    """Return the result of ``work``, and its warnings and time."""
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = work()
    return result, Recorded(list(caught or ()), time.perf_counter() - started)


@dataclass(frozen=True)
class CachedDraw:
    """The rows that a sampler returned for ``source``, and their labels."""

    sampler: Any
    source: Any
    source_y: Any
    X: Any
    y: Any
    recorded: Recorded

    def copied(self) -> tuple[Positions, Positions] | None:
        """Return the positions of copies of rows of ``source``, and of their originals.

        None if the sampler does not record them.
        """
        if not {"steps_", "parents_"} <= vars(self.sampler).keys():
            return None
        origins = np.asarray(self.sampler.sample_indices_)
        seeds, partners = self.sampler.parents_.T
        repeats = (seeds == partners) & (self.sampler.steps_ == 0)
        kept = np.arange(len(origins) - len(seeds))
        rows = np.concatenate([kept, len(kept) + np.flatnonzero(repeats)])
        return rows, origins[rows]


@dataclass(frozen=True)
class EncoderTrial:
    """A few rows on which each encoder is tried once, to find whether it reads labels.

    All folds use the same rows, so the answer depends neither on the fold nor on how
    folds are divided among processes. ``answers``: the answer for each encoder that was
    tried, by its digest.
    """

    X: Any
    y: Any
    answers: dict[str, bool]

    @classmethod
    def of(cls, X: Any, y: Any, answers: dict[str, bool] | None = None) -> Self:
        """Take the first rows of a table, and the first row of each class."""
        labels = np.asarray(y)
        # For multilabel targets, the first row with each label.
        of_labels = labels.ndim == 2
        first = (
            labels.argmax(0) if of_labels else np.unique(labels, return_index=True)[1]
        )
        few = np.union1d(np.arange(min(_FEW_ROWS, len(y))), first)
        return cls(take(X, few), take(y, few), {} if answers is None else answers)

    def reads_labels(self, steps: Any) -> bool:
        """Return whether the encoder encodes some rows differently if it gets labels.

        Tags and signatures are not reliable: some of scikit-learn's feature selectors
        require labels without a tag that says so, and other encoders read labels only
        if they get them.
        """
        # Each fold has its own seeds.
        seeds = [x for x in steps.get_params() if x.endswith("random_state")]
        key = digest(clone(steps).set_params(**dict.fromkeys(seeds)))
        if key not in self.answers:
            self.answers[key] = self._differs(steps)
        return self.answers[key]

    def _differs(self, steps: Any) -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                encoded = [
                    clone(steps).fit_transform(self.X, y) for y in (self.y, None)
                ]
            except Exception:  # noqa: BLE001 - a user's encoder that requires labels
                return True
        return joblib.hash(encoded[0]) != joblib.hash(encoded[1])


@dataclass
class FoldCache:
    """Parts of the table, resampled rows and fitted encoders of one fold.

    ``trial``: finds whether encoders read labels; None until the first encoder is
    tried.

    Tables are recognized by identity, which takes no time; entries hold their tables,
    so that no identity is reused. If another object with equal rows is passed, the work
    is repeated, with the same result.
    """

    parts: dict[Any, tuple[Any, Any]] = field(default_factory=dict)
    draws: dict[int, CachedDraw] = field(default_factory=dict)
    encoders: dict[Any, Any] = field(default_factory=dict)
    trial: EncoderTrial | None = None

    def take(self, table: Any, rows: Positions) -> Any:
        """Return these rows of a table; the same rows give the same object."""
        key = id(table), rows.tobytes()
        if key not in self.parts:
            self.parts[key] = table, take(table, rows)
        return self.parts[key][1]

    def drawn(self, X: Any) -> CachedDraw | None:
        """Return the draw whose resampled rows are ``X``, if there is one."""
        return next((draw for draw in self.draws.values() if draw.X is X), None)


class MemoizedSampler(BaseEstimator):  # type: ignore[misc]
    """A seeded sampler with a cache of its draws, which clones share.

    In a comparison, every model needs the same resampled rows, with the same seed, and
    the neighbor search can take longer than the fit of a model.

    Parameters
    ----------
    sampler : sampler
        It must have a seed, so that equal rows give equal draws.
    cache : FoldCache
        It must hold only the draws of this sampler.

    Attributes
    ----------
    draw_ : CachedDraw
        The draw for the rows of ``fit_resample``.
    seconds_saved_ : float
        The time saved because the draw was in the cache; else 0.
    effective_prior_ : dict or None
    label_names_ : list or None
        Taken from the sampler.
    """

    def __init__(self, sampler: Any, cache: FoldCache) -> None:
        self.sampler = sampler
        self.cache = cache

    def __sklearn_clone__(self) -> Self:
        return type(self)(self.sampler, self.cache)

    @property
    def _samples_labels(self) -> bool:
        """Whether the sampler supports multilabel targets; wrappers ask for it."""
        return getattr(self.sampler, "_samples_labels", False)

    def fit_resample(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> tuple[Any, Any]:
        """Return the resampled rows, and repeat the warnings of the sampler.

        The cache ignores weights, because the same table object has the same weights.
        """
        draws = self.cache.draws
        known = id(X) in draws
        if not known:
            metadata = {"sample_weight": sample_weight, "groups": groups}
            passed = {name: v for name, v in metadata.items() if v is not None}
            draws[id(X)] = self._draw(X, y, **passed)
        self.draw_ = draw = draws[id(X)]
        self.seconds_saved_ = draw.recorded.seconds if known else 0.0
        self.effective_prior_ = getattr(draw.sampler, "effective_prior_", None)
        self._carried_weight = getattr(draw.sampler, "_carried_weight", None)
        self.label_names_ = getattr(draw.sampler, "label_names_", None)
        draw.recorded.repeat()
        return draw.X, draw.y

    @available_if(lambda self: hasattr(self.sampler, "carry"))  # type: ignore[untyped-decorator]
    def carry(self, values: Any) -> Any:
        """Return values of the source rows for the resampled rows."""
        return self.draw_.sampler.carry(values)

    def _draw(self, X: Any, y: Any, **metadata: Any) -> CachedDraw:
        sampler = clone(self.sampler)
        (rows, labels), recorded = record(
            lambda: sampler.fit_resample(X, y, **metadata)
        )
        return CachedDraw(sampler, X, y, rows, labels, recorded)
