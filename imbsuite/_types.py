"""Array types that many modules use, defined once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# Numbers of either precision: the kernels take float32 and float64.
Floats: TypeAlias = NDArray[np.floating[Any]]
# A boolean mask of rows or columns.
Mask: TypeAlias = NDArray[np.bool_]
# Positions of rows in a table, counted from 0.
Positions: TypeAlias = NDArray[np.intp]
# The class, group or stratum of each row: its position among the sorted labels.
Codes: TypeAlias = NDArray[np.intp]
