"""Temperature: shares, gradients, samplers, schedules, batches and training."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import RandomOverSampler as PeerOverSampler
from numpy.testing import assert_allclose, assert_array_equal
from shared import load_shared
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

import imbsuite as im
from imbsuite.temperature import draw_epoch, tempered_shares

INF = float("inf")
TEMPERATURES = [1, 2, 5, INF]
SIZES = st.lists(st.integers(1, 200), min_size=2, max_size=6)
HEAT = st.one_of(st.floats(1, 50), st.just(INF))


def _table(sizes, d=2, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return rng.normal(size=(len(y), d)) + y[:, np.newaxis], y


# --- Shares and weights --------------------------------------------------------------


def test_tempered_shares_match_hand_computed_values():
    assert_allclose(tempered_shares([100, 1], 2), [10 / 11, 1 / 11], rtol=1e-15)
    assert_allclose(tempered_shares([8, 27], 3), [2 / 5, 3 / 5], rtol=1e-15)
    assert tempered_shares([7, 1, 3, 9], INF).tolist() == [0.25] * 4
    assert_allclose(tempered_shares([7, 1], 1), [7 / 8, 1 / 8], rtol=1e-15)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((990, 10), {2: 1.67, 5: 8.65, INF: 25.3}),
        ((9900, 90, 10), {2: 2.39, 5: 30.1, INF: 123.6}),
    ],
)
def test_ratio_of_second_moments(sizes, expected):
    p1 = np.array(sizes) / sum(sizes)
    for temperature, ratio in expected.items():
        p = tempered_shares(sizes, temperature)
        assert (p**2 / p1).sum() == pytest.approx(ratio, rel=4e-3)


def _gradients(X, y, seed=0):
    """Return the gradient of the logistic loss of each row, at some coefficients."""
    beta = np.random.default_rng(seed).normal(size=X.shape[1])
    return (1 / (1 + np.exp(-X @ beta)) - y)[:, np.newaxis] * X


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_weights_and_sampling_have_the_same_mean_gradient(temperature):
    X, y = _table((47, 6))
    gradients = _gradients(X, y)
    weights = im.temperature_weights(y, temperature)
    by_weight = (weights[:, np.newaxis] * gradients).mean(axis=0)
    shares = tempered_shares(np.bincount(y), temperature)
    by_class = np.array([gradients[y == k].mean(axis=0) for k in (0, 1)])
    assert_allclose(by_weight, shares @ by_class, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("head_scale", [1.0, 10.0])
def test_second_moments_of_single_draws(head_scale):
    # 200,000 draws; the bound is five standard errors of each mean.
    X, y = _table((990, 10))
    gradients = _gradients(X, y)
    norm = np.linalg.norm(gradients, axis=1)
    # Gradients have equal norms within a class, so that G_k is known.
    gradients *= (np.where(y == 0, head_scale, 1.0) / norm)[:, np.newaxis]
    G, n = np.array([head_scale**2, 1.0]), 200_000
    p1, p = np.array([0.99, 0.01]), tempered_shares([990, 10], 5)
    rng = np.random.default_rng(1)
    weights = im.temperature_weights(y, 5)
    rows = rng.integers(len(y), size=n)
    weighted = ((weights[:, np.newaxis] * gradients)[rows] ** 2).sum(axis=1)
    sampled = (gradients[rng.choice(len(y), n, p=weights / len(y))] ** 2).sum(axis=1)
    for drawn, expected in (
        (weighted, (G * p**2 / p1).sum()),
        (sampled, (G * p).sum()),
    ):
        error = drawn.std() / np.sqrt(n)
        assert abs(drawn.mean() - expected) <= 5 * error + 1e-12


def test_second_moments_reverse_for_large_majority_gradients():
    p1, p = np.array([0.99, 0.01]), tempered_shares([990, 10], 5)
    G = np.array([100.0, 1.0])
    assert (G * p**2 / p1).sum() == pytest.approx(59.7, abs=0.05)
    assert (G * p).sum() == pytest.approx(71.8, abs=0.05)


@given(SIZES, HEAT)
def test_weights_have_mean_one_and_tempered_shares(sizes, temperature):
    y = np.repeat(np.arange(len(sizes)), sizes)
    weights = im.temperature_weights(y, temperature)
    assert_allclose(weights.mean(), 1, rtol=1e-12)
    shares = np.bincount(y, weights) / len(y)
    assert_allclose(shares, tempered_shares(sizes, temperature), rtol=1e-12)


def test_weights_at_temperatures_1_and_infinity():
    _, y = _table((60, 30, 7))
    assert_allclose(im.temperature_weights(y, 1), np.ones(97), rtol=1e-14)
    assert_allclose(
        im.temperature_weights(y, INF), compute_sample_weight("balanced", y)
    )


@pytest.mark.parametrize("labels", [None, 1, "ab", {1, 2}, iter([1, 2])])
def test_labels_without_rows_raise(labels):
    message = "Expected sequence|at least 1 dim|should be a 1d array|Singleton"
    for of in (im.temperature_weights, im.TemperatureBatchSampler):
        with pytest.raises((TypeError, ValueError), match=message):
            of(labels, 2)


def test_weights_of_classes_and_groups():
    y, groups = ["a", "a", "a", "b"], [1, 1, 2, 2]
    weights = im.temperature_weights(y, INF, groups)
    assert_allclose(weights, [2 / 3, 2 / 3, 4 / 3, 4 / 3])


@pytest.mark.parametrize("wrong", [0.5, 0, -1, "hot", None, True, float("nan")])
def test_invalid_temperatures_raise(wrong):
    with pytest.raises(ValueError, match="temperature"):
        im.temperature_weights([0, 1], wrong)


# --- Plans and the sampler -----------------------------------------------------------


@pytest.mark.parametrize("mode", ["over", "under", "same"])
def test_sizes_of_each_mode(mode):
    X, y = _table((100, 10, 1))
    expected = {
        ("over", 2): [100, 32, 10],
        ("under", 2): [10, 3, 1],
        ("over", INF): [100, 100, 100],
        ("under", INF): [1, 1, 1],
        ("same", INF): [37, 37, 37],
    }
    for temperature in (1, 2, INF):
        sampler = im.TemperatureSampler(temperature, mode=mode, random_state=0)
        _, y_new = sampler.fit_resample(X, y)
        sizes = np.bincount(y_new).tolist()
        assert sizes == [sampler.plan_[k] for k in (0, 1, 2)]
        assert sizes == [sampler.strata_plan_[k] for k in (0, 1, 2)]
        if temperature == 1:
            assert sizes == [100, 10, 1]
        elif (mode, temperature) in expected:
            assert sizes == expected[mode, temperature]
        else:
            assert sum(sizes) == 111


@given(st.integers(1, 60), st.integers(60, 3000), HEAT)
def test_binary_sizes_match_imbalanced_learn_within_one_row(small, large, temperature):
    # imbalanced-learn truncates, we round: within one row of each other.
    y = np.repeat([0, 1], [large, small])
    ratio = (small / large) ** (1 / temperature)
    ours = im.Tempered(temperature)(y)[1]
    if ratio * large < small + 1:
        assert small <= ours <= small + 1
        return
    peer = PeerOverSampler(sampling_strategy=ratio, random_state=0)
    theirs = (peer.fit_resample(np.zeros((len(y), 1)), y)[1] == 1).sum()
    assert abs(ours - theirs) <= 1


def test_rows_are_used_evenly():
    X, y = _table((97, 30, 7))
    sampler = im.TemperatureSampler(INF, random_state=0)
    sampler.fit_resample(X, y)
    times = np.bincount(sampler.sample_indices_)
    assert set(times[y == 0]) == {1}
    assert set(times[y == 1]) == {3, 4}  # 97 = 3 * 30 + 7
    assert set(times[y == 2]) == {13, 14}
    assert (times[y == 1] == 4).sum() == 7


def test_max_repeats_limits_cells_of_one_row():
    X, y = _table((60, 20))
    groups = np.where(np.arange(80) % 2, "even", "odd").astype(object)
    rare = np.flatnonzero(y == 1)[0]
    groups[rare] = "alone"
    sampler = im.TemperatureSampler(
        INF, by="class_and_group", max_repeats=3, random_state=0
    )
    sampler.fit_resample(X, y, groups=groups)
    assert sampler.strata_plan_[1, "alone"] == 3
    assert np.bincount(sampler.sample_indices_).max() <= 3
    assert Counter(sampler.groups_)["alone"] == 3
    cells = Counter(zip(y[sampler.sample_indices_], sampler.groups_, strict=True))
    assert cells == sampler.strata_plan_


def test_max_repeats_keeps_the_total_of_mode_same():
    X, y = _table((200, 20, 2))
    sampler = im.TemperatureSampler(INF, mode="same", max_repeats=4, random_state=0)
    _, y_new = sampler.fit_resample(X, y)
    # A third of the 222 rows would be 74: two rows yield 8, 20 rows at most 80.
    assert np.bincount(y_new).tolist() == [134, 80, 8]
    assert np.bincount(sampler.sample_indices_).max() <= 4


def test_by_group_balances_groups():
    X, y = _table((60, 40))
    groups = np.repeat(["big", "small"], [90, 10])
    sampler = im.TemperatureSampler(INF, by="group", mode="same", random_state=0)
    _, y_new = sampler.fit_resample(X, y, groups=groups)
    assert Counter(sampler.groups_) == {"big": 50, "small": 50}
    assert sampler.strata_plan_ == {"big": 50, "small": 50}
    assert sampler.plan_ == dict(Counter(y_new))
    assert sampler.effective_prior_ == pytest.approx(
        {k: (y_new == k).mean() for k in (0, 1)}
    )


@pytest.mark.parametrize("by", ["group", "class_and_group"])
def test_missing_groups_raise(by):
    X, y = _table((6, 4))
    with pytest.raises(ValueError, match=f"by='{by}' requires groups"):
        im.TemperatureSampler(by=by).fit_resample(X, y)


def test_zero_weight_rows_are_not_repeated():
    X, y = _table((60, 20))
    weight = np.ones(80)
    weight[y == 1] = np.arange(20) % 2
    sampler = im.TemperatureSampler(INF, random_state=0)
    _, y_new = sampler.fit_resample(X, y, sample_weight=weight)
    # 60 rows with positive weight, and 10 with zero weight.
    assert np.bincount(y_new).tolist() == [60, 70]
    assert sampler.plan_ == {0: 60, 1: 60}
    assert (weight[sampler.parents_] > 0).all()
    # If all rows of a class have zero weight, there is nothing to repeat.
    sampler.fit_resample(X, y, sample_weight=(y == 0).astype(float))
    assert sampler.plan_ == {0: 60, 1: 0}


@pytest.mark.filterwarnings("ignore:Class 2 has a single row")
def test_effective_prior_is_the_weighted_share_after_resampling():
    X, y = _table((100, 10, 1))
    weight = np.where(y == 1, 2.0, 1.0)
    for sampler in (
        im.TemperatureSampler(2),
        im.SMOTE(sampling_strategy=im.Tempered(2)),
    ):
        sampler.set_params(random_state=0)
        sampler.fit_resample(X, y, sample_weight=weight)
        assert sampler.effective_prior_ == pytest.approx(
            {0: 100 / 174, 1: 64 / 174, 2: 10 / 174}
        )


@pytest.mark.parametrize(
    "grid",
    [
        {"sampler__sampling_strategy": [im.Tempered(t) for t in TEMPERATURES]},
        {"sampler": [im.TemperatureSampler(t, random_state=0) for t in TEMPERATURES]},
    ],
)
def test_grid_search_in_a_plain_pipeline(grid):
    X, y = _table((120, 30))
    inner = im.ResampledClassifier(im.SMOTE(random_state=0), LogisticRegression())
    grid = {f"resampledclassifier__{key}": values for key, values in grid.items()}
    search = GridSearchCV(
        make_pipeline(StandardScaler(), inner), grid, cv=3, error_score="raise"
    )
    assert len(search.fit(X, y).cv_results_["params"]) == 4


@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_grid_search_over_temperature_with_groups():
    skrub = pytest.importorskip("skrub")
    X, y, groups, *_ = load_shared("covid_testing")
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(len(y), 3_000, replace=False))
    X, y = X.iloc[rows], np.asarray(y)[rows]
    groups = np.asarray(groups)[rows]
    assert X.isna().to_numpy().any()
    assert len(set(y)) == 3
    encoded = make_pipeline(
        skrub.TableVectorizer(), StandardScaler(), LogisticRegression(max_iter=300)
    )
    model = im.ResampledClassifier(_Recording(random_state=0), encoded)
    search = GridSearchCV(
        make_pipeline("passthrough", model),
        {"resampledclassifier__sampler__temperature": TEMPERATURES},
        cv=GroupKFold(3),
        scoring="balanced_accuracy",
        error_score="raise",
    )
    _Recording.mixed = []
    search.fit(X, y, groups=groups, resampledclassifier__groups=groups)
    assert len(_Recording.mixed) == 4 * 3 + 1
    assert not any(_Recording.mixed)
    smote = im.SMOTE(sampling_strategy=im.Tempered(2), random_state=0)
    with pytest.warns(UserWarning, match="groups have fewer than"):
        smote.fit_resample(X, y, groups=groups)
    assert_array_equal(*groups[smote.parents_].T)


class _Recording(im.TemperatureSampler):
    """Records whether parents of different clinics were mixed."""

    mixed: ClassVar[list[bool]] = []

    def fit_resample(self, X, y, *, sample_weight=None, groups=None):
        resampled = super().fit_resample(
            X, y, sample_weight=sample_weight, groups=groups
        )
        assert groups is not None
        seeds, partners = np.asarray(groups)[self.parents_].T
        self.mixed.append(bool((seeds != partners).any()))
        return resampled


# --- Schedules and batches -----------------------------------------------------------


def test_schedules_match_hand_computed_values():
    assert [im.Cooldown()(p) for p in (0, 0.499, 0.5, 1)] == [5, 5, 1, 1]
    two = im.Cooldown.two_phase()
    assert [two(p) for p in (0, 0.5)] == [INF, 1]
    late = im.Cooldown.late_rebalancing(0.8)
    assert [late(p) for p in (0, 0.79, 0.8)] == [1, 1, INF]
    linear = im.Cooldown(4, 1, switch_at=1.0, shape="linear")
    assert_allclose([1 / linear(p) for p in (0, 0.5, 1)], [0.25, 0.625, 1])
    from_inf = im.Cooldown(INF, 1, switch_at=1.0, shape="linear")
    assert from_inf(0) == INF
    assert_allclose(from_inf(0.25), 4)
    square = im.Cooldown(INF, 1, switch_at=1.0, shape=lambda part: part**2)
    assert_allclose(square(0.5), 4)
    assert im.Cooldown() == im.Cooldown(5.0)


@given(HEAT, HEAT, st.floats(0.01, 1), st.floats(0, 1))
def test_a_linear_schedule_stays_between_its_ends(start, end, switch_at, progress):
    temperature = im.Cooldown(start, end, switch_at, "linear")(progress)
    low, high = sorted([start, end])
    assert low * (1 - 1e-12) <= temperature <= high * (1 + 1e-12)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"start": 0.5}, "'temperature' .*Got 0.5"),
        ({"end": 0}, "'temperature' .*Got 0"),
        ({"switch_at": 0}, "'switch_at' .*Got 0"),
        ({"switch_at": 1.5}, "'switch_at' .*Got 1.5"),
        ({"shape": "cosine"}, "'shape' .*Got 'cosine'"),
    ],
)
def test_invalid_schedules_raise(params, message):
    with pytest.raises(ValueError, match=message):
        im.Cooldown(**params)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("mode", ["quota", "multinomial"])
def test_number_of_batches_does_not_depend_on_temperature(mode, temperature):
    labels = np.repeat(["a", "b"], [95, 6])
    batches = im.TemperatureBatchSampler(
        labels, 10, temperature, mode=mode, random_state=0
    )
    listed = list(batches)
    assert len(listed) == len(batches) == 11
    assert [len(b) for b in listed] == [10] * 10 + [1]


def test_temperature_one_draws_every_row_once_per_epoch():
    batches = im.TemperatureBatchSampler(np.arange(50) % 3, 7, 1, random_state=0)
    for _ in range(3):
        assert sorted(np.concatenate(list(batches))) == list(range(50))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_quotas_are_met_within_two_rows(temperature):
    labels = np.repeat([0, 1, 2], [700, 80, 20])
    batches = im.TemperatureBatchSampler(labels, 40, temperature, random_state=0)
    sizes = np.bincount(labels[np.concatenate(list(batches))], minlength=3)
    for batch in batches:
        counts = np.bincount(labels[batch], minlength=3)
        assert (np.abs(counts - 40 * sizes / 800) <= 2).all()


def test_multinomial_batches_match_the_tempered_shares():
    labels = np.repeat([0, 1], [990, 10])
    batches = im.TemperatureBatchSampler(
        labels, 100, 5, mode="multinomial", random_state=0
    )
    drawn = np.concatenate([row for _ in range(20) for row in batches])
    share = tempered_shares([990, 10], 5)[1]
    error = np.sqrt(share * (1 - share) / len(drawn))  # of 20,000 draws
    assert abs((labels[drawn] == 1).mean() - share) < 5 * error


def test_epochs_follow_the_schedule_and_can_be_set():
    labels = np.repeat([0, 1], [90, 10])
    batches = im.TemperatureBatchSampler(
        labels, 10, im.Cooldown(INF, 1), n_epochs=4, random_state=0
    )
    epochs = [np.concatenate(list(batches)) for _ in range(4)]
    assert [int((labels[rows] == 1).sum()) for rows in epochs] == [50, 50, 10, 10]
    assert not np.array_equal(epochs[0], epochs[1])
    batches.set_epoch(1)
    assert_array_equal(np.concatenate(list(batches)), epochs[1])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"batch_size": 0}, "'batch_size' .*Got 0"),
        ({"batch_size": 2.5}, "'batch_size' .*Got 2.5"),
        ({"batch_size": 2, "mode": "random"}, "'mode' .*Got 'random'"),
        ({"batch_size": 2, "n_epochs": 0}, "'n_epochs' .*Got 0"),
        ({"batch_size": 2, "temperature": 0.1}, "'temperature' .*Got 0.1"),
        ({"batch_size": 2, "temperature": lambda _: 0.1}, "'temperature' .*Got 0.1"),
    ],
)
def test_invalid_batch_parameters_raise(params, message):
    with pytest.raises(ValueError, match=message):
        im.TemperatureBatchSampler([0, 0, 1], **params)


@given(SIZES, HEAT)
def test_an_epoch_uses_rows_evenly(sizes, temperature):
    strata = np.repeat(np.arange(len(sizes)), sizes)
    rows = draw_epoch(strata, temperature, np.random.default_rng(0))
    assert len(rows) == len(strata)
    times = np.bincount(rows, minlength=len(strata))
    for k in range(len(sizes)):
        assert np.ptp(times[strata == k]) <= 1


# --- Training ------------------------------------------------------------------------


class _Spy(ClassifierMixin, BaseEstimator):
    """Records its arguments."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        self.classes_ = classes
        self.calls_ = [*getattr(self, "calls_", []), (X, y, sample_weight)]
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def _rows(model, epoch):
    """Return the rows, labels and weights that a spy saw in an epoch."""
    per_epoch = len(model.estimator_.calls_) // model.n_epochs
    calls = model.estimator_.calls_[epoch * per_epoch : (epoch + 1) * per_epoch]
    rows, labels, weights = zip(*calls, strict=True)
    return (
        np.concatenate(rows)[:, 0].astype(int),
        np.concatenate(labels),
        None if weights[0] is None else np.concatenate(weights),
    )


