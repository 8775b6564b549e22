"""Samplers: one paper, one file.

Names are loaded when they are first used: the package lists them without importing them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# The file that each of them is in.
_FILES = {
    "ADASYN": "adasyn",
    "BorderlineSMOTE": "borderline",
    "Chain": "chain",
    "make_chain": "chain",
    "EditedNearestNeighbours": "edited_nearest_neighbours",
    "GeometricSMOTE": "geometric",
    "KMeansSMOTE": "kmeans",
    "RandomOverSampler": "random_over",
    "RandomUnderSampler": "random_under",
    "RCALSampler": "rcal",
    "SafeLevelSMOTE": "safe_level",
    "SMOTE": "smote",
    "SubclassSampler": "subclass",
    "SVMSMOTE": "svm",
    "TemperatureSampler": "temperature",
    "TomekLinks": "tomek_links",
}


# Type checkers must see the imports above and nothing else: see the package's own.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
