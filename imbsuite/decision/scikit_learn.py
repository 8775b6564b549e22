"""The thresholds of scikit-learn's threshold classifiers."""

from __future__ import annotations

from typing import Any, NamedTuple

from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)

from imbsuite._table import labels_of


class BinaryThreshold(NamedTuple):
    """A threshold from which on scikit-learn predicts ``label``, one of two classes.

    It applies to ``decision_function`` if ``on_decisions``, else to the probability. The
    decision values of the first class are those of the second with the other sign.
    """

    value: float
    label: Any
    on_decisions: bool


def scikit_learn_threshold(estimator: Any) -> BinaryThreshold | None:
    """Return the threshold of a fitted classifier with ``predict_proba``.

    It is None if this is not a threshold classifier of scikit-learn.
    """
    if isinstance(estimator, FixedThresholdClassifier):
        value, label = estimator.threshold, estimator.pos_label
    elif isinstance(estimator, TunedThresholdClassifierCV):
        value = estimator.best_threshold_
        label = estimator._curve_scorer._get_pos_label()
    else:
        return None
    # With "auto", both use the probability if there is one.
    on_decisions = estimator.response_method == "decision_function"
    if isinstance(value, str):  # "auto"
        value = 0.0 if on_decisions else 0.5
    label = labels_of(estimator.classes_)[1] if label is None else label
    return BinaryThreshold(float(value), label, on_decisions)
