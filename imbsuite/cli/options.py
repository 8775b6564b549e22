"""Options that several commands share, and the values written in one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "File",
    "Groups",
    "Jobs",
    "Output",
    "RandomState",
    "Separator",
    "Target",
    "names",
]

# They are quotes, or end lines or files.
_NO_SEPARATORS = {'"', "\r", "\n", "\x00"}

File = Annotated[Path, typer.Argument(help="A CSV or Parquet file.")]
Target = Annotated[str, typer.Option(help="The column to predict.")]
Groups = Annotated[
    str | None,
    typer.Option(help="A column of groups that folds keep together; not a feature."),
]


def _one_sign(given: str | None) -> str | None:
    # A shell hands on \t, backslash and all.
    sign = "\t" if given == r"\t" else given
    if sign is not None and len(sign) != 1:
        msg = f"{given!r} is not one sign, such as ';' or '\\t'"
        raise typer.BadParameter(msg)
    if sign in _NO_SEPARATORS:
        msg = f"{given!r} cannot separate fields; give a sign such as ';' or '\\t'"
        raise typer.BadParameter(msg)
    return sign


Separator = Annotated[
    str | None,
    typer.Option(
        help="The separator of fields in a CSV file.",
        show_default="comma",
        callback=_one_sign,
    ),
]
RandomState = Annotated[
    int, typer.Option("--seed", min=0, help="Same seed, same result.")
]
Jobs = Annotated[int, typer.Option(help="Fits at a time; -1: one on each core.")]
AsJson = Annotated[bool, typer.Option("--json", help="Give JSON instead of text.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Write to this file instead of standard output; one that ends in .json "
        "gets JSON.",
    ),
]


def names(listed: str) -> list[str]:
    """Return the names in a list that is separated by commas."""
    return [name.strip() for name in listed.split(",")]
