"""From probabilities to labels."""

from imbsuite.decision.cost import CostThresholdClassifier
from imbsuite.decision.prior import PriorThresholdClassifier
from imbsuite.decision.tuned import TunedThresholdClassifier

__all__ = [
    "CostThresholdClassifier",
    "PriorThresholdClassifier",
    "TunedThresholdClassifier",
]
