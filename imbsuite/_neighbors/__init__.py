"""Distances and nearest neighbours: the one seam to the compiled engine."""

from imbsuite._neighbors.space import Space, column_moments, fill_missing

__all__ = ["Space", "column_moments", "fill_missing"]
