"""``imbsuite info``."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imbsuite._text import shorten
from imbsuite.cli.lines import (
    as_json_text,
    columns_of_text,
    on_one_line,
    say,
    shortened,
)
from imbsuite.cli.options import AsJson, File, Separator

if TYPE_CHECKING:
    from imbsuite._classes import Labels
    from imbsuite._picking import Sizes
    from imbsuite.experiment.evidence import Column

__all__ = ["INFO_EXAMPLES", "info"]

INFO_EXAMPLES = """\b
Examples:
  imbsuite info churn.csv
  imbsuite info churn.csv --target churned
  imbsuite info visits.parquet --target outcome --json > visits.json
"""
# Tables with more columns are summarized, and so are targets with more classes.
_MANY_COLUMNS = 40
_MANY_CLASSES = 20
_LISTED = 20
_WIDTH = 88
# Classes whose sizes are shown side by side.
_CLASSES_ABREAST = 5
_LONGEST_HEAD = 12

ToPredict = Annotated[
    str | None,
    typer.Option(help="The column to predict.", show_default="no classes are shown"),
]


@dataclass(frozen=True)
class _PlannedSizes:
    """The class sizes after a strategy, as far as they are known beforehand."""

    strategy: str
    sizes: Sizes
    cleaned: bool


def info(
    file: File,
    *,
    target: ToPredict = None,
    separator: Separator = None,
    as_json: AsJson = False,
) -> None:
    """Describe a table, and the class sizes that each strategy plans.

    For each column, its kind and its numbers of missing and distinct values. With a
    target, the current size of each class and its size with each strategy of the
    comparison. Nothing is fitted.
    """
    from imbsuite._classes import check_labels
    from imbsuite.experiment.profile import profile
    from imbsuite.files.checks import find_column
    from imbsuite.files.reading import read_table

    frame = read_table(file, separator=separator)
    name = None if target is None else find_column(frame.columns, target, "--target")
    columns, n_rows = profile(frame), len(frame)
    labels = None
    if name is not None:
        labels = check_labels(frame[name], f"column {target!r}")
    if as_json:
        say(as_json_text(_as_dict(n_rows, columns, target, labels)))
        return
    parts = [_heading(file, n_rows, columns), _columns(columns, n_rows, target)]
    if labels is not None:
        parts.append(_classes(labels))
    say("\n\n".join("\n".join(lines) for lines in parts))


def _sizes(labels: Labels) -> Sizes:
    """Return ``{label: rows}``, the largest class first."""
    return dict(sorted(labels.size_of.items(), key=lambda entry: -entry[1]))


def _plans(labels: Labels) -> list[_PlannedSizes]:
    from sklearn.base import clone

    from imbsuite.experiment.strategies import STRATEGIES
    from imbsuite.methods import planned_sizes

    plans, sizes = [], _sizes(labels)
    for name, strategy in STRATEGIES.items():
        after, cleaned = sizes, False
        if strategy.sampler is not None:
            after, cleaned = planned_sizes(clone(strategy.sampler), labels.values)
        plans.append(
            _PlannedSizes(name, {label: after[label] for label in sizes}, cleaned)
        )
    return plans


def _as_dict(
    n_rows: int, columns: Sequence[Column], target: str | None, labels: Labels | None
) -> dict[str, Any]:
    table: dict[str, Any] = {"rows": n_rows, "columns": [asdict(c) for c in columns]}
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


# --- Columns -------------------------------------------------------------------------


def _heading(file: Path, n_rows: int, columns: Sequence[Column]) -> list[str]:
    cells = n_rows * len(columns)
    missing = sum(column.missing for column in columns)
    share = f", {missing / cells:.1%} of cells missing" if missing else ""
    return [f"{on_one_line(file)}: {n_rows:,} rows, {len(columns):,} columns{share}"]


def _columns(columns: Sequence[Column], n_rows: int, target: str | None) -> list[str]:
    if len(columns) <= _MANY_COLUMNS:
        return _column_lines(columns, n_rows, target)
    kinds = Counter(column.kind for column in columns)
    with_missing = Counter(column.kind for column in columns if column.missing)
    lines = columns_of_text(
        ["kind", *kinds],
        ["columns", *(f"{n:,}" for n in kinds.values())],
        ["with missing values", *(f"{with_missing[kind]:,}" for kind in kinds)],
    )
    listed = [c for c in columns if c.missing or _remark(c, n_rows)]
    listed.sort(key=lambda c: -c.missing)
    if not listed:
        return [*lines, "", "No column has missing values or a single value."]
    shown, n = listed[:_LISTED], len(listed)
    part = f"{len(shown)} of {n}" if len(shown) < n else n
    title = f"{part} with missing or single values (--json lists all columns)"
    return [*lines, "", title, *_column_lines(shown, n_rows, target)]


def _column_lines(
    columns: Sequence[Column], n_rows: int, target: str | None
) -> list[str]:
    lines = columns_of_text(
        ["column", *(shortened(column.name) for column in columns)],
        ["kind", *(column.kind for column in columns)],
        ["missing", *(f"{column.missing:,}" for column in columns)],
        ["distinct", *(f"{column.distinct:,}" for column in columns)],
    )
    remarks = [
        "target" if column.name == target else _remark(column, n_rows)
        for column in columns
    ]
    return [f"{a}  {b}".rstrip() for a, b in zip(lines, ["", *remarks], strict=True)]


def _remark(column: Column, n_rows: int) -> str:
    if column.distinct == 0:
        return "only missing values"
    if column.distinct == 1:
        return "constant"
    named = column.kind in {"text", "categorical"}
    return "identifier" if named and column.distinct == n_rows else ""


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
    """Yield the class sizes of each group of strategies that plan the same."""
    shown = list(sizes)
    yield "Rows of each class, by strategy"
    if len(shown) > _CLASSES_ABREAST:
        shown = [shown[0], shown[-1]]
        yield "(of the largest and the smallest class; --json lists all)"
    groups: dict[tuple[bool, tuple[int, ...]], list[str]] = {}
    for plan in plans:
        after = tuple(plan.sizes[label] for label in shown)
        groups.setdefault((plan.cleaned, after), []).append(plan.strategy)
    # Those that clean are last: their sizes are known only afterwards.
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
            _WIDTH,
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
