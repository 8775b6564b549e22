"""Searches for the thresholds that maximize a metric, given probabilities and labels.

With more than two classes, one threshold is optimized at a time. The search starts from
several points on a part of the rows: a few rows are sufficient to find local optima,
and all rows would take long. Only the best start is continued on all rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from imbsuite._random import check_rng
from imbsuite._table import scaled_weight
from imbsuite._types import Codes, Floats
from imbsuite.decision._base import MARGIN, decide
from imbsuite.decision.metrics import CellMetric, CountMetric

_SWEEPS = 10
_ROUGH = 10_000  # rows on which the starts are compared
_CANDIDATES = 200  # thresholds at which a callable metric is evaluated
_ROUGH_CANDIDATES = 40
_EQUAL = 1e-12  # relative differences up to this are rounding


def search_for(
    metric: CountMetric | CellMetric,
    probability: Floats,
    y: Codes,
    weight: Any,
    *,
    positive: int | None = 1,
) -> Search:
    """Return the search that suits the metric: an exact one for metrics of counts.

    Parameters
    ----------
    metric : CountMetric or CellMetric
    probability : ndarray of shape (n_rows, n_classes)
    y : ndarray of shape (n_rows,), int
    weight : ndarray of shape (n_rows,) or None
    positive : int or None, default=1
        With two classes, the class whose threshold is searched; ties go to its smallest
        threshold. None: the rarer class, regardless of the names of the classes. With
        more classes, all thresholds are searched.
    """
    w = np.ones(len(y)) if weight is None else scaled_weight(weight)
    kind = _ExactSearch if isinstance(metric, CountMetric) else _CellSearch
    return kind(metric, probability, y, w, positive)


def search_losses(
    losses: Floats,
    probability: Floats,
    y: Codes,
    weight: Any = None,
    *,
    positive: int | None = None,
) -> Search:
    """Return the exact search for the least mean loss.

    Parameters
    ----------
    losses : ndarray of shape (n_rows, n_classes)
        The cost of each decision in each row.
    probability : ndarray of shape (n_rows, n_classes)
    y : ndarray of shape (n_rows,), int
    weight : ndarray of shape (n_rows,), default=None
    positive : int or None, default=None
        As in ``search_for``.
    """
    w = np.ones(len(y)) if weight is None else scaled_weight(weight)
    return _LossSearch(losses * w[:, np.newaxis], probability, y, w, positive)


def _rarer(y: Codes, weight: Floats) -> int:
    """Return the rarer of two classes, the second one if they have equal weight."""
    common, second = np.bincount(y, weight, minlength=2)[:2]
    return int(second <= common)


class Search(ABC):
    """A search over all thresholds of two classes, or by coordinate ascent over more.

    Subclasses implement ``score``, ``_search_binary`` and ``_line``.
    """

    # Exponents of the shares: 0 predicts the most probable class, 1 divides by shares.
    _starts: tuple[float, ...] = (0.0, 1 / 3, 2 / 3, 1.0)
    _n_candidates = _CANDIDATES

    def __init__(
        self,
        metric: Any,
        probability: Floats,
        y: Codes,
        weight: Floats,
        positive: int | None,
    ) -> None:
        self._metric = metric
        self._p = probability
        self._y = y
        self._w = weight
        self._positive = _rarer(y, weight) if positive is None else positive
        self._k = probability.shape[1]
        sums = np.bincount(y, weight, minlength=self._k)
        self._true: Floats = sums.astype(np.float64)

    @cached_property
    def _in_turn(self) -> list[int]:
        """The classes, largest first; ties by order of appearance, not by name."""
        _, first = np.unique(self._y, return_index=True)
        appeared = np.full(self._k, len(self._y))
        appeared[self._y[first]] = first
        return [int(k) for k in np.lexsort((appeared, -self._true))]

    @abstractmethod
    def score(self, threshold: Floats) -> float:
        """Return the metric of the decisions at these thresholds."""

    @abstractmethod
    def _search_binary(self) -> tuple[Floats, float]:
        """Return the best thresholds of two classes, and their score."""

    @abstractmethod
    def _line(self, threshold: Floats, k: int) -> float:
        """Return the best threshold of class ``k``, with the others fixed."""

    def best(self) -> tuple[Floats, float]:
        """Return the best thresholds, summing to 1, and their score."""
        if self._k == 2:
            return self._search_binary()
        share = np.maximum(self._true / self._true.sum(), 1e-12)
        rough = self._part()
        starts = [rough._climb(share**exponent)[0] for exponent in self._starts]
        starts = [np.ones(self._k), *starts]
        first = _first_best([self.score(start) for start in starts])
        return self._climb(starts[first])

    def _score_of_positive(self) -> Floats:
        """Return the score to compare with the threshold of the positive class."""
        # `decide` reads the probability of the second class only.
        second: Floats = self._p[:, 1]
        return second if self._positive else 1 - second

    def _of_both(self, theta: float) -> Floats:
        """Return the thresholds of both classes, given that of the positive class."""
        if self._positive:
            return np.array([1 - theta, theta])
        # Rows with p = 0 reach a threshold of 0 too, so the second class must be
        # unreachable.
        return np.array([theta, 1 - theta if theta else np.nextafter(1.0, 2.0)])

    def _part(self) -> Search:
        """Return the same search on at most 10,000 rows with nonzero weight."""
        rows = np.flatnonzero(self._w > 0)
        if len(rows) > _ROUGH:
            rows = check_rng(0).permutation(rows)[:_ROUGH]
        data = self._p[rows], self._y[rows], self._w[rows]
        part = type(self)(self._metric_of(rows), *data, self._positive)
        part._n_candidates = _ROUGH_CANDIDATES
        return part

    def _metric_of(self, _: Codes) -> Any:
        """Return the metric for these rows."""
        return self._metric

    def _climb(self, threshold: Floats) -> tuple[Floats, float]:
        """Improve one threshold at a time until none improves; thresholds sum to 1."""
        threshold = threshold / threshold.sum()
        best = self.score(threshold)
        for _ in range(_SWEEPS):
            before = best
            for k in self._in_turn:
                moved = threshold.copy()
                moved[k] = self._line(threshold, k)
                moved /= moved.sum()
                score = self.score(moved)
                if score > best + _rounding(best):
                    threshold, best = moved, score
            if best <= before + _rounding(before):
                break
        return threshold, best

    def _turns(self, threshold: Floats, k: int) -> tuple[Floats, Codes]:
        """Return the theta below which rows are decided as ``k``, and their rivals."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            reach = np.where(self._p > 0, self._p / threshold, 0.0)
            reach[:, k] = -1.0
            rival = reach.argmax(axis=1)
            most = reach[np.arange(len(rival)), rival]
            turn = np.where(self._p[:, k] > 0, self._p[:, k] / most, 0.0)
        return turn, rival


