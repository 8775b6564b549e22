"""compare: the same seed gives the same scores, from any table."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from comparisons import (
    LEVELS,
    MEASURED_STRATEGIES,
    compare_quickly,
    graded_table,
    mixed_table,
    numeric_table,
    quiet,
)
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import GroupKFold, PredefinedSplit, TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB

from imbsuite import RandomUnderSampler
from imbsuite.experiment.models import default_models
from imbsuite.explore import compare
from imbsuite.folds.stratified import StratifiedFolds

RNG = np.random.default_rng


def test_import_does_not_load_optional_packages():
    code = (
        "import sys, imbsuite, imbsuite.explore;"
        # pandas is not among these: scikit-learn imports it where it is installed.
        "print([m for m in ('skrub', 'matplotlib', 'typer', 'polars')"
        " if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


@quiet
def test_same_seed_gives_the_same_scores():
    X, y = numeric_table()
    options = {
        "strategies": ["smote", "random-under"],
        "estimator": RandomForestClassifier(5),
        "scoring": ["average_precision", "balanced_accuracy"],
        "cv": 2,
    }

    def values(**more):
        scores = compare_quickly(X, y, **options | more).scores
        return scores.loc[scores["metric"] != "fit_time", "value"].to_numpy()

    first = values()
    np.testing.assert_array_equal(first, values())
    np.testing.assert_array_equal(first, values(n_jobs=2))
    assert not np.array_equal(first, values(random_state=1))


@quiet
def test_strategy_that_does_nothing_has_a_difference_of_0():
    # Folds and seeds are the same, so even a forest gives the same scores.
    X, y = numeric_table()
    comparison = compare_quickly(
        X, y, strategies={"same": None}, estimator=RandomForestClassifier(5)
    )
    summary = comparison.summary()
    same = summary[(summary["strategy"] == "same") & (summary["metric"] != "fit_time")]
    assert (same["difference"] == 0).all()
    compared = ~same["metric"].str.startswith("calibration")
    assert (same["verdict"][compared] == "").all()  # a difference of 0 has no verdict
    assert "nothing clearly beats doing nothing" in comparison.sentences[0]


@quiet
@pytest.mark.parametrize(
    "model",
    [
        "histogram gradient boosting",
        # It has the same vectorizer, which encodes more for a linear model.
        pytest.param("logistic regression", marks=pytest.mark.slow),
    ],
)
def test_input_is_not_modified_and_all_containers_agree(model):
    X, y = mixed_table()
    estimator = default_models()[model]
    if model == "histogram gradient boosting":
        estimator.set_params(histgradientboostingclassifier__max_iter=3)
    X_before, y_before = X.copy(), y.copy()
    arrow = pl.from_pandas(X).to_arrow()
    batch = arrow.combine_chunks().to_batches()[0]
    frames = [X, pl.from_pandas(X), arrow, batch]
    options = {"strategies": ["smote"], "cv": StratifiedFolds(2, 1)}
    options["estimator"] = estimator
    options["scoring"] = ["average_precision", "log_loss"]
    by_kind = [compare(frame, y, **options).scores for frame in frames]
    # The input is not modified.
    pd.testing.assert_frame_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    for scores in by_kind:
        timed = scores["metric"] == "fit_time"
        assert scores["value"].notna().all()
        np.testing.assert_allclose(
            scores.loc[~timed, "value"], by_kind[0].loc[~timed, "value"], rtol=1e-4
        )


@quiet
def test_arrays_and_lists_agree():
    X, y = numeric_table()
    listed, array = compare_quickly(X.tolist(), y.tolist()), compare_quickly(X, y)
    assert listed.summary()["mean"][0] == array.summary()["mean"][0]


@quiet
def test_progress_is_reported_after_every_fit():
    X, y = numeric_table()
    reports: list[tuple[int, int]] = []
    compare_quickly(X, y, progress=lambda done, total: reports.append((done, total)))
    assert reports == [(i, 12) for i in range(13)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros((3, 2))}, "X has 3 rows, y has 200"),
        ({"X": np.zeros((200, 0))}, r"0 feature\(s\)"),
        ({"groups": [1, 2]}, "groups has 2"),
        ({"groups": [None] * 200}, "groups has missing values"),
        ({"random_state": -1}, "cannot seed"),
        ({"cv": 1}, "1 folds"),
    ],
)
def test_invalid_arguments_raise(change, message):
    X, y = numeric_table()
    with pytest.raises(ValueError, match=message):
        compare_quickly(**{"X": X, "y": y} | change)


N = 40
COLUMN = np.arange(N * 1.0)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (None, "X is a builtins.NoneType; pass a NumPy array"),
        (range(N), "X is a builtins.range"),
        ({"a": [1.0]}, "X is a builtins.dict"),
        (pl.LazyFrame({"a": COLUMN}), "collect it first"),
        ([[1, 2], [3]] * (N // 2), "rows of different lengths"),
        (COLUMN, "Expected 2D array, got 1D array"),
        (np.ma.masked_array(COLUMN[:, None], COLUMN[:, None] > 9), "masked array"),
        (
            pd.DataFrame(np.c_[COLUMN, COLUMN], columns=["a", "a"]),
            r"duplicate column names: \['a'\]; rename them",
        ),
        (sp.csr_array(COLUMN[:, None]), r"sparse matrix.*LogisticRegression\(\)"),
        (
            pd.DataFrame({"a": pd.arrays.SparseArray(COLUMN)}),
            r"column 'a' .*Sparse.* X\['a'\].sparse.to_dense\(\)",
        ),
    ],
)
def test_invalid_tables_raise(X, message):
    with pytest.raises((TypeError, ValueError), match=message):
        compare(X, [0, 0, 0, 1] * (N // 4))


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_arrow_dates_in_pandas_raise_with_advice_that_works(zone):
    dates = pd.Series(pd.date_range("2020", periods=N, tz=zone))
    kinds = ["date32[day][pyarrow]"] * (zone is None)
    zoned = "" if zone is None else f", tz={zone}"
    for kind in [*kinds, f"timestamp[us{zoned}][pyarrow]"]:
        X = pd.DataFrame({"day": dates.astype(kind), "a": COLUMN})
        with pytest.raises(ValueError, match="column 'day' has the type") as error:
            compare(X, [0, 0, 0, 1] * (N // 4))
        advice = str(error.value).rpartition(", or ")[2].rstrip(".")
        X["day"] = eval(advice)  # noqa: S307 - our own text
        assert X["day"].dtype.kind == "M"
        assert (X["day"] == dates).all()


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64"])
def test_infinite_values_raise_and_name_their_column(dtype):
    values = pd.Series([np.inf, *COLUMN[1:]], dtype=dtype)
    X = pd.DataFrame({"a": COLUMN, "ratio": values})
    with pytest.raises(ValueError, match="column 'ratio' has infinite values"):
        compare(X, [0, 0, 0, 1] * (N // 4))


def test_tuple_labels_raise():
    y = np.empty(N, dtype=object)
    y[:] = [("a", 1), ("a", 2)] * (N // 2)
    with pytest.raises(ValueError, match=r"labels such as \('a', 1\)"):
        compare(COLUMN[:, None], y)


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([100, 2], None),
        # By default, [100, 2] and [50, 45, 3, 1] stand for these.
        pytest.param([60, 38, 2], None, marks=pytest.mark.slow),
        pytest.param([60, 39, 1], None, marks=pytest.mark.slow),
        ([50, 45, 3, 1], None),
        ([60, 40], np.arange(100) % 7),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_tiny_classes_do_not_crash(sizes, groups):
    y = np.repeat(range(len(sizes)), sizes)
    X = RNG(0).normal(size=(len(y), 3)) + y[:, None]
    once = StratifiedFolds(n_repeats=1)
    comparison = compare(X, y, estimator=LogisticRegression(), groups=groups, cv=once)
    assert not [note for note in comparison.notes if "failed" in note]
    assert comparison.strategies("LogisticRegression") == MEASURED_STRATEGIES
    ranked = comparison.scores[comparison.scores["metric"] == "average_precision"]
    assert ranked["value"].notna().all()


class BalancedOnly(ClassifierMixin, BaseEstimator):
    """Learns nothing from classes of unequal size."""

    def fit(self, X, y):
        self.classes_, sizes = np.unique(y, return_counts=True)
        balanced = sizes.min() == sizes.max()
        self.model_ = GaussianNB() if balanced else DummyClassifier()
        self.model_.fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def test_strategy_that_helps_is_found():
    X, y = numeric_table((300, 100))
    comparison = compare_quickly(
        X, y, estimator=BalancedOnly(), strategies=["random-under"], cv=5
    )
    assert comparison.sentences[0].startswith(
        "BalancedOnly: random-under beats doing nothing — it changes average precision "
        "by +0."
    )


@quiet
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_ordered_classes_add_presto_and_ordinal_metrics():
    X, y = graded_table(120)
    half = np.arange(120) % 2 == 0
    comparison = compare(X, y, ordered=LEVELS, strategies=[], cv=[(half, ~half)])
    assert comparison.models[-1] == "PRESTO"
    names = [metric.name for metric in comparison.metrics]
    assert names[-3:] == ["ranked_probability", "macro_absolute_error", "fit_time"]
    assert "RPS" in str(comparison)
    assert (
        comparison.scores["value"][comparison.scores["metric"] == "ranked_probability"]
        .le(1)
        .all()
    )
    plain = compare_quickly(X, y, strategies=[], cv=2)
    assert "ranked_probability" not in [metric.name for metric in plain.metrics]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("cv", "folds"),
    [
        (TimeSeriesSplit(2), 2),
        (PredefinedSplit(np.arange(200) % 3), 3),
        (GroupKFold(3), 3),
        (((range(100), range(100, 200)) for _ in range(2)), 2),
    ],
)
def test_any_splitter_and_any_scorer_can_be_used(cv, folds):
    X, y = numeric_table()
    scoring = {
        "f2": make_scorer(fbeta_score, beta=2),
        "auc": "roc_auc",
        "mine": lambda model, X, y: float(len(y)),
    }
    comparison = compare_quickly(
        X, y, strategies=[], cv=cv, groups=np.arange(200) // 4, scoring=scoring
    )
    assert comparison.n_folds == folds
    assert comparison.scores["value"].notna().all()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_many_classes_and_columns_and_markup_in_names_are_accepted():
    n = 400
    y = np.arange(n) % 40
    cells = {f"column {j}": RNG(j).normal(size=n) for j in range(297)}
    cells |= {"<script>alert(1)</script>": y, "\N{FLAMINGO} a": y, "\N{FLAMINGO}  a": y}
    frame = pd.DataFrame(cells | {"nothing": np.full(n, np.nan)})
    comparison = compare(
        frame.fillna(0),
        np.array([f"<b>{k}</b>" for k in y]),
        estimator=GaussianNB(),
        strategies={"under": RandomUnderSampler()},
        scoring=["log_loss", "average_precision"],
        cv=[(np.arange(n) < n // 2, np.arange(n) >= n // 2)],
    )
    assert len(comparison.columns) == 301
    assert len(comparison.predictions[0].labels) == 4
    assert comparison.best("log_loss")


@quiet
def test_repr_is_the_first_sentence_escaped():
    X, y = numeric_table()
    comparison = compare_quickly(X, y, estimator={"a\x1b[31m model": GaussianNB()})
    assert repr(comparison) == comparison.sentences[0].replace("\x1b", r"\x1b")
    assert len(repr(comparison)) < 1000
