"""StrategySearchCV, and the final classifier of a comparison."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from itertools import cycle

import numpy as np
import pandas as pd
import pytest
from comparisons import mixed_table, numeric_table
from numpy.testing import assert_array_equal
from shared import spread
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import average_precision_score, f1_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PriorCorrectedClassifier,
    RandomUnderSampler,
    ResampledClassifier,
    StrategySearchCV,
    TunedThresholdClassifier,
    compare,
)
from imbsuite.choice.code import fitting_code
from imbsuite.choice.final import Finish, final_classifier, fit_final
from imbsuite.choice.rules import RULES
from imbsuite.experiment.fit_task import seeded
from imbsuite.experiment.models import default_models
from imbsuite.experiment.result import Candidate
from imbsuite.experiment.strategies import STRATEGIES, choose_strategies

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
TREE = DecisionTreeClassifier(max_depth=3)


def search(estimator=None, strategies=("random-under",), **options) -> StrategySearchCV:
    usual = {"cv": 3, "random_state": 0}
    return StrategySearchCV(
        LogisticRegression() if estimator is None else estimator,
        strategies if isinstance(strategies, dict) else list(strategies),
        **usual | options,
    )


# --- Scores --------------------------------------------------------------------------


def test_scores_match_the_predictions_of_each_fold():
    X, y = numeric_table()
    search_cv = search(decide=None, correction=None).fit(X, y)
    folds = search_cv.comparison_.predictions[0].fold
    assert len(np.unique(folds)) == 3
    results = search_cv.cv_results_
    assert results["params"][0] == {
        "model": "LogisticRegression",
        "strategy": "nothing",
    }
    by_fold = np.array([results[f"split{i}_test_score"] for i in range(3)])
    assert results["mean_test_score"] == pytest.approx(by_fold.mean(axis=0))
    assert results["std_test_score"] == pytest.approx(by_fold.std(axis=0))
    assert results["rank_test_score"].min() == 1
    nothing = search_cv.comparison_.predictions[0]
    for i in range(3):
        mine = nothing.fold == i
        expected = average_precision_score(nothing.truth[mine], nothing.proba[mine, 0])
        assert by_fold[i, 0] == pytest.approx(expected, abs=1e-5)


def test_score_with_a_decision_agrees_with_cross_val_score():
    X, y = numeric_table((400, 80))
    search_cv = search(strategies=[], scoring="f1", decide="f1").fit(X, y)
    whole = TunedThresholdClassifier(LogisticRegression(), scoring="f1", random_state=0)
    by_loop = cross_val_score(whole, X, y, scoring="f1", cv=3)
    # Folds and inner folds differ, so both only estimate the same score.
    error = by_loop.std(ddof=1) / np.sqrt(3)
    assert abs(search_cv.best_score_ - by_loop.mean()) < 4 * error + 0.02


@pytest.mark.parametrize(
    ("decide", "kind"),
    [
        ("f1", TunedThresholdClassifier),
        (make_scorer(f1_score), TunedThresholdClassifier),
        ({"fp": 1, "fn": 20}, CostThresholdClassifier),
        ([[0, 1], [20, 0]], CostThresholdClassifier),
        ({"recall": 0.8}, ConstrainedThresholdClassifier),
        (TunedThresholdClassifier(None, cv=2), TunedThresholdClassifier),
        (None, LogisticRegression),
    ],
)
def test_best_estimator_includes_the_decision(decide, kind):
    X, y = numeric_table()
    search_cv = search(decide=decide).fit(X, y)
    assert isinstance(search_cv.best_estimator_, kind)
    assert (search_cv.predict(X) == search_cv.best_estimator_.predict(X)).all()
    assert search_cv.pos_label_ == 1
    if decide is not None:
        assert np.all(search_cv.threshold_ == search_cv.best_estimator_.threshold_)
        assert isinstance(clone(search_cv.best_estimator_), kind)


def test_best_estimator_combines_model_strategy_and_correction():
    X, y = numeric_table()
    # With best_mean, resampling wins even by a small gain.
    search_cv = search(rule="best_mean", strategies={"mine": SMOTE()}, decide="f1").fit(
        X, y
    )
    candidate = search_cv.comparison_.candidates["LogisticRegression", "mine"]
    assert isinstance(candidate.strategy.sampler, SMOTE)
    weighted = search(rule="best_mean", strategies=["class-weight"]).fit(X, y)
    for fitted in (search_cv, weighted):
        inner = fitted.best_estimator_.estimator
        if fitted.best_strategy_ == "nothing":
            assert isinstance(inner, LogisticRegression)
        else:
            kind = (
                ResampledClassifier if fitted is search_cv else PriorCorrectedClassifier
            )
            assert isinstance(inner, kind)


def test_corrected_probabilities_match_the_original_prevalence():
    X, y = numeric_table((900, 100))
    always = {"under": RandomUnderSampler()}
    search_cv = search(strategies=always, rule="best_mean").fit(X, y)
    candidate = search_cv.comparison_.candidates["LogisticRegression", "under"]
    corrected = final_classifier(candidate, Finish(None, "offset")).fit(X, y)
    raw = final_classifier(candidate, Finish(None, None)).fit(X, y)
    assert corrected.predict_proba(X)[:, 1].mean() == pytest.approx(0.1, abs=0.02)
    assert raw.predict_proba(X)[:, 1].mean() > 0.2


def test_best_score_of_a_loss_is_negative_and_agrees_with_score():
    X, y = numeric_table((400, 80))
    search_cv = search(scoring="log_loss").fit(X, y)
    assert search_cv.best_score_ < 0
    assert search_cv.score(X, y) == pytest.approx(search_cv.best_score_, abs=0.1)


def test_string_labels_give_the_same_results_as_integers():
    X, y = numeric_table()
    names = np.array(["well", "ill"])[y]
    search_cv = search(scoring="f1", decide="f1").fit(X, names)
    assert search_cv.classes_.tolist() == ["ill", "well"]
    assert search_cv.pos_label_ == "ill"
    assert set(search_cv.predict(X)) == {"ill", "well"}
    numbers = search(scoring="f1", decide="f1").fit(X, y)
    assert (numbers.predict(X) == (search_cv.predict(X) == "ill")).all()
    assert search_cv.score(X, names) == pytest.approx(numbers.score(X, y))


def test_pos_label_can_be_the_majority_class():
    X, y = numeric_table()
    search_cv = search(pos_label=0, scoring="f1", decide="f1").fit(X, y)
    assert search_cv.pos_label_ == 0
    assert search_cv.score(X, y) == f1_score(y, search_cv.predict(X), pos_label=0)


@pytest.mark.parametrize(
    "model",
    [
        FixedThresholdClassifier(LogisticRegression(), threshold=0.2),
        TunedThresholdClassifierCV(LogisticRegression(), cv=2),
        GridSearchCV(TunedThresholdClassifier(LogisticRegression(), cv=2), {}, cv=2),
        SVC(probability=True, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore:The `probability` parameter:FutureWarning")
def test_folds_measure_the_predictions_of_the_model(model):
    X, y = numeric_table((300, 60))
    folds = list(StratifiedKFold(3).split(X, y))
    options = {"decide": None, "scoring": "f1", "cv": folds}
    found = search(seeded(model, 0), [], **options).fit(X, y)
    scores = cross_val_score(found.best_estimator_, X, y, cv=folds, scoring="f1")
    assert found.best_score_ == pytest.approx(scores.mean())


DECISIONS = [
    {"fp": 1, "fn": 9},
    {"recall": 0.8},
    {"alert_share": 0.3},
    "f1",
    TunedThresholdClassifier(None, scoring="recall", steady=0),
]


@pytest.mark.parametrize("decide", DECISIONS, ids=str)
def test_folds_measure_decisions_about_the_pos_label(decide):
    X, codes = numeric_table((300, 120, 80))
    for y, pos_label in (
        (np.where(codes > 0, "rarer", "more"), "more"),
        (np.array(["b", "a", "c"])[codes], "a"),
    ):
        if len(np.unique(y)) > 2 and decide == {"fp": 1, "fn": 9}:
            continue  # costs of two classes
        found = search(decide=decide, pos_label=pos_label, scoring="recall_macro").fit(
            X, y
        )
        named = clone(found.best_estimator_)
        assert named.pos_label == pos_label
        # The same decision, which names the class itself.
        explicit = search(decide=named, pos_label=pos_label, scoring="recall_macro")
        explicit.fit(X, y)
        for name, scores in found.cv_results_.items():
            if name.endswith("test_score"):
                assert_array_equal(scores, explicit.cv_results_[name])


def test_pos_label_is_chosen_once_if_a_fold_has_other_proportions():
    X, y = numeric_table((300, 200))
    few, many = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    # In the training rows of the first fold, the class 0 is the rarer one.
    folds = [
        (np.r_[few[:150], many[:60]], np.r_[few[150:], many[60:]]),
        (np.r_[few[50:], many[100:]], np.r_[few[:50], many[:100]]),
    ]
    named = CostThresholdClassifier(None, cost={"fp": 1, "fn": 9}, pos_label=1)
    scores = [
        search(decide=decide, cv=folds, scoring="f1")
        .fit(X, y)
        .cv_results_["split0_test_score"]
        for decide in (named, clone(named).set_params(pos_label=None))
    ]
    assert_array_equal(*scores)


@pytest.mark.parametrize("decide", ["balanced_accuracy", "f1", {"recall": 0.8}])
def test_training_rows_of_a_fold_may_lack_the_pos_label(decide):
    X, codes = numeric_table((200, 80, 20))
    rare, others = np.flatnonzero(codes == 2), np.flatnonzero(codes != 2)
    folds = [
        (np.r_[others[::2], rare[:15]], np.r_[others[1::2], rare[15:]]),
        (others[1::2], np.r_[others[::2], rare]),
    ]
    scores = []
    for label in ("z", "a"):  # sorted last and first
        found = search(decide=decide, pos_label=label, scoring="accuracy", cv=folds)
        found.fit(X, np.array(["m", "n", label])[codes])
        scores.append([found.cv_results_[f"split{i}_test_score"] for i in range(2)])
    assert_array_equal(*scores)
    # Without the class, only a decision that does not depend on it can be measured.
    assert np.isnan(scores[0][1]).all() == (decide != "balanced_accuracy")


def test_three_classes():
    X, y = numeric_table((150, 60, 40))
    search_cv = search(scoring="f1_macro", decide="f1_macro").fit(X, y)
    assert not hasattr(search_cv, "pos_label_")
    assert search_cv.score(X, y) == f1_score(y, search_cv.predict(X), average="macro")


def test_groups_stay_in_one_fold():
    X, y = numeric_table((200, 100))
    groups = np.arange(300) // 3
    search_cv = search(TREE, strategies=["random-over"]).fit(X, y, groups=groups)
    nothing = search_cv.comparison_.predictions[0]
    fold_of = dict(zip(nothing.rows, nothing.fold, strict=True))
    for group in range(100):
        assert len({fold_of[row] for row in np.flatnonzero(groups == group)}) == 1


# --- As an estimator -----------------------------------------------------------------


def test_folds_in_time_match_compare():
    X, y = numeric_table((240, 160))
    times = np.arange(400) // 4
    shared = {"cv": 3, "random_state": 0, "embargo": 5}
    strategies = ["random-under"]
    search_cv = StrategySearchCV(
        LogisticRegression(), strategies, decide=None, correction=None, **shared
    ).fit(X, y, times=times)
    expected = compare(
        X,
        y,
        estimator=LogisticRegression(),
        strategies=strategies,
        scoring=["average_precision"],
        times=times,
        **shared,
    )
    mine, theirs = (
        c.scores[c.scores["metric"] == "average_precision"]
        for c in (search_cv.comparison_, expected)
    )
    assert (mine["value"].to_numpy() == theirs["value"].to_numpy()).all()
    assert any("intervals are approximate" in note for note in expected.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"times": np.zeros(200)}, "times must have two values"),
        ({"times": np.r_[np.nan, np.arange(199)]}, "times has missing values"),
        ({"times": np.arange(3)}, "3"),
    ],
)
def test_invalid_times_raise(options, message):
    X, y = numeric_table()
    with pytest.raises(ValueError, match=message):
        search().fit(X, y, **options)


def test_embargo_requires_times():
    X, y = numeric_table()
    with pytest.raises(ValueError, match="requires times"):
        search(embargo=3).fit(X, y)


def test_groups_weights_and_times_are_routed():
    """Groups, weights and times reach the search inside a cross-validation."""
    X, y = numeric_table((240, 160))
    along = {
        "sample_weight": np.random.default_rng(0).uniform(0.5, 2, 400),
        "times": np.arange(400) // 4,
        "groups": np.arange(400) // 2,
    }
    received = []

    class Search(StrategySearchCV):
        def fit(self, X, y, groups=None, sample_weight=None, times=None):
            passed = {"groups": groups, "sample_weight": sample_weight, "times": times}
            received.append({k: np.asarray(v) for k, v in passed.items()})
            return super().fit(X, y, **passed)

    with config_context(enable_metadata_routing=True):
        one = Search(GaussianNB(), [], cv=3, random_state=0)
        one.set_fit_request(**dict.fromkeys(along, True))
        one.set_score_request(sample_weight=True)
        cross_val_score(one, X, y, cv=2, params=along, error_score="raise")
    assert len(received) == 2
    for passed in received:
        for name, values in along.items():
            assert np.isin(passed[name], values).all()
            assert len(passed[name]) == 200


def test_params_of_named_models_and_strategies_can_be_set():
    search_cv = StrategySearchCV(
        [("linear", LogisticRegression()), ("tree", TREE)],
        {"mine": SMOTE()},
        cv=2,
        random_state=0,
    )
    assert search_cv.get_params()["linear__C"] == 1.0
    assert search_cv.get_params()["mine__k_neighbors"] == 5
    changed = clone(search_cv).set_params(linear__C=0.1, mine__k_neighbors=3)
    assert changed.get_params()["linear__C"] == 0.1
    assert changed.get_params()["mine__k_neighbors"] == 3
    assert search_cv.get_params()["linear__C"] == 1.0
    X, y = numeric_table()
    assert {p["model"] for p in changed.fit(X, y).cv_results_["params"]} == {
        "linear",
        "tree",
    }
    grid = GridSearchCV(search_cv, {"mine__k_neighbors": [3, 5]}, cv=2).fit(X, y)
    assert grid.best_params_["mine__k_neighbors"] in {3, 5}


def test_same_seed_gives_the_same_classifier():
    X, y = numeric_table()
    first, second = (search(TREE).fit(X, y) for _ in range(2))
    assert (first.predict_proba(X) == second.predict_proba(X)).all()
    assert first.cv_results_["mean_test_score"] == pytest.approx(
        second.cv_results_["mean_test_score"]
    )


def test_predict_raises_without_refit():
    X, y = numeric_table()
    search_cv = search(refit=False).fit(X, y)
    assert search_cv.best_strategy_ in {"nothing", "random-under"}
    with pytest.raises(AttributeError, match="refit=True"):
        search_cv.predict(X)


def test_default_models_fit_a_table_of_mixed_types():
    pytest.importorskip("skrub")
    X, y = mixed_table()
    search_cv = StrategySearchCV(None, ["random-over"], cv=2, random_state=0).fit(X, y)
    assert search_cv.predict(X).shape == (len(X),)
    assert search_cv.feature_names_in_.tolist() == list(X.columns)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rule": "best"}, ValueError, "'rule' parameter of StrategySearchCV"),
        ({"scoring": "nonsense"}, ValueError, "Got 'nonsense' instead"),
        ({"decide": "nonsense"}, ValueError, "nonsense"),
        ({"decide": {"recalls": 0.9}}, ValueError, "recalls"),
        ({"decide": LogisticRegression()}, TypeError, "'decide' parameter"),
        ({"confidence": 0.9}, ValueError, "requires constraints"),
        ({"correction": "offsets"}, ValueError, "'correction' parameter"),
        ({"strategies": ["smoote"]}, ValueError, "smoote"),
        ({"strategies": {"cv": SMOTE()}}, ValueError, r"Got \['cv'\]"),
        ({"strategies": {"a__b": SMOTE()}}, ValueError, r"Got \['a__b'\]"),
        ({"estimator": RidgeClassifier()}, TypeError, "predict_proba"),
    ],
)
def test_invalid_parameters_raise(options, error, message):
    X, y = numeric_table()
    with pytest.raises(error, match=message):
        search(**options).fit(X, y)


def test_equally_frequent_classes_warn_about_pos_label():
    X, y = numeric_table((60, 60))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search_cv = search(GaussianNB(), cv=2).fit(X, y)
    assert search_cv.pos_label_ == 1
    assert any("pos_label" in str(w.message) for w in caught)


# --- The classifier of a comparison ----------------------------------------------------


def test_code_rebuilds_the_classifier_of_fit_best():
    X, y = numeric_table((300, 60))
    comparison = compare(
        X,
        y,
        estimator={"linear": LogisticRegression(), "tree": TREE},
        strategies=["smote", "class-weight"],
        cost={"fp": 1, "fn": 20},
        cv=2,
    )
    for metric in [m.name for m in comparison.metrics if m.sign]:
        code = comparison.code(metric)
        assert len(code.splitlines()) <= 25
        names = {"X": X, "y": y}
        exec(code, names)  # noqa: S102 - it is ours
        *_, last = [line for line in code.splitlines() if line]
        rebuilt = names[last.partition(".")[0]]
        fitted = comparison.fit_best(X, y, metric)
        assert repr(rebuilt) == repr(fitted)
        assert (rebuilt.predict_proba(X) == fitted.predict_proba(X)).all()


def test_groups_are_passed_to_a_classifier_with_inner_folds():
    X, y = numeric_table((150, 50))
    groups = np.arange(len(y)) // 4
    plain = LogisticRegression()
    tuned = TunedThresholdClassifier(plain, random_state=0)

    def fitted(estimator, groups):
        comparison = compare(
            X,
            y,
            estimator=estimator,
            strategies=["nothing"],
            scoring=["balanced_accuracy"],
            groups=groups,
            cv=2,
        )
        return comparison.fit_best(X, y, groups=groups)

    fitted_plain = fitted(plain, groups)
    assert_array_equal(fitted_plain.coef_, plain.fit(X, y).coef_)
    threshold = fitted(tuned, groups).threshold_
    assert_array_equal(threshold, tuned.fit(X, y, groups=groups).threshold_)
    assert (threshold != tuned.fit(X, y).threshold_).any()


# Each strategy with one of the models, by default.
ALL_PAIRS = spread(
    {name: name for name in ["linear", "trees"]}, {name: name for name in STRATEGIES}
)


def unfitted(model: str, strategy: str, finish: Finish):
    """Return the classifier of a default model and a strategy."""
    models = dict(zip(["linear", "trees"], default_models().values(), strict=True))
    *_, chosen = choose_strategies([strategy])
    return final_classifier(Candidate(models[model], chosen, 7, "ill"), finish)


@pytest.mark.parametrize(("model", "strategy"), ALL_PAIRS)
def test_code_of_every_model_and_strategy_is_short_and_exact(model, strategy):
    """Pairs that no rule would choose are included."""
    pytest.importorskip("skrub")
    finish = Finish(TunedThresholdClassifier(None, scoring="f1"), "offset")
    expected = unfitted(model, strategy, finish)
    code = fitting_code(expected)
    assert len(code.splitlines()) <= 25, code
    *building, fitting = code.rstrip().splitlines()
    names: dict = {}
    exec("\n".join(building), names)  # noqa: S102 - it is ours
    rebuilt = names[fitting.partition(".")[0]]
    assert whole_repr(rebuilt) == whole_repr(expected)
    assert params_without_objects(rebuilt) == params_without_objects(expected)


def whole_repr(estimator) -> str:
    """Return all parameters; finding those that differ from defaults takes longer."""
    with config_context(print_changed_only=False):
        return str(estimator.__repr__(N_CHAR_MAX=10**6))


def params_without_objects(estimator) -> dict:
    """Return all parameters, with objects replaced by their classes."""
    params = estimator.get_params().items()
    plain = (bool, int, float, str, type(None))
    return {k: v if isinstance(v, plain) else type(v) for k, v in params}


SIZES = ("histgradientboostingclassifier__max_iter", "n_estimators")
IN_A_NEW_PROCESS = """
import pickle, sys
from threadpoolctl import threadpool_limits

