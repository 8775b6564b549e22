"""Predictions of one fitted model on one test fold: raw, corrected and re-thresholded."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from imbsuite._classes import Labels
from imbsuite._fit_inputs import FitInputs
from imbsuite._labels import is_of_one_class, names_of_rule, with_pos_label
from imbsuite._random import check_rng
from imbsuite._table import in_order, take
from imbsuite._types import Floats, Mask
from imbsuite._warning import warn
from imbsuite._wrapping import decides_itself, labels_of
from imbsuite.decision import (
    ConstrainedThresholdClassifier,
    TunedThresholdClassifier,
)
from imbsuite.decision._base import decide
from imbsuite.decision._search import Search, search_for, search_losses
from imbsuite.decision.costs import Costs
from imbsuite.decision.metrics import find_metric
from imbsuite.folds.in_time import Times
from imbsuite.meta import ResampledClassifier
from imbsuite.meta.pseudo_labels_inside import only_beside
from imbsuite.probability.columns import codes_of, in_columns, probability_of
from imbsuite.probability.offsets import add_offsets, class_sums, log_ratio
from imbsuite.probability.out_of_fold import (
    offsets_out_of_fold,
    predict_out_of_fold,
)
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.source import source_prior
from imbsuite.probability.units import Units
from imbsuite.scoring.memo import CachedDraw, FoldCache

_TUNED_ON_ROWS = (ConstrainedThresholdClassifier, TunedThresholdClassifier)
# The number of inner folds on which corrections and thresholds are fitted.
INNER_FOLDS = 3
# One fold is enough if it has this many rows of each class, which saves two of three
# fits. At 100 (300 rare training rows) the corrected log-loss rises by 0.0002 (standard
# error 0.0001) and the tuned balanced accuracy falls by 0.002 (0.001), whereas training
# tables differ from each other by 0.004 and 0.006; see benchmarks/one_split.py.
ENOUGH_ROWS = 100
# Probabilities that differ by less may have scores that tie in single precision.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Training:
    """The training rows of a model, and how to fit it again.

    ``units``: the rows that inner folds keep together. ``times``: if not None, inner
    folds are tested only on later rows. ``moves_prior``: whether classes were resampled
    or weighted, so that probabilities need a correction. ``weight``: the weights of
    rows, as the user passed them.
    """

    estimator: Any
    X: Any
    y: NDArray[Any]
    seed: int = 0
    units: Units = field(default_factory=Units)
    times: Times | None = None
    moves_prior: bool = False
    cache: FoldCache = field(default_factory=FoldCache)
    weight: Floats | None = None

    def weight_of(self, rows: Any) -> Floats | None:
        """Return the weights of these training rows."""
        return None if self.weight is None else self.weight[rows]

    @property
    def is_timed(self) -> bool:
        """Whether ``timed`` has been computed."""
        return "timed" in self.__dict__

    @cached_property
    def timed(self) -> tuple[OutOfFold | None, float]:
        """Out-of-fold probabilities of the training rows, and the seconds they took."""

        def fit(rows: Any) -> Any:
            with warnings.catch_warnings():
                # The fit on all training rows gives the same warnings.
                warnings.simplefilter("ignore")
                return self.fit(only_beside(self.estimator, rows), rows)

        cv = self._inner_folds()
        if cv is None:
            return None, 0.0
        started = time.perf_counter()
        out_of_fold = predict_out_of_fold(
            fit,
            self._predict,
            self.codes,
            FitInputs(self.X, self.codes),
            cv=cv,
            rng=check_rng(self.seed),
            units=self.units,
        )
        return out_of_fold, time.perf_counter() - started

    @cached_property
    def classes(self) -> NDArray[Any]:
        """The classes of the training rows."""
        return np.unique(self.y)

    @cached_property
    def codes(self) -> NDArray[np.intp]:
        """Class codes, by which inner folds are stratified."""
        codes: NDArray[np.intp] = np.unique(self.y, return_inverse=True)[1]
        return codes

    @property
    def fewest(self) -> int:
        """Number of rows in the smallest class."""
        return int(np.bincount(self.codes).min())

    def fit(self, estimator: Any, rows: Any) -> Any:
        """Return a clone of an estimator, fitted to these training rows."""
        X = self.cache.take(self.X, rows)
        return fit_rows(estimator, X, take(self.y, rows), self.weight_of(rows))

    def _predict(self, model: Any, rows: Any) -> Floats:
        return probability_of(model, self.cache.take(self.X, rows), self.classes)

    def _inner_folds(self) -> Any:
        """Return ``cv`` for the folds on which corrections and thresholds are fitted.

        None, with a warning, if the earlier training rows lack a class.
        """
        if self.times is None:
            enough = self.fewest >= ENOUGH_ROWS * INNER_FOLDS
            return 1 / INNER_FOLDS if enough else INNER_FOLDS
        codes = self.codes
        train, test = self.times.validation(codes, 1 / INNER_FOLDS, self.units)
        if len(np.unique(codes[train])) == codes.max() + 1:
            return [(train, test)]
        msg = (
            "The training rows of a fold have no time with earlier rows of every class, so "
            "corrections use the formula, and thresholds are not tuned."
        )
        warn(msg)
        return None


class Recorded(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier that returns recorded probabilities, regardless of X."""

    def __init__(self, probability: Floats, classes: Any) -> None:
        self.probability = probability
        self.classes = classes
        self.classes_ = classes

    def fit(self, X: Any, y: Any) -> Self:
        """Return the classifier unchanged."""
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Return the recorded probabilities, (n_rows, n_classes)."""
        return self.probability

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each recorded row, (n_rows,)."""
        labels: NDArray[Any] = self.classes[self.probability.argmax(axis=1)]
        return labels


