"""The graph where rows of rare classes are gathered, and the sampler's code runs there."""

from __future__ import annotations

from typing import Any

import numpy as np
from dask.delayed import delayed

from imbsuite.scale.call import Call
from imbsuite.scale.drawing import draw_rows, part_of
from imbsuite.scale.gathering import gather_all, join_moments, read_part
from imbsuite.scale.source import partitions

__all__ = ["resample_by_rows"]


def resample_by_rows(call: Call) -> tuple[list[Any], list[Any]]:
    """Return the partitions of kept rows and those of new ones, as delayed frames."""
    parts, starts = partitions(call.source.frame), call.census.starts.tolist()
    reader, writer = delayed(call.reader), delayed(call.writer)
    wanted = np.array(list(call.growing), dtype=np.intp)
    standardize = getattr(call.sampler, "standardize", False)
    pieces = [
        delayed(read_part)(
            part, start, reader, wanted, "all" if standardize else "none"
        )
        for part, start in zip(parts, starts, strict=False)
    ]
    gathered = delayed(gather_all)(pieces, call.token, "classes")
    largest = int(np.argmax(call.census.of_classes("parents")))
    whole = delayed(join_moments)(pieces, largest)
    draw = delayed(draw_rows)(
        call.sampler,
        gathered,
        whole,
        reader,
        plan=call.growing,
        rng=call.rng,
        told=call.told,
    )
    sizes = call.blocks()
    firsts = (np.cumsum(sizes) - sizes).tolist()
    new = [
        writer.write(gathered, delayed(part_of)(draw, first, first + size), first)
        for first, size in zip(firsts, sizes, strict=True)
    ]
    kept = [
        writer.keep(part, None, start) if call.writer.provenance else part
        for part, start in zip(parts, starts, strict=False)
    ]
    return kept, new
