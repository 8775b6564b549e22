"""A classifier of one class against the rest, for scikit-learn's binary scorers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if

from imbsuite._wrapping import labels_of
from imbsuite.probability.columns import probability_of


class OneAgainstRest(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A view of a fitted classifier with the classes 0 and 1, where 1 is ``label``.

    Parameters
    ----------
    model : fitted classifier
    label : label
        The class that becomes 1; all others become 0.
    """

    def __init__(self, model: Any, label: Any) -> None:
        self.model = model
        self.label = label
        self.classes_ = np.arange(2)

    def predict(self, X: Any) -> NDArray[np.intp]:
        """Return 1 for rows that are predicted as the positive class, else 0."""
        return (labels_of(self.model, X) == self.label).astype(np.intp)

    def predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the probabilities of the rest and of the positive class, (n_rows, 2)."""
        known = np.asarray(self.model.classes_) == self.label
        p = probability_of(self.model, X)[:, known].sum(axis=1)
        return np.column_stack([1 - p, p])

    @available_if(lambda self: _has_one_score(self.model))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the decision function of the positive class; only with two classes."""
        score = np.asarray(self.model.decision_function(X))
        return score if self.model.classes_[1] == self.label else -score


def _has_one_score(model: Any) -> bool:
    return hasattr(model, "decision_function") and len(model.classes_) == 2
