"""Controlled imbalance: a balanced table is thinned out to class sizes of known shape.

Both functions decide the same three things in the same order: the share of each class
in the largest one, the sizes those shares give, the rows that stay.
"""

from __future__ import annotations

import math
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

__all__ = ["make_linear_imbalance", "make_step_imbalance"]


def make_step_imbalance(
    X: Any, y: Any, *, rho: float, mu: float, random_state: Seed = None
) -> tuple[Any, Any]:
    """Thin out some classes to one small size, the others to one large size.

    Of K classes, the last m = mu * K in sorted order of the labels become minority
    classes of ``n_max / rho`` rows each; the first K - m keep n_max rows each. The total
    is ``n_max * (K - m + m / rho)``.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, ...)
        Best with classes of about equal size. What its cells hold does not matter.
    y : array-like of shape (n_rows,)
        Labels, of 2 classes or more. For 0 and 1, the class 1 becomes rare.
    rho : float
        Rows of the largest class for each row of the smallest; at least 1.
    mu : float
        Share of minority classes among the classes, in [0, 1]. mu * K is rounded to the
        nearest whole number; strictly between 0 and 1, at least one class is a minority
        and at least one is not. At 0 and at 1 all classes have the same size.
    random_state : int, Generator, RandomState or None, default=None
        Decides which rows stay.

    Returns
    -------
    X_out : container of the kind of X, of shape (n_out, ...)
        The rows that stay, in their old order; pandas rows keep their labels.
    y_out : container of the kind of y, of shape (n_out,)

    Raises
    ------
    ValueError, TypeError
        If ``rho`` or ``mu`` is no number of its range, if y is missing, has missing
        values, one class only or another length than X.

    Warns
    -----
    UserWarning
        If there are too few rows for ``rho``: a class would have less than one.

    See Also
    --------
    make_linear_imbalance : Sizes fall evenly from the largest class to the smallest.

    Notes
    -----
    n_max is the largest size at which every class can supply its target: the least of
    n_k over the majority classes and of rho * n_k over the minority classes. Sizes are
    rounded to the nearest whole number, and no class has less than one row. Labels that
    cannot be compared with each other are sorted as text.

    **When it hurts.** A test set thinned out like the training set has a handful of
    rare rows, and its scores are mostly noise. Split first, and thin out the training
    rows alone where the question allows it.

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
    rho, mu = _check_rho(rho), _check_mu(mu)
    ranks = _rank_classes(X, y, "make_step_imbalance")
    sizes = _fit_sizes(
        np.bincount(ranks), _step_shares(int(ranks.max()) + 1, rho, mu), rho
    )
    return _thin_out(X, y, ranks, sizes, random_state)


def make_linear_imbalance(
    X: Any, y: Any, *, rho: float, random_state: Seed = None
) -> tuple[Any, Any]:
    """Thin out the classes to sizes that fall evenly from the first to the last.

    Of K classes, in sorted order of the labels, class k = 0, ..., K - 1 has
    ``n_max * (1 - (1 - 1 / rho) * k / (K - 1))`` rows: the first n_max, the last
    n_max / rho. The total is ``K * n_max * (1 + 1 / rho) / 2``.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, ...)
        Best with classes of about equal size. What its cells hold does not matter.
    y : array-like of shape (n_rows,)
        Labels, of 2 classes or more. For 0 and 1, the class 1 becomes rare.
    rho : float
        Rows of the largest class for each row of the smallest; at least 1.
    random_state : int, Generator, RandomState or None, default=None
        Decides which rows stay.

    Returns
    -------
    X_out : container of the kind of X, of shape (n_out, ...)
        The rows that stay, in their old order; pandas rows keep their labels.
    y_out : container of the kind of y, of shape (n_out,)

    Raises
    ------
    ValueError, TypeError
        If ``rho`` is no number of at least 1, if y is missing, has missing values, one
        class only or another length than X.

    Warns
    -----
    UserWarning
        If there are too few rows for ``rho``: a class would have less than one.

    See Also
    --------
    make_step_imbalance : Two sizes only, with a chosen share of minority classes.

    Notes
    -----
    n_max is the largest size at which every class can supply its target: the least
    quotient of a class's rows and its share. Sizes are rounded to the nearest whole
    number, and no class has less than one row. Labels that cannot be compared with each
    other are sorted as text.

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
    rho = _check_rho(rho)
    ranks = _rank_classes(X, y, "make_linear_imbalance")
    shares = np.linspace(1.0, 1.0 / rho, ranks.max() + 1)
    sizes = _fit_sizes(np.bincount(ranks), shares, rho)
    return _thin_out(X, y, ranks, sizes, random_state)


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
    """Return the largest sizes in proportion to ``shares`` that are there to take."""
    # n_max stays a fraction: rounded down, the class that sets it could lose a row.
    with np.errstate(over="ignore"):
        n_max = (available / shares).min()
    exact = n_max * shares
    # n_max * share <= n, and n is whole: rounded to the nearest, it is still <= n.
    sizes: NDArray[np.intp] = np.maximum(np.floor(exact + 0.5), 1).astype(np.intp)
    if exact.min() < 1 - 1e-9:
        msg = (
            f"rho={rho:g} would leave the smallest class {exact.min():.2g} rows; it "
            f"has 1, and the ratio is {sizes.max()}. Give a table with more rows or a "
            "smaller rho."
        )
        warn(msg)
    return sizes


def _thin_out(
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
    """Return for each row the place of its label among the sorted labels."""
    codes, labels = check_target(y, _count_rows(X), owner)
    rank_of = np.empty(len(labels), dtype=np.intp)
    rank_of[_sorting(labels)] = np.arange(len(labels))
    return rank_of.take(codes)


def _sorting(labels: Sequence[Any]) -> list[int]:
    places = range(len(labels))
    try:
        return sorted(places, key=lambda place: labels[place])
    except TypeError:
        # Labels of several types, such as 1 and "a", have no order among them.
        return sorted(places, key=lambda place: str(labels[place]))


def _count_rows(X: Any) -> int:
    try:
        return count_rows(X)
    except TypeError:
        msg = (
            f"X is a {type(X).__name__}, which has no rows to choose from; pass an "
            "array, a list, a SciPy sparse matrix or a dataframe."
        )
        raise TypeError(msg) from None


def _check_rho(rho: Any) -> float:
    allowed = (
        "a finite number of at least 1: the rows of the largest class for each row of "
        "the smallest"
    )
    value = _check_number("rho", rho, allowed)
    if not 1 <= value < math.inf:
        msg = f"rho={rho!r} is not a ratio of class sizes; pass {allowed}."
        raise ValueError(msg)
    return value


def _check_mu(mu: Any) -> float:
    allowed = (
        "a number from 0 to 1: the share of minority classes among the classes, such "
        "as 0.5 for half of them"
    )
    value = _check_number("mu", mu, allowed)
    if not 0 <= value <= 1:
        msg = f"mu={mu!r} is not a share of the classes; pass {allowed}."
        raise ValueError(msg)
    return value


def _check_number(name: str, value: Any, allowed: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        kind = type(value).__name__
        msg = f"{name}={value!r} is a {kind}, not a number; pass {allowed}."
        raise TypeError(msg)
    return float(value)
