"""The effective prior of a fitted classifier: the class shares that it was fitted on.

It is read by walking through pipelines and meta-estimators. A prior that cannot be read
raises an error, because a guessed prior would make every probability wrong: AdaBoost
weighs rows by itself, and a vote of models that were fitted on different shares has no
single prior. Weights that custom code computes inside ``fit`` leave no trace, and
cannot be detected.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import ComplementNB

from imbsuite._types import Floats
from imbsuite.probability.columns import codes_of
from imbsuite.probability.weighing import (
    UnreadablePriorError,
    aligned,
    hidden_weighing,
    own_prior,
    weighed,
)

# The largest difference of log-shares between the members of an average.
_ALIKE = 0.1
_ROUNDING = 1e-9


def source_prior(
    estimator: Any, classes: Any, counts: Floats, *, raw: bool = False
) -> Floats:
    """Return the effective prior of a fitted classifier, in the order of ``classes``.

    It is read from ``effective_prior_``, from samplers in an imbalanced-learn pipeline,
    and from the class weights and priors of scikit-learn's classifiers, LightGBM,
    XGBoost and CatBoost, also inside pipelines, searches, ensembles (the mean of their
    members) and other meta-estimators. A classifier that corrects its probabilities has
    the prior that it corrects to. Calibrated classifiers and support vector machines
    have the original class proportions; a stack has the prior of its final estimator.

    Parameters
    ----------
    estimator : fitted classifier
    classes : ndarray of shape (n_classes,)
    counts : ndarray of shape (n_classes,)
        The weight of each class in the training data.
    raw : bool, default=False
        Whether to ignore the correction of a ResampledClassifier.

    Raises
    ------
    UnreadablePriorError
        If the prior cannot be read: for boosting that weighs rows by itself, an average
        or one-vs-rest scheme whose members have different priors, a sampler that cleans
        several classes, or weights inside unknown meta-estimators.
    """
    counts = np.asarray(counts, dtype=np.float64)
    corrected = getattr(estimator, "correction", None) is not None and not raw
    if corrected and not hasattr(estimator, "target_prior_"):
        return counts / counts.sum()
    seen = _read(estimator, np.asarray(classes), counts)
    return seen / seen.sum()


def _read(estimator: Any, classes: Any, counts: Floats) -> Floats:
    """Return numbers proportional to the prior."""
    if isinstance(estimator, FrozenEstimator):
        return source_prior(estimator.estimator, classes, counts)
    classes = _own_labels(estimator, classes)
    fixed = _fixed_prior(estimator, classes, counts)
    if fixed is not None:
        return fixed
    seen = _sampled(estimator, classes, counts)
    outside = weighed(estimator, classes, seen)
    inside = _of_members(estimator, classes, seen)
    if inside is None or _alike([inside, seen], exactly=True):
        return outside
    if not _alike([outside, seen], exactly=True):
        why = "weighs classes, and so does the estimator inside it"
        raise UnreadablePriorError(estimator, why)
    return inside


def _fixed_prior(estimator: Any, classes: Any, counts: Floats) -> Floats | None:
    """Return the prior of an estimator that inner weights and samplers do not change."""
    if hasattr(estimator, "target_prior_"):
        return np.asarray(estimator.target_prior_)
    if hasattr(estimator, "calibrated_classifiers_"):
        return _calibrated(estimator, classes, counts)
    if hasattr(estimator, "probA_"):
        # Support vector machines fit their probabilities to labels without weights.
        return counts
    if hasattr(estimator, "final_estimator_"):
        # A stack: predictions of its members are features of the final estimator.
        return source_prior(estimator.final_estimator_, classes, counts)
    if hasattr(estimator, "estimator_weights_"):
        raise UnreadablePriorError(estimator, "weighs rows by itself (boosting)")
    if isinstance(estimator, ComplementNB):
        raise UnreadablePriorError(estimator, "does not use class shares")
    return own_prior(estimator, classes)


def _own_labels(estimator: Any, classes: NDArray[Any]) -> NDArray[Any]:
    """Return the labels of the estimator; members may be fitted to 0, ..., K - 1."""
    own = set(np.ravel(getattr(estimator, "classes_", [])).tolist())
    codes = np.arange(len(classes))
    coded = own and not own <= set(classes.tolist()) and own <= set(codes.tolist())
    return codes if coded else classes


def _calibrated(estimator: Any, classes: Any, counts: Floats) -> Floats:
    if getattr(estimator, "method", None) == "temperature":
        # A temperature scales all logits, and does not shift classes.
        members = [one.estimator for one in estimator.calibrated_classifiers_]
        priors = [source_prior(one, classes, counts) for one in members]
        if not _alike([counts, *priors], exactly=True):
            why = "calibrates a weighted model by a temperature only"
            raise UnreadablePriorError(estimator, why)
    return counts


def _sampled(estimator: Any, classes: Any, counts: Floats) -> Floats:
    """Return the counts after the samplers of an estimator."""
    seen = _effective(estimator, classes, counts)
    steps = [step for _, step in getattr(estimator, "steps", ())[:-1]]
    # imbalanced-learn's forests have a sampler for each tree.
    for step in [*steps, *getattr(estimator, "samplers_", ())[:1]]:
        seen = _after(step, classes, seen)
    return seen


def _effective(owner: Any, classes: Any, counts: Floats) -> Floats:
    effective = getattr(owner, "effective_prior_", None)
    if effective is None:
        return counts
    if not set(classes.tolist()) & set(effective) and len(classes) == len(effective):
        # Ensembles pass 0, ..., K - 1 to their members, in the order of the labels.
        return np.array([effective[k] for k in sorted(effective)])
    return np.array(aligned(effective, classes, 0.0))


def _after(step: Any, classes: Any, counts: Floats) -> Floats:
    """Return the counts after a step of a pipeline, which may be a sampler."""
    if not hasattr(step, "fit_resample") or hasattr(step, "effective_prior_"):
        return _effective(step, classes, counts)
    strategy = getattr(step, "sampling_strategy_", None)
    kind = getattr(step, "_sampling_type", None)
    if isinstance(strategy, dict):
        target = np.array(aligned(strategy, classes, np.nan), dtype=np.float64)
        named = ~np.isnan(target)
        if kind == "over-sampling":
            return counts + np.where(named, target, 0.0)
        if kind == "under-sampling":
            return np.where(named, target, counts)
        kept = getattr(step, "sample_indices_", None)
        if kind == "clean-sampling" and kept is not None and named.sum() == 1:
            left = np.where(named, len(kept) - counts[~named].sum(), counts)
            if (left > 0).all():
                return left
    raise UnreadablePriorError(
        step, "does not report how many rows of each class it kept"
    )


def _of_members(estimator: Any, classes: Any, seen: Floats) -> Floats | None:
    """Return the mean prior of the inner estimators; None if there are none."""
    if hasattr(getattr(estimator, "encoder_", None), "subclass_labels_"):
        return _of_subclasses(estimator, classes, seen)
    inside = _inside(estimator)
    if not inside:
        if (key := hidden_weighing(estimator)) is not None:
            raise UnreadablePriorError(estimator, f"has the parameter {key}")
        return None
    if hasattr(estimator, "label_binarizer_") and len(classes) > 2:
        return _one_against_rest(estimator, inside, seen)
    priors = [source_prior(one, classes, seen) for one in inside]
    # Members of a vote are different models; members of other ensembles differ by chance.
    if hasattr(estimator, "named_estimators_") and not _alike(priors):
        why = "averages models that were fitted on different class shares"
        raise UnreadablePriorError(estimator, why)
    return np.asarray(np.mean(priors, axis=0))


def _inside(estimator: Any) -> list[Any]:
    """Return the fitted inner estimators."""
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


def _one_against_rest(estimator: Any, inside: list[Any], seen: Floats) -> Floats:
    pairs = [np.array([seen.sum() - n, n]) for n in seen]
    for one, pair in zip(inside, pairs, strict=True):
        if not _alike([source_prior(one, np.arange(2), pair), pair], exactly=True):
            why = "weighs each class against the rest"
            raise UnreadablePriorError(estimator, why)
    return seen


def _of_subclasses(estimator: Any, classes: Any, seen: Floats) -> Floats:
    encoder, inner = estimator.encoder_, estimator.estimator_
    owner = codes_of(encoder.inverse_transform(inner.classes_), classes)
    sizes = np.bincount(codes_of(encoder.subclass_labels_, inner.classes_))
    share = sizes * (seen / np.bincount(owner, sizes))[owner]
    return np.asarray(np.bincount(owner, source_prior(inner, inner.classes_, share)))


def _alike(priors: list[Floats], *, exactly: bool = False) -> bool:
    """Whether priors are equal up to rounding (``exactly``), or up to a few rows."""
    with np.errstate(divide="ignore"):
        logs = np.log([shares / shares.sum() for shares in priors])
    most = _ROUNDING if exactly else _ALIKE
    return bool(np.allclose(logs, logs[0], rtol=0, atol=most))
