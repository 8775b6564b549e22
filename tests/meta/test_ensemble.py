"""ResampledEnsembleClassifier: members, draws, out-of-bag predictions, corrections."""

from __future__ import annotations

import pickle
import threading

import numpy as np
import pandas as pd
import pytest
from imblearn.under_sampling import RandomUnderSampler as TheirUnderSampler
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im
from imbsuite._anew import FitInterrupted
from imbsuite._random import check_rng
from imbsuite.meta._draws import even_draws, seeded

X, Y = make_classification(600, weights=[0.9], n_informative=4, random_state=0)


def ensemble(sampler=None, estimator=None, **params):
    return im.ResampledEnsembleClassifier(
        sampler, estimator, **{"n_estimators": 5, "random_state": 0} | params
    )


@pytest.mark.parametrize(
    "sampler",
    [
        im.RandomUnderSampler(),
        im.RandomOverSampler(),
        im.SMOTE(),
        im.TomekLinks(),
        im.TemperatureSampler(3.0),
        TheirUnderSampler(),
    ],
    ids=repr,
)
def test_single_member_equals_resampled_classifier(sampler):
    tree = DecisionTreeClassifier(max_features="sqrt")
    model = ensemble(sampler, tree, n_estimators=1, bootstrap=False).fit(X, Y)
    own = check_rng(0).spawn(2)[1].spawn(1)[0].spawn(3)[1]
    single = im.ResampledClassifier(seeded(sampler, own), seeded(tree, own)).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), single.predict_proba(X))
    assert model.effective_prior_ == pytest.approx(single.effective_prior_)


def test_probabilities_are_the_mean_of_the_members():
    model = ensemble().fit(X, Y)
    mean = np.mean([one.predict_proba(X) for one in model.estimators_], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), mean, atol=1e-15)


@pytest.mark.parametrize("how", [np.asfortranarray, np.float32, np.rint, list])
@pytest.mark.parametrize("has_gaps", [False, True])
def test_tree_probabilities_equal_the_mean_for_any_input(how, has_gaps):
    table = np.where(X > 2, np.nan, X) if has_gaps else X
    model = ensemble().fit(table, Y)
    rows = how(table)
    total = sum(one.predict_proba(rows) for one in model.estimators_)
    np.testing.assert_array_equal(model.predict_proba(rows), total / 5)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    "rows",
    [X[:, :3], np.where(X > 2, np.inf, X), np.where(X > 2, 1e300, X), X[0], X[:0]],
    ids=["columns", "infinite", "too large", "one dimension", "no rows"],
)
def test_trees_raise_the_error_of_a_single_tree(rows):
    model = ensemble().fit(X, Y)
    with pytest.raises(ValueError, match=r"X|array|sample") as theirs:
        model.estimators_[0].predict_proba(rows)
    with pytest.raises(ValueError, match=r"X|array|sample") as ours:
        model.predict_proba(rows)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("feedback", [None, "self-paced", "cascade", "boost"])
def test_predictions_do_not_depend_on_n_jobs(feedback):
    one, two = (ensemble(feedback=feedback, n_jobs=n).fit(X, Y) for n in (1, 2))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_first_members_do_not_depend_on_n_estimators():
    few, many = (ensemble(n_estimators=n).fit(X, Y) for n in (2, 4))
    for a, b in zip(few.estimators_, many.estimators_, strict=False):
        np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))


@pytest.mark.parametrize("options", [{}, {"bootstrap": False}, {"feedback": "cascade"}])
def test_probabilities_do_not_depend_on_class_names(options):
    names = np.where(Y == 0, "z", "a")
    first, second = (ensemble(**options).fit(X, y) for y in (Y, names))
    np.testing.assert_allclose(
        first.predict_proba(X), second.predict_proba(X)[:, ::-1], atol=1e-15
    )


class Recorder(GaussianNB):
    """Remembers the rows it is fitted on; the only feature of a row is its index."""

    def fit(self, X, y, sample_weight=None):
        self.rows_ = np.asarray(X)[:, 0].astype(int)
        return super().fit(X, y, sample_weight)


