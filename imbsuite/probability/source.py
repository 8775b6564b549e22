"""Which class shares a fitted model saw."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["source_prior"]

Floats = NDArray[np.floating[Any]]


def source_prior(
    estimator: Any, classes: Any, counts: Floats, *, raw: bool = False
) -> Floats:
    """Return the effective prior of a fitted classifier, in the order of ``classes``.

    Read from ``effective_prior_`` (ours), from samplers in an imbalanced-learn pipeline
    (over- and under-samplers; what a cleaner takes is not known), from ``class_weight``
    and from ``scale_pos_weight``, in pipelines, searches, ensembles (the mean of their
    members) and other meta-estimators too. A classifier of ours that corrects its
    probabilities has the prior that it corrects to; one that is calibrated has the
    natural one.

    Parameters
    ----------
    estimator : fitted classifier
    classes : ndarray of shape (n_classes,)
    counts : ndarray of shape (n_classes,)
        Rows of each class in the training data, by weight.
    raw : bool, default=False
        Of a ResampledClassifier: the prior before its own correction.
    """
    if hasattr(estimator, "target_prior_"):
        return np.asarray(estimator.target_prior_)
    calibrated = hasattr(estimator, "calibrated_classifiers_")
    if calibrated or (getattr(estimator, "correction", None) is not None and not raw):
        return counts / counts.sum()
    seen = _seen_by(estimator, classes, counts)
    steps = [step for _, step in getattr(estimator, "steps", ())[:-1]]
    # imbalanced-learn's forests keep a sampler for each tree.
    for step in [*steps, *getattr(estimator, "samplers_", ())[:1]]:
        seen = _after(step, classes, seen)
    seen = _weighted(estimator, classes, seen)
    inside = _inside(estimator)
    if not inside:
        return np.asarray(seen / seen.sum())
    return np.mean([source_prior(one, classes, seen) for one in inside], axis=0)


def _seen_by(owner: Any, classes: Any, counts: Floats) -> Floats:
    effective = getattr(owner, "effective_prior_", None)
    if effective is None:
        return counts
    labels = classes.tolist()
    if not set(labels) & set(effective) and len(labels) == len(effective):
        # Ensembles hand numbers to their members, in the order of the labels.
        labels = sorted(effective)
    return np.array([effective.get(k, 0.0) for k in labels])


def _inside(estimator: Any) -> list[Any]:
    """Return the fitted estimators inside."""
    if getattr(estimator, "steps", None):
        return [estimator.steps[-1][1]]
    several = getattr(estimator, "estimators_", None)
    if several is not None:
        listed = isinstance(several, list) and hasattr(several[0], "predict_proba")
        return several if listed else []
    for name in ("best_estimator_", "estimator_", "estimator"):
        if getattr(estimator, name, None) is not None:
            return [getattr(estimator, name)]
    return []


def _after(step: Any, classes: Any, counts: Floats) -> Floats:
    """Return the counts after a step of a pipeline, which may be a sampler."""
    strategy = getattr(step, "sampling_strategy_", None)
    kind = getattr(step, "_sampling_type", None)
    if hasattr(step, "effective_prior_") or not isinstance(strategy, dict):
        return _seen_by(step, classes, counts)
    pairs = list(zip(classes.tolist(), counts.tolist(), strict=True))
    if kind == "over-sampling":
        return np.array([n + strategy.get(k, 0) for k, n in pairs])
    if kind == "under-sampling":
        return np.array([strategy.get(k, n) for k, n in pairs])
    return counts


def _weighted(estimator: Any, classes: Any, counts: Floats) -> Floats:
    """Return counts times the class weights of an estimator."""
    has_params = hasattr(estimator, "get_params")
    params = estimator.get_params(deep=False) if has_params else {}
    weight, positive = params.get("class_weight"), params.get("scale_pos_weight")
    if isinstance(weight, str):
        # "balanced", and the "balanced_subsample" of forests: all classes weigh alike.
        return np.where(counts > 0, 1.0, 0.0)
    if isinstance(weight, dict):
        return counts * [weight.get(k, 1.0) for k in classes.tolist()]
    if positive is not None and len(classes) == 2:
        return counts * [1.0, float(positive)]
    return counts
