"""Probabilities of rows that a model was not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import (
    _num_samples,
    check_is_fitted,
    validate_data,
)

from imbsuite._arguments import check_splits, refuse_misplaced
from imbsuite._given import Given, gather
from imbsuite._random import check_rng
from imbsuite._table import (
    check_groups,
    check_target,
    check_weight,
    ordered_column,
    single_target,
    sorted_classes,
    take,
)
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite._wrapping import WrappingClassifier
from imbsuite.probability.columns import probability_of
from imbsuite.probability.offsets import class_sums, fit_offsets
from imbsuite.probability.source import UnreadablePriorError, source_prior
from imbsuite.probability.splits import SplitTable, split_rows

__all__ = [
    "Apart",
    "FoldingClassifier",
    "offsets_apart",
    "predict_apart",
]


class Apart(NamedTuple):
    """Probabilities of rows by models that were not fitted on them.

    ``rows``: positions, of every test part in turn; ``probability``: (n_rows,
    n_classes); ``estimator``: the model, where there was a single one.
    """

    rows: Codes
    probability: Floats
    estimator: Any = None

    def once(self, origins: Codes | None) -> Apart:
        """Return the predictions with one row of each that copies were made of."""
        if origins is None:
            return self
        first = np.unique(origins[self.rows], return_index=True)[1]
        return self._replace(rows=self.rows[first], probability=self.probability[first])


def predict_apart(
    fit: Callable[[Codes], Any],
    predict: Callable[[Any, Codes], Floats],
    y: Codes,
    *,
    cv: Any,
    rng: np.random.Generator,
    groups: Any = None,
    origins: Codes | None = None,
    table: SplitTable | None = None,
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
    origins : ndarray of shape (n_rows,), int, default=None
        The row that each row is a copy of. Copies are never on both sides of a fold;
        positions in ``cv`` are those of the rows copied.
    table : SplitTable, default=None
        For a splitter in ``cv``.
    n_jobs : int, default=None
        Fits at a time.

    Returns
    -------
    Apart, or None (and a warning) where a class has a single row (or group), or lacks rows
    in a training part
    """
    table = SplitTable(np.empty((len(y), 0)), y) if table is None else table
    splits = split_rows(y, cv, rng, origins, groups=groups, table=table)
    if splits is None:
        return None

    def run(train: Codes, test: Codes) -> tuple[Any, Floats]:
        model = fit(train)
        return model if len(splits) == 1 else None, predict(model, test)

    found = Parallel(n_jobs=n_jobs)(delayed(run)(*split) for split in splits)
    rows = np.concatenate([test for _, test in splits])
    return Apart(rows, np.concatenate([p for _, p in found]), found[0][0])


def offsets_apart(apart: Apart, codes: Codes, weight: Any) -> Floats | None:
    """Return offsets fitted to these predictions.

    None (and a warning) where a class has no row of positive weight among them: its
    offset would be minus infinity.
    """
    own = None if weight is None else weight[apart.rows]
    y = codes[apart.rows]
    if not class_sums(y, apart.probability.shape[1], own).all():
        msg = "A class has no row to fit its offset to: the formula is used."
        warn(msg)
        return None
    return fit_offsets(apart.probability, y, own)


class FoldingClassifier(WrappingClassifier):
    """Fits copies of its estimator, to all rows and to parts of them."""

    classes_: NDArray[Any]
    estimator_: Any
    cv: Any = None
    n_jobs: int | None = None
    random_state: Any = None

    def _start(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        fit_params: Mapping[str, Any],
    ) -> tuple[Given, Codes]:
        """Check the input; return it, and the codes of the labels."""
        self._validate_params()
        check_splits(self.cv, type(self).__name__)
        refuse_misplaced(X, y, "fit")
        labels = single_target(y)
        check_target(labels, _num_samples(X), type(self).__name__)
        weight = check_weight(sample_weight, len(labels))
        check_groups(groups, len(labels))
        validate_data(self, X, skip_check_array=True)
        # An order of labels is the estimator's to know.
        kept = ordered_column(y)
        y = labels if kept is None else kept
        given = gather(self, X, y, fit_params, sample_weight=weight, groups=groups)
        labels = np.asarray(given.y)
        self.classes_ = self._known(labels)
        return given, np.searchsorted(self.classes_, labels)

    def _known(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the classes: a frozen estimator may know more than ``y`` has."""
        seen = sorted_classes(y)
        if not isinstance(self.estimator, FrozenEstimator):
            return seen
        check_is_fitted(self.estimator)
        known = np.sort(self.estimator.classes_)
        strange = np.setdiff1d(seen, known).tolist()
        if strange:
            msg = (
                f"y holds {strange}, which the fitted estimator does not know; it knows "
                f"{known.tolist()}."
            )
            raise ValueError(msg)
        return known

    def _need_every_class(self, codes: Codes, weight: Any) -> None:
        absent = class_sums(codes, len(self.classes_), weight) == 0
        if absent.any():
            msg = (
                f"y has no row (of positive weight) of {self.classes_[absent].tolist()}, "
                "so nothing can be found out about them; give rows of every class."
            )
            raise ValueError(msg)

    def _source_prior(self, given: Given, codes: Codes) -> Floats:
        """Return the shares that ``estimator_`` saw."""
        weight = given.weight
        key = self._inner_key("sample_weight")
        if key in given.params:
            weight = check_weight(given.params[key], len(codes))
        elif not isinstance(self.estimator, Pipeline):
            for name in given.params:
                if name.endswith("__sample_weight"):
                    raise UnreadablePriorError(
                        self.estimator, f"was fitted with {name}"
                    )
        counts = class_sums(codes, len(self.classes_), weight)
        return source_prior(self.estimator_, self.classes_, counts)

    def _probability(self, estimator: Any, X: Any, rows: Codes | None = None) -> Floats:
        return probability_of(estimator, X, self.classes_, rows=rows)

    def _predict_apart(self, given: Given, *, cv: Any = None) -> Apart | None:
        """Return probabilities of rows that were not fitted on.

        A frozen estimator's are taken as they are: the rows should be new to it.
        """
        if isinstance(self.estimator, FrozenEstimator):
            found = self._probability(self.estimator, given.X)
            return Apart(np.arange(len(found)), found, self.estimator)
        return predict_apart(
            lambda rows: given.take(rows).fit(self.estimator),
            lambda model, rows: self._probability(
                model, take(given.X, rows), given.positions(rows)
            ),
            np.searchsorted(self.classes_, np.asarray(given.y)),
            cv=self.cv if cv is None else cv,
            rng=check_rng(self.random_state),
            groups=given.groups,
            origins=given.origins,
            table=SplitTable.of(given, given.y),
            n_jobs=self.n_jobs,
        )
