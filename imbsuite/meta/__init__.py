"""Meta-estimators: resampling, ensembles, cooldown training, subclasses, wrong labels."""

from imbsuite.meta.cooldown import CooldownClassifier
from imbsuite.meta.ensemble import ResampledEnsembleClassifier
from imbsuite.meta.label_sampler import LabelSampler
from imbsuite.meta.mlsmote import MLSMOTE
from imbsuite.meta.pseudo_label import PseudoLabelClassifier
from imbsuite.meta.resampled import ResampledClassifier
from imbsuite.meta.rescaled import RescaledClassifier
from imbsuite.meta.subclass import SubclassClassifier

__all__ = [
    "MLSMOTE",
    "CooldownClassifier",
    "LabelSampler",
    "PseudoLabelClassifier",
    "ResampledClassifier",
    "ResampledEnsembleClassifier",
    "RescaledClassifier",
    "SubclassClassifier",
]
