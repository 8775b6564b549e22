"""Linear models against perturbed rows: dual norms, and the recall that remains.

A perturbation of norm at most ε moves the logit of a row by at most ε times the dual
norm of the coefficients, and some perturbation does. The loss of the worst row is
therefore the loss at the logit that is moved against the label by this distance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, check_is_fitted

from imbsuite._types import Codes, Floats
from imbsuite.probability.columns import codes_of

# The order of the dual norm of each norm of a perturbation.
DUAL = {"l2": 2.0, "linf": 1.0, "l1": np.inf}


class Coordinates(ABC):
    """Coordinates of coefficients (n_scores, p) in which their dual norm is smooth."""

    def bounds(self, n: int) -> list[tuple[float | None, float | None]] | None:
        """Return the bounds of the coordinates of n coefficients, None if unbounded."""
        return None

    @abstractmethod
    def of(self, coef: Floats) -> Floats:
        """Return the coordinates of coefficients."""

    @abstractmethod
    def expand(self, x: Floats) -> tuple[Floats, float]:
        """Return the flat coefficients, and their dual norm."""

    @abstractmethod
    def pull(self, x: Floats, by_w: Floats, by_norm: float) -> Floats:
        """Return the gradient with respect to the coordinates."""


class Euclidean(Coordinates):
    """The coefficients themselves, for the l2 norm and for no perturbation."""

    def of(self, coef: Floats) -> Floats:
        """Return the coordinates of coefficients."""
        return coef.ravel()

    def expand(self, x: Floats) -> tuple[Floats, float]:
        """Return the flat coefficients, and their dual norm."""
        return x, float(np.linalg.norm(x))

    def pull(self, x: Floats, by_w: Floats, by_norm: float) -> Floats:
        """Return the gradient with respect to the coordinates."""
        norm = np.linalg.norm(x)
        return by_w + by_norm * x / norm if norm else by_w


class PositiveParts(Coordinates):
    """The parts w = u - v with u, v >= 0, for the l1 norm; many are exactly 0."""

    def bounds(self, n: int) -> list[tuple[float | None, float | None]] | None:
        """Return the bounds of the coordinates of n coefficients."""
        return [(0.0, None)] * (2 * n)

    def of(self, coef: Floats) -> Floats:
        """Return the coordinates of coefficients."""
        w = coef.ravel()
        return np.concatenate([np.maximum(w, 0), np.maximum(-w, 0)])

    def expand(self, x: Floats) -> tuple[Floats, float]:
        """Return the flat coefficients, and their dual norm."""
        up, down = np.split(x, 2)
        return up - down, float(x.sum())

    def pull(self, x: Floats, by_w: Floats, by_norm: float) -> Floats:
        """Return the gradient with respect to the coordinates."""
        return np.concatenate([by_w, -by_w]) + by_norm


class Box(Coordinates):
    """The product w = t v with |v| <= 1, for the maximum norm t, not smooth in w."""

    def bounds(self, n: int) -> list[tuple[float | None, float | None]] | None:
        """Return the bounds of the coordinates of n coefficients."""
        return [(0.0, None)] + [(-1.0, 1.0)] * n

    def of(self, coef: Floats) -> Floats:
        """Return the coordinates of coefficients."""
        most = float(np.abs(coef).max(initial=0.0))
        return np.append(most, coef.ravel() / most if most else coef.ravel())

    def expand(self, x: Floats) -> tuple[Floats, float]:
        """Return the flat coefficients, and their dual norm."""
        return x[0] * x[1:], float(x[0])

    def pull(self, x: Floats, by_w: Floats, by_norm: float) -> Floats:
        """Return the gradient with respect to the coordinates."""
        return np.append(x[1:] @ by_w + by_norm, x[0] * by_w)


COORDINATES: dict[str, type[Coordinates]] = {
    "l2": Euclidean,
    "linf": PositiveParts,
    "l1": Box,
}


class ClassRobustness(NamedTuple):
    """Recalls of each class, in the order of ``classes_``; NaN for absent classes.

    ``natural``: without a perturbation; ``robust``: the share of the rows of the class
    that are predicted correctly after any perturbation up to eps.
    """

    classes: NDArray[Any]
    natural: Floats
    robust: Floats


def class_robustness(
    model: Any, X: Any, y: Any, eps: float, norm: str = "l2"
) -> ClassRobustness:
    """Return the recall of each class of a linear model, with and without an attack.

    Parameters
    ----------
    model : fitted linear classifier
        It must have ``coef_``, ``intercept_`` and ``classes_``, with one score for two
        classes, or one score per class for more classes.
    X : {array-like, sparse matrix} of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,)
    eps : float
        The size of perturbations, at least 0, in the units of X. The ``perturbation``
        of ``LinearLossClassifier`` is in standardized units, unless
        ``standardize=False``.
    norm : {"l2", "linf", "l1"}, default="l2"
        The norm of perturbations.

    Returns
    -------
    ClassRobustness
        Three arrays of shape (n_classes,): ``classes``, ``natural`` (recall without
        perturbation) and ``robust`` (recall under the worst perturbation).

    Raises
    ------
    ValueError
        If an argument is out of range, or the model is not linear.

    References
    ----------
    Hu et al. Understanding the impact of adversarial robustness on accuracy disparity.
    ICML 2023, arXiv:2211.15762, :doi:`10.48550/arXiv.2211.15762`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite import LinearLossClassifier
    >>> from imbsuite.losses import class_robustness
    >>> X, y = np.array([[-3.0], [-1.0], [1.0], [3.0]]), np.array([0, 0, 1, 1])
    >>> model = LinearLossClassifier().fit(X, y)
    >>> class_robustness(model, X, y, eps=2.0).robust.tolist()
    [0.5, 0.5]
    """
    _check_arguments(model, eps, norm)
    check_is_fitted(model)
    X = check_array(X, accept_sparse="csr")
    codes = codes_of(y, model.classes_)
    least = _margins(model, X, codes, 0.0, norm)
    attacked = _margins(model, X, codes, eps, norm)
    counts = np.bincount(codes, minlength=len(model.classes_))
    with np.errstate(invalid="ignore"):
        natural, robust = (
            np.bincount(codes, m, len(counts)) / counts for m in (least, attacked)
        )
    return ClassRobustness(model.classes_, natural, robust)


def _check_arguments(model: Any, eps: Any, norm: Any) -> None:
    if norm not in DUAL:
        msg = f"The 'norm' parameter must be one of {list(DUAL)}. Got {norm!r} instead."
        raise ValueError(msg)
    if not 0 <= eps < np.inf:
        msg = f"The 'eps' parameter must be at least 0 and finite. Got {eps!r} instead."
        raise ValueError(msg)
    if not hasattr(model, "coef_"):
        msg = (
            "The 'model' parameter must be a fitted linear classifier with coef_. Got "
            f"{model!r} instead."
        )
        raise ValueError(msg)


def _margins(model: Any, X: Any, codes: Codes, eps: float, norm: str) -> Floats:
    """Return 1.0 if a row is predicted correctly after the worst perturbation."""
    coef, intercept = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(model.classes_) == 2:
        coef, intercept = np.vstack([0 * coef, coef]), np.append(0.0, intercept)
    scores = X @ coef.T + intercept
    rows = np.arange(len(codes))
    right = np.ones(len(codes), dtype=bool)
    for k in range(len(coef)):
        length = np.linalg.norm(coef[codes] - coef[k], DUAL[norm], axis=1)
        margin = scores[rows, codes] - scores[:, k] - eps * length
        # Ties go to the second of two classes, and to the first of more.
        wins = codes > k if len(coef) == 2 else codes < k
        right &= (margin > 0) | ((margin == 0) & wins) | (codes == k)
    return right.astype(np.float64)
