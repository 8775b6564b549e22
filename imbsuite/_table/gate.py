"""The gate: a table comes in, is checked once, and goes out as what it was."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._table.arrays import Cellular, Column, Container, Dense, all_finite
from imbsuite._table.draw import Cells, Coins, Draw, Positions, Rule
from imbsuite._table.sparse import Sparse
from imbsuite._table.target import check_groups, check_target, check_weight

__all__ = [
    "Gate",
    "Table",
    "carry",
    "check_table",
    "contain",
    "count_rows",
    "is_lazy",
    "refuse_infinite",
    "refuse_lazy",
    "take",
    "under_labels_of",
    "which_categorical",
]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """What a sampler sees: numbers, category codes, weights and groups.

    ``container`` is what holds the user's cells; ``categorical`` says which columns are
    categories. Everything else is made from them when it is first asked for.
    """

    container: Container
    categorical: Mask
    weight: NDArray[np.float64] | None = None
    groups: NDArray[np.intp] | None = None

    @property
    def n_rows(self) -> int:
        return self.container.shape[0]

    @cached_property
    def numeric(self) -> Any:
        """Floats (n_rows, n_numeric), NaN where missing; CSR if the input is sparse."""
        values = self.container.numbers(np.flatnonzero(~self.categorical).tolist())
        # Half and extended precision are nothing that kernels and BLAS read.
        size = values.dtype.itemsize
        return values if size in (4, 8) else values.astype("f4" if size < 4 else "f8")

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        """Category codes (n_rows, n_categorical), -1 where missing."""
        columns = np.flatnonzero(self.categorical)
        codes = [self.container.codes(int(j)) for j in columns]
        out = np.empty((self.n_rows, len(columns)), dtype=np.int32, order="F")
        for place, column in enumerate(codes):
            out[:, place] = column
        return out

    def forget(self) -> None:
        """Let go of what was made: the cells are written from the container."""
        for name in ("numeric", "codes", "present"):
            self.__dict__.pop(name, None)

    @cached_property
    def present(self) -> Positions:
        """The rows that count: all but those of zero weight."""
        if self.weight is None:
            return np.arange(self.n_rows)
        return np.flatnonzero(self.weight)


@dataclass(frozen=True)
class Gate:
    """Remembers what the user gave, and gives resampled rows back in the same kind."""

    X: Any
    y: Any
    table: Table
    labels: list[Any]
    sample_weight: Any = None
    groups: Any = None

    def assemble(self, draw: Draw, rule: Rule, coins: Coins) -> tuple[Any, Any]:
        """Return ``(X, y)``: the kept rows, then the new ones."""
        return self._grow(Cells(draw, rule, coins)), carry(self.y, draw, "seed")

    def _grow(self, cells: Cells) -> Any:
        if isinstance(self.table.container, Column):
            return carry(self.X, cells.draw, "seed")
        X = self.table.container.grow(cells, self.table.categorical)
        return self._as_lists(X, cells.draw) if isinstance(self.X, list) else X

    def _as_lists(self, grown: NDArray[Any], draw: Draw) -> list[Any]:
        """Return rows as lists: what is copied has the very cells that the user gave."""
        n_copied = len(grown) - (0 if draw.copies else draw.n_new)
        copied = [list(self.X[i]) for i in draw.origins[:n_copied]]
        made: list[Any] = grown[n_copied:].tolist()
        return copied + made

    def alongside(self, draw: Draw) -> tuple[Any, Any]:
        """Return the weights and groups of the output rows, None where none came."""
        weight = carry(self.sample_weight, draw, "auto", whole=False)
        return weight, carry(self.groups, draw, "seed")


def check_table(
    owner: Any,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    groups: Any = None,
) -> tuple[Table, NDArray[np.intp], Gate]:
    """Check what the user gave, before any work is done.

    Parameters
    ----------
    owner : sampler
        Gives the name for messages and, where it has them, ``categorical_features``;
        where it only ``_looks_at`` labels, cells are copied, infinite ones too, and X
        may be a single column of texts or objects.
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,)
    sample_weight, groups : array-like of shape (n_rows,), default=None

    Returns
    -------
    table : Table
    y : ndarray of shape (n_rows,)
        Codes of the labels, in order of first appearance.
    gate : Gate
        What puts the output together.

    Raises
    ------
    ValueError, TypeError
        With one or two sentences on what is wrong and how to mend it.
    """
    for name, given in (("X", X), ("y", y)):
        refuse_lazy(given, type(owner).__name__, name)
    reads_cells = getattr(owner, "_looks_at", "table") != "labels"
    container = contain(X)
    if reads_cells and isinstance(container, Column):
        raise _unreadable_column(type(owner).__name__)
    n_rows = container.shape[0]
    codes, labels = check_target(y, n_rows, type(owner).__name__)
    y = under_labels_of(X, y)
    features = getattr(owner, "categorical_features", "from_dtype")
    categorical = which_categorical(container, features)
    if reads_cells:
        refuse_infinite(container, categorical)
    table = Table(
        container,
        categorical,
        check_weight(sample_weight, n_rows),
        check_groups(groups, n_rows),
    )
    return table, codes, Gate(X, y, table, labels, sample_weight, groups)


def under_labels_of(X: Any, y: Any) -> Any:
    """Return ``y``, its rows labelled as those of ``X`` where both are of pandas.

    Warns
    -----
    UserWarning
        If their labels differ.
    """
    ours, theirs = (getattr(given, "index", None) for given in (X, y))
    # Lists and pyarrow arrays have a method of that name.
    if ours is None or theirs is None or callable(ours) or callable(theirs):
        return y
    if ours is theirs or ours.equals(theirs):
        return y
    msg = (
        "X and y have different indices. Their rows are matched by position, and y takes "
        "the index of X; pass y.loc[X.index] if they belong together by label."
    )
    warnings.warn(msg, UserWarning, stacklevel=5)
    return y.set_axis(ours, axis=0)


def contain(X: Any) -> Container:
    """Return the container that reads ``X``, or say what is wrong with it."""
    if sp.issparse(X):
        container: Container = Sparse(_checked_array(X))
    elif isinstance(X, np.ma.MaskedArray):
        msg = (
            "X is a masked array, and what is under the mask would be taken for data; "
            "pass X.filled(np.nan)."
        )
        raise TypeError(msg)
    elif isinstance(X, np.ndarray):
        container = _contain_array(X)
    elif isinstance(X, list):
        container = _contain_array(_array_of_list(X))
    else:
        container = _contain_other(X)
    _refuse_empty(container.shape)
    return container


def is_lazy(X: Any) -> bool:
    """Return whether ``X`` is a Dask collection."""
    return hasattr(X, "__dask_graph__")


def refuse_lazy(given: Any, owner: str, name: str = "X") -> None:
    """Raise TypeError for a Dask collection, where ``owner`` needs a table in memory."""
    if is_lazy(given):
        msg = (
            f"{name} is a Dask {type(given).__name__}, and {owner} needs a table in "
            "memory; compute it first, or a sample of it."
        )
        raise TypeError(msg)


def _contain_other(X: Any) -> Container:
    from imbsuite._table.frames import Frame, is_frame

    refuse_lazy(X, "this")
    if is_frame(X):
        return Frame(X)
    if hasattr(X, "__array__") and not hasattr(X, "collect"):
        return _contain_array(np.asarray(X))
    hint = "; collect it first" if hasattr(X, "collect") else ""
    msg = (
        f"X is a {type(X).__module__}.{type(X).__name__}{hint}; pass a NumPy array, a "
        "list of rows, a SciPy sparse matrix, a pandas or polars DataFrame or a "
        "pyarrow Table."
    )
    raise TypeError(msg)


def _contain_array(values: NDArray[Any]) -> Container:
    if values.ndim == 2 and values.dtype.kind in "iuf" and type(values) is np.ndarray:
        return Dense(values)  # nothing is left to check
    if values.ndim == 2 and values.dtype.kind in "ObUSmM":
        return Cellular(_without_text_numbers(values))
    if Column.fits(values):
        return Column(values)
    return Dense(_checked_array(values))


def _unreadable_column(owner: str) -> ValueError:
    msg = (
        "Expected 2D array, got 1D array instead: X is a single column of texts or "
        f"objects, and {owner} reads numbers. Put it behind a vectorizer, as in "
        f"make_pipeline(TfidfVectorizer(), ResampledClassifier({owner}(), classifier)), "
        "or use a random sampler, which reads no cell."
    )
    return ValueError(msg)


def _array_of_list(rows: list[Any]) -> NDArray[Any]:
    try:
        values = np.asarray(rows)
    except ValueError:
        msg = "X is a list whose rows differ in length; give rows of equal length."
        raise ValueError(msg) from None
    # NumPy would turn numbers beside texts into texts, integers beside floats into floats.
    mixed = values.ndim == 2 and len({type(cell) for row in rows for cell in row}) > 1
    if mixed or values.dtype.kind in "US":
        return np.asarray(rows, dtype=object)
    return values


def _without_text_numbers(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "O":
        for cell in values.ravel():
            if isinstance(cell, (dict, list, set, tuple)):
                msg = (
                    f"X holds a {type(cell).__name__} in a cell (argument must be a "
                    "string or a number); unpack such cells into columns first."
                )
                raise TypeError(msg)
    return values


def _checked_array(values: Any) -> Any:
    from sklearn.utils.validation import check_array

    return check_array(
        values,
        accept_sparse=["csr", "csc"],
        accept_large_sparse=True,
        dtype=None,
        ensure_all_finite=False,
    )


def _refuse_empty(shape: tuple[int, int]) -> None:
    for count, what in zip(shape, ("sample", "feature"), strict=True):
        if count == 0:
            msg = (
                f"Found array with 0 {what}(s) (shape={shape}) while a minimum of 1 is "
                "required."
            )
            raise ValueError(msg)


def refuse_infinite(container: Container, categorical: Mask) -> None:
    """Raise ValueError where a numeric column holds infinite values."""
    columns = np.flatnonzero(container.looks_float() & ~categorical)
    for j in columns[_infinite(container, columns)]:
        msg = (
            f"Input X contains infinity or a value too large: {container.name(int(j))} "
            "has infinite values; replace them (by a missing value or a large number) "
            "or drop the rows."
        )
        raise ValueError(msg)


def _infinite(container: Container, columns: NDArray[np.intp]) -> Mask:
    values = container.numbers(columns.tolist())
    if sp.issparse(values):
        found = np.zeros(len(columns), dtype=bool)
        found[values.indices[np.isinf(values.data)]] = True
        return found
    if all_finite(values):
        return np.zeros(len(columns), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        doubtful = ~np.isfinite(values.sum(axis=0))
    doubtful[doubtful] = np.isinf(values[:, doubtful]).any(axis=0)
    return np.asarray(doubtful)


def which_categorical(container: Container, features: Any) -> Mask:
    """Return the mask of categorical columns that ``categorical_features`` means."""
    looks = container.looks_categorical()
    if isinstance(features, str) and features == "from_dtype":
        return looks
    mask = np.zeros(container.shape[1], dtype=bool)
    mask[_positions(container, features)] = True
    for j in np.flatnonzero(looks & ~mask):
        container.numbers([int(j)])
    return mask


def _positions(container: Container, features: Any) -> NDArray[np.intp]:
    if features is None:
        return np.empty(0, dtype=np.intp)
    if isinstance(features, (str, int)):
        msg = (
            f"categorical_features={features!r} is not understood; pass 'from_dtype', "
            "None, or a list of column names, positions or booleans."
        )
        raise ValueError(msg)
    listed = list(features)
    if listed and all(isinstance(f, str) for f in listed):
        return _by_name(container, listed)
    array = np.asarray(listed)
    n_columns = container.shape[1]
    if array.dtype.kind == "b" and len(array) == n_columns:
        return np.flatnonzero(array)
    whole = array.size == 0 or array.dtype.kind in "iu"
    if whole and all(-n_columns <= int(j) < n_columns for j in array):
        return array.astype(np.intp)
    msg = (
        f"categorical_features={listed!r} does not fit X, which has {n_columns} "
        "columns; pass names, positions or a mask of that length."
    )
    raise ValueError(msg)


def _by_name(container: Container, listed: Sequence[str]) -> NDArray[np.intp]:
    names = getattr(container, "names", None)
    if names is None:
        msg = (
            f"categorical_features={list(listed)!r} names columns, but X has no "
            "column names; pass positions or a mask."
        )
        raise ValueError(msg)
    unknown = [f for f in listed if f not in names]
    if unknown:
        msg = f"categorical_features names {unknown}, which X has not; it has {names}."
        raise ValueError(msg)
    return np.array([names.index(f) for f in listed], dtype=np.intp)


def take(container: Any, positions: Any) -> Any:
    """Return these rows of any container, in its own kind.

    Parameters
    ----------
    container : {array-like, sparse matrix, dataframe, series}
        pandas objects keep their labels.
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