NUMBERED = np.column_stack([np.arange(103), np.zeros(103)])
LABELS = np.repeat(["common", "rare"], [96, 7])


@pytest.mark.parametrize("mode", ["sample", "weight"])
def test_number_of_updates_does_not_depend_on_temperature(mode):
    updates = {
        im.CooldownClassifier(_Spy(), schedule, mode=mode, n_epochs=4, batch_size=10)
        .fit(NUMBERED, LABELS)
        .n_updates_
        for schedule in (*TEMPERATURES, None, im.Cooldown.two_phase())
    }
    assert updates == {4 * 11}


def test_cooldown_uses_every_row_once_at_temperature_one():
    model = im.CooldownClassifier(_Spy(), n_epochs=4, batch_size=10, random_state=0)
    model.fit(NUMBERED, LABELS)
    assert model.temperature_curve_.tolist() == [5, 5, 1, 1]
    for epoch in (2, 3):
        rows, labels, weights = _rows(model, epoch)
        assert sorted(rows) == list(range(103))
        assert_array_equal(labels, LABELS[rows])
        assert weights is None
    share = tempered_shares([96, 7], 5)[1]
    assert abs((_rows(model, 0)[1] == "rare").sum() - 103 * share) < 1
    assert not np.array_equal(_rows(model, 2)[0], _rows(model, 3)[0])


