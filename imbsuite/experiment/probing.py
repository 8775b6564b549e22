"""Check that scorers fit the labels, before any model is fitted."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from imbsuite._classes import Labels
from imbsuite.scoring.label_predictions import kinds_of
from imbsuite.scoring.label_table import LabelTable
from imbsuite.scoring.metrics import Metric
from imbsuite.scoring.scorers import ScorerError


def refuse_unfit_scorers(metrics: Iterable[Metric], X: Any, labels: Labels) -> None:
    """Raise ValueError if a scorer cannot be computed for these labels.

    Scorers of scikit-learn are called once on all rows, with predictions that are right
    for some of them. Other callables may inspect the model, so they cannot be tried.
    """
    rows = np.arange(len(labels.codes))
    several = isinstance(labels, LabelTable)
    guess = _GuessedLabels(labels) if several else _Guess(labels)
    names = [*(labels.size_of if several else labels.classes.tolist())]
    kind = kinds_of(labels).predictions
    predictions = kind(guess, X, labels, rows, fit_time=0.0)
    for metric in metrics:
        if not metric.asks:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # warnings about the made-up predictions
                metric.score(predictions)
        except ScorerError as error:
            msg = (
                f"{error.what} cannot be computed for the labels {_listed(names)}: "
                f"{error.reason}. {_right_call(labels)}"
            )
            raise ValueError(msg) from error


def _listed(names: Sequence[Any]) -> str:
    shown = ", ".join(repr(label) for label in names[:3])
    return f"[{shown}{', ...' if len(names) > 3 else ''}]"


def _right_call(labels: Labels) -> str:
    if isinstance(labels, LabelTable):
        return (
            "Choose a multilabel metric, such as 'f1_macro', or a metric of single "
            "labels, such as 'balanced_accuracy'."
        )
    if len(labels.classes) > 2:
        return (
            "Choose a metric for more than two classes, such as 'f1_macro' or "
            "make_scorer(f1_score, average='macro')."
        )
    rarer = labels.classes[labels.sizes.argmin()].item()
    return (
        "Choose the name of a metric, such as 'f1', which is computed for the positive "
        "class, or pass the positive class to the scorer: make_scorer(f1_score, "
        f"pos_label={rarer!r})."
    )


class _Guess(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier that predicts the label of the previous row.

    Parameters
    ----------
    labels : Labels
    """

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.classes_ = labels.classes

    def predict(self, _: Any) -> NDArray[Any]:
        """Return the labels, shifted by one row."""
        return np.roll(self.labels.values, 1)

    def predict_proba(self, _: Any) -> NDArray[np.float64]:
        """Return 0.9 for the predicted label; the others share the rest equally."""
        k = len(self.classes_)
        is_predicted = np.roll(self.labels.codes, 1)[:, np.newaxis] == np.arange(k)
        return np.where(is_predicted, 0.9, 0.1 / (k - 1))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return scores of shape (n_rows,) for two classes, else (n_rows, n_classes)."""
        score = np.log(self.predict_proba(X))
        return score[:, 1] - score[:, 0] if score.shape[1] == 2 else score


class _GuessedLabels(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted multilabel classifier that predicts the labels of the previous row.

    Parameters
    ----------
    labels : Labels
    """

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.classes_ = [np.arange(2)] * labels.values.shape[1]

    def predict(self, _: Any) -> NDArray[Any]:
        """Return the labels, shifted by one row, (n_rows, n_labels)."""
        return np.roll(self.labels.values, 1, axis=0)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return 0.9 for predicted labels, else 0.1, (n_rows, n_labels)."""
        return np.where(self.predict(X) == 1, 0.9, 0.1)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return scores, (n_rows, n_labels)."""
        return self.predict_proba(X) - 0.5
