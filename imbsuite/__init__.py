"""imbsuite: a scikit-learn-compatible toolkit for rare classes in tables.

Names are loaded on first use, so that the import itself loads little.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbsuite.cluster import BalancedKMeans, SubclassEncoder
    from imbsuite.decision import (
        ConstrainedThresholdClassifier,
        CostThresholdClassifier,
        PriorThresholdClassifier,
        TunedThresholdClassifier,
    )
    from imbsuite.explore.compare import compare
    from imbsuite.explore.comparison import Comparison
    from imbsuite.meta import (
        CooldownClassifier,
        ResampledClassifier,
        SubclassClassifier,
    )
    from imbsuite.ordinal import (
        PrestoClassifier,
        PrestoClassifierCV,
        ProportionalOddsClassifier,
    )
    from imbsuite.plan import Tempered
    from imbsuite.probability import LabelShiftAdapter, PriorCorrectedClassifier
    from imbsuite.samplers import *  # noqa: F403
    from imbsuite.temperature import (
        Cooldown,
        TemperatureBatchSampler,
        temperature_weights,
    )

__version__ = "0.1.0"

__all__ = [
    "BalancedKMeans",
    "Comparison",
    "ConstrainedThresholdClassifier",
    "Cooldown",
    "CooldownClassifier",
    "CostThresholdClassifier",
    "LabelShiftAdapter",
    "PrestoClassifier",
    "PrestoClassifierCV",
    "PriorCorrectedClassifier",
    "PriorThresholdClassifier",
    "ProportionalOddsClassifier",
    "ResampledClassifier",
    "SubclassClassifier",
    "SubclassEncoder",
    "TemperatureBatchSampler",
    "Tempered",
    "TunedThresholdClassifier",
    "compare",
    "temperature_weights",
]

_ROOMS = {
    "LabelShiftAdapter": "probability",
    "PriorCorrectedClassifier": "probability",
    "PrestoClassifier": "ordinal",
    "PrestoClassifierCV": "ordinal",
    "PriorThresholdClassifier": "decision",
    "ProportionalOddsClassifier": "ordinal",
    "BalancedKMeans": "cluster",
    "Comparison": "explore",
    "ConstrainedThresholdClassifier": "decision",
    "Cooldown": "temperature",
    "CooldownClassifier": "meta",
    "CostThresholdClassifier": "decision",
    "ResampledClassifier": "meta",
    "SubclassClassifier": "meta",
    "SubclassEncoder": "cluster",
    "TemperatureBatchSampler": "temperature",
    "Tempered": "plan",
    "TunedThresholdClassifier": "decision",
    "compare": "explore",
    "temperature_weights": "temperature",
}


# A type checker takes every name that a module's __getattr__ may answer for one that is
# there; it must see the imports above and nothing else, or no misspelt name is found.
if not TYPE_CHECKING:
    from imbsuite import samplers  # it lists its names without importing them

    __all__ += samplers.__all__

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        room = import_module(f"{__name__}.{_ROOMS.get(name, 'samplers')}")
        return getattr(room, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
