"""Tables on which laws are tested, and resampling without warnings."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from imbsuite._random import check_rng


def blobs(sizes: tuple[int, ...] = (61, 26, 13), d: int = 4) -> tuple[Any, Any]:
    """Return a table of overlapping classes, with shuffled rows."""
    rng = check_rng(7)
    y = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return rng.normal(size=(len(y), d)) + 0.7 * y[:, np.newaxis], y


def mixed() -> tuple[Any, Any]:
    """Return a pandas table with every kind of column, and some missing values."""
    import pandas as pd

    X, y = blobs()
    rng = check_rng(8)
    frame = pd.DataFrame({"float": X[:, 0], "narrow": X[:, 1].astype("float32")})
    frame["whole"] = np.rint(50 * X[:, 2]).astype("int64")
    frame["nullable"] = pd.array(np.rint(9 * X[:, 3]).astype("int64"), dtype="Int64")
    frame["when"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(X[:, 0], unit="D")
    frame["text"] = rng.choice(["low", "mid", "high"], len(y))
    frame["level"] = pd.Categorical(
        frame["text"], categories=["low", "mid", "high", "?"]
    )
    frame["flag"] = X[:, 1] > 0
    for name in ("float", "nullable", "when", "text", "level"):
        frame.loc[rng.random(len(y)) < 0.1, name] = None
    return frame, y


def resample(sampler: Any, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
    """Return the result of ``fit_resample``, without its warnings."""
    with warnings.catch_warnings():
        # Warnings about small classes are expected.
        warnings.simplefilter("ignore", UserWarning)
        resampled: tuple[Any, Any] = sampler.fit_resample(X, y, **params)
    return resampled


def grows(sampler: Any) -> bool:
    """Return whether this is an over-sampler."""
    return sampler._kind == "over"


def can_plan(sampler: Any) -> bool:
    """Return whether ``sampling_strategy`` sets the sizes of the classes."""
    removes = sampler._kind == "clean" or sampler._also_removes
    return not removes and "sampling_strategy" in sampler.get_params()
