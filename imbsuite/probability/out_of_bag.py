"""Probabilities by the members of an ensemble that were not fitted on a row.

One fit gives them, where cross-validation takes one for each fold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from imbsuite._fit_inputs import FitInputs
from imbsuite._warning import warn
from imbsuite._wrapping import keyword_of, name_of
from imbsuite.probability.columns import check_probability, in_columns
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.splits import SplitTable


def fit_out_of_bag(
    estimator: Any, inputs: FitInputs, classes: NDArray[Any]
) -> OutOfFold:
    """Fit an ensemble on all rows, and return its out-of-bag predictions.

    Parameters
    ----------
    estimator : classifier
        A ``ResampledEnsembleClassifier``, a forest or a bagging classifier of
        scikit-learn, alone or at the end of a pipeline. ``oob_score`` is set.
    inputs : FitInputs
    classes : ndarray of shape (n_classes,)
        The class of each column of the result.

    Raises
    ------
    ValueError
        If the estimator has no out-of-bag predictions of the rows, or does not keep
        groups together.
    """
    prefix, ensemble = _last_step(estimator)
    is_fitted = isinstance(ensemble, FrozenEstimator)
    # In imbalanced-learn's, rows that a sampler cut are out of bag: noise is predictable.
    if (
        is_fitted
        or not hasattr(ensemble, "oob_score")
        or _comes_from("imblearn", ensemble)
    ):
        raise _without_bags(estimator)
    if inputs.groups is not None and keyword_of(estimator, "groups") is None:
        msg = (
            f"cv='oob' cannot keep groups together: {name_of(estimator)} draws single "
            "rows. Use a ResampledEnsembleClassifier, or folds."
        )
        raise ValueError(msg)
    fresh = clone(estimator)
    if not ensemble.oob_score:
        fresh.set_params(**{f"{prefix}oob_score": True})
    fitted = inputs.fit(fresh)
    predicted = _last_step(fitted)[1]
    if not _comes_from("imbsuite", ensemble):
        _warn_of_copies(inputs, classes)
    raw = np.asarray(predicted.oob_decision_function_, dtype=np.float64)
    # Rows that are in every bag have zeros in scikit-learn's forests, NaN elsewhere.
    rows = np.flatnonzero(np.nan_to_num(raw).sum(axis=1) > 0)
    probability = check_probability(
        raw[rows],
        (len(rows), len(predicted.classes_)),
        whose=f"{name_of(estimator)}.oob_decision_function_",
        rows=rows,
    )
    in_order = in_columns(probability, np.asarray(predicted.classes_), classes)
    return OutOfFold(rows, in_order, fitted, is_out_of_bag=True)


def _last_step(estimator: Any) -> tuple[str, Any]:
    """Return the ensemble at the end of a pipeline, and the prefix of its parameters."""
    prefix = ""
    while isinstance(estimator, Pipeline):
        if any(hasattr(step, "fit_resample") for _, step in estimator.steps):
            raise _without_bags(estimator)
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    return prefix, estimator


def _without_bags(estimator: Any) -> ValueError:
    msg = (
        "cv='oob' requires an ensemble with out-of-bag predictions of the original rows: "
        "a ResampledEnsembleClassifier, or scikit-learn's RandomForestClassifier, "
        f"ExtraTreesClassifier or BaggingClassifier. Got {estimator!r} instead."
    )
    return ValueError(msg)


def _comes_from(package: str, ensemble: Any) -> bool:
    """Whether the class, or one that it inherits from, is defined in ``package``."""
    return any(c.__module__.split(".")[0] == package for c in type(ensemble).__mro__)


def _warn_of_copies(inputs: FitInputs, classes: NDArray[Any]) -> None:
    codes = np.searchsorted(classes, np.asarray(inputs.y))
    if SplitTable.of(inputs, inputs.y).units_of(codes, None).codes is not None:
        msg = (
            "Rows have exact copies, which a bootstrap of single rows puts in the bag and "
            "out of it: out-of-bag predictions are too good. Use a "
            "ResampledEnsembleClassifier, or folds."
        )
        warn(msg)
