"""Which rows of a target have no label, and the labels of the others."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbsuite._table.carrying import take
from imbsuite._table.target import label_codes, single_target
from imbsuite._types import Mask, Positions


def labels_at(y: Any, rows: Positions) -> Any:
    """Return the labels of labeled rows, in the type of a target that is fully labeled.

    With missing labels, numbers may have the type object, and scikit-learn converts
    nullable integers to floats.
    """
    labels = take(y, rows)
    values = single_target(labels, warn=False)
    if values.dtype == object and len({isinstance(v, bool) for v in values}) == 1:
        values = np.array(values.tolist())
    is_number = values.dtype.kind in "biuf" and values.ndim == 1
    return values if is_number else labels


def which_unlabeled(values: NDArray[Any], unlabeled: Any) -> Mask:
    """Return a mask of the rows whose label is missing or is ``unlabeled``, (n_rows,).

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        As ``single_target`` returns them.
    unlabeled : label or None
        None: only missing values (None, NaN).

    Raises
    ------
    ValueError
        If a label differs from ``unlabeled`` only in its type, such as "-1" and -1.
    TypeError
        If ``unlabeled`` is a list or another array-like.
    """
    missing: Mask = np.asarray(pd.isna(values))
    if unlabeled is None:
        return missing
    if np.ndim(unlabeled):
        msg = (
            "The 'unlabeled' parameter must be a label or None. Got "
            f"{unlabeled!r} instead."
        )
        raise TypeError(msg)
    _refuse_same_text(values, unlabeled)
    if values.dtype.kind in "iuf":
        return missing | np.equal(
            values, unlabeled if _is_number(unlabeled) else np.nan
        )
    same = [_is_same(label, unlabeled) for label in values.tolist()]
    return missing | np.array(same, dtype=bool)


def _refuse_same_text(values: NDArray[Any], unlabeled: Any) -> None:
    """Raise ValueError if a label looks like ``unlabeled`` but has another type."""
    of_text = isinstance(unlabeled, str)
    labels = values if values.dtype.kind not in "biuf" else np.unique(values)
    for label in labels.tolist():
        if isinstance(label, str) != of_text and str(label) == str(unlabeled):
            kind = "number" if of_text else "text"
            msg = (
                f"y holds the {kind} {label!r}, which may be a label or mark "
                f"unlabeled rows. Pass unlabeled={label!r} if it marks unlabeled "
                "rows, or unlabeled=None if it is a label."
            )
            raise ValueError(msg)


def refuse_few_labeled(
    values: NDArray[Any],
    unlabeled: Any,
    what: str = "y",
    advice: str = "Pass unlabeled=None",
) -> None:
    """Raise ValueError if the labeled rows have fewer than two classes.

    The message says which rows were treated as unlabeled. ``advice`` says what to do if
    ``unlabeled`` is a class.
    """
    missing, has_none = (which_unlabeled(values, of) for of in (None, unlabeled))
    classes = label_codes(values[~has_none], what)[1]
    if len(classes) > 1 or not has_none.any():
        return
    n_missing = int(missing.sum())
    n_named = int(has_none.sum()) - n_missing
    msg = (
        f"{what} must have labeled rows of at least 2 classes. Got the classes {classes}; "
        f"{n_missing:,} rows have a missing value"
    )
    if n_named:
        msg += (
            f", and {n_named:,} rows with the label {unlabeled!r} were read as unlabeled. "
            f"{advice} if {unlabeled!r} is a class"
        )
    msg += "."
    raise ValueError(msg)


def _is_number(label: Any) -> bool:
    return isinstance(label, Real) and not isinstance(label, bool)


def _is_same(label: Any, other: Any) -> bool:
    if isinstance(label, bool) != isinstance(other, bool):
        return False
    # A comparison with pandas.NA has no truth value.
    try:
        return bool(label == other)
    except (TypeError, ValueError):
        return False
