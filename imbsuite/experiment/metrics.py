"""What is measured on each test fold: ranking, probabilities, labels, time."""

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
from imbsuite.experiment.answers import Answers
from imbsuite.experiment.strategies import NOTHING, TUNED
from imbsuite.ordinal import macro_averaged_absolute_error, ranked_probability_score
from imbsuite.probability.calibration import calibration_intercept, calibration_slope
from imbsuite.probability.one_class import OneAgainstRest

__all__ = ["METRICS", "Metric", "ScorerError", "choose_metrics", "cost_metric"]

# log(0) is minus infinity; scikit-learn's log_loss clips at the same value.
_SMALLEST = float(np.finfo(np.float64).eps)


class ScorerError(ValueError):
    """A scorer of the user's raised an error, or gave no number.

    ``what``: how the user has called it; ``reason``: the error.
    """

    def __init__(self, what: str, error: Exception) -> None:
        self.what = what
        self.reason = f"{type(error).__name__}: {error}".rstrip(".")
        super().__init__(f"{what} failed: {self.reason}")


@dataclass(frozen=True)
class Metric:
    """A number for one test fold, and how to speak of it.

    ``greater_is_better``: None where neither is, as with a slope that should be 1.
    ``tunes``: of a metric of labels, what thresholds are tuned for. ``of_one_class``:
    whether it matters which of two classes is the positive one; ``by_name``: whether
    more than two are not averaged over either, as with scikit-learn's scorers.
    ``asks``: whether a scorer of scikit-learn's kind is asked, which looks at labels and
    predictions and at nothing else.
    """

    name: str
    label: str
    header: str
    score: Callable[[Answers], float]
    greater_is_better: bool | None = True
    needs_proba: bool = False
    tunes: Any = None
    of_one_class: bool = False
    by_name: bool = False
    asks: bool = False

    @property
    def sign(self) -> int:
        """What a difference is multiplied with, so that more is better; or 0."""
        return {True: 1, False: -1, None: 0}[self.greater_is_better]

    def tells(self, strategies: Iterable[str]) -> list[str]:
        """Return the strategies that can differ from doing nothing.

        A threshold changes labels and the time it takes, and nothing else.
        """
        by_threshold = self.tunes is not None or self is _TIME
        same = {NOTHING} if by_threshold else {NOTHING, TUNED}
        return [strategy for strategy in strategies if strategy not in same]

    def with_threshold(self, answers: Answers) -> float:
        """Return the number after tuning the threshold, where that makes one."""
        return self.score(
            answers if self.tunes is None else answers.decided(self.tunes)
        )


def _average_precision(answers: Answers) -> float:
    from sklearn.metrics import average_precision_score

    return _mean(average_precision_score, answers)


def _roc_auc(answers: Answers) -> float:
    from sklearn.metrics import roc_auc_score

    return _mean(roc_auc_score, answers)


def _intercept(answers: Answers) -> float:
    # Of all classes: the mean distance from 0, as those of the classes would cancel.
    if answers.labels.positive is not None:
        return _mean(calibration_intercept, answers)
    return _mean(lambda is_it, p: abs(calibration_intercept(is_it, p)), answers)


def _slope(answers: Answers) -> float:
    slopes = [calibration_slope(is_it, p) for is_it, p in answers.one_vs_rest()]
    defined = [slope for slope in slopes if not np.isnan(slope)]
    return float(np.mean(defined)) if defined else np.nan


def _mean(score: Callable[..., float], answers: Answers) -> float:
    values = [score(is_it, proba) for is_it, proba in answers.one_vs_rest()]
    return float(np.mean(values)) if values else np.nan


def _log_loss(answers: Answers) -> float:
    return _loss(answers, answers.proba)


def _log_loss_corrected(answers: Answers) -> float:
    return _loss(answers, answers.corrected)


def _loss(answers: Answers, proba: NDArray[np.floating[Any]]) -> float:
    given = proba[np.arange(len(answers.truth)), answers.truth]
    return float(-np.log(given.clip(_SMALLEST, 1)).mean())


def _brier(answers: Answers) -> float:
    # Summed over the classes, and halved for two, where both say the same: the usual
    # (p - y) ** 2 of two classes, and scikit-learn's definition for more.
    truth = np.eye(answers.proba.shape[1])[answers.truth]
    total = float(np.square(answers.proba - truth).sum(axis=1).mean())
    return total / 2 if len(answers.labels.classes) == 2 else total


def _balanced_accuracy(answers: Answers) -> float:
    right = answers.chosen == answers.truth
    recalls = [right[answers.truth == k].mean() for k in np.unique(answers.truth)]
    return float(np.mean(recalls))


def _balanced_accuracy_tuned(answers: Answers) -> float:
    return _balanced_accuracy(answers.decided("balanced_accuracy"))


def _mcc(answers: Answers) -> float:
    from sklearn.metrics import matthews_corrcoef

    if len(np.unique(answers.truth)) < 2:
        return np.nan
    return float(matthews_corrcoef(answers.truth, answers.chosen))


def _cost(costs: Costs, answers: Answers) -> float:
    """Return the mean cost of the decisions of least expected cost."""
    # A model that decides by a threshold of its own is judged by that.
    if isinstance(answers.model, TunedThresholdClassifier):
        chosen = answers.chosen
    else:
        chosen = cheapest(answers.corrected, costs.table(answers.X))
    losses = costs.losses(answers.X, answers.truth)
    return float(losses[np.arange(len(chosen)), chosen].mean())


