r"""The likelihood of ordered classes, with a weight vector for each boundary.

Classes 0, ..., K - 1, boundaries k = 1, ..., K - 1, with

.. math:: P(Y \ge k \mid x) = \sigma(\eta_k), \qquad \eta_k = a_k + x'\beta_k,
          \qquad \beta_k = \psi_1 + \dots + \psi_k .

A row of class y lies between :math:`u = \eta_y` and :math:`v = \eta_{y+1}` (infinite at
the ends), and its loss is

.. math:: -\log(\sigma(u) - \sigma(v))
          = \log(1 + e^{-u}) + \log(1 + e^v) - \log(1 - e^{-(u - v)}) .

It is convex in (u, v) where u > v. Parameters are laid out boundary by boundary: the
intercept and then the differences :math:`\psi_k`, (K - 1) x (1 + p) numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit

from imbsuite._types import Floats

_BLOCK = 4096  # rows at a time in products of columns


class Derivatives(NamedTuple):
    """The loss of each row, and its derivatives with respect to u and v.

    Derivatives with respect to infinite bounds are 0.
    """

    loss: Floats
    u: Floats
    v: Floats
    uu: Floats
    vv: Floats
    uv: Floats


def row_derivatives(u: Floats, v: Floats) -> Derivatives:
    r"""Return the loss of rows between u and v, and its derivatives.

    With d = u - v and q = 1 / (e^d - 1): first :math:`-\sigma(-u) - q` and
    :math:`\sigma(v) + q`; second :math:`\sigma(u)\sigma(-u) + w`,
    :math:`\sigma(v)\sigma(-v) + w` and, crosswise, -w, where w = q (1 + q).

    Parameters
    ----------
    u : ndarray of shape (n_rows,)
        Upper bounds, plus infinity for the first class.
    v : ndarray of shape (n_rows,)
        Lower bounds, below u; minus infinity for the last class.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        gap = u - v
        q = 1.0 / np.expm1(gap)
        w = q * (1.0 + q)
        loss = np.logaddexp(0, -u) + np.logaddexp(0, v) - np.log(-np.expm1(-gap))
    at_u, at_v = expit(u), expit(v)
    return Derivatives(
        np.where(gap > 0, loss, np.inf),
        np.where(np.isfinite(u), -(1 - at_u) - q, 0.0),
        np.where(np.isfinite(v), at_v + q, 0.0),
        np.where(np.isfinite(u), at_u * (1 - at_u) + w, 0.0),
        np.where(np.isfinite(v), at_v * (1 - at_v) + w, 0.0),
        np.where(np.isfinite(gap), -w, 0.0),
    )


