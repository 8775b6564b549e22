"""Ctrl-C: finished folds are shown, no partial file and no process is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import cache

import numpy as np
import pandas as pd
import pytest
from comparisons import compare_quickly, numeric_table
from sklearn.naive_bayes import GaussianNB

from imbsuite.folds.stratified import StratifiedFolds


class Stop:
    """Progress that interrupts when ``at`` fits are done."""

    def __init__(self, at):
        self.at = at

    def __call__(self, done, total):
        if done == self.at:
            raise KeyboardInterrupt


def compare_two_models(**options):
    models = {"a": GaussianNB(), "b": GaussianNB(var_smoothing=0.1)}
    X, y = numeric_table((80, 30))
    return compare_quickly(X, y, estimator=models, cv=StratifiedFolds(3, 1), **options)


@cache
def whole_comparison():
    return compare_two_models()


@pytest.mark.filterwarnings("ignore:class .* has fewer than:UserWarning")
@pytest.mark.parametrize(
    ("at", "n_jobs"),
    [
        (4, 1),
        (6, 1),
        (8, 1),
        # Workers take seconds to start.
        pytest.param(6, 2, marks=pytest.mark.slow),
    ],
)
def test_only_complete_folds_are_compared_after_an_interrupt(at, n_jobs):
    whole = whole_comparison()
    with pytest.warns(UserWarning, match=f"interrupted after {at} of 12 fits"):
        part = compare_two_models(progress=Stop(at), n_jobs=n_jobs)
    assert part.finished == (at, 12)
    # Two models with two strategies: four fits for each fold.
    assert part.n_folds == at // 4 or n_jobs == 2
    counts = part.scores.groupby(["fold", "metric"]).size()
    assert set(counts) == {6}
    keys = ["model", "strategy", "fold", "metric"]
    both = part.scores.merge(whole.scores, on=keys)
    both = both[both["metric"] != "fit_time"]
    np.testing.assert_array_equal(both["value_x"], both["value_y"])
    assert f"{part.n_folds} of 3 folds" in part.notes[0]
    assert str(part)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_interrupt_before_a_complete_fold_is_raised():
    with pytest.raises(KeyboardInterrupt):
        compare_two_models(progress=Stop(2))


# --- By a real signal ----------------------------------------------------------------

# The command line, with fast models. Shells make background jobs, and the processes
# that they start, ignore Ctrl-C.
CODE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from sklearn.naive_bayes import GaussianNB
from imbsuite.cli import main
from imbsuite.experiment import models
quick = {"a": GaussianNB(), "b": GaussianNB(var_smoothing=0.1)}
models.default_models = lambda order=None: quick
sys.exit(main())
"""


def running_processes(group):
    """Return the processes of a group that are still running."""
    processes = subprocess.run(
        ["ps", "-eo", "pgid=,stat="],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split() for line in processes.stdout.splitlines()]
    return [row for row in rows if row[0] == str(group) and row[1][0] != "Z"]


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    X, y = numeric_table((370, 30))
    path = tmp_path_factory.mktemp("interrupt") / "table.csv"
    pd.DataFrame(X, columns=["a", "b"]).assign(y=y).to_csv(path, index=False)
    return path


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes")
@pytest.mark.parametrize(
    ("after", "jobs"),
    [
        (8, 1),
        # Workers take seconds to start. Tests of the command line also cover their end.
        *(pytest.param(after, 2, marks=pytest.mark.slow) for after in (0, 1, 8)),
    ],
)
def test_ctrl_c_shows_finished_results_and_leaves_no_process(
    csv, tmp_path, after, jobs
):
    cache, output = tmp_path / "cache", tmp_path / "out.json"
    command = ["compare", str(csv), "--target", "y", "--strategies", "random-over"]
    options = ["--jobs", str(jobs), "--cache", str(cache), "--output", str(output)]
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, *command, *options, "--repeats", "50"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: len(list(cache.rglob("*.fit"))) >= after and cache.exists())
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    messages = [line for line in err.splitlines() if line.startswith("imbsuite: ")]
    assert len(messages) == 1
    assert messages[0].startswith("imbsuite: interrupted")
    if after == 8:
        done, planned = json.loads(out)["finished"]
        assert 4 <= done < planned == 1000
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    wait_until(lambda: not running_processes(process.pid))


def wait_until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
