"""The base classes of losses: parameters, and the loss of a training set.

A ``Loss`` holds parameters. ``bind`` adds the class counts and class weights, and
returns a ``BoundLoss``, a function of scores, labels and weights that is independent of
the estimator.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, clone

from imbsuite._parameters import Parametrized
from imbsuite._types import Codes, Floats
from imbsuite.losses.weights import as_positive, class_weights


class BoundLoss(ABC):
    """A loss with the class counts and class weights of a training set.

    Scores have shape (n_rows, n_classes); with two classes, they have shape (n_rows,)
    and are the logit z of the second class.

    Attributes
    ----------
    class_weight : ndarray of shape (n_classes,)
    convex : bool
        Whether the loss is a convex function of the scores.
    has_link : bool
        Whether scores determine probabilities.
    has_metric : bool
        Whether ``metric`` measures predicted labels.
    """

    convex = False
    has_link = False
    has_metric = False

    def __init__(self, loss: Loss, counts: Floats, class_weight: Floats) -> None:
        self.loss = loss
        self.counts = counts
        self.class_weight = class_weight

    @abstractmethod
    def value_gradient(
        self, scores: Floats, codes: Codes, sample_weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """Return the loss of all rows, and its gradient with respect to the scores.

        Parameters
        ----------
        scores : ndarray of shape (n_rows,) or (n_rows, n_classes)
        codes : ndarray of shape (n_rows,), int
            The class of each row, as a position from 0 to n_classes - 1.
        sample_weight : ndarray of shape (n_rows,), default=None
            Without the class weights, by which this method multiplies them.

        Raises
        ------
        ValueError
            If an argument has the wrong shape, or a code belongs to no class.
        """

    def proba(self, scores: Floats) -> Floats:
        """Return the probabilities for which these scores are optimal."""
        msg = (
            f"{self.loss!r} has no inverse link, so scores do not determine "
            "probabilities. Fit a calibration on the scores, as LinearLossClassifier does."
        )
        raise ValueError(msg)

    def metric(
        self, scores: Floats, codes: Codes, sample_weight: Floats | None = None
    ) -> float:
        """Return the metric of the predicted labels, if ``has_metric``."""
        msg = f"{self.loss!r} is not a metric of predicted labels."
        raise ValueError(msg)

    def path(self) -> Sequence[BoundLoss]:
        """Return the losses to minimize one after the other; the last is this one."""
        return (self,)

    def shifts(
        self, scores: Floats, codes: Codes, sample_weight: Floats
    ) -> list[Floats]:
        """Return constants that may improve the scores of the first loss of the path.

        Each has shape (1,), or (n_classes,) with more than two classes.
        """
        return []

    def _checked(
        self, scores: Any, codes: Any, sample_weight: Any = None
    ) -> tuple[Floats, Codes, Floats]:
        """Return scores, codes, and sample weights times class weights, as arrays."""
        codes = self._checked_codes(codes)
        scores = self._checked_scores(scores, len(codes))
        weight = self.class_weight[codes]
        if sample_weight is None:
            return scores, codes, weight
        row_weight = np.asarray(sample_weight, dtype=np.float64)
        if row_weight.shape != codes.shape:
            msg = (
                f"The 'sample_weight' parameter must have the shape {codes.shape}, a "
                f"number for each row. Got {row_weight.shape} instead."
            )
            raise ValueError(msg)
        return scores, codes, weight * row_weight

    def _checked_codes(self, codes: Any) -> Codes:
        """Return codes as integers from 0 to n_classes - 1."""
        values, k = np.asarray(codes), len(self.counts)
        whole, wrong = values, values.ravel()
        if values.dtype.kind in "biuf" and values.ndim == 1:
            with np.errstate(invalid="ignore"):  # missing values are not codes
                whole = values.astype(np.intp, copy=False)
            wrong = values[(whole != values) | (whole < 0) | (whole >= k)]
        if wrong.size:
            msg = (
                "The labels of rows in a loss must be codes, whole numbers from 0 to "
                f"{k - 1}. Got {wrong[:5].tolist()} instead. Encode them, for example with "
                "LabelEncoder."
            )
            raise ValueError(msg)
        return whole

    def _checked_scores(self, scores: Any, n: int) -> Floats:
        """Return scores as an array of the shape for this number of classes."""
        values, k = np.asarray(scores, dtype=np.float64), len(self.counts)
        shape = (n,) if k == 2 else (n, k)
        if values.shape != shape:
            msg = (
                f"The 'scores' parameter must have the shape {shape} for a loss of {k} "
                f"classes and {n} rows. Got {values.shape} instead."
            )
            raise ValueError(msg)
        return values


class Loss(Parametrized, BaseEstimator):  # type: ignore[misc]
    """A loss of scores and labels that is not yet bound to class counts."""

    # Whether the loss is a mean over rows, as boosting and perturbed rows require.
    is_mean_over_rows: ClassVar[bool] = False

    def bind(
        self,
        counts: Any,
        class_weight: Any = None,
        *,
        positive: int | None = None,
    ) -> BoundLoss:
        """Return the loss for these class counts and class weights.

        Parameters
        ----------
        counts : array-like of shape (n_classes,)
            The sum of the sample weights of each class.
        class_weight : None, "balanced", "effective", mapping or array-like, default=None
            A number for each class; a mapping has codes from 0 to n_classes - 1 as keys.
        positive : int, default=None
            The code of the positive class of a metric of one class. None: the rarer of
            two classes, or the second one if their counts are equal.

        Raises
        ------
        ValueError
            If a parameter is out of range, or a class has no rows.
        """
        self._validate_params()
        sums = _check_counts(counts)
        if positive is not None and positive not in range(len(sums)):
            msg = (
                f"The 'positive' parameter must be a code from 0 to {len(sums) - 1}, or "
                f"None. Got {positive!r} instead."
            )
            raise ValueError(msg)
        weights = class_weights(class_weight, sums)
        return self._in_python_numbers()._bind(sums, weights, positive)

    def _in_python_numbers(self) -> Self:
        """Return the loss with Python numbers, which keep their range and precision."""
        numbers = {
            name: value.item()
            for name, value in self.get_params().items()
            if isinstance(value, np.generic)
        }
        return clone(self).set_params(**numbers) if numbers else self

    @abstractmethod
    def _bind(
        self, counts: Floats, class_weight: Floats, positive: int | None
    ) -> BoundLoss:
        """Return the bound loss; all parameters are valid."""

    def is_about_one_class(self) -> bool:
        """Return whether the loss depends on which of two classes is positive."""
        return False


def _check_counts(counts: Any) -> Floats:
    sums = as_positive(counts)
    if sums is None or sums.ndim != 1 or len(sums) < 2:
        msg = (
            "The 'counts' parameter must be a positive number for each of two or more "
            f"classes. Got {counts!r} instead. Leave classes without rows out."
        )
        raise ValueError(msg)
    return sums


def with_columns(scores: Floats) -> Floats:
    """Return scores with a column for each class: z becomes (0, z)."""
    if scores.ndim == 2:
        return scores
    return np.column_stack([np.zeros_like(scores), scores])
