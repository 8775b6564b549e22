"""What tests share: the tables beside the repository, and a model that is told what to say.

Tests skip where the tables are not.
"""

from __future__ import annotations

import datetime as dt
import decimal
import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

SHARED = Path(
    os.environ.get("IMBSUITE_SHARED", Path(__file__).parents[2] / "shared")
).resolve()


def load_shared(name: str) -> tuple[Any, ...]:
    """Return X, y, groups, weights and the description of a table, or skip."""
    path = SHARED / "data" / "load.py"
    if not path.exists():
        pytest.skip(f"the tables of {path.parent} are not here")
    spec = importlib.util.spec_from_file_location("shared_load", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded: tuple[Any, ...] = module.load(name)
    return loaded


class Given(ClassifierMixin, BaseEstimator):
    """Its probabilities are the columns of X."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.asarray(X, dtype=float)


def frozen(p, y):
    return FrozenEstimator(Given().fit(p, y))


def typed_table(n: int = 48) -> Any:
    """Return an Arrow table with a column of every type that a file may hold."""
    pa = pytest.importorskip("pyarrow")
    rng = np.random.default_rng(1)
    day = dt.date(2020, 1, 1)
    days = [day + dt.timedelta(int(i)) for i in rng.integers(0, 99, n)]
    flags = [None, *rng.integers(0, 2, n - 1).astype(bool).tolist()]
    return pa.table(
        {
            "code": [f"{i:05d}" for i in range(n)],
            "count": pa.array([None, *range(1, n)], pa.int64()),
            "tiny": pa.array(rng.integers(0, 9, n), pa.uint8()),
            "ill": pa.array(["yes" if i % 4 == 0 else "no" for i in range(n)])
            .dictionary_encode()
            .cast(pa.dictionary(pa.int8(), pa.string(), ordered=True)),
            "narrow": pa.array(rng.normal(size=n), pa.float32()),
            "level": pa.DictionaryArray.from_arrays(
                rng.integers(0, 2, n), ["low", "mid", "never"]
            ),
            "day": pa.array(days),
            "moment": pa.array(days).cast(pa.timestamp("us", tz="Europe/Berlin")),
            "price": pa.array([decimal.Decimal(i) / 4 for i in range(n)]),
            "flag": pa.array(flags),
            "huge": pa.array(2**62 + np.arange(n), pa.int64()),
            "void": pa.nulls(n),
            "gone": pa.nulls(n, pa.float64()),
        }
    )


class RefusesKnownRows(ClassifierMixin, BaseEstimator):
    """Knows which rows it was fitted on, and does not predict any of them."""

    def fit(self, X, y):
        self.seen_ = set(map(str, np.asarray(X).tolist()))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        rows = np.asarray(X).tolist()
        assert not self.seen_ & set(map(str, rows))
        first = np.linspace(0.2, 0.8, len(rows))
        return np.column_stack([first, 1 - first])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def naive_neighbors(X, k):
    """Return the k nearest other rows of each row, in units of X, by sorting."""
    X = np.asarray(X, dtype=float)
    far = ((X[:, np.newaxis] - X) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    return np.argsort(far, axis=1, kind="stable")[:, : min(k, len(X) - 1)]
