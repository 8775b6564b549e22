"""SVM-SMOTE."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods

from imbsuite._intervals import Interval
from imbsuite._random import draw_seed
from imbsuite._rows import of_rows
from imbsuite.base import BaseInterpolator, ClassView, TableView


class SVMSMOTE(BaseInterpolator):
    r"""SMOTE from the support vectors of a support vector machine.

    Seeds are the support vectors of the class, except those whose m nearest rows all
    belong to other classes (noise). If at least half of the m rows belong to other
    classes (danger), the step is inward, :math:`u \sim U(0, 1)` towards a nearby row of
    the class; otherwise (safe) it is outward, :math:`-u \cdot` ``out_step``, which
    extends the region of the class.

    Parameters
    ----------
    m_neighbors : int, default=10
        Number of neighbors (of any class) that determine whether a row is noise, in
        danger or safe.
    svm_estimator : estimator, default=None
        Must have ``fit``, and ``support_`` after fitting. None: ``sklearn.svm.SVC``
        with gamma 1 / columns ("scale" if not standardized). It is fitted on
        standardized columns, with missing numbers replaced by the mean and one-hot
        categories.
    out_step : float, default=0.5
        The maximum outward step, in [0, 1].
    seed_allocation
        The possible seeds are the support vectors.
    standardize
        This also applies to the support vector machine.
    categorical_rule
        With an outward step, the category of the seed is used.

    Attributes
    ----------
    svm_estimator_ : estimator
        The fitted support vector machine; missing if only one class has rows with
        positive weight.
    neighbors_recall_ : dict
        As in :class:`SMOTE`; only if ``k_neighbors`` is an object.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid, or
        if ``svm_estimator`` cannot be fitted or has no ``support_`` after ``fit``.

    Notes
    -----
    **Departs from the paper.** One multiclass support vector machine is used for all
    classes. If all support vectors of a class are noise, all rows of the class are
    seeds, with a warning (imbalanced-learn raises an error). Partners are drawn at
    random from the k nearest rows, for both directions.

    **When it hurts.** The training time is quadratic in the number of rows: the method
    is slow for more than about 10⁴ rows. Outward steps may lead to impossible values,
    such as a negative age: integers stay within the range of their type, but nothing
    else is checked.

    References
    ----------
    Nguyen, Cooper, Kamei. Borderline over-sampling for imbalanced data classification.
    IJKESDP 3(1), 2011, 4-21, :doi:`10.1504/IJKESDP.2011.039875`.

    Examples
    --------
    >>> from imbsuite import SVMSMOTE
    >>> from imbsuite.datasets import load_hepatitis
    >>> X, y = load_hepatitis(return_X_y=True)
    >>> X_new, y_new = SVMSMOTE(random_state=0).fit_resample(X, y)
    """

    m_neighbors: int = 10
    svm_estimator: Any = None
    out_step: float = 0.5

    _name: ClassVar[str] = "svm-smote"
    svm_estimator_ = of_rows()
    _support = of_rows()
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "m_neighbors": [Interval(Integral, 1, None, closed="left")],
        "svm_estimator": [HasMethods(["fit"]), None],
        "out_step": [Interval(Real, 0, 1, closed="both")],
    }

    def _prepare(self, table: TableView, y: Any, rng: np.random.Generator) -> None:
        from sklearn.svm import SVC

        if self.svm_estimator is None:
            # On standardized columns, gamma="scale" would be 1 / n_columns if sparse
            # columns were centered.
            machine = SVC(gamma="auto" if self.standardize else "scale")
        else:
            machine = clone(self.svm_estimator)
        if "random_state" in machine.get_params():
            machine.set_params(random_state=draw_seed(rng))
        rows = table.present
        self._support = rows[:0]
        if np.ptp(y[rows]) == 0:
            return  # only one class has any weight, so there is no boundary
        points = table.space.embed(rows)
        try:
            self.svm_estimator_ = machine.fit(points, y[rows])
        except ValueError as error:
            msg = (
                f"svm_estimator={self.svm_estimator!r} cannot be fitted to the columns "
                f"of X ({error}); scale them, or pass another support vector machine."
            )
            raise ValueError(msg) from error
        if not hasattr(self.svm_estimator_, "support_"):
            msg = (
                f"svm_estimator={self.svm_estimator!r} has no support_ after fit; pass "
                "a support vector machine such as sklearn.svm.SVC()."
            )
            raise ValueError(msg)
        self._support = rows[self.svm_estimator_.support_]

    def _propose(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        foreign, m = table.foreign(self.m_neighbors)
        support = np.isin(table.rows, self._support) & (foreign < m)
        rows = table.eligible(
            support, "is a support vector with a neighbor of its own class"
        )
        danger = np.zeros(len(y), dtype=bool)
        danger[table.rows] = 2 * foreign >= m
        seeds = self._allocate(rows, n, rng)
        partners, voters = self._partners(table, seeds, rng)
        reach = np.where(danger[seeds], 1.0, -float(self.out_step))
        return seeds, partners, reach * rng.random(n), voters
