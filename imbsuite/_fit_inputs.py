"""The arguments of a meta-estimator's ``fit``, and the part that its inner estimator gets.

Besides ``X`` and ``y``, there are weights and groups, which the meta-estimator uses
itself, and any other keywords, which belong to the inner estimator. Arguments with one
entry per row follow their rows into folds and through samplers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import _is_arraylike, _num_samples

from imbsuite._arguments import as_instance
from imbsuite._labels import positive_params
from imbsuite._table import (
    check_weight,
    count_rows,
    refuse_masked,
    single_target,
    sorted_classes,
    take,
    which_unlabeled,
)
from imbsuite._types import Positions
from imbsuite._wrapping import WrappingClassifier


@dataclass(frozen=True)
class FitInputs:
    """Rows to fit on, and the arguments that belong to them.

    Attributes
    ----------
    X, y : the rows and their labels
    weight, groups : array-like of shape (n_rows,) or None
        As the meta-estimator itself uses them.
    params : dict
        Keywords of the inner ``fit``, with weights and groups if it takes them.
    splitting : dict
        Keywords of ``split``, other than groups, that a splitter in ``cv`` requests by
        metadata routing.
    origins : ndarray of shape (n_rows,), int, or None
        The row that each row is a copy of, if weights became repeated rows.
    pos_labels : dict
        ``pos_label`` parameters of the inner estimator: the positive class, chosen once on
        all rows.
    """

    X: Any
    y: Any
    weight: Any = None
    groups: Any = None
    params: dict[str, Any] = field(default_factory=dict)
    splitting: dict[str, Any] = field(default_factory=dict)
    origins: Positions | None = None
    pos_labels: dict[str, Any] = field(default_factory=dict)

    @property
    def aligned(self) -> dict[str, Any]:
        """The keywords of ``fit`` with one entry per row."""
        return _aligned(self.params, self.X)

    def each(self, function: Callable[[Any], Any]) -> FitInputs:
        """Apply ``function`` to every argument that has an entry for each row."""
        return replace(
            self,
            X=function(self.X),
            y=function(self.y),
            weight=None if self.weight is None else function(self.weight),
            groups=None if self.groups is None else function(self.groups),
            params=self.params | {k: function(v) for k, v in self.aligned.items()},
            splitting=self.splitting
            | {k: function(v) for k, v in _aligned(self.splitting, self.X).items()},
            origins=None if self.origins is None else function(self.origins),
        )

    def _refuse_mixed(self) -> None:
        """Raise ValueError for labels of several types.

        Classifiers raise a TypeError for 1 and "1" in an array, and treat them as the
        same label in a list.
        """
        # An array-like that is not an array does not support NumPy functions.
        if np.asarray(self.y).ndim != 1:
            return
        values = single_target(self.y)
        if values.dtype == object and len({*map(type, values)}) > 1:
            sorted_classes(values[~which_unlabeled(values, None)])

    def take(self, rows: Positions) -> FitInputs:
        """Return these rows; repeats are allowed."""
        return self.each(lambda values: take(values, rows))

    def positions(self, rows: Positions) -> Positions:
        """Return the positions of ``rows`` in the user's table."""
        return rows if self.origins is None else self.origins[rows]

    def fit(self, estimator: Any) -> Any:
        """Return a clone of ``estimator``, fitted on the rows; a frozen one as is."""
        self._refuse_mixed()
        fresh = clone(estimator)
        if isinstance(fresh, FrozenEstimator):
            return fresh.fit(self.X, self.y)
        if self.pos_labels:
            fresh.set_params(**self.pos_labels)
        if get_config()["enable_metadata_routing"]:
            _request(fresh, self.params)
        return fresh.fit(self.X, self.y, **self.params)


def _aligned(params: Mapping[str, Any], X: Any) -> dict[str, Any]:
    """Return the parameters that have an entry for each row of ``X``."""
    if not params:
        return {}
    n_rows = count_rows(X)
    return {k: v for k, v in params.items() if _is_aligned(v, n_rows)}


def _is_aligned(value: Any, n_rows: int) -> bool:
    """Return whether scikit-learn treats ``value`` as having an entry for each row."""
    listed = _is_arraylike(value) or sp.issparse(value)
    # A NumPy scalar is an array-like without rows.
    return listed and getattr(value, "ndim", 1) > 0 and _num_samples(value) == n_rows


