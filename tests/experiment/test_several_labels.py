"""Multilabel comparisons: two classes for each label, and pooled metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from shared import spread
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    hamming_loss,
    label_ranking_average_precision_score,
    log_loss,
    make_scorer,
    precision_score,
    recall_score,
)
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbsuite import MLSMOTE, SMOTE, ResampledClassifier, compare
from imbsuite.experiment.label_models import of_one_label
from imbsuite.folds.stratified import StratifiedFolds
from imbsuite.scoring.label_metrics import DEFAULT, METRICS, choose_label_metrics
from imbsuite.scoring.label_predictions import LabelPredictions, RecordedLabels
from imbsuite.scoring.label_table import LabelTable
from imbsuite.scoring.metrics import METRICS as OF_CLASSES
from tests.several_labels import ESTIMATORS, made

LOGISTIC = LogisticRegression()
X, Y = made(240)
NAMES = ["pump", "valve", "leak"]
ONCE = StratifiedFolds(2, 1)
# One metric for tests in which the metrics do not matter: all of them take longer than
# the fits. The second is also measured with a tuned threshold.
AP = ["average_precision"]
FEW = [*AP, "f1_macro"]
quiet = pytest.mark.filterwarnings("ignore:label .* has fewer than:UserWarning")
pytestmark = quiet


def compared(X=X, labels=Y, strategies=("nothing",), **options):
    options = {"estimator": LOGISTIC, "cv": ONCE} | options
    return compare(X, labels, strategies=list(strategies), **options)


def table_of(labels):
    return LabelTable.read(labels, len(labels))


def predicted(labels, p, weight=None):
    return LabelPredictions(
        RecordedLabels(np.asarray(p)),
        np.zeros((len(labels), 1)),
        table_of(labels),
        np.arange(len(labels)),
        0.0,
        weight=weight,
    )


# --- One label is two classes


@pytest.mark.parametrize(
    ("container", "share"),
    spread(
        {"frame": pd.DataFrame, "sparse": sp.csr_array}, {"rare": 0.15, "usual": 0.7}
    ),
)
@pytest.mark.filterwarnings("ignore:class .* has fewer than:UserWarning")
def test_one_label_column_matches_a_binary_target(container, share):
    y = made(240, shares=(share,))[1]
    options = {"scoring": [*OF_CLASSES]}
    strategies = ["class-weight", "random-over", "smote"]
    two = compared(X, y[:, 0], strategies, pos_label=1, **options).summary()
    one = compared(X, container(y), strategies, **options).summary()
    rows = two["metric"] != "fit_time"
    names = ["model", "strategy", "metric", "verdict"]
    pd.testing.assert_frame_equal(one[names][rows], two[names][rows])
    for name in ["mean", "difference", "low", "high"]:
        np.testing.assert_allclose(one[name][rows], two[name][rows], atol=1e-6)


def test_column_vector_is_a_binary_target_with_a_warning():
    y = made(240, shares=(0.2,))[1]
    with pytest.warns(DataConversionWarning, match="column-vector"):
        comparison = compared(X, y, scoring=["roc_auc"])
    assert comparison.class_sizes == {0: 192, 1: 48}
    assert not comparison.label_names


# --- Containers


def test_all_containers_of_labels_give_the_same_scores():
    frame = pd.DataFrame(Y, columns=NAMES)
    expected = compared(labels=frame, strategies=["mlsmote"], scoring=AP)
    assert expected.label_names == tuple(NAMES)
    assert expected.class_sizes == dict(zip(NAMES, Y.sum(axis=0).tolist(), strict=True))
    for other in (
        Y,
        Y.astype(bool),
        sp.csr_matrix(Y),
        sp.csc_array(Y),
        pl.DataFrame(frame),
    ):
        comparison = compared(labels=other, strategies=["mlsmote"], scoring=AP)
        scores, known = (
            c.scores[c.scores["metric"] != "fit_time"]["value"]
            for c in (comparison, expected)
        )
        np.testing.assert_array_equal(scores, known)
        names = NAMES if isinstance(other, pl.DataFrame) else [0, 1, 2]
        assert comparison.label_names == tuple(names)


def test_dataframe_with_index_gives_the_same_scores():
    frame = pd.DataFrame(
        X, columns=list("abcde"), index=[f"r{i}" for i in range(len(X))]
    )
    labels = pd.DataFrame(Y, columns=NAMES, index=frame.index[::-1])
    strategies = ["mlsmote", "smote"]
    of_frame = compared(frame, labels, strategies, scoring=FEW)
    plain = compared(X, Y, strategies, scoring=FEW)
    for one in (of_frame, plain):
        assert set(one.scores["strategy"]) == {
            *("nothing", "tuned-threshold", "mlsmote", "smote")
        }
    of_both = [
        c.scores[c.scores["metric"] == "average_precision"] for c in (of_frame, plain)
    ]
    np.testing.assert_allclose(of_both[0]["value"], of_both[1]["value"], atol=1e-12)


# --- Metrics


def test_metrics_match_scikit_learn():
    model = MultiOutputClassifier(LOGISTIC)
    pairs = [*KFold(3, shuffle=True, random_state=0).split(X)]
    comparison = compared(cv=pairs, scoring=[*METRICS])
    wide = comparison.to_frame().set_index(["strategy", "fold"])
    for fold, (train, test) in enumerate(pairs):
        fitted = clone(model).fit(X[train], Y[train])
        p = np.column_stack([of[:, 1] for of in fitted.predict_proba(X[test])])
        y, chosen = Y[test], fitted.predict(X[test])
        columns = [*zip(y.T, p.T, chosen.T, strict=True)]
        expected = {
            "average_precision": average_precision_score(y, p, average="macro"),
            "log_loss": np.mean([log_loss(t, q) for t, q, _ in columns]),
            "balanced_accuracy": np.mean(
                [balanced_accuracy_score(t, c) for t, _, c in columns]
            ),
            "f1_macro": f1_score(y, chosen, average="macro"),
            "f1_micro": f1_score(y, chosen, average="micro"),
            "f1_samples": f1_score(y, chosen, average="samples", zero_division=0),
            "hamming_loss": hamming_loss(y, chosen),
            "label_ranking": label_ranking_average_precision_score(y, p),
        }
        for name, value in expected.items():
            assert wide.loc[("nothing", fold), name] == pytest.approx(value), name


def test_results_by_label_match_scikit_learn():
    labels = pd.DataFrame(Y, columns=NAMES)
    pairs = [*KFold(2, shuffle=True, random_state=0).split(X)]
    comparison = compared(labels=labels, cv=pairs)
    rows = comparison.by_label.set_index(["strategy", "label"])
    for j, name in enumerate(NAMES):
        scores = []
        for train, test in pairs:
            fitted = clone(LOGISTIC).fit(X[train], Y[train, j])
            y, chosen = Y[test, j], fitted.predict(X[test])
            p = fitted.predict_proba(X[test])[:, 1]
            scores.append(
                [
                    recall_score(y, chosen),
                    f1_score(y, chosen),
                    average_precision_score(y, p),
                ]
            )
            if chosen.any():
                scores[-1].append(precision_score(y, chosen))
        figures = rows.loc[("nothing", name)]
        known = np.mean([row[:3] for row in scores], axis=0)
        mine = figures[["recall", "f1", "average_precision"]].astype(float)
        np.testing.assert_allclose(mine, known)
        assert figures["rows"] == Y[:, j].sum()
    assert set(comparison.label_scores["label"]) == set(NAMES)
    assert (
        rows.loc[("tuned-threshold", "leak"), "recall"]
        > rows.loc[("nothing", "leak"), "recall"]
    )


def test_label_missing_from_the_test_rows_is_left_out():
    truth = np.array([[1, 0], [0, 0], [1, 0], [0, 0]])
    p = np.array([[0.9, 0.2], [0.4, 0.6], [0.3, 0.1], [0.2, 0.2]])
    whole = np.vstack([truth, [[0, 1]]])
    predictions = LabelPredictions(
        RecordedLabels(p), np.zeros((4, 1)), table_of(whole), np.arange(4), 0.0
    )
    for name, value in {
        "average_precision": 1 / 2 + 1 / 2 * 2 / 3,
        "f1_macro": 2 / 3,
    }.items():
        score, influence = METRICS[name].measure(predictions)
        assert score == pytest.approx(value)
        assert np.isfinite(influence).all()
    # Pooled metrics count its false alarms.
    assert METRICS["f1_micro"].score(predictions) == pytest.approx(2 / 4)


@pytest.mark.parametrize("name", [n for n in DEFAULT if n != "log_loss_corrected"])
def test_influences_are_derivatives_by_sample_weight(name):
    rng = np.random.default_rng(0)
    truth = (rng.random((40, 3)) < [0.5, 0.4, 0.3]).astype(int)
    p = np.clip(truth * 0.3 + rng.random(truth.shape) * 0.7, 0.01, 0.99)
    metric, step = METRICS[name], 1e-6
    influence = metric.measure(predicted(truth, p))[1]
    weight = np.ones(40)
    for row in range(0, 40, 7):
        moved = weight.copy()
        moved[row] += step
        change = [metric.score(predicted(truth, p, w)) for w in (moved, weight)]
        assert (change[0] - change[1]) / step == pytest.approx(influence[row], abs=1e-4)


def test_weight_two_equals_a_repeated_row():
    rng = np.random.default_rng(1)
    truth = (rng.random((30, 3)) < 0.4).astype(int)
    p, counts = rng.random(truth.shape), rng.integers(1, 3, 30)
    twice = np.repeat(np.arange(30), counts)
    for metric in METRICS.values():
        weighted = metric.score(predicted(truth, p, counts.astype(float)))
        repeated = metric.score(predicted(truth[twice], p[twice]))
        # Calibration is fitted iteratively.
        rel = 1e-3 if metric.name.startswith("calibration") else 1e-9
        assert weighted == pytest.approx(repeated, rel=rel), metric.name


def test_default_metrics_have_influences_and_intervals():
    comparison = compared(strategies=["class-weight"])
    known = {metric for *_, metric in comparison.influences}
    assert known == set(DEFAULT)
    rows = comparison.summary().set_index(["strategy", "metric"])
    row = rows.loc[("class-weight", "log_loss")]
    assert row["verdict"] == "worse"
    assert row["low"] < row["difference"] < row["high"]


def test_scikit_learn_and_custom_scorers():
    scoring = {
        "recall": "recall",
        "accuracy": "accuracy",
        "f1_macro": "f1_macro",
        "theirs": make_scorer(f1_score, average="macro", zero_division=0),
        "mine": lambda model, X, y: -hamming_loss(y, model.predict(X)),
    }
    comparison = compared(scoring=scoring)
    means = comparison.summary().set_index(["strategy", "metric"])["mean"]
    nothing, by_label = means["nothing"], comparison.by_label
    mine = by_label[by_label["strategy"] == "nothing"]
    assert nothing["recall"] == pytest.approx(mine["recall"].mean())
    assert nothing["theirs"] == pytest.approx(nothing["f1_macro"])
    assert -0.5 < nothing["mine"] < 0
    # Accuracy counts rows in which all labels are correct.
    assert nothing["accuracy"] < 1 + nothing["mine"]


@pytest.mark.parametrize(
    ("scoring", "match"),
    [
        (["neg_log_loss"], "Choose 'log_loss'"),
        (["speed"], "must hold names of"),
        (["matthews_corrcoef"], "cannot be computed for the labels"),
        ([], "at least one metric"),
    ],
)
def test_invalid_scoring_raises(scoring, match):
    with pytest.raises(ValueError, match=match):
        compared(scoring=scoring)


# --- Models and strategies


# By default, two are left out: "one vs rest", because the first estimator also fits
# each label by itself, and the pipeline, because its encoder is tested below.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=[pytest.mark.slow] if name in {"one vs rest", "pipeline"} else [],
        )
        for name in ESTIMATORS
    ],
)
@pytest.mark.filterwarnings("ignore:smote is left out|class-weight is left out")
def test_all_kinds_of_estimators_can_be_used(name):
    strategies = ["class-weight", "ml-ros", "mlsmote", "smote"]
    comparison = compared(
        estimator=ESTIMATORS[name],
        strategies=strategies,
        scoring=[*FEW, "log_loss_corrected"],
    )
    assert {"nothing", "tuned-threshold", "ml-ros", "mlsmote"} <= set(
        comparison.scores["strategy"]
    )
    assert ("smote" in set(comparison.scores["strategy"])) == (name != "chain")
    assert comparison.scores["value"].notna().all()
    assert not any("failed" in note for note in comparison.notes)


@pytest.mark.filterwarnings("ignore:Class 3 has a single row:UserWarning")
def test_label_missing_from_the_training_rows_does_not_fail():
    labels = np.column_stack([Y, np.zeros(len(Y), int), np.ones(len(Y), int)])
    labels[0, 3] = 1
    comparison = compared(labels=labels, strategies=["mlsmote", "class-weight"])
    assert not any("failed" in note for note in comparison.notes)
    mine = comparison.scores[comparison.scores["metric"] == "average_precision"]
    assert mine["value"].notna().all()


def scores_of(strategy, pairs):
    """Return the average precision of a strategy on each fold."""
    comparison = compare(
        X,
        Y,
        estimator=LOGISTIC,
        cv=pairs,
        scoring=["average_precision"],
        strategies={"mine": strategy},
    )
    wide = comparison.to_frame()
    return wide[wide["strategy"] == "mine"]["average_precision"].to_numpy()


def test_class_samplers_resample_for_each_label():
    pairs = [*KFold(3, shuffle=True, random_state=0).split(X)]
    resampled = ResampledClassifier(SMOTE(random_state=0), LOGISTIC)
    mine = scores_of(SMOTE(random_state=0), pairs)
    for value, (train, test) in zip(mine, pairs, strict=True):
        by_hand = []
        for j in range(3):
            fitted = clone(resampled).fit(X[train], Y[train, j])
            p = fitted.predict_proba(X[test])[:, 1]
            by_hand.append(average_precision_score(Y[test, j], p))
        assert value == pytest.approx(np.mean(by_hand))


def test_multilabel_samplers_resample_once():
    pairs = [*KFold(3, shuffle=True, random_state=0).split(X)]
    sampler = MLSMOTE(random_state=0)
    resampled = ResampledClassifier(sampler, MultiOutputClassifier(LOGISTIC))
    for value, (train, test) in zip(scores_of(sampler, pairs), pairs, strict=True):
        p = clone(resampled).fit(X[train], Y[train]).predict_proba(X[test])
        assert value == pytest.approx(average_precision_score(Y[test], p))


def test_class_weights_of_a_forest_are_set_for_each_label():
    forest = RandomForestClassifier(10, max_depth=3, random_state=0)
    pairs = [*KFold(3, shuffle=True, random_state=0).split(X)]
    scores = compared(
        estimator=forest, cv=pairs, scoring=["log_loss"], strategies=["class-weight"]
    ).to_frame()
    mine = scores[scores["strategy"] == "class-weight"]["log_loss"].to_numpy()
    weighted = MultiOutputClassifier(clone(forest).set_params(class_weight="balanced"))
    for value, (train, test) in zip(mine, pairs, strict=True):
        parts = clone(weighted).fit(X[train], Y[train]).predict_proba(X[test])
        each = [log_loss(Y[test, j], of[:, 1]) for j, of in enumerate(parts)]
        assert value == pytest.approx(np.mean(each))


def test_new_rows_are_counted_by_label():
    labels = pd.DataFrame(Y, columns=NAMES)
    changes = compared(labels=labels, strategies=["ml-ros"], scoring=AP).class_changes
    by_label = {change.label: change for change in changes}
    assert set(by_label) == set(NAMES)
    leak = by_label["leak"]
    assert leak.after == leak.before + leak.added > leak.before
    assert leak.removed == 0


def test_encoder_is_moved_out_of_the_multioutput_classifier():
    pipeline = make_pipeline(StandardScaler(), LOGISTIC)
    comparison = compared(estimator=pipeline, strategies=["smote"], scoring=AP)
    model = comparison.candidates["LogisticRegression", "nothing"].model
    assert isinstance(model[-1], MultiOutputClassifier)
    assert isinstance(of_one_label(model)[-1], LogisticRegression)
    alone = compared(
        estimator=MultiOutputClassifier(pipeline), strategies=["smote"], scoring=AP
    )
    same = [
        c.scores[c.scores["metric"] == "average_precision"]["value"]
        for c in (comparison, alone)
    ]
    np.testing.assert_allclose(*same, atol=1e-6)


def test_models_without_probabilities():
    comparison = compared(
        estimator=LinearSVC(random_state=0), scoring=["f1_macro", "hamming_loss"]
    )
    assert set(comparison.scores["strategy"]) == {"nothing"}
    assert "average_precision" not in comparison.by_label


# --- Folds


def test_folds_are_stratified_by_the_rarest_label():
    table = table_of(Y).stratified(3, None)
    folds = ONCE.split(table)
    for j in range(3):
        each = [int(Y[test, j].sum()) for _, test in folds.pairs]
        assert max(each) - min(each) <= 4, NAMES[j]
    assert table.rarest == ("label 2", Y[:, 2].sum())


def test_rare_labels_do_not_reduce_the_number_of_folds():
    labels = np.column_stack([Y, np.arange(len(Y)) < 2])
    comparison = compared(labels=labels, cv=StratifiedFolds(5, 1), scoring=AP)
    assert comparison.n_folds == 5


def test_stratified_splitters_of_scikit_learn_can_be_used():
    splitter = StratifiedKFold(3, shuffle=True, random_state=0)
    assert compared(cv=splitter, scoring=AP).n_folds == 3


def test_duplicate_rows_are_kept_together():
    rows = np.r_[np.arange(len(X)), np.arange(60)]
    with pytest.warns(UserWarning, match="60 rows|120 rows"):
        together = compared(X[rows], Y[rows], scoring=AP)
    assert any("keep copies together" in note for note in together.notes)


def test_groups_weights_and_times():
    groups, times = np.arange(len(X)) // 3, np.arange(len(X))
    weight = 1.0 + np.arange(len(X)) % 2
    with pytest.warns(UserWarning, match="sample_weight is used"):
        weighted = compared(groups=groups, sample_weight=weight)
    assert weighted.scores["value"].notna().all()
    with pytest.warns(UserWarning, match="2 folds in time"):
        in_time = compared(times=times, cv=2, scoring=AP)
    assert in_time.n_folds == 2


def test_equal_weights_change_nothing():
    plain, weighted = compared(), compared(sample_weight=np.full(len(X), 2.0))
    mine, theirs = (
        c.scores[c.scores["metric"] != "fit_time"]["value"] for c in (plain, weighted)
    )
    np.testing.assert_array_equal(mine, theirs)


# --- Invalid input


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"cost": {"fp": 1, "fn": 5}}, "'cost' .* CostThresholdClassifier"),
        ({"ordered": [0, 1]}, "'ordered' .* must be None"),
        ({"unlabeled": -1}, "'unlabeled' .* PartialLabelClassifier"),
        ({"sample_rows": 100}, "'sample_rows' .* Pass a sample"),
        ({"pos_label": 0}, "'pos_label' .* must be 1 or None"),
    ],
)
def test_options_that_are_not_for_multilabel_raise(options, match):
    with pytest.raises(ValueError, match=match):
        compared(**options)


@pytest.mark.parametrize("value", [np.nan, -1])
def test_unknown_labels_raise(value):
    labels = Y.astype(float)
    labels[3, 1] = value
    with pytest.raises(ValueError, match=r"unknown labels.*PartialLabelClassifier"):
        compared(labels=labels)


def test_invalid_labels_raise():
    with pytest.raises(ValueError, match="must hold 0 and 1 only"):
        compared(labels=Y * 2)
    with pytest.raises(ValueError, match="the same labels in all rows"):
        compared(labels=np.ones_like(Y))
    with pytest.raises(ValueError, match="MultiLabelBinarizer"):
        compared(labels=[{"a"}] * len(Y))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compared(labels=Y[:-1])
    with pytest.raises(ValueError, match=r"unknown strategy .*ml-ros, mlsmote"):
        compared(strategies=["speed"])


def test_metrics_can_be_renamed():
    assert [metric.name for metric in choose_label_metrics(None)] == [
        *DEFAULT,
        "fit_time",
    ]
    renamed = choose_label_metrics({"macro": "f1_macro"})[0]
    assert (renamed.name, renamed.tunes) == ("macro", "f1_macro")


# --- Cache, processes, plots


def test_cache_and_processes_give_the_same_scores(tmp_path):
    options = {"strategies": ["mlsmote", "smote"], "scoring": FEW}
    plain = compared(**options)
    first = compared(**options, cache=tmp_path)
    again = compared(**options, cache=tmp_path)
    parallel = compared(**options, n_jobs=2)
    pd.testing.assert_frame_equal(first.scores, again.scores)
    pd.testing.assert_frame_equal(first.by_label, again.by_label)
    for other in (first, parallel):
        mine, theirs = (
            c.scores[c.scores["metric"] != "fit_time"]["value"] for c in (plain, other)
        )
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_other_labels_are_not_read_from_the_cache(tmp_path):
    first = compared(cache=tmp_path, scoring=AP)
    other = compared(labels=Y[:, ::-1], cache=tmp_path, scoring=AP)
    assert first.by_label["rows"].tolist() != other.by_label["rows"].tolist()
    nothing = [c.by_label[c.by_label["strategy"] == "nothing"] for c in (first, other)]
    aps = [rows["average_precision"].to_numpy() for rows in nothing]
    assert not np.allclose(*aps)


def test_plot_works_and_by_label_raises_for_a_binary_target():
    pytest.importorskip("matplotlib").use("agg")
    comparison = compared(strategies=["mlsmote"], scoring=FEW)
    assert comparison.plot("f1_macro").figure_ is not None
    with pytest.raises(
        ValueError, match="requires a comparison of a multilabel target"
    ):
        _ = compared(labels=Y[:, 0], scoring=["roc_auc"]).by_label


def test_lists_of_floats_are_labels():
    rows = Y.astype(float).tolist()
    mine, theirs = (compared(labels=one, scoring=AP).by_label for one in (rows, Y))
    pd.testing.assert_frame_equal(mine, theirs)
