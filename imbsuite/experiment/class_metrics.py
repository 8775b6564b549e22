"""Metrics of classes, with the positive class and the costs on which they depend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from imbsuite._classes import Labels
from imbsuite.decision.cost_forms import read_costs
from imbsuite.experiment.options import Options
from imbsuite.experiment.positive import about_positive, needing_positive, with_positive
from imbsuite.experiment.rows import Rows
from imbsuite.experiment.strategies import Strategy
from imbsuite.experiment.weights import class_weights
from imbsuite.scoring.metrics import Metric, cost_metric
from imbsuite.scoring.scorers import choose_metrics


def choose_class_metrics(
    rows: Rows, strategies: tuple[Strategy, ...], options: Options
) -> tuple[Labels, tuple[Metric, ...], tuple[str, ...]]:
    """Return the labels with their positive class, the metrics, and notes about both.

    Raises
    ------
    ValueError, TypeError
        If the metrics, the positive class or the costs are invalid.
    """
    X, labels, scoring, cost = rows.X, rows.labels, options.scoring, options.cost
    ordered = labels.order is not None
    named = choose_metrics(scoring, ordered=ordered)
    needing = needing_positive(labels, named, options.estimator, strategies, cost)
    sizes = class_weights(labels, rows.table_sizes, rows.weight)
    labels, positive = with_positive(labels, options.pos_label, needing, sizes)
    costs = None if cost is None else _cost_metric(cost, labels, X)
    metrics = choose_metrics(scoring, costs, ordered=ordered)
    return labels, metrics, tuple(about_positive(positive, labels, metrics, scoring))


def _cost_metric(cost: Any, labels: Labels, X: Any) -> Metric:
    costs = read_costs(
        _by_name(cost, labels),
        labels.classes,
        order=labels.ordered,
        positive=labels.positive,
    )
    if labels.originals:  # as a cost function expects them
        costs = replace(costs, labels=list(labels.originals))
    costs.check_columns(X, cells=True)
    return cost_metric(costs)


def _by_name(cost: Any, labels: Labels) -> Any:
    """Return costs keyed by class names, which are strings for dates and decimals."""
    if isinstance(cost, Mapping):
        return {labels.name_of(k): _by_name(part, labels) for k, part in cost.items()}
    if hasattr(cost, "columns") and hasattr(cost, "index"):
        index, columns = (
            [labels.name_of(label) for label in names]
            for names in (cost.index, cost.columns)
        )
        return cost.set_axis(index).set_axis(columns, axis=1)
    return cost
