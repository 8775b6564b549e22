"""What ordinal classifiers share: the order of labels, scales, and predictions."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.sparsefuncs import mean_variance_axis
from sklearn.utils.validation import check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._table import (
    check_target,
    check_weight,
    ordered_labels,
    scaled_weight,
    single_target,
    sorted_classes,
)
from imbsuite._types import Floats
from imbsuite._warning import warn
from imbsuite.ordinal.likelihood import OrdinalLikelihood
from imbsuite.ordinal.solver import Penalty, Solution

__all__ = [
    "OrdinalClassifier",
    "Rows",
    "Scaled",
    "order_of_labels",
    "penalty_of",
]

_SQUARES = 500  # the square of 2 ** 500 is a number, and so is that of 2 ** -500


class Rows(NamedTuple):
    """What is fitted: columns, places of labels in their order, weights."""

    X: Any
    codes: NDArray[np.intp]
    weight: Floats


class Scaled(NamedTuple):
    """A problem on the scale on which it is penalized, and the way back."""

    likelihood: OrdinalLikelihood
    mean: Floats
    scale: Floats

    def back(self, x: Floats) -> tuple[Floats, Floats]:
        """Return intercepts (K - 1,) and coefficients (K - 1, p) of the columns given."""
        table = x.reshape(self.likelihood.n_boundaries, -1)
        with np.errstate(over="ignore", invalid="ignore"):  # infinite ones are refused
            coef = table[:, 1:].cumsum(axis=0) / self.scale
            return table[:, 0] - coef @ self.mean, coef


def _times_powers(X: Any, exponent: NDArray[np.intc]) -> Any:
    """Return a copy with each column times a power of 2: exactly."""
    if not sp.issparse(X):
        return np.ldexp(X, exponent)
    out = X.copy()
    out.data = np.ldexp(X.data, exponent[X.indices])
    return out


def order_of_labels(y: Any, values: NDArray[Any], categories: Any) -> list[Any]:
    """Return all labels in their order, as ``values`` spells them.

    Where ``categories`` are words and ``values`` are codes 0 ... K-1, as ensembles hand
    them to their members, the codes are returned: code i is the i-th of the sorted words.

    Parameters
    ----------
    y : array-like
        As the user gave it: an ordered categorical brings its order.
    values : ndarray of shape (n_rows,)
        Its labels.
    categories : array-like or None
        The order, if the user gives one.

    Raises
    ------
    ValueError
        If there is no order, or it lacks a label.
    """
    seen = sorted_classes(values).tolist()
    order = ordered_labels(y) if categories is None else list(categories)
    if order is None:
        if len(seen) > 2 and isinstance(seen[0], str):
            msg = (
                f"y holds the labels {seen}, which have no order of their own; pass "
                "categories=[...] from the first to the last, or an ordered categorical."
            )
            raise ValueError(msg)
        return seen
    given = order
    if _are_codes(seen, values.dtype, order):
        order = [sorted(order).index(word) for word in order]
    missing = [label for label in seen if label not in order]
    if missing or len(set(given)) < len(given):
        msg = (
            f"categories={given} does not fit; give each label of y once, in order: y "
            f"holds {seen}."
        )
        raise ValueError(msg)
    return order


def _are_codes(seen: list[Any], dtype: np.dtype[Any], words: list[Any]) -> bool:
    """Whether labels are positions among the sorted words, as ensembles hand them on."""
    if dtype.kind not in "iu" or not all(isinstance(word, str) for word in words):
        return False
    # Words that spell these numbers may as well be the labels themselves.
    spelled = [str(code) for code in seen]
    as_words = [sorted(words)[code] for code in seen if 0 <= code < len(words)]
    return len(as_words) == len(seen) and (
        as_words == spelled or not set(spelled) <= set(words)
    )


class OrdinalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fits boundaries between ordered classes, and predicts by them.

    What you write: ``_solve(scaled, rows)``, which returns a solution and leaves what else
    is to be known.
    """

    classes_: NDArray[Any]
    categories_: NDArray[Any]
    coef_: Floats
    intercept_: Floats
    categories: Any
    standardize: bool = True
    tol: float
    max_iter: int

    @fitted_anew
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the boundaries.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Numbers, without missing values.
        y : array-like of shape (n_rows,)
            Ordered labels.
        sample_weight : array-like of shape (n_rows,), default=None
            A weight of 2 is two rows.

        Returns
        -------
        self
        """
        rows = self._checked(X, y, sample_weight)
        scaled = self._scaled(rows, len(self.classes_))
        self._keep(scaled, self._solve(scaled, rows))
        eta = self._boundaries(rows.X)[rows.weight > 0]
        self._count_crossing(eta)
        if not getattr(self, "alpha", 0.0):
            self._name_separated(eta, rows.codes[rows.weight > 0])
        return self

    @abstractmethod
    def _solve(self, scaled: Scaled, rows: Rows) -> Solution:
        """Return what minimizes the objective."""

    def _order_of(self, y: Any, values: NDArray[Any]) -> list[Any]:
        """Return the labels in ``values`` from the first to the last; y is as given."""
        return order_of_labels(y, values, self.categories)

    def _checked(self, X: Any, y: Any, sample_weight: Any) -> Rows:
        """Return the rows, checked."""
        self._validate_params()
        given = y
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        y = single_target(y)
        check_target(y, X.shape[0], type(self).__name__)
        weight = check_weight(sample_weight, len(y))
        weight = np.ones(len(y)) if weight is None else scaled_weight(weight)
        order = self._order_of(given, y)
        self._warn_of_fewer_codes(y, order)
        self.classes_ = _classes_that_weigh(y, weight)
        in_order = [label for label in order if label in self.classes_]
        self.categories_ = np.array(in_order, dtype=self.classes_.dtype)
        place = {label: k for k, label in enumerate(in_order)}
        codes = np.array([place[label] for label in self.classes_.tolist()])
        # Rows of a class without weight count for nothing, so any code will do for them.
        position = np.searchsorted(self.classes_, y).clip(max=len(codes) - 1)
        return Rows(X, codes[position].astype(np.intp), weight)

    def _warn_of_fewer_codes(self, y: NDArray[Any], order: list[Any]) -> None:
        """Warn where codes stand for words, and the last of the sorted words are absent.

        A bag may lack a class. But if the whole table lacks it, codes are positions in a
        shorter list than ``categories``.
        """
        words = self.categories is not None and isinstance(self.categories[0], str)
        if not words or y.dtype.kind not in "iu" or y.max() == max(order):
            return
        msg = (
            f"y holds the codes {np.unique(y).tolist()} and categories words, so code i "
            f"is taken for the i-th of {sorted(self.categories)}. If no row of the table "
            f"that the ensemble is fitted on is of {max(self.categories)!r}, leave it out "
            "of categories."
        )
        warn(msg)

    def _scaled(self, rows: Rows, n_classes: int) -> Scaled:
        X, codes, weight = rows
        # Columns of the order of 1: squares of others would overflow, or vanish.
        exponent = self._exponents(X)
        X = _times_powers(X, -exponent)
        if sp.issparse(X):
            mean, variance = mean_variance_axis(X, axis=0, weights=weight)
        else:
            mean = np.average(X, axis=0, weights=weight)
            Z = X - mean
            variance = np.einsum("ij,ij,i->j", Z, Z, weight) / weight.sum()
        # What is left of a constant column is rounding: it is nothing to learn from.
        scale = np.sqrt(variance)
        constant = scale <= len(weight) * np.finfo(float).eps * np.abs(mean)
        if not self.standardize:
            scale = np.ldexp(1.0, -exponent)  # 1 in the columns' own units
        scale = np.where(constant, 1.0, scale)
        factor = np.where(constant, 0.0, 1 / scale)
        if sp.issparse(X):
            Z = X.multiply(factor).tocsr()
        else:
            Z *= factor
        likelihood = OrdinalLikelihood(Z, codes, weight, n_classes)
        # Sparse columns are not centered: intercepts make good for that.
        mean = np.zeros_like(mean) if sp.issparse(X) else np.ldexp(mean, exponent)
        return Scaled(likelihood, mean, np.ldexp(scale, exponent))

    def _exponents(self, X: Any) -> NDArray[np.intc]:
        """Return the powers of 2 that columns stay below."""
        greatest = abs(X).max(axis=0)
        greatest = greatest.toarray() if sp.issparse(greatest) else greatest
        exponent: NDArray[np.intc] = np.frexp(greatest.ravel())[1]
        far = np.abs(exponent) > _SQUARES
        if far.any() and not self.standardize:
            msg = (
                f"Column number {int(far.argmax())} has numbers whose squares overflow or "
                "vanish: use standardize=True, or another unit."
            )
            raise ValueError(msg)
        return exponent

    def _keep(self, scaled: Scaled, found: Solution) -> None:
        self.intercept_, self.coef_ = scaled.back(found.x)
        if not np.isfinite(self.coef_).all():
            place = int(np.argmin(np.isfinite(self.coef_).all(axis=0)))
            msg = (
                f"Column number {place} varies so little that its coefficient cannot be "
                "written as a number: use another unit."
            )
            raise ValueError(msg)
        self.psi_ = found.x.reshape(len(self.intercept_), -1)[:, 1:]
        self.objective_ = found.objective
        self.kkt_residual_ = found.kkt_residual
        self.n_iter_ = max(1, found.n_iter)
        if not found.converged:
            msg = (
                f"No convergence in {found.n_iter} steps: the optimality conditions are "
                f"met up to {found.kkt_residual:.1e}, tol is {self.tol:.1e}. Coefficients "
                f"reach {np.abs(self.psi_).max(initial=0):.1e}; where they grow without "
                "end, classes are separable and need a penalty (alpha), otherwise raise "
                "max_iter."
            )
            warn(msg, ConvergenceWarning)

    def _name_separated(self, eta: Floats, codes: NDArray[np.intp]) -> None:
        for k, boundary in enumerate(eta.T):
            if boundary[codes > k].min() > boundary[codes <= k].max():
                below, above = self.categories_[k : k + 2].tolist()
                msg = (
                    f"The boundary between {below!r} and {above!r} separates all training "
                    "rows: without a penalty there is no finite optimum, and coefficients "
                    "only say where the solver stopped. Use PrestoClassifier with alpha "
                    "above 0."
                )
                warn(msg, ConvergenceWarning)
                return

    def _count_crossing(self, eta: Floats) -> None:
        crossed = (np.diff(eta, axis=1) > 0).any(axis=1)
        self.n_crossing_ = int(crossed.sum())
        if self.n_crossing_:
            msg = (
                f"The boundaries cross for {self.n_crossing_} of {len(eta)} training "
                "rows: probabilities are repaired there, from the last class on, so "
                "that those of earlier ones become 0. A larger alpha crosses less."
            )
            warn(msg)

    def _boundaries(self, X: Any) -> Floats:
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def _given(self, X: Any) -> Floats:
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, reset=False, accept_sparse="csr", dtype=np.float64)
        return self._boundaries(X)

    def predict_exceed_proba(self, X: Any) -> Floats:
        """Return P(Y > k), (n_rows, n_classes - 1), by ``categories_``.

        The last column is the probability of the last class; rows do not increase.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        """
        beyond = expit(self._given(X))
        # The last, rare class keeps its probability; what crosses it is lifted to it.
        return np.maximum.accumulate(beyond[:, ::-1], axis=1)[:, ::-1]

    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities, (n_rows, n_classes), in the order of ``classes_``.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        """
        in_order = -np.diff(self.predict_exceed_proba(X), axis=1, prepend=1, append=0)
        place = {label: k for k, label in enumerate(self.categories_.tolist())}
        columns = [place[label] for label in self.classes_.tolist()]
        return np.asarray(in_order[:, columns])

    def predict_log_proba(self, X: Any) -> Floats:
        """Return the logarithms of the probabilities, (n_rows, n_classes)."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, (n_rows,)."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[likeliest]
        return labels

    @available_if(lambda self: len(getattr(self, "classes_", ())) == 2)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Floats:
        """Return the logit of the second class, (n_rows,); two classes only."""
        eta = self._given(X)[:, 0]
        return eta if self.categories_[1] == self.classes_[1] else -eta

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.poor_score = True
        return tags


def _classes_that_weigh(y: NDArray[Any], weight: Floats) -> NDArray[Any]:
    """Return the sorted classes with rows of positive weight; there must be two."""
    classes = sorted_classes(y[weight > 0])
    if len(classes) < 2:
        msg = (
            f"y holds one class only, {classes.tolist()[0]!r}, among the rows of positive "
            "weight; at least 2 classes are needed. See sample_weight."
        )
        raise ValueError(msg)
    return classes


def penalty_of(
    likelihood: OrdinalLikelihood, alpha: float, l1_ratio: float, *, first: bool
) -> Penalty:
    """Return the penalty on the differences; intercepts are free.

    Parameters
    ----------
    likelihood : OrdinalLikelihood
    alpha : float
    l1_ratio : float
    first : bool
        Whether the coefficients of the first boundary are penalized, too.
    """
    counted = np.ones((likelihood.n_boundaries, likelihood.n_columns))
    counted[:, 0] = 0.0
    if not first:
        counted[0] = 0.0
    each = alpha * counted.ravel()
    return Penalty(l1_ratio * each, (1 - l1_ratio) * each)
