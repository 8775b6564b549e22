"""A sampler with a cache: equal rows are resampled once for all models."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any, Self

import joblib
import numpy as np
from sklearn.base import BaseEstimator, clone

__all__ = ["CachedDraw", "MemoizedSampler"]


@dataclass(frozen=True)
class CachedDraw:
    """The rows that a sampler returned, its warnings, and the seconds that it took."""

    sampler: Any
    X: Any
    y: Any
    caught: list[warnings.WarningMessage]
    seconds: float


class MemoizedSampler(BaseEstimator):  # type: ignore[misc]
    """Wraps a seeded sampler; clones share its cache.

    In a comparison every model needs the same resampled rows, with the same seed, and the
    neighbor search can take longer than the fit of a model.

    Parameters
    ----------
    sampler : sampler
        It has a seed, so that equal rows give equal draws.
    drawn : dict
        The cache: draws by the hash of the rows.

    Attributes
    ----------
    draw_ : CachedDraw
        The draw for the rows of ``fit_resample``.
    seconds_saved_ : float
        The time saved because the draw was in the cache; else 0.
    effective_prior_ : dict or None
        Taken from the sampler.
    """

    def __init__(self, sampler: Any, drawn: dict[str, CachedDraw]) -> None:
        self.sampler = sampler
        self.drawn = drawn

    def __sklearn_clone__(self) -> Self:
        return type(self)(self.sampler, self.drawn)

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return the resampled rows, and repeat the warnings of the sampler."""
        key = joblib.hash((X, np.asarray(y)))
        known = key in self.drawn
        if not known:
            self.drawn[key] = self._draw(X, y)
        self.draw_ = draw = self.drawn[key]
        self.seconds_saved_ = draw.seconds if known else 0.0
        self.effective_prior_ = getattr(draw.sampler, "effective_prior_", None)
        for caught in draw.caught:
            warnings.warn_explicit(
                caught.message, caught.category, caught.filename, caught.lineno
            )
        return draw.X, draw.y

    def _draw(self, X: Any, y: Any) -> CachedDraw:
        sampler = clone(self.sampler)
        started = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows, labels = sampler.fit_resample(X, y)
        seconds = time.perf_counter() - started
        return CachedDraw(sampler, rows, labels, list(caught or ()), seconds)
