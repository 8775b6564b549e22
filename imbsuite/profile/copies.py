"""Rows that repeat the features of another row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._classes import Labels
from imbsuite._extras import need
from imbsuite.profile.column import Column
from imbsuite.profile.columns import as_pandas

# A share of the rows of a class below which copies are not worth a note.
_FEW_COPIES = 0.01
# With fewer combinations of values for each row, rows repeat by chance.
_ROOM = 10


def about_copies(
    X: Any, columns: Sequence[Column], labels: Labels, *, grouped: bool = False
) -> Iterator[str]:
    """Report rows with the same features, of the same or of several classes.

    Identifiers are not features here. If the columns have few combinations of values, rows
    repeat naturally and are not reported, nor are copies with groups, which may keep them
    together.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
    columns : sequence of Column
    labels : Labels
    grouped : bool, default=False
        Whether groups are passed.
    """
    features = [j for j, c in enumerate(columns) if c.finding != "identifier"]
    if sp.issparse(X) or not features:
        return
    codes, n_classes = labels.codes, len(labels.classes)
    contents = np.unique(_hashes(X, features), return_inverse=True)[1]
    cells = contents * n_classes + codes
    same_cell, same_content = np.bincount(cells)[cells], np.bincount(contents)[contents]
    copies = np.ones(len(codes), dtype=bool)
    copies[np.unique(cells, return_index=True)[1]] = False
    combinations = _log_combinations(columns, features)
    natural = combinations < np.log(_ROOM * len(codes))
    if not (natural or grouped) and _many(copies, labels):
        yield (
            f"{_rows(copies)} repeat the features and the class of another row. Copies in "
            "training and test folds make scores too good; remove them, unless such rows "
            "do occur repeatedly."
        )
    torn = same_content > same_cell
    if combinations >= np.log(len(codes)) and _many(torn, labels):
        yield (
            f"{_rows(torn)} have the same features as a row of another class, so no model "
            "can tell these classes apart there; check the labels."
        )


def _rows(chosen: NDArray[np.bool_]) -> str:
    return f"{int(chosen.sum()):,} rows ({chosen.mean():.1%})"


def _many(chosen: NDArray[np.bool_], labels: Labels) -> bool:
    """Return whether rows are more than a few of any class."""
    by_class = np.bincount(labels.codes[chosen], minlength=len(labels.classes))
    return bool(np.any((by_class > 1) & (by_class >= _FEW_COPIES * labels.sizes)))


def _log_combinations(columns: Sequence[Column], features: Sequence[int]) -> float:
    return sum(np.log(max(1, columns[j].distinct)) for j in features)


def _hashes(X: Any, features: Sequence[int]) -> NDArray[np.uint64]:
    frame = as_pandas(X).iloc[:, features]
    hashed = need("pandas").util.hash_pandas_object
    try:
        codes: NDArray[np.uint64] = hashed(frame, index=False).to_numpy()
    except TypeError:  # lists and other cells without a hash
        codes = hashed(frame.astype(str), index=False).to_numpy()
    return codes
