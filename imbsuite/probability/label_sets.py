"""Sets of labels as classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import Pipeline

from imbsuite._types import Codes, Floats

_FEWEST_ROWS = 20


@dataclass(frozen=True)
class LabelSets:
    """The sets of labels that rows have, as classes.

    ``codes``: the set of each row; ``members``: the share of rows of each set that have
    each label, (n_sets, n_labels), which is 0 or 1 except for pooled sets.
    """

    codes: Codes
    members: Floats

    @classmethod
    def find(cls, labels: NDArray[Any], weight: Floats | None = None) -> Self:
        """Return the sets with at least 20 rows, the empty set, and the others pooled.

        Parameters
        ----------
        labels : ndarray of shape (n_rows, n_labels)
            0 and 1.
        weight : ndarray of shape (n_rows,), default=None
            Rows with zero weight are not counted.
        """
        w = np.ones(len(labels)) if weight is None else weight
        sets, codes = np.unique(labels, axis=0, return_inverse=True)
        codes = codes.ravel()
        rows = np.bincount(codes, w > 0, len(sets))
        pooled = (rows < _FEWEST_ROWS) & sets.any(axis=1)
        first = int(pooled.argmax())
        place = np.where(pooled, first, np.arange(len(sets)))[codes]
        kept, codes = np.unique(place, return_inverse=True)
        members = sets[kept].astype(np.float64)
        if pooled.any() and w[place == first].any():
            members[kept == first] = np.average(
                labels[place == first], axis=0, weights=w[place == first]
            )
        return cls(codes, members)


def estimator_of_sets(estimator: Any) -> Any:
    """Return the classifier that is fitted to sets of labels.

    Raises
    ------
    ValueError
        If the estimator is frozen, because it was not fitted to sets.
    """
    if isinstance(estimator, FrozenEstimator):
        msg = (
            "For multilabel targets, the 'estimator' parameter of LabelShiftAdapter "
            f"is fitted to sets of labels. Got {estimator!r} instead. Pass an "
            "unfitted classifier."
        )
        raise ValueError(msg)
    if isinstance(estimator, (ClassifierChain, MultiOutputClassifier)):
        return estimator_of_sets(estimator.estimator)
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return clone(estimator).set_params(**{name: estimator_of_sets(last)})
    return estimator
