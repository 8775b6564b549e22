"""One plain sentence for each model: whether anything beats doing nothing.

Ranking first: can the model tell rare rows from others any better (average precision)?
Then the price: what happens to the predicted probabilities (log-loss), and is a
correction enough to bring them back? Then labels: with thresholds tuned for all, is there
anything that a tuned threshold alone does not do? And what decisions cost, if that is
known. No sentence claims more than its interval shows, and the intervals allow for the
number of strategies.
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

__all__ = ["FEW_FOLDS", "Finding", "listed", "number", "primary", "sentence"]

# Below the default ten, the t quantile grows fast, and the intervals with it.
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
        The first is the one to rank by if average precision is not among them.
    n_folds : int
        How many test folds there were.
    """
    finding = Finding(rows, primary(metrics))
    model = rows["model"].iloc[0]
    if n_folds < 2:
        return f"{model}: a single test fold gives no interval, so nothing can be said."
    if finding.others.empty:
        return f"{model}: no strategy could be compared with doing nothing."
    first = f"{model}: {finding.claim()}{finding.price()}{_caution(n_folds)}."
    return " ".join([first, *finding.labels(), *finding.costs()])


def primary(metrics: Sequence[Metric]) -> Metric:
    """Return the metric that ranks strategies: average precision, else the first."""
    ranking = [metric for metric in metrics if metric.name == _RANKING]
    return (*ranking, *metrics)[0]


def number(value: float, *, signed: bool = False) -> str:
    """Return a number with three decimals; more if these would all be 0.

    So a bound other than 0 is never printed as 0: claims agree with their intervals.
    """
    text = f"{value:+.3f}" if signed else f"{value:.3f}"
    if value != 0 and float(text) == 0:
        text = np.format_float_positional(float(f"{value:.1g}"), sign=signed)
    return text.replace("-", "\N{MINUS SIGN}")


def rounded(value: float, digits: int = 2, *, signed: bool = True) -> str:
    """Return a number of so many decimals; what rounds to 0 has no sign."""
    if math.isnan(value):
        return "undefined"
    text = f"{value:{'+' if signed else ''}.{digits}f}"
    text = text if float(text) else text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")


def _caution(n_folds: int) -> str:
    if n_folds >= FEW_FOLDS:
        return ""
    return f"; with {n_folds} test folds only a large effect can show"


@dataclass(frozen=True)
class Finding:
    """The summary of one model, seen through the metric that ranks strategies."""

    rows: pd.DataFrame
    metric: Metric

    @property
    def others(self) -> pd.DataFrame:
        """The strategies with an interval: those shown to be better first, by mean."""
        return self.ranked(self.metric.name, self.metric.sign)

    def ranked(self, name: str, sign: int) -> pd.DataFrame:
        """Return the strategies with an interval, by what they gain in this metric."""
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
        """Say whether anything beats doing nothing, and show the interval."""
        name, verdicts = self.best["strategy"], set(self.others["verdict"])
        if "better" in verdicts:
            return f"{name} beats doing nothing{self._also()} — it {self._change()}"
        if verdicts != {"worse"}:
            found = "nothing clearly beats doing nothing — the best"
        elif len(self.others) == 1:
            return f"{name} is worse than doing nothing — it {self._change()}"
        else:
            found = "every strategy compared is worse than doing nothing — the best"
        return f"{found}, {name}, {self._change()}"

    def price(self) -> str:
        """Say what the strategy named above does to the probabilities."""
        of_best = self.rows["strategy"] == self.best["strategy"]
        found = self.rows[of_best & (self.rows["metric"] == _RISK)]
        if found.empty or self.metric.name == _RISK or not found["verdict"].iloc[0]:
            return ""
        row = found.iloc[0]
        shown = f"log-loss {_by(row)}, {_range(row)}{self._corrected(row)}"
        if row["verdict"] == "unclear":
            return f"; what it does to the probabilities is not clear ({shown})"
        return f", and it makes the probabilities {row['verdict']} ({shown})"

    def _corrected(self, row: Any) -> str:
        of_best = self.rows["strategy"] == row["strategy"]
        found = self.rows[of_best & (self.rows["metric"] == _CORRECTED)]
        if found.empty or not found["verdict"].iloc[0]:
            return ""
        after = found.iloc[0]
        return f"; after correction {_by(after)}, {_range(after)}"

    def labels(self) -> Iterator[str]:
        """Say whether anything beats a tuned threshold, with thresholds tuned for all."""
        ranked = self.ranked(_LABELS, 1)
        if ranked.empty:
            return
        best = ranked.iloc[0]
        change = f"balanced accuracy by {_by(best)} ({_range(best)})"
        if best["shown"]:
            claim = (
                f"{best['strategy']} beats a tuned threshold alone: it changes {change}"
            )
        else:
            claim = (
                "nothing clearly beats a tuned threshold alone: the best, "
                f"{best['strategy']}, changes {change}"
            )
        yield f"With thresholds tuned for all, {claim}."

    def costs(self) -> Iterator[str]:
        """Say what costs less than doing nothing, all deciding by expected cost."""
        ranked = self.ranked(_COST, -1)
        if ranked.empty:
            return
        best = ranked.iloc[0]
        change = f"the cost of a row by {_by(best)} ({_range(best)})"
        if best["shown"]:
            yield f"At these costs {best['strategy']} is cheaper: it changes {change}."
        else:
            yield (
                "At these costs nothing is clearly cheaper than the model as it is, "
                "deciding by expected cost: the best, "
                f"{best['strategy']}, changes {change}."
            )

    def _also(self) -> str:
        more = self.others.loc[self.others["shown"], "strategy"].tolist()[1:]
        if not more:
            return ""
        return f", and so {'does' if len(more) == 1 else 'do'} {listed(more)}"

    def _change(self) -> str:
        others = len(self.metric.tells(self.rows["strategy"].unique()))
        adjusted = f", adjusted for {others} strategies," if others > 1 else ""
        interval = f"95 % interval{adjusted} {_range(self.best)}"
        return f"changes {self.metric.label} by {_by(self.best)} ({interval})"


def _by(row: Any) -> str:
    return number(row["difference"], signed=True)


def _range(row: Any) -> str:
    return f"{number(row['low'])} to {number(row['high'])}"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
