"""The strategies of a comparison: nothing, class weights and samplers, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import make_pipeline

from imbsuite._extras import need
from imbsuite._wrapping import keyword_of
from imbsuite.meta import (
    PseudoLabelClassifier,
    ResampledClassifier,
    ResampledEnsembleClassifier,
    RescaledClassifier,
)
from imbsuite.meta.unlabeled_rows import UnlabeledRows
from imbsuite.methods import SAMPLERS, one_of
from imbsuite.profile.columns import MOST_CATEGORIES
from imbsuite.samplers import RandomUnderSampler, TemperatureSampler
from imbsuite.scoring.metrics import FIT_TIME, Metric

NOTHING = "nothing"
TUNED = "tuned-threshold"  # the baseline with another threshold


@dataclass(frozen=True)
class Strategy:
    """A sampler, class weights, a classifier, or nothing, with a name.

    ``wrapper``: a meta-estimator without an estimator, which then wraps the model.
    """

    name: str
    sampler: Any = None
    class_weight: bool = False
    classifier: Any = None
    wrapper: Any = None

    @property
    def moves_prior(self) -> bool:
        """Whether rows may be resampled or weighted, which changes probabilities."""
        by_itself = self.classifier is not None
        return self.class_weight or by_itself or self.sampler is not None

    @property
    def others(self) -> UnlabeledRows | None:
        """The unlabeled rows on which the strategy is fitted."""
        for part in (self.wrapper, self.classifier):
            if isinstance(part, PseudoLabelClassifier):
                return part.others
        return None

    def lacks(self, estimator: Any) -> str | None:
        """Return what the strategy requires but the estimator lacks, or None."""
        if self.class_weight and not _weight_parameters(estimator):
            return "class_weight parameter"
        if self.wrapper is None:
            return None
        if keyword_of(estimator, "sample_weight") is None:
            return "sample_weight in fit"
        return None if hasattr(estimator, "predict_proba") else "predict_proba"

    def around(self, estimator: Any) -> ResampledClassifier:
        """Return an unfitted classifier that applies the strategy.

        The sampler gets the original table and the estimator encodes the resampled rows,
        so that indicator columns are never interpolated.
        """
        inner = clone(estimator if self.classifier is None else self.classifier)
        if self.class_weight:
            weights = dict.fromkeys(_weight_parameters(inner), "balanced")
            inner.set_params(**weights)
        if self.wrapper is not None:
            inner = clone(self.wrapper).set_params(estimator=inner)
        sampler = None if self.sampler is None else clone(self.sampler)
        return ResampledClassifier(sampler=sampler, estimator=inner)


def refuse_frozen(what: str, model: Any) -> None:
    """Raise ValueError for a model that is already fitted, or holds a fitted one.

    It may have been fitted on the rows of the test folds.
    """
    parts = [model, *model.get_params(deep=True).values()]
    if any(isinstance(p, FrozenEstimator) and is_classifier(p) for p in parts):
        msg = (
            f"{what} holds a FrozenEstimator, which is not fitted on the training folds. "
            "It would be scored on rows that it may have been fitted on, and no strategy "
            "would change it. Pass the unfitted classifier; score a fitted one on new "
            "rows, with scikit-learn's metrics."
        )
        raise ValueError(msg)


def _weight_parameters(estimator: Any) -> list[str]:
    names = estimator.get_params()
    return [name for name in names if name.rpartition("__")[2] == "class_weight"]


_SAMPLERS = {
    # No default temperature is representative, so there are two of them.
    **{name: make() for name, make in SAMPLERS.items() if name != "temperature"},
    "temperature-2": TemperatureSampler(2.0),
    "temperature-5": TemperatureSampler(5.0),
}
# Early stopping would hold out some of the few rows of each member. AdaBoost, which the
# EasyEnsemble paper uses, does not support missing values.
_BOOSTED = HistGradientBoostingClassifier(early_stopping=False)
_ENSEMBLES = {
    "balanced-forest": ResampledEnsembleClassifier(
        RandomUnderSampler(), n_estimators=100
    ),
    "easy-ensemble": ResampledEnsembleClassifier(
        RandomUnderSampler(), _BOOSTED, n_estimators=10, bootstrap=False
    ),
    "under-bagged-boosting": ResampledEnsembleClassifier(
        RandomUnderSampler(sampling_strategy=0.25),
        _BOOSTED,
        n_estimators=10,
        bootstrap=False,
    ),
}
# The same strategies in words, for sentences.
IN_WORDS = {
    "balanced forest": "balanced-forest",
    "easy ensemble": "easy-ensemble",
    "boosting, under-bagged 1:4": "under-bagged-boosting",
}
_ALL = {
    NOTHING: Strategy(NOTHING),
    "class-weight": Strategy("class-weight", class_weight=True),
    **{name: Strategy(name, sampler) for name, sampler in _SAMPLERS.items()},
    **{name: Strategy(name, classifier=model) for name, model in _ENSEMBLES.items()},
    "rescaled": Strategy("rescaled", wrapper=RescaledClassifier(None)),
}
# The strategy that is also fitted on unlabeled rows, which it requires.
PSEUDO = "pseudo-labels"
# The strategies of strategies=None; the others are available by name.
DEFAULT = [
    *(NOTHING, "class-weight", "random-over", "random-under"),
    *("smote", "borderline-smote", "smote-enn"),
]
STRATEGIES = {name: _ALL[name] for name in dict.fromkeys([*DEFAULT, *_ALL])}


def choose_strategies(
    strategies: Iterable[str] | Mapping[str, Any] | None,
    unlabeled: UnlabeledRows | None = None,
) -> tuple[Strategy, ...]:
    """Return the requested strategies, with doing nothing as the first.

    A tuned threshold is not one of them: it is measured from the fits of the baseline.

    Parameters
    ----------
    strategies : None, iterable of names, or mapping of name to strategy
        None: those of ``DEFAULT``. Values of a mapping: a sampler, a classifier, None,
        a known name, or a pair (sampler, grid).
    unlabeled : UnlabeledRows, default=None
        Rows on which "pseudo-labels" and any ``PseudoLabelClassifier`` are also fitted.

    Raises
    ------
    ValueError
        If a strategy or a parameter in a grid is unknown, a classifier is already
        fitted, the baseline is replaced, or "pseudo-labels" has no unlabeled rows.
    TypeError
        If a value of a mapping has another type.
    """
    entries = by_name(DEFAULT if strategies is None else strategies)
    for name in (NOTHING, TUNED):
        if entries.get(name) not in {None, name}:
            msg = f"strategies[{name!r}] must be None: it is the baseline."
            raise ValueError(msg)
    others = {k: part for k, part in entries.items() if k not in {NOTHING, TUNED}}
    chosen = [_strategy(name, part) for name, part in _expanded(others)]
    return (Strategy(NOTHING), *(_with_rows(one, unlabeled) for one in chosen))


def by_name(strategies: Iterable[str] | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a mapping of strategies; plain names are mapped to themselves."""
    if isinstance(strategies, Mapping):
        return strategies
    names = [strategies] if isinstance(strategies, str) else strategies
    return {name: name for name in names}


