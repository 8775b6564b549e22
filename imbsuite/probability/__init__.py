"""From distorted probabilities to honest ones."""

from imbsuite.probability.corrected import PriorCorrectedClassifier
from imbsuite.probability.shift import LabelShiftAdapter

__all__ = ["LabelShiftAdapter", "PriorCorrectedClassifier"]