def test_without_shuffling_rows_keep_their_order():
    model = im.CooldownClassifier(_Spy(), 1, n_epochs=2, shuffle=False)
    assert _rows(model.fit(NUMBERED, LABELS), 1)[0].tolist() == list(range(103))


def test_temperature_weights_are_multiplied_by_sample_weight():
    own = np.random.default_rng(0).uniform(0.5, 2, 103)
    model = im.CooldownClassifier(_Spy(), 5, mode="weight", n_epochs=2)
    rows, _, weights = _rows(model.fit(NUMBERED, LABELS, sample_weight=own), 0)
    assert_allclose(weights, (im.temperature_weights(LABELS, 5) * own)[rows])
    assert sorted(rows) == list(range(103))
    sums = {k: weights[LABELS[rows] == k].sum() for k in ("common", "rare")}
    total = sum(sums.values())
    assert model.effective_prior_ == pytest.approx(
        {k: v / total for k, v in sums.items()}
    )


def test_effective_prior_is_that_of_the_last_phase():
    for schedule, share in ((None, 7 / 103), (INF, 0.5)):
        model = im.CooldownClassifier(_Spy(), schedule, n_epochs=4)
        model.fit(NUMBERED, LABELS)
        assert model.effective_prior_["rare"] == pytest.approx(share)


