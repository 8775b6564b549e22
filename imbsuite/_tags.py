"""Tags and metadata routing of samplers for scikit-learn and imbalanced-learn.

imbalanced-learn's checks and pipelines read two tags beyond scikit-learn's, and both
libraries route metadata to ``fit_resample`` once that method is registered. This works
without importing imbalanced-learn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sklearn.utils import InputTags, Tags, TargetTags
from sklearn.utils import _metadata_requests as _requests

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


def sampler_tags(_sampler: Any) -> Tags:
    """Return the tags of any sampler, which takes any table and requires a target."""
    inputs = _InputTags(sparse=True, string=True, categorical=True, allow_nan=True)
    target = TargetTags(required=True)
    return _Tags(estimator_type="sampler", target_tags=target, input_tags=inputs)


def sampling_type(sampler: Any) -> str:
    """Return imbalanced-learn's name for the kind of ``sampler``.

    imbalanced-learn's ensembles set ``sampling_strategy`` unless the type is "bypass".
    """
    if "sampling_strategy" not in sampler.get_params(deep=False):
        return "bypass"
    return _SAMPLING_TYPES[sampler._kind]


def any_table(tags: Tags) -> None:
    """Set ``tags`` to accept any table."""
    inputs = tags.input_tags
    inputs.sparse = inputs.string = inputs.categorical = inputs.allow_nan = True


def register_fit_resample() -> None:
    """Add ``fit_resample`` to the methods of metadata routing, as imbalanced-learn does.

    It must run before the first sampler class is defined.
    """
    for methods in (_requests.METHODS, _requests.SIMPLE_METHODS):
        if "fit_resample" not in methods:
            methods.append("fit_resample")
    _requests.MetadataRequest.fit_resample = _NoRequestYet()


class _NoRequestYet:
    """The ``fit_resample`` requests of an object whose requests were created earlier.

    Samplers are imported when they are used, which may be after ``set_fit_request``.
    """

    def __get__(self, requests: Any, _: Any = None) -> Any:
        if requests is None:
            return self
        of_method = _requests.MethodMetadataRequest(requests.owner, "fit_resample")
        requests.fit_resample = of_method
        return of_method
