"""Unlabeled rows in comparisons: in no fold, and fitted only with pseudo-labels."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from comparisons import compare_quickly
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

import imbsuite as im
from imbsuite.choice.expected import cross_validated_decisions
from imbsuite.choice.final import fit_final
from imbsuite.meta.unlabeled_rows import Keys, UnlabeledRows
from imbsuite.persistence import column_types, load_model, save_model

LINEAR = LogisticRegression()
HARD = im.PseudoLabelClassifier(LINEAR, labels="hard")
MODELS = {"estimator": LINEAR, "cv": 2}


def partly_labeled(n=300, seed=0):
    """Return a table, labels of which some are -1, and all labels."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.25).astype(int)
    X = pd.DataFrame(rng.normal(size=(n, 2)) + y[:, np.newaxis], columns=["a", "b"])
    return X, np.where(rng.random(n) < 0.6, y, -1), y


def values(comparison, strategy):
    chosen = comparison.scores["strategy"] == strategy
    chosen &= comparison.scores["metric"] != "fit_time"
    return comparison.scores.loc[chosen, "value"].to_numpy()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_minus_one_is_a_class_unless_set_as_unlabeled():
    X, y, _ = partly_labeled()
    comparison = compare_quickly(X, y, strategies=["random-over"], **MODELS)
    assert sum(comparison.class_sizes.values()) == len(y)
    assert -1 in comparison.class_sizes
    search = im.StrategySearchCV(LINEAR, ["random-over"], cv=2, random_state=0)
    assert search.fit(X, y).classes_.tolist() == [-1, 0, 1]


def test_unlabeled_rows_do_not_change_scores_of_other_strategies():
    X, y, _ = partly_labeled()
    labeled = np.flatnonzero(y >= 0)
    with pytest.warns(UserWarning, match="have no label: they are in no fold"):
        comparison = compare_quickly(
            X, y, strategies=["smote", "pseudo-labels"], unlabeled=-1, **MODELS
        )
    alone = compare_quickly(
        X.iloc[labeled].reset_index(drop=True), y[labeled], strategies="smote", **MODELS
    )
    for strategy in ("nothing", "smote"):
        assert_allclose(values(comparison, strategy), values(alone, strategy))
    assert np.isfinite(values(comparison, "pseudo-labels")).all()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_pseudo_labels_are_fitted_on_training_and_unlabeled_rows():
    X, y, _ = partly_labeled()
    labeled = np.flatnonzero(y >= 0)
    cv = [(np.arange(60, len(labeled)), np.arange(60))]
    comparison = compare_quickly(
        X,
        y,
        strategies={"hard": HARD, "soft": "pseudo-labels"},
        unlabeled=-1,
        scoring=["log_loss"],
        estimator=LINEAR,
        cv=cv,
    )
    rows = np.concatenate([labeled[60:], np.flatnonzero(y < 0)])
    test = labeled[:60]
    for name, model in {"hard": HARD, "soft": im.PseudoLabelClassifier(LINEAR)}.items():
        fitted = clone(model).fit(X.iloc[rows], y[rows])
        p = fitted.predict_proba(X.iloc[test])[np.arange(60), y[test]]
        assert_allclose(values(comparison, name), -np.log(p).mean(), rtol=1e-6)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("wanted", ["hard", "nothing"])
def test_search_refits_pseudo_labels_on_all_rows(weighted, wanted):
    X, y, _ = partly_labeled()
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y)) if weighted else None
    labeled_weight = None if weight is None else weight[y >= 0]

    def scoring(model, X, y, sample_weight=None):
        # Hard pseudo-labels have the larger log-loss.
        loss = log_loss(y, model.predict_proba(X), sample_weight=sample_weight)
        return loss if wanted == "hard" else -loss

    search = im.StrategySearchCV(
        LINEAR,
        {"hard": HARD},
        unlabeled=-1,
        decide=None,
        correction=None,
        rule="best_mean",
        cv=2,
        random_state=0,
        scoring=scoring,
    ).fit(X, y, sample_weight=weight)
    assert search.best_strategy_ == wanted
    assert search.classes_.tolist() == [0, 1]
    if wanted == "hard":
        direct = clone(HARD).fit(X, y, sample_weight=weight)
    else:
        direct = clone(LINEAR).fit(X[y >= 0], y[y >= 0], sample_weight=labeled_weight)
    p = search.best_estimator_.predict_proba(X)
    assert_allclose(p, direct.predict_proba(X), rtol=1e-6)


