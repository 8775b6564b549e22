"""The graph where rows are gathered, and the sampler's own code runs among them."""

from __future__ import annotations

from typing import Any

import numpy as np
from dask.delayed import delayed

from imbsuite.scale.call import Call
from imbsuite.scale.cleaning import drop_rows, removed_rows
from imbsuite.scale.drawing import draw_rows, part_of
from imbsuite.scale.gathering import gather_all, join, read_part, spacings_of
from imbsuite.scale.graphs import combine
from imbsuite.scale.halo import Question, Search, doubtful_of, fetch, find_halo
from imbsuite.scale.moments import (
    class_means,
    join_moments,
    products_of,
    with_classes,
)

__all__ = ["resample_by_rows"]


class _Rounds:
    """Rounds over the partitions; each gathers more rows, and the last is written."""

    def __init__(self, call: Call, wanted: Any) -> None:
        self.call = call
        self.reader = delayed(call.reader)
        self.starts = call.census.starts[:-1].tolist()
        self._passes = 0
        self.parts = self.read()
        moments = _moments(call)
        spaced = call.sampler._kind != "clean"
        pieces = self._each(
            read_part, self.parts, self.reader, wanted, moments, spaced=spaced
        )
        self.whole = combine(join_moments, pieces, call.census.largest)
        if moments == "classes":
            means = combine(class_means, pieces)
            products = [
                delayed(products_of)(part, self.reader, means) for part in self.read()
            ]
            sizes = call.census.of_classes("parents")
            self.whole = combine(with_classes, products, self.whole, means, sizes)
        self.spacings = combine(spacings_of, pieces) if spaced else None
        self.gathered = self._gather(pieces, "classes")

    def read(self) -> list[Any]:
        """Return the partitions, read once more where they have been read before."""
        self._passes += 1
        again = "" if self._passes == 1 else f"reading-{self._passes}"
        return self.call.source.parts.read(again)

    def _each(
        self, task: Any, parts: list[Any], *arguments: Any, **options: Any
    ) -> list[Any]:
        both = zip(parts, self.starts, strict=True)
        return [
            delayed(task)(part, start, *arguments, **options) for part, start in both
        ]

    def _gather(self, pieces: list[Any], what: str) -> Any:
        limit = self.call.limit
        return combine(gather_all, pieces, self.call.token, what, limit)

    def add(self, pieces: list[Any], what: str) -> None:
        """Add rows to those that are gathered."""
        self.gathered = combine(join, [self.gathered, self._gather(pieces, what)])

    def add_halo(self, question: Question, what: str) -> None:
        """Add the rows that are near to those that are gathered."""
        search = delayed(Search)(self.reader, self.whole, question)
        near = find_halo(self.read(), self.starts, self.gathered, search)
        self.add(self._each(fetch, self.read(), near), what)

    def add_doubtful(self, question: Question) -> None:
        """Add the rows of the largest class that gathered rows are near to."""
        search = delayed(Search)(self.reader, self.whole, question)
        shared = (self.gathered, search, self.call.sampler)
        pieces = self._each(doubtful_of, self.read(), *shared)
        self.add(pieces, "doubtful")


def _moments(call: Call) -> str:
    """Return of which rows moments are needed for distances."""
    if call.sampler._looks_at == "moments":
        return "classes"
    if call.sampler.standardize:
        return "all"
    return "present" if call.sampler._kind == "clean" else "none"


def resample_by_rows(call: Call) -> tuple[list[Any], list[Any]]:
    """Return the partitions of kept rows and those of new ones, as delayed frames."""
    return _clean(call) if call.sampler._kind == "clean" else _grow(call)


def _grow(call: Call) -> tuple[list[Any], list[Any]]:
    wanted = np.array(list(call.growing), dtype=np.intp)
    rounds = _Rounds(call, wanted)
    sampler, looks_at = call.sampler, call.sampler._looks_at
    if looks_at == "neighbors" and len(wanted):
        standardize = sampler.standardize
        rounds.add_halo(
            Question(sampler._reach(), wanted, standardize, by_class=True), "halo"
        )
    draw = delayed(draw_rows)(
        sampler,
        rounds.gathered,
        rounds.whole,
        rounds.reader,
        plan=call.growing,
        rng=call.rng,
        told=call.told,
    )
    writer, sizes = delayed(call.writer), call.blocks()
    firsts = (np.cumsum(sizes, dtype=np.int64) - sizes).tolist()
    new = [
        writer.write(
            rounds.gathered,
            delayed(part_of)(draw, first, first + size),
            first,
            rounds.spacings,
        )
        for first, size in zip(firsts, sizes, strict=True)
    ]
    if not call.writer.provenance:
        return rounds.parts, new
    both = zip(rounds.parts, rounds.starts, strict=True)
    return [writer.keep(part, None, start) for part, start in both], new


def _clean(call: Call) -> tuple[list[Any], list[Any]]:
    """Judge the rows of all classes but the largest, and those of it that these touch."""
    census, sampler = call.census, call.sampler
    everyone, largest = np.arange(len(census.labels)), census.largest
    smaller = everyone[everyone != largest]
    rounds = _Rounds(call, smaller)
    judged = np.array(list(call.plan), dtype=np.intp)
    reach, standardize = sampler._reach(), sampler.standardize
    if hasattr(sampler, "_doubtful"):
        question = Question(reach, judged, standardize, by_class=False)
        if largest in call.plan:
            rounds.add_doubtful(question)
        asked = rounds.gathered
        rounds.add_halo(question, "halo")
    else:
        # Whom the smaller classes point to must be asked back.
        question = Question(reach, everyone, standardize, by_class=False)
        rounds.add_halo(question, "halo")
        asked = rounds.gathered
        rounds.add_halo(question, "halo of the halo")
    removed = delayed(removed_rows)(
        sampler,
        rounds.gathered,
        asked,
        rounds.whole,
        rounds.reader,
        plan=call.plan,
        sizes=census.of_classes("parents"),
    )
    writer = delayed(call.writer)
    return rounds._each(drop_rows, rounds.read(), removed, writer), []
