"""Columns that alone determine the class of every row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._classes import Labels
from imbsuite._types import Codes
from imbsuite.profile.column import Column
from imbsuite.profile.columns import cells_of, is_missing
from imbsuite.profile.notes import Ways, listed, verb

# A meaningless column separates a smaller class too often by chance: in a table of 100
# rows, the two rows of a class have the largest values in one of 5,000 columns, five
# rows in one of 75 million.
_LEAST_ROWS = 5
# More distinct values may determine the class because each occurs in few rows.
_FEW_VALUES = 10


def about_leaks(
    X: Any, columns: Sequence[Column], labels: Labels, ways: Ways
) -> Iterator[str]:
    """Report columns whose values, or missing values, determine the class of every row.

    The values of identifiers, which have their own note, are not checked. There is no
    note for sparse tables and for tables with a class of fewer than five rows.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
    columns : sequence of Column
    labels : Labels
    ways : Ways
    """
    if sp.issparse(X) or min(labels.sizes) < _LEAST_ROWS:
        return
    places = [
        j
        for j, (column, cells) in enumerate(zip(columns, cells_of(X), strict=True))
        if _tells(column, cells, labels.codes)
    ]
    if places:
        names = [columns[j].name for j in places]
        yield (
            f"{listed(names)} alone {verb(names, 'determines', 'determine')} the "
            "class of every row, like a copy of the target or a value that is "
            "recorded after the class is known. If new rows will not have such "
            f"values, scores are too good. {ways.leave_out(places, names)}"
        )


def _tells(column: Column, cells: Any, codes: Codes) -> bool:
    is_gap = is_missing(cells)
    missing = is_gap.to_numpy().astype(bool)
    if _are_classes(missing, codes):
        return True
    if column.finding in {"identifier", "repeated identifier"}:
        return False
    sizes = np.bincount(codes[~missing], minlength=codes.max() + 1)
    if 2 * int(missing.sum()) > len(codes) or sizes.min() < _LEAST_ROWS:
        return False
    present, codes = cells.filter(~is_gap), codes[~missing]
    if present.dtype.is_numeric() and not present.dtype.is_decimal():
        return _are_apart(present.to_numpy(), codes)
    return column.distinct <= _FEW_VALUES and _are_pure(present.to_list(), codes)


def _are_classes(missing: NDArray[np.bool_], codes: Codes) -> bool:
    """Return whether values are missing in exactly the rows of one of two classes."""
    if not missing.any() or codes.max() > 1:
        return False
    return bool(np.all(missing == codes) or np.all(missing != codes))


def _are_apart(values: NDArray[Any], codes: Codes) -> bool:
    """Return whether the classes have disjoint ranges of values."""
    by_class = [values[codes == code] for code in range(codes.max() + 1)]
    ends = np.array([(part.min(), part.max()) for part in by_class], dtype=float)
    ends = ends[ends[:, 0].argsort()]
    return bool(np.all(ends[:-1, 1] < ends[1:, 0]))


def _are_pure(values: list[Any], codes: Codes) -> bool:
    """Return whether each value occurs in one class only."""
    texts = [str(value) for value in values]
    pairs = set(zip(texts, codes.tolist(), strict=True))
    return len(pairs) == len(set(texts))
