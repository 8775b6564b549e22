"""Ordered classes keep their order in any container and inside any meta-estimator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from imblearn.ensemble import BalancedBaggingClassifier
from shared import spread
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    SMOTE,
    CostThresholdClassifier,
    EditedNearestNeighbours,
    LabelShiftAdapter,
    PrestoClassifier,
    PrestoClassifierCV,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    ProportionalOddsClassifier,
    PseudoLabelClassifier,
    RandomOverSampler,
    RandomUnderSampler,
    ResampledClassifier,
    RescaledClassifier,
    SubclassClassifier,
    TunedThresholdClassifier,
    compare,
)
from imbsuite._table import ordered_labels, take
from imbsuite.folds.stratified import StratifiedFolds
from imbsuite.ordinal import macro_averaged_absolute_error, ranked_probability_score

GRADES = ["poor", "fair", "good"]
# The codes of an ensemble are positions among the sorted labels.
SORTED = sorted(GRADES)
PLACES = [SORTED.index(grade) for grade in GRADES]

RPS = make_scorer(
    ranked_probability_score, greater_is_better=False, response_method="predict_proba"
)
STEPS = make_scorer(macro_averaged_absolute_error, greater_is_better=False)


def graded(n=300, seed=0):
    """Return X, the position of each row's grade, and the grade as a string."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    place = np.digitize(2 * X[:, 0] + rng.logistic(size=n), [0, 2])
    return X, place, np.array(GRADES)[place]


# Few rows save time, but their boundaries may cross.
few_rows = pytest.mark.filterwarnings("ignore:The boundaries cross")


def categorical(words, categories=GRADES):
    return pd.Series(pd.Categorical(words, categories, ordered=True), name="grade")


def dictionary(words):
    places = [GRADES.index(word) for word in words]
    return pa.DictionaryArray.from_arrays(places, GRADES, ordered=True)


CONTAINERS = {
    "pandas": categorical,
    "pandas, unused": lambda w: categorical(w, ["awful", *GRADES, "best"]),
    "pandas, one column": lambda w: categorical(w).to_frame(),
    "pandas, Arrow": lambda w: pd.Series(
        pd.arrays.ArrowExtensionArray(pa.chunked_array([dictionary(w)]))
    ),
    "Categorical": lambda w: pd.Categorical(w, GRADES, ordered=True),
    "index": lambda w: pd.CategoricalIndex(categorical(w)),
    "polars": lambda w: pl.Series("grade", w, dtype=pl.Enum(GRADES)),
    "polars, one column": lambda w: pl.DataFrame(
        {"grade": pl.Series(w, dtype=pl.Enum(GRADES))}
    ),
    "Arrow": dictionary,
    "Arrow, chunks": lambda w: pa.chunked_array(
        [dictionary(w[:100]), dictionary(w[100:])]
    ),
    "Arrow, one column": lambda w: pa.table({"grade": dictionary(w)}),
}


@pytest.fixture(params=CONTAINERS.values(), ids=CONTAINERS)
def container(request):
    return request.param


WRAPPERS = {
    "pipeline": lambda inner: make_pipeline(StandardScaler(), inner),
    "no sampler": lambda inner: ResampledClassifier(None, inner),
    "offset": lambda inner: ResampledClassifier(
        RandomOverSampler(random_state=0), inner, correction="offset", random_state=0
    ),
    "threshold": PriorThresholdClassifier,
    "tuned": lambda inner: TunedThresholdClassifier(inner, cv=2, random_state=0),
}


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_column_order_is_used(container):
    X, place, words = graded()
    model = PrestoClassifier().fit(X, container(words))
    assert model.categories_.tolist() == GRADES
    np.testing.assert_array_equal(
        model.predict_exceed_proba(X),
        PrestoClassifier().fit(X, place).predict_exceed_proba(X),
    )


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
def test_wrappers_pass_the_order_on(container, wrapper):
    X, _, words = graded()
    model = wrapper(PrestoClassifier(alpha=0.05)).fit(X, container(words))
    inner = model[-1] if hasattr(model, "steps") else model.estimator_
    assert inner.categories_.tolist() == GRADES


@pytest.mark.parametrize(
    "sampler",
    [
        SMOTE(random_state=0),
        RandomUnderSampler(random_state=0),
        EditedNearestNeighbours(),
    ],
    ids=["new rows", "fewer rows", "cleaned"],
)
def test_samplers_preserve_the_order(container, sampler):
    X, _, words = graded()
    y = container(words)
    order = ordered_labels(sampler.fit_resample(X, y)[1])
    assert order == ordered_labels(y)
    assert ordered_labels(take(y, np.arange(5))) == order


