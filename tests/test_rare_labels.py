"""The generated multilabel table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from imbsuite.datasets import make_rare_labels
from imbsuite.datasets._labels import _intercept


def test_label_frequencies_match_the_requested_shares():
    X, Y = make_rare_labels(40_000, shares=[0.5, 0.1, 0.02], random_state=0)
    assert X.shape == (40_000, 20)
    error = np.sqrt(Y.mean(axis=0) * (1 - Y.mean(axis=0)) / len(Y))
    assert (np.abs(Y.mean(axis=0) - [0.5, 0.1, 0.02]) < 4 * error).all()
    assert np.corrcoef(Y.T)[0, 1] > 0.02  # all labels share a direction


@pytest.mark.parametrize(("share", "spread"), [(0.3, 0.0), (0.01, 2.0), (0.9, 5.0)])
def test_intercept_matches_numerical_integration(share, spread):
    z = np.linspace(-9, 9, 20_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    mean = (expit(_intercept(share, spread) + spread * z) * density).sum() * (
        z[1] - z[0]
    )
    assert mean == pytest.approx(share, abs=1e-3)


def test_same_seed_gives_the_same_table():
    first, second = (
        make_rare_labels(50, random_state=1),
        make_rare_labels(50, random_state=1),
    )
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], make_rare_labels(50, random_state=2)[0])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"shares": [0.5, 1.0]}, "'shares' parameter"),
        ({"shares": 0.5}, "'shares' parameter"),
        ({"n_rows": 0}, "'n_rows' parameter"),
        ({"n_columns": 1.5}, "'n_columns' parameter"),
    ],
)
def test_invalid_parameters_raise(options, match):
    with pytest.raises(ValueError, match=match):
        make_rare_labels(**options)
