"""The graph where labels are all that a sampler looks at: nothing is gathered."""

from __future__ import annotations

from typing import Any

from dask.delayed import delayed

from imbsuite.scale.assembling import Writer
from imbsuite.scale.call import Call
from imbsuite.scale.ranks import Chosen, Ranked, choose, grow, places

__all__ = ["resample_by_labels"]


def resample_by_labels(call: Call) -> tuple[list[Any], list[Any]]:
    """Return the partitions of kept rows and those of new ones, as delayed frames."""
    grows = call.sampler._kind == "over" and not hasattr(call.sampler, "_choose")
    strata = _rank(call, grows=grows)
    parts, starts = call.source.parts.read(), call.census.starts.tolist()
    held, writer = delayed(strata), delayed(call.writer)
    reader = delayed(call.reader)
    if grows:
        chosen = delayed(grow, nout=len(call.growing))(
            call.sampler, held, reader, call.growing, call.rng
        )
        kept = [
            delayed(_keep)(p, None, held, writer, s)
            for p, s in zip(parts, starts, strict=False)
        ]
        series = [chosen[i] for i in range(len(call.growing))]
    else:
        chosen = delayed(choose)(call.sampler, held, call.plan, call.rng)
        kept = [
            delayed(_keep)(p, chosen[i], held, writer, starts[i])
            for i, p in enumerate(parts)
        ]
        series = [chosen]
    again = [
        delayed(_repeat)(part, one[i], held, writer, starts[i])
        for one in series
        for i, part in enumerate(parts)
    ]
    return kept, again


def _rank(call: Call, *, grows: bool) -> Ranked:
    by = call.sampler._by
    if grows and call.census.groups is not None:
        # Over-samplers share a class out over its groups.
        by = "class_and_group"
    keys = call.census.keys(by)
    rows, _ = call.census.stratified(by)
    return Ranked(by, keys, rows, call.census.light_ranks(by))


def _keep(
    frame: Any, chosen: Chosen | None, strata: Ranked, writer: Writer, start: int
) -> Any:
    if chosen is None or all(ranks is None for ranks in chosen.kept):
        return writer.keep(frame, None, start)
    own = writer.reader.strata(frame, strata.by, strata.keys)
    return writer.keep(frame, places(own, chosen.kept), start)


def _repeat(
    frame: Any, chosen: Chosen, strata: Ranked, writer: Writer, start: int
) -> Any:
    own = writer.reader.strata(frame, strata.by, strata.keys)
    return writer.repeat(frame, places(own, chosen.again), start, chosen.number)
