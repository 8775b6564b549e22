"""Results as JSON types: lists, dicts, numbers and strings."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from imbsuite.experiment.evidence import ClassChange

if TYPE_CHECKING:
    import pandas as pd


def plain(value: Any) -> Any:
    """Return a number, boolean or None unchanged, and other values as strings.

    NaN and infinite numbers become None.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return (
        value if value is None or isinstance(value, (bool, int, float)) else str(value)
    )


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a dataframe as dicts."""
    rows = frame.to_dict(orient="records")
    return [{str(k): plain(v) for k, v in row.items()} for row in rows]


def record_of(change: ClassChange) -> dict[str, Any]:
    """Return the change of a class as a dict."""
    foreign = {str(k): n for k, n in change.foreign_parents.items()}
    label = plain(change.label)
    return asdict(change) | {"label": label, "foreign_parents": foreign}
