"""Helpers for all tests: the tables next to the repository, and simple classifiers.

Tests are skipped if the tables are missing.
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
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

SHARED = Path(
    os.environ.get("IMBSUITE_SHARED", Path(__file__).parents[2] / "shared")
).resolve()


def load_shared(name: str) -> tuple[Any, ...]:
    """Return X, y, groups, weights and the description of a table, or skip the test."""
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


def spread(first: dict[str, Any], second: dict[str, Any], every: int = 2) -> list[Any]:
    """Return all pairs of values as parameters, and mark all but one in ``every`` slow.

    By default, each value is paired with half of the values of the other dict. This is
    for pairs that exercise the same mechanism and take long. The slow tests run the
    rest.
    """
    return [
        pytest.param(
            a, b, id=f"{x}-{y}", marks=[pytest.mark.slow] if (i + j) % every else []
        )
        for i, (x, a) in enumerate(first.items())
        for j, (y, b) in enumerate(second.items())
    ]


def in_pairs(
    first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> list[Any]:
    """Return combinations that cover every pair of values from different dicts.

    The third dict must be the shortest.
    """
    names = list(third)
    return [
        pytest.param(a, b, third[z], id=f"{x}-{y}-{z}")
        for i, (x, a) in enumerate(first.items())
        for j, (y, b) in enumerate(second.items())
        for z in [names[(i + j) % len(names)]]
    ]


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities are the columns of X."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.asarray(X, dtype=float)


def frozen(p, y):
    return FrozenEstimator(Given().fit(p, y))


def typed_table(n: int = 48) -> Any:
    """Return an Arrow table with a column of every type that a file may contain."""
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


class NearestMean(ClassifierMixin, BaseEstimator):
    """A nearest-mean classifier, for checks that run hundreds of fits.

    Like a linear model, it supports weights and sparse rows, and its probabilities
    depend on every row and weight, but a fit takes a fraction of the time.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X, y, sample_weight=None):
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        shares = (codes == np.arange(len(self.classes_))[:, np.newaxis]) * weight
        self.means_ = (X.T @ shares.T).T / shares.sum(axis=1)[:, np.newaxis]
        return self

    def _scores(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return X @ self.means_.T - (self.means_**2).sum(axis=1) / 2

    def decision_function(self, X):
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X):
        return softmax(self._scores(X), axis=1)

    def predict(self, X):
        largest = self._scores(X).argmax(axis=1)
        return self.classes_[largest]


class RefusesKnownRows(ClassifierMixin, BaseEstimator):
    """A classifier that remembers its training rows and refuses to predict them."""

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
    """Return the k nearest other rows of each row, in units of X, by a full sort."""
    X = np.asarray(X, dtype=float)
    far = ((X[:, np.newaxis] - X) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    return np.argsort(far, axis=1, kind="stable")[:, : min(k, len(X) - 1)]
