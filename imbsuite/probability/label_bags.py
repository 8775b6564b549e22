"""Out-of-bag probabilities of labels, from a forest or an ensemble per label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier

from imbsuite._fit_inputs import FitInputs
from imbsuite._types import Floats
from imbsuite._wrapping import name_of
from imbsuite.probability.label_folds import units_of_labels
from imbsuite.probability.label_model import fit_labels
from imbsuite.probability.out_of_bag import (
    draws_copies_apart,
    last_step,
    read_bags,
    warn_of_copies,
    with_bags,
)
from imbsuite.probability.predicted import OutOfFold

_BOTH = np.arange(2)


def labels_out_of_bag(
    estimator: Any, inputs: FitInputs, names: Sequence[Any] = ()
) -> OutOfFold:
    """Fit an ensemble on all rows, and return its out-of-bag P(label).

    Parameters
    ----------
    estimator : multilabel classifier
        A scikit-learn forest, or a binary ensemble inside MultiOutputClassifier,
        OneVsRestClassifier or PartialLabelClassifier, alone or as the last step of a
        pipeline. ``oob_score`` is set to True.
    inputs : FitInputs
        With ``y`` of shape (n_rows, n_labels).
    names : sequence, default=()
        The names of the labels.

    Returns
    -------
    OutOfFold
        P(label) of all rows, of shape (n_rows, n_labels); NaN if every member was
        fitted on the row, or if the label is unknown.

    Raises
    ------
    ValueError
        As from ``fit_out_of_bag``.
    """
    prefix, ensemble = _ensemble_of(estimator)
    model = fit_labels(with_bags(estimator, prefix, ensemble, inputs), inputs, names)
    if draws_copies_apart(ensemble):
        warn_of_copies(units_of_labels(replace(inputs, groups=None)))
    p = np.tile(model.share, (len(inputs.y), 1))
    if model.known.any():
        p[:, model.known] = _bags_of(model.estimator, inputs.y[:, model.known])
    return OutOfFold(np.arange(len(p)), p, model, is_out_of_bag=True)


def _ensemble_of(estimator: Any) -> tuple[str, Any]:
    """Return the ensemble inside an estimator, and the prefix of its parameters."""
    prefix, last = last_step(estimator)
    if not _fits_each(last):
        return prefix, last
    prefix_inside, ensemble = _ensemble_of(last.estimator)
    return f"{prefix}estimator__{prefix_inside}", ensemble


def _fits_each(estimator: Any) -> bool:
    """Whether an estimator fits one inner estimator per label, on the rows it gets."""
    of_sklearn = isinstance(estimator, (MultiOutputClassifier, OneVsRestClassifier))
    # With a second fit on doubtful rows, there are no out-of-bag rows.
    is_partial = hasattr(estimator, "_takes_unknown") and estimator.recover is None
    return of_sklearn or is_partial


def _bags_of(fitted: Any, labels: Any) -> Floats:
    """Return the out-of-bag P(label) of a fitted estimator, (n_rows, n_labels)."""
    _, fitted = last_step(fitted)
    if not _fits_each(fitted):
        return _bags_of_ensemble(fitted, len(labels))
    p = np.full(labels.shape, np.nan)
    parts = getattr(fitted, "_parts", ())
    marked = [one.known_share for one in parts] or np.ones(len(fitted.estimators_))
    for label, one in enumerate(fitted.estimators_):
        # With unknown labels, each label is fitted on the rows in which it is known.
        rows = np.flatnonzero(labels[:, label] >= 0)
        seen = labels[rows, label]
        if one is not None:
            seen = _bags_of(one, seen[:, np.newaxis])[:, 0]
        p[rows, label] = np.minimum(seen / marked[label], 1.0)
    return p


def _bags_of_ensemble(ensemble: Any, n_rows: int) -> Floats:
    raw = np.asarray(ensemble.oob_decision_function_)
    if raw.ndim == 3:
        # From a forest: (n_rows, 2, n_labels), zeros for rows that are in every bag.
        return np.where(raw.sum(axis=1) > 0, raw[:, 1], np.nan)
    p = np.full((n_rows, 1), np.nan)
    rows, both = read_bags(ensemble, _BOTH, name_of(ensemble))
    p[rows, 0] = both[:, 1]
    return p


def weight_of_each(
    part: OutOfFold, labels: NDArray[Any], weight: Floats | None
) -> Floats | None:
    """Return the weights of out-of-bag rows for each label, (n_rows, n_labels).

    As with two classes, the weight of rows without a prediction is given to the other
    rows of their class. None if all weights are equal.

    Parameters
    ----------
    part : OutOfFold
        From ``labels_out_of_bag``.
    labels : ndarray of shape (n_rows, n_labels)
        -1 where unknown.
    weight : ndarray of shape (n_rows,) or None
    """
    there = ~np.isnan(part.probability)
    if weight is None and (there == (labels >= 0)).all():
        return None
    each = np.zeros(labels.shape)
    for label, column in enumerate(labels.T):
        known, rows = np.flatnonzero(column >= 0), np.flatnonzero(there[:, label])
        own = part._replace(rows=np.searchsorted(known, rows)).weight_of(
            column[known], None if weight is None else weight[known]
        )
        each[rows, label] = 1.0 if own is None else own
    return each
