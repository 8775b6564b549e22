"""Category codes give the same trees as the categories themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from imbsuite import RandomOverSampler
from imbsuite.experiment.codes import Codes, most_codes
from imbsuite.experiment.encoding import share_encoder
from imbsuite.scoring.memo import FoldCache, MemoizedSampler

RNG = np.random.default_rng
TREES = HistGradientBoostingClassifier(
    max_iter=5, early_stopping=False, min_samples_leaf=3
)


def table(n: int = 300):
    rng = RNG(0)
    y = (rng.random(n) < 0.3).astype(int)
    # The categories are not sorted, and one is not used.
    town = pd.Categorical(rng.choice([*"dbca"], n), categories=[*"dbeca"])
    town[rng.random(n) < 0.1] = np.nan
    X = pd.DataFrame(
        {
            "size": (rng.normal(size=n) + y).astype(np.float32),
            "town": town,
            "count": rng.integers(0, 5, n),
            "grade": pd.Categorical(rng.integers(1, 12, n), ordered=True),
            "kind": pd.Categorical(np.where(y * rng.random(n) > 0.5, "z", "a")),
        }
    )
    return X, y


def shared(X, y, model=TREES, sampler=None):
    cache = FoldCache()
    pipeline = share_encoder(make_pipeline(FunctionTransformer(), clone(model)), cache)
    if sampler is not None:
        X, y = MemoizedSampler(sampler, cache).fit_resample(X, y)
    return pipeline.fit(X, y)


@pytest.mark.parametrize("sampler", [None, RandomOverSampler(random_state=0)])
def test_trees_fitted_on_codes_match_those_on_categories(sampler):
    X, y = table()
    # No training row has category "d".
    train = np.flatnonzero(X["town"] != "d")[:150]
    model = shared(X.iloc[train], y[train], sampler=sampler)
    rows, labels = X.iloc[train], y[train]
    if sampler is not None:
        rows, labels = clone(sampler).fit_resample(rows, labels)
    plain = clone(TREES).fit(rows, labels)
    assert isinstance(model[-1].categorical_features, np.ndarray)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))


@pytest.mark.parametrize(
    "options",
    [
        {"categorical_features": None},
        {"categorical_features": ["town", "grade", "kind"]},
        {"monotonic_cst": {"size": 1}},
        {"interaction_cst": "no_interactions"},
    ],
)
def test_trees_with_params_about_columns_get_the_original_table(options):
    X, y = table()
    model = clone(TREES).set_params(**options)
    assert most_codes(model) == 0
    if options.get("categorical_features", "") is not None:
        plain = clone(model).fit(X, y)
        np.testing.assert_array_equal(
            shared(X, y, model).predict_proba(X), plain.predict_proba(X)
        )


def test_codes_are_none_for_unsupported_tables():
    X, _ = table()
    assert Codes.of(X, 255) is not None
    for other, most in [
        (X, 0),
        (X, 4),  # more categories than the trees accept
        (X[["size", "count"]], 255),
        (X.to_numpy(), 255),
        (X.assign(text="a"), 255),
        (X.assign(mixed=pd.Categorical([1, *["a"] * 299])), 255),
    ]:
        assert Codes.of(other, most) is None


def test_error_names_the_column_with_too_many_categories():
    X, y = table()
    X["code"] = pd.Categorical([f"{i}" for i in range(len(X))])
    with pytest.raises(ValueError, match="'code'"):
        shared(X, y)
