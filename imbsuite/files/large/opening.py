"""A table in files, opened so that its parts fit: in place, or as a copy that does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import (
    MOST_CLASSES,
    Labels,
    check_labels,
)
from imbsuite._extras import need
from imbsuite._table import refuse_missing
from imbsuite.files.large.memory import Budget, make_budget, used_now
from imbsuite.files.large.row_groups import column_names, open_stored, stored_files
from imbsuite.files.large.spooling import SpelledTable, copy_stored, copy_text
from imbsuite.files.large.stored import StoredTable, largest_part
from imbsuite.files.large.workplace import Workplace
from imbsuite.files.literal import header_of
from imbsuite.files.reading import column, separator_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Classes",
    "Stage",
    "check_columns",
    "check_kind",
    "count_classes",
    "in_parts",
    "label_counts",
    "sign_of",
]

# What is being done, how much of it is done, and how much there is (0: nobody knows).
Stage = Callable[[str, int, int], object]

_COPY = "copy.parquet"


@dataclass(frozen=True)
class Classes:
    """The labels of a table, and how often each is there.

    Attributes
    ----------
    spoken : list
        As the table holds them.
    sizes : ndarray of int of shape (n_classes,)
        In the order of ``spoken``.
    labels : Labels
        Of ``spoken``: sorted, and as estimators take them.
    """

    spoken: list[Any]
    sizes: NDArray[np.int64]
    labels: Labels

    def sorted(self, counts: Any) -> NDArray[np.int64]:
        """Return counts in the order of the sorted labels."""
        found = np.zeros(len(self.labels.classes), dtype=np.int64)
        np.add.at(found, self.labels.codes, np.asarray(counts, dtype=np.int64))
        return found


def sign_of(source: Path, separator: str | None) -> str | None:
    """Return what stands between the fields of a text file; None: it is Parquet.

    Raises
    ------
    ValueError
        If the suffix says no known kind of table.
    """
    usual = None if source.is_dir() else separator_of(source)
    return None if usual is None else separator or usual


def check_kind(out: Path) -> None:
    """Refuse to write what is no known kind of table; no suffix means a directory.

    Raises
    ------
    ValueError
    """
    if out.suffix:
        separator_of(out)
    if out.suffix == ".zst":
        msg = (
            f"{out} would have to be compressed in one piece; write .csv.gz, .csv.xz or "
            ".parquet."
        )
        raise ValueError(msg)


def check_columns(
    source: Path, target: str, groups: str | None, separator: str | None
) -> None:
    """Refuse names that are no columns, and a table that has no others.

    Raises
    ------
    OSError, ValueError
    """
    first, sign = stored_files(source)[0], sign_of(source, separator)
    names = column_names(first) if sign is None else header_of(first, sign)
    column(names, target, "--target")
    others = [name for name in names if name != target]
    if groups is not None:
        column(others, groups, "--groups")
    if not set(others) - {groups}:
        beside = repr(target) if groups is None else f"{target!r} and {groups!r}"
        msg = f"there is no column beside {beside}; new rows would have no cells."
        raise ValueError(msg)


def in_parts(
    source: Path, place: Workplace, limit: int, *, separator: str | None, tell: Stage
) -> tuple[StoredTable, Budget]:
    """Return a table whose parts fit, and what else does.

    Text files are copied into Parquet first, and so are row groups that are too large.
    """
    # Parts must be cut where they were cut before, whatever this process takes.
    here = place.settled(
        "machine", lambda: {"base": used_now(), "cores": joblib.cpu_count()}
    )
    whole = make_budget(limit, 0, **here)
    sign = sign_of(source, separator)
    if sign is not None:
        write = partial(copy_text, source, separator=sign, block_bytes=whole.part / 2)
        copy = _copied(place, write, whole, tell)
        return SpelledTable.of(copy, place.record(_COPY) or {}), whole
    table = open_stored(source, whole.part)
    budget = make_budget(limit, largest_part(table), **here)
    if largest_part(table) <= budget.part:
        return open_stored(source, budget.part), budget
    rows = max(1, int(whole.part / table.row_bytes))
    write = partial(copy_stored, source, block_rows=rows)
    return _copied(place, write, whole, tell), whole


def _copied(place: Workplace, write: Any, budget: Budget, tell: Stage) -> StoredTable:
    if place.record(_COPY) is None:
        tell("copying", 0, 0)
        place.put(_COPY, write)
    return open_stored(place.folder / _COPY, budget.part)


def count_classes(table: StoredTable, target: str, tell: Stage) -> Classes:
    """Count the labels of a table, part by part.

    Raises
    ------
    ValueError
        If the column is no classification target.
    """
    pandas = need("pandas")
    sizes: dict[Any, int] = {}
    for done, part in enumerate(table.parts, start=1):
        for label, n in label_counts(table.read(part, [target])[target]).items():
            sizes[label] = sizes.get(label, 0) + n
        tell("counting", done, len(table.parts))
        if len(sizes) > MOST_CLASSES + 1:
            break
    what = f"column {target!r}"
    missing = sum(n for label, n in sizes.items() if pandas.isna(label))
    refuse_missing(missing, table.rows, what)
    spoken = list(sizes)
    kind = table.schema.field(target).type
    kind = getattr(kind, "value_type", kind)
    values = need("pyarrow").array(spoken, kind).to_pandas()
    return Classes(spoken, np.array(list(sizes.values())), check_labels(values, what))


def label_counts(labels: pa.ChunkedArray) -> dict[Any, int]:
    """Return how often each label is there; None: a gap."""
    if need("pyarrow").types.is_dictionary(labels.type):
        labels = labels.cast(labels.type.value_type)
    counted = need("pyarrow.compute").value_counts(labels)
    return {pair["values"]: pair["counts"] for pair in counted.to_pylist()}
