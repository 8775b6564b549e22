"""Notes on the table of a comparison, as a reviewer would make them."""

from __future__ import annotations

import imblearn.over_sampling
import numpy as np
import pandas as pd
import polars as pl
import pytest
from comparisons import compare_quickly, numeric_table
from sklearn.model_selection import KFold, RepeatedStratifiedKFold, TimeSeriesSplit
from sklearn.tree import DecisionTreeClassifier

from imbsuite import SMOTE, RandomOverSampler, SubclassSampler, TomekLinks, make_chain
from imbsuite._classes import check_labels
from imbsuite.methods import SAMPLERS
from imbsuite.profile.column import Column
from imbsuite.profile.notes import Ways, creates
from imbsuite.profile.order import about_order

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def frame(sizes=(170, 30)) -> tuple[pd.DataFrame, np.ndarray]:
    X, y = numeric_table(sizes)
    return pd.DataFrame(X, columns=["a", "b"]), y


def notes(X, y, **options) -> list[str]:
    usual = {"estimator": DecisionTreeClassifier(max_depth=2), "scoring": ["roc_auc"]}
    return list(compare_quickly(X, y, **usual | options).notes)


def note_about(all_notes: list[str], words: str) -> str:
    (note,) = (note for note in all_notes if words in note)
    return note


def test_plain_table_has_no_notes():
    assert notes(*frame()) == []


# --- Identifiers ---------------------------------------------------------------------


def test_identifiers_are_reported_with_code_to_drop_them():
    X, y = frame()
    X.insert(0, "Unnamed: 0", range(len(X)))
    X["key"] = np.arange(len(X))[::-1]
    note = note_about(notes(X, y), "identifiers")
    assert note.startswith("columns 'Unnamed: 0' and 'key' seem to be identifiers")
    assert "X.drop(columns=['Unnamed: 0', 'key'])" in note
    assert "--ignore 'Unnamed: 0' --ignore key" in note
    assert notes(X.drop(columns=["Unnamed: 0", "key"]), y) == []


@pytest.mark.parametrize(
    ("container", "code"),
    [
        (lambda X: X, "X.drop(columns=['id'])"),
        (pl.from_pandas, "X.drop(['id'])"),
        (lambda X: X.to_numpy(), "np.delete(X, [2], axis=1)"),
        (lambda X: X.set_axis([5, 6, 7], axis=1), "X.drop(columns=[7])"),
    ],
)
def test_advice_is_valid_code_for_the_container(container, code):
    X, y = frame()
    table = container(X.assign(id=range(len(X))))
    assert code in note_about(notes(table, y), "identifier")
    left = eval(code, {"X": table, "np": np})  # noqa: S307
    assert left.shape == (len(X), 2)


