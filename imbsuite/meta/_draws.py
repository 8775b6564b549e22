"""The rows of the members of an ensemble: bootstraps, even draws, seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import clone

from imbsuite._random import draw_seed, seeded_folds
from imbsuite._types import Codes, Positions
from imbsuite.plan import Tempered
from imbsuite.samplers import RandomUnderSampler
from imbsuite.temperature import Cooldown, temperature_at


def seeded(estimator: Any, rng: np.random.Generator) -> Any:
    """Return a clone with random seeds for ``random_state``, also of nested parameters.

    Splitters without a seed get one, too. An object without ``get_params`` is copied.
    """
    fresh = clone(estimator, safe=False)
    params = _params(fresh)
    seeds: dict[str, Any] = {
        name: draw_seed(rng)
        for name in sorted(params)
        if name.rpartition("__")[2] == "random_state"
        # scikit-learn warns if a deprecated parameter is set.
        if not isinstance(params[name], str)
    }
    # Draw a seed only if it is used, so that the seeds of other parts do not change.
    if seeded_folds(params, 0):
        seeds |= seeded_folds(params, draw_seed(rng))
    return fresh.set_params(**seeds) if seeds else fresh


def _params(estimator: Any) -> dict[str, Any]:
    if not hasattr(estimator, "get_params"):
        return {}
    return estimator.get_params(deep=True)


def at_progress(sampler: Any, progress: float) -> Any:
    """Return a sampler whose :class:`Cooldown` parameters are replaced by their values.

    A plan becomes ``Tempered``, any other parameter a temperature.
    """
    schedules = {
        name: temperature_at(value, progress)
        for name, value in _params(sampler).items()
        if isinstance(value, Cooldown)
    }
    if not schedules:
        return sampler
    plans = {
        name: Tempered(value) if name.endswith("sampling_strategy") else value
        for name, value in schedules.items()
    }
    return clone(sampler).set_params(**plans)


def by_appearance(codes: Codes) -> list[int]:
    """Return the distinct codes in order of first appearance."""
    first_rows = np.unique(codes, return_index=True)[1]
    return codes[np.sort(first_rows)].tolist()


def bootstrap(rows_of_classes: list[Positions], rng: np.random.Generator) -> Positions:
    """Return a bootstrap sample of each class, as large as the class, in sorted order.

    Plans by numbers of rows therefore hold for every member, and none lacks a class.
    """
    draws = [own[rng.integers(len(own), size=len(own))] for own in rows_of_classes]
    return np.sort(np.concatenate(draws))


def bootstrap_groups(
    rows_of_classes: list[Positions], groups: Codes, rng: np.random.Generator
) -> Positions:
    """Return the rows of groups drawn with replacement, sorted.

    If no row of a class is drawn, a random group with rows of this class is added, so
    that every member is fitted on every class.

    Parameters
    ----------
    rows_of_classes : list of ndarray of int
        The rows to draw from, by class.
    groups : ndarray of shape (n_rows,), int
    rng : Generator
    """
    rows = np.sort(np.concatenate(rows_of_classes))
    names, place = np.unique(groups[rows], return_inverse=True)
    times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
    for own in rows_of_classes:
        own_groups = np.searchsorted(names, groups[own])
        if not times[own_groups].any():
            times[rng.choice(own_groups)] = 1
    return np.repeat(rows, times[place])


def even_draws(
    n_rows: int, sizes: list[int], rng: np.random.Generator
) -> Iterator[Positions]:
    """Yield ``sizes[t]`` different positions below ``n_rows`` for each member t.

    Over all members, the numbers of uses of two positions differ by at most one: each
    pass goes through all positions in a new random order. A member that takes the end
    of one pass and the beginning of the next takes no position twice.
    """
    left = rng.permutation(n_rows)
    for n in sizes:
        drawn, left = left[:n], left[n:]
        if len(drawn) < n:
            fresh = rng.permutation(n_rows)
            others = fresh[~np.isin(fresh, drawn)][: n - len(drawn)]
            drawn = np.concatenate([drawn, others])
            left = fresh[~np.isin(fresh, others)]
        yield np.sort(drawn)


def cuts_at_random(sampler: Any) -> bool:
    """Whether a sampler keeps a random subset of rows, without replacement."""
    return isinstance(sampler, RandomUnderSampler) and not sampler.replacement
