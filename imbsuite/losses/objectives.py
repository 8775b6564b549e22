"""Losses as custom objectives of LightGBM and XGBoost."""

from __future__ import annotations

from typing import Any

from imbsuite._types import Floats
from imbsuite.losses.base import Loss
from imbsuite.losses.log_probability import BoundLogProbability
from imbsuite.losses.names import find_loss


class BoostingObjective:
    """The gradient and the curvature of a loss, with the signature of boosters.

    Attributes
    ----------
    bound : bound loss
        Its ``proba(scores)`` inverts the link exactly.
    init_score : ndarray of shape (1,) or (n_classes,)
        The best constant score. For each row, it must be passed to ``fit``, as
        ``init_score`` of LightGBM or ``base_margin`` of XGBoost, and be added
        (LightGBM) or passed (XGBoost) in predictions.
    """

    def __init__(self, bound: BoundLogProbability, factor: float) -> None:
        self.bound = bound
        self.init_score = bound.constant()
        self._factor = factor

    # Both libraries read the names and the number of the arguments.
    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> tuple[Floats, Floats]:
        """Return the gradient and the curvature of each row's loss.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,)
            Codes from 0 to n_classes - 1.
        y_pred : ndarray of shape (n_rows,) or (n_rows, n_classes)
            Scores.
        sample_weight : array-like of shape (n_rows,), default=None
        """
        if hasattr(y_pred, "get_label"):  # train() passes scores and the data set
            scores, data = y_true, y_pred
            y_true, y_pred, sample_weight = data.get_label(), scores, data.get_weight()
        if sample_weight is not None and not len(sample_weight):
            sample_weight = None
        gradient, curvature = self.bound.derivatives(y_pred, y_true, sample_weight)
        return gradient, self._factor * curvature


def lightgbm_objective(
    loss: str | Loss, counts: Any, class_weight: Any = None
) -> BoostingObjective:
    """Return a loss as an objective of LightGBM, for ``LGBMClassifier`` or ``train``.

    Parameters
    ----------
    loss : str or Loss
        A loss of log-probabilities; see ``LinearLossClassifier``.
    counts : array-like of shape (n_classes,)
        The number of rows of each class, or the sum of their weights.
    class_weight : None, "balanced", "effective", mapping or array-like, default=None
        The weight of each class; a mapping has codes from 0 to n_classes - 1 as keys.

    Returns
    -------
    BoostingObjective
        A callable with the attributes ``init_score``, the constant score from which
        boosting starts, and ``bound``, whose ``proba(scores)`` returns probabilities.

    Raises
    ------
    ValueError
        If the loss is a metric, or a parameter is out of range.

    Notes
    -----
    The second derivative is scaled as in LightGBM's own objectives: with K > 2 classes,
    it is multiplied by K / (K - 1).

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.losses import lightgbm_objective
    >>> objective = lightgbm_objective("focal", counts=[90, 10])
    >>> gradient, curvature = objective(np.array([0, 1]), np.zeros(2))
    >>> gradient.round(3).tolist()
    [0.298, -0.298]
    """
    bound = bound_for_boosting(loss, counts, class_weight)
    return BoostingObjective(bound, lightgbm_factor(len(bound.counts)))


def xgboost_objective(
    loss: str | Loss, counts: Any, class_weight: Any = None
) -> BoostingObjective:
    """Return a loss as an objective of XGBoost, for ``XGBClassifier`` or ``train``.

    Parameters
    ----------
    loss : str or Loss
        A loss of log-probabilities; see ``LinearLossClassifier``.
    counts : array-like of shape (n_classes,)
        The number of rows of each class, or the sum of their weights.
    class_weight : None, "balanced", "effective", mapping or array-like, default=None
        The weight of each class; a mapping has codes from 0 to n_classes - 1 as keys.

    Returns
    -------
    BoostingObjective
        A callable with the attributes ``init_score``, the ``base_margin`` from which
        boosting starts, and ``bound``, whose ``proba(scores)`` returns probabilities.

    Raises
    ------
    ValueError
        If the loss is a metric, or a parameter is out of range.

    Notes
    -----
    The second derivative is scaled as in XGBoost's own objectives: with more than two
    classes, it is doubled.

    Examples
    --------
    >>> from imbsuite.losses import xgboost_objective
    >>> objective = xgboost_objective("log_loss", counts=[90, 10])
    >>> objective.init_score.round(3).tolist()  # log(10 / 90)
    [-2.197]
    """
    bound = bound_for_boosting(loss, counts, class_weight)
    return BoostingObjective(bound, xgboost_factor(len(bound.counts)))


def bound_for_boosting(
    loss: str | Loss, counts: Any, class_weight: Any
) -> BoundLogProbability:
    """Return the bound loss, which must be a mean over rows."""
    unbound = find_loss(loss)
    if not unbound.is_mean_over_rows:
        msg = (
            "The 'loss' parameter must be a loss of log-probabilities for boosting, "
            f"which requires first and second derivatives for each row. Got {loss!r} "
            "instead. Tune a threshold for a metric: TunedThresholdClassifier."
        )
        raise ValueError(msg)
    bound = unbound.bind(counts, class_weight)
    if not isinstance(bound, BoundLogProbability):
        msg = f"The 'loss' parameter must be one of imbsuite.losses. Got {loss!r} instead."
        raise ValueError(msg)
    return bound


def lightgbm_factor(n_classes: int) -> float:
    """Return the factor by which LightGBM multiplies curvatures."""
    return n_classes / (n_classes - 1) if n_classes > 2 else 1.0


def xgboost_factor(n_classes: int) -> float:
    """Return the factor by which XGBoost multiplies curvatures."""
    return 2.0 if n_classes > 2 else 1.0
