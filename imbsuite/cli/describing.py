"""``imbsuite info``."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imbsuite._text import on_one_line, shorten
from imbsuite.cli.lines import (
    WIDTH,
    as_json_text,
    columns_of_text,
    items_of_text,
    say,
    shortened,
)
from imbsuite.cli.naming import complete_columns
from imbsuite.cli.options import AsJson, File, Ignore, Separator, check_table

if TYPE_CHECKING:
    from imbsuite._classes import Labels
    from imbsuite._picking import Sizes
    from imbsuite.profile.column import Column

INFO_EXAMPLES = """\b
Examples:
  imbsuite info churn.csv
  imbsuite info churn.csv --target churned
  imbsuite info churn.csv --ignore id --ignore name
  imbsuite info visits.parquet --target outcome --json > visits.json
"""
# Tables with more columns are summarized, and so are targets with more classes.
_MANY_COLUMNS = 40
_MANY_CLASSES = 20
_LISTED = 20
# The maximum number of classes whose sizes are shown side by side.
_CLASSES_ABREAST = 5
_LONGEST_HEAD = 12

ToPredict = Annotated[
    str | None,
    typer.Option(
        help="The column to predict.",
        show_default="no classes are shown",
        autocompletion=complete_columns,
    ),
]


@dataclass(frozen=True)
class _PlannedSizes:
    """The class sizes with a strategy, as far as they are known in advance."""

    strategy: str
    sizes: Sizes
    cleaned: bool


def info(
    file: File,
    *,
    target: ToPredict = None,
    ignore: Ignore = None,
    separator: Separator = None,
    as_json: AsJson = False,
) -> None:
    """Describe a table, and the class sizes with each strategy.

    The output lists the kind of each column and its numbers of missing and distinct
    values. With a target, it also lists the current size of each class and its size
    with each strategy of the comparison. Notes list problems to check before a
    comparison, such as identifiers. Nothing is fitted.
    """
    check_table(file)
    from imbsuite.files.checks import find_column, find_ignored
    from imbsuite.files.reading import read_table

    targets = [] if target is None else [target]
    frame = read_table(file, separator=separator, as_text=targets)
    target_columns = [find_column(frame.columns, name, "--target") for name in targets]
    frame = frame.drop(
        columns=find_ignored(frame.columns, ignore or [], target_columns)
    )
    columns, n_rows, labels = _profile(frame, target_columns), len(frame), None
    if target_columns:
        from imbsuite._classes import check_labels

        labels = check_labels(frame[target_columns[0]], f"column {target!r}")
    notes = list(
        _notes(frame.drop(columns=target_columns), columns, target_columns, labels)
    )
    if as_json:
        say(as_json_text(_as_dict(n_rows, columns, notes, target, labels)))
        return
    parts = [_heading(file, n_rows, columns), _columns(columns, target)]
    if labels is not None:
        parts.append(_classes(labels))
    if notes:
        parts.append(["Notes", *items_of_text(notes)])
    say("\n\n".join("\n".join(lines) for lines in parts))


def _profile(frame: Any, targets: Sequence[Any]) -> list[Column]:
    from imbsuite.profile.columns import profile

    # Targets have no finding: labels repeat, also in blocks, like repeated identifiers.
    return [
        replace(column, finding=None) if name in targets else column
        for name, column in zip(frame.columns, profile(frame), strict=True)
    ]


def _sizes(labels: Labels) -> Sizes:
    """Return ``{label: rows}``, the largest class first."""
    return dict(sorted(labels.size_of.items(), key=lambda entry: -entry[1]))


def _plans(labels: Labels) -> list[_PlannedSizes]:
    from sklearn.base import clone

    from imbsuite.experiment.strategies import STRATEGIES
    from imbsuite.methods import planned_sizes

    plans, sizes = [], _sizes(labels)
    for name, strategy in STRATEGIES.items():
        if strategy.classifier is not None or strategy.wrapper is not None:
            continue  # it does not resample the table as a whole
        after, cleaned = sizes, False
        if strategy.sampler is not None:
            after, cleaned = planned_sizes(clone(strategy.sampler), labels.values)
        plans.append(
            _PlannedSizes(name, {label: after[label] for label in sizes}, cleaned)
        )
    return plans


def _as_dict(
    n_rows: int,
    columns: Sequence[Column],
    notes: Sequence[str],
    target: str | None,
    labels: Labels | None,
) -> dict[str, Any]:
    table: dict[str, Any] = {
        "rows": n_rows,
        "columns": [asdict(c) for c in columns],
        "notes": notes,
    }
    if labels is None:
        return table
    sizes = _sizes(labels)
    plans = [
        {"strategy": p.strategy, "cleaned": p.cleaned, "classes": _listed(p.sizes)}
        for p in _plans(labels)
    ]
    return table | {
        "target": target,
        "classes": _listed(sizes),
        "ratio": min(sizes.values()) / max(sizes.values()),
        "plans": plans,
    }


def _listed(sizes: Sizes) -> list[dict[str, Any]]:
    return [{"label": label, "rows": rows} for label, rows in sizes.items()]


def _notes(
    X: Any, columns: Sequence[Column], targets: Sequence[Any], labels: Labels | None
) -> Iterator[str]:
    """Yield notes about problems of the table that a reviewer would raise."""
    from imbsuite.files.checks import separator_hint
    from imbsuite.profile.classes import about_labels
    from imbsuite.profile.notes import Ways, about_columns
    from imbsuite.profile.odd_numbers import about_numbers

    if len(columns) == 1 and (hint := separator_hint([columns[0].name])):
        yield f"the table has a single column.{hint}"
        return
    features = [c for c in columns if c.name not in map(str, targets)]
    if labels is not None:
        yield from about_labels(labels.classes)
    yield from about_columns(features, Ways())
    yield from about_numbers(X)
    if labels is None:
        return
    from imbsuite.profile.copies import about_copies, find_copies
    from imbsuite.profile.leaks import about_leaks
    from imbsuite.profile.order import about_order

    yield from about_leaks(X, features, labels, Ways())
    yield from about_order(X, features, labels, None, Ways())
    yield from about_copies(find_copies(X, features, labels))


# --- Columns -------------------------------------------------------------------------


def _heading(file: Path, n_rows: int, columns: Sequence[Column]) -> list[str]:
    cells = n_rows * len(columns)
    missing = sum(column.missing for column in columns)
    share = f", {missing / cells:.1%} of cells missing" if missing else ""
    size = f"{_counted(n_rows, 'row')}, {_counted(len(columns), 'column')}"
    return [f"{on_one_line(file)}: {size}{share}"]


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _columns(columns: Sequence[Column], target: str | None) -> list[str]:
    if len(columns) <= _MANY_COLUMNS:
        return _column_lines(columns, target)
    kinds = Counter(column.kind for column in columns)
    with_missing = Counter(column.kind for column in columns if column.missing)
    lines = columns_of_text(
        ["kind", *kinds],
        ["columns", *(f"{n:,}" for n in kinds.values())],
        ["with missing values", *(f"{with_missing[kind]:,}" for kind in kinds)],
    )
    listed = [c for c in columns if c.missing or _remark(c)]
    listed.sort(key=lambda c: -c.missing)
    if not listed:
        return [*lines, "", "No column has missing values or a single value."]
    shown, n = listed[:_LISTED], len(listed)
    part = f"{len(shown)} of {n}" if len(shown) < n else n
    title = f"{part} with missing or single values (--json lists all columns)"
    return [*lines, "", title, *_column_lines(shown, target)]


def _column_lines(columns: Sequence[Column], target: str | None) -> list[str]:
    lines = columns_of_text(
        ["column", *(shortened(column.name) for column in columns)],
        ["kind", *(column.kind for column in columns)],
        ["missing", *(f"{column.missing:,}" for column in columns)],
        ["distinct", *(f"{column.distinct:,}" for column in columns)],
    )
    remarks = [
        "target" if column.name == target else _remark(column) for column in columns
    ]
    return [f"{a}  {b}".rstrip() for a, b in zip(lines, ["", *remarks], strict=True)]


def _remark(column: Column) -> str:
    if column.distinct == 0:
        return "only missing values"
    if column.distinct == 1:
        return "constant"
    return column.finding or ""


# --- Classes -------------------------------------------------------------------------


def _classes(labels: Labels) -> list[str]:
    """Return a line for each class, then a line for each plan."""
    sizes = _sizes(labels)
    total = sum(sizes.values())
    lines = columns_of_text(
        ["class", *(shortened(str(label)) for label in sizes)],
        ["rows", *(f"{n:,}" for n in sizes.values())],
        ["share", *(f"{n / total:.2%}" for n in sizes.values())],
    )
    largest, smallest = max(sizes.values()), min(sizes.values())
    times = f"{largest / smallest:,.1f} times"
    ratio = f"The largest class has {times} as many rows as the smallest."
    return [*_both_ends(lines), ratio, "", *_plan_lines(sizes, _plans(labels))]


def _plan_lines(sizes: Sizes, plans: list[_PlannedSizes]) -> Iterator[str]:
    """Yield the class sizes of each group of strategies with the same plan."""
    shown = list(sizes)
    yield "Rows of each class, by strategy"
    if len(shown) > _CLASSES_ABREAST:
        shown = [shown[0], shown[-1]]
        yield "(of the largest and the smallest class; --json lists all)"
    groups: dict[tuple[bool, tuple[int, ...]], list[str]] = {}
    for plan in plans:
        after = tuple(plan.sizes[label] for label in shown)
        groups.setdefault((plan.cleaned, after), []).append(plan.strategy)
    # Strategies that clean come last, because their sizes are known only afterwards.
    ordered = sorted(groups.items(), key=lambda group: group[0][0])
    names = [
        shorten(on_one_line(label), _LONGEST_HEAD, placeholder="...") for label in shown
    ]
    columns = [[""] * (len(ordered) + 1)] + [
        [name, *(f"{after[i]:,}" for (_, after), _ in ordered)]
        for i, name in enumerate(names)
    ]
    head, *lines = columns_of_text(*columns)
    yield f"{head}  strategies"
    for line, ((cleaned, _), group) in zip(lines, ordered, strict=True):
        less = "before cleaning removes rows: " if cleaned else ""
        yield from textwrap.wrap(
            f"{line}  {less}{', '.join(group)}",
            WIDTH,
            subsequent_indent=" " * (len(line) + 2),
            break_on_hyphens=False,
        )


def _both_ends(lines: list[str]) -> list[str]:
    """Return the header and all classes, or both ends of many classes."""
    head, *classes = lines
    left_out = len(classes) - _MANY_CLASSES
    if left_out <= 0:
        return lines
    half = _MANY_CLASSES // 2
    omission = f"... {left_out} more (--json lists all)"
    return [head, *classes[:half], omission, *classes[-half:]]