def test_final_classifier_uses_unlabeled_rows_and_can_be_saved(tmp_path):
    X, y, _ = partly_labeled()
    with pytest.warns(UserWarning, match="have no label"):
        comparison = compare_quickly(
            X, y, strategies=["pseudo-labels"], unlabeled=-1, **MODELS
        )
    pair = ("LogisticRegression", "pseudo-labels")
    unfitted = comparison.candidates[pair].strategy.around(LINEAR).estimator
    outer = im.TunedThresholdClassifier(unfitted, random_state=0)
    labeled = X[y >= 0], y[y >= 0]
    fitted = fit_final(outer, *labeled)
    direct = im.PseudoLabelClassifier(LINEAR).fit(
        pd.concat([labeled[0], X[y < 0]]), np.append(labeled[1], y[y < 0])
    )
    assert_allclose(fitted.predict_proba(X), direct.predict_proba(X), rtol=1e-6)
    save_model(fitted, tmp_path / "m.skops", columns=column_types(X))
    loaded = load_model(tmp_path / "m.skops")
    assert_array_equal(loaded.estimator.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_fit_best_does_not_treat_the_unlabeled_value_as_a_class():
    X, y, _ = partly_labeled()
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    comparison = compare_quickly(
        X, y, strategies=["pseudo-labels"], unlabeled=-1, sample_weight=weight, **MODELS
    )
    metric = "balanced_accuracy_tuned"
    for labels in (y, np.where(y < 0, np.nan, y)):
        best = comparison.fit_best(X, labels, metric, sample_weight=weight)
        assert best.classes_.tolist() == [0, 1]
    labeled = y >= 0
    alone = comparison.fit_best(
        X[labeled], y[labeled], metric, sample_weight=weight[labeled]
    )
    assert_allclose(best.predict_proba(X), alone.predict_proba(X), rtol=1e-6)
    assert "# X and y without the rows labeled -1" in comparison.code(metric)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_predictions_are_indexed_among_the_labeled_rows():
    X, y, _ = partly_labeled()
    comparison = compare_quickly(
        X, y, strategies=["pseudo-labels"], unlabeled=-1, **MODELS
    )
    labeled = np.flatnonzero(y >= 0)
    for predictions in comparison.predictions:
        assert_array_equal(np.sort(predictions.rows), np.arange(len(labeled)))
        true = np.array([*comparison.class_sizes])[predictions.truth]
        assert_array_equal(y[labeled[predictions.rows]], true)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_missing_labels_with_groups_and_weights():
    X, y, _ = partly_labeled()
    names = np.array([None, "no", "yes"], dtype=object)[y + 1]
    along = {"groups": np.arange(len(y)) // 2, "sample_weight": np.full(len(y), 2.0)}
    comparison = compare_quickly(
        X, names, strategies=["pseudo-labels"], unlabeled=-1, **along, **MODELS
    )
    assert sorted(comparison.class_sizes) == ["no", "yes"]
    assert np.isfinite(values(comparison, "pseudo-labels")).all()


def test_unlabeled_rows_are_pickled_with_the_classifier():
    X, y, _ = partly_labeled()
    others = UnlabeledRows(X[y < 0])
    model = im.PseudoLabelClassifier(LINEAR).with_rows(others)
    sent = pickle.loads(pickle.dumps(model))  # noqa: S301 - made here
    labeled = X[y >= 0], y[y >= 0]
    assert len(sent.fit(*labeled).transduction_) == len(y)
    assert len(model.fit(*labeled).transduction_) == len(y)
    sent.add(None)
    assert len(clone(sent).fit(*labeled).transduction_) == len(labeled[1])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, "'pseudo-labels' requires rows without a label. Pass unlabeled="),
        ({"unlabeled": 7}, "Got 7 instead, and y has no row without another label"),
    ],
)
def test_pseudo_labels_without_unlabeled_rows_raise(options, error):
    X, y, _ = partly_labeled()
    with pytest.raises(ValueError, match=error):
        compare_quickly(X, y, strategies=["pseudo-labels"], **options, **MODELS)
    search = im.StrategySearchCV(LINEAR, ["pseudo-labels"], cv=2, **options)
    with pytest.raises(ValueError, match=error):
        search.fit(X, y)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_cache_depends_on_the_unlabeled_rows(tmp_path):
    X, y, _ = partly_labeled()
    options = {"strategies": ["pseudo-labels"], "unlabeled": -1, **MODELS}
    options["scoring"] = ["log_loss"]
    for table in (X, X.assign(a=X["a"] + 3 * (y < 0))):
        fresh = values(compare_quickly(table, y, **options), "pseudo-labels")
        for _ in range(2):
            stored = compare_quickly(table, y, cache=tmp_path, **options)
            assert_array_equal(values(stored, "pseudo-labels"), fresh)


