"""What classifiers around a classifier share: they predict as the inner one does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, column_or_1d, has_fit_parameter

__all__ = [
    "DelegatingClassifier",
    "LikeliestClassifier",
    "WrappingClassifier",
    "fit_copy",
    "has",
    "labels_of",
    "name_of",
    "shares_of",
    "single_target",
    "weight_key",
]


def has(method: str) -> Callable[[Any], bool]:
    """Return a test of whether the inner estimator offers ``method``."""

    def check(self: Any) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


def shares_of(name: str, given: Mapping[Any, float], classes: Any) -> NDArray[Any]:
    """Return a mapping's shares in the order of ``classes``, summing to 1."""
    labels = classes.tolist()
    wrong = sorted(map(str, set(given) ^ set(labels)))
    shares = np.array([given.get(k, np.nan) for k in labels], dtype=np.float64)
    if wrong or not (shares > 0).all() or not np.isfinite(shares).all():
        msg = (
            f"{name}={dict(given)!r} does not fit; give a positive share for each of the "
            f"classes {labels}."
        )
        raise ValueError(msg)
    return shares / shares.sum()


def single_target(y: Any) -> NDArray[Any]:
    """Return ``y`` as one column of labels, (n_rows,).

    Raises
    ------
    ValueError
        If it is none.
    """
    shape = np.asarray(y).shape
    if len(shape) == 2 and shape[1] > 1:
        msg = (
            "Multilabel and multioutput targets are not supported: y has "
            f"{shape[1]} columns; give one label for each row."
        )
        raise ValueError(msg)
    column: NDArray[Any] = column_or_1d(y, warn=True)
    return column


def fit_copy(
    estimator: Any, X: Any, y: Any, weight: Any = None, groups: Any = None
) -> Any:
    """Return a copy of ``estimator``, fitted; a frozen one as it is.

    Parameters
    ----------
    estimator : estimator
        A pipeline hands weights and groups to its last step.
    X, y : what to fit on
    weight : array-like of shape (n_rows,), default=None
    groups : array-like of shape (n_rows,), default=None
        Left out where ``fit`` does not take them.

    Raises
    ------
    ValueError
        If there are weights and ``fit`` does not take them.
    """
    fresh = clone(estimator)
    if isinstance(fresh, FrozenEstimator):
        return fresh.fit(X, y)
    given: dict[str, Any] = {}
    if weight is not None:
        given[weight_key(fresh)] = weight
    if groups is not None and (key := _key(fresh, "groups")):
        given[key] = groups
    return fresh.fit(X, y, **given)


def labels_of(estimator: Any, X: Any) -> Any:
    """Return the labels that ``estimator`` predicts, (n_rows,)."""
    # CatBoost gives one column.
    found = estimator.predict(X)
    one_column = getattr(found, "ndim", 1) == 2 and found.shape[1] == 1
    return np.asarray(found).ravel() if one_column else found


def weight_key(estimator: Any) -> str:
    """Return the name under which ``estimator.fit`` takes sample weights.

    Raises
    ------
    ValueError
        If it does not.
    """
    key = _key(estimator, "sample_weight")
    if key is None:
        msg = (
            f"sample_weight was given, but {name_of(estimator)}.fit does not take "
            "it; choose another estimator or leave the weights out."
        )
        raise ValueError(msg)
    return key


def name_of(estimator: Any) -> str:
    """Return the class's name of the estimator that answers: a pipeline's last step."""
    if isinstance(estimator, Pipeline):
        return name_of(estimator.steps[-1][1])
    if isinstance(estimator, FrozenEstimator):
        return name_of(estimator.estimator)
    if isinstance(estimator, DelegatingClassifier):
        return name_of(getattr(estimator, "estimator_", estimator.estimator))
    return type(estimator).__name__


def _hands_on(estimator: Any, name: str) -> bool:
    """Whether ``fit`` takes weights as one of any keywords, as searches do."""
    parameters = inspect.signature(estimator.fit).parameters.values()
    any_keyword = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return name == "sample_weight" and any_keyword


def _key(estimator: Any, name: str) -> str | None:
    """Return the keyword by which ``name`` reaches the last step, None if it cannot."""
    last, prefix = estimator, ""
    while isinstance(last, Pipeline):
        prefix += f"{last.steps[-1][0]}__"
        last = last.steps[-1][1]
    if not has_fit_parameter(last, name) and not _hands_on(last, name):
        return None
    # With metadata routing, a pipeline hands on what its steps request.
    routed = get_config()["enable_metadata_routing"]
    return name if routed else f"{prefix}{name}"


class WrappingClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Has an inner ``estimator``, of which ``fit`` leaves a copy in ``estimator_``."""

    estimator: Any

    def _fitted(self) -> Any:
        check_is_fitted(self, "estimator_")
        return self.estimator_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.classifier_tags = inner.classifier_tags
        return tags


class LikeliestClassifier(WrappingClassifier):
    """Has probabilities of its own, and predicts the most probable class."""

    classes_: NDArray[Any]

    def predict_log_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the logarithms of the probabilities, (n_rows, n_classes)."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, (n_rows,)."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[likeliest]
        return labels


class DelegatingClassifier(WrappingClassifier):
    """Predicts as ``estimator_`` does."""

    def predict(self, X: Any) -> Any:
        """Return the estimator's labels for ``X``, shape (n_rows,)."""
        return labels_of(self._fitted(), X)

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Return the estimator's probabilities for ``X``, (n_rows, n_classes)."""
        return self._fitted().predict_proba(X)

    @available_if(has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithms of the estimator's probabilities for ``X``."""
        return self._fitted().predict_log_proba(X)

    @available_if(has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        """Return the estimator's decision function for ``X``."""
        return self._fitted().decision_function(X)
