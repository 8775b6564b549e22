"""SMOTE, including its mixed (SMOTE-NC) and all-categorical (SMOTE-N) variants."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imbsuite._views import LooksAt
from imbsuite.base import BaseInterpolator, ClassView


class SMOTE(BaseInterpolator):
    r"""Synthetic minority over-sampling: new rows between a row and a near neighbor.

    .. math:: x_{new} = x_i + u\,(x_j - x_i), \quad u \sim U(0, 1)

    where :math:`x_j` is one of the k nearest rows of the same class. Tables may be
    numeric, mixed or all-categorical, with or without missing values, dense or sparse.

    Attributes
    ----------
    neighbors_recall_ : dict
        ``{label: share}`` of the true nearest neighbors that the search found, for at
        most 200 rows of each class; only if ``k_neighbors`` is an object.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** Columns are standardized; all rows are used as seeds
    equally often (to within one), even if the number of new rows is not a multiple of
    the class size; the default rule for categories is "step".

    **When it hurts.** New rows lie on lines between rows of the class: if the class is
    scattered inside another class, many new rows are in regions of the other class. A
    model fitted on the result predicts probabilities that are too high for the
    over-sampled class. SMOTE rarely improves strong classifiers with a tuned threshold;
    ``imbsuite.compare`` tests whether it does.

    References
    ----------
    Chawla, Bowyer, Hall, Kegelmeyer. SMOTE: Synthetic Minority Over-sampling Technique.
    JAIR 16 (2002), 321-357, :doi:`10.1613/jair.953`.

    Examples
    --------
    >>> from imbsuite import SMOTE
    >>> X, y = [[0.0], [1.0], [2.0], [8.0], [9.0]], ["a", "a", "a", "b", "b"]
    >>> sampler = SMOTE(k_neighbors=1, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> y_new.count("b"), sampler.parents_.tolist() in ([[3, 4]], [[4, 3]])
    (3, True)
    """

    _name: ClassVar[str] = "smote"
    _looks_at: ClassVar[LooksAt] = "class"

    def _propose(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        seeds = self._allocate(table.rows, n, rng)
        partners, voters = self._partners(table, seeds, rng)
        return seeds, partners, rng.random(n), voters
