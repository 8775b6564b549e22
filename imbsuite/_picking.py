"""A stratified sample of rows, drawn from class counts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.random import sample_without_replacement

from imbsuite._classes import check_labels
from imbsuite._extras import need
from imbsuite._random import draw_seed
from imbsuite._table import refuse_missing
from imbsuite.plan import largest_remainder

# The minimum number of rows of a class: ten for each of five test folds.
_LEAST = 50

Sizes = Mapping[Any, int]
RanksByClass = Mapping[Any, NDArray[np.int64]]


def choose(
    parts: Sequence[Sizes], rows: int, rng: np.random.Generator
) -> list[dict[Any, NDArray[np.int64]]]:
    """Return the ranks of the sampled rows of each class, for every part of the table.

    The rank of a row is its position among the rows of its class in its part. The sample
    does not depend on how the table is cut into parts.

    Parameters
    ----------
    parts : sequence of mapping of label to number of rows
    rows : int
    rng : Generator

    Raises
    ------
    ValueError
        If ``rows`` is too small for the number of classes.
    """
    sizes: Counter[Any] = Counter()
    for part in parts:
        sizes.update(part)
    labels = sorted(sizes, key=str)
    wanted = _shares(np.array([sizes[label] for label in labels]), rows)
    chosen: list[dict[Any, NDArray[np.int64]]] = [{} for _ in parts]
    streams = rng.spawn(len(labels))
    for label, n, stream in zip(labels, wanted.tolist(), streams, strict=True):
        seed = draw_seed(stream)
        ranks = sample_without_replacement(sizes[label], n, random_state=seed)
        ends = np.cumsum([part.get(label, 0) for part in parts])
        for own, piece in zip(chosen, cut_ranks(np.sort(ranks), ends), strict=True):
            own[label] = piece
    return chosen


def cut_ranks(ranks: NDArray[Any], ends: NDArray[Any]) -> list[NDArray[Any]]:
    """Split sorted ranks into those of each part, counted from the part's first row.

    Parameters
    ----------
    ranks : ndarray of int
    ends : ndarray of shape (n_parts,), int
        The rank after the last rank of each part.
    """
    pieces = np.split(ranks, np.searchsorted(ranks, ends[:-1]))
    starts = [0, *ends[:-1].tolist()]
    return [piece - start for piece, start in zip(pieces, starts, strict=True)]


def _shares(sizes: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Return the sample size of each class: its share, but at least ``_LEAST`` rows."""
    least = np.minimum(sizes, _LEAST)
    needed = min(2 * int(least.sum()), int(sizes.sum()))
    if rows < needed:
        msg = (
            f"a sample of {rows:,} rows is too small for {len(sizes)} classes; take at "
            f"least {needed:,}."
        )
        raise ValueError(msg)
    if rows >= sizes.sum():
        return sizes
    wanted = np.maximum(largest_remainder(sizes, rows), least)
    wanted[sizes.argmax()] -= wanted.sum() - rows
    return np.minimum(wanted, sizes)


def pick(y: Any, ranks: RanksByClass) -> NDArray[np.intp]:
    """Return the positions of the sampled rows of a part with labels ``y``."""
    labels = np.asarray(y)
    places = [
        np.flatnonzero(labels == label)[own] for label, own in ranks.items() if len(own)
    ]
    return np.sort(np.concatenate([np.empty(0, dtype=np.intp), *places]))


def count(parts: Sequence[Mapping[Hashable, int]], what: str) -> list[dict[Any, int]]:
    """Return the validated counts of labels, for each part.

    Raises
    ------
    ValueError
        If labels are missing or invalid, as in ``check_labels``.
    """
    absent, held = need("pandas").isna, [dict(part) for part in parts]
    missing = sum(n for part in held for label, n in part.items() if absent(label))
    refuse_missing(missing, sum(sum(part.values()) for part in held), what)
    check_labels(np.array(list(dict.fromkeys(k for part in held for k in part))), what)
    return held
