"""``fit`` and ``predict``: a model in a file, its card, and the tables that it scores."""

from __future__ import annotations

import json
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier

from imbsuite import cli
from imbsuite.experiment import models
from imbsuite.files.reading import read_table

pytest.importorskip("skops", reason="skops is not installed")

QUICK = ("--strategies", "random-under", "--folds", "2", "--repeats", "1")
QUICK += ("--jobs", "1")
# The learned decision does not depend on the strategies.
QUICKEST = ("--strategies", "nothing", *QUICK[2:])


def table(n: int = 200, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ill = rng.random(n) < 0.25
    return pd.DataFrame(
        {
            "size": rng.normal(size=n) + ill,
            "town": rng.choice(["x", "y", "z"], n),
            "amount": rng.integers(1, 100, n),
            "person": np.arange(n) // 2,
            "ill": np.where(ill, "yes", "no"),
        }
    )


def small_tree():
    """Return a model that fits fast."""
    encoder = make_column_transformer(
        (OrdinalEncoder(), ["town"]), remainder="passthrough"
    )
    return make_pipeline(encoder, DecisionTreeClassifier(max_depth=3))


@pytest.fixture
def light(monkeypatch):
    """Replace the slow default models with a small tree."""
    monkeypatch.setattr(models, "default_models", lambda order: {"light": small_tree()})


@pytest.fixture
def fitted(fitted_files):
    """Copy a model in m.skops that was fitted to t.csv; return what was printed."""
    folder, message = fitted_files
    shutil.copytree(folder, Path(), dirs_exist_ok=True)
    return message


@pytest.fixture(scope="module")
def fitted_files(tmp_path_factory):
    """Fit a model once for all tests that only use it."""
    folder = tmp_path_factory.mktemp("fitted")
    light = {"light": small_tree()}
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(StringIO()) as out:
        patched.chdir(folder)
        patched.setattr(models, "default_models", lambda order: light)
        table().to_csv("t.csv", index=False)
        arguments = ("fit", "t.csv", "--target", "ill", "--out", "m.skops")
        assert cli.main([*arguments, *QUICK]) == 0
    return folder, out.getvalue()


def fit_table(run) -> str:
    table().to_csv("t.csv", index=False)
    code, out, err = run("fit", "t.csv", "--target", "ill", "--out", "m.skops", *QUICK)
    assert (code, err) == (0, "")
    return out


def test_model_is_fitted_saved_and_predicts(fitted, run):
    check_files_and_predictions(fitted, run)


# By default, tests/persistence covers fitting and saving the default models.
@pytest.mark.slow
def test_default_model_is_fitted_saved_and_predicts(run):
    check_files_and_predictions(fit_table(run), run)


def check_files_and_predictions(fitted, run):
    first, *_ = fitted.splitlines()
    assert first.startswith(
        "Decision: thresholds for balanced accuracy, because none of"
    )
    assert "Threshold on the probability of yes: " in fitted
    assert sorted(p.name for p in Path().iterdir()) == [
        "m.json",
        "m.md",
        "m.skops",
        "t.csv",
    ]
    card = json.loads(Path("m.json").read_text())
    assert np.sum(card["expected"]["of_1000"]) == pytest.approx(1000, abs=0.01)
    rows = np.sum(card["expected"]["of_1000"], axis=1)
    share = (table()["ill"] == "yes").mean()
    np.testing.assert_allclose(rows, [1000 * (1 - share), 1000 * share], atol=0.01)
    assert {row["strategy"] for row in card["scores"]} == {"nothing", "random-under"}
    new = table(300, seed=1).drop(columns="ill")[["town", "person", "size", "amount"]]
    new.assign(extra="007").to_csv("new.csv", index=False)
    code, out, err = run("predict", "m.skops", "new.csv", "scored.csv")
    assert (code, err) == (0, "")
    assert "does not use: extra" in out
    assert "scored.csv: 300 rows." in out
    scored = pd.read_csv("scored.csv", dtype={"extra": str})
    pd.testing.assert_frame_equal(scored[list(new)], new.reset_index(drop=True))
    assert (scored["extra"] == "007").all()
    assert list(scored)[5:] == [
        "predicted",
        "probability_no",
        "probability_yes",
        "threshold",
    ]
    above = scored["probability_yes"] >= scored["threshold"]
    assert (scored["predicted"] == np.where(above, "yes", "no")).all()


def test_predictions_are_equal_for_all_file_formats(fitted, run):
    new = table(250, seed=1).drop(columns="ill")
    new.loc[::7, "size"] = np.nan
    new.to_csv("new.csv", index=False)
    new.to_csv("new.tsv.gz", index=False, sep="\t")
    new.set_index(np.arange(250)[::-1]).to_parquet("new.parquet", row_group_size=60)
    predictions = []
    for source in ("new.csv", "new.tsv.gz", "new.parquet"):
        for out in ("o.csv", "o.parquet"):
            code, _, err = run("predict", "m.skops", source, out, "--force")
            assert (code, err) == (0, "")
            scored = read_table(Path(out))
            predictions.append(scored[["predicted", "probability_yes"]])
    for other in predictions[1:]:
        pd.testing.assert_frame_equal(other.reset_index(drop=True), predictions[0])


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        ({"size": "threshold"}, "imbsuite_"),
        ({"amount": "probability_no"}, "imbsuite_"),
        ({"size": "predicted", "amount": "imbsuite_threshold"}, "imbsuite_" * 2),
        ({"ill": "predicted"}, "imbsuite_"),
        ({"size": "probability_maybe"}, ""),
    ],
)
def test_features_may_have_the_names_of_predictions(fitted, run, suffix, names, prefix):
    old, new = table(), table().rename(columns=names)
    new.to_csv("new.csv", index=False)
    new.to_parquet("new.parquet")
    target = names.get("ill", "ill")
    fit_new = ("fit", f"new.{suffix}", "--target", target, "--out", "new.skops", *QUICK)
    assert run(*fit_new)[::2] == (0, "")
    assert run("predict", "m.skops", "t.csv", "old.csv")[0] == 0
    code, out, err = run("predict", "new.skops", f"new.{suffix}", f"o.{suffix}")
    assert (code, err) == (0, "")
    assert "does not use" not in out
    expected, scored = pd.read_csv("old.csv"), read_table(Path(f"o.{suffix}"))
    pd.testing.assert_frame_equal(scored[list(new)], new)
    added = expected.drop(columns=list(old)).add_prefix(prefix)
    pd.testing.assert_frame_equal(scored.drop(columns=list(new)), added)


