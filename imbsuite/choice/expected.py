"""What a classifier is expected to decide about new rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import has_fit_parameter

from imbsuite._types import Floats, Positions


def cross_validated_decisions(
    classifier: Any,
    X: Any,
    y: Any,
    folds: Iterable[tuple[Positions, Positions]],
    groups: Any = None,
) -> Floats:
    """Return the shares of rows by their label and the predicted one, on test folds.

    Parameters
    ----------
    classifier : classifier
        Cloned for each fold.
    X : table of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,)
    folds : iterable of (train, test)
    groups : array-like of shape (n_rows,), default=None
        Passed to ``fit`` if it takes them.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Entry (i, j): the share of rows of class i that are predicted to be of class j.
        The sum is 1.
    """
    y = np.asarray(y)
    classes = np.unique(y)
    takes_groups = groups is not None and has_fit_parameter(classifier, "groups")
    counts = np.zeros((len(classes),) * 2)
    for train, test in folds:
        along = {"groups": np.asarray(groups)[train]} if takes_groups else {}
        model = clone(classifier).fit(_safe_indexing(X, train), y[train], **along)
        predicted = model.predict(_safe_indexing(X, test))
        cells = (np.searchsorted(classes, y[test]), np.searchsorted(classes, predicted))
        np.add.at(counts, cells, 1)
    return counts / counts.sum()
