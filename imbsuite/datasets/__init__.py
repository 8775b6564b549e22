"""Tables with rare classes: included real tables, and tools to subsample balanced ones."""

from imbsuite.datasets._bundled import (
    load_abalone19,
    load_hepatitis,
    load_wine_white,
)
from imbsuite.datasets._imbalance import make_linear_imbalance, make_step_imbalance

__all__ = [
    "load_abalone19",
    "load_hepatitis",
    "load_wine_white",
    "make_linear_imbalance",
    "make_step_imbalance",
]
