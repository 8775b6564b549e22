"""The rows, columns and positive class that the options of a command name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """Return the table and None, or a sample and the class sizes of the whole table."""
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


@dataclass(frozen=True)
class Split:
    """A table split into features and other columns.

    ``y``: the target of all rows, where the value ``unlabeled`` marks unlabeled rows.
    ``labels``: the labels of the labeled rows, whose positions are ``labeled``.
    ``along``: the other arguments, for all rows. ``left_out``: the ignored columns.
    """

    X: Any
    y: Any
    along: dict[str, Any]
    left_out: list[Any]
    labels: Labels
    unlabeled: Any = None
    labeled: Any = None

    def of_labeled(self, values: Any) -> Any:
        """Return the values of the labeled rows."""
        from imbsuite._table import take

        everything = values is None or self.labeled is None
        return values if everything else take(values, self.labeled)


def split_columns(
    X: Any,
    target: str,
    beside: Mapping[str, str | None],
    ignored: Sequence[str],
    unlabeled: str | None = None,
) -> Split:
    """Return the features, the labels, other arguments, and ignored columns."""
    from imbsuite._classes import check_labels
    from imbsuite._table import take
    from imbsuite.files.checks import find_column

    columns = list(X.columns)
    used = [find_column(columns, target, "--target")]
    y = X.pop(used[0])
    X, along, left_out = _apart(X, columns, used, beside, ignored)
    what = f"column {target!r}"
    if unlabeled is None:
        labels = check_labels(y, what)
        return Split(X, labels.values, along, left_out, labels)
    y, label, labeled = _find_labeled(y, unlabeled, what)
    labels = check_labels(take(y, labeled), what)
    return Split(X, y, along, left_out, labels, label, labeled)


def _find_labeled(y: Any, named: str, what: str) -> tuple[Any, Any, Any]:
    """Return the target, the label called ``named``, and the rows with other labels."""
    import numpy as np

    from imbsuite._classes import label_called
    from imbsuite._table import (
        label_codes,
        refuse_few_labeled,
        single_target,
        which_unlabeled,
    )

    # Empty cells must not turn labels that are whole numbers into fractions.
    y = y.convert_dtypes() if y.dtype.kind == "f" else y
    values = single_target(y, what, warn=False)
    # Empty text is not a label of a table: it only marks missing values.
    label: Any = ""
    if named:
        classes = np.array(label_codes(values, what)[1], dtype=object)
        label = label_called(named, classes, "--unlabeled")
    refuse_few_labeled(values, label, what, "Leave --unlabeled out")
    return y, label, np.flatnonzero(~which_unlabeled(values, label))


def split_labels(
    X: Any, targets: str, beside: Mapping[str, str | None], ignored: Sequence[str]
) -> Split:
    """Return features, a multilabel target, other arguments, and ignored columns."""
    from imbsuite.cli.options import names
    from imbsuite.files.checks import find_columns
    from imbsuite.scoring.label_table import LabelTable

    columns = list(X.columns)
    used = find_columns(columns, names(targets), "--targets")
    y, X = X[used], X.drop(columns=used)
    X, along, left_out = _apart(X, columns, list(used), beside, ignored)
    labels = LabelTable.read(y, len(y), f"--targets {targets!r}")
    return Split(X, y, along, left_out, labels)


def _apart(
    X: Any,
    columns: Sequence[Any],
    used: list[Any],
    beside: Mapping[str, str | None],
    ignored: Sequence[str],
) -> tuple[Any, dict[str, Any], list[Any]]:
    """Return the features, the other arguments, and the names of ignored columns."""
    from imbsuite.files.checks import find_column, find_ignored

    along: dict[str, Any] = dict.fromkeys(beside)
    for name, column in beside.items():
        if column is not None:
            used.append(find_column(X.columns, column, _OPTION_OF[name]))
            along[name] = X.pop(used[-1])
    left_out = find_ignored(columns, ignored, used)
    return X.drop(columns=left_out), along, left_out


def positive_label(
    name: str | None, split: Split, table_sizes: Mapping[Any, int] | None
) -> Any:
    """Return the positive class, by weights of rows; None with more than two classes.

    ``table_sizes``: the class sizes of the table, if the rows are a sample of it.
    """
    from imbsuite._classes import label_called
    from imbsuite.experiment.positive import with_positive
    from imbsuite.experiment.weights import class_weights, read_weights

    labels, label = split.labels, None
    weight = split.of_labeled(read_weights(split.along["sample_weight"], len(split.X)))
    class_sizes = class_weights(labels, table_sizes, weight)
    if name is not None:
        label = label_called(name, labels.classes, "--positive")
    # All metrics are measured, and some of them need a positive class.
    needing = ["average_precision"] if len(labels.classes) == 2 else []
    _, positive = with_positive(labels, label, needing, class_sizes, ask="--positive")
    return None if positive is None else positive.label


def check_target(
    target: str | None, targets: str | None, of_classes: Mapping[str, Any]
) -> None:
    """Raise BadParameter unless there is one target or a multilabel target.

    ``of_classes``: the values of options that are only for one target.
    """
    if (target is None) == (targets is None):
        msg = (
            "one of --target (a column to predict) and --targets (the label columns "
            "of a multilabel target) is required."
        )
        raise typer.BadParameter(msg)
    options = [name for name, value in of_classes.items() if value is not None]
    if targets is not None and options:
        msg = (
            f"{options[0]} cannot be used with --targets: it is for one label of each row. "
            "Compare a single label with --target."
        )
        raise typer.BadParameter(msg)


def one_target(target: str | None, targets: str | None) -> str:
    """Return the target of a command that takes one; raise BadParameter otherwise."""
    if targets is not None:
        msg = (
            "--targets is for imbsuite compare: a model in a file has one target "
            "(--target). In Python, StrategySearchCV supports multilabel targets."
        )
        raise typer.BadParameter(msg)
    if target is None:
        msg = "--target is required: the column to predict."
        raise typer.BadParameter(msg)
    return target


def check_time(time: str | None, embargo: str | None, repeats: int | None) -> None:
    """Raise BadParameter if options of folds in time are incompatible."""
    if time is None and embargo is not None:
        msg = "--embargo requires --time."
        raise typer.BadParameter(msg)
    if time is not None and (repeats or 1) > 1:
        msg = (
            "--repeats cannot be used with --time, because folds in time are made once."
        )
        raise typer.BadParameter(msg)
