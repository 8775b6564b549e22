"""The forms in which users pass costs, shared by estimators, ``compare`` and the CLI."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._labels import about_codes
from imbsuite._table import labels_of
from imbsuite._types import Floats
from imbsuite.decision.costs import Costs
from imbsuite.decision.metrics import takes
from imbsuite.probability.by_label import of_label

CELLS = ("fp", "fn", "tp", "tn")
# Number of labels that the example in a message spells out.
_MOST_SHOWN = 3


def names_cells(cost: Any) -> bool:
    """Whether costs have the form {"fp": ..., "fn": ...}, which needs a positive class."""
    return (
        isinstance(cost, Mapping)
        and bool(cost)
        and set(cost) <= set(CELLS)
        and not any(isinstance(cell, Mapping) for cell in cost.values())
    )


def read_costs(
    cost: Any,
    classes: NDArray[Any],
    *,
    order: Sequence[Any] | None = None,
    positive: int | None = None,
    by_row: bool = False,
) -> Costs:
    """Return the costs of decisions, by sorted label.

    Parameters
    ----------
    cost : DataFrame, mapping, array-like, callable or None
        See :class:`CostThresholdClassifier`.
    classes : ndarray of shape (n_classes,)
        Sorted.
    order : sequence of labels, default=None
        All labels in order, if classes are ordered; some may be absent from ``classes``.
    positive : int, default=None
        The position of the positive class, if the costs need one (``names_cells``).
    by_row : bool, default=False
        Whether costs may be arrays with one number per row.

    Raises
    ------
    ValueError
        If costs do not match the classes, or the class of a number is ambiguous.
    TypeError
        If a callable does not take three arguments.
    """
    labels = labels_of(classes)
    if cost is None:
        return Costs(1.0 - np.eye(len(labels)), labels)
    if callable(cost):
        _refuse_other_arguments(cost)
        return Costs(np.zeros((len(labels),) * 2), labels, function=cost)
    if isinstance(cost, str):
        _refuse_text(cost, labels)
    cells: Costs | list[list[Any]]
    if names_cells(cost):
        cells = _of_cells(cost, labels, positive)
    elif isinstance(cost, Mapping):
        cells = _of_mapping(cost, classes)
    elif hasattr(cost, "columns"):
        cells = _of_frame(cost, classes)
    else:
        cells = _of_matrix(cost, classes, order)
    costs = cells if isinstance(cells, Costs) else _costs_of_cells(cells, labels)
    by_position = any(not isinstance(cell, str) for *_, cell in costs.varying)
    if not by_row and (by_position or costs.fixed.ndim == 3):
        k = len(labels)
        msg = (
            f"The 'cost' parameter must be of shape ({k}, {k}), true classes in rows and "
            "decisions in columns. Got numbers for each row instead, which cannot be "
            "matched to rows of a later call. Pass the name of a column of X, such as "
            "{'fp': 5, 'fn': 'amount'}, or pass the costs of rows to predict(X, cost=...)."
        )
        raise ValueError(msg)
    return costs


def costs_of_label(cost: Any, name: Any, names: list[Any]) -> Any:
    """Return the costs of one label of a multilabel target, in a form of ``read_costs``.

    ``{label: costs}`` has the costs of each label; other forms apply to every label.
    ``{0: {...}, 1: {...}}`` is ``{true: {decided: cost}}``, unless the inner keys are
    "fp" and "fn".

    Raises
    ------
    ValueError
        If costs by label lack a label, or have an unknown one.
    """
    if not isinstance(cost, Mapping) or names_cells(cost) or _is_table(cost):
        return cost
    return of_label("cost", cost, label=name, labels=names)


def _is_table(cost: Mapping[Any, Any]) -> bool:
    """Whether costs have the form {true: {decided: cost}} of the classes 0 and 1."""
    return set(cost) <= {0, 1} and all(
        isinstance(row, Mapping) and set(row) <= {0, 1} for row in cost.values()
    )


def _of_cells(
    cost: Mapping[str, Any], labels: list[Any], positive: int | None
) -> list[list[Any]]:
    """Return the cells of {"fp": ..., "fn": ..., "tp": ..., "tn": ...}."""
    if len(labels) != 2:
        msg = (
            f"cost={dict(cost)!r} is for two classes, but y has the {len(labels)} classes "
            f"{labels}. {_example(labels)}"
        )
        raise ValueError(msg)
    if set(labels) & set(CELLS):
        msg = (
            f"cost={dict(cost)!r} is ambiguous: its keys may be cells or labels, because "
            f"the classes are {labels}. {_example(labels)}"
        )
        raise ValueError(msg)
    missing = [name for name in ("fp", "fn") if name not in cost]
    if missing:
        msg = (
            f"cost={dict(cost)!r} lacks the cost of {missing[0]!r}. Pass the costs of both "
            "mistakes, such as {'fp': 1, 'fn': 20}; 'tp' and 'tn' default to 0."
        )
        raise ValueError(msg)
    if positive is None:
        msg = (
            f"cost={dict(cost)!r} depends on the positive class, which fit did not "
            f"determine. Pass pos_label, one of {labels}, to the classifier."
        )
        raise ValueError(msg)
    tp, tn = (cost.get(name, 0.0) for name in ("tp", "tn"))
    cells = [[tn, cost["fp"]], [cost["fn"], tp]]
    return cells if positive == 1 else [row[::-1] for row in cells[::-1]]


def _of_mapping(cost: Mapping[Any, Any], classes: NDArray[Any]) -> list[list[Any]]:
    """Return the cells of {true: {decided: cost}}."""
    labels = labels_of(classes)
    if not cost or not all(isinstance(row, Mapping) for row in cost.values()):
        msg = (
            f"The 'cost' parameter must hold the cost of each decision. Got "
            f"{dict(cost)!r} instead. {_example(labels)}"
            f"{about_codes(list(cost), classes)}"
        )
        raise ValueError(msg)
    _check_labels("true labels", cost, classes)
    for true, row in cost.items():
        _check_labels(f"decisions where {true!r} is true", row, classes)
    return [_by_label(row, labels) for row in _by_label(cost, labels)]


def _by_label(mapping: Mapping[Any, Any], labels: list[Any]) -> list[Any]:
    """Return a mapping's values in the order of ``labels``."""
    # Not by hash: equal labels, such as dates, may have different hashes.
    names, values = list(mapping), list(mapping.values())
    return [values[names.index(label)] for label in labels]


