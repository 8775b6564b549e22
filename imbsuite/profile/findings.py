"""Findings about a column before it is used: identifiers, groups, times, texts.

The rules read the values and, if these are not conclusive, the name of the column. They
avoid false alarms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from imbsuite.files.dates import are_iso_dates
from imbsuite.profile.column import ColumnKind, Finding

# With fewer rows, strings may all differ, or numbers be consecutive, by chance.
_FEW_ROWS = 5
# 20 random whole numbers from a range of 40 are all distinct with probability 0.003.
_SOME_ROWS = 20
# With fewer rows, sorted whole numbers may seem to be evenly spaced by chance.
_MANY_ROWS = 100
# Fewer distinct values are categories, or times that rarely change.
_FEW_VALUES = 10
_MANY_VALUES = 20
# Strings with more words on average are prose: they all differ, but models can learn
# from them.
_WORDS_OF_TEXT = 8

_UNITS = (
    "patient|subject|participant|person|individual|respondent|customer|client|user"
    "|account|member|device|household|family|employee|student|author|visitor"
)
_RECORDS = "row|record|case|order|transaction|ticket|invoice|contract|passenger"
# "id", "row_id", "id_card", "CustomerId", "customerid", "ticket no", "rownames".
_OF_ROWS = re.compile(
    r"(^|[^a-z])(id|uid|uuid|guid|ssn|pk|key|index|idx|row|no|nr|number|code)$|^id[^a-z]"
    rf"|^({_UNITS}|{_RECORDS})(id|no|nr|num|number)$|^row[^a-z]?names?$"
)
_OF_GROUPS = re.compile(
    r"(^|[^a-z])(id|uid|uuid|guid|ssn)$|^id[^a-z]"
    rf"|^({_UNITS})(id|no|nr|num|number)?$"
)
_OF_TIMES = re.compile(
    r"(^|[^a-z])(date|datetime|time|timestamp|period|year|yr|quarter|month|week|day|hour)"
    r"($|[^a-z])"
)
# "31.01.2020", "1/31/20 10:00", "31-Jan-20"; "123-45-6789" is a Social Security number.
_DATE = r"(\d{4}|\d{1,2})(?P<mark>[-/.])([0-3]?\d|[A-Za-z]{3,9})(?P=mark)(\d{4}|\d{2})"
# "January 31, 2020", "Fri, 31 Jan 2020".
_MONTH = r"(jan|feb|mar|m.r|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[^\W\d]*\.?"
_LONG_DATE = rf"([^\W\d]+,? +)?({_MONTH} +\d{{1,2}}|\d{{1,2}}\.? +{_MONTH}),? +\d{{4}}"
_DATES = re.compile(
    rf"\s*({_DATE}|{_LONG_DATE})([T, ]+\d{{1,2}}:\d\d.*)?\s*", re.IGNORECASE
)
# "1,5", "-1.234,56" and, among them, whole numbers.
_WITH_COMMA = re.compile(r"\s*[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+([eE][+-]?\d+)?\s*")
_WHOLE = re.compile(r"\s*[+-]?(\d{1,3}(\.\d{3})+|\d+)\s*")
_PLAIN = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
# "1,234.50", "12 345", "$ 7", "12.5 %".
_THOUSANDS = r"[1-9]\d{0,2}([, '\u00a0\u202f]\d{3})+(\.\d+)?"
_WITH_SIGNS = re.compile(
    rf"\s*[+-]?[$\u20ac\u00a3\u00a5]?\s*({_THOUSANDS}|\d+([.,]\d+)?)"
    r"\s*[%$\u20ac\u00a3\u00a5]?\s*"
)
# Among numbers, texts with more spellings, or in a larger share of cells, are values.
_FEW_TEXTS = 3
_MOST_TEXTS = 0.1


def finding_of(
    name: str, kind: ColumnKind, present: nw.Series[Any], *, distinct: int, n_rows: int
) -> Finding | None:
    """Return the finding about a column; None if there is none.

    Parameters
    ----------
    name : str
    kind : {"numeric", "categorical", "text", "date", "boolean"}
    present : narwhals Series
        The values that are not missing, in the order of the rows.
    distinct : int
        Number of distinct values.
    n_rows : int
        Number of values, including missing ones.
    """
    if distinct < 2 or 2 * len(present) < n_rows or present.dtype.is_nested():
        return None
    if kind == "numeric":
        return _of_numbers(_words(name), present, distinct)
    if kind == "date":
        return _of_dates(present, distinct)
    if kind == "boolean":
        return None
    values = present.to_list()
    texts = all(isinstance(value, str) for value in values)
    return _of_texts(_words(name), values, distinct) if texts else None


def _words(name: str) -> str:
    """Return a name in lower case, with an underscore before each further word."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).lower()


def _of_dates(present: nw.Series[Any], distinct: int) -> Finding | None:
    if present.dtype in {nw.Duration, nw.Time} or distinct < _FEW_VALUES:
        return None
    return "in order" if _sorted(_as_array(present)) else None


def _of_numbers(words: str, present: nw.Series[Any], distinct: int) -> Finding | None:
    values, n = _as_array(present), len(present)
    if _OF_TIMES.search(words) and distinct >= _FEW_VALUES and _sorted(values):
        return "in order"
    if not _whole(values):
        return None
    if distinct < n:
        repeated = _repeat_in_groups(words, values, distinct)
        return "repeated identifier" if repeated else None
    named = n >= _FEW_ROWS and _OF_ROWS.search(words)
    return "identifier" if named or _count_rows(values) else None


