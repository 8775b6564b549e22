"""Errors for invalid calls name the class and show the correct call."""

import inspect
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

import imbsuite as im
from imbsuite.base import BaseInterpolator
from imbsuite.testing import all_samplers

FRAME = pd.DataFrame({"a": np.arange(40.0), "label": [0] * 30 + [1] * 10})
X, Y = FRAME[["a"]], FRAME["label"]
LR = LogisticRegression()


@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("name", ["n_jobs", "ratio", "return_indices", "proportion"])
def test_errors_of_old_parameters_name_the_replacement(sampler, name):
    kind = type(sampler)
    parameters = {**clone(sampler).get_params(deep=False), name: 1}
    with pytest.raises(
        TypeError, match=f"^{kind.__name__}\\(\\) got an unexpected"
    ) as e:
        kind(**parameters)
    assert f"'{name}'; {name}: " in str(e.value)


@pytest.mark.parametrize(
    ("kind", "params", "says"),
    [
        (im.SMOTE, {"n_jobs": -1}, r"NearestNeighbors\(n_jobs="),
        (im.SMOTE, {"ratio": 0.3}, "it is called sampling_strategy"),
        (im.SMOTE, {"kind": "borderline1"}, "BorderlineSMOTE"),
        (im.SMOTE, {"kind": "svm", "out_step": 0.5}, "SVMSMOTE"),
        (im.SMOTE, {"n_neighbors": 5}, "k_neighbors"),
        (im.SMOTE, {"k": 5}, "k_neighbors"),
        (im.SMOTE, {"m_neighbors": 10}, "BorderlineSMOTE and SVMSMOTE"),
        (im.SMOTE, {"categorical_encoder": None}, "without an encoder"),
        (im.ADASYN, {"k_neighbors": 5}, "n_neighbors"),
        (im.RandomOverSampler, {"return_indices": True}, "sample_indices_"),
        (im.RandomOverSampler, {"replacement": True}, "RandomUnderSampler"),
        (im.EditedNearestNeighbours, {"kind": "all"}, "kind_sel"),
        (
            im.EditedNearestNeighbours,
            {"random_state": 0},
            "this sampler is deterministic",
        ),
        (im.TomekLinks, {"n_neighbors": 1}, "there is no k"),
        (im.CondensedNearestNeighbour, {"n_neighbors": 1}, "of the nearest row"),
        (im.OneSidedSelection, {"n_neighbors": 1}, "of the nearest row"),
        (im.OneSidedSelection, {"n_seeds_S": 1}, "it is called n_seeds"),
        (im.NeighbourhoodCleaningRule, {"edited_nearest_neighbours": 1}, "kind_sel"),
        (im.InstanceHardness, {"estimator": LR}, "it is called hardness"),
        (im.NearMiss, {"n_neighbors_ver3": 3}, "it is called n_neighbors"),
        (im.ClusterCentroids, {"voting": "soft"}, "nearest to each center is kept"),
        (im.CCR, {"k_neighbors": 5}, "its parameters are: energy, "),
        (im.KMeansSMOTE, {"n_clusters": 8}, "kmeans_estimator=n_clusters"),
        (im.TemperatureSampler, {"sampling_strategy": 0.5}, "Tempered"),
        (im.SMOTE, {"smote": None}, "make_chain"),
        (im.TunedThresholdClassifier, {"response_method": "auto"}, "predict_proba"),
        (im.TunedThresholdClassifier, {"thresholds": 10}, "the search is exact"),
        (im.SMOTE, {"strategy": 1}, "its parameters are: k_neighbors, "),
    ],
    ids=str,
)
def test_error_explains_how_to_replace_a_parameter(kind, params, says):
    with pytest.raises(TypeError, match=f"{kind.__name__}\\(\\) .*{says}"):
        kind(**params)


@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
def test_hints_name_only_existing_parameters(sampler):
    kind, params = type(sampler), sampler.get_params(deep=False)
    others = {"n_neighbors", "k_neighbors", "k", "size_ngh", "estimator", "n_seeds_S"}
    for name in others - params.keys():
        with pytest.raises(TypeError, match="unexpected keyword") as error:
            kind(**params, **{name: 5})
        for called in re.findall(r"it is called (\w+)\.", str(error.value)):
            assert called in params