def _predicts_likeliest(model: Any) -> bool:
    """Return whether a model is known to predict the most probable class.

    Its labels then follow from its probabilities (except for rounding), so test rows
    are predicted only once. These scikit-learn classes decide by the scores that they
    turn into probabilities.
    """
    if type(model) is not ResampledClassifier or model.correction is not None:
        return False
    inner = model.estimator_
    last = inner.steps[-1][1] if isinstance(inner, Pipeline) else inner
    return type(last) in (HistGradientBoostingClassifier, LogisticRegression)


def needs_out_of_fold(decision: Any) -> bool:
    """Return whether a threshold classifier is tuned on out-of-fold probabilities."""
    return isinstance(decision, _TUNED_ON_ROWS)


def fit_rows(estimator: Any, X: Any, y: Any, weight: Floats | None) -> Any:
    """Return a clone of an estimator, fitted to rows with their weights, if any."""
    params = {} if weight is None else {"sample_weight": weight}
    return FitInputs(X, y, params=params).fit(estimator)


@dataclass(frozen=True)
class FoldPredictions:
    """Predictions of one fitted model for the rows of one test fold.

    ``weight``: the positive weights of the test rows; only their proportions matter.
    """

    model: Any
    X: Any
    labels: Labels
    test: NDArray[np.intp]
    fit_time: float
    training: Training | None = None
    drawn: CachedDraw | None = None
    weight: Floats | None = None

    @cached_property
    def truth(self) -> NDArray[np.intp]:
        """Codes of the true classes, (n_test,)."""
        return self.labels.codes[self.test]

    @property
    def strata(self) -> NDArray[np.intp]:
        """The strata of the test rows, (n_test,): their true classes."""
        return self.truth

    @cached_property
    def chosen(self) -> NDArray[np.intp]:
        """Codes of the predicted classes, (n_test,)."""
        if "proba" in vars(self) and _predicts_likeliest(self.model):
            top = np.partition(self.proba, -2, axis=1)[:, -2:]
            if (np.diff(top) > _ROUNDING).all():
                return self.proba.argmax(axis=1)
        return codes_of(labels_of(self.model, self.X), self.labels.classes)

    @cached_property
    def proba(self) -> Floats:
        """Probabilities, (n_test, n_classes); 0 for classes without training rows."""
        return probability_of(self.model, self.X, self.labels.classes)

    @cached_property
    def corrected(self) -> Floats:
        """Probabilities at the original class proportions, corrected where needed."""
        if self.training is None or not self.training.moves_prior:
            return self.proba
        known = self.training.classes
        columns = codes_of(known, self.labels.classes)
        proba = add_offsets(self.proba[:, columns], self.offset(self.training))
        return in_columns(proba, known, self.labels.classes)

    @cached_property
    def balanced(self) -> FoldPredictions:
        """Predictions with thresholds tuned for balanced accuracy."""
        return self.with_tuned_threshold("balanced_accuracy")

    def offset(self, training: Training, correction: str = "offset") -> Floats:
        """Return the offsets that are added to the logarithms of probabilities."""
        classes, codes = training.classes, training.codes
        if correction == "offset":
            offsets = offsets_out_of_fold(training.timed[0], codes, training.weight)
            if offsets is not None:
                return offsets
        counts = class_sums(codes, len(classes), training.weight)
        prior = source_prior(self.model, classes, counts)
        return log_ratio(counts / counts.sum(), prior)

    def with_tuned_threshold(self, scoring: Any) -> FoldPredictions:
        """Return predictions with thresholds tuned for a metric on the training rows."""
        training = self.training
        out_of_fold = None if training is None else training.timed[0]
        if training is None or out_of_fold is None:
            return self
        classes = training.classes
        if is_of_one_class(scoring) and self._lacks_positive(classes):
            return self
        known = codes_of(classes, self.labels.classes)
        search = self._search_for(scoring, training, out_of_fold)
        tuned = TunedThresholdClassifier(FrozenEstimator(self.model))
        tuned.estimator_, tuned.classes_ = self.model, classes
        tuned.threshold_ = search.best()[0]
        # A threshold changes no probability, so the test rows are not predicted again.
        chosen = known[decide(self.proba[:, known], tuned.threshold_)]
        predictions = replace(self, model=tuned)
        vars(predictions).update(proba=self.proba, chosen=chosen)
        return predictions

    def finished(self, decision: Any, correction: str | None) -> FoldPredictions:
        """Return predictions of the model with a correction and a threshold classifier.

        They equal the predictions of the whole classifier, but reuse the same fits: the
        threshold classifier gets the out-of-fold probabilities of the training rows
        that it would compute if it wrapped the model.

        Parameters
        ----------
        decision : threshold classifier without an estimator, or None
        correction : {"offset", "prior"} or None
        """
        training = self.training
        if training is None:
            return self
        correction = correction if training.moves_prior else None
        if decision is None and (correction is None or decides_itself(self.model)):
            return self
        classes, rows = training.classes, np.arange(len(training.y))
        known = codes_of(classes, self.labels.classes)
        offset: Floats = np.zeros(len(classes))
        if correction is not None:
            offset = self.offset(training, correction)
        proba = add_offsets(self.proba[:, known], offset)
        model: Any = Recorded(proba, classes)
        if decision is not None:
            probability = np.full((len(rows), len(classes)), np.nan)
            out_of_fold = None
            if needs_out_of_fold(decision):
                out_of_fold = training.timed[0]
                if out_of_fold is None:
                    return self
                rows = out_of_fold.rows
                probability = add_offsets(out_of_fold.probability, offset)
            frozen = FrozenEstimator(Recorded(probability, classes))
            decision = clone(decision).set_params(estimator=frozen)
            # The rarest of the training rows of a fold may be another class. A decision
            # about a class without training rows raises an error.
            is_known = self._positive_among(classes) is not None
            if is_known or names_of_rule(decision, len(classes)):
                decision = with_pos_label(decision, self.labels.positive_label)
            decided = training.fit(decision, rows)
            decided.estimator_, model = model, decided
        return replace(self, model=model, training=None, drawn=None)

    def _search_for(
        self, scoring: Any, training: Training, out_of_fold: OutOfFold
    ) -> Search:
        rows, probability = out_of_fold.rows, out_of_fold.probability
        classes, codes = training.classes, training.codes[rows]
        weight, positive = training.weight_of(rows), self._positive_among(classes)
        if isinstance(scoring, Costs):
            X = training.cache.take(training.X, rows)
            known = codes_of(classes, self.labels.classes)
            losses = scoring.losses(X, known[codes])[:, known]
            return search_losses(losses, probability, codes, weight, positive=positive)
        metric = find_metric(
            scoring,
            in_order(classes, self.labels.ordered),
            positive if is_of_one_class(scoring) else None,
            weighted=weight is not None,
        )
        return search_for(metric, probability, codes, weight, positive=positive)

    def _positive_among(self, classes: NDArray[Any]) -> int | None:
        """Return the position of the positive class among the training classes.

        None if there is no positive class, or it has no training rows.
        """
        if self.labels.positive is None:
            return None
        at = np.flatnonzero(classes == self.labels.classes[self.labels.positive])
        return int(at[0]) if at.size else None

    def _lacks_positive(self, classes: NDArray[Any]) -> bool:
        """Return whether the positive class has no training rows, with a warning."""
        positive = self.labels.positive
        if positive is None or self._positive_among(classes) is not None:
            return False
        msg = (
            "The training rows of a fold lack the positive class "
            f"{self.labels.classes.tolist()[positive]!r}, so thresholds are not tuned for "
            "metrics of this class."
        )
        warn(msg)
        return True

    def one_vs_rest(self) -> list[tuple[Mask, Floats]]:
        """Return pairs (is_class, probability), one for each class that is scored.

        The positive class is scored if there is one, else all classes with rows in this
        fold. The list is empty if the fold has a single class or lacks the positive
        class, because then nothing can be ranked.
        """
        present = np.unique(self.truth)
        if len(present) < 2:
            return []
        positive = self.labels.positive
        counted = present if positive is None else present[present == positive]
        return [(self.truth == k, self.proba[:, k]) for k in counted]
