"""The metrics that a user requests: names, scikit-learn scorers and callables."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names

from imbsuite._labels import is_of_one_class, names_one_class
from imbsuite.decision.metric_hints import hint_for_metric
from imbsuite.decision.metrics import takes
from imbsuite.probability.one_class import OneAgainstRest
from imbsuite.scoring.fold_predictions import FoldPredictions
from imbsuite.scoring.metrics import (
    FIT_TIME,
    METRICS,
    ORDINAL,
    Metric,
    limits_of_brier,
)

# The limits of metrics of these packages, by the names of their functions.
_KNOWN = ("sklearn.", "imblearn.")
_SHARES = (
    "accuracy_score",
    "average_precision_score",
    "balanced_accuracy_score",
    "f1_score",
    "fbeta_score",
    "geometric_mean_score",
    "jaccard_score",
    "precision_score",
    "recall_score",
    "roc_auc_score",
    "sensitivity_score",
    "specificity_score",
    "top_k_accuracy_score",
)
_LIMITS = dict.fromkeys(_SHARES, (0.0, 1.0)) | {
    "brier_score_loss": (0.0, 2.0),
    "cohen_kappa_score": (-1.0, 1.0),
    "log_loss": (0.0, math.inf),
    "matthews_corrcoef": (-1.0, 1.0),
}
# Arguments that change the limits: counts instead of shares, and corrections for chance.
_RESCALING = {"adjusted", "correction", "normalize", "scale_by_half"}


class ScorerError(ValueError):
    """A scorer of the user raised an error or did not return a number.

    ``what``: the option that holds the scorer; ``reason``: the error.
    """

    def __init__(self, what: str, error: Exception) -> None:
        self.what = what
        self.reason = f"{type(error).__name__}: {error}".rstrip(".")
        super().__init__(f"{what} failed: {self.reason}")


def choose_metrics(
    scoring: Iterable[str] | Mapping[str, Any] | None,
    cost: Metric | None = None,
    *,
    ordered: bool = False,
    known: Mapping[str, Metric] = METRICS,
    make: Callable[[str, Any], Metric] | None = None,
) -> tuple[Metric, ...]:
    """Return the requested metrics, the cost if there is one, and the fit time.

    Parameters
    ----------
    scoring : None, iterable of names, or mapping of name to name or scorer
        None: all of ``METRICS``. A name is one of these or of a scikit-learn scorer
        (greater is better). A scorer is a callable of (model, X, y).
    cost : Metric, default=None
    ordered : bool, default=False
        Whether classes are ordered, which adds two metrics.
    known : mapping of name to Metric, default=METRICS
        The metrics of this package, for error messages.
    make : callable of (name, scoring), default=None
        Returns a metric. None: ``metric_of``.

    Raises
    ------
    ValueError
        If a name is unknown, or ``scoring`` is empty.
    TypeError
        If ``scoring`` is not iterable, a name is not a string, or a value of a mapping
        is neither a name nor a callable.
    """
    last = (FIT_TIME,) if cost is None else (cost, FIT_TIME)
    last = (*ORDINAL, *last) if ordered else last
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
            f"one of {list(known)}. Got {scoring!r} instead."
        )
        raise ValueError(msg)
    make = make or metric_of
    return (*(make(name, scorer) for name, scorer in by_name.items()), *last)


def metric_of(name: str, scoring: Any) -> Metric:
    """Return the metric of a name in ``METRICS``, a scorer of scikit-learn or a callable.

    Raises
    ------
    ValueError, TypeError
        As ``choose_metrics``.
    """
    if not isinstance(name, str):
        msg = (
            "The 'scoring' parameter of compare must have a name for each metric, as in "
            f"scoring={{'name': scorer}}. Got {name!r} instead."
        )
        raise TypeError(msg)
    if callable(scoring):
        _refuse_other_arguments(name, scoring)
        score = partial(_apply_scorer, f"scoring[{name!r}]", scoring)
        return _of_scorer(name, scoring, score, _tuned_for(scoring))
    if not isinstance(scoring, str):
        msg = (
            f"scoring[{name!r}] must be the name of a metric or a callable of "
            f"(model, X, y). Got {scoring!r} instead."
        )
        raise TypeError(msg)
    if scoring in METRICS:
        return METRICS[scoring].called(name)
    scorer = _scorer(scoring)
    what = f"scoring={name!r}" if name == scoring else f"scoring[{name!r}]"
    apply = _apply_to_positive if names_one_class(scoring) else _apply_scorer
    tunes = scoring if _response_of(scorer) == "predict" else None
    metric = _of_scorer(name, scorer, partial(apply, what, scorer), tunes)
    return replace(metric, of_one_class=is_of_one_class(scoring), by_name=True)


def _of_scorer(
    name: str, scorer: Any, score: Callable[[FoldPredictions], float], tunes: Any
) -> Metric:
    return Metric(
        name,
        name,
        name,
        score,
        needs_proba=_response_of(scorer) == "predict_proba",
        tunes=tunes,
        asks=hasattr(scorer, "_score_func"),
        limits=_limits_of(scorer),
        limits_by_classes=_limits_of_scaled(scorer),
        takes_weight=_takes_weight(scorer),
    )


def _takes_weight(scorer: Any) -> bool:
    """Return whether the metric of a scorer, or a callable, takes ``sample_weight``."""
    function = getattr(scorer, "_score_func", scorer)
    try:
        return "sample_weight" in inspect.signature(function).parameters
    except ValueError:  # written in C, without a signature
        return False


def _limits_of(scorer: Any) -> tuple[float, float]:
    """Return the smallest and the largest possible value; infinite if unknown."""
    function: Any = getattr(scorer, "_score_func", None)
    changed = not _RESCALING.isdisjoint(getattr(scorer, "_kwargs", {}))
    if changed or not str(getattr(function, "__module__", "")).startswith(_KNOWN):
        return (-math.inf, math.inf)
    low, high = _LIMITS.get(function.__name__, (-math.inf, math.inf))
    return (low, high) if scorer._sign > 0 else (-high, -low)


def _limits_of_scaled(scorer: Any) -> Callable[[int], tuple[float, float]] | None:
    """Return the limits by the number of classes; None if they do not depend on it."""
    if _limits_of(scorer) != (-2.0, 0.0):  # the Brier score is the only one
        return None
    return _limits_of_negative_brier


def _limits_of_negative_brier(n_classes: int) -> tuple[float, float]:
    low, high = limits_of_brier(n_classes)
    return -high, -low


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
    if name in get_scorer_names():
        return get_scorer(name)
    known = [*METRICS, *get_scorer_names()]
    hint = hint_for_metric(
        name, known, assign=f"scoring={{{name!r}: scorer}}, scorer = "
    )
    msg = (
        "The 'scoring' parameter of compare must hold names of "
        f"{list(METRICS)} or of scikit-learn's scorers. Got {name!r} instead.{hint}"
    )
    raise ValueError(msg)


def _apply_scorer(
    what: str, scorer: Callable[..., float], predictions: FoldPredictions
) -> float:
    truth = predictions.labels.with_order(predictions.truth)
    return _number(what, scorer, predictions, predictions.model, truth)


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
    return _number(what, scorer, predictions, model, truth)


def _number(
    what: str,
    scorer: Callable[..., float],
    predictions: FoldPredictions,
    model: Any,
    truth: Any,
) -> float:
    """Return the score. Errors name the scorer, because the model did not cause them."""
    weight = predictions.weight
    weighted = {} if weight is None else {"sample_weight": weight}
    try:
        return float(scorer(model, predictions.X, truth, **weighted))
    except Exception as error:
        raise ScorerError(what, error) from error
