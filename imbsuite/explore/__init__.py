"""Look before you resample: whether it helps on this table, and what it costs."""

from imbsuite.explore.compare import compare
from imbsuite.explore.comparison import Comparison
from imbsuite.explore.curves import LearningCurvesDisplay
from imbsuite.explore.normality import class_normality
from imbsuite.explore.presto_path import PrestoPathDisplay
from imbsuite.explore.reliability import ReliabilityDisplay
from imbsuite.explore.thresholds import ThresholdDisplay

__all__ = [
    "Comparison",
    "LearningCurvesDisplay",
    "PrestoPathDisplay",
    "ReliabilityDisplay",
    "ThresholdDisplay",
    "class_normality",
    "compare",
]
