r"""Measures of alerts at every threshold: observed, and guaranteed for new rows.

Alerts are the rows with a score above a threshold. For n independent rows from one
distribution, of which N are alerts at a threshold just above the score of the (N + 1)-th:

- The share of new rows above it is at most a Beta(N + 1, n - N) variable, by the
  distribution of order statistics. Shares fall with the threshold, so if one threshold
  is good enough, all greater ones are. The same holds for recall, among the positives.
- Given that score, the N rows above it are independent and positive with a probability
  equal to the precision. So precision has a binomial bound at each N that is chosen
  before the scores are seen, and several are bounded at once by splitting the error
  among them (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from imbsuite._table import scaled_weight
from imbsuite._types import Floats
from imbsuite.decision._base import MARGIN
from imbsuite.decision.metrics import PER_CLASS

N_GRID = 20


@dataclass(frozen=True)
class Alerts:
    """Alerts at every threshold at which their number changes, in descending order.

    Attributes
    ----------
    threshold : ndarray of shape (m,)
        Just above a score. At the first, no row is an alert; at the last (0), all are.
    hits, alerts : ndarray of shape (m,)
        The weight of the alerts that are positive, and of all alerts.
    positive, total : float
        The weight of the positive rows, and of all rows. Weights are scaled, so only
        their ratios are meaningful.
    """

    threshold: Floats
    hits: Floats
    alerts: Floats
    positive: float
    total: float

    @classmethod
    def at_all_thresholds(
        cls, score: Floats, positive: NDArray[np.bool_], weight: Any = None
    ) -> Self:
        """Count the alerts among these rows at every threshold.

        Parameters
        ----------
        score : ndarray of shape (n_rows,)
        positive : ndarray of shape (n_rows,), bool
        weight : ndarray of shape (n_rows,), default=None
        """
        w = np.ones(len(score)) if weight is None else scaled_weight(weight)
        distinct, place = np.unique(-score, return_inverse=True)
        alerts, hits = (
            np.append(0.0, np.cumsum(np.bincount(place, part)))
            for part in (w, w * positive)
        )
        above = np.append(_just_above(-distinct), 0.0)
        return cls(above, hits, alerts, float(hits[-1]), float(alerts[-1]))

    def measure(self, name: str) -> Floats:
        """Return recall, precision, f1, jaccard or alert_share at each threshold."""
        if name == "alert_share":
            return self.alerts / self.total
        true = np.array(self.positive)
        return np.asarray(PER_CLASS[name](self.hits, self.alerts, true))


def _just_above(distinct: Floats) -> Floats:
    """Return numbers just above these descending scores, below the next greater score.

    The next float would be too close: a model may give the same row a score that differs
    in its last digit, depending on the rows that it is predicted with.

    All thresholds between two scores give the same alerts on these rows; the order
    statistic bounds the alerts at the smallest of these thresholds on new rows.
    """
    gap = np.append(np.inf, -np.diff(distinct))
    margin = np.minimum(MARGIN, gap / 2)
    return np.maximum(np.nextafter(distinct, np.inf), distinct + margin)


def certified(
    alerts: Alerts, wanted: Mapping[str, float], error: float
) -> dict[str, Floats]:
    """Return bounds for new rows that hold jointly with probability 1 - ``error``.

    Recall and precision have lower bounds, the share of alerts has upper bounds.

    Parameters
    ----------
    alerts : Alerts
        Made without weights, so that it contains numbers of rows.
    wanted : mapping of str to float
        The target of each measure.
    error : float
        The probability with which any of the bounds may fail.
    """
    own = error / len(wanted)
    return {name: _BOUNDS[name](alerts, target, own) for name, target in wanted.items()}


def _recall(alerts: Alerts, _: float, error: float) -> Floats:
    # If the class is rare, there are fewer distinct numbers of hits than thresholds.
    hits, place = np.unique(alerts.hits, return_inverse=True)
    bound = _at_least(hits, np.float64(alerts.positive), error)[place]
    bound[-1] = 1.0  # all rows are alerts
    return bound


def _alert_share(alerts: Alerts, _: float, error: float) -> Floats:
    quiet = np.asarray(alerts.total - alerts.alerts)
    return 1.0 - _at_least(quiet, np.float64(alerts.total), error)


def _precision(alerts: Alerts, target: float, error: float) -> Floats:
    sizes = _grid(int(alerts.total), target, error)
    # The threshold just above the score of the row that follows the first `sizes` rows.
    places = np.unique(np.searchsorted(alerts.alerts, sizes, side="right") - 1)
    bound = np.zeros(len(alerts.alerts))
    share = error / len(sizes)
    bound[places] = _at_least(alerts.hits[places], alerts.alerts[places], share)
    return bound


def _grid(n: int, target: float, error: float) -> NDArray[np.intp]:
    """Return numbers of alerts, from the smallest that is enough if all are hits."""
    enough = np.log(error / N_GRID) / np.log(target) if 0 < target < 1 else 1
    first = min(max(1, int(np.ceil(enough))), n)
    return np.unique(np.geomspace(first, n, N_GRID).round().astype(np.intp))


def _at_least(hits: Floats, n: Floats | np.float64, error: float) -> Floats:
    """Return the Clopper-Pearson lower bounds of shares; 0 where there are no hits."""
    some = np.maximum(hits, 1)
    return np.where(hits > 0, beta.ppf(error, some, n - some + 1), 0.0)


_BOUNDS = {
    "recall": _recall,
    "precision": _precision,
    "alert_share": _alert_share,
}
