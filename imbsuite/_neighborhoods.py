"""Rules based on the neighbors of rows: doubtful rows, votes, labels, Tomek links."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from imbsuite._types import Floats, Positions
from imbsuite._views import TableView

# With fewer rows, finding all neighbors is faster than finding the rows that need them.
_FEW_ROWS = 20_000


class JudgedByNeighbors:
    """A mixin for selectors that judge a row by its ``n_neighbors`` nearest rows."""

    n_neighbors: int

    def _reach(self) -> tuple[int, int]:
        return self.n_neighbors, 0

    def _doubtful(self, table: TableView, y: Any, rows: Positions) -> Positions:
        return doubtful_rows(table, y, rows, self.n_neighbors)


def rows_to_search(table: TableView, y: Any, rows: Positions, k: int) -> Positions:
    """Return the doubtful rows, or all rows if there are few."""
    return rows if len(rows) < _FEW_ROWS else doubtful_rows(table, y, rows, k)


def doubtful_rows(table: TableView, y: Any, rows: Positions, k: int) -> Positions:
    """Return the rows to which another class is at least as near as k rows nearby.

    For all other rows, the k nearest rows can only belong to their own class.
    """
    space, present = table.space, table.present
    if len(present) <= k:
        return rows
    doubtful = [rows[:0]]
    labels, sizes = np.unique(y[rows], return_counts=True)
    # The largest class first: the index of all rows is built for this number of
    # queries.
    for label in labels[np.argsort(-sizes, kind="stable")]:
        own = rows if len(labels) == 1 else rows[y[rows] == label]
        foreign = present[y[present] != label]
        space.prepare(own, present)
        space.prepare(own, foreign)
        for at, _, far in space.in_parts(own, present, k, local=True):
            enemy, _ = space.nearest(own[at], foreign, 1, within=far[:, -1])
            doubtful.append(own[at[(enemy >= 0).any(axis=1)]])
    return np.sort(np.concatenate(doubtful))


def outvoted(labels: Any, own: Any) -> Any:
    """Return the rows for which another class has more neighbors than their own class.

    Parameters
    ----------
    labels : ndarray of shape (n, k), int
        The classes of the neighbors of each row.
    own : ndarray of shape (n,), int
        The class of each row.
    """
    votes = labels[:, :, np.newaxis] == labels[:, np.newaxis, :]
    most = votes.sum(axis=2).max(axis=1, initial=0)
    return (labels == own[:, np.newaxis]).sum(axis=1) < most


def linked_rows(table: TableView, y: Any, among: Positions) -> Any:
    """Return which rows of the table are in a Tomek link between rows of ``among``."""
    near = np.full(len(y), -1, dtype=np.int32)
    far = np.full(len(y), np.inf)
    # Every link has a row outside the largest class.
    point = partial(_point, table, near, far, among)
    point(among[y[among] != table.largest])
    # A row that is the nearest neighbor of a row of another class must be searched as
    # well, unless it already was: is its nearest neighbor the row that points to it?
    pointing = np.flatnonzero(near >= 0)
    pointing = pointing[y[near[pointing]] != y[pointing]]
    asked_back = np.unique(near[pointing]).astype(np.intp)
    asked_back = asked_back[near[asked_back] < 0]
    np.minimum.at(far, near[pointing], far[pointing])
    point(asked_back)
    linked = np.zeros(len(y), dtype=bool)
    mutual = pointing[near[near[pointing]] == pointing]
    linked[mutual] = True
    linked[near[mutual]] = True
    return linked


def _point(table: TableView, near: Any, far: Any, among: Any, rows: Any) -> None:
    """Write the nearest row of each of ``rows`` within ``far``, and its distance."""
    for at, nearest, distances in table.space.in_parts(
        rows, among, 1, within=far[rows]
    ):
        if nearest.size:
            near[rows[at]], far[rows[at]] = nearest[:, 0], distances[:, 0]


def split_by_plan(
    table: TableView, y: Any, plan: dict[int, int]
) -> tuple[Positions, dict[int, Positions]]:
    """Return the rows of classes that a plan leaves unchanged, and of each other class.

    Only rows of positive weight are included.
    """
    present = table.present
    sizes = np.bincount(y[present], minlength=max(plan, default=0) + 1)
    cut = {c: present[y[present] == c] for c, n in plan.items() if n < sizes[c]}
    return present[~np.isin(y[present], list(cut))], cut


def reference_rows(
    table: TableView, y: Any, cut: Iterable[int], name: str
) -> Positions:
    """Return the rows of classes that are not cut; ``name`` is the name of the sampler.

    Raises
    ------
    ValueError
        If there are no such rows.
    """
    rows = table.present[~np.isin(y[table.present], list(cut))]
    if len(rows) == 0:
        raise without_reference(name)
    return rows


def without_reference(name: str) -> ValueError:
    """Return the error for a plan that cuts all classes; ``name`` names the sampler."""
    msg = (
        f"The 'sampling_strategy' parameter of {name} must leave at least one class "
        "with rows of positive weight unchanged, because its rows are used to judge "
        "the rows of other classes. Got a plan that cuts all such classes instead; "
        "use 'auto', or leave a class out."
    )
    return ValueError(msg)


def mislabeled(
    table: TableView, y: Any, rows: Positions, stored: Positions
) -> Positions:
    """Return the rows whose nearest stored row belongs to another class.

    If several stored rows are equally near, one of the true class is enough. ``rows``
    contains no stored rows.
    """
    wrong = [rows[:0]]
    for label in np.unique(y[rows]):
        own, is_same = rows[y[rows] == label], y[stored] == label
        far = np.full(len(own), np.inf)
        lower_distances(table, own, stored[is_same], far)
        same = far.copy()
        lower_distances(table, own, stored[~is_same], far)
        wrong.append(own[far < same])
    return np.sort(np.concatenate(wrong))


def lower_distances(
    table: TableView, rows: Positions, among: Positions, known: Floats
) -> None:
    """Lower ``known`` squared distances, in place, to the nearest rows of ``among``."""
    within = np.sqrt(known)
    for at, near, far in table.space.in_parts(
        rows, among, 1, within=within, squared=True
    ):
        if near.size:
            known[at] = np.minimum(known[at], far[:, 0])
