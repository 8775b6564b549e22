"""Metrics of a test fold: ranking, probabilities, labels, costs and time."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.decision import TunedThresholdClassifier
from imbsuite.decision.costs import Costs, cheapest
from imbsuite.decision.metrics import is_of_one_class, names_one_class, takes
from imbsuite.experiment.fold_predictions import FoldPredictions
from imbsuite.experiment.strategies import NOTHING, TUNED
from imbsuite.ordinal import macro_averaged_absolute_error, ranked_probability_score
from imbsuite.probability.calibration import calibration_intercept, calibration_slope
from imbsuite.probability.one_class import OneAgainstRest

__all__ = ["METRICS", "Metric", "ScorerError", "choose_metrics", "cost_metric"]

# log(0) is minus infinity; scikit-learn's log_loss clips at the same value.
_SMALLEST = float(np.finfo(np.float64).eps)


class ScorerError(ValueError):
    """A scorer of the user raised an error or did not return a number.

    ``what``: the option that holds the scorer; ``reason``: the error.
    """

    def __init__(self, what: str, error: Exception) -> None:
        self.what = what
        self.reason = f"{type(error).__name__}: {error}".rstrip(".")
        super().__init__(f"{what} failed: {self.reason}")


@dataclass(frozen=True)
class Metric:
    """A metric of one test fold, and its names in texts and tables.

    ``greater_is_better``: None for metrics such as a slope, which should be 1.
    ``tunes``: the metric that thresholds are tuned for; None if labels do not matter.
    ``of_one_class``: whether the choice of the positive class matters with two classes.
    ``by_name``: whether it is a scorer of scikit-learn, which is not averaged over
    classes. ``asks``: whether it depends only on labels and predictions, as scorers of
    scikit-learn do.
    """

    name: str
    label: str
    header: str
    score: Callable[[FoldPredictions], float]
    greater_is_better: bool | None = True
    needs_proba: bool = False
    tunes: Any = None
    of_one_class: bool = False
    by_name: bool = False
    asks: bool = False

    @property
    def sign(self) -> int:
        """The factor that makes greater differences better, or 0."""
        return {True: 1, False: -1, None: 0}[self.greater_is_better]

    def tells(self, strategies: Iterable[str]) -> list[str]:
        """Return the strategies that can differ from doing nothing in this metric.

        A tuned threshold changes labels and the fit time only. Intervals are adjusted for
        the number of these strategies.
        """
        by_threshold = self.tunes is not None or self is _TIME
        same = {NOTHING} if by_threshold else {NOTHING, TUNED}
        return [strategy for strategy in strategies if strategy not in same]

    def with_threshold(self, predictions: FoldPredictions) -> float:
        """Return the score with a tuned threshold, if that can change it."""
        return self.score(
            predictions
            if self.tunes is None
            else predictions.with_tuned_threshold(self.tunes)
        )


def _average_precision(predictions: FoldPredictions) -> float:
    from sklearn.metrics import average_precision_score

    return _mean(average_precision_score, predictions)


def _roc_auc(predictions: FoldPredictions) -> float:
    from sklearn.metrics import roc_auc_score

    return _mean(roc_auc_score, predictions)


def _intercept(predictions: FoldPredictions) -> float:
    # Over several classes, the mean distance from 0, because signs would cancel.
    if predictions.labels.positive is not None:
        return _mean(calibration_intercept, predictions)
    return _mean(
        lambda is_positive, p: abs(calibration_intercept(is_positive, p)), predictions
    )


def _slope(predictions: FoldPredictions) -> float:
    slopes = [
        calibration_slope(is_positive, p)
        for is_positive, p in predictions.one_vs_rest()
    ]
    defined = [slope for slope in slopes if not np.isnan(slope)]
    return float(np.mean(defined)) if defined else np.nan


def _mean(score: Callable[..., float], predictions: FoldPredictions) -> float:
    values = [
        score(is_positive, proba) for is_positive, proba in predictions.one_vs_rest()
    ]
    return float(np.mean(values)) if values else np.nan


def _log_loss(predictions: FoldPredictions) -> float:
    return _loss(predictions, predictions.proba)


def _log_loss_corrected(predictions: FoldPredictions) -> float:
    return _loss(predictions, predictions.corrected)


def _loss(predictions: FoldPredictions, proba: NDArray[np.floating[Any]]) -> float:
    of_truth = proba[np.arange(len(predictions.truth)), predictions.truth]
    return float(-np.log(of_truth.clip(_SMALLEST, 1)).mean())


def _brier(predictions: FoldPredictions) -> float:
    # Summed over classes as in scikit-learn; halved for two classes, whose terms are
    # equal, which gives the usual (p - y) ** 2.
    truth = np.eye(predictions.proba.shape[1])[predictions.truth]
    total = float(np.square(predictions.proba - truth).sum(axis=1).mean())
    return total / 2 if len(predictions.labels.classes) == 2 else total


def _balanced_accuracy(predictions: FoldPredictions) -> float:
    right = predictions.chosen == predictions.truth
    recalls = [
        right[predictions.truth == k].mean() for k in np.unique(predictions.truth)
    ]
    return float(np.mean(recalls))


def _balanced_accuracy_tuned(predictions: FoldPredictions) -> float:
    return _balanced_accuracy(predictions.with_tuned_threshold("balanced_accuracy"))


def _mcc(predictions: FoldPredictions) -> float:
    from sklearn.metrics import matthews_corrcoef

    if len(np.unique(predictions.truth)) < 2:
        return np.nan
    return float(matthews_corrcoef(predictions.truth, predictions.chosen))


def _cost(costs: Costs, predictions: FoldPredictions) -> float:
    """Return the mean cost of the decisions of least expected cost."""
    # A model with its own threshold is scored on its own decisions.
    if isinstance(predictions.model, TunedThresholdClassifier):
        chosen = predictions.chosen
    else:
        chosen = cheapest(predictions.corrected, costs.table(predictions.X))
    losses = costs.losses(predictions.X, predictions.truth)
    return float(losses[np.arange(len(chosen)), chosen].mean())


def _ranked_probability(predictions: FoldPredictions) -> float:
    return ranked_probability_score(
        predictions.truth, predictions.proba, categories=predictions.labels.order
    )


def _steps_off(predictions: FoldPredictions) -> float:
    return macro_averaged_absolute_error(
        predictions.truth, predictions.chosen, categories=predictions.labels.order
    )


def _fit_time(predictions: FoldPredictions) -> float:
    return predictions.fit_time


_RANKING = (
    Metric(
        "average_precision",
        "average precision",
        "AP",
        _average_precision,
        needs_proba=True,
        of_one_class=True,
    ),
    Metric("roc_auc", "ROC AUC", "ROC AUC", _roc_auc, needs_proba=True),
)
_RISK = (
    Metric(
        "log_loss",
        "log-loss",
        "log-loss",
        _log_loss,
        greater_is_better=False,
        needs_proba=True,
    ),
    Metric(
        "log_loss_corrected",
        "log-loss of corrected probabilities",
        "corrected",
        _log_loss_corrected,
        greater_is_better=False,
        needs_proba=True,
    ),
    Metric(
        "brier",
        "Brier score",
        "Brier",
        _brier,
        greater_is_better=False,
        needs_proba=True,
    ),
)
_CALIBRATION = (
    Metric(
        "calibration_intercept",
        "calibration intercept",
        "intercept",
        _intercept,
        greater_is_better=None,
        needs_proba=True,
        of_one_class=True,
    ),
    Metric(
        "calibration_slope",
        "calibration slope",
        "slope",
        _slope,
        greater_is_better=None,
        needs_proba=True,
    ),
)
_DECISION = (
    Metric(
        "balanced_accuracy",
        "balanced accuracy",
        "bal. acc.",
        _balanced_accuracy,
        tunes="balanced_accuracy",
    ),
    Metric(
        "balanced_accuracy_tuned",
        "balanced accuracy",
        "tuned",
        _balanced_accuracy_tuned,
        needs_proba=True,
    ),
    Metric("mcc", "MCC", "MCC", _mcc, tunes="matthews_corrcoef"),
)
_TIME = Metric(
    "fit_time", "fit time in seconds", "fit s", _fit_time, greater_is_better=False
)

_ORDINAL = (
    Metric(
        "ranked_probability",
        "ranked probability score",
        "RPS",
        _ranked_probability,
        greater_is_better=False,
        needs_proba=True,
    ),
    Metric(
        "macro_absolute_error",
        "macro-averaged absolute error",
        "MAE",
        _steps_off,
        greater_is_better=False,
        tunes="balanced_accuracy",
    ),
)
_ALL = (*_RANKING, *_RISK, *_CALIBRATION, *_DECISION)
METRICS = {metric.name: metric for metric in _ALL}


def cost_metric(costs: Costs) -> Metric:
    """Return the mean cost per row of the decisions with the least expected cost."""
    return Metric(
        "cost",
        "the cost of a row",
        "cost",
        partial(_cost, costs),
        greater_is_better=False,
        needs_proba=True,
        tunes=costs,
    )


def choose_metrics(
    scoring: Iterable[str] | Mapping[str, Any] | None,
    cost: Metric | None = None,
    *,
    ordered: bool = False,
) -> tuple[Metric, ...]:
    """Return the requested metrics, the cost if there is one, and the fit time.

    Parameters
    ----------
    scoring : None, iterable of names, or mapping of name to name or scorer
        None: all of ``METRICS``. A name is one of these or a scorer of scikit-learn
        (greater is better). A scorer is a callable of (model, X, y).
    cost : Metric, default=None
    ordered : bool, default=False
        Whether classes are ordered, which adds two metrics.

    Raises
    ------
    ValueError
        If a name is unknown, or ``scoring`` is empty.
    TypeError
        If a mapping holds neither a name nor a callable.
    """
    last = (_TIME,) if cost is None else (cost, _TIME)
    last = (*_ORDINAL, *last) if ordered else last
    if scoring is None:
        return (*METRICS.values(), *last)
    if isinstance(scoring, str):
        scoring = [scoring]
    if callable(scoring) or not isinstance(scoring, Iterable):
        msg = (
            "The 'scoring' parameter of compare must hold names of metrics, or map names "
            f"to scorers, as in scoring={{'name': scorer}}. Got {scoring!r} instead."
        )
        raise TypeError(msg)
    by_name = scoring if isinstance(scoring, Mapping) else {k: k for k in scoring}
    if not by_name:
        msg = (
            "The 'scoring' parameter of compare must hold at least one metric, such as "
            f"one of {list(METRICS)}. Got {scoring!r} instead."
        )
        raise ValueError(msg)
    return (*(_metric(name, scorer) for name, scorer in by_name.items()), *last)


def _metric(name: str, asked: Any) -> Metric:
    if not isinstance(name, str):
        msg = (
            "The 'scoring' parameter of compare must have a name for each metric, as in "
            f"scoring={{'name': scorer}}. Got {name!r} instead."
        )
        raise TypeError(msg)
    if callable(asked):
        _refuse_other_arguments(name, asked)
        return Metric(
            name,
            name,
            name,
            partial(_apply_scorer, f"scoring[{name!r}]", asked),
            needs_proba=_response_of(asked) == "predict_proba",
            tunes=_tuned_for(asked),
            asks=hasattr(asked, "_score_func"),
        )
    if not isinstance(asked, str):
        msg = (
            f"scoring[{name!r}] must be the name of a metric or a callable of "
            f"(model, X, y). Got {asked!r} instead."
        )
        raise TypeError(msg)
    if asked in METRICS:
        known = METRICS[asked]
        return (
            known
            if name == asked
            else replace(known, name=name, label=name, header=name)
        )
    scorer = _scorer(asked)
    what = f"scoring={name!r}" if name == asked else f"scoring[{name!r}]"
    apply = _apply_to_positive if names_one_class(asked) else _apply_scorer
    return Metric(
        name,
        name,
        name,
        partial(apply, what, scorer),
        needs_proba=_response_of(scorer) == "predict_proba",
        tunes=asked if _response_of(scorer) == "predict" else None,
        of_one_class=is_of_one_class(asked),
        by_name=True,
        asks=True,
    )


def _refuse_other_arguments(name: str, scorer: Callable[..., float]) -> None:
    """Raise TypeError for a callable whose arguments are not (model, X, y)."""
    if not takes(scorer, 3):
        msg = (
            f"scoring[{name!r}] must be a callable of (model, X, y). Got {scorer!r} "
            "instead; wrap a function of (y_true, y_pred) as make_scorer(function)."
        )
        raise TypeError(msg)


def _tuned_for(scorer: Callable[..., float]) -> Any:
    """Return the metric that thresholds are tuned for."""
    if not hasattr(scorer, "_score_func"):
        # A default, because nothing is known about other callables.
        return "balanced_accuracy"
    return scorer if _response_of(scorer) == "predict" else None


def _response_of(scorer: Callable[..., float]) -> Any:
    """Return the response method or methods of a scorer; None if unknown."""
    return getattr(scorer, "_response_method", None)


def _scorer(name: str) -> Any:
    from sklearn.metrics import get_scorer, get_scorer_names

    if name in get_scorer_names():
        return get_scorer(name)
    near = difflib.get_close_matches(name, [*METRICS, *get_scorer_names()], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = (
        "The 'scoring' parameter of compare must hold names of "
        f"{list(METRICS)} or of scikit-learn's scorers. Got {name!r} instead.{hint}"
    )
    raise ValueError(msg)


def _apply_scorer(
    what: str, scorer: Callable[..., float], predictions: FoldPredictions
) -> float:
    truth = predictions.labels.with_order(predictions.truth)
    return _number(what, scorer, predictions.model, predictions.X, truth)


def _apply_to_positive(
    what: str, scorer: Callable[..., float], predictions: FoldPredictions
) -> float:
    """Apply a scorer of scikit-learn to the positive class, whatever its label is."""
    positive, classes = predictions.labels.positive, predictions.labels.classes
    if positive is None and len(classes) == 2:
        positive = 1  # the metric is the same for both classes
    if positive is None:
        return _apply_scorer(what, scorer, predictions)
    model = OneAgainstRest(predictions.model, classes[positive])
    truth = (predictions.truth == positive).astype(np.intp)
    return _number(what, scorer, model, predictions.X, truth)


def _number(what: str, scorer: Callable[..., float], *arguments: Any) -> float:
    """Return the score. Errors name the scorer, because the model did not cause them."""
    try:
        return float(scorer(*arguments))
    except Exception as error:
        raise ScorerError(what, error) from error
