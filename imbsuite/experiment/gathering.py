"""From the outcomes of single fits to what a comparison holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imbsuite._classes import Labels
from imbsuite.experiment.evidence import Predictions, Treatment, spoken_of
from imbsuite.experiment.fit_task import Outcome
from imbsuite.experiment.folds import Folds

__all__ = ["gather_predictions", "gather_treatments"]


def gather_predictions(
    outcomes: Sequence[Outcome], labels: Labels, folds: Folds
) -> tuple[Predictions, ...]:
    """Return the probabilities of each model and strategy, all folds in one."""
    parts: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.proba is not None:
            parts.setdefault((outcome.model, outcome.strategy), []).append(outcome)
    return tuple(_join(found, labels, folds) for found in parts.values())


def _join(found: Sequence[Outcome], labels: Labels, folds: Folds) -> Predictions:
    tests = [folds.pairs[outcome.number][1] for outcome in found]
    rows = np.concatenate(tests)
    return Predictions(
        model=found[0].model,
        strategy=found[0].strategy,
        rows=rows,
        fold=np.repeat([outcome.number for outcome in found], [*map(len, tests)]),
        truth=labels.codes[rows],
        labels=tuple(labels.classes[spoken_of(labels)].tolist()),
        proba=np.concatenate([outcome.proba for outcome in found]),
        corrected=np.concatenate([outcome.corrected for outcome in found]),
    )


def gather_treatments(outcomes: Sequence[Outcome]) -> tuple[Treatment, ...]:
    """Return what each sampler did, once: it does the same for all models."""
    found: dict[str, tuple[Treatment, ...]] = {}
    for outcome in outcomes:
        if outcome.treatments:
            found.setdefault(outcome.strategy, outcome.treatments)
    return tuple(treatment for told in found.values() for treatment in told)
