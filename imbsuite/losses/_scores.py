"""The base class of classifiers that predict from the scores of a loss."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._types import Floats
from imbsuite._wrapping import Decides, LogProbabilities
from imbsuite.losses.base import BoundLoss
from imbsuite.losses.link import FittedLink


class ScoreClassifier(Decides, LogProbabilities):
    """A mixin for classifiers with scores, and a link that returns probabilities."""

    # Class weights change scores, not probabilities.
    _weights_move_prior = False

    classes_: NDArray[Any]
    link_: BoundLoss | FittedLink

    @abstractmethod
    def decision_function(self, X: Any) -> Floats:
        """Return the scores that determine the predicted class."""

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the predicted class of each row, of shape (n_rows,)."""
        scores = self.decision_function(X)
        decided = scores >= 0 if scores.ndim == 1 else scores.argmax(axis=1)
        return np.asarray(self.classes_[decided.astype(np.intp)])

    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities for the class shares of the training data.

        Their shape is (n_rows, n_classes). Class weights and adjustments do not change
        them, so the most probable class may differ from ``predict``.
        """
        scores = self.decision_function(X)
        return self.link_.proba(scores)
