"""Parameters of LightGBM and XGBoost that matter with a custom objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier

from imbsuite._types import Floats
from imbsuite.losses.objectives import lightgbm_factor, xgboost_factor


class Booster(NamedTuple):
    """A library of boosted trees.

    ``init_key``: the keyword of ``fit`` for starting scores; ``allowed``: for all names
    of a parameter, its allowed values and the reason; ``needs``: parameters to set
    unless the user sets them; ``factor``: a function of the number of classes that
    returns the factor of curvatures; ``scores``: a function of a model, rows and
    starting scores that returns scores.
    """

    init_key: str
    allowed: Mapping[tuple[str, ...], tuple[tuple[Any, ...], str]]
    needs: Mapping[str, Any]
    factor: Callable[[int], float]
    scores: Callable[[Any, Any, Floats], Any]


_BY_LOSS = "as the loss takes its place"
_NO_STOPPING = (None, False, 0), "as there are no rows to stop by"
_BY_LABELS = (None,), "as the labels determine it"
_LIBRARIES = {
    "lightgbm": Booster(
        "init_score",
        {
            ("objective", "objective_type", "application", "app", "loss"): (
                (None, "binary", "multiclass", "softmax"),
                _BY_LOSS,
            ),
            ("boosting_type", "boosting", "boost"): (
                (None, "gbdt", "gbrt", "dart", "goss"),
                "as random forests do not start from scores",
            ),
            (
                "early_stopping_round",
                "early_stopping_rounds",
                "early_stopping",
                "n_iter_no_change",
            ): _NO_STOPPING,
            ("num_class", "num_classes"): _BY_LABELS,
        },
        # With a custom objective, LightGBM fails if this filter leaves no feature: with
        # constant columns, or fewer than 2 min_child_samples rows.
        {"feature_pre_filter": False},
        lightgbm_factor,
        # Starting scores are not part of the model.
        lambda model, X, start: model.predict(X, raw_score=True) + start,
    ),
    "xgboost": Booster(
        "base_margin",
        {
            ("objective",): (
                (None, "binary:logistic", "multi:softprob", "multi:softmax"),
                _BY_LOSS,
            ),
            ("early_stopping_rounds",): _NO_STOPPING,
            ("num_class",): _BY_LABELS,
        },
        {},
        xgboost_factor,
        lambda model, X, start: model.predict(X, output_margin=True, base_margin=start),
    ),
}


def booster_of(estimator: Any) -> Booster:
    """Return the library of a classifier.

    Raises
    ------
    ValueError
        If the classifier does not support a custom objective, or has a parameter that
        is incompatible with one.
    """
    roots = [kind.__module__.partition(".")[0] for kind in type(estimator).__mro__]
    libraries = [_LIBRARIES[root] for root in roots if root in _LIBRARIES]
    if not libraries or not is_classifier(estimator):
        msg = (
            "The 'estimator' parameter of BoostedLossClassifier must be a classifier of "
            f"LightGBM or XGBoost, which take a custom objective. Got {estimator!r} "
            "instead. In a pipeline, BoostedLossClassifier is the last step."
        )
        raise ValueError(msg)
    _check_parameters(estimator.get_params(), libraries[0])
    return libraries[0]


def _check_parameters(params: Mapping[str, Any], booster: Booster) -> None:
    """Raise ValueError for a value that is not allowed."""
    for names, (values, reason) in booster.allowed.items():
        for name in names:
            value = params.get(name)
            if not any(value is one or value == one for one in values):
                msg = (
                    f"The {name!r} parameter of the estimator in BoostedLossClassifier "
                    f"must be left at its default, {reason}. Got {value!r} instead."
                )
                raise ValueError(msg)


def start_of(init_score: Floats, n_rows: int) -> Floats:
    """Return the constant score for each row, (n_rows,) or (n_rows, n_classes)."""
    start = np.tile(init_score, (n_rows, 1))
    return start[:, 0] if len(init_score) == 1 else start
