"""The positive class: chosen once, from all rows, and passed to inner estimators."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from imbsuite._table import labels_of
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite._wrapping import WrappingClassifier

# If the shares of two classes differ by at most this much, neither is clearly rarer.
_NEAR = 0.05
# Balanced weights make classes equal up to rounding, also that of float32.
_ROUNDING = 1e-6
# Metrics of two classes that have a ``pos_label`` but do not depend on it.
_SYMMETRIC = {"d2_brier_score", "neg_brier_score"}


class Positive(NamedTuple):
    """The positive class of a metric, a threshold or a cost.

    ``code``: its position in ``classes``; ``label``: the label, as a Python object;
    ``is_given``: whether ``pos_label`` named it; ``is_clear``: whether it was named or is
    clearly the rarest.
    """

    code: int
    label: Any
    is_given: bool
    is_clear: bool


def find_positive(
    classes: NDArray[Any],
    codes: Codes,
    weight: Floats | None,
    pos_label: Any,
    owner: str,
    *,
    ask: str | None = None,
) -> Positive:
    """Return the class that ``pos_label`` names or, if it is None, the rarest class.

    If ``pos_label`` is None, it is the rarer of two classes, or the smallest of more, by
    weight. If weights make all classes equal, as balanced weights do, rows of nonzero
    weight are counted instead. No class is clearly the rarest if the shares of two differ
    by at most 0.05, or if the smallest of more are equal: then the last of them is taken.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    codes : ndarray of shape (n_rows,), int
        Positions in ``classes`` of all rows of the call. A meta-estimator that fits on
        parts of the rows chooses the class once, on all of them.
    weight : ndarray of shape (n_rows,) or None
    pos_label : label or None
    owner : str
        The class or function with the parameter, for messages.
    ask : str, default=None
        The parameter to ask for if no class is clearly the rarest, such as "pos_label".
        None: a warning names the class that is taken.

    Raises
    ------
    ValueError
        If ``pos_label`` is not one of the classes; with ``ask``, if it is None and no
        class is clearly the rarest.

    Warns
    -----
    UserWarning
        Without ``ask``, if ``pos_label`` is None and no class is clearly the rarest.
    """
    labels = labels_of(classes)
    if pos_label is not None:
        refuse_label(pos_label, classes, owner=owner)
        code = labels.index(pos_label)
        return Positive(code, labels[code], is_given=True, is_clear=True)
    rarest = rarest_classes(codes, weight, len(labels))
    if len(rarest) > 1:
        _refuse_or_warn([labels[k] for k in rarest], owner, ask)
    code = int(rarest[-1])
    return Positive(code, labels[code], is_given=False, is_clear=len(rarest) == 1)


def refuse_label(
    label: Any, classes: NDArray[Any], *, owner: str, name: str = "pos_label"
) -> None:
    """Raise ValueError if ``label``, given as ``name``, is not one of ``classes``."""
    # A comparison with pandas.NA has no truth value and raises a TypeError.
    with contextlib.suppress(TypeError):
        if np.ndim(label) == 0 and label in labels_of(classes):
            return
    msg = (
        f"The {name!r} parameter of {owner} must be one of the classes "
        f"{labels_of(classes)}. Got {label!r} instead.{about_codes([label], classes)}"
    )
    raise ValueError(msg)


def about_codes(names: list[Any], classes: NDArray[Any]) -> str:
    """Return a hint for errors where labels are strings and classes are 0, ..., K - 1.

    It is empty if no label is a string, or the classes differ.
    """
    codes = list(range(len(classes)))
    if labels_of(classes) != codes or not any(
        isinstance(label, str) for label in names
    ):
        return ""
    return (
        " These classes may be positions among the sorted labels, which are passed instead "
        "of labels in two cases. Ensembles pass them to their members: scikit-learn's "
        "BaggingClassifier, VotingClassifier and StackingClassifier, and those of "
        "imbalanced-learn; pass the position instead of the label, or wrap the ensemble "
        "instead of its members. scikit-learn's cross_val_predict passes them with any "
        "method except 'predict'; encode y with LabelEncoder first and pass the position "
        "instead of the label, or use method='predict'."
    )


def shares_of(name: str, by_label: Mapping[Any, float], classes: Any) -> NDArray[Any]:
    """Return a mapping's shares in the order of ``classes``, summing to 1."""
    labels = labels_of(classes)
    wrong = sorted(map(str, set(by_label) ^ set(labels)))
    shares = np.array([by_label.get(k, np.nan) for k in labels], dtype=np.float64)
    if wrong or not (shares > 0).all() or not np.isfinite(shares).all():
        msg = (
            f"The {name!r} parameter must map each of the classes {labels} to a positive "
            f"share. Got {dict(by_label)!r} instead."
            f"{about_codes(list(by_label), classes)}"
        )
        raise ValueError(msg)
    return shares / shares.sum()


