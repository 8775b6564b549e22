"""Class weights and priors, read from the parameters of a classifier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from imbsuite._types import Floats

# LightGBM has several aliases of each parameter.
_UNBALANCED = ("is_unbalance", "unbalance", "unbalanced_sets")
_ONE_VERSUS_ALL = ("multiclassova", "multiclass_ova", "ova", "ovr")
_KEPT = ("bagging_fraction", "sub_row", "subsample", "bagging")
_EVERY = ("bagging_freq", "subsample_freq")
_SIDES = ("neg", "pos")
_BAGGED = {f"{side}_{kept}" for side in _SIDES for kept in _KEPT}
_WEIGHTS = ("class_weight", "class_weights")
_WEIGHING = {*_UNBALANCED, *_WEIGHTS, "auto_class_weights", "scale_pos_weight"}
_OFF = (None, False, "None", "false")


class UnreadablePriorError(ValueError):
    """The effective prior of a model cannot be read, and is not guessed.

    Parameters
    ----------
    estimator : classifier
        The estimator that cannot be read.
    why : str
        A predicate whose subject is the estimator.
    """

    def __init__(self, estimator: Any, why: str) -> None:
        name = type(estimator).__name__
        super().__init__(
            f"{name} {why}, so its effective prior cannot be read. Use correction='offset' "
            "(ResampledClassifier), or wrap the estimator in PriorCorrectedClassifier with "
            "method='offset', which does not need the prior; or pass "
            "source_prior={label: share} to it."
        )


def _parameters_of(estimator: Any, *, deep: bool = False) -> dict[str, Any]:
    """Return the parameters of an estimator; empty if it has no ``get_params``."""
    if not hasattr(estimator, "get_params"):
        return {}
    params: dict[str, Any] = estimator.get_params(deep=deep)
    return params


def aligned(by_label: Mapping[Any, Any], classes: Any, default: Any) -> list[Any]:
    """Return a mapping's values in the order of ``classes``.

    Its keys may be 0, ..., K - 1, which ensembles pass to their members as labels.
    """
    labels = classes.tolist()
    codes = range(len(labels))
    if not set(labels) & set(by_label) and set(by_label) <= set(codes):
        labels = codes
    return [by_label.get(label, default) for label in labels]


def own_prior(estimator: Any, classes: Any) -> Floats | None:
    """Return the prior that the user has set, as in discriminant analysis or naive Bayes.

    Raises
    ------
    UnreadablePriorError
        If there is not one share for each class.
    """
    params = _parameters_of(estimator)
    priors = params.get("priors", params.get("class_prior"))
    if priors is None:
        even = params.get("fit_prior") is False
        return np.full(len(classes), 1 / len(classes)) if even else None
    shares = np.asarray(priors, dtype=np.float64)
    if shares.shape != (len(classes),):
        raise UnreadablePriorError(estimator, f"has the priors {priors!r}")
    return shares / shares.sum()


def weighed(estimator: Any, classes: Any, counts: Floats) -> Floats:
    """Return ``counts`` times the class weights of an estimator.

    Parameters
    ----------
    estimator : classifier
    classes : ndarray of shape (n_classes,)
        The labels that the estimator was fitted with.
    counts : ndarray of shape (n_classes,)

    Raises
    ------
    UnreadablePriorError
        If the format of the weights is unknown.
    """
    params = _parameters_of(estimator)
    even = np.divide(1.0, counts, out=np.zeros(len(counts)), where=counts > 0)
    factor = np.ones(len(counts))
    for name in _WEIGHTS:
        factor = factor * _by_class(estimator, name, params, classes, even)
    automatic = params.get("auto_class_weights")  # CatBoost
    factor *= {"Balanced": even, "SqrtBalanced": np.sqrt(even)}.get(str(automatic), 1.0)
    if len(classes) == 2:
        factor *= _of_second(params, even)
    elif _is_against_rest(params):
        raise UnreadablePriorError(estimator, "weighs each class against the rest")
    return counts * factor


def _by_class(
    estimator: Any, name: str, params: Mapping[str, Any], classes: Any, even: Floats
) -> Any:
    """Return the factors of ``class_weight``, or of CatBoost's ``class_weights``."""
    weights = params.get(name)
    if weights is None:
        return 1.0
    if isinstance(weights, str) and weights in {"balanced", "balanced_subsample"}:
        return even
    if isinstance(weights, Mapping):
        return np.array(aligned(weights, classes, 1.0), dtype=np.float64)
    listed = isinstance(weights, Iterable) and not isinstance(weights, str)
    values = np.array(list(weights), dtype=object) if listed else np.empty(0)
    order = list(params.get("class_names") or classes.tolist())
    if values.shape != (len(classes),) or set(order) != set(classes.tolist()):
        raise UnreadablePriorError(estimator, f"has {name}={weights!r}")
    return values[[order.index(k) for k in classes.tolist()]].astype(np.float64)


def _is_against_rest(params: Mapping[str, Any]) -> bool:
    """Whether LightGBM weighs classes in each of several one-versus-all models."""
    weighs = _is_unbalanced(params) or params.get("scale_pos_weight") not in (None, 1)
    return weighs and str(params.get("objective")) in _ONE_VERSUS_ALL


def _is_unbalanced(params: Mapping[str, Any]) -> bool:
    return any(
        str(params.get(name)).lower() in {"true", "1", "+"} for name in _UNBALANCED
    )


def _of_second(params: Mapping[str, Any], even: Floats) -> Floats:
    """Return the factors of boosting parameters that apply to two classes only."""
    factor = np.ones(2)
    positive = params.get("scale_pos_weight")
    if positive is not None:
        factor[1] *= float(positive)
    if _is_unbalanced(params):
        factor *= even
    if _is_bagged(params):
        for k, side in enumerate(_SIDES):
            kept = (params.get(f"{side}_{name}") for name in _KEPT)
            factor[k] *= next(
                (float(share) for share in kept if share is not None), 1.0
            )
    return factor


def _is_bagged(params: Mapping[str, Any], prefix: str = "") -> bool:
    """Whether LightGBM draws rows, for which each class may have its own share."""
    return any((params.get(prefix + name) or 0) > 0 for name in _EVERY)


def hidden_weighing(estimator: Any) -> str | None:
    """Return the name of a nested parameter that weighs or resamples, or None.

    A third-party meta-estimator may store the fitted model anywhere.
    """
    params = _parameters_of(estimator).items()
    own = {key for key, value in params if not hasattr(value, "fit_resample")}
    return next((key for key in weighing_parameters(estimator) if key not in own), None)


def moves_prior(estimator: Any) -> bool:
    """Whether a parameter of an estimator, or of one inside it, weighs or resamples."""
    return any(True for _ in weighing_parameters(estimator))


def weighing_parameters(estimator: Any) -> Iterator[str]:
    """Yield the names of the parameters that weigh classes or resample rows.

    Parameters of classifiers whose weights do not change probabilities are left out.
    """
    params = _parameters_of(estimator, deep=True)
    for key, value in params.items():
        owner, _, name = key.rpartition("__")
        off = (*_OFF, 1) if name == "scale_pos_weight" else _OFF
        weighs = name in _WEIGHING and (np.ndim(value) > 0 or value not in off)
        weighs |= (
            name in _BAGGED
            and value not in (None, 1)
            and _is_bagged(params, key.removesuffix(name))
        )
        weighs &= getattr(params.get(owner, estimator), "_weights_move_prior", True)
        set_by_hand = name in {"priors", "class_prior"} and value is not None
        if weighs or set_by_hand or hasattr(value, "fit_resample"):
            yield key
