"""Each method chooses the seeds, partners and steps that its paper defines."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import SVC, NuSVC

import imbsuite as im
from imbsuite.base import BaseSelector

RNG = np.random.default_rng(0)
STATE = RNG.bit_generator.state
X = np.concatenate([RNG.normal(size=(103, 3)), RNG.normal(size=(17, 3)) + 1])
Y = np.repeat([0, 1], [103, 17])


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    RNG.bit_generator.state = STATE


def test_even_seeds_are_used_equally_often():
    sampler = im.SMOTE(random_state=0)
    sampler.fit_resample(X, Y)  # 86 new rows of 17 seeds: five each, six of one
    times = Counter(sampler.parents_[:, 0].tolist())
    assert set(times) == set(range(103, 120))
    assert sorted(times.values()) == [5] * 16 + [6]


def test_random_seeds_are_used_unevenly():
    sampler = im.SMOTE(seed_allocation="random", random_state=0)
    sampler.fit_resample(X, Y)
    assert max(Counter(sampler.parents_[:, 0].tolist()).values()) > 6


@pytest.mark.parametrize(
    ("n_rare", "says"),
    [
        (1, "has a single row, which is repeated."),
        (2, "has 2 rows, too few for k_neighbors=5; 1 neighbor is used."),
        (3, "has 3 rows, too few for k_neighbors=5; 2 neighbors are used."),
        (5, "has 5 rows, too few for k_neighbors=5; 4 neighbors are used."),
    ],
)
def test_small_classes_use_fewer_neighbors_and_warn(n_rare, says):
    rows = np.arange(103 + n_rare)
    sampler = im.SMOTE(random_state=0)
    with pytest.warns(UserWarning, match=says):
        X_out, _ = sampler.fit_resample(X[rows], Y[rows])
    assert set(sampler.parents_.ravel()) == set(range(103, 103 + n_rare))
    if n_rare == 1:
        assert (X_out[104:] == X[103]).all()


def test_groups_with_few_rows_are_counted_in_the_warning():
    rows = np.arange(103 + 12)
    groups = np.r_[np.zeros(103), np.repeat([0, 1, 2], [6, 5, 1])]
    says = (
        "Class 1: 2 of its 3 groups have fewer than 6 rows; fewer neighbors than "
        "k_neighbors=5 are used there, and a single row is repeated."
    )
    with pytest.warns(UserWarning, match=f"^{says}$"):
        im.SMOTE(random_state=0).fit_resample(X[rows], Y[rows], groups=groups)


def test_class_of_k_plus_1_rows_is_large_enough():
    rows = np.arange(103 + 6)
    sampler = im.SMOTE(random_state=0)
    sampler.fit_resample(X[rows], Y[rows])
    assert set(sampler.parents_.ravel()) == set(range(103, 109))


def test_single_new_row_can_be_requested():
    sampler = im.SMOTE(sampling_strategy={1: 18}, random_state=0)
    assert len(sampler.fit_resample(X, Y)[0]) == len(X) + 1


def test_safe_level_smote_skips_noise_seeds():
    # k = 2. Of rows 0-3, the points 0, 0.1 and 0.2 are close together (level 2 each);
    # all foreign rows are nearer to 5.0 than 0.2 is: it is noise (level 0), not a seed.
    own, foreign = [0.0, 0.1, 0.2, 5.0], [4.9, 5.1, 9.0, 9.1, 9.2, 9.3, 9.4, 9.5, 9.6]
    table, y = np.array([*own, *foreign])[:, None], np.repeat([1, 0], [4, 9])
    sampler = im.SafeLevelSMOTE(k_neighbors=2, random_state=0)
    sampler.fit_resample(table, y)
    assert set(sampler.parents_[:, 0]) == {0, 1, 2}
    assert ((sampler.steps_ >= 0) & (sampler.steps_ <= 1)).all()


@pytest.mark.parametrize(
    ("seed", "partner", "low", "high"),
    [(4, 4, 0, 1), (4, 2, 0, 0.5), (2, 4, 0.5, 1), (3, 0, 0, 0), (0, 3, 1, 1)],
)
def test_safe_level_step_ranges_match_the_paper(seed, partner, low, high):
    from imbsuite.samplers.safe_level import _step_range

    step_range = _step_range(np.array([seed]), np.array([partner]))
    assert_allclose(np.ravel(step_range), [low, high])


def test_svm_smote_steps_inward_in_danger_and_outward_elsewhere():
    sampler = im.SVMSMOTE(m_neighbors=6, out_step=0.3, random_state=0)
    sampler.fit_resample(X, Y)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    far = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    np.fill_diagonal(far, np.inf)
    foreign = (Y[np.argsort(far, axis=1)[:, :6]] == 0).sum(axis=1)
    seeds = sampler.parents_[:, 0]
    machine = SVC(gamma="auto").fit(X / X.std(axis=0), Y)
    assert set(seeds) == set(machine.support_) & set(
        np.flatnonzero((Y == 1) & (foreign < 6))
    )
    danger = 2 * foreign[seeds] >= 6
    assert danger.any()
    assert ((sampler.steps_ >= 0) == danger).all()
    assert sampler.steps_.min() >= -0.3


def test_svm_smote_requires_support_vectors():
    with pytest.raises(ValueError, match="has no support_ after fit"):
        im.SVMSMOTE(svm_estimator=LogisticRegression()).fit_resample(X, Y)


def test_svm_fit_failure_raises_a_clear_error():
    sampler = im.SVMSMOTE(svm_estimator=NuSVC(nu=0.9), random_state=0)
    with pytest.raises(ValueError, match="cannot be fitted to the columns of X"):
        sampler.fit_resample(X, Y)


def test_svm_smote_uses_all_rows_when_weights_leave_one_class():
    weight = np.where(Y == 1, 1.0, 0.0)
    sampler = im.SVMSMOTE(sampling_strategy={1: 40}, random_state=0)
    with pytest.warns(UserWarning, match="all 17 rows are used"):
        X_out, _ = sampler.fit_resample(X, Y, sample_weight=weight)
    assert set(sampler.parents_[:, 0].tolist()) == set(range(103, 120))
    assert len(X_out) == 103 + 40


def test_kmeans_smote_stays_within_clusters_and_prefers_sparse():
    dense, sparse = RNG.normal(size=(30, 2)) * 0.01, RNG.normal(size=(30, 2)) + 50
    table = np.concatenate([dense, sparse, RNG.normal(size=(200, 2)) - 50])
    y = np.repeat([1, 0], [60, 200])
    sampler = im.KMeansSMOTE(kmeans_estimator=3, standardize=False, random_state=0)
    sampler.fit_resample(table, y)
    seeds, partners = sampler.parents_.T
    assert ((seeds < 30) == (partners < 30)).all()
    assert (seeds >= 30).mean() > 0.9


def test_kmeans_smote_without_a_qualifying_cluster_warns():
    with pytest.warns(UserWarning, match="no row is in a cluster that qualifies"):
        im.KMeansSMOTE(cluster_balance_threshold=1.0).fit_resample(X, Y)


def test_fully_deformed_geometric_rows_lie_on_the_segment():
    sampler = im.GeometricSMOTE(
        deformation_factor=1.0, selection_strategy="minority", random_state=0
    )
    X_out, _ = sampler.fit_resample(X, Y)
    seeds, partners = (X[side] for side in sampler.parents_.T)
    ratio = (X_out[120:] - seeds) / (partners - seeds)
    assert_allclose(ratio, ratio[:, :1].repeat(3, axis=1), rtol=1e-6)
    assert ((ratio >= -1e-9) & (ratio <= 1 + 1e-9)).all()


@pytest.mark.parametrize("truncation", [-1.0, 0.0, 1.0])
def test_geometric_rows_lie_in_the_truncated_ball(truncation):
    sampler = im.GeometricSMOTE(
        truncation_factor=truncation, selection_strategy="minority", random_state=0
    )
    X_out, _ = sampler.fit_resample(X, Y)
    scale = X.std(axis=0)
    seeds, partners = (X[side] / scale for side in sampler.parents_.T)
    offset, axis = X_out[120:] / scale - seeds, partners - seeds
    assert (np.linalg.norm(offset, axis=1) <= np.linalg.norm(axis, axis=1) + 1e-9).all()
    along = (offset * axis).sum(axis=1)
    sides = {1.0: (along >= -1e-9).all(), -1.0: (along <= 1e-9).all()}
    assert sides.get(truncation, (along > 0).any() and (along < 0).any())


def test_geometric_smote_rejects_a_nearest_neighbors_object():
    sampler = im.GeometricSMOTE(k_neighbors=NearestNeighbors(n_neighbors=4))
    with pytest.raises(ValueError, match="The 'k_neighbors' parameter"):
        sampler.fit_resample(X, Y)


def test_majority_selection_uses_the_nearest_majority_row():
    sampler = im.GeometricSMOTE(selection_strategy="majority", random_state=0)
    sampler.fit_resample(X, Y)
    scaled = X / X.std(axis=0)
    far = np.linalg.norm(scaled[:, None] - scaled[None, :103], axis=2)
    seeds, surface = sampler.parents_.T
    assert_array_equal(surface, far.argmin(axis=1)[seeds])


def test_shrinkage_noise_has_silverman_bandwidth():
    n = 40_000
    sampler = im.RandomOverSampler(
        shrinkage=0.5, sampling_strategy={1: n + 17}, random_state=0
    )
    X_out, _ = sampler.fit_resample(X, Y)
    noise = X_out[120:] - X[sampler.parents_[:, 0]]
    width = 0.5 * (4 / (5 * 17)) ** (1 / 7) * X[103:].std(axis=0)
    # The relative standard error of the width is 1 / sqrt(2 n): 4 of these.
    assert_allclose(noise.std(axis=0), width, rtol=4 / np.sqrt(2 * n))
    assert (np.abs(noise.mean(axis=0)) < 4 * width / np.sqrt(n)).all()
    only = im.RandomOverSampler(shrinkage={0: 1.0}, random_state=0)
    assert np.isin(only.fit_resample(X, Y)[0][120:], X).all()
    wrong = im.RandomOverSampler(shrinkage={"nope": 1.0})
    for method in (wrong.fit, wrong.fit_resample):
        with pytest.raises(
            ValueError, match=r"'nope' instead; the classes are \[0, 1\]"
        ):
            method(X, Y)
    with pytest.raises(ValueError, match=r"at least 0. Got -1 for class 1 instead"):
        im.RandomOverSampler(shrinkage={1: -1}).fit_resample(X, Y)


def _pairs(rule, n=6000):
    codes = np.append(RNG.integers(0, 3, 103), np.repeat([0, 1, 2], [10, 5, 2]))
    table = np.column_stack([X, codes])
    sampler = im.SMOTE(
        categorical_features=[3],
        categorical_rule=rule,
        sampling_strategy={1: n + 17},
        random_state=0,
    )
    X_out, _ = sampler.fit_resample(table, Y)
    return codes, sampler, X_out[120:, 3]


def test_step_categories_are_unbiased_given_the_pair():
    codes, sampler, new = _pairs("step")
    near, far = codes[sampler.parents_.T]
    for level in range(3):
        expected = (1 - sampler.steps_) * (near == level) + sampler.steps_ * (
            far == level
        )
        variance = (
            sampler.steps_ * (1 - sampler.steps_) * ((near == level) != (far == level))
        )
        error = np.sqrt(variance.sum())
        assert abs((new == level).sum() - expected.sum()) < 4 * error


def test_seed_categories_keep_the_frequencies_of_the_class():
    _, _, new = _pairs("seed", n=1700)
    assert np.bincount(new.astype(int)).tolist() == [1000, 500, 200]


def test_vote_categories_are_most_common_among_neighbors():
    codes, sampler, new = _pairs("vote", n=170)
    scaled = X / X.std(axis=0)
    far = np.linalg.norm(scaled[103:, None] - scaled[None, 103:], axis=2) ** 2
    far += codes[103:, None] != codes[None, 103:]
    np.fill_diagonal(far, np.inf)
    nearest = codes[103 + np.argsort(far, axis=1)[:, :5]]
    for value, seed in zip(new, sampler.parents_[:, 0], strict=True):
        votes = np.bincount(nearest[seed - 103], minlength=3)
        assert votes[int(value)] == votes.max()


def test_chain_matches_its_steps_and_traces_rows_to_the_input():
    smote = im.SMOTE(random_state=0)
    cleaner = im.EditedNearestNeighbours(sampling_strategy="all")
    more = im.SMOTE(sampling_strategy={1: 300}, random_state=1)
    chain = im.make_chain(smote, cleaner, more)
    X_out, y_out = chain.fit_resample(X, Y)
    expected = more.fit_resample(*cleaner.fit_resample(*smote.fit_resample(X, Y)))
    assert_array_equal(X_out, expected[0])
    assert_array_equal(y_out, expected[1])
    assert chain.sample_indices_.max() < 120
    assert_array_equal(y_out, Y[chain.sample_indices_])
    seeds, partners = chain.parents_.T
    known = ~np.isnan(chain.steps_)
    rows = X[seeds] + chain.steps_[:, None] * (X[partners] - X[seeds])
    assert known.any()
    assert not known.all()
    assert_array_equal(X_out[chain.is_synthetic_][known], rows[known])
    assert_array_equal(chain.carry(X), X_out)
    assert chain.plan_ == Counter(y_out.tolist())


def test_steps_of_a_chain_are_parameters():
    chain = im.make_chain(im.SMOTE(), im.TomekLinks(sampling_strategy="all"))
    chain.set_params(smote__k_neighbors=2, tomeklinks="passthrough")
    X_out, _ = chain.set_params(smote__random_state=0).fit_resample(X, Y)
    expected = im.SMOTE(k_neighbors=2, random_state=0).fit_resample(X, Y)[0]
    assert_array_equal(X_out, expected)
    assert [name for name, _ in im.make_chain(im.SMOTE(), im.SMOTE()).steps] == [
        "smote-1",
        "smote-2",
    ]


def test_chain_without_steps_or_with_non_samplers_raises():
    with pytest.raises(ValueError, match="no step to run"):
        im.Chain([("a", "passthrough")]).fit_resample(X, Y)
    with pytest.raises(TypeError, match="must be a sampler of imbsuite"):
        im.Chain([("a", LogisticRegression())]).fit_resample(X, Y)


@pytest.mark.parametrize("steps", [[im.SMOTE()], im.SMOTE(), [("smote",)], None])
def test_unnamed_steps_error_suggests_make_chain(steps):
    with pytest.raises(TypeError, match=r"\(name, sampler\) pairs.*make_chain"):
        im.Chain(steps).fit_resample(X, Y)


# Every row but the last two of class 0 has a nearest neighbor of the other class.
ALTERNATING = np.array([[0.0], [1.0], [2.0], [3.0], [9.0], [9.5]])
LABELS = [0, 1, 0, 1, 0, 0]


@pytest.mark.filterwarnings("ignore:Class .* has lost all its rows")
def test_chain_skips_cleaners_once_one_class_is_left():
    cleaner = im.EditedNearestNeighbours(n_neighbors=1, sampling_strategy="all")
    chain = im.make_chain(cleaner, im.TomekLinks(), cleaner)
    X_out, y_out = chain.fit_resample(ALTERNATING, LABELS)
    assert_array_equal(X_out, [[9.0], [9.5]])
    assert_array_equal(chain.sample_indices_, [4, 5])
    assert_array_equal(chain.carry(LABELS), y_out)
    assert chain.plan_ == {0: 2, 1: 0}
    assert chain.effective_prior_ == {0: 1.0, 1: 0.0}
    assert len(chain.samplers_) == 1


@pytest.mark.filterwarnings("ignore:Class .* has lost all its rows")
def test_oversampler_step_with_one_class_left_raises():
    cleaner = im.EditedNearestNeighbours(n_neighbors=1, sampling_strategy="all")
    chain = im.make_chain(cleaner, im.RandomOverSampler())
    with pytest.raises(ValueError, match="only one class"):
        chain.fit_resample(ALTERNATING, LABELS)


@pytest.mark.filterwarnings("ignore:Class .* has lost all its rows")
def test_chain_lists_classes_emptied_by_an_early_step():
    cleaner = im.EditedNearestNeighbours(n_neighbors=1, sampling_strategy=[1])
    table = np.concatenate([ALTERNATING, [[50.0], [51.0], [52.0]]])
    chain = im.make_chain(cleaner, im.RandomOverSampler(random_state=0))
    chain.fit_resample(table, [*LABELS, 2, 2, 2])
    assert chain.plan_ == {0: 4, 1: 0, 2: 4}
    assert chain.effective_prior_ == {0: 0.5, 1: 0.0, 2: 0.5}


def test_cleaning_that_empties_a_class_warns():
    table = [[0.0], [1.0], [1.1], [2.0], [2.1], [3.0], [3.1]]
    with pytest.warns(UserWarning, match="Class 1 has lost all its rows"):
        im.EditedNearestNeighbours(n_neighbors=1, sampling_strategy=[1]).fit_resample(
            table, [0, 0, 1, 1, 0, 0, 0]
        )


@pytest.mark.parametrize("sampler", [im.KMeansSMOTE(), im.SVMSMOTE()], ids=str)
def test_huge_constant_columns_are_rejected_by_inner_models(sampler):
    """Their spread cannot overflow, but the distances of the models sum squares."""
    large = np.c_[X, np.full(len(X), -1.7e308)]
    with pytest.raises(ValueError, match="column number 3 holds values whose squares"):
        sampler.fit_resample(large, Y)


class _Everyone(BaseSelector):
    """Selects all rows, including those of zero weight."""

    _kind = "under"

    def __init__(self, sampling_strategy="auto"):
        self.sampling_strategy = sampling_strategy

    def _select(self, table, y, plan, rng):
        return np.arange(len(y))


class _CleanNone(_Everyone):
    _kind = "clean"


def test_only_under_samplers_drop_zero_weight_rows():
    weight = np.tile([0.0, 1.0, 2.0], 40)
    under = _Everyone()
    under.fit_resample(X, Y, sample_weight=weight)
    assert_array_equal(under.sample_indices_, np.flatnonzero(weight))
    clean = _CleanNone()
    clean.fit_resample(X, Y, sample_weight=weight)
    assert_array_equal(clean.sample_indices_, np.arange(120))
