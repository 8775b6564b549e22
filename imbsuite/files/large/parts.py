"""Parts of the result: how each is written, and how they become one file."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need
from imbsuite.files.large.opening import label_counts
from imbsuite.files.large.spooling import SpelledTable
from imbsuite.files.large.stored import StoredTable
from imbsuite.files.large.workplace import Workplace
from imbsuite.files.literal import LiteralTable, spelled, typed, write_literal
from imbsuite.files.provenance import origin_columns
from imbsuite.files.reading import separator_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["PartWriter", "SeedTexts", "write_whole"]

Positions = NDArray[np.int64]

# As scale calls the columns that say where a row comes from.
_NEW = "is_synthetic"
_PARENTS = ("seed_row", "partner_row", "step")


@dataclass
class SeedTexts:
    """Fields of the rows that new ones stem from, read once from all parts.

    Attributes
    ----------
    table : SpelledTable
    target : str
    grown : list
        Labels of the classes that get new rows.
    limit : float
        Bytes that these fields may take.
    """

    table: SpelledTable
    target: str
    grown: Sequence[Any]
    limit: float
    _lock: Any = field(default_factory=threading.Lock)
    _held: tuple[Positions, pa.Table] | None = None

    def take(self, rows: Positions, names: Sequence[str]) -> pa.Table:
        """Return the fields of these rows of the table.

        Raises
        ------
        MemoryError
            If those of all classes that grow take more than the limit.
        """
        starts = [part.start for part in self.table.parts]
        touched = np.unique(np.searchsorted(starts, rows, side="right") - 1)
        if len(touched) == 1:
            part = self.table.parts[touched[0]]
            return self.table.texts(part, names).take(rows - part.start)
        with self._lock:
            if self._held is None:
                self._held = self._gather(names)
        positions, texts = self._held
        return texts.take(np.searchsorted(positions, rows))

    def _gather(self, names: Sequence[str]) -> tuple[Positions, pa.Table]:
        arrow, compute = need("pyarrow"), need("pyarrow.compute")
        found: list[Any] = []
        places: list[Any] = []
        taken = 0
        for part in self.table.parts:
            labels = self.table.read(part, [self.target])[self.target]
            wanted = arrow.array(self.grown, labels.type)
            rows = np.flatnonzero(compute.is_in(labels, value_set=wanted))
            found.append(self.table.texts(part, names).take(rows))
            places.append(rows + part.start)
            taken += found[-1].nbytes
            if taken > self.limit:
                msg = (
                    "the rows of the classes that grow take more memory than there is; "
                    "give more with --memory."
                )
                raise MemoryError(msg)
        return np.concatenate(places), arrow.concat_tables(found).combine_chunks()


@dataclass(frozen=True)
class PartWriter:
    """Writes partitions of the result as parts of a file.

    Attributes
    ----------
    table : StoredTable
    place : Workplace
    target : str
    labels : list
        All of them, as the table holds them.
    separator : str or None
    provenance : bool
        Whether columns are added that say where rows come from.
    seeds : SeedTexts or None
        Where fields of a text file keep their spelling.
    """

    table: StoredTable
    place: Workplace
    target: str
    labels: Sequence[Any]
    separator: str | None
    provenance: bool
    seeds: SeedTexts | None = None

    def write(self, frame: pd.DataFrame, name: str) -> None:
        """Write a partition, and note how many rows of each class it has."""
        new = frame[_NEW].to_numpy(dtype=bool)
        cells = self.cells(frame)
        index = frame.index if self.table.has_index else None
        found = LiteralTable(cells, self._texts(cells, frame, new), index)
        if self.provenance:
            added = origin_columns(
                new,
                *(frame[name].to_numpy() for name in _PARENTS),
                names=self.table.names,
            )
            found = found.joined(added)
        noted = {"after": self._sizes(cells[self.target]), "new": int(new.sum())}
        self.place.put(name, partial(self._store, found, noted))

    def _store(
        self, found: LiteralTable, noted: dict[str, Any], stream: IO[bytes]
    ) -> dict[str, Any]:
        kind = Path(f"part{self.suffix}")
        write_literal(found, stream, kind, separator=self.separator, header=False)
        return noted

    @property
    def suffix(self) -> str:
        """What the names of parts end in: it says how they are written."""
        return "".join(self.place.out.suffixes[-2:]) or ".parquet"

    def cells(self, frame: pd.DataFrame) -> pa.Table:
        """Return the cells in the types of the table."""
        arrow = need("pyarrow")
        schema = self.table.cell_schema
        columns = [
            _as_arrow(frame[self.table.aliases[field.name]], field.type)
            for field in schema
        ]
        return arrow.Table.from_arrays(columns, schema=schema)

    def header(self) -> LiteralTable:
        """Return the result without its rows."""
        frame = self.table.frame(self.table.parts[0])[:0]
        index = frame.index if self.table.has_index else None
        found = LiteralTable(self.cells(frame), None, index)
        if not self.provenance:
            return found
        none = np.empty(0)
        added = origin_columns(
            none.astype(bool), none, none, none, names=self.table.names
        )
        return found.joined(added)

    def _texts(self, cells: pa.Table, frame: Any, new: Any) -> pa.Table | None:
        if self.seeds is None:
            return None
        table, rows = self.seeds.table, frame[_PARENTS[0]].to_numpy()
        if not len(rows):
            return _no_texts(table.names)
        if not new.any():
            return self.seeds.take(rows, table.names)
        numbers = [name for name in table.names if table.kinds[name] is not None]
        old = self.seeds.take(rows, numbers)
        columns = {
            name: spelled(cells[name], typed(old[name], table.kinds[name]), old[name])
            if name in numbers
            else need("pyarrow.compute").fill_null(cells[name], "")
            for name in table.names
        }
        return need("pyarrow").table(columns)

    def _sizes(self, labels: pa.ChunkedArray) -> list[int]:
        found = label_counts(labels)
        return [found.get(label, 0) for label in self.labels]


def _as_arrow(series: Any, kind: Any) -> pa.ChunkedArray:
    arrow = need("pyarrow")
    cells = arrow.array(series.array)
    whole = cells if isinstance(cells, arrow.ChunkedArray) else [cells]
    return arrow.chunked_array(getattr(whole, "chunks", whole), cells.type).cast(kind)


def _no_texts(names: Sequence[str]) -> pa.Table:
    arrow = need("pyarrow")
    return arrow.schema([(name, arrow.large_string()) for name in names]).empty_table()


def write_whole(
    writer: PartWriter, paths: Sequence[Path], stream: IO[bytes], tell: Any
) -> None:
    """Put parts together in one file, part after part."""
    out = writer.place.out
    if separator_of(out) is None:
        _join_parquet(paths, stream, tell)
        return
    write_literal(writer.header(), stream, out, separator=writer.separator)
    for done, path in enumerate(paths, start=1):
        # Compressed streams one after the other are one compressed stream.
        with path.open("rb") as part:
            shutil.copyfileobj(part, stream)
        tell(done, len(paths))


def _join_parquet(paths: Iterable[Path], stream: IO[bytes], tell: Any) -> None:
    parquet = need("pyarrow.parquet")
    first, *_ = paths = list(paths)
    schema = parquet.read_schema(first)
    with parquet.ParquetWriter(stream, schema) as whole:
        for done, path in enumerate(paths, start=1):
            with parquet.ParquetFile(path) as part:
                for number in range(part.num_row_groups):
                    cells = part.read_row_group(number, use_threads=False)
                    if len(cells):
                        whole.write_table(cells.cast(schema))
            tell(done, len(paths))
