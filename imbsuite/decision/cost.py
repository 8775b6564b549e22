"""A classifier that predicts the class with the least expected cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from imbsuite._fit_inputs import FitInputs
from imbsuite._parameters import parameter
from imbsuite._table import labels_of, ordered_labels
from imbsuite._types import Codes, Floats
from imbsuite.decision._base import DecidingClassifier
from imbsuite.decision.cost_forms import costs_of_label, names_cells, read_costs
from imbsuite.decision.costs import cheapest, expected_costs
from imbsuite.probability.predicted import OutOfFold


class CostThresholdClassifier(DecidingClassifier):
    r"""Predict the class with the least expected cost.

    .. math:: \hat y = \arg\min_j \sum_i p_i\, C_{ij}

    where :math:`C_{ij}` is the cost of predicting j if the true class is i. With two
    classes and no cost for correct decisions:
    :math:`p_1 \ge c_{FP} / (c_{FP} + c_{FN})`.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Its probabilities should be calibrated: correct them after resampling. To use a
        fitted classifier, wrap it in ``FrozenEstimator``.
    cost : mapping, DataFrame, array-like or callable, default=None
        C, in one of the following forms. Gains are negative costs.

        - ``{true: {decided: cost}}``, or a pandas DataFrame with true labels as its index
          and decided labels as its columns, in any order.
        - ``{"fp": 1, "fn": 20}`` for two classes: the costs of false positives and false
          negatives; "tp" and "tn" default to 0.
        - array-like of shape (n_classes, n_classes), true classes in rows: in the order of
          an ordered target, or of sorted labels that are numbers or booleans. Other
          labels have no known order, so they need one of the forms above, unless all
          mistakes have the same cost and all correct decisions have the same cost.
        - a callable of (true label, decided label, row), which returns a number; row is a
          dict of a dataframe's columns, or an ndarray.

        Costs may differ by row: pass the name of a column of X instead of a number, such as
        ``{"fp": 5, "fn": "amount"}``. The column stays a feature, unless the estimator
        drops it. None: every mistake costs 1.

        For multilabel targets: costs that apply to every label, or ``{label: costs}``.
    pos_label : label, default=None
        The positive class, if ``cost`` has "fp" and "fn". None: the rarer of two
        classes by weight; if weights make them equal, by the number of rows with
        nonzero weight. If their shares differ by at most 0.05, the last of ``classes_``
        is taken, with a warning.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    classes_ : ndarray of shape (n_classes,)
    pos_label_ : label
        The positive class, if ``cost`` depends on one or ``pos_label`` was passed.
    threshold_ : ndarray of shape (2,)
        Only with two classes, costs that are the same for all rows, and no decision
        that is always cheaper: the second class is predicted if its probability is at
        least ``threshold_[1]``. The entries sum to 1. For multilabel targets, the
        threshold on the probability of each label, of shape (n_labels,).
    label_names_ : list
        For multilabel targets: the names of the labels.

    Raises
    ------
    ValueError, TypeError
        If the input or the costs are invalid: labels that are unknown or missing, a
        mistake without a cost, a column that is not in X; from ``predict``, costs of
        rows that are missing, infinite or not numeric.

    Notes
    -----
    Costs that differ by row may also be passed to ``predict`` as ``cost``. With two
    classes, ties go to the second; with more, to the first.

    **When it hurts.** If probabilities are wrong by a factor, so is the threshold; and
    costs are often guesses.

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

    estimator: Any = parameter(kw_only=False)
    cost: Any | Callable[[Any, Any, Any], float] = None
    pos_label: Any = None

    _afterwards: ClassVar[str] = "threshold: least expected cost"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        # Valid costs depend on the classes, which are only known in ``fit``.
        "cost": "no_validation",
    }

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        self._order = ordered_labels(inputs.y)
        positive = self._find_positive(codes, inputs.weight)
        costs = read_costs(
            self.cost, self.classes_, order=self._order, positive=positive
        )
        costs.check_columns(inputs.X)
        self._costs = costs
        if costs.is_fixed and len(self.classes_) == 2:
            # The excess cost of each mistake over the correct decision: (FP, FN).
            wrong = costs.fixed.sum(axis=1) - 2 * costs.fixed.diagonal()
            if (wrong > 0).all():
                self.threshold_ = wrong[::-1] / wrong.sum()
        super()._learn(inputs, codes)

    # --- Multilabel targets

    def _is_constant(self, *_: Any) -> bool:
        return False  # costs do not depend on which labels rows have

    def _of_label(self, name: Any) -> dict[str, Any]:
        return {"cost": costs_of_label(self.cost, name, self.label_names_)}

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        thresholds = [getattr(rule, "threshold_", None) for rule in self._rules]
        if all(threshold is not None for threshold in thresholds):
            self.threshold_ = np.array([t[1] for t in thresholds if t is not None])

    def _metrics_of_positive(self, n_classes: int) -> list[str]:
        return ["cost"] if n_classes == 2 and names_cells(self.cost) else []

    def predict(self, X: Any, cost: Any = None) -> NDArray[Any]:
        """Return the class with the least expected cost for each row, of shape (n_rows,).

        For multilabel targets, each label is decided separately, and the result has the
        shape (n_rows, n_labels).

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        cost : DataFrame, mapping, array-like or callable, default=None
            Replaces the parameter ``cost``, in the same forms. Here a cost may also be
            an array of shape (n_rows,), and costs without labels an array of shape
            (n_rows, n_classes, n_classes).
        """
        self._fitted()
        if self._has_labels():
            rules = zip(self._each_rule(X), self._cost_of_each(cost), strict=True)
            return self._as_labels(
                [rule._decide(X, p, own) for (rule, p), own in rules]
            )
        probability = self._probability(self.estimator_, X)
        return np.asarray(self.classes_[self._decide(X, probability, cost)])

    def _decide(self, X: Any, probability: Floats, cost: Any = None) -> Codes:
        return cheapest(probability, self._table(X, cost))

    def expected_cost(self, X: Any, cost: Any = None) -> Floats:
        """Return the expected cost of each decision, of shape (n_rows, n_classes).

        For multilabel targets, the expected costs of deciding 0 and 1 for each label,
        of shape (n_rows, n_labels, 2).
        """
        self._fitted()
        if self._has_labels():
            rules = zip(self._each_rule(X), self._cost_of_each(cost), strict=True)
            costs = [expected_costs(p, rule._table(X, own)) for (rule, p), own in rules]
            return np.stack(costs, axis=1)
        probability = self._probability(self.estimator_, X)
        return expected_costs(probability, self._table(X, cost))

    def _cost_of_each(self, cost: Any) -> list[Any]:
        """Return the costs of each label, given the argument of a method."""
        names = self.label_names_
        return [costs_of_label(cost, name, names) for name in names]

    def _table(self, X: Any, cost: Any) -> Floats:
        """Return the costs of all rows, (K, K), or of each row, (n_rows, K, K)."""
        if cost is None:
            return self._costs.table(X)
        label = getattr(self, "pos_label_", None)
        positive = None if label is None else labels_of(self.classes_).index(label)
        costs = read_costs(
            cost, self.classes_, order=self._order, positive=positive, by_row=True
        )
        return costs.table(X)
