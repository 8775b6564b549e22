"""Decisions of least expected cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import HasMethods

from imbsuite._table import each_row
from imbsuite.decision._base import DecidingClassifier, Floats

__all__ = ["CostThresholdClassifier"]


class CostThresholdClassifier(DecidingClassifier):
    r"""Decide for the class of least expected cost.

    .. math:: \hat y = \arg\min_j \sum_i p_i\, C_{ij}

    where :math:`C_{ij}` is what it costs to decide j where i is true. Two classes with
    free correct decisions: :math:`p_1 \ge c_{FP} / (c_{FP} + c_{FN})`.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Its probabilities should be true: after resampling, correct them first. A fitted
        one goes inside ``FrozenEstimator``.
    cost : array-like of shape (n_classes, n_classes), or callable, default=None
        C, rows and columns in the order of ``classes_`` (sorted labels); gains are
        negative. A callable of (true label, decided label, row) returns a number; row is
        a dict of a dataframe's columns, or an ndarray. None: every mistake costs 1.

    Attributes
    ----------
    estimator_ : classifier
        The fitted copy.
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, TypeError
        If the input or the costs cannot be used.

    Notes
    -----
    Costs that differ by row may also be given to ``predict`` as ``cost``, (n_rows,
    n_classes, n_classes). Of two classes that cost the same, the second is decided for;
    of more, the first.

    **When it hurts.** Probabilities that are off by a factor move the decision by that
    factor, and costs that are guessed are not measured.

    References
    ----------
    Elkan. The foundations of cost-sensitive learning. IJCAI 2001, 973-978,
    :doi:`10.5555/1642194.1642224`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import CostThresholdClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 0, 1]
    >>> model = CostThresholdClassifier(LogisticRegression(), cost=[[0, 1], [5, 0]])
    >>> model.fit(X, y).predict(X)  # a miss costs as much as five false alarms
    array([0, 0, 1, 1])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "cost": ["array-like", callable, None],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        cost: Any | Callable[[Any, Any, Any], float] = None,
    ) -> None:
        self.estimator = estimator
        self.cost = cost

    def _learn(self, X: Any, y: Any, codes: Any, weight: Any, groups: Any) -> None:
        if not callable(self.cost):
            self._matrix(self.cost, 1)
        super()._learn(X, y, codes, weight, groups)

    def predict(self, X: Any, cost: Any = None) -> NDArray[Any]:
        """Return the class of least expected cost for each row, (n_rows,).

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        cost : array-like of shape (n_rows, n_classes, n_classes), default=None
            Instead of the costs that the classifier was made with.
        """
        expected = self.expected_cost(X, cost)
        if expected.shape[1] == 2:
            cheapest = (expected[:, 1] <= expected[:, 0]).astype(np.intp)
        else:
            cheapest = expected.argmin(axis=1)
        labels: NDArray[Any] = self.classes_[cheapest]
        return labels

    def expected_cost(self, X: Any, cost: Any = None) -> Floats:
        """Return the expected cost of each decision, (n_rows, n_classes)."""
        probability = self._probability(self._fitted(), X)
        given = self.cost if cost is None else cost
        if callable(given):
            table = self._by_row(X)
        else:
            table = self._matrix(given, len(probability))
        subscripts = "ni,ij->nj" if table.ndim == 2 else "ni,nij->nj"
        return np.asarray(np.einsum(subscripts, probability, table))

    def _matrix(self, given: Any, n_rows: int) -> Floats:
        """Return costs of shape (n_classes, n_classes), with rows before it or not."""
        k = len(self.classes_)
        if given is None:
            return 1.0 - np.eye(k)
        table = np.asarray(given, dtype=np.float64)
        if table.shape not in {(k, k), (n_rows, k, k)} or not np.isfinite(table).all():
            msg = (
                f"cost has the shape {table.shape}; give finite numbers of shape "
                f"({k}, {k}), true classes in rows and decisions in columns, in the order "
                f"{self.classes_.tolist()}; to predict, also one such table for each row."
            )
            raise ValueError(msg)
        return table

    def _by_row(self, X: Any) -> Floats:
        """Return what the user's function says of each row."""
        labels = self.classes_.tolist()
        tables = [
            [[self.cost(i, j, row) for j in labels] for i in labels]
            for row in each_row(X)
        ]
        return np.asarray(tables, dtype=np.float64)