def gather(
    owner: WrappingClassifier,
    X: Any,
    y: Any,
    fit_params: Mapping[str, Any],
    *,
    sample_weight: Any = None,
    groups: Any = None,
    carries: bool = True,
    pos_labels: dict[str, Any] | None = None,
) -> FitInputs:
    """Return the inputs of ``owner.fit``.

    Weights that the inner estimator does not take are left out if they are all 1, and
    become repeated rows if they may be the counts of a bootstrap: scikit-learn's bagging
    passes counts to every estimator with ``sample_weight`` in its signature.

    Parameters
    ----------
    owner : classifier with an inner ``estimator``
    X, y, fit_params, sample_weight, groups : the arguments of its ``fit``
    carries : bool, default=True
        Whether the sampler, if there is one, passes weights on to the estimator.
    pos_labels : dict, default=None
        ``pos_label`` parameters of the inner estimator. None: chosen from ``y``.

    Raises
    ------
    TypeError
        If the inner ``fit`` does not take a keyword, ``X`` is a masked array, or the
        estimator is a class.
    ValueError
        If the estimator takes no weights, and they cannot be counts.
    UnsetMetadataPassedError
        With metadata routing, if the inner estimator has no request for an argument.
    """
    refuse_masked(X)
    if pos_labels is None:
        pos_labels = _pos_labels(owner, y, sample_weight)
    if isinstance(owner._inner, type):
        msg = f"estimator={owner._inner.__name__}{as_instance(owner._inner)}."
        raise TypeError(msg)
    taken = carries and owner._takes_weight()
    counts = None
    if sample_weight is not None:
        weight = check_weight(sample_weight, count_rows(X))  # or an error
        counts = None if taken else _counts(owner, weight)
        sample_weight = sample_weight if taken else None
    params, splitting = _handed_on(owner, sample_weight, groups, fit_params)
    inputs = FitInputs(
        X, y, sample_weight, groups, params, splitting, pos_labels=pos_labels
    )
    if counts is None:
        return inputs
    rows = np.repeat(np.arange(len(counts)), counts)
    return replace(inputs.take(rows), origins=rows)


def _pos_labels(owner: WrappingClassifier, y: Any, weight: Any) -> dict[str, Any]:
    """Return the ``pos_label`` parameters to set in the inner estimator."""
    if not owner._hands_on_labels:
        return {}
    return positive_params(owner._inner, y, weight, type(owner).__name__)


def _counts(owner: WrappingClassifier, weight: Any) -> NDArray[np.intp] | None:
    """Return weights as numbers of copies; None for one copy of each row."""
    if (weight == 1).all():
        return None
    if (weight != np.floor(weight)).any() or weight.sum() > 2 * len(weight):
        raise owner._without_weights()
    return np.asarray(weight, dtype=np.intp)


def _handed_on(
    owner: WrappingClassifier,
    sample_weight: Any,
    groups: Any,
    fit_params: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keywords for the inner ``fit``, and those for ``split``."""
    both = {"sample_weight": sample_weight, "groups": groups}
    own = {name: value for name, value in both.items() if value is not None}
    if get_config()["enable_metadata_routing"]:
        return _routed(owner, own, fit_params)
    _refuse_unknown(owner, fit_params)
    return owner._handed(own) | dict(fit_params), {}


def _routed(
    owner: WrappingClassifier, own: dict[str, Any], fit_params: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the metadata that the inner estimator and the splitter request.

    Weights and groups that the meta-estimator requests reach an inner estimator without
    a request for them, as they do without routing: scikit-learn's own meta-estimators
    raise an error in this case, but weights are central to imbsuite, and one request is
    enough.
    """
    own_requests: dict[str, Any] = {}
    try:
        routed = process_routing(owner, "fit", **own, **fit_params)
    except UnsetMetadataPassedError:
        requests = owner._get_metadata_request().fit.requests
        own_requests = {k: v for k, v in own.items() if requests.get(k) is True}
        if not own_requests:
            raise
        rest = {k: v for k, v in own.items() if k not in own_requests}
        routed = process_routing(owner, "fit", **rest, **fit_params)
    to_fit = owner._handed(own_requests) | dict(routed.estimator[owner._inner_method])
    to_split = dict(routed.splitter.split) if routed.get("splitter") else {}
    # Splitters always get groups, which are an argument of the meta-estimator itself.
    return to_fit, {k: v for k, v in to_split.items() if k != "groups"}


def _request(estimator: Any, params: Mapping[str, Any]) -> None:
    """Set requests in a meta-estimator inside a meta-estimator."""
    if isinstance(estimator, WrappingClassifier):
        requests = estimator._get_metadata_request().fit.requests
        unset = [k for k in params if k in requests and requests[k] is None]
        estimator.set_fit_request(**dict.fromkeys(unset, True))


def _refuse_unknown(owner: WrappingClassifier, fit_params: Mapping[str, Any]) -> None:
    """Raise TypeError for a keyword that the inner ``fit`` does not have."""
    inner = owner._inner
    if not fit_params or isinstance(inner, (FrozenEstimator, Pipeline)):
        return
    method = owner._inner_method
    known = inspect.signature(getattr(inner, method)).parameters
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return
    for name in fit_params:
        if name not in known:
            msg = (
                f"{type(owner).__name__}.fit() got an unexpected keyword argument "
                f"{name!r}: neither it nor {type(inner).__name__}.{method}() takes it."
            )
            raise TypeError(msg)
