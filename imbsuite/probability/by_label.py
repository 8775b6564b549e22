"""The base of classifiers that treat each label of a multilabel target as binary.

Each label gets a *rule*: an instance of the same class with the same parameters, fitted
to the 0 and 1 of this label and to its out-of-fold probabilities. Thus a classifier for
two classes also supports multilabel targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import _num_samples, check_is_fitted

from imbsuite._arguments import check_splits, refuse_misplaced
from imbsuite._fit_inputs import FitInputs
from imbsuite._random import check_rng
from imbsuite._table import check_multilabel, is_multilabel
from imbsuite._types import Codes, Floats
from imbsuite.probability.label_bags import labels_out_of_bag
from imbsuite.probability.label_folds import labels_out_of_fold
from imbsuite.probability.label_model import (
    fit_labels,
    refuse_single_label,
    takes_unknown,
)
from imbsuite.probability.offsets import class_sums
from imbsuite.probability.out_of_fold import FoldingClassifier
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.source import source_prior
from imbsuite.probability.weighing import UnreadablePriorError


def both_columns(positive: Floats) -> Floats:
    """Return the probabilities of 0 and 1, (n_rows, 2), given those of 1."""
    return np.column_stack([1 - positive, positive])


class _OneLabel(BaseEstimator):  # type: ignore[misc]
    """The predictions that replace the estimator of a rule.

    ``out_of_fold``: predictions with both columns of the label, or None; ``part``: the
    fitted estimator with the effective prior of the label.
    """

    def __init__(self, out_of_fold: OutOfFold | None = None, part: Any = None) -> None:
        self.out_of_fold = out_of_fold
        self.part = part
        self.classes_ = np.arange(2)

    def fit(self, X: Any, y: Any) -> Self:
        return self


class LabelwiseClassifier(FoldingClassifier):
    """A classifier for a single target or a multilabel target.

    Subclasses implement ``_learn`` for two or more classes. For multilabel targets,
    they may also override ``_tuning_cv``, ``_keeps_tuned``, ``_of_label``,
    ``_learn_constant`` and ``_collect``.
    """

    _takes_labels = True

    # --- Overridden by subclasses

    def _tuning_cv(self, inputs: FitInputs) -> Any:
        """Return the folds of the predictions that rules are fitted to, or None."""
        return None

    def _keeps_tuned(self) -> bool:
        """Whether to keep the estimator used for tuning instead of refitting it."""
        return False

    def _fit_on_all(self, inputs: FitInputs, part: OutOfFold | None) -> Any:
        """Return the estimator fitted on all rows, or the one of ``part`` if it is kept."""
        if part is not None and (part.is_out_of_bag or self._keeps_tuned()):
            return part.estimator
        return inputs.fit(self.estimator)

    def _of_label(self, name: Any) -> dict[str, Any]:
        """Return the parameters that are specific to one label."""
        return {}

    def _learn_constant(self, share: float) -> None:
        """Set the fitted attributes of a label that all rows or no rows have."""

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        """Set the fitted attributes of all labels from those of ``_rules``."""

    def _decide(self, X: Any, probability: Floats) -> Codes:
        """Return the decided classes, as positions in ``classes_``."""
        raise NotImplementedError

    # --- Fitting

    def _fit_rows(self, X: Any, y: Any, **others: Any) -> None:
        if is_multilabel(y):
            self._learn_labels(self._start_labels(X, y, **others))
        else:
            super()._fit_rows(X, y, **others)

    def _start_labels(self, X: Any, y: Any, **others: Any) -> FitInputs:
        """Return the validated input, and set the names and values of the labels."""
        self._validate_params()
        check_splits(self.cv, type(self).__name__, out_of_bag=True)
        refuse_misplaced(X, y, "fit")
        unknown = takes_unknown(self)
        target = check_multilabel(y, _num_samples(X), unknown=unknown)
        self._refuse_other_positive()
        self._name_labels(target)
        self._refuse_estimator(len(target.names))
        return self._gathered(X, target.values, **others)

    def _refuse_estimator(self, n_labels: int) -> None:
        """Raise ValueError if the estimator does not support multilabel targets."""
        refuse_single_label(self.estimator, n_labels)

    def _refuse_other_positive(self) -> None:
        label = getattr(self, "pos_label", None)
        if label is not None and not (np.ndim(label) == 0 and label == 1):
            msg = (
                f"The 'pos_label' parameter of {type(self).__name__} must be 1 or "
                "None for multilabel targets, because 1 is the positive class of "
                f"each. Got {label!r} instead."
            )
            raise ValueError(msg)

    def _learn_labels(self, inputs: FitInputs) -> None:
        cv = self._tuning_cv(inputs)
        part = None if cv is None else self._labels_out_of_fold(inputs, cv)
        if part is not None and (part.is_out_of_bag or self._keeps_tuned()):
            self._model = part.estimator
        else:
            self._model = fit_labels(self.estimator, inputs, self.label_names_)
        self.estimator_ = self._model.estimator
        self._rules = self._make_rules(inputs, part)
        self._collect(inputs, part)

    def _make_rules(self, inputs: FitInputs, part: OutOfFold | None) -> list[Self]:
        labels = range(inputs.y.shape[1])
        return [self._rule(label, *_of_label(inputs, part, label)) for label in labels]

    def _labels_out_of_fold(self, inputs: FitInputs, cv: Any) -> OutOfFold | None:
        if isinstance(self.estimator, FrozenEstimator):
            check_is_fitted(self.estimator)
            model = fit_labels(self.estimator, inputs)
            p = model.probability(inputs.X)
            return OutOfFold(np.arange(len(p)), p, model)
        if isinstance(cv, str):
            return labels_out_of_bag(self.estimator, inputs, self.label_names_)
        return labels_out_of_fold(
            lambda part: fit_labels(self.estimator, part, self.label_names_),
            inputs,
            cv=cv,
            rng=check_rng(self.random_state),
            n_jobs=self.n_jobs,
        )

    def _rule(self, label: int, inputs: FitInputs, part: OutOfFold | None) -> Self:
        """Return the fitted rule of one label, given its target and its predictions."""
        rule = self._unfitted_rule(label)
        rule.estimator = FrozenEstimator(_OneLabel(part, self._model.member(label)))
        codes: Codes = inputs.y
        try:
            if self._is_constant(codes, inputs.weight, part):
                rule._learn_constant(_share_with(codes, inputs.weight))
            else:
                rule._learn(inputs, codes)
        except ValueError as error:
            error.args = (f"Label {self.label_names_[label]!r}: {error}",)
            raise
        # Predictions only need the learned parameters of the rule.
        rule.estimator = rule.estimator_ = None
        return rule

    def _unfitted_rule(self, label: int) -> Self:
        params = self.get_params(deep=False)
        own = self._of_label(self.label_names_[label])
        if "pos_label" in params:
            own["pos_label"] = 1
        rule = type(self)(**params | own)
        rule.classes_ = np.arange(2)
        rule._label = f"Label {self.label_names_[label]!r}: "
        return rule

    def _share_of_label(self, name: str, label: Any) -> Any:
        """Return a prior of one label as shares of 0 and 1; text is returned unchanged.

        Raises
        ------
        ValueError
            If the parameter ``name`` is not a share between 0 and 1 for each label.
        """
        value, labels = getattr(self, name), self.label_names_
        if not isinstance(value, Mapping):
            return value
        share = of_label(name, value, label=label, labels=labels)
        if not (isinstance(share, Real) and 0 < float(share) < 1):
            msg = (
                f"The {name!r} parameter must map each of the labels {labels} to the "
                "share of rows with it, above 0 and below 1. Got "
                f"{share!r} for {label!r} instead."
            )
            raise ValueError(msg)
        return {0: 1 - float(share), 1: float(share)}

    def _is_constant(
        self, codes: Codes, weight: Floats | None, part: OutOfFold | None
    ) -> bool:
        """Whether all or none of the rows with nonzero weight have the label."""
        return _share_with(codes, weight) in (0.0, 1.0)

    def _one_label(self) -> _OneLabel | None:
        """Return the predictions of a rule; None for a classifier that is not a rule."""
        inner = getattr(self.estimator, "estimator", None)
        return inner if isinstance(inner, _OneLabel) else None

    def _predict_out_of_fold(
        self, inputs: FitInputs, *, cv: Any = None
    ) -> OutOfFold | None:
        if (one := self._one_label()) is not None:
            return one.out_of_fold
        return super()._predict_out_of_fold(inputs, cv=cv)

    def _part_of_label(self, label: int) -> Any:
        """Return an object with the effective prior of one label."""
        rules: list[Any] = getattr(self, "_rules", [])
        if rules and hasattr(rules[label], "target_prior_"):
            return rules[label]
        return self._model.member(label) if rules else self

    def _source_prior(self, inputs: FitInputs, codes: Codes) -> Floats:
        if (one := self._one_label()) is None:
            return super()._source_prior(inputs, codes)
        if _shares_weights(one.part):
            why = "multiplies the class weights of all labels"
            raise UnreadablePriorError(one.part, why)
        counts = class_sums(codes, 2, inputs.weight)
        return source_prior(one.part, np.arange(2), counts)

    # --- Predicting

    def _has_labels(self) -> bool:
        """Whether the classifier was fitted to a multilabel target."""
        return hasattr(self, "_rules")

    def _probability(self, estimator: Any, X: Any) -> Floats:
        if self._has_labels():
            return self._model.probability(X)
        return super()._probability(estimator, X)

    def _each_rule(self, X: Any) -> Iterator[tuple[Any, Floats]]:
        """Yield the rule of each label, and its probabilities, (n_rows, 2)."""
        p = self._model.probability(X)
        for label, rule in enumerate(self._rules):
            yield rule, both_columns(p[:, label])

    def _predict_labels(self, X: Any) -> NDArray[Any]:
        return self._as_labels(
            [rule._decide(X, probability) for rule, probability in self._each_rule(X)]
        )

    def _as_labels(self, decided: list[Codes]) -> NDArray[Any]:
        """Return 0 and 1, (n_rows, n_labels), in the type of ``y``."""
        return np.column_stack(decided).astype(self.classes_[0].dtype)


def of_label(name: str, value: Any, *, label: Any, labels: list[Any]) -> Any:
    """Return the entry of one label in a mapping by label.

    Raises
    ------
    ValueError
        If ``value``, the parameter ``name``, lacks a label or has an unknown one.
    """
    if set(value) != set(labels):
        msg = (
            f"The {name!r} parameter must have an entry for each of the labels {labels}. "
            f"Got {dict(value)!r} instead."
        )
        raise ValueError(msg)
    return value[label]


def _share_with(codes: Codes, weight: Floats | None) -> float:
    """Return the share of rows with nonzero weight that have a label (0 if no rows)."""
    counted = codes if weight is None else codes[weight > 0]
    return float(counted.mean()) if len(counted) else 0.0


def _of_label(
    inputs: FitInputs, part: OutOfFold | None, label: int
) -> tuple[FitInputs, OutOfFold | None]:
    """Return the rows whose label is known, and their predictions, if any."""
    codes: Codes = inputs.y[:, label]
    rows = np.flatnonzero(codes >= 0)
    if part is not None:
        p = part.probability[:, label]
        kept = ~np.isnan(p) & (codes[part.rows] >= 0)
        places = np.searchsorted(rows, part.rows[kept])
        part = part._replace(rows=places, probability=both_columns(p[kept]))
    known = inputs if len(rows) == len(codes) else inputs.take(rows)
    return replace(known, y=codes[rows]), part


def _shares_weights(part: Any) -> bool:
    """Whether a multilabel estimator, or one inside it, has class weights."""
    if part is None:
        return False
    several = isinstance(getattr(part, "classes_", None), list)
    if several and getattr(part, "class_weight", None) is not None:
        return True  # as in forests
    return _shares_weights(getattr(part, "estimator_", None))