def _of_frame(cost: Any, classes: NDArray[Any]) -> list[list[Any]]:
    """Return the cells of a dataframe whose rows and columns are labeled."""
    if not hasattr(cost, "index"):
        msg = (
            f"cost is a table of {type(cost).__module__.partition('.')[0]}, whose rows "
            f"have no labels. {_example(labels_of(classes))}"
        )
        raise ValueError(msg)
    index, columns = cost.index.tolist(), cost.columns.tolist()
    _check_labels("the index", index, classes)
    _check_labels("the columns", columns, classes)
    places = [index.index(label) for label in labels_of(classes)]
    across = [columns.index(label) for label in labels_of(classes)]
    return [[cost.iat[i, j] for j in across] for i in places]


def _check_labels(what: str, names: Iterable[Any], classes: NDArray[Any]) -> None:
    named, labels = list(names), labels_of(classes)
    unknown = [label for label in named if label not in labels]
    missing = [label for label in labels if label not in named]
    if not (unknown or missing or len(named) > len(labels)):
        return
    faults = {"are unknown": unknown, "are missing": missing}
    listed = [f"{wrong} {fault}" for fault, wrong in faults.items() if wrong]
    msg = (
        f"The 'cost' parameter must name each of the classes {labels} once. In {what}, "
        f"{' and '.join(listed) or 'labels are repeated'}. {_example(labels)}"
        f"{about_codes(unknown, classes)}"
    )
    raise ValueError(msg)


def _of_matrix(
    cost: Any, classes: NDArray[Any], order: Sequence[Any] | None
) -> Costs | list[list[Any]]:
    """Return costs without labels, if the order of the classes is unambiguous."""
    labels = labels_of(classes)
    cells = _cells_of(cost, labels, order)
    square = np.shape(cells)[-1] if isinstance(cells, np.ndarray) else len(cells)
    listed = None if order is None else list(order)
    if listed is not None and square == len(labels) < len(listed):
        listed = [label for label in listed if label in labels]
    if listed is None and classes.dtype.kind in "biuf":
        listed = labels
    if listed is None or not set(labels) <= set(listed):
        if not (isinstance(cells, np.ndarray) and _is_symmetric(cells)):
            _refuse_unlabeled(labels)
        listed = labels
    places = [listed.index(label) for label in labels]
    if isinstance(cells, np.ndarray) and cells.ndim == 3:
        return Costs(cells[:, places][:, :, places], labels)
    return [[cells[i][j] for j in places] for i in places]


def _cells_of(cost: Any, labels: list[Any], order: Sequence[Any] | None) -> Any:
    """Return an array of numbers, or lists where some cells differ by row."""
    sizes = {len(labels), len(labels if order is None else order)}
    if isinstance(cost, np.ndarray) and cost.dtype.kind == "O" and cost.ndim == 2:
        cost = cost.tolist()
    if isinstance(cost, (list, tuple)) and _has_varying(cost):
        if len(cost) in sizes and {len(row) for row in cost} == {len(cost)}:
            return cost
        _refuse_shape(f"{len(cost)} rows of other lengths", labels)
    try:
        costs = np.asarray(cost, dtype=np.float64)
    except (TypeError, ValueError):
        _refuse_shape(repr(cost), labels)
    if costs.ndim == 0:
        _refuse_shape(f"an array of shape (), {cost!r},", labels)
    square = costs.ndim in (2, 3) and costs.shape[-1] == costs.shape[-2]
    if not square or costs.shape[-1] not in sizes:
        _refuse_shape(f"an array of shape {costs.shape}", labels)
    if not np.isfinite(costs).all():
        _refuse_shape("missing or infinite ones", labels)
    return costs


