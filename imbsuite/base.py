"""The template of all samplers: validate, plan, draw, assemble.

An author subclasses one of three classes and writes **one** method:

=====================  ==========================================  ======================
subclass               write                                       return
=====================  ==========================================  ======================
BaseInterpolator       ``_propose(table, y, label, n, rng)``       seeds, partners, steps
BaseSynthesizer        ``_synthesize(table, y, label, n, rng)``    rows, seeds
BaseSelector           ``_select(table, y, plan, rng)``            positions to keep
=====================  ==========================================  ======================

``table`` is a checked view of the input; ``y`` holds integer codes, and ``label`` is
the code of the class that gets new rows; ``table.rows`` are its possible parents (rows
of positive weight in the same group, and at least two if ``k_neighbors`` is positive);
``table.space`` finds neighbors; ``rng`` is a generator for this class only. The method
returns exactly ``n`` entries, as positions in the input. The base class handles loops
over classes, small classes, groups, weights, types and provenance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from imbsuite._neighbors import search_with
from imbsuite._parameters import Allocation
from imbsuite._random import Seed, draw_evenly
from imbsuite._rejection import Growth, reject_foreign
from imbsuite._table import Draw, Rule, join_draws
from imbsuite._template import BaseSampler
from imbsuite._types import Codes, Floats, Positions
from imbsuite._views import ClassView, Job, Plan, TableView, share_out
from imbsuite.plan import Kind

__all__ = [
    "BaseInterpolator",
    "BaseSampler",
    "BaseSelector",
    "BaseSynthesizer",
    "ClassView",
    "TableView",
]


class BaseGrower(BaseSampler, ABC):
    """Over-sampling: each class, and each group within it, gets new rows separately."""

    _kind: ClassVar[Kind] = "over"
    # Number of neighbors from which partners are drawn; 0: there is no neighbor search.
    k_neighbors = 0
    seed_allocation = "even"

    def _draw(self, job: Job, rng: np.random.Generator) -> Draw:
        if hasattr(self.k_neighbors, "kneighbors"):
            self.neighbors_recall_: dict[Any, float] = {}
        prepare_rng, grow_rng = rng.spawn(2)
        stay = self._prepare(TableView(job), job.y, prepare_rng)
        streams, k = grow_rng.spawn(len(job.labels)), self._k()
        draws: list[Draw] = []
        judged: list[Growth] = []
        n_new = 0
        for view, label, n in self._growing(job, stay):
            rng = streams[label]
            # A single row has no neighbors, so it is repeated if neighbors are needed.
            if len(view.rows) == 1 and k:
                draws.append(_repeats(view.rows, n))
            else:
                draws.append(self._grow(view, job.y, label, n, rng))
                if self.reject is not None:
                    propose = partial(self._grow, y=job.y, label=label, n=n, rng=rng)
                    judged.append(Growth(view.rows, label, n_new, n, propose, rng))
            n_new += n
        draw = join_draws(draws)
        if self.reject is not None:
            draw = reject_foreign(job, draw, judged, self.categorical_rule, self.reject)
        return draw if stay is None else replace(draw, kept=np.flatnonzero(stay))

    def _prepare(
        self, table: TableView, y: Codes, rng: np.random.Generator
    ) -> NDArray[np.bool_] | None:
        """Prepare what all classes share, once per call; by default, nothing.

        Returns a mask of the rows that stay in the table; None: all of them.
        """

    def _growing(
        self, job: Job, stay: NDArray[np.bool_] | None
    ) -> Iterator[tuple[ClassView, int, int]]:
        """Yield each class (and group) with new rows, its code and their number."""
        groups, members, k = job.table.groups, job.members(), self._k()
        for label, size in job.plan.items():
            rows = (
                members[label] if stay is None else members[label][stay[members[label]]]
            )
            n = size - len(rows)
            if n <= 0:
                continue
            if not len(rows):
                raise self._without_weight(job.labels[label])
            parts = [(rows, n)] if groups is None else share_out(groups, rows, n)
            sizes = [len(part) for part, _ in parts]
            if min(sizes) <= k:
                job.notes.append(_note_small(job.labels[label], sizes, k))
            for part, n_new in parts:
                yield ClassView(job, part, label), label, n_new

    def _without_weight(self, name: Any) -> ValueError:
        msg = (
            f"Class {name!r} has only rows of zero weight, so no new rows can be "
            "created from it; pass a positive weight for one of them, or leave the "
            "class out of sampling_strategy."
        )
        return ValueError(msg)

    def _k(self) -> int:
        """Return the number of neighbors of a parent; 0 if there is no neighbor search.

        Raises
        ------
        ValueError
            If ``k_neighbors`` is an object whose ``n_neighbors`` is not an integer of
            at least 2.
        """
        engine: Any = self.k_neighbors
        if isinstance(engine, (int, np.integer)):
            return int(engine)
        n_neighbors = getattr(engine, "n_neighbors", None)
        if not isinstance(n_neighbors, (int, np.integer)) or n_neighbors < 2:
            msg = (
                f"k_neighbors={engine!r} has n_neighbors={n_neighbors!r}; it must be "
                "an integer of at least 2, because it includes the row itself: "
                "n_neighbors=6 means 5 neighbors."
            )
            raise ValueError(msg)
        return int(n_neighbors) - 1

    def _requires_all_rows(self) -> str:
        if self.reject is None:
            return super()._requires_all_rows()
        name = type(self).__name__
        return f"{name} requires all rows at once (unless reject is None)"

    def _allocate(self, rows: Positions, n: int, rng: np.random.Generator) -> Positions:
        """Return ``n`` seeds from ``rows``.

        ``seed_allocation="even"``: each row floor(n / len(rows)) times, and the
        remainder drawn without replacement; "random": all drawn with replacement.
        """
        if self.seed_allocation == "random":
            return np.sort(rng.choice(rows, n))
        return draw_evenly(rows, n, rng)

    @abstractmethod
    def _grow(
        self, view: ClassView, y: Codes, label: int, n: int, rng: np.random.Generator
    ) -> Draw:
        """Return ``n`` new rows of one class (and group)."""


def _note_small(name: Any, sizes: list[int], k: int) -> str:
    """Return the warning for a class, or groups of it, with few rows."""
    small = [size for size in sizes if size <= k]
    view = f"Class {name!r}"
    if len(sizes) > 1:
        return (
            f"{view}: {len(small)} of its {len(sizes)} groups have fewer than "
            f"{k + 1} rows; fewer neighbors than k_neighbors={k} are used there, "
            "and a single row is repeated."
        )
    if small[0] == 1:
        return f"{view} has a single row, which is repeated."
    used = small[0] - 1
    return (
        f"{view} has {small[0]} rows, too few for k_neighbors={k}; "
        f"{used} neighbor{' is' if used == 1 else 's are'} used."
    )


def _repeats(rows: Positions, n: int) -> Draw:
    seeds = np.repeat(rows, n)
    return Draw(seeds, seeds, np.zeros(n))


class BaseInterpolator(BaseGrower):
    """Base class of over-samplers that create rows between two parents."""

    k_neighbors: Any = 5
    seed_allocation: Allocation = "even"
    reject: int | None = None
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    categorical_rule: Rule = "step"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    @property
    def _broken_laws(self) -> Mapping[str, str]:  # type: ignore[override]
        if self.categorical_rule != "vote":
            return {}
        reason = "a vote may elect the category of a third row"
        return {"other_cells_come_from_a_parent": reason}

    @abstractmethod
    def _propose(
        self, table: ClassView, y: Codes, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        """Return ``(seeds, partners, steps)``, and the voters for categorical votes."""

    def _grow(
        self, view: ClassView, y: Codes, label: int, n: int, rng: np.random.Generator
    ) -> Draw:
        seeds, partners, steps, *voters = self._propose(view, y, label, n, rng)
        return Draw(seeds, partners, steps, voters=voters[0] if voters else None)

    def _search_with(
        self, table: ClassView, rows: Positions, among: Positions
    ) -> Positions:
        """Return neighbors found by the user's object, and record its recall."""
        engine, k = self.k_neighbors, self._k()
        neighbors, recall = search_with(engine, table.space, rows, among, k)
        known = self.neighbors_recall_.get(table.name, 1.0)
        self.neighbors_recall_[table.name] = min(known, recall)
        return neighbors

    def _partners(
        self,
        table: ClassView,
        seeds: Positions,
        rng: np.random.Generator,
        among: Positions | None = None,
    ) -> tuple[Positions, Positions | None]:
        """Return a partner for each seed, and the voters for categorical votes.

        The partner is drawn from the ``k_neighbors`` nearest rows of ``among``
        (default: the possible parents of the class); a seed without neighbors is its
        own partner. Equal seeds must be contiguous, so that each row is searched once.
        """
        among = table.rows if among is None else among
        first = np.ones(len(seeds), dtype=bool)
        first[1:] = seeds[1:] != seeds[:-1]
        rows = seeds[first]
        if hasattr(self.k_neighbors, "kneighbors"):
            neighbors = self._search_with(table, rows, among)
        else:
            neighbors, _ = table.space.nearest(rows, among, self._k())
        k = neighbors.shape[1]
        if k == 0:
            return seeds, None
        place = np.cumsum(first)
        place -= 1
        vote = self.categorical_rule == "vote"
        voters = neighbors[place] if vote else None
        place *= k
        place += rng.integers(k, size=len(seeds))
        return neighbors.ravel().take(place), voters


