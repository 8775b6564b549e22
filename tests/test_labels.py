"""The gate of targets, and which class is the positive one."""

from __future__ import annotations

import re
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.class_weight import compute_sample_weight

from imbsuite import (
    SMOTE,
    CooldownClassifier,
    LinearLossClassifier,
    PriorThresholdClassifier,
    ProportionalOddsClassifier,
    RandomOverSampler,
    ResampledClassifier,
    ResampledEnsembleClassifier,
    SubclassSampler,
    compare,
)
from imbsuite._classes import check_labels
from imbsuite._labels import find_positive
from imbsuite.ordinal import (
    macro_averaged_absolute_error,
    ranked_probability_score,
)


def positive_of(y, weight=None, pos_label=None, **options):
    classes, codes = np.unique(y, return_inverse=True)
    if weight is not None:
        weight = np.asarray(weight, dtype=float)
    return find_positive(classes, codes, weight, pos_label, "Owner", **options)


@pytest.mark.parametrize(
    ("rare", "common"),
    [
        ("fraud", "legit"),
        ("fraud", "ok"),
        ("b", "a"),
        (1, 2),
        (2, 1),
        (-1, 1),
        (1, -1),
        (0, 1),
        (1, 0),
        (True, False),
        (False, True),
    ],
)
def test_the_rarer_of_two_classes_wherever_it_sorts(rare, common):
    positive = positive_of([common] * 45 + [rare] * 15)
    assert (positive.label, positive.is_given, positive.is_clear) == (rare, False, True)
    assert np.unique([common, rare])[positive.code] == rare


@pytest.mark.parametrize("share", [0.475, 0.5, 0.525])
def test_near_shares_take_the_last_class_with_one_warning(share):
    n = round(share * 1000)
    with pytest.warns(UserWarning, match="'ok'.*pos_label") as caught:
        positive = positive_of(["fraud"] * n + ["ok"] * (1000 - n))
    assert (positive.label, positive.is_clear, len(caught)) == ("ok", False, 1)


@pytest.mark.parametrize(("share", "label"), [(0.474, "fraud"), (0.526, "ok")])
def test_beyond_five_points_the_rarer_one_is_clear(share, label):
    n = round(share * 1000)
    positive = positive_of(["fraud"] * n + ["ok"] * (1000 - n))
    assert (positive.label, positive.is_clear) == (label, True)


def test_near_shares_are_asked_about_where_a_user_can_answer():
    with pytest.raises(ValueError, match=r"'fraud' and 'ok'.*Pass --positive"):
        positive_of(["fraud", "ok"] * 9, ask="--positive")
    assert positive_of(["fraud", "ok", "ok"] * 9, ask="--positive").label == "fraud"


def test_weights_decide_and_rows_of_no_weight_do_not_count():
    y = ["a"] * 10 + ["b"] * 20 + ["c"] * 30
    assert positive_of(y).label == "a"
    assert positive_of(y, [9.0] * 10 + [1.0] * 20 + [1.0] * 30).label == "b"
    assert positive_of(y, [1] * 10 + [1] * 20 + [1] * 5 + [0] * 25).label == "c"
    assert positive_of(y, [0] * 10 + [1] * 20 + [1] * 30).label == "b"


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "c"]])
def test_where_balanced_weights_make_classes_equal_rows_count(classes, kind):
    y = np.repeat(classes, [7, *([30] * (len(classes) - 1))])
    weight = compute_sample_weight("balanced", y).astype(kind)
    assert positive_of(y, weight).label == "a"
    # Rows of no weight are no rows: 7 against 5.
    rows = np.append(weight, [0.0] * 90)
    assert positive_of(np.append(y, ["a"] * 90), rows).label == "a"


def test_great_weights_do_not_overflow():
    y = ["a"] * 10 + ["b"] * 30
    assert positive_of(y, np.full(40, 1e308)).label == "a"


def test_of_more_classes_only_equal_ones_are_unclear():
    assert positive_of(["a"] * 10 + ["b"] * 11 + ["c"] * 12).label == "a"
    with pytest.warns(UserWarning, match="'b' as the positive class: 'a' and 'b' are"):
        assert positive_of(["a"] * 10 + ["b"] * 10 + ["c"] * 12).label == "b"


def test_a_class_that_no_row_has_is_not_the_smallest():
    classes = np.array(["a", "b", "c"])
    codes = np.repeat([1, 2], [3, 9])
    assert find_positive(classes, codes, None, None, "Owner").label == "b"
    assert positive_of(["a", "a", "b"], [1, 1, 0]).label == "a"


def test_a_label_that_is_given_is_taken_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        positive = positive_of(["fraud", "ok"] * 9, pos_label="fraud")
    assert (positive.label, positive.code, positive.is_given) == ("fraud", 0, True)


@pytest.mark.parametrize("wrong", ["x", 7, ["fraud"], np.array([1, 2])])
def test_a_label_of_no_class_is_refused_and_the_classes_are_listed(wrong):
    with pytest.raises(ValueError, match=r"'pos_label'.*of Owner.*\['fraud', 'ok'\]"):
        positive_of(["fraud", "ok"], pos_label=wrong)


def test_words_that_meet_the_codes_of_ensembles_are_told_why():
    with pytest.raises(ValueError, match=r"BaggingClassifier.*position"):
        positive_of([0, 1, 1, 2], pos_label="fraud")
    with pytest.raises(ValueError, match="Got 'fraud'") as error:
        positive_of([1, 2, 2], pos_label="fraud")
    assert "Bagging" not in str(error.value)
    with pytest.raises(ValueError, match="Got 7") as error:
        positive_of([0, 1, 1], pos_label=7)
    assert "Bagging" not in str(error.value)


