"""Base classes of meta-estimators around a classifier."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils._repr_html.estimator import _VisualBlock
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

# Those of scikit-learn.
_THRESHOLD_CLASSIFIERS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


def has(method: str) -> Callable[[Any], bool]:
    """Return a check for ``available_if``: whether the inner estimator has ``method``."""

    def check(self: Any) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


def in_sequence(steps: Sequence[tuple[str, Any]]) -> Any:
    """Return scikit-learn's diagram of steps that follow one another, from top to bottom.

    Each step is (name, estimator), or (name, text) if it is not an estimator.
    """
    names = [
        step if isinstance(step, str) else f"{name}: {type(step).__name__}"
        for name, step in steps
    ]
    estimators = [step for _, step in steps]
    details = [str(step) for step in estimators]
    return _VisualBlock("serial", estimators, names=names, name_details=details)


def labels_of(estimator: Any, X: Any) -> Any:
    """Return the labels that ``estimator`` predicts, (n_rows,) or (n_rows, n_labels)."""
    labels = estimator.predict(X)
    if isinstance(getattr(estimator, "classes_", None), list):
        return labels  # of a multilabel target, which may have a single label
    # CatBoost returns one column.
    one_column = getattr(labels, "ndim", 1) == 2 and labels.shape[1] == 1
    return np.asarray(labels).ravel() if one_column else labels


def name_of(estimator: Any) -> str:
    """Return the class name of the estimator that predicts: a pipeline's last step."""
    if isinstance(estimator, Pipeline):
        return name_of(estimator.steps[-1][1])
    if isinstance(estimator, FrozenEstimator):
        return name_of(estimator.estimator)
    if isinstance(estimator, DelegatingClassifier):
        return name_of(getattr(estimator, "estimator_", estimator.estimator))
    return type(estimator).__name__


def _hands_on(estimator: Any, name: str) -> bool:
    """Return whether ``fit`` takes weights among arbitrary keywords, as searches do."""
    if isinstance(estimator, (ClassifierChain, OneVsRestClassifier)):
        # Without metadata routing, they do not accept any keywords.
        return name == "sample_weight" and get_config()["enable_metadata_routing"]
    parameters = inspect.signature(estimator.fit).parameters.values()
    any_keyword = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return name == "sample_weight" and any_keyword


def keyword_of(estimator: Any, name: str) -> str | None:
    """Return the keyword that passes ``name`` to the last step; None if none does.

    This is the last step of a pipeline, which may be inside a MultiOutputClassifier.
    """
    last, prefix = estimator, ""
    while isinstance(last, (Pipeline, MultiOutputClassifier)):
        if isinstance(last, Pipeline):
            name_of_step, last = last.steps[-1]
            prefix += f"{name_of_step}__"
        else:
            last = last.estimator  # which gets all keywords
    if not has_fit_parameter(last, name) and not _hands_on(last, name):
        return None
    # With metadata routing, a pipeline passes on what its steps request.
    routed = get_config()["enable_metadata_routing"]
    return name if routed else f"{prefix}{name}"


class WrappingClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A meta-estimator whose ``fit`` sets ``estimator_``, a clone of ``estimator``."""

    estimator: Any
    # Whether the inner estimator is fitted on the same labels.
    _hands_on_labels = True
    # Whether ``y`` may be a multilabel target.
    _takes_labels: ClassVar[bool] = False
    # The method of the estimator that ``fit`` calls.
    _inner_method: ClassVar[Literal["fit", "partial_fit"]] = "fit"
    # Arguments of ``fit`` that are passed to an estimator that takes them.
    _hands: ClassVar[tuple[str, ...]] = ("sample_weight", "groups")
    # The steps after the estimator's prediction, for the diagram.
    _afterwards: ClassVar[str] = ""

    @property
    def _inner(self) -> Any:
        """The unfitted estimator of which clones are fitted."""
        return self.estimator

    def _steps(self) -> list[tuple[str, Any]]:
        """Return the steps of the diagram, in the order in which rows pass through."""
        steps = [("estimator", self._inner)]
        return [*steps, ("afterwards", self._afterwards)] if self._afterwards else steps

    def _sk_visual_block_(self) -> Any:
        return in_sequence(self._steps())

    def _inner_key(self, name: str) -> str | None:
        """Return the keyword that passes ``name`` to the estimator; None if none does."""
        return keyword_of(self._inner, name)

    def _handed(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ``own`` arguments that the estimator takes, by its keywords."""
        keys = {name: self._inner_key(name) for name in own if name in self._hands}
        return {key: own[name] for name, key in keys.items() if key is not None}

    def _takes_weight(self) -> bool:
        frozen = isinstance(self._inner, FrozenEstimator)
        return frozen or self._inner_key("sample_weight") is not None

    def _without_weights(self) -> ValueError:
        """Return the error for weights that the estimator does not take."""
        inner = f"{name_of(self._inner)}.{self._inner_method}"
        msg = (
            f"sample_weight was passed, but {inner} does not take it. Choose another "
            "estimator, or leave the weights out. Only integer weights that sum to "
            "at most twice the number of rows can be replaced by repeated rows."
        )
        return ValueError(msg)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the routing of metadata from ``fit`` to the estimator and the splitter.

        Returns
        -------
        MetadataRouter
            With the requests of the classifier, the estimator and, if ``cv`` is a
            splitter, those of ``cv``.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        to_fit = MethodMapping().add(caller="fit", callee=self._inner_method)
        router.add(estimator=self._inner, method_mapping=to_fit)
        cv = getattr(self, "cv", None)
        if hasattr(cv, "get_metadata_routing"):
            to_split = MethodMapping().add(caller="fit", callee="split")
            router.add(splitter=cv, method_mapping=to_split)
        return router

    def _fitted(self) -> Any:
        check_is_fitted(self, "estimator_")
        return self.estimator_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self._inner)
        tags.input_tags = inner.input_tags
        # An estimator with probabilities may lack ClassifierMixin, and so have no tags.
        own = inner.classifier_tags or tags.classifier_tags
        # Otherwise, one label for each row, even if the estimator supports several.
        several = self._takes_labels and own.multi_label
        tags.classifier_tags = replace(own, multi_label=several)
        return tags


class Decides:
    """A mixin for classifiers that may predict another class than the most probable one."""


def decider_of(estimator: Any) -> Any:
    """Return the inner estimator whose decisions an estimator predicts, or itself."""
    if isinstance(estimator, Pipeline):
        return decider_of(estimator.steps[-1][1])
    if isinstance(estimator, FrozenEstimator):
        return decider_of(estimator.estimator)
    if isinstance(estimator, BaseSearchCV):
        return decider_of(getattr(estimator, "best_estimator_", estimator.estimator))
    # A correction predicts the most probable class, whatever the estimator decides.
    corrects = getattr(estimator, "correction", None) is not None
    if isinstance(estimator, DelegatingClassifier) and not corrects:
        return decider_of(getattr(estimator, "estimator_", estimator.estimator))
    return estimator


def decides_itself(estimator: Any) -> bool:
    """Return whether an estimator may predict another class than the most probable."""
    return isinstance(decider_of(estimator), (Decides, *_THRESHOLD_CLASSIFIERS))


class LogProbabilities:
    """A mixin for classifiers with their own ``predict_proba``."""

    @available_if(lambda self: hasattr(self, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self: Any, X: Any) -> NDArray[np.floating[Any]]:
        """Return the logarithms of the probabilities, of shape (n_rows, n_classes)."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))


class Likeliest(LogProbabilities):
    """A mixin for classifiers that predict the most probable class."""

    def predict(self: Any, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, of shape (n_rows,)."""
        likeliest = self.predict_proba(X).argmax(axis=1)  # raises NotFittedError
        labels: NDArray[Any] = self.classes_[likeliest]
        return labels


class DelegatingClassifier(WrappingClassifier):
    """A meta-estimator that predicts with ``estimator_``."""

    def predict(self, X: Any) -> Any:
        """Return the estimator's labels for ``X``, of shape (n_rows,)."""
        return labels_of(self._fitted(), X)

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Return the estimator's probabilities for ``X``, of shape (n_rows, n_classes)."""
        return self._fitted().predict_proba(X)

    @available_if(has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithms of the estimator's probabilities for ``X``."""
        return self._fitted().predict_log_proba(X)

    @available_if(has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        """Return the estimator's decision function for ``X``."""
        return self._fitted().decision_function(X)
