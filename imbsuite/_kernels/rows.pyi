from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Positions: TypeAlias = NDArray[np.intp]
Steps: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int32] | NDArray[np.int64]

def take_rows(
    values: Bytes, positions: Positions | None, out: Bytes, threads: int
) -> None: ...
def all_finite(
    words: NDArray[np.unsignedinteger[Any]], exponent: int, unit: int, threads: int
) -> bool: ...
def between_floats(
    values: NDArray[np.floating[Any]],
    seeds: Positions,
    partners: Positions,
    steps: Steps,
    out: NDArray[np.floating[Any]],
    threads: int,
) -> None: ...
def between_integers(
    values: NDArray[np.integer[Any]],
    seeds: Positions,
    partners: Positions,
    steps: Steps,
    low: int,
    high: int,
    out: NDArray[np.integer[Any]],
    threads: int,
) -> None: ...
def count_entries(
    starts: Indices,
    columns: Indices,
    seeds: Positions,
    partners: Positions,
    counts: NDArray[np.int64],
    threads: int,
) -> None: ...
def merge_rows(
    starts: Indices,
    columns: Indices,
    data: NDArray[Any],
    seeds: Positions,
    partners: Positions,
    steps: Steps,
    low: float,
    high: float,
    out_starts: Indices,
    out_columns: Indices,
    out_data: NDArray[Any],
    threads: int,
) -> None: ...