def test_chunks_with_different_dictionaries_have_no_order():
    one, other = ["a", "b", "c"], ["c", "b", "a"]
    y = pa.chunked_array(
        [
            pa.DictionaryArray.from_arrays([0, 1, 2], labels, ordered=True)
            for labels in (one, other)
        ]
    )
    assert ordered_labels(y) is None


def test_subclasses_follow_the_order_of_their_classes():
    X, _, words = graded()
    model = SubclassClassifier(PrestoClassifier(alpha=0.05), delta=30, random_state=0)
    with pytest.warns(UserWarning, match="cross"):
        model.fit(X, categorical(words))
    inner = model.estimator_.categories_
    owners = model.encoder_.inverse_transform(inner).tolist()
    assert len(owners) > 3
    assert [GRADES.index(owner) for owner in owners] == sorted(
        GRADES.index(owner) for owner in owners
    )


INSIDE = {
    "alone": lambda model: model,
    "pipeline": lambda model: make_pipeline(StandardScaler(), model),
    "search": lambda model: GridSearchCV(model, {"max_iter": [200]}, cv=2),
    "resampled": lambda model: ResampledClassifier(None, model),
}


@pytest.mark.parametrize(
    ("inside", "model"),
    spread(
        INSIDE,
        {
            "presto": PrestoClassifier(0.05),
            "proportional odds": ProportionalOddsClassifier(),
            "presto, cv": PrestoClassifierCV(3, cv=2),
        },
    ),
)
@pytest.mark.filterwarnings("ignore:The boundaries cross:UserWarning")
def test_subclass_classifier_requires_an_order_of_string_labels(inside, model):
    X, _, words = graded(120)
    classifier = SubclassClassifier(inside(model), delta=30, random_state=0)
    with pytest.raises(
        ValueError, match=r"have no order of their own\. Pass categories"
    ):
        classifier.fit(X, words)
    by_type = classifier.fit(X, categorical(words)).predict_proba(X)
    named = inside(clone(model).set_params(categories=GRADES))
    classifier.set_params(estimator=named)
    np.testing.assert_array_equal(classifier.fit(X, words).predict_proba(X), by_type)
    assert classifier.estimator is named
    with pytest.raises(
        ValueError, match=r"'categories' .* Got \['poor', 'fair'\] instead"
    ):
        classifier.set_params(
            estimator=inside(clone(model).set_params(categories=GRADES[:2]))
        ).fit(X, words)


def test_subclass_classifier_needs_no_order_of_two_labels():
    X, place, _ = graded()
    model = SubclassClassifier(PrestoClassifier(0.05), delta=100, random_state=0)
    numbers = model.fit(X, place > 0).predict_proba(X)
    words = model.fit(X, np.where(place > 0, "yes", "no")).predict_proba(X)
    np.testing.assert_array_equal(words, numbers)


# Inside ensembles, which pass codes to their members


def bagging(member):
    return BaggingClassifier(member, n_estimators=4, random_state=0)


def balanced_bagging(member):
    return BalancedBaggingClassifier(member, n_estimators=4, random_state=0)


def voting(member):
    return VotingClassifier(
        [("ordinal", member), ("plain", LogisticRegression())], voting="soft"
    )


def stacking(member):
    return StackingClassifier([("ordinal", member)], LogisticRegression(), cv=3)


def stacking_head(member):
    return StackingClassifier([("plain", LogisticRegression())], member, cv=3)


ENSEMBLES = [bagging, balanced_bagging, voting, stacking, stacking_head]
ORDINAL = {
    "presto": PrestoClassifier,
    "presto, cv": lambda categories: PrestoClassifierCV(
        3, categories=categories, cv=2, scoring=RPS
    ),
    "odds": ProportionalOddsClassifier,
}


@pytest.mark.parametrize(
    ("ensemble", "kind"),
    spread({ensemble.__name__: ensemble for ensemble in ENSEMBLES}, ORDINAL),
)
def test_string_categories_order_the_codes_of_an_ensemble(ensemble, kind):
    X, _, words = graded()
    codes = np.searchsorted(SORTED, words)
    named = ensemble(kind(categories=GRADES)).fit(X, words)
    numbered = ensemble(kind(categories=PLACES)).fit(X, codes)
    np.testing.assert_array_equal(named.predict_proba(X), numbered.predict_proba(X))
    assert (named.predict(X) == np.array(SORTED)[numbered.predict(X)]).all()


