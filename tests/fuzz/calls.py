"""Every public sampler and wrapper, with variations of their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im

__all__ = [
    "SAMPLERS",
    "WRAPPERS",
    "drawn_label_calls",
    "drawn_samplers",
    "drawn_wrappers",
]

_STANDARDIZE = {"standardize": st.booleans()}
_RULE = {"categorical_rule": st.sampled_from(["step", "seed", "vote"])}
_PLANS = {
    "sampling_strategy": st.sampled_from(
        ["auto", "auto", "all", "minority", 0.8, im.Tempered(3.0)]
    )
}
_CUTS = {
    "sampling_strategy": st.sampled_from(["auto", "majority", 0.8, im.Tempered(3.0)])
}
_CLEANS = {"sampling_strategy": st.sampled_from(["auto", "all", "majority"])}
_ROUNDS = {
    **_STANDARDIZE,
    **_CLEANS,
    "kind_sel": st.sampled_from(["all", "mode"]),
    "n_neighbors": st.sampled_from([1, 2, 3]),
    "allow_minority": st.booleans(),
}
_SEEDS = {
    "seed_allocation": st.sampled_from(["even", "random"]),
    "random_state": st.integers(0, 99),
}
_GROWS = {**_STANDARDIZE, **_RULE, **_PLANS, **_SEEDS}
_REJECTS = {"reject": st.sampled_from([None, None, 1, 3])}
_NEAR = {**_GROWS, **_REJECTS, "k_neighbors": st.sampled_from([1, 2, 5])}


def _without(params: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values for name, values in params.items() if name not in names}


SAMPLERS: dict[str, tuple[type, dict[str, Any]]] = {
    "SMOTE": (im.SMOTE, _NEAR),
    "BorderlineSMOTE": (
        im.BorderlineSMOTE,
        {**_NEAR, "kind": st.sampled_from(["borderline-1", "borderline-2"])},
    ),
    "SafeLevelSMOTE": (im.SafeLevelSMOTE, _NEAR),
    "SVMSMOTE": (im.SVMSMOTE, {**_NEAR, "out_step": st.sampled_from([0.5, 1.0])}),
    "KMeansSMOTE": (im.KMeansSMOTE, _NEAR),
    "ADASYN": (im.ADASYN, _without(_GROWS, "seed_allocation")),
    "CCR": (
        im.CCR,
        {
            **_STANDARDIZE,
            **_PLANS,
            "random_state": st.integers(0, 99),
            "energy": st.sampled_from([0.01, 0.25, 3.0]),
        },
    ),
    "GeometricSMOTE": (
        im.GeometricSMOTE,
        {
            **_without(_NEAR, "categorical_rule"),
            "selection_strategy": st.sampled_from(["combined", "minority", "majority"]),
            "truncation_factor": st.sampled_from([-1.0, 0.5, 1.0]),
            "deformation_factor": st.sampled_from([0.0, 0.5, 1.0]),
        },
    ),
    "PolynomFitSMOTE": (
        im.PolynomFitSMOTE,
        {**_PLANS, **_SEEDS, "kind": st.sampled_from(["star", "mesh"])},
    ),
    "ProWSyn": (
        im.ProWSyn,
        {
            **_without(_NEAR, "seed_allocation"),
            "n_neighbors": st.sampled_from([1, 5]),
            "n_levels": st.sampled_from([1, 2, 5]),
            "theta": st.sampled_from([0.0, 1.0, 50.0]),
        },
    ),
    "RandomOverSampler": (
        im.RandomOverSampler,
        {**_PLANS, **_SEEDS, "shrinkage": st.sampled_from([None, None, 0.1, 1.0])},
    ),
    "RCALSampler": (
        im.RCALSampler,
        {
            **_STANDARDIZE,
            **_PLANS,
            "random_state": st.integers(0, 99),
            "mode": st.sampled_from(["class", "point"]),
            "outliers": st.sampled_from(["lof", None]),
            "clip": st.booleans(),
        },
    ),
    "RandomUnderSampler": (
        im.RandomUnderSampler,
        {**_CUTS, "replacement": st.booleans(), "random_state": st.integers(0, 99)},
    ),
    "ClusterCentroids": (
        im.ClusterCentroids,
        {**_STANDARDIZE, **_CUTS, "random_state": st.integers(0, 99)},
    ),
    "NearMiss": (
        im.NearMiss,
        {
            **_STANDARDIZE,
            **_CUTS,
            "version": st.sampled_from([1, 2, 3]),
            "n_neighbors": st.sampled_from([1, 3]),
        },
    ),
    "InstanceHardness": (
        im.InstanceHardness,
        {
            **_STANDARDIZE,
            **_CUTS,
            "n_neighbors": st.sampled_from([1, 5]),
            "random_state": st.integers(0, 99),
        },
    ),
    "EditedNearestNeighbours": (
        im.EditedNearestNeighbours,
        {
            **_STANDARDIZE,
            **_CLEANS,
            "kind_sel": st.sampled_from(["all", "mode"]),
            "n_neighbors": st.sampled_from([1, 2, 3]),
        },
    ),
    "RepeatedEditedNearestNeighbours": (
        im.RepeatedEditedNearestNeighbours,
        {**_ROUNDS, "max_iter": st.sampled_from([1, 2, 100])},
    ),
    "NeighbourhoodCleaningRule": (
        im.NeighbourhoodCleaningRule,
        {**_STANDARDIZE, **_CLEANS, "n_neighbors": st.sampled_from([1, 3])},
    ),
    "CondensedNearestNeighbour": (
        im.CondensedNearestNeighbour,
        {**_STANDARDIZE, "sampling_strategy": st.sampled_from(["auto", "majority"])},
    ),
    "OneSidedSelection": (
        im.OneSidedSelection,
        {
            **_STANDARDIZE,
            "sampling_strategy": st.sampled_from(["auto", "majority"]),
            "n_seeds": st.sampled_from([1, 5]),
            "random_state": st.integers(0, 99),
        },
    ),
    "AllKNN": (im.AllKNN, {**_ROUNDS, "max_iter": st.sampled_from([1, 2])}),
    "TomekLinks": (im.TomekLinks, {**_STANDARDIZE, **_CLEANS}),
    "TemperatureSampler": (
        im.TemperatureSampler,
        {
            "temperature": st.sampled_from([1.0, 3.0, float("inf")]),
            "mode": st.sampled_from(["over", "under", "same"]),
            "random_state": st.integers(0, 99),
        },
    ),
    "SubclassSampler": (
        im.SubclassSampler,
        {
            "sampler": st.sampled_from([im.SMOTE(), im.RandomOverSampler()]),
            "delta": st.sampled_from([1, 3]),
            "random_state": st.integers(0, 99),
        },
    ),
    "Chain": (
        im.make_chain,
        {
            "over": st.sampled_from(
                [im.SMOTE(random_state=0), im.ADASYN(random_state=0)]
            ),
            "clean": st.sampled_from([im.TomekLinks(), im.EditedNearestNeighbours()]),
        },
    ),
}


@st.composite
def drawn_samplers(draw: Any) -> Any:
    """Draw a sampler: SMOTE more often than others."""
    kind, params = SAMPLERS[draw(st.sampled_from([*SAMPLERS, "SMOTE", "SMOTE"]))]
    chosen = {name: draw(values) for name, values in params.items()}
    return kind(*chosen.values()) if kind is im.make_chain else kind(**chosen)


@st.composite
def drawn_label_calls(draw: Any) -> Any:
    """Draw a multilabel sampler, a container for the labels, and a seed."""
    sampler = im.LabelSampler(
        draw(st.sampled_from([im.SMOTE(), im.ADASYN(), im.RandomOverSampler()])),
        labels=draw(st.sampled_from(["step", "seed", "ranking", "union"])),
        sampling_strategy=draw(st.sampled_from(["auto", 0.8, 1.0])),
        random_state=draw(st.integers(0, 99)),
    )
    contain = st.sampled_from([np.asarray, sp.csr_array, sp.csc_array, pd.DataFrame])
    return sampler, draw(contain), draw(st.integers(0, 99))


_FOLDS = {"cv": st.sampled_from([2, 3]), "random_state": st.integers(0, 9)}
WRAPPERS: dict[str, tuple[type, dict[str, Any]]] = {
    "ResampledClassifier": (
        im.ResampledClassifier,
        {
            **_FOLDS,
            "sampler": st.sampled_from(
                [None, im.SMOTE(), im.RandomUnderSampler(), im.TomekLinks()]
            ),
            "correction": st.sampled_from([None, "offset", "prior"]),
        },
    ),
    "TunedThresholdClassifier": (
        im.TunedThresholdClassifier,
        {**_FOLDS, "scoring": st.sampled_from(["balanced_accuracy", "f1_macro"])},
    ),
    "ConstrainedThresholdClassifier": (
        im.ConstrainedThresholdClassifier,
        {**_FOLDS, "subject_to": st.sampled_from([None, {"recall": 0.9}])},
    ),
    "PriorThresholdClassifier": (
        im.PriorThresholdClassifier,
        {"exponent": st.sampled_from([0.5, 1.0])},
    ),
    "PriorCorrectedClassifier": (
        im.PriorCorrectedClassifier,
        {**_FOLDS, "method": st.sampled_from(["offset", "prior"])},
    ),
    "LabelShiftAdapter": (im.LabelShiftAdapter, {}),
    "RescaledClassifier": (
        im.RescaledClassifier,
        {**_FOLDS, "rule": st.sampled_from(["power", "z"])},
    ),
    "PseudoLabelClassifier": (
        im.PseudoLabelClassifier,
        {
            "labels": st.sampled_from(["soft", "hard"]),
            "adjust": st.sampled_from([0, 1]),
        },
    ),
    "SubclassClassifier": (
        im.SubclassClassifier,
        {"delta": st.sampled_from([1, 3]), "random_state": st.integers(0, 9)},
    ),
    "CooldownClassifier": (
        im.CooldownClassifier,
        {
            "mode": st.sampled_from(["sample", "weight"]),
            "n_epochs": st.just(2),
            "random_state": st.integers(0, 9),
        },
    ),
}


@st.composite
def drawn_wrappers(draw: Any) -> Any:
    """Draw a wrapper around a model that is quick to fit."""
    name = draw(st.sampled_from(list(WRAPPERS)))
    kind, params = WRAPPERS[name]
    trees = (
        [] if name == "CooldownClassifier" else [DecisionTreeClassifier(max_depth=2)]
    )
    chosen = {name: draw(values) for name, values in params.items()}
    return kind(estimator=draw(st.sampled_from([GaussianNB(), *trees])), **chosen)
