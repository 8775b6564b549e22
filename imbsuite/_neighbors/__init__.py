"""Distances and nearest neighbors: the only interface to the compiled engine."""

from imbsuite._neighbors.embedding import Embedding
from imbsuite._neighbors.lloyd import lloyd
from imbsuite._neighbors.moments import (
    column_moments,
    fill_missing,
    has_gaps,
    joined_moments,
    part_moments,
    rounded_moments,
)
from imbsuite._neighbors.others import search_with
from imbsuite._neighbors.points import (
    local_outlier_factor,
    nearest_point,
    outlyingness,
)
from imbsuite._neighbors.scaled import batches
from imbsuite._neighbors.space import Space