def rows_of_members(model, y, **fit_params):
    numbered = np.arange(len(y), dtype=float)[:, np.newaxis]
    fitted = model.fit(numbered, y, **fit_params)
    return [one.rows_ for one in fitted.estimators_]


@pytest.mark.parametrize(
    "plan", ["auto", 0.25, {0: 100, 1: 40}, im.Cooldown(8.0, 1.2, shape="linear")]
)
@pytest.mark.parametrize("n_estimators", [2, 7, 30])
def test_rows_are_drawn_evenly_across_members(plan, n_estimators):
    y = np.repeat([0, 1], [260, 45])
    model = ensemble(
        im.RandomUnderSampler(sampling_strategy=plan),
        Recorder(),
        bootstrap=False,
        n_estimators=n_estimators,
    )
    members = rows_of_members(model, y)
    for rows in members:
        assert len(set(rows)) == len(rows)
    uses = np.bincount(np.concatenate(members), minlength=len(y))
    for k in (0, 1):
        assert np.ptp(uses[y == k]) <= 1
    if isinstance(plan, im.Cooldown):
        assert len(members[0]) < len(members[-1])


def test_even_draws_use_every_row_equally():
    draws = list(even_draws(10, [4] * 10, check_rng(0)))
    assert np.bincount(np.concatenate(draws)).tolist() == [4] * 10
    assert len({tuple(d) for d in draws}) > 5


def test_bootstrap_draws_all_rows_equally_often():
    y = np.repeat([0, 1], [80, 20])
    model = ensemble(
        im.RandomOverSampler(sampling_strategy={}), Recorder(), n_estimators=400
    )
    members = rows_of_members(model, y)
    assert {len(rows) for rows in members} == {100}
    uses = np.array([np.bincount(rows, minlength=100) for rows in members])
    # 400 counts of a row, of mean 1 and variance .99, have an SE of .05; 100 rows.
    assert abs(uses.mean(axis=0) - 1).max() < 4.5 * np.sqrt(0.99 / 400)
    # A row of a class with n rows is left out by (1 - 1/n)^n of the members.
    for k, n in ((0, 80), (1, 20)):
        left_out = (uses[:, y == k] == 0).mean()
        assert left_out == pytest.approx(
            (1 - 1 / n) ** n, abs=4 * 0.5 / (400 * n) ** 0.5
        )


def test_bootstrap_preserves_class_counts():
    y = np.random.default_rng(0).permutation(np.repeat(["a", "b", "c"], [60, 1, 9]))
    weight = np.where(np.arange(70) % 5, 2.0, 0.0) + (y == "b")
    keeping = im.RandomOverSampler(sampling_strategy={})
    model = ensemble(keeping, Recorder(), n_estimators=40)
    for options in ({}, {"sample_weight": weight}):
        usable = y[options.get("sample_weight", np.ones(70)) > 0]
        for rows in rows_of_members(model, y, **options):
            assert sorted(y[rows]) == sorted(usable)


def test_count_plans_hold_for_every_member():
    # A draw from all rows at once could give a member too many rows of class 1.
    y = np.repeat([0, 1], [80, 20])
    plan = {1: 21}
    model = ensemble(im.SMOTE(sampling_strategy=plan), Recorder(), n_estimators=40)
    for rows in rows_of_members(model, y):
        assert len(rows) == 80 + 21


@pytest.mark.filterwarnings("ignore:Members give every row the same")
def test_out_of_bag_rows_of_all_classes_get_the_same_prior():
    y = np.repeat([0, 1, 2], [80, 15, 5])
    keeping = im.RandomOverSampler(sampling_strategy={})
    model = ensemble(keeping, DummyClassifier(), n_estimators=40, oob_score=True)
    p = model.fit(np.arange(100.0)[:, np.newaxis], y).oob_decision_function_
    np.testing.assert_allclose(p, np.tile([0.8, 0.15, 0.05], (100, 1)))


