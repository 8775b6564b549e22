"""The positive class: found once, on all rows, and handed down."""

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

__all__ = [
    "Positive",
    "about_codes",
    "about_scorer",
    "decided",
    "find_positive",
    "hand_down",
    "is_of_one_class",
    "names_of_rule",
    "names_one_class",
    "parts_with_labels",
    "rarest_classes",
    "refuse_label",
    "shares_of",
]


# Two classes whose shares differ by less have no rarer one that a user would name.
_NEAR = 0.05
# Balanced weights make classes equal but for rounding, also that of float32.
_ROUNDING = 1e-6
# Of two classes these say the same of both, for all that they take a ``pos_label``.
_OF_EITHER = {"d2_brier_score", "neg_brier_score"}


class Positive(NamedTuple):
    """The class that a metric, a threshold or a cost is about.

    ``code``: its position in ``classes``; ``label``: the label itself, as Python has it;
    ``is_given``: whether ``pos_label`` named it; ``is_clear``: whether it was named, or
    is clearly the rarest.
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
    """Return the class that ``pos_label`` names, or else the rarest.

    None is the rarer of two classes, of more the smallest, by weight. Where weights make
    all classes equal, as balanced ones do, rows of non-zero weight are counted instead.
    No class is clearly the rarest where the shares of two differ by at most 0.05, or
    where the smallest of more are equal: then it is the last of them.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    codes : ndarray of shape (n_rows,), int
        Positions in ``classes``, of all rows that the call is about: one that fits many
        times decides once.
    weight : ndarray of shape (n_rows,) or None
    pos_label : label or None
    owner : str
        Whose parameter it is, for messages.
    ask : str, default=None
        What a user is asked to pass where no class is clearly the rarest, such as
        "pos_label". None: nobody is asked, and a warning names the class.

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
        _say_unclear([labels[k] for k in rarest], owner, ask)
    code = int(rarest[-1])
    return Positive(code, labels[code], is_given=False, is_clear=len(rarest) == 1)


def refuse_label(
    label: Any, classes: NDArray[Any], *, owner: str, name: str = "pos_label"
) -> None:
    """Raise ValueError if ``label``, given as ``name``, is not one of ``classes``."""
    # pandas.NA is neither equal to a label nor different from it: a TypeError.
    with contextlib.suppress(TypeError):
        if np.ndim(label) == 0 and label in labels_of(classes):
            return
    msg = (
        f"The {name!r} parameter of {owner} must be one of the classes "
        f"{labels_of(classes)}. Got {label!r} instead.{about_codes([label], classes)}"
    )
    raise ValueError(msg)


def about_codes(given: list[Any], classes: NDArray[Any]) -> str:
    """Return what to add to an error where labels in words meet the classes 0 ... K-1.

    Nothing, where no label is a word, or classes are others.
    """
    codes = list(range(len(classes)))
    if labels_of(classes) != codes or not any(
        isinstance(label, str) for label in given
    ):
        return ""
    return (
        " Classes 0 to K-1 in place of words are what ensembles hand to their members: "
        "scikit-learn's BaggingClassifier, VotingClassifier and StackingClassifier and "
        "those of imbalanced-learn. They are positions among the sorted labels: give the "
        "position instead of the label, or put the wrapper around the ensemble instead "
        "of its members."
    )


def shares_of(name: str, given: Mapping[Any, float], classes: Any) -> NDArray[Any]:
    """Return a mapping's shares in the order of ``classes``, summing to 1."""
    labels = labels_of(classes)
    wrong = sorted(map(str, set(given) ^ set(labels)))
    shares = np.array([given.get(k, np.nan) for k in labels], dtype=np.float64)
    if wrong or not (shares > 0).all() or not np.isfinite(shares).all():
        msg = (
            f"{name}={dict(given)!r} does not fit; give a positive share for each of the "
            f"classes {labels}.{about_codes(list(given), classes)}"
        )
        raise ValueError(msg)
    return shares / shares.sum()


def names_one_class(scoring: Any) -> bool:
    """Whether scikit-learn's scorer of this name is told which class it is about."""
    if not isinstance(scoring, str) or scoring not in get_scorer_names():
        return False
    scorer = get_scorer(scoring)
    parameters = inspect.signature(scorer._score_func).parameters
    averaged = scorer._kwargs.get("average", "binary") != "binary"
    of_one = "pos_label" in parameters or scoring.endswith("_likelihood_ratio")
    return of_one and not averaged


def is_of_one_class(scoring: Any) -> bool:
    """Whether it matters to scikit-learn's scorer of this name which class is meant."""
    return names_one_class(scoring) and scoring not in _OF_EITHER