class BaseSynthesizer(BaseGrower):
    """Base class of over-samplers that compute the numbers of new rows themselves."""

    @abstractmethod
    def _synthesize(
        self, table: ClassView, y: Codes, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        """Return ``(rows, seeds)``, and the partners if there are any.

        ``rows`` is an array of shape (n, n_numeric) in the units of ``table.numeric``,
        in which NaN is replaced by the value of the seed, or a list of such arrays in
        order, each of which is released once it is written. None: every new row is a
        copy of its seed. Categories are those of the seed.
        """

    def _grow(
        self, view: ClassView, y: Codes, label: int, n: int, rng: np.random.Generator
    ) -> Draw:
        rows, seeds, *partners = self._synthesize(view, y, label, n, rng)
        steps = np.zeros(n) if rows is None else np.full(n, np.nan)
        in_parts = isinstance(rows, list) and np.ndim(rows[0]) == 2
        parts = rows if rows is None or in_parts else [rows]
        return Draw(seeds, partners[0] if partners else seeds, steps, rows=parts)


class BaseSelector(BaseSampler, ABC):
    """Base class of samplers that choose rows without creating new ones."""

    # For cleaners: whether the removal of a row also depends on the neighbors of its
    # neighbors.
    _is_mutual: ClassVar[bool] = False
    # For cleaners: whether a row may be removed because it is a neighbor of another
    # row, even if its own neighbors would keep it.
    _removes_neighbors: ClassVar[bool] = False

    @abstractmethod
    def _select(
        self, table: TableView, y: Codes, plan: Plan, rng: np.random.Generator
    ) -> Positions:
        """Return the positions to keep; a row whose position occurs twice is repeated.

        ``plan`` maps each code of ``y`` to a target size; for a cleaner, it contains
        only the classes that may be cleaned. Rows of zero weight are handled by the
        base class: cleaners keep them, and under-samplers drop them.
        """

    def _doubtful(self, table: TableView, y: Codes, rows: Positions) -> Positions:
        """Return those of ``rows`` that may be removed, judged by a part of the table.

        The part contains some rows of each class, and all rows of the smaller classes.
        """
        return rows

    def _scores(
        self, table: TableView, y: Codes, rows: Positions, reference: Positions
    ) -> Floats:
        """Return the scores of ``rows``; under-samplers keep those with the lowest.

        Only under-samplers that support tables in parts implement this method.
        ``reference`` are the rows of the classes that are not cut. Rows that are not
        ``_doubtful`` have a score of 0.
        """
        raise NotImplementedError

    def _least(self, scores: Floats, n: int, rng: np.random.Generator) -> Positions:
        """Return the positions of the ``n`` lowest scores; equal scores: the first."""
        return np.argsort(scores, kind="stable")[:n]

    def _draw(self, job: Job, rng: np.random.Generator) -> Draw:
        weight = job.table.weight
        chosen = self._select(TableView(job), job.y, job.plan, rng)
        if weight is not None:
            chosen = chosen[weight[chosen] > 0]
        stays = np.zeros(len(job.y), dtype=bool)
        stays[chosen] = True
        repeats = chosen[:0]
        kept = np.flatnonzero(stays)
        # Most selectors never repeat a row, and need no count.
        if len(kept) < len(chosen):
            repeats = np.repeat(kept, np.bincount(chosen)[kept] - 1)
        # A plan of 0 is an explicit request; a cleaner that leaves no rows is not.
        if self._kind == "clean":
            left = np.bincount(job.y[kept], minlength=len(job.labels))
            emptied = np.flatnonzero((left == 0) & (np.array(job.sizes) > 0))
            # The last rows of a class are not protected: cleaners remove exactly the rows
            # that imbalanced-learn removes.
            job.notes.extend(self._emptied(job.labels[label]) for label in emptied)
        if weight is not None and self._kind != "under":
            kept = np.flatnonzero(stays | (weight == 0))
        return Draw(repeats, repeats, np.zeros(len(repeats)), kept=kept)

    def _emptied(self, name: Any) -> str:
        return (
            f"Class {name!r} has lost all its rows; leave it out "
            "of sampling_strategy (a list of labels to clean) to keep it."
        )