def test_group_bootstrap_contains_every_class():
    y, groups = np.repeat(["a", "b", "c"], [60, 2, 2]), np.arange(64) // 2
    model = ensemble(estimator=Recorder(), n_estimators=40)
    for rows in rows_of_members(model, y, groups=groups):
        assert set(y[rows]) == {"a", "b", "c"}


def test_bootstrap_draws_whole_groups():
    rng = np.random.default_rng(0)
    y, groups = rng.integers(2, size=120), rng.integers(15, size=120)
    model = ensemble(
        im.RandomOverSampler(sampling_strategy={}), Recorder(), n_estimators=10
    )
    for rows in rows_of_members(model, y, groups=groups):
        uses = np.bincount(rows, minlength=120)
        for g in range(15):
            assert np.ptp(uses[groups == g]) == 0


@pytest.mark.parametrize("options", [{}, {"bootstrap": False}, {"feedback": "cascade"}])
def test_zero_weight_rows_are_never_drawn(options):
    y = np.repeat([0, 1], [80, 20])
    weight = np.where(np.arange(100) % 4 == 0, 0.0, 2.0)
    model = ensemble(estimator=Recorder(), **options)
    for rows in rows_of_members(model, y, sample_weight=weight):
        assert (weight[rows] > 0).all()


def test_zero_weight_class_is_dropped():
    y = np.repeat([0, 1, 2], [80, 20, 5])
    model = ensemble(oob_score=True).fit(X[:105], y, sample_weight=(y < 2) * 1.0)
    assert model.classes_.tolist() == [0, 1]
    assert np.isnan(model.oob_decision_function_[y == 2]).all()
    assert np.isfinite(model.oob_decision_function_[:10]).all(axis=1).any()


def test_weights_reach_the_estimator():
    weight = np.random.default_rng(0).uniform(0.5, 2, len(Y))

    class Weighed(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            self.sum_ = sample_weight.sum()
            return super().fit(X, y, sample_weight)

    model = ensemble(estimator=Weighed()).fit(X, Y, sample_weight=weight)
    assert all(one.sum_ > 0 for one in model.estimators_)
    with pytest.raises(ValueError, match="does not take it"):
        ensemble(estimator=KNeighborsClassifier()).fit(X, Y, sample_weight=weight)


@pytest.mark.parametrize("feedback", [None, "self-paced", "cascade", "boost"])
def test_mixed_table_with_weights_and_groups(feedback):
    frame = pd.DataFrame(X[:, :3], columns=list("abc"))
    frame.loc[::7, "a"] = np.nan
    frame["kind"] = pd.Categorical(np.where(X[:, 3] > 0, "u", "v"))
    boosted = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=2)
    groups = np.arange(len(Y)) // 3
    model = ensemble(
        estimator=boosted, feedback=feedback, oob_score=True, correction="offset"
    ).fit(
        frame,
        pd.Series(Y).map({0: "no", 1: "yes"}),
        sample_weight=np.where(X[:, 4] > 0, 2.0, 1.0),
        groups=groups,
    )
    assert model.predict_proba(frame).shape == (600, 2)
    assert set(model.predict(frame)) <= {"no", "yes"}
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "kind"]


def test_out_of_bag_by_hand():
    """A row's mean is over the members that drew neither it nor a row of its group."""
    y = np.repeat([0, 1], [50, 50])
    rng = np.random.default_rng(0)
    groups = rng.integers(30, size=100)
    model = ensemble(
        im.RandomOverSampler(sampling_strategy={}),
        Recorder(),
        n_estimators=6,
        oob_score=True,
    )
    members = rows_of_members(model, y, groups=groups)
    numbered = np.arange(100.0)[:, np.newaxis]
    for i in range(100):
        out = [
            one
            for one, rows in zip(model.estimators_, members, strict=True)
            if groups[i] not in groups[rows]
        ]
        own = [one.predict_proba(numbered[[i]])[0] for one in out]
        mean = np.mean(own, axis=0) if own else [np.nan] * 2
        np.testing.assert_allclose(model.oob_decision_function_[i], mean)


