"""Ctrl-C, SIGTERM and SIGHUP: exit codes, one-line messages, and no files left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from imbsuite.cli import program
from imbsuite.experiment import models

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

# Tests ignore SIGHUP under nohup, and SIGINT in the background of a shell, and so would
# the programs they start.
HEARS_SIGNALS = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
# Each fit records its PID, and takes a minute.
SLOW_FITS = """
import os, sys, time
from pathlib import Path
from sklearn.dummy import DummyClassifier
from imbsuite import cli
from imbsuite.experiment import models

class Slow(DummyClassifier):
    def fit(self, X, y):
        Path(f"{os.getpid()}.worker").touch()
        time.sleep(60)

models.default_models = lambda order: {"slow": Slow()}
sys.exit(cli.main(sys.argv[1:]))
"""
SLOW_WRITING = """
import sys, time
from pathlib import Path
from imbsuite import cli
import imbsuite.files.verbatim as verbatim
import imbsuite.files.large.resample as large

def linger(*arguments, **options):
    Path("0.worker").touch()
    time.sleep(60)

verbatim.write_verbatim = large._write = linger
sys.exit(cli.main(sys.argv[1:]))
"""
COMPARE = ("compare", "t.parquet", "--target", "ill", "--output", "out.txt")
RESAMPLE = ("resample", "t.parquet", "out.csv", "--target", "ill", "--sampler", "smote")
WORKS = {
    "two jobs": (SLOW_FITS, (*COMPARE, "--jobs", "2"), 2),
    "one job": (SLOW_FITS, (*COMPARE, "--jobs", "1"), 1),
    "resample": (SLOW_WRITING, RESAMPLE, 1),
    "in parts": (SLOW_WRITING, (*RESAMPLE, "--memory", "2GB"), 1),
}
ENDINGS = [
    (signal.SIGTERM, 143, "imbsuite: terminated by SIGTERM.\n"),
    (signal.SIGHUP, 129, "imbsuite: terminated by SIGHUP.\n"),
    (signal.SIGINT, 130, "imbsuite: interrupted; nothing was written.\n"),
]


# A table of this size is memory-mapped by joblib for its workers.
MAPPED = (7_000, 20)


def write_table(n_rows: int, n_columns: int = 2) -> None:
    cells = np.random.default_rng(0).normal(size=(n_rows, n_columns))
    frame = pd.DataFrame(cells).rename(columns=str)
    frame.assign(ill=np.arange(n_rows) % 4 == 0).to_parquet("t.parquet")


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@contextmanager
def started(
    code: str, command: tuple[str, ...], signals: str = HEARS_SIGNALS
) -> Iterator[subprocess.Popen]:
    """Start a program with its own folder of temporary files; kill it at the end."""
    Path("tmp").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", f"{signals}\n{code}", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(Path("tmp").resolve())},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            # A failed assertion must not wait for a program that is still running.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def shared_memory(process: subprocess.Popen) -> list[str]:
    """Return the semaphores and folders of a process in shared memory."""
    place = Path("/dev/shm")  # noqa: S108 - where Linux has them
    marks = (f"loky-{process.pid}-", f"folder_{process.pid}_")
    names = [path.name for path in place.iterdir()] if place.is_dir() else []
    return [name for name in names if any(mark in name for mark in marks)]


def _signal_cases() -> Iterator[Any]:
    """Yield all cases; only Ctrl-C to the group of two jobs runs by default.

    SIGTERM while two jobs start, and with one job, is tested below; Ctrl-C during
    resample is tested in test_resample.py.
    """
    for ending, work, whole_group in product(ENDINGS, WORKS, (False, True)):
        fast = work == "two jobs" and ending[0] == signal.SIGINT and whole_group
        marks = () if fast else pytest.mark.slow
        yield pytest.param(work, *ending, whole_group, marks=marks)


@pytest.mark.parametrize(
    ("work", "number", "exit_code", "message", "whole_group"), list(_signal_cases())
)
def test_signal_ends_workers_and_leaves_no_files(
    work, number, exit_code, message, whole_group
):
    code, command, n_workers = WORKS[work]
    write_table(*MAPPED if n_workers > 1 else (200,))
    before = {path.name for path in Path().iterdir()} | {"tmp"}
    with started(code, command) as process:
        assert wait_for(lambda: len(list(Path().glob("*.worker"))) == n_workers)
        workers = [int(path.stem) for path in Path().glob("*.worker")]
        if n_workers > 1 and Path("/dev/shm").is_dir():  # noqa: S108
            assert any("folder" in name for name in shared_memory(process))
        # Terminals and "timeout" send signals to the whole group.
        (os.killpg if whole_group else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (exit_code, "", message)
    assert wait_for(lambda: not any(map(is_alive, filter(None, workers))), 10)
    assert wait_for(lambda: not shared_memory(process), 10)
    assert not list(Path("tmp").rglob("*"))
    left = {path.name for path in Path().iterdir() if path.suffix != ".worker"}
    assert left == before


@pytest.mark.parametrize(
    ("number", "exit_code", "message"),
    [
        # SIGHUP is handled like SIGTERM; Ctrl-C is tested above.
        ending
        if ending[0] == signal.SIGTERM
        else pytest.param(*ending, marks=pytest.mark.slow)
        for ending in ENDINGS
    ],
)
def test_signal_while_workers_start_leaves_no_shared_memory(number, exit_code, message):
    write_table(*MAPPED)
    with started(SLOW_FITS, (*COMPARE, "--jobs", "2")) as process:
        assert wait_for(lambda: any("sem" in name for name in shared_memory(process)))
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (exit_code, "", message)
    assert wait_for(lambda: not shared_memory(process), 10)


SLOW_PREDICTIONS = """
import sys, time
from pathlib import Path
from imbsuite import cli
from imbsuite.persistence.model_file import SavedModel

