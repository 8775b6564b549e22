"""A plain sentence for each model: whether a strategy beats doing nothing.

Ranking comes first: does the model separate rare rows from others better (average
precision)? Then the cost: how do the predicted probabilities change (log-loss), and
does a correction repair them? Then labels: with thresholds tuned for all, does a
strategy beat a tuned threshold alone? Then the cost of decisions, if costs are known.
No sentence claims more than its interval shows, and intervals are adjusted for the
number of strategies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imbsuite.experiment.numbers import written
from imbsuite.experiment.strategies import comparable
from imbsuite.inference.intervals import NEGLIGIBLE
from imbsuite.scoring.metrics import Metric

if TYPE_CHECKING:
    import pandas as pd

# With fewer folds than the default ten, t quantiles and intervals grow quickly.
FEW_FOLDS = 10

_RANKING = "average_precision"
_RISK = "log_loss"
_CORRECTED = "log_loss_corrected"
# With every threshold tuned: for classes, and for multilabel targets.
TUNED_METRICS = {
    "balanced_accuracy_tuned": "balanced accuracy",
    "f1_macro_tuned": "macro F1",
}
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
    if not finding.metric.sign:
        return (
            f"{model}: {finding.metric.label} has no direction, so it cannot rank "
            "strategies."
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


def caution(n_folds: int) -> str:
    """Return an addition to the sentence if there are few folds, else ""."""
    if n_folds >= FEW_FOLDS:
        return ""
    return f"; with {n_folds} test folds only large effects can be detected"


def can_show(label: str, detectable: Mapping[str, float | None]) -> str:
    """Return which differences the table can show; "" if this is not known.

    ``detectable``: for each model, the difference that 80 % of comparisons would detect;
    None if it is larger than any that is possible.
    """
    sizes = {
        model: np.format_float_positional(float(f"{size:.2g}"), trim="-")
        for model, size in detectable.items()
        if size is not None
    }
    if not sizes:
        small = f"This table is too small to show a difference in {label} (80 % power)."
        return small if detectable else ""
    of_models = [f"{size} with {model}" for model, size in sizes.items()]
    which = next(iter(sizes.values())) if len(detectable) == 1 else listed(of_models)
    without = [model for model in detectable if model not in sizes]
    if without:
        which += f", and none with {listed(without)}"
    return f"This table can show differences in {label} of about {which} (80 % power)."


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
    def best(self) -> pd.DataFrame:
        """The rows of the best strategies: more than one if they are equal."""
        return leaders(self.others)

    def claim(self) -> str:
        """Return whether a strategy beats doing nothing, with the interval."""
        name, verdicts = self.best["strategy"].iloc[0], set(self.others["verdict"])
        interval = f"95 % interval{self._adjusted()} {_range(self.best)}"
        change = f"{self.metric.label} by {_by(self.best)} ({interval})"
        if "better" in verdicts:
            who = (
                "it changes" if len(self.best) == 1 else "the best are equal and change"
            )
            return f"{name} beats doing nothing{self._also()} — {who} {change}"
        if verdicts == {"worse"} and len(self.others) == 1:
            return f"{name} is worse than doing nothing — it changes {change}"
        ending = _ending(self.best, self.metric.label, interval)
        if verdicts == {"worse"}:
            return f"every strategy compared is worse than doing nothing — {ending}"
        return f"nothing clearly beats doing nothing — {ending}"

    def price(self) -> str:
        """Return the effect of the best strategy, if there is one, on probabilities."""
        rows = self._of_best(_RISK)
        if self.metric.name == _RISK or rows.empty:
            return ""
        after, verdict = self._of_best(_CORRECTED), rows["verdict"].iloc[0]
        shown = f"log-loss {_by(rows)}, {_range(rows)}"
        if not after.empty:
            shown += f"; after correction {_by(after)}, {_range(after)}"
        if verdict == "unclear":
            return f"; its effect on the probabilities is unclear ({shown})"
        return f", and it makes the probabilities {verdict} ({shown})"

    def _of_best(self, metric: str) -> pd.DataFrame:
        """Return another metric of the named strategy; empty if it has no verdict."""
        named = [] if _is_undecided(self.best) else list(self.best["strategy"])
        mine = self.rows["strategy"].isin(named) & (self.rows["metric"] == metric)
        return self.rows[mine & (self.rows["verdict"] != "")]

    def labels(self) -> Iterator[str]:
        """Yield whether a strategy beats a tuned threshold if all thresholds are tuned."""
        for name, words in TUNED_METRICS.items():
            yield from _contest(
                self.ranked(name, 1),
                words,
                where="With thresholds tuned for all,",
                wins=("beats a tuned threshold alone", "beat a tuned threshold alone"),
                loses="nothing clearly beats a tuned threshold alone",
            )

    def costs(self) -> Iterator[str]:
        """Yield whether a strategy costs less than doing nothing."""
        return _contest(
            self.ranked(_COST, -1),
            "the cost of a row",
            where="At these costs",
            wins=("is cheaper", "are cheaper"),
            loses="nothing is clearly cheaper than the model as it is, deciding by "
            "expected cost",
        )

    def _also(self) -> str:
        more = self.others.loc[self.others["shown"], "strategy"].tolist()[1:]
        if not more:
            return ""
        return f", and so {'does' if len(more) == 1 else 'do'} {listed(more)}"

    def _adjusted(self) -> str:
        others = len(comparable(self.rows["strategy"].unique(), self.metric))
        return f", adjusted for {others} strategies," if others > 1 else ""


def leaders(ranked: pd.DataFrame) -> pd.DataFrame:
    """Return the first of the ranked strategies, and those with the same gain."""
    if ranked.empty:
        return ranked
    first = ranked.iloc[0]
    same = np.isclose(ranked["gain"], first["gain"], rtol=NEGLIGIBLE, atol=NEGLIGIBLE)
    return ranked[same & (ranked["shown"] == first["shown"])]


def _is_undecided(best: pd.DataFrame) -> bool:
    """Return whether no single strategy is the best: some tie, or none differs."""
    return len(best) > 1 or _is_unchanged(best)


def _is_unchanged(best: pd.DataFrame) -> bool:
    return not best[["difference", "low", "high"]].to_numpy().any()


def _ending(best: pd.DataFrame, what: str, interval: str) -> str:
    """Return how much the best strategy changes ``what``; a tie has no best."""
    change = f"{what} by {_by(best)} ({interval})"
    if _is_unchanged(best):
        return f"no strategy improves {what}"
    if len(best) > 1:
        return f"the best are equal and change {change}"
    return f"the best, {best['strategy'].iloc[0]}, changes {change}"


def _contest(
    ranked: pd.DataFrame, what: str, *, where: str, wins: tuple[str, str], loses: str
) -> Iterator[str]:
    """Yield whether the first strategy wins, and by how much it changes ``what``.

    ``wins``: what one strategy does, and what several do.
    """
    best = leaders(ranked)
    if best.empty:
        return
    names, change = listed(list(best["strategy"])), f"{_by(best)} ({_range(best)})"
    if not best["shown"].any():
        yield f"{where} {loses}: {_ending(best, what, _range(best))}."
    elif len(best) == 1:
        yield f"{where} {names} {wins[0]}: it changes {what} by {change}."
    else:
        yield f"{where} {names} {wins[1]}: they change {what} by {change}."


def _by(best: pd.DataFrame) -> str:
    return interval_of(best)[0]


def _range(best: pd.DataFrame) -> str:
    _, low, high = interval_of(best)
    return f"{low} to {high}"


def interval_of(best: pd.DataFrame) -> tuple[str, str, str]:
    """Return the difference of equal strategies, and the range of their intervals."""
    difference = best["difference"].iloc[0]
    return written(difference, best["low"].min(), best["high"].max())


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
