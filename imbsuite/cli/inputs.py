"""What the options of a comparison or a fit name in a table: rows, columns, a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from imbsuite._classes import Labels

# The option that names the column of each argument of ``compare``.
_OPTION_OF = {"groups": "--groups", "times": "--time", "sample_weight": "--weights"}


def read_rows(
    file: Path,
    target: str,
    groups: str | None,
    *,
    separator: str | None,
    rows: int | None,
    seed: int,
) -> tuple[Any, dict[Any, int] | None]:
    """Return the table, or a sample of it and the class sizes of all of it."""
    from imbsuite.files import check_fits_in_memory, sample_file
    from imbsuite.files.reading import read_table

    if rows is None:
        check_fits_in_memory(file, separator)
        as_text = [target] if groups is None else [target, groups]
        return read_table(file, separator=separator, as_text=as_text), None
    sample = sample_file(
        file, rows, target=target, separator=separator, random_state=seed
    )
    return sample.rows, sample.table_sizes


def split_columns(
    X: Any, target: str, beside: Mapping[str, str | None], ignored: Sequence[str]
) -> tuple[Any, Any, dict[str, Any], list[Any]]:
    """Return the features, the labels, what is beside them, and ignored columns."""
    from imbsuite._classes import check_labels
    from imbsuite.files.checks import find_column, find_ignored

    columns = list(X.columns)
    used = [find_column(columns, target, "--target")]
    y, along = X.pop(used[0]), dict.fromkeys(beside)
    for name, column in beside.items():
        if column is not None:
            used.append(find_column(X.columns, column, _OPTION_OF[name]))
            along[name] = X.pop(used[-1])
    left_out = find_ignored(columns, ignored, used)
    X = X.drop(columns=left_out)
    return X, check_labels(y, f"column {target!r}"), along, left_out


def positive_label(
    name: str | None, labels: Labels, class_sizes: Mapping[Any, float] | None
) -> Any:
    """Return the positive class; None with more than two classes."""
    from imbsuite._classes import label_called
    from imbsuite.experiment.positive import with_positive

    label = None
    if name is not None:
        label = label_called(name, labels.classes, "--positive")
    # All metrics are measured, and some of them need a positive class.
    needing = ["average_precision"] if len(labels.classes) == 2 else []
    _, positive = with_positive(labels, label, needing, class_sizes, ask="--positive")
    return None if positive is None else positive.label


def check_time(time: str | None, embargo: str | None, repeats: int | None) -> None:
    """Raise BadParameter if options of folds in time do not go together."""
    if time is None and embargo is not None:
        msg = "--embargo requires --time."
        raise typer.BadParameter(msg)
    if time is not None and (repeats or 1) > 1:
        msg = (
            "--repeats cannot be used with --time, because folds in time are made once."
        )
        raise typer.BadParameter(msg)
