"""What all tests have in common."""

from __future__ import annotations

import gc

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


@pytest.fixture
def run(capsys):
    """Return a function that runs a command: exit code, standard output and error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call
