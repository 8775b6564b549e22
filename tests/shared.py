"""What tests share: the tables beside the repository, and a model that is told what to say.

Tests skip where the tables are not.
"""

from __future__ import annotations

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
