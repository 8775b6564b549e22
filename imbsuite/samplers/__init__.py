"""Samplers: one paper, one file."""

from imbsuite.samplers.adasyn import ADASYN
from imbsuite.samplers.borderline import BorderlineSMOTE
from imbsuite.samplers.chain import Chain, make_chain
from imbsuite.samplers.edited_nearest_neighbours import EditedNearestNeighbours
from imbsuite.samplers.geometric import GeometricSMOTE
from imbsuite.samplers.kmeans import KMeansSMOTE
from imbsuite.samplers.random_over import RandomOverSampler
from imbsuite.samplers.random_under import RandomUnderSampler
from imbsuite.samplers.rcal import RCALSampler
from imbsuite.samplers.safe_level import SafeLevelSMOTE
from imbsuite.samplers.smote import SMOTE
from imbsuite.samplers.subclass import SubclassSampler
from imbsuite.samplers.svm import SVMSMOTE
from imbsuite.samplers.temperature import TemperatureSampler
from imbsuite.samplers.tomek_links import TomekLinks

__all__ = [
    "ADASYN",
    "SMOTE",
    "SVMSMOTE",
    "BorderlineSMOTE",
    "Chain",
    "EditedNearestNeighbours",
    "GeometricSMOTE",
    "KMeansSMOTE",
    "RCALSampler",
    "RandomOverSampler",
    "RandomUnderSampler",
    "SafeLevelSMOTE",
    "SubclassSampler",
    "TemperatureSampler",
    "TomekLinks",
    "make_chain",
]
