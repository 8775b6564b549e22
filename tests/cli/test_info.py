"""``info``: the content of a table, and its class sizes after each strategy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from imbsuite.datasets import load_abalone19
from imbsuite.experiment.strategies import STRATEGIES


def small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [1.5, None, 3.0, 4.0, 5.0, 6.0],
            "town": ["Ulm", "Ulm", None, "Ulm", "Ulm", "Ulm"],
            "gone": [None] * 6,
            "name": list("abcdef"),
            "ill": ["yes", "no", "no", "no", "no", "yes"],
        }
    )


def wide(n: int = 400) -> pd.DataFrame:
    """Return a table of 300 columns and 40 classes of unlike sizes."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n, 299))).rename(columns="c{}".format)
    frame.iloc[::2, :30] = np.nan
    sizes = np.r_[np.full(39, 2), n - 78]
    return frame.assign(y=np.repeat([f"k{i}" for i in range(40)], sizes))


def has_plan(strategy):
    """Members of an ensemble have their own rows, and reweighted members have all."""
    return strategy.classifier is None and strategy.wrapper is None


def test_info_prints_columns_classes_plans_and_notes(run):
    small().to_csv("t.csv", index=False)
    code, out, err = run("info", "t.csv", "--target", "ill")
    assert (code, err) == (0, "")
    columns, classes, plans, notes = out.partition("\n\n")[2].split("\n\n")
    assert out.startswith("t.csv: 6 rows, 5 columns, 26.7% of cells missing\n\n")
    assert [line.split(maxsplit=4) for line in columns.splitlines()] == [
        ["column", "kind", "missing", "distinct"],
        ["age", "numeric", "1", "5"],
        ["town", "categorical", "1", "1", "constant"],
        ["gone", columns.splitlines()[3].split()[1], "6", "0", "only missing values"],
        ["name", "categorical", "0", "6", "identifier"],
        ["ill", "categorical", "0", "2", "target"],
    ]
    assert [line.split() for line in classes.splitlines()[:3]] == [
        ["class", "rows", "share"],
        ["no", "4", "66.67%"],
        ["yes", "2", "33.33%"],
    ]
    title, head, *lines = plans.splitlines()
    assert (title, head.split()) == (
        "Rows of each class, by strategy",
        ["no", "yes", "strategies"],
    )
    assert lines[0].split() == ["4", "2", "nothing,", "class-weight"]
    assert "   4    3  temperature-2, temperature-5" in lines
    cleaned = " ".join(plans.partition("before cleaning removes rows:")[2].split())
    assert "smote-enn, ccr, smote-tomek" in cleaned
    assert "*" not in out
    assert "The largest class has 2.0 times as many rows as the smallest." in classes
    for name, strategy in STRATEGIES.items():
        assert (name in plans) == has_plan(strategy)
    assert notes.startswith(
        "Notes\n- column 'name' seems to be an identifier: the values"
    )
    assert "--ignore name leaves it out." in " ".join(notes.split())


def test_info_without_target_shows_only_columns(run):
    small().to_csv("t.csv", index=False)
    out = run("info", "t.csv")[1]
    assert "class" not in out
    small()[["age"]].head(1).to_csv("one.csv", index=False)
    assert run("info", "one.csv")[1].startswith("one.csv: 1 row, 1 column\n")
    document = json.loads(run("info", "t.csv", "--json")[1])
    assert set(document) == {"rows", "columns", "notes"}


