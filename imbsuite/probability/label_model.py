"""Multilabel estimators: fits to the labels that vary, and validated P(label)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import _num_samples

from imbsuite._fit_inputs import FitInputs
from imbsuite._labels import parts_with_labels
from imbsuite._table import named_labels
from imbsuite._types import Codes, Floats, Mask
from imbsuite._wrapping import name_of
from imbsuite.probability.columns import check_probability, columns_of, in_columns

_BOTH = np.arange(2)


@dataclass(frozen=True)
class LabelModel:
    """A fitted estimator of the labels that varied among its rows.

    ``known``: the labels that ``estimator`` has been fitted to, (n_labels,), bool;
    ``share``: the share of rows with each label, (n_labels,), which is the predicted
    probability of the other labels.
    """

    estimator: Any
    known: Mask
    share: Floats

    def probability(self, X: Any, rows: Codes | None = None) -> Floats:
        """Return P(label), (n_rows, n_labels).

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        rows : ndarray of shape (n_rows,), default=None
            Positions of the rows of X in the user's table, for messages.
        """
        p = np.tile(self.share, (_num_samples(X), 1))
        if self.known.any():
            n_known = int(self.known.sum())
            p[:, self.known] = label_probability(self.estimator, X, n_known, rows=rows)
        return p

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the labels that the estimator predicts, 0 and 1, (n_rows, n_labels)."""
        return self._filled(X, "predict", self.share)

    def scores(self, X: Any) -> Floats:
        """Return the decision function; infinite for labels that were not fitted."""
        return self._filled(
            X, "decision_function", np.where(self.share > 0, 1, -1) * np.inf
        )

    def _filled(self, X: Any, method: str, others: Floats) -> NDArray[Any]:
        """Return the output of a method, and ``others`` for labels not fitted."""
        values = np.tile(others, (_num_samples(X), 1))
        if self.known.any():
            own = getattr(self.estimator, method)(X)
            own = np.asarray(own.toarray() if hasattr(own, "toarray") else own)
            values[:, self.known] = own.reshape(len(values), -1)
        return values

    def member(self, label: int) -> Any:
        """Return the fitted estimator of one label, or the one of all labels.

        None for a label that the estimator has not been fitted to.
        """
        if not self.known[label]:
            return None
        return member_of_label(self.estimator, int(self.known[:label].sum()))


def fit_labels(
    estimator: Any, inputs: FitInputs, names: Sequence[Any] = ()
) -> LabelModel:
    """Fit a clone of ``estimator`` to the labels that vary; a frozen one is kept as is.

    Labels that all rows or no rows have are left out: many estimators raise an error
    for a single class, and others drop its column. Estimators of this package get all
    labels, with their names.

    Parameters
    ----------
    estimator : multilabel classifier
        For a single label, any classifier.
    inputs : FitInputs
        With ``y`` of shape (n_rows, n_labels).
    names : sequence, default=()
        The names of the labels; by default 0, ..., n_labels - 1.
    """
    y: NDArray[Any] = inputs.y
    share = y.mean(axis=0)
    every: Mask = np.ones(len(share), dtype=bool)
    if isinstance(estimator, FrozenEstimator):
        return LabelModel(inputs.fit(estimator), every, share)
    if any(getattr(part, "_takes_labels", False) for part in _parts(estimator)):
        named = named_labels(y, [*names] or [*range(len(share))], inputs.X)
        return LabelModel(replace(inputs, y=named).fit(estimator), every, share)
    known: Mask = (share > 0) & (share < 1)
    if not known.any():
        dummy = DummyClassifier().fit(np.zeros((len(y), 1)), y)
        return LabelModel(dummy, known, share)
    target = _target(y[:, known], clone(estimator))
    fitted = replace(inputs, y=target).fit(estimator)
    return LabelModel(fitted, known, share)


def refuse_single_label(estimator: Any, n_labels: int) -> None:
    """Raise ValueError if a scikit-learn estimator does not support several labels."""
    last = _innermost(estimator)
    tags = get_tags(last)
    several = tags.classifier_tags is None or tags.classifier_tags.multi_label
    several = several or tags.target_tags.multi_output
    several = several or isinstance(last, (OneVsRestClassifier, FrozenEstimator))
    # Estimators of other packages may support multilabel targets without a tag.
    if n_labels > 1 and not several and type(last).__module__.startswith("sklearn."):
        name = type(last).__name__
        msg = (
            f"Multilabel and multioutput targets are not supported by {name}: y has "
            f"{n_labels} columns; pass MultiOutputClassifier({name}()), or another "
            "multilabel estimator."
        )
        raise ValueError(msg)


def refuse_several_only(estimator: Any, owner: str) -> None:
    """Raise ValueError for an estimator that only supports multilabel targets."""
    last = _innermost(estimator)
    if isinstance(last, (MultiOutputClassifier, ClassifierChain)):
        msg = (
            f"The 'estimator' parameter of {owner} must be a classifier of a single "
            f"label, because {owner} fits it to the labels itself. Got one with "
            f"{type(last).__name__} instead; pass only its estimator: "
            f"{last.estimator!r}."
        )
        raise ValueError(msg)


def takes_unknown(estimator: Any) -> bool:
    """Whether an estimator, or one inside it, supports unknown labels."""
    return hasattr(_beneath_frozen(estimator), "_takes_unknown")


