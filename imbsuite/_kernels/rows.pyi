from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Positions: TypeAlias = NDArray[np.intp]

def take_rows(
    values: Bytes, positions: Positions, out: Bytes, threads: int
) -> None: ...
