"""Controlled imbalance: subsamples of balanced tables with chosen class sizes.

Both functions have the same three steps: they set the size of each class relative to
the largest one, derive numbers of rows, and choose the rows.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import Seed, check_rng
from imbsuite._table import count_rows, take
from imbsuite._table.target import check_target
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn

_RHO = (
    "a finite number of at least 1: the ratio of the largest class size to the smallest"
)
_MU = (
    "a number from 0 to 1: the share of minority classes among the classes, such as 0.5 "
    "for half of them"
)


def make_step_imbalance(
    X: Any, y: Any, *, rho: float, mu: float, random_state: Seed = None
) -> tuple[Any, Any]:
    """Subsample some classes to one small size, and the others to one large size.

    Of K classes, the last m = mu * K in sorted order of the labels become minority
    classes of ``n_max / rho`` rows each; the first K - m keep n_max rows each. The total
    is ``n_max * (K - m + m / rho)``.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, ...)
        Preferably with classes of about equal size. Cells may be of any type.
    y : array-like of shape (n_rows,)
        Labels of at least 2 classes. With labels 0 and 1, class 1 becomes rare.
    rho : float
        Imbalance ratio: size of the largest class / size of the smallest; at least 1.
    mu : float
        Share of minority classes among the classes, in [0, 1]. mu * K is rounded to the
        nearest integer; if 0 < mu < 1, at least one class is a minority class and at
        least one is not. At 0 and 1, all classes have equal sizes.
    random_state : int, Generator, RandomState or None, default=None
        Determines which rows are kept.

    Returns
    -------
    X_out : container of the kind of X, of shape (n_out, ...)
        The kept rows, in their original order; pandas rows keep their labels.
    y_out : container of the kind of y, of shape (n_out,)

    Raises
    ------
    ValueError, TypeError
        If ``rho`` or ``mu`` is not a number in its range, or if y is None, has missing
        values, has a single class, or differs from X in length.

    Warns
    -----
    UserWarning
        If there are too few rows for ``rho``: a class would have less than one row.

    See Also
    --------
    make_linear_imbalance : Sizes that decrease linearly.

    Notes
    -----
    n_max is the largest size at which every class has enough rows for its target: the
    minimum of n_k over the majority classes and of rho * n_k over the minority classes.
    Sizes are rounded to the nearest whole number, and no class has less than one row.
    Labels that cannot be compared with each other are sorted as text.

    **When it hurts.** A test set that is subsampled like the training set has only a
    few rare rows, and its scores are mostly noise. Split first, and subsample only the
    training rows if possible.

    References
    ----------
    Buda, Maki, Mazurowski. A systematic study of the class imbalance problem in
    convolutional neural networks. Neural Networks 106, 2018,
    :doi:`10.1016/j.neunet.2018.07.011`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.datasets import make_step_imbalance
    >>> X, y = np.arange(400).reshape(400, 1), np.repeat([0, 1, 2, 3], 100)
    >>> X_out, y_out = make_step_imbalance(X, y, rho=10, mu=0.5, random_state=0)
    >>> np.bincount(y_out).tolist()
    [100, 100, 10, 10]
    """
    rho = _check_number("rho", rho, _RHO, 1, sys.float_info.max)
    mu = _check_number("mu", mu, _MU, 0, 1)
    ranks = _rank_classes(X, y, "make_step_imbalance")
    sizes = _fit_sizes(
        np.bincount(ranks), _step_shares(int(ranks.max()) + 1, rho, mu), rho
    )
    return _subsample(X, y, ranks, sizes, random_state)


def make_linear_imbalance(
    X: Any, y: Any, *, rho: float, random_state: Seed = None
) -> tuple[Any, Any]:
    """Subsample classes to sizes that decrease linearly from the first to the last.

    Of K classes, in sorted order of the labels, class k = 0, ..., K - 1 has
    ``n_max * (1 - (1 - 1 / rho) * k / (K - 1))`` rows: the first n_max, the last
    n_max / rho. The total is ``K * n_max * (1 + 1 / rho) / 2``.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, ...)
        Preferably with classes of about equal size. Cells may be of any type.
    y : array-like of shape (n_rows,)
        Labels of at least 2 classes. With labels 0 and 1, class 1 becomes rare.
    rho : float
        Imbalance ratio: size of the largest class / size of the smallest; at least 1.
    random_state : int, Generator, RandomState or None, default=None
        Determines which rows are kept.

    Returns
    -------
    X_out : container of the kind of X, of shape (n_out, ...)
        The kept rows, in their original order; pandas rows keep their labels.
    y_out : container of the kind of y, of shape (n_out,)

    Raises
    ------
    ValueError, TypeError
        If ``rho`` is not a number of at least 1, or if y is None, has missing values,
        has a single class, or differs from X in length.

    Warns
    -----
    UserWarning
        If there are too few rows for ``rho``: a class would have less than one row.

    See Also
    --------
    make_step_imbalance : Two sizes, with a chosen share of minority classes.

    Notes
    -----
    n_max is the largest size at which every class has enough rows for its target: the
    smallest ratio of the rows of a class to its share. Sizes are rounded to the nearest
    whole number, and no class has less than one row. Labels that cannot be compared
    with each other are sorted as text.

    The total equals that of :func:`make_step_imbalance` with half of the classes in the
    minority, so the two shapes can be compared at the same amount of data.

    **When it hurts.** As with :func:`make_step_imbalance`: split first, so that the
    test set keeps enough rows of every class.

    References
    ----------
    Buda, Maki, Mazurowski. A systematic study of the class imbalance problem in
    convolutional neural networks. Neural Networks 106, 2018,
    :doi:`10.1016/j.neunet.2018.07.011`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.datasets import make_linear_imbalance
    >>> X, y = np.arange(400).reshape(400, 1), np.repeat([0, 1, 2, 3], 100)
    >>> X_out, y_out = make_linear_imbalance(X, y, rho=10, random_state=0)
    >>> np.bincount(y_out).tolist()
    [100, 70, 40, 10]
    """
    rho = _check_number("rho", rho, _RHO, 1, sys.float_info.max)
    ranks = _rank_classes(X, y, "make_linear_imbalance")
    shares = np.linspace(1.0, 1.0 / rho, ranks.max() + 1)
    sizes = _fit_sizes(np.bincount(ranks), shares, rho)
    return _subsample(X, y, ranks, sizes, random_state)


def _step_shares(n_classes: int, rho: float, mu: float) -> Floats:
    n_minority = math.floor(mu * n_classes + 0.5)
    if 0 < mu < 1:
        # Rounding must not turn an imbalanced table into a balanced one.
        n_minority = min(max(n_minority, 1), n_classes - 1)
    if n_minority == n_classes:
        return np.ones(n_classes)
    return np.repeat([1.0, 1.0 / rho], [n_classes - n_minority, n_minority])


def _fit_sizes(
    available: NDArray[np.intp], shares: Floats, rho: float
) -> NDArray[np.intp]:
    """Return the largest available sizes in proportion to ``shares``."""
    # n_max is not rounded down: the class that determines it could lose a row.
    with np.errstate(over="ignore"):
        n_max = (available / shares).min()
    exact = n_max * shares
    # n_max * share <= n, and n is an integer, so rounding to the nearest stays <= n.
    sizes: NDArray[np.intp] = np.maximum(np.floor(exact + 0.5), 1).astype(np.intp)
    if exact.min() < 1 - 1e-9:
        msg = (
            f"rho={rho:g} would leave the smallest class {exact.min():.2g} rows; it "
            f"has 1, and the ratio is {sizes.max()}. Pass a table with more rows or a "
            "smaller rho."
        )
        warn(msg)
    return sizes


def _subsample(
    X: Any, y: Any, ranks: Codes, sizes: NDArray[np.intp], random_state: Seed
) -> tuple[Any, Any]:
    streams = check_rng(random_state).spawn(len(sizes))
    kept = [
        stream.choice(np.flatnonzero(ranks == rank), size, replace=False, shuffle=False)
        for rank, (size, stream) in enumerate(zip(sizes, streams, strict=True))
    ]
    rows = np.sort(np.concatenate(kept))
    return take(X, rows), take(y, rows)


def _rank_classes(X: Any, y: Any, owner: str) -> Codes:
    """Return the position of the label of each row among the sorted labels."""
    codes, labels = check_target(y, _count_rows(X), owner)
    rank_of = np.empty(len(labels), dtype=np.intp)
    rank_of[_sorting(labels)] = np.arange(len(labels))
    return rank_of.take(codes)


def _sorting(labels: Sequence[Any]) -> list[int]:
    places = range(len(labels))
    try:
        return sorted(places, key=lambda place: labels[place])
    except TypeError:
        # Labels of different types, such as 1 and "a", cannot be compared.
        return sorted(places, key=lambda place: str(labels[place]))


def _count_rows(X: Any) -> int:
    try:
        return count_rows(X)
    except TypeError:
        msg = (
            "X must be an array, a list, a SciPy sparse matrix or a dataframe. Got "
            f"{type(X).__name__} instead."
        )
        raise TypeError(msg) from None


def _check_number(name: str, value: Any, allowed: str, low: int, high: float) -> float:
    """Return the parameter as a float; raise unless it is in [``low``, ``high``]."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and low <= float(value) <= high:
        return float(value)
    msg = f"The {name!r} parameter must be {allowed}. Got {value!r} instead."
    raise ValueError(msg) if is_number else TypeError(msg)
