"""New rows for rare labels, drawn label by label as for a class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from several_labels import ESTIMATORS, made
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

from imbsuite import (
    ADASYN,
    MLSMOTE,
    SMOTE,
    BorderlineSMOTE,
    GeometricSMOTE,
    LabelSampler,
    PriorThresholdClassifier,
    RandomOverSampler,
    ResampledClassifier,
    Tempered,
    TomekLinks,
    TunedThresholdClassifier,
)
from imbsuite.explore import label_imbalance

RULES = ["step", "seed", "ranking", "union", "intersection"]
SHARES = (0.5, 0.2, 0.05)
GROWERS = [
    SMOTE(),
    BorderlineSMOTE(),
    ADASYN(),
    GeometricSMOTE(),
    RandomOverSampler(),
    RandomOverSampler(shrinkage=0.5),
    SMOTE(standardize=False),
]


def table():
    return made(300, SHARES)


@pytest.mark.parametrize("sampler", GROWERS, ids=str)
@pytest.mark.parametrize("starts_with", [0, 1])
def test_single_label_matches_the_class_sampler(sampler, starts_with):
    X, Y = made(200, (0.1,))
    order = np.argsort(Y[:, 0] == starts_with, kind="stable")[::-1]
    X, Y = X[order], Y[order]
    frame = pd.DataFrame(Y, columns=["a"])
    ours = LabelSampler(sampler, sampling_strategy={"a": 90}, random_state=3)
    X_new, y_new = ours.fit_resample(X, frame)
    alone = clone(sampler).set_params(sampling_strategy={1: 90}, random_state=3)
    X_class, y_class = alone.fit_resample(X, Y[:, 0])
    np.testing.assert_array_equal(X_new, X_class)
    np.testing.assert_array_equal(y_new["a"], y_class)
    np.testing.assert_array_equal(ours.parents_, alone.parents_)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("sampler", GROWERS, ids=str)
def test_new_rows_and_their_seeds_have_the_label(rule, sampler):
    X, Y = table()
    ours = LabelSampler(sampler, labels=rule, sampling_strategy=0.6, random_state=0)
    X_new, y_new = ours.fit_resample(X, Y)
    np.testing.assert_array_equal(X_new[:300], X)
    np.testing.assert_array_equal(y_new[:300], Y)
    label = ours.new_for_
    assert set(label) <= {1, 2}
    assert (y_new[300:][np.arange(len(label)), label] == 1).all()
    assert (Y[ours.parents_[:, 0], label] == 1).all()
    assert ours.label_counts_ == dict(enumerate(y_new.sum(axis=0)))
    np.testing.assert_array_equal(ours.sample_indices_[300:], ours.parents_[:, 0])


@pytest.mark.parametrize("rule", RULES)
def test_parents_and_steps_reproduce_rows_and_labels(rule):
    X, Y = table()
    ours = LabelSampler(labels=rule, sampling_strategy=0.6, random_state=0)
    X_new, y_new = ours.fit_resample(X, Y)
    seed, partner = ours.parents_.T
    step = ours.steps_[:, np.newaxis]
    np.testing.assert_allclose(X_new[300:], X[seed] + step * (X[partner] - X[seed]))
    new = y_new[300:].copy()
    other = np.ones(new.shape, dtype=bool)
    other[np.arange(len(new)), ours.new_for_] = False
    a, b = Y[seed], Y[partner]
    if rule == "step":
        # A label of both or of neither is certain; a label of one follows the step.
        np.testing.assert_array_equal(new[other & (a == b)], a[other & (a == b)])
        follows = (new == b)[other & (a != b)]
        likely = np.broadcast_to(step, new.shape)[other & (a != b)]
        assert follows[likely > 0.8].mean() > follows[likely < 0.2].mean() + 0.3
    elif rule != "ranking":
        expected = {"seed": a, "union": a | b, "intersection": a & b}[rule]
        np.testing.assert_array_equal(new[other], expected[other])


def test_ranking_counts_the_seed_and_its_neighbors():
    # Ten rows on a line have label 0; label 1 varies within neighborhoods of three.
    X = np.arange(12.0)[:, np.newaxis]
    Y = np.column_stack([np.repeat([1, 0], [10, 2]), np.repeat([1, 0, 1], [3, 7, 2])])
    ours = MLSMOTE(SMOTE(k_neighbors=2), sampling_strategy={0: 20}, random_state=0)
    _, y_new = ours.fit_resample(X, Y)
    for seed, row in zip(ours.parents_[:, 0], y_new[12:], strict=True):
        near = np.argsort(np.abs(X[:10, 0] - X[seed, 0]), kind="stable")[:3]
        if 0 < seed < 9:  # inside, the two neighbors are the adjacent rows
            assert row[1] == (Y[near, 1].sum() >= 2)


def test_default_plan_matches_the_paper():
    X, Y = table()
    imbalance = label_imbalance(Y)
    aim = round(Y.sum(axis=0).max() / imbalance.mean_imbalance)
    ours = LabelSampler(random_state=0)
    _, y_new = ours.fit_resample(X, Y)
    counts = Y.sum(axis=0)
    assert ours.plan_ == {i: max(n, aim) for i, n in enumerate(counts)}
    assert (y_new.sum(axis=0) >= list(ours.plan_.values())).all()


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (0.4, [150, 60, 60]),
        ({2: 40}, [150, 60, 40]),
        ({1: 0.5, 2: 0.2}, [150, 75, 30]),
        ("minority", [150, 60, 150]),
        (Tempered(2), [150, 95, 47]),
        (lambda y: {2: int(y.sum())}, [150, 60, 225]),
    ],
)
def test_plans(strategy, expected):
    X, Y = table()
    ours = LabelSampler(sampling_strategy=strategy, random_state=0).fit(X, Y)
    assert list(ours.plan_.values()) == expected
    assert not hasattr(ours, "parents_")


def test_label_raised_by_another_gets_no_new_rows():
    X, Y = made(200, (0.5, 0.1))
    Y = np.column_stack([Y, Y[:, 1]])  # two labels that always occur together
    ours = LabelSampler(labels="seed", sampling_strategy={1: 60, 2: 60}, random_state=0)
    ours.fit_resample(X, Y)
    assert set(ours.new_for_) == {1}
    assert (ours.label_counts_[1], ours.label_counts_[2]) == (60, 60)


def test_max_new_limits_new_rows():
    X, Y = table()
    ours = LabelSampler(sampling_strategy=1.0, max_new=0.2, random_state=0)
    with pytest.warns(
        UserWarning, match=r"labels \[1, 2\] have fewer .* allows 60 new"
    ):
        ours.fit_resample(X, Y)
    assert len(ours.parents_) == 60
    assert set(ours.new_for_) == {2}  # the rarest comes first
    none = LabelSampler(max_new=0, random_state=0)
    with pytest.warns(UserWarning, match="fewer"):
        X_new, y_new = none.fit_resample(X, Y)
    np.testing.assert_array_equal(X_new, X)
    np.testing.assert_array_equal(y_new, Y)


@pytest.mark.parametrize(
    "container",
    [
        lambda y: y == 1,
        lambda y: y.astype(np.int8),
        lambda y: y.tolist(),
        sp.csr_array,
        sp.csc_matrix,
        lambda y: pd.DataFrame(y, columns=["a", "b", "c"], index=range(7, 307)),
        lambda y: pd.DataFrame(y, columns=["a", "b", "c"]).astype("boolean"),
        lambda y: pl.DataFrame(y, schema=["a", "b", "c"]),
        lambda y: pl.DataFrame(y == 1, schema=["a", "b", "c"]),
    ],
)
def test_target_container_and_dtype_are_preserved(container):
    X, Y = table()
    _, expected = MLSMOTE(random_state=0).fit_resample(X, Y)
    target = container(Y)
    _, y_new = MLSMOTE(random_state=0).fit_resample(X, target)
    assert type(y_new) is type(target)
    if sp.issparse(target):
        assert (y_new.format, y_new.dtype) == (target.format, target.dtype)
        y_new = y_new.toarray()
    elif hasattr(target, "columns"):
        assert list(y_new.dtypes) == list(target.dtypes)
        assert list(y_new.columns) == list(target.columns)
    elif isinstance(target, np.ndarray):
        assert y_new.dtype == target.dtype
    np.testing.assert_array_equal(np.asarray(y_new).astype(int), expected)


@pytest.mark.parametrize(
    "container",
    [sp.csr_array, lambda X: pd.DataFrame(X, index=range(5, 305)), pl.DataFrame],
)
def test_new_rows_do_not_depend_on_the_container(container):
    X, Y = table()
    plain, other = LabelSampler(random_state=0), LabelSampler(random_state=0)
    plain.fit_resample(X, Y)
    X_new, y_new = other.fit_resample(
        container(X), pd.DataFrame(Y, index=range(5, 305))
    )
    np.testing.assert_array_equal(other.parents_, plain.parents_)
    assert X_new.shape[0] == len(y_new) == 300 + len(plain.parents_)
    if isinstance(X_new, pd.DataFrame):
        assert X_new.index.equals(y_new.index)


def test_categories_follow_categorical_rule():
    X, Y = table()
    frame = pd.DataFrame(X, columns=list("abcde")).assign(
        town=pd.Categorical(np.repeat(["x", "y", "z"], 100))
    )
    drawn = [
        LabelSampler(sampler, labels=rule, sampling_strategy=0.5, random_state=0)
        for rule in ("seed", "ranking")
        for sampler in (SMOTE(), SMOTE(categorical_rule="seed"))
    ]
    for sampler in drawn:
        X_new, _ = sampler.fit_resample(frame, Y)
        new = X_new["town"].to_numpy()[300:]
        parents = frame["town"].to_numpy()[sampler.parents_]
        assert (new[:, np.newaxis] == parents).any(axis=1).all()
        if sampler.sampler.categorical_rule == "seed":
            assert (new == parents[:, 0]).all()


def test_weights_groups_and_carried_values():
    X, Y = table()
    weight = np.ones(300)
    weight[::3] = 0
    groups = np.repeat(np.arange(3), 100)
    ours = LabelSampler(SMOTE(k_neighbors=1), sampling_strategy=0.5, random_state=0)
    ours.fit_resample(X, Y, sample_weight=weight, groups=groups)
    assert (weight[ours.parents_] > 0).all()
    assert (groups[ours.parents_[:, 0]] == groups[ours.parents_[:, 1]]).all()
    assert len(ours.sample_weight_) == len(ours.groups_) == 300 + len(ours.parents_)
    counted = Y[weight > 0].sum(axis=0)
    assert ours.plan_[0] == counted[0]
    carried = ours.carry(np.arange(300))
    np.testing.assert_array_equal(carried, ours.sample_indices_)


def test_labels_with_zero_or_one_row():
    X, Y = table()
    Y = np.column_stack([Y, np.zeros(300, int), np.arange(300) == 5])
    ours = LabelSampler(sampling_strategy=0.1, random_state=0)
    with pytest.warns(UserWarning, match="Class 4 has a single row"):
        _, y_new = ours.fit_resample(X, Y)
    assert y_new.sum(axis=0)[3] == 0
    assert ours.label_counts_[4] == 15


def test_random_state_of_either_sampler_is_used():
    X, Y = table()
    first, second, third = (
        LabelSampler(SMOTE(random_state=one), random_state=two).fit_resample(X, Y)[0]
        for one, two in ((None, 1), (1, None), (1, 2))
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def test_mlsmote_equals_smote_with_ranking():
    X, Y = table()
    named = MLSMOTE(random_state=0).fit_resample(X, Y)
    spelled = LabelSampler(SMOTE(), labels="ranking", random_state=0).fit_resample(X, Y)
    for one, other in zip(named, spelled, strict=True):
        np.testing.assert_array_equal(one, other)
    assert clone(MLSMOTE(labels="seed")).labels == "seed"


def test_inside_a_classifier():
    X, Y = table()
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    model = ResampledClassifier(LabelSampler(random_state=0), ESTIMATORS["each"])
    assert model.fit(X, frame).predict(X).shape == Y.shape
    weighted = clone(model).fit(X, frame, sample_weight=np.ones(300))
    np.testing.assert_array_equal(weighted.predict(X), model.predict(X))
    around = TunedThresholdClassifier(model, scoring="f1", random_state=0)
    assert around.fit(X, frame).predict(X).shape == Y.shape
    prior = PriorThresholdClassifier(model).fit(X, frame)
    shares = list(model.effective_prior_.values())
    np.testing.assert_allclose(prior.source_prior_, shares)
    balanced = MultiOutputClassifier(LogisticRegression(class_weight="balanced"))
    prior = PriorThresholdClassifier(clone(model).set_params(estimator=balanced))
    np.testing.assert_allclose(prior.fit(X, frame).source_prior_, 0.5)


@pytest.mark.parametrize(
    ("sampler", "error", "match"),
    [
        (TomekLinks(), TypeError, "must be an over-sampler"),
        (SMOTE, TypeError, "instance"),
        (
            SMOTE(sampling_strategy=0.5),
            ValueError,
            "pass sampling_strategy to LabelSampler",
        ),
        (SMOTE(k_neighbors=0), ValueError, "k_neighbors"),
    ],
)
def test_invalid_samplers_raise(sampler, error, match):
    X, Y = table()
    with pytest.raises(error, match=match):
        LabelSampler(sampler).fit_resample(X, Y)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.arange(300) % 2, r"must have a column .* Got shape \(300,\)"),
        ((np.arange(300) % 2)[:, np.newaxis], r"Got shape \(300, 1\)"),
        (np.full((300, 2), np.nan), "unknown labels"),
    ],
)
def test_invalid_targets_raise(y, match):
    X, _ = table()
    with pytest.raises(ValueError, match=match):
        LabelSampler().fit_resample(X, y)


def test_invalid_plans_raise():
    X, Y = table()
    for strategy, match in (
        ({9: 5}, "Got .9."),
        ("some", "one of"),
        ({0: 1}, "1 row of"),
    ):
        with pytest.raises(ValueError, match=match):
            LabelSampler(sampling_strategy=strategy).fit_resample(X, Y)
    Y[:, 1] = 0
    with pytest.raises(ValueError, match=r"labels \[1\], which no row"):
        LabelSampler(sampling_strategy={1: 5}).fit_resample(X, Y)
