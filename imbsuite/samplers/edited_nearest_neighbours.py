"""Edited nearest neighbors: once, repeated, and with more and more neighbors."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import StrOptions

from imbsuite._intervals import Interval
from imbsuite._neighborhoods import JudgedByNeighbors, outvoted, rows_to_search
from imbsuite._views import LooksAt
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind

# Number of rows whose votes are counted at once.
_BATCH_ROWS = 8_192
# Rows that have lost neighbors are searched again for 3 k neighbors among all rows and,
# if fewer than k of these are left, for 100 k.
_MORE = (3, 100)


class EditedNearestNeighbours(JudgedByNeighbors, BaseSelector):
    """Remove rows that disagree with their neighbors.

    Parameters
    ----------
    n_neighbors : int, default=3
        Number of nearest neighbors of any class, excluding the row itself.
    kind_sel : {"all", "mode"}, default="all"
        "all": a row is kept if all neighbors belong to its class. "mode": a row is
        removed only if strictly more neighbors belong to another class than to its own;
        ties keep the row.
    max_iter : int, default=1
        Maximum number of passes. A pass judges the rows that earlier passes have kept;
        the first one that removes nothing is the last.
    grow : bool, default=False
        Whether a pass has a round for each number of neighbors from 1 to
        ``n_neighbors``, each on the remaining rows, instead of a single round.
    allow_minority : bool, default=False
        Whether a round may make a class the smallest that was not the smallest in the
        input. A single round (``max_iter=1, grow=False``) is always applied.
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str or list of labels, default="auto"
        Which classes may be cleaned: "auto" (all except the smallest), "all",
        "majority", "not minority", "not majority", or a list of labels.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid.

    Notes
    -----
    The result is not random. A round judges all rows at once, using the rows that
    remain at its start. :class:`RepeatedEditedNearestNeighbours` and :class:`AllKNN`
    are this class with other defaults.

    With several rounds, a round that would remove all rows of a class, or would make a
    class the smallest without ``allow_minority``, is *not* applied: the result of the
    previous round is returned. imbalanced-learn applies such a round and then stops.

    **Departs from the paper.** Wilson removes rows whose label differs from the
    majority of 3 neighbors ("mode"). "all" is stricter and is the default, as in
    imbalanced-learn.

    **When it hurts.** A class that overlaps other classes loses most of its rows or, in
    the worst case, all of them (only in a single round, with a warning). The remaining
    rows are easier to classify than new rows.

    References
    ----------
    Wilson. Asymptotic Properties of Nearest Neighbor Rules Using Edited Data. IEEE
    Transactions on Systems, Man, and Cybernetics 2(3) (1972), 408-421,
    :doi:`10.1109/TSMC.1972.4309137`.

    Examples
    --------
    >>> from imbsuite import EditedNearestNeighbours
    >>> X, y = [[0.0], [1.0], [2.0], [8.5], [8.0], [9.0]], [0, 0, 0, 0, 1, 1]
    >>> EditedNearestNeighbours(n_neighbors=1).fit_resample(X, y)[1]
    [0, 0, 0, 1, 1]
    """

    n_neighbors: int = 3
    kind_sel: Literal["all", "mode"] = "all"
    max_iter: int = 1
    grow: bool = False
    allow_minority: bool = False
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"

    _name: ClassVar[str] = "edited-nearest-neighbours"
    _kind: ClassVar[Kind] = "clean"
    _in_parts_if: ClassVar[str] = "max_iter=1 and grow=False"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "kind_sel": [StrOptions({"all", "mode"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "grow": ["boolean"],
        "allow_minority": ["boolean"],
    }

    @property
    def _has_rounds(self) -> bool:
        return self.max_iter > 1 or self.grow

    @property
    def _looks_at(self) -> LooksAt:  # type: ignore[override]
        return "table" if self._has_rounds else "neighbors"

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        rows = table.present[np.isin(y[table.present], list(plan))]
        if self._has_rounds:
            left = _Left(table, rows, self.n_neighbors)
            self._rounds(left, y)
            return left.present
        stays = np.ones(len(y), dtype=bool)
        k = self.n_neighbors
        searched = rows_to_search(table, y, rows, k)
        for at, neighbors, _ in table.space.in_parts(searched, table.present, k):
            own = searched[at]
            stays[own] = self._agree(y[neighbors], y[own])
        return np.flatnonzero(stays)

    def _rounds(self, left: _Left, y: Any) -> None:
        """Remove rows in rounds, until one removes nothing or is not applied."""
        sizes = now = np.bincount(y[left.present])
        for _ in range(self.max_iter):
            n_before = now.sum()
            most = int(self.n_neighbors)
            for k in range(1 if self.grow else most, most + 1):
                rows = self._outvoted(left, y, k)
                after = now - np.bincount(y[rows], minlength=len(sizes))
                if not self._may_become(sizes, after):
                    return
                left.remove(rows)
                now = after
            if now.sum() == n_before:
                return

    def _may_become(self, sizes: Any, after: Any) -> bool:
        """Return whether a round may change class sizes from ``sizes`` to ``after``."""
        sizes, after = sizes[sizes > 0], after[sizes > 0]
        if not after.all():
            return False
        # Several classes may tie for the smallest.
        smallest = sizes == sizes.min()
        others = after[~smallest]
        return self.allow_minority or bool((others >= after[smallest].min()).all())

    def _outvoted(self, left: _Left, y: Any, k: int) -> Any:
        """Return the rows that disagree with their k nearest remaining rows."""
        disagreeing = [left.rows[:0]]
        for start in range(0, len(left.rows), _BATCH_ROWS):
            part = slice(start, start + _BATCH_ROWS)
            own = left.rows[part]
            agree = self._agree(y[left.neighbors[part, :k]], y[own])
            disagreeing.append(own[left.stays[own] & ~agree])
        return np.concatenate(disagreeing)

    def _agree(self, labels: Any, own: Any) -> Any:
        """Return which rows are kept, given their neighbors' labels and their own."""
        if self.kind_sel == "all":
            return (labels == own[:, np.newaxis]).all(axis=1)
        return ~outvoted(labels, own)


