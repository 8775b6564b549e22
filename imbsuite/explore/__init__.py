"""Looking before resampling: does it help on this table, and what does it cost?"""

from imbsuite.explore.compare import compare
from imbsuite.explore.comparison import Comparison

__all__ = ["Comparison", "compare"]
