"""Text on standard output: columns side by side, names that stay in their line."""

from __future__ import annotations

import sys

__all__ = ["columns_of_text", "fitting", "say"]

_LONGEST = 40


def columns_of_text(first: list[str], *others: list[str]) -> list[str]:
    """Return lines: the first column flush left, the others flush right."""
    widths = [max(map(len, column)) for column in others]
    left = max(map(len, first))
    lines = []
    for name, *cells in zip(first, *others, strict=True):
        padded = [cell.rjust(w) for cell, w in zip(cells, widths, strict=True)]
        lines.append("  ".join([name.ljust(left), *padded]).rstrip())
    return lines


def fitting(name: str) -> str:
    """Return a name in one line of at most 40 signs, whatever is in it."""
    # Line ends and the signs that command a terminal are spelled out.
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def say(text: str) -> None:
    """Write a text and a line end to standard output, at once.

    As the program has set it: a sign that the terminal lacks becomes a question mark.
    ``typer.echo`` would write UTF-8 to a terminal that says it is ASCII.
    """
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
