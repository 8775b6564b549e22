"""scikit-learn's and imbalanced-learn's ways of knowing a sampler.

imbalanced-learn's checks and pipelines read two tags beyond scikit-learn's, and both
libraries route metadata to ``fit_resample`` once that method is registered. Neither
needs an import of imbalanced-learn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sklearn.utils import InputTags, Tags, TargetTags
from sklearn.utils import _metadata_requests as _requests

__all__ = ["any_table", "register_fit_resample", "sampler_tags", "sampling_type"]

_SAMPLING_TYPES = {
    "over": "over-sampling",
    "under": "under-sampling",
    "clean": "clean-sampling",
}


@dataclass(slots=True)
class _InputTags(InputTags):  # type: ignore[misc]
    dataframe: bool = True


@dataclass(slots=True)
class _SamplerTags:
    sample_indices: bool = True


@dataclass(slots=True)
class _Tags(Tags):  # type: ignore[misc]
    sampler_tags: _SamplerTags = field(default_factory=_SamplerTags)


def sampler_tags() -> Tags:
    """Return the tags of a sampler: any table goes in, a target must."""
    inputs = _InputTags(sparse=True, string=True, categorical=True, allow_nan=True)
    target = TargetTags(required=True)
    return _Tags(estimator_type="sampler", target_tags=target, input_tags=inputs)


def sampling_type(sampler: Any) -> str:
    """Return imbalanced-learn's name for the kind of ``sampler``.

    Its ensembles set ``sampling_strategy``, except where the type is "bypass".
    """
    if "sampling_strategy" not in sampler.get_params(deep=False):
        return "bypass"
    return _SAMPLING_TYPES[sampler._kind]


def any_table(tags: Tags) -> None:
    """Say in ``tags`` that any table may come in."""
    inputs = tags.input_tags
    inputs.sparse = inputs.string = inputs.categorical = inputs.allow_nan = True


def register_fit_resample() -> None:
    """Let metadata routing know ``fit_resample``, as imbalanced-learn does.

    It must run before the first sampler class is defined.
    """
    for methods in (_requests.METHODS, _requests.SIMPLE_METHODS):
        if "fit_resample" not in methods:
            methods.append("fit_resample")