def about_scorer(found: Positive, classes: NDArray[Any], metric: str) -> str:
    """Return what to warn of where scikit-learn would take another class; else "".

    Its metrics of one of two classes take the label 1 unless they are told another.

    Parameters
    ----------
    found : Positive
    classes : ndarray of shape (n_classes,)
    metric : str
        What it is about, such as "scoring='f1'"; of "cost" scikit-learn has no scorer.
    """
    labels = labels_of(classes)
    decided = found.is_clear and not found.is_given
    if (
        metric == "cost"
        or not decided
        or len(labels) > 2
        or 1 not in labels
        or found.label == 1
    ):
        return ""
    return (
        f"{metric} is about the class {found.label!r}, the rarer one, where "
        f"scikit-learn's scorer of this name would take {labels[labels.index(1)]!r}. Pass "
        "pos_label to say which class is meant."
    )


def rarest_classes(codes: Codes, weight: Floats | None, n_classes: int) -> Codes:
    """Return the code of the rarest class, or the codes of those it could be.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), int
    weight : ndarray of shape (n_rows,) or None
    n_classes : int
    """
    return _rarest(_counts(codes, weight, n_classes))


def names_of_rule(estimator: Any, n_classes: int) -> list[str]:
    """Return what an estimator, or one in it, would decide the positive class for.

    Such as "scoring='f1'"; nothing where ``pos_label`` is given or no class is meant.
    """
    return [
        name
        for _, part in _parts(estimator)
        if getattr(part, "pos_label", None) is None
        for name in part._metrics_of_positive(n_classes)
    ]


def hand_down(estimator: Any, label: Any, n_classes: int) -> Any:
    """Return the estimator, the positive class being ``label`` where it would decide it.

    Parameters
    ----------
    estimator : estimator
        It stays as it is: what is returned may be a clone.
    label : label
    n_classes : int
    """
    names = _undecided(estimator, n_classes)
    if not names:
        return estimator
    return clone(estimator).set_params(**dict.fromkeys(names, label))


def decided(estimator: Any, y: Any, weight: Any, owner: str) -> dict[str, Any]:
    """Return parameters that tell an estimator the positive class of these rows.

    What fits it on several parts of the rows, or on rows that it has resampled, decides
    once, on all of them; empty where there is nothing to decide.

    Parameters
    ----------
    estimator : estimator
    y : array-like of shape (n_rows,) or (n_rows, 1)
    weight : array-like of shape (n_rows,) or None
    owner : str
        What fits it, for messages.

    Warns
    -----
    UserWarning
        As the estimator would.
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
    found = find_positive(classes, codes, weight, None, owner)
    metric = names_of_rule(estimator, len(classes))[0]
    if said := about_scorer(found, classes, metric):
        warn(said)
    return dict.fromkeys(names, found.label)


def _undecided(estimator: Any, n_classes: int) -> list[str]:
    """Return the parameters by which an estimator can be told the positive class."""
    return [
        f"{prefix}pos_label"
        for prefix, part in _parts(estimator)
        if part.pos_label is None and part._metrics_of_positive(n_classes)
    ]


def _parts(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield estimators with a positive class, and the prefix of their parameters."""
    for prefix, part in parts_with_labels(estimator):
        if hasattr(part, "_metrics_of_positive"):
            yield prefix, part


def parts_with_labels(estimator: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield an estimator and those in it that see its labels, with their prefixes.

    Only through those that hand on labels as they are: inside others, as in scikit-learn's
    ensembles, classes have other names.
    """
    yield prefix, estimator
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        yield from parts_with_labels(last, f"{prefix}{name}__")
    elif isinstance(estimator, (BaseSearchCV, CalibratedClassifierCV)) or (
        isinstance(estimator, WrappingClassifier) and estimator._hands_on_labels
    ):
        yield from parts_with_labels(estimator.estimator, f"{prefix}estimator__")


def _counts(codes: Codes, weight: Floats | None, n_classes: int) -> Floats:
    """Return the weight of each class, or its rows where weights make classes equal."""
    if weight is None:
        return np.bincount(codes, minlength=n_classes).astype(np.float64)
    # Only proportions count, and a sum of great weights could overflow.
    sums = np.bincount(codes, weight / weight.max(), minlength=n_classes)
    if np.ptp(sums) > _ROUNDING * sums.max():
        return sums.astype(np.float64)
    return _counts(codes[weight > 0], None, n_classes)


def _rarest(counts: Floats) -> Codes:
    """Return the codes of the rarest class, or of those that could be meant by it.

    Classes without rows are left out: a fitted estimator may know more than there are.
    """
    least = counts[counts > 0].min()
    near = _NEAR * counts.sum() if len(counts) == 2 and counts.all() else 0.0
    return np.flatnonzero((counts > 0) & (counts <= (least + near) * (1 + _ROUNDING)))


def _say_unclear(tied: list[Any], owner: str, ask: str | None) -> None:
    """Ask which class is meant, or warn that the last is taken."""
    listed = " and ".join(repr(label) for label in tied)
    if ask is not None:
        msg = (
            f"{owner} needs to know the positive class: {listed} are about equally "
            f"large, so none is clearly the rarer one. Pass {ask} to name it."
        )
        raise ValueError(msg)
    msg = (
        f"{owner} takes {tied[-1]!r} as the positive class: {listed} are about equally "
        "large, so none is clearly the rarer one. Pass pos_label to name it."
    )
    warn(msg)
