"""The program as a whole: its version, its help and its shell completion."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from imbsuite.cli.naming import complete_sampler, complete_strategies
from imbsuite.experiment.strategies import DEFAULT, STRATEGIES
from imbsuite.methods import SAMPLERS

START = [sys.executable, "-c", "import sys; from imbsuite.cli import main; main()"]


def test_version(run):
    project = Path(__file__).parents[2] / "pyproject.toml"
    version = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    assert run("--version") == (0, f"imbsuite {version}\n", "")


@pytest.mark.parametrize(
    ("command", "listed"), [("compare", STRATEGIES), ("resample", SAMPLERS)]
)
def test_help_lists_every_name(run, command, listed):
    code, out, _ = run(command, "--help")
    assert code == 0
    words = out.replace(",", " ").split()
    assert {name for name in listed if name != "nothing"} <= set(words)
    assert f"  imbsuite {command} " in out


@pytest.mark.parametrize("command", ["info", "compare"])
def test_help_describes_the_file_argument(run, command):
    _, out, _ = run(command, "--help")
    assert re.search(r"^Usage: imbsuite \w+ \[OPTIONS\] \W*FILE\W*$", out, re.MULTILINE)
    assert "  FILE <path>  A CSV or Parquet file." in out


def test_no_arguments_show_help(run):
    code, out, err = run()
    assert "..." not in out.partition("Commands:")[2]
    assert (code, err) == (0, "")
    assert out == run("--help")[1]


def test_help_lists_default_strategies(run):
    text = run("compare", "--help")[1]
    usual, _, rest = text.partition("Strategies by default:")[2].partition("\n\n")
    others = rest.partition("\n\n")[0]
    assert "Other strategies:" in others
    named = [name for name in DEFAULT if name != "nothing"]
    assert usual.replace(",", " ").split() == named
    assert not set(named) & set(others.replace(",", " ").split())


def test_help_lists_multilabel_strategies_for_compare_only(run):
    title = "Strategies for multilabel targets (--targets):"
    assert title in run("compare", "--help")[1]
    fit = run("fit", "--help")[1]
    assert title not in fit
    assert "--targets" not in fit


def test_help_does_not_import_sklearn():
    code = "import sys; from imbsuite.cli import main; main(['--help']);"
    code += "sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sampler_names_are_completed():
    assert complete_sampler("") == list(SAMPLERS)
    assert complete_sampler("smote") == ["smote", "smote-enn", "smote-tomek"]
    assert complete_sampler("none") == []


def test_lists_of_strategies_are_completed():
    assert complete_strategies("tom") == ["tomek-links"]
    assert complete_strategies("smote,tem") == [
        "smote,temperature-2",
        "smote,temperature-5",
    ]
    completions = complete_strategies("smote,rcal,")
    assert not {"smote,rcal,smote", "smote,rcal,rcal"} & set(completions)
    assert "nothing" not in complete_strategies("")


def completion_variables(line: str) -> dict[str, str]:
    """Return the variables that bash sets to complete the last word of a line."""
    words = str(len(shlex.split(line)) - 1)
    shell = {"COMP_WORDS": line, "COMP_CWORD": words}
    return shell | {"_IMBSUITE_COMPLETE": "complete_bash"}


def test_program_prints_completions_for_bash():
    environment = os.environ | completion_variables("imbsuite res")
    ran = subprocess.run(
        START, env=environment, check=True, capture_output=True, text=True
    )
    assert ran.stdout.split() == ["resample"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("imbsuite resample --sampler smote-", ["smote-enn", "smote-tomek"]),
        ("imbsuite compare --strategies rcal,temperature-", ["rcal,temperature-2"]),
        ("imbsuite resample --prov", ["--provenance"]),
        ("imbsuite info t.csv --target a", ["age", "amount"]),
    ],
)
def test_names_options_and_columns_are_completed(
    run, monkeypatch, capsys, line, expected
):
    Path("t.csv").write_text("age,amount,ward\n1,2,3\n", encoding="utf-8")
    for name, value in completion_variables(line).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        run()
    assert set(expected) <= set(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["info", "t.csv", "--target", "a"], ["age", "amount"]),
        (["compare", "t.csv", "--target", "age", "--groups", "ag"], ["age"]),
        (["compare", "t.csv", "--cost", "fp=5,fn=am"], ["fp=5,fn=amount"]),
        (["resample", "t.csv", "o.csv", "--target", "am"], ["amount"]),
        (["resample", "t.csv", "o.csv", "--groups", "w"], ["ward"]),
        (["compare", "t.parquet", "--target", "w"], ["ward"]),
        (["compare", "t.csv", "--ignore", "age", "--ignore", "am"], ["amount"]),
        (["compare", "parts", "--target", "w"], ["ward"]),
        (["info", "s.csv", "--separator", ";", "--target", "w"], ["ward"]),
        # Unreadable files yield no completions.
        (["info", "nope.csv", "--target", "a"], []),
        (["info", "bad.parquet", "--target", "a"], []),
        (["info", "empty", "--target", "a"], []),
        (["info", "--target", "a"], []),
    ],
)
def test_columns_are_completed(run, monkeypatch, capsys, words, expected):
    table = pd.DataFrame({"age": [1], "amount": [2], "ward": [3], "w\nx": [4]})
    table.to_csv("t.csv", index=False)
    table.to_csv("s.csv", index=False, sep=";")
    table.to_parquet("t.parquet")
    Path("parts").mkdir()
    table.to_parquet("parts/0.parquet")
    Path("empty").mkdir()
    Path("bad.parquet").write_text("nothing", encoding="utf-8")
    for name, value in completion_variables(shlex.join(["imbsuite", *words])).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        run()
    out, err = capsys.readouterr()
    assert (out.split(), err) == (expected, "")


def test_completion_reads_only_the_header():
    from types import SimpleNamespace

    from imbsuite.cli.naming import complete_columns

    Path("t.csv").write_text('a,b\n1,2\n"never closed', encoding="utf-8")
    line = SimpleNamespace(params={"file": Path("t.csv")}, args=[])
    assert complete_columns(line, "") == ["a", "b"]


def test_completion_can_be_shown(run, monkeypatch):
    # Under make no shell can be detected.
    shellingham = pytest.importorskip("shellingham")
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("bash", "/bin/bash"))
    with pytest.raises(SystemExit) as ended:
        run("--show-completion")
    assert not ended.value.code


@pytest.mark.parametrize("separator", ["", ";;", "tab"])
def test_separator_must_be_a_single_character(run, separator):
    code, out, err = run("compare", "t.csv", "--target", "y", "--separator", separator)
    assert (code, out) == (2, "")
    assert f"must be a single character, such as ';' or '\\t'. Got {separator!r}" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("separator", ["\t", r"\t"])
def test_tab_separator_may_be_escaped(run, separator):
    Path("t.csv").write_text("a\ty\n1\t0\n2\t1\n", encoding="utf-8")
    _, _, err = run("compare", "t.csv", "--target", "z", "--separator", separator)
    assert "The columns are 'a', 'y'." in err


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        *(
            (("compare", "--folds", n), "--folds")
            for n in ("1e9", "10000000", "-1", "nan")
        ),
        *(
            (("compare", "--repeats", n), "--repeats")
            for n in ("0", "100000000", "inf")
        ),
        *(
            (("compare", "--jobs", n), "--jobs")
            for n in ("0", "-5000", "1000000", "1.5")
        ),
        *((("compare", "--seed", n), "--seed") for n in (str(2**32), str(2**64), "-1")),
        *((("compare", "--sample-rows", n), "--sample-rows") for n in ("0", "9" * 30)),
        *(
            (("resample", "--seed", n), "--seed")
            for n in (str(2**32), str(2**64), "-1")
        ),
        *(
            (("resample", "--ratio", n), "ratio")
            for n in ("nan", "inf", "-1", "2", "0")
        ),
        *(
            (("resample", "--temperature", n), "temperature")
            for n in ("nan", "-1", "0.5")
        ),
        *(
            (("resample", "--memory", n), n)
            for n in ("1e30GB", "1e400GB", "nanGB", "infGB", "-1GB", "0", "", "9" * 30)
        ),
        *((("demo", "--jobs", n), "--jobs") for n in ("0", "-5000")),
    ],
)
def test_out_of_range_numbers_are_rejected_before_any_work(
    run, monkeypatch, arguments, option
):
    def work(*_, **__):
        raise AssertionError

    monkeypatch.setattr("imbsuite.files.reading.read_table", work)
    monkeypatch.setattr("imbsuite.explore.with_options.compare_with", work)
    monkeypatch.setattr("imbsuite.files.verbatim.read_verbatim", work)
    monkeypatch.setattr("imbsuite.files.large.resample._write", work)
    Path("t.csv").write_text("a,y\n" + "1,0\n2,1\n" * 9, encoding="utf-8")
    command, *options = arguments
    files = {
        "compare": ["t.csv", "--target", "y"],
        "resample": ["t.csv", "o.csv", "--target", "y", "--sampler", "smote"],
        "demo": [],
    }
    code, out, err = run(command, *files[command], *options)
    assert code in {1, 2}
    assert out == ""
    assert err.splitlines()[-1].startswith("imbsuite: ")
    assert option in err.splitlines()[-1]
    assert len(err.splitlines()) == 1
    assert not Path("o.csv").exists()


def test_out_of_range_costs_are_rejected(run):
    Path("t.csv").write_text("a,y\n" + "1,0\n2,1\n3,0\n" * 9, encoding="utf-8")
    for cost in ("1e308", "-1e308", "1e400", "nan", "-inf"):
        options = ("--target", "y", "--cost", f"fp=1,fn={cost}")
        code, out, err = run("compare", "t.csv", *options)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert f"Got {cost} instead" in err
