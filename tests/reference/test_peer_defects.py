"""Defects that other libraries have shipped, and that imbsuite must not have."""

from __future__ import annotations

import tracemalloc
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn import ensemble
from imblearn import over_sampling as over
from imblearn import under_sampling as under
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im

RNG = np.random.default_rng(0)
STATE = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def _restore_random_state():
    RNG.bit_generator.state = STATE


def test_classes_draw_different_random_numbers():
    part = RNG.normal(size=(20, 2))
    X = np.concatenate([RNG.normal(size=(50, 2)) - 90, part, part + 1000])
    y = np.repeat([0, 1, 2], [50, 20, 20])
    both = {}
    for name, sampler in {
        "theirs": over.SMOTE(random_state=0),
        "ours": im.SMOTE(random_state=0),
    }.items():
        X_out, y_out = sampler.fit_resample(X, y)
        new = [X_out[90:][y_out[90:] == k] for k in (1, 2)]
        both[name] = np.allclose(new[0], new[1] - 1000)
    assert both == {"theirs": True, "ours": False}


def test_a_row_with_duplicates_is_not_its_own_neighbor():
    X = np.repeat(RNG.normal(size=(12, 2)), 8, axis=0)
    X = np.concatenate([X, RNG.normal(size=(200, 2)) + 9])
    y = np.repeat([1, 0], [96, 200])
    # imbalanced-learn drops the first neighbor, even if it is another row.
    theirs = over.SMOTE(k_neighbors=3)
    theirs._validate_estimator()
    nearest = theirs.nn_k_.fit(X[:96]).kneighbors(X[:96], return_distance=False)[:, 1:]
    assert (nearest == np.arange(96)[:, None]).any()
    ours = im.SMOTE(k_neighbors=3, random_state=0)
    ours.fit_resample(X, y)
    assert (ours.parents_[:, 0] != ours.parents_[:, 1]).all()


def test_integers_are_rounded_not_truncated():
    X = pd.DataFrame({"a": RNG.integers(0, 40, 300), "b": RNG.integers(0, 40, 300)})
    y = np.repeat([0, 1], [250, 50])
    for sampler, low, high in (
        (over.SMOTE(random_state=0), -1.0, 0.0),
        (im.SMOTE(random_state=0), -0.5, 0.5),
    ):
        whole = sampler.fit_resample(X, y)[0].to_numpy()[300:]
        # The difference from the same rows without rounding is the effect of rounding.
        left = whole - sampler.fit_resample(X.astype(float), y)[0].to_numpy()[300:]
        assert low - 1e-9 <= left.min()
        assert left.max() <= high + 1e-9
        assert abs(left.mean() - (low + high) / 2) < 0.1


def test_borderline_smote_seeds_are_minority_rows_in_danger():
    # The neighbors of rows 6 and 7 are each other and five rows of the other class.
    own = [*(0.1 * i for i in range(6)), 5.0, 5.3]
    crowd = [*(5 + 0.05 * i for i in range(1, 6)), *(9 + 0.1 * i for i in range(10))]
    X, y = np.array([*own, *crowd])[:, None], np.repeat([1, 0], [8, 15])
    for kind in ("borderline-1", "borderline-2"):
        sampler = im.BorderlineSMOTE(
            kind=kind, m_neighbors=6, k_neighbors=2, random_state=0
        )
        sampler.fit_resample(X, y)
        assert set(sampler.parents_[:, 0]) == {6, 7}


def test_adasyn_meets_its_plan_for_overlapping_and_separate_classes():
    X = np.concatenate([RNG.normal(size=(103, 2)), RNG.normal(size=(17, 2)) + 1])
    y = np.repeat([0, 1], [103, 17])
    assert Counter(im.ADASYN().fit_resample(X, y)[1].tolist()) == {0: 103, 1: 103}
    far = np.where(y[:, None] == 1, X + 100, X)
    with pytest.warns(UserWarning, match="has a neighbor of another class; all 17"):
        y_out = im.ADASYN().fit_resample(far, y)[1]
    assert Counter(y_out.tolist()) == {0: 103, 1: 103}


def test_ratios_are_rounded():
    X, y = RNG.normal(size=(77, 1)), np.repeat([0, 1], [67, 10])
    y_out = im.RandomOverSampler(sampling_strategy=0.5).fit_resample(X, y)[1]
    assert Counter(y_out.tolist())[1] == 34  # 33.5


