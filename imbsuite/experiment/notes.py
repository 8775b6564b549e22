"""What must be known to read a comparison, each thing said once."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from imbsuite._classes import Labels
from imbsuite.experiment.fit_task import Outcome
from imbsuite.experiment.folds import Folds
from imbsuite.experiment.strategies import TUNED, Strategy

__all__ = [
    "FEW_ROWS",
    "about_fits",
    "about_interruption",
    "about_strategies",
    "about_test_folds",
]

# A recall measured on fewer rows moves in steps of more than a tenth.
FEW_ROWS = 10

_LONGEST = 400


def about_interruption(
    outcomes: Sequence[Outcome], done: int, planned: int, n_folds: int
) -> Iterator[str]:
    """Say how much there is, if not all of it."""
    if done < planned:
        whole = len({outcome.number for outcome in outcomes})
        yield (
            f"interrupted after {done} of {planned} fits: compared on the {whole} of "
            f"{n_folds} folds that all models and strategies had finished."
        )


def about_strategies(
    models: Mapping[str, Any], strategies: Iterable[Strategy]
) -> Iterator[str]:
    """Name the strategies that some model cannot take."""
    for strategy in strategies:
        for name, model in models.items():
            if not strategy.fits(model):
                yield (
                    f"{strategy.name} is left out for {name}, which takes no "
                    "class_weight."
                )


def about_test_folds(labels: Labels, folds: Folds) -> Iterator[str]:
    """Say so if the test folds hold few rows of the rarest class."""
    rarest = int(labels.sizes.argmin())
    size = int(labels.sizes[rarest])
    tested = sum(len(test) for _, test in folds.pairs) / len(folds.pairs)
    if size * tested / len(labels.codes) < FEW_ROWS:
        label = labels.classes[rarest].item()
        yield (
            f"class {label!r} has fewer than {FEW_ROWS} rows in an average test fold "
            f"({size:,} in all): small differences cannot show."
        )


def about_fits(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Sum up failed fits and warnings."""
    yield from _failures(outcomes)
    yield from _remarks(outcomes)


def _failures(outcomes: Sequence[Outcome]) -> Iterator[str]:
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


def _remarks(outcomes: Sequence[Outcome]) -> Iterator[str]:
    # The same thing is said with other numbers in every fold: the first ones stand for
    # all, and a fit that says it of several classes counts once.
    fits = [outcome for outcome in outcomes if outcome.strategy != TUNED]
    said: dict[str, list[tuple[str, str]]] = {}
    for outcome in fits:
        found = {re.sub(r"\d+", "#", text): text for text in outcome.remarks}
        for pattern, text in found.items():
            said.setdefault(pattern, []).append((text, outcome.strategy))
    for entries in said.values():
        strategies = ", ".join(dict.fromkeys(strategy for _, strategy in entries))
        yield (
            f"{_short(entries[0][0])} ({len(entries)} of {len(fits)} fits: "
            f"{strategies})"
        )


def _short(text: str) -> str:
    return textwrap.shorten(text, _LONGEST, placeholder=" ...")
