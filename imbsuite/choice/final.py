"""The classifier that combines a model, a strategy, a correction and a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from imbsuite._fit_inputs import FitInputs
from imbsuite._labels import with_pos_label
from imbsuite._table import check_groups, count_rows
from imbsuite._wrapping import decides_itself, keyword_of
from imbsuite.decision import CostThresholdClassifier, TunedThresholdClassifier
from imbsuite.experiment.fit_task import seeded
from imbsuite.experiment.label_models import LabelStrategy
from imbsuite.experiment.sentences import TUNED_METRICS, metric_called, primary
from imbsuite.experiment.strategies import TUNED
from imbsuite.experiment.weights import read_weights
from imbsuite.meta.pseudo_labels_inside import forget_unlabeled
from imbsuite.probability import PriorCorrectedClassifier
from imbsuite.probability.weighing import moves_prior
from imbsuite.scoring.metrics import OF_RANKS

if TYPE_CHECKING:
    from imbsuite.experiment.result import Candidate, Pair, Result
    from imbsuite.scoring.metrics import Metric


@dataclass(frozen=True)
class Finish:
    """How the probabilities of a model are used.

    Attributes
    ----------
    decision : threshold classifier without an estimator, or None
    correction : {"offset", "prior"} or None
        How probabilities are corrected if rows are resampled or weighted and the model
        has ``predict_proba``. None: not at all.
    """

    decision: Any = None
    correction: Literal["offset", "prior"] | None = None


@dataclass(frozen=True)
class Chosen:
    """The best model and strategy by a metric, and how they are used."""

    metric: Metric
    pair: Pair
    finish: Finish
    classifier: Any


def choose(result: Result, metric: str | None = None) -> Chosen:
    """Return the classifier to continue with, unfitted, and how it was chosen.

    Parameters
    ----------
    result : Result
    metric : str, default=None
        None: average precision if it was measured, else the first metric.

    Raises
    ------
    ValueError
        If the metric was not measured, or has no direction.
    """
    name = primary(result.metrics).name if metric is None else metric
    chosen = metric_called(name, result.metrics, "were measured")
    pair = result.best(chosen.name)
    finish = finish_of(chosen, pair[1], result.cost)
    classifier = final_classifier(result.candidates[pair], finish)
    return Chosen(chosen, pair, finish, classifier)


def finish_of(metric: Metric, strategy: str, cost: Any = None) -> Finish:
    """Return the finish with which a comparison measures a metric.

    Metrics of labels and probabilities are measured on the model without a correction;
    costs, tuned metrics and the corrected log-loss on corrected probabilities. Ranking
    metrics allow a correction, which does not change them for two classes and hardly
    changes them for more.

    Parameters
    ----------
    metric : Metric
    strategy : str
        A tuned threshold is tuned for the metric; for costs, it is replaced by the
        decision with the least expected cost.
    cost : mapping, DataFrame, array-like or callable, default=None
        Costs, as for ``CostThresholdClassifier``.
    """
    if metric.name == "cost":
        # Costs without labels depend on a class order that the final y may not have.
        has_labels = callable(cost) or hasattr(cost, "keys")
        cost = cost if has_labels else metric.tunes.by_label()
        return Finish(CostThresholdClassifier(None, cost=cost), "offset")
    if strategy == TUNED:
        return Finish(TunedThresholdClassifier(None, scoring=metric.tunes))
    if metric.name in TUNED_METRICS:
        scoring = metric.name.removesuffix("_tuned")
        return Finish(TunedThresholdClassifier(None, scoring=scoring), "offset")
    of_corrected = (*OF_RANKS, "log_loss_corrected")
    return Finish(None, "offset" if metric.name in of_corrected else None)


def fit_final(
    classifier: Any,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    groups: Any = None,
    **params: Any,
) -> Any:
    """Return a clone fitted to these rows, with their weights unless all are equal.

    Groups are checked, and passed if ``fit`` accepts them for its inner folds.
    """
    weight = read_weights(sample_weight, count_rows(X))
    if weight is not None:
        params[keyword_of(classifier, "sample_weight") or "sample_weight"] = weight
    check_groups(groups, count_rows(X))
    if groups is not None and has_fit_parameter(classifier, "groups"):
        params["groups"] = groups
    fitted = FitInputs(X, y, params=params).fit(classifier)
    forget_unlabeled(fitted)
    return fitted


def final_classifier(candidate: Candidate, finish: Finish) -> Any:
    """Return an unfitted classifier with a seed for every ``random_state=None``.

    Parameters
    ----------
    candidate : Candidate
    finish : Finish
        A decision about one class uses the positive class of the candidate, unless it
        names another.
    """
    resampled = candidate.strategy.around(candidate.model)
    final, correction = resampled.estimator, finish.correction
    # A corrected classifier predicts the most probable class, even if the model has its
    # own threshold.
    decides = finish.decision is None and decides_itself(final)
    if decides or not hasattr(final, "predict_proba"):
        correction = None
    if not (candidate.strategy.moves_prior or moves_prior(final)):
        correction = None
    # For multilabel targets, ResampledClassifier also keeps the names of the labels.
    alone = isinstance(candidate.strategy, LabelStrategy) and finish.decision is None
    if resampled.sampler is not None or alone:
        final = resampled.set_params(correction=correction)
    elif correction:
        final = PriorCorrectedClassifier(final, method=correction)
    if finish.decision is not None:
        decision = clone(finish.decision).set_params(estimator=final)
        final = with_pos_label(decision, candidate.pos_label)
    return seeded(final, candidate.seed)
