"""Costs of decisions: the cost of each decision in each row, and the cheapest one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _num_samples

from imbsuite._table import column_of, each_row
from imbsuite._types import Floats


@dataclass(frozen=True)
class Costs:
    """The cost of each decision for each true class.

    Attributes
    ----------
    fixed : ndarray of shape (n_classes, n_classes) or (n_rows, n_classes, n_classes)
        True classes in rows, decisions in columns, by sorted label.
    varying : tuple of (true, decided, str or ndarray of shape (n_rows,))
        Cells that differ by row: the name of a column of X, or one number per row.
    function : callable or None
        Of (true label, decided label, row); replaces ``fixed`` and ``varying``.
    labels : list
    """

    fixed: Floats
    labels: list[Any]
    varying: tuple[tuple[int, int, Any], ...] = ()
    function: Callable[[Any, Any, Any], float] | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether costs are the same for all rows."""
        return self.fixed.ndim == 2 and not self.varying and self.function is None

    @property
    def columns(self) -> list[str]:
        """The columns of X that hold costs."""
        return [cell for _, _, cell in self.varying if isinstance(cell, str)]

    def by_label(self) -> dict[Any, dict[Any, Any]]:
        """Return ``{true: {decided: cost}}``; not for a function."""
        by_label: dict[Any, dict[Any, Any]] = {
            true: dict(zip(self.labels, row, strict=True))
            for true, row in zip(self.labels, self.fixed.tolist(), strict=True)
        }
        for i, j, cell in self.varying:
            by_label[self.labels[i]][self.labels[j]] = cell
        return by_label

    def check_columns(self, X: Any, *, cells: bool = False) -> None:
        """Raise ValueError if X lacks a column that holds costs.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        cells : bool, default=False
            Whether to also check that the costs are finite.
        """
        for name in self.columns:
            values = column_of(X, name, "cost")
            if cells:
                _refuse_infinite(values, f"column {name!r} of X")

    def table(self, X: Any) -> Floats:
        """Return costs, (n_classes, n_classes) or (n_rows, n_classes, n_classes).

        Raises
        ------
        ValueError
            If costs of rows are missing, infinite or not numeric, or if X has a
            different number of rows.
        """
        if self.is_fixed:
            return self.fixed
        n_rows = _num_samples(X)
        if self.function is not None:
            return self._by_function(self.function, X)
        if self.fixed.ndim == 3:
            _check_rows("cost", len(self.fixed), n_rows)
            return self.fixed
        table = np.repeat(self.fixed[np.newaxis], n_rows, axis=0)
        for true, decided, cell in self.varying:
            table[:, true, decided] = self._of_rows(cell, X, n_rows)
        return table

    def losses(self, X: Any, codes: NDArray[np.intp]) -> Floats:
        """Return the cost of each decision in each row, (n_rows, n_classes).

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        codes : ndarray of shape (n_rows,)
            The positions of the true classes.
        """
        table = self.table(X)
        if table.ndim == 2:
            return np.asarray(table[codes])
        return np.asarray(table[np.arange(len(codes)), codes])

    def _of_rows(self, cell: Any, X: Any, n_rows: int) -> Floats:
        if isinstance(cell, str):
            values, what = column_of(X, cell, "cost"), f"column {cell!r} of X"
        else:
            values, what = cell, "cost"
            _check_rows(what, len(values), n_rows)
        _refuse_infinite(values, what)
        return values

    def _by_function(self, function: Callable[..., float], X: Any) -> Floats:
        tables = [
            [[function(i, j, row) for j in self.labels] for i in self.labels]
            for row in each_row(X)
        ]
        try:
            costs = np.asarray(tables, dtype=np.float64)
        except (TypeError, ValueError) as error:
            msg = f"The function given as 'cost' must return numbers: {error}."
            raise ValueError(msg) from error
        _refuse_infinite(costs, f"cost returns tables of shape {costs.shape[1:]}, and")
        return costs


def expected_costs(probability: Floats, table: Floats) -> Floats:
    """Return the expected cost of each decision, (n_rows, n_classes)."""
    subscripts = "ni,ij->nj" if table.ndim == 2 else "ni,nij->nj"
    return np.asarray(np.einsum(subscripts, probability, table))


def cheapest(probability: Floats, table: Floats) -> NDArray[np.intp]:
    """Return the decision of least expected cost; ties go to the second of two classes.

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_classes)
    table : ndarray of shape (n_classes, n_classes) or (n_rows, n_classes, n_classes)
    """
    if probability.shape[1] != 2:
        return expected_costs(probability, table).argmin(axis=1)
    # p1 >= c_FP / (c_FP + c_FN), where c is the excess over the correct decision.
    false = table[..., 0, 1] - table[..., 0, 0]
    miss = table[..., 1, 0] - table[..., 1, 1]
    total = false + miss
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = probability[:, 1] >= false / total
    plain = probability[:, 1] * total >= false
    return np.where(total > 0, reached, plain).astype(np.intp)


def _refuse_infinite(values: Floats, what: str) -> None:
    odd = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(odd):
        msg = (
            f"{what} must hold finite numbers, because it holds costs. The number in "
            f"row {odd[0]} is missing or infinite."
        )
        raise ValueError(msg)


def _check_rows(what: str, length: int, n_rows: int) -> None:
    if length != n_rows:
        msg = f"{what} has {length:,} rows, X has {n_rows:,}; they must be equal."
        raise ValueError(msg)
