"""A fitted link: probabilities from scores, by a scale and offsets."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from imbsuite._types import Codes, Floats
from imbsuite.losses.base import with_columns

# Keeps the scale finite if scores separate the classes. Otherwise, it is too small to
# matter: the curvature of the mean log-loss is many times as large.
_RIDGE = 1e-6


class FittedLink:
    """Probabilities softmax(s f + b), with s at least 0.

    Attributes
    ----------
    scale : float
        s.
    offset : ndarray of shape (n_classes,)
        b; 0 for the first class.
    """

    def __init__(self, scale: float, offset: Floats) -> None:
        self.scale = scale
        self.offset = offset

    def proba(self, scores: Floats) -> Floats:
        """Return probabilities, (n_rows, n_classes)."""
        logits = self.scale * with_columns(scores) + self.offset
        return np.asarray(softmax(logits, axis=1))


def fit_link(
    scores: Floats, codes: Codes, weight: Floats, n_classes: int
) -> FittedLink:
    """Return the link with the smallest log-loss: a convex problem.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,) or (n_rows, n_classes)
    codes : ndarray of shape (n_rows,), int
        Every class occurs.
    weight : ndarray of shape (n_rows,)
    n_classes : int
    """
    columns = with_columns(scores)
    share = weight / weight.sum()
    # Centered scores of the order of 1 make the problem well conditioned.
    center = share @ columns
    unit = float(np.sqrt((share @ (columns - center) ** 2).max())) or 1.0
    z = (columns - center) / unit
    rows = np.arange(len(codes))

    def objective(x: Floats) -> tuple[float, Floats]:
        log_p = log_softmax(x[0] * z + np.append(0.0, x[1:]), axis=1)
        gradient = np.exp(log_p)
        gradient[rows, codes] -= 1.0
        gradient *= share[:, np.newaxis]
        value = _RIDGE * x[0] ** 2 / 2 - share @ log_p[rows, codes]
        by_scale = _RIDGE * x[0] + (gradient * z).sum()
        return float(value), np.append(by_scale, gradient.sum(axis=0)[1:])

    prior = np.bincount(codes, share, n_classes)
    start = np.append(1.0, np.log(prior[1:] / prior[0]))
    best = minimize(
        objective,
        start,
        jac=True,
        bounds=[(0.0, None)] + [(None, None)] * (n_classes - 1),
        method="L-BFGS-B",
        options={"gtol": 1e-9, "ftol": 1e-15, "maxiter": 1000},
    )
    scale = float(best.x[0]) / unit
    offset = np.append(0.0, best.x[1:]) - scale * center
    return FittedLink(scale, offset - offset[0])
