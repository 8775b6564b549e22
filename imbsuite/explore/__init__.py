"""Look before you resample: whether it helps on this table, and what it costs."""

from imbsuite.explore.compare import compare
from imbsuite.explore.comparison import Comparison

__all__ = ["Comparison", "compare"]
