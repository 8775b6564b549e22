"""Validation of targets, and the choice of the positive class."""

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
def test_rarer_class_is_positive_in_any_sort_order(rare, common):
    positive = positive_of([common] * 45 + [rare] * 15)
    assert (positive.label, positive.is_given, positive.is_clear) == (rare, False, True)
    assert np.unique([common, rare])[positive.code] == rare


@pytest.mark.parametrize("share", [0.475, 0.5, 0.525])
def test_nearly_equal_classes_use_the_last_and_warn_once(share):
    n = round(share * 1000)
    with pytest.warns(UserWarning, match="'ok'.*pos_label") as caught:
        positive = positive_of(["fraud"] * n + ["ok"] * (1000 - n))
    assert (positive.label, positive.is_clear, len(caught)) == ("ok", False, 1)


@pytest.mark.parametrize(("share", "label"), [(0.474, "fraud"), (0.526, "ok")])
def test_difference_above_five_points_is_clear(share, label):
    n = round(share * 1000)
    positive = positive_of(["fraud"] * n + ["ok"] * (1000 - n))
    assert (positive.label, positive.is_clear) == (label, True)


def test_nearly_equal_classes_raise_if_the_user_can_choose():
    with pytest.raises(ValueError, match=r"'fraud' and 'ok'.*Pass --positive"):
        positive_of(["fraud", "ok"] * 9, ask="--positive")
    assert positive_of(["fraud", "ok", "ok"] * 9, ask="--positive").label == "fraud"


def test_weights_decide_and_zero_weight_rows_are_ignored():
    y = ["a"] * 10 + ["b"] * 20 + ["c"] * 30
    assert positive_of(y).label == "a"
    assert positive_of(y, [9.0] * 10 + [1.0] * 20 + [1.0] * 30).label == "b"
    assert positive_of(y, [1] * 10 + [1] * 20 + [1] * 5 + [0] * 25).label == "c"
    assert positive_of(y, [0] * 10 + [1] * 20 + [1] * 30).label == "b"


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "c"]])
def test_row_counts_decide_if_weights_are_balanced(classes, kind):
    y = np.repeat(classes, [7, *([30] * (len(classes) - 1))])
    weight = compute_sample_weight("balanced", y).astype(kind)
    assert positive_of(y, weight).label == "a"
    # Rows with zero weight do not count: "a" still has 7 rows.
    rows = np.append(weight, [0.0] * 90)
    assert positive_of(np.append(y, ["a"] * 90), rows).label == "a"


def test_huge_weights_do_not_overflow():
    y = ["a"] * 10 + ["b"] * 30
    assert positive_of(y, np.full(40, 1e308)).label == "a"


def test_more_than_two_classes_warn_only_if_the_smallest_tie():
    assert positive_of(["a"] * 10 + ["b"] * 11 + ["c"] * 12).label == "a"
    with pytest.warns(UserWarning, match="'b' as the positive class: 'a' and 'b' are"):
        assert positive_of(["a"] * 10 + ["b"] * 10 + ["c"] * 12).label == "b"


def test_classes_without_rows_are_never_positive():
    classes = np.array(["a", "b", "c"])
    codes = np.repeat([1, 2], [3, 9])
    assert find_positive(classes, codes, None, None, "Owner").label == "b"
    assert positive_of(["a", "a", "b"], [1, 1, 0]).label == "a"


def test_explicit_pos_label_is_used_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        positive = positive_of(["fraud", "ok"] * 9, pos_label="fraud")
    assert (positive.label, positive.code, positive.is_given) == ("fraud", 0, True)


@pytest.mark.parametrize("wrong", ["x", 7, ["fraud"], np.array([1, 2])])
def test_unknown_pos_label_raises_and_lists_the_classes(wrong):
    with pytest.raises(ValueError, match=r"'pos_label'.*of Owner.*\['fraud', 'ok'\]"):
        positive_of(["fraud", "ok"], pos_label=wrong)


def test_error_explains_string_pos_label_within_ensembles():
    with pytest.raises(ValueError, match=r"BaggingClassifier.*position"):
        positive_of([0, 1, 1, 2], pos_label="fraud")
    with pytest.raises(ValueError, match="Got 'fraud'") as error:
        positive_of([1, 2, 2], pos_label="fraud")
    assert "Bagging" not in str(error.value)
    with pytest.raises(ValueError, match="Got 7") as error:
        positive_of([0, 1, 1], pos_label=7)
    assert "Bagging" not in str(error.value)


# --- Validation of targets -----------------------------------------------------------

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
def test_invalid_targets_raise_the_same_message_everywhere(entry, case):
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
def test_labels_in_every_container_are_accepted(entry, make):
    ENTRIES[entry](make(["a"] * 4 + ["b"] * 8))


@pytest.mark.parametrize("make", [list, lambda y: np.array(y, dtype=object)])
def test_number_and_its_string_are_two_labels(make):
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


def test_metrics_of_empty_or_unequal_inputs_raise():
    for metric in (macro_averaged_absolute_error, ranked_probability_score):
        with pytest.raises(ValueError, match="y_true has no rows"):
            metric([], [])
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[2, 1\]"):
        macro_averaged_absolute_error([0, 1], [0])


def test_only_samplers_accept_tuple_labels():
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
def test_masked_weights_and_groups_raise(name, fit):
    hidden = np.ma.masked_array(np.arange(1, 13), mask=[True, *[False] * 11])
    with pytest.raises(ValueError, match=name):
        SMOTE().fit_resample(X, [1] * 4 + [0] * 8, **fit(hidden))


def test_labels_equal_as_strings_or_floats_raise():
    for pair in [(2**53 + 1, 2.0**53), (Decimal(1), "1"), (True, "True")]:
        y = np.empty(12, dtype=object)
        y[:] = (
            [pair[0]] * 6 + [pair[1]] * 4 + ["other" if pair[1] != 2.0**53 else 7] * 2
        )
        with pytest.raises(ValueError, match="as the same label"):
            check_labels(y)
