"""Estimators around an estimator."""

from imbsuite.meta.resampled import ResampledClassifier

__all__ = ["ResampledClassifier"]
