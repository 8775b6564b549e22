"""Checks of scikit-learn and imbalanced-learn that estimators are expected to fail."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.utils import get_tags

from imbsuite.base import BaseSampler
from imbsuite.losses.names import find_loss
from imbsuite.samplers.edited_nearest_neighbours import EditedNearestNeighbours


def expected_failed_checks(estimator: Any) -> dict[str, str]:
    """Return the checks that ``estimator`` is expected to fail, each with the reason.

    Use this function for the parameter of the same name in ``parametrize_with_checks``
    of scikit-learn or imbalanced-learn.

    Parameters
    ----------
    estimator : estimator or sampler of imbsuite

    Returns
    -------
    dict of str to str
    """
    if isinstance(estimator, BaseSampler):
        return _of_sampler(estimator)
    kind = type(estimator).__name__
    if kind == "ResampledClassifier":
        return _of_resampled(estimator)
    if kind == "LinearLossClassifier":
        return {} if find_loss(estimator.loss).is_mean_over_rows else _DECIDED
    inner = type(getattr(estimator, "estimator", None)).__name__
    return _EXPECTED.get(kind, {}) | _EXPECTED.get(f"{kind}({inner})", {})


def _weights(
    reason: str, kinds: tuple[str, ...] = ("dense", "sparse")
) -> dict[str, str]:
    return {f"check_sample_weight_equivalence_on_{k}_data": reason for k in kinds}


_DRAWN_AT_RANDOM = _weights(
    "rows are drawn at random: a weight of 2 is not the same as two rows"
)


def _several(how: str) -> dict[str, str]:
    reason = f"multilabel targets are supported, {how}"
    return {"check_classifier_on_multilabel_or_multioutput_targets": reason}


def _of_resampled(model: Any) -> dict[str, str]:
    kind = type(model.sampler).__name__
    # The check's table has no Tomek links; AllKNN would leave too few rows of a class.
    if kind in {"TomekLinks", "AllKNN"}:
        return {}
    if model.sampler is None:
        several = get_tags(model.estimator).classifier_tags.multi_label
        return _several("as the estimator takes them") if several else {}
    if "random_state" in model.sampler.get_params():
        return _DRAWN_AT_RANDOM
    failed = _weights("a neighbor of weight 2 is one neighbor, not two")
    if kind == "EditedNearestNeighbours":
        names = ["estimator_sparse_array", "estimator_sparse_matrix"]
        if _refuses_one_class(model.estimator):
            names += ["n_features_in_after_fitting", "estimators_dtypes"]
            names += ["dtype_object", "estimators_nan_inf", "estimator_sparse_tag"]
        reason = "the tables of the checks are noise, of which only one class remains"
        failed |= {f"check_{name}": reason for name in names}
    if kind == "NeighbourhoodCleaningRule":
        reason = "rows of noise outvote each other, so that one class may be left"
        names = ["estimator_sparse_array", "estimator_sparse_matrix"]
        if _refuses_one_class(model.estimator):
            names.append("estimators_nan_inf")
        failed |= {f"check_{name}": reason for name in names}
    return failed


_UNORDERED = dict.fromkeys(
    ("check_classifiers_classes", "check_classifiers_with_encoded_labels"),
    "three string labels have no order, and an order is required",
)
_DECIDED = {
    "check_classifiers_train": (
        "by design, the predicted class is not the most probable one"
    )
}
_EXPECTED: dict[str, dict[str, str]] = {
    "ConstrainedThresholdClassifier": _DECIDED,
    "ConstrainedThresholdClassifier(GaussianNB)": _weights(
        "GaussianNB's smoothing does not read weights, so probabilities of 1e-10 "
        "differ, and the threshold is just above one of them",
        ("dense",),
    ),
    "CooldownClassifier": _weights(
        "updates are made by rows: a weight of 2 is not the same as two rows"
    ),
    "LabelShiftAdapter": {
        "check_non_transformer_estimators_n_iter": (
            "the iterations are in adapt, which fit does not call"
        ),
    }
    | _several("whose sets are the classes"),
    "PrestoClassifier": _UNORDERED,
    "PrestoClassifierCV": _UNORDERED,
    "ProportionalOddsClassifier": _UNORDERED
    | _weights("15 rows of 30 columns are separable: there is no optimum to agree on"),
    "ResampledEnsembleClassifier": _DRAWN_AT_RANDOM,
    "PseudoLabelClassifier": {
        "check_classifiers_classes": "-1, a class of the check, means unlabeled"
    },
    "StrategySearchCV": _DECIDED
    | {"check_dtype_object": "an error in all folds is a ValueError that quotes it"}
    | _several("with a model for each")
    | _weights("folds are drawn by rows: a weight of 2 is not the same as two rows"),
    "TunedThresholdClassifier": _DECIDED,
    "TunedThresholdClassifier(ResampledEnsembleClassifier)": _DRAWN_AT_RANDOM
    | dict.fromkeys(
        ("check_sample_weights_shape", "check_sample_weights_not_overwritten"),
        "all rows of a class are copies, which no member leaves out of its bag",
    ),
}


def _refuses_one_class(estimator: Any) -> bool:
    try:
        clone(estimator).fit([[0.0], [1.0]], [0, 0])
    except ValueError:
        return True
    return False


def _of_sampler(sampler: BaseSampler) -> dict[str, str]:
    """Return the class-size checks of imbalanced-learn that a sampler may fail.

    These checks only test subclasses of the base classes of imbalanced-learn.
    """
    from imblearn.over_sampling.base import BaseOverSampler
    from imblearn.under_sampling.base import BaseCleaningSampler, BaseUnderSampler

    failed: dict[str, str] = {}
    if sampler._kind == "under" and isinstance(sampler, BaseOverSampler):
        reason = (
            "the class is an over-sampler for imbalanced-learn, but the inner sampler "
            "is not"
        )
        failed["check_samplers_fit_resample"] = reason
    in_rounds = isinstance(sampler, EditedNearestNeighbours) and sampler._has_rounds
    if in_rounds and isinstance(sampler, BaseCleaningSampler):
        reason = (
            "the table of the check is noise, and a round that would make another class "
            "the smallest is not applied"
        )
        failed["check_samplers_fit_resample"] = reason
    known = isinstance(sampler, (BaseOverSampler, BaseUnderSampler))
    if known and "sampling_strategy" not in sampler.get_params(deep=False):
        reason = "the plan comes from a temperature, or from an inner sampler"
        failed["check_samplers_sampling_strategy_fit_resample"] = reason
        if not sampler._balances:
            reason = "a finite temperature flattens classes, it does not balance them"
            failed["check_samplers_fit_resample"] = reason
    return failed
