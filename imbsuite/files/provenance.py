"""Where the rows of a resampled table come from, as columns of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need

if TYPE_CHECKING:
    from imbsuite.base import BaseSampler

__all__ = ["origin_columns", "provenance_columns"]

_PREFIX = "imbsuite_"


def provenance_columns(sampler: BaseSampler, names: Iterable[str]) -> dict[str, Any]:
    """Return four columns that say where each row comes from.

    ``is_synthetic``; ``seed_row``, the row of the input that it is or stems from, counted
    from 0; of new rows also ``partner_row`` and ``step``, so that a number is
    ``seed + step * (partner - seed)``. There is no step where a row is no interpolation.

    Parameters
    ----------
    sampler : fitted sampler
    names : iterable of str
        The columns of the table. If one of the four is among them, all four get the
        prefix ``imbsuite_``, as often as it takes.

    Returns
    -------
    dict of str to pyarrow.Array of shape (n_out,)
    """
    new = sampler.is_synthetic_
    partners, steps = np.zeros(len(new), dtype=np.int64), np.full(len(new), np.nan)
    partners[new], steps[new] = sampler.parents_[:, 1], sampler.steps_
    return origin_columns(new, sampler.sample_indices_, partners, steps, names=names)


def origin_columns(
    new: NDArray[np.bool_],
    seeds: NDArray[Any],
    partners: NDArray[Any],
    steps: NDArray[Any],
    *,
    names: Iterable[str],
) -> dict[str, Any]:
    """Return the four columns of :func:`provenance_columns`, of what they are made of.

    Parameters
    ----------
    new : ndarray of bool of shape (n_out,)
    seeds, partners : ndarray of int of shape (n_out,)
        Of rows that are not new, the partner does not matter.
    steps : ndarray of shape (n_out,)
        NaN where there is none.
    names : iterable of str
        The columns of the table.
    """
    array = need("pyarrow").array
    columns = {
        "is_synthetic": array(new),
        "seed_row": array(seeds.astype(np.int64)),
        "partner_row": array(partners.astype(np.int64), mask=~new),
        "step": array(steps.astype(float), mask=np.isnan(steps) | ~new),
    }
    taken = set(names)
    while taken & columns.keys():
        columns = {f"{_PREFIX}{name}": column for name, column in columns.items()}
    return columns
