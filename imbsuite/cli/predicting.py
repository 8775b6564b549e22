"""``imbsuite predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imbsuite._text import on_one_line
from imbsuite.cli.lines import columns_of_text, say, shortened
from imbsuite.cli.options import Force, Separator, check_table

PREDICT_EXAMPLES = """\b
Examples:
  imbsuite predict churn.skops customers.csv scored.csv
  imbsuite predict churn.skops customers.parquet scored.parquet --force
"""

Model = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="A file that was written by imbsuite fit."),
]
ToPredict = Annotated[
    Path,
    typer.Argument(
        metavar="IN", help="A CSV or Parquet file, or a directory of Parquet files."
    ),
]
Predictions = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help=(
            "The CSV or Parquet file to write: the columns of the table, followed by "
            "the predicted label, the probability of each class, and the threshold."
        ),
    ),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TYPE",
        help=(
            "A type from another package that the file may contain; loading a type "
            "may run its code. Repeat the option for several types."
        ),
        show_default="none",
    ),
]


def predict(
    model: Model,
    source: ToPredict,
    out: Predictions,
    *,
    separator: Separator = None,
    trust: Trust = None,
    force: Force = False,
) -> None:
    """Write a table with the predictions of a saved model.

    The model is a file that was written by imbsuite fit. The table must have all
    columns of the model, in any order. The table is read in blocks, so it may be larger
    than memory.
    """
    check_table(source)
    from imbsuite.persistence import load_model, predict_file

    loaded = load_model(model, trust=trust or ())
    done = predict_file(loaded, source, out, separator=separator, force=force)
    if done.new_columns:
        listed = ", ".join(shortened(str(name)) for name in done.new_columns[:10])
        say(f"Columns that the model does not use: {listed}.")
    lines = columns_of_text(
        ["predicted", *(shortened(str(label)) for label in done.counts)],
        ["rows", *(f"{n:,}" for n in done.counts.values())],
    )
    say("\n".join([*lines, f"{on_one_line(out)}: {done.rows:,} rows."]))
