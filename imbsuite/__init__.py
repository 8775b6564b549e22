"""imbsuite: a scikit-learn-compatible toolkit for rare classes in tables.

Names are loaded on first use, so that the import itself loads little.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbsuite.cluster import BalancedKMeans as BalancedKMeans
    from imbsuite.cluster import SubclassEncoder as SubclassEncoder
    from imbsuite.decision import (
        ConstrainedThresholdClassifier as ConstrainedThresholdClassifier,
    )
    from imbsuite.decision import CostThresholdClassifier as CostThresholdClassifier
    from imbsuite.decision import PriorThresholdClassifier as PriorThresholdClassifier
    from imbsuite.decision import TunedThresholdClassifier as TunedThresholdClassifier
    from imbsuite.explore.compare import compare as compare
    from imbsuite.explore.comparison import Comparison as Comparison
    from imbsuite.explore.strategy_search import StrategySearchCV as StrategySearchCV
    from imbsuite.losses import BoostedLossClassifier as BoostedLossClassifier
    from imbsuite.losses import LinearLossClassifier as LinearLossClassifier
    from imbsuite.meta import MLSMOTE as MLSMOTE
    from imbsuite.meta import CooldownClassifier as CooldownClassifier
    from imbsuite.meta import LabelSampler as LabelSampler
    from imbsuite.meta import PseudoLabelClassifier as PseudoLabelClassifier
    from imbsuite.meta import ResampledClassifier as ResampledClassifier
    from imbsuite.meta import ResampledEnsembleClassifier as ResampledEnsembleClassifier
    from imbsuite.meta import RescaledClassifier as RescaledClassifier
    from imbsuite.meta import SubclassClassifier as SubclassClassifier
    from imbsuite.ordinal import PrestoClassifier as PrestoClassifier
    from imbsuite.ordinal import PrestoClassifierCV as PrestoClassifierCV
    from imbsuite.ordinal import (
        ProportionalOddsClassifier as ProportionalOddsClassifier,
    )
    from imbsuite.plan import Tempered as Tempered
    from imbsuite.probability import LabelShiftAdapter as LabelShiftAdapter
    from imbsuite.probability import PartialLabelClassifier as PartialLabelClassifier
    from imbsuite.probability import (
        PriorCorrectedClassifier as PriorCorrectedClassifier,
    )
    from imbsuite.samplers import *  # noqa: F403
    from imbsuite.temperature import Cooldown as Cooldown
    from imbsuite.temperature import TemperatureBatchSampler as TemperatureBatchSampler
    from imbsuite.temperature import temperature_weights as temperature_weights

__version__ = "0.1.0"

# The subpackage of each public name; samplers are listed by their own subpackage.
_ROOMS = {
    "BalancedKMeans": "cluster",
    "BoostedLossClassifier": "losses",
    "Comparison": "explore",
    "ConstrainedThresholdClassifier": "decision",
    "Cooldown": "temperature",
    "CooldownClassifier": "meta",
    "CostThresholdClassifier": "decision",
    "LabelSampler": "meta",
    "LabelShiftAdapter": "probability",
    "LinearLossClassifier": "losses",
    "MLSMOTE": "meta",
    "PartialLabelClassifier": "probability",
    "PrestoClassifier": "ordinal",
    "PrestoClassifierCV": "ordinal",
    "PriorCorrectedClassifier": "probability",
    "PriorThresholdClassifier": "decision",
    "ProportionalOddsClassifier": "ordinal",
    "PseudoLabelClassifier": "meta",
    "ResampledClassifier": "meta",
    "ResampledEnsembleClassifier": "meta",
    "RescaledClassifier": "meta",
    "StrategySearchCV": "explore",
    "SubclassClassifier": "meta",
    "SubclassEncoder": "cluster",
    "TemperatureBatchSampler": "temperature",
    "Tempered": "plan",
    "TunedThresholdClassifier": "decision",
    "compare": "explore",
    "temperature_weights": "temperature",
}


# With a module __getattr__, a type checker accepts any name. It must see only the
# imports above, or it would not find misspelled names.
if not TYPE_CHECKING:
    from imbsuite import samplers  # it lists its names without importing them

    __all__ = list(_ROOMS)
    __all__ += samplers.__all__

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        room = import_module(f"{__name__}.{_ROOMS.get(name, 'samplers')}")
        return getattr(room, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
