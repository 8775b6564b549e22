"""The only place where a seed becomes a generator.

Everything random in imbsuite draws from a :class:`numpy.random.Generator` created here,
so one rule decides what "the same seed" means.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval

Seed: TypeAlias = (
    int | np.random.Generator | np.random.RandomState | np.random.SeedSequence | None
)

_WORDS = 4
# Constraints of ``random_state`` for scikit-learn's parameter validation.
SEEDS = [
    Interval(Integral, 0, None, closed="left"),
    np.random.RandomState,
    np.random.Generator,
    np.random.SeedSequence,
    None,
]


def check_rng(random_state: Seed = None) -> np.random.Generator:
    """Return a fresh generator for ``random_state``.

    Parameters
    ----------
    random_state : None, int, Generator, RandomState or SeedSequence, default=None
        None draws entropy from the system; an int or a ``SeedSequence`` gives the same
        generator each time; a generator or ``RandomState`` is advanced by one draw and
        seeds a new generator, so that the result can always spawn others.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    ValueError
        If ``random_state`` is none of these, or is a negative integer.
    """
    if isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state.integers(2**32, size=_WORDS))
    if isinstance(random_state, np.random.RandomState):
        words = random_state.randint(2**31, size=_WORDS, dtype=np.int64)
        return np.random.default_rng(words)
    if random_state is None or isinstance(random_state, np.random.SeedSequence):
        return np.random.default_rng(random_state)
    if isinstance(random_state, Integral) and random_state >= 0:
        return np.random.default_rng(int(random_state))
    msg = (
        f"random_state={random_state!r} cannot seed a generator; pass None, an integer "
        "of at least 0, a numpy Generator, RandomState or SeedSequence."
    )
    raise ValueError(msg)


def draw_seed(rng: np.random.Generator) -> int:
    """Return a seed for an estimator that takes an integer ``random_state``."""
    return int(rng.integers(2**31))


def seeded_folds(params: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return seeded splitters, for parameters whose folds would differ at each fit.

    These are splitters with ``random_state=None``, and the folds of a TargetEncoder, which
    are random by default and whose own ``random_state`` scikit-learn 1.9 deprecates.

    Parameters
    ----------
    params : mapping of str to object
        All parameters of an estimator, including nested ones.
    seed : int
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    seeded: dict[str, Any] = {}
    for name, value in params.items():
        owner = name.removesuffix("random_state")
        if hasattr(value, "get_n_splits") and _is_unseeded(value):
            seeded[name] = copy(value)
            seeded[name].random_state = seed
        elif owner != name and isinstance(value, str):  # "deprecated"
            n_folds = params.get(f"{owner}cv")
            if isinstance(n_folds, Integral) and params.get(f"{owner}shuffle"):
                is_number = params.get(f"{owner}target_type") == "continuous"
                kind = KFold if is_number else StratifiedKFold
                seeded[f"{owner}cv"] = kind(n_folds, shuffle=True, random_state=seed)
    return seeded


def _is_unseeded(splitter: Any) -> bool:
    # A splitter that does not shuffle has no use for a seed.
    is_free = getattr(splitter, "random_state", 0) is None
    return is_free and bool(getattr(splitter, "shuffle", True))


def column_coins(
    rng: np.random.Generator, j: int, width: int, *, start: int = 0
) -> np.random.Generator:
    """Return the random stream of column ``j``, without changing ``rng``.

    Every row uses ``width`` numbers of the stream; those of the first ``start`` rows
    are skipped.
    """
    seeds: Any = rng.bit_generator.seed_seq
    own = np.random.SeedSequence(seeds.entropy, spawn_key=(*seeds.spawn_key, j))
    stream = np.random.default_rng(own)
    bits: Any = stream.bit_generator
    bits.advance(start * width)
    return stream


def draw_evenly(
    rows: NDArray[np.intp], n: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return ``n`` of ``rows``, sorted, each of them equally often.

    Each row occurs floor(n / len(rows)) times; the remainder is drawn without
    replacement.
    """
    times = np.full(len(rows), n // len(rows))
    times[rng.choice(len(rows), n % len(rows), replace=False, shuffle=False)] += 1
    return np.repeat(np.sort(rows), times[np.argsort(rows, kind="stable")])
