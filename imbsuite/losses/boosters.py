"""What LightGBM and XGBoost call the same things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier

from imbsuite._types import Floats
from imbsuite.losses.objectives import lightgbm_factor, xgboost_factor


class Booster(NamedTuple):
    """A library of boosted trees.

    ``init_key``: the keyword of fit for the scores to start from; ``replaced``: values of
    the parameter ``objective`` that a loss may replace; ``factor``: of curvatures, given
    the number of classes; ``scores``: of a model, rows and the scores to start from.
    """

    init_key: str
    replaced: tuple[Any, ...]
    factor: Callable[[int], float]
    scores: Callable[[Any, Any, Floats], Any]


_LIBRARIES = {
    "lightgbm": Booster(
        "init_score",
        (None, "binary", "multiclass", "softmax"),
        lightgbm_factor,
        # The scores to start from are not part of the model.
        lambda model, X, start: model.predict(X, raw_score=True) + start,
    ),
    "xgboost": Booster(
        "base_margin",
        (None, "binary:logistic", "multi:softprob", "multi:softmax"),
        xgboost_factor,
        lambda model, X, start: model.predict(X, output_margin=True, base_margin=start),
    ),
}


def booster_of(estimator: Any) -> Booster:
    """Return the library of a classifier.

    Raises
    ------
    ValueError
        If it is of none that takes a custom objective, or has one already.
    """
    roots = [kind.__module__.partition(".")[0] for kind in type(estimator).__mro__]
    found = [_LIBRARIES[root] for root in roots if root in _LIBRARIES]
    if not found or not is_classifier(estimator):
        msg = (
            "The 'estimator' parameter of BoostedLossClassifier must be a classifier of "
            f"LightGBM or XGBoost, which take a custom objective. Got {estimator!r} "
            "instead. In a pipeline, BoostedLossClassifier is the last step."
        )
        raise ValueError(msg)
    objective = estimator.get_params().get("objective")
    if not any(objective is one or objective == one for one in found[0].replaced):
        msg = (
            "The 'objective' parameter of the estimator in BoostedLossClassifier must be "
            f"left at its default, as the loss takes its place. Got {objective!r} instead."
        )
        raise ValueError(msg)
    return found[0]


def start_of(init_score: Floats, n_rows: int) -> Floats:
    """Return the constant score for each row, (n_rows,) or (n_rows, n_classes)."""
    start = np.tile(init_score, (n_rows, 1))
    return start[:, 0] if len(init_score) == 1 else start
