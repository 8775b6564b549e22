from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Codes: TypeAlias = NDArray[np.int32]
Positions: TypeAlias = NDArray[np.intp]

BLOCK_ROWS: int

def register_widths() -> list[int]: ...

class Index:
    points: Floats
    codes: Codes
    gaps: Positions
    order: Positions
    n: int

    def __init__(
        self,
        points: Floats,
        codes: Codes,
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
        queries: Floats,
        codes: Codes,
        order: Positions,
        own: Positions,
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