class _Left:
    """The remaining rows, and the k nearest of them to each row that may be removed.

    After a round, only rows that have lost a neighbor are searched again. ``rows`` and
    ``neighbors`` keep the entries of removed rows, because copies without them would be
    in memory at the same time.
    """

    def __init__(self, table: TableView, rows: Any, k: int) -> None:
        self.rows, self.stays = rows, np.ones(len(table.codes), dtype=bool)
        self._table, self._k = table, k
        self.neighbors = self._search(rows)

    @property
    def present(self) -> Any:
        present = self._table.present
        return present[self.stays[present]]

    def remove(self, rows: Any) -> None:
        """Remove rows, and replace them as neighbors of other rows."""
        self.stays[rows] = False
        lost = self.stays[self.rows]
        lost &= ~self.stays[self.neighbors].all(axis=1)
        if not lost.any():
            return
        nearest = self._search(self.rows[lost])
        # If fewer than k other rows remain, every row has lost a neighbor.
        self.neighbors = self.neighbors[:, : nearest.shape[1]]
        self.neighbors[lost] = nearest

    def _search(self, rows: Any) -> Any:
        """Return the k nearest remaining rows, or fewer if fewer remain."""
        space, present = self._table.space, self._table.present
        n_left = int(np.count_nonzero(self.stays[present]))
        k = max(min(self._k, n_left - 1), 0)
        neighbors = np.empty((len(rows), k), dtype=np.int32)
        queries, place = rows, None
        widths = [1] if n_left == len(present) else [*_MORE, 0]
        # One index of all rows serves all rounds: among more neighbors, k usually
        # remain. Only if they do not, an index of the remaining rows is required.
        for more in widths:
            among, n_near = (present, more * k) if more else (self.present, k)
            short = [rows[:0]]
            for at, near, _ in space.in_parts(queries, among, n_near):
                # In the first search, ``at`` is the place itself: no list is needed.
                own = at if place is None else place[at]
                is_gone = ~self.stays[near]
                enough = (~is_gone).sum(axis=1) >= k
                first = np.argsort(is_gone[enough], axis=1, kind="stable")[:, :k]
                neighbors[own[enough]] = np.take_along_axis(near[enough], first, axis=1)
                short.append(own[~enough])
            place = np.concatenate(short)
            if not len(place):
                break
            queries = rows[place]
        return neighbors


