"""The options of ``imbsuite compare``."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from imbsuite.cli.naming import complete_columns, complete_cost, complete_strategies


def _minutes(number: float | None) -> float | None:
    if number is None or 0 < number < inf:
        return number
    msg = f"it must be a positive number. Got {number} instead"
    raise typer.BadParameter(msg)


def sample_rows_option(default: str) -> Any:
    """Return the option, with a description of the command's default for the help."""
    return typer.Option(
        min=1,
        max=2**31,
        help=(
            "Use a stratified sample of this many rows, such as 100000; only the "
            "sample is read, and FILE may be a directory of Parquet files."
        ),
        show_default=default,
    )


Strategies = Annotated[
    str | None,
    typer.Option(
        help="Comma-separated names from the lists below.",
        show_default="the names in the first list",
        autocompletion=complete_strategies,
    ),
]
CostOption = Annotated[
    str | None,
    typer.Option(
        help="Costs of errors for two classes, such as fp=1,fn=20; tp and tn may be "
        "added. The name of a column gives a cost for each row: fp=5,fn=amount.",
        show_default="no costs",
        autocompletion=complete_cost,
    ),
]
PositiveOption = Annotated[
    str | None,
    typer.Option(
        help="The label of the positive class, as in the file.",
        show_default="the rarer of two classes",
    ),
]
Ordered = Annotated[
    str | None,
    typer.Option(
        help="The comma-separated labels of ordered classes, from the first to the last; "
        "labels with a comma in double quotes.",
        show_default="no order",
    ),
]
CopiesOption = Annotated[
    Literal["together", "split"] | None,
    typer.Option(
        help=(
            "Whether to keep copies of rows (same features and label) in the same fold."
        ),
        show_default="together, unless rows repeat by chance",
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        help=(
            "A column of times: each period is predicted by models of earlier rows "
            "only; the column is not a feature."
        ),
        autocompletion=complete_columns,
    ),
]
Embargo = Annotated[
    str | None,
    typer.Option(
        help=(
            "The minimum gap between training rows and test rows: '7 days' for "
            "dates, a number for numbers."
        ),
        show_default="none",
    ),
]
FoldsOption = Annotated[
    int, typer.Option(min=2, max=1000, help="Number of folds of the cross-validation.")
]
SampleRows = Annotated[int | None, sample_rows_option("all rows")]
Report = Annotated[
    Path | None,
    typer.Option(help="Also write a report with curves to this HTML file."),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        help="A folder that stores finished fits: after an interruption, the same command "
        "only runs the missing fits.",
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        help="Stop after this many minutes; the result uses the folds finished by then.",
        show_default="no limit",
        callback=_minutes,
    ),
]
Repeats = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1000,
        help="Number of repeats of the cross-validation.",
        show_default="2; 1 with --time",
    ),
]
