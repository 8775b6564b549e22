"""Tables with rare classes: real tables, synthetic tables, and tools for subsampling."""

from imbsuite.datasets._bundled import (
    load_abalone19,
    load_hepatitis,
    load_wine_white,
)
from imbsuite.datasets._imbalance import make_linear_imbalance, make_step_imbalance
from imbsuite.datasets._labels import make_rare_labels

__all__ = [
    "load_abalone19",
    "load_hepatitis",
    "load_wine_white",
    "make_linear_imbalance",
    "make_rare_labels",
    "make_step_imbalance",
]
