"""Rows that are sorted by time, and class shares that change over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy.stats import chi2_contingency

from imbsuite._classes import Labels
from imbsuite._types import Positions
from imbsuite.profile.column import Column
from imbsuite.profile.columns import as_pandas
from imbsuite.profile.notes import Ways

# The number of runs of test rows over time divided by the number of test rows: near 1
# for random folds, and near 0 if each test fold is a period.
_MOST_RUNS = 0.1
# A change of the class shares over time is reported if its p-value is at most this.
_CHANCE = 1e-4
# With many rows, chance explains hardly any change, so smaller ratios are not reported.
_LEAST_RATIO = 1.1


def about_order(
    X: Any,
    columns: Sequence[Column],
    labels: Labels,
    tests: Sequence[Positions] | None,
    ways: Ways,
) -> Iterator[str]:
    """Report random folds if the rows are sorted by time or the class shares drift.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
    columns : sequence of Column
    labels : Labels
    tests : sequence of arrays of shape (n_test,), or None
        The test rows of each fold. Nothing is reported if they are periods, as in
        ``TimeSeriesSplit``. None: random folds.
    ways : Ways
    """
    for j, column in enumerate(columns):
        in_order = column.finding == "in order"
        if not in_order and column.kind != "date":
            continue
        order = np.arange(len(labels.codes)) if in_order else _order(X, j)
        drift = _drift(column.name, labels, order)
        if (in_order or drift) and (tests is None or _mix(tests, order)):
            yield _on_order(column.name, drift, ways, in_order=in_order)
            return


def _on_order(name: str, drift: str, ways: Ways, *, in_order: bool) -> str:
    clause = f"the rows are in the order of column {name!r}" if in_order else ""
    clause = " and ".join(filter(None, [clause, drift]))
    return (
        f"{clause}; random folds train on rows that are later than the test rows. If "
        "the model is to predict later rows, use folds in time: "
        f"{ways.fold_in_time(name, is_sorted=in_order)}."
    )


def _order(X: Any, j: int) -> Positions:
    """Return the rows that have a value in a column of dates, sorted by date."""
    cells = as_pandas(X).iloc[:, j]
    ranks = cells.astype(str) if cells.dtype == object else cells
    order = ranks.argsort(kind="stable").to_numpy()
    return order[cells.notna().to_numpy()[order]]


def _drift(name: str, labels: Labels, order: Positions) -> str:
    """Return how the share of a class changes over time; "" if it hardly changes."""
    halves = np.array_split(labels.codes[order], 2)
    sizes = np.array(
        [np.bincount(half, minlength=len(labels.classes)) for half in halves]
    )
    sizes_seen = sizes[:, sizes.any(axis=0)]
    if sizes_seen.shape[1] < 2 or chi2_contingency(sizes_seen).pvalue > _CHANCE:
        return ""
    shares = sizes / sizes.sum(axis=1, keepdims=True)
    changed = int(np.abs(np.diff(shares, axis=0)[0]).argmax())
    if labels.positive is not None:
        changed = labels.positive
    before, after = shares[:, changed]
    if max(before, after) < _LEAST_RATIO * min(before, after):
        return ""
    label = labels.classes[changed].item()
    return (
        f"the share of class {label!r} is {before:.1%} in the first half of {name!r} and "
        f"{after:.1%} in the second"
    )


def _mix(tests: Sequence[Positions], order: Positions) -> bool:
    """Return whether test rows are spread over the whole period."""
    shares = []
    for test in tests:
        tested = np.isin(order, test)
        runs = int(np.count_nonzero(tested[1:] & ~tested[:-1]))
        shares.append(runs / len(test))
    return float(np.mean(shares)) > _MOST_RUNS
