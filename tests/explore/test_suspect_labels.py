"""Suspect labels: rows of a class, by losses of models that have not seen them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite.explore import suspect_labels
from tests.shared import RefusesKnownRows, frozen, load_shared

LINEAR = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000)


def overlapping_classes(n_common=90, n_rare=30, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(["common", "rare"], [n_common, n_rare])
    X = rng.normal(size=(len(y), 2)) + 1.5 * (y == "rare")[:, np.newaxis]
    order = rng.permutation(len(y))
    return X[order], y[order]


def folds_of(n, k=3):
    return list(KFold(k).split(np.zeros(n)))


def test_suspects_match_hand_computation():
    p = [[0.5, 0.3, 0.2], [0.25, 0.7, 0.05], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]]
    p += [[0.0, 0.4, 0.6], [1.0, 0.0, 0.0], [0.6, 0.0, 0.4]]
    y = ["a", "a", "b", "b", "c", "c", "b"]
    rows = suspect_labels(frozen(p, y), p, y, cv=2, per_class=2, random_state=0)
    # Losses of a: log 2 and log 4, one standard deviation from their mean. Of c: p = 0.6
    # and 0, which counts as 1e-4. Of b: p = 0.8, 0.2 and 0, of which the largest two.
    losses = -np.log([0.8, 0.2, 1e-4])
    z = (losses - losses.mean()) / losses.std()
    expected = pd.DataFrame(
        {
            "row": [1, 0, 5, 4, 6, 3],
            "label": ["a", "a", "c", "c", "b", "b"],
            "p": [0.25, 0.5, 0.0, 0.6, 0.0, 0.2],
            "z": [1, -1, 1, -1, z[2], z[1]],
            "other": ["b", "b", "a", "b", "a", "c"],
        }
    )
    pd.testing.assert_frame_equal(rows, expected, check_dtype=False)


def test_probabilities_are_out_of_fold_and_z_is_standardized_by_class():
    X, y = overlapping_classes()
    cv = folds_of(len(y))
    rows = suspect_labels(LINEAR, X, y, cv=cv, per_class=None)
    assert sorted(rows["row"]) == list(range(len(y)))
    assert rows["label"].tolist() == ["rare"] * 30 + ["common"] * 90
    p = cross_val_predict(LINEAR, X, y, cv=cv, method="predict_proba")
    own = p[np.arange(len(y)), (y == "rare").astype(int)]
    assert_allclose(rows["p"], own[rows["row"]], rtol=1e-6)
    by_class = rows.groupby("label")["z"]
    assert_allclose(by_class.mean(), 0, atol=1e-10)
    assert_allclose(by_class.std(ddof=0), 1)
    assert by_class.apply(lambda z: z.is_monotonic_decreasing).all()
    first = suspect_labels(LINEAR, X, y, cv=cv, per_class=4)
    pd.testing.assert_frame_equal(
        first, rows.groupby("label", sort=False).head(4).reset_index(drop=True)
    )


def test_wrong_labels_are_found_in_either_class():
    areas = []
    for seed in range(3):
        X, y = overlapping_classes(900, 100, seed)
        rng = np.random.default_rng(seed)
        wrong = np.zeros(len(y), dtype=bool)
        for label in ("rare", "common"):
            wrong[rng.choice(np.flatnonzero(y == label), 30, replace=False)] = True
        noisy = np.where(wrong, np.where(y == "rare", "common", "rare"), y)
        rows = suspect_labels(LINEAR, X, noisy, per_class=None, random_state=seed)
        for _, part in rows.groupby("label"):
            areas.append(roc_auc_score(wrong[part["row"]], part["z"]))
    assert np.mean(areas) > 0.8
    assert min(areas) > 0.7


def test_integer_weights_equal_repeated_rows():
    X, y = overlapping_classes()
    weight = np.random.default_rng(1).integers(0, 3, len(y))
    rows = np.repeat(np.arange(len(y)), weight)
    folds = [
        (np.flatnonzero(~np.isin(rows, test)), np.flatnonzero(np.isin(rows, test)))
        for _, test in folds_of(len(y))
    ]
    options = {"per_class": None}
    weighted = suspect_labels(
        LINEAR, X, y, sample_weight=weight, cv=folds_of(len(y)), **options
    )
    repeated = suspect_labels(LINEAR, X[rows], y[rows], cv=folds, **options)
    repeated["row"] = rows[repeated["row"]]
    once = repeated.drop_duplicates("row").sort_values("row", ignore_index=True)
    weighted = weighted.sort_values("row", ignore_index=True)
    pd.testing.assert_frame_equal(weighted, once, rtol=1e-5)
    assert set(weighted["row"]) == set(rows)


def test_counts_repeat_rows_if_the_estimator_takes_no_weights():
    X, y = overlapping_classes()
    model, cv = KNeighborsClassifier(5), folds_of(len(y))
    plain = suspect_labels(model, X, y, cv=cv, per_class=None)
    ones = suspect_labels(
        model, X, y, sample_weight=np.ones(len(y)), cv=cv, per_class=None
    )
    pd.testing.assert_frame_equal(plain, ones)
    twice = np.where(np.arange(len(y)) < 9, 2, 1)
    counted = suspect_labels(model, X, y, sample_weight=twice, cv=cv, per_class=None)
    assert sorted(counted["row"]) == list(range(len(y)))
    with pytest.raises(ValueError, match="sample_weight was passed, but KNeighbors"):
        suspect_labels(model, X, y, sample_weight=np.full(len(y), 0.5))


def test_row_order_does_not_matter():
    X, y = overlapping_classes()
    order = np.random.default_rng(2).permutation(len(y))
    place = np.argsort(order)
    folds = folds_of(len(y))
    there = [(place[train], place[test]) for train, test in folds]
    rows = suspect_labels(LINEAR, X, y, cv=folds)
    moved = suspect_labels(LINEAR, X[order], y[order], cv=there)
    moved["row"] = order[moved["row"]]
    pd.testing.assert_frame_equal(rows, moved, rtol=1e-5)


def test_equal_losses_have_z_of_zero():
    X, y = overlapping_classes()
    rows = suspect_labels(DummyClassifier(strategy="prior"), X, y, per_class=None)
    assert_array_equal(rows["z"], 0)


def test_duplicate_rows_and_groups_stay_in_one_fold():
    X, y = overlapping_classes()
    X, y = np.concatenate([X, X[:20]]), np.concatenate([y, y[:20]])
    # The model raises an error if it predicts a row that it was fitted on.
    rows = suspect_labels(RefusesKnownRows(), X, y, random_state=0, per_class=None)
    assert len(rows) == len(y)
    flipped = np.where(y == "rare", "common", "rare")
    both, groups = np.concatenate([X, X]), np.tile(np.arange(len(y)), 2)
    labels = np.concatenate([y, flipped])
    suspect_labels(RefusesKnownRows(), both, labels, groups=groups, random_state=0)


def test_containers_and_label_types_agree():
    X, y = overlapping_classes()
    model = make_pipeline(StandardScaler(), LINEAR)
    expected = suspect_labels(model, X, y, random_state=0)
    index = pd.Index(np.arange(len(y))[::-1] + 7)
    frame = pd.DataFrame(X, columns=["a", "b"], index=index)
    for table, labels in [
        (X.tolist(), y.tolist()),
        (frame, pd.Series(y, index=index)),
        (frame, pd.Series(pd.Categorical(y), index=index)),
    ]:
        rows = suspect_labels(model, table, labels, random_state=0)
        pd.testing.assert_frame_equal(rows, expected, check_dtype=False)
    flags = suspect_labels(model, X, y == "rare", random_state=0)
    assert_array_equal(flags["row"], expected["row"])
    assert_array_equal(flags["label"], expected["label"] == "rare")


def test_out_of_bag_predictions_of_a_forest_are_used():
    X, y = overlapping_classes()
    forest = RandomForestClassifier(40, oob_score=True, random_state=0)
    rows = suspect_labels(forest, X, y, cv="oob", per_class=None)
    p = forest.fit(X, y).oob_decision_function_[:, 1]
    own = np.where(y == "rare", p, 1 - p)
    assert len(rows) == len(y)
    assert_allclose(rows["p"], own[rows["row"]])


def test_cv_as_a_fraction_lists_only_held_out_rows():
    X, y = overlapping_classes()
    rows = suspect_labels(LINEAR, X, y, cv=0.2, per_class=None, random_state=0)
    assert rows["label"].value_counts().to_dict() == {"common": 18, "rare": 6}
    assert not rows.isna().any(axis=None)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"per_class": 0}, "The 'per_class' parameter of suspect_labels must be"),
        ({"per_class": 1.5}, "The 'per_class' parameter of suspect_labels must be"),
        ({"cv": 1}, "The 'cv' parameter of suspect_labels must be"),
        ({"random_state": -1}, "The 'random_state' parameter of suspect_labels"),
        ({"groups": np.zeros(120)}, "The 'cv' parameter of suspect_labels must leave"),
    ],
)
@pytest.mark.filterwarnings("ignore:A class has too few")
def test_invalid_arguments_raise(options, error):
    X, y = overlapping_classes()
    with pytest.raises(ValueError, match=error):
        suspect_labels(LINEAR, X, y, **options)


def test_invalid_tables_and_estimators_raise():
    X, y = overlapping_classes()
    with pytest.raises(ValueError, match=r"at least 2 rows .* Got one of \['new'\]"):
        suspect_labels(LINEAR, X, np.append(y[1:], "new"))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        suspect_labels(LINEAR, X, y[1:])
    with pytest.raises(ValueError, match="The 'estimator' parameter of suspect_labels"):
        suspect_labels(StandardScaler(), X, y)


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array, pd.DataFrame])
def test_multilabel_matches_each_label_alone(kind):
    X, y = overlapping_classes(300, 60)
    rng = np.random.default_rng(1)
    both = np.column_stack([y == "rare", rng.random(len(y)) < 0.3, np.ones(len(y))])
    both = both.astype(int)
    cv = folds_of(len(y))
    weight = rng.uniform(0.5, 2, len(y))
    model = MultiOutputClassifier(LINEAR)
    rows = suspect_labels(
        model, X, kind(both), cv=cv, per_class=6, sample_weight=weight
    )
    assert rows["name"].unique().tolist() == [0, 1]
    for name, part in rows.groupby("name"):
        alone = suspect_labels(
            LINEAR, X, both[:, name], cv=cv, per_class=6, sample_weight=weight
        )
        pd.testing.assert_frame_equal(
            part.drop(columns="name").reset_index(drop=True), alone, rtol=1e-5
        )


def test_multilabel_without_multilabel_estimator_raises():
    X, y = overlapping_classes()
    both = np.column_stack([y == "rare", X[:, 0] > 0])
    with pytest.raises(ValueError, match="not supported by LogisticRegression"):
        suspect_labels(LINEAR, X, both)
    with pytest.raises(ValueError, match="labels that some rows have"):
        suspect_labels(MultiOutputClassifier(LINEAR), X, np.ones((len(y), 2)))


def test_suspects_of_a_table_with_ten_classes():
    X, y, *_ = load_shared("yeast")
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    rows = suspect_labels(model, X, y, per_class=5, random_state=0)
    sizes = y.value_counts()
    assert (rows["label"].value_counts() == 5).all()
    assert sizes[rows["label"]].is_monotonic_increasing
    assert_array_equal(y.iloc[rows["row"]], rows["label"])
    assert (rows["other"] != rows["label"]).all()
