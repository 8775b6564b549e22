"""Resampling of tables in files with bounded memory."""

from __future__ import annotations

import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import Labels, check_labels
from imbsuite._extras import need
from imbsuite._table import refuse_missing
from imbsuite.files.atomic import working_folder
from imbsuite.files.checks import find_roles
from imbsuite.files.large.conversion import PartConverter
from imbsuite.files.large.memory import Budget, make_budget, parse_memory, return_memory
from imbsuite.files.large.output import PartWriter, check_output, open_output
from imbsuite.files.large.parquet_table import ParquetTable, open_parquet
from imbsuite.files.large.sample import block_counts, open_table
from imbsuite.files.large.text_table import SeedFields, TextTable, copy_text
from imbsuite.files.text import TextFile

if TYPE_CHECKING:
    from imbsuite.base import BaseSampler
    from imbsuite.scale import ScaledResampling

# The arguments: the stage, the work done in it, and its total work (0 if unknown).
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class ResampledFile:
    """The result of :func:`resample_file`: sizes of the resampled table.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    before, after : ndarray of int of shape (n_classes,)
        Rows of each class.
    new : int
        The number of new rows, synthetic or repeated.
    notes : tuple of str
        Warnings of the sampler.
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
    ignore: Sequence[str] = (),
    provenance: bool = False,
    separator: str | None = None,
    memory: str = "2GB",
    force: bool = False,
    tell: Progress = lambda *_: None,
) -> ResampledFile:
    """Resample a table in files, in parts, without reading all of it into memory.

    Kept rows come first, in their order, followed by the new rows. ``out`` is replaced
    when the output is complete; after an error or an interruption, ``out`` is
    unchanged. Text files, and Parquet files with row groups that are too large, are
    first copied into a hidden directory next to ``out``, which is removed at the end.

    Parameters
    ----------
    source : Path
        A CSV or Parquet file, or a directory of Parquet files with the same columns.
    out : Path
        A CSV or Parquet file; without a suffix, a directory of Parquet files.
    target : str
        The column of labels.
    sampler : sampler
        A sampler that supports Dask collections.
    groups : str, default=None
        A column of groups: both parents of a new row belong to one group.
    ignore : sequence of str, default=()
        Columns that are not features, such as identifiers. They stay in the table; a
        new row gets the values of its seed.
    provenance : bool, default=False
        Whether to add four columns with the parents of rows, as in
        ``imbsuite.scale.resample``.
    separator : str, default=None
        The field separator of a text file. None: a comma, or a tab for ``.tsv``.
    memory : str, default="2GB"
        The total memory that the process may use, such as "500MB".
    force : bool, default=False
        Whether to replace ``out`` if it exists.
    tell : callable of (stage, done, total), optional
        Called with the progress of each stage.

    Returns
    -------
    ResampledFile

    Raises
    ------
    OSError
        If a file cannot be read or written, or another process is writing ``out``.
    ValueError
        If the files do not have the same columns, a column is missing, or the target is
        not a classification target.
    MemoryError
        If ``memory`` is too small for the program, or for the rows of classes that gain
        rows.
    """
    need("dask.dataframe", extra="dask")
    limit = parse_memory(memory)
    _refuse_sampler(sampler)
    check_output(source, out, force=force)
    opened = open_table(source, separator)
    target, *others = find_roles(opened.names, target, groups, ignore)
    groups = None if groups is None else others.pop(0)
    _refuse_levels(source, opened)
    with (
        working_folder(out) as folder,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always", UserWarning)
        table, budget = _in_parts(opened, folder, limit, tell)
        return_memory()
        sizes, labels = _count_classes(table, target, tell)
        with _dask_threads(budget.threads), _memory_errors():
            planned, partitions = _plan(
                table, target, groups, others, sampler, budget=budget, tell=tell
            )
            return_memory()
            seeds, plan = None, planned.plan_
            if isinstance(table, TextTable):
                grown = [label for label in sizes if plan[label] > sizes[label]]
                seeds = SeedFields(table, target, grown, 2 * budget.gathered)
            converter = PartConverter(table, provenance, seeds)
            with open_output(out, folder, converter.schema(), separator) as output:
                _write(partitions, converter, output, budget.threads, tell)
    return ResampledFile(
        labels.classes,
        # The plan lists the classes in the order in which they were counted.
        _by_class(sizes.values(), labels),
        _by_class(plan.values(), labels),
        sum(planned.lengths[len(table.parts) :]),
        tuple(dict.fromkeys(str(warning.message) for warning in caught)),
    )


def _refuse_sampler(sampler: BaseSampler) -> None:
    if sampler._requires_all_rows():
        reject = "" if sampler.reject is None else f" with reject={sampler.reject}"
        msg = (
            f"{type(sampler).__name__}{reject} requires all rows at once, so it cannot "
            "resample a table in parts; leave out --memory, or choose another sampler, "
            "such as smote, random-over or random-under."
        )
        raise ValueError(msg)


def _refuse_levels(source: Path, table: TextFile | ParquetTable) -> None:
    if isinstance(table, ParquetTable) and table.index_levels > 1:
        msg = (
            f"{source} has an index of {table.index_levels} levels; convert them to "
            "columns (reset_index) to read it in parts."
        )
        raise ValueError(msg)


def _in_parts(
    opened: TextFile | ParquetTable, folder: Path, limit: int, tell: Progress
) -> tuple[ParquetTable, Budget]:
    """Return a table whose parts fit into the memory limit, and the budget.

    Text files, and tables with row groups that are too large, are first copied into a
    Parquet file.
    """
    copy, budget = folder / "copy.parquet", make_budget(limit, 0)
    if isinstance(opened, TextFile):
        tell("copying", 0, 0)
        table: ParquetTable = copy_text(opened, copy, budget.part / 2)
        return table.in_parts(budget.part), budget
    in_place = make_budget(limit, opened.largest)
    if opened.largest <= in_place.part:
        return opened.in_parts(in_place.part), in_place
    tell("copying", 0, 0)
    with copy.open("xb") as stream:
        opened.copy(stream, max(1, int(budget.part / opened.row_bytes)))
    return open_parquet(copy).in_parts(budget.part), budget


def _count_classes(
    table: ParquetTable, target: str, tell: Progress
) -> tuple[dict[Any, int], Labels]:
    """Return the number of rows of each label, and the labels for estimators.

    Raises
    ------
    ValueError
        If the column is not a classification target.
    """
    sizes: Counter[Any] = Counter()
    blocks = (table.read(part, [target]) for part in table.parts)
    for done, counts in enumerate(block_counts(blocks, target), start=1):
        sizes.update(counts)
        tell("counting", done, len(table.parts))
    what, absent = f"column {target!r}", need("pandas").isna
    missing = sum(n for label, n in sizes.items() if absent(label))
    refuse_missing(missing, table.rows, what)
    kind = table.schema.field(target).type
    values = need("pyarrow").array(list(sizes), getattr(kind, "value_type", kind))
    return sizes, check_labels(values.to_pandas(), what)


def _by_class(counts: Iterable[int], labels: Labels) -> NDArray[np.int64]:
    """Return counts of ``labels`` in the order of their classes."""
    return np.bincount(labels.codes, list(counts)).astype(np.int64)


def _plan(
    table: ParquetTable,
    target: str,
    groups: str | None,
    ignore: Sequence[str],
    sampler: BaseSampler,
    *,
    budget: Budget,
    tell: Progress,
) -> tuple[ScaledResampling, list[Any]]:
    """Return the planned resampling, and the lazy partitions of its result."""
    from imbsuite.scale import plan

    with _dask_progress("planning", tell):
        planned = plan(
            table.to_dask(),
            target=table.aliases[target],
            sampler=sampler,
            groups=None if groups is None else table.aliases[groups],
            ignore=[table.aliases[name] for name in ignore],
            provenance=True,
            gather_limit=int(budget.gathered),
        )
        return planned, planned.frame.to_delayed()


def _write(
    partitions: Sequence[Any],
    converter: PartConverter,
    output: PartWriter,
    threads: int,
    tell: Progress,
) -> None:
    """Write partitions in their order.

    Other threads compute the next partitions while this one writes.
    """

    def make(number: int) -> Any:
        frame = partitions[number].compute(scheduler="synchronous")
        return output.encode(converter.convert(frame), number)

    with ThreadPoolExecutor(threads) as pool:
        tasks = (pool.submit(make, number) for number in range(len(partitions)))
        for done, task in enumerate(_ahead(tasks, threads), start=1):
            output.add(task.result())
            tell("writing", done, len(partitions))
            # Free the memory for the next part.
            del task


def _ahead(tasks: Iterable[Any], most: int) -> Iterator[Any]:
    """Yield tasks in order; at most ``most`` are started and not yet yielded."""
    started: deque[Any] = deque()
    for task in tasks:
        started.append(task)
        if len(started) == most:
            yield started.popleft()
    while started:
        yield started.popleft()


@contextmanager
def _dask_threads(threads: int) -> Iterator[None]:
    """Let Dask use this number of threads."""
    dask = need("dask", extra="dask")
    with (
        ThreadPoolExecutor(threads) as pool,
        dask.config.set(scheduler="threads", pool=pool, num_workers=threads),
    ):
        yield


@contextmanager
def _memory_errors() -> Iterator[None]:
    """Translate errors about the limit on gathered rows into errors about memory."""
    from imbsuite.scale import GatherLimitError

    format_bytes = need("dask.utils", extra="dask").format_bytes
    try:
        yield
    except GatherLimitError as error:
        msg = (
            f"{error.what} would gather {error.rows:,} rows "
            f"({format_bytes(error.size)}), but at most {format_bytes(error.limit)} "
            "are available; increase --memory, or use random-over, which gathers none."
        )
        raise MemoryError(msg) from error


@contextmanager
def _dask_progress(stage: str, tell: Progress) -> Iterator[None]:
    """Report the number of finished Dask tasks."""
    callbacks = need("dask.callbacks", extra="dask")

    def report(_key: Any, _result: Any, _graph: Any, state: Any, _worker: Any) -> None:
        unfinished = sum(len(state[kind]) for kind in ("waiting", "ready", "running"))
        done = len(state["finished"])
        tell(stage, done, done + unfinished)

    with callbacks.Callback(posttask=report):
        yield
