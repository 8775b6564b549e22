"""The graph where labels are all that a sampler looks at: nothing is gathered."""

from __future__ import annotations

from typing import Any

import numpy as np
from dask.delayed import delayed

from imbsuite._stratified import BaseStratified
from imbsuite._views import By
from imbsuite.scale.assembling import Writer
from imbsuite.scale.call import Call
from imbsuite.scale.ranks import Chosen, Ranked, choose, grow, places

__all__ = ["resample_by_labels"]


def resample_by_labels(call: Call) -> tuple[list[Any], list[Any]]:
    """Return the partitions of kept rows and those of new ones, as delayed frames."""
    if not isinstance(call.sampler, BaseStratified):
        return _grow(call)
    strata = delayed(_rank(call, call.sampler._by))
    chosen = delayed(choose)(call.sampler, strata, call.plan, call.rng)
    kept = _each(call, _keep, chosen, strata)
    return kept, _each(call, _repeat, chosen, strata) if call.sampler._repeats else []


def _grow(call: Call) -> tuple[list[Any], list[Any]]:
    """Repeat rows class by class, as they come in memory."""
    # A class is shared out over its groups, where there are any.
    by: By = "class" if call.census.groups is None else "class_and_group"
    strata, growing = delayed(_rank(call, by)), call.growing
    drawn = delayed(grow, nout=len(growing))(
        call.sampler, strata, delayed(call.reader), growing, call.rng
    )
    again = [_each(call, _repeat, drawn[i], strata) for i in range(len(growing))]
    parts, writer = call.source.parts.read(), delayed(call.writer)
    both = zip(parts, call.census.starts[:-1].tolist(), strict=True)
    kept = [delayed(_keep_all)(part, start, writer) for part, start in both]
    return kept, [part for parts in again for part in parts]


def _each(call: Call, task: Any, chosen: Any, strata: Any) -> list[Any]:
    parts, writer = call.source.parts.read(), delayed(call.writer)
    both = zip(parts, call.census.starts[:-1].tolist(), strict=True)
    return [
        delayed(task)(part, start, chosen[i], strata, writer)
        for i, (part, start) in enumerate(both)
    ]


def _rank(call: Call, by: By) -> Ranked:
    keys, rows = call.census.keys(by), call.census.stratified(by)
    return Ranked(by, keys, rows, call.sampler._kind != "under")


def _keep_all(frame: Any, start: int, writer: Writer) -> Any:
    return writer.keep(frame, None, start)


def _keep(
    frame: Any, start: int, chosen: Chosen, strata: Ranked, writer: Writer
) -> Any:
    whole = strata.light_stay or writer.reader.columns.weight is None
    if whole and all(ranks is None for ranks in chosen.kept):
        return writer.keep(frame, None, start)
    own = writer.reader.strata(frame, strata.by, strata.keys)
    rows = places(own, chosen.kept)
    if strata.light_stay:
        rows = np.union1d(rows, np.flatnonzero(own == len(strata.keys)))
    return writer.keep(frame, rows, start)


def _repeat(
    frame: Any, start: int, chosen: Chosen, strata: Ranked, writer: Writer
) -> Any:
    own = writer.reader.strata(frame, strata.by, strata.keys)
    return writer.repeat(frame, places(own, chosen.again), start, chosen.number)
