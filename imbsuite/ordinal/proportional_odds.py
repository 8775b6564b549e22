"""Proportional odds: all boundaries share their coefficients."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval

from imbsuite.ordinal._base import OrdinalClassifier, Rows, Scaled
from imbsuite.ordinal.path import fit_proportional_odds
from imbsuite.ordinal.solver import Solution

__all__ = ["ProportionalOddsClassifier"]


class ProportionalOddsClassifier(OrdinalClassifier):
    r"""Predict ordered classes by parallel boundaries (the cumulative logit model).

    .. math:: logit\,P(Y > k \mid x) = \alpha_k + x'\beta, \qquad k = 1, \dots, K - 1

    by maximum likelihood: the limit of :class:`PrestoClassifier` with
    ``penalize_first=False`` and a large alpha, fitted directly.

    Parameters
    ----------
    categories : array-like of shape (n_classes,), default=None
        The labels, from the first to the last. None: the order of an ordered categorical,
        else sorted; more than two labels of text need one of the two.
        Words are also accepted where y holds 0 to K - 1, as it does inside
        ``BaggingClassifier``, ``VotingClassifier`` and ``StackingClassifier``: code i is
        the i-th of the sorted words, of which the whole table must have rows. Inside
        these, only ``categories`` tells the order.
    tol : float, default=1e-8
        On the greatest derivative of the mean log-likelihood, for standardized columns.
    max_iter : int, default=100
        Newton steps.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes - 1, n_columns)
        Rows are equal. Positive: towards later classes.
    intercept_ : ndarray of shape (n_classes - 1,)
        Decreasing; with the other sign, the thresholds of other programs.
    psi_ : ndarray of shape (n_classes - 1, n_columns)
        For standardized columns; 0 but for the first row.
    classes_ : ndarray of shape (n_classes,)
        Sorted; columns of ``predict_proba``.
    categories_ : ndarray of shape (n_classes,)
        In their order; columns of ``predict_exceed_proba``.
    objective_ : float
        The mean negative log-likelihood.
    kkt_residual_ : float
    n_crossing_ : int
        0: parallel boundaries do not cross.
    n_iter_ : int

    Raises
    ------
    ValueError
        From ``fit``, if the input or the order of labels cannot be used.

    Warns
    -----
    ConvergenceWarning
        If ``tol`` is not reached, as with separable classes.

    Notes
    -----
    **When it hurts.** If columns act otherwise on the rare boundary than on the common
    ones, parallel boundaries are wrong just there, and surely so.

    References
    ----------
    McCullagh. Regression Models for Ordinal Data. Journal of the Royal Statistical
    Society B 42 (1980), 109-142, :doi:`10.1111/j.2517-6161.1980.tb01109.x`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite import ProportionalOddsClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 2))
    >>> y = np.digitize(X[:, 0] + rng.logistic(size=2000), [0, 2])
    >>> ProportionalOddsClassifier().fit(X, y).coef_.shape
    (2, 2)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "categories": ["array-like", None],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self, *, categories: Any = None, tol: float = 1e-8, max_iter: int = 100
    ) -> None:
        self.categories = categories
        self.tol = tol
        self.max_iter = max_iter

    def _solve(self, scaled: Scaled, rows: Rows) -> Solution:
        return fit_proportional_odds(
            scaled.likelihood, tol=self.tol, max_iter=self.max_iter
        )