def names_one_class(scoring: Any) -> bool:
    """Return whether the scikit-learn scorer of this name scores only ``pos_label``."""
    if not isinstance(scoring, str) or scoring not in get_scorer_names():
        return False
    scorer = get_scorer(scoring)
    parameters = inspect.signature(scorer._score_func).parameters
    averaged = scorer._kwargs.get("average", "binary") != "binary"
    of_one = "pos_label" in parameters or scoring.endswith("_likelihood_ratio")
    return of_one and not averaged


def is_of_one_class(scoring: Any) -> bool:
    """Return whether the scikit-learn scorer of this name depends on ``pos_label``."""
    return names_one_class(scoring) and scoring not in _SYMMETRIC


def about_scorer(positive: Positive, classes: NDArray[Any], metric: str) -> str:
    """Return a warning if scikit-learn's scorer would use another class; else "".

    scikit-learn's metrics of one of two classes use the label 1 unless ``pos_label`` is
    passed.

    Parameters
    ----------
    positive : Positive
    classes : ndarray of shape (n_classes,)
    metric : str
        The parameter, such as "scoring='f1'". scikit-learn has no scorer for "cost".
    """
    labels = labels_of(classes)
    chosen = positive.is_clear and not positive.is_given
    if (
        metric == "cost"
        or not chosen
        or len(labels) > 2
        or 1 not in labels
        or positive.label == 1
    ):
        return ""
    return (
        f"{metric} is computed for the class {positive.label!r}, the rarer one, but "
        f"scikit-learn's scorer of this name would use {labels[labels.index(1)]!r}. "
        "Pass pos_label to choose the class."
    )


def warn_of_scorer(positive: Positive, classes: NDArray[Any], metric: str) -> None:
    """Warn if scikit-learn's scorer would use another class; see ``about_scorer``."""
    if message := about_scorer(positive, classes, metric):
        warn(message)


def rarest_classes(codes: Codes, weight: Floats | None, n_classes: int) -> Codes:
    """Return the code of the rarest class, or the codes of all that are about as rare.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), int
    weight : ndarray of shape (n_rows,) or None
    n_classes : int
    """
    counts = _counts(codes, weight, n_classes)
    # A fitted estimator may have classes that do not occur in these rows.
    least = counts[counts > 0].min()
    near = _NEAR * counts.sum() if n_classes == 2 and counts.all() else 0.0
    return np.flatnonzero((counts > 0) & (counts <= (least + near) * (1 + _ROUNDING)))


def names_of_rule(estimator: Any, n_classes: int) -> list[str]:
    """Return the parameters of an estimator (or one inside it) that need ``pos_label``.

    An example is "scoring='f1'". The list is empty if ``pos_label`` is set or not needed.
    """
    return [
        name
        for _, part in _parts(estimator)
        if getattr(part, "pos_label", None) is None
        for name in part._metrics_of_positive(n_classes)
    ]


class HasPositive:
    """A mixin for classifiers with parameters that may depend on a positive class."""

    classes_: NDArray[Any]
    pos_label: Any = None
    scoring: Any = None

    def _metrics_of_positive(self, n_classes: int) -> list[str]:
        """Return the parameters that depend on a positive class, as users write them."""
        used = n_classes == 2 and is_of_one_class(self.scoring)
        return [f"scoring={self.scoring!r}"] if used else []

    def _find_positive(self, codes: Codes, weight: Any) -> int | None:
        """Return the code of the positive class, and set ``pos_label_``.

        None if no parameter depends on a positive class and ``pos_label`` is None.
        """
        metrics = self._metrics_of_positive(len(self.classes_))
        if self.pos_label is None and not metrics:
            return None
        owner = type(self).__name__
        positive = find_positive(self.classes_, codes, weight, self.pos_label, owner)
        self.pos_label_ = positive.label
        if metrics:
            warn_of_scorer(positive, self.classes_, metrics[0])
        return positive.code


