"""Linear classifiers with any loss."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from scipy.stats import norm
from shared import load_shared
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import LinearLossClassifier, RandomOverSampler, ResampledClassifier
from imbsuite.losses import (
    CompSumLoss,
    FocalLoss,
    LogLoss,
    MetricLoss,
    class_robustness,
)
from imbsuite.probability.source import source_prior

LOSSES = [
    "log_loss",
    "logit_adjusted",
    "ldam",
    "focal",
    CompSumLoss(0.0),
    CompSumLoss(1.7),
    CompSumLoss(2.0),
    "f1_macro",
    MetricLoss("balanced_accuracy", sharpness=12.0),
    "matthews_corrcoef",
]


@pytest.fixture(scope="module", params=[2, 3])
def table(request):
    X, y = make_classification(
        400,
        n_classes=request.param,
        n_informative=4,
        weights=[0.8, 0.1] if request.param == 3 else [0.85],
        random_state=1,
    )
    return 3 * X + 1, y


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0}])
def test_log_loss_equals_logistic_regression(table, class_weight):
    X, y = table
    weight = np.random.default_rng(0).random(len(y))
    theirs = make_pipeline(
        StandardScaler(), LogisticRegression(tol=1e-9, class_weight=class_weight)
    )
    options = {"standardscaler__sample_weight": weight}
    theirs.fit(X, y, logisticregression__sample_weight=weight, **options)
    ours = LinearLossClassifier(tol=1e-9, class_weight=class_weight).fit(X, y, weight)
    Z = theirs[0].transform(X)
    assert_allclose(
        ours.decision_function(X), theirs[1].decision_function(Z), atol=1e-6
    )
    if class_weight is None:
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)


def test_logit_adjustment_shifts_the_intercept(table):
    X, y = table
    plain, moved = (
        LinearLossClassifier(loss, tol=1e-9).fit(X, y)
        for loss in ("log_loss", "logit_adjusted")
    )
    assert_allclose(plain.coef_, moved.coef_, atol=1e-6)
    log_prior = np.log(plain.target_prior_)
    shift = (
        moved.intercept_
        - plain.intercept_
        + (log_prior if len(log_prior) == 3 else np.diff(log_prior))
    )
    assert_allclose(shift, shift[0] if len(shift) == 3 else 0, atol=1e-6)
    assert_allclose(plain.predict_proba(X), moved.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_sparse_rows_and_weights_match_repeated_rows(table, loss):
    X, y = table
    weight = np.random.default_rng(0).integers(0, 4, len(y))
    model = LinearLossClassifier(loss, C=0.0015, standardize=False, tol=1e-9)
    rows = np.repeat(np.arange(len(y)), weight)
    z = model.fit(X[rows], y[rows]).decision_function(X)
    p, objective = model.predict_proba(X), model.objective_
    for container in (np.asarray, sp.csr_matrix, sp.csr_array):
        model.fit(container(X), y, weight)
        assert_allclose(model.objective_, objective, rtol=1e-10)
        # A flat loss has the same objective, to its last bits, for very different
        # scores, and rounding decides between them.
        if getattr(model.link_, "convex", False):
            assert_allclose(model.decision_function(container(X)), z, atol=1e-6)
            assert_allclose(model.predict_proba(container(X)), p, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_objective_is_no_worse_than_the_start_and_scores_decide(table, loss):
    X, y = table
    model = LinearLossClassifier(loss).fit(X, y)
    assert model.objective_ <= model.start_objective_
    assert model.objective_ == model.path_objective_.min()
    scores = model.decision_function(X)
    decided = scores >= 0 if scores.ndim == 1 else scores.argmax(axis=1)
    assert_array_equal(model.predict(X), decided)
    p = model.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    if not isinstance(loss, CompSumLoss) or loss.tau != 1.7:  # overconfident link
        assert_allclose(p.mean(axis=0), model.target_prior_, atol=0.02)


@pytest.mark.parametrize("loss", ["log_loss", "focal", "ldam"])
def test_class_weights_move_labels_but_not_mean_probability(table, loss):
    X, y = table
    plain, weighted = (
        LinearLossClassifier(loss, class_weight=w).fit(X, y) for w in (None, "balanced")
    )
    rare = np.bincount(y).argmin()
    assert (weighted.predict(X) == rare).sum() > (plain.predict(X) == rare).sum()
    share = weighted.predict_proba(X).mean(axis=0)
    assert_allclose(share, weighted.target_prior_, atol=0.03)


def test_objective_matches_the_formula(table):
    X, y = table
    model = LinearLossClassifier(FocalLoss(), C=0.1, standardize=False).fit(X, y)
    scores = model.decision_function(X)
    loss = FocalLoss().bind(np.bincount(y)).value_gradient(scores, y)[0]
    penalty = (model.coef_**2).sum() / (2 * 0.1 * len(y))
    assert model.objective_ == pytest.approx(loss + penalty)


def test_metric_loss_starts_at_the_best_threshold():
    X, y = make_classification(1000, weights=[0.93], flip_y=0.02, random_state=3)
    model = LinearLossClassifier(MetricLoss("f1", sharpness=20.0)).fit(X, y)
    z = LogisticRegression().fit(*(StandardScaler().fit_transform(X), y))
    plain = z.decision_function(StandardScaler().fit_transform(X))
    decided = plain >= plain[:, np.newaxis]
    best = (2 * (decided @ y) / (decided.sum(axis=1) + y.sum())).max()
    assert model.path_metric_[0] == pytest.approx(best, abs=0.01)
    assert model.path_metric_[-1] == f1_score(y, model.predict(X))
    assert len(model.path_metric_) == len(model.path_objective_) == 3


@pytest.mark.parametrize("name", ["yeast", "abalone19"])
def test_f1_loss_beats_log_loss_on_real_tables(name):
    X, y = load_shared(name)[:2]
    X = np.asarray(X.select_dtypes("number"), dtype=float)
    plain, f1 = (
        LinearLossClassifier(loss).fit(X, y) for loss in ("log_loss", "f1_macro")
    )
    scores = [f1_score(y, m.predict(X), average="macro") for m in (plain, f1)]
    assert scores[1] > scores[0]
    assert f1.objective_ < f1.start_objective_


def test_positive_class_is_the_rarer_or_pos_label():
    X, y = make_classification(300, weights=[0.2], random_state=0)
    words = np.array(["rare", "usual"])[y]
    assert LinearLossClassifier("f1").fit(X, words).pos_label_ == "rare"
    model = LinearLossClassifier("f1", pos_label="usual").fit(X, words)
    assert model.pos_label_ == "usual"
    assert not hasattr(LinearLossClassifier("gmean").fit(X, words), "pos_label_")


def test_prior_ignores_class_weights(table):
    X, y = table
    counts = np.bincount(y)
    model = LinearLossClassifier("ldam", class_weight="balanced").fit(X, y)
    share = counts / counts.sum()
    assert_allclose(source_prior(model, model.classes_, counts), share)
    assert_allclose(list(model.effective_prior_.values()), share)
    resampled = ResampledClassifier(
        RandomOverSampler(random_state=0), model, correction="prior"
    ).fit(X, y)
    assert_allclose(resampled.predict_proba(X).mean(axis=0), share, atol=0.03)


def test_warm_start_continues_from_the_last_fit(table):
    X, y = table
    cold = LinearLossClassifier(tol=1e-8).fit(X, y)
    warm = LinearLossClassifier(tol=1e-8, warm_start=True).fit(X, y)
    first = warm.n_iter_
    warm.fit(X, y)
    assert warm.n_iter_ < first / 2
    assert warm.start_objective_ == pytest.approx(cold.objective_)
    assert_allclose(warm.coef_, cold.coef_, atol=1e-4)
    with pytest.raises(ValueError, match="'warm_start' parameter"):
        warm.fit(X[:, :3], y)


def test_separable_scores_have_finite_links():
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    y = np.array([0, 0, 1, 1])
    for loss in ("f1", CompSumLoss(2.0), MetricLoss("accuracy", sharpness=9.0)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # two classes of equal size
            p = LinearLossClassifier(loss, C=1e6).fit(X, y).predict_proba(X)
        assert (p > 1e-9).all()
        assert_array_equal(p.argmax(axis=1), y)


@pytest.mark.parametrize("kind", ["l2", "linf", "l1"])
@pytest.mark.parametrize("loss", ["log_loss", "focal", CompSumLoss(0.0)], ids=str)
def test_objective_is_the_loss_of_perturbed_rows(kind, loss):
    X, y = make_classification(300, weights=[0.8], random_state=2)
    model = LinearLossClassifier(
        loss, perturbation=0.3, perturbation_norm=kind, standardize=False, tol=1e-9
    ).fit(X, y)
    w = model.coef_[0]
    # The worst step within the norm goes against the label.
    step = {
        "l2": w / np.linalg.norm(w),
        "linf": np.sign(w),
        "l1": np.sign(w)
        * (np.abs(w) == np.abs(w).max())
        / (np.abs(w) == np.abs(w).max()).sum(),
    }[kind]
    attacked = X - 0.3 * (2 * y - 1)[:, None] * step
    bound = LinearLossClassifier(loss, standardize=False).fit(X, y).link_
    value = bound.value_gradient(model.decision_function(attacked), y)[0]
    assert model.objective_ == pytest.approx(value + w @ w / (2 * len(y)), abs=1e-9)
    # No random perturbation of the line is better.
    rng = np.random.default_rng(0)
    order = {"l2": 2, "linf": 1, "l1": np.inf}[kind]
    for scale in np.repeat([1e-3, 1e-2, 1e-1], 30):
        other = w + scale * rng.normal(size=len(w))
        z = X @ other + model.intercept_ + scale * rng.normal()
        z = z - 0.3 * (2 * y - 1) * np.linalg.norm(other, order)
        value = bound.value_gradient(z, y)[0] + other @ other / (2 * len(y))
        assert value > model.objective_ - 1e-9


def test_linf_perturbation_gives_exact_zeros():
    X, y = make_classification(300, n_informative=2, random_state=2)
    model = LinearLossClassifier(perturbation=0.2, perturbation_norm="linf").fit(X, y)
    assert 0 < (model.coef_ == 0).sum() < X.shape[1]


def test_class_robustness_of_several_classes(table):
    X, y = table
    model = LinearLossClassifier().fit(X, y)
    robustness = class_robustness(model, X, y, eps=0.0)
    right = [(model.predict(X) == y)[y == k].mean() for k in model.classes_]
    assert_allclose(robustness.natural, right)
    assert_allclose(robustness.robust, right)
    # For a row, the shortest step across a boundary is the margin over the norm.
    robustness = class_robustness(model, X, y, eps=0.3, norm="l2")
    assert (robustness.robust <= robustness.natural).all()
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(200, *X.shape))
    steps *= 0.3 / np.linalg.norm(steps, axis=2, keepdims=True)
    survived = np.all([model.predict(X + step) == y for step in steps], axis=0)
    attacked = [survived[y == k].mean() for k in model.classes_]
    assert (robustness.robust <= attacked).all()
    for wrong in ({"eps": -1.0}, {"eps": 1.0, "norm": "l3"}):
        with pytest.raises(ValueError, match="parameter must be"):
            class_robustness(model, X, y, **wrong)


def gaussians(rng, n, ratio, n_columns=10, length=2.0):
    """Return rows of N(±θ, I), with ``ratio`` common rows for each rare one."""
    y = (np.arange(n) < n / (1 + ratio)).astype(int)
    theta = np.full(n_columns, length / np.sqrt(n_columns))
    return rng.normal(size=(n, n_columns)) + np.outer(2 * y - 1, theta), y


def test_robust_recall_of_gaussians():
    ratio, eps = 10, 1.0
    recalls = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X, y = gaussians(rng, 4000, ratio)
        X_test, y_test = gaussians(rng, 40_000, ratio)
        row = []
        for options in (
            {},
            {"perturbation": eps},
            {"perturbation": eps, "class_weight": "balanced"},
        ):
            model = LinearLossClassifier(standardize=False, **options).fit(X, y)
            robustness = class_robustness(model, X_test, y_test, eps)
            row.append([robustness.natural[1], robustness.robust[1]])
        recalls.append(row)
    natural, robust = np.mean(recalls, axis=0).T
    shift = np.log(ratio)
    # Φ(2 - log R / (2 (2 - ε))), and without the shift if classes are balanced.
    theory = norm.cdf([2 - shift / 4, 2 - shift / 2, 2])
    assert_allclose(natural, theory, atol=0.012)
    assert_allclose(robust, norm.cdf([1 - shift / 4, 1 - shift / 2, 1]), atol=0.02)


def noisy(rng, positives, *, flipped, n=3000):
    """Return rows of N(±θ, I), labels with some positives flipped, and true labels."""
    y = (rng.random(n) < positives).astype(int)
    X = rng.normal(size=(n, 10)) + np.outer(2 * y - 1, np.full(10, 1.05 / np.sqrt(10)))
    return X, np.where((y == 1) & (rng.random(n) < flipped), 0, y), y


def balanced_accuracy(model, X, y):
    right = model.predict(X) == y
    return (right[y == 1].mean() + right[y == 0].mean()) / 2


def test_bounded_loss_is_more_robust_to_wrong_labels():
    scores = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X, labels, _ = noisy(rng, 0.5, flipped=0.3)
        X_test, _, y_test = noisy(rng, 0.5, flipped=0.0, n=20_000)
        scores.append(
            [
                balanced_accuracy(
                    LinearLossClassifier(CompSumLoss(tau), class_weight="balanced").fit(
                        X, labels
                    ),
                    X_test,
                    y_test,
                )
                for tau in (1.0, 1.7)
            ]
        )
    assert_allclose(np.mean(scores, axis=0), [0.843, 0.852], atol=0.003)
    assert np.mean(np.diff(scores)) > 0.004


def test_bounded_loss_mistakes_a_rare_class_for_wrong_labels():
    scores = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X, labels, y = noisy(rng, 0.05, flipped=0.3)
        model = LinearLossClassifier(CompSumLoss(2.0)).fit(X, labels)
        scores.append(balanced_accuracy(model, X, y))
    assert np.mean(scores) < 0.56


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "focl"}, "Did you mean 'focal'"),
        ({"loss": FocalLoss(-1.0)}, "'gamma' parameter"),
        ({"loss": "f1", "perturbation": 0.1}, "'perturbation' parameter"),
        ({"class_weight": {7: 1.0}}, r"Got \[7\] as well"),
        ({"class_weight": {0: 0.0}}, "positive, finite number"),
        ({"C": 0.0}, "'C' parameter"),
        ({"perturbation": -1.0}, "'perturbation' parameter"),
        ({"perturbation_norm": "l3"}, "'perturbation_norm' parameter"),
        ({"loss": "f1", "pos_label": 9}, "'pos_label' parameter"),
    ],
)
def test_invalid_parameters_raise(options, message):
    X, y = make_classification(100, weights=[0.8], random_state=0)
    with pytest.raises(ValueError, match=message):
        LinearLossClassifier(**options).fit(X, y)


def test_unsupported_numbers_of_classes_raise():
    X, y = make_classification(90, n_classes=3, n_informative=4, random_state=0)
    with pytest.raises(ValueError, match="one of two classes, but there are 3"):
        LinearLossClassifier("f1").fit(X, y)
    with pytest.raises(ValueError, match="'perturbation' parameter"):
        LinearLossClassifier(perturbation=0.1).fit(X, y)
    with pytest.raises(ValueError, match=r"every class. Got none of \[2\]"):
        LinearLossClassifier().fit(X, y, sample_weight=y < 2)


def test_too_few_iterations_warn(table):
    with pytest.warns(ConvergenceWarning, match="No convergence in 1 iterations"):
        LinearLossClassifier(max_iter=1).fit(*table)


def test_overflowing_column_raises():
    X, y = make_classification(60, random_state=0)
    X[:, 3] *= 1e200
    with pytest.raises(ValueError, match="column 3 have squares"):
        LinearLossClassifier().fit(X, y)


@pytest.mark.parametrize("loss", ["focal", "f1_macro"])
def test_pickles(table, loss):
    X, y = table
    model = LinearLossClassifier(loss).fit(X, y)
    loaded = pickle.loads(pickle.dumps(model))  # noqa: S301 - made here
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_log_loss_decision_function_is_the_logit():
    X, y = make_classification(200, random_state=0)
    model = LinearLossClassifier(LogLoss()).fit(X, y)
    assert_allclose(model.predict_proba(X)[:, 1], expit(model.decision_function(X)))
