"""Model files: loaded models predict the same, and untrusted types are rejected."""

from __future__ import annotations

import inspect
import io
import json
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from datetime import timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from shared import spread
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im
from imbsuite.choice.decisions import read_decision
from imbsuite.choice.final import Finish, final_classifier
from imbsuite.experiment.models import choose_models
from imbsuite.experiment.result import Candidate
from imbsuite.experiment.strategies import STRATEGIES, choose_strategies
from imbsuite.persistence import column_types, load_model, save_model
from imbsuite.persistence.trusted import TRUSTED
from imbsuite.scoring.scorers import choose_metrics

pytest.importorskip("skops", reason="skops is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def table(n: int = 120) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "size": rng.normal(size=n),
            "town": rng.choice(["x", "y", "z"], n),
            "when": pd.date_range("2020", periods=n),
            "note": [f"text {i} of {rng.integers(99)}" for i in range(n)],
        }
    )
    X.loc[::9, "size"] = np.nan
    return X, np.where(rng.random(n) < 0.25, "sick", "well")


def models() -> dict[str, object]:
    """Return the default models, with few trees."""
    by_name = choose_models(None, choose_metrics(["average_precision"]), None)
    trees = by_name["histogram gradient boosting"]
    trees.set_params(histgradientboostingclassifier__max_iter=5)
    return by_name


def with_two_folds(final):
    """Return a final classifier with two folds wherever it predicts out of fold."""
    folds = [name for name in final.get_params() if re.search("(^|__)cv$", name)]
    return final.set_params(**dict.fromkeys(folds, 2))


def save_and_load(model, path, X, **options):
    save_model(model, path, columns=column_types(X), **options)
    return load_model(path)


HOURS = pd.date_range("2024", periods=120, freq="h")
COLUMNS = {
    "UTC": HOURS.tz_localize("UTC"),
    "a time zone": HOURS.tz_localize("Asia/Tokyo"),
    "an offset": HOURS.tz_localize(timezone(timedelta(hours=2))),
    "seconds": HOURS.astype("datetime64[s]"),
    "durations": HOURS - HOURS[0],
    "periods": HOURS.to_period("h"),
    "missing integers": pd.array([1, 2, None] * 40, dtype="Int8"),
    "missing booleans": pd.array([True, False, None] * 40, dtype="boolean"),
    "ordered": pd.Categorical(["a", "b", "c"] * 40, ["c", "a", "b"], ordered=True),
    "numbers as categories": pd.Categorical([1.0, 2.0, 3.5] * 40),
    "dates as objects": HOURS.date,
    "several types": pd.Series([1, "a", None] * 40, dtype="object"),
}


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(list(COLUMNS), id="all in one table"),
        # One kind at a time shows which one fails.
        *(pytest.param([kind], id=kind, marks=pytest.mark.slow) for kind in COLUMNS),
    ],
)
def test_model_with_every_column_type_loads_without_trust(kinds, tmp_path):
    X, y = table()
    X = pd.DataFrame({"size": X["size"]} | {kind: COLUMNS[kind] for kind in kinds})
    for model in models().values():
        model.fit(X, y)
        predictions = save_and_load(model, tmp_path / "m.skops", X).predict(X)
        assert_array_equal(
            predictions["probability_sick"], model.predict_proba(X)[:, 0]
        )


def test_time_zone_outside_the_database_raises(tmp_path):
    _, y = table()
    path = tmp_path / "m.skops"
    zoned = pd.DataFrame({"when": COLUMNS["a time zone"]})
    model = next(iter(models().values())).fit(zoned, y)
    save_model(model, path, columns=column_types(zoned))
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["schema.json"] = content["schema.json"].replace(b"Asia/Tokyo", b"../secret")
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    with pytest.raises(
        ValueError, match=r"damaged.*must be normalized|damaged.*secret"
    ):
        load_model(path)


# One strategy for each kind of object. The others differ only in a sampler without
# fitted parts, or in the members of an ensemble, which take long to fit.
KINDS_OF_STRATEGIES = [
    *("nothing", "class-weight", "random-over", "smote", "smote-enn", "svm-smote"),
    *("kmeans-smote", "cluster-centroids", "instance-hardness", "rcal"),
    *("subclass-smote", "temperature-2", "balanced-forest", "rescaled"),
]


