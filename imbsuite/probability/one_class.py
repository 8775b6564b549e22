"""One class against the rest, as scikit-learn's scorers expect two classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if

from imbsuite._wrapping import labels_of
from imbsuite.probability.columns import probability_of

__all__ = ["OneAgainstRest"]


class OneAgainstRest(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier that speaks as scikit-learn's scorers expect: 1 is positive.

    Parameters
    ----------
    model : fitted classifier
    label : label
        The class that is 1; the others are 0.
    """

    def __init__(self, model: Any, label: Any) -> None:
        self.model = model
        self.label = label
        self.classes_ = np.arange(2)

    def predict(self, X: Any) -> NDArray[np.intp]:
        """Return whether each row was given the positive class."""
        return (labels_of(self.model, X) == self.label).astype(np.intp)

    def predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the probabilities of the others, and of the positive class."""
        known = np.asarray(self.model.classes_) == self.label
        p = probability_of(self.model, X)[:, known].sum(axis=1)
        return np.column_stack([1 - p, p])

    @available_if(lambda self: _has_one_score(self.model))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the score of the positive one of two classes."""
        score = np.asarray(self.model.decision_function(X))
        return score if self.model.classes_[1] == self.label else -score


def _has_one_score(model: Any) -> bool:
    return hasattr(model, "decision_function") and len(model.classes_) == 2
