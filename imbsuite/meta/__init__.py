"""Meta-estimators: resampling, ensembles, cooldown training and subclasses."""

from imbsuite.meta.cooldown import CooldownClassifier
from imbsuite.meta.ensemble import ResampledEnsembleClassifier
from imbsuite.meta.resampled import ResampledClassifier
from imbsuite.meta.subclass import SubclassClassifier

__all__ = [
    "CooldownClassifier",
    "ResampledClassifier",
    "ResampledEnsembleClassifier",
    "SubclassClassifier",
]