def test_positional_parameters_raise():
    with pytest.raises(TypeError, match=r"SMOTE\(\) too many .* passed by name: k_nei"):
        im.SMOTE("minority")


def test_signatures_and_subclass_parameters_are_preserved():
    assert "k_neighbors" in inspect.signature(im.SMOTE).parameters
    assert inspect.signature(im.SMOTE) == inspect.signature(BaseInterpolator)

    class Mine(im.SMOTE):
        def __init__(self, *, depth=1, k_neighbors=5):
            super().__init__(k_neighbors=k_neighbors)
            self.depth = depth

    assert clone(Mine(depth=3)).depth == 3
    assert sorted(Mine().get_params()) == ["depth", "k_neighbors"]
    with pytest.raises(TypeError, match=r"Mine\(\) got an unexpected .* 'ratio'"):
        Mine(ratio=1)


RESAMPLERS = [
    im.SMOTE(),
    im.RandomUnderSampler(),
    im.make_chain(im.SMOTE()),
    im.SubclassSampler(im.SMOTE()),
]
CLASSIFIERS = [
    im.ResampledClassifier(im.SMOTE(), LR),
    im.TunedThresholdClassifier(LR),
    im.PriorCorrectedClassifier(LR),
    im.SubclassClassifier(LR),
    im.CooldownClassifier(GaussianNB()),
]


@pytest.mark.parametrize("table", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
@pytest.mark.parametrize("model", [*RESAMPLERS, *CLASSIFIERS], ids=str)
def test_column_name_as_y_raises(table, model):
    call = model.fit if hasattr(model, "predict") else model.fit_resample
    with pytest.raises(ValueError, match=r"y='label' is a column of X.*X\['label'\]"):
        call(table(FRAME), "label")


def test_unknown_column_name_as_y_raises():
    with pytest.raises(ValueError, match=r"one label for each row of X. Got 'target'"):
        im.SMOTE().fit_resample(X, "target")


def test_compare_shows_the_correct_call_for_a_column_name():
    with pytest.raises(ValueError, match=r"compare\(X.drop\(columns='label'\)"):
        im.compare(FRAME, "label", estimator=LR)


@pytest.mark.parametrize("model", [*RESAMPLERS, *CLASSIFIERS], ids=str)
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (["1"] * 40, r"a number for each row: got values such as \['1'\]"),
        (np.array(["1"] * 40, dtype=object), "a number for each row"),
        (pd.date_range("2020", periods=40), "a number for each row"),
        (np.ones(40, dtype=complex), "a number for each row"),
        (-np.ones(40), "finite and not negative; it has 40 other values"),
        (1.0, "one dimension"),
        (np.ones((40, 1)), "one dimension"),
        (np.ones(39), "sample_weight has 39"),
        (np.zeros(40), "zero in every row"),
    ],
    ids=str,
)
def test_invalid_sample_weight_raises(weight, message, model):
    call = model.fit if hasattr(model, "predict") else model.fit_resample
    with pytest.raises(ValueError, match=message):
        call(X, Y, sample_weight=weight)


MASKED = np.ma.masked_array(X.to_numpy(), mask=Y.to_numpy()[:, None] == 1)


@pytest.mark.parametrize(
    "model",
    [
        *CLASSIFIERS,
        im.ResampledEnsembleClassifier(n_estimators=1),
        im.RescaledClassifier(LR),
        im.PseudoLabelClassifier(LR),
        im.LabelShiftAdapter(LR),
        im.LinearLossClassifier(),
        im.ProportionalOddsClassifier(),
    ],
    ids=str,
)
@pytest.mark.parametrize("table", [MASKED, None, np.array(1.0)])
def test_masked_arrays_and_tables_without_rows_raise(table, model):
    with pytest.raises((TypeError, ValueError)) as error:
        model.fit(table, Y)
    says = r"masked array|Expected (2D|sequence)|at least 1 dim|X is a|Singleton array"
    assert re.search(says, str(error.value))


def test_labels_without_rows_raise():
    for y in (None, 1, {0, 1}, iter([])):
        with pytest.raises(ValueError, match="must have a column for each label"):
            im.PartialLabelClassifier(LR).fit(X, y)