def test_kinds_of_strategies_are_known_strategies():
    assert set(KINDS_OF_STRATEGIES) <= set(STRATEGIES)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[] if n in KINDS_OF_STRATEGIES else pytest.mark.slow)
        for n in STRATEGIES
    ],
)
def test_every_strategy_loads_without_trust(name, tmp_path):
    X, y = table()
    X = X[["size"]].fillna(0).assign(square=X["size"].fillna(0) ** 2)
    (strategy,) = choose_strategies([name])[-1:]
    finish = Finish(read_decision("balanced_accuracy"), "offset")
    candidate = Candidate(LogisticRegression(), strategy, 0, "sick")
    final = final_classifier(candidate, finish)
    members = [k for k in final.get_params() if k.endswith("n_estimators")]
    if members:  # of an ensemble, whose members may be boosted
        members += [k for k in final.get_params() if k.endswith("max_iter")]
    with_two_folds(final).set_params(**dict.fromkeys(members, 3)).fit(X, y)
    loaded = save_and_load(final, tmp_path / "m.skops", X)
    assert_array_equal(loaded.estimator.predict_proba(X), final.predict_proba(X))
    assert_array_equal(loaded.predict(X)["predicted"], final.predict(X))


DECISIONS = {
    "metric": "f1",
    "recall": {"recall": 0.8},
    "costs": {"fp": 1, "fn": 20},
}


# Models and decisions are stored separately.
@pytest.mark.parametrize(
    ("decide", "name"), spread(DECISIONS, {name: name for name in models()})
)
def test_every_model_and_decision_loads_without_trust(decide, name, tmp_path):
    X, y = table()
    nothing = choose_strategies([])[0]
    finish = Finish(read_decision(decide), "offset")
    candidate = Candidate(models()[name], nothing, 0, "sick")
    final = with_two_folds(final_classifier(candidate, finish)).fit(X, y)
    loaded = save_and_load(final, tmp_path / "m.skops", X, positive="sick")
    predictions = loaded.predict(X)
    assert list(predictions) == loaded.new_columns
    assert_array_equal(predictions["predicted"], final.predict(X))
    p = predictions["probability_sick"]
    assert_array_equal(p, final.predict_proba(X)[:, 0])
    sure = (p - loaded.threshold).abs() > 1e-12
    assert_array_equal(
        (p > loaded.threshold)[sure], (predictions["predicted"] == "sick")[sure]
    )


@pytest.mark.parametrize(("pos_label", "threshold"), [("sick", 0.25), ("well", 0.75)])
def test_scikit_learns_threshold_separates_the_predictions(
    pos_label, threshold, tmp_path
):
    X = table()[0][["size"]].fillna(0.0)
    y = np.where(X["size"] > 1, "sick", "well")
    fixed = FixedThresholdClassifier(
        LogisticRegression(), threshold=threshold, pos_label=pos_label
    ).fit(X, y)
    scaled = make_pipeline(StandardScaler(), fixed).fit(X, y)
    for model in (fixed, scaled):
        loaded = save_and_load(model, tmp_path / "m.skops", X, positive="sick")
        predictions = loaded.predict(X)
        flagged = predictions["probability_sick"] > loaded.threshold
        assert flagged.nunique() == 2
        assert_array_equal(flagged, predictions["predicted"] == "sick")
    fixed.set_params(response_method="decision_function")
    loaded = save_and_load(fixed, tmp_path / "m.skops", X, positive="sick")
    assert loaded.threshold is None
    assert "threshold" not in loaded.predict(X)


@pytest.mark.parametrize("container", [pl.from_pandas, lambda X: X.to_numpy()])
def test_model_fitted_on_polars_or_numpy_loads(container, tmp_path):
    X, y = table()
    X = container(X[["size"]].fillna(0).assign(row=range(len(X))))
    model = im.ResampledClassifier(im.SMOTE(), LogisticRegression(), random_state=0)
    model.fit(X, y)
    loaded = save_and_load(model, tmp_path / "m.skops", X)
    assert_array_equal(loaded.predict(X)["predicted"], model.predict(X))


