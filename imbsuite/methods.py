"""The registry of samplers by name, with default parameters.

The strategies of ``compare`` and the completion and help of the command line use this
registry.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from imbsuite import samplers
from imbsuite.base import BaseSampler
from imbsuite.plan import Tempered
from imbsuite.samplers import Chain, SubclassSampler, TemperatureSampler, make_chain

__all__ = ["SAMPLERS", "make_sampler", "one_of", "plan_with", "planned_sizes"]


def _named() -> Iterator[tuple[str, Callable[[], BaseSampler]]]:
    """Yield the named samplers of the package, and common combinations of them.

    In a chain, a cleaner may remove rows of all classes, synthetic rows included
    ("all"), as in the paper that proposed both combinations.
    """
    for public in dir(samplers):
        kind = getattr(samplers, public)
        if getattr(kind, "_name", ""):
            yield kind._name, kind
    enn = partial(samplers.EditedNearestNeighbours, sampling_strategy="all")
    tomek = partial(samplers.TomekLinks, sampling_strategy="all")
    yield "smote-enn", lambda: make_chain(samplers.SMOTE(), enn())
    yield "smote-tomek", lambda: make_chain(samplers.SMOTE(), tomek())
    yield "subclass-smote", lambda: SubclassSampler(samplers.SMOTE())


SAMPLERS: dict[str, Callable[[], BaseSampler]] = dict(sorted(_named()))


def make_sampler(name: str) -> BaseSampler:
    """Return a sampler by its name.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists all names and suggests the nearest.
    """
    return SAMPLERS[one_of(SAMPLERS, name, "sampler")]()


def one_of(known: Iterable[str], name: str, what: str) -> str:
    """Return ``name`` if it is known.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists all names and suggests the nearest.
    """
    names = list(known)
    if name in names:
        return name
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = f"unknown {what} {name!r}; choose one of {', '.join(names)}.{hint}"
    raise ValueError(msg)


def plan_with(
    sampler: BaseSampler,
    *,
    ratio: float | None = None,
    temperature: float | None = None,
) -> BaseSampler:
    """Set the plan of a sampler, and return the sampler.

    In a chain, the plan is set in all steps that have one; in a SubclassSampler, in the
    inner sampler.

    Parameters
    ----------
    sampler : sampler
        Changed in place.
    ratio : float, default=None
        In (0, 1]: size of the smaller class / size of the larger class.
    temperature : float, default=None
        At least 1; sizes are proportional to ``n ** (1 / temperature)``.

    Raises
    ------
    ValueError
        If both are passed, a value is out of range, or the sampler has no such plan.
    """
    if ratio is None and temperature is None:
        return sampler
    if ratio is not None and temperature is not None:
        msg = "a ratio and a temperature are two plans; pass only one of them."
        raise ValueError(msg)
    if ratio is not None and not 0 < ratio <= 1:
        msg = (
            f"the ratio must be a number in (0, 1], the size of the smaller class to that "
            f"of the larger class. Got {ratio:g} instead."
        )
        raise ValueError(msg)
    plan = ratio if temperature is None else Tempered(temperature)
    if isinstance(sampler, TemperatureSampler):
        return _with_temperature(sampler, temperature)
    places = list(_plan_places(sampler))
    if not places:
        msg = (
            f"{type(sampler).__name__} has no plan, because the neighbors of rows "
            "determine which are removed. Leave out the ratio and the temperature, or "
            "choose another sampler."
        )
        raise ValueError(msg)
    return sampler.set_params(**dict.fromkeys(places, plan))


def _with_temperature(sampler: BaseSampler, temperature: float | None) -> BaseSampler:
    if temperature is None:
        msg = (
            "the sampler temperature takes a temperature, not a ratio; for a ratio with "
            "repeated rows, choose random-over."
        )
        raise ValueError(msg)
    # Tempered checks the temperature, with the same message as for all other samplers.
    return sampler.set_params(temperature=Tempered(temperature).temperature)


def _plan_places(sampler: BaseSampler) -> Iterator[str]:
    """Yield the parameters that hold a plan, also nested ones; cleaners have none."""
    parameters = sampler.get_params()
    for name in parameters:
        owner, _, last = name.rpartition("__")
        inner = parameters[owner] if owner else sampler
        if last == "sampling_strategy" and inner._kind != "clean":
            yield name


def planned_sizes(sampler: BaseSampler, y: Any) -> tuple[dict[Any, int], bool]:
    """Return the class sizes after resampling, from labels alone.

    Parameters
    ----------
    sampler : sampler
    y : array-like of shape (n_rows,)

    Returns
    -------
    sizes : dict
    cleaned : bool
        Whether a cleaner then removes rows based on their neighbors, which may reduce
        the sizes.
    """
    if isinstance(sampler, Chain):
        first, *others = (step for _, step in sampler.steps)
        sizes, cleaned = planned_sizes(first, y)
        return sizes, cleaned or any(step._kind == "clean" for step in others)
    if isinstance(sampler, SubclassSampler):
        return planned_sizes(sampler.sampler, y)
    # Plans depend on y only, so any table of this length works.
    fitted = sampler.fit(np.zeros((len(y), 1)), y)
    if sampler._kind == "clean":
        labels, counts = np.unique(np.asarray(y), return_counts=True)
        return dict(zip(labels.tolist(), counts.tolist(), strict=True)), True
    return fitted.plan_, sampler._also_removes
