"""A plain sentence for each model: whether a strategy beats doing nothing.

Ranking comes first: does the model separate rare rows from others better (average
precision)? Then the price: what happens to the predicted probabilities (log-loss), and
does a correction repair it? Then labels: with thresholds tuned for all, does a strategy
beat a tuned threshold alone? Then the cost of decisions, if costs are known. No sentence
claims more than its interval shows, and intervals are adjusted for the number of
strategies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imbsuite.experiment.metrics import Metric

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Finding",
    "caution",
    "listed",
    "metric_called",
    "number",
    "primary",
    "sentence",
]

# With fewer folds than the default ten, t quantiles and intervals grow quickly.
FEW_FOLDS = 10

_RANKING = "average_precision"
_RISK = "log_loss"
_CORRECTED = "log_loss_corrected"
_LABELS = "balanced_accuracy_tuned"
_COST = "cost"


def sentence(rows: pd.DataFrame, metrics: Sequence[Metric], n_folds: int) -> str:
    """Return the sentence for one model.

    Parameters
    ----------
    rows : DataFrame
        The summary of this model; see :meth:`Comparison.summary`.
    metrics : sequence of Metric
        The first is used for ranking if average precision is not among them.
    n_folds : int
        The number of test folds.
    """
    finding = Finding(rows, primary(metrics))
    model = rows["model"].iloc[0]
    if n_folds < 2:
        return (
            f"{model}: a single test fold gives no interval, so there is no conclusion."
        )
    if finding.others.empty:
        return f"{model}: no strategy could be compared with doing nothing."
    first = f"{model}: {finding.claim()}{finding.price()}{caution(n_folds)}."
    return " ".join([first, *finding.labels(), *finding.costs()])


def primary(metrics: Sequence[Metric]) -> Metric:
    """Return the metric that ranks strategies: average precision, or else the first."""
    ranking = [metric for metric in metrics if metric.name == _RANKING]
    return (*ranking, *metrics)[0]


def metric_called(
    name: str, metrics: Sequence[Metric], what: str, owner: str = ""
) -> Metric:
    """Return the metric of this name.

    Raises
    ------
    ValueError
        If it is not one of ``metrics``.
    """
    known = {metric.name: metric for metric in metrics}
    if name not in known:
        msg = (
            f"The 'metric' parameter{owner} must be one of the metrics that {what}: "
            f"{list(known)}. Got {name!r} instead."
        )
        raise ValueError(msg)
    return known[name]


def number(value: float, *, signed: bool = False) -> str:
    """Return a number with three decimals, or with more if these would all be 0.

    A nonzero bound is never printed as 0, so claims agree with the printed intervals.
    NaN is "n/a".
    """
    if math.isnan(value):
        return "n/a"
    text = f"{value:+.3f}" if signed else f"{value:.3f}"
    if value != 0 and float(text) == 0:
        text = np.format_float_positional(float(f"{value:.1g}"), sign=signed)
    return text.replace("-", "\N{MINUS SIGN}")


def rounded(value: float, digits: int = 2, *, signed: bool = True) -> str:
    """Return a number with this many decimals; a rounded 0 has no sign."""
    if math.isnan(value):
        return "undefined"
    text = f"{value:{'+' if signed else ''}.{digits}f}"
    text = text if float(text) else text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")


def caution(n_folds: int) -> str:
    """Return an addition to the sentence if folds are few."""
    if n_folds >= FEW_FOLDS:
        return ""
    return f"; with {n_folds} test folds only large effects can be detected"


@dataclass(frozen=True)
class Finding:
    """The summary of one model, and the metric that ranks its strategies."""

    rows: pd.DataFrame
    metric: Metric

    @property
    def others(self) -> pd.DataFrame:
        """The strategies with an interval; those shown to be better come first."""
        return self.ranked(self.metric.name, self.metric.sign)

    def ranked(self, name: str, sign: int) -> pd.DataFrame:
        """Return the strategies with an interval, ordered by their gain in this metric."""
        mine = (self.rows["metric"] == name) & self.rows["low"].notna()
        gain = sign * self.rows["difference"]
        ranked = self.rows.assign(gain=gain, shown=self.rows["verdict"] == "better")
        return ranked[mine].sort_values(
            ["shown", "gain"], ascending=False, kind="stable"
        )

    @property
    def best(self) -> Any:
        """The row of the strategy that the sentence names."""
        return self.others.iloc[0]

    def claim(self) -> str:
        """Return whether a strategy beats doing nothing, with the interval."""
        name, verdicts = self.best["strategy"], set(self.others["verdict"])
        if "better" in verdicts:
            return f"{name} beats doing nothing{self._also()} — it {self._change()}"
        if verdicts != {"worse"}:
            claim = "nothing clearly beats doing nothing — the best"
        elif len(self.others) == 1:
            return f"{name} is worse than doing nothing — it {self._change()}"
        else:
            claim = "every strategy compared is worse than doing nothing — the best"
        return f"{claim}, {name}, {self._change()}"

    def price(self) -> str:
        """Return the effect of the named strategy on the probabilities."""
        row = None if self.metric.name == _RISK else self._of_best(_RISK)
        if row is None:
            return ""
        after = self._of_best(_CORRECTED)
        shown = f"log-loss {_by(row)}, {_range(row)}"
        if after is not None:
            shown += f"; after correction {_by(after)}, {_range(after)}"
        if row["verdict"] == "unclear":
            return f"; its effect on the probabilities is unclear ({shown})"
        return f", and it makes the probabilities {row['verdict']} ({shown})"

    def _of_best(self, metric: str) -> Any:
        """Return another metric of the named strategy; None if it has no verdict."""
        of_best = self.rows["strategy"] == self.best["strategy"]
        rows = self.rows[of_best & (self.rows["metric"] == metric)]
        return rows.iloc[0] if rows["verdict"].any() else None

    def labels(self) -> Iterator[str]:
        """Yield whether a strategy beats a tuned threshold if all thresholds are tuned."""
        return _contest(
            self.ranked(_LABELS, 1),
            "balanced accuracy",
            where="With thresholds tuned for all,",
            wins="beats a tuned threshold alone",
            loses="nothing clearly beats a tuned threshold alone",
        )

    def costs(self) -> Iterator[str]:
        """Yield whether a strategy costs less than doing nothing."""
        return _contest(
            self.ranked(_COST, -1),
            "the cost of a row",
            where="At these costs",
            wins="is cheaper",
            loses="nothing is clearly cheaper than the model as it is, deciding by "
            "expected cost",
        )

    def _also(self) -> str:
        more = self.others.loc[self.others["shown"], "strategy"].tolist()[1:]
        if not more:
            return ""
        return f", and so {'does' if len(more) == 1 else 'do'} {listed(more)}"

    def _change(self) -> str:
        others = len(self.metric.comparable(self.rows["strategy"].unique()))
        adjusted = f", adjusted for {others} strategies," if others > 1 else ""
        interval = f"95 % interval{adjusted} {_range(self.best)}"
        return f"changes {self.metric.label} by {_by(self.best)} ({interval})"


def _contest(
    ranked: pd.DataFrame, what: str, *, where: str, wins: str, loses: str
) -> Iterator[str]:
    """Yield whether the first strategy wins, and by how much it changes ``what``."""
    for _, best in ranked.head(1).iterrows():
        name, change = best["strategy"], f"{what} by {_by(best)} ({_range(best)})"
        if best["shown"]:
            yield f"{where} {name} {wins}: it changes {change}."
        else:
            yield f"{where} {loses}: the best, {name}, changes {change}."


def _by(row: Any) -> str:
    return number(row["difference"], signed=True)


def _range(row: Any) -> str:
    return f"{number(row['low'])} to {number(row['high'])}"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
