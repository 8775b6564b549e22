"""Sample weights in comparisons and searches: in fits, thresholds and scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from comparisons import (
    compare_quickly,
    graded_table,
    mixed_table,
    numeric_table,
)
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, make_scorer
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    SMOTE,
    RandomUnderSampler,
    ResampledClassifier,
    StrategySearchCV,
    TunedThresholdClassifier,
    compare,
)
from imbsuite._classes import check_labels
from imbsuite.decision.cost_forms import read_costs
from imbsuite.scoring.fold_predictions import FoldPredictions, Recorded
from imbsuite.scoring.metrics import ORDINAL, cost_metric
from imbsuite.scoring.scorers import choose_metrics

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
RNG = np.random.default_rng


def integer_weights(n_rows: int, least: int = 1):
    return RNG(1).integers(least, 4, n_rows).astype(float)


def values_of(comparison, but=("fit_time",)):
    """Return the scores as an array, without fit times."""
    rows = comparison.scores[~comparison.scores["metric"].isin(but)]
    return rows["value"].to_numpy()


# --- Scores --------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
def test_integer_weights_score_as_repeated_rows(n_classes):
    rng = RNG(n_classes)
    y = rng.integers(0, n_classes, 60)
    proba = rng.dirichlet(np.ones(n_classes), 60).round(2)  # with ties
    weight = integer_weights(60)
    repeated = np.repeat(np.arange(60), weight.astype(int))
    costs = read_costs(1 - np.eye(n_classes), np.arange(n_classes))
    names = ["f1_macro", "neg_log_loss", "accuracy"]
    metrics = [
        *choose_metrics(None, cost_metric(costs))[:-1],
        *choose_metrics([*names, *(["f1"] if n_classes == 2 else [])])[:-1],
        *(ORDINAL if n_classes > 2 else ()),
    ]

    def predictions(rows, weight):
        order = list(range(n_classes)) if n_classes > 2 else None
        labels = check_labels(y[rows], ordered=order)
        X, at = np.zeros((len(rows), 1)), np.arange(len(rows))
        model = Recorded(proba[rows], np.arange(n_classes))
        return FoldPredictions(model, X, labels, at, 0.0, weight=weight)

    weighted = predictions(np.arange(60), weight)
    copied = predictions(repeated, None)
    for metric in metrics:
        score, of_rows = metric.measure(weighted)
        expected, of_copies = metric.measure(copied)
        # The slope is only as accurate as its solver.
        near = 1e-3 if metric.name == "calibration_slope" else 1e-6
        assert score == pytest.approx(expected, rel=near), metric.name
        if of_copies is not None:
            sums = np.bincount(repeated, of_copies)
            np.testing.assert_allclose(of_rows, sums, atol=1e-12)


@pytest.mark.parametrize("strategy", ["smote", "random-under", "class-weight"])
def test_scores_match_a_weighted_loop(strategy):
    X, y = numeric_table()
    weight = RNG(0).uniform(0.2, 5, len(y))
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    comparison = compare(
        X,
        y,
        estimator={"it": scaled},
        strategies=[strategy],
        cv=folds,
        scoring=["average_precision"],
        sample_weight=weight,
    )
    mine = comparison.scores[comparison.scores["strategy"] == strategy]
    mine = mine[mine["metric"] == "average_precision"]["value"].to_numpy()
    for (train, test), score in zip(folds, mine, strict=True):
        # The encoder is fitted on the training rows, once for all strategies.
        encoder = StandardScaler().fit(X[train])
        model = LogisticRegression()
        if strategy == "class-weight":
            model.set_params(class_weight="balanced")
        sampler = {"smote": SMOTE(), "random-under": RandomUnderSampler()}.get(strategy)
        seed = comparison.candidates["it", strategy].seed
        if sampler is not None and train is not folds[0][0]:
            continue  # seeds of other folds are not in the result
        rows, labels, kept = X[train], y[train], weight[train]
        if sampler is not None:
            sampler.set_params(random_state=seed)
            rows, labels = sampler.fit_resample(rows, labels, sample_weight=kept)
            kept = sampler.carry(kept)
        model.fit(encoder.transform(rows), labels, sample_weight=kept)
        p = model.predict_proba(encoder.transform(X[test]))[:, 1]
        expected = average_precision_score(y[test], p, sample_weight=weight[test])
        assert score == pytest.approx(expected, rel=1e-9)


def test_corrections_restore_the_weighted_class_shares():
    X, y = numeric_table((300, 100))
    for weight, share in ((None, 0.25), (np.where(y == 1, 0.2, 1.0), 20 / 320)):
        comparison = compare_quickly(
            X, y, estimator=LogisticRegression(), sample_weight=weight
        )
        for predictions in comparison.predictions:
            weights = None if weight is None else weight[predictions.rows]
            corrected = np.average(predictions.corrected[:, 0], weights=weights)
            assert corrected == pytest.approx(share, abs=0.02)


def test_thresholds_are_tuned_with_weights():
    """If the rows of a region have little weight, their labels do not matter."""
    rng = RNG(0)
    p = rng.integers(0, 10, 600) / 10
    y = np.where(p >= 0.3, 1, 0)
    y[p == 0.9] = rng.integers(0, 2, (p == 0.9).sum())  # noise
    wrong = (p >= 0.3) & (p < 0.6) & (rng.random(600) < 0.8)
    y[wrong] = 0

    class Told(GaussianNB):
        def predict_proba(self, X):
            return np.column_stack([1 - X[:, 0], X[:, 0]])

    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(p, y))
    X = p[:, np.newaxis]
    for weight, threshold in ((None, 0.6), (np.where(wrong, 0.01, 1.0), 0.3)):
        w = np.ones(len(y)) if weight is None else weight
        right = (p >= threshold) == y
        expected = [np.average(right[test], weights=w[test]) for _, test in folds]
        options = {"cv": folds, "scoring": ["accuracy"], "sample_weight": weight}
        compared = compare_quickly(X, y, estimator=Told(), strategies=[], **options)
        scores = compared.scores[compared.scores["strategy"] == "tuned-threshold"]
        scores = scores[scores["metric"] == "accuracy"]["value"]
        assert scores.to_numpy() == pytest.approx(expected)
        search = StrategySearchCV(
            Told(), [], cv=folds, scoring="accuracy", decide="accuracy", pos_label=1
        ).fit(X, y, sample_weight=weight)
        assert search.best_score_ == pytest.approx(np.mean(expected))
        assert threshold - 0.1 < search.threshold_[1] <= threshold


# --- Equal weights and zero weights ---------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        numeric_table,
        graded_table,
        # The default models, whose encoder takes long.
        pytest.param(mixed_table, marks=pytest.mark.slow),
    ],
)
def test_equal_weights_change_nothing(table):
    X, y = table()
    options = {"cv": 2, "strategies": ["random-over", "smote", "class-weight"]}
    if table is not mixed_table:
        options["estimator"] = LogisticRegression()
    else:
        pytest.importorskip("skrub")
        # Encoding such a table takes longer than everything else.
        half = np.arange(len(y)) % 2 == 0
        options |= {"cv": [(half, ~half)], "strategies": ["smote"]}
    plain = compare(X, y, **options)
    equal = compare(X, y, sample_weight=np.full(len(y), 0.3), **options)
    assert np.array_equal(values_of(plain), values_of(equal), equal_nan=True)
    assert plain.notes == equal.notes
    assert plain.recipe != equal.recipe or "sample_weight" not in plain.recipe


def test_equal_weights_change_nothing_in_a_search():
    X, y = numeric_table()
    search = StrategySearchCV(
        LogisticRegression(), ["smote"], cv=3, decide="f1", random_state=0
    )
    plain = clone(search).fit(X, y)
    equal = clone(search).fit(X, y, sample_weight=np.full(len(y), 7.0))
    assert plain.best_score_ == equal.best_score_
    assert (plain.predict_proba(X) == equal.predict_proba(X)).all()
    assert plain.score(X, y) == equal.score(X, y, np.full(len(y), 2.0))


def test_rows_of_weight_zero_are_in_no_fold():
    X, y = numeric_table()
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    weight = RNG(0).uniform(0.5, 2, len(y))
    weight[::4] = 0
    kept = np.flatnonzero(weight)
    place = np.full(len(y), -1)
    place[kept] = np.arange(len(kept))
    of_kept = [
        (place[train][place[train] >= 0], place[test][place[test] >= 0])
        for train, test in folds
    ]
    # These rows would change the scores: they are far away, with wrong labels.
    X[::4], y[::4] = 1e3 * RNG(1).normal(size=X[::4].shape), 1 - y[::4]
    options = {"estimator": GaussianNB(), "strategies": ["random-over", "smote"]}
    whole = compare(X, y, cv=folds, sample_weight=weight, pos_label=1, **options)
    left = compare(
        X[kept], y[kept], cv=of_kept, sample_weight=weight[kept], pos_label=1, **options
    )
    assert np.array_equal(values_of(whole), values_of(left), equal_nan=True)
    assert whole.n_units == left.n_units
    assert any("50 rows have weight 0" in note for note in whole.notes)


def test_positive_class_is_the_one_with_less_total_weight():
    X, y = numeric_table((60, 140))
    assert compare_quickly(X, y).positive == 0
    assert compare_quickly(X, y, sample_weight=np.where(y == 1, 0.1, 1)).positive == 1
    search = StrategySearchCV(GaussianNB(), [], cv=2, random_state=0)
    search.fit(X, y, sample_weight=np.where(y == 1, 0.1, 1))
    assert search.pos_label_ == 1


def test_weights_stay_with_the_rows_of_a_sample():
    X, y = numeric_table((900, 100))
    weight = np.where(y == 1, 0.5, RNG(0).uniform(1, 2, len(y)))
    X = np.column_stack([X, weight])  # the scorer checks that they match

    def scorer(model, X, y, sample_weight=None):
        assert (X[:, -1] == sample_weight * (X[:, -1] / sample_weight)[0]).all()
        return 1.0

    comparison = compare_quickly(
        X, y, sample_weight=weight, sample_rows=300, scoring={"it": scorer}
    )
    assert (comparison.scores["value"].dropna() > 0).all()


# --- Invalid or unsupported weights ---------------------------------------------------


def no_weights(y_true, y_pred):
    return float((y_true == y_pred).mean())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": {"near": KNeighborsClassifier()}}, "model 'near'"),
        ({"strategies": {"knn": KNeighborsClassifier()}}, "strategy 'knn'"),
        ({"scoring": {"hits": make_scorer(no_weights)}}, "metric 'hits'"),
        ({"scoring": {"mine": lambda model, X, y: 1.0}}, "metric 'mine'"),
        ({"sample_weight": np.r_[-1.0, np.ones(199)]}, "finite and not negative"),
        ({"sample_weight": np.r_[np.nan, np.ones(199)]}, "finite and not negative"),
        ({"sample_weight": np.zeros(200)}, "zero in every row"),
        ({"sample_weight": np.ones(199)}, "199"),
        ({"sample_weight": ["many"] * 200}, "a number for each row"),
        ({"sample_weight": np.ones((200, 2))}, "one dimension"),
    ],
)
def test_invalid_or_unsupported_weights_raise_before_fitting(options, words):
    X, y = numeric_table()
    usual = {"sample_weight": integer_weights(len(y)), "progress": _fail_on_progress}
    with pytest.raises(ValueError, match=words):
        compare_quickly(X, y, **usual | options)


def _fail_on_progress(done, total):
    raise AssertionError


def test_error_names_a_sampler_that_does_not_carry_weights():
    from imblearn.over_sampling import RandomOverSampler

    X, y = numeric_table()
    foreign = {"theirs": RandomOverSampler()}
    with pytest.raises(ValueError, match="strategy 'theirs'"):
        compare_quickly(X, y, strategies=foreign, sample_weight=integer_weights(len(y)))


# --- The final classifier -----------------------------------------------------------------


@pytest.mark.parametrize("decide", [None, "f1"])
@pytest.mark.parametrize("routing", [False, True])
def test_final_classifier_is_fitted_with_weights(decide, routing):
    X, y = numeric_table()
    weight = integer_weights(len(y), least=0)
    linear = LogisticRegression(random_state=0)
    with config_context(enable_metadata_routing=routing):
        if routing:
            linear.set_fit_request(sample_weight=True)
        scaler = StandardScaler()
        if routing:
            scaler.set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, linear)
        search = StrategySearchCV(
            model, [], cv=3, random_state=0, decide=decide, correction=None
        )
        search.fit(X, y, sample_weight=weight)
        by_hand = clone(search.best_estimator_)
        if decide is None:
            key = "sample_weight" if routing else "logisticregression__sample_weight"
            by_hand.fit(X, y, **{key: weight})
        else:
            assert isinstance(by_hand, TunedThresholdClassifier)
            if routing:
                by_hand.set_fit_request(sample_weight=True)
            by_hand.fit(X, y, sample_weight=weight)
        assert (search.predict_proba(X) == by_hand.predict_proba(X)).all()
        assert (search.predict(X) == by_hand.predict(X)).all()


def test_bootstrap_counts_repeat_rows_for_a_model_without_weights():
    X, y = numeric_table()
    counts = np.bincount(RNG(0).integers(0, len(y), len(y)), minlength=len(y))
    drawn = np.repeat(np.arange(len(y)), counts)
    near = StrategySearchCV(
        KNeighborsClassifier(), ["random-over"], cv=3, random_state=0
    )
    mine = clone(near).fit(X, y, sample_weight=counts)
    expected = clone(near).fit(X[drawn], y[drawn])
    assert mine.best_score_ == expected.best_score_
    assert (mine.predict_proba(X) == expected.predict_proba(X)).all()
    bag = BaggingClassifier(near, n_estimators=2, random_state=0).fit(X, y)
    assert bag.score(X, y) > 0.5
    with pytest.raises(ValueError, match="model 'KNeighborsClassifier'"):
        clone(near).fit(X, y, sample_weight=counts + 0.5)


def test_code_passes_the_weights():
    X, y = numeric_table()
    weight = pd.Series(integer_weights(len(y)))
    model = make_pipeline(StandardScaler(), LogisticRegression())
    comparison = compare(
        X, y, estimator={"it": model}, strategies=["smote"], cv=3, sample_weight=weight
    )
    for metric in ("log_loss", "balanced_accuracy_tuned"):
        names = {"X": X, "y": y, "sample_weight": weight}
        exec(comparison.code(metric), names)  # noqa: S102 - it is ours
        *_, last = comparison.code(metric).rstrip().splitlines()
        fitted = comparison.fit_best(X, y, metric, sample_weight=weight)
        rebuilt = names[last.partition(".")[0]]
        assert (rebuilt.predict_proba(X) == fitted.predict_proba(X)).all()
    assert not isinstance(fitted, ResampledClassifier)
