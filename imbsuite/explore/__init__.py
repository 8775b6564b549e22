"""Look before you resample: whether it helps on this table, and what it costs."""

from imbsuite.displays.class_sizes import ClassSizesDisplay
from imbsuite.displays.curves import LearningCurvesDisplay
from imbsuite.displays.forest import ComparisonDisplay
from imbsuite.displays.presto_path import PrestoPathDisplay
from imbsuite.displays.reliability import ReliabilityDisplay
from imbsuite.displays.resampling import ResamplingDisplay
from imbsuite.displays.thresholds import ThresholdDisplay
from imbsuite.explore.compare import compare
from imbsuite.explore.comparison import Comparison
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
