"""A classifier that adapts to new class shares, estimated from unlabeled rows."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._intervals import Interval
from imbsuite._parameters import parameter
from imbsuite._table import check_multilabel, check_weight, is_multilabel
from imbsuite._types import Floats
from imbsuite._warning import warn
from imbsuite._wrapping import Likeliest
from imbsuite.probability.label_model import refuse_several_only
from imbsuite.probability.label_sets import LabelSets, estimator_of_sets
from imbsuite.probability.offsets import add_offsets, class_sums, log_ratio
from imbsuite.probability.out_of_fold import FoldingClassifier

_FEWEST_ROWS = 20


class LabelShiftAdapter(Likeliest, FoldingClassifier):
    r"""Adapt a classifier to data with different, unknown class proportions.

    Expectation-maximization iterates, with s the effective prior of the classifier,

    .. math::
        r_{ik} \propto p_{ik}\, q_k / s_k, \qquad q_k = \frac1n \sum_i r_{ik}

    from q = s until q changes by less than ``tol``. Only class shares may change:
    within each class, the features must have the same distribution as in the training
    rows.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Its probabilities must be calibrated under its effective prior. To use a fitted
        classifier, wrap it in ``FrozenEstimator``.
    max_iter : int, default=2000
        Maximum number of iterations. Weakly separated classes need many iterations.
    tol : float, default=1e-6
        Tolerance on the sum of absolute changes of the shares.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    source_prior_ : ndarray of shape (n_classes,)
        s, read from the samplers and class weights of the estimator. If there are none,
        the shares in ``y``.
    target_prior_ : ndarray of shape (n_classes,)
        q; before ``adapt``, the shares in ``y``.
    n_iter_ : int
        Iterations of the last ``adapt``.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        For multilabel targets: the names of the labels. ``source_prior_`` and
        ``target_prior_`` are then the shares of rows with each label, (n_labels,).

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input is invalid or the effective prior of the estimator
        cannot be read; from ``adapt``, if there are fewer than 20 rows, or if a row can
        only belong to classes that are absent from the training rows.

    Notes
    -----
    **Multilabel targets.** The classes are sets of labels: every set with at least 20
    rows, the empty set, and one class for all other sets, in which each label has its
    share among the training rows of the class. A clone of ``estimator`` is fitted to
    these classes (a clone of the inner estimator of MultiOutputClassifier or
    ClassifierChain, also as the last step of a pipeline), and the share of a label is
    the sum over the sets that contain it. Estimating the shares for each label
    separately would be wrong if labels are correlated, because the features of rows
    with a label then depend on their other labels.

    **When it hurts.** If the features within classes change too (not only the class
    shares), the estimated shares are wrong and the adapted probabilities are worse. If
    classes overlap strongly, the estimated shares have large errors.

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

    estimator: Any = parameter(kw_only=False)
    max_iter: int = 2_000
    tol: float = 1e-6

    _afterwards: ClassVar[str] = "correction: label shift"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    @fitted_anew
    def fit(  # type: ignore[override]  # it draws no folds, so it has no groups
        self, X: Any, y: Any, sample_weight: Any = None, **fit_params: Any
    ) -> Self:
        """Fit the estimator (unless it is frozen) and determine its effective prior.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
            For multilabel targets: an array-like, sparse matrix or dataframe of 0 and
            1, of shape (n_rows, n_labels).
        sample_weight : array-like of shape (n_rows,), default=None
        **fit_params : dict
            Passed to the estimator. Arguments with one entry per row follow their rows;
            others (such as an ``eval_set``) are passed unchanged.

        Returns
        -------
        self
        """
        if is_multilabel(y):
            self._fit_sets(X, y, sample_weight, fit_params)
            return self
        inputs, codes = self._start(
            X, y, sample_weight=sample_weight, fit_params=fit_params
        )
        weight = inputs.weight
        self._need_every_class(codes, weight)
        self.estimator_ = inputs.fit(self.estimator)
        counts = class_sums(codes, len(self.classes_), weight)
        self.source_prior_ = self._source_prior(inputs, codes)
        self.target_prior_ = counts / counts.sum()
        return self

    def _fit_sets(
        self, X: Any, y: Any, sample_weight: Any, fit_params: dict[str, Any]
    ) -> None:
        """Fit an adapter whose classes are sets of labels."""
        target = check_multilabel(y, _num_samples(X))
        estimator = estimator_of_sets(self.estimator)
        refuse_several_only(estimator, type(self).__name__)
        sets = LabelSets.find(
            target.values, check_weight(sample_weight, len(target.values))
        )
        if len(sets.members) < 2:
            msg = (
                "y must have rows with different labels. Got the same labels in all "
                f"{len(target.values):,} rows, whose shares cannot change."
            )
            raise ValueError(msg)
        inner = type(self)(**self.get_params(deep=False) | {"estimator": estimator})
        self._of_sets = inner.fit(X, sets.codes, sample_weight, **fit_params)
        self._members = sets.members
        self._name_labels(target)
        self.estimator_ = inner.estimator_
        self.source_prior_ = inner.source_prior_ @ sets.members
        self.target_prior_ = inner.target_prior_ @ sets.members
        validate_data(self, X, skip_check_array=True)

    def adapt(self, X: Any) -> Self:
        """Estimate the class shares in unlabeled rows, and use them in later predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            At least 20 rows; a few hundred are better.

        Returns
        -------
        self
        """
        check_is_fitted(self, "estimator_")
        if hasattr(self, "_of_sets"):
            self._of_sets.adapt(X)
            self.n_iter_: int = self._of_sets.n_iter_
            self.target_prior_ = self._of_sets.target_prior_ @ self._members
            return self
        p = self._probability(self.estimator_, X)
        if len(p) < _FEWEST_ROWS:
            msg = (
                f"X must have at least {_FEWEST_ROWS} rows to estimate class shares. Got "
                f"{len(p)}. Collect more rows, or set the shares in "
                "PriorCorrectedClassifier."
            )
            raise ValueError(msg)
        seen = self.source_prior_ > 0
        if not p[:, seen].any(axis=1).all():
            msg = (
                "X has rows whose only possible classes are absent from the training rows "
                f"({self.classes_[~seen].tolist()}). Fit on rows of every class."
            )
            raise ValueError(msg)
        likelihood = p / np.where(seen, self.source_prior_, 1.0)
        q = self.source_prior_
        self.n_iter_ = 0
        while True:
            self.n_iter_ += 1
            posterior = likelihood * q
            posterior /= posterior.sum(axis=1, keepdims=True)
            shares = posterior.mean(axis=0)
            change, q = np.abs(shares - q).sum(), shares
            if change < self.tol or self.n_iter_ == self.max_iter:
                break
        if change >= self.tol:
            msg = (
                f"The class shares still changed by {change:.1e} after "
                f"max_iter={self.max_iter} iterations. Increase max_iter or tol."
            )
            warn(msg)
        self.target_prior_ = q
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, of shape (n_rows,).

        For multilabel targets, 0 or 1 for each label, of shape (n_rows, n_labels).
        """
        if hasattr(self, "_of_sets"):
            return (self.predict_proba(X) > 0.5).astype(self.classes_[0].dtype)
        return super().predict(X)

    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities under ``target_prior_``, of shape (n_rows, n_classes).

        For multilabel targets, P(label), of shape (n_rows, n_labels).
        """
        self._fitted()
        if hasattr(self, "_of_sets"):
            return np.asarray(self._of_sets.predict_proba(X) @ self._members)
        probability = self._probability(self._fitted(), X)
        # The estimated share of an absent class may underflow to 0, which has no logarithm.
        target = np.maximum(self.target_prior_, np.finfo(float).tiny)
        return add_offsets(probability, log_ratio(target, self.source_prior_))
