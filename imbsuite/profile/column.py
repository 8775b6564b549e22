"""The description of one column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ColumnKind: TypeAlias = Literal["numeric", "categorical", "text", "date", "boolean"]
Finding: TypeAlias = Literal[
    "identifier",
    "repeated identifier",
    "in order",
    "decimal commas",
    "numbers as text",
    "dates as text",
]


@dataclass(frozen=True)
class Column:
    """One column of the original table.

    Attributes
    ----------
    name : str
    kind : {"numeric", "categorical", "text", "date", "boolean"}
        Strings are text if there are 100 or more distinct ones, else categorical.
    missing : int
        Number of missing values.
    distinct : int
        Number of distinct values, without missing values.
    finding : {"identifier", "repeated identifier", "in order", "decimal commas", \
            "numbers as text", "dates as text"} or None
        What to know before the column is used: it seems to identify rows or groups of
        rows, it is a time by which the rows are sorted, or it holds numbers or dates as
        text.
    """

    name: str
    kind: ColumnKind
    missing: int
    distinct: int
    finding: Finding | None = None