class OrdinalLikelihood:
    """The weighted mean loss of rows, as a function of all parameters.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_rows, n_features)
        Columns on the scale of the penalty.
    y : ndarray of shape (n_rows,), int
        0, ..., K - 1.
    weight : ndarray of shape (n_rows,)
    n_classes : int
        K.
    """

    def __init__(
        self, X: Any, y: NDArray[np.intp], weight: Floats, n_classes: int
    ) -> None:
        # Rows are sorted by class: a row of class y depends on the boundaries y - 1 and
        # y only, so the curvature is three products of columns for each class, not K².
        # Rows of zero weight are left out, because their loss may be infinite.
        order = np.argsort(y, kind="stable")
        order = order[weight[order] > 0]
        self._X = X[order]
        self._y = y[order]
        self._weight = weight[order] / weight.sum()
        self._ends = np.searchsorted(self._y, np.arange(n_classes + 1))
        self.n_boundaries = n_classes - 1
        self.n_columns = 1 + X.shape[1]

    def start(self) -> Floats:
        """Return the best parameters with all differences 0, in closed form."""
        share = np.bincount(self._y, self._weight, minlength=self.n_boundaries + 1)
        beyond = share[::-1].cumsum()[::-1][1:].clip(1e-12, 1 - 1e-12)
        x = np.zeros((self.n_boundaries, self.n_columns))
        x[:, 0] = np.log(beyond) - np.log1p(-beyond)
        return x.ravel()

    def _bounds(self, x: Floats) -> tuple[Floats, Floats]:
        eta = boundaries(self._X, x.reshape(self.n_boundaries, -1))
        rows = np.arange(len(eta))
        ends = np.full((len(eta), 1), np.inf)
        padded = np.hstack([ends, eta, -ends])
        return padded[rows, self._y], padded[rows, self._y + 1]

    def value(self, x: Floats) -> float:
        """Return the mean loss; infinite if the bounds of a row have crossed."""
        return float(self._weight @ row_derivatives(*self._bounds(x)).loss)

    def gradient(self, x: Floats) -> tuple[float, Floats, Derivatives]:
        """Return the mean loss, its gradient, and the derivatives of the rows."""
        rows = row_derivatives(*self._bounds(x))
        by_boundary = np.zeros((len(self._y), self.n_boundaries + 2))
        every = np.arange(len(self._y))
        by_boundary[every, self._y] = self._weight * rows.u
        by_boundary[every, self._y + 1] = self._weight * rows.v
        inner = by_boundary[:, 1:-1]
        beta = np.column_stack([inner.sum(axis=0), (self._X.T @ inner).T])
        return float(self._weight @ rows.loss), _accumulated(beta).ravel(), rows

    def curvature(self, rows: Derivatives, working: NDArray[np.intp]) -> Floats:
        """Return the Hessian among the ``working`` parameters.

        Parameters
        ----------
        rows : Derivatives
            Returned by ``gradient``.
        working : ndarray of int
            Positions among all parameters, sorted.
        """
        m, p = self.n_boundaries, self.n_columns
        columns = np.unique(working % p)
        blocks = np.zeros((m + 2, m + 2, len(columns), len(columns)))
        for k in range(m + 1):
            own = slice(self._ends[k], self._ends[k + 1])
            parts = ((k, k, rows.uu), (k + 1, k + 1, rows.vv), (k, k + 1, rows.uv))
            inside = [(i, j, h) for i, j, h in parts if i >= 1 and j <= m]
            for i, j, h in inside:
                blocks[i, j] += self._gram(own, self._weight[own] * h[own], columns)
        hessian = blocks[1:-1, 1:-1]
        for k in range(m - 1):
            hessian[k + 1, k] = hessian[k, k + 1].T
        # psi_l moves all boundaries from l on.
        hessian = hessian[::-1].cumsum(axis=0)[::-1]
        hessian = hessian[:, ::-1].cumsum(axis=1)[:, ::-1]
        # An intercept moves its own boundary only: undo the sums for intercepts.
        if columns[0] == 0:
            hessian[:-1, :, 0] -= hessian[1:, :, 0].copy()
            hessian[:, :-1, :, 0] -= hessian[:, 1:, :, 0].copy()
        full = hessian.transpose(0, 2, 1, 3).reshape(m * len(columns), -1)
        places = (working // p) * len(columns) + np.searchsorted(columns, working % p)
        return np.asarray(full[np.ix_(places, places)])

    def _gram(self, rows: slice, h: Floats, columns: NDArray[np.intp]) -> Floats:
        """Return the products of columns, intercept first, weighted by ``h``."""
        features = columns[columns > 0] - 1
        with_ones = columns[0] == 0
        k = len(columns)
        total = np.zeros((k, k))
        X = self._X[rows]
        for start in range(0, X.shape[0], _BLOCK):
            part = X[start : start + _BLOCK]
            part = part.toarray() if sp.issparse(part) else part
            if len(features) < part.shape[1]:
                part = part[:, features]
            if with_ones:
                part = np.column_stack([np.ones(len(part)), part])
            total += (part.T * h[start : start + _BLOCK]) @ part
        return total


def _accumulated(beta: Floats) -> Floats:
    """Convert a gradient by boundary coefficients to one by their differences."""
    out = beta.copy()
    out[:, 1:] = beta[::-1, 1:].cumsum(axis=0)[::-1]
    return out


def boundaries(X: Any, parameters: Floats) -> Floats:
    """Return eta, (n_rows, K - 1), for parameters of shape (K - 1, 1 + p)."""
    beta = parameters[:, 1:].cumsum(axis=0)
    return np.asarray(X @ beta.T + parameters[:, 0])