def each_row(container: Any) -> Iterator[Any]:
    """Return the rows one by one: of a dataframe as dicts, else as ndarrays."""
    from imbsuite._table.frames import each_dict, is_frame

    if is_frame(container):
        return each_dict(container)
    if sp.issparse(container):
        return (row.toarray().ravel() for row in container.tocsr())
    return iter(np.asarray(container))


def column_of(container: Any, name: str, owner: str) -> NDArray[np.float64]:
    """Return the numbers in a column that a parameter names, missing ones as NaN.

    Parameters
    ----------
    container : dataframe
    name : str
        Of the column.
    owner : str
        The parameter, for messages.

    Raises
    ------
    ValueError
        If it has no columns with names, not this one, or one that holds no numbers.
    """
    from imbsuite._table.frames import is_frame, names_of, numbers_of

    if not is_frame(container):
        msg = (
            f"{owner} names the column {name!r}, and X is {type(container).__name__}, "
            "whose columns have no names. Pass a dataframe."
        )
        raise ValueError(msg)
    names = names_of(container)
    if name not in names:
        msg = f"{owner} names the column {name!r}, which X lacks. It has {names}."
        raise ValueError(msg)
    found = numbers_of(container, name)
    if found is None:
        msg = (
            f"{owner} names the column {name!r} of X, which must hold numbers. Row 0 "
            f"holds {next(each_row(container))[name]!r}."
        )
        raise ValueError(msg)
    return found