X, y, codes = pickle.load(open(sys.argv[1], "rb"))
probabilities = []
with threadpool_limits(1):
    for code in codes:
        names = {"X": X, "y": y}
        exec(code, names)
        name = code.rstrip().splitlines()[-1].partition(".")[0]
        probabilities.append((names[name].predict_proba(X), names[name].predict(X)))
pickle.dump(probabilities, open(sys.argv[1], "wb"))
"""


# A fifth of the strategies covers both models and each way to finish.
@pytest.mark.parametrize(
    "part",
    [slice(0, None, 5), pytest.param(slice(None), marks=pytest.mark.slow)],
    ids=["a fifth", "all"],
)
def test_code_in_a_new_process_gives_the_same_predictions(part, tmp_path):
    """Predictions are equal to the last bit, with the default models in turn.

    The test above checks that the code of every pair has the same parameters.
    """
    pytest.importorskip("skrub")
    X, y = mixed_table()
    # In each of some hundred fits, the vectorizer takes time for every column.
    X = X[["size", "color"]]
    pairs = list(zip(cycle(["linear", "trees"]), STRATEGIES, strict=False))
    least_cost = CostThresholdClassifier(None, cost={"fp": 1, "fn": 9})
    tuned = TunedThresholdClassifier(None, scoring="f1", cv=2)
    quick = [Finish(None, "prior"), Finish(least_cost, "prior")]
    finishes = [*quick, Finish(tuned, None), *quick, Finish(None, "offset"), quick[0]]
    chosen = [*zip(pairs, cycle(finishes), strict=False)][part]
    pairs = [pair for pair, _ in chosen]
    classifiers = [unfitted(*pair, finish) for pair, finish in chosen]
    for classifier in classifiers:
        sizes = [k for k in classifier.get_params() if k.endswith(SIZES)]
        classifier.set_params(**dict.fromkeys(sizes, 3))
    path = tmp_path / "codes.pickle"
    path.write_bytes(pickle.dumps((X, y, [fitting_code(c) for c in classifiers])))
    command = [sys.executable, "-W", "ignore", "-c", IN_A_NEW_PROCESS, str(path)]
    subprocess.run(command, check=True)
    there = pickle.loads(path.read_bytes())  # noqa: S301 - it is ours
    with threadpool_limits(1):
        for pair, classifier, other in zip(pairs, classifiers, there, strict=True):
            fitted = fit_final(classifier, X, y)
            assert (fitted.predict_proba(X) == other[0]).all(), pair
            assert (fitted.predict(X) == other[1]).all(), pair


def test_code_keeps_custom_step_names():
    steps = [("first", StandardScaler()), ("last", LogisticRegression())]
    assert "make_pipeline" not in fitting_code(Pipeline(steps))
    assert "('first', StandardScaler())" in fitting_code(Pipeline(steps))
    twice = make_pipeline(StandardScaler(), StandardScaler(), LogisticRegression())
    names: dict = {"X": [[0.0], [1.0]], "y": [0, 1]}
    exec(fitting_code(twice), names)  # noqa: S102 - it is ours
    assert [*names["pipeline"].named_steps] == [*twice.named_steps]


def test_code_names_objects_that_cannot_be_written_as_code():
    X, y = numeric_table()
    comparison = compare(
        X, y, estimator=GaussianNB(), strategies=[], cost=lambda t, d, row: t != d, cv=2
    )
    code = comparison.code("cost")
    assert "# cost, which has no code: <function" in code
    assert "cost=cost" in code


def test_tuned_threshold_is_part_of_the_chosen_classifier():
    X, y = numeric_table()
    comparison = compare(
        X, y, estimator=LogisticRegression(), strategies=["smote"], cv=3
    )
    tuned = comparison.scores["strategy"] == "tuned-threshold"
    better = comparison.scores.assign(
        value=comparison.scores["value"].where(~tuned, 1.0)
    )
    best = type(comparison)(**vars(comparison) | {"scores": better})
    assert best.best("balanced_accuracy")[1] == "tuned-threshold"
    unfitted = best.estimator("balanced_accuracy")
    assert isinstance(unfitted, TunedThresholdClassifier)
    assert unfitted.scoring == "balanced_accuracy"
    assert isinstance(comparison.estimator("log_loss"), LogisticRegression)


ORDERED = pd.CategoricalDtype(["low", "high"], ordered=True)
OF_DATES = {
    pd.Timestamp(f"{true}-01-01"): {
        pd.Timestamp(f"{d}-01-01"): c for d, c in row.items()
    }
    for true, row in {2020: {2020: 0, 2021: 1}, 2021: {2020: 20, 2021: 0}}.items()
}


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (pd.Series(["low", "high"], dtype=ORDERED), {"cost": [[0, 1], [20, 0]]}),
        (pd.to_datetime(pd.Series(["2020-01-01", "2021-01-01"])), {"cost": OF_DATES}),
        (
            pd.Series(["a", "b", "c"]),
            {"cost": [[0, 1, 2], [1, 0, 1], [9, 5, 0]], "ordered": ["a", "b", "c"]},
        ),
    ],
    ids=["ordered", "dates", "three"],
)
def test_fit_best_decides_by_costs_in_any_form(names, options, tmp_path):
    X, codes = numeric_table((120, 60, 40)[: len(names)])
    y = names[codes].reset_index(drop=True)
    comparison = compare(
        X,
        y,
        estimator=LogisticRegression(),
        strategies=["random-over"],
        scoring=["log_loss"],
        cv=2,
        **options,
    )
    comparison.report(tmp_path / "report.html")
    fitted = comparison.fit_best(X, y, "cost")
    assert set(fitted.predict(X)) <= set(fitted.classes_)
    costs = comparison.metrics[-2].tunes
    p = fitted.predict_proba(X)
    expected = (p @ costs.fixed).argmin(axis=1)
    assert (
        fitted.predict(X) == fitted.classes_[expected]
    ).mean() > 0.99  # ties may differ


def test_date_labels_raise():
    X, y = numeric_table()
    dates = pd.to_datetime(pd.Series(["2020-01-01", "2021-01-01"]))[y]
    with pytest.raises(TypeError, match="convert the labels to strings"):
        search().fit(X, dates.reset_index(drop=True))


def test_model_with_a_tuned_threshold_is_not_corrected():
    X, y = numeric_table()
    always = TunedThresholdClassifier(LogisticRegression(), scoring="recall")
    comparison = compare(
        X, y, estimator=always, strategies=["smote"], cv=2, scoring=["recall"]
    )
    for candidate in comparison.candidates.values():
        final = final_classifier(candidate, Finish(None, "offset"))
        assert getattr(final, "correction", None) is None


def test_unknown_metric_raises():
    X, y = numeric_table()
    comparison = compare(
        X, y, estimator=GaussianNB(), strategies=[], cv=2, scoring=["mcc"]
    )
    with pytest.raises(ValueError, match="'roc_auc'"):
        comparison.estimator("roc_auc")


def test_rules_choose_by_gain_and_standard_error():
    X, y = numeric_table()
    comparison = compare(X, y, estimator=GaussianNB(), strategies=["random-over"], cv=5)
    metric = comparison.metrics[0]

    def choose(gains) -> dict:
        scores = comparison.scores.copy()
        over = (scores["strategy"] == "random-over") & (scores["metric"] == metric.name)
        plain = (scores["strategy"] == "nothing") & (scores["metric"] == metric.name)
        scores.loc[over, "value"] = scores.loc[plain, "value"].to_numpy() + gains
        result = type(comparison)(**vars(comparison) | {"scores": scores})
        return {name: rule(result, metric)[1] for name, rule in RULES.items()}

    n = comparison.n_folds
    alternating = np.resize([1.0, -1.0], n)
    over, nothing = "random-over", "nothing"
    sure = choose(np.full(n, 0.1) + 0.001 * alternating)
    assert set(sure.values()) == {over}
    # The standard error is sqrt((1/10 + 1/4) * s**2) = 0.62 s, about one half of the gain.
    likely = choose(0.1 * alternating + 0.1)
    assert likely == {"proven": nothing, "one_standard_error": over, "best_mean": over}
    noise = choose(0.1 * alternating + 0.01)
    assert noise == {
        "proven": nothing,
        "one_standard_error": nothing,
        "best_mean": over,
    }
    assert set(choose(-0.01 - 0.001 * alternating).values()) == {nothing}


def test_default_rule_is_one_standard_error():
    differs = []
    for seed in range(6):
        X, y = numeric_table((120, 40), seed)
        search_cv = search(TREE, ["random-under", "smote", "random-over"], refit=False)
        search_cv.fit(X, y)
        metric = search_cv.comparison_.metrics[0]
        chosen = {
            name: rule(search_cv.comparison_, metric) for name, rule in RULES.items()
        }
        pair = search_cv.best_model_, search_cv.best_strategy_
        assert pair == chosen["one_standard_error"]
        differs.append([pair != other for other in chosen.values()])
    assert np.any(differs, axis=0).sum() == 2  # from both other rules


def test_dataframe_with_a_custom_index():
    X, y = numeric_table()
    frame = pd.DataFrame(X, columns=["a", "b"]).set_index(np.arange(200) + 7)
    search_cv = search().fit(frame, pd.Series(y, index=frame.index))
    assert search_cv.predict(frame).shape == (200,)
