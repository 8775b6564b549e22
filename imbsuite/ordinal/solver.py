"""A smooth convex function plus l1 and squared l2 terms, minimized to high accuracy.

The method is proximal Newton: it minimizes a quadratic model of the smooth part plus
the exact penalties on a working set, by scikit-learn's coordinate descent and then
exactly for the signs of that solution. Armijo's rule on the full objective sets the
step length. After ``tol`` is reached, one more step is made, so residuals are 1e-10 or
less. The solver does not depend on classes: it only uses the value of the smooth part
(infinite outside its domain), its gradient, and its curvature for some coordinates.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from imbsuite._types import Floats
from imbsuite.ordinal.likelihood import OrdinalLikelihood

_ARMIJO = 1e-4
_HALVINGS = 60


class Penalty(NamedTuple):
    """The sum of l1 |x| + l2 x² / 2; an infinite l1 fixes its coordinate at 0."""

    l1: Floats
    l2: Floats

    def value(self, x: Floats) -> float:
        """Return the penalty of ``x``."""
        free = np.isfinite(self.l1)
        return float(self.l1[free] @ np.abs(x[free]) + self.l2 @ x**2 / 2)

    def residual(self, x: Floats, gradient: Floats) -> Floats:
        """Return the distance of each coordinate's subdifferential from 0."""
        slope = gradient + self.l2 * x
        at_zero = np.maximum(np.abs(slope) - self.l1, 0.0)
        with np.errstate(invalid="ignore"):
            elsewhere = np.abs(slope + np.where(x == 0, 0.0, np.sign(x) * self.l1))
        return np.where(x == 0, at_zero, elsewhere)


class Solution(NamedTuple):
    """The result of ``minimize``: the point, its objective, and its residual."""

    x: Floats
    objective: float
    kkt_residual: float
    n_iter: int
    converged: bool


def minimize(
    smooth: OrdinalLikelihood,
    penalty: Penalty,
    start: Floats,
    *,
    tol: float = 1e-8,
    max_iter: int = 100,
) -> Solution:
    """Minimize smooth(x) + penalty(x).

    Parameters
    ----------
    smooth : OrdinalLikelihood
    penalty : Penalty
    start : ndarray of shape (n_parameters,)
        A point in the domain.
    tol : float, default=1e-8
        Tolerance on the largest residual of the optimality conditions.
    max_iter : int, default=100
        Maximum number of Newton steps.
    """
    x = np.where(np.isfinite(penalty.l1), start, 0.0)
    close = False
    for n_iter in range(int(max_iter) + 1):
        value, gradient, rows = smooth.gradient(x)
        objective = value + penalty.value(x)
        residual = penalty.residual(x, gradient)
        worst = float(residual.max(initial=0.0))
        # One step beyond tol: near the solution each step doubles the correct digits.
        if n_iter == max_iter or worst <= 1e-3 * tol or (close and worst <= tol):
            break
        close = worst <= tol
        working = np.flatnonzero((x != 0) | (residual > 0) | (penalty.l1 == 0))
        own = Penalty(penalty.l1[working], penalty.l2[working])
        hessian = smooth.curvature(rows, working)
        target = _minimum(hessian, gradient[working], x[working], own)
        step = np.zeros_like(x)
        step[working] = target - x[working]
        new = _line(smooth, penalty, x, step, objective=objective, gradient=gradient)
        if new is None:
            break
        x = new
    return Solution(x, objective, worst, n_iter, worst <= tol)


def _line(
    smooth: OrdinalLikelihood,
    penalty: Penalty,
    x: Floats,
    step: Floats,
    *,
    objective: float,
    gradient: Floats,
) -> Floats | None:
    """Return the first of x + step, x + step / 2, ... with a sufficient decrease."""
    gain = float(gradient @ step) + penalty.value(x + step) - penalty.value(x)
    # Near the solution the decrease is below rounding errors; accept the full step.
    noise = 4 * np.finfo(float).eps * max(1.0, abs(objective))
    t = 1.0
    for _ in range(_HALVINGS):
        new = x + t * step
        reached = smooth.value(new) + penalty.value(new)
        if reached <= objective + _ARMIJO * t * gain + noise:
            return new
        t /= 2
    return None


def _minimum(hessian: Floats, gradient: Floats, x: Floats, penalty: Penalty) -> Floats:
    """Return the minimum of the quadratic model at ``x`` with its penalties."""
    # As ½ z'Qz - b'z + l1 |z|, where z is the new point.
    ridge = 1e-12 * max(float(hessian.diagonal().max()), 1e-12)
    Q = hessian + np.diag(penalty.l2 + ridge)
    b = hessian @ x + ridge * x - gradient
    rough = _descend(Q, b, penalty.l1, x)
    return _polished(Q, b, penalty.l1, rough)


def _descend(Q: Floats, b: Floats, l1: Floats, x: Floats) -> Floats:
    """Return the minimum by coordinate descent over the penalized coordinates."""
    # Intercepts (and the first boundary, unless it is penalized) are eliminated by the
    # Schur complement, so that the lasso has no penalty of 0.
    free = l1 == 0
    if free.all():
        return _solve(Q, b)
    across = Q[np.ix_(free, ~free)]
    inner = _solve(Q[np.ix_(free, free)], np.column_stack([b[free], across]))
    S = Q[np.ix_(~free, ~free)] - across.T @ inner[:, 1:]
    c = b[~free] - across.T @ inner[:, 0]
    # Rescale the coordinates so that all have one l1 penalty.
    level = float(l1[~free].max())
    scale = l1[~free] / level
    solution = _lasso(S / np.outer(scale, scale), c / scale, level, x[~free] * scale)
    z = np.empty_like(b)
    z[~free] = solution / scale
    z[free] = inner[:, 0] - inner[:, 1:] @ z[~free]
    return z


def _lasso(S: Floats, c: Floats, level: float, start: Floats) -> Floats:
    """Return the minimum of ½ z'Sz - c'z + level |z|."""
    values, vectors = eigh(S)
    root = (vectors * np.sqrt(values.clip(values.max() * 1e-14))).T
    n = len(c)
    X = np.asfortranarray(root * np.sqrt(n))
    y = (vectors / np.sqrt(values.clip(values.max() * 1e-14))).T @ c * np.sqrt(n)
    with warnings.catch_warnings():
        # A rough minimum is enough, because polishing and Newton steps follow.
        warnings.simplefilter("ignore", ConvergenceWarning)
        path = enet_path(
            X,
            y,
            l1_ratio=1.0,
            alphas=[level],
            precompute=np.ascontiguousarray(X.T @ X),
            Xy=X.T @ y,
            coef_init=start,
            tol=1e-10,
            max_iter=2000,
        )
    return np.asarray(path[1][:, 0])


def _polished(Q: Floats, b: Floats, l1: Floats, z: Floats) -> Floats:
    """Return the exact minimum for the signs of ``z``, if it has these signs."""
    there = (z != 0) | (l1 == 0)
    sign = np.sign(z[there])
    exact = np.zeros_like(z)
    exact[there] = _solve(Q[np.ix_(there, there)], b[there] - l1[there] * sign)
    kept = (np.sign(exact[there]) == sign) | (l1[there] == 0)
    return exact if kept.all() else z


def _solve(Q: Floats, b: Floats) -> Floats:
    try:
        return np.asarray(cho_solve(cho_factor(Q), b))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(Q, b, rcond=None)[0])
