"""Dates in text files, spelled as in ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need

if TYPE_CHECKING:
    import pandas as pd

# "2020-01-31", also with a time and a time zone. "2020-01" may be a season, and "20200131"
# a number.
_ISO_DATE = re.compile(
    r"(?!0000)\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?"
)
# After a time, because "-31" also ends a date.
_ZONE = r"[T ]\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$"


def are_iso_dates(texts: Iterable[str]) -> bool:
    """Return whether there are any texts and all of them are spelled as dates."""
    texts = iter(texts)
    first = next(texts, "")
    return bool(_ISO_DATE.fullmatch(first)) and all(map(_ISO_DATE.fullmatch, texts))


def have_zones(dates: pd.Series[Any]) -> pd.Series[bool]:
    """Return a mask of dates, or texts of dates, with a time zone; False if missing."""
    return dates.astype("str").str.contains(_ZONE, na=False)


def with_dates(frame: pd.DataFrame, *, as_text: Collection[str] = ()) -> pd.DataFrame:
    """Return a table in which columns of ISO 8601 dates are converted to dates.

    Times with a zone are converted to UTC. If a cell is not a valid date, such as
    2021-02-30, or only some cells have a zone, the column stays text.

    Parameters
    ----------
    frame : DataFrame
        As pandas reads a text file.
    as_text : collection of str, default=()
        Columns that stay text, such as the target, whose labels are spelled as in the file.
    """
    pandas = need("pandas")
    dates = {}
    for name in frame.columns:
        cells = frame[name]
        if name in as_text or not pandas.api.types.is_string_dtype(cells.dtype):
            continue
        present = cells.dropna()
        if all(isinstance(c, str) for c in present) and are_iso_dates(present):
            dates[name] = _as_dates(cells)
    return frame.assign(**dates)


def _as_dates(cells: pd.Series[str]) -> pd.Series[Any]:
    zoned = have_zones(cells)[cells.notna()]
    if zoned.any() and not zoned.all():
        return cells  # the zone of the others is unknown
    try:
        dates: pd.Series[Any] = need("pandas").to_datetime(
            cells, format="ISO8601", utc=bool(zoned.any())
        )
    except ValueError:  # month 13, or a year outside the range of the type
        return cells
    return dates
