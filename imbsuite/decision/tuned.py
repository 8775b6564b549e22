"""Thresholds that maximize a metric of labels, for any number of classes."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from imbsuite._random import Seed
from imbsuite.decision._base import Codes, Floats, ThresholdClassifier, decide
from imbsuite.decision.metrics import METRICS, PER_CLASS, Metric, of_positive

__all__ = ["TunedThresholdClassifier"]

_SWEEPS = 10
_CANDIDATES = 200  # thresholds at which a metric that is a black box is asked


class TunedThresholdClassifier(ThresholdClassifier):
    r"""Choose the thresholds that maximize a metric on out-of-fold predictions.

    .. math:: \hat y = \arg\max_k \; p_k / \theta_k

    Two classes: exact, over all distinct probabilities. More: one threshold at a time,
    exactly, in turn until none gains, from several starts; never worse than the most
    probable class on the pooled out-of-fold predictions.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        A fitted one goes inside ``FrozenEstimator``; then the rows of ``fit`` should be
        new to it.
    scoring : str or callable, default="balanced_accuracy"
        "accuracy", "balanced_accuracy", "matthews_corrcoef"; "f1", "precision", "recall",
        "jaccard" of the second of two classes; or those with "_macro" or "_weighted". A
        callable of (y_true, y_pred, sample_weight=...), greater is better, that depends
        on how often which label was given for which: it is asked about the cells of the
        confusion matrix, at 200 thresholds.
    cv : int, splitter or list of (train, test), default=5
        Fewer folds than an int says, with a warning, where a class has fewer rows.
    random_state : int, Generator, RandomState or None, default=None
        For the folds.

    Attributes
    ----------
    estimator_ : classifier
        The copy that was fitted on all rows.
    threshold_ : ndarray of shape (n_classes,)
        The thetas, in the order of ``classes_``, summing to 1. Two classes: the second is
        the threshold on the second's probability.
    best_score_ : float
        The metric of the pooled out-of-fold predictions at these thresholds.
    argmax_score_ : float
        The same for the most probable class (0.5, with two classes).
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input, the metric or a parameter cannot be used.

    Notes
    -----
    scikit-learn's TunedThresholdClassifierCV (two classes) averages the metric over
    folds; here predictions of all folds are pooled, so that a fold with two positives
    counts as much as it knows. Equal scores: the smallest threshold on the class in turn.

    **When it hurts.** With a few dozen rows of the rare class, the best threshold of the
    sample is not the best of the world, and ``best_score_`` is optimistic.

    References
    ----------
    Elor, Averbuch-Elor. To SMOTE, or not to SMOTE? arXiv:2201.08528 (2022),
    :doi:`10.48550/arXiv.2201.08528`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import TunedThresholdClassifier
    >>> X, y = make_classification(600, weights=[0.9], random_state=0)
    >>> model = TunedThresholdClassifier(LogisticRegression(), random_state=0).fit(X, y)
    >>> model.best_score_ > model.argmax_score_
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "scoring": [StrOptions({*METRICS, *PER_CLASS}), callable],
        "cv": [Interval(Integral, 2, None, closed="left"), HasMethods(["split"]), list],
        "random_state": "no_validation",
    }

    def __init__(
        self,
        estimator: Any,
        *,
        scoring: str | Callable[..., float] = "balanced_accuracy",
        cv: Any = 5,
        random_state: Seed = None,
    ) -> None:
        self.estimator = estimator
        self.scoring = scoring
        self.cv = cv
        self.random_state = random_state

    def _learn(self, X: Any, y: Any, codes: Codes, weight: Any) -> None:
        metric = None if callable(self.scoring) else self._named()
        found = self._predict_apart(X, y, codes, weight)
        super()._learn(X, y, codes, weight)
        w = np.ones(len(codes)) if weight is None else weight
        if metric is None:
            tuner: _Tuner = _BlackBoxTuner(found, codes, w, self.scoring, self.classes_)
        else:
            tuner = _Tuner(found, codes, w, metric)
        self.threshold_, self.best_score_ = tuner.search()
        self.argmax_score_ = tuner.score(np.ones(len(self.classes_)))

    def _named(self) -> Metric:
        name = str(self.scoring)
        if name in METRICS:
            return METRICS[name]
        if len(self.classes_) != 2:
            msg = (
                f"scoring={name!r} is of one class, and there are {len(self.classes_)}; "
                f"use '{name}_macro' or '{name}_weighted'."
            )
            raise ValueError(msg)
        return of_positive(PER_CLASS[name], 1)


