"""What a new user sees in the first hour, tested by running the program itself.

Nothing here imports the package, so the tests can run against any version of it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

# The default models would take half a minute.
LIGHT = """
import sys
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from imbsuite import cli
from imbsuite.experiment import models

encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
columns = make_column_transformer(
    (encoder, make_column_selector(dtype_exclude="number")), remainder="passthrough"
)
model = make_pipeline(columns, GaussianNB())
models.default_models = lambda order: MODELS
sys.exit(cli.main(sys.argv[1:]))
"""


# Several commands in one process: their imports take longer than all commands together.
SEVERAL = """
import contextlib, io, json

def one(words):
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]):
        with contextlib.redirect_stderr(streams[1]):
            code = cli.main(words)
    for stream in streams:
        stream.flush()
    return [code, *(stream.buffer.getvalue().decode() for stream in streams)]

print(json.dumps([one(words) for words in json.loads(sys.argv[1])]))
"""


# Write a last line and exit where scikit-learn, which takes seconds, would be loaded.
UNTIL_SKLEARN = """
import os, sys

class End:
    def find_spec(self, name, path=None, target=None):
        if name == "sklearn":
            os.write(1, b"scikit-learn is loaded")
            os._exit(7)

sys.meta_path.insert(0, End())
from imbsuite import cli
cli.main(sys.argv[1:])
"""


def program(*words: str, code: str = "", **options) -> subprocess.CompletedProcess:
    """Run the program, or this code, with these arguments."""
    start = ["-c", code] if code else ["-m", "imbsuite"]
    return subprocess.run(
        [sys.executable, *start, *words],
        check=False,
        text=True,
        **({"capture_output": True} | options),
    )


def run_in_one_process(
    *commands: tuple[str, ...], models: str = '{"light": model}', cwd: Path
) -> list[subprocess.CompletedProcess]:
    """Run these commands in one process, with a fast model."""
    start, _, _ = LIGHT.replace("MODELS", models).partition("sys.exit(")
    run = program(json.dumps(commands), code=start + SEVERAL, cwd=cwd)
    assert (run.returncode, run.stderr) == (0, "")
    return [
        subprocess.CompletedProcess(words, *ended)
        for words, ended in zip(commands, json.loads(run.stdout), strict=True)
    ]


def quick(*words: str) -> tuple[str, ...]:
    """Return a command that compares on two folds."""
    usual = ("--target", "ill", "--folds", "2", "--repeats", "1", "--jobs", "1")
    return ("compare", "t.csv", *words, *usual)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def careless_table(n: int = 80) -> pd.DataFrame:
    """Return a table with everything that a reviewer would mention.

    Rows come in pairs, each of one patient on one day; the first eight pairs are
    duplicates, and in half of them the classes differ.
    """
    rng = np.random.default_rng(0)
    pair = np.arange(n) // 2
    ill = np.arange(n) % 4 == 0
    pulse, price = rng.normal(size=n).round(3) + ill, rng.integers(10, 99, n)
    for values in (pulse, price):
        values[1:16:2] = values[0:16:2]
    days = pd.date_range("2020-01-01", periods=n // 2).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "name": [f"person {i}" for i in rng.permutation(n)],
            "key": rng.permutation(n) + 500,
            "patient": rng.permutation(n // 2)[pair],
            "when": days[pair],
            "price": [f"{value},5" for value in price],
            "pulse": pulse,
            "ill": np.where(ill, "yes", "no"),
        }
    )


SMOTED = ("resample", "t.csv", "o.csv", "--target", "ill", "--sampler", "smote")
IGNORED = ("--ignore", "Unnamed: 0", "--ignore", "name", "--json")


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, subprocess.CompletedProcess]:
    """Return the completed process of each command on the careless table."""
    folder = tmp_path_factory.mktemp("careless")
    careless_table().to_csv(folder / "t.csv")
    careless_table().to_csv(folder / "semicolons.csv", index=False, sep=";")
    commands = {
        "escape sequences": ("info", "\x1b[31m\x9bt.csv"),
        "memory": (*SMOTED, "--memory", "1e30GB"),
        "info": ("info", "t.csv", "--target", "ill"),
        "compare": quick("--strategies", "smote"),
        "resample": SMOTED,
        "info without identifiers": ("info", "t.csv", *IGNORED),
        "compare without identifiers": quick("--strategies", "nothing", *IGNORED),
        "semicolons": ("info", "semicolons.csv", "--target", "ill"),
        "help": ("compare", "--help"),
    }
    ended = run_in_one_process(*commands.values(), cwd=folder)
    return dict(zip(commands, ended, strict=True))


@pytest.fixture(scope="module")
def replies(runs) -> dict[str, str]:
    """Return the output of each command on the careless table, in one line."""
    processes = {name: runs[name] for name in ("info", "compare", "resample")}
    assert [run.returncode for run in processes.values()] == [0, 0, 0], processes
    return {
        name: in_one_line(run.stdout + run.stderr) for name, run in processes.items()
    }


# --- Notes ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["info", "compare"])
@pytest.mark.parametrize(
    "note",
    [
        # An unnamed row number, unique texts and unique integers.
        "columns 'Unnamed: 0', 'name' and 'key' seem to be identifiers",
        "--ignore 'Unnamed: 0' --ignore name --ignore key",
        "column 'patient' seems to identify groups of rows",
        "--groups patient",
        "the rows are in the order of column 'when'; random folds train on rows that",
        "--time when",
        "column 'price' has numbers with decimal commas",
        "8 rows (10.0%) have the same features as a row of another class",
        "4 rows (5.0%) repeat the features and the class of another row",
    ],
)
def test_problems_of_the_table_are_noted(replies, command, note):
    assert note in replies[command]


@pytest.mark.parametrize("command", ["compare", "resample"])
def test_identifiers_in_new_rows_of_smote_are_noted(replies, command):
    assert (
        "interpolated values of columns 'Unnamed: 0', 'key' and 'patient' and repeat "
        "values of column 'name'" in replies[command]
    )
    assert "--ignore 'Unnamed: 0' --ignore name --ignore key" in replies[command]


def test_info_marks_the_target_without_asterisks(replies):
    assert "ill categorical 0 2 target" in replies["info"]
    assert "60 60 before cleaning removes rows: smote-enn" in replies["info"]
    assert "*" not in replies["info"]


def test_dates_are_recognized(replies):
    assert "when date 0 40" in replies["info"]


def test_ignored_columns_are_left_out(runs):
    for command in ("info", "compare"):
        run = runs[f"{command} without identifiers"]
        assert run.returncode == 0, run.stderr
        left = {column["name"] for column in json.loads(run.stdout)["columns"]}
        assert left - {"ill"} == {"key", "patient", "when", "price", "pulse"}


def test_hint_names_the_separator_of_the_header(runs):
    run = runs["semicolons"]
    assert run.returncode == 1
    assert "add --separator ';'" in run.stderr


# --- Numbers -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> tuple[str, str]:
    """Return the text and the report on a perfect model and an imperfect one.

    The first reads a column that separates the classes, so that all strategies are
    equal; scores of the other differ between two folds, so that intervals are wide.
    """
    folder = tmp_path_factory.mktemp("compared")
    ill = np.arange(60) % 3 == 0
    noise, other = np.random.default_rng(1).normal(size=(60, 2)).T
    table = pd.DataFrame({"good": 9 * ill + other, "poor": 1.3 * ill + noise})
    table["other"] = other
    table["ill"] = np.where(ill, "yes", "no")
    table.to_csv(folder / "t.csv", index=False)
    models = """{
        name: make_pipeline(make_column_transformer(("passthrough", names)), GaussianNB())
        for name, names in {"good": ["good"], "poor": ["poor", "other"]}.items()
    }"""
    names = ("--strategies", "random-over,random-under")
    outputs = ("--cost", "fp=100,fn=900", "--report", "r.html")
    (run,) = run_in_one_process(quick(*names, *outputs), models=models, cwd=folder)
    assert run.returncode == 0, run.stderr
    return in_one_line(run.stdout), (folder / "r.html").read_text("utf-8")


def sentence_of(text: str, model: str) -> str:
    return re.search(rf"- {model}: (.*?)(- |$)", text)[1]


def test_rounding_errors_are_not_differences(compared):
    text, report = compared
    assert "0.0000" not in text
    assert "0.0000" not in report
    assert "random-over 1.000 0.000 [0.000, 0.000]" in text
    assert "no difference" in report


def test_tied_strategies_have_no_best(compared):
    sentence = sentence_of(compared[0], "good")
    assert "the best" not in sentence
    assert "no strategy improves average precision" in sentence


def test_unavailable_values_are_explained(compared):
    explained = "n/a: not measured on every fold, because"
    assert all(explained in in_one_line(output) for output in compared)


def numbers_of(text: str) -> list[float]:
    return [float(n.replace("\N{MINUS SIGN}", "-")) for n in text.split()]


def test_intervals_stay_within_the_range_of_the_metric(compared):
    number = r"([\N{MINUS SIGN}+]?\d\.\d+)"
    poor = compared[0].partition(" poor strategy")[2]
    match = re.search(rf"random-under {number} {number} \[{number}, {number}\]", poor)
    nothing = float(re.search(r"nothing (0\.\d+)", poor)[1])
    _, difference, low, high = numbers_of(" ".join(match.groups()))
    assert -nothing - 1e-3 <= low < difference < high <= 1 - nothing + 1e-3


def test_axis_ticks_stay_within_the_range_of_the_metric(compared):
    table = compared[1].partition("poor: average precision, mean")[2]
    axis = re.search(r"95&nbsp;% interval(.*?)nothing", table, re.DOTALL)[1]
    ticks = numbers_of(" ".join(re.findall(r">([\N{MINUS SIGN}+]?[\d.]+)<", axis)))
    assert 0 in ticks
    assert -1 <= min(ticks) < max(ticks) <= 1


def test_decimals_match_the_width_of_the_interval(compared):
    sentence = sentence_of(compared[0], "poor")
    cost = re.search(r"changes the cost of a row by \S+ \(\S+ to [^)]*\)", sentence)[0]
    decimals = re.findall(r"\d+\.?(\d*)", cost)
    # The interval is wider than 100.
    assert len(decimals) == 3
    assert max(map(len, decimals)) <= 1


# --- The shell -----------------------------------------------------------------------


def test_no_arguments_show_help():
    run = program()
    assert (run.returncode, run.stderr) == (0, "")
    assert "Commands:" in run.stdout


def test_help_lists_default_strategies(runs):
    listed = runs["help"].stdout
    usual = listed.partition("Strategies by default:")[2].partition("Other strategies:")
    assert "smote-enn" in usual[0]
    assert "adasyn" in usual[2]


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("compare", "t.csv", "--target", "ill"), "Reading t.csv"),
        (("demo",), "Abalone shells"),
    ],
)
def test_terminal_shows_first_line_before_sklearn_is_loaded(words, line):
    import os
    import pty

    ours, theirs = pty.openpty()
    careless_table().to_csv("t.csv")
    run = program(
        *words, code=UNTIL_SKLEARN, stdout=theirs, stderr=theirs, capture_output=False
    )
    os.close(theirs)
    assert run.returncode == 7
    assert os.read(ours, 10_000).decode().startswith(line)
    os.close(ours)


@pytest.mark.parametrize(
    ("meant", "message"),
    [("escape sequences", r"\x1b[31m\x9bt.csv"), ("memory", "1e30GB")],
)
def test_invalid_arguments_print_one_escaped_line(runs, meant, message):
    run = runs[meant]
    assert run.returncode in {1, 2}
    assert message in run.stderr
    assert run.stderr.startswith("imbsuite: ")
    assert run.stderr.count("\n") == 1
    assert run.stderr[:-1].isprintable()
