"""Look before you resample: whether it helps on this table, and what it costs."""

from imbsuite.explore.compare import compare
from imbsuite.explore.comparison import Comparison
from imbsuite.explore.displays.class_sizes import ClassSizesDisplay
from imbsuite.explore.displays.curves import LearningCurvesDisplay
from imbsuite.explore.displays.forest import ComparisonDisplay
from imbsuite.explore.displays.presto_path import PrestoPathDisplay
from imbsuite.explore.displays.reliability import ReliabilityDisplay
from imbsuite.explore.displays.resampling import ResamplingDisplay
from imbsuite.explore.displays.thresholds import ThresholdDisplay
from imbsuite.explore.normality import class_normality

__all__ = [
    "ClassSizesDisplay",
    "Comparison",
    "ComparisonDisplay",
    "LearningCurvesDisplay",
    "PrestoPathDisplay",
    "ReliabilityDisplay",
    "ResamplingDisplay",
    "ThresholdDisplay",
    "class_normality",
    "compare",
]