def _take_other(container: Any, rows: Positions) -> Any:
    from imbsuite._table.frames import is_frame, is_series, take_rows

    if is_frame(container) or is_series(container):
        return take_rows(container, rows)
    # pyarrow arrays, and what a pandas series or index is made of.
    home = type(container).__module__.partition(".")[0]
    if home in ("pandas", "pyarrow") and hasattr(container, "take"):
        return container.take(rows)
    return np.asarray(container).take(rows, axis=0)


def carry(values: Any, draw: Draw, rule: str, *, whole: bool = True) -> Any:
    """Resample anything that has one entry for each input row, as ``draw`` did.

    Parameters
    ----------
    values : {array-like, dataframe, series} or None
        Aligned with the input.
    draw : Draw
        A checked one.
    rule : {"auto", "interpolate", "seed"}
        "seed": a new row repeats its seed's entry. "interpolate": numbers lie between
        those of the two parents (integers rounded), the step clipped to [0, 1].
        "auto": floats interpolate, everything else follows the seed.
    whole : bool, default=True
        Whether floats that are whole numbers stay so, as cells do. Weights need not.
    """
    if values is None:
        return None
    if rule == "seed" or draw.copies or draw.rows is not None:
        return _relabel(values, take(values, draw.origins), draw)
    return _carry_numbers(values, draw, rule, whole=whole)


