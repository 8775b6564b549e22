"""What all tests have in common."""

from __future__ import annotations

import gc
from itertools import count
from zlib import crc32

import numpy as np
import pytest
from hypothesis import settings

from imbsuite import cli

# An example may take long on a busy machine. All else stays as hypothesis chooses it for
# where it runs: under CI, the same examples each time.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


def pytest_collection():
    # Some 20,000 tests are made and none is let go of: looking for what is no longer
    # needed among them would take a sixth of the time of collecting them.
    gc.disable()


def pytest_collection_finish():
    # Nor is any of them let go of later.
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _seeds_left_open(request, monkeypatch):
    """Make ``random_state=None`` mean the same in each run of a test.

    A bound that fails for one seed in a hundred would otherwise fail now and then, and
    nobody could repeat it. Each test has seeds of its own, by its name.
    """
    test = crc32(request.node.nodeid.encode())
    make_rng, draws = np.random.default_rng, count()

    def default_rng(seed=None):
        return make_rng((test, next(draws)) if seed is None else seed)

    # scikit-learn draws from NumPy's global generator if no seed is passed.
    np.random.seed(test)  # noqa: NPY002
    monkeypatch.setattr(np.random, "default_rng", default_rng)


@pytest.fixture
def run(capsys):
    """Return a function that runs a command: exit code, standard output and error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call
