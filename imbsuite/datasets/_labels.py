"""A synthetic multilabel table in which most labels are rare."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from imbsuite._random import Seed, check_rng
from imbsuite._types import Floats

_N_NODES = 100  # of the quadrature over a Gaussian score


def make_rare_labels(
    n_rows: int = 3000,
    *,
    shares: Sequence[float] | None = None,
    n_columns: int = 20,
    strength: float = 2.0,
    random_state: Seed = None,
) -> tuple[Floats, NDArray[np.intp]]:
    r"""Make a multilabel table with Gaussian features.

    .. math:: \operatorname{logit} P(l \mid x) = b_l + s\,x \cdot (c + u_l) / \sqrt 2

    where x is standard normal and c and :math:`u_l` are unit vectors. All labels share
    c, so they are positively correlated.

    Parameters
    ----------
    n_rows : int, default=3000
        Number of rows.
    shares : sequence of float, default=None
        The expected share of rows with each label, above 0 and below 1, which
        determines b. None: ten shares from 0.4 to 0.01 in equal ratios.
    n_columns : int, default=20
        Number of features.
    strength : float, default=2.0
        s, the scale of the log-odds; with 0, the labels are independent of X.
    random_state : int, Generator, RandomState or None, default=None
        Determines the vectors and the generated rows.

    Returns
    -------
    X : ndarray of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows, n_labels), int
        1 where a row has a label, else 0.

    Raises
    ------
    ValueError
        If a share is not above 0 and below 1, or ``n_rows`` or ``n_columns`` is not a
        positive integer.

    Examples
    --------
    >>> from imbsuite.datasets import make_rare_labels
    >>> X, y = make_rare_labels(random_state=0)
    >>> X.shape, y.shape
    ((3000, 20), (3000, 10))
    """
    wanted = (
        np.geomspace(0.4, 0.01, 10) if shares is None else np.asarray(shares, float)
    )
    _refuse(n_rows=n_rows, n_columns=n_columns)
    if wanted.ndim != 1 or not ((wanted > 0) & (wanted < 1)).all():
        msg = (
            "The 'shares' parameter of make_rare_labels must be a sequence of numbers "
            f"above 0 and below 1. Got {shares!r} instead."
        )
        raise ValueError(msg)
    rng = check_rng(random_state)
    common, own = _unit(rng, 1, n_columns), _unit(rng, len(wanted), n_columns)
    weight = strength * (common + own) / np.sqrt(2)
    spread = np.linalg.norm(weight, axis=1)
    intercept = [_intercept(p, s) for p, s in zip(wanted, spread, strict=True)]
    X = rng.normal(size=(n_rows, n_columns))
    probability = expit(X @ weight.T + intercept)
    return X, (rng.random(probability.shape) < probability).astype(np.intp)


def _refuse(**numbers: Any) -> None:
    for name, number in numbers.items():
        if not isinstance(number, Integral) or number < 1:
            msg = (
                f"The {name!r} parameter of make_rare_labels must be an integer of at "
                f"least 1. Got {number!r} instead."
            )
            raise ValueError(msg)


def _unit(rng: np.random.Generator, n: int, n_columns: int) -> Floats:
    """Return unit vectors in random directions, (n, n_columns)."""
    vectors = rng.normal(size=(n, n_columns))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _intercept(share: float, spread: float) -> float:
    """Return b such that expit(b + spread z) has mean ``share``, z standard normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_N_NODES)
    weights = weights / weights.sum()

    def excess(b: float) -> float:
        return float(weights @ expit(b + spread * nodes)) - share

    reach = 40 + 10 * spread
    return float(brentq(excess, -reach, reach))
