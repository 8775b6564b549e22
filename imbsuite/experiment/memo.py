"""A sampler that draws once for the same rows, whichever model asks for them."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any, Self

import joblib
import numpy as np
from sklearn.base import BaseEstimator, clone

__all__ = ["Drawn", "Once"]


@dataclass(frozen=True)
class Drawn:
    """What a sampler made of some rows, what it warned of, and the seconds it took."""

    sampler: Any
    X: Any
    y: Any
    warned: list[warnings.WarningMessage]
    seconds: float


class Once(BaseEstimator):  # type: ignore[misc]
    """Stands for a seeded sampler; copies of it share what was drawn.

    In a comparison every model asks for the same rows, with the same seed, and the search
    for neighbors can take longer than the model.

    Parameters
    ----------
    sampler : sampler
        With a seed, so that the same rows give the same draw.
    drawn : dict
        What was drawn so far, by the content of the rows.

    Attributes
    ----------
    found_ : Drawn
    spared_ : float
        Seconds that the draw took when it was made for somebody else; else 0.
    effective_prior_ : dict or None
        Of the sampler.
    """

    def __init__(self, sampler: Any, drawn: dict[str, Drawn]) -> None:
        self.sampler = sampler
        self.drawn = drawn

    def __sklearn_clone__(self) -> Self:
        return type(self)(self.sampler, self.drawn)

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return what the sampler makes of these rows, and warn as it does."""
        key = joblib.hash((X, np.asarray(y)))
        known = key in self.drawn
        if not known:
            self.drawn[key] = self._draw(X, y)
        self.found_ = found = self.drawn[key]
        self.spared_ = found.seconds if known else 0.0
        self.effective_prior_ = getattr(found.sampler, "effective_prior_", None)
        for said in found.warned:
            warnings.warn_explicit(
                said.message, said.category, said.filename, said.lineno
            )
        return found.X, found.y

    def _draw(self, X: Any, y: Any) -> Drawn:
        sampler = clone(self.sampler)
        started = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows, labels = sampler.fit_resample(X, y)
        seconds = time.perf_counter() - started
        return Drawn(sampler, rows, labels, list(caught or ()), seconds)
