"""LightGBM, XGBoost and CatBoost inside every wrapper, with an evaluation set."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

import imbsuite as im

pytestmark = [
    pytest.mark.slow,
    # LightGBM 4.7 also accepts it under another name.
    pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated"),
]

ROUNDS = 15


def _lightgbm():
    library = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    return library.LGBMClassifier(
        n_estimators=ROUNDS, verbose=-1, n_jobs=1, random_state=0
    )


def _xgboost():
    library = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    return library.XGBClassifier(n_estimators=ROUNDS, n_jobs=1, random_state=0)


def _catboost():
    library = pytest.importorskip("catboost", reason="CatBoost is not installed")
    return library.CatBoostClassifier(
        iterations=ROUNDS,
        verbose=False,
        thread_count=1,
        allow_writing_files=False,
        random_seed=0,
        use_best_model=False,
    )


LIBRARIES = {"lightgbm": _lightgbm, "xgboost": _xgboost, "catboost": _catboost}
WRAPPERS = {
    "not resampled": lambda e: im.ResampledClassifier(None, e),
    "over-sampled": lambda e: im.ResampledClassifier(im.SMOTE(random_state=0), e),
    "under-sampled": lambda e: im.ResampledClassifier(
        im.RandomUnderSampler(random_state=0), e, correction="offset", random_state=0
    ),
    "cleaned": lambda e: im.ResampledClassifier(im.TomekLinks(), e, correction="prior"),
    "prior corrected": lambda e: im.PriorCorrectedClassifier(e, random_state=0),
    "label shift": im.LabelShiftAdapter,
    "prior threshold": im.PriorThresholdClassifier,
    "cost threshold": lambda e: im.CostThresholdClassifier(
        e, cost=lambda true, decided, row: float(true != decided)
    ),
    "tuned threshold": lambda e: im.TunedThresholdClassifier(e, random_state=0),
    "constrained threshold": lambda e: im.ConstrainedThresholdClassifier(
        e, random_state=0
    ),
    "subclasses": lambda e: im.SubclassClassifier(e, delta=100, random_state=0),
}
X, CODES = make_classification(
    600, n_informative=4, weights=[0.8], flip_y=0.05, random_state=0
)
X_FIT, X_EVAL, CODES_FIT, CODES_EVAL = train_test_split(
    X, CODES, test_size=0.25, stratify=CODES, random_state=0
)
# XGBoost takes numbers from 0 only.
NAMES = {
    "lightgbm": np.array(["fraud", "legit"]),
    "xgboost": np.array([0, 1]),
    "catboost": np.array(["legit", "fraud"]),
}


def _history(model):
    """Return the log-loss of the evaluation set after each round."""
    if hasattr(model, "get_evals_result"):
        history = {"catboost": model.get_evals_result()["validation"]}
    elif hasattr(model, "evals_result_"):
        history = model.evals_result_
    else:
        history = model.evals_result()
    (measured,) = history.values()
    (values,) = measured.values()
    return values


def _loss(model, truth):
    """Return the log-loss on the evaluation set. (XGBoost computes in float32.)"""
    places = np.searchsorted(model.classes_, truth)
    proba = model.predict_proba(X_EVAL)
    return -np.log(proba[np.arange(len(truth)), places]).mean()


def _fitted(library, wrapper, **params):
    y, y_eval = NAMES[library][CODES_FIT], NAMES[library][CODES_EVAL]
    model = WRAPPERS[wrapper](LIBRARIES[library]())
    quiet = {"verbose": False} if library == "xgboost" else {}
    return model.fit(X_FIT, y, eval_set=[(X_EVAL, y_eval)], **quiet, **params)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_evaluation_set_is_used_and_not_resampled(library, wrapper):
    model = _fitted(library, wrapper)
    inner, history = model.estimator_, _history(model.estimator_)
    assert len(history) == ROUNDS
    if wrapper == "subclasses":
        return  # where the measured loss is that of subclasses
    assert_allclose(history[-1], _loss(inner, NAMES[library][CODES_EVAL]), rtol=1e-4)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_predictions_are_valid_and_follow_the_order_of_rows(library, wrapper):
    model = _fitted(library, wrapper)
    proba, labels = model.predict_proba(X_EVAL), model.predict(X_EVAL)
    assert_array_equal(model.classes_, np.sort(NAMES[library]))
    assert proba.shape == (len(X_EVAL), 2)
    assert ((proba >= 0) & (proba <= 1)).all()
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    assert labels.shape == (len(X_EVAL),)
    assert set(labels) == set(NAMES[library])
    order = np.random.default_rng(0).permutation(len(X_EVAL))
    assert_allclose(model.predict_proba(X_EVAL[order]), proba[order], rtol=1e-6)
    assert_array_equal(model.predict(X_EVAL[order]), labels[order])


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_rows_of_zero_weight_are_ignored(library, wrapper):
    """A third of the rows have a wrong label and a weight of 0."""
    wrong = np.arange(len(CODES_FIT)) % 3 == 0
    y = NAMES[library][np.where(wrong, 1 - CODES_FIT, CODES_FIT)]
    model = WRAPPERS[wrapper](LIBRARIES[library]())
    model.fit(X_FIT, y, sample_weight=np.where(wrong, 0.0, 1.0))
    misled = WRAPPERS[wrapper](LIBRARIES[library]()).fit(X_FIT, y)
    truth = NAMES[library][CODES_EVAL]
    assert _loss(model, truth) < 0.9 * _loss(misled, truth)


@pytest.mark.parametrize("library", LIBRARIES)
def test_wrapper_without_sampler_equals_the_plain_estimator(library):
    y, y_eval = NAMES[library][CODES_FIT], NAMES[library][CODES_EVAL]
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    plain = LIBRARIES[library]()
    quiet = {"verbose": False} if library == "xgboost" else {}
    plain.fit(X_FIT, y, sample_weight=weight, eval_set=[(X_EVAL, y_eval)], **quiet)
    model = _fitted(library, "not resampled", sample_weight=weight)
    assert_array_equal(model.predict_proba(X_EVAL), plain.predict_proba(X_EVAL))
    assert_array_equal(model.predict(X_EVAL), plain.predict(X_EVAL).ravel())
    assert_allclose(_history(model.estimator_), _history(plain))


@pytest.mark.parametrize("library", LIBRARIES)
def test_early_stopping_uses_the_evaluation_set(library):
    if library == "lightgbm":
        model = _lightgbm().set_params(n_estimators=400)
        stop = pytest.importorskip("lightgbm").early_stopping(3, verbose=False)
        params = {"callbacks": [stop]}
    elif library == "xgboost":
        model = LIBRARIES[library]().set_params(
            n_estimators=400, early_stopping_rounds=3
        )
        params = {"verbose": False}
    else:
        model, params = _catboost(), {"early_stopping_rounds": 3}
        model.set_params(iterations=400, learning_rate=0.3)
    y, y_eval = NAMES[library][CODES_FIT], NAMES[library][CODES_EVAL]
    wrapped = im.ResampledClassifier(im.SMOTE(random_state=0), model)
    wrapped.fit(X_FIT, y, eval_set=[(X_EVAL, y_eval)], **params)
    history = _history(wrapped.estimator_)
    assert len(history) < 400
    assert len(history) - 1 - int(np.argmin(history)) == 3


@pytest.mark.parametrize("library", LIBRARIES)
def test_cooldown_requires_partial_fit(library):
    model = im.CooldownClassifier(LIBRARIES[library]())
    with pytest.raises(ValueError, match="partial_fit"):
        model.fit(X_FIT, NAMES[library][CODES_FIT])
