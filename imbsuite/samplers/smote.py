"""SMOTE, with its mixed (SMOTE-NC) and all-categorical (SMOTE-N) cases in one class."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imbsuite._views import LooksAt
from imbsuite.base import BaseInterpolator, ClassView

__all__ = ["SMOTE"]


class SMOTE(BaseInterpolator):
    r"""Synthetic minority over-sampling: new rows between a row and a near one.

    .. math:: x_{new} = x_i + u\,(x_j - x_i), \quad u \sim U(0, 1)

    where :math:`x_j` is one of the k nearest rows of the same class. Numeric, mixed and
    all-categorical tables, with or without missing values, dense or sparse.

    Parameters
    ----------
    k_neighbors : int or object with ``fit`` and ``kneighbors``, default=5
        How many neighbours a partner is drawn from. Clipped, with a warning, in classes
        of fewer than ``k_neighbors + 1`` rows. An object, such as scikit-learn's
        ``NearestNeighbors``, searches in its own way: among scaled numbers and one-hot
        categories, missing numbers at the column's mean. Its ``n_neighbors`` counts the
        row itself, as in imbalanced-learn: 6 asks for 5. How many of its neighbours are
        exact is in ``neighbors_recall_``.
    seed_allocation : {"even", "random"}, default="even"
        "even": every row of the class is a seed floor(n / n_class) times, the rest is
        drawn without replacement. "random": seeds are drawn with replacement.
    standardize : bool, default=True
        Divide columns by their standard deviation (over all rows) before neighbours are
        sought; different categories are then 1 apart. False: raw units, and categories
        are as far apart as the median standard deviation of the numeric columns within
        the class, the rule of SMOTE-NC.
    categorical_features : "from_dtype" or list, default="from_dtype"
        Categorical columns: names, positions or a mask. "from_dtype": text, category,
        boolean, and objects other than numbers.
    categorical_rule : {"step", "seed", "vote"}, default="step"
        Where a new category comes from. "step": from the seed with probability 1 - u,
        else from the partner. "seed": the seed's, so that frequencies stay the class's
        own. "vote": the commonest among the k neighbours (SMOTE-NC), which erases rare
        levels. Numbers missing in one parent follow "step" (or "seed").
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
        The plan, read as "at least". "auto": all classes as large as the largest.
    random_state : int, Generator, RandomState or None, default=None

    Attributes
    ----------
    neighbors_recall_ : dict
        ``{label: share}`` of the neighbours that are among the exact ones, of 200 rows
        at most; only where ``k_neighbors`` is an object.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan cannot be used.

    Notes
    -----
    **Departs from the paper.** Columns are standardized; seeds are allocated evenly to
    the row, also where n is no multiple of the class size; the nominal rule is "step".

    **When it hurts.** New rows lie on lines through the class: where the class is
    scattered inside another, they fall on foreign ground. Probabilities of a model
    fitted on the result are too high for the grown class. Strong learners with a tuned
    threshold rarely gain; ``imbsuite.compare`` measures it.

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
