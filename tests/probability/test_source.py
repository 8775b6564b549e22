"""The class prior a model was trained with: inferred if possible, or an error."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn import combine, ensemble, over_sampling, under_sampling
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.pipeline import make_pipeline as peer_pipeline
from shared import spread
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from imbsuite import (
    LabelShiftAdapter,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    RandomOverSampler,
    ResampledClassifier,
    SubclassClassifier,
    TunedThresholdClassifier,
)
from imbsuite.explore import compare
from imbsuite.probability.source import UnreadablePriorError, source_prior
from imbsuite.probability.weighing import moves_prior

BALANCED = LogisticRegression(class_weight="balanced")
PLAIN = LogisticRegression()
N = (900, 100)


def table(n=1000, labels=(0, 1)):
    """Return two overlapping classes in the ratio ``N[0]:N[1]``, and their labels."""
    rng = np.random.default_rng(0)
    code = np.repeat([0, 1], [n * N[0] // 1000, n * N[1] // 1000])
    X = rng.normal(size=(n, 2)) + 1.5 * code[:, np.newaxis]
    return X, np.asarray(labels)[code]


class Library(ClassifierMixin, BaseEstimator):
    """Logistic regression that weights classes as a boosting library does.

    ``parameters`` are the library's own, with the weights that it documents for them.
    """

    def __init__(self, **parameters):
        self.parameters = parameters

    def get_params(self, deep=True):
        return dict(self.parameters)

    def set_params(self, **params):
        self.parameters.update(params)
        return self

    def fit(self, X, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        weight = self.weights(np.bincount(codes))
        self.model_ = LogisticRegression(C=np.inf)
        self.model_.fit(X, codes, sample_weight=weight[codes])
        return self

    def weights(self, n):
        parameters = self.parameters
        weight = np.ones(len(n))
        automatic = parameters.get("auto_class_weights")
        if automatic is not None:
            ratio = n.max() / n
            weight *= ratio if automatic == "Balanced" else np.sqrt(ratio)
        listed = parameters.get("class_weights", [1, 1])
        weight *= [listed[k] for k in range(2)]
        weight[1] *= parameters.get("scale_pos_weight", 1)
        if {"is_unbalance", "unbalance", "unbalanced_sets"} & set(parameters):
            weight *= n.max() / n
        if parameters.get("bagging_freq", 0):
            weight *= [
                parameters.get(f"{k}_bagging_fraction", 1) for k in ("neg", "pos")
            ]
        return weight

    def predict_proba(self, X):
        return self.model_.predict_proba(X)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


BOOSTING = {
    "is_unbalance": ({"is_unbalance": True}, "lightgbm", 0.5),
    "unbalance": ({"unbalance": "true"}, "lightgbm", 0.5),
    "unbalanced_sets": ({"unbalanced_sets": True}, "lightgbm", 0.5),
    "lightgbm scale": ({"scale_pos_weight": 4}, "lightgbm", 4 / 13),
    "bagging": (
        {"neg_bagging_fraction": 0.2, "pos_bagging_fraction": 0.8, "bagging_freq": 1},
        "lightgbm",
        4 / 13,
    ),
    "bagging that is off": ({"neg_bagging_fraction": 0.2}, "lightgbm", 0.1),
    "xgboost scale": ({"scale_pos_weight": 4}, "xgboost", 4 / 13),
    "Balanced": ({"auto_class_weights": "Balanced"}, "catboost", 0.5),
    "SqrtBalanced": ({"auto_class_weights": "SqrtBalanced"}, "catboost", 0.25),
    "class_weights": ({"class_weights": [1, 4]}, "catboost", 4 / 13),
    "class_weights by label": ({"class_weights": {0: 1, 1: 4}}, "catboost", 4 / 13),
    "catboost scale": ({"scale_pos_weight": 4}, "catboost", 4 / 13),
}


def boosting(kind, params):
    if kind == "lightgbm":
        make = pytest.importorskip("lightgbm").LGBMClassifier
        return make(n_estimators=80, max_depth=3, verbose=-1, n_jobs=1, **params)
    if kind == "xgboost":
        make = pytest.importorskip("xgboost").XGBClassifier
        return make(n_estimators=30, max_depth=3, n_jobs=1, **params)
    make = pytest.importorskip("catboost").CatBoostClassifier
    return make(
        iterations=30,
        depth=3,
        verbose=0,
        thread_count=1,
        allow_writing_files=False,
        **params,
    )


@pytest.mark.parametrize(("params", "_", "share"), BOOSTING.values(), ids=BOOSTING)
def test_boosting_class_weight_parameters_are_read(params, _, share):
    X, y = table()
    model = Library(**params).fit(X, y)
    prior = source_prior(model, np.array([0, 1]), np.array(N))
    assert prior == pytest.approx([1 - share, share])
    # Without regularization, the formula restores the mean probability.
    corrected = PriorCorrectedClassifier(FrozenEstimator(model), method="prior")
    mean = corrected.fit(X, y).predict_proba(X)[:, 1].mean()
    assert mean == pytest.approx(0.1, rel=0.06)
    assert share == 0.1 or model.predict_proba(X)[:, 1].mean() > 0.15


# The three libraries are installed in the environment of the slow tests only.
@pytest.mark.slow
@pytest.mark.parametrize(("params", "kind", "share"), BOOSTING.values(), ids=BOOSTING)
def test_boosting_library_priors_are_read_and_corrected(params, kind, share):
    pd = pytest.importorskip("pandas")
    X, y = table(8000)
    X = pd.DataFrame(X, columns=["a", "b"])  # LightGBM expects feature names in predict
    fitted, new = slice(0, None, 2), slice(1, None, 2)
    model = boosting(kind, params)
    if "class_weights" in params:  # scikit-learn cannot clone these
        model = FrozenEstimator(model.fit(X[fitted], y[fitted]))
    decided = PriorThresholdClassifier(make_pipeline(FunctionTransformer(), model))
    decided.fit(X[fitted], y[fitted])
    assert decided.source_prior_ == pytest.approx([1 - share, share])
    corrected = PriorCorrectedClassifier(model, method="prior")
    corrected.fit(X[fitted], y[fitted])
    mean = corrected.predict_proba(X[new])[:, 1].mean()
    assert mean == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize(
    ("model", "share"),
    [
        (LinearDiscriminantAnalysis(priors=[0.6, 0.4]), 0.4),
        (QuadraticDiscriminantAnalysis(priors=[6, 4]), 0.4),
        (GaussianNB(priors=[0.6, 0.4]), 0.4),
        (make_pipeline(MinMaxScaler(), BernoulliNB(class_prior=[0.6, 0.4])), 0.4),
        (make_pipeline(MinMaxScaler(), BernoulliNB(fit_prior=False)), 0.5),
        (make_pipeline(StandardScaler(), MinMaxScaler(), BALANCED), 0.5),
        (GaussianNB(), 0.1),
        (LinearDiscriminantAnalysis(), 0.1),
        (KNeighborsClassifier(), 0.1),
        (StackingClassifier([("a", BALANCED), ("b", PLAIN)], PLAIN, cv=3), 0.1),
        (StackingClassifier([("a", PLAIN), ("b", PLAIN)], BALANCED, cv=3), 0.5),
        (
            StackingClassifier(
                [("a", BALANCED)],
                ResampledClassifier(RandomOverSampler(), PLAIN, correction="offset"),
                cv=3,
            ),
            0.1,
        ),
        (VotingClassifier([("a", BALANCED), ("b", BALANCED)], voting="soft"), 0.5),
        (VotingClassifier([("a", PLAIN), ("b", GaussianNB())], voting="soft"), 0.1),
        (BaggingClassifier(LogisticRegression(class_weight={0: 1, 1: 9}), 3), 0.5),
        (CalibratedClassifierCV(BALANCED, cv=3), 0.1),
        (CalibratedClassifierCV(BALANCED, method="isotonic", cv=3), 0.1),
        (GridSearchCV(BALANCED, {"C": [1]}, cv=3), 0.5),
        (OneVsRestClassifier(BALANCED), 0.5),
        (RandomForestClassifier(5, class_weight="balanced_subsample"), 0.5),
        (TunedThresholdClassifier(BALANCED, cv=3), 0.5),
        (ensemble.BalancedBaggingClassifier(PLAIN, 3, random_state=0), 0.5),
        (ensemble.BalancedRandomForestClassifier(5, random_state=0), 0.5),
        (SubclassClassifier(PLAIN, random_state=0), 0.1),
        (SubclassClassifier(BALANCED, delta=100, random_state=0), 0.1),
        (peer_pipeline(over_sampling.SMOTE(sampling_strategy=0.5), BALANCED), 0.5),
        (
            make_pipeline(
                StandardScaler(),
                GridSearchCV(make_pipeline(StandardScaler(), BALANCED), {}, cv=3),
            ),
            0.5,
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("is_frozen", "labels"),
    spread(
        {"fitted": False, "frozen": True},
        {"codes": (0, 1), "words": ("common", "rare"), "numbers": (1, 2)},
    ),
)
def test_training_prior_of_estimators_is_inferred(model, share, is_frozen, labels):
    if isinstance(model, BaggingClassifier) and labels != (0, 1):
        pytest.skip(
            "its members take codes, scikit-learn refuses other labels' weights"
        )
    X, y = table(labels=labels)
    model = FrozenEstimator(clone(model).fit(X, y)) if is_frozen else model
    prior = PriorThresholdClassifier(model).fit(X, y).source_prior_
    assert prior == pytest.approx([1 - share, share], abs=0.02)


def test_class_missing_from_class_weight_has_weight_1():
    X, y = table()
    model = LogisticRegression(class_weight={1: 9})
    prior = PriorThresholdClassifier(model).fit(X, y).source_prior_
    assert prior == pytest.approx([0.5, 0.5], abs=0.02)


def test_platt_scaling_restores_the_natural_prior():
    X, y = table()
    model = CalibratedClassifierCV(SVC(class_weight="balanced"), cv=3).fit(X, y)
    assert source_prior(model, [0, 1], N) == pytest.approx([0.9, 0.1])

    class WithSigmoid(LogisticRegression):
        probA_ = np.array([-1.0])  # noqa: N815 - of Platt's sigmoid

    model = WithSigmoid(class_weight="balanced").fit(X, y)
    assert source_prior(model, [0, 1], N) == pytest.approx([0.9, 0.1])


def test_bagging_member_class_weights_use_encoded_labels():
    X, y = table(labels=("common", "rare"))
    model = BaggingClassifier(LogisticRegression(class_weight={0: 1, 1: 9}), 3)
    prior = PriorThresholdClassifier(model).fit(X, y).source_prior_
    assert prior == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    "cleaner",
    [
        under_sampling.TomekLinks(),
        under_sampling.EditedNearestNeighbours(),
        under_sampling.CondensedNearestNeighbour(random_state=0),
    ],
    ids=str,
)
def test_prior_after_a_cleaning_sampler_is_read(cleaner):
    X, y = table(300)
    left = np.bincount(clone(cleaner).fit_resample(X, y)[1])
    model = peer_pipeline(cleaner, PLAIN).fit(X, y)
    assert source_prior(model, [0, 1], (270, 30)) == pytest.approx(left / left.sum())


# Priors that cannot be inferred


class Mine(ClassifierMixin, BaseEstimator):
    """A meta-estimator that keeps its fitted model in a nonstandard attribute."""

    def __init__(self, model=None, class_weight=None):
        self.model = model
        self.class_weight = class_weight

    def fit(self, X, y):
        self.fitted_ = clone(self.model).fit(X, y)
        self.classes_ = self.fitted_.classes_
        return self

    def predict_proba(self, X):
        return self.fitted_.predict_proba(X)

    def predict(self, X):
        return self.fitted_.predict(X)


class Around(Mine):
    """Keeps it in ``estimator_``, as scikit-learn does; has its own class weights."""

    def fit(self, X, y):
        super().fit(X, y)
        self.estimator_ = self.fitted_
        return self


TEN = LogisticRegression(class_weight={0: 1, 1: 10})
UNREADABLE = {
    "AdaBoost": (AdaBoostClassifier(n_estimators=5), "AdaBoostClassifier weighs rows"),
    "balanced AdaBoost": (
        AdaBoostClassifier(LogisticRegression(class_weight="balanced"), n_estimators=3),
        "AdaBoostClassifier weighs rows",
    ),
    "EasyEnsemble": (
        ensemble.EasyEnsembleClassifier(2, random_state=0),
        "AdaBoostClassifier weighs rows",
    ),
    "RUSBoost": (
        ensemble.RUSBoostClassifier(n_estimators=3, random_state=0),
        "RUSBoostClassifier weighs rows",
    ),
    "ComplementNB": (
        make_pipeline(MinMaxScaler(), ComplementNB()),
        "ComplementNB does not use",
    ),
    "vote": (
        VotingClassifier([("a", BALANCED), ("b", PLAIN)], voting="soft"),
        "VotingClassifier averages models",
    ),
    "hidden": (Mine(BALANCED), "Mine has the parameter model__class_weight"),
    "hidden priors": (Mine(GaussianNB(priors=[0.5, 0.5])), "Mine has .* model__priors"),
    "hidden sampler": (
        Mine(ResampledClassifier(RandomOverSampler(), PLAIN)),
        "Mine has the parameter model__sampler",
    ),
    "twice": (Around(TEN, class_weight={0: 1, 1: 10}), "Around weighs classes, and so"),
    "both cleaned": (
        peer_pipeline(combine.SMOTEENN(random_state=0), PLAIN),
        "SMOTEENN does not report how many",
    ),
    "stack": (
        StackingClassifier([("a", PLAIN)], AdaBoostClassifier(n_estimators=3), cv=3),
        "AdaBoostClassifier weighs rows",
    ),
    "odd": (Library(class_weights="many"), "Library has class_weights='many'"),
}


@pytest.mark.parametrize(("model", "says"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize(
    "around",
    [
        PriorThresholdClassifier,
        LabelShiftAdapter,
        lambda inner: PriorCorrectedClassifier(inner, method="prior"),
        lambda inner: ResampledClassifier(None, inner, correction="prior"),
    ],
)
def test_unreadable_prior_error_names_the_estimator(model, says, around):
    X, y = table(400)
    if isinstance(model, Library):
        model = FrozenEstimator(Library().fit(X, y))
        model.estimator.parameters = {"class_weights": "many"}
    with pytest.raises(UnreadablePriorError, match=says) as error:
        around(model).fit(X, y)
    assert "correction='offset'" in str(error.value)


@pytest.mark.parametrize(
    "kind",
    [
        *["AdaBoost", "vote", "hidden"],
        # Two AdaBoost ensembles of fifty members each.
        pytest.param("EasyEnsemble", marks=pytest.mark.slow),
    ],
)
def test_offset_correction_needs_no_source_prior(kind):
    X, y = table()
    model = PriorCorrectedClassifier(UNREADABLE[kind][0], cv=3, random_state=0)
    model.fit(X, y)
    assert np.isnan(model.source_prior_).all()
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(0.1, abs=0.02)
    # The prior of the corrected model can be read.
    decided = PriorThresholdClassifier(model).fit(X, y)
    assert decided.source_prior_ == pytest.approx([0.9, 0.1])


def test_fallback_from_offsets_to_the_formula_needs_the_prior():
    X, y = table(400)
    y = np.where(np.arange(400) < 399, 0, 1)
    model = PriorCorrectedClassifier(UNREADABLE["vote"][0])
    with (
        pytest.warns(UserWarning, match="too few distinct rows"),
        pytest.raises(UnreadablePriorError, match="VotingClassifier"),
    ):
        model.fit(X, y)


def test_explicit_source_prior_is_not_inferred():
    X, y = table()
    shares = {0: 0.5, 1: 0.5}
    model = PriorCorrectedClassifier(
        Mine(BALANCED), source_prior=shares, method="prior"
    ).fit(X, y)
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(0.1, abs=0.01)


def test_weighted_one_vs_rest_of_three_classes_raises():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = np.digitize(X[:, 0] + rng.normal(size=300), [0.5, 1.5])
    model = PriorThresholdClassifier(OneVsRestClassifier(PLAIN)).fit(X, y)
    assert model.source_prior_ == pytest.approx(np.bincount(y) / 300)
    says = "OneVsRestClassifier weighs each class against the rest"
    for weighing in (BALANCED, TEN):
        with pytest.raises(UnreadablePriorError, match=says):
            PriorThresholdClassifier(OneVsRestClassifier(weighing)).fit(X, y)


def test_temperature_scaling_does_not_correct_the_prior():
    X, y = table()

    class Temperature:
        method = "temperature"
        classes_ = np.array([0, 1])

        def __init__(self, inner):
            member = type("Member", (), {"estimator": inner.fit(X, y)})
            self.calibrated_classifiers_ = [member]

    assert source_prior(Temperature(PLAIN), [0, 1], N) == pytest.approx([0.9, 0.1])
    with pytest.raises(UnreadablePriorError, match="Temperature calibrates a weighted"):
        source_prior(Temperature(BALANCED), [0, 1], N)


def test_balanced_subclasses_determine_the_prior():
    # Five balanced subclasses, four of them of class 0: each has a fifth of the weight.
    X, y = table()
    model = SubclassClassifier(BALANCED, delta=200, random_state=0).fit(X, y)
    parts = np.bincount(model.encoder_.inverse_transform(model.estimator_.classes_))
    assert parts.tolist() == [4, 1]
    prior = source_prior(model, [0, 1], N)
    assert prior == pytest.approx(parts / parts.sum())


# Sample weights passed by step name


def scaled(inner):
    return make_pipeline(StandardScaler(), inner)


@pytest.mark.parametrize(
    "around",
    [
        PriorThresholdClassifier,
        LabelShiftAdapter,
        lambda inner: PriorCorrectedClassifier(inner, method="prior"),
    ],
)
def test_step_sample_weights_change_the_source_prior(around):
    X, y = table()
    weight = np.where(y == 1, 9.0, 1.0)
    model = around(scaled(PLAIN))
    model.fit(X, y, logisticregression__sample_weight=weight)
    assert model.source_prior_ == pytest.approx([0.5, 0.5])
    model.fit(X, y, standardscaler__sample_weight=weight)
    assert model.source_prior_ == pytest.approx([0.9, 0.1])


def test_step_sample_weights_are_corrected():
    X, y = table()
    weight = np.where(y == 1, 9.0, 1.0)
    for model in (
        PriorCorrectedClassifier(scaled(PLAIN), method="prior"),
        ResampledClassifier(None, scaled(PLAIN), correction="prior"),
        ResampledClassifier(
            RandomOverSampler(sampling_strategy=0.5, random_state=0),
            scaled(PLAIN),
            correction="prior",
        ),
    ):
        model.fit(X, y, logisticregression__sample_weight=weight)
        mean = model.predict_proba(X)[:, 1].mean()
        assert mean == pytest.approx(0.1, abs=0.01)


def test_step_sample_weights_inside_a_search_raise():
    X, y = table()
    model = PriorThresholdClassifier(GridSearchCV(scaled(PLAIN), {}, cv=2))
    weight = np.where(y == 1, 9.0, 1.0)
    says = "GridSearchCV was fitted with logisticregression__sample_weight"
    with pytest.raises(UnreadablePriorError, match=says):
        model.fit(X, y, logisticregression__sample_weight=weight)


@pytest.mark.parametrize(
    "parameters", [{"is_unbalance": True}, {"scale_pos_weight": 4}]
)
def test_multiclass_boosting_ignores_weights_and_ova_raises(parameters):
    class Three(LogisticRegression):
        objective = "multiclass"

        def get_params(self, deep=True):
            return dict(parameters, objective=self.objective)

    X, y = table()
    y = np.where(np.arange(1000) < 300, 2, y)
    model = Three().fit(X, y)
    n = np.bincount(y)
    assert source_prior(model, np.arange(3), n) == pytest.approx(n / 1000)
    model.objective = "ova"
    with pytest.raises(UnreadablePriorError, match="Three weighs each class against"):
        source_prior(model, np.arange(3), n)


@pytest.mark.parametrize(
    ("model", "moves"),
    [
        (PLAIN, False),
        (RandomForestClassifier(), False),
        (BALANCED, True),
        (scaled(BALANCED), True),
        (GaussianNB(priors=[0.5, 0.5]), True),
        (ResampledClassifier(RandomOverSampler(), PLAIN), True),
        (Library(is_unbalance=True), True),
        (Library(is_unbalance=False), False),
        (Library(class_weights=np.array([1, 4])), True),
    ],
    ids=str,
)
def test_moves_prior_detects_class_weighting(model, moves):
    assert moves_prior(model) == moves


def test_compare_corrects_a_class_weighted_model():
    X, y = table(2000)
    losses = {}
    for name, model in (("plain", PLAIN), ("balanced", BALANCED)):
        summary = compare(
            X,
            y,
            estimator=model,
            strategies=["nothing"],
            scoring=["log_loss", "log_loss_corrected"],
            cv=3,
            random_state=0,
        ).summary()
        rows = summary[summary["strategy"] == "nothing"].set_index("metric")["mean"]
        losses[name] = rows
    raw, corrected = losses["balanced"][["log_loss", "log_loss_corrected"]]
    assert raw > 1.5 * losses["plain"]["log_loss"]
    assert corrected == pytest.approx(losses["plain"]["log_loss"], rel=0.02)


RESAMPLED = ResampledClassifier(RandomOverSampler(random_state=0), LogisticRegression())


@pytest.mark.parametrize(
    ("make", "seen"),
    [
        (
            CalibratedClassifierCV(LogisticRegression(class_weight="balanced")),
            "natural",
        ),
        (GridSearchCV(RESAMPLED, {"estimator__C": [1]}), "even"),
        (GridSearchCV(LogisticRegression(), {"class_weight": ["balanced"]}), "even"),
        (BaggingClassifier(BALANCED, 3, random_state=0), "even"),
        (BalancedRandomForestClassifier(5, random_state=0), "even"),
    ],
    ids=["calibrated", "search", "searched-weight", "bagging", "balanced-forest"],
)
def test_prior_is_read_through_meta_estimators(make, seen):
    X, y = make_classification(1000, weights=[0.9], random_state=0)
    prior = PriorThresholdClassifier(make).fit(X, y).source_prior_
    wanted = np.bincount(y) / 1000 if seen == "natural" else [0.5, 0.5]
    assert prior == pytest.approx(wanted, abs=0.02)
