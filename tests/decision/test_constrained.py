"""ConstrainedThresholdClassifier: hand-computed constraints, bounds, guarantees."""

from __future__ import annotations

import numpy as np
import pytest
from decision.informed import informed, two_classes
from shared import frozen
from sklearn.linear_model import LogisticRegression

from imbsuite import (
    ConstrainedThresholdClassifier,
)


def ten_scored_rows():
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    y = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 0])
    return np.column_stack([1 - p, p]), y


@pytest.mark.parametrize(
    ("subject_to", "maximize", "alerts"),
    [
        ({"recall": 0.5}, "precision", 2),
        ({"recall": 0.6}, "precision", 4),
        ({"recall": 0.9}, "precision", 7),
        ({"precision": 0.7}, "recall", 4),
        ({"precision": 1.0}, "recall", 2),
        ({"alert_share": 0.35}, "recall", 3),  # ties with 2; smaller threshold wins
        ({"alert_share": 0.3, "precision": 0.6}, "recall", 3),
        ({"alert_share": 0.9}, "f1", 4),
    ],
)
def test_constraints_match_hand_computed_alerts(subject_to, maximize, alerts):
    p, y = ten_scored_rows()
    model = ConstrainedThresholdClassifier(
        frozen(p, y), maximize=maximize, subject_to=subject_to
    ).fit(p, y)
    assert model.predict(p).sum() == alerts
    assert set(model.reached_) == set(subject_to)


def test_ties_go_to_the_smaller_threshold():
    p, y = ten_scored_rows()
    model = ConstrainedThresholdClassifier(
        frozen(p, y), maximize="recall", subject_to={"alert_share": 0.35}
    ).fit(p, y)
    # Just above the score of the first row that must not be an alert.
    assert 0.6 < model.threshold_ < 0.6 + 1e-9


def test_rows_with_equal_scores_are_flagged_together():
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    y = np.array([1, 1, 0, 0, 0])
    both = np.column_stack([1 - p, p])
    model = ConstrainedThresholdClassifier(
        frozen(both, y), maximize="recall", subject_to={"alert_share": 0.5}
    ).fit(both, y)
    assert model.predict(both).tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"subject_to": {"recall": 0.9}}, r"every row \(alert share 1\)"),
        (
            {"subject_to": {"precision": 0.3}, "maximize": "recall"},
            r"every row \(alert share 1\)",
        ),
        ({"subject_to": {"alert_share": 0.05}}, r"no row \(alert share 0\)"),
        (
            {"subject_to": {"recall": 0.9}, "confidence": 0.95},
            r"every row \(alert share 1\)",
        ),
    ],
)
def test_trivially_met_constraints_warn(options, says):
    p, y = ten_scored_rows()
    p[6] = [0.99, 0.01]  # the positive at 0.3 is the last
    model = ConstrainedThresholdClassifier(frozen(p, y), **options)
    with pytest.warns(UserWarning, match=says) as caught:
        model.fit(p, y)
    assert caught[0].filename == __file__
    assert len(np.unique(model.predict(p))) == 1


def test_infeasible_constraints_report_the_best_reachable_values():
    p, y = ten_scored_rows()
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"recall": 0.9, "precision": 0.7}
    )
    says = (
        r"'precision': 0\.7\}: if the others are met, the best recall is 0\.75 and the "
        r"best precision is 0\.571\. Relax"
    )
    with pytest.raises(ValueError, match=says):
        model.fit(p, y)
    flipped = p[:, ::-1].copy()
    model = ConstrainedThresholdClassifier(
        frozen(flipped, y), subject_to={"precision": 0.5}
    )
    with pytest.raises(ValueError, match=r"0\.5\}: the best precision is 0\.4\."):
        model.fit(flipped, y)


def test_constraints_use_sample_weight():
    p, y = ten_scored_rows()
    weight = np.where(np.arange(10) == 6, 6.0, 1.0)  # the positive at 0.3
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"recall": 0.6}, pos_label=1
    )
    assert model.fit(p, y, sample_weight=weight).predict(p).sum() == 7
    assert model.reached_["recall"] == 1