def _has_varying(rows: Sequence[Any]) -> bool:
    """Whether a cell is the name of a column, or an array."""
    return all(isinstance(row, (list, tuple)) for row in rows) and any(
        isinstance(cell, str)
        or (np.ndim(cell) == 1 and not isinstance(cell, (list, tuple)))
        for row in rows
        for cell in row
    )


def _is_symmetric(cells: Floats) -> bool:
    """Whether every order of the classes gives the same costs."""
    k = cells.shape[-1]
    right = np.diagonal(cells, axis1=-2, axis2=-1)
    wrong = cells[..., ~np.eye(k, dtype=bool)]
    return all(bool((part == part[..., :1]).all()) for part in (right, wrong))


def _costs_of_cells(cells: list[list[Any]], labels: list[Any]) -> Costs:
    """Return the costs of cells that hold numbers, column names or arrays."""
    fixed = np.zeros((len(labels),) * 2)
    varying: list[tuple[int, int, Any]] = []
    for i, row in enumerate(cells):
        for j, cell in enumerate(row):
            if isinstance(cell, str):
                varying.append((i, j, cell))
            elif np.ndim(cell) == 1:
                varying.append((i, j, _numbers(cell)))
            else:
                fixed[i, j] = _number(cell, labels[i], labels[j])
    return Costs(fixed, labels, tuple(varying))


def _numbers(cell: Any) -> Floats:
    try:
        return np.asarray(cell, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"cost must hold numbers, one for each row: {error}"
        raise ValueError(msg) from error


def _number(cell: Any, true: Any, decided: Any) -> float:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        msg = (
            f"The cost of deciding {decided!r} where {true!r} is true must be a finite "
            "number, the name of a column of X, or an array of one number per row. Got "
            f"{cell!r} instead."
        )
        raise ValueError(msg)
    return number


def _refuse_other_arguments(cost: Callable[..., Any]) -> None:
    """Raise TypeError unless a callable takes three arguments: true, decided, row."""
    if not takes(cost, 3):
        msg = (
            "A function given as 'cost' must take three arguments, such as lambda true, "
            "decided, row: 0 if true == decided else row['amount']. Got "
            f"{cost!r} instead."
        )
        raise TypeError(msg)


def _refuse_text(cost: str, labels: list[Any]) -> None:
    """Raise ValueError for text, such as the form of the command line."""
    pairs = re.findall(r"\b(fp|fn|tp|tn)\s*[=:]\s*([\w.+-]+)", cost)
    read = {"fp": 1, "fn": 20} | {cell: _as_number(value) for cell, value in pairs}
    meant = pairs and len(labels) == 2
    how = f"Pass cost={read!r}." if meant else _example(labels)
    msg = f"The 'cost' parameter must hold costs, not text. Got {cost!r} instead. {how}"
    raise ValueError(msg)


def _as_number(text: str) -> Any:
    """Return the number in a text, or else the text, which is the name of a column."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _refuse_shape(got: str, labels: list[Any]) -> None:
    k = len(labels)
    msg = (
        f"The 'cost' parameter must hold finite numbers of shape ({k}, {k}), true classes "
        f"in rows and decisions in columns; to predict, also (n_rows, {k}, {k}). Got "
        f"{got} instead. {_example(labels)}"
    )
    raise ValueError(msg)


def _refuse_unlabeled(labels: list[Any]) -> None:
    msg = (
        f"cost has no labels, and the classes {labels} have no order of their own, so the "
        f"class of each row and column is unknown. {_example(labels)} Or pass "
        "pandas.DataFrame(cost, index=labels, columns=labels), with the labels in the "
        "order of your matrix."
    )
    raise ValueError(msg)


def _example(labels: list[Any]) -> str:
    """Return a sentence that shows how to pass costs for these classes."""
    if len(labels) == 2 and not set(labels) & set(CELLS):
        by_cell = "name fp and fn, as in cost={'fp': 1, 'fn': 20}, or "
    else:
        by_cell = ""
    shown = labels[:_MOST_SHOWN]
    more = ", ..." if len(labels) > _MOST_SHOWN else ""
    rows = [
        f"{i!r}: {{{', '.join(f'{j!r}: {int(i != j)}' for j in shown)}{more}}}"
        for i in shown
    ]
    usual = f"cost={{{', '.join(rows)}{more}}}"
    return f"To pass costs, {by_cell}use {{true: {{decided: cost}}}}: {usual}."
