"""PRESTO along a grid of penalties, where each fit starts at the solution before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from imbsuite._types import Floats
from imbsuite.ordinal.likelihood import OrdinalLikelihood
from imbsuite.ordinal.solver import Penalty, Solution, minimize

_LEAST_RATIO = 0.01


def fit_proportional_odds(
    likelihood: OrdinalLikelihood, *, tol: float, max_iter: int
) -> Solution:
    """Return the fit in which all boundaries share their coefficients, unpenalized.

    Parameters
    ----------
    likelihood : OrdinalLikelihood
    tol : float
    max_iter : int
    """
    l1 = np.full((likelihood.n_boundaries, likelihood.n_columns), np.inf)
    l1[:, 0] = 0.0
    l1[0] = 0.0
    penalty = Penalty(l1.ravel(), np.zeros(l1.size))
    start = likelihood.start()
    return minimize(likelihood, penalty, start, tol=tol, max_iter=max_iter)


def alpha_max(
    likelihood: OrdinalLikelihood, l1_ratio: float, *, first: bool, tol: float
) -> tuple[float, Floats]:
    r"""Return the smallest alpha with all penalized differences 0, and the fit there.

    .. math:: \max |\partial \overline{nll} / \partial \psi_{jk}| / \max(a, .01)

    Parameters
    ----------
    likelihood : OrdinalLikelihood
    l1_ratio : float
        a. If a is below .01, differences are small at this alpha, but not 0.
    first : bool
        Whether the first boundary is penalized.
    tol : float
    """
    start = likelihood.start()
    if not first:
        start = fit_proportional_odds(likelihood, tol=tol, max_iter=100).x
    _, gradient, _ = likelihood.gradient(start)
    by_boundary = np.abs(gradient.reshape(likelihood.n_boundaries, -1)[:, 1:])
    penalized = by_boundary if first else by_boundary[1:]
    greatest = float(penalized.max(initial=0.0))
    return greatest / max(float(l1_ratio), _LEAST_RATIO), start


def fit_path(
    likelihood: OrdinalLikelihood,
    alphas: Iterable[float],
    l1_ratio: float,
    *,
    first: bool,
    start: Floats | None = None,
    tol: float,
    max_iter: int,
) -> list[Solution]:
    """Return a fit for each alpha, in their order.

    Parameters
    ----------
    likelihood : OrdinalLikelihood
    alphas : iterable of float
        Descending order is fastest.
    l1_ratio : float
    first : bool
    start : ndarray, default=None
        None: the best parameters without any coefficient.
    tol : float
    max_iter : int
    """
    x = likelihood.start() if start is None else start
    solutions = []
    for alpha in alphas:
        penalty = _penalty_of(likelihood, alpha, l1_ratio, first=first)
        solutions.append(minimize(likelihood, penalty, x, tol=tol, max_iter=max_iter))
        x = solutions[-1].x
    return solutions


def _penalty_of(
    likelihood: OrdinalLikelihood, alpha: float, l1_ratio: float, *, first: bool
) -> Penalty:
    """Return the penalty on the differences of coefficients; intercepts have none.

    Parameters
    ----------
    likelihood : OrdinalLikelihood
    alpha : float
    l1_ratio : float
    first : bool
        Whether the coefficients of the first boundary are penalized too.
    """
    counted = np.ones((likelihood.n_boundaries, likelihood.n_columns))
    counted[:, 0] = 0.0
    if not first:
        counted[0] = 0.0
    each, l1_ratio = alpha * counted.ravel(), float(l1_ratio)
    return Penalty(l1_ratio * each, (1 - l1_ratio) * each)