@pytest.mark.parametrize("ensemble", [bagging, voting, stacking])
def test_ensemble_of_strings_matches_ensemble_of_ordered_numbers(ensemble):
    X, place, words = graded()
    named = ensemble(PrestoClassifier(categories=GRADES)).fit(X, words)
    plain = ensemble(PrestoClassifier()).fit(X, place)
    np.testing.assert_allclose(
        named.predict_proba(X)[:, PLACES], plain.predict_proba(X), atol=1e-9
    )
    assert (named.predict(X) == np.array(GRADES)[plain.predict(X)]).all()


def test_codes_are_ordered_by_string_categories():
    X, place, words = graded()
    model = PrestoClassifier(categories=GRADES).fit(X, np.searchsorted(SORTED, words))
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.categories_.tolist() == PLACES
    plain = PrestoClassifier().fit(X, place)
    np.testing.assert_array_equal(
        model.predict_exceed_proba(X), plain.predict_exceed_proba(X)
    )
    assert (model.predict(X) == np.array(PLACES)[plain.predict(X)]).all()


def test_cross_val_predict_with_string_labels():
    X, place, words = graded()
    # cross_val_predict also encodes labels.
    predicted = cross_val_predict(
        PrestoClassifier(categories=GRADES), X, words, method="predict_proba"
    )
    plain = cross_val_predict(PrestoClassifier(), X, place, method="predict_proba")
    np.testing.assert_array_equal(predicted[:, PLACES], plain)


@pytest.mark.parametrize("lacking", [0, 1])
def test_codes_may_lack_a_class(lacking):
    X, _, words = graded()
    codes = np.searchsorted(SORTED, words)
    kept = codes != lacking
    model = PrestoClassifier(categories=GRADES).fit(X[kept], codes[kept])
    assert model.classes_.tolist() == [code for code in range(3) if code != lacking]
    assert model.categories_.tolist() == [code for code in PLACES if code != lacking]


def test_zero_weight_class_equals_a_missing_class():
    X, _, words = graded()
    codes = np.searchsorted(SORTED, words)
    weight = (codes != 2).astype(float)
    model = PrestoClassifier(categories=GRADES).fit(X, codes, weight)
    alone = PrestoClassifier(categories=PLACES).fit(X[codes != 2], codes[codes != 2])
    assert model.classes_.tolist() == [0, 1]
    np.testing.assert_allclose(
        model.predict_proba(X), alone.predict_proba(X), atol=1e-9
    )
    with pytest.raises(ValueError, match=r"at least 2 classes among .* only 0"):
        PrestoClassifier(categories=GRADES).fit(X, codes, codes == 0)


def test_bag_without_a_class():
    X, place, words = graded(60)
    rare = np.flatnonzero(place == 2)[:2]
    rows = np.append(np.flatnonzero(place < 2), rare)
    model = BaggingClassifier(
        PrestoClassifier(0.1, categories=GRADES), 20, random_state=0
    ).fit(X[rows], words[rows])
    known = {tuple(member.classes_.tolist()) for member in model.estimators_}
    assert len(known) == 2
    plain = BaggingClassifier(PrestoClassifier(0.1), 20, random_state=0)
    np.testing.assert_allclose(
        model.predict_proba(X)[:, PLACES],
        plain.fit(X[rows], place[rows]).predict_proba(X),
        atol=1e-6,
    )


def test_ambiguous_codes_warn():
    X, _, words = graded()
    codes = np.searchsorted(SORTED, words)
    with pytest.warns(UserWarning, match="has no row of 'worst', remove this label"):
        PrestoClassifier(categories=["worst", *GRADES]).fit(X, codes)


@pytest.mark.parametrize(
    ("y", "categories"),
    [
        ([0, 1, 3] * 20, GRADES),
        ([-1, 0, 1] * 20, GRADES),
        ([0.0, 1.0, 2.0] * 20, GRADES),
        # Digit strings: y may hold positions, or labels that were parsed as numbers.
        ([1, 2] * 30, ["1", "3", "2"]),
        ([1, 2, 3] * 20, [1, 2, "3"]),
    ],
    ids=["beyond", "negative", "floats", "spelled", "mixed"],
)
def test_invalid_codes_raise(y, categories):
    X = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(ValueError, match="must list each label of y once"):
        PrestoClassifier(categories=categories).fit(X, y)


