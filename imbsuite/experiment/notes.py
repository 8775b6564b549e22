"""Notes on a comparison: small classes, failed fits, warnings, each reported once."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from imbsuite._classes import Labels
from imbsuite.experiment.fit_task import FitOutcome
from imbsuite.experiment.strategies import TUNED, Strategy
from imbsuite.folds.stratified import Folds

# A recall measured on fewer rows changes in steps of more than a tenth.
FEW_ROWS = 10

_LONGEST = 400


def about_ending(
    outcomes: Sequence[FitOutcome],
    done: int,
    planned: int,
    n_folds: int,
    *,
    interrupted: bool,
) -> Iterator[str]:
    """Report how many folds are complete after an interruption or a budget."""
    if done < planned:
        whole = len({outcome.number for outcome in outcomes})
        yield (
            f"{'interrupted' if interrupted else 'the budget ended'} after {done} of "
            f"{planned} fits: the comparison is on the {whole} of {n_folds} folds that "
            "all models and strategies had finished."
        )


def about_strategies(
    models: Mapping[str, Any], strategies: Iterable[Strategy]
) -> Iterator[str]:
    """Report strategies that a model does not support."""
    for strategy in strategies:
        for name, model in models.items():
            lacking = strategy.lacks(model)
            if lacking is not None:
                yield f"{strategy.name} is left out for {name}, which has no {lacking}."


def about_test_folds(labels: Labels, folds: Folds) -> Iterator[str]:
    """Report test folds with few rows of the rarest class."""
    name, size = labels.rarest
    tested = sum(len(test) for _, test in folds.pairs) / len(folds.pairs)
    if size * tested / len(labels.codes) < FEW_ROWS:
        yield (
            f"{name} has fewer than {FEW_ROWS} rows in an average test fold "
            f"({size:,} in all): small differences cannot be detected."
        )


def about_fits(outcomes: Sequence[FitOutcome]) -> Iterator[str]:
    """Report failed fits, then warnings of fits."""
    yield from _failures(outcomes)
    yield from _remarks(outcomes)


def _failures(outcomes: Sequence[FitOutcome]) -> Iterator[str]:
    failed: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.failure:
            key = (outcome.model, outcome.strategy)
            failed.setdefault(key, []).append(outcome.failure)
    for (model, strategy), messages in failed.items():
        yield (
            f"{strategy} failed with {model} in {len(messages)} folds and is not "
            f"compared: {_short(messages[0])}"
        )


def _remarks(outcomes: Sequence[FitOutcome]) -> Iterator[str]:
    # Warnings of different folds often differ only in numbers: the first one represents
    # all, and a fit that repeats it for several classes, or with a tuned threshold,
    # counts once.
    by_pattern: dict[str, list[tuple[str, FitOutcome]]] = {}
    for outcome in outcomes:
        remarks = {re.sub(r"\d+", "#", text): text for text in outcome.remarks}
        for pattern, text in remarks.items():
            by_pattern.setdefault(pattern, []).append((text, outcome))
    n_fits = sum(outcome.strategy != TUNED for outcome in outcomes)
    for entries in by_pattern.values():
        strategies = ", ".join(dict.fromkeys(of.strategy for _, of in entries))
        fits = {(of.model, of.of, of.number) for _, of in entries}
        yield f"{_short(entries[0][0])} ({len(fits)} of {n_fits} fits: {strategies})"


def _short(text: str) -> str:
    return textwrap.shorten(text, _LONGEST, placeholder=" ...")
