"""PRESTO along a grid of penalties, where each fit starts at the previous solution."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from imbsuite._types import Floats, Mask
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
    l1 = np.where(_are_penalized(likelihood, first=False), np.inf, 0.0)
    penalty, start = Penalty(l1, np.zeros(l1.size)), likelihood.start()
    return minimize(likelihood, penalty, start, tol=tol, max_iter=max_iter)


def alpha_max(
    likelihood: OrdinalLikelihood, l1_ratio: float, *, first: bool, tol: float
) -> tuple[float, Floats]:
    r"""Return the smallest alpha at which all penalized differences are 0, and its fit.

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
    penalized = np.abs(gradient[_are_penalized(likelihood, first=first)])
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
        None: the best parameters with all coefficients 0.
    tol : float
    max_iter : int
    """
    x = likelihood.start() if start is None else start
    penalized, l1_ratio = _are_penalized(likelihood, first=first), float(l1_ratio)
    solutions = []
    for alpha in alphas:
        each = float(alpha) * penalized
        penalty = Penalty(l1_ratio * each, (1 - l1_ratio) * each)
        solutions.append(minimize(likelihood, penalty, x, tol=tol, max_iter=max_iter))
        x = solutions[-1].x
    return solutions


def _are_penalized(likelihood: OrdinalLikelihood, *, first: bool) -> Mask:
    """Return a mask of penalized parameters: coefficient differences, not intercepts.

    ``first``: whether the coefficients of the first boundary are penalized too.
    """
    penalized = np.ones((likelihood.n_boundaries, likelihood.n_columns), dtype=bool)
    penalized[:, 0] = False
    penalized[0] &= first
    return penalized.ravel()