def linger(self, X):
    Path("0.worker").touch()
    time.sleep(60)

SavedModel.predict = linger
sys.exit(cli.main(sys.argv[1:]))
"""
FIT = ("fit", "t.parquet", "--target", "ill", "--out", "new.skops", "--jobs", "1")
FIT += ("--strategies", "nothing", "--folds", "2")
PREDICT = ("predict", "m.skops", "t.parquet", "new.csv")


@pytest.mark.parametrize(
    ("command", "number"),
    [
        # All cases write with the same module; fit has three files that it could leave.
        pytest.param(FIT, signal.SIGTERM, id="fit-SIGTERM"),
        pytest.param(FIT, signal.SIGKILL, id="fit-SIGKILL", marks=pytest.mark.slow),
        *(
            pytest.param(
                PREDICT, number, id=f"predict-{number.name}", marks=pytest.mark.slow
            )
            for number in (signal.SIGTERM, signal.SIGKILL)
        ),
    ],
)
def test_terminated_fit_and_predict_leave_no_output(run, monkeypatch, command, number):
    pytest.importorskip("skops", reason="skops is not installed")
    from imbsuite.persistence import column_types, save_model

    write_table(200)
    X = pd.read_parquet("t.parquet")
    y = X.pop("ill")
    save_model(DummyClassifier().fit(X, y), "m.skops", columns=column_types(X))
    before = {path.name for path in Path().iterdir()} | {"tmp"}
    code = SLOW_FITS if command is FIT else SLOW_PREDICTIONS
    with started(code, command) as process:
        assert wait_for(lambda: bool(list(Path().glob("*.worker"))))
        process.send_signal(number)
        process.communicate(timeout=60)
    left = {path.name for path in Path().iterdir() if path.suffix != ".worker"}
    if number == signal.SIGTERM:
        assert process.returncode == 143
        assert left == before
    assert not any(name.startswith("new.") for name in left)
    quick = {"quick": DummyClassifier()}
    monkeypatch.setattr(models, "default_models", lambda order: quick)
    assert run(*command)[0] == 0
    files = {path.name for path in Path().iterdir() if path.suffix != ".worker"}
    new = {"new.skops", "new.json", "new.md"} if command is FIT else {"new.csv"}
    assert files == before | new


def test_sighup_is_ignored_under_nohup_and_sigterm_ends_the_run():
    write_table(200)
    before = {path.name for path in Path().iterdir()} | {"tmp"}
    nohup = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    with started(SLOW_FITS, (*COMPARE, "--jobs", "1"), nohup) as process:
        assert wait_for(lambda: bool(list(Path().glob("*.worker"))))
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    message = "imbsuite: terminated by SIGTERM.\n"
    assert (process.returncode, out, err) == (143, "", message)
    assert not list(Path("tmp").rglob("*"))
    left = {path.name for path in Path().iterdir() if path.suffix != ".worker"}
    assert left == before


def _fail_in_a_thread() -> None:
    thread = threading.Thread(target={}.popitem)
    thread.start()
    thread.join()


@pytest.mark.parametrize(("number", "exit_code", "message"), ENDINGS)
def test_thread_errors_after_a_signal_are_not_reported(
    number, exit_code, message, monkeypatch, capsys
):
    heard = []
    monkeypatch.setattr(threading, "excepthook", heard.append)

    def unwind(*_, **__):
        _fail_in_a_thread()
        try:
            signal.raise_signal(number)
        finally:
            _fail_in_a_thread()

    monkeypatch.setattr(program, "app", unwind)
    before = signal.getsignal(number)
    default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    signal.signal(number, default)
    try:
        assert program.main([]) == exit_code
        assert signal.getsignal(number) == default
    finally:
        signal.signal(number, before)
    assert capsys.readouterr().err == message
    # Errors before the signal, and after main has returned, are reported.
    assert len(heard) == 1
    _fail_in_a_thread()
    assert len(heard) == 2


def test_main_restores_the_sigterm_handler(monkeypatch, capsys):
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    monkeypatch.setattr(
        program, "_run", lambda arguments: signal.raise_signal(signal.SIGTERM)
    )
    try:
        assert program.main([]) == 143
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err == "imbsuite: terminated by SIGTERM.\n"
