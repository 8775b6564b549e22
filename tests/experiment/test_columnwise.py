"""Fitted encoders that encode new rows column by column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from skrub import StringEncoder, TableVectorizer, tabular_pipeline

from imbsuite.experiment import columnwise
from imbsuite.experiment.models import default_models

RNG = np.random.default_rng
pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories:UserWarning")


def table(n: int, seed: int) -> pd.DataFrame:
    """Return columns of every kind, with a shuffled index."""
    rng = RNG(seed)
    start = 5 * seed  # tables of later seeds also have new values
    return pd.DataFrame(
        {
            "whole": rng.integers(start, 9 + start, n),
            "small": rng.integers(0, 5, n).astype(np.int8),
            "gaps": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "color": rng.choice(["red", "green", "blue", None], n),
            "kind": pd.Categorical(rng.choice(["a", "b", f"c{seed}"], n)),
            "two": rng.choice(["no", "yes"], n),
            "text": [f"street {i}" for i in rng.integers(0, 900, n)],
            "figures": [f"{i}" for i in rng.integers(0, 90, n)],
            "when": pd.date_range("2020-01-01", periods=n, freq="7h"),
            "day": [f"2021-03-{i:02d}" for i in rng.integers(1, 28, n)],
            "flag": rng.random(n) < 0.5,
            "empty": np.full(n, np.nan),
        },
        index=rng.permutation(n) + 1000,
    )


ENCODERS = {
    **{name: model[:-1] for name, model in default_models().items()},
    "linear": tabular_pipeline(LogisticRegression())[:-1],
    "characters": make_pipeline(
        TableVectorizer(cardinality_threshold=10, high_cardinality=StringEncoder(3))
    ),
    "pipeline of numbers": make_pipeline(
        TableVectorizer(numeric=make_pipeline(StandardScaler(), StandardScaler()))
    ),
    "one's own": make_pipeline(
        TableVectorizer(
            specific_transformers=[(OrdinalEncoder(), ["two"]), ("drop", ["whole"])]
        ),
        "passthrough",
    ),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_columnwise_encoding_matches_the_encoder(name):
    encoder = ENCODERS[name].fit(table(300, 0))
    new = table(70, 1)
    expected, encoded = encoder.transform(new), columnwise.encode(encoder, new)
    assert type(encoded) is type(expected)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(encoded, expected, check_exact=True)
    else:
        assert encoded.dtype == expected.dtype
        np.testing.assert_array_equal(encoded, expected)


def test_encoding_does_not_call_transform_of_the_vectorizer(monkeypatch):
    encoder = ENCODERS["linear"].fit(table(300, 0))
    monkeypatch.setattr(TableVectorizer, "transform", None)
    assert columnwise.encode(encoder, table(70, 1)).shape[0] == 70


@pytest.mark.parametrize("change", [lambda X: X.drop(columns="two"), lambda X: 1])
def test_invalid_tables_raise_the_error_of_the_vectorizer(change):
    encoder = ENCODERS["linear"].fit(table(300, 0))
    other = change(table(70, 1))
    with pytest.raises((ValueError, TypeError)) as expected:
        encoder.transform(other)
    with pytest.raises(expected.type) as raised:
        columnwise.encode(encoder, other)
    assert str(raised.value) == str(expected.value)


def test_table_with_all_columns_dropped_is_encoded():
    X = pd.DataFrame({"empty": [np.nan] * 4}, index=[4, 3, 2, 1])
    encoder = make_pipeline(TableVectorizer()).fit(X)
    pd.testing.assert_frame_equal(columnwise.encode(encoder, X), encoder.transform(X))
