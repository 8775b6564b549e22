"""Names of samplers and strategies, for shell completion and help texts.

They are looked up on demand, so that ``imbsuite --help`` does not load scikit-learn.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

_WIDTH = 76


def samplers() -> list[str]:
    """Return the names of all samplers."""
    from imbsuite.methods import SAMPLERS

    return list(SAMPLERS)


def strategies() -> list[str]:
    """Return the names of all strategies of a comparison except doing nothing."""
    from imbsuite.experiment.strategies import NOTHING, STRATEGIES

    return [name for name in STRATEGIES if name != NOTHING]


def complete_sampler(incomplete: str) -> list[str]:
    """Return the names of samplers that begin with this text."""
    return [name for name in samplers() if name.startswith(incomplete)]


def complete_strategies(incomplete: str) -> list[str]:
    """Return the comma-separated lists that complete the last name of this list."""
    done, comma, last = incomplete.rpartition(",")
    left = [name for name in strategies() if name not in done.split(",")]
    return [f"{done}{comma}{name}" for name in left if name.startswith(last)]


def complete_columns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the columns of the table on the command line that begin with this text."""
    return [name for name in _columns(ctx) if name.startswith(incomplete)]


def complete_cost(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the columns that complete the last cost, as in "fp=5,fn=amo"."""
    done, equals, last = incomplete.rpartition("=")
    names = _columns(ctx) if equals else []
    return [f"{done}={name}" for name in names if name.startswith(last)]


def _columns(ctx: typer.Context) -> list[str]:
    from imbsuite.files.reading import column_names

    paths: list[Any] = [ctx.params.get("file"), ctx.params.get("source")]
    # After an option without its value, click leaves the arguments unparsed.
    paths = [path for path in [*paths, *ctx.args] if path]
    try:
        with warnings.catch_warnings(action="ignore"):
            names = column_names(Path(paths[0]), separator=ctx.params.get("separator"))
    except Exception:  # noqa: BLE001 - a shell has no use for errors of a half-written line
        return []
    # A name with a line break would become two completions.
    return [name for name in map(str, names) if name.isprintable()]


class _ListingCommand(TyperCommand, ABC):
    """A command whose help ends with lists of names."""

    @abstractmethod
    def _sections(self) -> dict[str, list[str]]:
        """Return the names of each list, by its title."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the names, then the examples."""
        for title, listed in self._sections().items():
            with formatter.section(title):
                text = ", ".join(listed)
                for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False):
                    formatter.write(f"  {line}\n")
        super().format_epilog(ctx, formatter)


class SamplerCommand(_ListingCommand):
    """Lists the samplers."""

    def _sections(self) -> dict[str, list[str]]:
        return {"Samplers": samplers()}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Accept ``--method``, the name of ``--sampler`` up to version 0.1."""
        renamed = [re.sub(r"^--method(?==|$)", "--sampler", arg) for arg in args]
        return super().parse_args(ctx, renamed)


class StrategyCommand(_ListingCommand):
    """Lists the strategies for one target."""

    def _sections(self) -> dict[str, list[str]]:
        from imbsuite.experiment.strategies import DEFAULT

        usual = [name for name in strategies() if name in DEFAULT]
        others = [name for name in strategies() if name not in DEFAULT]
        return {"Strategies by default": usual, "Other strategies": others}


class TargetsCommand(StrategyCommand):
    """Lists the strategies for one target, and for several."""

    def _sections(self) -> dict[str, list[str]]:
        from imbsuite.experiment.label_models import LABEL_SAMPLERS

        title = "Strategies for multilabel targets (--targets)"
        return super()._sections() | {title: [*LABEL_SAMPLERS]}