def test_a_single_row_is_repeated():
    X, y = [[0.0], [1.0], [2.0], [9.0]], [0, 0, 0, 1]
    with pytest.warns(UserWarning, match="Class 1 has a single row"):
        X_out, _ = im.SMOTE().fit_resample(X, y)
    assert X_out[4:] == [[9.0], [9.0]]


def test_unused_categories_are_kept_but_never_drawn():
    levels = pd.Categorical(["a", "b"] * 15, categories=["a", "b", "unused"])
    X, y = pd.DataFrame({"c": levels, "x": RNG.normal(size=30)}), [0] * 22 + [1] * 8
    X_out, _ = im.SMOTE(random_state=0).fit_resample(X, y)
    assert list(X_out["c"].cat.categories) == ["a", "b", "unused"]
    assert not (X_out["c"] == "unused").any()


def test_weights_of_new_rows_are_interpolated():
    X, y, w = RNG.normal(size=(30, 2)), [0] * 22 + [1] * 8, RNG.uniform(1, 2, 30)
    sampler = im.SMOTE(random_state=0)
    sampler.fit_resample(X, y, sample_weight=w)
    seeds, partners = sampler.parents_.T
    expected = w[seeds] + sampler.steps_ * (w[partners] - w[seeds])
    assert_allclose(sampler.sample_weight_, np.append(w, expected))


def test_all_classes_are_balanced():
    X, y = RNG.normal(size=(90, 2)), np.repeat([0, 1, 2], [50, 25, 15])
    for sampler in (im.SMOTE(), im.ADASYN(), im.BorderlineSMOTE(), im.SVMSMOTE()):
        assert set(Counter(sampler.fit_resample(X, y)[1].tolist()).values()) == {50}


def test_kmeans_smote_does_not_exceed_the_target_size():
    X = np.concatenate([RNG.normal(size=(60, 2)), RNG.normal(size=(41, 2)) + 6])
    y = np.repeat([0, 1], [60, 41])
    y_out = im.KMeansSMOTE(kmeans_estimator=5, random_state=0).fit_resample(X, y)[1]
    assert Counter(y_out.tolist()) == {0: 60, 1: 60}


def test_unknown_keywords_raise():
    with pytest.raises(TypeError, match="unexpected keyword"):
        im.SMOTE(neighbors=3)


def test_kept_rows_are_random_and_in_order():
    X, y = np.arange(200.0)[:, None], np.repeat([0, 1], [190, 10])
    kept = im.RandomUnderSampler(random_state=0)
    kept.fit_resample(X, y)
    rows = kept.sample_indices_[kept.sample_indices_ < 190]
    assert not np.array_equal(rows, np.arange(10))
    assert_array_equal(rows, np.sort(rows))


def test_sample_indices_match_the_rows_after_repeated_cleaning():
    # With two distant classes, nothing is removed; imbalanced-learn sorts by class.
    y = RNG.integers(0, 2, 60)
    X = RNG.normal(size=(60, 2)) + 50 * y[:, np.newaxis]
    right = {}
    for library, name in ((under, "theirs"), (im, "ours")):
        sampler = library.RepeatedEditedNearestNeighbours()
        X_out, _ = sampler.fit_resample(X, y)
        assert len(X_out) == 60
        right[name] = bool(np.array_equal(X[sampler.sample_indices_], X_out))
    assert right == {"theirs": False, "ours": True}


def test_allknn_does_not_shrink_a_class_below_the_smallest():
    X, y = np.arange(11.0)[:, np.newaxis], np.array([0, 1] * 5 + [0])
    sizes = {}
    for library, name in ((under, "theirs"), (im, "ours")):
        sampler = library.AllKNN(n_neighbors=1)
        sizes[name] = Counter(sampler.fit_resample(X, y)[1].tolist())
    assert sizes == {"theirs": {1: 5}, "ours": {0: 6, 1: 5}}


def _mislabeled(X, y, kept):
    """Return the number of rows that are nearest to a kept row of another label."""
    far = ((X[:, np.newaxis] - X[kept]) ** 2).sum(axis=2)
    same = y[:, np.newaxis] == y[kept]
    nearest = np.where(same, far, np.inf).min(axis=1)
    return int((np.where(same, np.inf, far).min(axis=1) < nearest).sum())