class _Tuner:
    """Searches thresholds for fixed probabilities and labels."""

    def __init__(
        self, probability: Floats, codes: Codes, weight: Floats, metric: Metric
    ) -> None:
        self._p = probability
        self._y = codes
        self._w = weight
        self._metric = metric
        self._k = probability.shape[1]
        sums = np.bincount(codes, weight, minlength=self._k)
        self._true: Floats = sums.astype(np.float64)

    def score(self, threshold: Floats) -> float:
        """Return the metric of the decisions by these thresholds."""
        given = decide(self._p, threshold)
        hit = self._w * (given == self._y)
        counts = [np.bincount(given, part, self._k) for part in (hit, self._w)]
        hits, given_counts = (part.astype(np.float64) for part in counts)
        return float(self._metric(hits, given_counts, self._true))

    def search(self) -> tuple[Floats, float]:
        """Return the best thresholds, summing to 1, and their score."""
        if self._k == 2:
            return self._search_binary()
        starts = [np.ones(self._k), np.maximum(self._true / self._true.sum(), 1e-12)]
        found = [self._climb(start) for start in starts]
        threshold, score = max(found, key=lambda pair: pair[1])
        return threshold / threshold.sum(), score

    def _search_binary(self) -> tuple[Floats, float]:
        order = np.argsort(-self._p[:, 1], kind="stable")
        score, y, w = self._p[order, 1], self._y[order], self._w[order]
        nobody = np.zeros(len(y), dtype=np.intp)
        turns = _Turns(score, y, w, rival=nobody, k=1, n_classes=2)
        # At its own score a row is taken in; above all scores, none is.
        thetas = np.append((1 + score[0]) / 2, score[turns.ends])
        theta, best = self._best_of(thetas, turns)
        even = self.score(np.ones(2))
        if even >= best:
            theta, best = 0.5, even
        return np.array([1 - theta, theta]), best

    def _climb(self, threshold: Floats) -> tuple[Floats, float]:
        """Improve one threshold at a time, until none gains."""
        best = self.score(threshold)
        for _ in range(_SWEEPS):
            before = best
            for k in range(self._k):
                moved = threshold.copy()
                moved[k] = self._line(threshold, k)
                score = self.score(moved)
                if score > best:
                    threshold, best = moved, score
            if best <= before:
                break
        return threshold, best

    def _line(self, threshold: Floats, k: int) -> float:
        """Return the best threshold of class ``k``, the others fixed."""
        turn, rival = self._turns(threshold, k)
        order = np.argsort(-turn, kind="stable")
        turn, rival = turn[order], rival[order]
        y, w = self._y[order], self._w[order]
        turns = _Turns(turn, y, w, rival=rival, k=k, n_classes=self._k)
        return self._best_of(turns.between(), turns)[0]

    def _turns(self, threshold: Floats, k: int) -> tuple[Floats, Codes]:
        """Return the theta below which a row goes to ``k``, and where it is until then."""
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(self._p > 0, self._p / threshold, 0.0)
            reach[:, k] = -1.0
            rival = reach.argmax(axis=1)
            most = reach[np.arange(len(rival)), rival]
            turn = np.where(self._p[:, k] > 0, self._p[:, k] / most, 0.0)
        return turn, rival

    def _best_of(self, thetas: Floats, turns: _Turns) -> tuple[float, float]:
        """Return the smallest of the best of ``thetas``, and its score."""
        scores = self._metric(turns.hits, turns.given, self._true)
        best = np.flatnonzero(scores >= scores.max())[-1]
        return float(thetas[best]), float(scores[best])


class _Turns:
    """Counts of the confusion matrix while rows go over to class ``k``, one by one.

    ``ends``: the last row of each run of equal turns; entry 0 of ``hits`` and ``given``
    is before any row has gone over.
    """

    def __init__(
        self,
        turn: Floats,
        y: Codes,
        weight: Floats,
        *,
        rival: Codes,
        k: int,
        n_classes: int,
    ) -> None:
        self.turn = turn
        self.ends = np.flatnonzero(np.append(turn[1:] != turn[:-1], [True]))
        self.hits = np.empty((len(self.ends) + 1, n_classes))
        self.given = np.empty_like(self.hits)
        for c in range(n_classes):
            there = weight if c == k else weight * (rival == c)
            self.given[:, c] = self._count(there, leaving=c != k)
            self.hits[:, c] = self._count(there * (y == c), leaving=c != k)

    def _count(self, weight: Floats, *, leaving: bool) -> Floats:
        gone = np.append(0.0, np.cumsum(weight)[self.ends])
        return gone[-1] - gone if leaving else gone

    def between(self) -> Floats:
        """Return a theta for each entry, between the turns on both sides of it."""
        distinct = self.turn[self.ends]
        finite = distinct[np.isfinite(distinct)]
        top = 2 * finite[0] if len(finite) and finite[0] > 0 else 1.0
        above = np.append(top, np.minimum(distinct, top))
        below = np.append(np.minimum(distinct, top), 0.0)
        # Nothing turns at 0: below the last turn, half of it.
        return np.maximum((above + below) / 2, np.finfo(float).tiny)


class _BlackBoxTuner(_Tuner):
    """Asks a metric of the user's about confusion matrices, at some thresholds."""

    def __init__(
        self,
        probability: Floats,
        codes: Codes,
        weight: Floats,
        scorer: Any,
        classes: NDArray[Any],
    ) -> None:
        super().__init__(probability, codes, weight, METRICS["accuracy"])
        self._scorer = scorer
        self._cells = np.repeat(classes, self._k), np.tile(classes, self._k)

    def score(self, threshold: Floats) -> float:
        """Return the user's metric of the decisions by these thresholds."""
        cell = self._y * self._k + decide(self._p, threshold)
        counts = np.bincount(cell, self._w, minlength=self._k**2)
        there = counts > 0
        true, given = (labels[there] for labels in self._cells)
        return float(self._scorer(true, given, sample_weight=counts[there]))

    def _search_binary(self) -> tuple[Floats, float]:
        scores = np.unique(self._p[:, 1])
        thetas = np.append(_thinned(scores), [0.5, (1 + scores[-1]) / 2])
        found = [self.score(np.array([1 - t, t])) for t in thetas]
        theta = min(t for t, f in zip(thetas, found, strict=True) if f == max(found))
        return np.array([1 - theta, theta]), max(found)

    def _line(self, threshold: Floats, k: int) -> float:
        turn = np.unique(self._turns(threshold, k)[0])
        thetas = _thinned(turn[np.isfinite(turn) & (turn > 0)] * (1 - 1e-9))
        moved = np.tile(threshold, (len(thetas), 1))
        moved[:, k] = thetas
        found = [self.score(row) for row in moved]
        return float(thetas[int(np.argmax(found))]) if found else float(threshold[k])


def _thinned(values: Floats) -> Floats:
    """Return at most 200 of sorted values, evenly."""
    step = max(1, -(-len(values) // _CANDIDATES))
    return values[::step]
