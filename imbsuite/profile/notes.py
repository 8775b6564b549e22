"""Notes on the columns of a table: identifiers, groups, numbers and dates as text."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from imbsuite.profile.column import Column, Finding
from imbsuite.profile.columns import profile

Advice: TypeAlias = Callable[[Sequence[int], Sequence[str]], str]

_LISTED = 5
# For each finding: what these columns contain, and what to do about it.
_READ_AS_TEXT: dict[Finding, str] = {
    "decimal commas": (
        "numbers with decimal commas, which are read as text, each value a category. "
        "Write decimal points (pandas.read_csv(..., decimal=',') reads commas)."
    ),
    "numbers as text": (
        "numbers that are read as text, each value a category, because of thousands "
        'separators, signs such as "%", or a few cells with other text, such as "?". '
        "Write plain numbers, and leave cells with missing values empty."
    ),
    "dates as text": (
        "dates that are read as text, each value a category. Write them as 2020-01-31 "
        "(pandas.to_datetime(..., format=...) reads other spellings)."
    ),
}


@dataclass(frozen=True)
class Ways:
    """How to leave out columns or pass groups, on the command line and in Python.

    Attributes
    ----------
    X : table or None
        The table in Python. None: on the command line only.
    """

    X: Any = None

    def leave_out(self, columns: Sequence[int], names: Sequence[str]) -> str:
        """Return a sentence that says how to leave these columns out."""
        them = verb(names, "it", "them")
        shell = _ignoring(names)
        if self.X is None:
            return f"{shell} leaves {them} out."
        return f"{self._drop(columns)} leaves {them} out; on the command line, {shell}."

    def _drop(self, columns: Sequence[int]) -> str:
        if not hasattr(self.X, "columns"):
            return f"np.delete(X, {list(columns)}, axis=1)"
        labels = _labels(self.X, columns)
        if hasattr(self.X, "iloc"):
            return f"X.drop(columns={labels})"
        method = "drop_columns" if hasattr(self.X, "drop_columns") else "drop"
        return f"X.{method}({labels})"

    def group_by(self, column: int, name: str) -> str:
        """Return the code that uses a column as groups."""
        shell = f"--groups {shlex.quote(name)}"
        if self.X is None:
            return shell
        key = f"[:, {column}]"
        if hasattr(self.X, "columns"):
            (label,) = _labels(self.X, [column])
            key = f"[{label!r}]"
        return f"groups=X{key}; on the command line, {shell}"

    def fold_in_time(self, name: str, *, is_sorted: bool) -> str:
        """Return the code for folds in time, by the times in a column."""
        shell = f"--time {shlex.quote(name)}"
        if self.X is None:
            return shell
        sort = "" if is_sorted else f" after sorting the rows by {name!r}"
        return (
            f"{shell} on the command line; in Python, times, or "
            f"cv=TimeSeriesSplit(){sort}"
        )


def _labels(X: Any, columns: Sequence[int]) -> list[Any]:
    names = getattr(X, "column_names", None) or list(X.columns)
    return [names[j] for j in columns]


def about_columns(
    columns: Sequence[Column], ways: Ways, *, grouped: bool = False
) -> Iterator[str]:
    """Report identifiers, repeated identifiers, and numbers and dates as text.

    Parameters
    ----------
    columns : sequence of Column
    ways : Ways
    grouped : bool, default=False
        Whether groups are passed, so that none need to be suggested.
    """
    places, names = _found(columns, "identifier")
    if names:
        seem = verb(names, "seems to be an identifier", "seem to be identifiers")
        yield (
            f"{listed(names)} {seem}: the values differ in all rows and say nothing about "
            f"new rows, but models and distances use them. {ways.leave_out(places, names)}"
        )
    places, names = _found(columns, "repeated identifier")
    if names and not grouped:
        yield (
            f"{listed(names)} {verb(names, 'seems', 'seem')} to identify groups of "
            f"rows, such as those of a person ({columns[places[0]].distinct:,} "
            "values). If new rows will belong to new groups, scores are too good "
            f"unless folds keep groups together: {ways.group_by(places[0], names[0])}."
        )
    yield from about_texts(columns)


def about_texts(columns: Sequence[Column]) -> Iterator[str]:
    """Report numbers and dates that are read as text."""
    for finding, problem in _READ_AS_TEXT.items():
        _, names = _found(columns, finding)
        if names:
            yield f"{listed(names)} {verb(names, 'has', 'have')} {problem}"


def about_new_rows(
    columns: Sequence[Column], makers: Sequence[str], advice: Advice
) -> Iterator[str]:
    """Report which identifiers the new rows of samplers interpolate or repeat.

    Parameters
    ----------
    columns : sequence of Column
    makers : sequence of str
        Names of samplers; empty for a single sampler that the user has named.
    advice : callable of (columns, names)
        Returns a sentence that says how to leave these columns out.
    """
    places, names = _found(columns, "identifier", "repeated identifier")
    if not names:
        return
    numbers = [columns[j].name for j in places if columns[j].kind == "numeric"]
    others = [columns[j].name for j in places if columns[j].kind != "numeric"]
    parts = [f"have interpolated values of {listed(numbers)}"] if numbers else []
    parts += [f"repeat values of {listed(others)}"] if others else []
    of = f" of {', '.join(makers)}" if makers else ""
    yield (
        f"new rows{of} {' and '.join(parts)}, which identify rows or "
        f"groups. {advice(places, names)}"
    )


def about_resampling(
    sampler: Any, table: Any, others: Collection[str]
) -> Iterator[str]:
    """Report columns that should not be features when a command resamples a table.

    Parameters
    ----------
    sampler : sampler
        Nothing is reported if it only copies or removes rows.
    table : table
    others : collection of str
        Names of columns that are not features.
    """
    if creates(sampler):
        features = [
            # Its name on the command line, as find_column reads it.
            replace(column, name=column.name or f"Unnamed: {j}")
            for j, column in enumerate(profile(table))
            if column.name not in others
        ]
        yield from about_new_rows(features, [], _keep_out)
        yield from about_texts(features)


def _keep_out(_columns: Sequence[int], names: Sequence[str]) -> str:
    it, value = verb(names, "it", "them"), verb(names, "the value", "the values")
    return (
        f"{_ignoring(names)} keeps {it} out of the distances; a new row then repeats "
        f"{value} of its seed."
    )


def _ignoring(names: Sequence[str]) -> str:
    return " ".join(f"--ignore {shlex.quote(name)}" for name in names)


def creates(sampler: Any) -> bool:
    """Return whether a sampler creates rows that are not copies.

    Samplers of imbalanced-learn are supported.
    """
    parameters = sampler.get_params() if hasattr(sampler, "get_params") else {}
    inner = [part for part in parameters.values() if hasattr(part, "fit_resample")]
    if inner:
        return any(map(creates, inner))
    copies = getattr(sampler, "_looks_at", "") == "labels"
    # A random over-sampler of imbalanced-learn.
    copies = copies or getattr(sampler, "shrinkage", 0.0) is None
    return not copies and getattr(sampler, "_sampling_type", "") == "over-sampling"


def _found(
    columns: Sequence[Column], *findings: Finding
) -> tuple[list[int], list[str]]:
    """Return positions and names of the columns with these findings."""
    places = [j for j, column in enumerate(columns) if column.finding in findings]
    return places, [columns[j].name for j in places]


def listed(names: Sequence[str]) -> str:
    """Return "column 'a'" or "columns 'a' and 'b'", or the first of many columns."""
    quoted = [repr(name) for name in names]
    if len(quoted) == 1:
        return f"column {quoted[0]}"
    if len(quoted) > _LISTED:
        quoted = [*quoted[:_LISTED], f"{len(quoted) - _LISTED:,} more"]
    return f"columns {', '.join(quoted[:-1])} and {quoted[-1]}"


def verb(names: Sequence[str], one: str, several: str) -> str:
    """Return the form of a verb or pronoun for one name, or for several."""
    return one if len(names) == 1 else several
