"""Out-of-fold probabilities of multilabel targets: folds stratified by the rarest label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._fit_inputs import FitInputs
from imbsuite._table import check_groups, take
from imbsuite._types import Codes
from imbsuite.probability.label_model import LabelModel
from imbsuite.probability.out_of_fold import predict_out_of_fold
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.splits import is_share
from imbsuite.probability.units import Copies, Units


def strata_of(
    labels: NDArray[Any], fewest: int = 1, units: Units | None = None
) -> Codes:
    """Return the stratum of each row: its rarest label, or the stratum of no labels.

    Parameters
    ----------
    labels : ndarray of shape (n_rows, n_labels)
        0 and 1, or -1 where unknown.
    fewest : int, default=1
        Minimum number of units per stratum; smaller strata are merged into the largest.
        With a single label, no strata are merged.
    units : Units, default=None
        The rows that folds keep together. None: each row is a unit.

    Returns
    -------
    ndarray of shape (n_rows,), int
        0, ..., n_strata - 1.
    """
    has, n_labels = labels == 1, labels.shape[1]
    order = np.argsort(has.sum(axis=0), kind="stable")
    # The first of a row's labels in order of rarity; n_labels if it has none.
    first = has[:, order].argmax(axis=1)
    stratum = np.where(has.any(axis=1), first, n_labels)
    if n_labels > 1:
        sizes = (units or Units()).sizes(stratum, n_labels + 1)
        stratum = np.where(sizes[stratum] < fewest, sizes.argmax(), stratum)
    codes: Codes = np.unique(stratum, return_inverse=True)[1]
    return codes


def labels_out_of_fold(
    fit: Callable[[FitInputs], LabelModel],
    inputs: FitInputs,
    *,
    cv: Any,
    rng: np.random.Generator,
    n_jobs: int | None = None,
) -> OutOfFold | None:
    """Fit on training parts, and predict P(label) in test parts, (n_rows, n_labels).

    Parameters
    ----------
    fit : callable of (FitInputs)
    inputs : FitInputs
        With ``y`` of shape (n_rows, n_labels).
    cv : int, float, splitter or list of (train, test)
        Folds from an int or a float are stratified by the rarest label of each row.
        scikit-learn's stratified splitters get these strata as ``y``, other splitters
        get the labels.
    rng, n_jobs
        See ``predict_out_of_fold``, which also describes the result.
    """

    def predict(model: LabelModel, rows: Codes) -> Any:
        return model.probability(take(inputs.X, rows), inputs.positions(rows))

    labels: NDArray[Any] = inputs.y
    y, units = labels, None
    if labels.shape[1] == 1:
        strata, y = strata_of(labels), labels[:, 0]
    elif isinstance(cv, Integral) or is_share(cv):
        # If weights became repeated rows, the original rows are split.
        units = units_of_labels(inputs) if inputs.origins is None else None
        strata = y = strata_of(labels, 2 if is_share(cv) else int(cv), units)
    else:
        # A label that no row of a training part has is constant there, and is left out.
        strata = np.zeros(len(labels), dtype=np.intp)
        if "Stratified" in type(cv).__name__:
            y = strata_of(labels)
    return predict_out_of_fold(
        lambda rows: fit(inputs.take(rows)),
        predict,
        strata,
        replace(inputs, y=y),
        cv=cv,
        rng=rng,
        units=units,
        n_jobs=n_jobs,
    )


def units_of_labels(inputs: FitInputs) -> Units:
    """Return the units of folds, by groups and copies, for a multilabel ``y``."""
    # Copies have the same set of labels, not only the same stratum.
    sets: Codes = np.unique(inputs.y, axis=0, return_inverse=True)[1].ravel()
    return Copies.find(inputs.X, sets).join(check_groups(inputs.groups, len(sets)))
