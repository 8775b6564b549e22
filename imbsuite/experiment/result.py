"""The result of a comparison: all scores, and the statistics derived from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from imbsuite._extras import need
from imbsuite._types import Floats
from imbsuite.experiment.contrast import (
    Contrast,
    differences,
    estimate_difference,
    mean_or_nan,
)
from imbsuite.experiment.evidence import ClassChange, Predictions
from imbsuite.experiment.plain import plain, record_of, records_of
from imbsuite.experiment.sentences import can_show, metric_called, primary, sentence
from imbsuite.experiment.strategies import NOTHING, Strategy, comparable
from imbsuite.profile.column import Column
from imbsuite.scoring.metrics import Metric

if TYPE_CHECKING:
    import pandas as pd

# The names of a model and a strategy.
Pair: TypeAlias = tuple[str, str]
# Influences of blocks of test rows: by model, strategy and metric; then by fold.
Influences: TypeAlias = Mapping[tuple[str, str, str], Mapping[int, Floats]]


class Candidate(NamedTuple):
    """An unfitted model and strategy, a seed if they have none, and a positive class.

    ``pos_label``: the positive class as it occurs in y, which may hold dates; None if
    there is no positive class.
    """

    model: Any
    strategy: Strategy
    seed: int
    pos_label: Any = None


@dataclass(frozen=True)
class Result:
    """The data of a comparison, and the statistics that follow from them.

    :class:`imbsuite.explore.Comparison` describes the fields.
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
    interrupted: bool = False
    table_sizes: Mapping[Any, int] | None = None
    candidates: Mapping[Pair, Candidate] = field(default_factory=dict)
    cost: Any = None
    influences: Influences = field(default_factory=dict)
    n_units: int = 0
    weighted: bool = False
    unlabeled: Any = None
    row_costs: Floats | None = None
    label_names: tuple[Any, ...] = ()
    n_rows: int | None = None
    label_scores: pd.DataFrame | None = None

    @property
    def rows(self) -> int:
        """Number of rows that were measured; not the sum of sizes if labels overlap."""
        return sum(self.class_sizes.values()) if self.n_rows is None else self.n_rows

    @property
    def table_rows(self) -> int:
        """Number of rows of the whole table, even if only a sample was measured."""
        return self.rows if self.table_sizes is None else sum(self.table_sizes.values())

    @property
    def by_label(self) -> pd.DataFrame:
        """Return the metrics of each label of a multilabel target, averaged over folds.

        Returns
        -------
        DataFrame
            One row for each ``model``, ``strategy`` and ``label``, with the number of
            its ``rows``, "f1", "recall", "precision", "average_precision" and
            "log_loss". A mean is over the folds on which the metric is defined. Metrics
            of labels use the labels predicted by the model; for the tuned threshold,
            they use thresholds tuned for "f1_macro".

        Raises
        ------
        ValueError
            If the target is not multilabel.
        """
        if self.label_scores is None:
            msg = (
                "by_label requires a comparison of a multilabel target; y has classes."
            )
            raise ValueError(msg)
        keys = ["model", "strategy", "label"]
        means = self.label_scores.pivot_table(
            index=keys,
            columns="metric",
            values="value",
            sort=False,
            observed=True,
        )
        # Keep metrics that are undefined for all labels on all folds.
        means = means.reindex(columns=self.label_scores["metric"].unique())
        frame: pd.DataFrame = means.rename_axis(columns=None).reset_index()
        frame.insert(3, "rows", frame["label"].map(dict(self.class_sizes)))
        return frame

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return list(self.scores["model"].unique())

    @property
    def n_folds(self) -> int:
        """Number of test folds, including repeats."""
        return int(self.scores["fold"].nunique())

    def strategies(self, model: str) -> list[str]:
        """Return the strategies measured with this model, doing nothing first."""
        return list(self.scores.loc[self.scores["model"] == model, "strategy"].unique())

    def summary(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return means, differences from doing nothing, and their intervals.

        Parameters
        ----------
        level : float, default=0.95
            The probability that *all* intervals of one model and metric cover the true
            differences (Bonferroni over the strategies).

        Returns
        -------
        DataFrame
            One row for each ``model``, ``strategy`` and ``metric``: ``mean`` over the
            folds; ``difference`` from doing nothing, fold by fold, with the bounds
            ``low`` and ``high`` of its interval; ``verdict``: "better", "worse",
            "unclear" (the interval includes 0), or "" (no interval, or no difference on
            any fold).

        Notes
        -----
        Metrics that are computed from single rows have intervals from the variance of
        test rows and of training; see :func:`imbsuite.compare`. The corrected resampled
        t-test is used for MCC, metrics of ordered classes, scorers, calibration and fit
        times, and for tables with fewer than 20 rows (groups) in a class.

        Differences below 1e-9 are treated as rounding errors and set to 0. For metrics
        with a smallest value a or a largest value b, intervals are clipped to [a - m, b
        - m], where m is the mean of doing nothing: for average precision, to [-m, 1 -
        m]. Outside this range, the mean of the strategy would be impossible. Clipping
        changes no verdict, because 0 is inside the range.
        """
        rows = [row for model in self.models for row in self._rows(model, level)]
        return need("pandas").DataFrame(rows)

    def to_frame(self) -> pd.DataFrame:
        """Return the scores with a column for each metric.

        Returns
        -------
        DataFrame
            One row for each ``model``, ``strategy`` and ``fold``. ``scores`` has the same
            values in long format.
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
        return wide[names].rename_axis(columns=None).reset_index()

    def best(self, metric: str | None = None) -> tuple[str, str]:
        """Return the best model and strategy.

        For each model, the candidate is doing nothing, unless the comparison shows that
        strategies are better; then it is the one of these strategies with the best
        mean. Among the models, the candidate with the best mean is returned. Ties go to
        the one that was passed first.

        Parameters
        ----------
        metric : str, default=None
            A name in ``metrics``. None: average precision if it was measured, otherwise
            the first metric.

        Returns
        -------
        tuple (model, strategy)

        Raises
        ------
        ValueError
            If the metric was not measured, or has no direction (a calibration slope should
            be 1).

        Notes
        -----
        **When it hurts.** The score of the best of several strategies is optimistic.
        Report a score on rows that were not used for the selection.
        """
        name = primary(self.metrics).name if metric is None else metric
        directed = [metric for metric in self.metrics if metric.sign]
        chosen = metric_called(name, directed, "can rank strategies")
        rows = self.summary()
        rows = rows[rows["metric"] == chosen.name]
        eligible = (rows["strategy"] == NOTHING) | (rows["verdict"] == "better")
        # Rounded, so that the order of ties does not depend on rounding errors.
        score = (rows["mean"] * chosen.sign).round(9)
        scores = rows.loc[eligible].assign(score=score)
        # Better strategies come before doing nothing; models are ranked by their best.
        scores["better"] = scores["verdict"] == "better"
        ranked = scores.sort_values(["better", "score"], ascending=False, kind="stable")
        finalists = ranked.drop_duplicates("model")
        winner = finalists.sort_values("score", ascending=False, kind="stable").iloc[0]
        return str(winner["model"]), str(winner["strategy"])

    @property
    def sentences(self) -> list[str]:
        """For each model, whether a strategy beats doing nothing, and at what cost."""
        summary = self.summary()
        by_model = [summary[summary["model"] == model] for model in self.models]
        return [sentence(rows, self.metrics, self.n_folds) for rows in by_model]

    @property
    def can_show(self) -> str:
        """A sentence about the differences that this table can show; "" if unknown."""
        sizes = {
            model: size if possible else None
            for model, size, possible in self._detectable(0.95)
        }
        return can_show(primary(self.metrics).label, sizes)

    def detectable(self, *, level: float = 0.95) -> dict[str, float]:
        r"""Return the smallest difference that this table can show, for each model.

        .. math:: (t_{1 - \alpha / 2m} + t_{0.8}) \, s

        is computed for the metric that ranks strategies, where m is the number of
        strategies and s is the median standard error of their differences. A true
        difference of this size is detected with a probability of 80 %.

        Parameters
        ----------
        level : float, default=0.95
            As in ``summary``.

        Returns
        -------
        dict
            ``{model: difference}``, without models that have no interval. With very few
            rows, the difference may be larger than any possible difference.
        """
        return {model: size for model, size, _ in self._detectable(level)}

    def _detectable(self, level: float) -> Iterator[tuple[str, float, bool]]:
        """Yield each model, the difference, and whether one of this size is possible."""
        metric = primary(self.metrics)
        for model in self.models:
            ranked = [c for c in self._contrasts(model) if c.metric.name == metric.name]
            shown = [size for c in ranked if (size := c.detectable(level)) > 0]
            if shown and metric.sign:
                size = float(np.median(shown))
                yield model, size, ranked[0].can_be(size, self._n_classes)

    @property
    def _n_classes(self) -> int:
        # Each label of a multilabel target has two.
        return 2 if self.label_names else len(self.class_sizes)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, dicts, numbers and strings, ready for JSON.

        NaN and infinite numbers become None.
        """
        return {
            "rows": self.rows,
            "table_rows": self.table_rows,
            "classes": [
                {"label": plain(label), "rows": n}
                for label, n in self.class_sizes.items()
            ],
            "positive": plain(self.positive),
            "folds": self.n_folds,
            "test_train_ratio": self.test_train_ratio,
            "sentences": self.sentences,
            "detectable": self.detectable(),
            "notes": list(self.notes),
            "columns": [asdict(column) for column in self.columns],
            "class_changes": [record_of(change) for change in self.class_changes],
            "recipe": self.recipe,
            "versions": dict(self.versions),
            "seed": plain(self.seed),
            "finished": list(self.finished),
            "interrupted": self.interrupted,
            "summary": records_of(self.summary()),
            "scores": records_of(self.scores),
            "labels": None if self.label_scores is None else records_of(self.by_label),
        }

    def _rows(self, model: str, level: float) -> Iterator[dict[str, Any]]:
        for contrast in self._contrasts(model):
            interval = contrast.interval(level, self._n_classes)
            yield {
                "model": model,
                "strategy": contrast.strategy,
                "metric": contrast.metric.name,
                "mean": contrast.mean,
                **asdict(interval),
                "verdict": interval.verdict(contrast.metric.sign),
            }

    def _contrasts(self, model: str) -> Iterator[Contrast]:
        """Yield each strategy and metric, compared with doing nothing."""
        mine = self.scores[self.scores["model"] == model]
        by_fold = mine.pivot_table(
            index=["strategy", "metric"],
            columns="fold",
            values="value",
            dropna=False,
            observed=True,
        )
        folds = by_fold.columns.to_numpy()
        # As arrays, because a pandas lookup for each cell takes most of the time.
        values = dict(zip(by_fold.index, by_fold.to_numpy(np.float64), strict=True))
        strategies = self.strategies(model)
        for strategy in strategies:
            for metric in self.metrics:
                nothing = values[NOTHING, metric.name]
                defined = ~np.isnan(nothing)
                ours = values[strategy, metric.name][defined]
                compared = comparable(strategies, metric)
                estimate = None
                if strategy in compared:
                    estimate = estimate_difference(
                        differences(ours, nothing[defined]),
                        self._influences(model, strategy, metric, folds[defined]),
                        test_train_ratio=self.test_train_ratio,
                        n_units=self.n_units,
                    )
                yield Contrast(
                    strategy,
                    metric,
                    mean=mean_or_nan(ours),
                    baseline=mean_or_nan(nothing[defined]),
                    estimate=estimate,
                    comparisons=len(compared),
                )

    def _influences(
        self, model: str, strategy: str, metric: Metric, folds: Floats
    ) -> Floats | None:
        """Return the influences of test rows on the differences; None if unknown."""
        ours, nothing = (
            self.influences.get((model, name, metric.name), {})
            for name in (strategy, NOTHING)
        )
        if not all(fold in ours and fold in nothing for fold in folds):
            return None
        rows = [ours[fold] - nothing[fold] for fold in folds]
        return np.array(rows) if rows else None


def scores_by_fold(result: Result, metric: str) -> dict[Pair, Floats]:
    """Return the scores of each model and strategy, (n_folds,), in the order of folds."""
    scores = result.scores[result.scores["metric"] == metric]
    by_pair = scores.sort_values("fold", kind="stable").groupby(
        ["model", "strategy"], sort=False
    )
    values = {pair: rows["value"].to_numpy(np.float64) for pair, rows in by_pair}
    pairs = [(m, s) for m in result.models for s in result.strategies(m)]
    return {pair: values[pair] for pair in pairs}
