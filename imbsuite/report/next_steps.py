"""The next steps after a comparison: a classifier and its expected decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imbsuite._types import Mask
from imbsuite.choice.code import fitting_code
from imbsuite.choice.final import Chosen, choose
from imbsuite.decision import CostThresholdClassifier
from imbsuite.decision.costs import cheapest
from imbsuite.experiment.sentences import primary

if TYPE_CHECKING:
    from imbsuite.experiment.evidence import Predictions
    from imbsuite.experiment.result import Result

_OUT_OF = 1000


@dataclass(frozen=True)
class NextStep:
    """A classifier, and its expected decisions on 1,000 rows.

    ``counts``: (correct alerts, false alarms, misses, other rows), which sum to 1,000
    up to rounding; None if the comparison does not determine the decisions.
    """

    chosen: Chosen
    code: str
    counts: tuple[float, ...] | None


def next_steps(result: Result) -> list[NextStep]:
    """Return the steps that follow from the ranking and from the costs, if any."""
    names = [primary(result.metrics).name, "cost"]
    ordered = [m for m in result.metrics if m.name in names and m.sign]
    chosen = [choose(result, m.name) for m in ordered] if result.candidates else []
    return [
        NextStep(
            step,
            fitting_code(step.classifier, weighted=result.weighted),
            _counts(result, step),
        )
        for step in chosen
    ]


def _counts(result: Result, chosen: Chosen) -> tuple[float, ...] | None:
    by_pair = {(own.model, own.strategy): own for own in result.predictions}
    if chosen.pair not in by_pair:
        return None
    predictions = by_pair[chosen.pair]
    alert = _alerts(result, chosen, predictions)
    if alert is None:
        return None
    positive = predictions.truth == list(result.class_sizes).index(result.positive)
    cells = (positive & alert, ~positive & alert, positive & ~alert, ~positive & ~alert)
    return tuple(_OUT_OF * float(cell.mean()) for cell in cells)


def _alerts(result: Result, chosen: Chosen, predictions: Predictions) -> Mask | None:
    """Return a mask of test rows that the classifier would flag; None if unknown."""
    if result.positive is None or len(result.class_sizes) != 2:
        return None
    is_corrected = chosen.finish.correction is not None
    p = (predictions.corrected if is_corrected else predictions.proba)[:, 0]
    decision: Any = chosen.finish.decision
    if np.isnan(p).any() or not isinstance(
        decision, (CostThresholdClassifier, type(None))
    ):
        return None
    if decision is None:
        return p >= 0.5
    costs = chosen.metric.tunes.fixed
    if result.row_costs is not None:
        costs = result.row_costs[predictions.rows]
    at = list(result.class_sizes).index(result.positive)
    proba = np.column_stack([1 - p, p] if at == 1 else [p, 1 - p]).astype(np.float64)
    return cheapest(proba, costs) == at
