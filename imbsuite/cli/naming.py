"""Names of samplers and strategies, for shell completion and help texts.

They are looked up on demand, so that ``imbsuite --help`` does not load scikit-learn.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from typing import Any, ClassVar

from typer.core import TyperCommand

__all__ = [
    "SamplerCommand",
    "StrategyCommand",
    "complete_sampler",
    "complete_strategies",
]

_WIDTH = 76


def samplers() -> list[str]:
    """Return the names of all samplers."""
    from imbsuite.methods import SAMPLERS

    return list(SAMPLERS)


def strategies() -> list[str]:
    """Return the names of all strategies of a comparison, without doing nothing."""
    from imbsuite.experiment.strategies import NOTHING, STRATEGIES

    return [name for name in STRATEGIES if name != NOTHING]


def _listed_samplers() -> dict[str, list[str]]:
    return {"Samplers": samplers()}


def _listed_strategies() -> dict[str, list[str]]:
    from imbsuite.experiment.strategies import DEFAULT

    usual = [name for name in strategies() if name in DEFAULT]
    others = [name for name in strategies() if name not in DEFAULT]
    return {"Strategies by default": usual, "Other strategies": others}


def complete_sampler(incomplete: str) -> list[str]:
    """Return the names of samplers that begin with this text."""
    return [name for name in samplers() if name.startswith(incomplete)]


def complete_strategies(incomplete: str) -> list[str]:
    """Return the comma-separated lists that complete the last name of this list."""
    done, comma, last = incomplete.rpartition(",")
    left = [name for name in strategies() if name not in done.split(",")]
    return [f"{done}{comma}{name}" for name in left if name.startswith(last)]


class _ListingCommand(TyperCommand):
    """A command whose help ends with a list of names."""

    sections: ClassVar[Callable[[], dict[str, list[str]]]]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the names, then the examples."""
        for title, listed in type(self).sections().items():
            with formatter.section(title):
                text = ", ".join(listed)
                for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False):
                    formatter.write(f"  {line}\n")
        super().format_epilog(ctx, formatter)


class SamplerCommand(_ListingCommand):
    """Lists the samplers."""

    sections = staticmethod(_listed_samplers)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Accept ``--method``, the name of ``--sampler`` up to version 0.1."""
        renamed = [re.sub(r"^--method(?==|$)", "--sampler", arg) for arg in args]
        return super().parse_args(ctx, renamed)


class StrategyCommand(_ListingCommand):
    """Lists the strategies."""

    sections = staticmethod(_listed_strategies)
