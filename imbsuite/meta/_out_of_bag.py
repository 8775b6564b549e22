"""Predictions of the members of an ensemble for their out-of-bag rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import recall_score

from imbsuite._table import scaled_weight
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite.meta._members import Member
from imbsuite.probability.offsets import class_sums
from imbsuite.probability.predicted import OutOfFold


class OutOfBag:
    """The mean probabilities of each row over the members whose bag left it out.

    As in the ensemble, members vote equally as long as all votes are 0.
    """

    def __init__(self, n_rows: int, n_classes: int) -> None:
        self._sums = np.zeros((n_rows, n_classes))
        self._votes = np.zeros(n_rows)
        self._has_vote = False

    def add(self, member: Member) -> Member:
        """Add the predictions of a member, and return the member without them."""
        if member.vote and not self._has_vote:
            self._sums[:], self._votes[:], self._has_vote = 0, 0, True
        if member.left_out is not None and member.probability is not None:
            vote = member.vote if self._has_vote else 1.0
            self._sums[member.left_out] += vote * member.probability
            self._votes[member.left_out] += vote
        return member._replace(left_out=None, probability=None)

    def mean(self) -> OutOfFold:
        """Return the predictions for rows that some member with a vote left out."""
        rows = np.flatnonzero(self._votes)
        mean = self._sums[rows] / self._votes[rows, np.newaxis]
        return OutOfFold(rows, mean, is_out_of_bag=True)


def score_of_labels(
    predicted: OutOfFold,
    codes: Codes,
    classes: NDArray[Any],
    weight: Floats | None,
    scoring: Callable[..., float] | None,
) -> float:
    """Return the score of the most probable classes; NaN, with a warning, without rows.

    Parameters
    ----------
    predicted : OutOfFold
    codes : ndarray of shape (n_rows,), int
    classes : ndarray of shape (n_classes,)
    weight : ndarray of shape (n_rows,) or None
    scoring : callable of (y_true, y_pred), or None for the balanced accuracy
    """
    rows = predicted.rows
    if not len(rows):
        warn("Every member drew every row (or a copy of it), so oob_score_ is NaN.")
        return np.nan
    y_true = classes[codes[rows]]
    y_pred = classes[predicted.probability.argmax(axis=1)]
    if scoring is not None:
        return float(scoring(y_true, y_pred))
    own = None if weight is None else scaled_weight(weight)[rows]
    # This is the balanced accuracy; scikit-learn's function of this name warns if a
    # predicted class is not in y_true.
    seen = class_sums(codes[rows], len(classes), own) > 0
    return float(
        recall_score(
            y_true, y_pred, labels=classes[seen], average="macro", sample_weight=own
        )
    )
