"""Costs of errors, as passed to ``--cost``: fp=5,fn=amount."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from imbsuite.cli.options import names
from imbsuite.decision.cost_forms import CELLS
from imbsuite.files.checks import find_column

_LARGEST_COST = 1e100  # sums and squares of larger costs overflow


def parse_costs(
    listed: str, columns: Iterable[Any], classes: list[Any]
) -> dict[str, Any]:
    """Return ``{"fp": 5.0, "fn": "amount"}`` for "fp=5,fn=amount"."""
    pairs = [entry.partition("=") for entry in names(listed)]
    cells = [cell.strip() for cell, _, _ in pairs]
    wrong = _fault_of_cells(cells)
    if not all(equals and value.strip() for _, equals, value in pairs):
        wrong = "each cost needs a name and a value"
    if len(classes) != 2:
        wrong = f"it requires two classes, and the target has {len(classes)}"
    if set(classes) & set(CELLS):
        wrong = (
            f"the names are ambiguous with the classes {classes}; rename these first"
        )
    if wrong:
        msg = f"--cost must have the form fp=1,fn=20. Got {listed} instead: {wrong}."
        raise ValueError(msg)
    values = [_one_cost(value.strip(), columns) for _, _, value in pairs]
    return dict(zip(cells, values, strict=True))


def _fault_of_cells(cells: list[str]) -> str:
    """Return what is wrong with the names of costs; "" if nothing is."""
    unknown = [cell for cell in cells if cell not in CELLS]
    missing = [cell for cell in ("fp", "fn") if cell not in cells]
    if unknown:
        return f"{unknown[0]!r} is unknown; use fp and fn, and tp and tn if not 0"
    if len(set(cells)) < len(cells):
        return "a name is repeated"
    return f"{missing[0]} is missing" if missing else ""


def _one_cost(value: str, columns: Iterable[Any]) -> Any:
    """Return a finite number, or else the name of a column."""
    try:
        number = float(value)
    except ValueError:
        return find_column(columns, value, "--cost")
    if abs(number) <= _LARGEST_COST:
        return number
    # A column may be called "inf".
    if value not in map(str, columns):
        msg = (
            f"--cost must hold finite numbers or names of columns. Got {value} instead; "
            f"numbers are at most {_LARGEST_COST:g}."
        )
        raise ValueError(msg)
    return find_column(columns, value, "--cost")
