"""Metrics of labels, computed from confusion matrices.

Metrics of this package take many confusion matrices at once. Any other metric is called
once for each, with the labels of the cells and their counts as weights; so any metric of
labels can be tuned, and the common ones exactly.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer, get_scorer_names

from imbsuite._labels import names_one_class
from imbsuite._table import take
from imbsuite._types import Floats
from imbsuite.decision.metric_hints import hint_for_metric


@dataclass(frozen=True)
class CountMetric:
    """A metric of sums over rows; 0/0 is 0.

    Called with ``hits`` (..., K), the rows of class k that are predicted as k;
    ``predicted`` (..., K), the rows that are predicted as k; and ``true`` (K,), the rows of
    class k.
    """

    formula: Callable[[Floats, Floats, Floats], Floats]

    def __call__(self, hits: Floats, predicted: Floats, true: Floats) -> Floats:
        """Return the metric of each confusion matrix."""
        return self.formula(hits, predicted, true)


@dataclass(frozen=True)
class CellMetric:
    """A metric of (y_true, y_pred), evaluated on the cells of a confusion matrix.

    ``scoring``: the user's parameter, for messages. ``classes``: the label of each
    class, a Series if they are ordered, so that ``y_true`` is ordered, too.
    """

    scoring: Any
    function: Callable[..., float]
    classes: Any
    takes_weight: bool

    def __call__(self, counts: Floats) -> float:
        """Return the metric of one confusion matrix, whose cells are listed row by row."""
        there = np.flatnonzero(counts > 0)
        row, column = np.divmod(there, len(self.classes))
        true = take(self.classes, row)
        predicted = np.asarray(self.classes)[column]
        n = counts[there]
        if self.takes_weight:
            value = self._evaluate(true, predicted, sample_weight=n)
        else:
            each = np.repeat(np.arange(len(n)), n.astype(np.intp))
            value = self._evaluate(take(true, each), take(predicted, each))
        # An undefined metric is worse than any value.
        return -np.inf if np.isnan(value) else value

    def _evaluate(self, *labels: Any, **weight: Any) -> float:
        try:
            with warnings.catch_warnings():
                # Thresholds at which the metric is undefined are not chosen.
                warnings.simplefilter("ignore", UndefinedMetricWarning)
                return float(self.function(*labels, **weight))
        except (TypeError, ValueError) as error:
            msg = (
                f"scoring={self.scoring!r} cannot be computed for the labels "
                f"{np.asarray(self.classes).tolist()}: {error}. Pass the name of a "
                "metric of labels, such as 'f1', or pass the class to the scorer: "
                "make_scorer(f1_score, pos_label=...)."
            )
            raise ValueError(msg) from error


def _ratio(above: Any, below: Any) -> Floats:
    return np.asarray(
        np.divide(above, below, out=np.zeros_like(above), where=below != 0)
    )


def _accuracy(hits: Floats, _: Floats, true: Floats) -> Floats:
    return np.asarray(hits.sum(axis=-1) / true.sum())


def _recall(hits: Floats, _: Floats, true: Floats) -> Floats:
    return _ratio(hits, np.broadcast_to(true, hits.shape))


def _precision(hits: Floats, predicted: Floats, _: Floats) -> Floats:
    return _ratio(hits, predicted)


def _f1(hits: Floats, predicted: Floats, true: Floats) -> Floats:
    return _ratio(2 * hits, predicted + true)


def _jaccard(hits: Floats, predicted: Floats, true: Floats) -> Floats:
    return _ratio(hits, predicted + true - hits)


def _mcc(hits: Floats, predicted: Floats, true: Floats) -> Floats:
    n, right = true.sum(), hits.sum(axis=-1)
    across = right * n - predicted @ true
    spread = (n**2 - (predicted**2).sum(axis=-1)) * (n**2 - (true**2).sum())
    return _ratio(across, np.sqrt(np.maximum(spread, 0.0)))


def _mean(formula: Any) -> CountMetric:
    return CountMetric(lambda *counts: formula(*counts).mean(axis=-1))


def _weighted(formula: Any) -> CountMetric:
    return CountMetric(
        lambda hits, predicted, true: (
            formula(hits, predicted, true) @ (true / true.sum())
        )
    )


def _of_class(formula: Any, k: int) -> CountMetric:
    return CountMetric(lambda *counts: formula(*counts)[..., k])


PER_CLASS: dict[str, Any] = {
    "f1": _f1,
    "jaccard": _jaccard,
    "precision": _precision,
    "recall": _recall,
}
# scikit-learn's names of scorers.
METRICS: dict[str, CountMetric] = {
    "accuracy": CountMetric(_accuracy),
    "balanced_accuracy": _mean(_recall),
    "matthews_corrcoef": CountMetric(_mcc),
    **{f"{name}_macro": _mean(formula) for name, formula in PER_CLASS.items()},
    **{f"{name}_weighted": _weighted(formula) for name, formula in PER_CLASS.items()},
}

# Multilabel metrics: over all labels and rows, and averaged over rows.
POOLED = ("f1_micro", "f1_samples")


def as_binary(classes: NDArray[Any], positive: int) -> NDArray[np.intp]:
    """Return 1 for the positive class and 0 for the other.

    scikit-learn's named scorers use 1 as the positive class, and a few of them have no
    ``pos_label``.
    """
    return (np.arange(len(classes)) == positive).astype(np.intp)


def find_metric(
    scoring: Any,
    classes: Any,
    positive: int | None = None,
    *,
    weighted: bool = False,
) -> CountMetric | CellMetric:
    """Return the metric for a name or a callable.

    Parameters
    ----------
    scoring : str or callable
        The name of one of ``METRICS``, ``PER_CLASS`` or scikit-learn's scorers, or a
        function of (y_true, y_pred). A name scores the positive class; a callable is used
        unchanged.
    classes : ndarray of shape (n_classes,), or Series if they are ordered
    positive : int, default=None
        The position of the positive class, which metrics of one class require.
    weighted : bool, default=False
        Whether rows have weights, which the metric must then support.

    Raises
    ------
    ValueError
        If the metric is unknown, is not a metric of labels, requires a positive class,
        or does not support weights.
    TypeError
        If a callable does not take two arguments.
    """
    name = name_of_metric(scoring)
    if name in METRICS:
        return METRICS[name]
    if isinstance(scoring, str) and scoring in PER_CLASS:
        if positive is not None:
            return _of_class(PER_CLASS[scoring], positive)
        msg = (
            f"scoring={scoring!r} is the metric of one class, but there are {len(classes)} "
            f"classes. Use '{scoring}_macro' or '{scoring}_weighted', or pass the class as "
            "pos_label."
        )
        raise ValueError(msg)
    function = _function(scoring)
    takes_weight = "sample_weight" in inspect.signature(function).parameters
    if weighted and not takes_weight:
        msg = (
            f"sample_weight was passed, but scoring={scoring!r} does not take it. Choose "
            "another metric, or leave the weights out."
        )
        raise ValueError(msg)
    if positive is not None and names_one_class(scoring):
        classes = as_binary(classes, positive)
    return CellMetric(scoring, function, classes, takes_weight)


def name_of_metric(scoring: Any) -> Any:
    """Return the name of a scorer object if the name is known; else the scorer itself.

    Evaluating the object on one confusion matrix after another would take seconds.
    """
    if isinstance(scoring, str) or not hasattr(scoring, "_score_func"):
        return scoring
    parts = _scorer_parts(scoring)
    names = (*METRICS, *POOLED)
    same = [name for name in names if _scorer_parts(get_scorer(name)) == parts]
    return same[0] if same else scoring


def _scorer_parts(scorer: Any) -> tuple[Any, ...]:
    """Return the parts of a scorer; metrics of all classes ignore ``pos_label``."""
    options = {k: v for k, v in scorer._kwargs.items() if k != "pos_label"}
    response = getattr(scorer, "_response_method", None)
    return scorer._score_func, scorer._sign, response, options


def _function(scoring: Any) -> Callable[..., float]:
    """Return a scorer's function of (y_true, y_pred), for which greater is better."""
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        known = [*METRICS, *PER_CLASS]
        hint = hint_for_metric(scoring, known) or (
            " Pass another metric as an object: make_scorer(fbeta_score, beta=2, "
            "pos_label=...)."
        )
        msg = (
            f"The 'scoring' parameter must be one of {sorted(known)}, the name of a "
            f"scikit-learn scorer or a callable. Got {scoring!r} instead.{hint}"
        )
        raise ValueError(msg)
    scorer = get_scorer(scoring)
    if not hasattr(scorer, "_score_func"):
        _refuse_other_arguments(scoring)
        return scorer
    if getattr(scorer, "_response_method", "predict") != "predict":
        names = sorted({*METRICS, *PER_CLASS})
        msg = (
            f"The 'scoring' parameter must be a metric of predicted labels, such as one of "
            f"{names}. Got {scoring!r} instead, which scores probabilities or decision "
            "values."
        )
        raise ValueError(msg)
    function, sign, options = scorer._score_func, scorer._sign, scorer._kwargs

    @functools.wraps(function)
    def score(*args: Any, **kwargs: Any) -> float:
        return sign * function(*args, **options, **kwargs)

    return score


def _refuse_other_arguments(scoring: Any) -> None:
    """Raise TypeError unless a callable takes two arguments: y_true, y_pred."""
    if not takes(scoring, 2):
        msg = (
            "The 'scoring' parameter must be a callable of (y_true, y_pred). Got "
            f"{scoring!r} instead. A scorer of (model, X, y) cannot be evaluated at "
            "different thresholds; wrap its metric in make_scorer."
        )
        raise TypeError(msg)


def takes(function: Callable[..., Any], n_arguments: int) -> bool:
    """Whether a function takes this number of positional arguments."""
    try:
        inspect.signature(function).bind(*range(n_arguments))
    except TypeError:
        return False
    except ValueError:  # written in C, without a signature
        return True
    return True
