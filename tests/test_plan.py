"""Sampling strategies: class sizes from y alone."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import RandomOverSampler as TheirOverSampler
from imblearn.under_sampling import RandomUnderSampler as TheirUnderSampler
from imblearn.utils import check_sampling_strategy
from sklearn.base import clone

from imbsuite import SMOTE, Tempered, plan
from imbsuite.plan import (
    capped,
    count_labels,
    largest_remainder,
    leveled,
    plan_counts,
    targeted,
)

COUNTS = {"a": 100, "b": 30, "c": 7}
WORDS = ["auto", "minority", "majority", "not minority", "not majority", "all"]


@pytest.mark.parametrize("kind", ["over", "under"])
@pytest.mark.parametrize("word", WORDS)
def test_strings_match_imbalanced_learn(kind, word):
    y = np.repeat(list(COUNTS), list(COUNTS.values()))
    try:
        theirs = dict(check_sampling_strategy(word, y, f"{kind}-sampling"))
    except ValueError:
        with pytest.raises(ValueError, match=r"if it is a string\. Got"):
            plan_counts(COUNTS, word, kind)
        return
    plan = plan_counts(COUNTS, word, kind)
    assert targeted(COUNTS, word, kind, plan) == theirs


@pytest.mark.parametrize("word", WORDS)
def test_strings_for_cleaning_match_imbalanced_learn(word):
    y = np.repeat(list(COUNTS), list(COUNTS.values()))
    try:
        theirs = dict(check_sampling_strategy(word, y, "clean-sampling"))
    except ValueError:
        with pytest.raises(ValueError, match=r"if it is a string\. Got"):
            plan_counts(COUNTS, word, "clean")
        return
    plan = plan_counts(COUNTS, word, "clean")
    assert targeted(COUNTS, word, "clean", plan) == theirs


def test_ratios_apply_to_any_number_of_classes_and_are_rounded():
    assert plan_counts(COUNTS, 0.5, "over") == {"a": 100, "b": 50, "c": 50}
    assert plan_counts(COUNTS, 0.5, "under") == {"a": 14, "b": 14, "c": 7}
    assert plan_counts({"a": 7, "b": 1}, 0.5, "over")["b"] == 4  # 3.5, not cut to 3
    assert plan_counts(COUNTS, 0.01, "over") == COUNTS  # "at least" removes no rows
    assert plan_counts(COUNTS, 0.01, "under") == COUNTS


def test_mappings_bound_sizes_from_below_or_above():
    assert plan_counts(COUNTS, {"c": 50}, "over") == {**COUNTS, "c": 50}
    assert plan_counts(COUNTS, {"a": 50}, "over") == COUNTS
    assert plan_counts(COUNTS, {"a": 50}, "under") == {**COUNTS, "a": 50}
    assert plan_counts(COUNTS, {"c": 1.0}, "over") == {**COUNTS, "c": 100}
    assert plan_counts(COUNTS, {"a": 0.5}, "under") == {**COUNTS, "a": 14}
    assert plan_counts(COUNTS, {"c": np.int64(9)}, "over")["c"] == 9


@pytest.mark.parametrize(
    ("strategy", "kind", "says"),
    [
        (0.0, "over", r"must lie in \(0, 1\]"),
        (1.5, "under", r"must lie in \(0, 1\]"),
        (float("nan"), "over", r"must lie in \(0, 1\]"),
        (True, "over", "'sampling_strategy' .* Got"),
        (None, "over", "'sampling_strategy' .* Got"),
        (["a"], "over", "'sampling_strategy' .* Got"),
        ({"z": 10}, "over", r"classes in y, \['a', .*Got \['z'\]"),
        ({"a": 10, "b": 0.5}, "over", "must map all labels to counts"),
        ({"a": -1}, "under", "must not be negative"),
        ({"a": 1}, "under", "pass 1.0"),
        ({"b": 1}, "over", "pass 1.0"),
        ({"b": 1.5}, "over", r"must lie in \(0, 1\]"),
        ("smote", "over", "For over-sampling, the 'sampling_strategy' .*Got 'smote'"),
        (0.5, "clean", "For a cleaning sampler, which has no target sizes"),
        ({"a": 3}, "clean", "For a cleaning sampler, which has no target sizes"),
        (["z"], "clean", "must name classes in y"),
        (lambda _: [1], "over", "must return a mapping"),
        (lambda _: {"a": 0.5}, "over", "must return a mapping"),
    ],
)
def test_invalid_strategies_raise(strategy, kind, says):
    with pytest.raises(ValueError, match=says):
        plan_counts(COUNTS, strategy, kind)


def test_callables_get_y_and_return_sizes():
    y = ["a"] * 5 + ["b"] * 2
    plan = plan_counts({"a": 5, "b": 2}, lambda labels: {"b": len(labels)}, "over", y)
    assert plan == {"a": 5, "b": 7}


@pytest.mark.parametrize("bad", [True, "2", None, 0.5, float("nan"), -1, [2]])
def test_invalid_temperature_or_mode_raises(bad):
    with pytest.raises(ValueError, match="a number of at least 1"):
        Tempered(bad)
    with pytest.raises(ValueError, match=r"'mode' .*Got 'up' instead"):
        Tempered(2, mode="up")


def test_tempered_sizes_follow_the_formula():
    sizes = np.array(list(COUNTS.values()), dtype=float)
    for t in (1, 2, 5, float("inf")):
        flat = sizes ** (1 / t)
        over = np.rint(sizes.max() ** (1 - 1 / t) * flat)
        under = np.rint(sizes.min() ** (1 - 1 / t) * flat)
        plan = Tempered(t)
        assert list(plan_counts(COUNTS, plan, "over").values()) == over.tolist()
        assert list(plan_counts(COUNTS, plan, "under").values()) == under.tolist()
        same = Tempered(t, mode="same").sizes(COUNTS, "over")
        assert sum(same.values()) == sizes.sum()
        exact = sizes.sum() * flat / flat.sum()
        assert np.abs(np.array(list(same.values())) - exact).max() < 1


def test_tempered_is_exact_at_1_and_infinity():
    assert Tempered(1)(np.repeat([0, 1], [97, 3])) == {0: 97, 1: 3}
    assert Tempered(float("inf"))(np.repeat([0, 1], [97, 3])) == {0: 97, 1: 97}


@pytest.mark.parametrize(
    ("t", "mode", "sizes"),
    [
        (4, "over", [81, 0, 27]),
        (float("inf"), "over", [81, 0, 81]),
        (4, "under", [3, 0, 1]),
        (float("inf"), "under", [1, 0, 1]),
        (4, "same", [62, 0, 20]),
        (float("inf"), "same", [41, 0, 41]),
    ],
)
def test_tempered_leaves_a_class_without_rows_empty(t, mode, sizes):
    counts = {"a": 81, "b": 0, "c": 1}
    assert list(Tempered(t, mode=mode).sizes(counts, "over").values()) == sizes


def test_tempered_compares_hashes_and_pickles_by_value():
    assert Tempered(2) == Tempered(2.0)
    assert Tempered(2) != Tempered(2, mode="under")
    assert repr(Tempered(2)) == "Tempered(2)"
    assert len({Tempered(2), Tempered(2), Tempered(5)}) == 2
    assert pickle.loads(pickle.dumps(Tempered(5))) == Tempered(5)  # noqa: S301
    assert clone(SMOTE(sampling_strategy=Tempered(2))).sampling_strategy == Tempered(2)


def test_tempered_works_in_imbalanced_learn():
    X, y = np.arange(110).reshape(-1, 1), np.repeat([0, 1], [100, 10])
    over = TheirOverSampler(sampling_strategy=Tempered(2)).fit_resample(X, y)[1]
    assert np.bincount(over).tolist() == [100, 32]
    down = Tempered(2, mode="under")
    under = TheirUnderSampler(sampling_strategy=down).fit_resample(X, y)[1]
    assert np.bincount(under).tolist() == [32, 10]


def test_labels_are_counted_in_order_of_appearance():
    assert list(count_labels(["z", "a", "z"]).items()) == [("z", 2), ("a", 1)]


@settings(max_examples=100)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20), st.integers(0, 10_000))
def test_largest_remainder_keeps_the_total_and_errs_by_less_than_one(shares, total):
    if not any(shares):
        shares[0] = 1
    sizes = largest_remainder(shares, total)
    assert sizes.sum() == total
    exact = total * np.array(shares) / sum(shares)
    assert (np.abs(sizes - exact) < 1 + 1e-6).all()
    assert (sizes >= 0).all()


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 300), min_size=2, max_size=8),
    st.floats(1, 50),
    st.sampled_from(["over", "under"]),
)
def test_plans_only_grow_or_only_shrink_and_keep_the_order(sizes, t, kind):
    counts = dict(enumerate(sizes))
    plan = list(plan_counts(counts, Tempered(t), kind).values())
    change = np.array(plan) - sizes
    assert (change >= 0).all() if kind == "over" else (change <= 0).all()
    order = np.argsort(sizes, kind="stable")
    assert (np.diff(np.array(plan)[order]) >= 0).all()


TARGETS_AND_CAPS = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=8
)


@settings(max_examples=60)
@given(TARGETS_AND_CAPS)
@example([(10, 4), (0, 5)])
@example([(10, 4), (10, 10), (10, 100)])
def test_rows_above_caps_are_redistributed_where_possible(pairs):
    targets, caps = np.transpose(pairs)
    sizes = capped(targets, caps)
    assert (sizes <= caps).all()
    assert (sizes >= np.minimum(targets, caps)).all()
    # Targets of zero stay zero.
    room = caps[targets > 0].sum()
    assert sizes.sum() == min(targets.sum(), room)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 500))
@example([2, 5, 9], 16)
def test_leveled_sizes_only_grow_or_shrink_and_are_nearly_equal(sizes, total):
    before, after = np.array(sizes), leveled(sizes, total)
    assert after.sum() == total
    change = (after - before) * (1 if total >= before.sum() else -1)
    assert (change >= 0).all()
    moved = after[change > 0]
    if len(moved):
        assert np.ptp(moved) <= 1
        # Unchanged sizes are beyond the level, except for a remainder of one row.
        beyond = after[change == 0] * (1 if total >= before.sum() else -1)
        level = (moved * (1 if total >= before.sum() else -1)).max()
        assert (beyond >= level - 1).all()


def test_labels_of_any_type_are_counted_in_order_of_first_appearance():
    y = np.array(["no", 1, None, "no", 1, 1.0, (2, 3)], dtype=object)
    assert count_labels(y) == {"no": 2, 1: 3, None: 1, (2, 3): 1}
    assert list(count_labels(y)) == ["no", 1, None, (2, 3)]
    assert count_labels(["b", "a", "b"]) == {"b": 2, "a": 1}
    assert count_labels(["1", 1, "1"]) == {"1": 2, 1: 1}
    assert Tempered(2)(y)[None] == round(3 * (1 / 3) ** 0.5)
    assert Tempered(2)([]) == {}


def test_deprecated_british_name_warns():
    with pytest.warns(FutureWarning, match="levelled is now called leveled"):
        assert plan.levelled is leveled
    assert not hasattr(plan, "unleveled")


def test_targets_of_a_ratio_list_only_classes_that_change():
    over = plan_counts(COUNTS, 0.5, "over")
    assert targeted(COUNTS, 0.5, "over", over) == {"b": 20, "c": 43}
    under = plan_counts(COUNTS, 0.5, "under")
    assert targeted(COUNTS, 0.5, "under", under) == {"a": 14, "b": 14}


def test_count_of_one_requires_a_class_with_one_row():
    counts = {"a": 5, "b": 1, "c": 2}
    assert plan_counts(counts, {"b": 1}, "over") == counts
    with pytest.raises(ValueError, match=r"class 'c', which has 2 rows.* pass 1\.0"):
        plan_counts(counts, {"c": 1}, "under")


def test_count_of_zero_is_accepted():
    assert plan_counts(COUNTS, {"a": 0}, "under") == {**COUNTS, "a": 0}
