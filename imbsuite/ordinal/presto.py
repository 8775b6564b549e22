"""PRESTO: a weight vector for each boundary, neighbors shrunk towards each other."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval

from imbsuite.ordinal._base import OrdinalClassifier, Rows, Scaled
from imbsuite.ordinal.path import fit_path
from imbsuite.ordinal.solver import Solution

__all__ = ["PrestoClassifier"]


class PrestoClassifier(OrdinalClassifier):
    r"""Predict ordered classes, the rare last one with the help of those before it.

    .. math:: logit\,P(Y > k \mid x) = \alpha_k + x'\beta_k, \qquad k = 1, \dots, K - 1

    minimizing the mean negative log-likelihood plus

    .. math:: \lambda \sum_k \sum_j a\,|\psi_{jk}| + \tfrac12 (1 - a)\,\psi_{jk}^2,
              \qquad \psi_1 = \beta_1, \quad \psi_k = \beta_k - \beta_{k-1}

    on standardized columns. A rare event is often the last of a sequence (seen, clicked,
    bought). With :math:`\lambda` large the boundaries are parallel and the last one is as
    the common ones, with :math:`\lambda` small each goes its own way.

    Parameters
    ----------
    alpha : float, default=0.01
        Lambda, at least 0.
    l1_ratio : float, default=1.0
        a, from 0 (ridge) to 1 (lasso).
    penalize_first : bool, default=True
        Whether the first boundary's coefficients are shrunk (towards 0), too. False: a
        large alpha gives proportional odds; True: it gives intercepts only.
    standardize : bool, default=True
        By mean and population standard deviation, by weight. False: the penalty is on the
        columns as they are.
    categories : array-like of shape (n_classes,), default=None
        The labels, from the first to the last, rare one. None: the order of an ordered
        categorical, else sorted; more than two labels of text need one of the two.
        Words are also accepted where y holds 0 to K - 1, as it does inside
        ``BaggingClassifier``, ``VotingClassifier`` and ``StackingClassifier``: code i is
        the i-th of the sorted words, of which the whole table must have rows. Inside
        these, only ``categories`` tells the order.
    tol : float, default=1e-8
        On the greatest residual of the optimality conditions.
    max_iter : int, default=100
        Newton steps.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes - 1, n_columns)
        The betas, for the columns as they are. Positive: towards later classes.
    intercept_ : ndarray of shape (n_classes - 1,)
    psi_ : ndarray of shape (n_classes - 1, n_columns)
        For standardized columns.
    classes_ : ndarray of shape (n_classes,)
        Sorted, as everywhere in scikit-learn; columns of ``predict_proba``.
    categories_ : ndarray of shape (n_classes,)
        In their order; columns of ``predict_exceed_proba``.
    objective_ : float
    kkt_residual_ : float
    n_crossing_ : int
        Training rows for which boundaries cross.
    n_iter_ : int

    Raises
    ------
    ValueError
        From ``fit``, if the input, a parameter or the order of labels cannot be used.

    Warns
    -----
    ConvergenceWarning
        If ``tol`` is not reached, as with separable classes and ``alpha=0``.
    UserWarning
        If boundaries cross in the training rows. P(Y > k) is then lifted to P(Y > k + 1),
        from the last on, so that the rare class keeps its probability.

    Notes
    -----
    R's ``clm`` and the paper write P(Y ≤ k); their coefficients are ours with the other
    sign, and their thresholds are our intercepts with the other sign. Two classes: this is
    logistic regression.

    **Departs from the paper.** The intercepts of its published code are not moved back to
    the original scale rightly; here a = alpha - mean'coef. The elastic net, weights and
    ``penalize_first=False`` are ours.

    **When it hurts.** If the rare outcome is no end of a sequence, the common boundaries
    have nothing to lend. With a hundred rare rows or more, logistic regression on the rare
    class alone does as well.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "penalize_first": ["boolean"],
        "standardize": ["boolean"],
        "categories": ["array-like", None],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        alpha: float = 0.01,
        *,
        l1_ratio: float = 1.0,
        penalize_first: bool = True,
        standardize: bool = True,
        categories: Any = None,
        tol: float = 1e-8,
        max_iter: int = 100,
    ) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.penalize_first = penalize_first
        self.standardize = standardize
        self.categories = categories
        self.tol = tol
        self.max_iter = max_iter

    def _solve(self, scaled: Scaled, rows: Rows) -> Solution:
        return fit_path(
            scaled.likelihood,
            [self.alpha],
            self.l1_ratio,
            first=self.penalize_first,
            tol=self.tol,
            max_iter=self.max_iter,
        )[0]
