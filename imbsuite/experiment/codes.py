"""Category codes, for boosted trees that accept them.

scikit-learn's boosted trees encode the categories of a DataFrame again in every fit and
every prediction. Here, codes are computed once for each table. They are in the order in
which the trees would sort the categories, so they give the same trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from imbsuite._extras import need
from imbsuite._types import Floats, Mask


def most_codes(model: Any) -> int:
    """Return how many categories per column a model accepts as codes; 0 for none.

    Only models that detect categories by dtype and do not name columns accept codes.
    """
    known = (
        type(model) is HistGradientBoostingClassifier
        and isinstance(model.categorical_features, str)
        and model.categorical_features == "from_dtype"
        and model.monotonic_cst is None
        and model.interaction_cst is None
    )
    return int(model.max_bins) if known else 0


@dataclass(frozen=True)
class Codes:
    """The categories of each column of an encoded table, in order; None for numbers."""

    categories: tuple[Any, ...]

    @classmethod
    def of(cls, encoded: Any, most: int) -> Self | None:
        """Return the codes of a table.

        None if it has no categories, or columns that the trees refuse: their error
        message names the column.
        """
        if not most or type(encoded) is not need("pandas").DataFrame:
            return None
        try:
            categories = tuple(_categories(dtype) for dtype in encoded.dtypes)
        except TypeError:  # values that cannot be sorted, or text
            return None
        sizes = [len(one) for one in categories if one is not None]
        return cls(categories) if sizes and max(sizes) <= most else None

    @property
    def mask(self) -> Mask:
        """Which columns have categories, (n_columns,)."""
        return np.array([one is not None for one in self.categories])

    def encode(self, encoded: Any) -> Floats:
        """Return numbers and codes, (n_rows, n_columns); NaN for unknown categories."""
        cells = np.empty(encoded.shape)
        for i, categories in enumerate(self.categories):
            column = encoded.iloc[:, i]
            if categories is None:
                cells[:, i] = column
            else:
                codes = column.cat.set_categories(categories).cat.codes.to_numpy()
                cells[:, i] = np.where(codes < 0, np.nan, codes)
        return cells


def _categories(dtype: Any) -> Any:
    """Return sorted categories; None for numbers, TypeError for other types."""
    if isinstance(dtype, need("pandas").CategoricalDtype):
        return sorted(dtype.categories)
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":
        return None
    raise TypeError(dtype)
