"""Check that scorers fit the labels, before any model is fitted."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from imbsuite._classes import Labels
from imbsuite._types import Floats
from imbsuite.scoring.fold_predictions import Recorded
from imbsuite.scoring.label_predictions import RecordedLabels, kinds_of
from imbsuite.scoring.label_table import LabelTable
from imbsuite.scoring.metrics import Metric
from imbsuite.scoring.scorers import ScorerError


def refuse_unfit_scorers(metrics: Iterable[Metric], X: Any, labels: Labels) -> None:
    """Raise ValueError if a scorer cannot be computed for these labels.

    Scorers of scikit-learn are called once on all rows, with predictions that are right
    for some of them. Other callables may inspect the model, so they cannot be tried.
    """
    rows = np.arange(len(labels.codes))
    kind = kinds_of(labels).predictions
    predictions = kind(_guess(labels), X, labels, rows, fit_time=0.0)
    for metric in metrics:
        if not metric.asks:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the made-up predictions
                metric.score(predictions)
        except ScorerError as error:
            names = _listed([*labels.size_of])
            msg = (
                f"{error.what} cannot be computed for the labels {names}: "
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


def _guess(labels: Labels) -> Any:
    """Return a fitted classifier that predicts the label, or labels, of the previous row.

    It gives them a probability of 0.9, and other classes equal shares of the rest.
    """
    if isinstance(labels, LabelTable):
        return _GuessedLabels(np.where(np.roll(labels.cells, 1, axis=0), 0.9, 0.1))
    k = len(labels.classes)
    is_predicted = np.roll(labels.codes, 1)[:, np.newaxis] == np.arange(k)
    return _Guess(np.where(is_predicted, 0.9, 0.1 / (k - 1)), labels.classes)


class _Guess(Recorded):
    def decision_function(self, _: Any) -> Floats:
        """Return scores of shape (n_rows,) for two classes, else (n_rows, n_classes)."""
        score = np.log(self.probability)
        return score[:, 1] - score[:, 0] if score.shape[1] == 2 else score


class _GuessedLabels(RecordedLabels):
    def decision_function(self, _: Any) -> Floats:
        """Return scores, (n_rows, n_labels)."""
        return self.probability - 0.5