def _ranked_probability(answers: Answers) -> float:
    return ranked_probability_score(
        answers.truth, answers.proba, categories=answers.labels.order
    )


def _steps_off(answers: Answers) -> float:
    return macro_averaged_absolute_error(
        answers.truth, answers.chosen, categories=answers.labels.order
    )


def _fit_time(answers: Answers) -> float:
    return answers.fit_time


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
    """Return the mean cost of a row, by decisions of least expected cost."""
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
    """Return the metrics asked for, the cost if there is one, and the fit time.

    Parameters
    ----------
    scoring : None, iterable of names, or mapping of name to name or scorer
        None: all of ``METRICS``. A name is one of these or of scikit-learn's scorers
        (greater is better). A scorer is a callable of (model, X, y).
    cost : Metric, default=None
    ordered : bool, default=False
        Whether classes are: then two more are measured.

    Raises
    ------
    ValueError
        If a name is unknown, or nothing is asked for.
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
            f"scoring must hold names of metrics, or map names to scorers. Got {scoring!r} "
            "instead; for the right call, pass scoring={'name': scorer}."
        )
        raise TypeError(msg)
    asked = scoring if isinstance(scoring, Mapping) else {k: k for k in scoring}
    if not asked:
        msg = f"scoring is empty; name at least one of {list(METRICS)}."
        raise ValueError(msg)
    found = [_metric(name, given) for name, given in asked.items()]
    return (*found, *last)


def _metric(name: str, given: Any) -> Metric:
    if not isinstance(name, str):
        msg = (
            f"scoring needs a name for each metric. Got {name!r} instead; for the right "
            "call, pass scoring={'name': scorer}."
        )
        raise TypeError(msg)
    if callable(given):
        _refuse_other_arguments(name, given)
        return Metric(
            name,
            name,
            name,
            partial(_apply_scorer, f"scoring[{name!r}]", given),
            needs_proba=_response_of(given) == "predict_proba",
            tunes=_tuned_for(given),
            asks=hasattr(given, "_score_func"),
        )
    if not isinstance(given, str):
        msg = (
            f"scoring[{name!r}] is {given!r}; give the name of a metric, or a callable "
            "of (model, X, y)."
        )
        raise TypeError(msg)
    if given in METRICS:
        known = METRICS[given]
        return (
            known
            if name == given
            else replace(known, name=name, label=name, header=name)
        )
    scorer = _scorer(given)
    what = f"scoring={name!r}" if name == given else f"scoring[{name!r}]"
    apply = _apply_to_positive if names_one_class(given) else _apply_scorer
    return Metric(
        name,
        name,
        name,
        partial(apply, what, scorer),
        needs_proba=_response_of(scorer) == "predict_proba",
        tunes=given if _response_of(scorer) == "predict" else None,
        of_one_class=is_of_one_class(given),
        by_name=True,
        asks=True,
    )


def _refuse_other_arguments(name: str, given: Callable[..., float]) -> None:
    """Raise TypeError for a callable of other things than (model, X, y)."""
    if not takes(given, 3):
        msg = (
            f"scoring[{name!r}] must be a callable of (model, X, y). Got {given!r} "
            "instead; a function of (y_true, y_pred) is given as make_scorer(function)."
        )
        raise TypeError(msg)


def _tuned_for(scorer: Callable[..., float]) -> Any:
    """Return what a threshold is tuned for, where this is measured."""
    if not hasattr(scorer, "_score_func"):
        # Whatever it looks at; nothing else is known of it.
        return "balanced_accuracy"
    return scorer if _response_of(scorer) == "predict" else None


def _response_of(scorer: Callable[..., float]) -> Any:
    """Return the method that a scorer asks, or several; None if it does not say."""
    return getattr(scorer, "_response_method", None)


def _scorer(name: str) -> Any:
    from sklearn.metrics import get_scorer, get_scorer_names

    if name in get_scorer_names():
        return get_scorer(name)
    near = difflib.get_close_matches(name, [*METRICS, *get_scorer_names()], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = (
        f"scoring has no metric {name!r}; the known ones are {list(METRICS)} and the "
        f"names of scikit-learn's scorers.{hint}"
    )
    raise ValueError(msg)


def _apply_scorer(what: str, scorer: Callable[..., float], answers: Answers) -> float:
    truth = answers.labels.with_order(answers.truth)
    return _number(what, scorer, answers.model, answers.X, truth)


def _apply_to_positive(
    what: str, scorer: Callable[..., float], answers: Answers
) -> float:
    """Ask a scorer that has a name about the positive class, whatever it is called."""
    positive, classes = answers.labels.positive, answers.labels.classes
    if positive is None and len(classes) == 2:
        positive = 1  # the metric says the same of both, or the class was asked for
    if positive is None:
        return _apply_scorer(what, scorer, answers)
    model = OneAgainstRest(answers.model, classes[positive])
    truth = (answers.truth == positive).astype(np.intp)
    return _number(what, scorer, model, answers.X, truth)


def _number(what: str, scorer: Callable[..., float], *asked: Any) -> float:
    """Return what a scorer says; its errors name it, as they are no fault of the model."""
    try:
        return float(scorer(*asked))
    except Exception as error:
        raise ScorerError(what, error) from error
