"""Feedback from members to the rows of the next one: self-paced, cascade, boost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im
from imbsuite._random import check_rng
from imbsuite._shares import within_caps
from imbsuite.meta.feedback import Boost, Cascade, SelfPaced
from imbsuite.probability.source import UnreadablePriorError

X, Y = make_classification(500, weights=[0.9], n_informative=4, random_state=0)


def per_bin(hardness, chosen, edges):
    return np.histogram(hardness[chosen], edges)[0].tolist()


def test_self_paced_bins_by_hand():
    """Five bins of equal width from 0.0 to 1.0; the fourth is empty."""
    hardness = np.repeat([0.0, 0.1, 0.3, 0.5, 0.9, 1.0], [1, 19, 20, 20, 10, 10])
    edges = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    means = np.array([0.095, 0.3, 0.5, 0.95])
    chosen = SelfPaced().choose(hardness, 30, 0.5, check_rng(0))
    assert len(set(chosen)) == 30
    share = 1 / (means + 1)  # tan(pi / 4) = 1
    exact = 30 * share / share.sum()
    counts = np.array(per_bin(hardness, chosen, edges))[[0, 1, 2, 4]]
    assert abs(counts - exact).max() < 1
    # At the end, all bins have the same share: 7 or 8 of 30.
    last = SelfPaced().choose(hardness, 30, 1.0, check_rng(0))
    assert sorted(per_bin(hardness, last, edges)) == [0, 7, 7, 8, 8]


def test_self_paced_fills_small_bins_from_the_others():
    hardness = np.repeat([0.0, 1.0], [3, 97])
    chosen = SelfPaced().choose(hardness, 50, 0.1, check_rng(0))
    assert per_bin(hardness, chosen, [0, 0.5, 1]) == [3, 47]


@pytest.mark.parametrize("n", [1, 7, 20])
@pytest.mark.parametrize("progress", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("feedback", [SelfPaced(), Cascade()], ids=repr)
def test_equal_hardness_draws_distinct_rows(feedback, n, progress):
    chosen = feedback.choose(np.full(20, 0.4), n, progress, check_rng(0))
    assert len(set(chosen)) == n


def test_cascade_by_hand():
    """Of 1000 rows, 10 are drawn from the 1000 * .01 ** progress hardest."""
    hardness = check_rng(0).permutation(1000) / 1000
    for progress, n_hardest in [(0.0, 1000), (0.5, 100), (1.0, 10)]:
        drawn = [
            hardness[Cascade().choose(hardness, 10, progress, check_rng(seed))]
            for seed in range(200)
        ]
        assert np.min(drawn) >= 1 - n_hardest / 1000
        assert len(np.unique(drawn)) == pytest.approx(n_hardest, rel=0.2)


def test_boosting_by_hand_with_two_classes():
    """For K = 2: error = sum D (1 - p), D <- D beta^p, a vote of log(1 / beta)."""
    weight, p = np.array([0.1, 0.2, 0.3, 0.4]), np.array([1.0, 0.9, 0.5, 0.7])
    after, vote = Boost(2).weigh(weight, p, 0.5)
    error = 0.2 * 0.1 + 0.3 * 0.5 + 0.4 * 0.3
    beta = error / (1 - error)
    assert vote == pytest.approx(-np.log(beta))
    np.testing.assert_allclose(after, weight * beta**p)


def test_boosting_by_hand_with_three_classes():
    weight, p = np.full(4, 0.25), np.array([0.9, 0.8, 0.4, 0.6])
    after, vote = Boost(3).weigh(weight, p, 0.5)
    # The two wrong labels have a mean probability of (1 - p) / 2.
    error = 0.5 * float(weight @ (1 - p + (1 - p) / 2))
    beta = error / (1 - error)
    assert vote == pytest.approx(-np.log(beta))
    np.testing.assert_allclose(after, weight * beta ** (0.5 * (1 + p - (1 - p) / 2)))


def test_member_no_better_than_chance_has_no_vote():
    boost, first = Boost(2), np.array([0.5, 0.5])
    weight, vote = boost.weigh(first, np.array([1.0, 0.8]), 0.0)
    assert vote > 0
    weight, vote = boost.weigh(weight / weight.sum(), np.array([0.3, 0.4]), 0.5)
    assert vote == 0
    np.testing.assert_array_equal(weight, first)


def test_vote_is_finite_without_errors():
    weight, vote = Boost(2).weigh(np.array([0.5, 0.5]), np.ones(2), 0.0)
    assert np.isfinite(vote)
    assert np.isfinite(weight).all()


def test_first_member_is_fitted_without_weights():
    """The first weights are all 1, so the class shares are those of the plan."""
    seen = []

    class Seeing(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            seen.append(None if sample_weight is None else np.asarray(sample_weight))
            return super().fit(X, y, sample_weight)

    im.ResampledEnsembleClassifier(
        im.RandomUnderSampler(), Seeing(), feedback="boost", n_estimators=3
    ).fit(X, Y)
    assert seen[0] is None
    assert np.ptp(seen[1]) > 0


def test_boosted_stumps_beat_a_single_stump():
    rows = np.concatenate([np.flatnonzero(Y == 0)[:60], np.flatnonzero(Y == 1)])
    stump = DecisionTreeClassifier(max_depth=1)
    model = im.ResampledEnsembleClassifier(
        im.RandomOverSampler(sampling_strategy={}),
        stump,
        feedback="boost",
        bootstrap=False,
        n_estimators=40,
        random_state=0,
    ).fit(X[rows], Y[rows])
    alone = stump.fit(X[rows], Y[rows]).score(X[rows], Y[rows])
    assert model.score(X[rows], Y[rows]) > alone + 0.05
    assert (model.estimator_weights_ > 0).all()


def test_custom_feedback_classes():
    class Hardest:
        def choose(self, hardness, n, progress, rng):
            return np.argsort(hardness, kind="stable")[len(hardness) - n :]

    class Half:
        def weigh(self, weight, p, progress):
            return np.where(p < 0.5, weight * 2, weight), 1.0 + progress

    model = im.ResampledEnsembleClassifier(n_estimators=5, random_state=0)
    chosen = model.set_params(feedback=Hardest()).fit(X, Y)
    assert not hasattr(chosen, "estimator_weights_")
    weighed = model.set_params(feedback=Half()).fit(X, Y)
    assert weighed.estimator_weights_.tolist() == [1.0, 1.25, 1.5, 1.75, 2.0]


def test_hardness_is_the_mean_over_the_members():
    got = []

    class Recording:
        def choose(self, hardness, n, progress, rng):
            got.append((progress, hardness.copy()))
            return rng.choice(len(hardness), n, replace=False)

    model = im.ResampledEnsembleClassifier(
        im.RandomUnderSampler(),
        GaussianNB(),
        n_estimators=3,
        bootstrap=False,
        feedback=Recording(),
        random_state=0,
    ).fit(X, Y)
    common = X[Y == 0]
    p = [one.predict_proba(common)[:, 0] for one in model.estimators_]
    assert [progress for progress, _ in got] == [0.5, 1.0]
    np.testing.assert_allclose(got[0][1], 1 - p[0])
    np.testing.assert_allclose(got[1][1], 1 - (p[0] + p[1]) / 2)


def test_votes_weight_the_mean_probability():
    model = im.ResampledEnsembleClassifier(
        feedback="boost", n_estimators=4, random_state=0
    ).fit(X, Y)
    parts = [one.predict_proba(X) for one in model.estimators_]
    mean = np.average(parts, axis=0, weights=model.estimator_weights_)
    np.testing.assert_allclose(model.predict_proba(X), mean)


def test_prior_of_boosted_members_raises():
    boosted = im.ResampledEnsembleClassifier(feedback="boost", n_estimators=3)
    with pytest.raises(UnreadablePriorError, match="weighs rows by itself"):
        im.PriorThresholdClassifier(boosted).fit(X, Y)


def test_prior_threshold_uses_the_class_shares_of_members():
    model = im.ResampledEnsembleClassifier(n_estimators=3, random_state=0)
    around = im.PriorThresholdClassifier(model).fit(X, Y)
    seen = list(around.estimator_.effective_prior_.values())
    assert around.threshold_ == pytest.approx(np.array(seen) / sum(seen), rel=0.2)


@pytest.mark.parametrize("total", [0, 5, 17, 60])
def test_sizes_within_caps(total):
    shares, caps = [0.7, 0.1, 0.15, 0.05], [5, 30, 5, 20]
    sizes = within_caps(shares, caps, total)
    assert sizes.sum() == total
    assert (sizes <= caps).all()


@dataclass
class Choosing:
    """Unhashable, like every dataclass that defines equality."""

    rule: Any

    def choose(self, hardness, n, progress, rng):
        return self.rule(hardness, n)


@dataclass
class Weighing:
    rule: Any

    def weigh(self, weight, p, progress):
        return self.rule(weight, p)


def with_feedback(feedback):
    return im.ResampledEnsembleClassifier(
        feedback=feedback, n_estimators=3, random_state=0
    ).fit(X, Y)


@pytest.mark.parametrize(
    "rule",
    [
        lambda _, n: np.arange(n - 1),
        lambda _, n: np.arange(n + 1),
        lambda _, n: np.zeros(n, dtype=int),
        lambda h, n: np.arange(n) + len(h) - n + 1,
        lambda _, n: -1 - np.arange(n),
        lambda _, n: np.arange(n) * 1.0,
        lambda h, n: np.arange(len(h)) < n,
        lambda _, n: np.arange(n)[:, np.newaxis],
        lambda *_: None,
    ],
    ids=["few", "many", "twice", "beyond", "negative", "float", "mask", "2d", "None"],
)
def test_choose_must_return_distinct_positions(rule):
    with pytest.raises(
        ValueError, match=r"Choosing.*must return .* different positions"
    ):
        with_feedback(Choosing(rule))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda w, _: (w * np.nan, 1.0), "weights of 500 rows"),
        (lambda w, _: (-w, 1.0), "weights of 500 rows"),
        (lambda w, _: (w * 0, 1.0), "weights of 500 rows"),
        (lambda w, _: (w[:-1], 1.0), "weights of 500 rows"),
        (lambda w, _: (w[:, np.newaxis], 1.0), "weights of 500 rows"),
        (lambda w, _: (w, -1.0), "a vote that is"),
        (lambda w, _: (w, np.nan), "a vote that is"),
        (lambda w, _: (w, None), "a vote that is"),
        (lambda w, p: (w, p), "a vote that is"),
        (lambda w, _: w, "weights and a vote"),
        (lambda *_: None, "weights and a vote"),
    ],
)
def test_weigh_must_return_valid_weights_and_vote(rule, message):
    with pytest.raises(ValueError, match=f"Weighing.*must return {message}"):
        with_feedback(Weighing(rule))


def test_weigh_may_modify_weights_in_place():
    def in_place(weight, p):
        weight *= 2 - p
        return weight, 1.0

    changed = with_feedback(Weighing(in_place))
    returned = with_feedback(Weighing(lambda weight, p: (weight * (2 - p), 1.0)))
    np.testing.assert_array_equal(changed.predict_proba(X), returned.predict_proba(X))


def test_feedback_must_be_a_name_or_an_instance():
    with pytest.raises(TypeError, match=r"pass an instance: SelfPaced\(\)"):
        with_feedback(SelfPaced)
    named, by_instance = (with_feedback(f) for f in ("self-paced", SelfPaced()))
    np.testing.assert_array_equal(named.predict_proba(X), by_instance.predict_proba(X))
