"""What leaves for the terminal: no control characters, and streams that take no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shared import in_pairs
from sklearn.dummy import DummyClassifier

from imbsuite.explore import compare, with_options

# An escape sequence, a line end, C1 controls, a mark that reverses text, a separator of
# lines, a surrogate as in undecodable file names, and DEL.
HOSTILE = "\x1b[31m\x9b1m\x07\nred\r\t\u202e\u2066\u2028\udcff\x7f"
LEGAL = HOSTILE.replace("\udcff", "")  # UTF-8 has no surrogates
SHOWN = r"\x1b[31m\x9b1m\x07"
FEW = ("--strategies", "random-over", "--folds", "2", "--repeats", "1")
posix = pytest.mark.skipif(sys.platform == "win32", reason="the shell is that of POSIX")


def is_harmless(text: str) -> bool:
    """Whether a terminal only shows this text."""
    return all(line.isprintable() for line in text.split("\n"))


def hostile_table(name: str = HOSTILE, n: int = 60) -> pd.DataFrame:
    ill = np.arange(n) % 3 == 0
    age = np.random.default_rng(0).normal(size=n) + ill
    return pd.DataFrame({name: age, "ill": np.where(ill, name, "no")})


@pytest.fixture
def table() -> Path:
    """Return a Parquet file whose name, column and label are hostile."""
    path = Path(f"{LEGAL}.parquet")
    hostile_table(LEGAL).to_parquet("t.parquet")
    Path("t.parquet").rename(path)
    return path


# --- Control characters --------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "where"),
    [
        (["info", HOSTILE + ".csv"], 1, "err"),
        (["info", "TABLE"], 0, "out"),
        (["info", "TABLE", "--target", "ill"], 0, "out"),
        (["info", "TABLE", "--target", HOSTILE], 1, "err"),
        (["info", "TABLE", HOSTILE], 2, "err"),
        (["info", "TABLE", f"--{HOSTILE}"], 2, "err"),
        ([HOSTILE], 2, "err"),
        (["resample", "TABLE", "OUT.csv", "--target", "ill"], 0, "out"),
        (
            ["resample", "TABLE", "OUT.csv", "--target", "ill", "--memory", "2GB"],
            0,
            "out",
        ),
        (["resample", "TABLE", f"no/OUT{HOSTILE}.csv", "--target", "ill"], 1, "err"),
        (["compare", "TABLE", "--target", "ill", "--positive", HOSTILE], 1, "err"),
        (["compare", "TABLE", "--target", "ill", "--strategies", HOSTILE], 1, "err"),
        (["compare", "TABLE", "--target", "ill", "--ordered", HOSTILE], 1, "err"),
        (["compare", "TABLE", "--target", "ill", "--cost", HOSTILE], 1, "err"),
        (["compare", "TABLE", "--target", "ill", "--separator", HOSTILE], 2, "err"),
        (
            ["compare", "TABLE", "--target", "ill", "--output", f"no/{HOSTILE}"],
            1,
            "err",
        ),
        (["compare", "TABLE", "--target", "ill", *FEW], 0, "out"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
@pytest.mark.usefixtures("light")
def test_names_are_shown_and_not_obeyed(run, table, arguments, code, where):
    if "resample" in arguments:
        arguments = [*arguments, "--sampler", "random-over"]
    words = [str(table) if word == "TABLE" else word for word in arguments]
    words = [f"{table.stem}.csv" if word == "OUT.csv" else word for word in words]
    exit_code, out, err = run(*words)
    assert exit_code == code, err
    assert is_harmless(out + err)
    assert r"\x1b[31m" in {"out": out, "err": err}[where]
    assert err.count("\n") == (code > 0)


@pytest.mark.usefixtures("light")
def test_names_stay_in_their_lines(run, table):
    _, out, _ = run("info", table, "--target", "ill")
    starts = [line for line in out.splitlines() if line.startswith(SHOWN)]
    assert len(starts) == 3  # the file, the column and the class
    _, out, _ = run("resample", table, "o.csv", "--target", "ill", "--sampler", "smote")
    assert len(out.splitlines()) == 4


@pytest.mark.parametrize("command", [["info"], ["compare", *FEW]])
@pytest.mark.usefixtures("light")
def test_json_is_exact_and_harmless(run, table, command):
    code, out, err = run(*command, table, "--target", "ill", "--json")
    assert (code, err) == (0, "")
    assert is_harmless(out)
    labels = {entry["label"] for entry in json.loads(out)["classes"]}
    assert labels == {"no", table.stem}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_printed_comparison_is_harmless():
    frame = hostile_table(LEGAL)
    comparison = compare(
        frame[[LEGAL]],
        frame["ill"],
        estimator={LEGAL: DummyClassifier(strategy="prior")},
        strategies={LEGAL: "random-over"},
        scoring={LEGAL: "roc_auc"},
        pos_label=LEGAL,
        cv=2,
    )
    text = str(comparison)
    assert is_harmless(text)
    assert text.count(SHOWN) >= 5
    assert LEGAL in comparison.models


def test_a_warning_is_no_way_around_the_gate(run, monkeypatch):
    from imbsuite.files import reading

    def read(path, **options):
        print("\x1b[2Jof a library")  # noqa: T201
        print("\x1b[2Jof a library", file=sys.stderr)  # noqa: T201
        return pd.DataFrame({"a": [1, 2]})

    monkeypatch.setattr(reading, "read_table", read)
    Path("t.csv").write_text("a\n1\n2\n")
    code, out, err = run("info", "t.csv")
    assert code == 0
    assert out.startswith("\\x1b[2Jof")
    assert err.startswith("\\x1b[2Jof")


# --- Streams that take no more -------------------------------------------------------


def shell(line: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a line of a shell, in which "imbsuite" is the program under test."""
    start = f'set -o pipefail; imbsuite() {{ "{sys.executable}" -m imbsuite "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", start + line],  # noqa: S607 - the bash of the user
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONUNBUFFERED": ""} | environment,
    )


