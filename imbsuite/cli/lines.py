"""Text on standard output: columns side by side, names on one line."""

from __future__ import annotations

import sys

from imbsuite._text import shorten

__all__ = ["columns_of_text", "say", "shortened"]

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


def shortened(name: str) -> str:
    """Return a name on one line of at most 40 printable characters."""
    # Line ends and the control characters of terminals are escaped. The dots are ASCII,
    # as some terminals are.
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return shorten(shown, _LONGEST, placeholder="...")


def say(text: str) -> None:
    """Write a text and a line end to standard output, and flush.

    A character that the terminal cannot show becomes a question mark, as set by the
    program. ``typer.echo`` would write UTF-8 to a terminal that declares ASCII.
    """
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