# --- The gate ------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(12, 2))
ENTRIES = {
    "sampler": lambda y: RandomOverSampler(random_state=0).fit_resample(X, y),
    "threshold": lambda y: PriorThresholdClassifier(GaussianNB()).fit(X, y),
    "ordinal": lambda y: ProportionalOddsClassifier().fit(X, y),
    "cooldown": lambda y: CooldownClassifier(GaussianNB(), random_state=0).fit(X, y),
    "resampled": lambda y: ResampledClassifier(
        RandomOverSampler(random_state=0), GaussianNB()
    ).fit(X, y),
    "ensemble": lambda y: ResampledEnsembleClassifier(
        RandomOverSampler(), GaussianNB(), n_estimators=1, random_state=0
    ).fit(X, y),
    "loss": lambda y: LinearLossClassifier().fit(X, y),
    "compare": lambda y: compare(
        X, y, estimator=GaussianNB(), strategies=[], cv=2, scoring=["roc_auc"]
    ),
}
REFUSED = {
    "one class": ([1] * 12, "y has only one class, 1; rows of at least 2 classes"),
    "missing": (
        np.array([None, *"ab", *"a" * 9], dtype=object),
        "y has missing values in 1 of 12 rows; drop these rows",
    ),
    "NaN": ([np.nan, 1.0, *[0.0] * 10], "y has missing values in 1 of 12 rows"),
    "masked": (
        np.ma.masked_array([*[1] * 4, *[0] * 8], mask=[True, *[False] * 11]),
        "y has missing values in 1 of 12 rows",
    ),
    "pairs": ([("a", 1)] * 4 + [("a", 2)] * 8, "Multilabel and multioutput targets"),
    "fractions": (
        [0.5, *[0.0] * 11],
        "y holds fractions such as 0.5: a quantity, not classes",
    ),
    "infinite": ([np.inf, *[0.0] * 11], "y holds infinite values"),
    "columns": (
        np.full((12, 2), 3),
        "Multilabel and multioutput targets",
    ),
    "shape": (np.ones((12, 2, 2)), "y should be a 1d array, got an array of shape"),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_target_is_refused_in_the_same_words(entry, case):
    y, says = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(says)):
        ENTRIES[entry](y)


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "make",
    [
        list,
        np.array,
        lambda y: np.array(y)[:, np.newaxis],
        lambda y: np.array(y, dtype=object),
        pd.Series,
        lambda y: pd.Series(y, dtype="category"),
        lambda y: pd.Series(y, dtype="string"),
        pl.Series,
        lambda y: pl.Series(y, dtype=pl.Enum(["a", "b"])),
    ],
)
def test_labels_of_every_container_pass(entry, make):
    ENTRIES[entry](make(["a"] * 4 + ["b"] * 8))


@pytest.mark.parametrize("make", [list, lambda y: np.array(y, dtype=object)])
def test_a_number_and_its_text_are_two_labels(make):
    y = make([1] * 6 + ["1"] * 4 + [2] * 2)
    sampler = RandomOverSampler(random_state=0)
    _, after = sampler.fit_resample(X, y)
    assert sampler.plan_ == {1: 6, "1": 6, 2: 6}
    assert [*map(type, list(after)[:12])] == [*map(type, y)]
    for entry in ENTRIES.keys() - {"sampler", "compare"}:
        with pytest.raises(ValueError, match="of several types, such as 1 and '1'"):
            ENTRIES[entry](y)
    with pytest.raises(ValueError, match="1 and '1', which estimators would treat as"):
        ENTRIES["compare"](y)


def test_metrics_of_no_rows_are_errors():
    for metric in (macro_averaged_absolute_error, ranked_probability_score):
        with pytest.raises(ValueError, match="y_true has no rows"):
            metric([], [])
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[2, 1\]"):
        macro_averaged_absolute_error([0, 1], [0])


def test_pairs_may_be_labels_of_samplers_only():
    y = np.empty(12, dtype=object)
    y[:] = [("a", 2)] * 4 + [("a", 1)] * 8
    _, after = SubclassSampler(RandomOverSampler(), random_state=0).fit_resample(X, y)
    assert after.tolist().count(("a", 2)) == 8
    for entry in ("ordinal", "loss"):
        with pytest.raises(ValueError, match=r"labels such as \('a', 2\)"):
            ENTRIES[entry](y)


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("sample_weight", lambda hidden: {"sample_weight": hidden}),
        ("groups", lambda hidden: {"groups": hidden}),
    ],
)
def test_what_a_mask_hides_is_no_weight_and_no_group(name, fit):
    hidden = np.ma.masked_array(np.arange(1, 13), mask=[True, *[False] * 11])
    with pytest.raises(ValueError, match=name):
        SMOTE().fit_resample(X, [1] * 4 + [0] * 8, **fit(hidden))


def test_labels_that_are_one_as_text_or_rounded_are_refused_by_compare():
    for pair in [(2**53 + 1, 2.0**53), (Decimal(1), "1"), (True, "True")]:
        y = np.empty(12, dtype=object)
        y[:] = (
            [pair[0]] * 6 + [pair[1]] * 4 + ["other" if pair[1] != 2.0**53 else 7] * 2
        )
        with pytest.raises(ValueError, match="as the same label"):
            check_labels(y)