def test_condensed_subset_classifies_all_rows_correctly():
    sizes = [200, 120, 40]
    X = np.concatenate([RNG.normal(size=(n, 2)) + i for i, n in enumerate(sizes)])
    order = RNG.permutation(len(X))
    X, y = X[order], np.repeat([0, 1, 2], sizes)[order]
    wrong = {}
    for library, name in ((under, "theirs"), (im, "ours")):
        sampler = library.CondensedNearestNeighbour()
        sampler.set_params(**({"standardize": False} if name == "ours" else {}))
        sampler.fit_resample(X, y)
        wrong[name] = _mislabeled(X, y, sampler.sample_indices_)
    assert wrong["ours"] == 0
    assert wrong["theirs"] > 0


def test_one_sided_selection_does_not_repeat_seeds():
    # With two distant classes, only the seeds of the larger one are kept.
    X = np.concatenate([np.arange(8.0), np.arange(4.0) + 100])[:, np.newaxis]
    y = np.repeat([0, 1], [8, 4])
    distinct = {"theirs": [], "ours": []}
    for seed in range(10):
        for sampler, name in (
            (under.OneSidedSelection(n_seeds_S=6, random_state=seed), "theirs"),
            (im.OneSidedSelection(n_seeds=6, random_state=seed), "ours"),
        ):
            X_out = sampler.fit_resample(X, y)[0]
            distinct[name].append(len(np.unique(X_out)) == len(X_out) == 6 + 4)
    assert all(distinct["ours"])
    assert not all(distinct["theirs"])


def test_a_row_does_not_vote_for_itself():
    # 5.0 has one neighbor of its class and two of the other, so it is outvoted, 2 to 1.
    # With its own vote, there would be a tie.
    X = np.array([4.6, 5.3, 5.0, 5.9, 20.0, 21.0, 22.0, 23.0, 30.0, 31.0])[
        :, np.newaxis
    ]
    y = np.array([0, 0, 1, 1, 0, 0, 0, 0, 1, 1])
    kept = {}
    for library, name in ((under, "theirs"), (im, "ours")):
        sampler = library.NeighbourhoodCleaningRule(n_neighbors=3)
        sampler.fit_resample(X, y)
        kept[name] = set(sampler.sample_indices_)
    assert {0, 1}.isdisjoint(kept["ours"])
    assert kept["theirs"] != kept["ours"]


def test_instance_hardness_does_not_depend_on_label_values():
    y = (RNG.random(400) < 0.25).astype(int)
    X = RNG.normal(size=(400, 2)) + y[:, np.newaxis]
    same = {}
    for name, sampler in {
        "theirs": under.InstanceHardnessThreshold(
            estimator=GaussianNB(), random_state=0
        ),
        "ours": im.InstanceHardness(hardness=GaussianNB(), random_state=0),
    }.items():
        kept = []
        for labels in (y, np.where(y == 1, 1, -1)):
            sampler.fit_resample(X, labels)
            kept.append(set(sampler.sample_indices_))
        same[name] = kept[0] == kept[1]
    assert same == {"theirs": False, "ours": True}


