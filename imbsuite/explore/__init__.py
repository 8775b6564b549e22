"""Look before you resample: whether it helps on this table, and what it costs."""

from imbsuite.explore.compare import compare
from imbsuite.explore.comparison import Comparison
from imbsuite.explore.curves import LearningCurvesDisplay
from imbsuite.explore.normality import class_normality

__all__ = ["Comparison", "LearningCurvesDisplay", "class_normality", "compare"]