@pytest.mark.parametrize("name", ["groups", "times", "sample_weight", "X"])
def test_inconsistent_lengths_raise(name):
    X, y, _ = partly_labeled()
    options = {} if name == "X" else {name: np.arange(1, 6)}
    table = X[:5] if name == "X" else X
    with pytest.raises(ValueError, match=f"y has 300 rows, {name} has 5"):
        compare_quickly(table, y, unlabeled=-1, **options, **MODELS)


class Watched(im.PseudoLabelClassifier):
    """Records the rows that it was fitted on, including unlabeled ones."""

    def _fit_rounds(self, inputs, order):
        super()._fit_rounds(inputs, order)
        self.seen_ = inputs.X


class InTime(Watched):
    def predict_proba(self, X):
        assert self.seen_["time"].max() < X["time"].min() - 2
        return super().predict_proba(X)


class OfGroups(Watched):
    def predict_proba(self, X):
        assert not set(self.seen_["group"]) & set(X["group"])
        return super().predict_proba(X)


class OfBoth(InTime, OfGroups):
    pass


def partly_labeled_groups(n=400):
    """Return a table with groups, some of them unlabeled, and labels that may be -1."""
    X, y, _ = partly_labeled(n)
    return X.assign(group=np.arange(n) // 8 % 40, time=np.arange(n) // 8), y


def first_columns(model):
    return make_pipeline(
        ColumnTransformer([("kept", "passthrough", ["a", "b"])]), model
    )


def compare_watched(X, y, kind, **options):
    comparison = compare_quickly(
        X,
        y,
        strategies={"watched": kind(first_columns(LINEAR))},
        estimator=first_columns(LINEAR),
        unlabeled=-1,
        scoring=["log_loss"],
        **options,
    )
    assert np.isfinite(values(comparison, "watched")).all(), comparison.notes
    return comparison


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("as_dates", [False, True])
def test_unlabeled_rows_later_or_in_held_out_groups_are_not_fitted(as_dates):
    X, y = partly_labeled_groups()
    times = X["time"].to_numpy()
    if as_dates:
        times = pd.Timestamp("2020-01-01") + pd.to_timedelta(times, unit="D")
    options = {"times": times, "embargo": "2 days" if as_dates else 2, "cv": 2}
    compare_watched(X, y, OfBoth, groups=X["group"], **options)
    comparison = compare_watched(X, y, InTime, **options)
    assert "without those that are later than its training rows" in str(
        comparison.notes
    )
    # Rows later than the start of the last test fold change nothing; past rows do.
    start = times[y >= 0][len(y[y >= 0]) * 2 // 3]
    later, past = (y < 0) & (times >= start), (y < 0) & (X["time"] < 5)
    shifted = [X.assign(a=X["a"] + 3 * rows) for rows in (later, past)]
    same, other = (
        values(compare_watched(table, y, InTime, **options), "watched")
        for table in shifted
    )
    assert_allclose(values(comparison, "watched"), same)
    assert not np.allclose(same, other)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_unlabeled_rows_of_other_groups_only_are_fitted():
    X, y = partly_labeled_groups()
    comparison = compare_watched(X, y, OfGroups, groups=X["group"].astype(str), cv=3)
    assert "belong to a group of its test rows" in str(comparison.notes)
    alone = X.assign(group=np.where(y < 0, -1, X["group"]))
    fitted = compare_watched(alone, y, OfGroups, groups=alone["group"], cv=3)
    assert not np.allclose(values(fitted, "watched"), values(comparison, "watched"))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_inner_folds_of_a_threshold_leave_out_held_out_groups():
    X, y = partly_labeled_groups()
    labeled = y >= 0
    comparison = compare_watched(X, y, OfGroups, groups=X["group"], cv=2)
    pair = ("LogisticRegression", "watched")
    strategy = comparison.candidates[pair].strategy
    outer = im.TunedThresholdClassifier(
        strategy.around(LINEAR).estimator, random_state=0
    )
    X_labeled, groups = X[labeled], X["group"][labeled]
    fit_final(outer, X_labeled, y[labeled], groups=groups)
    folds = GroupKFold(3).split(X_labeled, groups=groups)
    shares = cross_validated_decisions(
        outer, X_labeled, y[labeled], folds, {"groups": groups}
    )
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["groups", "times"])
def test_missing_groups_or_times_of_unlabeled_rows_raise(name):
    X, y = partly_labeled_groups()
    known = X["time"].astype(float).where(y >= 0)
    with pytest.raises(ValueError, match=f"{name} has missing values"):
        compare_watched(X, y, Watched, **{name: known}, cv=2)


def test_weights_of_unlabeled_rows_match_hand_computation():
    others = UnlabeledRows(
        np.arange(5.0)[:, np.newaxis],
        np.arange(5.0),
        Keys(np.array(["a", "a", "b"]), np.array(["a", "b", "b", "c", "c"])),
        Keys(np.array([1, 2, 4]), np.array([1, 2, 3, 2, 9])),
    )
    kept = others.beside(np.array([0, 1]))
    assert kept.weight.tolist() == [0, 3]
    assert kept.beside(np.array([0])).weight.tolist() == [0]
    assert others.of_groups(["b"]).weight.tolist() == [1, 2, 3, 4]
    assert UnlabeledRows(others.X).beside(np.array([0])).X is not None


@pytest.mark.parametrize(
    ("y", "error"),
    [
        (
            [0, -1] * 20,
            r"classes \[0\]; 0 rows .* and 20 rows with the label -1 were read",
        ),
        ([-1] * 40, r"classes \[\]; 0 rows .* and 40 rows with the label -1 were read"),
        ([None, "a"] * 20, r"classes \['a'\]; 20 rows have a missing value\."),
    ],
)
def test_error_for_a_single_class_mentions_the_unlabeled_value(y, error):
    X = np.arange(40.0)[:, np.newaxis]
    for work in (
        lambda: compare_quickly(X, y, unlabeled=-1, **MODELS),
        lambda: im.StrategySearchCV(LINEAR, unlabeled=-1).fit(X, y),
        lambda: im.PseudoLabelClassifier(LINEAR).fit(X, y),
    ):
        with pytest.raises(ValueError, match=error):
            work()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_labels_keep_their_dtype_without_missing_values():
    X, y, _ = partly_labeled()
    kinds = {
        "i": pd.Series(y).where(y >= 0).astype("Int64"),
        "b": [None if label < 0 else bool(label) for label in y],
    }
    options = {"decide": None, "cv": 2, "random_state": 0}
    for kind, labels in kinds.items():
        search = im.StrategySearchCV(LINEAR, {"hard": HARD}, unlabeled=-1, **options)
        search.fit(X, labels)
        assert search.predict(X).dtype.kind == search.classes_.dtype.kind == kind
        best = search.comparison_.fit_best(X, labels)
        assert best.classes_.dtype.kind == kind
