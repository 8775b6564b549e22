"""One base with one hook: how thresholds are found; the rule that uses them is shared."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if

from imbsuite._anew import fitted_anew
from imbsuite._given import Given
from imbsuite._labels import about_scorer, find_positive
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite._wrapping import has
from imbsuite.probability.out_of_fold import Apart, FoldingClassifier

__all__ = ["MARGIN", "DecidingClassifier", "ThresholdClassifier", "decide"]

# How far a threshold stays from the scores beside it, if they leave it the room.
MARGIN = 1e-10


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
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
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


class DecidingClassifier(FoldingClassifier):
    """Fits the inner estimator; leaves its probabilities as they are.

    What you write: ``_learn(given, codes)``, which leaves ``estimator_``
    and what else is found, and ``_decide(X, probability)``.
    """

    pos_label: Any = None

    @fitted_anew
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the estimator, and the rule that decides.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            Handed to the estimator, and used where rows are counted.
        groups : array-like of shape (n_rows,), default=None
            Never on both sides of a fold; handed to an estimator that takes them.
        **fit_params : dict
            Handed to the estimator: those that have an entry for each row with their
            rows, the others (an ``eval_set``) as they are.

        Returns
        -------
        self
        """
        given, codes = self._start(X, y, sample_weight, groups, fit_params)
        self._learn(given, codes)
        return self

    def _learn(self, given: Given, codes: Codes) -> None:
        self.estimator_ = given.fit(self.estimator)

    @abstractmethod
    def _decide(self, X: Any, probability: Floats) -> Codes:
        """Return positions in ``classes_``."""

    def _metrics_of_positive(self, n_classes: int) -> list[str]:
        """Return the parameters that are about a positive class, as users write them."""
        return []

    def _find_positive(self, codes: Codes, weight: Any) -> int | None:
        """Return the code of the positive class, left as ``pos_label_``.

        None, where none is given and nothing is about it.
        """
        self.__dict__.pop("pos_label_", None)
        metrics = self._metrics_of_positive(len(self.classes_))
        if self.pos_label is None and not metrics:
            return None
        owner = type(self).__name__
        found = find_positive(self.classes_, codes, weight, self.pos_label, owner)
        self.pos_label_ = found.label
        if metrics and (said := about_scorer(found, self.classes_, metrics[0])):
            warn(said)
        return found.code

    def _tuning_part(self, given: Given, *, cv: Any = None) -> Apart:
        found = self._predict_apart(given, cv=cv)
        if found is None:
            msg = (
                "A class has too few rows (or groups) to be both fitted on and predicted; "
                "give more rows or other folds, or a fitted estimator inside "
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
