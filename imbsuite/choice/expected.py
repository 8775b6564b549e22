"""The decisions that a classifier is expected to make on new rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from imbsuite._table import take
from imbsuite._types import Floats, Positions
from imbsuite.choice.final import fit_final
from imbsuite.meta.pseudo_labels_inside import only_beside


def cross_validated_decisions(
    classifier: Any,
    X: Any,
    y: Any,
    folds: Iterable[tuple[Positions, Positions]],
    along: Mapping[str, Any] | None = None,
) -> Floats:
    """Return the confusion matrix of the test folds as shares of rows.

    Parameters
    ----------
    classifier : classifier
        Cloned for each fold.
    X : table of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,)
    folds : iterable of (train, test)
    along : dict of array-like of shape (n_rows,), default=None
        Further arguments of ``fit``, such as "groups", passed if the classifier accepts
        them. The shares are weighted by "sample_weight".

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Entry (i, j): the share of rows of class i that are predicted to be of class j.
        The sum is 1.
    """
    y = np.asarray(y)
    classes = np.unique(y)
    rows = {
        name: np.asarray(of) for name, of in (along or {}).items() if of is not None
    }
    weights = rows.pop("sample_weight", np.ones(len(y)))
    rows = {n: of for n, of in rows.items() if has_fit_parameter(classifier, n)}
    counts = np.zeros((len(classes),) * 2)
    for train, test in folds:
        model = fit_final(
            only_beside(classifier, train),
            take(X, train),
            y[train],
            sample_weight=weights[train],
            **{name: of[train] for name, of in rows.items()},
        )
        predicted = model.predict(take(X, test))
        cells = (np.searchsorted(classes, y[test]), np.searchsorted(classes, predicted))
        np.add.at(counts, cells, weights[test])
    return counts / counts.sum()