def test_duplicate_rows_are_in_the_bag_together():
    rng = np.random.default_rng(0)
    once, y = rng.normal(size=(60, 4)), np.repeat([0, 1], [40, 20])
    tree = DecisionTreeClassifier()
    model = ensemble(estimator=tree, n_estimators=30, oob_score=True)
    model.fit(np.repeat(once, 4, axis=0), np.repeat(y, 4))
    # The labels are noise; copies both in and out of the bag would score nearly 1.
    assert abs(model.oob_score_ - 0.5) < 0.25


@pytest.mark.parametrize(
    ("sampler", "options"),
    [
        (im.RandomUnderSampler(), {}),
        (im.RandomUnderSampler(), {"groups": 4}),
        # Cases of the same kind (draws, feedback) leave out rows in the same way.
        pytest.param(im.SMOTE(), {}, marks=pytest.mark.slow),
        (None, {"feedback": "self-paced"}),
        pytest.param(None, {"feedback": "boost"}, marks=pytest.mark.slow),
    ],
    ids=["1:1", "groups", "smote", "self-paced", "boost"],
)
def test_noise_is_not_predictable_out_of_bag(sampler, options):
    auc, accuracy = [], []
    groups = np.arange(400) // options["groups"] if "groups" in options else None
    for seed in range(20):
        rng = np.random.default_rng(seed)
        noise, y = rng.normal(size=(400, 5)), (np.arange(400) % 10 == 0).astype(int)
        model = ensemble(
            sampler,
            n_estimators=6,
            oob_score=True,
            random_state=seed,
            feedback=options.get("feedback"),
        ).fit(noise, y, groups=groups)
        p = model.oob_decision_function_
        seen = np.isfinite(p[:, 1])
        auc.append(roc_auc_score(y[seen], p[seen, 1]))
        accuracy.append(model.oob_score_)
    for scores in (auc, accuracy):
        error = np.std(scores, ddof=1) / np.sqrt(20)
        # With feedback, later members know a little about the rows they left out.
        allowed = 0.02 if "feedback" in options else 0.0
        assert abs(np.mean(scores) - 0.5) < 3 * error + allowed


def test_offset_correction_with_bootstrap_needs_no_extra_fits():
    class Counting(DecisionTreeClassifier):
        fits = 0

        def fit(self, *args, **kwargs):
            Counting.fits += 1
            return super().fit(*args, **kwargs)

    model = ensemble(estimator=Counting(max_features="sqrt"), correction="offset")
    model.fit(X, Y)
    assert Counting.fits == 5
    share = model.predict_proba(X)[:, 1].mean()
    assert share < ensemble().fit(X, Y).predict_proba(X)[:, 1].mean()
    with pytest.warns(UserWarning, match="fitted again for each fold"):
        model.set_params(bootstrap=False, cv=3).fit(X, Y)
    assert Counting.fits == 5 + 5 * 4


def test_corrected_out_of_bag_shares_match_the_class_shares():
    model = ensemble(n_estimators=40, correction="offset", oob_score=True).fit(X, Y)
    mean = model.oob_decision_function_.mean(axis=0)
    np.testing.assert_allclose(mean, np.bincount(Y) / len(Y), atol=1e-6)


def test_prior_correction_uses_the_class_shares_of_members():
    model = ensemble(correction="prior", bootstrap=False).fit(X, Y)
    original = np.bincount(Y) / len(Y)
    logit = np.log(original[1] / original[0])
    seen = model.effective_prior_
    assert model.offset_[1] == pytest.approx(logit - np.log(seen[1] / seen[0]))


def test_pickle_is_smaller_than_its_members():
    model = ensemble(n_estimators=20, oob_score=True).fit(X, Y)
    members = sum(len(pickle.dumps(one)) for one in model.estimators_)
    stored = pickle.dumps(model)
    assert len(stored) < members
    again = pickle.loads(stored)  # noqa: S301
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    with pytest.raises(AttributeError, match="was not stored"):
        again.oob_decision_function_  # noqa: B018


class Interrupting(GaussianNB):
    """Interrupts the third fit, as Ctrl-C does."""

    fits = 0

    def fit(self, X, y):
        Interrupting.fits += 1
        if Interrupting.fits == 3:
            raise KeyboardInterrupt
        return super().fit(X, y)


