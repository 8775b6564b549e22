"""The multilabel part of classifiers that resample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config

from imbsuite._fit_inputs import FitInputs, gather
from imbsuite._rows import LightPickle
from imbsuite._table import (
    check_multilabel,
    check_weight,
    count_rows,
    named_labels,
    under_labels_of,
)
from imbsuite._types import Floats
from imbsuite._wrapping import DelegatingClassifier
from imbsuite.meta._resampling import checked_sampler, resample
from imbsuite.probability.corrected import PriorCorrectedClassifier
from imbsuite.probability.label_model import (
    LabelModel,
    fit_labels,
    refuse_single_label,
)


class ResamplesLabels(LightPickle, DelegatingClassifier):
    """The part of ``ResampledClassifier`` that fits and predicts multilabel targets."""

    sampler: Any
    correction: str | None
    cv: Any
    random_state: Any
    classes_: Any  # for multilabel targets: 0 and 1 for each label, as in forests
    label_names_: list[Any]
    _model: LabelModel
    # With a correction: the correcting classifier, around a copy without a correction.
    _corrected: PriorCorrectedClassifier

    @property
    def _takes_labels(self) -> bool:  # type: ignore[override]
        """Whether the target may be multilabel: without a sampler, or with LabelSampler."""
        return self.sampler is None or self._samples_labels()

    def _samples_labels(self) -> bool:
        return getattr(self.sampler, "_samples_labels", False)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Without a sampler, assume one target: a search may set a sampler of classes.
        tags.classifier_tags.multi_label &= self._samples_labels()
        return tags

    def _has_labels(self) -> bool:
        """Whether the classifier was fitted to a multilabel target."""
        return hasattr(self, "label_names_")

    def _fit_labels(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        fit_params: Mapping[str, Any],
    ) -> None:
        target = check_multilabel(under_labels_of(X, y), count_rows(X))
        refuse_single_label(self.estimator, len(target.names))
        self.label_names_ = target.names
        values = np.array([0, 1], dtype=target.dtype)
        self.classes_ = [values] * len(target.names)
        own = {"sample_weight": sample_weight, "groups": groups}
        if self.correction is not None:
            labels = named_labels(target.values, target.names, X)
            self._fit_corrected(X, labels, own | dict(fit_params))
            return
        carries = self.sampler is None or hasattr(self.sampler, "carry")
        inputs = gather(self, X, target.values, fit_params, carries=carries, **own)
        self._fit_model(inputs)

    def _fit_model(self, inputs: FitInputs) -> None:
        sampler = checked_sampler(self.sampler, self.estimator, type(self).__name__)
        if sampler is not None:
            named = named_labels(inputs.y, self.label_names_, inputs.X)
            inputs = resample(sampler, replace(inputs, y=named))
            labels = check_multilabel(inputs.y, count_rows(inputs.X))
            inputs = replace(inputs, y=labels.values)
        self.sampler_ = sampler
        self._model = fit_labels(self.estimator, inputs, self.label_names_)
        self.estimator_ = self._model.estimator
        self.effective_prior_ = self._shares_of(inputs)

    def _shares_of(self, inputs: FitInputs) -> dict[Any, float]:
        """Return the share of rows with each label, weighted as in the estimator."""
        weight = inputs.params.get(self._inner_key("sample_weight") or "")
        weight = check_weight(
            inputs.weight if weight is None else weight, len(inputs.y)
        )
        shares = np.average(inputs.y, axis=0, weights=weight).tolist()
        return dict(zip(self.label_names_, shares, strict=True))

    def _fit_corrected(self, X: Any, labels: Any, others: dict[str, Any]) -> None:
        plain = type(self)(**self.get_params(deep=False) | {"correction": None})
        method: Any = self.correction
        corrected = PriorCorrectedClassifier(
            plain, method=method, cv=self.cv, random_state=self.random_state
        )
        if get_config()["enable_metadata_routing"]:
            # Metadata passed to this classifier were requested, so pass them on.
            for one in (plain, corrected):
                one.set_fit_request(sample_weight=True, groups=True)
        self._corrected = corrected.fit(X, labels, **others)
        inner = self._corrected.estimator_
        self.sampler_, self.estimator_ = inner.sampler_, inner.estimator_
        self._model, self.effective_prior_ = inner._model, inner.effective_prior_
        self.offset_ = self._corrected.offset_

    def _part_of_label(self, label: int) -> Any:
        """Return an object with the effective prior of one label."""
        if self.correction is not None:
            return self._corrected._part_of_label(label)
        share = self.effective_prior_[self.label_names_[label]]
        return SimpleNamespace(
            effective_prior_={0: 1 - share, 1: share},
            estimator_=self._model.member(label),
        )

    def _predict_labels(self, X: Any) -> NDArray[Any]:
        if self.correction is not None:
            labels: NDArray[Any] = self._corrected.predict(X)
        else:
            labels = self._model.predict(X)
        return labels.astype(self.classes_[0].dtype)

    def _probability_of_labels(self, X: Any) -> Floats:
        if self.correction is not None:
            return self._corrected.predict_proba(X)
        return self._model.probability(X)
