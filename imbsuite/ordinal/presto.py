"""PRESTO: ordinal regression that shrinks neighboring boundaries towards each other."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import Any, ClassVar

from imbsuite._intervals import Interval
from imbsuite.ordinal._base import OrdinalClassifier, OrdinalRows, ScaledProblem
from imbsuite.ordinal.path import fit_path
from imbsuite.ordinal.solver import Solution


@dataclass(eq=False, repr=False)
class PrestoClassifier(OrdinalClassifier):
    r"""Predict ordered classes; the rare last class borrows from earlier boundaries.

    .. math:: logit\,P(Y > k \mid x) = \alpha_k + x'\beta_k, \qquad k = 1, \dots, K - 1

    is fitted by minimizing the mean negative log-likelihood plus

    .. math:: \lambda \sum_k \sum_j a\,|\psi_{jk}| + \tfrac12 (1 - a)\,\psi_{jk}^2,
              \qquad \psi_1 = \beta_1, \quad \psi_k = \beta_k - \beta_{k-1}

    on standardized columns. A rare event is often the last of a sequence (seen,
    clicked, bought). With a large :math:`\lambda`, all boundaries are parallel; with a
    small one, each boundary has its own coefficients.

    Parameters
    ----------
    alpha : float, default=0.01
        :math:`\lambda`, at least 0.
    l1_ratio : float, default=1.0
        a, from 0 (ridge) to 1 (lasso).
    penalize_first : bool, default=True
        Whether the coefficients of the first boundary are shrunk (towards 0) too. If False,
        a large alpha results in proportional odds; if True, in intercepts only.
    standardize : bool, default=True
        Whether to standardize columns by weighted mean and population standard deviation.
        If False, the penalty applies to the columns in their own units.
    categories : array-like of shape (n_classes,), default=None
        The labels in order, from the first to the last, rare one. None: the order of an
        ordered categorical, otherwise sorted. More than two string labels require
        ``categories`` or an ordered categorical. String labels are also accepted if y
        holds 0 to K - 1, as it does inside ``BaggingClassifier``, ``VotingClassifier``
        and ``StackingClassifier``: code i is the i-th of the sorted labels, all of
        which must occur in the whole table. Inside these ensembles, only ``categories``
        can define the order.
    tol : float, default=1e-8
        Tolerance on the largest residual of the optimality conditions.
    max_iter : int, default=100
        Maximum number of Newton steps.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes - 1, n_columns)
        The betas, in the units of the columns. Positive coefficients favor later classes.
    intercept_ : ndarray of shape (n_classes - 1,)
        The alphas, in the units of the columns.
    psi_ : ndarray of shape (n_classes - 1, n_columns)
        The psis, in standardized units.
    classes_ : ndarray of shape (n_classes,)
        The sorted labels, as everywhere in scikit-learn; columns of ``predict_proba``.
    categories_ : ndarray of shape (n_classes,)
        The labels in order; columns of ``predict_exceed_proba``.
    objective_ : float
        The minimum of the objective.
    kkt_residual_ : float
        The largest residual of the optimality conditions.
    n_crossing_ : int
        Number of training rows at which boundaries cross.
    n_iter_ : int
        Number of Newton steps.

    Raises
    ------
    ValueError
        From ``fit``, if the input or a parameter is invalid, or the labels have no order.

    Warns
    -----
    ConvergenceWarning
        If ``tol`` is not reached, as with separable classes and ``alpha=0``.
    UserWarning
        If boundaries cross in the training rows. P(Y > k) is then raised to P(Y > k + 1),
        from the last boundary backward, so that the rare class keeps its probability.

    Notes
    -----
    R's ``clm`` and the paper model P(Y ≤ k): their coefficients and thresholds have the
    opposite sign of the coefficients and intercepts here. With two classes, the model is
    logistic regression.

    **Departs from the paper.** Its published code transforms the intercepts back to the
    original scale incorrectly; here a = alpha - mean'coef. The elastic net, weights and
    ``penalize_first=False`` are additions.

    **When it hurts.** If the rare class is not at the end of an order, the boundaries
    of the common classes carry no information about it. With a hundred rare rows or
    more, logistic regression on the rare class alone performs as well.

    References
    ----------
    Faletto, Bien. Predicting Rare Events by Shrinking Towards Proportional Odds. ICML
    2023, PMLR 202, 9547-9602, :doi:`10.48550/arXiv.2305.18700`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite import PrestoClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> y = np.digitize(X[:, 0] + rng.logistic(size=500), [0, 2, 5])
    >>> PrestoClassifier(alpha=0.01).fit(X, y).predict_exceed_proba(X).shape
    (500, 3)
    """

    alpha: float = 0.01
    _: KW_ONLY
    l1_ratio: float = 1.0
    penalize_first: bool = True
    standardize: bool = True
    categories: Any = None
    tol: float = 1e-8
    max_iter: int = 100

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "penalize_first": ["boolean"],
        "standardize": ["boolean"],
        **OrdinalClassifier._parameter_constraints,
    }

    def _solve(self, scaled: ScaledProblem, rows: OrdinalRows) -> Solution:
        return fit_path(
            scaled.likelihood,
            [self.alpha],
            self.l1_ratio,
            first=self.penalize_first,
            tol=self.tol,
            max_iter=self.max_iter,
        )[0]
