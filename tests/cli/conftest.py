"""Fixtures shared by the tests of all commands."""

from __future__ import annotations

import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from imbsuite.experiment import models


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def one_processor(monkeypatch) -> None:
    """Run comparisons in this process unless a test passes --jobs.

    Worker processes take seconds to start for each command, and a light model fits
    in no time.
    """
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")


@pytest.fixture
def light(monkeypatch) -> None:
    """Replace the slow default models with one that fits in a millisecond."""
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )
    classifiers = {"light": make_pipeline(encoder, GaussianNB())}
    monkeypatch.setattr(models, "default_models", lambda order: classifiers)