@pytest.mark.parametrize("feedback", [None, "self-paced"])
def test_interrupted_fit_keeps_fitted_members(feedback):
    Interrupting.fits = 0
    model = ensemble(estimator=Interrupting(), feedback=feedback, correction="offset")
    with pytest.raises(FitInterrupted, match="after 2 of 5 members"):
        model.fit(X, Y)
    assert len(model.estimators_) == 2
    assert model.predict_proba(X).shape == (600, 2)


def test_interrupt_before_the_first_member_keeps_nothing():
    Interrupting.fits = 2
    model = ensemble(estimator=Interrupting())
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert not hasattr(model, "estimators_")


def test_members_that_cannot_split_warn():
    boosted = HistGradientBoostingClassifier(min_samples_leaf=20)
    rows = np.flatnonzero(np.cumsum(Y) <= 14)
    with pytest.warns(UserWarning, match="same probabilities"):
        ensemble(im.RandomUnderSampler(), boosted).fit(X[rows], Y[rows])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"bootstrap": False, "oob_score": True}, "requires bootstrap=True"),
        ({"sampler": im.SMOTE(), "feedback": "cascade"}, "RandomUnderSampler"),
        (
            {
                "sampler": im.RandomUnderSampler(replacement=True),
                "feedback": "self-paced",
            },
            "without replacement",
        ),
        (
            {"estimator": KNeighborsClassifier(), "feedback": "boost"},
            "estimator with sample_weight",
        ),
        ({"feedback": "boost", "correction": "prior"}, "correction='offset'"),
        ({"feedback": "fast"}, "'feedback' parameter"),
        ({"n_estimators": 0}, "'n_estimators' parameter"),
        ({"cv": "oob"}, "'cv' parameter"),
    ],
)
def test_invalid_parameters_raise(params, message):
    with pytest.raises((ValueError, TypeError), match=message):
        ensemble(**params).fit(X, Y)


def test_invalid_samplers_raise():
    with pytest.raises(TypeError, match="no fit_resample"):
        ensemble(DecisionTreeClassifier()).fit(X, Y)
    with pytest.raises(ValueError, match="does not record the parents"):
        ensemble(TheirUnderSampler()).fit(X, Y, groups=np.arange(600))


