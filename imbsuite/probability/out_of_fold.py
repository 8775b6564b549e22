"""Out-of-fold probabilities, and the base class of classifiers that use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self, dataclass_transform

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import check_splits, refuse_misplaced
from imbsuite._fit_inputs import FitInputs, gather
from imbsuite._intervals import JOBS
from imbsuite._parameters import parameter, set_up_parameters
from imbsuite._random import check_rng
from imbsuite._table import (
    MultiLabel,
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
from imbsuite.probability.columns import codes_of, probability_of
from imbsuite.probability.offsets import class_sums, fit_offsets
from imbsuite.probability.out_of_bag import fit_out_of_bag
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.source import source_prior
from imbsuite.probability.splits import CV, split_rows
from imbsuite.probability.units import Units
from imbsuite.probability.weighing import UnreadablePriorError


def predict_out_of_fold(
    fit: Callable[[Codes], Any],
    predict: Callable[[Any, Codes], Floats],
    y: Codes,
    inputs: FitInputs,
    *,
    cv: Any,
    rng: np.random.Generator,
    units: Units | None = None,
    n_jobs: int | None = None,
) -> OutOfFold | None:
    """Fit on training parts and predict the test parts.

    Parameters
    ----------
    fit : callable of (positions)
        Returns a model.
    predict : callable of (model, positions)
        Returns probabilities.
    y : ndarray of shape (n_rows,), int
        Codes of the classes; every training part must have rows of each.
    inputs : FitInputs
        Passed to a splitter in ``cv``: rows, labels, groups and metadata. With
        ``origins``, copies are never on both sides of a split, and positions in ``cv``
        are those of the original rows.
    cv : int, float, splitter or iterable
        An int: the number of stratified folds, reduced with a warning if a class has
        fewer rows (or groups). A float: the share of rows in a single held-out set.
        Both keep ``units`` together; splitters and iterables are used unchanged.
    rng : Generator
    units : Units, default=None
        Rows that are never on both sides of a split. None: groups and copies.
    n_jobs : int, default=None
        Number of fits that run in parallel.

    Returns
    -------
    OutOfFold or None
        None, with a warning, if a class has a single row (or group), or has no rows in
        a training part.
    """
    splits = split_rows(y, cv, rng, inputs, units)
    if splits is None:
        return None

    def run(train: Codes, test: Codes) -> tuple[Any, Floats]:
        model = fit(train)
        return model if len(splits) == 1 else None, predict(model, test)

    results = Parallel(n_jobs=n_jobs)(delayed(run)(*split) for split in splits)
    rows = np.concatenate([test for _, test in splits])
    return OutOfFold(rows, np.concatenate([p for _, p in results]), results[0][0])


def predict_original_rows(
    fit: Callable[[FitInputs], Any],
    inputs: FitInputs,
    y: Any,
    classes: NDArray[Any],
    *,
    cv: Any,
    rng: np.random.Generator,
    n_jobs: int | None = None,
) -> OutOfFold | None:
    """Fit on training parts of a meta-estimator's inputs, and predict the test parts.

    Parameters
    ----------
    fit : callable of (FitInputs)
        Returns a model; it may resample its rows.
    inputs : FitInputs
    y : array-like of shape (n_rows,)
        The labels, in one column.
    classes : ndarray of shape (n_classes,)
        The class of each column of the result.
    cv, rng, n_jobs
        See ``predict_out_of_fold``, which also describes the result.
    """

    def predict(model: Any, rows: Codes) -> Floats:
        X, places = take(inputs.X, rows), inputs.positions(rows)
        return probability_of(model, X, classes, rows=places)

    return predict_out_of_fold(
        lambda rows: fit(inputs.take(rows)),
        predict,
        codes_of(y, classes),
        replace(inputs, y=y),
        cv=cv,
        rng=rng,
        n_jobs=n_jobs,
    )


def offsets_out_of_fold(
    out_of_fold: OutOfFold | None, codes: Codes, weight: Any
) -> Floats | None:
    """Return offsets fitted to these predictions; None if there are none.

    Also None, with a warning, if a class has no predicted row of nonzero weight: its
    offset would be minus infinity.
    """
    if out_of_fold is None:
        return None
    own = out_of_fold.weight_of(codes, weight)
    y = codes[out_of_fold.rows]
    if not class_sums(y, out_of_fold.probability.shape[1], own).all():
        msg = "A class has no row to fit its offset to, so the formula is used."
        warn(msg)
        return None
    return fit_offsets(out_of_fold.probability, y, own)


@dataclass_transform(
    kw_only_default=True, eq_default=False, field_specifiers=(parameter,)
)
class FoldingClassifier(WrappingClassifier):
    """A classifier that fits clones of its estimator to all rows and to folds."""

    # Constraints of parameters that several classes share.
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "pos_label": "no_validation",
        "cv": CV,
        "n_jobs": JOBS,
    }

    classes_: NDArray[Any]
    estimator_: Any
    # For multilabel targets: the names of the labels, the fitted model, and the rule of
    # each.
    label_names_: list[Any]
    _model: Any
    _rules: list[Any]
    _label: str  # of a rule, for messages
    # Values for classes that do not have these parameters.
    cv: Any = None
    n_jobs: int | None = None
    random_state: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_up_parameters(cls)

    @fitted_anew
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the estimator, and its correction or decision rule.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
            If the classifier supports multilabel targets: an array-like, sparse matrix
            or dataframe of 0 and 1, of shape (n_rows, n_labels).
        sample_weight : array-like of shape (n_rows,), default=None
            Passed to the estimator, and used wherever rows are counted.
        groups : array-like of shape (n_rows,), default=None
            Rows of a group are kept in the same fold. Groups are passed to estimators
            that accept them.
        **fit_params : dict
            Passed to the estimator. Arguments with one entry per row are split like the
            rows; others (such as an ``eval_set``) are passed unchanged.

        Returns
        -------
        self
        """
        self._fit_rows(
            X, y, sample_weight=sample_weight, groups=groups, fit_params=fit_params
        )
        return self

    def _fit_rows(self, X: Any, y: Any, **others: Any) -> None:
        inputs, codes = self._start(X, y, **others)
        self._learn(inputs, codes)

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        """Set the fitted attributes: ``estimator_``, and those that a subclass adds."""
        self.estimator_ = inputs.fit(self.estimator)

    def _start(self, X: Any, y: Any, **others: Any) -> tuple[FitInputs, Codes]:
        """Return the validated input, and the codes of the labels."""
        self._validate_params()
        check_splits(self.cv, type(self).__name__, out_of_bag=True)
        refuse_misplaced(X, y, "fit")
        labels = single_target(y)
        check_target(labels, _num_samples(X), type(self).__name__)
        # An ordinal estimator reads the order of the labels from their type.
        ordered = ordered_column(y)
        inputs = self._gathered(X, labels if ordered is None else ordered, **others)
        labels = np.asarray(inputs.y)
        self.classes_ = self._known(labels)
        return inputs, np.searchsorted(self.classes_, labels)

    def _gathered(
        self,
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        groups: Any = None,
        fit_params: Mapping[str, Any],
    ) -> FitInputs:
        """Return the inputs, with validated weights and groups."""
        weight = check_weight(sample_weight, len(y))
        check_groups(groups, len(y))
        validate_data(self, X, skip_check_array=True)
        return gather(self, X, y, fit_params, sample_weight=weight, groups=groups)

    def _name_labels(self, target: MultiLabel) -> None:
        self.label_names_ = target.names
        both = np.array([0, 1], dtype=target.dtype)
        # As in forests; scikit-learn's scorers recognize multilabel classifiers by it.
        self.classes_ = [both] * len(target.names)  # type: ignore[assignment]

    def _known(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the classes; those of a frozen estimator may be absent from ``y``."""
        seen = sorted_classes(y)
        if not isinstance(self.estimator, FrozenEstimator):
            return seen
        check_is_fitted(self.estimator)
        known = np.sort(self.estimator.classes_)
        unknown = np.setdiff1d(seen, known).tolist()
        if unknown:
            msg = (
                f"y must hold classes of the fitted estimator, {known.tolist()}. Got "
                f"{unknown} as well."
            )
            raise ValueError(msg)
        return known

    def _need_every_class(self, codes: Codes, weight: Any) -> None:
        absent = class_sums(codes, len(self.classes_), weight) == 0
        if absent.any():
            msg = (
                "y must have a row of nonzero weight for every class. Got none of "
                f"{self.classes_[absent].tolist()}."
            )
            raise ValueError(msg)

    def _source_prior(self, inputs: FitInputs, codes: Codes) -> Floats:
        """Return the effective prior of ``estimator_``."""
        weight = inputs.weight
        key = self._inner_key("sample_weight")
        if key in inputs.params:
            weight = check_weight(inputs.params[key], len(codes))
        elif not isinstance(self.estimator, Pipeline):
            for name in inputs.params:
                if name.endswith("__sample_weight"):
                    raise UnreadablePriorError(
                        self.estimator, f"was fitted with {name}"
                    )
        counts = class_sums(codes, len(self.classes_), weight)
        return source_prior(self.estimator_, self.classes_, counts)

    def _probability(self, estimator: Any, X: Any) -> Floats:
        return probability_of(estimator, X, self.classes_)

    def _predict_out_of_fold(
        self, inputs: FitInputs, *, cv: Any = None
    ) -> OutOfFold | None:
        """Return out-of-fold probabilities.

        A frozen estimator predicts all rows, which should be new to it.
        """
        if isinstance(self.estimator, FrozenEstimator):
            probability = self._probability(self.estimator, inputs.X)
            rows = np.arange(len(probability))
            return OutOfFold(rows, probability, self.estimator)
        cv = self.cv if cv is None else cv
        if isinstance(cv, str):
            return fit_out_of_bag(self.estimator, inputs, self.classes_)
        return predict_original_rows(
            lambda part: part.fit(self.estimator),
            inputs,
            inputs.y,
            self.classes_,
            cv=cv,
            rng=check_rng(self.random_state),
            n_jobs=self.n_jobs,
        )