class RepeatedEditedNearestNeighbours(EditedNearestNeighbours):
    """Repeat edited nearest neighbors until no row is removed.

    :class:`EditedNearestNeighbours` with ``max_iter=100``.

    Parameters
    ----------
    n_neighbors : int, default=3
        Number of nearest neighbors of any class, excluding the row itself.
    kind_sel : {"all", "mode"}, default="all"
        Which rows agree with their neighbors, as in :class:`EditedNearestNeighbours`.
    max_iter : int, default=100
        Maximum number of rounds.
    grow : bool, default=False
        Whether each pass uses 1, 2, ..., ``n_neighbors`` neighbors in turn.
    allow_minority : bool, default=False
        Whether a round may make a class the smallest that was not the smallest in the
        input.
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str or list of labels, default="auto"
        Which classes may be cleaned: "auto" (all except the smallest), "all",
        "majority", "not minority", "not majority", or a list of labels.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid.

    Notes
    -----
    The result is not random. After a round, only rows that have lost a neighbor are
    searched again.

    **Departs from the paper.** Tomek repeats the rule without limit, even if a class
    disappears. Here, a round that would remove all rows of a class, or make a class the
    smallest without ``allow_minority``, is not applied, and no further round follows.

    **When it hurts.** Where classes overlap, each round removes the next layer of rows,
    and the border moves far into the cleaned class.

    References
    ----------
    Tomek. An Experiment with the Edited Nearest-Neighbor Rule. IEEE Transactions on
    Systems, Man, and Cybernetics 6(6) (1976), 448-452,
    :doi:`10.1109/TSMC.1976.4309523`.

    Examples
    --------
    >>> from imbsuite import RepeatedEditedNearestNeighbours
    >>> X = [[0.0], [1.0], [3.0], [6.0], [10.0], [15.0]]
    >>> sampler = RepeatedEditedNearestNeighbours(n_neighbors=1)
    >>> sampler.fit_resample(X, [0, 0, 0, 0, 1, 1])[1]
    [0, 0, 0, 0, 1, 1]
    """

    max_iter: int = 100
    _name: ClassVar[str] = "repeated-edited-nearest-neighbours"


class AllKNN(EditedNearestNeighbours):
    """Edited nearest neighbors with 1, 2, ..., k neighbors in turn.

    :class:`EditedNearestNeighbours` with ``grow=True``.

    Parameters
    ----------
    n_neighbors : int, default=3
        The largest number of nearest neighbors of any class, excluding the row itself.
    kind_sel : {"all", "mode"}, default="all"
        Which rows agree with their neighbors, as in :class:`EditedNearestNeighbours`.
    max_iter : int, default=1
        Maximum number of passes from 1 to ``n_neighbors``.
    grow : bool, default=True
        Whether a pass has a round for each number of neighbors.
    allow_minority : bool, default=False
        Whether a round may make a class the smallest that was not the smallest in the
        input.
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str or list of labels, default="auto"
        Which classes may be cleaned: "auto" (all except the smallest), "all",
        "majority", "not minority", "not majority", or a list of labels.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid.

    Notes
    -----
    The result is not random.

    **Departs from the paper.** Tomek applies all numbers of neighbors to the whole
    table and removes the rows once. Here, as in imbalanced-learn, each round judges the
    remaining rows. A round that would remove all rows of a class, or make a class the
    smallest without ``allow_minority``, is not applied, and no further round follows.

    **When it hurts.** As for :class:`RepeatedEditedNearestNeighbours`, but with fewer
    rounds.

    References
    ----------
    Tomek. An Experiment with the Edited Nearest-Neighbor Rule. IEEE Transactions on
    Systems, Man, and Cybernetics 6(6) (1976), 448-452,
    :doi:`10.1109/TSMC.1976.4309523`.

    Examples
    --------
    >>> from imbsuite import AllKNN
    >>> X, y = [[0.0], [1.0], [2.0], [8.5], [8.0], [9.0]], [0, 0, 0, 0, 1, 1]
    >>> AllKNN(n_neighbors=1).fit_resample(X, y)[1]
    [0, 0, 0, 1, 1]
    """

    grow: bool = True
    _name: ClassVar[str] = "all-knn"
