"""A scorer that measures what the decisions of a classifier cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.decision.cost_forms import read_costs


class CostScorer:
    """Negative mean cost per row of the labels that a classifier predicts.

    Parameters
    ----------
    cost : mapping, DataFrame, array-like or callable
        Costs, as for ``CostThresholdClassifier``.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    positive : int or None
        Index of the positive class, for costs that name cells such as "fp".
    """

    def __init__(self, cost: Any, classes: NDArray[Any], positive: int | None) -> None:
        self._classes = classes
        self._costs = read_costs(cost, classes, positive=positive)

    def __call__(self, model: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score of a fitted classifier; greater is better."""
        truth, decided = (
            np.searchsorted(self._classes, labels) for labels in (y, model.predict(X))
        )
        losses = self._costs.losses(X, truth)[np.arange(len(truth)), decided]
        return -float(np.average(losses, weights=sample_weight))
