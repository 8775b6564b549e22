"""New class shares, found from unlabeled rows."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from imbsuite._anew import fitted_anew
from imbsuite._types import Floats
from imbsuite._warning import warn
from imbsuite._wrapping import LikeliestClassifier
from imbsuite.probability.offsets import add_offsets, class_sums, log_ratio
from imbsuite.probability.out_of_fold import FoldingClassifier

__all__ = ["LabelShiftAdapter"]

_FEWEST_ROWS = 20


class LabelShiftAdapter(FoldingClassifier, LikeliestClassifier):
    r"""Adapt a classifier to data in which classes have other, unknown shares.

    Expectation-maximization: with s the shares that the classifier saw,

    .. math::
        r_{ik} \propto p_{ik}\, q_k / s_k, \qquad q_k = \frac1n \sum_i r_{ik}

    from q = s until q moves by less than ``tol``. Rows of a class must look as they did
    in training; only their number may change.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Its probabilities must be calibrated, at the prior that it saw. A fitted one
        goes inside ``FrozenEstimator``.
    max_iter : int, default=2000
        Weakly separated classes need many.
    tol : float, default=1e-6
        On the sum of absolute changes of the shares.

    Attributes
    ----------
    estimator_ : classifier
        The fitted copy.
    source_prior_ : ndarray of shape (n_classes,)
        s, read from the estimator's samplers and weights, else the shares in ``y``.
    target_prior_ : ndarray of shape (n_classes,)
        q; the shares in ``y`` before ``adapt``.
    n_iter_ : int
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input cannot be used, or if it cannot be read which shares the
        estimator saw; from ``adapt``, if there are fewer than 20 rows.

    Notes
    -----
    **When it hurts.** If classes look different from before (not only more or less
    frequent), the shares found are wrong and the adapted probabilities worse. With
    classes that overlap much, shares are found with large errors.

    References
    ----------
    Saerens, Latinne, Decaestecker. Adjusting the outputs of a classifier to new a priori
    probabilities. Neural Computation 14 (2002), 21-41,
    :doi:`10.1162/089976602753284446`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import LabelShiftAdapter
    >>> rng = np.random.default_rng(0)
    >>> draw = lambda sizes: np.concatenate(
    ...     [rng.normal(size=(n, 1)) + 3 * k for k, n in enumerate(sizes)])
    >>> model = LabelShiftAdapter(LogisticRegression())
    >>> model = model.fit(draw([900, 100]), np.repeat([0, 1], [900, 100]))
    >>> model.adapt(draw([300, 700])).target_prior_.round(1)
    array([0.3, 0.7])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self, estimator: Any, *, max_iter: int = 2_000, tol: float = 1e-6
    ) -> None:
        self.estimator = estimator
        self.max_iter = max_iter
        self.tol = tol

    @fitted_anew
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **fit_params: Any) -> Self:
        """Fit the estimator (unless it is frozen), and note the shares that it saw.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
        **fit_params : dict
            Handed to the estimator: those that have an entry for each row with their
            rows, the others (an ``eval_set``) as they are.

        Returns
        -------
        self
        """
        given, codes = self._start(X, y, sample_weight, None, fit_params)
        weight = given.weight
        self._need_every_class(codes, weight)
        self.estimator_ = given.fit(self.estimator)
        counts = class_sums(codes, len(self.classes_), weight)
        self.source_prior_ = self._source_prior(given, codes)
        self.target_prior_ = counts / counts.sum()
        return self

    def adapt(self, X: Any) -> Self:
        """Find the shares of the classes in unlabeled rows, and predict by them.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            At least 20 rows; a few hundred are better.

        Returns
        -------
        self
        """
        check_is_fitted(self, "estimator_")
        p = self._probability(self.estimator_, X)
        if len(p) < _FEWEST_ROWS:
            msg = (
                f"X has {len(p)} rows; shares cannot be estimated from fewer than "
                f"{_FEWEST_ROWS}: collect more, or set them by PriorCorrectedClassifier."
            )
            raise ValueError(msg)
        seen = self.source_prior_ > 0
        if not p[:, seen].any(axis=1).all():
            msg = (
                "There are rows that are only of classes that the estimator saw no row of "
                f"({self.classes_[~seen].tolist()}); give rows of every class to fit."
            )
            raise ValueError(msg)
        likelihood = p / np.where(seen, self.source_prior_, 1.0)
        q = self.source_prior_
        self.n_iter_ = 0
        while True:
            self.n_iter_ += 1
            weighed = likelihood * q
            weighed /= weighed.sum(axis=1, keepdims=True)
            moved = weighed.mean(axis=0)
            change, q = np.abs(moved - q).sum(), moved
            if change < self.tol or self.n_iter_ == self.max_iter:
                break
        if change >= self.tol:
            msg = (
                f"The shares still moved by {change:.1e} after max_iter={self.max_iter} "
                "rounds; raise max_iter or tol."
            )
            warn(msg)
        self.target_prior_ = q
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities at ``target_prior_``, (n_rows, n_classes)."""
        found = self._probability(self._fitted(), X)
        # A class that is not there any more has a share of nearly, never exactly, 0.
        target = np.maximum(self.target_prior_, np.finfo(float).tiny)
        return add_offsets(found, log_ratio(target, self.source_prior_))
