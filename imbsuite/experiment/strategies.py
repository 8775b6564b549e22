"""The strategies to compare: nothing, weights, and samplers, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator

from imbsuite.meta import ResampledClassifier
from imbsuite.methods import SAMPLERS, one_of
from imbsuite.samplers import TemperatureSampler

__all__ = [
    "DEFAULT",
    "NOTHING",
    "STRATEGIES",
    "TUNED",
    "Strategy",
    "choose_strategies",
    "refuse_frozen",
]

NOTHING = "nothing"
TUNED = "tuned-threshold"  # and nothing else


@dataclass(frozen=True)
class Strategy:
    """A sampler, class weights, a classifier, or nothing, under a name."""

    name: str
    sampler: Any = None
    class_weight: bool = False
    classifier: Any = None

    @property
    def moves_prior(self) -> bool:
        """Whether rows are resampled or weighted, which moves probabilities."""
        by_itself = self.classifier is not None
        return self.class_weight or by_itself or self.sampler is not None

    def fits(self, estimator: Any) -> bool:
        """Whether it can be applied: not every classifier takes class weights."""
        return not self.class_weight or bool(_weight_parameters(estimator))

    def around(self, estimator: Any) -> ResampledClassifier:
        """Return an unfitted classifier that applies the strategy.

        The sampler sees the table as it is and the estimator encodes what the sampler
        hands on, so that no indicator column is ever interpolated.
        """
        inner = clone(estimator if self.classifier is None else self.classifier)
        if self.class_weight:
            weights = dict.fromkeys(_weight_parameters(inner), "balanced")
            inner.set_params(**weights)
        sampler = None if self.sampler is None else clone(self.sampler)
        return ResampledClassifier(sampler=sampler, estimator=inner)


def refuse_frozen(what: str, model: Any) -> None:
    """Raise ValueError for a model that was fitted before, or holds one that was.

    It may have been fitted on the rows that it would be measured on.
    """
    parts = [model, *model.get_params(deep=True).values()]
    if any(isinstance(p, FrozenEstimator) and is_classifier(p) for p in parts):
        msg = (
            f"{what} holds a FrozenEstimator, which is not fitted on the training folds: "
            "it would be measured on rows that it may have been fitted on, and no "
            "strategy would change it. Pass the unfitted classifier; measure a fitted "
            "one on new rows, with scikit-learn's metrics."
        )
        raise ValueError(msg)


def _weight_parameters(estimator: Any) -> list[str]:
    names = estimator.get_params()
    return [name for name in names if name.rpartition("__")[2] == "class_weight"]


def _sampled(name: str, sampler: Callable[[], Any]) -> Callable[[], Strategy]:
    return lambda: Strategy(name, sampler())


_ALL: dict[str, Callable[[], Strategy]] = {
    NOTHING: lambda: Strategy(NOTHING),
    "class-weight": lambda: Strategy("class-weight", class_weight=True),
    # A temperature has no default that would speak for all; two stand for it.
    **{
        name: _sampled(name, make)
        for name, make in SAMPLERS.items()
        if name != "temperature"
    },
    "temperature-2": lambda: Strategy("temperature-2", TemperatureSampler(2.0)),
    "temperature-5": lambda: Strategy("temperature-5", TemperatureSampler(5.0)),
}
# What is tried unless something is asked for; the others are there by name.
DEFAULT = [
    *(NOTHING, "class-weight", "random-over", "random-under"),
    *("smote", "borderline-smote", "smote-enn"),
]
STRATEGIES = {name: _ALL[name] for name in dict.fromkeys([*DEFAULT, *_ALL])}


def choose_strategies(
    asked: Iterable[str] | Mapping[str, Any] | None,
) -> tuple[Strategy, ...]:
    """Return the strategies asked for, doing nothing always among them and first.

    A tuned threshold is no strategy of its own here: it is measured with doing nothing,
    from the same fits.

    Parameters
    ----------
    asked : None, iterable of names, or mapping of name to sampler, classifier,
        None or known name
        None: those of ``DEFAULT``.

    Raises
    ------
    ValueError
        If a name is unknown; the known ones are listed.
    TypeError
        If a mapping holds what is none of these.
    """
    if asked is None:
        asked = DEFAULT
    if isinstance(asked, str):
        asked = [asked]
    entries = asked if isinstance(asked, Mapping) else {name: name for name in asked}
    for name in (NOTHING, TUNED):
        if entries.get(name) not in {None, name}:
            msg = f"strategies[{name!r}] must be None: it is the baseline."
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
    if not isinstance(given, type) and is_classifier(given):
        refuse_frozen(f"strategies[{name!r}]", given)
        return Strategy(name, classifier=given)
    msg = (
        f"strategies[{name!r}] is {given!r}; give a sampler (with fit_resample), a "
        "classifier to take the place of the model, None for no resampling, or one of "
        f"{list(STRATEGIES)}."
    )
    raise TypeError(msg)


def _known(name: str) -> Strategy:
    return STRATEGIES[one_of(STRATEGIES, name, "strategy")]()
