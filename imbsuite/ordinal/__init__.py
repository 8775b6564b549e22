"""Ordered classes, the rare one last: PRESTO, proportional odds, and metrics."""

from imbsuite.ordinal.metrics import (
    macro_averaged_absolute_error,
    ranked_probability_score,
)
from imbsuite.ordinal.presto import PrestoClassifier
from imbsuite.ordinal.presto_cv import PrestoClassifierCV
from imbsuite.ordinal.proportional_odds import ProportionalOddsClassifier

__all__ = [
    "PrestoClassifier",
    "PrestoClassifierCV",
    "ProportionalOddsClassifier",
    "macro_averaged_absolute_error",
    "ranked_probability_score",
]
