"""Rows with unlikely labels according to a model, class by class."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import HasMethods, validate_parameter_constraints
from sklearn.utils.validation import _num_samples

from imbsuite._arguments import check_splits, refuse_misplaced
from imbsuite._fit_inputs import FitInputs, gather
from imbsuite._intervals import JOBS, Interval
from imbsuite._random import SEEDS, Seed, check_rng
from imbsuite._table import (
    check_groups,
    check_multilabel,
    check_target,
    check_weight,
    is_multilabel,
    labels_of,
    ordered_column,
    single_target,
    sorted_classes,
)
from imbsuite._types import Codes, Floats
from imbsuite._wrapping import WrappingClassifier
from imbsuite.probability.columns import codes_of
from imbsuite.probability.label_folds import labels_out_of_fold
from imbsuite.probability.label_losses import (
    mean_by_row,
    of_own_label,
    standardized_losses,
)
from imbsuite.probability.label_model import fit_labels, refuse_single_label
from imbsuite.probability.out_of_bag import fit_out_of_bag
from imbsuite.probability.out_of_fold import predict_original_rows
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.splits import CV

_OWNER = "suspect_labels"
_CONSTRAINTS = {
    "estimator": [HasMethods(["fit", "predict_proba"])],
    "cv": CV,
    "per_class": [Interval(Integral, 1, None, closed="left"), None],
    "n_jobs": JOBS,
    "random_state": SEEDS,
}


def suspect_labels(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    groups: Any = None,
    cv: Any = 5,
    per_class: int | None = 20,
    n_jobs: int | None = None,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Return the rows of each class with the least likely labels according to a model.

    If p is the out-of-fold probability of the label of a row, rows are ordered within
    their class c by

    .. math:: z = \frac{\ell - \bar\ell_c}{s_c}, \qquad \ell = -\log \max(p, 10^{-4})

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Clones are fitted on the training part of each fold. Use a model of the original
        class proportions: class weights and samplers make the order worse.
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,)
        For a multilabel estimator: {array-like, sparse matrix, dataframe} of 0 and 1,
        of shape (n_rows, n_labels).
    sample_weight : array-like of shape (n_rows,), default=None
        Passed to the estimator, and used in means and standard deviations. Rows of weight
        0 are not listed.
    groups : array-like of shape (n_rows,), default=None
        Groups of rows, which are kept together in one fold, and passed to an estimator
        that accepts them.
    cv : int, float, splitter, list of (train, test) or "oob", default=5
        Folds, as for :class:`~imbsuite.TunedThresholdClassifier`: an int and a float
        keep exact copies of a row together. "oob": the out-of-bag predictions of an
        ensemble, from a single fit. Rows that are in no test fold are not listed.
    per_class : int or None, default=20
        The number of rows of each class. None: all rows.
    n_jobs : int, default=None
        Number of fits that run in parallel.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds.

    Returns
    -------
    DataFrame
        Classes are sorted from the rarest to the most common, and the rows of a class
        from the largest z to the smallest. The columns are "row" (the position in X),
        "label", "p", "z" (0 if all losses of the class are equal) and "other" (the most
        likely other label). For multilabel targets, the first column is "name": the
        label that rows of class 1 have and rows of class 0 do not have. Labels that all
        rows or no rows have are left out.

    Raises
    ------
    ValueError, TypeError
        If the input or a parameter is invalid, or if a class has a single row (or group),
        which no model can predict out of fold.

    See Also
    --------
    imbsuite.RescaledClassifier : A classifier that gives such rows less weight.

    Notes
    -----
    The list is meant for manual review; it is not a list of errors. After 30 % of the
    rare labels were swapped with common ones, 72 % of the 20 listed rare rows and 42 %
    of the 20 listed common rows had wrong labels.

    **When it hurts.** Rows of a rare class look like errors, whether or not their
    labels are correct: of the 40 highest losses over all classes, 88 % belonged to rare
    rows. Removing or down-weighting rows by their loss without regard to the class
    would remove more than half of the correctly labeled rare rows.

    References
    ----------
    Northcutt, Jiang, Chuang. Confident Learning: Estimating Uncertainty in Dataset Labels.
    JAIR 70 (2021), 1373-1411, arXiv:1911.00068, :doi:`10.1613/jair.1.12125`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite.explore import suspect_labels
    >>> X = [[i / 10] for i in range(40)]
    >>> y = ["rare" if i > 29 or i == 3 else "common" for i in range(40)]
    >>> rows = suspect_labels(
    ...     LogisticRegression(C=10), X, y, per_class=1, random_state=0)
    >>> rows[["row", "label", "other"]].values.tolist()
    [[3, 'rare', 'common'], [29, 'common', 'rare']]
    """
    params = {
        "estimator": estimator,
        "cv": cv,
        "per_class": per_class,
        "n_jobs": n_jobs,
        "random_state": random_state,
    }
    validate_parameter_constraints(_CONSTRAINTS, params, caller_name=_OWNER)
    check_splits(cv, _OWNER, out_of_bag=True)
    folds = {"cv": cv, "rng": check_rng(random_state), "n_jobs": n_jobs}
    refuse_misplaced(X, y, _OWNER)
    along = {"sample_weight": sample_weight, "groups": groups}
    if is_multilabel(y):
        check_splits(cv, _OWNER)  # no out-of-bag predictions for multilabel targets
        target = check_multilabel(y, _num_samples(X))
        refuse_single_label(estimator, len(target.names))
        inputs = _gathered(estimator, X, target.values, along)
        return _by_label(estimator, inputs, target.names, folds, per_class)
    labels = single_target(y)
    check_target(labels, _num_samples(X), _OWNER)
    # An ordinal estimator reads the order of the labels from their type.
    ordered = ordered_column(y)
    inputs = _gathered(estimator, X, labels if ordered is None else ordered, along)
    classes = sorted_classes(np.asarray(inputs.y))
    codes = codes_of(inputs.y, classes)
    _refuse_single_rows(codes, classes)
    if isinstance(cv, str):
        predicted: OutOfFold | None = fit_out_of_bag(estimator, inputs, classes)
    else:
        predicted = predict_original_rows(
            lambda part: part.fit(estimator),
            inputs,
            inputs.y,
            classes,
            **folds,
        )
    probability = mean_by_row(_needed(predicted, cv), len(codes))
    frame = _described(probability, codes, classes, inputs)
    return _of_each_class(frame, codes[frame.index], per_class)


