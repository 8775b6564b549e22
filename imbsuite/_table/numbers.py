"""Cells as numbers: integers of any width, decimals, and numbers in object arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._table.cells import TRUTHS, Numeric
from imbsuite._types import Mask

# Decimals of up to this many digits fit into 64-bit integers.
NARROW = 18


def bounds_of(dtype: np.dtype[Any]) -> tuple[int, int] | None:
    """Return the range of an integer type; None for any other type."""
    if dtype.kind not in "iu":
        return None
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def or_none(missing: Mask) -> Mask | None:
    return missing if missing.any() else None


def widened(values: NDArray[Any], missing: Mask) -> Numeric:
    """Widen integers to 64 bits, store their range, and treat NaN as missing.

    Narrow floats stay narrow, because their type limits the range of the column.
    """
    bounds = bounds_of(values.dtype)
    if bounds is not None:
        values = values.astype(np.uint64 if values.dtype == np.uint64 else np.int64)
    elif values.dtype not in (np.float16, np.float32, np.float64):
        values = values.astype(np.float64)
    if bounds is None:
        missing = missing | np.isnan(values)
    return Numeric(values, or_none(missing), bounds)


def decimals(
    values: NDArray[Any], missing: Mask, precision: int, digits: int
) -> Numeric:
    """Return decimals from integers, which are multiples of ``10 ** -digits``."""
    most = 10**precision - 1
    units = tuple(10**k for k in range(max(digits, 0) + 1))
    return Numeric(values, or_none(missing), (-most, most), units, digits)


def read_objects(cells: NDArray[Any], *, truths: bool = False) -> Numeric | None:
    """Return the numbers in an array of objects; None if it contains other values.

    Booleans are numbers only if ``truths`` is True.
    """
    from pandas import isna
    from pandas.api.types import infer_dtype

    kind, missing = infer_dtype(cells, skipna=True), np.asarray(isna(cells))
    held: NDArray[Any] = cells[~missing]
    dtype: Any = object
    bounds: tuple[int, int] | None = None
    if kind == "boolean" and truths:
        dtype, bounds = np.int64, TRUTHS
    elif kind in {"floating", "mixed-integer-float"}:
        dtype = np.float64
    elif kind != "integer":
        return None
    elif all(abs(v) < 2**63 for v in held):
        # Larger integers remain Python objects.
        dtype, bounds = np.int64, bounds_of(np.dtype(np.int64))
    values = np.zeros(len(cells), dtype=dtype)
    values[~missing] = held
    return Numeric(values, or_none(missing), bounds)


def write_objects(column: Numeric, parents: NDArray[Any]) -> NDArray[Any]:
    """Return numbers as objects; missing values are copied from ``parents``."""
    numbers = column.values.astype(bool) if column.is_truth else column.values
    cells = parents.copy()
    present = slice(None) if column.missing is None else ~column.missing
    cells[present] = numbers[present].tolist()
    return cells
