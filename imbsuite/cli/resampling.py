"""``imbsuite resample``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imbsuite._text import on_one_line
from imbsuite.cli.lines import columns_of_text, say, shortened, tell
from imbsuite.cli.naming import complete_columns, complete_sampler
from imbsuite.cli.options import Force, RandomState, Separator, Target, check_table
from imbsuite.cli.progress import stages

if TYPE_CHECKING:
    import pyarrow as pa

    from imbsuite._classes import Labels
    from imbsuite.base import BaseSampler
    from imbsuite.files.verbatim import VerbatimTable

RESAMPLE_EXAMPLES = """\b
Examples:
  imbsuite resample churn.csv more.csv --target churned --sampler smote
  imbsuite resample churn.csv more.parquet --target churned --sampler smote --ratio 0.3
  imbsuite resample visits.parquet few.csv --target outcome --sampler random-under
  imbsuite resample wine.csv flat.csv --target grade --sampler rcal --temperature 2
  imbsuite resample churn.csv more.csv --target churned --sampler smote --ignore id
  imbsuite resample churn.csv more.csv --target churned --sampler adasyn --provenance
  imbsuite resample big.parquet out.parquet --target y --sampler smote --memory 2GB
"""

From = Annotated[
    Path,
    typer.Argument(
        metavar="IN",
        help="A CSV or Parquet file; with --memory also a directory of Parquet files.",
    ),
]
To = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="The file to write: CSV or Parquet, by its suffix. With --memory, a name "
        "without a suffix is a directory of Parquet files.",
    ),
]
Sampler = Annotated[
    str,
    typer.Option(
        help="The sampler, which adds or removes rows; choose one from the list below.",
        autocompletion=complete_sampler,
    ),
]
Ratio = Annotated[
    float | None,
    typer.Option(
        help="Ratio of the smaller to the larger class after resampling, in (0, 1].",
        show_default="the default of the sampler, usually 1",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        help="Instead of a ratio: class sizes proportional to n^(1/T), with T >= 1.",
        show_default="none",
    ),
]
NeverMixed = Annotated[
    str | None,
    typer.Option(
        help=(
            "A column of groups: both parents of a new row belong to the same group; "
            "the column is not a feature."
        ),
        autocompletion=complete_columns,
    ),
]
Ignored = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="COLUMN",
        help=(
            "A column that is not a feature, such as an identifier; it stays in the "
            "table, and a new row gets the value of its seed. Repeat the option for "
            "several columns."
        ),
        show_default="none",
    ),
]
Provenance = Annotated[
    bool,
    typer.Option(
        "--provenance",
        help="Add the columns is_synthetic, seed_row, partner_row (counted from 0), step.",
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        help=(
            "The memory that the program may use, such as 2GB; the table is then "
            "read in parts."
        ),
        show_default="the whole table is read",
    ),
]


def resample(
    source: From,
    out: To,
    *,
    target: Target,
    sampler: Sampler,
    ratio: Ratio = None,
    temperature: Temperature = None,
    groups: NeverMixed = None,
    ignore: Ignored = None,
    seed: RandomState = 0,
    provenance: Provenance = False,
    memory: Memory = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """Write a table with more rare rows or fewer common rows.

    Kept rows are copied unchanged, in their order; new rows follow them. Resample
    training data only, never test data.
    """
    check_table(source)
    from imbsuite.experiment.fit_task import seeded
    from imbsuite.methods import make_sampler, plan_with

    planned = plan_with(make_sampler(sampler), ratio=ratio, temperature=temperature)
    options: dict[str, Any] = {
        "sampler": seeded(planned, seed),
        "target": target,
        "groups": groups,
        "ignore": ignore or [],
        "provenance": provenance,
        "separator": separator,
        "force": force,
    }
    if memory is None:
        _in_memory(source, out, **options)
    else:
        _in_parts(source, out, memory=memory, **options)


def _in_parts(source: Path, out: Path, **options: Any) -> None:
    """Resample a table that may be larger than memory."""
    from imbsuite.files import resample_file
    from imbsuite.files.checks import find_roles
    from imbsuite.files.large.sample import first_rows

    with stages() as update:
        resampled = resample_file(source, out, tell=update, **options)
    cells = first_rows(source, options["separator"])
    roles = (options[name] for name in ("target", "groups", "ignore"))
    others = find_roles(cells.column_names, *roles)
    notes, classes = resampled.notes, resampled.classes
    _tell_notes(notes, classes, cells, options["sampler"], others)
    sizes = (resampled.before, resampled.after)
    say(_summary(resampled.classes, *sizes, new=resampled.new, out=out))


def _in_memory(
    source: Path,
    out: Path,
    *,
    sampler: BaseSampler,
    target: str,
    groups: str | None,
    ignore: list[str],
    provenance: bool,
    separator: str | None,
    force: bool,
) -> None:
    """Resample a table that is read as a whole."""
    import numpy as np

    from imbsuite.files.atomic import atomic_write
    from imbsuite.files.checks import separator_of
    from imbsuite.files.provenance import provenance_columns
    from imbsuite.files.verbatim import read_verbatim, write_verbatim

    _check_out(source, out, force=force)
    with atomic_write(out, binary=True) as stream:
        separator_of(out)
        table = read_verbatim(source, separator=separator)
        labels, resampled = _resampled(table, sampler, target, groups, ignore)
        if provenance:
            names = table.cells.column_names
            resampled = resampled.with_columns(provenance_columns(sampler, names))
        write_verbatim(resampled, stream, out, separator=separator)
    rows = labels.codes[sampler.sample_indices_]
    after = np.bincount(rows, minlength=len(labels.classes))
    new = int(sampler.is_synthetic_.sum())
    say(_summary(labels.classes, labels.sizes, after, new=new, out=out))


def _check_out(source: Path, out: Path, *, force: bool) -> None:
    if source.exists() and out.exists() and out.samefile(source):
        msg = f"{out} is the table to read; choose another path for the output."
        raise ValueError(msg)
    if out.is_file() and not force:
        msg = f"{out} exists already; add --force to replace it."
        raise FileExistsError(msg)


def _resampled(
    table: VerbatimTable,
    sampler: BaseSampler,
    target: str,
    groups: str | None,
    ignore: list[str],
) -> tuple[Labels, VerbatimTable]:
    """Return the labels of the original rows, and the resampled table."""
    from imbsuite._classes import check_labels
    from imbsuite.files.checks import find_roles

    names = table.cells.column_names
    others = find_roles(names, target, groups, ignore)
    labels = check_labels(table.cells[others[0]].to_pandas(), f"column {target!r}")
    grouping = None if groups is None else table.cells[others[1]].to_pandas()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        resampled = table.resampled(
            sampler, labels.values, others=others, groups=grouping
        )
    notes = [str(warning.message) for warning in caught]
    _tell_notes(notes, labels.classes, table.cells, sampler, others)
    return labels, resampled


def _tell_notes(
    notes: Sequence[str],
    classes: Any,
    cells: pa.Table,
    sampler: BaseSampler,
    others: list[str],
) -> None:
    """Report notes, spellings of classes, and columns that should not be features."""
    from imbsuite.profile.classes import about_spelled_labels
    from imbsuite.profile.notes import about_resampling

    of_columns = about_resampling(sampler, cells, others)
    for text in (*notes, *about_spelled_labels(classes), *of_columns):
        tell(f"note: {text}")


def _summary(classes: Any, before: Any, after: Any, *, new: int, out: Path) -> str:
    """Return a line for each class, and one for the file."""
    lines = columns_of_text(
        ["class", *(shortened(str(label)) for label in classes.tolist())],
        ["before", *(f"{n:,}" for n in before.tolist())],
        ["after", *(f"{n:,}" for n in after.tolist())],
    )
    rows = int(after.sum())
    left_out = int(before.sum()) - (rows - new)
    total = f"{rows:,} rows, {new:,} of them new; {left_out:,} left out."
    return "\n".join([*lines, f"{on_one_line(out)}: {total}"])
