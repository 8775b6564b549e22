"""Borderline-SMOTE 1 and 2."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import StrOptions

from imbsuite._intervals import Interval
from imbsuite._views import LooksAt
from imbsuite.base import BaseInterpolator, ClassView


class BorderlineSMOTE(BaseInterpolator):
    r"""SMOTE that uses only rows near the class border as seeds.

    A row is *in danger* if at least half, but not all, of its m nearest rows belong to
    other classes: :math:`m/2 \le m' < m`. Only such rows are seeds. "borderline-1":
    partners are neighbors of the same class, and steps are drawn from U(0, 1).
    "borderline-2": partners are neighbors of any class, and steps towards rows of other
    classes are drawn from U(0, 0.5).

    Parameters
    ----------
    m_neighbors : int, default=10
        Number of neighbors (of any class) that determine whether a row is in danger.
    kind : {"borderline-1", "borderline-2"}, default="borderline-1"
    seed_allocation
        Only rows in danger are possible seeds.

    Attributes
    ----------
    neighbors_recall_ : dict
        As in :class:`SMOTE`; only if ``k_neighbors`` is an object.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** Any number of classes is supported, one against the
    rest. If no row is in danger, all rows of the class are seeds, with a warning. In
    "borderline-2", one partner is drawn from the neighbors of any class, as in
    imbalanced-learn, instead of s positive and one negative neighbors.

    **When it hurts.** Mislabeled rows look like rows near the border, so the method
    multiplies them. "borderline-2" also creates new rows in the region of the other
    classes.

    References
    ----------
    Han, Wang, Mao. Borderline-SMOTE: A New Over-Sampling Method in Imbalanced Data Sets
    Learning. ICIC 2005, :doi:`10.1007/11538059_91`.

    Examples
    --------
    >>> from imbsuite import BorderlineSMOTE
    >>> from imbsuite.datasets import load_abalone19
    >>> X, y = load_abalone19(return_X_y=True)
    >>> sampler = BorderlineSMOTE(sampling_strategy=0.1, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    """

    m_neighbors: int = 10
    kind: Literal["borderline-1", "borderline-2"] = "borderline-1"

    _name: ClassVar[str] = "borderline-smote"
    _in_parts_if: ClassVar[str] = "k_neighbors is a number"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "m_neighbors": [Interval(Integral, 1, None, closed="left")],
        "kind": [StrOptions({"borderline-1", "borderline-2"})],
    }

    @property
    def _looks_at(self) -> LooksAt:  # type: ignore[override]
        # A search object of the user must be fitted on all rows that it may find.
        engine = hasattr(self.k_neighbors, "kneighbors")
        return "table" if engine and self.kind == "borderline-2" else "neighbors"

    def _reach(self) -> tuple[int, int]:
        return self.m_neighbors, self._k() if self.kind == "borderline-2" else 0

    def _propose(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        foreign, m = table.foreign(self.m_neighbors)
        danger = (2 * foreign >= m) & (foreign < m)
        seeds = self._allocate(table.eligible(danger, "is in danger"), n, rng)
        second = self.kind == "borderline-2"
        among = table.neighborhood if second else table.rows
        partners, voters = self._partners(table, seeds, rng, among)
        reach = np.where(y[partners] == label, 1.0, 0.5)
        return seeds, partners, reach * rng.random(n), voters