def _with_rows(strategy: Strategy, others: UnlabeledRows | None) -> Strategy:
    """Return the strategy with the unlabeled rows, if it is fitted on such rows."""
    if others is None and isinstance(strategy.wrapper, PseudoLabelClassifier):
        msg = (
            f"The strategy {PSEUDO!r} requires rows without a label. Pass unlabeled=, the "
            "label that marks them in y, such as unlabeled=-1."
        )
        raise ValueError(msg)
    if others is None:
        return strategy
    parts = {"wrapper": strategy.wrapper, "classifier": strategy.classifier}
    params = {
        name: part.with_rows(others)
        for name, part in parts.items()
        if isinstance(part, PseudoLabelClassifier)
    }
    return replace(strategy, **params)


def _expanded(entries: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names and strategies; a sampler with a grid gives one for each setting."""
    for name, entry in entries.items():
        if not isinstance(entry, tuple):
            yield name, entry
            continue
        sampler, grid = _checked_grid(name, entry)
        for params in ParameterGrid(grid):
            setting = ", ".join(f"{key}={value}" for key, value in params.items())
            of_setting = f"{name}({setting})" if params else name
            yield of_setting, clone(sampler).set_params(**params)


def _checked_grid(name: str, entry: tuple[Any, ...]) -> tuple[Any, Any]:
    sampler: Any
    sampler, grid = entry if len(entry) == 2 else (None, None)
    if isinstance(sampler, str):
        sampler = STRATEGIES[one_of(STRATEGIES, sampler, "strategy")].sampler
    if not hasattr(sampler, "fit_resample") or not isinstance(grid, Mapping):
        msg = (
            f"strategies[{name!r}] must be a pair of a sampler and a grid, such as "
            f"(SMOTE(), {{'k_neighbors': [3, 5]}}). Got {entry!r} instead."
        )
        raise TypeError(msg)
    unknown = [key for key in grid if key not in sampler.get_params()]
    if unknown:
        msg = (
            f"The grid of strategies[{name!r}] must name parameters of "
            f"{type(sampler).__name__}: {sorted(sampler.get_params())}. Got "
            f"{unknown} as well."
        )
        raise ValueError(msg)
    return sampler, grid


def _behind_encoder(ensemble: Any) -> Any:
    """Return the ensemble after skrub's encoder, or alone if skrub is not installed."""
    try:
        skrub = need("skrub")
    except ImportError:
        return ensemble
    encoder = skrub.TableVectorizer(cardinality_threshold=MOST_CATEGORIES)
    return make_pipeline(encoder, ensemble)


def _strategy(name: str, entry: Any) -> Strategy:
    if isinstance(entry, str) and entry == PSEUDO:
        return Strategy(name, wrapper=PseudoLabelClassifier(None))
    if isinstance(entry, str):
        known = one_of(STRATEGIES, IN_WORDS.get(entry, entry), "strategy")
        strategy = replace(STRATEGIES[known], name=name)
        if strategy.classifier is None:
            return strategy
        return replace(strategy, classifier=_behind_encoder(strategy.classifier))
    if entry is None or hasattr(entry, "fit_resample"):
        return Strategy(name, entry)
    if not isinstance(entry, type) and is_classifier(entry):
        refuse_frozen(f"strategies[{name!r}]", entry)
        return Strategy(name, classifier=entry)
    msg = (
        f"strategies[{name!r}] must be a sampler (with fit_resample), a classifier that "
        "replaces the model, None for no resampling, or one of "
        f"{list(STRATEGIES)}. Got {entry!r} instead."
    )
    raise TypeError(msg)


def comparable(strategies: Iterable[str], metric: Metric) -> list[str]:
    """Return the strategies that can differ from doing nothing in a metric.

    A tuned threshold changes only labels and the fit time. Intervals are adjusted for
    the number of these strategies.
    """
    by_threshold = metric.tunes is not None or metric is FIT_TIME
    same = {NOTHING} if by_threshold else {NOTHING, TUNED}
    return [strategy for strategy in strategies if strategy not in same]
