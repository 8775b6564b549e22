"""One base with one hook: how thresholds are found; the rule that uses them is shared."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from imbsuite._random import check_rng
from imbsuite._table import check_target, check_weight, contain, take
from imbsuite._wrapping import WrappingClassifier, has, single_target, weight_key
from imbsuite.probability.offsets import in_columns, out_of_fold

__all__ = ["DecidingClassifier", "ThresholdClassifier", "decide"]

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.intp]


def decide(probability: Floats, threshold: Floats) -> Codes:
    r"""Return :math:`\arg\max_k p_k / \theta_k`.

    Two classes: the second where :math:`p_1 \ge \theta_1 / (\theta_0 + \theta_1)`, ties
    included. More: the first of equals. A threshold of 0 is reached by any positive
    probability; of p = 0 never, unless nothing else is reached (0/0 counts as 0).

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_classes)
    threshold : ndarray of shape (n_classes,)
        Not negative, not all 0.
    """
    if len(threshold) == 2:
        return (probability[:, 1] >= binary_threshold(threshold)).astype(np.intp)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(probability > 0, probability / threshold, 0.0)
    chosen: Codes = reach.argmax(axis=1)
    return chosen


def binary_threshold(threshold: Floats) -> float:
    """Return the threshold on p₁ that two per-class thresholds amount to."""
    total = float(threshold.sum())
    # Shares that sum to 1 but for rounding are not rounded a second time.
    return (
        float(threshold[1]) if abs(total - 1) < 1e-12 else float(threshold[1]) / total
    )


class DecidingClassifier(WrappingClassifier):
    """Fits the inner estimator; leaves its probabilities as they are.

    What you write: ``_learn(X, y, weight)``, after ``estimator_`` and ``classes_`` are
    there, and ``_decide(X, probability)``, which returns positions in ``classes_``.
    """

    classes_: NDArray[Any]
    cv: Any = None
    random_state: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the estimator, and the rule that decides.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            Handed to the estimator, and used where rows are counted.

        Returns
        -------
        self
        """
        self._validate_params()
        y = single_target(y)
        check_target(y, contain(X).shape[0], type(self).__name__)
        weight = check_weight(sample_weight, len(y))
        validate_data(self, X, skip_check_array=True)
        self.classes_ = np.unique(y)
        self._learn(X, y, np.searchsorted(self.classes_, y), weight)
        return self

    def _learn(self, X: Any, y: Any, codes: Codes, weight: Any) -> None:
        self.estimator_ = self._fit_copy(X, y, weight)

    def _decide(self, X: Any, probability: Floats) -> Codes:
        raise NotImplementedError

    def _fit_copy(self, X: Any, y: Any, weight: Any) -> Any:
        estimator = clone(self.estimator)
        given = {}
        if weight is not None and not isinstance(estimator, FrozenEstimator):
            given[weight_key(estimator)] = weight
        return estimator.fit(X, y, **given)

    def _probability(self, estimator: Any, X: Any) -> Floats:
        found = estimator.predict_proba(X)
        return in_columns(found, estimator.classes_, self.classes_)

    def _predict_apart(self, X: Any, y: Any, codes: Codes, weight: Any) -> Floats:
        """Return probabilities of rows that were not fitted on.

        A frozen estimator's are taken as they are: the rows should be new to it.
        """
        if isinstance(self.estimator, FrozenEstimator):
            return self._probability(self.estimator, X)

        def predict(train: Codes, test: Codes) -> Floats:
            own = None if weight is None else weight[train]
            model = self._fit_copy(take(X, train), y[train], own)
            return self._probability(model, take(X, test))

        found = out_of_fold(
            predict,
            codes,
            len(self.classes_),
            cv=self.cv,
            rng=check_rng(self.random_state),
        )
        if found is None:
            msg = (
                "A class has a single row, so no prediction can be made for it by a model "
                "that has not seen it; give more rows, or a fitted estimator inside "
                "FrozenEstimator."
            )
            raise ValueError(msg)
        return found

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class decided for each row, (n_rows,)."""
        inner = self._fitted()
        labels: NDArray[Any] = self.classes_[
            self._decide(X, self._probability(inner, X))
        ]
        return labels

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Floats:
        """Return the estimator's probabilities, untouched."""
        return self._probability(self._fitted(), X)

    @available_if(has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Floats:
        """Return the logarithms of the estimator's probabilities, untouched."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))


class ThresholdClassifier(DecidingClassifier):
    """Decides by a threshold for each class, ``threshold_``."""

    threshold_: Floats

    def _decide(self, X: Any, probability: Floats) -> Codes:
        return decide(probability, self.threshold_)