def test_samplers_that_interpolate_identifiers_are_reported():
    X, y = frame()
    X = X.assign(number=range(len(X)), patient_id=np.arange(len(X)) // 2)
    all_notes = notes(X, y, strategies=["random-over", "smote"])
    note = note_about(all_notes, "new rows of smote have")
    assert "interpolated values of columns 'number' and 'patient_id'" in note
    assert "random-over" not in note
    assert not [text for text in notes(X, y) if "new rows of" in text]


def _only_removes(sampler) -> bool:
    return sampler._sampling_type in {"clean-sampling", "under-sampling"}


def test_creates_is_true_for_samplers_that_make_new_rows():
    others = {"random-over", "random-under", "temperature"}
    others |= {name for name, make in SAMPLERS.items() if _only_removes(make())}
    creators = {name for name, make in SAMPLERS.items() if creates(make())}
    assert creators == set(SAMPLERS) - others
    assert creates(imblearn.over_sampling.SMOTE())
    assert not creates(imblearn.over_sampling.RandomOverSampler())
    assert creates(RandomOverSampler(shrinkage=1.0))
    assert creates(make_chain(TomekLinks(), SMOTE()))
    assert not creates(make_chain(TomekLinks(), RandomOverSampler()))
    assert creates(SubclassSampler(SMOTE()))


def test_repeated_identifiers_are_suggested_as_groups():
    X, y = frame()
    X["patient"] = np.arange(len(X)) // 4
    note = note_about(notes(X, y), "groups=X['patient']")
    assert "(50 values)" in note
    assert "--groups patient" in note
    patient = X.pop("patient")
    assert notes(X, y, groups=patient) == []


def test_decimal_commas_are_reported():
    X, y = frame()
    X["price"] = [f"{i % 50},5" for i in range(len(X))]
    note = note_about(notes(X[["a", "b", "price"]], y, estimator=_encoded()), "commas")
    assert note.startswith("column 'price' has numbers with decimal commas")


def _encoded():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(encoder, DecisionTreeClassifier(max_depth=2))


# --- Times ---------------------------------------------------------------------------


def timed(n: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table sorted by year, in which class 1 becomes more frequent."""
    rng = np.random.default_rng(0)
    y = (rng.random(n) < np.linspace(0.05, 0.6, n)).astype(int)
    X = pd.DataFrame({"a": rng.normal(size=n), "year": 1950 + np.arange(n) // 4})
    return X, y


@pytest.mark.parametrize(
    "cv", [None, 3, RepeatedStratifiedKFold(n_splits=3, n_repeats=2)]
)
def test_random_folds_of_rows_in_time_order_are_reported(cv):
    X, y = timed()
    note = note_about(notes(X, y, cv=cv), "TimeSeriesSplit")
    assert note.startswith(
        "the rows are in the order of column 'year' and the share of"
    )
    early, late = y[:100].mean(), y[100:].mean()
    assert f"is {early:.1%} in the first half of 'year' and {late:.1%} in the" in note


@pytest.mark.parametrize("cv", [TimeSeriesSplit(3), KFold(4)])
def test_folds_that_keep_the_time_order_get_no_note(cv):
    X, y = timed()
    assert not [note for note in notes(X, y, cv=cv) if "TimeSeriesSplit" in note]


def test_steady_shares_are_not_reported_as_drift():
    X, _ = timed()
    y = np.arange(len(X)) % 5 == 0
    note = note_about(notes(X, y), "TimeSeriesSplit")
    assert note.startswith("the rows are in the order of column 'year'; random folds")


def test_class_drift_is_found_in_rows_not_sorted_by_date():
    X, y = timed()
    X["year"] = pd.to_datetime(X["year"].astype(str) + "-01-01")
    rows = np.random.default_rng(0).permutation(len(X))
    X, y = X.iloc[rows], y[rows]
    X_gaps = X.assign(year=X["year"].mask(np.arange(len(X)) % 9 == 0))
    numbers = _dates_as_numbers()
    for table in (X, X_gaps):
        note = note_about(notes(table, y, estimator=numbers), "TimeSeriesSplit")
        assert note.startswith("the share of class 1 is ")
        assert note.endswith("after sorting the rows by 'year'.")
    steady = np.arange(len(X)) % 5 == 0
    assert notes(X, steady, estimator=numbers) == []


def test_small_but_significant_drift_is_not_reported():
    n = 200_000
    labels = check_labels(
        np.random.default_rng(0).random(n) < np.where(np.arange(n) < n // 2, 0.3, 0.32)
    )
    columns = (Column("when", "date", 0, n, "in order"),)
    X = pd.DataFrame({"when": pd.date_range("2000-01-01", periods=n, freq="min")})
    (note,) = about_order(X, columns, labels, None, Ways(X))
    assert "share of class" not in note
    assert note.startswith("the rows are in the order of column 'when'")


def _dates_as_numbers():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    numbers = FunctionTransformer(lambda X: X.apply(pd.to_numeric))
    return make_pipeline(numbers, DecisionTreeClassifier(max_depth=2))


# --- Duplicate rows ------------------------------------------------------------------


@pytest.mark.parametrize(
    "container", [lambda X: X, lambda X: X.to_numpy(), pl.from_pandas]
)
def test_duplicate_rows_within_and_across_classes_are_reported(container):
    X, y = frame()
    rows = np.r_[np.arange(200), np.flatnonzero(y == 0)[:9], np.flatnonzero(y == 1)[:5]]
    torn = np.flatnonzero(y == 0)[20:24]
    X, y = X.iloc[np.r_[rows, torn]], np.r_[y[rows], np.ones(4, dtype=int)]
    all_notes = notes(container(X.reset_index(drop=True)), y)
    assert note_about(all_notes, "and the class of").startswith("14 rows (6.4%) repeat")
    assert note_about(all_notes, "of another class").startswith("8 rows (3.7%) have")


def test_duplicate_rows_are_found_despite_an_identifier():
    X, y = frame()
    X, y = pd.concat([X, X[:20]]), np.r_[y, y[:20]]
    X.insert(0, "row", range(len(X)))
    assert note_about(notes(X, y), "repeat").startswith("20 rows (9.1%)")
    # With groups, duplicate rows may always be in the same fold.
    groups = np.r_[np.arange(200), np.arange(20)]
    assert not [text for text in notes(X, y, groups=groups) if "repeat" in text]


def test_few_duplicates_of_the_rare_class_are_reported():
    X, y = frame((990, 10))
    rare = np.flatnonzero(y == 1)[:2]
    X, y = pd.concat([X, X.iloc[rare]]), np.r_[y, y[rare]]
    assert note_about(notes(X, y), "repeat").startswith("2 rows (0.2%)")


def test_single_duplicate_row_is_reported_in_the_singular():
    X, y = frame()
    X, y = pd.concat([X, X[:1]], ignore_index=True), np.r_[y, y[:1]]
    assert note_about(notes(X, y), "of another").startswith(
        "1 row (0.5%) repeats the features"
    )


def test_duplicates_of_few_feature_combinations_are_not_reported():
    y = np.arange(200) % 4 == 0
    X = pd.DataFrame({"a": np.arange(200) % 3 + 10 * y, "b": np.arange(200) % 2})
    assert not [text for text in notes(X, y) if "repeat" in text]


def test_duplicate_rows_with_unhashable_cells_are_found():
    from imbsuite._classes import check_labels
    from imbsuite.profile.columns import profile
    from imbsuite.profile.copies import about_copies, find_copies

    X = pd.DataFrame({"a": [[i] for i in [*range(40), *range(20)]], "b": range(60)})
    X["b"] %= 40
    y = np.r_[np.arange(40) % 2, np.arange(20) % 2]
    (note,) = about_copies(find_copies(X, profile(X), check_labels(y)))
    assert note.startswith("20 rows")