def test_model_loaded_in_another_process_predicts_the_same(tmp_path):
    X, y = table()
    model = im.ResampledClassifier(im.SMOTE(), next(iter(models().values())))
    model.set_params(random_state=0).fit(X, y)
    save_model(model, tmp_path / "m.skops", columns=column_types(X))
    X.to_parquet(tmp_path / "x.parquet")
    code = (
        "import pandas; from imbsuite.persistence import load_model\n"
        "X = pandas.read_parquet('x.parquet')\n"
        "load_model('m.skops').predict(X).to_parquet('p.parquet')\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    predictions = pd.read_parquet(tmp_path / "p.parquet")
    assert_array_equal(predictions["probability_sick"], model.predict_proba(X)[:, 0])


def test_trusted_types_exist_and_include_all_public_estimators():
    public = [getattr(im, name) for name in im.__all__]
    own = {
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in public
        if inspect.isclass(kind) and issubclass(kind, BaseEstimator)
    } - {"imbsuite.explore.strategy_search.StrategySearchCV"}  # save best_estimator_
    assert own <= TRUSTED
    for name in TRUSTED:
        module, _, kind = name.rpartition(".")
        assert hasattr(__import__(module, fromlist=[kind]), kind), name


class Foreign(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_untrusted_types_are_named_and_rejected(tmp_path):
    X, y = table()
    path = tmp_path / "m.skops"
    save_model(Foreign().fit(X, y), path, columns=column_types(X))
    name = f"{Foreign.__module__}.Foreign"
    with pytest.raises(ValueError, match=rf"holds the type {name}.*--trust"):
        load_model(path)
    predictions = load_model(path, trust=[name]).predict(X)
    assert list(predictions) == ["predicted"]


class Hardest:
    """Custom feedback, as in the guide on ensembles."""

    def choose(self, hardness, n, progress, rng):
        return hardness.argsort(kind="stable")[-n:]


def test_custom_feedback_loads_only_with_trust(tmp_path):
    X, y = table()
    X = X[["size"]].fillna(0.0)
    model = im.ResampledEnsembleClassifier(
        n_estimators=3, feedback=Hardest(), random_state=0
    ).fit(X, y)
    save_model(model, tmp_path / "m.skops", columns=column_types(X))
    with pytest.raises(ValueError, match=rf"{__name__}\.Hardest"):
        load_model(tmp_path / "m.skops")
    loaded = load_model(tmp_path / "m.skops", trust=[f"{__name__}.Hardest"])
    assert_array_equal(loaded.predict(X)["predicted"], model.predict(X))


def test_functions_in_a_model_file_are_not_trusted(tmp_path):
    from functools import partial
    from os import system

    from sklearn.preprocessing import FunctionTransformer

    X, y = table()
    harmful = FunctionTransformer(partial(system, "true"))
    model = LogisticRegression().fit(X[["size"]].fillna(0), y)
    model.harmful_ = harmful
    save_model(model, tmp_path / "m.skops", columns=column_types(X))
    with pytest.raises(ValueError, match=r"(posix|nt)\.system"):
        load_model(tmp_path / "m.skops")


def _with_metadata(path, **changes):
    """Return the content of a model file with changed metadata."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "imbsuite.json":
                data = json.dumps(json.loads(data) | changes).encode()
            new.writestr(name, data)
    return out.getvalue()


def test_damaged_and_missing_model_files_raise(tmp_path):
    X, y = table()
    X = X[["size"]].fillna(0)
    path, wrong = tmp_path / "m.skops", tmp_path / "w.skops"
    save_model(DecisionTreeClassifier().fit(X, y), path, columns=column_types(X))
    content = path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "b")
    flipped = [
        content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]
        for at in np.linspace(0, len(content) - 1, 60).astype(int)
    ]
    for damaged in (
        b"",
        b"a,b\n1,2\n",
        content[:-50],
        content[50:],
        buffer.getvalue(),
        _with_metadata(path, columns="x"),
    ):
        wrong.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"not a model|damaged"):
            load_model(wrong)
    for damaged in flipped:
        wrong.write_bytes(damaged)
        # A few bytes, such as dates within the archive, have no effect.
        with suppress(ValueError):
            assert_array_equal(
                load_model(wrong).estimator.predict(X),
                load_model(path).estimator.predict(X),
            )
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_model(tmp_path / "no.skops")


@pytest.mark.parametrize(
    ("package", "version", "refused"),
    [
        ("scikit-learn", "1.0.2", True),
        ("imbsuite", "99.1.0", True),
        ("pandas", "1.5.3", True),
        ("numpy", "1.20", False),
        ("scikit-learn", "patch", False),
    ],
)
def test_only_incompatible_package_versions_raise(package, version, refused, tmp_path):
    from importlib import metadata

    X, y = table()
    X = X[["size"]].fillna(0)
    path = tmp_path / "m.skops"
    save_model(DecisionTreeClassifier().fit(X, y), path, columns=column_types(X))
    versions = dict(load_model(path).versions)
    if version == "patch":
        version = ".".join([*metadata.version(package).split(".")[:2], "99"])
    path.write_bytes(_with_metadata(path, versions=versions | {package: version}))
    if refused:
        with pytest.raises(
            ValueError, match=rf"{package} {version}.*fit the model again"
        ):
            load_model(path)
    else:
        load_model(path)


def test_unknown_file_format_raises(tmp_path):
    X, y = table()
    X = X[["size"]].fillna(0)
    path = tmp_path / "m.skops"
    save_model(DecisionTreeClassifier().fit(X, y), path, columns=column_types(X))
    path.write_bytes(_with_metadata(path, format=2))
    with pytest.raises(ValueError, match="format 2"):
        load_model(path)


def test_linear_model_fitted_on_many_rows_makes_a_small_file(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(20_000, 20))).rename(columns="c{}".format)
    model = im.ResampledClassifier(im.SMOTE(), LogisticRegression(), random_state=0)
    model.fit(X, rng.random(20_000) < 0.05)
    save_model(model, tmp_path / "m.skops", columns=column_types(X))
    assert (tmp_path / "m.skops").stat().st_size < 1e6


@pytest.mark.parametrize(
    "part", [(i for i in range(3)), lambda x: x], ids=["generator", "lambda"]
)
def test_unserializable_model_raises_and_leaves_no_file(part, tmp_path):
    X, y = table()
    model = LogisticRegression().fit(X[["size"]].fillna(0), y)
    model.rule_ = part
    with pytest.raises(TypeError, match="cannot be saved"):
        save_model(model, tmp_path / "m.skops", columns=column_types(X))
    assert list(tmp_path.iterdir()) == []


def test_categories_not_representable_in_json_raise(tmp_path):
    X, y = table()
    X = X[["when"]].astype("category")
    model = LogisticRegression().fit(np.zeros((len(X), 1)), y)
    with pytest.raises(TypeError, match="must be text, numbers or booleans"):
        save_model(model, tmp_path / "m.skops", columns=column_types(X))
    assert list(tmp_path.iterdir()) == []


def test_loaded_model_restores_the_order_of_categories(tmp_path):
    X, y = table()
    grades = pd.CategoricalDtype(["z", "x", "y"], ordered=True)
    X = X[["town"]].astype(grades)
    above = FunctionTransformer(_at_least_x)
    model = make_pipeline(above, DecisionTreeClassifier()).fit(X, y)
    save_model(model, tmp_path / "m.skops", columns=column_types(X))
    loaded = load_model(tmp_path / "m.skops", trust=[f"{__name__}._at_least_x"])
    expected = model.predict_proba(X)
    assert len(np.unique(expected, axis=0)) == 2
    alphabetical = pd.CategoricalDtype(["x", "y", "z"], ordered=True)
    for other in (grades, alphabetical, "category", "object"):
        predictions = loaded.predict(X.astype(other))
        assert_array_equal(predictions.filter(like="probability_"), expected)


def _at_least_x(X):
    return (X >= "x").astype(int)


def test_multilabel_models_predict_the_same_after_loading(tmp_path):
    X, _ = table()
    X = X[["size"]].fillna(0.0)
    Y = pd.DataFrame({"flu": X["size"] > 0.5, "cold": X["size"] < 0.2})
    inner = MultiOutputClassifier(LogisticRegression())
    model = im.TunedThresholdClassifier(inner, scoring="f1", random_state=0).fit(X, Y)
    for one in (model, make_pipeline(StandardScaler(), model).fit(X, Y)):
        loaded = save_and_load(one, tmp_path / "m.skops", X)
        predictions = loaded.predict(X)
        names = [
            "predicted_flu",
            "predicted_cold",
            "probability_flu",
            "probability_cold",
        ]
        assert list(predictions) == loaded.new_columns == names
        assert_array_equal(predictions[names[:2]], one.predict(X))
        assert_array_equal(predictions[names[2:]], one.predict_proba(X))
        assert loaded.threshold is None
    partial = im.PartialLabelClassifier(LogisticRegression()).fit(X, Y)
    shifted = im.LabelShiftAdapter(LogisticRegression()).fit(X, Y).adapt(X)
    resampled = im.ResampledClassifier(im.MLSMOTE(random_state=0), inner).fit(X, Y)
    corrected = im.ResampledClassifier(
        im.MLSMOTE(random_state=0), inner, correction="offset", random_state=0
    ).fit(X, Y)
    forest = RandomForestClassifier(20, random_state=0)
    bagged = im.TunedThresholdClassifier(forest, cv="oob").fit(X, Y)
    for one in (partial, shifted, resampled, corrected, bagged):
        predictions = save_and_load(one, tmp_path / "m.skops", X).predict(X)
        assert_array_equal(predictions[names[2:]], one.predict_proba(X))
    predictions = save_and_load(resampled, tmp_path / "m.skops", X).predict(X)
    assert_array_equal(predictions.iloc[:, :2], resampled.predict(X))
    assert list(predictions) == names
