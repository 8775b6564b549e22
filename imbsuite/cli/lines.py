"""Text on standard output: columns side by side, names on one line."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from imbsuite._text import on_one_line, shorten

# The width of wrapped lines.
WIDTH = 88

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


def items_of_text(texts: Iterable[str]) -> list[str]:
    """Return the lines of a list with an item for each text."""
    return [
        line
        for text in texts
        for line in textwrap.wrap(
            f"- {on_one_line(text)}",
            WIDTH,
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
    ]


def shortened(name: str) -> str:
    """Return a name on one line of at most 40 printable characters."""
    # The dots are ASCII, because some terminals are limited to ASCII.
    return shorten(on_one_line(name), _LONGEST, placeholder="...")


def as_json_text(value: Any) -> str:
    """Return strict JSON of printable characters, which terminals show unchanged."""
    # DEL is the only control character that json.dumps does not escape.
    text = json.dumps(value, indent=1, allow_nan=False)
    return text.replace("\x7f", r"\u007f")


def say(text: str) -> None:
    """Write a text and a line end to standard output, and flush.

    ``typer.echo`` would write UTF-8 to a terminal that declares ASCII.
    """
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tell(sentence: str) -> None:
    """Write a sentence of the program to standard error, on one line."""
    line = re.sub(r"\s+", " ", sentence)
    note(f"imbsuite: {line}")


def hint(text: str) -> None:
    """Write a text to standard error, if that is a terminal: scripts see nothing."""
    if sys.stderr.isatty():
        note(text)


def note(text: str) -> None:
    """Write a text and a line end to standard error, and flush."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
