"""``imbsuite resample``."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imbsuite.cli.lines import columns_of_text, fitting, say
from imbsuite.cli.naming import complete_method
from imbsuite.cli.options import RandomState, Separator, Target

if TYPE_CHECKING:
    from imbsuite.base import BaseSampler
    from imbsuite.explore.labels import Labels
    from imbsuite.explore.literal import LiteralTable

__all__ = ["RESAMPLE_EXAMPLES", "resample"]

RESAMPLE_EXAMPLES = """\b
Examples:
  imbsuite resample churn.csv more.csv --target churned --method smote
  imbsuite resample churn.csv more.parquet --target churned --method smote --ratio 0.3
  imbsuite resample visits.parquet few.csv --target outcome --method random-under
  imbsuite resample wine.csv flat.csv --target grade --method rcal --temperature 2
  imbsuite resample churn.csv more.csv --target churned --method adasyn --provenance
"""

To = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="The CSV or Parquet file to write; its suffix says which.",
    ),
]
From = Annotated[Path, typer.Argument(metavar="IN", help="A CSV or Parquet file.")]
Method = Annotated[
    str,
    typer.Option(
        help="How rows are made, repeated or left out; the names are listed below.",
        autocompletion=complete_method,
    ),
]
Ratio = Annotated[
    float | None,
    typer.Option(
        help="Smaller class to larger class afterwards, in (0, 1].",
        show_default="as the method does, mostly 1",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        help="Instead of a ratio: sizes in proportion to n^(1/T), T at least 1.",
        show_default="none",
    ),
]
NeverMixed = Annotated[
    str | None,
    typer.Option(
        help="A column whose groups are never mixed in one new row; it is no feature."
    ),
]
Provenance = Annotated[
    bool,
    typer.Option(
        "--provenance",
        help="Add columns: is_synthetic, seed_row, partner_row (counted from 0), step.",
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace OUT if it is there already.")
]


def resample(
    source: From,
    out: To,
    *,
    target: Target,
    method: Method,
    ratio: Ratio = None,
    temperature: Temperature = None,
    groups: NeverMixed = None,
    seed: RandomState = 0,
    provenance: Provenance = False,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """Write a table with rare classes grown, or common ones cut.

    Rows that stay keep their order and every character; new rows follow them. Resample
    what a model is trained on, never what it is tested on.
    """
    from imbsuite.explore.fitting import seeded
    from imbsuite.explore.literal import read_literal, write_literal
    from imbsuite.explore.methods import make_method, plan_with
    from imbsuite.explore.provenance import provenance_columns
    from imbsuite.explore.reading import separator_of
    from imbsuite.explore.writing import written

    planned = plan_with(make_method(method), ratio=ratio, temperature=temperature)
    sampler = seeded(planned, seed)
    _check_out(source, out, force=force)
    with written(out, binary=True) as stream:
        separator_of(out)
        table = read_literal(source, separator=separator)
        labels, found = _resampled(table, sampler, target, groups)
        if provenance:
            found = found.joined(provenance_columns(sampler, table.cells.column_names))
        write_literal(found, stream, out, separator=separator)
    say(_summary(labels, sampler, out))


def _check_out(source: Path, out: Path, *, force: bool) -> None:
    if source.exists() and out.exists() and out.samefile(source):
        msg = f"{out} is the table to read; give another file to write to."
        raise ValueError(msg)
    if out.is_file() and not force:
        msg = f"{out} is there already; add --force to replace it."
        raise FileExistsError(msg)


def _resampled(
    table: LiteralTable, sampler: BaseSampler, target: str, groups: str | None
) -> tuple[Labels, LiteralTable]:
    """Return the classes of the rows as they came, and the new table."""
    from imbsuite.explore.labels import check_labels
    from imbsuite.explore.reading import column

    names = table.cells.column_names
    apart = [column(names, target, "--target")]
    labels = check_labels(table.cells[target].to_pandas(), f"column {target!r}")
    grouping = None
    if groups is not None:
        others = [name for name in names if name != target]
        apart.append(column(others, groups, "--groups"))
        grouping = table.cells[groups].to_pandas()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        found = table.resampled(sampler, labels.values, apart=apart, groups=grouping)
    for warning in caught:
        typer.echo(f"imbsuite: note: {warning.message}", err=True)
    return labels, found


def _summary(labels: Labels, sampler: BaseSampler, out: Path) -> str:
    """Return a line for each class, and one for the file."""
    import numpy as np

    rows = sampler.sample_indices_
    after = np.bincount(labels.codes[rows], minlength=len(labels.classes))
    lines = columns_of_text(
        ["class", *(fitting(str(label)) for label in labels.classes.tolist())],
        ["before", *(f"{n:,}" for n in labels.sizes.tolist())],
        ["after", *(f"{n:,}" for n in after.tolist())],
    )
    new = int(sampler.is_synthetic_.sum())
    gone = len(labels.codes) - (len(rows) - new)
    said = f"{out}: {len(rows):,} rows, {new:,} of them new; {gone:,} left out."
    return "\n".join([*lines, said])
