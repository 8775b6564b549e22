"""The objective of a linear model, and its minimum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from imbsuite._types import Codes, Floats
from imbsuite.losses.base import BoundLoss
from imbsuite.losses.robust import COORDINATES, DUAL, Euclidean


class Line(NamedTuple):
    """Coefficients and intercepts of standardized columns.

    ``coef``: (n_scores, p), ``intercept``: (n_scores,), where ``n_scores`` is 1 for two
    classes.
    """

    coef: Floats
    intercept: Floats

    def scores(self, Z: Any) -> Floats:
        """Return scores, (n_rows,) for two classes, else (n_rows, n_classes)."""
        if len(self.intercept) == 1:
            return np.asarray(Z @ self.coef[0] + self.intercept[0])
        return np.asarray(Z @ self.coef.T + self.intercept)


class Solution(NamedTuple):
    """The result of L-BFGS; it has not converged if it stopped at ``max_iter``."""

    line: Line
    n_iter: int
    converged: bool


@dataclass
class LinearProblem:
    """The rows, the penalty and the perturbation of a linear problem.

    Attributes
    ----------
    Z : {ndarray, sparse matrix} of shape (n_rows, p)
    codes : ndarray of shape (n_rows,)
    weight : ndarray of shape (n_rows,)
        The sample weights.
    penalty : float
        The factor of half the sum of squared coefficients.
    eps, norm : float and str
        The perturbation of rows; ``eps`` is above 0 only for two classes.
    """

    Z: Any
    codes: Codes
    weight: Floats
    penalty: float
    eps: float
    norm: str

    @cached_property
    def _against(self) -> Floats:
        """The score change of the worst rows for a dual norm of 1, (n_rows,)."""
        return self.eps * (1.0 - 2.0 * self.codes)

    def value(self, loss: BoundLoss, line: Line) -> float:
        """Return the objective."""
        norm = float(np.linalg.norm(line.coef.ravel(), DUAL[self.norm]))
        return self._gradient(loss, line, norm)[0]

    def scores(self, line: Line) -> Floats:
        """Return the scores of the rows, without perturbations."""
        return line.scores(self.Z)

    def minimize(
        self, loss: BoundLoss, start: Line, *, tol: float, max_iter: int
    ) -> Solution:
        """Return the minimum that L-BFGS finds from ``start``."""
        perturbed = self.eps > 0
        coordinates = COORDINATES[self.norm]() if perturbed else Euclidean()
        shape, n_scores = start.coef.shape, len(start.intercept)

        def split(x: Floats) -> tuple[Line, float]:
            w, norm = coordinates.expand(x[:-n_scores])
            return Line(w.reshape(shape), x[-n_scores:]), norm

        def objective(x: Floats) -> tuple[float, Floats]:
            line, norm = split(x)
            value, by_line, by_norm = self._gradient(loss, line, norm)
            by_x = coordinates.pull(x[:-n_scores], by_line.coef.ravel(), by_norm)
            return value, np.concatenate([by_x, by_line.intercept])

        bounds = coordinates.bounds(start.coef.size)
        result = minimize(
            objective,
            np.concatenate([coordinates.of(start.coef), start.intercept]),
            jac=True,
            method="L-BFGS-B",
            bounds=None if bounds is None else bounds + [(None, None)] * n_scores,
            options={
                "gtol": tol,
                "ftol": 64 * np.finfo(float).eps,
                "maxiter": max_iter,
                "maxfun": 20 * max_iter,
                "maxls": 50,
            },
        )
        return Solution(split(result.x)[0], int(result.nit), result.status != 1)

    def _gradient(
        self, loss: BoundLoss, line: Line, norm: float
    ) -> tuple[float, Line, float]:
        """Return the objective, and its derivatives by the line and the dual norm."""
        scores, by_norm = self.scores(line), 0.0
        if self.eps:
            scores += self._against * norm
        value, by_scores = loss.value_gradient(scores, self.codes, self.weight)
        if self.eps:
            by_norm = float(self._against @ by_scores)
        by_coef = np.atleast_2d((self.Z.T @ by_scores).T) + self.penalty * line.coef
        value += self.penalty / 2 * float((line.coef**2).sum())
        return value, Line(by_coef, np.atleast_1d(by_scores.sum(axis=0))), by_norm

    def shifted(self, loss: BoundLoss, line: Line) -> Line:
        """Return the line, with shifted intercepts if they improve the objective."""
        shifts = loss.shifts(self.scores(line), self.codes, self.weight)
        lines = [
            line,
            *(line._replace(intercept=line.intercept + shift) for shift in shifts),
        ]
        return min(lines, key=lambda line: self.value(loss, line))


class Path(NamedTuple):
    """The start and the solutions after it, and the objective of the last loss at each.

    ``steps``: "start", and the loss of each solution.

    ``converged``: whether the last minimization has converged.
    """

    steps: list[str]
    lines: list[Line]
    objectives: list[float]
    n_iter: int
    converged: bool


def follow_path(
    problem: LinearProblem,
    loss: BoundLoss,
    start: Line | None,
    *,
    tol: float,
    max_iter: int,
) -> Path:
    """Minimize the losses of ``loss.path()`` in turn, each from the previous solution.

    Without a start, the first of several losses provides it. With a start, only the
    last loss is minimized.
    """
    path, n_iter = list(loss.path()), 0
    if start is None:
        n_scores = len(loss.counts) if len(loss.counts) > 2 else 1
        start = Line(np.zeros((n_scores, problem.Z.shape[1])), np.zeros(n_scores))
        if len(path) > 1 or problem.eps:
            # Rows are not perturbed at first: at 0, the gradient may vanish.
            plain = replace(problem, eps=0.0)
            first = plain.minimize(path[0], start, tol=tol, max_iter=max_iter)
            start, n_iter = problem.shifted(loss, first.line), first.n_iter
            path = path[1:] or path
    else:
        path = path[-1:]
    lines, converged = [start], True
    for step in path:
        solution = problem.minimize(step, lines[-1], tol=tol, max_iter=max_iter)
        lines.append(solution.line)
        n_iter, converged = n_iter + solution.n_iter, solution.converged
    steps = ["start", *(repr(step.loss) for step in path)]
    return Path(
        steps, lines, [problem.value(loss, line) for line in lines], n_iter, converged
    )
