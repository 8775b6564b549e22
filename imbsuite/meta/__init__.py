"""Estimators around an estimator."""

from imbsuite.meta.cooldown import CooldownClassifier
from imbsuite.meta.resampled import ResampledClassifier

__all__ = ["CooldownClassifier", "ResampledClassifier"]
