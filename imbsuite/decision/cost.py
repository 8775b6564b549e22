"""Decisions of least expected cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import HasMethods

from imbsuite._given import Given
from imbsuite._table import each_row
from imbsuite.decision._base import Codes, DecidingClassifier, Floats

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
    threshold_ : ndarray of shape (2,)
        Of two classes, if costs are the same for all rows and no decision is always the
        cheaper one: the second is decided for where its probability reaches
        ``threshold_[1]``; they sum to 1.

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

    def _learn(self, given: Given, codes: Codes) -> None:
        self.__dict__.pop("threshold_", None)
        if not callable(self.cost):
            table = self._matrix(self.cost, None)
            # What a wrong decision costs above the right one; two classes: (FP, FN).
            wrong = table.sum(axis=1) - 2 * table.diagonal()
            if len(table) == 2 and (wrong > 0).all():
                self.threshold_ = wrong[::-1] / wrong.sum()
        super()._learn(given, codes)

    def predict(self, X: Any, cost: Any = None) -> NDArray[Any]:
        """Return the class of least expected cost for each row, (n_rows,).

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        cost : array-like of shape (n_rows, n_classes, n_classes), default=None
            Instead of the costs that the classifier was made with.
        """
        probability = self._probability(self._fitted(), X)
        table = self._table(X, cost, len(probability))
        if probability.shape[1] == 2:
            # p1 >= c_FP / (c_FP + c_FN), as costs above those of the right decision.
            false = table[..., 0, 1] - table[..., 0, 0]
            miss = table[..., 1, 0] - table[..., 1, 1]
            total = false + miss
            with np.errstate(divide="ignore", invalid="ignore"):
                reached = probability[:, 1] >= false / total
            plain = probability[:, 1] * total >= false
            cheapest = np.where(total > 0, reached, plain).astype(np.intp)
        else:
            cheapest = _expected(probability, table).argmin(axis=1)
        labels: NDArray[Any] = self.classes_[cheapest]
        return labels

    def expected_cost(self, X: Any, cost: Any = None) -> Floats:
        """Return the expected cost of each decision, (n_rows, n_classes)."""
        probability = self._probability(self._fitted(), X)
        return _expected(probability, self._table(X, cost, len(probability)))

    def _table(self, X: Any, cost: Any, n_rows: int) -> Floats:
        """Return one table of costs, or one for each row."""
        given = self.cost if cost is None else cost
        if callable(given):
            given = self._by_row(given, X)
        return self._matrix(given, n_rows)

    def _matrix(self, given: Any, n_rows: int | None) -> Floats:
        """Return costs of shape (n_classes, n_classes), with rows before it or not."""
        k = len(self.classes_)
        if given is None:
            return 1.0 - np.eye(k)
        table = np.asarray(given, dtype=np.float64)
        shapes = {(k, k)} if n_rows is None else {(k, k), (n_rows, k, k)}
        if table.shape not in shapes or not np.isfinite(table).all():
            msg = (
                f"cost has the shape {table.shape}; give finite numbers of shape "
                f"({k}, {k}), true classes in rows and decisions in columns, in the order "
                f"{self.classes_.tolist()}; to predict, also one such table for each row."
            )
            raise ValueError(msg)
        return table

    def _by_row(self, function: Callable[[Any, Any, Any], float], X: Any) -> Floats:
        """Return what the user's function says of each row."""
        labels = self.classes_.tolist()
        tables = [
            [[function(i, j, row) for j in labels] for i in labels]
            for row in each_row(X)
        ]
        return np.asarray(tables, dtype=np.float64)


def _expected(probability: Floats, table: Floats) -> Floats:
    subscripts = "ni,ij->nj" if table.ndim == 2 else "ni,nij->nj"
    return np.asarray(np.einsum(subscripts, probability, table))