@pytest.mark.parametrize("sampler", RESAMPLERS, ids=str)
def test_missing_y_raises(sampler):
    with pytest.raises(ValueError, match="requires y to be passed"):
        sampler.fit_resample(X)


@pytest.mark.parametrize("sampler", RESAMPLERS, ids=str)
def test_swapped_x_and_y_raise(sampler):
    with pytest.raises(ValueError, match=r"the table is the first argument"):
        sampler.fit_resample(Y.to_numpy(), np.zeros((40, 2)))


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (im.ResampledClassifier(im.SMOTE, LR), r"sampler=SMOTE is a class.*SMOTE\(\)"),
        (
            im.ResampledClassifier(im.SMOTE(), RandomForestClassifier),
            r"estimator=RandomForestClassifier is a class",
        ),
        (
            im.ResampledClassifier(LR, im.SMOTE()),
            r"the sampler comes first: ResampledClassifier\(sampler, estimator\)",
        ),
        (im.ResampledClassifier("smote", LR), "pass a sampler, or None"),
        (
            im.SubclassSampler(im.SMOTE),
            r"sampler=SMOTE is a class; pass an instance: SMOTE\(\)",
        ),
        (im.make_chain(im.SMOTE), r"SMOTE, is a class; pass an instance: SMOTE\(\)"),
        (
            im.PriorThresholdClassifier(LogisticRegression),
            r"LogisticRegression\(\)",
        ),
    ],
    ids=str,
)
def test_classes_as_arguments_and_swapped_arguments_raise(model, says):
    call = model.fit if hasattr(model, "predict") else model.fit_resample
    with pytest.raises(TypeError, match=says):
        call(X, Y)


def test_scikit_learn_pipeline_rejects_samplers():
    # The pipeline raises before it calls the sampler; a wrapper solves this.
    with pytest.raises(TypeError, match="should be transformers"):
        make_pipeline(im.SMOTE(), LR).fit(X, Y)
    make_pipeline(im.ResampledClassifier(im.SMOTE(), LR)).fit(X, Y)


def test_method_called_on_a_class_raises():
    with pytest.raises(
        TypeError, match=r"fit_resample was called on a class.*instance"
    ):
        im.SMOTE.fit_resample(X, Y)
    with pytest.raises(TypeError, match=r"fit was called on a class.*instance"):
        im.TunedThresholdClassifier.fit(X, Y)


SPLITTING = {
    "tuned": im.TunedThresholdClassifier(GaussianNB()),
    "constrained": im.ConstrainedThresholdClassifier(GaussianNB()),
    "prior": im.PriorCorrectedClassifier(GaussianNB()),
    "resampled": im.ResampledClassifier(im.SMOTE(), GaussianNB(), correction="offset"),
    "ordinal": im.PrestoClassifierCV(),
}


@pytest.mark.parametrize("model", SPLITTING.values(), ids=SPLITTING)
@pytest.mark.parametrize("cv", ["prefit", "loo", [], [1, 2], [[0], [1]]], ids=str)
def test_invalid_cv_raises_before_any_fit(model, cv, monkeypatch):
    def fit(*_, **__):
        raise AssertionError("worked")

    monkeypatch.setattr(GaussianNB, "fit", fit)
    name = type(model).__name__
    with pytest.raises(ValueError, match=f"'cv' parameter of {name} must be") as e:
        clone(model).set_params(cv=cv).fit(FRAME[["a"]], Y)
    assert ("FrozenEstimator" in str(e.value)) == (cv == "prefit")


def test_compare_rejects_a_string_as_cv():
    with pytest.raises(ValueError, match="'cv' parameter of compare must be"):
        im.compare(X, Y, estimator=LR, cv="prefit")


@pytest.mark.parametrize(
    "kind",
    [
        im.ConstrainedThresholdClassifier,
        im.CostThresholdClassifier,
        im.LabelShiftAdapter,
        im.PriorCorrectedClassifier,
        im.PriorThresholdClassifier,
        im.PseudoLabelClassifier,
        im.RescaledClassifier,
        im.TunedThresholdClassifier,
    ],
)
def test_unknown_keywords_list_the_parameters_of_classifiers(kind):
    names = ", ".join(inspect.signature(kind).parameters)
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\(\) .*: {names}\.$"):
        kind(LR, folds=3)
