"""Values with one entry per row: selecting rows, and resampling them with the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._table.cells import Cells
from imbsuite._table.containing import contain
from imbsuite._table.draw import Draw
from imbsuite._types import Positions
from imbsuite._warning import warn


def take(container: Any, positions: Any) -> Any:
    """Return the rows of a container at ``positions``, in a container of the same type.

    Parameters
    ----------
    container : {array-like, sparse matrix, dataframe, series}
        pandas objects keep their row labels.
    positions : array-like of int
        Repeats are allowed.
    """
    rows = np.asarray(positions, dtype=np.intp)
    if isinstance(container, np.ndarray):
        return container.take(rows, axis=0)
    if isinstance(container, (list, tuple)):
        return type(container)(container[i] for i in rows)
    if sp.issparse(container):
        return container.tocsr()[rows].asformat(container.format)
    return _take_other(container, rows)


def stack(first: Any, second: Any) -> Any:
    """Return the rows of two tables of the same type; a pandas index is reset."""
    if isinstance(first, np.ndarray):
        return np.concatenate([first, second])
    if sp.issparse(first):
        return sp.vstack([first, second], format=first.format)
    from imbsuite._table.frames import stack_rows

    return stack_rows(first, second)


def each_row(container: Any) -> Iterator[Any]:
    """Return the rows one by one: as dicts for a dataframe, else as ndarrays."""
    from imbsuite._table.frames import each_dict, is_frame

    if is_frame(container):
        return each_dict(container)
    if sp.issparse(container):
        return (row.toarray().ravel() for row in container.tocsr())
    return iter(np.asarray(container))


def column_of(container: Any, name: str, owner: str) -> NDArray[np.float64]:
    """Return the numbers in a column that a parameter names, missing values as NaN.

    Parameters
    ----------
    container : dataframe
    name : str
        The name of the column.
    owner : str
        The parameter, for messages.

    Raises
    ------
    ValueError
        If ``container`` has no named columns, if it has no column of this name, or if
        the column does not contain numbers.
    """
    from imbsuite._table.frames import is_frame, names_of, numbers_of

    if not is_frame(container):
        msg = (
            f"{owner} names the column {name!r}, but X is {type(container).__name__}, "
            "whose columns have no names. Pass a dataframe."
        )
        raise ValueError(msg)
    names = names_of(container)
    if name not in names:
        msg = (
            f"{owner} names the column {name!r}, which is not in X. Its columns are "
            f"{names}."
        )
        raise ValueError(msg)
    numbers = numbers_of(container, name)
    if numbers is None:
        msg = (
            f"{owner} names the column {name!r} of X, which must hold numbers. Row 0 "
            f"holds {next(each_row(container))[name]!r}."
        )
        raise ValueError(msg)
    return numbers


def _take_other(container: Any, rows: Positions) -> Any:
    from imbsuite._table.frames import is_frame, is_series, take_rows, unwrapped

    native, back = unwrapped(container)
    if is_frame(native) or is_series(native):
        return back(take_rows(native, rows))
    # pyarrow arrays, and the arrays inside a pandas series or index.
    home = type(container).__module__.partition(".")[0]
    if home in ("pandas", "pyarrow") and hasattr(container, "take"):
        return container.take(rows)
    return np.asarray(container).take(rows, axis=0)


def carry(values: Any, draw: Draw, rule: str, *, whole: bool = True) -> Any:
    """Resample values with one entry per input row, according to ``draw``.

    Parameters
    ----------
    values : {array-like, dataframe, series} or None
        Aligned with the input.
    draw : Draw
        The result of ``checked_draw``.
    rule : {"auto", "interpolate", "seed"}
        "seed": a new row gets the entry of its seed. "interpolate": numbers are
        interpolated between the parents (with the step clipped to [0, 1], and integers
        rounded). "auto": floats are interpolated; all other values are copied from the
        seed.
    whole : bool, default=True
        Whether new floats are whole numbers if all floats of their column are, as for
        cells. Weights need not be whole numbers.
    """
    if values is None:
        return None
    follows = rule == "seed" or draw.copies or draw.rows is not None
    if follows or (rule == "auto" and _are_labels(values)):
        taken = take(values, draw.origins)
        index = None if isinstance(values, np.ndarray) else _row_index(values)
        return taken if index is None else _relabel(taken, index, draw)
    return _carry_numbers(values, draw, rule, whole=whole)


def _are_labels(values: Any) -> bool:
    """Return whether no value can be a float, as in an index or a list of strings."""
    if isinstance(values, (list, tuple)):
        return _array_of_cells(values).dtype.kind not in ("f", "O")
    return hasattr(values, "get_indexer")


def count_rows(values: Any) -> int:
    """Return the number of rows of ``values``."""
    if getattr(values, "shape", ()):
        return int(values.shape[0])
    # Importing scikit-learn takes longer than describing a table, which does not need
    # it.
    from sklearn.utils.validation import _num_samples

    n_rows: int = _num_samples(values)  # or scikit-learn's error if there are no rows
    return n_rows


def in_rows(values: Any) -> Any:
    """Return ``values`` as an object that ``carry`` can resample.

    Sequences of the standard library, such as a range or a deque, become ndarrays.

    Raises
    ------
    TypeError
        If ``values`` has no ordered rows (None, a number, a set, an iterator).
    """
    if isinstance(values, (list, tuple)):
        return values
    is_text = isinstance(values, (str, bytes, bytearray))
    if isinstance(values, (Sequence, memoryview)) and not is_text:
        return _array_of_cells(values)
    if len(getattr(values, "shape", ())):
        return values
    # A 0-dimensional array has a shape. Arrays of Arrow have none, and objects that
    # only define their conversion to an array have no length either.
    if hasattr(values, "__array__") and not hasattr(values, "shape"):
        return values if hasattr(values, "__len__") else in_rows(np.asarray(values))
    msg = (
        f"values is of type {type(values).__name__}, whose rows have no order; pass an "
        "array, a list, a dataframe or a series with one entry for each row."
    )
    raise TypeError(msg)


def _relabel(taken: Any, index: Any, draw: Draw) -> Any:
    from imbsuite._table.labels import row_labels

    kept = np.arange(len(index)) if draw.kept is None else draw.kept
    return taken.set_axis(row_labels(index, kept, draw.seeds), axis=0)


def _carry_numbers(values: Any, draw: Draw, rule: str, *, whole: bool) -> Any:
    table, back = _as_table(values)
    container = contain(table)
    mask = container.looks_categorical
    if rule == "auto":
        mask = ~container.looks_float()
    elif mask.any():
        msg = (
            f"{container.name(int(np.argmax(mask)))} does not hold numbers, so it "
            "cannot be carried by rule='interpolate'; use 'auto' or 'seed'."
        )
        raise ValueError(msg)
    steps = np.clip(draw.steps, 0.0, 1.0)
    inside = Draw(draw.seeds, draw.partners, steps, draw.kept)
    # With the rule "seed", no random numbers are used.
    spacings = None if whole else [None] * container.shape[1]
    return back(container.grow(Cells(inside, "seed", None, spacings), mask))


def _as_table(values: Any) -> tuple[Any, Any]:
    """Return ``values`` in two dimensions, and a function that restores their form."""
    if isinstance(values, (list, tuple)):
        return _of_list(values)
    if sp.issparse(values) and values.ndim == 1:
        column = values.toarray().reshape(-1, 1)
        return column, lambda grown: type(values)(grown.ravel())
    if sp.issparse(values):
        return values, lambda grown: grown.asformat(values.format)
    if isinstance(values, np.ma.MaskedArray):
        return _of_masked(values)
    if isinstance(values, np.ndarray):
        return values.reshape(len(values), -1), lambda grown: _like(grown, values)
    from imbsuite._table.frames import as_column

    return as_column(values)


def _like(grown: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    return grown.reshape(len(grown), *values.shape[1:])


def _array_of_cells(values: Sequence[Any] | memoryview) -> NDArray[Any]:
    """Return a list as an array; an array of objects if its rows differ in length."""
    try:
        return np.asarray(values)
    except ValueError:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array


def _of_list(values: Any) -> tuple[Any, Any]:
    array = _array_of_cells(values)
    rows = [type(row) for row in values if isinstance(row, (list, tuple))]

    def back(grown: NDArray[Any]) -> Any:
        cells = _like(grown, array).tolist()
        if rows and all(kind is tuple for kind in rows):
            cells = [tuple(row) for row in cells]
        return type(values)(cells)

    return array.reshape(len(array), -1), back


def _of_masked(values: Any) -> tuple[Any, Any]:
    """Return masked cells as missing values, and a function that restores the mask."""
    cells = values.data.astype(object)
    cells[np.ma.getmaskarray(values)] = None

    def back(grown: NDArray[Any]) -> Any:
        masked = np.array([[cell is None for cell in row] for row in grown])
        filled = np.where(masked, values.fill_value, grown).astype(values.dtype)
        return np.ma.array(_like(filled, values), mask=_like(masked, values))

    return cells.reshape(len(values), -1), back


def under_labels_of(X: Any, values: Any, name: str = "y") -> Any:
    """Return ``values`` with the row labels of ``X``, if both are pandas objects.

    Warns
    -----
    UserWarning
        If their labels differ.
    """
    ours, theirs = _row_index(X), _row_index(values)
    if ours is None or theirs is None or len(ours) != len(theirs):
        return values
    if ours is theirs or ours.equals(theirs):
        return values
    msg = (
        f"X and {name} have different indices. Their rows are matched by position, "
        f"and {name} gets the index of X; to match rows by label, pass "
        f"{name}.loc[X.index]."
    )
    warn(msg)
    return values.set_axis(ours, axis=0)


def _row_index(values: Any) -> Any:
    """Return the row labels of a pandas object; None for any other object."""
    index = getattr(values, "index", None)
    # Lists and pyarrow arrays have a method of this name.
    return index if hasattr(index, "get_indexer") else None
