"""Error messages for wrong calls, with the correct call.

Errors of constructors name the class that was called (its ``__init__`` may be
inherited) and the replacement for a parameter of another library.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

# Replacements for parameters of current and old versions of imbalanced-learn and
# smote-variants, for any sampler or for one class.
_OF_ANY = {
    "n_jobs": (
        "threads are used automatically (OMP_NUM_THREADS limits them); a k_neighbors "
        "parameter may be NearestNeighbors(n_jobs=...)"
    ),
    "ratio": "it is called sampling_strategy",
    "proportion": (
        "sampling_strategy sets the class sizes; a float is their ratio to the largest "
        "class"
    ),
    "nn_params": "pass a search object, k_neighbors=NearestNeighbors(...)",
    "ss_params": 'use seed_allocation="random" or "even"',
    "kind": (
        "each kind is a class: SMOTE, BorderlineSMOTE(kind=...), SVMSMOTE; in "
        "EditedNearestNeighbours it is called kind_sel"
    ),
    "m_neighbors": "it is a parameter of BorderlineSMOTE and SVMSMOTE",
    "m": "it is called m_neighbors, in BorderlineSMOTE and SVMSMOTE",
    "svm_estimator": "it is a parameter of SVMSMOTE",
    "out_step": "it is a parameter of SVMSMOTE",
    "categorical_encoder": "categories are used directly, without an encoder",
    "return_indices": "after fit_resample, sample_indices_ holds the row positions",
    "return_indexes": "after fit_resample, sample_indices_ holds the row positions",
    "replacement": "it is a parameter of RandomUnderSampler",
    "shrinkage": "it is a parameter of RandomOverSampler",
    "smote": "chain samplers: make_chain(SMOTE(), TomekLinks(...))",
    "enn": 'use make_chain(SMOTE(), EditedNearestNeighbours(sampling_strategy="all"))',
    "tomek": 'use make_chain(SMOTE(), TomekLinks(sampling_strategy="all"))',
    "n_seeds_S": "it is called n_seeds, in OneSidedSelection",
    "max_iter": "RepeatedEditedNearestNeighbours repeats; make_chain repeats any sampler",
    "random_state": "this sampler is deterministic",
    "verbose": "samplers are silent",
}
# The same parameter under other names: the hint is the name that the class uses.
_RENAMED = {
    "n_neighbors": ["k_neighbors"],
    "k_neighbors": ["n_neighbors"],
    "k": ["k_neighbors", "n_neighbors"],
    "size_ngh": ["n_neighbors", "k_neighbors"],
    "n_seeds_S": ["n_seeds"],
    "n_neighbors_ver3": ["n_neighbors"],
    "estimator": ["hardness"],
}
_OF_CLASS = {
    "TemperatureSampler": {
        "sampling_strategy": (
            "temperature sets the class sizes; other samplers take "
            "sampling_strategy=Tempered(T)"
        ),
        "ratio": "temperature sets the class sizes",
    },
    "SubclassSampler": {
        "sampling_strategy": "it is a parameter of the inner sampler: "
        "SubclassSampler(SMOTE(...))",
        "ratio": "sampling_strategy is a parameter of the inner sampler: "
        "SubclassSampler(SMOTE(...))",
    },
    "Chain": {
        "random_state": "it belongs to the steps: set_params(name__random_state=...)",
        "sampling_strategy": "it belongs to the steps",
        "samplers": "use steps, a list of (name, sampler), or make_chain(*samplers)",
    },
    "SVMSMOTE": {"kind": "SVMSMOTE is a separate class without kinds"},
    "KMeansSMOTE": {
        "n_clusters": "use kmeans_estimator=n_clusters",
        "kind": "KMeansSMOTE is a separate class without kinds",
    },
    "EditedNearestNeighbours": {"kind": "it is called kind_sel"},
    "TomekLinks": {"n_neighbors": "a link joins nearest neighbors, so there is no k"},
    "CondensedNearestNeighbour": {
        "n_neighbors": "the rule is that of the nearest row, n_neighbors=1",
        "n_seeds_S": "it starts from the row nearest to the mean of each class",
    },
    "OneSidedSelection": {
        "n_neighbors": "the rule is that of the nearest row, n_neighbors=1"
    },
    "NeighbourhoodCleaningRule": {
        "edited_nearest_neighbours": 'rows are removed as by kind_sel="mode"',
    },
    "ClusterCentroids": {
        "estimator": "clusters are found by k-means",
        "voting": "the row nearest to each center is kept, as in voting='hard'",
    },
    "TunedThresholdClassifier": {
        "response_method": "thresholds are on predict_proba",
        "thresholds": "the search is exact, over all distinct probabilities",
        "store_cv_results": "ThresholdDisplay shows the scores of all thresholds",
        "constraint_value": "use ConstrainedThresholdClassifier",
    },
}


def explaining(init: Callable[..., None]) -> Callable[..., None]:
    """Return ``init`` with errors that name the class and replacements of parameters."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            signature.bind(self, *args, **kwargs)
        except TypeError as error:
            hints = _hints(type(self), signature, args, kwargs)
            msg = "; ".join([f"{type(self).__name__}() {error}", *hints]) + "."
            raise TypeError(msg) from None
        init(self, *args, **kwargs)

    return checked