def test_json_lists_all_columns_classes_and_plans(run):
    frame = wide()
    frame.to_parquet("t.parquet")
    code, out, err = run("info", "t.parquet", "--target", "y", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["rows"] == len(frame)
    assert [c["name"] for c in document["columns"]] == list(frame.columns)
    assert [c["missing"] for c in document["columns"]] == frame.isna().sum().tolist()
    sizes = {c["label"]: c["rows"] for c in document["classes"]}
    assert sizes == frame["y"].value_counts().to_dict()
    assert document["ratio"] == 2 / 322
    planned = {name for name, one in STRATEGIES.items() if has_plan(one)}
    assert {plan["strategy"] for plan in document["plans"]} == planned


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_plans_equal_class_sizes_after_resampling(run):
    X, y = load_abalone19(return_X_y=True)
    X, y = X[::8], y[::8]
    X.assign(rings=y).to_csv("t.csv", index=False)
    document = json.loads(run("info", "t.csv", "--target", "rings", "--json")[1])
    for plan in document["plans"]:
        sampler = clone(STRATEGIES[plan["strategy"]].sampler, safe=False)
        if not plan["cleaned"]:
            after = y if sampler is None else sampler.fit_resample(X, y)[1]
            sizes = {c["label"]: c["rows"] for c in plan["classes"]}
            assert sizes == pd.Series(after).value_counts().to_dict()


def test_many_columns_and_classes_are_summarized(run):
    wide().to_parquet("t.parquet")
    code, out, _ = run("info", "t.parquet", "--target", "y")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) < 70
    assert max(map(len, lines)) <= 90
    assert lines[3].split() == ["numeric", "299", "30"]
    assert "20 of 30 with missing or single values (--json lists all columns)" in lines
    assert "... 20 more (--json lists all)" in lines
    assert "(of the largest and the smallest class; --json lists all)" in lines


def test_many_complete_columns_are_not_listed(run):
    wide().drop(columns="y").iloc[:, 40:].to_csv("t.csv", index=False)
    out = run("info", "t.csv")[1]
    assert "No column has missing values or a single value." in out
    assert "cells missing" not in out
    assert "distinct" not in out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("[bold red]x", "[bold red]x"),
        ("\x1b[31mred\n\u202e", "\\x1b[31mred\\n\\u202e"),
        ("ü☃", "ü☃"),
        ("n" * 99, "n" * 37 + "..."),
    ],
)
def test_control_characters_are_escaped_and_long_names_truncated(run, name, text):
    frame = small().rename(columns={"age": name})
    frame["ill"] = frame["ill"].replace({"yes": name})
    frame.to_parquet("t.parquet")
    code, out, _ = run("info", "t.parquet", "--target", "ill")
    assert code == 0
    starts = [line for line in out.splitlines() if line.startswith(f"{text} ")]
    assert len(starts) == 2
    assert out.isascii() or name == "ü☃"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nope.csv", "nope.csv does not exist"),
        ("-", "standard input (-) cannot be read"),
        (".", ". is a directory"),
        ("t.docx", "t.docx is neither a CSV"),
        ("t.csv --target il", "Did you mean 'ill'?"),
        ("t.csv --target gone", "column 'gone' has missing values in 6 of 6 rows"),
        ("long.csv --target id", "column 'id' has 10,000 distinct values"),
    ],
)
def test_invalid_input_prints_one_line_of_advice(run, arguments, message):
    small().to_csv("t.csv", index=False)
    Path("t.docx").write_text("a", encoding="utf-8")
    pd.DataFrame({"id": range(10_000), "ill": 0}).to_csv("long.csv", index=False)
    code, out, err = run("info", *arguments.split())
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert message in err


def test_infinite_values_and_missing_value_codes_are_noted(run):
    rng = np.random.default_rng(0)
    age = np.where(np.arange(60) % 6 == 0, -999, rng.integers(18, 80, 60))
    frame = pd.DataFrame({"age": age, "ratio": rng.normal(size=60)})
    frame["nines"] = np.arange(60) % 20 + 90  # 99 is an ordinary value
    frame["tail"] = np.where(np.arange(60) == 7, 99_999, rng.integers(0, 9, 60))
    frame.to_csv("t.csv", index=False)
    (note,) = json.loads(run("info", "t.csv", "--json")[1])["notes"]
    assert "missing value in column 'age' (-999 in 10 rows)" in note
    frame.loc[[3, 4], "ratio"] = np.inf
    frame["tail"] = frame["tail"].astype(float).replace(99_999.0, -np.inf)
    frame.to_csv("t.csv", index=False)
    first, _ = json.loads(run("info", "t.csv", "--json")[1])["notes"]
    assert first.startswith("infinite values in columns 'ratio' (2), 'tail' (1): ")
