"""Multilabel targets on the command line: ``compare --targets``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

from imbsuite.experiment import models
from imbsuite.files.checks import find_columns
from tests.several_labels import made

FAST = ["--strategies", "ml-ros", "--folds", "2", "--repeats", "1"]
NAMES = ["is_pump", "is_valve", "is_leak"]


@pytest.fixture
def table(monkeypatch) -> Path:
    """Return the path of a CSV file with three labels, and make the model fast."""
    monkeypatch.setattr(models, "default_models", lambda order: {"light": GaussianNB()})
    X, Y = made(150)
    frame = pd.DataFrame(X, columns=list("abcde")).assign(ward=np.arange(150) // 3)
    path = Path("alarms.csv")
    pd.concat([frame, pd.DataFrame(Y, columns=NAMES)], axis=1).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "targets",
    [
        "is_pump,is_v*,is_leak",  # both; a prefix alone is used below
        *(pytest.param(t, marks=pytest.mark.slow) for t in (",".join(NAMES), "is_*")),
    ],
)
def test_targets_are_names_and_prefixes(run, table, targets):
    options = ["--groups", "ward", "--json"]
    code, out, err = run("compare", table, "--targets", targets, *options, *FAST)
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert [row["label"] for row in document["classes"]] == NAMES
    assert document["rows"] == 150
    assert {row["label"] for row in document["labels"]} == set(NAMES)
    assert "y = X[labels]" in document["recipe"]


def test_text_and_report_show_each_label(run, table):
    page = Path("page.html")
    args = ("--targets", "is_*", "--report", page, *FAST)
    code, out, _ = run("compare", table, *args)
    assert code == 0
    assert "150 rows; labels: is_pump (" in out
    text = page.read_text()
    assert "Label by label" in text
    assert "What strategies did to the labels" in text
    assert "no <code>predict_proba</code>" not in text
    for name in NAMES:
        assert f"<bdi>{name}</bdi>" in text


def test_recipe_reads_the_same_labels(run, table):
    code, out, _ = run("compare", table, "--targets", "is_*", "--json", *FAST)
    assert code == 0
    reading = json.loads(out)["recipe"].partition("comparison =")[0]
    namespace: dict = {}
    exec(reading, namespace)  # noqa: S102 - our own recipe
    assert list(namespace["y"].columns) == NAMES
    assert list(namespace["X"].columns) == [*"abcde", "ward"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([], "one of --target"),
        (["--target", "is_pump", "--targets", "is_*"], "one of --target"),
        (["--targets", "is_*", "--positive", "1"], "--positive cannot be used"),
        (["--targets", "is_*", "--cost", "fp=1,fn=2"], "--cost cannot be used"),
        (["--targets", "is_*", "--sample-rows", "90"], "--sample-rows cannot be used"),
        (["--targets", "is_*", "--unlabeled", "-1"], "--unlabeled cannot be used"),
        (["--targets", "was_*"], "there is no column 'was_*'"),
        (["--targets", "is_pump,is_*"], "names the column 'is_pump' twice"),
        (["--targets", "is_pump,ward"], "must hold 0 and 1 only"),
    ],
)
def test_invalid_targets_and_options_are_rejected(run, table, args, sentence):
    code, _, err = run("compare", table, *args)
    assert code != 0
    assert sentence in " ".join(err.replace("│", " ").split())


def test_fit_requires_a_single_target(run, table):
    for args, sentence in (
        (["--targets", "is_*"], "--targets is for imbsuite compare"),
        ([], "--target is required"),
    ):
        code, _, err = run("fit", table, *args, "--out", "model.skops")
        assert code != 0
        assert sentence in " ".join(err.replace("│", " ").split())


def test_unknown_labels_are_rejected(run, table):
    frame = pd.read_csv(table)
    frame.loc[3, "is_pump"] = np.nan
    frame.to_csv(table, index=False)
    code, _, err = run("compare", table, "--targets", "is_*")
    assert code != 0
    assert "unknown labels (NaN or -1) in 1 cells, first of label 'is_pump'" in err
    assert "PartialLabelClassifier" in err


def test_exact_column_name_takes_precedence_over_prefix():
    assert find_columns(["a*", "ab"], ["a*"], "--targets") == ["a*"]
    assert find_columns(["ab", "a1", 5], ["a*", "5"], "--targets") == ["ab", "a1", 5]
