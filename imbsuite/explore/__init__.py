"""Compare strategies for rare classes on a table, and draw what they do."""

from typing import TYPE_CHECKING, Any

from imbsuite._warning import warn
from imbsuite.displays.class_sizes import ClassSizesDisplay
from imbsuite.displays.epoch_scores import EpochScoresDisplay
from imbsuite.displays.forest import ComparisonDisplay
from imbsuite.displays.label_imbalance import LabelImbalanceDisplay
from imbsuite.displays.loss_path import LossPathDisplay
from imbsuite.displays.presto_path import PrestoPathDisplay
from imbsuite.displays.reliability import ReliabilityDisplay
from imbsuite.displays.resampling import ResamplingDisplay
from imbsuite.displays.suspects import SuspectLabelsDisplay
from imbsuite.displays.thresholds import ThresholdDisplay
from imbsuite.explore.compare import compare
from imbsuite.explore.comparison import Comparison
from imbsuite.explore.influential_rows import InfluentialRows, influential_rows
from imbsuite.explore.normality import class_normality
from imbsuite.explore.strategy_search import StrategySearchCV
from imbsuite.explore.suspect_labels import suspect_labels
from imbsuite.profile.label_imbalance import LabelImbalance, label_imbalance

__all__ = [
    "ClassSizesDisplay",
    "Comparison",
    "ComparisonDisplay",
    "EpochScoresDisplay",
    "InfluentialRows",
    "LabelImbalance",
    "LabelImbalanceDisplay",
    "LossPathDisplay",
    "PrestoPathDisplay",
    "ReliabilityDisplay",
    "ResamplingDisplay",
    "StrategySearchCV",
    "SuspectLabelsDisplay",
    "ThresholdDisplay",
    "class_normality",
    "compare",
    "influential_rows",
    "label_imbalance",
    "suspect_labels",
]

# Type checkers would accept any name of a module that defines __getattr__.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name != "LearningCurvesDisplay":
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        warn("LearningCurvesDisplay is now called EpochScoresDisplay.", FutureWarning)
        return EpochScoresDisplay
