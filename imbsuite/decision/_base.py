"""Base classes of the classifiers that turn probabilities into labels."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if

from imbsuite._fit_inputs import FitInputs
from imbsuite._labels import HasPositive
from imbsuite._types import Codes, Floats
from imbsuite._wrapping import Decides, has
from imbsuite.probability.by_label import LabelwiseClassifier
from imbsuite.probability.columns import codes_of
from imbsuite.probability.offsets import class_sums
from imbsuite.probability.predicted import OutOfFold

# The distance of a threshold from the neighboring scores, if they are far enough apart.
MARGIN = 1e-10


def decide(probability: Floats, threshold: Floats) -> Codes:
    r"""Return :math:`\arg\max_k p_k / \theta_k`.

    With two classes, the second is chosen where
    :math:`p_1 \ge \theta_1 / (\theta_0 + \theta_1)`, ties included; with more, ties go to
    the first. Any positive probability reaches a threshold of 0; a probability of 0
    reaches none, unless no other class is reached (0/0 counts as 0).

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_classes)
    threshold : ndarray of shape (n_classes,)
        Nonnegative, not all 0.
    """
    if len(threshold) == 2:
        return (probability[:, 1] >= _binary_threshold(threshold)).astype(np.intp)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = np.where(probability > 0, probability / threshold, 0.0)
    chosen: Codes = reach.argmax(axis=1)
    return chosen


def _binary_threshold(threshold: Floats) -> float:
    """Return the threshold on p₁ that is equivalent to two per-class thresholds."""
    total = float(threshold.sum())
    # Dividing thresholds that sum to 1 up to rounding would round them a second time.
    return float(threshold[1]) / (1.0 if abs(total - 1) < 1e-12 else total)


class DecidingClassifier(HasPositive, Decides, LabelwiseClassifier):
    """A classifier with its own decision rule that leaves probabilities unchanged.

    Subclasses implement ``_learn(inputs, codes)``, which sets ``estimator_`` and the
    parameters of the rule, and ``_decide(X, probability)``.
    """

    @abstractmethod
    def _decide(self, X: Any, probability: Floats) -> Codes:
        """Return the decided classes, as positions in ``classes_``."""

    def _tuning_part(self, inputs: FitInputs, *, cv: Any = None) -> OutOfFold:
        part = _needed(self._predict_out_of_fold(inputs, cv=cv))
        if part.is_out_of_bag:
            self._need_out_of_bag(inputs, part)
        return part

    def _need_out_of_bag(self, inputs: FitInputs, part: OutOfFold) -> None:
        """Raise ValueError if a class has rows, but no out-of-bag predictions."""
        codes, n_classes = codes_of(inputs.y, self.classes_), len(self.classes_)
        weight = inputs.weight
        own = None if weight is None else weight[part.rows]
        left = class_sums(codes[part.rows], n_classes, own) > 0
        lost = (class_sums(codes, n_classes, weight) > 0) & ~left
        if lost.any():
            msg = (
                "cv='oob' requires at least one out-of-bag row of every class. Got "
                f"none of {self.classes_[lost].tolist()}. Use more members, or more "
                "rows."
            )
            raise ValueError(msg)

    def _labels_out_of_fold(self, inputs: FitInputs, cv: Any) -> OutOfFold:
        return _needed(super()._labels_out_of_fold(inputs, cv))

    def _is_constant(
        self, codes: Codes, weight: Floats | None, part: OutOfFold | None
    ) -> bool:
        # With a single value, thresholds cannot be learned.
        if part is not None:
            codes = codes[part.rows]
            weight = None if weight is None else weight[part.rows]
        return super()._is_constant(codes, weight, part)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the predicted class of each row, of shape (n_rows,).

        For multilabel targets, 0 or 1 for each label, of shape (n_rows, n_labels).
        """
        if self._has_labels():
            return self._predict_labels(X)
        decided = self._decide(X, self._probability(self._fitted(), X))
        return np.asarray(self.classes_[decided])

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Floats:
        """Return the estimator's probabilities, of shape (n_rows, n_classes).

        For multilabel targets, P(label), of shape (n_rows, n_labels).
        """
        return self._probability(self._fitted(), X)

    @available_if(has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Floats:
        """Return the logarithms of the estimator's probabilities."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))


def _needed(out_of_fold: OutOfFold | None) -> OutOfFold:
    if out_of_fold is None:
        msg = (
            "A class has too few rows (or groups) for training and test folds. Pass "
            "more rows, other folds, or a fitted estimator inside FrozenEstimator."
        )
        raise ValueError(msg)
    return out_of_fold


class ThresholdClassifier(DecidingClassifier):
    """Decides by a threshold for each class, ``threshold_``."""

    def _learn_constant(self, share: float) -> None:
        self.threshold_ = np.full(2, 0.5)

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        self.threshold_ = np.array([rule.threshold_[1] for rule in self._rules])

    def _decide(self, X: Any, probability: Floats) -> Codes:
        return decide(probability, self.threshold_)