def hand_down(estimator: Any, label: Any, n_classes: int) -> Any:
    """Return the estimator with ``pos_label`` set wherever it is needed and not set.

    Parameters
    ----------
    estimator : estimator
        Not changed: if a parameter is set, the result is a clone.
    label : label
    n_classes : int
    """
    names = _undecided(estimator, n_classes)
    if not names:
        return estimator
    return clone(estimator).set_params(**dict.fromkeys(names, label))


def with_pos_label(decision: Any, label: Any) -> Any:
    """Return a threshold classifier whose ``pos_label`` is ``label`` if it was None.

    Parameters
    ----------
    decision : threshold classifier
        A clone, which is changed.
    label : label or None
    """
    if decision.get_params(deep=False).get("pos_label", "") is None:
        decision.set_params(pos_label=label)
    return decision


def positive_params(estimator: Any, y: Any, weight: Any, owner: str) -> dict[str, Any]:
    """Return parameters that set the positive class of an estimator.

    A meta-estimator that fits on parts of the rows, or on resampled rows, chooses the class
    once, on all rows. The result is empty if no parameter needs a positive class.

    Parameters
    ----------
    estimator : estimator
    y : array-like of shape (n_rows,) or (n_rows, 1)
    weight : array-like of shape (n_rows,) or None
    owner : str
        The class that fits the estimator, for messages.

    Warns
    -----
    UserWarning
        In the cases in which the estimator would warn.
    """
    values = np.asarray(y)
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.ndim != 1 or not any(True for _ in _parts(estimator)):
        return {}
    classes, codes = np.unique(values, return_inverse=True)
    names = _undecided(estimator, len(classes))
    if not names:
        return {}
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    positive = find_positive(classes, codes, weight, None, owner)
    metric = names_of_rule(estimator, len(classes))[0]
    warn_of_scorer(positive, classes, metric)
    return dict.fromkeys(names, positive.label)


def _undecided(estimator: Any, n_classes: int) -> list[str]:
    """Return the names of ``pos_label`` parameters that are needed and not set."""
    return [
        f"{prefix}pos_label"
        for prefix, part in _parts(estimator)
        if part.pos_label is None and part._metrics_of_positive(n_classes)
    ]


def _parts(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield estimators that have a positive class, and the prefix of their parameters."""
    for prefix, part in parts_with_labels(estimator):
        if hasattr(part, "_metrics_of_positive"):
            yield prefix, part


def parts_with_labels(estimator: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield an estimator and those inside it that see its labels, with their prefixes.

    It descends only through estimators that pass labels on unchanged; inside others, such
    as scikit-learn's ensembles, classes have other labels.
    """
    yield prefix, estimator
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        yield from parts_with_labels(last, f"{prefix}{name}__")
    elif isinstance(estimator, (BaseSearchCV, CalibratedClassifierCV)):
        yield from parts_with_labels(estimator.estimator, f"{prefix}estimator__")
    elif isinstance(estimator, WrappingClassifier) and estimator._hands_on_labels:
        # The default estimator of an ensemble is not a parameter.
        yield from parts_with_labels(estimator._inner, f"{prefix}estimator__")


def _counts(codes: Codes, weight: Floats | None, n_classes: int) -> Floats:
    """Return the weight of each class, or its rows if weights make classes equal."""
    if weight is None:
        return np.bincount(codes, minlength=n_classes).astype(np.float64)
    # Only ratios matter, and a sum of large weights could overflow.
    sums = np.bincount(codes, weight / weight.max(), minlength=n_classes)
    if np.ptp(sums) > _ROUNDING * sums.max():
        return sums.astype(np.float64)
    return _counts(codes[weight > 0], None, n_classes)


def _refuse_or_warn(tied: list[Any], owner: str, ask: str | None) -> None:
    """Raise ValueError that asks for the class, or warn that the last one is taken."""
    listed = " and ".join(repr(label) for label in tied)
    if ask is not None:
        msg = (
            f"{owner} requires the positive class: {listed} are about equally large, "
            f"so none is clearly rarer. Pass {ask} to set the positive class."
        )
        raise ValueError(msg)
    msg = (
        f"{owner} uses {tied[-1]!r} as the positive class: {listed} are about equally "
        "large, so none is clearly rarer. Pass pos_label to set the positive class."
    )
    warn(msg)