def _hints(
    owner: type, signature: inspect.Signature, args: Any, kwargs: dict[str, Any]
) -> list[str]:
    """Return hints about unknown arguments."""
    known = list(signature.parameters)[1:]
    replacements = _OF_CLASS.get(owner.__name__, {})
    if hasattr(owner, "fit_resample"):
        renamed = {
            old: f"it is called {name}"
            for old, names in _RENAMED.items()
            for name in reversed(names)
            if name in known
        }
        replacements = _OF_ANY | renamed | replacements
    unknown = [name for name in kwargs if name not in known]
    hints = [f"{k}: {replacements[k]}" for k in unknown if k in replacements]
    if hints:
        return hints
    by_name = " passed by name" if args and not unknown else ""
    return [f"its parameters are{by_name}: {', '.join(known)}"]


def as_instance(argument: Any) -> str:
    """Return a hint to pass an instance if a class was passed; else ""."""
    if not isinstance(argument, type):
        return ""
    return f" is a class; pass an instance: {argument.__name__}()"


def refuse_misplaced(X: Any, y: Any, call: str) -> None:
    """Raise ValueError if ``y`` is a column name, or the table itself."""
    if getattr(X, "ndim", 0) == 1 and getattr(y, "ndim", 0) == 2 and y.shape[1] > 1:
        msg = (
            "X has one dimension and y has two; the table is the first argument: "
            f"{call}(X, y)."
        )
        raise ValueError(msg)
    if not isinstance(y, str):
        return
    columns: Any = getattr(X, "column_names", None) or getattr(X, "columns", ())
    if y not in list(columns):
        msg = (
            f"y must hold one label for each row of X. Got {y!r} instead: {call}(X, y)."
        )
        raise ValueError(msg)
    without = f"X.drop(columns={y!r})" if hasattr(X, "iloc") else f"X.drop({y!r})"
    msg = f"y={y!r} is a column of X; pass its labels: {call}({without}, X[{y!r}])."
    raise ValueError(msg)


def check_splits(cv: Any, owner: str, *, out_of_bag: bool = False) -> None:
    """Raise ValueError if ``cv`` is text, or a list of anything but (train, test).

    ``out_of_bag``: whether "oob" is allowed.
    """
    # Strings have a method "split", so they look like splitters.
    if not isinstance(cv, str) and (not isinstance(cv, list) or _are_pairs(cv)):
        return
    if out_of_bag and cv == "oob":
        return
    words = ", 'oob'" if out_of_bag else ""
    msg = (
        f"The 'cv' parameter of {owner} must be a number of folds, a splitter{words} or a "
        f"list of (train, test). Got {cv!r} instead."
    )
    if cv == "prefit":
        msg += " Wrap a fitted estimator in sklearn.frozen.FrozenEstimator."
    raise ValueError(msg)


def _are_pairs(splits: list[Any]) -> bool:
    return bool(splits) and all(
        hasattr(pair, "__len__") and len(pair) == 2 for pair in splits
    )
