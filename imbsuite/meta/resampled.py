"""A classifier that is fitted on resampled rows."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import clone
from sklearn.utils.validation import validate_data

from imbsuite.meta._delegate import DelegatingClassifier, single_target, weight_key

__all__ = ["ResampledClassifier"]


class ResampledClassifier(DelegatingClassifier):
    """Resample at ``fit``, and only there; predict as the estimator does.

    It makes a sampler a legal last step of a plain scikit-learn Pipeline and a parameter
    of a grid search. Rows to predict are never resampled.

    Parameters
    ----------
    sampler : sampler or None
        Anything with ``fit_resample``; of imbsuite or of imbalanced-learn. None: no
        resampling, so that a grid search can try it.
    estimator : classifier
        Fitted on the resampled rows. Put encoders inside it
        (``make_pipeline(TableVectorizer(), ...)``): the sampler then sees the table as
        it is, and one-hot columns are never interpolated.

    Attributes
    ----------
    sampler_ : sampler or None
        The fitted copy.
    estimator_ : classifier
        The fitted copy.
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where X has column names.

    Raises
    ------
    ValueError, TypeError
        From ``fit``: if the input cannot be resampled, or weights or groups are given
        that the sampler or the estimator cannot take.

    Notes
    -----
    **When it hurts.** Probabilities are those of the resampled world: too high for the
    classes that were grown. ``sampler_.effective_prior_`` says what the estimator saw.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import RandomOverSampler, ResampledClassifier
    >>> model = ResampledClassifier(RandomOverSampler(), LogisticRegression())
    >>> model.fit([[0.0], [1.0], [2.0], [9.0]], [0, 0, 0, 1]).predict([[8.0]])
    array([1])
    """

    def __init__(self, sampler: Any, estimator: Any) -> None:
        self.sampler = sampler
        self.estimator = estimator

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> Self:
        """Resample the rows and fit the estimator on the result.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            Carried through the sampler and handed to the estimator.
        groups : array-like of shape (n_rows,), default=None
            Handed to the sampler, which does not mix rows of different groups.

        Returns
        -------
        self
        """
        self.sampler_ = self._checked_sampler()
        self.estimator_ = clone(self.estimator)
        key = weight_key(self.estimator_) if sample_weight is not None else None
        if self.sampler_ is not None:
            X_new, y_new, sample_weight = self._resample(X, y, sample_weight, groups)
        else:
            X_new, y_new = X, single_target(y)
        validate_data(self, X, skip_check_array=True)
        self.estimator_.fit(X_new, y_new, **({key: sample_weight} if key else {}))
        self.classes_ = self.estimator_.classes_
        return self

    def _checked_sampler(self) -> Any:
        if self.sampler is None or hasattr(self.sampler, "fit_resample"):
            return clone(self.sampler, safe=False)
        msg = (
            f"sampler={self.sampler!r} has no fit_resample; pass a sampler, or None for "
            "no resampling."
        )
        raise TypeError(msg)

    def _resample(
        self, X: Any, y: Any, sample_weight: Any, groups: Any
    ) -> tuple[Any, Any, Any]:
        sampler = self.sampler_
        if hasattr(sampler, "carry"):
            resampled = sampler.fit_resample(
                X, y, sample_weight=sample_weight, groups=groups
            )
            return *resampled, sampler.sample_weight_
        if sample_weight is not None or groups is not None:
            msg = (
                f"sample_weight and groups cannot go through {type(sampler).__name__}, "
                "which does not say where its rows come from; use a sampler of imbsuite."
            )
            raise ValueError(msg)
        return *sampler.fit_resample(X, y), None
