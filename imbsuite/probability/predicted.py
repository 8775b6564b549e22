"""Probabilities of rows by models that were not fitted on them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imbsuite._table import scaled_weight
from imbsuite._types import Codes, Floats


class OutOfFold(NamedTuple):
    """Probabilities of rows, predicted by models that were not fitted on them.

    ``rows``: positions, test part after test part; ``probability``: (n_rows,
    n_classes); ``estimator``: the fitted model, if there is a single one.
    ``is_out_of_bag``: whether the predictions are from members of a single ensemble
    that was fitted on all rows.
    """

    rows: Codes
    probability: Floats
    estimator: Any = None
    is_out_of_bag: bool = False

    def weight_of(self, codes: Codes, weight: Floats | None) -> Floats | None:
        """Return the weights of ``rows``, or None for equal weights.

        Rows that are in every bag have no prediction. Their weight is given to the
        other rows of their class, because rare classes would otherwise count less.
        """
        own = None if weight is None else weight[self.rows]
        if not self.is_out_of_bag or len(self.rows) == len(codes):
            return own
        y = codes[self.rows]
        own = np.ones(len(y)) if own is None else own
        weighed = np.ones(len(codes)) if weight is None else scaled_weight(weight)
        whole = np.bincount(codes, weighed)
        part = np.bincount(y, weighed[self.rows], minlength=len(whole))
        scale = np.divide(whole, part, out=np.zeros(len(part)), where=part > 0)
        return np.asarray(own * scale[y])

    def once(self, origins: Codes | None) -> OutOfFold:
        """Return the predictions with one copy of each original row."""
        if origins is None:
            return self
        first = np.unique(origins[self.rows], return_index=True)[1]
        return self._replace(rows=self.rows[first], probability=self.probability[first])
