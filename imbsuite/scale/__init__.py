"""Tables larger than memory: the same plans and samplers on Dask."""

from imbsuite.scale.cost import Cost
from imbsuite.scale.gathered_rows import GatherLimitError
from imbsuite.scale.resampling import ScaledResampling, plan, resample

__all__ = ["Cost", "GatherLimitError", "ScaledResampling", "plan", "resample"]