class _ExactSearch(Search):
    """A search over every threshold at which a decision changes, by cumulative sums."""

    _metric: CountMetric

    def score(self, threshold: Floats) -> float:
        decided = decide(self._p, threshold)
        hit = self._w * (decided == self._y)
        hits, sums = (
            np.bincount(decided, part, self._k).astype(np.float64)
            for part in (hit, self._w)
        )
        return float(self._metric(hits, sums, self._true))

    def _search_binary(self) -> tuple[Floats, float]:
        k, score = self._positive, self._score_of_positive()
        order = np.argsort(-score, kind="stable")
        other = np.full(len(score), 1 - k, dtype=np.intp)
        turns = _Turns(score[order])
        # A threshold just below a score includes its row; one above all scores, no row.
        distinct = turns.turn[turns.ends]
        thetas = np.append(_above_all(distinct[0]), _just_below(distinct))
        theta, best = _best_of(thetas, self._sweep(turns, order, other, k))
        even = self.score(np.ones(2))
        if even >= best - _rounding(best):
            theta, best = 0.5, even
        return self._of_both(theta), best

    def _line(self, threshold: Floats, k: int) -> float:
        turn, rival = self._turns(threshold, k)
        order = np.argsort(-turn, kind="stable")
        turns = _Turns(turn[order], rounding=_EQUAL)
        scores = self._sweep(turns, order, rival, k)
        # Rows with an infinite turn are always k, and rows with a turn of 0 never are.
        distinct = turns.turn[turns.ends]
        reached = np.append(np.isfinite(distinct[:1]), distinct > 0)
        return _best_of(turns.between(), np.where(reached, scores, -np.inf))[0]

    def _sweep(self, turns: _Turns, order: Codes, rival: Codes, k: int) -> Floats:
        """Return the score before any row is decided as ``k``, and after each turn."""
        y, w, rival = self._y[order], self._w[order], rival[order]
        hits = np.empty((len(turns.ends) + 1, self._k))
        predicted = np.empty_like(hits)
        for c in range(self._k):
            there = w if c == k else w * (rival == c)
            for counts, part in ((predicted, there), (hits, there * (y == c))):
                turned = turns.sums_at_ends(part)
                counts[:, c] = turned if c == k else turned[-1] - turned
        return self._metric(hits, predicted, self._true)


class _LossSearch(_ExactSearch):
    """A search for the least mean loss; the metric is an array of losses, (n_rows, K)."""

    _metric: Any

    def _metric_of(self, rows: Codes) -> Any:
        return self._metric[rows]

    def score(self, threshold: Floats) -> float:
        rows = np.arange(len(self._p))
        return -float(self._metric[rows, decide(self._p, threshold)].mean())

    def _sweep(self, turns: _Turns, order: Codes, rival: Codes, k: int) -> Floats:
        before = self._metric[order, rival[order]]
        change = self._metric[order, k] - before
        return -(before.sum() + turns.sums_at_ends(change)) / len(order)


def _rounding(score: float) -> float:
    """Return the difference below which two scores are equal.

    A metric sums over classes in the order of their names, which must have no effect.
    """
    return _EQUAL * abs(score) if np.isfinite(score) else 0.0