COMMANDS = ["--version", "info --help", "info t.csv"]


@pytest.fixture
def small() -> None:
    hostile_table("age").to_csv("t.csv", index=False)


@posix
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("command", "redirected", "unbuffered"),
    in_pairs(
        {command: command for command in COMMANDS},
        {"full": "> /dev/full", "closed": ">&-"},
        {"buffered": "", "unbuffered": "1"},
    ),
)
def test_a_stream_that_takes_nothing_is_a_sentence(command, redirected, unbuffered):
    if "full" in redirected and not Path("/dev/full").exists():
        pytest.skip("Linux has /dev/full")
    reason = (
        "No space left on device" if "full" in redirected else "Bad file descriptor"
    )
    ran = shell(f"imbsuite {command} {redirected}", PYTHONUNBUFFERED=unbuffered)
    message = f"imbsuite: cannot write to standard output: {reason}.\n"
    assert (ran.returncode, ran.stderr) == (1, message)


@posix
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "command",
    # The help of the program is written as that of a command.
    [*COMMANDS, "info t.csv --json", pytest.param("--help", marks=pytest.mark.slow)],
)
def test_a_pipe_that_nobody_reads_ends_in_silence(command):
    # 141 is what shells report for programs that SIGPIPE ends.
    ran = shell(f"imbsuite {command} | true")
    assert (ran.returncode, ran.stdout, ran.stderr) == (141, "", "")


@posix
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", ">&- 2>&-"])
def test_errors_that_nobody_reads_keep_their_code(redirected):
    if "full" in redirected and not Path("/dev/full").exists():
        pytest.skip("Linux has /dev/full")
    # A wrong option is the error for which no library is loaded.
    ran = shell(f"imbsuite info --nope {redirected}")
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "")


@posix
@pytest.mark.usefixtures("small")
def test_results_for_a_closed_stream_are_not_computed(run, monkeypatch):
    def compute(*_, **__):
        raise AssertionError

    monkeypatch.setattr(with_options, "compare_with", compute)
    monkeypatch.setattr(sys, "stdout", None)
    code, _, err = run("compare", "t.csv", "--target", "ill")
    assert code == 1
    assert "cannot write to standard output" in err


