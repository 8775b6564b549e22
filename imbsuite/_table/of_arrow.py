"""pyarrow columns: their numbers and categories, and new columns of the same type."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from imbsuite._table.arrays import factorize
from imbsuite._table.cells import TRUTHS, Numeric
from imbsuite._table.numbers import NARROW, decimals, or_none, widened
from imbsuite._table.temporal import temporal
from imbsuite._types import Positions

_BOOL8 = "arrow.bool8"


def take(container: Any, positions: Positions) -> Any:
    """Return the rows of a table, or the cells of a column, of any type."""
    try:
        return container.take(pa.array(positions))
    except pa.ArrowNotImplementedError:
        pass
    if hasattr(container, "column_names"):
        columns = [take(column, positions) for column in container.columns]
        return type(container).from_arrays(columns, schema=container.schema)
    kind = container.type
    if (plain := _plain(container)) is not container:
        return _encoded(take(plain, positions), kind)
    return pa.chunked_array([pa.array([container[i] for i in positions], kind)], kind)


# Columns of pyarrow have no row labels.
pick = take


def _plain(series: Any) -> Any:
    """Return the cells without encodings and types that Arrow cannot compute with."""
    kind = series.type
    if not isinstance(series, pa.ChunkedArray):
        series = pa.chunked_array([series], kind)
    if isinstance(kind, pa.BaseExtensionType):
        stored = [chunk.storage for chunk in series.chunks]
        held = pa.chunked_array(stored, kind.storage_type)
        return held.cast(pa.bool_()) if kind.extension_name == _BOOL8 else held
    if pa.types.is_run_end_encoded(kind):
        decoded = [pc.run_end_decode(chunk) for chunk in series.chunks]
        return pa.chunked_array(decoded, kind.value_type)
    if pa.types.is_string_view(kind):
        return series.cast(pa.large_string())
    if pa.types.is_binary_view(kind):
        return series.cast(pa.large_binary())
    return series


def _encoded(plain: Any, kind: Any) -> Any:
    """Return the inverse of ``_plain``."""
    if isinstance(kind, pa.BaseExtensionType):
        plain = plain.cast(kind.storage_type)
        chunks = [pa.ExtensionArray.from_storage(kind, c) for c in plain.chunks]
        return pa.chunked_array(chunks, kind)
    if pa.types.is_run_end_encoded(kind):
        values = plain.cast(kind.value_type)
        return pc.run_end_encode(values, run_end_type=kind.run_end_type)
    return plain.cast(kind)


def _plain_type(kind: Any) -> Any:
    return kind.value_type if pa.types.is_run_end_encoded(kind) else kind


def holds_numbers(series: Any) -> bool:
    """Return whether the type is numeric, a point in time or a duration."""
    return _is_number(_plain_type(series.type))


def _is_number(kind: Any) -> bool:
    is_a = pa.types
    if is_a.is_integer(kind) or is_a.is_floating(kind) or is_a.is_decimal(kind):
        return True
    # Intervals of months, days and nanoseconds have no single length.
    return is_a.is_temporal(kind) and not is_a.is_interval(kind)


def read(series: Any) -> Numeric | None:
    """Return a column as numbers, booleans as 0 and 1; None if it is not numeric."""
    series = _plain(series)
    kind = series.type
    missing = np.asarray(series.is_null())
    if pa.types.is_boolean(kind):
        return Numeric(_filled(series.cast(pa.int64())), or_none(missing), TRUTHS)
    if not _is_number(kind):
        return None
    if pa.types.is_decimal(kind):
        return _read_decimals(series, missing)
    if pa.types.is_temporal(kind):
        return _read_times(series, missing)
    return widened(_filled(series), missing)


def _filled(series: Any) -> NDArray[Any]:
    return np.asarray(series.fill_null(0) if series.null_count else series)


def _read_times(series: Any, missing: NDArray[np.bool_]) -> Numeric:
    kind, is_a = series.type, pa.types
    if kind.bit_width == 32:
        series = series.cast(pa.int32())
    values = _filled(series.cast(pa.int64()))
    sort = "m" if is_a.is_duration(kind) else "t" if is_a.is_time(kind) else "M"
    # Types of 32-bit and 64-bit dates (in days and in milliseconds) have no unit.
    unit = getattr(kind, "unit", "D" if kind.bit_width == 32 else "ms")
    return temporal(values, or_none(missing), sort, unit)


def _read_decimals(series: Any, missing: NDArray[np.bool_]) -> Numeric:
    kind = series.type
    held = series.cast(_widest(kind, kind.scale)).combine_chunks()
    counted = held.view(_widest(kind, 0))
    if kind.precision <= NARROW:
        values = _filled(counted.cast(pa.int64()))
    else:
        values = np.empty(len(counted), dtype=object)
        values[:] = [0 if v is None else int(v) for v in counted.to_pylist()]
    return decimals(values, missing, kind.precision, kind.scale)


def _widest(kind: Any, scale: int) -> Any:
    if pa.types.is_decimal256(kind):
        return pa.decimal256(76, scale)
    return pa.decimal128(38, scale)


def write(column: Numeric, like: Any, _parents: Callable[[], Positions]) -> Any:
    """Return a column of the same type as ``like``."""
    kind = like.type
    plain = pa.bool_() if column.is_truth else _plain_type(kind)
    cells = _write_plain(column, plain)
    return cells if plain == kind else _encoded(pa.chunked_array([cells]), kind)


def _write_plain(column: Numeric, kind: Any) -> Any:
    nulls = column.nulls
    if pa.types.is_decimal(kind):
        return _write_decimals(column, kind)
    new = pa.array(column.values, mask=nulls)
    if pa.types.is_temporal(kind) and kind.bit_width == 32:
        new = new.cast(pa.int32())
    return new.cast(kind)


def _write_decimals(column: Numeric, kind: Any) -> Any:
    counted = _widest(kind, 0)
    if column.values.dtype == object:
        cells = [Decimal(v) for v in column.values.tolist()]
        new = pa.array(cells, counted, mask=column.nulls)
    else:
        new = pa.array(column.values, mask=column.nulls).cast(counted)
    return new.view(_widest(kind, kind.scale)).cast(kind)


def codes(series: Any, what: str) -> NDArray[np.int32]:
    """Return category codes, -1 where missing.

    Raises
    ------
    TypeError
        If cells cannot be compared.
    """
    while (plain := _plain(series)) is not series:
        series = plain
    if pa.types.is_null(series.type):
        return np.full(len(series), -1, dtype=np.int32)
    try:
        encoded = series.unify_dictionaries().combine_chunks().dictionary_encode()
    except pa.ArrowNotImplementedError:
        cells = np.empty(len(series), dtype=object)
        cells[:] = series.to_pylist()
        return factorize(cells, what)[0]
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes: NDArray[np.int32] = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy()
    return codes.astype(np.int32)
