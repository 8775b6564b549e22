"""A comparison as plain text: a table for each model, then sentences and notes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imbsuite._text import on_one_line, printable
from imbsuite.experiment.numbers import NOT_MEASURED, Texts, texts
from imbsuite.experiment.sentences import primary
from imbsuite.experiment.strategies import comparable

if TYPE_CHECKING:
    import pandas as pd

    from imbsuite.experiment.result import Result
    from imbsuite.scoring.metrics import Metric

WIDTH = 100

_MARKS = {"better": "+", "worse": "-"}
# Explanations of columns whose headers are not enough.
_EXPLANATIONS = {
    "log_loss_corrected": (
        "Corrected: the log-loss after restoring the original class proportions in the "
        "probabilities of resampled and weighted models."
    ),
    "calibration_slope": "Calibrated probabilities have the intercept 0 and the slope 1.",
    "balanced_accuracy": (
        "Balanced accuracy and MCC measure labels, which another decision threshold also "
        "changes, without resampling: see tuned-threshold."
    ),
    "balanced_accuracy_tuned": (
        "Tuned: balanced accuracy with every strategy's threshold tuned on its training "
        "rows."
    ),
    "ranked_probability": (
        "RPS: ranked probability score; MAE: absolute error in steps, macro-averaged."
    ),
    "f1_macro": (
        "F1, balanced accuracy and Hamming loss measure decisions: see tuned-threshold."
    ),
    "f1_macro_tuned": (
        "Tuned: macro F1 with every strategy's thresholds tuned on its training rows, "
        "after the correction."
    ),
    "f1_samples": "Rows' F1: the mean F1 of rows, 0 where a row has no label.",
    "label_ranking": "LRAP: label ranking average precision.",
    "cost": "Cost: mean per row, for decisions with the least expected cost.",
}
_GAP = " "


def as_text(result: Result) -> str:
    """Return the whole result; lines usually have at most ``WIDTH`` characters."""
    summary = result.summary()
    parts = [_heading(result)]
    for model, rows in summary.groupby("model", sort=False):
        parts.append("\n".join([on_one_line(model), *_table(rows, result.metrics)]))
    parts.append(_legend(result, has_gaps=bool(summary["mean"].isna().any())))
    sentences = [*result.sentences, result.can_show]
    parts.append("\n".join(_wrapped(filter(None, sentences))))
    if result.notes:
        parts.append("\n".join(["Notes", *_wrapped(result.notes)]))
    return "\n\n".join(parts)


def _heading(result: Result) -> str:
    sizes = result.class_sizes
    listed = ", ".join(f"{on_one_line(label)} ({n:,})" for label, n in sizes.items())
    rows = f"{result.rows:,} rows"
    if result.table_sizes is not None:
        rows += f", sampled from {result.table_rows:,}"
    text = f"{rows}; {'labels' if result.label_names else 'classes'}: {listed}"
    if result.positive is not None:
        text += f"; positive class: {on_one_line(result.positive)}"
    return textwrap.fill(f"{text}. {result.n_folds} test folds.", WIDTH)


def _table(rows: pd.DataFrame, metrics: tuple[Metric, ...]) -> list[str]:
    names = ["strategy", *map(on_one_line, rows["strategy"].unique())]
    columns = list(_columns(rows, metrics))
    left = max(map(len, names))
    lines: list[str] = []
    for block in _blocks(columns, WIDTH - left):
        cells = zip(names, *block, strict=True)
        lines += [_line(row, left, block).rstrip() for row in cells]
    return lines


def _line(row: tuple[str, ...], left: int, block: list[list[str]]) -> str:
    name, *cells = row
    widths = [max(map(len, column)) for column in block]
    padded = [cell.rjust(w) for cell, w in zip(cells, widths, strict=True)]
    return _GAP.join([name.ljust(left), *padded])


def _columns(rows: pd.DataFrame, metrics: tuple[Metric, ...]) -> Iterator[list[str]]:
    first = primary(metrics)
    for metric in (first, *(m for m in metrics if m is not first)):
        measured = rows[rows["metric"] == metric.name]
        written = texts(measured)
        # The space after an unmarked number aligns the decimal points.
        marks = [_MARKS.get(verdict, " ") for verdict in measured["verdict"]]
        means = [text.mean + mark for text, mark in zip(written, marks, strict=True)]
        yield [on_one_line(metric.header), *means]
        if metric is first:
            yield ["difference [interval]", *map(_difference, written)]


def _difference(text: Texts) -> str:
    interval = f" [{text.low}, {text.high}]" if text.low else ""
    return f"{text.difference}{interval}"


def _blocks(columns: list[list[str]], width: int) -> Iterator[list[list[str]]]:
    """Yield blocks of as many columns as fit side by side, but at least one."""
    block: list[list[str]] = []
    used = 0
    for column in columns:
        needed = max(map(len, column)) + len(_GAP)
        if block and used + needed > width:
            yield block
            block, used = [], 0
        block.append(column)
        used += needed
    yield block


def _legend(result: Result, *, has_gaps: bool) -> str:
    first = primary(result.metrics)
    compared = max(len(comparable(result.strategies(m), first)) for m in result.models)
    adjusted = f", Bonferroni over {compared} strategies" if compared > 1 else ""
    intervals = (
        "Means over the test folds. + better, - worse than nothing: the 95 % interval "
        "of the difference, fold by fold, excludes 0 (variance of test rows and of "
        f"training, or corrected resampled t-test{adjusted})."
    )
    names = {metric.name for metric in result.metrics}
    if result.label_names:
        # The explanation of F1 also covers the balanced accuracy of labels.
        names.discard("balanced_accuracy")
    explained = [text for name, text in _EXPLANATIONS.items() if name in names]
    gaps = [NOT_MEASURED] if has_gaps else []
    return textwrap.fill(" ".join([intervals, *explained, *gaps]), WIDTH)


def _wrapped(texts: Any) -> list[str]:
    return [
        textwrap.fill(
            printable(text),
            WIDTH,
            initial_indent="- ",
            subsequent_indent="  ",
            break_on_hyphens=False,  # names of strategies stay whole
        )
        for text in texts
    ]
