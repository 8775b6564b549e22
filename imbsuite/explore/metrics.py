"""What is measured on each test fold: ranking, probabilities, labels, time."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.explore.labels import Labels

__all__ = ["METRICS", "Answers", "Metric", "choose_metrics"]

# log(0) is minus infinity; scikit-learn's log_loss clips at the same value.
_SMALLEST = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Answers:
    """What one fitted model says of the rows of one test fold."""

    model: Any
    X: Any
    labels: Labels
    test: NDArray[np.intp]
    fit_time: float

    @cached_property
    def truth(self) -> NDArray[np.intp]:
        """Codes (n_test,) of the true classes."""
        return self.labels.codes[self.test]

    @cached_property
    def chosen(self) -> NDArray[np.intp]:
        """Codes (n_test,) of the predicted classes."""
        chosen = self.model.predict(self.X)
        codes: NDArray[np.intp] = np.searchsorted(self.labels.classes, chosen)
        return codes

    @cached_property
    def proba(self) -> NDArray[np.float64]:
        """Probabilities (n_test, n_classes); 0 for a class no training row had."""
        known = np.searchsorted(self.labels.classes, self.model.classes_)
        proba = np.zeros((len(self.test), len(self.labels.classes)))
        proba[:, known] = self.model.predict_proba(self.X)
        return proba

    def one_vs_rest(self) -> list[tuple[NDArray[np.bool_], NDArray[np.float64]]]:
        """Return (is it this class, probability of it) for each class that counts.

        The positive class of two; of more, those with rows in this fold. None where
        the fold has one class only: nothing can be ranked.
        """
        present = np.unique(self.truth)
        if len(present) < 2:
            return []
        positive = self.labels.positive
        counted = present if positive is None else [positive]
        return [(self.truth == k, self.proba[:, k]) for k in counted]


@dataclass(frozen=True)
class Metric:
    """A number for one test fold, and how to speak of it."""

    name: str
    label: str
    header: str
    score: Callable[[Answers], float]
    greater_is_better: bool = True
    needs_proba: bool = False

    @property
    def sign(self) -> int:
        """What a difference is multiplied with, so that more is better."""
        return 1 if self.greater_is_better else -1


def _average_precision(answers: Answers) -> float:
    from sklearn.metrics import average_precision_score

    return _mean(average_precision_score, answers)


def _roc_auc(answers: Answers) -> float:
    from sklearn.metrics import roc_auc_score

    return _mean(roc_auc_score, answers)


def _mean(score: Callable[..., float], answers: Answers) -> float:
    values = [score(is_it, proba) for is_it, proba in answers.one_vs_rest()]
    return float(np.mean(values)) if values else np.nan


def _log_loss(answers: Answers) -> float:
    given = answers.proba[np.arange(len(answers.truth)), answers.truth]
    return float(-np.log(given.clip(_SMALLEST, 1)).mean())


def _brier(answers: Answers) -> float:
    # Summed over the classes, and halved for two, where both say the same: the usual
    # (p - y) ** 2 of two classes, and scikit-learn's definition for more.
    truth = np.eye(answers.proba.shape[1])[answers.truth]
    total = float(np.square(answers.proba - truth).sum(axis=1).mean())
    return total / 2 if answers.labels.positive is not None else total


def _balanced_accuracy(answers: Answers) -> float:
    right = answers.chosen == answers.truth
    recalls = [right[answers.truth == k].mean() for k in np.unique(answers.truth)]
    return float(np.mean(recalls))


def _mcc(answers: Answers) -> float:
    from sklearn.metrics import matthews_corrcoef

    if len(np.unique(answers.truth)) < 2:
        return np.nan
    return float(matthews_corrcoef(answers.truth, answers.chosen))


def _fit_time(answers: Answers) -> float:
    return answers.fit_time


_RANKING = (
    Metric(
        "average_precision",
        "average precision",
        "AP",
        _average_precision,
        needs_proba=True,
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
        "brier",
        "Brier score",
        "Brier",
        _brier,
        greater_is_better=False,
        needs_proba=True,
    ),
)
_DECISION = (
    Metric("balanced_accuracy", "balanced accuracy", "bal. acc.", _balanced_accuracy),
    Metric("mcc", "MCC", "MCC", _mcc),
)
_TIME = Metric(
    "fit_time", "fit time in seconds", "fit s", _fit_time, greater_is_better=False
)

METRICS = {metric.name: metric for metric in (*_RANKING, *_RISK, *_DECISION)}


def choose_metrics(
    scoring: Iterable[str] | Mapping[str, Any] | None,
) -> tuple[Metric, ...]:
    """Return the metrics asked for, and the fit time.

    Parameters
    ----------
    scoring : None, iterable of names, or mapping of name to name or scorer
        None: all of ``METRICS``. A name is one of these or of scikit-learn's scorers
        (greater is better). A scorer is a callable of (model, X, y).

    Raises
    ------
    ValueError
        If a name is unknown, or nothing is asked for.
    TypeError
        If a mapping holds neither a name nor a callable.
    """
    if scoring is None:
        return (*METRICS.values(), _TIME)
    if isinstance(scoring, str):
        scoring = [scoring]
    asked = scoring if isinstance(scoring, Mapping) else {k: k for k in scoring}
    if not asked:
        msg = f"scoring is empty; name at least one of {list(METRICS)}."
        raise ValueError(msg)
    found = [_metric(name, given) for name, given in asked.items()]
    return (*found, _TIME)


def _metric(name: str, given: Any) -> Metric:
    if callable(given):
        return Metric(name, name, name, partial(_apply_scorer, given))
    if not isinstance(given, str):
        msg = (
            f"scoring[{name!r}] is {given!r}; give the name of a metric, or a callable "
            "of (model, X, y)."
        )
        raise TypeError(msg)
    if given not in METRICS:
        return Metric(name, name, name, partial(_apply_scorer, _scorer(given)))
    known = METRICS[given]
    if name == given:
        return known
    return Metric(
        name, name, name, known.score, known.greater_is_better, known.needs_proba
    )


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


def _apply_scorer(scorer: Callable[..., float], answers: Answers) -> float:
    truth = answers.labels.classes[answers.truth]
    return float(scorer(answers.model, answers.X, truth))