@pytest.mark.usefixtures("light")
def test_unused_column_with_the_name_of_predictions_is_rejected(run):
    new = table().assign(threshold=1.0, imbsuite_predicted=2.0)
    new.to_csv("t.csv", index=False)
    fit = ("fit", "t.csv", "--target", "ill", "--out", "m.skops", *QUICK)
    assert run(*fit, "--ignore", "imbsuite_predicted")[0] == 0
    code, _, err = run("predict", "m.skops", "t.csv", "o.csv")
    assert code == 1
    assert "already has a column called 'imbsuite_predicted'" in err
    new.drop(columns="imbsuite_predicted").to_csv("t.csv", index=False)
    assert run("predict", "m.skops", "t.csv", "o.csv")[0] == 0


@pytest.mark.parametrize(
    "names", [["town"], ["predicted"], ["size", "town"], ["i"] * 2]
)
def test_predictions_keep_the_index_of_pandas(fitted, run, names):
    new = table(250, seed=1).drop(columns="ill")
    levels = [np.arange(250)[::-1], np.repeat(list("abcde"), 50)][: len(names)]
    new.index = pd.MultiIndex.from_arrays(levels, names=names)
    if len(names) == 1:
        new.index = new.index.get_level_values(0)
    new.to_parquet("new.parquet", row_group_size=60)
    code, _, err = run("predict", "m.skops", "new.parquet", "o.parquet")
    assert (code, err) == (0, "")
    scored = pd.read_parquet("o.parquet")
    pd.testing.assert_frame_equal(scored[list(new)], new)
    assert list(scored)[4:7] == ["predicted", "probability_no", "probability_yes"]


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--for f1", "Decision: thresholds for f1, the metric by which"),
        ("--recall 0.8", "a recall of at least 0.8."),
        ("--cost fp=5,fn=amount", "least expected cost"),
        # The decision without options, and costs that are the same in all rows.
        pytest.param(
            "--for roc_auc",
            "strategies are chosen by roc_auc.",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "--cost fp=1,fn=9",
            "Decision: least expected cost (fp=1,fn=9).",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_decision_follows_the_options(run, options, words):
    table().to_csv("t.csv", index=False)
    fit = ("fit", "t.csv", "--target", "ill", "--out", "m.skops", *QUICKEST)
    code, out, err = run(*fit, "--groups", "person", *options.split())
    assert (code, err) == (0, "")
    assert words in out
    code, _, err = run("predict", "m.skops", "t.csv", "o.csv")
    assert (code, err) == (0, "")
    scored = pd.read_csv("o.csv")
    by_row = "amount" in options
    assert ("threshold" in scored) is not by_row
    if by_row:
        # A false negative costs its amount: "yes" is predicted above odds of 5:amount.
        p, amount = scored["probability_yes"], scored["amount"]
        expected = np.where(p * amount > (1 - p) * 5, "yes", "no")
        assert (scored["predicted"] == expected).all()


@pytest.mark.usefixtures("light")
def test_time_groups_and_weights_are_not_features(run):
    days = pd.date_range("2020", periods=200).strftime("%Y-%m-%d")
    frame = table().assign(day=days, weight=np.arange(200) % 3)
    frame.to_csv("t.csv", index=False)
    arguments = ("fit", "t.csv", "--target", "ill", "--out", "m.skops", *QUICK)
    beside = ("--time", "day", "--weights", "weight", "--groups", "person")
    code, _, err = run(*arguments, *beside, "--cost", "fp=1,fn=3")
    assert (code, err) == (0, "")
    card = json.loads(Path("m.json").read_text())
    names = [feature["name"] for feature in card["data"]["features"]]
    assert names == ["size", "town", "amount"]
    assert np.sum(card["expected"]["of_1000"]) == pytest.approx(1000, abs=0.01)
    code, _, err = run(*arguments, "--time", "day", "--repeats", "2", "--force")
    assert code == 2
    assert "--repeats cannot be used with --time" in err


@pytest.mark.usefixtures("light")
def test_fit_reports_sampled_rows(run):
    table(400).to_csv("t.csv", index=False)
    arguments = ("fit", "t.csv", "--target", "ill", "--out", "m.skops")
    code, out, _ = run(*arguments, *QUICK, "--sample-rows", "250")
    assert code == 0
    assert "Fitted to a sample of 250 of 400 rows" in out


BAD_FITS = {
    "--out m.pkl": "--out must end in .skops. Got m.pkl",
    "--out m.skops --recall 2": "--recall must be in (0, 1]. Got 2",
    "--out m.skops --recall .9 --for f1": "--for and --recall cannot be used together",
    "--out m.skops --for fun": "--for must be the name of a metric. Got 'fun'",
    "--out m.skops --cost fp=1": "fn is missing",
    "--out m.skops --cost fp=1,fn=amuont": "there is no column 'amuont'. Did you mean",
    "--out m.skops --positive maybe": "maybe",
    "--out no/m.skops": "no/m.skops",
}


@pytest.mark.parametrize("options", BAD_FITS)
def test_invalid_fit_options_print_one_line_and_write_nothing(options, run):
    table().to_csv("t.csv", index=False)
    code, _, err = run("fit", "t.csv", "--target", "ill", *options.split(), *QUICK)
    assert code > 0
    assert err.count("\n") == 1
    assert BAD_FITS[options] in err
    assert [p.name for p in Path().iterdir()] == ["t.csv"]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_rows_print_one_line_and_write_nothing(rows, run):
    table().iloc[:rows].to_csv("t.csv", index=False)
    arguments = ("fit", "t.csv", "--target", "ill", "--out", "m.skops")
    code, _, err = run(*arguments, *QUICK)
    assert code == 1
    assert err.count("\n") == 1
    assert [p.name for p in Path().iterdir()] == ["t.csv"]


def test_existing_model_is_not_overwritten_without_force(fitted, run):
    before = Path("m.skops").read_bytes()
    code, _, err = run("fit", "t.csv", "--target", "ill", "--out", "m.skops", *QUICK)
    assert code == 1
    assert "m.skops exists already; add --force" in err
    assert Path("m.skops").read_bytes() == before


def test_invalid_tables_to_predict_print_one_line_and_write_nothing(fitted, run):
    new = table()
    tables = {
        "lacks columns of the model: 'size'.": new.drop(columns="size"),
        "column 'size' must hold numbers": new.assign(size="big"),
        "already has a column called 'predicted'": new.assign(predicted=1),
        "has no rows": new.iloc[:0],
    }
    before = {p.name for p in Path().iterdir()}
    for words, frame in tables.items():
        frame.to_csv("new.csv", index=False)
        code, _, err = run("predict", "m.skops", "new.csv", "o.csv")
        assert code == 1
        assert err.count("\n") == 1
        assert words in err
        assert {p.name for p in Path().iterdir()} == before | {"new.csv"}


def test_row_of_an_invalid_cell_is_counted_from_the_start_of_the_file(fitted, run):
    big = pd.concat([table()] * 400, ignore_index=True).astype({"size": "object"})
    big.loc[70_000, "size"] = "big"
    big.to_csv("new.csv", index=False)
    code, _, err = run("predict", "m.skops", "new.csv", "o.csv")
    assert code == 1
    assert "Got 'big' in row 70,000 (counted from 0)" in err


def test_files_that_are_not_models_are_rejected(fitted, run):
    for model, words in {
        "t.csv": "t.csv is not a model that imbsuite has saved",
        "no.skops": "no.skops does not exist",
    }.items():
        code, _, err = run("predict", model, "t.csv", "o.csv")
        assert code == 1
        assert err.count("\n") == 1
        assert words in err
        assert not Path("o.csv").exists()
