"""Sentences about wrong calls: which call was meant, and how it is written here.

Constructors name the class that was called, whose ``__init__`` may be inherited, and what
replaces a parameter of another library.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["as_instance", "check_splits", "explaining", "refuse_misplaced"]

# What replaces parameters of imbalanced-learn and of smote-variants, of today and of old:
# for a class, or for any sampler.
_OF_ANY = {
    "n_jobs": (
        "threads are used by themselves (OMP_NUM_THREADS limits them); where there is a "
        "k_neighbors, it may be NearestNeighbors(n_jobs=...)"
    ),
    "ratio": "it is called sampling_strategy",
    "proportion": (
        "sampling_strategy says how large classes become; a float is their ratio to the "
        "largest"
    ),
    "n_neighbors": "it is called k_neighbors",
    "k": "it is called k_neighbors",
    "k_neighbors": "it is called n_neighbors",
    "nn_params": "pass a search of your own, k_neighbors=NearestNeighbors(...)",
    "ss_params": 'use seed_allocation="random" or "even"',
    "kind": (
        "each kind is a class: SMOTE, BorderlineSMOTE(kind=...), SVMSMOTE; of "
        "EditedNearestNeighbours it is called kind_sel"
    ),
    "m_neighbors": "it is one of BorderlineSMOTE and SVMSMOTE",
    "m": "it is called m_neighbors, of BorderlineSMOTE and SVMSMOTE",
    "svm_estimator": "it is one of SVMSMOTE",
    "out_step": "it is one of SVMSMOTE",
    "categorical_encoder": "categories are read as they are, and need no encoder",
    "return_indices": "after fit_resample the rows are in sample_indices_",
    "return_indexes": "after fit_resample the rows are in sample_indices_",
    "replacement": "it is one of RandomUnderSampler",
    "shrinkage": "it is one of RandomOverSampler",
    "smote": "chain samplers: make_chain(SMOTE(), TomekLinks(...))",
    "enn": 'use make_chain(SMOTE(), EditedNearestNeighbours(sampling_strategy="all"))',
    "tomek": 'use make_chain(SMOTE(), TomekLinks(sampling_strategy="all"))',
    "size_ngh": "it is called n_neighbors",
    "max_iter": "cleaners clean once; repeat them with make_chain",
    "random_state": "nothing is random here",
    "verbose": "samplers are silent",
}
_OF_CLASS = {
    "TemperatureSampler": {
        "sampling_strategy": (
            "temperature says how large classes become; other samplers take "
            "sampling_strategy=Tempered(T)"
        ),
        "ratio": "temperature says how large classes become",
    },
    "SubclassSampler": {
        "sampling_strategy": "it is the inner sampler's: SubclassSampler(SMOTE(...))",
        "ratio": "sampling_strategy is the inner sampler's: SubclassSampler(SMOTE(...))",
    },
    "Chain": {
        "random_state": "it is that of the steps: set_params(name__random_state=...)",
        "sampling_strategy": "it is that of the steps",
        "samplers": "it is called steps, of (name, sampler); make_chain(*samplers) names",
    },
    "SVMSMOTE": {"kind": "SVMSMOTE is a class of its own, and has no kinds"},
    "KMeansSMOTE": {
        "n_clusters": "use kmeans_estimator=n_clusters",
        "kind": "KMeansSMOTE is a class of its own, and has no kinds",
    },
    "EditedNearestNeighbours": {"kind": "it is called kind_sel"},
    "TomekLinks": {"n_neighbors": "a link is one of nearest neighbors: there is no k"},
}


def explaining(init: Callable[..., None]) -> Callable[..., None]:
    """Return ``init`` with errors that name the class called, and what replaces a name."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            signature.bind(self, *args, **kwargs)
        except TypeError as error:
            owner = type(self).__name__
            hints = _hints(owner, signature, args, kwargs)
            msg = "; ".join([f"{owner}() {error}", *hints]) + "."
            raise TypeError(msg) from None
        init(self, *args, **kwargs)

    return checked


def _hints(
    owner: str, signature: inspect.Signature, args: Any, kwargs: dict[str, Any]
) -> list[str]:
    """Return what is to be said of arguments that are not known."""
    known = list(signature.parameters)[1:]
    said = _OF_ANY | _OF_CLASS.get(owner, {})
    unknown = [name for name in kwargs if name not in known]
    hints = [f"{name}: {said[name]}" for name in unknown if name in said]
    if hints:
        return hints
    by_name = " given by name" if args and not unknown else ""
    return [f"its parameters are{by_name}: {', '.join(known)}"]


def as_instance(given: Any) -> str:
    """Return how to pass an instance, where a class was given; else nothing."""
    if not isinstance(given, type):
        return ""
    return f" is a class; pass an instance: {given.__name__}()"


def refuse_misplaced(X: Any, y: Any, call: str) -> None:
    """Raise ValueError where ``y`` is a name and not labels, or the table itself."""
    if getattr(X, "ndim", 0) == 1 and getattr(y, "ndim", 0) == 2 and y.shape[1] > 1:
        msg = f"X has one dimension and y has two: the table comes first, {call}(X, y)."
        raise ValueError(msg)
    if not isinstance(y, str):
        return
    columns: Any = getattr(X, "column_names", None) or getattr(X, "columns", ())
    if y not in list(columns):
        msg = f"y={y!r} is text, not one label for each row of X; {call}(X, y)."
        raise ValueError(msg)
    without = f"X.drop(columns={y!r})" if hasattr(X, "iloc") else f"X.drop({y!r})"
    msg = f"y={y!r} is a column of X; pass its labels: {call}({without}, X[{y!r}])."
    raise ValueError(msg)


def check_splits(cv: Any, owner: str) -> None:
    """Raise ValueError where ``cv`` is text, or a list of anything but (train, test)."""
    # Text has a method "split", and passes for a splitter.
    if not isinstance(cv, str) and (not isinstance(cv, list) or _are_pairs(cv)):
        return
    msg = (
        f"The 'cv' parameter of {owner} must be a number of folds, a splitter or a list "
        f"of (train, test). Got {cv!r} instead."
    )
    if cv == "prefit":
        msg += " A fitted estimator goes inside sklearn.frozen.FrozenEstimator."
    raise ValueError(msg)


def _are_pairs(splits: list[Any]) -> bool:
    return bool(splits) and all(
        hasattr(pair, "__len__") and len(pair) == 2 for pair in splits
    )
