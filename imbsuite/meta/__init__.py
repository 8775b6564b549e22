"""Estimators around an estimator."""

from imbsuite.meta.cooldown import CooldownClassifier
from imbsuite.meta.resampled import ResampledClassifier
from imbsuite.meta.subclass import SubclassClassifier

__all__ = ["CooldownClassifier", "ResampledClassifier", "SubclassClassifier"]
