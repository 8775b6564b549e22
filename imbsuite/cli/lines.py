"""Columns of text, side by side."""

from __future__ import annotations

__all__ = ["columns_of_text"]


def columns_of_text(first: list[str], *others: list[str]) -> list[str]:
    """Return lines: the first column flush left, the others, of numbers, flush right."""
    widths = [max(map(len, column)) for column in others]
    left = max(map(len, first))
    lines = []
    for name, *cells in zip(first, *others, strict=True):
        padded = [cell.rjust(w) for cell, w in zip(cells, widths, strict=True)]
        lines.append("  ".join([name.ljust(left), *padded]).rstrip())
    return lines
