"""The result of a comparison: every score, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.experiment.evidence import ClassChange, Column, Predictions
from imbsuite.experiment.intervals import Interval, corrected_interval
from imbsuite.experiment.metrics import Metric
from imbsuite.experiment.sentences import primary, sentence
from imbsuite.experiment.strategies import NOTHING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result"]

_NONE = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Result:
    """What :func:`imbsuite.compare` found.

    Attributes
    ----------
    scores : DataFrame
        One row for each ``model``, ``strategy``, ``fold`` and ``metric``, with its
        ``value``; NaN where a fit failed or the metric is not defined.
    metrics : tuple of Metric
        What was measured, the fit time (seconds) last.
    class_sizes : dict
        ``{label: rows}``, sorted by label.
    positive : label or None
        The class that metrics of one class are about; None where all are measured alike,
        as with more than two classes if none was named.
    test_train_ratio : float
        Rows of a test fold / rows of a training fold.
    notes : tuple of str
        What must be known to read the result: small classes, warnings, failed fits.
    predictions : tuple of Predictions
        Probabilities of rows that were not fitted on, for each model and strategy; none
        where models give no probabilities.
    columns : tuple of Column
        What the columns of the table hold.
    class_changes : tuple of ClassChange
        What each sampler did to each class, in the first training fold.
    recipe : str
        Python code that repeats the comparison, as far as it can be written down.
    versions : dict of str
        Of Python and of the packages involved.
    seed : int, Generator, RandomState or None
        The ``random_state`` that was given.
    finished : tuple (done, planned)
        Fits; fewer are done than planned after an interruption.
    table_sizes : dict or None
        ``{label: rows}`` of the whole table, where a sample of it was measured.
    """

    scores: pd.DataFrame
    metrics: tuple[Metric, ...]
    class_sizes: Mapping[Any, int]
    positive: Any
    test_train_ratio: float
    notes: tuple[str, ...] = ()
    predictions: tuple[Predictions, ...] = ()
    columns: tuple[Column, ...] = ()
    class_changes: tuple[ClassChange, ...] = ()
    recipe: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    seed: Any = None
    finished: tuple[int, int] = (0, 0)
    table_sizes: Mapping[Any, int] | None = None

    @property
    def table_rows(self) -> int:
        """Rows of the table, of which a sample may have been measured."""
        return sum((self.table_sizes or self.class_sizes).values())

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return list(self.scores["model"].unique())

    @property
    def n_folds(self) -> int:
        """How many test folds there were, repeats included."""
        return int(self.scores["fold"].nunique())

    def strategies(self, model: str) -> list[str]:
        """Return the strategies measured with this model, doing nothing first."""
        return list(self.scores.loc[self.scores["model"] == model, "strategy"].unique())

    def summary(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return mean, difference from doing nothing, and its interval.

        Parameters
        ----------
        level : float, default=0.95
            The chance that *all* intervals of one model and metric hold what they
            should (Bonferroni over the strategies).

        Returns
        -------
        DataFrame
            One row for each ``model``, ``strategy`` and ``metric``: ``mean`` over the
            folds; ``difference`` to doing nothing, fold by fold, with ``low`` and
            ``high`` of the corrected resampled t-test; ``verdict``: "better", "worse",
            "unclear" (the interval holds 0), or "" (no interval).
        """
        rows = [row for model in self.models for row in self._rows(model, level)]
        frame: pd.DataFrame = need("pandas").DataFrame(rows)
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Return the scores with a column for each metric.

        Returns
        -------
        DataFrame
            One row for each ``model``, ``strategy`` and ``fold``. The same values, one
            below the other, are in ``scores``.
        """
        wide = self.scores.pivot_table(
            index=["model", "strategy", "fold"],
            columns="metric",
            values="value",
            sort=False,
            dropna=False,
            observed=True,
        )
        names = [metric.name for metric in self.metrics]
        frame: pd.DataFrame = wide[names].rename_axis(columns=None).reset_index()
        return frame

    def best(self, metric: str | None = None) -> tuple[str, str]:
        """Return the model and the strategy to go on with.

        For each model that is doing nothing, unless strategies are shown to be better:
        then that of the best mean among these. Of the models, the one with the best mean
        is taken.

        Parameters
        ----------
        metric : str, default=None
            None: average precision if it was measured, else the first.

        Returns
        -------
        tuple (model, strategy)

        Raises
        ------
        ValueError
            If the metric was not measured, or has no better and worse (a calibration
            slope should be 1).

        Notes
        -----
        **When it hurts.** The best of several is partly the luckiest: its score here is
        optimistic. Quote one from rows that had no part in the choice.
        """
        chosen = self._metric(metric)
        rows = self.summary()
        rows = rows[rows["metric"] == chosen.name]
        told = (rows["strategy"] == NOTHING) | (rows["verdict"] == "better")
        scores = rows.loc[told].assign(score=rows["mean"] * chosen.sign)
        # Better strategies before doing nothing, and models by the best of each.
        scores["better"] = scores["verdict"] == "better"
        ranked = scores.sort_values(["better", "score"], ascending=False, kind="stable")
        finalists = ranked.drop_duplicates("model")
        winner = finalists.sort_values("score", ascending=False, kind="stable").iloc[0]
        return str(winner["model"]), str(winner["strategy"])

    def _metric(self, name: str | None) -> Metric:
        name = primary(self.metrics).name if name is None else name
        known = {metric.name: metric for metric in self.metrics if metric.sign}
        if name not in known:
            msg = f"metric={name!r} ranks nothing here; choose one of {list(known)}."
            raise ValueError(msg)
        return known[name]

    @property
    def sentences(self) -> list[str]:
        """One for each model: whether anything beats doing nothing, and its price."""
        found = self.summary()
        by_model = [found[found["model"] == model] for model in self.models]
        return [sentence(rows, self.metrics, self.n_folds) for rows in by_model]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain lists, dicts, numbers and text, ready for JSON.

        What is not a finite number becomes None.
        """
        return {
            "rows": sum(self.class_sizes.values()),
            "table_rows": self.table_rows,
            "classes": [
                {"label": _plain(label), "rows": n}
                for label, n in self.class_sizes.items()
            ],
            "positive": _plain(self.positive),
            "folds": self.n_folds,
            "test_train_ratio": self.test_train_ratio,
            "sentences": self.sentences,
            "notes": list(self.notes),
            "columns": [asdict(column) for column in self.columns],
            "class_changes": [_as_record(change) for change in self.class_changes],
            "recipe": self.recipe,
            "versions": dict(self.versions),
            "seed": _plain(self.seed),
            "finished": list(self.finished),
            "summary": _records(self.summary()),
            "scores": _records(self.scores),
        }

    def _rows(self, model: str, level: float) -> Iterator[dict[str, Any]]:
        mine = self.scores[self.scores["model"] == model]
        values = mine.set_index(["strategy", "metric", "fold"])["value"].sort_index()
        strategies = self.strategies(model)
        for strategy in strategies:
            for metric in self.metrics:
                name = {"model": model, "strategy": strategy, "metric": metric.name}
                nothing = values.loc[NOTHING, metric.name]
                ours = values.loc[strategy, metric.name][nothing.notna()]
                compared = metric.tells(strategies)
                test = partial(
                    corrected_interval,
                    test_train_ratio=self.test_train_ratio,
                    level=level,
                    comparisons=max(1, len(compared)),
                )
                told = strategy in compared
                found = test(_differences(ours, nothing)) if told else _NONE
                yield name | {
                    "mean": ours.mean(skipna=False),
                    "difference": found.difference,
                    "low": found.low,
                    "high": found.high,
                    "verdict": found.verdict(metric.sign),
                }


def _differences(ours: pd.Series[float], nothing: pd.Series[float]) -> pd.Series[float]:
    """Return the differences, fold by fold; none for a strategy that lacks a fold.

    Folds where the metric is undefined even for doing nothing say nothing about any
    strategy. But a strategy that failed on some folds is not judged by the others:
    these may be the easy ones.
    """
    differences = ours - nothing[ours.index]
    return differences.iloc[:0] if differences.isna().any() else differences


def _as_record(change: ClassChange) -> dict[str, Any]:
    foreign = {str(k): n for k, n in change.foreign_parents.items()}
    label = _plain(change.label)
    return asdict(change) | {"label": label, "foreign_parents": foreign}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.to_dict(orient="records")
    return [{str(k): _plain(v) for k, v in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return (
        value if value is None or isinstance(value, (bool, int, float)) else str(value)
    )
