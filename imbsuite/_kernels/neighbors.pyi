from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Codes: TypeAlias = NDArray[np.int32]
Positions: TypeAlias = NDArray[np.intp]

BLOCK_ROWS: int

def register_widths() -> list[int]: ...

class Table:
    values: Floats
    codes: Codes

    def __init__(
        self, values: Floats, codes: Codes, shift: Floats, spread: Floats
    ) -> None: ...

class Index:
    order: Positions

    def __init__(
        self,
        table: Table,
        m2: float,
        gaps: Positions,
        center: Floats,
        scale: float,
        order: Positions,
        starts: Positions,
        threads: int,
        widest: int = 16,
    ) -> None: ...
    def search(
        self,
        table: Table,
        rows: Positions,
        labels: Positions,
        blocks: Positions,
        squared: Floats,
        found: Positions,
        prune: bool,
        local: bool,
        threads: int,
    ) -> int: ...
    def describe_clusters(
        self, centers: Index, squared_apart: Floats, visits: Positions, threads: int
    ) -> None: ...
