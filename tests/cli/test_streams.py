"""Output to the terminal: control characters are escaped; streams may be closed."""

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

# An escape sequence, line ends, C1 controls, marks that reverse text, a line separator,
# a surrogate as in undecodable file names, and DEL.
HOSTILE = "\x1b[31m\x9b1m\x07\nred\r\t\u202e\u2066\u2028\udcff\x7f"
LEGAL = HOSTILE.replace("\udcff", "")  # UTF-8 has no surrogates
SHOWN = r"\x1b[31m\x9b1m\x07"
FEW = ("--strategies", "random-over", "--folds", "2", "--repeats", "1")
posix = pytest.mark.skipif(sys.platform == "win32", reason="the shell is that of POSIX")


def is_printable(text: str) -> bool:
    """Whether a terminal shows this text without interpreting any of it."""
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
def test_control_characters_in_names_are_escaped(run, table, arguments, code, where):
    if "resample" in arguments:
        arguments = [*arguments, "--sampler", "random-over"]
    words = [str(table) if word == "TABLE" else word for word in arguments]
    words = [f"{table.stem}.csv" if word == "OUT.csv" else word for word in words]
    exit_code, out, err = run(*words)
    assert exit_code == code, err
    assert is_printable(out + err)
    assert r"\x1b[31m" in {"out": out, "err": err}[where]
    assert err.count("\n") == (code > 0)


@pytest.mark.usefixtures("light")
def test_line_breaks_in_names_are_escaped(run, table):
    _, out, _ = run("info", table, "--target", "ill")
    starts = [line for line in out.splitlines() if line.startswith(SHOWN)]
    assert len(starts) == 3  # the file, the column and the class
    _, out, _ = run("resample", table, "o.csv", "--target", "ill", "--sampler", "smote")
    assert len(out.splitlines()) == 4


@pytest.mark.parametrize("command", [["info"], ["compare", *FEW]])
@pytest.mark.usefixtures("light")
def test_json_escapes_control_characters_and_keeps_labels(run, table, command):
    code, out, err = run(*command, table, "--target", "ill", "--json")
    assert (code, err) == (0, "")
    assert is_printable(out)
    labels = {entry["label"] for entry in json.loads(out)["classes"]}
    assert labels == {"no", table.stem}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_printed_comparison_escapes_control_characters():
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
    assert is_printable(text)
    assert text.count(SHOWN) >= 5
    assert LEGAL in comparison.models


def test_output_printed_by_libraries_is_escaped(run, monkeypatch):
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


# --- Closed, full and broken streams -------------------------------------------------


def shell(line: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a shell command line in which "imbsuite" is the program under test."""
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
def test_unwritable_stdout_is_reported_in_one_line(command, redirected, unbuffered):
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
    # The help of the program is written the same way as that of a command.
    [*COMMANDS, "info t.csv --json", pytest.param("--help", marks=pytest.mark.slow)],
)
def test_broken_pipe_exits_silently_with_141(command):
    # Shells report 141 for programs killed by SIGPIPE.
    ran = shell(f"imbsuite {command} | true")
    assert (ran.returncode, ran.stdout, ran.stderr) == (141, "", "")


@posix
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", ">&- 2>&-"])
def test_exit_code_is_kept_when_stderr_is_unwritable(redirected):
    if "full" in redirected and not Path("/dev/full").exists():
        pytest.skip("Linux has /dev/full")
    # An unknown option is reported without loading any library.
    ran = shell(f"imbsuite info --nope {redirected}")
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "")


@posix
@pytest.mark.usefixtures("small")
def test_nothing_is_computed_when_stdout_is_closed(run, monkeypatch):
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
    # The first case covers the others; a report before a broken pipe is tested below.
    [
        ">&- 2>&- <&-",
        pytest.param(">&-", marks=pytest.mark.slow),
        pytest.param("| true", marks=pytest.mark.slow),
    ],
)
def test_output_file_is_written_when_streams_are_closed_or_broken(redirected):
    call = "imbsuite resample t.csv out.csv --target ill --sampler random-over"
    shell(f"{call} {redirected}")
    # The file may get the descriptor of a closed stream: it must contain no message.
    assert pd.read_csv("out.csv")["ill"].value_counts().to_dict() == {
        "age": 40,
        "no": 40,
    }


@pytest.mark.usefixtures("small", "light")
def test_report_is_written_before_the_pipe_breaks(run, monkeypatch):
    from imbsuite.cli import comparing, streams

    def broken(_):
        raise streams.OutputError(BrokenPipeError(32, "Broken pipe"))

    monkeypatch.setattr(comparing, "say", broken)
    options = ["--target", "ill", *FEW, "--report", "r.html"]
    assert run("compare", "t.csv", *options) == (141, "", "")
    assert "<html" in Path("r.html").read_text(encoding="utf-8")


# By default, test_new_user.py checks the first line, and exits before libraries load.
@pytest.mark.slow
@posix
def test_compare_prints_first_line_before_loading_libraries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty.csv").write_text("age,ill\n")
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = ["compare", "empty.csv", "--target", "ill"]
    # No slow library is loaded when the first line is written.
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
def test_missing_file_is_reported_before_loading_libraries(command):
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


def test_demo_prints_first_line_before_loading_libraries():
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
def test_hints_show_folds_and_table_size(run, monkeypatch):
    from imbsuite.cli import comparing

    hints = []
    monkeypatch.setattr(comparing, "hint", hints.append)
    run("compare", "t.csv", "--target", "ill", *FEW)
    assert "2 folds" in hints[0]
    rows, columns = pd.read_csv("t.csv").shape
    assert hints[1] == f"{rows:,} rows, {columns - 1} columns, 2 classes."


def test_no_hint_is_printed_without_a_terminal(run):
    _, _, err = run("compare", "nope.csv", "--target", "ill")
    assert err.startswith("imbsuite: nope.csv does not exist")
