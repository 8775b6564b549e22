"""Multilabel models and strategies: native support, or a clone for each label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from imbsuite._labels import hand_down
from imbsuite.experiment.strategies import (
    IN_WORDS,
    STRATEGIES,
    TUNED,
    Strategy,
    by_name,
    choose_strategies,
)
from imbsuite.meta import MLSMOTE, LabelSampler, ResampledClassifier
from imbsuite.methods import one_of
from imbsuite.samplers import RandomOverSampler
from imbsuite.scoring.memo import EncoderTrial

LABEL_SAMPLERS = {"ml-ros": LabelSampler(RandomOverSampler()), "mlsmote": MLSMOTE()}
# Samplers of classes, such as "smote", resample the rows separately for each label.
_DEFAULT = ["nothing", "class-weight", "ml-ros", "mlsmote", "smote"]


def takes_labels(estimator: Any) -> bool:
    """Return whether an estimator is known to support multilabel targets."""
    if isinstance(estimator, Pipeline):
        return takes_labels(estimator.steps[-1][1])
    if samples_labels(getattr(estimator, "sampler", None)):
        return True
    if isinstance(estimator, OneVsRestClassifier):
        return True
    tags = get_tags(estimator)
    of_classifier = tags.classifier_tags
    several = of_classifier is not None and of_classifier.multi_label
    return bool(several or tags.target_tags.multi_output)


def samples_labels(sampler: Any) -> bool:
    """Return whether a sampler supports multilabel targets."""
    return bool(getattr(sampler, "_samples_labels", False))


def of_labels(estimator: Any, trial: EncoderTrial) -> Any:
    """Return a multilabel estimator: the same one, or one with a clone for each label.

    In a pipeline, only the last step is cloned, unless the encoder reads labels.
    """
    if takes_labels(estimator):
        return estimator
    if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
        *encoder, (name, last) = estimator.steps
        if not trial.reads_labels(Pipeline(encoder)):
            return clone(estimator).set_params(**{name: of_labels(last, trial)})
    return MultiOutputClassifier(hand_down(estimator, 1, 2))


def of_one_label(estimator: Any) -> Any:
    """Return the estimator that a multilabel model fits for each label, or None."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = of_one_label(last)
        return None if inner is None else clone(estimator).set_params(**{name: inner})
    if isinstance(estimator, (MultiOutputClassifier, OneVsRestClassifier)):
        return estimator.estimator
    if isinstance(estimator, ClassifierChain):
        return None
    return estimator if get_tags(estimator).target_tags.single_output else None


@dataclass(frozen=True)
class LabelStrategy(Strategy):
    """A multilabel strategy, which applies a strategy of two classes to each label."""

    def lacks(self, estimator: Any) -> str | None:
        """Return what the strategy requires but the estimator lacks, or None."""
        if not self._is_by_label(estimator):
            return super().lacks(estimator)
        inner = of_one_label(estimator)
        return "estimator of one label" if inner is None else super().lacks(inner)

    def _is_by_label(self, estimator: Any) -> bool:
        """Return whether the strategy is applied separately to each label."""
        if self.class_weight:
            # A native multilabel model multiplies the balanced weights of all labels.
            last = estimator
            while isinstance(last, Pipeline):
                last = last.steps[-1][1]
            return "class_weight" in last.get_params(deep=False)
        of_classes = self.sampler is not None and not samples_labels(self.sampler)
        return of_classes or self.wrapper is not None

    def around(self, estimator: Any) -> ResampledClassifier:
        """Return an unfitted multilabel classifier that applies the strategy."""
        if self.classifier is not None:
            inner = self.classifier
            inner = inner if takes_labels(inner) else MultiOutputClassifier(inner)
            return ResampledClassifier(sampler=None, estimator=clone(inner))
        if not self._is_by_label(estimator):
            return super().around(estimator)
        one = super().around(of_one_label(estimator))
        each = one.estimator if one.sampler is None else one
        return ResampledClassifier(sampler=None, estimator=MultiOutputClassifier(each))


def choose_label_strategies(
    strategies: Iterable[str] | Mapping[str, Any] | None,
) -> tuple[Strategy, ...]:
    """Return the requested multilabel strategies, with doing nothing as the first.

    Parameters
    ----------
    strategies : None, iterable of names, or mapping of name to strategy
        Values of a mapping: a sampler, a classifier, None, a known name, or a pair
        (sampler, grid). Names are those of ``choose_strategies``, "ml-ros" and
        "mlsmote".

    Raises
    ------
    ValueError, TypeError
        As ``choose_strategies``.
    """
    named = by_name(_DEFAULT if strategies is None else strategies)
    entries = {name: _known(entry) for name, entry in named.items()}
    return tuple(LabelStrategy(**vars(one)) for one in choose_strategies(entries))


def _known(entry: Any) -> Any:
    if isinstance(entry, tuple) and len(entry) == 2:
        return _known(entry[0]), entry[1]
    if not isinstance(entry, str) or entry in {TUNED, *IN_WORDS}:
        return entry
    known = one_of([*STRATEGIES, *LABEL_SAMPLERS], entry, "strategy")
    return LABEL_SAMPLERS.get(known, known)
