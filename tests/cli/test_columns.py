"""Columns of files: identifiers, dates, separators, decimal commas, ignored columns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.usefixtures("light")

FAST = ("--strategies", "smote", "--folds", "2", "--repeats", "1", "--jobs", "1")
SMOTED = ("--target", "ill", "--sampler", "smote")


def frame(n: int = 60) -> pd.DataFrame:
    """Return a table with an index, names, patients of three rows, a date and a target."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "name": [f"person {i}" for i in rng.permutation(n)],
            "patient": np.repeat(rng.permutation(n // 3), 3),
            "pulse": rng.normal(70, 9, n),
            "when": pd.date_range("2020-01-01", periods=n).strftime("%Y-%m-%d"),
            "ill": np.where(np.arange(n) % 4 == 0, "yes", "no"),
        }
    )


@pytest.fixture
def table() -> str:
    """Return the path of a CSV file with the index that pandas writes."""
    frame().to_csv("t.csv")
    return "t.csv"


def compared(run, *arguments) -> dict:
    code, out, err = run("compare", *arguments, "--target", "ill", *FAST, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def described(run, *arguments) -> dict:
    code, out, err = run("info", *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


# --- Identifiers ---------------------------------------------------------------------


# test_compare.py compares what is read from the two formats.
@pytest.mark.parametrize(
    "suffix", ["csv", pytest.param("parquet", marks=pytest.mark.slow)]
)
def test_identifiers_are_noted_unless_ignored(run, table, suffix):
    pd.read_csv(table).to_parquet("t.parquet")
    path, ignored = f"t.{suffix}", ["--ignore", "Unnamed: 0", "--ignore", "name"]
    compare = compared(run, path)["notes"]
    assert [note for note in compare if "--ignore 'Unnamed: 0' --ignore name" in note]
    assert [note for note in compare if "--groups patient" in note]
    assert [note for note in compare if note.startswith("new rows of smote have")]
    info = described(run, path, "--target", "ill")
    assert "--ignore 'Unnamed: 0' --ignore name leaves them out." in info["notes"][0]
    assert "X.drop" not in info["notes"][0]
    document = compared(run, path, *ignored, "--groups", "patient")
    assert {c["name"] for c in document["columns"]} == {"pulse", "when"}
    assert not [note for note in document["notes"] if "identif" in note]
    left = {c["name"] for c in described(run, path, *ignored)["columns"]}
    assert left == {"patient", "pulse", "when", "ill"}


def test_recipe_reads_the_same_features(run, table):
    document = compared(run, table, "--ignore", "name", "--groups", "patient")
    reading, _, _ = document["recipe"].partition("comparison = compare(")
    known: dict = {}
    exec(reading, known)  # noqa: S102
    names = [column["name"] for column in document["columns"]]
    assert list(known["X"].columns) == names == ["Unnamed: 0", "pulse", "when"]
    assert pd.api.types.is_datetime64_any_dtype(known["X"]["when"])


@pytest.mark.parametrize("command", ["compare", "info", "resample"])
@pytest.mark.parametrize(
    ("ignored", "message"),
    [
        ("names", "--ignore: there is no column 'names'. Did you mean 'name'?"),
        ("ill", "--ignore: column 'ill' is the target or the groups"),
    ],
)
def test_invalid_ignored_column_is_rejected(run, table, command, ignored, message):
    arguments = [table, "--target", "ill", "--ignore", ignored]
    if command == "resample":
        arguments = [table, "out.csv", *SMOTED, "--ignore", ignored]
    code, out, err = run(command, *arguments)
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("memory", [(), ("--memory", "2GB")])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_ignored_columns_are_kept_and_repeated_in_new_rows(run, memory, suffix):
    table = frame().rename(columns={"pulse": "is_synthetic"})
    table.to_csv("t.csv")
    table.reset_index(names="").to_parquet("t.parquet")
    ignored = ["--ignore", "Unnamed: 0", "--ignore", "name", "--ignore", "patient"]
    arguments = (f"t.{suffix}", f"out.{suffix}", *SMOTED, *ignored, *memory)
    code, _, err = run("resample", *arguments, "--provenance")
    assert (code, err) == (0, "")
    read = {"csv": pd.read_csv, "parquet": lambda path: pq.read_table(path).to_pandas()}
    old, new = (read[suffix](f"{name}.{suffix}") for name in ("t", "out"))
    assert list(new.columns)[:6] == list(old.columns)
    seeds = old.iloc[new["imbsuite_seed_row"]].reset_index(drop=True)
    columns = [old.columns[0], "name", "patient", "ill"]
    pd.testing.assert_frame_equal(new[columns], seeds[columns])
    is_new = new["imbsuite_is_synthetic"]
    assert is_new.sum() == 30
    assert not (new["is_synthetic"][is_new] == seeds["is_synthetic"][is_new]).any()


def test_ignored_columns_do_not_change_the_new_rows(run, table):
    ignored = ["--ignore", "Unnamed: 0", "--ignore", "name", "--ignore", "patient"]
    run("resample", table, "a.csv", *SMOTED, *ignored)
    frame()[["pulse", "when", "ill"]].to_csv("bare.csv", index=False)
    run("resample", "bare.csv", "b.csv", *SMOTED)
    ours, bare = pd.read_csv("a.csv"), pd.read_csv("b.csv")
    pd.testing.assert_frame_equal(ours[bare.columns], bare)


@pytest.mark.parametrize("memory", [(), ("--memory", "2GB")])
def test_resample_notes_identifier_columns(run, table, memory):
    code, _, err = run("resample", table, "out.csv", *SMOTED, *memory)
    assert code == 0
    assert (
        "note: new rows have interpolated values of columns 'Unnamed: 0' and 'patient' "
        "and repeat values of column 'name'"
    ) in err
    option = "--ignore 'Unnamed: 0' --ignore name --ignore patient keeps them out"
    assert option in err
    for sampler in ("random-over", "random-under"):
        arguments = (table, f"{sampler}.csv", "--target", "ill", "--sampler", sampler)
        assert run("resample", *arguments, *memory)[2] == ""


# --- Dates and decimal commas --------------------------------------------------------


def test_dates_are_parsed_as_features_and_written_as_spelled(run, table):
    for document in (described(run, table), compared(run, table)):
        kinds = {column["name"]: column["kind"] for column in document["columns"]}
        assert kinds["when"] == "date"
    run("resample", table, "out.csv", *SMOTED, "--ignore", "name")
    before, after = (pd.read_csv(name, dtype=str) for name in (table, "out.csv"))
    assert after["when"][:60].tolist() == before["when"].tolist()
    assert set(after["when"]) == set(before["when"])


def test_dates_in_target_and_groups_stay_strings(run):
    days = np.where(np.arange(60) % 4, "2020-01-01", "2020-01-02")
    frame().assign(ill=days).to_csv("t.csv", index=False)
    document = compared(run, "t.csv", "--positive", "2020-01-02", "--groups", "when")
    assert document["positive"] == "2020-01-02"
    sizes = {c["label"]: c["rows"] for c in document["classes"]}
    assert sizes == {"2020-01-01": 45, "2020-01-02": 15}


def test_rows_sorted_by_date_are_noted(run, table):
    for document in (described(run, table, "--target", "ill"), compared(run, table)):
        (note,) = (note for note in document["notes"] if "--time when" in note)
        assert note.startswith("the rows are in the order of column 'when'")


def test_decimal_commas_are_noted(run):
    commas = frame()["pulse"].map("{:.1f}".format).str.replace(".", ",")
    frame().assign(pulse=commas).to_csv("t.csv", index=False, sep=";")
    semicolon = ("--separator", ";")
    for document in (
        described(run, "t.csv", *semicolon),
        compared(run, "t.csv", *semicolon),
    ):
        start = "column 'pulse' has numbers with decimal commas"
        assert [note for note in document["notes"] if note.startswith(start)]
    err = run("resample", "t.csv", "out.csv", *SMOTED, *semicolon)[2]
    assert "note: column 'pulse' has numbers with decimal commas" in err


# --- Separators ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("separator", "sign"), [(";", "';'"), ("\t", r"'\t'"), ("|", "'|'"), (" ", "' '")]
)
def test_hint_names_the_separator_of_the_header(run, separator, sign):
    frame().to_csv("t.csv", index=False, sep=separator)
    hint = f"The header contains {sign}; add --separator {sign}."
    assert hint in run("compare", "t.csv", "--target", "ill", *FAST)[2]
    assert hint in run("resample", "t.csv", "out.csv", *SMOTED)[2]
    assert hint in run("info", "t.csv", "--target", "ill")[2]
    (note,) = described(run, "t.csv")["notes"]
    assert note.endswith(hint)


def test_hint_names_a_comma_as_separator(run, table):
    Path("t.tsv").write_bytes(Path(table).read_bytes())
    hint = "The header contains ','; add --separator ','."
    assert hint in run("info", "t.tsv", "--target", "ill")[2]
    assert hint in run("info", table, "--separator", ";", "--target", "ill")[2]


def test_hint_is_given_when_lines_have_too_many_fields(run):
    lines = ["a;b;ill", *[f"{i},5;{i},1;{'yes' if i % 3 else 'no'}" for i in range(20)]]
    Path("t.csv").write_text("\n".join(lines), encoding="utf-8")
    code, _, err = run("info", "t.csv")
    assert code == 1
    assert "The header contains ';'; add --separator ';'." in err


def test_single_column_without_separator_gets_no_hint(run):
    frame()[["pulse"]].to_csv("t.csv", index=False)
    assert "separator" not in run("info", "t.csv", "--target", "ill")[2]
    assert described(run, "t.csv")["notes"] == []


# --- Unlabeled rows ------------------------------------------------------------------


def partly_labeled(marks):
    """Return a table of 90 rows; a third of them have these marks instead of labels."""
    rng = np.random.default_rng(0)
    ill = np.resize(["yes", "no", "no"], 60)
    table = pd.DataFrame({"x": rng.normal(size=90) + np.resize([2, 0, 0], 90)})
    return table.assign(ill=[*ill, *np.resize(marks, 30)])


PSEUDO = ("--strategies", "pseudo-labels", "--folds", "2", "--jobs", "1")


@pytest.mark.parametrize(
    ("marks", "named", "labels"),
    [
        (["?", ""], "?", ["no", "yes"]),
        (["-1", ""], "-1", ["0", "1"]),
        ([""], "", ["False", "True"]),
        # By default, one case for each kind of label, and more than one kind of mark.
        pytest.param(["?"], "?", ["no", "yes"], marks=pytest.mark.slow),
        pytest.param([""], "", ["no", "yes"], marks=pytest.mark.slow),
        pytest.param([""], "", ["0", "1"], marks=pytest.mark.slow),
    ],
)
def test_compare_with_unlabeled_rows(run, marks, named, labels):
    table = partly_labeled(marks)
    codes = dict(zip(["no", "yes"], labels, strict=True))
    table["ill"] = table["ill"].replace(codes)
    table.to_csv("t.csv", index=False)
    usual = ("t.csv", "--target", "ill", "--unlabeled", named, *PSEUDO)
    code, out, err = run("compare", *usual, "--repeats", "1", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert "30 rows have no label: they are in no fold" in str(document["notes"])
    sizes = {str(of["label"]): of["rows"] for of in document["classes"]}
    assert sizes == dict(zip(labels, [40, 20], strict=True))
    assert f"unlabeled={named!r}" in document["recipe"].replace("-1", "'-1'")
    fitted = {row["strategy"] for row in document["summary"]}
    assert fitted == {"nothing", "tuned-threshold", "pseudo-labels"}


@pytest.mark.parametrize(
    "suffix",
    [
        # Unlabeled rows of CSV files are covered above.
        pytest.param("csv", marks=pytest.mark.slow),
        "parquet",
    ],
)
def test_fit_and_predict_with_unlabeled_rows(run, suffix):
    pytest.importorskip("skops", reason="skops is not installed")
    table = partly_labeled([None]).assign(person=np.arange(90) // 2)
    table.to_csv("t.csv", index=False)
    table.to_parquet("t.parquet")
    usual = (f"t.{suffix}", "--target", "ill", "--unlabeled", "", *PSEUDO)
    code, _, err = run("fit", *usual, "--groups", "person", "--out", "m.skops")
    assert (code, err) == (0, "")
    card = json.loads(Path("m.json").read_text())
    assert card["data"]["rows"] == 60
    assert dict(card["data"]["classes"]) == {"no": 40, "yes": 20}
    assert any(note.startswith("30 rows have no label") for note in card["notes"])
    table.drop(columns="ill").to_csv("new.csv", index=False)
    assert run("predict", "m.skops", "new.csv", "scored.csv")[0] == 0
    assert set(pd.read_csv("scored.csv")["predicted"]) == {"no", "yes"}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("?", "--unlabeled must be one of the classes ['yes', 'no', 'new']. Got '?'"),
        ("yes", "'no' has no"),
    ],
)
def test_invalid_unlabeled_marks_are_rejected(run, named, words):
    table = partly_labeled(["new"])
    if named == "yes":
        table = table.assign(ill=table["ill"].replace({"new": "yes"}))
        words = (
            "column 'ill' must have labeled rows of at least 2 classes. Got the classes "
            "['no']; 0 rows have a missing value, and 50 rows with the label 'yes' were "
            "read as unlabeled. Leave --unlabeled out if 'yes' is a class."
        )
    table.to_csv("t.csv", index=False)
    for command in (("compare",), ("fit", "--out", "m.skops")):
        code, out, err = run(*command, "t.csv", "--target", "ill", "--unlabeled", named)
        assert (code, out) == (1, "")
        assert words in " ".join(err.split())


def test_fit_rejects_sample_rows_with_unlabeled(run):
    partly_labeled([""]).to_csv("t.csv", index=False)
    usual = ("t.csv", "--target", "ill", "--unlabeled", "", "--sample-rows", "50")
    code, _, err = run("fit", *usual, "--out", "m.skops")
    assert code == 2
    assert "--sample-rows cannot be used with --unlabeled" in err
