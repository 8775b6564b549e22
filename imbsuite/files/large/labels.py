"""Labels of a table in blocks, and how often each occurs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from imbsuite._classes import MOST_CLASSES
from imbsuite._extras import need

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["block_counts", "label_counts"]


def block_counts(blocks: Iterable[pa.Table], target: str) -> Iterator[dict[Any, int]]:
    """Yield the counts of each block, up to the first with more labels than classes."""
    for block in blocks:
        counts = label_counts(block[target])
        yield counts
        if len(counts) > MOST_CLASSES + 1:
            return


def label_counts(labels: pa.ChunkedArray) -> dict[Any, int]:
    """Return how often each label occurs; None: missing."""
    if need("pyarrow").types.is_dictionary(labels.type):
        labels = labels.cast(labels.type.value_type)
    counted = need("pyarrow.compute").value_counts(labels)
    return {pair["values"]: pair["counts"] for pair in counted.to_pylist()}