def count_rows(values: Any) -> int:
    """Return how many entries ``values`` has, one for each row."""
    if hasattr(values, "shape"):
        return int(values.shape[0])
    return len(values) if hasattr(values, "__len__") else len(np.asarray(values))


def _relabel(values: Any, taken: Any, draw: Draw) -> Any:
    index = getattr(values, "index", None)
    # Lists and pyarrow arrays have a method of that name.
    if index is None or callable(index):
        return taken
    from imbsuite._table.labels import row_labels

    kept = np.arange(len(values)) if draw.kept is None else draw.kept
    return taken.set_axis(row_labels(index, kept, draw.seeds), axis=0)


def _carry_numbers(values: Any, draw: Draw, rule: str, *, whole: bool) -> Any:
    table, back = _as_table(values)
    container = contain(table)
    mask = container.looks_categorical()
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
    # Under the rule "seed" no coin is tossed.
    spacings = None if whole else [None] * container.shape[1]
    return back(container.grow(Cells(inside, "seed", None, spacings), mask))


def _as_table(values: Any) -> tuple[Any, Any]:
    """Return ``values`` with two dimensions, and the way back."""
    if isinstance(values, (list, tuple)):
        array = np.asarray(values)
        return array.reshape(len(array), -1), lambda grown: type(values)(
            np.squeeze(grown, axis=1).tolist()
        )
    if not isinstance(values, np.ndarray) and not sp.issparse(values):
        from imbsuite._table.frames import as_frame, as_series, is_series

        if is_series(values):
            return as_frame(values), lambda grown: as_series(grown, values)
    if getattr(values, "ndim", 2) == 1:
        return values[:, np.newaxis], lambda grown: grown[:, 0]
    return values, lambda grown: grown
