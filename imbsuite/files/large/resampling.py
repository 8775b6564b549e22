"""A resampled file made from a file, with bounded memory, and taken up again."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need
from imbsuite._keys import digest
from imbsuite.files.large.memory import bytes_of
from imbsuite.files.large.opening import (
    Classes,
    Stage,
    check_columns,
    check_kind,
    count_classes,
    in_parts,
)
from imbsuite.files.large.parts import PartWriter, SeedTexts, write_whole
from imbsuite.files.large.row_groups import stored_files
from imbsuite.files.large.spooling import SpelledTable
from imbsuite.files.large.stored import StoredTable
from imbsuite.files.large.workplace import Workplace, check_out

if TYPE_CHECKING:
    from imbsuite.base import BaseSampler

__all__ = ["Written", "resample_file"]


@dataclass(frozen=True)
class Written:
    """What became of a table.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    before, after : ndarray of int of shape (n_classes,)
        Rows of each class.
    new : int
        How many rows were made, or repeated.
    notes : tuple of str
        What the sampler remarked.
    """

    classes: NDArray[Any]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    new: int
    notes: tuple[str, ...] = ()


def resample_file(
    source: Path,
    out: Path,
    *,
    target: str,
    sampler: BaseSampler,
    groups: str | None = None,
    provenance: bool = False,
    separator: str | None = None,
    memory: str = "2GB",
    force: bool = False,
    tell: Stage = lambda *_: None,
) -> Written:
    """Resample a table in files without ever holding all of it in memory.

    Rows that stay come first, in their order, and new ones after them. Finished parts are
    kept in a hidden directory beside ``out``: after an interruption the same call goes on
    where it was. ``out`` is there when all of it is.

    Parameters
    ----------
    source : Path
        A CSV or Parquet file, or a directory of Parquet files with the same columns.
    out : Path
        A CSV or Parquet file; without a suffix, a directory of Parquet files.
    target : str
        The column of labels.
    sampler : sampler
        One that works on Dask collections.
    groups : str, default=None
        A column whose groups are never mixed in one new row.
    provenance : bool, default=False
        Add four columns that say where rows come from.
    separator : str, default=None
        Between the fields of a text file; None: the usual one.
    memory : str, default="2GB"
        What the process may take in all, such as "500MB".
    force : bool, default=False
        Replace ``out`` if it is there.
    tell : callable of (stage, done, total), optional
        Called while work goes on.

    Returns
    -------
    Written

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If files are no tables of the same columns, a column is not there, or the target
        is none.
    MemoryError
        If the memory is too little for the program, or for the rows of the classes that
        grow.
    """
    need("dask.dataframe", extra="dask")
    from imbsuite.scale import plan

    limit = bytes_of(memory)
    _refuse_sampler(sampler)
    check_kind(out)
    check_out(source, out, force=force)
    check_columns(source, target, groups, separator)
    asked = (target, groups, provenance, separator, limit, sampler)
    place = Workplace(out, _key(source, asked))
    with place.opened(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        table, budget = in_parts(source, place, limit, separator=separator, tell=tell)
        classes = count_classes(table, target, tell)
        with _at_once(budget.threads), _as_memory_error():
            with _told("planning", tell):
                found = plan(
                    table.to_dask(),
                    target=table.aliases[target],
                    sampler=sampler,
                    groups=None if groups is None else table.aliases[groups],
                    provenance=True,
                    gather_limit=int(budget.gathered),
                )
            seeds = _seed_texts(table, target, classes, found, 2 * budget.gathered)
            labels = classes.spoken
            writer = PartWriter(
                table, place, target, labels, separator, provenance, seeds
            )
            with _told("writing", tell):
                records = _write_parts(found, writer)
        _deliver(writer, list(records), tell)
    notes = dict.fromkeys(str(warning.message) for warning in caught)
    return _summed_up(classes, list(records.values()), tuple(notes))


def _refuse_sampler(sampler: BaseSampler) -> None:
    if sampler._looks_at == "table":
        msg = (
            f"{type(sampler).__name__} looks at all rows at once, which no part of a "
            "table has; leave --memory out, or take another method: smote, random-over "
            "and random-under can do without."
        )
        raise ValueError(msg)


def _summed_up(
    classes: Classes, records: Sequence[dict[str, Any]], notes: tuple[str, ...]
) -> Written:
    after = np.sum([noted["after"] for noted in records], axis=0)
    return Written(
        classes.labels.classes,
        classes.sorted(classes.sizes),
        classes.sorted(after),
        sum(noted["new"] for noted in records),
        notes,
    )


def _key(source: Path, asked: Any) -> str:
    """Return what tells this work from any other: the result hangs on nothing else."""
    files = [
        (str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns)
        for path in stored_files(source)
    ]
    return digest(metadata.version("imbsuite"), files, asked)[:12]


def _seed_texts(
    table: StoredTable, target: str, classes: Classes, found: Any, limit: float
) -> SeedTexts | None:
    """Return where fields are found that keep their spelling, if any shall."""
    if not isinstance(table, SpelledTable):
        return None
    sizes = found.plan_ or {}
    grown = [
        label
        for label, n in zip(classes.spoken, classes.sizes, strict=True)
        if sizes.get(label, n + 1) > n
    ]
    return SeedTexts(table, target, grown, limit)


def _write_parts(found: Any, writer: PartWriter) -> dict[str, dict[str, Any]]:
    """Write what is not there yet, and return what was noted of every part."""
    dask = need("dask", extra="dask")
    partitions = found.frame.to_delayed()
    names = [f"part-{i:05d}{writer.suffix}" for i in range(len(partitions))]
    tasks = [
        None if writer.place.record(name) else dask.delayed(writer.write)(rows, name)
        for rows, name in zip(partitions, names, strict=True)
    ]
    dask.compute(*[task for task in tasks if task is not None])
    return {name: writer.place.record(name) or {} for name in names}


def _deliver(writer: PartWriter, names: list[str], tell: Stage) -> None:
    place = writer.place
    if not place.out.suffix:
        place.deliver_folder(names)
        return
    paths = [place.folder / name for name in names]
    place.deliver_file(
        lambda stream: write_whole(writer, paths, stream, partial(tell, "joining"))
    )


@contextmanager
def _at_once(threads: int) -> Iterator[None]:
    """Let Dask work in so many threads of this process."""
    dask = need("dask", extra="dask")
    with (
        ThreadPoolExecutor(threads) as pool,
        dask.config.set(scheduler="threads", pool=pool, num_workers=threads),
    ):
        yield


@contextmanager
def _as_memory_error() -> Iterator[None]:
    """Speak of the memory where scale speaks of its limit on what is gathered."""
    from imbsuite.scale import GatherLimitError

    format_bytes = need("dask.utils", extra="dask").format_bytes

    try:
        yield
    except GatherLimitError as error:
        msg = (
            f"{error.what} gathers the {error.rows:,} rows, {format_bytes(error.size)}, "
            f"and there is room for {format_bytes(error.limit)}; give more --memory, or "
            "use random-over, which gathers none."
        )
        raise MemoryError(msg) from error


@contextmanager
def _told(stage: str, tell: Stage) -> Iterator[None]:
    """Tell how many of Dask's tasks are done."""
    callbacks = need("dask.callbacks", extra="dask")

    def told(_key: Any, _result: Any, _graph: Any, state: Any, _worker: Any) -> None:
        open_ones = sum(len(state[kind]) for kind in ("waiting", "ready", "running"))
        done = len(state["finished"])
        tell(stage, done, done + open_ones)

    with callbacks.Callback(posttask=told):
        yield
