"""Columns of a resampled table that identify the parents of each row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need

if TYPE_CHECKING:
    from imbsuite.base import BaseSampler

# The names of the columns; ``imbsuite.scale`` adds the same columns.
PROVENANCE = ("is_synthetic", "seed_row", "partner_row", "step")
_PREFIX = "imbsuite_"


def provenance_columns(sampler: BaseSampler, names: Iterable[str]) -> dict[str, Any]:
    """Return four columns with the origin of each row.

    ``is_synthetic``; ``seed_row``, the input row that the row is or was made from,
    counted from 0; and for new rows ``partner_row`` and ``step``, such that a number is
    ``seed + step * (partner - seed)``. ``step`` is missing in rows that are not
    interpolated.

    Parameters
    ----------
    sampler : fitted sampler
    names : iterable of str
        The columns of the table. If one of the four is among them, all four get the
        prefix ``imbsuite_``, repeatedly if necessary.

    Returns
    -------
    dict of str to pyarrow.Array of shape (n_out,)
    """
    new = sampler.is_synthetic_
    partners, steps = np.zeros(len(new), dtype=np.int64), np.full(len(new), np.nan)
    partners[new], steps[new] = sampler.parents_[:, 1], sampler.steps_
    return as_provenance(new, sampler.sample_indices_, partners, steps, names=names)


def as_provenance(
    new: NDArray[np.bool_],
    seeds: NDArray[Any],
    partners: NDArray[Any],
    steps: NDArray[Any],
    *,
    names: Iterable[str],
) -> dict[str, Any]:
    """Return the four columns of :func:`provenance_columns` from their values.

    Parameters
    ----------
    new : ndarray of bool of shape (n_out,)
    seeds, partners : ndarray of int of shape (n_out,)
        The partners of rows that are not new are ignored.
    steps : ndarray of shape (n_out,)
        NaN where a row is not interpolated.
    names : iterable of str
        The columns of the table.
    """
    array = need("pyarrow").array
    values = (
        array(new),
        array(seeds.astype(np.int64)),
        array(partners.astype(np.int64), mask=~new),
        array(steps.astype(float), mask=np.isnan(steps) | ~new),
    )
    free = free_names(PROVENANCE, names)
    return dict(zip(free, values, strict=True))


def free_names(added: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return names of added columns that differ from the columns of a table.

    If one of them is among ``names``, all get the prefix ``imbsuite_``, repeatedly if
    necessary.
    """
    free, taken = list(added), set(names)
    while not taken.isdisjoint(free):
        free = [f"{_PREFIX}{name}" for name in free]
    return free
