"""The base class of ordinal classifiers: order of labels, scaling and predictions."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Self

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
from imbsuite._arguments import refuse_misplaced
from imbsuite._intervals import Interval
from imbsuite._table import (
    check_target,
    check_weight,
    ordered_labels,
    refuse_masked,
    scaled_weight,
    single_target,
    sorted_classes,
)
from imbsuite._types import Floats
from imbsuite._warning import warn
from imbsuite._wrapping import Likeliest
from imbsuite.ordinal.likelihood import OrdinalLikelihood
from imbsuite.ordinal.solver import Solution
from imbsuite.probability.columns import codes_of

_SQUARES = 500  # the squares of 2 ** 500 and 2 ** -500 are finite and not 0


class OrdinalRows(NamedTuple):
    """Training rows: columns, positions of the labels in their order, weights."""

    X: Any
    codes: NDArray[np.intp]
    weight: Floats


class ScaledProblem(NamedTuple):
    """The problem on the scale of the penalty, and the transformation back."""

    likelihood: OrdinalLikelihood
    mean: Floats
    scale: Floats

    def back(self, x: Floats) -> tuple[Floats, Floats]:
        """Return intercepts (K - 1,) and coefficients (K - 1, p) in original units."""
        table = x.reshape(self.likelihood.n_boundaries, -1)
        # Infinite coefficients are rejected later.
        with np.errstate(over="ignore", invalid="ignore"):
            coef = table[:, 1:].cumsum(axis=0) / self.scale
            return table[:, 0] - coef @ self.mean, coef


def _times_powers(X: Any, exponent: NDArray[np.intc]) -> Any:
    """Return a copy with each column times a power of 2, which is exact."""
    if not sp.issparse(X):
        return np.ldexp(X, exponent)
    out = X.copy()
    out.data = np.ldexp(X.data, exponent[X.indices])
    return out


def order_of_labels(y: Any, values: NDArray[Any], categories: Any) -> list[Any]:
    """Return all labels in order, with the type that they have in ``values``.

    If ``categories`` are strings and ``values`` are codes 0, ..., K - 1, as ensembles
    pass them to their members, codes are returned: code i is the i-th of the sorted
    strings.

    Parameters
    ----------
    y : array-like
        The user's target; an ordered categorical defines the order.
    values : ndarray of shape (n_rows,)
        The labels in ``y``.
    categories : array-like or None
        The order, if the user passes one.

    Raises
    ------
    ValueError
        If the labels have no order, or the order lacks a label.
    """
    seen = sorted_classes(values).tolist()
    order = ordered_labels(y) if categories is None else list(categories)
    if order is None:
        if len(seen) > 2 and isinstance(seen[0], str):
            msg = (
                f"y holds the labels {seen}, which have no order of their own. Pass "
                "categories=[...] from the first to the last, or an ordered categorical."
            )
            raise ValueError(msg)
        return seen
    categories = order
    if _are_codes(seen, values.dtype, order):
        order = [sorted(order).index(word) for word in order]
    missing = [label for label in seen if label not in order]
    if missing or len(set(categories)) < len(categories):
        msg = (
            f"The 'categories' parameter must list each label of y once, in order. Got "
            f"{categories} instead, where y holds {seen}."
        )
        raise ValueError(msg)
    return order


def _are_codes(seen: list[Any], dtype: np.dtype[Any], words: list[Any]) -> bool:
    """Return whether labels are positions among sorted strings, as in ensembles."""
    if dtype.kind not in "iu" or not all(isinstance(word, str) for word in words):
        return False
    # Strings that spell these numbers may be the labels themselves.
    spelled = [str(code) for code in seen]
    as_words = [sorted(words)[code] for code in seen if 0 <= code < len(words)]
    return len(as_words) == len(seen) and (
        as_words == spelled or not set(spelled) <= set(words)
    )


class OrdinalClassifier(Likeliest, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Base class of classifiers with linear boundaries between ordered classes.

    Subclasses implement ``_solve(scaled, rows)``, which returns a solution and may set
    further attributes.
    """

    # Sorted, not in the order of the categories: scorers, CalibratedClassifierCV and
    # cross_val_predict assume sorted classes, and with columns in another order the
    # log-loss would silently be wrong.
    classes_: NDArray[Any]
    categories_: NDArray[Any]
    coef_: Floats
    intercept_: Floats
    categories: Any
    standardize: bool = True
    tol: float
    max_iter: int

    # Whether all boundaries have the same coefficients.
    _is_parallel: ClassVar[bool] = False

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "categories": ["array-like", None],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    @fitted_anew
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the boundaries.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Numeric, without missing values.
        y : array-like of shape (n_rows,)
            Ordered labels.
        sample_weight : array-like of shape (n_rows,), default=None
            A weight of 2 counts as two rows.

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
    def _solve(self, scaled: ScaledProblem, rows: OrdinalRows) -> Solution:
        """Return the solution that minimizes the objective."""

    def _order_of(self, y: Any, values: NDArray[Any]) -> list[Any]:
        """Return the labels in ``values`` in order; ``y`` is the user's target."""
        return order_of_labels(y, values, self.categories)

    def _checked(self, X: Any, y: Any, sample_weight: Any) -> OrdinalRows:
        """Return the validated rows."""
        self._validate_params()
        refuse_misplaced(X, y, "fit")
        refuse_masked(X)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        labels = single_target(y)
        check_target(labels, X.shape[0], type(self).__name__)
        weight = scaled_weights_of(sample_weight, len(labels))
        order = self._order_of(y, labels)
        self._warn_of_fewer_codes(labels, order)
        self.classes_ = _classes_that_weigh(labels, weight)
        in_order = [label for label in order if label in self.classes_]
        self.categories_ = np.array(in_order, dtype=self.classes_.dtype)
        codes = codes_of(self.classes_, self.categories_)
        # Rows of a class without weight have no effect, so any code will do.
        position = np.searchsorted(self.classes_, labels).clip(max=len(codes) - 1)
        return OrdinalRows(X, codes[position], weight)

    def _warn_of_fewer_codes(self, y: NDArray[Any], order: list[Any]) -> None:
        """Warn if y holds codes of string labels, and the last sorted label is absent.

        A bootstrap sample may lack a class. But if the whole table lacks it, codes are
        positions in a shorter list than ``categories``.
        """
        words = self.categories is not None and isinstance(self.categories[0], str)
        if not words or y.dtype.kind not in "iu" or y.max() == max(order):
            return
        msg = (
            f"y holds the codes {np.unique(y).tolist()} and categories holds strings, "
            f"so code i is interpreted as the i-th of {sorted(self.categories)}. If "
            "the table that the ensemble is fitted on has no row of "
            f"{max(self.categories)!r}, remove this label from categories."
        )
        warn(msg)

    def _scaled(self, rows: OrdinalRows, n_classes: int) -> ScaledProblem:
        X, codes, weight = rows
        # Scale columns to the order of 1, so that squares do not overflow or underflow.
        exponent = self._exponents(X)
        X = _times_powers(X, -exponent)
        if sp.issparse(X):
            mean, variance = mean_variance_axis(X, axis=0, weights=weight)
        else:
            mean = np.average(X, axis=0, weights=weight)
            Z = X - mean
            variance = np.einsum("ij,ij,i->j", Z, Z, weight) / weight.sum()
        # Rounding errors in a constant column would compete with the intercepts.
        scale = np.sqrt(variance)
        constant = scale <= len(weight) * np.finfo(float).eps * np.abs(mean)
        if not self.standardize:
            scale = np.ldexp(1.0, -exponent)  # 1 in the units of the columns
        scale = np.where(constant, 1.0, scale)
        factor = np.where(constant, 0.0, 1 / scale)
        if sp.issparse(X):
            Z = X.multiply(factor).tocsr()
        else:
            Z *= factor
        likelihood = OrdinalLikelihood(Z, codes, weight, n_classes)
        # Sparse columns are not centered; the intercepts compensate for it.
        mean = np.zeros_like(mean) if sp.issparse(X) else np.ldexp(mean, exponent)
        return ScaledProblem(likelihood, mean, np.ldexp(scale, exponent))

    def _exponents(self, X: Any) -> NDArray[np.intc]:
        """Return exponents of the powers of 2 that bound the columns."""
        greatest = abs(X).max(axis=0)
        greatest = greatest.toarray() if sp.issparse(greatest) else greatest
        exponent: NDArray[np.intc] = np.frexp(greatest.ravel())[1]
        far = np.abs(exponent) > _SQUARES
        if far.any() and not self.standardize:
            msg = (
                f"The numbers in column {int(far.argmax())} have squares that overflow or "
                "vanish. Use standardize=True, or another unit."
            )
            raise ValueError(msg)
        return exponent

    def _keep(self, scaled: ScaledProblem, solution: Solution) -> None:
        self.intercept_, self.coef_ = scaled.back(solution.x)
        if not np.isfinite(self.coef_).all():
            place = int(np.argmin(np.isfinite(self.coef_).all(axis=0)))
            msg = (
                f"Column {place} varies so little that its coefficient overflows. Use "
                "another unit."
            )
            raise ValueError(msg)
        self.psi_ = solution.x.reshape(len(self.intercept_), -1)[:, 1:]
        self.objective_ = solution.objective
        self.kkt_residual_ = solution.kkt_residual
        self.n_iter_ = max(1, solution.n_iter)
        if not solution.converged:
            msg = (
                f"No convergence in {solution.n_iter} steps: the residual of the "
                f"optimality conditions is {solution.kkt_residual:.1e}, above "
                f"tol={self.tol:.1e}. The largest coefficient is "
                f"{np.abs(self.psi_).max(initial=0):.1e}. If coefficients diverge, the "
                "classes are separable and need a penalty (alpha); otherwise increase "
                "max_iter."
            )
            warn(msg, ConvergenceWarning)

    def _name_separated(self, eta: Floats, codes: NDArray[np.intp]) -> None:
        """Warn if boundaries separate the training rows and no optimum is finite."""
        separates = [
            boundary[codes > k].min() > boundary[codes <= k].max()
            for k, boundary in enumerate(eta.T)
        ]
        # A boundary with errors on both sides keeps shared coefficients finite.
        if all(separates) if self._is_parallel else any(separates):
            k = separates.index(True)
            below, above = self.categories_[k : k + 2].tolist()
            msg = (
                f"The boundary between {below!r} and {above!r} separates all training "
                "rows: without a penalty there is no finite optimum, and coefficients "
                "depend on where the solver stopped. Use PrestoClassifier with alpha "
                "above 0."
            )
            warn(msg, ConvergenceWarning)

    def _count_crossing(self, eta: Floats) -> None:
        crossed = (np.diff(eta, axis=1) > 0).any(axis=1)
        self.n_crossing_ = int(crossed.sum())
        if self.n_crossing_:
            msg = (
                f"The boundaries cross for {self.n_crossing_} of {len(eta)} training "
                "rows. Their probabilities are repaired from the last class "
                "backward, so that the probabilities of earlier classes become 0. A "
                "larger alpha reduces crossings."
            )
            warn(msg)

    def _boundaries(self, X: Any) -> Floats:
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def _eta(self, X: Any) -> Floats:
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, reset=False, accept_sparse="csr", dtype=np.float64)
        return self._boundaries(X)

    def predict_exceed_proba(self, X: Any) -> Floats:
        """Return P(Y > k), of shape (n_rows, n_classes - 1), by ``categories_``.

        The last column is the probability of the last class. Within each row, values do
        not increase.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        """
        beyond = expit(self._eta(X))
        # The last, rare class keeps its probability; boundaries that cross are raised.
        return np.maximum.accumulate(beyond[:, ::-1], axis=1)[:, ::-1]

    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities by ``classes_``, of shape (n_rows, n_classes).

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        """
        in_order = -np.diff(self.predict_exceed_proba(X), axis=1, prepend=1, append=0)
        return np.asarray(in_order[:, codes_of(self.classes_, self.categories_)])

    @available_if(lambda self: len(getattr(self, "classes_", ())) == 2)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Floats:
        """Return the logit of the second of two classes, of shape (n_rows,)."""
        eta = self._eta(X)[:, 0]
        return eta if self.categories_[1] == self.classes_[1] else -eta

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.poor_score = True
        return tags


def scaled_weights_of(sample_weight: Any, n_rows: int) -> Floats:
    """Return rescaled weights of the rows, 1 by default."""
    weight = check_weight(sample_weight, n_rows)
    return np.ones(n_rows) if weight is None else scaled_weight(weight)


def _classes_that_weigh(y: NDArray[Any], weight: Floats) -> NDArray[Any]:
    """Return the sorted classes with rows of nonzero weight; at least two."""
    classes = sorted_classes(y[weight > 0])
    if len(classes) < 2:
        msg = (
            f"y must have at least 2 classes among the rows of nonzero sample_weight. Got "
            f"only {classes.tolist()[0]!r}."
        )
        raise ValueError(msg)
    return classes
