"""Probabilities of rows by the members of an ensemble that were not fitted on them.

A single fit is sufficient, while cross-validation requires one fit per fold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from imbsuite._fit_inputs import FitInputs
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite._wrapping import keyword_of, name_of
from imbsuite.probability.columns import check_probability, in_columns
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.splits import units_of_rows
from imbsuite.probability.units import Units


def fit_out_of_bag(
    estimator: Any, inputs: FitInputs, classes: NDArray[Any]
) -> OutOfFold:
    """Fit an ensemble on all rows, and return its out-of-bag predictions.

    Parameters
    ----------
    estimator : classifier
        A ``ResampledEnsembleClassifier``, or a forest or bagging classifier of
        scikit-learn, alone or last in a pipeline. ``oob_score`` is set to True.
    inputs : FitInputs
    classes : ndarray of shape (n_classes,)
        The class of each column of the result.

    Raises
    ------
    ValueError
        If the estimator has no out-of-bag predictions for the rows, or does not keep
        groups together.
    """
    prefix, ensemble = last_step(estimator)
    fitted = inputs.fit(with_bags(estimator, prefix, ensemble, inputs))
    if draws_copies_apart(ensemble):
        codes = np.searchsorted(classes, np.asarray(inputs.y))
        warn_of_copies(units_of_rows(replace(inputs, groups=None), codes))
    rows, probability = read_bags(last_step(fitted)[1], classes, name_of(estimator))
    return OutOfFold(rows, probability, fitted, is_out_of_bag=True)


def with_bags(estimator: Any, prefix: str, ensemble: Any, inputs: FitInputs) -> Any:
    """Return a clone whose ensemble (see ``last_step``) makes out-of-bag predictions.

    Raises
    ------
    ValueError
        If the ensemble has no out-of-bag predictions, or does not keep groups together.
    """
    is_fitted = isinstance(ensemble, FrozenEstimator)
    # In imbalanced-learn, rows that a sampler drops are out of bag, so that noise would
    # seem predictable.
    if (
        is_fitted
        or not hasattr(ensemble, "oob_score")
        or _comes_from("imblearn", ensemble)
    ):
        raise _without_bags(estimator)
    takers = [keyword_of(part, "groups") for part in (estimator, ensemble)]
    if inputs.groups is not None and None in takers:
        msg = (
            f"cv='oob' cannot keep groups together: {name_of(estimator)} draws single "
            "rows. Use a ResampledEnsembleClassifier, or folds."
        )
        raise ValueError(msg)
    fresh = clone(estimator)
    if not ensemble.oob_score:
        fresh.set_params(**{f"{prefix}oob_score": True})
    return fresh


def read_bags(ensemble: Any, classes: NDArray[Any], whose: str) -> tuple[Codes, Floats]:
    """Return the rows that have out-of-bag predictions, and the predictions.

    Their columns are in the order of ``classes``.
    """
    raw = np.asarray(ensemble.oob_decision_function_, dtype=np.float64)
    # Rows that are in every bag have zeros in scikit-learn's forests, NaN elsewhere.
    rows = np.flatnonzero(np.nan_to_num(raw).sum(axis=1) > 0)
    probability = check_probability(
        raw[rows],
        (len(rows), len(ensemble.classes_)),
        whose=f"{whose}.oob_decision_function_",
        rows=rows,
    )
    return rows, in_columns(probability, np.asarray(ensemble.classes_), classes)


def last_step(estimator: Any) -> tuple[str, Any]:
    """Return the ensemble at the end of a pipeline, and the prefix of its parameters.

    Raises
    ------
    ValueError
        If a step resamples: the rows of the last step are not those of the pipeline.
    """
    prefix = ""
    while isinstance(estimator, Pipeline):
        if any(hasattr(step, "fit_resample") for _, step in estimator.steps):
            raise _without_bags(estimator)
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    return prefix, estimator


def _without_bags(estimator: Any) -> ValueError:
    """Return the error for an estimator without out-of-bag predictions."""
    msg = (
        "cv='oob' requires an ensemble with out-of-bag predictions of the original "
        "rows: a ResampledEnsembleClassifier, or scikit-learn's "
        "RandomForestClassifier, ExtraTreesClassifier or BaggingClassifier; for "
        "multilabel targets, a forest, or MultiOutputClassifier around one of them. "
        f"Got {estimator!r} instead."
    )
    return ValueError(msg)


def _comes_from(package: str, ensemble: Any) -> bool:
    """Whether the class, or one that it inherits from, is defined in ``package``."""
    return any(c.__module__.split(".")[0] == package for c in type(ensemble).__mro__)


def draws_copies_apart(ensemble: Any) -> bool:
    """Whether copies of a row may be both in and out of a bag; not in our ensembles."""
    return not _comes_from("imbsuite", ensemble)


def warn_of_copies(units: Units) -> None:
    """Warn if some rows are copies, for an ensemble that may draw them separately."""
    if units.codes is not None:
        msg = (
            "Some rows have exact copies, which a bootstrap of single rows can put "
            "both in and out of the bag: out-of-bag predictions are too good. Use a "
            "ResampledEnsembleClassifier, or folds."
        )
        warn(msg)