def _of_texts(words: str, texts: list[str], distinct: int) -> Finding | None:
    if _have_signs(texts) or (distinct >= _FEW_VALUES and _have_few_words(texts)):
        return "numbers as text"
    if _have_commas(texts):
        return "decimal commas"
    if are_iso_dates(texts):
        ordered = distinct >= _FEW_VALUES and _sorted(np.array(texts, dtype=object))
        return "in order" if ordered else None
    if all(_DATES.fullmatch(text) for text in texts):
        return "dates as text"
    if distinct == len(texts):
        described = _prose(texts) or _OF_TIMES.search(words)
        return None if described or distinct < _FEW_ROWS else "identifier"
    values = np.array(texts, dtype=object)
    repeated = _repeat_in_groups(words, values, distinct)
    return "repeated identifier" if repeated else None


def _as_array(present: nw.Series[Any]) -> NDArray[Any]:
    if present.dtype == nw.Object or present.dtype.is_decimal():
        return np.array(present.to_list(), dtype=object)
    return present.to_numpy()


def _sorted(values: NDArray[Any]) -> bool:
    try:
        up = bool(np.all(values[1:] >= values[:-1]))
        return up or bool(np.all(values[1:] <= values[:-1]))
    except TypeError:  # dates beside times, complex numbers
        return False


def _whole(values: NDArray[Any]) -> bool:
    if values.dtype.kind in "iu":
        return True
    try:
        with np.errstate(invalid="ignore"):  # infinite values are not whole
            return bool(np.all(values % 1 == 0))
    except TypeError:  # complex numbers
        return False


def _count_rows(values: NDArray[Any]) -> bool:
    """Return whether distinct whole numbers are probably row numbers."""
    n = len(values)
    # As Python integers, which do not overflow.
    in_range = int(values.max()) - int(values.min()) < 2 * n
    one_by_one = n >= _FEW_ROWS and bool(np.all(values[1:] == values[:-1] + 1))
    if in_range and (n >= _SOME_ROWS or one_by_one):
        return True
    return n >= _MANY_ROWS and _spread_evenly(values)


def _spread_evenly(values: NDArray[Any]) -> bool:
    """Return whether values ascend like the row numbers of a random sample of rows.

    Their relative positions between the smallest and the largest value then deviate
    from even steps by at most 1.36 / sqrt(n), with probability 0.95 (Kolmogorov).
    """
    if not np.all(values[1:] > values[:-1]):
        return False
    places = (values - values[0]).astype(float) / float(values[-1] - values[0])
    steps = np.linspace(0, 1, len(values))
    return bool(np.abs(places - steps).max() <= 1.36 / np.sqrt(len(values)))


def _repeat_in_groups(words: str, values: NDArray[Any], distinct: int) -> bool:
    """Return whether repeated values name groups of rows, such as patients.

    They do if the column name says so, or if the rows of each value are consecutive, in
    many short runs. The same is true of a sorted measurement, whose runs ascend or
    descend; but runs that all have the same length and count up are group numbers.
    """
    if distinct >= _FEW_VALUES and _OF_GROUPS.search(words):
        return True
    if 2 * distinct > len(values) or distinct < _MANY_VALUES or _OF_TIMES.search(words):
        return False
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    heads, lengths = values[starts], np.diff(np.r_[starts, len(values)])
    if isinstance(heads[0], str) or len(heads) > 1.1 * distinct:
        return len(heads) <= 1.1 * distinct
    count_up = bool(np.all(heads[1:] == heads[:-1] + 1) and np.ptp(lengths) == 0)
    return count_up or 0.1 < float(np.mean(heads[1:] > heads[:-1])) < 0.9


def _have_commas(texts: Sequence[str]) -> bool:
    """Return whether all texts are numbers, some of them with a decimal comma."""
    commas = [_WITH_COMMA.fullmatch(text) is not None for text in texts[:_SOME_ROWS]]
    if not any(commas):
        return False
    return all(_WITH_COMMA.fullmatch(t) or _WHOLE.fullmatch(t) for t in texts)


def _have_signs(texts: Sequence[str]) -> bool:
    """Return whether all texts are numbers, some with signs or thousands separators.

    Signs are those of currencies and "%".
    """
    if not all(map(_WITH_SIGNS.fullmatch, texts)):
        return False
    others = [t for t in texts if not _PLAIN.fullmatch(t)]
    # "1,5" has a decimal comma; "1,234" does not if three digits follow every comma.
    commas = [t for t in others if _WITH_COMMA.fullmatch(t)]
    apart = all(re.fullmatch(rf"\s*[+-]?{_THOUSANDS}\s*", t) for t in commas)
    return bool(others) and (len(commas) < len(others) or apart)


def _have_few_words(texts: Sequence[str]) -> bool:
    """Return whether texts are numbers, except for a few other texts, such as "?".

    A single word without digits, such as "N.A.", may be frequent: it marks missing
    values.
    """
    if not any(map(_PLAIN.fullmatch, texts[:_SOME_ROWS])):
        return False
    words = [text for text in texts if not _PLAIN.fullmatch(text)]
    spellings = set(words)
    if len(spellings) == 1 and not re.search(r"\d", words[0]):
        return 2 * len(words) <= len(texts)
    few = 0 < len(words) <= _MOST_TEXTS * len(texts)
    return few and len(spellings) <= _FEW_TEXTS


def _prose(texts: Sequence[str]) -> bool:
    return sum(len(text.split()) for text in texts) > _WORDS_OF_TEXT * len(texts)