@pytest.mark.parametrize("mode", ["sample", "weight"])
@pytest.mark.parametrize(
    "estimator",
    [
        SGDClassifier(loss="log_loss", random_state=0),
        MLPClassifier(hidden_layer_sizes=(8,), learning_rate_init=0.02, random_state=0),
        GaussianNB(),
    ],
)
def test_estimators_with_different_argument_orders(estimator, mode):
    X, y = _table((300, 30), seed=3)
    X = X + 2.0 * y[:, np.newaxis]
    model = im.CooldownClassifier(
        estimator, mode=mode, n_epochs=10, batch_size=20, random_state=0
    )
    model.fit(X, y, sample_weight=np.ones(len(y)))
    assert model.score(X, y) > 0.95
    assert model.predict_proba(X).shape == (330, 2)
    again = im.CooldownClassifier(**model.get_params(deep=False)).fit(X, y)
    assert_array_equal(again.predict(X), model.predict(X))


def test_loss_curve_exists_only_if_the_estimator_has_losses():
    X, y = _table((200, 20))
    model = im.CooldownClassifier(
        MLPClassifier((4,), random_state=0), n_epochs=6, batch_size=50, random_state=0
    )
    model.fit(X, y)
    assert model.loss_curve_.shape == (6,)
    assert not hasattr(
        im.CooldownClassifier(GaussianNB(), n_epochs=2).fit(X, y), "loss_curve_"
    )


