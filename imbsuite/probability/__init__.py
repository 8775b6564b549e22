"""Classifiers that correct probabilities for the class prior."""

from imbsuite.probability.corrected import PriorCorrectedClassifier
from imbsuite.probability.partial import PartialLabelClassifier
from imbsuite.probability.shift import LabelShiftAdapter

__all__ = ["LabelShiftAdapter", "PartialLabelClassifier", "PriorCorrectedClassifier"]