def test_concurrent_fits_are_independent():
    model = ensemble(n_estimators=3)
    threads = [threading.Thread(target=model.fit, args=(X, Y)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = ensemble(n_estimators=3).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_ensemble_beats_plain_logistic_regression():
    model = ensemble(n_estimators=20).fit(X[::2], Y[::2])
    plain = LogisticRegression().fit(X[::2], Y[::2])
    ours = balanced_accuracy_score(Y[1::2], model.predict(X[1::2]))
    assert ours > balanced_accuracy_score(Y[1::2], plain.predict(X[1::2]))


# Warnings of the estimator, and of classes without rows to fit an offset to.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator", [GaussianNB(), KNeighborsClassifier(1)], ids=repr)
@pytest.mark.parametrize(
    "options",
    [{}, {"bootstrap": False}, {"feedback": "cascade"}, {"correction": "offset"}],
    ids=str,
)
def test_bagged_ensembles_may_see_a_single_class(estimator, options):
    """A seventh of the bags contain neither of the two rare rows."""
    rare = (np.arange(len(Y)) < 2).astype(int)
    inner = ensemble(im.RandomUnderSampler(), estimator, n_estimators=2, **options)
    bags = BaggingClassifier(inner, 8, random_state=0).fit(X, rare)
    assert {rare[rows].max() for rows in bags.estimators_samples_} == {0, 1}
    assert bags.predict_proba(X).shape == (600, 2)


def test_single_weighted_class_is_always_predicted():
    model = ensemble(estimator=GaussianNB()).fit(X, Y, sample_weight=Y == 0)
    assert (model.predict(X) == 0).all()


def test_sampler_without_get_params_works():
    class First:
        def fit_resample(self, X, y):
            return X[:300], y[:300]

    model = ensemble(First(), GaussianNB(), n_estimators=1, bootstrap=False).fit(X, Y)
    expected = GaussianNB().fit(X[:300], Y[:300]).predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_oob_score_is_nan_when_every_row_is_drawn():
    groups = np.zeros(len(Y))
    with pytest.warns(UserWarning, match="drew every row"):
        model = ensemble(oob_score=True).fit(X, Y, groups=groups)
    assert np.isnan(model.oob_score_)
    assert np.isnan(model.oob_decision_function_).all()
    with pytest.warns(UserWarning, match="formula is used"):
        corrected = ensemble(correction="offset").fit(X, Y, groups=groups)
    formula = ensemble(correction="prior").fit(X, Y, groups=groups)
    np.testing.assert_allclose(corrected.offset_, formula.offset_)


def test_boost_correction_without_out_of_bag_rows_raises():
    model = ensemble(feedback="boost", correction="offset")
    with (
        pytest.warns(UserWarning, match="formula is used"),
        pytest.raises(ValueError, match="Use more members"),
    ):
        model.fit(X, Y, groups=np.zeros(len(Y)))


class Mute:
    """Gives no member a vote."""

    def weigh(self, weight, p, progress):
        return weight, 0.0


class Late:
    """Gives only the last member a vote."""

    def weigh(self, weight, p, progress):
        return weight, float(progress == 1)


def test_out_of_bag_predictions_use_the_votes():
    plain, last = ensemble(oob_score=True), ensemble(oob_score=True, feedback=Late())
    last.fit(X, Y)
    known = np.isfinite(last.oob_decision_function_[:, 0])
    newest = last.estimators_[-1].predict_proba(X)
    np.testing.assert_array_equal(last.oob_decision_function_[known], newest[known])
    with pytest.warns(UserWarning, match="all members vote equally"):
        mute = ensemble(oob_score=True, feedback=Mute()).fit(X, Y)
    members = np.mean([one.predict_proba(X) for one in mute.estimators_], axis=0)
    np.testing.assert_allclose(mute.predict_proba(X), members)
    seen = [np.isfinite(m.oob_decision_function_) for m in (mute, plain.fit(X, Y))]
    np.testing.assert_array_equal(*seen)


def test_swapped_arguments_error_shows_the_signature():
    tree = DecisionTreeClassifier()
    with pytest.raises(TypeError, match=r"ResampledEnsembleClassifier\(sampler, est"):
        im.ResampledEnsembleClassifier(tree, im.SMOTE()).fit(X, Y)


@pytest.mark.parametrize("unit", [1.0, 2.0**1022])
def test_oob_score_is_weighted_balanced_accuracy(unit):
    class Blind(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            return super().fit(X, y)

    weight = np.random.default_rng(0).uniform(0.5, 2, len(Y))
    model = ensemble(estimator=Blind(), oob_score=True)
    model.fit(X, Y, sample_weight=weight * unit)
    p = model.oob_decision_function_
    seen = np.isfinite(p[:, 0])
    expected = balanced_accuracy_score(
        Y[seen], p[seen].argmax(axis=1), sample_weight=weight[seen]
    )
    assert model.oob_score_ == pytest.approx(expected)


def test_cooldown_outside_an_ensemble_raises():
    sampler = im.RandomUnderSampler(sampling_strategy=im.Cooldown(4.0, 1.0))
    with pytest.raises(ValueError, match=r"requires an ensemble.*takes Tempered"):
        im.ResampledClassifier(sampler, GaussianNB()).fit(X, Y)


def test_estimator_without_classifier_mixin_works():
    class Bare(BaseEstimator):
        def fit(self, X, y):
            self.inner_ = GaussianNB().fit(X, y)
            self.classes_ = self.inner_.classes_
            return self

        def predict_proba(self, X):
            return self.inner_.predict_proba(X)

    bare, full = (ensemble(estimator=e).fit(X, Y) for e in (Bare(), GaussianNB()))
    np.testing.assert_array_equal(bare.predict_proba(X), full.predict_proba(X))