@posix
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "redirected",
    # One stream is a part of all; a report before a broken pipe is tested below.
    [
        ">&- 2>&- <&-",
        pytest.param(">&-", marks=pytest.mark.slow),
        pytest.param("| true", marks=pytest.mark.slow),
    ],
)
def test_files_are_written_whoever_reads(redirected):
    call = "imbsuite resample t.csv out.csv --target ill --sampler random-over"
    shell(f"{call} {redirected}")
    # No message of the run is in the file that took the number of a closed stream.
    assert pd.read_csv("out.csv")["ill"].value_counts().to_dict() == {
        "age": 40,
        "no": 40,
    }


@pytest.mark.usefixtures("small", "light")
def test_a_report_is_in_its_place_before_the_pipe_breaks(run, monkeypatch):
    from imbsuite.cli import comparing, streams

    def broken(_):
        raise streams.OutputError(BrokenPipeError(32, "Broken pipe"))

    monkeypatch.setattr(comparing, "say", broken)
    options = ["--target", "ill", *FEW, "--report", "r.html"]
    assert run("compare", "t.csv", *options) == (141, "", "")
    assert "<html" in Path("r.html").read_text(encoding="utf-8")


# By default, test_new_user.py looks at the first line, and ends before libraries are there.
@pytest.mark.slow
@posix
def test_a_terminal_shows_life_before_libraries_are_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty.csv").write_text("age,ill\n")
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = ["compare", "empty.csv", "--target", "ill"]
    # No library that takes time is there when the first line is written.
    code = """
import sys
from imbsuite import cli
from imbsuite.cli import comparing
hint = comparing.hint
comparing.hint = lambda text: hint(f"{text} {'sklearn' in sys.modules}")
sys.exit(cli.main(sys.argv[1:]))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, *command], stderr=theirs, check=False
    )
    os.close(theirs)
    first, second = os.read(ours, 10_000).decode().splitlines()[:2]
    os.close(ours)
    assert ran.returncode == 1
    assert first.startswith("Reading empty.csv; every strategy is then fitted")
    assert first.endswith(
        "fitted on 10 folds. The time is estimated after the first fits. False"
    )
    assert second.startswith("imbsuite: empty.csv has no rows")


@pytest.mark.parametrize(
    "command",
    [
        ["info", "nope.csv"],
        ["compare", "nope.csv", "--target", "ill"],
        ["fit", "nope.csv", "--target", "ill", "--out", "model.skops"],
        ["resample", "nope.csv", "out.csv", "--target", "ill", "--sampler", "smote"],
        ["predict", "model.skops", "nope.csv", "out.csv"],
    ],
    ids=lambda command: command[0],
)
def test_a_missing_file_is_an_error_before_libraries_are_loaded(command):
    code = """
import sys
from imbsuite import cli
code = cli.main(sys.argv[1:])
print(code, "sklearn" in sys.modules, "pandas" in sys.modules)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        check=True,
    )
    advice = "imbsuite: nope.csv does not exist; check the spelling and the folder.\n"
    assert ran.stderr.endswith(advice)
    assert ran.stdout == "1 False False\n"


def test_the_demo_shows_life_before_libraries_are_loaded():
    code = """
import os, sys
from imbsuite import cli
from imbsuite.cli import comparing

def note(text):
    print(text, sorted({"numpy", "pandas", "sklearn"} & sys.modules.keys()), flush=True)
    os._exit(0)

comparing.note = note
cli.main(["demo"])
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("Abalone shells")
    assert ran.stdout.endswith(" []\n")


@pytest.mark.usefixtures("small", "light")
def test_a_terminal_shows_the_size_of_the_table(run, monkeypatch):
    from imbsuite.cli import comparing

    hints = []
    monkeypatch.setattr(comparing, "hint", hints.append)
    run("compare", "t.csv", "--target", "ill", *FEW)
    assert "2 folds" in hints[0]
    rows, columns = pd.read_csv("t.csv").shape
    assert hints[1] == f"{rows:,} rows, {columns - 1} columns, 2 classes."


def test_a_script_sees_no_sign_of_life(run):
    _, _, err = run("compare", "nope.csv", "--target", "ill")
    assert err.startswith("imbsuite: nope.csv does not exist")