def true_share(estimator: Any, name: Any, y: Codes, probability: Floats) -> Any:
    """Return the probability that rows have a label, given that some labels are missed.

    This is ``y``, unless the estimator, or one inside it, assumes that some rows marked
    0 have the label.
    """
    find = getattr(_beneath_frozen(estimator), "_true_share", None)
    return y if find is None else find(name, y, probability)


def _parts(estimator: Any) -> list[Any]:
    return [part for _, part in parts_with_labels(estimator)]


def _innermost(estimator: Any) -> Any:
    return _parts(estimator)[-1]


def _beneath_frozen(estimator: Any) -> Any:
    """Return the innermost estimator, even inside a frozen one."""
    last = _innermost(estimator)
    frozen = isinstance(last, FrozenEstimator)
    return _beneath_frozen(last.estimator) if frozen else last


def _target(y: NDArray[Any], estimator: Any) -> NDArray[Any]:
    """Return the labels; a single label as a 1-D array if the estimator supports it."""
    takes_one = get_tags(_innermost(estimator)).target_tags.single_output
    return y[:, 0] if y.shape[1] == 1 and takes_one else y


def label_probability(
    estimator: Any, X: Any, n_labels: int, *, rows: Codes | None = None
) -> Floats:
    """Return P(label), (n_rows, n_labels), from any form of ``predict_proba``.

    Forests, neighbors and MultiOutputClassifier return a list with an array of shape
    (n_rows, n_classes) for each label; chains, OneVsRestClassifier and networks return one
    array of shape (n_rows, n_labels).

    Parameters
    ----------
    estimator : fitted classifier
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    n_labels : int
    rows : ndarray of shape (n_rows,), default=None
        Positions of the rows of X in the user's table, for messages.

    Raises
    ------
    ValueError
        If the result has the wrong shape, or is not probabilities; the message names
        the estimator.
    """
    raw = estimator.predict_proba(X)
    whose = f"{name_of(estimator)}.predict_proba"
    n_rows = _num_samples(X)
    if isinstance(raw, (list, tuple)):
        classes = _classes_of(estimator, len(raw))
        parts = [
            _positive_column(one, known, n_rows, whose, rows)
            for one, known in zip(raw, classes, strict=True)
        ]
        p = np.column_stack(parts)
    elif n_labels == 1 and np.shape(raw)[1:] == (2,):
        known = np.asarray(estimator.classes_)
        p = _positive_column(raw, known, n_rows, whose, rows)[:, np.newaxis]
    else:
        p = _checked_array(raw, whose)
    if p.shape != (n_rows, n_labels):
        msg = (
            f"{whose} must return probabilities of {n_labels} labels for {n_rows} rows. "
            f"Got an array of shape {p.shape} instead."
        )
        raise ValueError(msg)
    return p


def _classes_of(estimator: Any, n_labels: int) -> Sequence[Any]:
    """Return the classes of each label."""
    classes = getattr(estimator, "classes_", None)
    listed = isinstance(classes, (list, tuple)) and len(classes) == n_labels
    return classes if classes is not None and listed else [_BOTH] * n_labels


def _positive_column(
    probability: Any, classes: Any, n_rows: int, whose: str, rows: Codes | None
) -> Floats:
    """Return the probability of 1, which is 0 if there is no column for 1."""
    known = np.asarray(classes)
    raw = columns_of(probability, known, whose)
    checked = check_probability(raw, (n_rows, len(known)), whose=whose, rows=rows)
    return np.asarray(in_columns(checked, known, _BOTH)[:, 1])


def _checked_array(raw: Any, whose: str) -> Floats:
    p = np.array(raw.toarray() if hasattr(raw, "toarray") else raw, dtype=np.float64)
    # Both columns of each label, so that the same check and message apply.
    for j in range(p.shape[1] if p.ndim == 2 else 0):
        both = np.column_stack([1 - p[:, j], p[:, j]])
        p[:, j] = check_probability(both, both.shape, whose=whose)[:, 1]
    return p


def member_of_label(estimator: Any, place: int) -> Any:
    """Return the part of a fitted estimator that belongs to one of its labels."""
    if (inner := _inside(estimator)) is not None:
        return member_of_label(inner, place)
    if isinstance(estimator, ClassifierChain):
        return estimator.estimators_[list(estimator.order_).index(place)]
    if isinstance(estimator, (MultiOutputClassifier, OneVsRestClassifier)):
        return estimator.estimators_[place]
    own = getattr(estimator, "_part_of_label", None)
    return estimator if own is None else own(place)


def _inside(estimator: Any) -> Any:
    """Return the inner estimator to which all labels are passed, or None."""
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", None)


def label_names(estimator: Any) -> list[Any] | None:
    """Return the labels of a fitted multilabel estimator; None for a single target."""
    classes = getattr(estimator, "classes_", None)
    if not isinstance(classes, list):
        return None
    own = getattr(_innermost_fitted(estimator), "label_names_", None)
    return list(range(len(classes))) if own is None else list(own)


def _innermost_fitted(estimator: Any) -> Any:
    """Return the outermost estimator with label names, or else the innermost one."""
    if hasattr(estimator, "label_names_"):
        return estimator
    inner = _inside(estimator)
    return estimator if inner is None else _innermost_fitted(inner)
