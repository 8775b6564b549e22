"""The proportional odds model, in which all boundaries share their coefficients."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from imbsuite.ordinal._base import OrdinalClassifier, OrdinalRows, ScaledProblem
from imbsuite.ordinal.path import fit_proportional_odds
from imbsuite.ordinal.solver import Solution


@dataclass(eq=False, repr=False)
class ProportionalOddsClassifier(OrdinalClassifier):
    r"""Predict ordered classes by parallel boundaries (the cumulative logit model).

    .. math:: logit\,P(Y > k \mid x) = \alpha_k + x'\beta, \qquad k = 1, \dots, K - 1

    is fitted by maximum likelihood. It is the limit of :class:`PrestoClassifier` with
    ``penalize_first=False`` and a large alpha.

    Parameters
    ----------
    categories : array-like of shape (n_classes,), default=None
        The labels in order, from the first to the last. None: the order of an ordered
        categorical, else sorted; more than two string labels require one of the two.
        String labels are also accepted if y holds 0 to K - 1, as it does inside
        ``BaggingClassifier``, ``VotingClassifier`` and ``StackingClassifier``: code i
        is the i-th of the sorted labels, all of which must occur in the whole table.
        Inside these ensembles, only ``categories`` can define the order.
    tol : float, default=1e-8
        Tolerance on the largest derivative of the mean log-likelihood, for standardized
        columns.
    max_iter : int, default=100
        Maximum number of Newton steps.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes - 1, n_columns)
        All rows are equal. Positive coefficients favor later classes.
    intercept_ : ndarray of shape (n_classes - 1,)
        In descending order. Other software reports thresholds, which have the opposite
        sign.
    psi_ : ndarray of shape (n_classes - 1, n_columns)
        The psis of :class:`PrestoClassifier`, in standardized units; 0 except in the
        first row.
    classes_ : ndarray of shape (n_classes,)
        The sorted labels; columns of ``predict_proba``.
    categories_ : ndarray of shape (n_classes,)
        The labels in order; columns of ``predict_exceed_proba``.
    objective_ : float
        The mean negative log-likelihood.
    kkt_residual_ : float
        The largest derivative of the objective.
    n_crossing_ : int
        Always 0, as parallel boundaries do not cross.
    n_iter_ : int
        Number of Newton steps.

    Raises
    ------
    ValueError
        From ``fit``, if the input is invalid or the labels have no order.

    Warns
    -----
    ConvergenceWarning
        If ``tol`` is not reached, as with separable classes.

    Notes
    -----
    **When it hurts.** If the effects of columns on the rare boundary differ from those
    on the common ones, parallel boundaries are wrong for the rare class, with high
    confidence.

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

    _: KW_ONLY
    categories: Any = None
    tol: float = 1e-8
    max_iter: int = 100

    _is_parallel: ClassVar[bool] = True

    def _solve(self, scaled: ScaledProblem, rows: OrdinalRows) -> Solution:
        return fit_proportional_odds(
            scaled.likelihood, tol=self.tol, max_iter=self.max_iter
        )
