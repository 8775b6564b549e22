"""The strategies to compare: nothing, weights, and samplers, by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone

from imbsuite.meta import ResampledClassifier
from imbsuite.samplers import (
    SMOTE,
    BorderlineSMOTE,
    EditedNearestNeighbours,
    RandomOverSampler,
    RandomUnderSampler,
    RCALSampler,
    SubclassSampler,
    TemperatureSampler,
    make_chain,
)

__all__ = [
    "DEFAULT",
    "NOTHING",
    "STRATEGIES",
    "TUNED",
    "Strategy",
    "choose_strategies",
]

NOTHING = "nothing"
TUNED = "tuned-threshold"  # and nothing else


@dataclass(frozen=True)
class Strategy:
    """A way to treat rare classes: a sampler, balanced class weights, or neither."""

    name: str
    sampler: Any = None
    class_weight: bool = False

    @property
    def treats(self) -> bool:
        """Whether rows are resampled or weighted, which moves probabilities."""
        return self.class_weight or self.sampler is not None

    def fits(self, estimator: Any) -> bool:
        """Whether it can be applied: not every classifier takes class weights."""
        return not self.class_weight or bool(_weight_parameters(estimator))

    def around(self, estimator: Any) -> ResampledClassifier:
        """Return an unfitted classifier that treats rare classes this way.

        The sampler sees the table as it is and the estimator encodes what the sampler
        hands on, so that no indicator column is ever interpolated.
        """
        inner = clone(estimator)
        if self.class_weight:
            weights = dict.fromkeys(_weight_parameters(inner), "balanced")
            inner.set_params(**weights)
        sampler = None if self.sampler is None else clone(self.sampler)
        return ResampledClassifier(sampler=sampler, estimator=inner)


def _weight_parameters(estimator: Any) -> list[str]:
    names = estimator.get_params()
    return [name for name in names if name.rpartition("__")[2] == "class_weight"]


def _smote_enn() -> Any:
    # "all", as in the paper: the cleaner may take majority rows and synthetic rows.
    cleaner = EditedNearestNeighbours(sampling_strategy="all")
    return make_chain(SMOTE(), cleaner)


STRATEGIES: dict[str, Callable[[], Strategy]] = {
    NOTHING: lambda: Strategy(NOTHING),
    "class-weight": lambda: Strategy("class-weight", class_weight=True),
    "random-over": lambda: Strategy("random-over", RandomOverSampler()),
    "random-under": lambda: Strategy("random-under", RandomUnderSampler()),
    "smote": lambda: Strategy("smote", SMOTE()),
    "borderline-smote": lambda: Strategy("borderline-smote", BorderlineSMOTE()),
    "smote-enn": lambda: Strategy("smote-enn", _smote_enn()),
    "temperature-2": lambda: Strategy("temperature-2", TemperatureSampler(2.0)),
    "temperature-5": lambda: Strategy("temperature-5", TemperatureSampler(5.0)),
    "subclass-smote": lambda: Strategy("subclass-smote", SubclassSampler(SMOTE())),
    "rcal": lambda: Strategy("rcal", RCALSampler()),
}
# What is tried unless something is asked for; the others are there by name.
DEFAULT = list(STRATEGIES)[:7]


def choose_strategies(
    asked: Iterable[str] | Mapping[str, Any] | None,
) -> tuple[Strategy, ...]:
    """Return the strategies asked for, doing nothing always among them and first.

    A tuned threshold is no strategy of its own here: it is measured with doing nothing,
    from the same fits.

    Parameters
    ----------
    asked : None, iterable of names, or mapping of name to sampler, None or known name
        None: those of ``DEFAULT``.

    Raises
    ------
    ValueError
        If a name is unknown; the known ones are listed.
    TypeError
        If a mapping holds what is neither a sampler, None nor a name.
    """
    if asked is None:
        asked = DEFAULT
    if isinstance(asked, str):
        asked = [asked]
    entries = asked if isinstance(asked, Mapping) else {name: name for name in asked}
    for name in (NOTHING, TUNED):
        if entries.get(name) not in {None, name}:
            msg = f"strategies[{name!r}] must be None: it is what others are held to."
            raise ValueError(msg)
    others = {k: given for k, given in entries.items() if k not in {NOTHING, TUNED}}
    found = [_strategy(name, given) for name, given in others.items()]
    return (Strategy(NOTHING), *found)


def _strategy(name: str, given: Any) -> Strategy:
    if isinstance(given, str):
        known = _known(given)
        return Strategy(name, known.sampler, known.class_weight)
    if given is None or hasattr(given, "fit_resample"):
        return Strategy(name, given)
    msg = (
        f"strategies[{name!r}] is {given!r}; give a sampler (with fit_resample), None "
        f"for no resampling, or one of {list(STRATEGIES)}."
    )
    raise TypeError(msg)


def _known(name: str) -> Strategy:
    if name in STRATEGIES:
        return STRATEGIES[name]()
    near = difflib.get_close_matches(str(name), STRATEGIES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = f"no strategy {name!r}; the known ones are {', '.join(STRATEGIES)}.{hint}"
    raise ValueError(msg)
