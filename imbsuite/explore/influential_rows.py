"""The training rows on which the recall of a class depends most."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import lstsq
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import HasMethods, validate_parameter_constraints
from sklearn.utils.class_weight import compute_sample_weight

from imbsuite._arguments import refuse_misplaced
from imbsuite._intervals import Interval
from imbsuite._labels import refuse_label
from imbsuite._random import SEEDS, Seed, check_rng
from imbsuite._table import check_target, labels_of, single_target, sorted_classes, take
from imbsuite._types import Floats, Mask, Positions
from imbsuite.probability.columns import probability_of
from imbsuite.probability.source import source_prior
from imbsuite.probability.weighing import UnreadablePriorError

_OWNER = "influential_rows"
_CONSTRAINTS = {
    "model": [HasMethods(["fit", "predict_proba"])],
    "k": [Interval(Integral, 1, None, closed="left")],
    "n_random": [Interval(Integral, 1, None, closed="left")],
    "random_state": SEEDS,
}


@dataclass(frozen=True)
class InfluentialRows:
    """The result of :func:`influential_rows`.

    Attributes
    ----------
    rows : DataFrame
        The k rows, the most influential first: "row" (the position in X), "label", "p"
        (the predicted probability of the class) and "influence".
    influence : ndarray of shape (n_rows,) or None
        The change of the smooth recall when each row is removed, computed with the
        formula; None if the formula does not apply to the model.
    recall : float
        The recall of the class on the validation rows, with all training rows.
    recall_without : float
        The recall after the k rows are removed and the model is refitted.
    recall_without_random : ndarray of shape (n_random,)
        The recalls after k random rows of the class are removed.
    threshold : float
        t, which is the same for all recalls.
    """

    rows: pd.DataFrame
    influence: NDArray[np.floating[Any]] | None
    recall: float
    recall_without: float
    recall_without_random: NDArray[np.floating[Any]]
    threshold: float


def influential_rows(  # noqa: PLR0917 - two tables with their labels
    model: Any,
    X: Any,
    y: Any,
    X_val: Any,
    y_val: Any,
    label: Any,
    k: int = 10,
    *,
    n_random: int = 10,
    random_state: Seed = None,
) -> InfluentialRows:
    r"""Find the k training rows on which the recall of a class depends most.

    For a logistic regression of two classes, removing row i changes the smooth recall S by

    .. math::
        \Delta_i S = \frac{\nabla S^T H^{-1} g_i}{1 - h_i}, \qquad
        S = \frac1m \sum_{j: y_j = k} \sigma(z_j - \operatorname{logit} t)

    over the m validation rows of the class, with the gradient
    :math:`g_i = w_i (p_i - y_i) x_i` of the loss of the row, the Hessian
    :math:`H = \sum_i w_i p_i (1 - p_i) x_i x_i^T + C^{-1} I` (without a penalty on the
    intercept) and the leverage :math:`h_i = w_i p_i (1 - p_i) x_i^T H^{-1} x_i`. The k
    rows with the most negative changes are removed, and the model is refitted.

    Parameters
    ----------
    model : classifier with ``predict_proba``
        A clone is fitted. The formula is used for a ``LogisticRegression`` of two
        classes with an L2 penalty or none, alone or at the end of a pipeline. For other
        models, the rows of the class with the smallest probability of the class are
        selected.
    X, y : array-like
        Training rows.
    X_val, y_val : array-like
        Validation rows, on which recall is measured.
    label : label
        The class.
    k : int, default=10
        Number of rows to remove; must be less than the number of rows of the class.
    n_random : int, default=10
        Number of random sets of k rows of the class that are removed for comparison.
    random_state : int, Generator, RandomState or None, default=None
        Draws the random sets.

    Returns
    -------
    InfluentialRows

    Raises
    ------
    ValueError, TypeError
        If the input is invalid, ``label`` is not a class, k is not less than the number of
        its rows, or no validation row is of this class.

    Notes
    -----
    A row is predicted to be in the class if its probability is at least t, the share of
    the class in the training rows (weighted by the class weights of the model, if any).
    t stays the same when rows are removed. ``n_random + 2`` models are fitted.

    The changes for single rows agree with exact refits, but their sum is smaller than
    the change for all rows together, so the model is refitted. The formula
    underestimates the influence of rows that alone have a value, such as a rare
    category: its correlation with exact refits was .90 on a table with many such rows,
    and above .99 on others. On seven tables, removing 5 rows lowered recall by .051 ±
    .006, and removing 5 random rows of the class by .017 ± .002.

    **When it hurts.** Influential rows are not necessarily errors: they may be the only
    ones of their kind. A class that loses much recall without a few rows needs more
    rows like them.

    References
    ----------
    Koh, Liang. Understanding Black-box Predictions via Influence Functions. ICML 2017,
    arXiv:1703.04730, :doi:`10.48550/arXiv.1703.04730`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite.explore import influential_rows
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], [380, 20])
    >>> X = rng.normal(size=(400, 2)) + y[:, np.newaxis]
    >>> result = influential_rows(
    ...     LogisticRegression(), X[::2], y[::2], X[1::2], y[1::2], 1, k=3, random_state=0)
    >>> result.recall, result.recall_without, result.rows["label"].tolist()
    (0.9, 0.5, [1, 1, 1])
    """
    params = {
        "model": model,
        "k": k,
        "n_random": n_random,
        "random_state": random_state,
    }
    validate_parameter_constraints(_CONSTRAINTS, params, caller_name=_OWNER)
    refuse_misplaced(X, y, _OWNER)
    case = _read(model, (X, y), (X_val, y_val), label)
    members = np.flatnonzero(case.is_member)
    if k >= len(members):
        msg = (
            f"The 'k' parameter of {_OWNER} must be less than the number of rows of the "
            f"class {label!r}, {len(members)}. Got {k!r} instead."
        )
        raise ValueError(msg)
    recall = case.recall(case.fitted)  # raises for other columns
    p = case.probability(case.fitted, case.X)
    influence = _influence(case)
    order = np.where(case.is_member, p, np.inf) if influence is None else influence
    rows = np.argsort(order, kind="stable")[:k]
    rng = check_rng(random_state)
    random = [rng.choice(members, k, replace=False) for _ in range(n_random)]
    frame = pd.DataFrame({"row": rows, "label": case.y[rows], "p": p[rows]})
    frame["influence"] = np.nan if influence is None else influence[rows]
    return InfluentialRows(
        frame,
        influence,
        recall,
        case.recall_without(rows),
        np.array([case.recall_without(drawn) for drawn in random]),
        case.threshold,
    )


@dataclass(frozen=True)
class _Case:
    """A model, its rows, and the validation rows of the class.

    ``fitted``: the model, fitted on all rows.
    """

    model: Any
    fitted: Any
    X: Any
    y: NDArray[Any]
    classes: NDArray[Any]
    label: Any
    is_member: Mask
    X_members: Any
    threshold: float

    def probability(self, fitted: Any, X: Any) -> Floats:
        """Return the probability of the class."""
        column = labels_of(self.classes).index(self.label)
        return probability_of(fitted, X, self.classes)[:, column]

    def recall(self, fitted: Any) -> float:
        """Return the recall on the validation rows of the class."""
        return float(
            (self.probability(fitted, self.X_members) >= self.threshold).mean()
        )

    def recall_without(self, rows: Positions) -> float:
        """Return the recall of the model fitted without some rows."""
        kept = np.setdiff1d(np.arange(len(self.y)), rows)
        return self.recall(clone(self.model).fit(take(self.X, kept), self.y[kept]))


def _read(
    model: Any, train: tuple[Any, Any], validation: tuple[Any, Any], label: Any
) -> _Case:
    y, y_val = single_target(train[1]), single_target(validation[1], "y_val")
    check_consistent_length(train[0], y)
    check_consistent_length(validation[0], y_val)
    check_target(y, len(y), _OWNER)
    if isinstance(model, FrozenEstimator):
        msg = (
            f"The 'model' parameter of {_OWNER} must be a classifier that can be fitted "
            "without some rows. Got a FrozenEstimator instead."
        )
        raise ValueError(msg)
    classes = sorted_classes(y)
    refuse_label(label, classes, owner=_OWNER, name="label")
    positions = np.flatnonzero(y_val == label)
    if not len(positions):
        msg = (
            f"y_val must have rows of the class {label!r}. Got the classes "
            f"{labels_of(sorted_classes(y_val))} instead."
        )
        raise ValueError(msg)
    X, X_val = (
        x if hasattr(x, "shape") else np.asarray(x) for x, _ in (train, validation)
    )
    fitted = clone(model).fit(X, y)
    prior = _prior(fitted, np.array([(y == one).sum() for one in classes]), classes)
    return _Case(
        model,
        fitted,
        X,
        y,
        classes,
        label,
        is_member=y == label,
        X_members=take(X_val, positions),
        threshold=float(prior[labels_of(classes).index(label)]),
    )


def _prior(fitted: Any, counts: NDArray[Any], classes: NDArray[Any]) -> Floats:
    """Return the effective prior of a model; the shares of rows if it cannot be read."""
    try:
        return source_prior(fitted, classes, counts)
    except UnreadablePriorError:
        return np.asarray(counts / counts.sum())


def _influence(case: _Case) -> Floats | None:
    """Return the change of S when each row is removed; None if there is no formula."""
    fitted = case.fitted
    linear = fitted[-1] if isinstance(fitted, Pipeline) else fitted
    penalty = _penalty(linear)
    if penalty is None or len(case.classes) > 2:
        return None
    before = fitted[:-1].transform if isinstance(fitted, Pipeline) else lambda X: X
    x, x_val = (_with_ones(before(X), linear) for X in (case.X, case.X_members))
    theta = np.append(
        linear.coef_[0], linear.intercept_ if linear.fit_intercept else []
    )
    sign = 1.0 if linear.classes_[1] == case.label else -1.0
    p, member = expit(sign * (x @ theta)), case.is_member
    weight = compute_sample_weight(linear.class_weight, case.y)
    curvature = weight * p * (1 - p)
    hessian = (x.T * curvature) @ x + np.diag(penalty)
    probability = expit(sign * (x_val @ theta) - logit(case.threshold))
    slope = (probability * (1 - probability)) @ x_val / len(x_val)
    # With collinear columns, H has no inverse; least squares gives the same change.
    solved = lstsq(hessian, np.column_stack([slope, x.T]))[0]
    leverage = curvature * (x * solved[:, 1:].T).sum(axis=1)
    return np.asarray(weight * (p - member) * (x @ solved[:, 0]) / (1 - leverage))


def _with_ones(X: Any, linear: LogisticRegression) -> Floats:
    dense = X.toarray() if hasattr(X, "toarray") else X
    x = np.asarray(dense, dtype=np.float64)
    return np.column_stack([x, np.ones(len(x))]) if linear.fit_intercept else x


def _penalty(linear: Any) -> Floats | None:
    """Return the diagonal of the penalty's Hessian; None if it is not an L2 penalty."""
    if type(linear) is not LogisticRegression:
        return None
    # Since scikit-learn 1.8, l1_ratio determines the penalty.
    kind = getattr(linear, "penalty", "deprecated")
    if kind not in (None, "l2", "deprecated") or (kind != "l2" and linear.l1_ratio):
        return None
    strength = 0.0 if kind is None else 1 / linear.C
    slopes = np.full(linear.coef_.shape[1], strength)
    if not linear.fit_intercept:
        return slopes
    scaled = linear.solver == "liblinear"  # which penalizes the intercept as well
    return np.append(slopes, strength / linear.intercept_scaling**2 if scaled else 0.0)