def _first_best(scores: Sequence[float]) -> int:
    most = max(scores)
    return int(np.argmax(np.asarray(scores) >= most - _rounding(most)))


def _best_of(thetas: Floats, scores: Floats) -> tuple[float, float]:
    """Return the smallest theta with the best score, and the score."""
    most = scores.max()
    best = np.flatnonzero(scores >= most - _rounding(most))[-1]
    return float(thetas[best]), float(most)


class _Turns:
    """Rows in the order in which they are decided as a class as theta falls.

    ``ends``: the last row of each run of equal turns. ``rounding``: the relative
    difference up to which turns are equal.
    """

    def __init__(self, turn: Floats, rounding: float = 0.0) -> None:
        self.turn = turn
        falls = turn[1:] < turn[:-1] * (1 - rounding)
        self.ends = np.flatnonzero(np.append(falls, [True]))

    def sums_at_ends(self, values: Floats) -> Floats:
        """Return sums over no row, and over the rows up to each of ``ends``."""
        return np.append(0.0, np.cumsum(values)[self.ends])

    def between(self) -> Floats:
        """Return a theta between each two successive turns, and beyond both ends."""
        distinct = self.turn[self.ends]
        finite = distinct[np.isfinite(distinct)]
        top = 2 * finite[0] if len(finite) and finite[0] > 0 else 1.0
        above = np.append(top, np.minimum(distinct, top))
        below = np.append(np.minimum(distinct, top), 0.0)
        # No row turns at 0, so the theta below the last turn is half of it.
        return np.maximum((above + below) / 2, np.finfo(float).tiny)


class _CellSearch(Search):
    """A search that evaluates a metric on confusion matrices, at some thresholds."""

    _metric: CellMetric
    _starts = (0.0, 1.0)

    @cached_property
    def _evaluated(self) -> dict[bytes, float]:
        """A cache of the metric by confusion matrix, because half of them recur."""
        return {}

    def _evaluate(self, counts: Floats) -> float:
        key = counts.tobytes()
        if key not in self._evaluated:
            self._evaluated[key] = self._metric(counts)
        return self._evaluated[key]

    def _thinned(self, values: Floats) -> Floats:
        """Return at most ``_n_candidates`` of sorted values, evenly spaced."""
        step = max(1, -(-len(values) // self._n_candidates))
        return values[::step]

    def score(self, threshold: Floats) -> float:
        cell = self._y * self._k + decide(self._p, threshold)
        counts = np.bincount(cell, self._w, minlength=self._k**2)
        return self._evaluate(counts.astype(np.float64))

    def _search_binary(self) -> tuple[Floats, float]:
        scores = np.unique(self._score_of_positive())
        below = _just_below(scores[::-1])[::-1]
        thetas = np.append(self._thinned(below), [0.5, _above_all(scores[-1])])
        values = [self.score(self._of_both(t)) for t in thetas]
        best = max(values)
        least = best - _rounding(best)
        theta = min(t for t, v in zip(thetas, values, strict=True) if v >= least)
        return self._of_both(theta), best

    def _line(self, threshold: Floats, k: int) -> float:
        turn, rival = self._turns(threshold, k)
        finite = -np.sort(-turn[np.isfinite(turn) & (turn > 0)])
        if not len(finite):
            return float(threshold[k])
        # Thresholds are summed in the order of the classes' names, so turns may differ
        # by rounding. An extra turn would shift the choice of all later candidates.
        distinct = finite[_Turns(finite, rounding=_EQUAL).ends][::-1]
        thetas = self._thinned(distinct * (1 - 1e-9))
        # A row is decided as k at all thetas below its turn, and as its rival at others.
        below = np.searchsorted(thetas, turn)
        stay = self._per_theta(below, rival, len(thetas)).cumsum(axis=0)
        by_turn = self._per_theta(below, np.full_like(rival, k), len(thetas))
        moved = by_turn[::-1].cumsum(axis=0)[::-1]
        values = [self._evaluate(stay[j] + moved[j + 1]) for j in range(len(thetas))]
        return float(thetas[_first_best(values)])

    def _per_theta(self, below: Codes, decided: Codes, n_thetas: int) -> Floats:
        """Return the counts of the cells, for each number of thetas below the turn."""
        n_cells = self._k**2
        place = below * n_cells + self._y * self._k + decided
        counts = np.bincount(place, self._w, minlength=(n_thetas + 1) * n_cells)
        return counts.reshape(n_thetas + 1, n_cells).astype(np.float64)


def _above_all(score: float) -> float:
    """Return a threshold above all scores, even if the greatest is 1."""
    return max((1 + score) / 2, float(np.nextafter(score, 2.0)))


def _just_below(distinct: Floats) -> Floats:
    """Return numbers just below these descending scores, above the next smaller one."""
    gap = np.append(-np.diff(distinct), distinct[-1])
    return np.asarray(distinct - np.minimum(MARGIN, gap / 2))