def test_multiclass_positive_class_against_the_rest():
    p, y = informed(np.random.default_rng(0), 500, [0.6, 0.3, 0.1])
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"recall": 0.95}, pos_label=1
    ).fit(p, y)
    predicted = model.predict(p)
    assert (predicted[y == 1] == 1).mean() >= 0.95
    others = np.where(p[:, 0] >= p[:, 2], 0, 2)
    assert (predicted[predicted != 1] == others[predicted != 1]).all()
    rarest = ConstrainedThresholdClassifier(frozen(p, y)).fit(p, y)
    assert rarest.pos_label_ == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"subject_to": {}}, "subject_to"),
        ({"subject_to": {"specificity": 0.9}}, "recall, precision, alert_share"),
        ({"subject_to": {"recall": 1.5}}, "from 0 to 1"),
        ({"pos_label": 9}, r"one of the classes \[0, 1\]. Got 9 instead"),
        ({"confidence": 0.95, "cv": 5}, r"'cv' .* must make a single split.*Got 5"),
        ({"confidence": 1.0}, "confidence"),
        ({"maximize": "profit"}, "maximize"),
    ],
)
def test_invalid_parameters_raise_before_fitting(options, says):
    X, y = two_classes()

    class Unfit(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("worked")

    with pytest.raises(ValueError, match=says):
        ConstrainedThresholdClassifier(Unfit(), **options).fit(X, y)


def test_confidence_is_computed_on_held_out_rows():
    X, y = two_classes(3000)
    model = ConstrainedThresholdClassifier(
        LogisticRegression(), confidence=0.95, random_state=0
    ).fit(X, y)
    whole = LogisticRegression().fit(X, y)
    assert (model.estimator_.coef_ != whole.coef_).all()
    assert model.reached_["recall"] >= 0.9


def test_recall_and_alert_share_bounds_match_clopper_pearson():
    from scipy.stats import binomtest

    from imbsuite.decision._bounds import Alerts, certified

    rng = np.random.default_rng(0)
    p, y = informed(rng, 300, [0.8, 0.2])
    alerts = Alerts.at_all_thresholds(p[:, 1], y == 1)
    bound = certified(alerts, {"recall": 0.9}, 0.05)["recall"]
    for place in (5, 50, 150):
        test = binomtest(int(alerts.hits[place]), int(y.sum()), alternative="greater")
        low = test.proportion_ci(0.95, method="exact").low
        assert bound[place] == pytest.approx(low)
    bound = certified(alerts, {"alert_share": 0.1}, 0.05)["alert_share"]
    for place in (0, 5, 150, 300):
        test = binomtest(int(alerts.alerts[place]), 300, alternative="less")
        high = test.proportion_ci(0.95, method="exact").high
        assert bound[place] == pytest.approx(high)


def test_precision_is_bounded_at_20_alert_counts():
    from scipy.stats import binomtest

    from imbsuite.decision._bounds import Alerts, certified

    p, y = informed(np.random.default_rng(0), 300, [0.8, 0.2])
    alerts = Alerts.at_all_thresholds(p[:, 1], y == 1)
    bound = certified(alerts, {"precision": 0.7}, 0.05)["precision"]
    places = np.flatnonzero(bound)
    # 17 hits would be enough, 16 would not: 0.7**17 <= 0.05 / 20 < 0.7**16.
    assert alerts.alerts[places[0]] == 17
    assert alerts.alerts[places[-1]] == 300
    assert len(places) == 20
    for place in places:
        hits, n = int(alerts.hits[place]), int(alerts.alerts[place])
        test = binomtest(hits, n, alternative="greater")
        low = test.proportion_ci(1 - 0.05 / 20, method="exact").low
        assert bound[place] == pytest.approx(low)


def test_small_alert_share_is_infeasible_with_too_few_rows():
    p, y = informed(np.random.default_rng(0), 50, [0.8, 0.2])
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"alert_share": 0.02}, confidence=0.95
    )
    # With no alert among 50 rows, the bound is 1 - 0.05 ** (1 / 50).
    with pytest.raises(ValueError, match=r"the best alert_share is 0\.0582"):
        model.fit(p, y)
