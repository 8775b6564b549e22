"""The ``decide`` parameter of a search, as a threshold classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import clone

from imbsuite.decision import (
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    TunedThresholdClassifier,
)
from imbsuite.decision._base import DecidingClassifier
from imbsuite.decision.constrained import CONSTRAINTS


def read_decision(decide: Any, *, confidence: float | None = None) -> Any:
    """Return the threshold classifier for ``decide``, without an estimator.

    Parameters
    ----------
    decide : str, callable, mapping, DataFrame, array-like, threshold classifier or None
        A metric of labels, for which thresholds are tuned; costs, as for
        :class:`CostThresholdClassifier`; constraints, such as ``{"recall": 0.9}``; an
        unfitted threshold classifier, whose estimator is ignored; or None.
    confidence : float, default=None
        With constraints only: the probability with which they hold for new rows.

    Returns
    -------
    DecidingClassifier or None
        None if the model predicts its own labels.

    Raises
    ------
    ValueError
        If ``confidence`` is passed without constraints.
    TypeError
        If ``decide`` is a class, or an estimator that is not a threshold classifier.
    """
    constrained = _are_constraints(decide)
    if confidence is not None and not constrained:
        msg = (
            "The 'confidence' parameter of StrategySearchCV requires constraints, such as "
            f"decide={{'recall': 0.9}}. Got confidence={confidence!r} and "
            f"decide={decide!r} instead."
        )
        raise ValueError(msg)
    if decide is None:
        return None
    if constrained:
        return ConstrainedThresholdClassifier(
            None,
            subject_to=dict(decide),
            maximize="recall" if "precision" in decide else "precision",
            confidence=confidence,
        )
    if isinstance(decide, DecidingClassifier):
        return clone(decide).set_params(estimator=None)
    if isinstance(decide, type) or hasattr(decide, "fit"):
        msg = (
            "The 'decide' parameter of StrategySearchCV must be a metric, costs, "
            "constraints, an unfitted threshold classifier of imbsuite, or None. Got "
            f"{decide!r} instead."
        )
        raise TypeError(msg)
    if isinstance(decide, str) or hasattr(decide, "_score_func"):
        return TunedThresholdClassifier(None, scoring=decide)
    return CostThresholdClassifier(None, cost=decide)


def _are_constraints(decide: Any) -> bool:
    is_mapping = isinstance(decide, Mapping) and bool(decide)
    return is_mapping and set(decide) <= set(CONSTRAINTS)
