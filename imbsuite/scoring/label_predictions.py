"""Multilabel predictions on one test fold: predictions of two classes for each label.

Two-class metrics are computed for each label, so multilabel targets need no separate
metrics, corrections or intervals. Thresholds are those of the threshold classifiers,
which support multilabel targets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from imbsuite._classes import Labels
from imbsuite._types import Codes, Floats, Mask
from imbsuite._wrapping import decides_itself
from imbsuite.decision import TunedThresholdClassifier
from imbsuite.meta import ResampledClassifier
from imbsuite.probability.by_label import both_columns
from imbsuite.probability.label_folds import strata_of
from imbsuite.probability.label_model import LabelModel
from imbsuite.probability.offsets import add_offsets
from imbsuite.probability.predicted import OutOfFold
from imbsuite.scoring.fold_predictions import (
    INNER_FOLDS,
    FoldPredictions,
    Recorded,
    Training,
    needs_out_of_fold,
)
from imbsuite.scoring.label_table import LabelTable


class RecordedLabels(Recorded):
    """A fitted multilabel classifier that returns recorded probabilities."""

    def __init__(self, probability: Floats) -> None:
        super().__init__(probability, [np.arange(2)] * probability.shape[1])

    def predict(self, X: Any) -> Codes:
        """Return where the recorded probability is 0.5 or more, (n_rows, n_labels)."""
        return (self.probability >= 0.5).astype(np.intp)


@dataclass(frozen=True)
class LabelTraining(Training):
    """The training rows of a multilabel model; ``y`` is a DataFrame of their labels."""

    @cached_property
    def cells(self) -> Codes:
        """The labels as 0 and 1, (n_rows, n_labels)."""
        return np.asarray(self.y)

    @cached_property
    def codes(self) -> Codes:
        """Codes of the strata of inner folds: the rarest label of each row."""
        return strata_of(self.cells, INNER_FOLDS, self.units)

    @property
    def fewest(self) -> int:
        """The smallest number of rows with a label, or without it."""
        has = self.cells.sum(axis=0)
        return int(np.minimum(has, len(self.cells) - has).min())

    def _predict(self, model: Any, rows: Any) -> Floats:
        p: Floats = model.predict_proba(self.cache.take(self.X, rows))
        return p

    def of_label(self, place: int) -> Training | None:
        """Return the training rows of one label; None if the label is constant."""
        cells = self.cells[:, place]
        if not np.ptp(cells):
            return None
        shared = {name: getattr(self, name) for name in Training.__dataclass_fields__}
        return _TrainingOfLabel(**shared | {"y": cells}, whole=self, place=place)


@dataclass(frozen=True)
class _TrainingOfLabel(Training):
    """The training rows of one of several labels, which are all predicted together."""

    whole: LabelTraining | None = None
    place: int = 0

    @cached_property
    def timed(self) -> tuple[OutOfFold | None, float]:
        """The out-of-fold probabilities of this label, and the time for all labels."""
        part, seconds = cast("LabelTraining", self.whole).timed
        if part is None:
            return None, seconds
        p = both_columns(part.probability[:, self.place])
        return part._replace(probability=p), seconds


@dataclass(frozen=True)
class LabelPredictions(FoldPredictions):
    """Multilabel predictions for the rows of one test fold."""

    @property
    def table(self) -> LabelTable:
        """The labels of all rows."""
        return cast("LabelTable", self.labels)

    @cached_property
    def truth(self) -> Codes:
        """The true labels, (n_test, n_labels), 0 and 1."""
        return self.table.cells[self.test]

    @cached_property
    def strata(self) -> Codes:
        """The stratum of each row, (n_test,); single rows join the largest stratum."""
        _, codes, sizes = np.unique(
            self.labels.codes[self.test], return_inverse=True, return_counts=True
        )
        if len(self.table.names) == 1:
            return np.asarray(codes)
        return np.where(sizes[codes] < 2, sizes.argmax(), codes)

    @cached_property
    def chosen(self) -> Codes:
        """The predicted labels, (n_test, n_labels), 0 and 1."""
        return np.asarray(self.model.predict(self.X)).astype(np.intp)

    @cached_property
    def proba(self) -> Floats:
        """P(label), (n_test, n_labels)."""
        return np.asarray(self.model.predict_proba(self.X))

    @cached_property
    def corrected(self) -> Floats:
        """P(label) at the original shares of labels, corrected where needed."""
        if self.training is None or not self.training.moves_prior:
            return self.proba
        return np.column_stack([of.corrected[:, 1] for of in self.by_label])

    @cached_property
    def balanced(self) -> FoldPredictions:
        """Predictions with thresholds tuned for the balanced accuracy of each label."""
        return self._tuned_corrected("balanced_accuracy")

    @cached_property
    def tuned(self) -> FoldPredictions:
        """Predictions with thresholds tuned for the F1 of each label."""
        return self._tuned_corrected("f1_macro")

    def _tuned_corrected(self, scoring: str) -> FoldPredictions:
        # Tuning relies on the probabilities of rare labels, so they are corrected
        # first.
        decision = TunedThresholdClassifier(None, scoring=scoring)
        return self.finished(decision, "offset")

    @cached_property
    def by_label(self) -> list[FoldPredictions]:
        """The predictions of each label, as those of the classes 0 and 1."""
        return [self._of_label(place) for place in range(len(self.table.names))]

    def _of_label(self, place: int) -> FoldPredictions:
        training = cast("LabelTraining | None", self.training)
        own = FoldPredictions(
            self._member(place),
            self.X,
            self.table.label(place),
            self.test,
            self.fit_time,
            None if training is None else training.of_label(place),
            weight=self.weight,
        )
        vars(own)["chosen"] = self.chosen[:, place]
        if hasattr(self.model, "predict_proba"):
            vars(own)["proba"] = both_columns(self.proba[:, place])
        return own

    def _member(self, place: int) -> Any:
        """Return the object that has the effective prior of one label."""
        if not isinstance(self.model, ResampledClassifier):
            return None  # thresholded or recorded: not corrected again
        if self.model.sampler_ is None:
            return self.model._model.member(place)
        return self.model._part_of_label(place)

    def with_tuned_threshold(self, scoring: Any) -> FoldPredictions:
        """Return predictions with thresholds tuned for a metric on the training rows."""
        part = None if self.training is None else self.training.timed[0]
        if part is None:
            return self
        decision = TunedThresholdClassifier(None, scoring=scoring)
        tuned = self._decided(decision, self.proba, part.rows, part.probability)
        # A threshold does not change probabilities.
        if "corrected" in vars(self):
            vars(tuned)["corrected"] = self.corrected
        return tuned

    def finished(self, decision: Any, correction: str | None) -> FoldPredictions:
        """Return predictions of the model with a correction and a threshold classifier.

        See :meth:`FoldPredictions.finished`.
        """
        training = cast("LabelTraining | None", self.training)
        if training is None:
            return self
        correction = correction if training.moves_prior else None
        itself = decides_itself(getattr(self.model, "estimator_", None))
        if decision is None and (correction is None or itself):
            return self
        offsets = self._offsets(training, correction)
        rows = np.arange(len(training.cells))
        p: Floats = training.cells.astype(np.float64)
        if decision is not None and needs_out_of_fold(decision):
            if training.timed[0] is None:
                return self
            rows, p = training.timed[0].rows, training.timed[0].probability
        done = RecordedLabels(_moved(self.proba, offsets))
        if decision is None:
            recorded = replace(self, model=done)
        else:
            recorded = self._decided(
                decision, done.probability, rows, _moved(p, offsets)
            )
        return replace(recorded, training=None, drawn=None)

    def _offsets(self, training: LabelTraining, correction: str | None) -> list[Floats]:
        """Return the offsets of log P(no label) and log P(label) for each label."""
        if correction is None:
            return [np.zeros(2)] * len(self.table.names)
        return [
            np.zeros(2)
            if own.training is None
            else own.offset(own.training, correction)
            for own in self.by_label
        ]

    def _decided(
        self, decision: Any, proba: Floats, rows: Codes, probability: Floats
    ) -> LabelPredictions:
        """Return predictions with the decisions of a threshold classifier.

        Parameters
        ----------
        decision : threshold classifier without an estimator
        proba : ndarray of shape (n_test, n_labels)
        rows : ndarray of shape (n,), int
            The training rows on which the threshold classifier is fitted.
        probability : ndarray of shape (n, n_labels)
            Probabilities of these rows.
        """
        training = cast("LabelTraining", self.training)
        frozen = FrozenEstimator(RecordedLabels(probability))
        decided = training.fit(clone(decision).set_params(estimator=frozen), rows)
        every: Mask = np.ones(proba.shape[1], dtype=bool)
        test_rows = RecordedLabels(proba)
        decided._model = LabelModel(test_rows, every, training.cells.mean(axis=0))
        decided.estimator_ = self.model
        predictions = replace(self, model=decided)
        vars(predictions).update(proba=proba, chosen=decided.predict(self.X))
        return predictions


def _moved(probability: Floats, offsets: list[Floats]) -> Floats:
    """Return the corrected P(label), (n, n_labels)."""
    return np.column_stack(
        [
            add_offsets(both_columns(p), offset)[:, 1] if offset.any() else p
            for p, offset in zip(probability.T, offsets, strict=True)
        ]
    )


class Kinds(NamedTuple):
    """The classes that hold the training rows and the predictions of a fold."""

    training: type[Training]
    predictions: type[FoldPredictions]


def kinds_of(labels: Labels) -> Kinds:
    """Return the classes for a target of classes, or for a multilabel target."""
    if isinstance(labels, LabelTable):
        return Kinds(LabelTraining, LabelPredictions)
    return Kinds(Training, FoldPredictions)