# Our metrics as scorers


@pytest.mark.parametrize(
    ("scorer", "kind"),
    spread(
        {"probabilities": RPS, "labels": STEPS},
        {kind: kind for kind in ["pandas", "pandas, unused", "polars"]},
    ),
)
def test_scorers_receive_the_order(kind, scorer):
    X, place, words = graded()
    y = CONTAINERS[kind](words)
    scores = cross_val_score(PrestoClassifier(), X, y, scoring=scorer)
    plain = cross_val_score(PrestoClassifier(), X, place, scoring=scorer)
    np.testing.assert_allclose(scores, plain)
    search = GridSearchCV(
        PrestoClassifier(), {"alpha": [0.001, 0.1]}, scoring=scorer, cv=3
    )
    assert search.fit(X, y).best_score_ == pytest.approx(
        search.fit(X, place).best_score_
    )


@pytest.mark.parametrize("scorer", [RPS, STEPS], ids=["probabilities", "labels"])
def test_path_scorers_receive_the_order(scorer):
    X, place, words = graded()
    model = PrestoClassifierCV(4, cv=3, scoring=scorer)
    named = model.fit(X, categorical(words)).scores_
    np.testing.assert_allclose(named, model.fit(X, place).scores_)


def test_metrics_count_the_step_of_a_missing_class():
    truth = categorical(["poor", "good"])
    assert macro_averaged_absolute_error(truth, ["good", "good"]) == 1.0
    certain = np.eye(3)[[SORTED.index("good")] * 2]
    assert ranked_probability_score(truth, certain) == 0.5


def test_ranked_probability_accepts_one_dimensional_probabilities():
    rng = np.random.default_rng(0)
    p, y = rng.random(20), rng.integers(0, 2, 20)
    both = ranked_probability_score(y, np.column_stack([1 - p, p]))
    assert ranked_probability_score(y, p) == both


def test_tuned_thresholds_use_the_order():
    X, place, words = graded(120)
    model = TunedThresholdClassifier(
        PrestoClassifier(0.05), scoring=STEPS, cv=2, random_state=0
    )
    plain = clone(model).fit(X, place)
    for kind in ("pandas, unused", "polars"):
        named = clone(model).fit(X, CONTAINERS[kind](words))
        np.testing.assert_allclose(named.threshold_[PLACES], plain.threshold_)
        assert named.best_score_ == pytest.approx(plain.best_score_)


@few_rows
def test_compare_passes_the_order_to_models_and_scorers():
    X, place, words = graded(150)
    frame = pd.DataFrame(X, columns=list("abc"), index=np.arange(150) * 2)
    options = {
        "estimator": PrestoClassifier(),
        "strategies": [],
        "scoring": {"rps": RPS, "steps": STEPS},
        "cv": StratifiedFolds(2, 1),
        "random_state": 0,
    }
    named = compare(frame, categorical(words).set_axis(frame.index), **options)
    plain = compare(frame, pd.Series(place, frame.index), ordered=[0, 1, 2], **options)

    def scores(predicted):
        measured = predicted.scores["metric"].isin(
            ["rps", "steps", "ranked_probability"]
        )
        untreated = predicted.scores["strategy"] == "nothing"
        return predicted.scores[measured & untreated]["value"].to_numpy()

    assert np.isfinite(named.scores["value"]).all()
    np.testing.assert_allclose(scores(named), scores(plain))


@pytest.mark.parametrize(
    "around",
    [
        PriorThresholdClassifier,
        CostThresholdClassifier,
        TunedThresholdClassifier,
        PriorCorrectedClassifier,
        LabelShiftAdapter,
        RescaledClassifier,
        PseudoLabelClassifier,
        lambda inner: ResampledClassifier(None, inner),
        lambda inner: ResampledClassifier(None, inner, correction="offset"),
        lambda inner: ResampledClassifier(RandomOverSampler(), inner),
    ],
)
def test_order_of_numeric_labels_reaches_the_estimator(around):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    place = np.digitize(X[:, 0] + 0.3 * rng.logistic(size=300), [-0.5, 0.7])
    y = pd.Series(pd.Categorical(np.array([2, 3, 1])[place], [2, 3, 1], ordered=True))
    model = around(ProportionalOddsClassifier()).fit(X, y)
    assert model.estimator_.categories_.tolist() == [2, 3, 1]
    assert model.score(X, np.asarray(y)) > 0.6
