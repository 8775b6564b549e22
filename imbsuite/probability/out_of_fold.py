"""Probabilities of rows that a model was not fitted on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    check_cv,
)
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import validate_data

from imbsuite._random import check_rng, draw_seed
from imbsuite._table import check_groups, check_target, check_weight, contain, take
from imbsuite._wrapping import WrappingClassifier, fit_copy, single_target

__all__ = ["CV", "Apart", "FoldingClassifier", "in_columns", "predict_apart"]

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.intp]
# What may be given as cv.
CV = [
    Interval(Integral, 2, None, closed="left"),
    Interval(Real, 0, 1, closed="neither"),
    HasMethods(["split"]),
    list,
]


class Apart(NamedTuple):
    """Probabilities of rows by models that were not fitted on them.

    ``rows``: positions, of every test part in turn; ``probability``: (n_rows,
    n_classes); ``estimator``: the model, where there was a single one.
    """

    rows: Codes
    probability: Floats
    estimator: Any = None


def predict_apart(
    fit: Callable[[Codes], Any],
    predict: Callable[[Any, Codes], Floats],
    y: Codes,
    *,
    cv: Any,
    rng: np.random.Generator,
    groups: Any = None,
    n_jobs: int | None = None,
) -> Apart | None:
    """Fit on training parts, predict the test parts.

    Parameters
    ----------
    fit : callable of (positions)
        Returns a model.
    predict : callable of (model, positions)
        Returns probabilities.
    y : ndarray of shape (n_rows,), int
    cv : int, float, splitter or iterable
        An int: stratified folds; where a class has fewer rows (or groups), so many, with
        a warning. A float: this share of the rows is held out, once.
    rng : Generator
    groups : array-like of shape (n_rows,), default=None
        Never on both sides of a fold.
    n_jobs : int, default=None
        Fits at a time.

    Returns
    -------
    Apart, or None where a class has a single row (or group)
    """
    splitter = _splitter(y, cv, rng, groups)
    if splitter is None:
        return None
    splits = list(splitter.split(np.empty((len(y), 0)), y, groups))

    def run(train: Codes, test: Codes) -> tuple[Any, Floats]:
        model = fit(train)
        return model if len(splits) == 1 else None, predict(model, test)

    found = Parallel(n_jobs=n_jobs)(delayed(run)(*split) for split in splits)
    rows = np.concatenate([test for _, test in splits])
    return Apart(rows, np.concatenate([p for _, p in found]), found[0][0])


def _splitter(y: Codes, cv: Any, rng: np.random.Generator, groups: Any) -> Any:
    """Return a splitter, with as many folds as the rarest class allows."""
    if not isinstance(cv, Real):
        return check_cv(cv, y, classifier=True)
    fewest = _fewest(y, groups)
    if not isinstance(cv, Integral):
        return None if fewest < 2 else _held_out(float(cv), y, rng, groups)
    folds = min(int(cv), fewest)
    if folds < int(cv):
        so = f"{folds} folds are used" if folds > 1 else "no fold can be made"
        msg = f"A class has too few rows or groups for cv={cv}: {so}."
        warnings.warn(msg, UserWarning, stacklevel=5)
    if folds < 2:
        return None
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    return kind(folds, shuffle=True, random_state=draw_seed(rng))


def _held_out(share: float, y: Codes, rng: np.random.Generator, groups: Any) -> Any:
    seed = draw_seed(rng)
    if groups is None:
        return StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    # scikit-learn has no stratified split of groups: one of 1 / share folds.
    folds = StratifiedGroupKFold(
        min(max(2, round(1 / share)), _fewest(y, groups)),
        shuffle=True,
        random_state=seed,
    )
    return check_cv([next(folds.split(np.empty((len(y), 0)), y, groups))])


def _fewest(y: Codes, groups: Any) -> int:
    if groups is None:
        return int(np.bincount(y).min())
    values = np.unique(np.asarray(groups), return_inverse=True)[1]
    return min(len(np.unique(values[y == k])) for k in range(y.max() + 1))


def in_columns(probability: Floats, classes: Any, known: Any) -> Floats:
    """Return probabilities with a column for each of ``known``, 0 for those not seen."""
    out = np.zeros((len(probability), len(known)))
    out[:, np.searchsorted(known, classes)] = probability
    return out


class FoldingClassifier(WrappingClassifier):
    """Fits copies of its estimator, to all rows and to parts of them."""

    classes_: NDArray[Any]
    cv: Any = None
    n_jobs: int | None = None
    random_state: Any = None

    def _start(
        self, X: Any, y: Any, sample_weight: Any, groups: Any
    ) -> tuple[NDArray[Any], Codes, Any, Any]:
        """Check the input; return y, its codes, the weights and the groups."""
        self._validate_params()
        y = single_target(y)
        check_target(y, contain(X).shape[0], type(self).__name__)
        weight = check_weight(sample_weight, len(y))
        groups = check_groups(groups, len(y))
        validate_data(self, X, skip_check_array=True)
        self.classes_ = self._known(y)
        return y, np.searchsorted(self.classes_, y), weight, groups

    def _known(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the classes: a frozen estimator may know more than ``y`` has."""
        seen = np.unique(y)
        if not isinstance(self.estimator, FrozenEstimator):
            return seen
        known = np.asarray(self.estimator.classes_)
        strange = np.setdiff1d(seen, known).tolist()
        if strange:
            msg = (
                f"y holds {strange}, which the fitted estimator does not know; it knows "
                f"{known.tolist()}."
            )
            raise ValueError(msg)
        return known

    def _need_every_class(self, codes: Codes) -> None:
        absent = np.setdiff1d(np.arange(len(self.classes_)), codes)
        if len(absent):
            msg = (
                f"y has no row of {self.classes_[absent].tolist()}, which the fitted "
                "estimator knows; nothing can be found out about them: give rows of every "
                "class."
            )
            raise ValueError(msg)

    def _probability(self, estimator: Any, X: Any) -> Floats:
        found = estimator.predict_proba(X)
        return in_columns(found, estimator.classes_, self.classes_)

    def _predict_apart(
        self, X: Any, y: Any, weight: Any, groups: Any, *, cv: Any = None
    ) -> Apart | None:
        """Return probabilities of rows that were not fitted on.

        A frozen estimator's are taken as they are: the rows should be new to it.
        """
        if isinstance(self.estimator, FrozenEstimator):
            found = self._probability(self.estimator, X)
            return Apart(np.arange(len(y)), found, self.estimator)

        def fit(rows: Codes) -> Any:
            parts = (None if part is None else part[rows] for part in (weight, groups))
            return fit_copy(self.estimator, take(X, rows), y[rows], *parts)

        return predict_apart(
            fit,
            lambda model, rows: self._probability(model, take(X, rows)),
            np.searchsorted(self.classes_, y),
            cv=self.cv if cv is None else cv,
            rng=check_rng(self.random_state),
            groups=groups,
            n_jobs=self.n_jobs,
        )