class _Weightless(_Spy):
    def partial_fit(self, X, y, classes=None):
        return super().partial_fit(X, y, classes)


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_epochs", "x"), ("n_epochs", 0), ("batch_size", 2.5), ("schedule", 0.5)],
)
def test_invalid_cooldown_parameters_raise(name, value):
    model = im.CooldownClassifier(GaussianNB(), **{name: value})
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        model.fit(NUMBERED, LABELS)


def test_estimator_without_weights_supports_only_sampling():
    im.CooldownClassifier(_Weightless(), n_epochs=1).fit(NUMBERED, LABELS)
    model = im.CooldownClassifier(_Weightless(), mode="weight")
    with pytest.raises(ValueError, match=r"_Weightless\.partial_fit does not take"):
        model.fit(NUMBERED, LABELS)
    model = im.CooldownClassifier(_Weightless())
    with pytest.raises(ValueError, match=r"weights were passed. Use mode='sample'"):
        model.fit(NUMBERED, LABELS, sample_weight=np.full(103, 0.5))


def test_fit_epochs_yields_after_each_epoch():
    X, y = _table((100, 20))
    model = im.CooldownClassifier(GaussianNB(), n_epochs=5, random_state=0)
    scores = [m.score(X, y) for m in model.fit_epochs(X, y)]
    assert len(scores) == len(model.temperature_curve_) == 5
    assert scores[-1] == model.fit(X, y).score(X, y)


def test_callbacks_are_called_and_can_stop_the_fit():
    callback = pytest.importorskip("sklearn.callback")
    X, y = _table((100, 20))
    seen = []

    class Count:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            seen.append("end")

        def on_fit_task_begin(self, estimator, context, **_):
            pass

        def on_fit_task_end(self, estimator, context, **_):
            seen.append(context.task_name)
            return seen.count("epoch") == 3

    assert isinstance(Count(), callback.FitCallback)
    model = im.CooldownClassifier(GaussianNB(), n_epochs=5).set_callbacks(Count())
    model.fit(X, y)
    assert seen == ["epoch"] * 3 + ["fit", "end"]
    assert len(model.temperature_curve_) == 3
