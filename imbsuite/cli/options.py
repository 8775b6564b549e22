"""Options that several commands share, and the parsing of their values."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from imbsuite.cli.naming import complete_columns

# Quotes, and characters that end lines or files.
_NOT_SEPARATORS = {'"', "\r", "\n", "\x00"}
# Each job is a process with a copy of the program.
_MOST_JOBS = 1000

File = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or Parquet file.")]
Target = Annotated[
    str,
    typer.Option(help="The column to predict.", autocompletion=complete_columns),
]
OneTarget = Annotated[
    str | None,
    typer.Option(help="The column to predict.", autocompletion=complete_columns),
]
Targets = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMNS",
        help=(
            "Instead of --target, for multilabel targets: the label columns, which "
            "hold 0 and 1. Comma-separated names, or a prefix and a star: 'label_*'."
        ),
        autocompletion=complete_columns,
    ),
]
# Hidden, so that commands with one target can name the command that accepts several.
NoTargets = Annotated[str | None, typer.Option("--targets", hidden=True)]
Groups = Annotated[
    str | None,
    typer.Option(
        help="A column of groups, which are never split between folds; it is not a "
        "feature.",
        autocompletion=complete_columns,
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="A column of row weights for all fits and scores; it is not a feature.",
        autocompletion=complete_columns,
    ),
]
Unlabeled = Annotated[
    str | None,
    typer.Option(
        metavar="LABEL",
        help=(
            "The label that marks unlabeled rows, such as -1; empty cells of the "
            "target also mark them, and '' means empty cells only. Unlabeled rows "
            "are in no fold; the strategy pseudo-labels is fitted on them."
        ),
        show_default="all rows have a label",
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help=(
            "A column that is not a feature, such as an identifier; repeat the "
            "option for several columns."
        ),
        show_default="none",
        autocompletion=complete_columns,
    ),
]


def _separator(text: str | None) -> str | None:
    # Shells pass \t as two characters.
    separator = "\t" if text == r"\t" else text
    if separator is not None and len(separator) != 1:
        msg = (
            f"it must be a single character, such as ';' or '\\t'. Got {text!r} instead"
        )
        raise typer.BadParameter(msg)
    if separator in _NOT_SEPARATORS:
        msg = f"{text!r} cannot separate fields; use a character such as ';' or '\\t'"
        raise typer.BadParameter(msg)
    return separator


Separator = Annotated[
    str | None,
    typer.Option(
        help="The field separator of CSV files.",
        show_default="comma",
        callback=_separator,
    ),
]
# numpy's RandomState, which scikit-learn's models use, takes 32 bits.
RandomState = Annotated[
    int,
    typer.Option(
        "--seed",
        min=0,
        max=2**32 - 1,
        help="Random seed; the same seed gives the same result.",
    ),
]


def _jobs(number: int) -> int:
    if 1 <= abs(number) <= _MOST_JOBS:
        return number
    msg = (
        f"--jobs (n_jobs) must be from 1 to {_MOST_JOBS}, -1 for one fit on each core, "
        f"or -2 for one core less, and so on. Got {number} instead."
    )
    raise ValueError(msg)


Jobs = Annotated[
    int,
    typer.Option(help="Number of parallel fits; -1 uses all cores.", callback=_jobs),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace the output if it exists.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Write to this file instead of standard output; the suffix .json selects "
        "JSON.",
    ),
]


def check_table(path: Path) -> None:
    """Check a file before the libraries that read it are loaded, which takes seconds.

    Whether a directory may be read depends on other options.
    """
    from imbsuite.files.checks import check_file

    if not path.is_dir():
        check_file(path)


def names(listed: str, known: Iterable[str] = ()) -> list[str]:
    """Return the names of a comma-separated list.

    Double quotes around a name keep its commas; ``known`` names need none.
    """
    for name in known:
        if "," in name:
            listed = re.sub(f'(?<!"){re.escape(name)}(?!")', f'"{name}"', listed)
    rows = csv.reader(StringIO(listed, newline=""), skipinitialspace=True)
    return [name.strip() for row in rows for name in row] or [""]


def strategy_names(listed: str) -> list[str]:
    """Return the names of ``--strategies``."""
    from imbsuite.experiment.strategies import IN_WORDS

    return names(listed, IN_WORDS)
