"""One plain sentence for each model: whether anything beats doing nothing.

Ranking first: can the model tell rare rows from others any better (average precision)?
Then the price: what happens to the predicted probabilities (log-loss)? No sentence
claims more than its interval shows, and the intervals allow for the number of
strategies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imbsuite.explore.metrics import Metric

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEW_FOLDS", "number", "primary", "sentence"]

# Below the default ten, the t quantile grows fast, and the intervals with it.
FEW_FOLDS = 10

_RANKING = "average_precision"
_RISK = "log_loss"


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
    finding = _Finding(rows, primary(metrics))
    model = rows["model"].iloc[0]
    if n_folds < 2:
        return f"{model}: a single test fold gives no interval, so nothing can be said."
    if finding.others.empty:
        return f"{model}: no strategy could be compared with doing nothing."
    return f"{model}: {finding.claim()}{finding.price()}{_caution(n_folds)}."


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


def _caution(n_folds: int) -> str:
    if n_folds >= FEW_FOLDS:
        return ""
    return f"; with {n_folds} test folds only a large effect can show"


@dataclass(frozen=True)
class _Finding:
    """The summary of one model, seen through the metric that ranks strategies."""

    rows: pd.DataFrame
    metric: Metric

    @property
    def others(self) -> pd.DataFrame:
        """The strategies with an interval: those shown to be better first, by mean."""
        mine = (self.rows["metric"] == self.metric.name) & self.rows["low"].notna()
        gain = self.metric.sign * self.rows["difference"]
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
        shown = f"log-loss {number(row['difference'], signed=True)}, {_range(row)}"
        if row["verdict"] == "unclear":
            return f"; what it does to the probabilities is not clear ({shown})"
        return f", and it makes the probabilities {row['verdict']} ({shown})"

    def _also(self) -> str:
        more = self.others.loc[self.others["shown"], "strategy"].tolist()[1:]
        if not more:
            return ""
        return f", and so {'does' if len(more) == 1 else 'do'} {_listed(more)}"

    def _change(self) -> str:
        by = number(self.best["difference"], signed=True)
        others = self.rows["strategy"].nunique() - 1
        adjusted = f", adjusted for {others} strategies," if others > 1 else ""
        interval = f"95 % interval{adjusted} {_range(self.best)}"
        return f"changes {self.metric.label} by {by} ({interval})"


def _range(row: Any) -> str:
    return f"{number(row['low'])} to {number(row['high'])}"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