def test_near_miss_3_keeps_the_planned_number_of_rows():
    X, y = RNG.normal(size=(300, 2)), np.repeat([0, 1], [200, 100])
    X[y == 1] += 9
    sizes = {}
    for library, name in ((under, "theirs"), (im, "ours")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y_out = library.NearMiss(version=3).fit_resample(X, y)[1]
        sizes[name] = int((y_out == 0).sum())
    assert sizes["theirs"] < sizes["ours"] == 100


@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB")
def test_out_of_bag_predictions_of_noise_are_not_better_than_chance():
    """imbalanced-learn gives 0 to rows that no tree scored, most of them common."""
    scores = {"theirs": [], "ours": []}
    for seed in range(10):
        noise = np.random.default_rng(seed).normal(size=(1000, 5))
        y = (np.arange(1000) % 20 == 0).astype(int)
        theirs = ensemble.BalancedRandomForestClassifier(
            25,
            oob_score=True,
            bootstrap=True,
            sampling_strategy="all",
            replacement=True,
            random_state=seed,
        )
        ours = im.ResampledEnsembleClassifier(
            im.RandomUnderSampler(), n_estimators=25, oob_score=True, random_state=seed
        )
        for who, model in {"theirs": theirs, "ours": ours}.items():
            p = model.fit(noise, y).oob_decision_function_[:, 1]
            seen = np.isfinite(p)
            scores[who].append(balanced_accuracy_score(y[seen], p[seen] > 0.5))
    # Ten repetitions, with a standard error of about 0.01.
    error = np.std(scores["ours"], ddof=1) / np.sqrt(10)
    assert abs(np.mean(scores["ours"]) - 0.5) < 3 * error
    assert np.mean(scores["theirs"]) > 0.6


def test_boosting_does_not_stop_early_if_a_class_is_rare():
    X = RNG.normal(size=(1000, 4)) + 0.0
    y = np.zeros(1000, dtype=int)
    y[:20] = 1
    X[:20] += 0.7
    stump = DecisionTreeClassifier(max_depth=1)
    theirs = ensemble.RUSBoostClassifier(stump, n_estimators=30, random_state=0)
    ours = im.ResampledEnsembleClassifier(
        im.RandomUnderSampler(),
        stump,
        n_estimators=30,
        bootstrap=False,
        feedback="boost",
        random_state=0,
    )
    try:
        n_theirs = len(theirs.fit(X, y).estimators_)
    except ValueError:
        n_theirs = 0
    assert n_theirs < 30
    assert (ours.fit(X, y).estimator_weights_ > 0).sum() > 25


@pytest.mark.parametrize(
    "theirs",
    [
        ensemble.BalancedRandomForestClassifier(
            5, sampling_strategy="all", replacement=True, bootstrap=False
        ),
        ensemble.BalancedBaggingClassifier(n_estimators=5),
        ensemble.EasyEnsembleClassifier(2),
        ensemble.RUSBoostClassifier(n_estimators=5),
    ],
    ids=lambda model: type(model).__name__,
)
def test_ensembles_accept_categories_and_missing_values(theirs):
    frame = pd.DataFrame({"a": RNG.normal(size=300), "kind": list("uvw") * 100})
    frame["kind"] = frame["kind"].astype("category")
    frame.loc[::9, "a"] = np.nan
    y = np.repeat([0, 1], [270, 30])
    with pytest.raises((ValueError, TypeError)):
        theirs.fit(frame, y)
    boosted = HistGradientBoostingClassifier(max_iter=3, early_stopping=False)
    ours = im.ResampledEnsembleClassifier(estimator=boosted, n_estimators=5)
    assert ours.fit(frame, y).predict_proba(frame).shape == (300, 2)


def test_cluster_centroids_are_distinct_rows():
    # Rows at 60 places differ by at most 6e-10, which is too little for k-means.
    X = RNG.normal(size=(60, 2))[RNG.integers(0, 60, 500)]
    X = np.concatenate([X, RNG.normal(size=(100, 2))])
    X += 1e-12 * np.arange(600)[:, np.newaxis]
    y = np.repeat([0, 1], [500, 100])
    distinct = {}
    for sampler, name in (
        (under.ClusterCentroids(voting="hard", random_state=0), "theirs"),
        (im.ClusterCentroids(random_state=0), "ours"),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # k-means warns about equal rows
            X_out, y_out = sampler.fit_resample(X, y)
        distinct[name] = len(np.unique(X_out[y_out == 0], axis=0))
    assert distinct["theirs"] < distinct["ours"] == 100


def test_instance_hardness_accepts_string_labels():
    X, y = RNG.normal(size=(60, 2)), np.repeat(["rare", "common"], [15, 45])
    with pytest.raises(IndexError, match="must be of integer"):
        under.InstanceHardnessThreshold(estimator=GaussianNB()).fit_resample(X, y)
    sampler = im.InstanceHardness(hardness=GaussianNB(), random_state=0)
    assert Counter(sampler.fit_resample(X, y)[1]) == {"rare": 15, "common": 15}


def test_near_miss_2_does_not_allocate_all_distances():
    X, y = RNG.normal(size=(3_000, 2)), np.repeat([0, 1], [2_500, 500])
    largest = dict.fromkeys(("theirs", "ours"), 0)
    for sampler, name in (
        (under.NearMiss(version=2), "theirs"),
        (im.NearMiss(version=2), "ours"),
    ):
        tracemalloc.start()
        try:
            sampler.fit_resample(X, y)
            largest[name] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    matrix = 8 * 2_500 * 500  # all distances
    assert largest["theirs"] > matrix
    assert largest["ours"] < matrix / 3
