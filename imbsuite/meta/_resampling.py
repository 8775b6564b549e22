"""A single fit on resampled rows, shared by the classifiers that wrap a sampler."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone

from imbsuite._arguments import as_instance
from imbsuite._fit_inputs import FitInputs
from imbsuite._table import (
    check_target,
    check_weight,
    count_rows,
    ordered_column,
    single_target,
)
from imbsuite._types import Codes, Floats
from imbsuite.probability.offsets import class_sums, log_ratio
from imbsuite.probability.source import source_prior


def checked_sampler(sampler: Any, estimator: Any, owner: str) -> Any:
    """Return a clone of a sampler, or None for None; otherwise, raise TypeError."""
    is_class = isinstance(sampler, type)
    if sampler is None or (hasattr(sampler, "fit_resample") and not is_class):
        return clone(sampler, safe=False)
    msg = f"sampler={sampler!r} has no fit_resample; pass a sampler, or None"
    if is_class:
        msg = f"sampler={sampler.__name__}{as_instance(sampler)}"
    elif hasattr(estimator, "fit_resample"):
        msg += f"; the sampler comes first: {owner}(sampler, estimator)"
    msg = f"{msg}."
    raise TypeError(msg)


def fit_resampled(
    sampler: Any, estimator: Any, inputs: FitInputs, weight_key: str | None
) -> tuple[Any, dict[Any, float]]:
    """Fit a sampler and a clone of ``estimator`` on the rows that it returns.

    Parameters
    ----------
    sampler : sampler or None
        Fitted in place.
    estimator : classifier
    inputs : FitInputs
    weight_key : str or None
        The keyword that passes weights to the estimator.

    Returns
    -------
    The fitted clone, and its effective prior by label.
    """
    if sampler is not None and not has_one_class(inputs):
        inputs = resample(sampler, inputs)
    else:
        inputs = replace(inputs, y=_labels(inputs.y))
    fitted = inputs.fit(estimator)
    prior = getattr(sampler, "effective_prior_", None)
    by_name = inputs.params.get(weight_key or "")
    if inputs.weight is None and by_name is not None:
        # The sampler does not get weights that are passed to the estimator only.
        prior = _prior(inputs.y, by_name)
    return fitted, prior or _prior(inputs.y, inputs.weight)


def one_column(y: Any) -> Any:
    """Return labels as one column, with their order if they are ordered."""
    ordered = ordered_column(y)
    return single_target(y) if ordered is None else ordered


def _labels(y: Any) -> Any:
    """Return labels as one column; a one-vs-all indicator is returned unchanged.

    Samplers return an indicator for an indicator, which only some estimators support.
    """
    shape = y.shape if sp.issparse(y) else np.asarray(y).shape
    if len(shape) != 2 or shape[1] == 1:
        return one_column(y)
    check_target(y, count_rows(y), "ResampledClassifier")  # raises if y is multilabel
    return y


def of_weighted_classes(inputs: FitInputs) -> FitInputs:
    """Return the rows of classes with nonzero weight, or all rows if only one has any.

    Bootstrap weights may be 0 in all rows of a class, and a sampler cannot over-sample
    an empty class.
    """
    if inputs.weight is None:
        return inputs
    codes, labels = check_target(inputs.y, count_rows(inputs.X), "ResampledClassifier")
    weight = check_weight(inputs.weight, len(codes))
    has_weight = class_sums(codes, len(labels), weight) > 0
    if has_weight.all() or has_weight.sum() < 2:
        return inputs
    if inputs.origins is None:
        inputs = replace(inputs, origins=np.arange(len(codes)))
    return inputs.take(np.flatnonzero(has_weight[codes]))


def has_one_class(inputs: FitInputs) -> bool:
    """Whether weights leave a single class, so that there is nothing to balance."""
    y = np.asarray(inputs.y)
    if inputs.weight is not None and y.ndim == 1:
        y = y[np.asarray(inputs.weight) > 0]
    elif inputs.origins is None:
        return False
    return len(np.unique(y, axis=0)) < 2


def resample(sampler: Any, inputs: FitInputs) -> FitInputs:
    """Fit a sampler, and return the resampled rows, weights and aligned keywords."""
    aligned = inputs.aligned
    if not hasattr(sampler, "carry"):
        if inputs.groups is not None or aligned:
            groups = [] if inputs.groups is None else ["groups"]
            raise not_carried(sampler, [*groups, *aligned])
        X, y = sampler.fit_resample(inputs.X, inputs.y)
        return replace(inputs, X=X, y=y)
    X, y = sampler.fit_resample(
        inputs.X, inputs.y, sample_weight=inputs.weight, groups=inputs.groups
    )
    weight = sampler._carried_weight
    carried = {
        # `carry` rounds columns of whole floats, and weights may all be whole numbers.
        name: weight if _is_weight(name, values, inputs) else sampler.carry(values)
        for name, values in aligned.items()
    }
    params = inputs.params | carried
    return FitInputs(X, y, weight, params=params, pos_labels=inputs.pos_labels)


def _is_weight(name: str, values: Any, inputs: FitInputs) -> bool:
    """Whether a keyword of the estimator holds the weights that the sampler gets."""
    if inputs.weight is None or not name.endswith("sample_weight"):
        return False
    return np.array_equal(np.asarray(values), np.asarray(inputs.weight))


def not_carried(sampler: Any, names: list[str]) -> ValueError:
    msg = (
        f"{', '.join(names)} cannot be carried through {type(sampler).__name__}, "
        "which does not record the parents of its rows; use a sampler of imbsuite."
    )
    return ValueError(msg)


def offset_of_shares(fitted: Any, codes: Codes, weight: Floats | None) -> Floats:
    """Return the offset from a fit's class shares to those of the original rows."""
    counts = class_sums(codes, len(fitted.classes_), weight)
    seen = source_prior(fitted, fitted.classes_, counts, raw=True)
    return log_ratio(counts / counts.sum(), seen)


def _prior(y: Any, weight: Any) -> dict[Any, float]:
    """Return the weighted share of each label."""
    values = y.toarray() if sp.issparse(y) else np.asarray(y)
    if values.ndim == 2 and values.shape[1] > 1:
        values = values.argmax(axis=1)  # of a one-vs-all indicator, as in samplers
    labels, codes = np.unique(values, return_inverse=True)
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    sums = class_sums(codes.ravel(), len(labels), weight)
    return dict(zip(labels.tolist(), (sums / sums.sum()).tolist(), strict=True))
