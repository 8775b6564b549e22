"""scikit-learn's base class of samplers, with type annotations.

mypy treats subclasses of an unannotated class as Any, so it would not find a misspelled
parameter of a sampler. Other type checkers read the class itself.
"""

from __future__ import annotations

from typing import Any, Self

MYPY = False  # mypy treats this name as true, whatever its value
if MYPY:

    class Estimator:
        n_features_in_: int

        def get_params(self, deep: bool = ...) -> dict[str, Any]: ...  # noqa: FBT001
        def set_params(self, **params: Any) -> Self: ...
        def get_metadata_routing(self) -> Any: ...
        def set_fit_resample_request(self, **requests: Any) -> Self: ...
        def get_feature_names_out(self, input_features: Any = ...) -> Any: ...
        def _validate_params(self) -> None: ...
        def __getstate__(self) -> Any: ...
        def __sklearn_clone__(self) -> Self: ...

else:
    from sklearn.base import BaseEstimator, OneToOneFeatureMixin

    class Estimator(OneToOneFeatureMixin, BaseEstimator):
        """A scikit-learn estimator whose output has the same columns as its input."""