def _needed(predicted: OutOfFold | None, cv: Any) -> OutOfFold:
    """Return the predictions, or raise ValueError if there are none."""
    if predicted is not None:
        return predicted
    msg = (
        f"The 'cv' parameter of {_OWNER} must leave rows of every class in each "
        f"training part. Got {cv!r} instead; the groups or copies of rows in some "
        "class make this impossible."
    )
    raise ValueError(msg)


def _by_label(
    estimator: Any,
    inputs: FitInputs,
    names: list[Any],
    folds: dict[str, Any],
    per_class: int | None,
) -> pd.DataFrame:
    """Return the rows of each class of each label, one label after another."""
    predicted = labels_out_of_fold(
        lambda part: fit_labels(estimator, part, names), inputs, **folds
    )
    share = mean_by_row(_needed(predicted, folds["cv"]), len(inputs.y))
    frames = []
    for place, name in enumerate(names):
        codes = inputs.y[:, place]
        if codes.min() == codes.max():
            continue
        both = np.column_stack([1 - share[:, place], share[:, place]])
        frame = _described(both, codes, np.array([0, 1]), inputs)
        frame = _of_each_class(frame, codes[frame.index], per_class)
        frame.insert(0, "name", name)
        frames.append(frame)
    if not frames:
        msg = "y must have labels that some rows have and others do not. Got none."
        raise ValueError(msg)
    return pd.concat(frames, ignore_index=True)


class _LabelCheck(WrappingClassifier):
    """A stand-in for ``suspect_labels`` when arguments are routed to an estimator."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator


def _gathered(estimator: Any, X: Any, y: Any, along: dict[str, Any]) -> FitInputs:
    """Return the input of fits, with checked weights and groups."""
    weight = check_weight(along["sample_weight"], len(y))
    check_groups(along["groups"], len(y))
    X = X if hasattr(X, "shape") else np.asarray(X)
    return gather(_LabelCheck(estimator), X, y, {}, **along | {"sample_weight": weight})


def _refuse_single_rows(codes: Codes, classes: Any) -> None:
    alone = np.bincount(codes) < 2
    if alone.any():
        msg = (
            f"y of {_OWNER} must have at least 2 rows of each class. Got one of "
            f"{labels_of(classes[alone])}, which no model can predict out of fold. Merge "
            "such classes, or leave them out."
        )
        raise ValueError(msg)


def _described(
    probability: Floats, codes: Codes, classes: Any, inputs: FitInputs
) -> pd.DataFrame:
    """Return a DataFrame with one entry for each predicted row of the user's table."""
    own = of_own_label(probability, codes)
    weight = check_weight(inputs.weight, len(codes))
    others = probability.copy()
    others[np.arange(len(codes)), codes] = -1.0
    rows = inputs.positions(np.arange(len(codes)))
    frame = pd.DataFrame(
        {
            "row": rows,
            "label": classes[codes],
            "p": own,
            "z": standardized_losses(own, codes, weight),
            "other": classes[others.argmax(axis=1)],
        }
    )
    listed = ~np.isnan(own) & (True if weight is None else weight > 0)
    return frame[listed].drop_duplicates("row")


def _of_each_class(
    frame: pd.DataFrame, codes: Codes, per_class: int | None
) -> pd.DataFrame:
    """Return the first rows of each class, from the rarest class."""
    sizes = np.bincount(codes)
    order = np.lexsort((-frame["z"].to_numpy(), codes, sizes[codes]))
    ordered = frame.iloc[order]
    if per_class is not None:
        ordered = ordered.groupby("label", sort=False).head(per_class)
    return ordered.reset_index(drop=True)
