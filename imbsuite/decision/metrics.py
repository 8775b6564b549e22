"""Metrics of labels, from counts.

Ours take many confusion matrices at once; those of others are asked about one after the
other, as labels of its cells with their weights.
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

from imbsuite._labels import is_of_one_class, names_one_class
from imbsuite._table import take
from imbsuite._types import Floats

__all__ = [
    "METRICS",
    "PER_CLASS",
    "CellMetric",
    "CountMetric",
    "as_binary",
    "find_metric",
    "is_of_one_class",
    "names_one_class",
    "takes",
]


@dataclass(frozen=True)
class CountMetric:
    """A metric of sums over rows; 0/0 is 0.

    Called with ``hits`` (..., K), rows of class k that were given k; ``given`` (..., K),
    rows that were given k; and ``true`` (K,), rows of class k.
    """

    formula: Callable[[Floats, Floats, Floats], Floats]

    def __call__(self, hits: Floats, given: Floats, true: Floats) -> Floats:
        """Return the metric of each confusion matrix."""
        return self.formula(hits, given, true)


@dataclass(frozen=True)
class CellMetric:
    """A metric of (y_true, y_pred), asked about the cells of a confusion matrix.

    ``scoring``: what the user gave, for errors. ``classes``: the label of each class; a
    Series where these have an order, which ``y_true`` then has too.
    """

    scoring: Any
    function: Callable[..., float]
    classes: Any
    takes_weight: bool

    def __call__(self, counts: Floats) -> float:
        """Return the metric; ``counts``: of the cells, true label by true label."""
        there = np.flatnonzero(counts > 0)
        of_true, of_given = np.divmod(there, len(self.classes))
        true = take(self.classes, of_true)
        given = np.asarray(self.classes)[of_given]
        n = counts[there]
        if self.takes_weight:
            found = self._ask(true, given, sample_weight=n)
        else:
            each = np.repeat(np.arange(len(n)), n.astype(np.intp))
            found = self._ask(take(true, each), take(given, each))
        # Not defined is worse than anything that is.
        return -np.inf if np.isnan(found) else found

    def _ask(self, *labels: Any, **weight: Any) -> float:
        try:
            with warnings.catch_warnings():
                # Some of many thresholds give no such metric, and are not taken.
                warnings.simplefilter("ignore", UndefinedMetricWarning)
                return float(self.function(*labels, **weight))
        except (TypeError, ValueError) as error:
            msg = (
                f"scoring={self.scoring!r} cannot be computed for the labels "
                f"{np.asarray(self.classes).tolist()}: {error}. Give the name of a metric "
                "of labels, such as 'f1', or tell the scorer which class it is about: "
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


def _precision(hits: Floats, given: Floats, _: Floats) -> Floats:
    return _ratio(hits, given)


def _f1(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _ratio(2 * hits, given + true)


def _jaccard(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _ratio(hits, given + true - hits)


def _mcc(hits: Floats, given: Floats, true: Floats) -> Floats:
    n, right = true.sum(), hits.sum(axis=-1)
    across = right * n - given @ true
    spread = (n**2 - (given**2).sum(axis=-1)) * (n**2 - (true**2).sum())
    return _ratio(across, np.sqrt(np.maximum(spread, 0.0)))


def _mean(formula: Any) -> CountMetric:
    return CountMetric(lambda *counts: formula(*counts).mean(axis=-1))


def _weighted(formula: Any) -> CountMetric:
    return CountMetric(
        lambda hits, given, true: formula(hits, given, true) @ (true / true.sum())
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


def as_binary(classes: NDArray[Any], positive: int) -> NDArray[np.intp]:
    """Return 1 for the positive class and 0 for the other, as scorers by name read them.

    These take 1 for the positive class unless told otherwise, and a few of them cannot
    be told.
    """
    return (np.arange(len(classes)) == positive).astype(np.intp)


def find_metric(
    scoring: Any,
    classes: Any,
    positive: int | None = None,
    *,
    weighted: bool = False,
) -> CountMetric | CellMetric:
    """Return the metric that is called so, or that is given.

    Parameters
    ----------
    scoring : str or callable
        Of ours, of scikit-learn's scorers, or a function of (y_true, y_pred). A name is
        of the positive class; what is not a name is used as it is.
    classes : ndarray of shape (n_classes,), or Series if they have an order
    positive : int, default=None
        The position of the positive class, which metrics of one class need.
    weighted : bool, default=False
        Whether rows have weights: then the metric must take them.

    Raises
    ------
    ValueError
        If there is no such metric of labels, or not for so many classes.
    """
    name = _name_of(scoring)
    if name in METRICS:
        return METRICS[name]
    if isinstance(scoring, str) and scoring in PER_CLASS:
        if positive is not None:
            return _of_class(PER_CLASS[scoring], positive)
        msg = (
            f"scoring={scoring!r} is of one class, and there are {len(classes)}; use "
            f"'{scoring}_macro' or '{scoring}_weighted', or name the class as pos_label."
        )
        raise ValueError(msg)
    function = _function(scoring)
    takes_weight = "sample_weight" in inspect.signature(function).parameters
    if weighted and not takes_weight:
        msg = (
            f"sample_weight was given, but scoring={scoring!r} does not take it; choose "
            "another metric or leave the weights out."
        )
        raise ValueError(msg)
    if positive is not None and names_one_class(scoring):
        classes = as_binary(classes, positive)
    return CellMetric(scoring, function, classes, takes_weight)


def _name_of(scoring: Any) -> Any:
    """Return a name for a scorer object that is the same as scikit-learn's of that name.

    Asked about one confusion matrix after the other it would take seconds, for less.
    """
    if isinstance(scoring, str) or not hasattr(scoring, "_score_func"):
        return scoring
    given = _makings(scoring)
    same = [name for name in METRICS if _makings(get_scorer(name)) == given]
    return same[0] if same else scoring


def _makings(scorer: Any) -> tuple[Any, ...]:
    """Return what a scorer was made of; metrics of all classes ignore ``pos_label``."""
    options = {k: v for k, v in scorer._kwargs.items() if k != "pos_label"}
    response = getattr(scorer, "_response_method", None)
    return scorer._score_func, scorer._sign, response, options


def _function(scoring: Any) -> Callable[..., float]:
    """Return a scorer's function of (y_true, y_pred), greater is better."""
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        msg = (
            f"scoring={scoring!r} is the name of no metric. Known are "
            f"{sorted({*METRICS, *PER_CLASS})} and the names of scikit-learn's scorers; "
            "another metric is given as an object: make_scorer(fbeta_score, beta=2, "
            "pos_label=...)."
        )
        raise ValueError(msg)
    scorer = get_scorer(scoring)
    if not hasattr(scorer, "_score_func"):
        _refuse_other_arguments(scoring)
        return scorer
    if getattr(scorer, "_response_method", "predict") != "predict":
        names = sorted({*METRICS, *PER_CLASS})
        msg = f"scoring={scoring!r} is not of labels; choose one that is, such as {names}."
        raise ValueError(msg)
    function, sign, options = scorer._score_func, scorer._sign, scorer._kwargs

    @functools.wraps(function)
    def score(*args: Any, **kwargs: Any) -> float:
        return sign * function(*args, **options, **kwargs)

    return score


def _refuse_other_arguments(scoring: Any) -> None:
    """Raise TypeError for a callable of other things than (y_true, y_pred)."""
    if not takes(scoring, 2):
        msg = (
            f"scoring={scoring!r} must be a callable of (y_true, y_pred): the labels of "
            "rows, and what was decided for them. A scorer of (model, X, y) cannot be "
            "asked about one threshold after the other."
        )
        raise TypeError(msg)


def takes(function: Callable[..., Any], n_arguments: int) -> bool:
    """Whether a function can be called with so many arguments by position."""
    try:
        inspect.signature(function).bind(*range(n_arguments))
    except TypeError:
        return False
    except ValueError:  # written in C, without a signature
        return True
    return True
