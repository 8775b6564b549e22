"""Classifiers that turn probabilities into labels."""

from imbsuite.decision.constrained import ConstrainedThresholdClassifier
from imbsuite.decision.cost import CostThresholdClassifier
from imbsuite.decision.prior import PriorThresholdClassifier
from imbsuite.decision.tuned import TunedThresholdClassifier

__all__ = [
    "ConstrainedThresholdClassifier",
    "CostThresholdClassifier",
    "PriorThresholdClassifier",
    "TunedThresholdClassifier",
]
