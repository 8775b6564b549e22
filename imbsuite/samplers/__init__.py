"""Samplers: one file for each paper.

Classes are imported on first use, so that listing their names is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbsuite.samplers.adasyn import ADASYN as ADASYN
    from imbsuite.samplers.borderline import BorderlineSMOTE as BorderlineSMOTE
    from imbsuite.samplers.ccr import CCR as CCR
    from imbsuite.samplers.chain import Chain as Chain
    from imbsuite.samplers.chain import make_chain as make_chain
    from imbsuite.samplers.cluster_centroids import ClusterCentroids as ClusterCentroids
    from imbsuite.samplers.condensed_nearest_neighbour import (
        CondensedNearestNeighbour as CondensedNearestNeighbour,
    )
    from imbsuite.samplers.edited_nearest_neighbours import AllKNN as AllKNN
    from imbsuite.samplers.edited_nearest_neighbours import (
        EditedNearestNeighbours as EditedNearestNeighbours,
    )
    from imbsuite.samplers.edited_nearest_neighbours import (
        RepeatedEditedNearestNeighbours as RepeatedEditedNearestNeighbours,
    )
    from imbsuite.samplers.geometric import GeometricSMOTE as GeometricSMOTE
    from imbsuite.samplers.instance_hardness import InstanceHardness as InstanceHardness
    from imbsuite.samplers.kmeans import KMeansSMOTE as KMeansSMOTE
    from imbsuite.samplers.near_miss import NearMiss as NearMiss
    from imbsuite.samplers.neighbourhood_cleaning_rule import (
        NeighbourhoodCleaningRule as NeighbourhoodCleaningRule,
    )
    from imbsuite.samplers.one_sided_selection import (
        OneSidedSelection as OneSidedSelection,
    )
    from imbsuite.samplers.polynom_fit import PolynomFitSMOTE as PolynomFitSMOTE
    from imbsuite.samplers.prowsyn import ProWSyn as ProWSyn
    from imbsuite.samplers.random_over import RandomOverSampler as RandomOverSampler
    from imbsuite.samplers.random_under import RandomUnderSampler as RandomUnderSampler
    from imbsuite.samplers.rcal import RCALSampler as RCALSampler
    from imbsuite.samplers.safe_level import SafeLevelSMOTE as SafeLevelSMOTE
    from imbsuite.samplers.smote import SMOTE as SMOTE
    from imbsuite.samplers.subclass import SubclassSampler as SubclassSampler
    from imbsuite.samplers.svm import SVMSMOTE as SVMSMOTE
    from imbsuite.samplers.temperature import TemperatureSampler as TemperatureSampler
    from imbsuite.samplers.tomek_links import TomekLinks as TomekLinks

# The module that defines each public name.
_FILES = {
    "ADASYN": "adasyn",
    "CCR": "ccr",
    "SMOTE": "smote",
    "SVMSMOTE": "svm",
    "AllKNN": "edited_nearest_neighbours",
    "BorderlineSMOTE": "borderline",
    "Chain": "chain",
    "ClusterCentroids": "cluster_centroids",
    "CondensedNearestNeighbour": "condensed_nearest_neighbour",
    "EditedNearestNeighbours": "edited_nearest_neighbours",
    "GeometricSMOTE": "geometric",
    "InstanceHardness": "instance_hardness",
    "KMeansSMOTE": "kmeans",
    "NearMiss": "near_miss",
    "NeighbourhoodCleaningRule": "neighbourhood_cleaning_rule",
    "OneSidedSelection": "one_sided_selection",
    "PolynomFitSMOTE": "polynom_fit",
    "ProWSyn": "prowsyn",
    "RCALSampler": "rcal",
    "RandomOverSampler": "random_over",
    "RandomUnderSampler": "random_under",
    "RepeatedEditedNearestNeighbours": "edited_nearest_neighbours",
    "SafeLevelSMOTE": "safe_level",
    "SubclassSampler": "subclass",
    "TemperatureSampler": "temperature",
    "TomekLinks": "tomek_links",
    "make_chain": "chain",
}


# Type checkers must see only the imports above: see imbsuite/__init__.py.
if not TYPE_CHECKING:
    __all__ = list(_FILES)

    def __getattr__(name: str) -> Any:
        if name not in _FILES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_FILES)
