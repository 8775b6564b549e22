"""``compare``: results on standard output, one-line errors on standard error."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import chdir, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from comparisons import numeric_table
from rich.console import Console

from imbsuite.cli import progress
from imbsuite.experiment import workers
from imbsuite.explore import compare, with_options
from imbsuite.files.atomic import atomic_write
from imbsuite.files.checks import find_column
from imbsuite.files.reading import read_table
from imbsuite.folds.stratified import StratifiedFolds

# Starting processes takes longer than all fits of a light model.
FAST = ["--strategies", "random-over", "--folds", "2", "--repeats", "1", "--jobs", "1"]


def frame(n: int = 60) -> pd.DataFrame:
    """Return a table of numbers and text, with its target in the column "ill"."""
    rng = np.random.default_rng(0)
    ill = np.arange(n) % 3 == 0
    return pd.DataFrame(
        {
            "age": rng.integers(20, 90, n) + 10 * ill,
            "town": rng.choice(["Ulm", "Bonn", None], n),
            "ward": np.arange(n) // 4,
            "ill": np.where(ill, "yes", "no"),
        }
    )


@pytest.fixture
def table() -> Path:
    """Return the path of a CSV file."""
    path = Path("table.csv")
    frame().to_csv(path, index=False)
    return path


@pytest.fixture
def parameters(monkeypatch) -> dict:
    """Record the arguments instead of comparing: no process starts, no model fits."""
    passed: dict = {}

    def record(X, y, options, **run):
        passed.update(X=X, y=y, **vars(options), **run)
        run["progress"](0, 1)
        return Stand()

    monkeypatch.setattr(with_options, "compare_with", record)
    monkeypatch.setattr(workers, "early_workers", lambda _: nullcontext(lambda: None))
    return passed


@dataclass(frozen=True)
class Stand:
    """Stand-in for a result."""

    recipe: str = "# X: a table\ncompare(X, y)"
    finished: tuple[int, int] = (1, 1)

    def __str__(self) -> str:
        return "the result"

    def to_dict(self) -> dict:
        return {"answer": 42}


# --- Output --------------------------------------------------------------------------


def test_text_names_the_default_models(run, table):
    # The default models, with no more fits than it takes to name them.
    few = ["--strategies", "nothing", "--folds", "2", "--repeats", "1"]
    code, out, err = run("compare", table, "--target", "ill", *few)
    assert code == 0
    assert err == ""
    assert (
        "60 rows; classes: no (40), yes (20); positive class: yes. 2 test folds." in out
    )
    for name in ("logistic regression", "histogram gradient boosting"):
        assert f"- {name}: " in out


@pytest.mark.usefixtures("light")
def test_json_is_the_only_output(run, table):
    code, out, err = run("compare", table, "--target", "ill", "--json", *FAST)
    assert code == 0
    assert err == ""
    document = json.loads(out)
    assert document["rows"] == 60
    assert len(document["sentences"]) == 1
    assert {row["strategy"] for row in document["summary"]} == {
        "nothing",
        "tuned-threshold",
        "random-over",
    }


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("label", ["yes", "no"])
def test_positive_option_sets_the_positive_class(run, table, label):
    code, out, _ = run("compare", table, "--target", "ill", "--positive", label, *FAST)
    assert code == 0
    assert f"positive class: {label}." in out


@pytest.mark.parametrize(
    ("values", "text", "label"),
    [
        ([1, 2], "1", 1),
        ([1, 2], "2.0", 2),
        ([1.0, 2.0], "1", 1.0),
        ([True, False], "true", True),
        (["a", "b"], "b", "b"),
        ([1, 2], None, 2),
        (["a", "b", "c"], None, None),
        (["a", "b", "c"], "b", "b"),
    ],
)
def test_positive_label_has_the_type_of_the_target(
    run, parameters, values, text, label
):
    ill = np.resize([*values, values[0], values[0]], 60)
    pd.DataFrame({"x": range(60), "ill": ill}).to_csv("t.csv", index=False)
    options = [] if text is None else ["--positive", text]
    code, _, err = run("compare", "t.csv", "--target", "ill", *options)
    assert (code, err) == (0, "")
    assert parameters["pos_label"] == label
    assert type(parameters["pos_label"]) is type(label)


@pytest.mark.parametrize(
    ("values", "options", "says"),
    [
        ([1, 2], ["--positive", "yes"], "one of the classes [1, 2]. Got 'yes'"),
        (["a", "b"], ["--positive", "A"], "['a', 'b']. Got 'A'"),
        (["a", "b"], [], "Pass --positive"),
    ],
)
def test_invalid_or_missing_positive_class_is_rejected(
    run, parameters, values, options, says
):
    ill = np.resize(values, 60)
    pd.DataFrame({"x": range(60), "ill": ill}).to_csv("t.csv", index=False)
    code, out, err = run("compare", "t.csv", "--target", "ill", *options)
    assert (code, out, parameters) == (1, "", {})
    assert says in err


@pytest.mark.usefixtures("light")
def test_cost_option(run, table):
    code, out, _ = run(
        "compare", table, "--target", "ill", "--cost", "fp=1, fn=20", *FAST
    )
    assert code == 0
    assert "At these costs" in out


@pytest.mark.usefixtures("light")
def test_cost_column_equals_a_constant_cost(run, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=120)
    ill = np.where(x + rng.normal(size=120) > 1, "yes", "no")
    path = tmp_path / "ill.csv"
    amount = np.full(120, 20)
    pd.DataFrame({"x": x, "amount": amount, "ill": ill}).to_csv(path, index=False)
    call = ["compare", path, "--target", "ill", "--json", *FAST, "--cost"]
    by_column, by_number = (
        json.loads(run(*call, cost)[1])["scores"]
        for cost in ("fp=1, fn=amount", "fp=1,fn=20")
    )
    costs = [row for row in by_column if row["metric"] == "cost"]
    assert costs
    assert costs == [row for row in by_number if row["metric"] == "cost"]


@pytest.mark.parametrize(
    ("cost", "says"),
    [
        ("fp=1,fn", "have the form fp=1,fn=20. Got fp=1,fn instead: each cost needs"),
        ("1,20", "Got 1,20 instead"),
        ("", "each cost needs a name and a value"),
        ("fp=1,fx=2", "'fx' is unknown; use fp and fn"),
        ("fp=1", "Got fp=1 instead: fn is missing"),
        ("fn=1,tn=0", "fp is missing"),
        ("tp=0", "fp is missing"),
        ("fp=1,fn=2,fp=3", "a name is repeated"),
        ("fp=1,fn=nan", "must hold finite numbers or names of columns. Got nan"),
        ("fp=1,fn=agee", "--cost: there is no column 'agee'."),
    ],
)
def test_invalid_costs_are_rejected(run, table, cost, says):
    code, out, err = run("compare", table, "--target", "ill", "--cost", cost, *FAST)
    assert code == 1
    assert out == ""
    assert says in err
    assert "{" not in err  # Python syntax is no help in a shell
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["a", "b", "c"], "it requires two classes, and the target has 3."),
        (["fn", "fp"], "ambiguous with the classes ['fn', 'fp']"),
    ],
)
def test_costs_that_do_not_fit_the_classes_are_rejected(run, labels, says):
    table = frame().assign(ill=np.resize(labels, 60))
    table.to_csv("table.csv", index=False)
    call = ["compare", "table.csv", "--target", "ill", *FAST]
    positive = [] if len(labels) > 2 else ["--positive", "fp"]
    code, out, err = run(*call, *positive, "--cost", "fp=1,fn=2")
    assert code == 1
    assert out == ""
    assert says in err
    assert "{" not in err


@pytest.mark.usefixtures("light")
def test_cost_column_may_be_called_inf(run):
    frame().assign(inf=2.0).to_csv("table.csv", index=False)
    call = ["compare", "table.csv", "--target", "ill", "--cost", "fp=1,fn=inf", *FAST]
    code, out, _ = run(*call)
    assert code == 0
    assert "At these costs" in " ".join(out.split())  # wherever lines break


def test_ordered_option(run, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=90)
    grade = np.array(["poor", "fair", "good"])[np.digitize(x, [-0.4, 0.4])]
    path = tmp_path / "wine.csv"
    pd.DataFrame({"x": x + rng.normal(size=90), "grade": grade}).to_csv(
        path, index=False
    )
    order = ["--ordered", "poor,fair,good", "--strategies", "nothing"]
    order += ["--folds", "2", "--repeats", "1", "--jobs", "1"]
    code, out, _ = run("compare", path, "--target", "grade", *order)
    assert code == 0
    assert "\nPRESTO\n" in out
    code, _, err = run(
        "compare", path, "--target", "grade", "--ordered", "poor,fair", *FAST
    )
    assert code == 1
    assert "must list each of the labels" in err


@pytest.mark.usefixtures("light")
def test_csv_parquet_and_python_agree(run, table):
    pd.read_csv(table).to_parquet("table.parquet")
    results = []
    for path in (table, "table.parquet"):
        _, out, _ = run("compare", path, "--target", "ill", "--json", *FAST)
        results.append(json.loads(out)["scores"])
    X = frame()
    y = X.pop("ill")
    direct = compare(X, y, strategies=["random-over"], cv=StratifiedFolds(2, 1))
    results.append(direct.to_dict()["scores"])
    first, *others = (
        [row for row in scores if row["metric"] != "fit_time"] for scores in results
    )
    for other in others:
        assert other == first


def test_options_are_passed_to_compare(run, table, parameters):
    options = ["--folds", "4", "--repeats", "3", "--seed", "7", "--jobs", "2"]
    options += ["--minutes", "1.5"]
    names = ["--strategies", "smote, random-over"]
    code, out, _ = run("compare", table, "--target", "ill", *options, *names)
    assert (code, out) == (0, "the result\n")
    assert (parameters["cv"].n_folds, parameters["cv"].n_repeats) == (4, 3)
    assert parameters["random_state"] == 7
    assert parameters["n_jobs"] == 2
    assert parameters["budget"] == 90
    assert parameters["strategies"] == ["smote", "random-over"]
    assert parameters["groups"] is None
    assert list(parameters["X"].columns) == ["age", "town", "ward"]
    assert sorted(set(parameters["y"])) == ["no", "yes"]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("boosting, under-bagged 1:4", ["boosting, under-bagged 1:4"]),
        ("smote,boosting, under-bagged 1:4, random-over", None),
        ('smote, "boosting, under-bagged 1:4",random-over', None),
        ("balanced forest,easy ensemble", ["balanced forest", "easy ensemble"]),
    ],
)
def test_strategy_names_may_contain_commas(run, table, parameters, listed, expected):
    run("compare", table, "--target", "ill", "--strategies", listed)
    between = ["smote", "boosting, under-bagged 1:4", "random-over"]
    assert parameters["strategies"] == (expected or between)


def test_labels_and_columns_may_contain_commas(run, parameters):
    grades = ["low, or none", "mid", "high"]
    X = pd.DataFrame({"a, b": range(30), "grade": grades * 10, "y": [0, 1, 1] * 10})
    X.to_csv("t.csv", index=False)
    listed = '"low, or none",mid,high'
    run("compare", "t.csv", "--target", "grade", "--ordered", listed)
    assert parameters["ordered"] == grades
    run("compare", "t.csv", "--target", "y", "--cost", 'fp=1,"fn=a, b"')
    assert parameters["cost"]["fn"] == "a, b"


def test_defaults(run, table, parameters):
    run("compare", table, "--target", "ill")
    assert (parameters["cv"].n_folds, parameters["cv"].n_repeats) == (5, 2)
    assert parameters["strategies"] is None
    assert parameters["budget"] is None
    assert parameters["random_state"] == 0


def test_groups_are_not_a_feature(run, table, parameters):
    code, _, _ = run("compare", table, "--target", "ill", "--groups", "ward")
    assert code == 0
    assert list(parameters["X"].columns) == ["age", "town"]
    assert parameters["groups"].tolist() == frame()["ward"].tolist()


@pytest.mark.usefixtures("light")
def test_groups_end_to_end(run, table):
    arguments = ["--target", "ill", "--groups", "ward", "--json", *FAST]
    code, out, _ = run("compare", table, *arguments)
    assert code == 0
    assert json.loads(out)["folds"] == 2


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("out.txt", [], "the result\n"),
        ("out.txt", ["--json"], '{\n "answer": 42\n}\n'),
        ("out.json", [], '{\n "answer": 42\n}\n'),
        ("out", [], "the result\n"),
    ],
)
@pytest.mark.usefixtures("parameters")
def test_output_to_a_file(run, table, path, options, expected):
    code, out, _ = run("compare", table, "--target", "ill", "-o", path, *options)
    assert (code, out) == (0, "")
    assert Path(path).read_text(encoding="utf-8") == expected
    assert {p.name for p in Path().iterdir()} == {"table.csv", path}


@pytest.mark.usefixtures("parameters")
def test_output_replaces_an_existing_file(run, table):
    Path("out.txt").write_text("old", encoding="utf-8")
    run("compare", table, "--target", "ill", "--output", "out.txt")
    assert Path("out.txt").read_text(encoding="utf-8") == "the result\n"


def test_existing_output_is_kept_on_error(run, table):
    Path("out.txt").write_text("old", encoding="utf-8")
    code, _, _ = run("compare", table, "--target", "no such", "--output", "out.txt")
    assert code == 1
    assert Path("out.txt").read_text(encoding="utf-8") == "old"
    assert {p.name for p in Path().iterdir()} == {"table.csv", "out.txt"}


@pytest.mark.usefixtures("light")
def test_files_are_written_when_the_budget_ends(run, table):
    many = ["--strategies", "random-over", "--folds", "2", "--repeats", "200"]
    files = ["--output", "out.json", "--report", "out.html"]
    options = ["--minutes", "0.02", "--jobs", "1", *many, *files]
    code, out, err = run("compare", table, "--target", "ill", *options)
    assert (code, out, err) == (0, "", "")
    written = json.loads(Path("out.json").read_text())
    done, planned = written["finished"]
    assert 2 <= done < planned == 800
    assert written["notes"][0].startswith(f"the budget ended after {done} of 800 fits")
    assert "budget=1.2" in written["recipe"]
    assert "the budget ended" in Path("out.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("light")
def test_budget_too_small_for_a_fold_is_rejected(run, table):
    options = ["--minutes", "1e-9", "--jobs", "1", "--output", "out.txt"]
    code, out, err = run("compare", table, "--target", "ill", *options)
    assert (code, out) == (1, "")
    assert err.startswith("imbsuite: The budget ended after")
    assert "--minutes" in err
    assert err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == [table.name]


@pytest.mark.usefixtures("parameters")
def test_no_progress_bar_without_a_terminal(run, table):
    _, _, err = run("compare", table, "--target", "ill")
    assert err == ""


@pytest.mark.usefixtures("parameters")
def test_progress_bar_on_a_terminal(run, table, monkeypatch):
    def terminal(**options):
        return Console(force_terminal=True, width=80, **options)

    monkeypatch.setattr(progress, "Console", terminal)
    code, out, err = run("compare", table, "--target", "ill")
    assert (code, out) == (0, "the result\n")
    assert "fits" in err
    assert "0/1" in err


def test_demo(run, parameters, monkeypatch):
    datasets = ModuleType("imbsuite.datasets")
    datasets.load_abalone19 = lambda **options: ("X", "y")
    monkeypatch.setitem(sys.modules, "imbsuite.datasets", datasets)
    code, out, err = run("demo", "--seed", "3")
    assert (code, out) == (0, "the result\n")
    assert err.startswith("Abalone shells, 32 of 4,174")
    assert "on five folds, without repeats: less than 20 seconds" in err
    assert (parameters["X"], parameters["y"], parameters["random_state"]) == (
        "X",
        "y",
        3,
    )
    assert (len(parameters["strategies"]), parameters["cv"]) == (
        2,
        StratifiedFolds(5, 1),
    )
    # The introduction is not part of the JSON.
    assert json.loads(run("demo", "--json")[1]) == {"answer": 42}


# --- Unusual tables that are valid ---------------------------------------------------


@pytest.mark.usefixtures("light")
def test_unusual_column_names(run):
    names = ["<script>alert(1)</script>", "[bold red]", "a,b", "ü \u202e", "1", "a b"]
    odd = frame().rename(columns={"ill": "[red]ill?"})
    odd = odd.assign(**dict.fromkeys(names, odd["age"]))
    odd.to_csv("odd.csv", index=False)
    code, out, err = run("compare", "odd.csv", "--target", "[red]ill?", "--json", *FAST)
    assert (code, err) == (0, "")
    assert json.loads(out)["rows"] == 60


@pytest.mark.usefixtures("light")
def test_unusual_labels(run):
    odd = frame().replace({"ill": {"yes": "<b>[red]yes", "no": "no, \u2603"}})
    odd.to_csv("odd.csv", index=False)
    code, out, _ = run("compare", "odd.csv", "--target", "ill", *FAST)
    assert code == 0
    assert "<b>[red]yes (20)" in out
    assert "no, \u2603 (40)" in out


@pytest.mark.usefixtures("light")
def test_digit_strings_stay_text_in_parquet_but_not_in_csv(run):
    # Parquet keeps "007" as text; a CSV column of digits becomes numbers.
    X = frame()
    X["code"] = [f"{i % 7:03d}" for i in range(len(X))]
    X["ill"] = np.where(X["ill"] == "yes", "01", "00")
    X.to_parquet("digits.parquet")
    X.to_csv("digits.csv", index=False)
    for path, labels in [("digits.parquet", ["00", "01"]), ("digits.csv", [0, 1])]:
        code, out, _ = run("compare", path, "--target", "ill", "--json", *FAST)
        assert code == 0
        assert [c["label"] for c in json.loads(out)["classes"]] == labels


def test_column_names_may_be_numbers(run, parameters):
    numbered = frame().set_axis(range(4), axis="columns")
    numbered.to_parquet("numbered.parquet")
    code, _, _ = run("compare", "numbered.parquet", "--target", "3")
    assert code == 0
    assert len(parameters["X"].columns) == 3


@pytest.mark.parametrize(
    ("path", "written_with", "options"),
    [
        ("t.csv", ";", ["--separator", ";"]),
        ("t.tsv", "\t", []),
        ("t.TXT", ",", []),
        ("t.csv.gz", ",", []),
    ],
)
def test_separators_and_suffixes(run, parameters, path, written_with, options):
    frame().to_csv(path, sep=written_with, index=False)
    code, _, _ = run("compare", path, "--target", "ill", *options)
    assert code == 0
    assert list(parameters["X"].columns) == ["age", "town", "ward"]


def test_long_mixed_column_is_read_as_strings():
    # Reading in chunks, pandas would warn of mixed types, and produce them.
    n = 300_000
    mixed = ["1"] * (n - 1) + ["one"]
    pd.DataFrame({"a": mixed, "y": 0}).to_csv("long.csv", index=False)
    assert {type(v) for v in read_table(Path("long.csv"))["a"]} == {str}


# --- Errors --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory) -> Path:
    """Return a folder of files to copy: writing takes longer than rejecting one."""
    folder = tmp_path_factory.mktemp("bad")
    with chdir(folder):
        make_bad_files()
    return folder


def make_bad_files() -> None:
    """Write invalid tables, one for each reason."""
    Path("empty.csv").touch()
    Path("empty.parquet").touch()
    Path("header.csv").write_text("a,ill\n", encoding="utf-8")
    Path("blank.csv").write_text("\n\n", encoding="utf-8")
    Path("ragged.csv").write_text("a,ill\n1,0\n1,2,3\n", encoding="utf-8")
    Path("shifted.csv").write_text("a,ill\n1,2,3\n4,5,6\n", encoding="utf-8")
    Path("quote.csv").write_text('a,ill\n"1,0\n', encoding="utf-8")
    Path("latin.csv").write_bytes("a,ill\nM\xfcnchen,1\n".encode("latin-1"))
    Path("binary.parquet").write_bytes(b"no parquet at all")
    Path("notes.docx").write_text("a", encoding="utf-8")
    Path("folder.csv").mkdir()
    rng = np.random.default_rng(0)
    targets = {
        "identifiers": np.arange(10_000),
        "price": rng.normal(size=10_000),
        "constant": 1,
        "gappy": np.where(np.arange(10_000) < 12, None, "a"),
        "lonely": np.arange(10_000) == 5,
    }
    pd.DataFrame({"a": 1.0} | targets).to_csv("targets.csv", index=False)
    pd.DataFrame({"ill": [0, 1] * 10}).to_csv("alone.csv", index=False)
    frame().to_csv("semicolons.csv", sep=";", index=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nope.csv --target ill", "nope.csv does not exist"),
        ("folder.csv --target ill", "folder.csv is a directory; pass a CSV"),
        (". --target ill", ". is a directory"),
        ("empty.csv --target ill", "empty.csv is empty"),
        ("empty.parquet --target ill", "empty.parquet is empty"),
        ("header.csv --target ill", "header.csv has no rows below its header"),
        ("blank.csv --target ill", "blank.csv does not parse"),
        ("ragged.csv --target ill", "line 3, saw 3"),
        ("shifted.csv --target ill", "shifted.csv has more fields"),
        ("quote.csv --target ill", "quote.csv does not parse"),
        ("latin.csv --target ill", "latin.csv is not UTF-8 text"),
        (
            "binary.parquet --target ill",
            "binary.parquet is not a readable Parquet file",
        ),
        ("notes.docx --target ill", "notes.docx is neither a CSV"),
        ("table.csv --target il", "Did you mean 'ill'?"),
        ("table.csv --target zz", "columns are 'age', 'town', 'ward', 'ill'."),
        ("table.csv --target ill --groups wrd", "--groups: there is no column 'wrd'."),
        ("table.csv --target ill --groups ill", "--groups: there is no column 'ill'."),
        ("semicolons.csv --target ill", "add --separator ';'"),
        (
            "targets.csv --target identifiers",
            "column 'identifiers' has 10,000 distinct",
        ),
        ("targets.csv --target price", "column 'price' holds fractions such as"),
        ("targets.csv --target constant", "column 'constant' has only one class, 1"),
        ("targets.csv --target gappy", "missing values in 12 of 10,000 rows; drop"),
        ("targets.csv --target lonely", "two classes with 2 rows or more"),
        ("alone.csv --target ill", "X has 0 feature"),
        ("table.csv --target ill --strategies smot", "Did you mean 'smote'?"),
        ("table.csv --target ill --strategies x", "nothing, class-weight, random-over"),
        ("table.csv --target ill --jobs 0", "n_jobs"),
        ("table.csv --target ill --output nope/x.json", "cannot write nope/x.json: No"),
        ("table.csv --target ill --output -", "cannot write to standard output (-)"),
        ("table.csv --target ill --output folder.csv", "folder.csv: it is not a file"),
        ("table.csv --target ill --output table.csv/x", "cannot write table.csv/x"),
        # The output path is checked before anything else.
        ("nope.csv --target ill --output nope/x.txt", "cannot write nope/x.txt"),
    ],
)
@pytest.mark.usefixtures("table")
def test_invalid_input_prints_one_line_of_advice(run, bad_files, arguments, message):
    shutil.copytree(bad_files, Path(), dirs_exist_ok=True)
    before = sorted(Path().iterdir())
    code, out, err = run("compare", *arguments.split())
    assert code == 1
    assert out == ""
    assert err.startswith("imbsuite: ")
    assert err.count("\n") == 1
    assert message in err
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("compar", "compar"),
        ("compare", "Try 'imbsuite compare --help'."),
        ("compare table.csv", "--target"),
        ("compare table.csv --target ill --folds 1", "--folds"),
        ("compare table.csv --target ill --folds two", "--folds"),
        ("compare table.csv --target ill --repeats 0", "--repeats"),
        *(
            (f"compare table.csv --target ill --minutes {n}", "--minutes")
            for n in ("0", "-5", "nan", "inf", "five")
        ),
        ("compare table.csv --target ill --seed -1", "--seed"),
        ("compare table.csv --target ill --unknown", "--unknown"),
        ("compare table.csv more.csv --target ill", "more.csv"),
    ],
)
@pytest.mark.usefixtures("table")
def test_invalid_options_print_one_line_of_advice(run, arguments, message):
    code, out, err = run(*arguments.split())
    assert code == 2
    assert out == ""
    assert err.startswith("imbsuite: ")
    assert err.count("\n") == 1
    assert message in err


def test_many_columns_are_not_all_listed():
    wide = pd.DataFrame(0, index=[0], columns=[f"column number {i}" for i in range(99)])
    with pytest.raises(ValueError, match=re.escape("'column number 3'")) as error:
        find_column(wide.columns, "target", "--target")
    assert len(str(error.value)) < 500
    assert str(error.value).endswith(" ....")


@pytest.mark.parametrize("path", [os.devnull, "folder"])
def test_atomic_write_rejects_paths_that_are_not_files(path):
    Path("folder").mkdir()
    with (
        pytest.raises(IsADirectoryError, match="it is not a file"),
        atomic_write(Path(path)),
    ):
        pass
    assert not Path(path).is_file()


def test_failed_atomic_write_leaves_no_file():
    path = Path("out.txt")

    def fail() -> None:
        with atomic_write(path) as stream:
            stream.write("half")
            assert not path.exists()
            stream.write(1)

    with pytest.raises(TypeError, match="must be str"):
        fail()
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ValueError("a\nb"), 1, "imbsuite: a b\n"),
        (OSError("disk"), 1, "imbsuite: disk\n"),
        (ImportError("skrub"), 1, "imbsuite: skrub\n"),
        (ZeroDivisionError("by 0"), 1, "imbsuite: ZeroDivisionError: by 0\n"),
        (ValueError(), 1, "imbsuite: ValueError: \n"),
        (KeyboardInterrupt(), 130, "imbsuite: interrupted; nothing was written.\n"),
    ],
)
def test_errors_and_interrupts_print_one_line(
    run, table, monkeypatch, error, code, message
):
    def fail(X, y, options, **run):
        raise error

    monkeypatch.setattr(with_options, "compare_with", fail)
    outcome = run("compare", table, "--target", "ill", "--output", "out.txt")
    assert outcome == (code, "", message)
    assert not Path("out.txt").exists()


@pytest.mark.parametrize("package", ["skrub", "pyarrow"])
def test_missing_packages_are_named(run, table, monkeypatch, package):
    path = table
    if package == "pyarrow":
        path = Path("table.parquet")
        frame().to_parquet(path)
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = run("compare", path, "--target", "ill")
    assert code == 1
    assert err == (
        f"imbsuite: this needs {package}; run pip install 'imbsuite[explore]'.\n"
    )


# --- The program ---------------------------------------------------------------------


def program(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess:
    """Run the program, or this code, in a new process."""
    start = ["-m", "imbsuite"] if code is None else ["-c", code]
    return subprocess.run(
        [sys.executable, *start, *arguments],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_missing_cli_extra_is_named(package):
    code = (
        f"import sys; sys.modules[{package!r}] = None;"
        "from imbsuite.cli import main; sys.exit(main())"
    )
    ran = program("compare", code=code)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1
    assert "pip install 'imbsuite[cli]'" in ran.stderr


def test_python_m_imbsuite():
    ran = program("compare", "nope.csv", "--target", "ill")
    assert ran.returncode == 1
    assert ran.stderr == (
        "imbsuite: nope.csv does not exist; check the spelling and the folder.\n"
    )


def test_help_shows_examples(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in ("compare", "demo"):
        assert command in out
        code, text, _ = run(command, "--help")
        assert code == 0
        assert "Examples:" in text
        assert f"  imbsuite {command}" in text
    assert "--target" in run("compare", "--help")[1]


def test_unencodable_characters_are_replaced():
    frame().rename(columns={"age": "\u2603"}).to_csv("snow.csv", index=False)
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ran = subprocess.run(
        [sys.executable, "-m", "imbsuite", "info", "snow.csv"],
        capture_output=True,
        check=False,
        env=environment,
    )
    assert ran.returncode == 0
    assert b"\n?  " in ran.stdout


@pytest.mark.usefixtures("light")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_duplicates_are_split_only_with_the_option(run, tmp_path):
    X, y = numeric_table((60, 20))
    table = pd.DataFrame(np.tile(X, (2, 1)), columns=["a", "b"])
    table["y"] = np.tile(np.where(y == 1, "ill", "well"), 2)
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    usual = ("compare", str(path), "--target", "y", "--strategies", "random-over")
    usual += ("--folds", "2", "--repeats", "1", "--jobs", "1", "--json")
    for options, words in (
        ((), "Folds keep"),
        (("--copies", "split"), "fitted to a copy"),
    ):
        code, out, _ = run(*usual, *options)
        assert code == 0
        result = json.loads(out)
        assert any(words in note for note in result["notes"])
        assert ("copies='split'" in result["recipe"]) is bool(options)
    code, _, err = run(*usual, "--copies", "always")
    assert code == 2
    assert "'always'" in err


def dated_table(path: Path) -> pd.DataFrame:
    X, y = numeric_table((240, 160))
    table = pd.DataFrame(X, columns=["a", "b"])
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(400) // 4, "D")
    table["day"] = day.strftime("%Y-%m-%d")
    table["number"] = np.arange(400) // 4
    table["y"] = np.where(y == 1, "ill", "well")
    table.to_csv(path, index=False)
    return table


@pytest.mark.usefixtures("light")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--time", "day", "--embargo", "7 days"), "embargo='7 days'"),
        (("--time", "number", "--embargo", "7"), "embargo=7.0"),
    ],
)
def test_folds_in_time(run, tmp_path, options, code):
    dated_table(tmp_path / "table.csv")
    usual = ("--target", "y", "--strategies", "random-over", "--folds", "3")
    usual += ("--jobs", "1", "--json")
    ended, out, err = run("compare", str(tmp_path / "table.csv"), *usual, *options)
    assert ended == 0, err
    result = json.loads(out)
    assert result["folds"] == 3
    assert options[1] not in [column["name"] for column in result["columns"]]
    assert "intervals are approximate" in " ".join(result["notes"])
    assert f"times = X.pop('{options[1]}')" in result["recipe"]
    assert code in result["recipe"]
    assert "times=times" in result["recipe"]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            lambda n: ["", *["2024-01-01"] * (n - 1)],
            "times has missing values, in a row",
        ),
        (lambda n: ["2024-01-01"] * n, "times must have two values or more"),
        (
            lambda n: [f"{i % 28 + 1}.1.2024" for i in range(n)],
            "times must hold numbers",
        ),
    ],
)
def test_invalid_times_are_rejected_before_any_work(run, tmp_path, column, words):
    path, page = tmp_path / "table.csv", tmp_path / "page.html"
    table = dated_table(path)
    table.assign(day=column(len(table))).to_csv(path, index=False)
    usual = ("compare", str(path), "--target", "y", "--time", "day")
    code, out, err = run(*usual, "--report", str(page))
    assert (code, out) == (1, "")
    assert words in err
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--embargo", "7"), "--embargo requires --time"),
        (("--time", "day", "--repeats", "2"), "--repeats cannot be used with --time"),
    ],
)
def test_options_incompatible_with_time_are_rejected(run, tmp_path, options, words):
    dated_table(tmp_path / "table.csv")
    usual = ("compare", str(tmp_path / "table.csv"), "--target", "y")
    code, _, err = run(*usual, *options)
    assert code == 2
    assert words in err


@pytest.mark.usefixtures("light")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_weights_column(run, table):
    weighted = pd.read_csv(table)
    weighted["w"] = np.random.default_rng(0).uniform(0.5, 2, len(weighted)).round(3)
    weighted.to_csv(table, index=False)
    usual = ("compare", str(table), "--target", "ill", *FAST)
    code, out, err = run(*usual, "--json", "--weights", "w")
    assert code == 0, err
    result = json.loads(out)
    assert "w" not in [column["name"] for column in result["columns"]]
    assert "sample_weight is used" in result["notes"][0]
    assert "sample_weight = X.pop('w')" in result["recipe"]
    names: dict = {}
    exec(result["recipe"].replace("print(", "str("), names)  # noqa: S102 - it is ours
    scores = names["comparison"].scores
    timeless = scores[scores["metric"] != "fit_time"]["value"].to_numpy()
    printed = [s["value"] for s in result["scores"] if s["metric"] != "fit_time"]
    np.testing.assert_array_equal(timeless, np.array(printed, dtype=float))


@pytest.mark.parametrize(
    ("column", "words"),
    [("town", "a number for each row"), ("nowhere", "--weights")],
)
def test_invalid_weights_columns_are_rejected(run, table, column, words):
    usual = ("compare", str(table), "--target", "ill", "--weights", column)
    code, out, err = run(*usual)
    assert code != 0
    assert out == ""
    assert words in err


@pytest.mark.usefixtures("light")
def test_notes_name_options_instead_of_code(run):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"age": rng.normal(size=90), "ward": np.arange(90) // 3})
    rows["id"] = rng.permutation(90) + 10_000
    rows["ill"] = np.where(np.arange(90) % 5 == 0, "yes", "no")
    rows.to_csv("t.csv", index=False)
    options = [
        "--target",
        "ill",
        "--strategies",
        "random-over",
        "--json",
        "--folds",
        "2",
    ]
    code, out, err = run("compare", "t.csv", *options, "--repeats", "1")
    assert code == 0, err
    (note,) = (n for n in json.loads(out)["notes"] if "'id'" in n and "--ignore" in n)
    assert "--ignore id leaves it out." in note
    assert "X.drop" not in note
    code, out, err = run("info", "t.csv", "--target", "ill")
    assert "X." not in out
