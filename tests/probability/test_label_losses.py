"""Losses of rows for their true labels, and class means of these losses."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from imbsuite.probability.label_losses import (
    mean_by_row,
    means_by_class,
    of_own_label,
    standardized_losses,
)
from imbsuite.probability.predicted import OutOfFold


def test_repeated_predictions_of_a_row_are_averaged():
    p = np.array([[0.2, 0.8], [0.6, 0.4], [0.4, 0.6]])
    means = mean_by_row(OutOfFold(np.array([3, 0, 3]), p), 4)
    assert_allclose(means, [[0.6, 0.4], [np.nan] * 2, [np.nan] * 2, [0.3, 0.7]])


def test_of_own_label_picks_the_true_class_probability():
    p = np.array([[0.2, 0.8], [0.6, 0.4]])
    assert_array_equal(of_own_label(p, np.array([1, 0])), [0.8, 0.6])


def test_class_means_ignore_missing_values_and_use_weights():
    values, codes = np.array([1.0, 3.0, np.nan, 5.0]), np.array([0, 0, 0, 1])
    assert_allclose(means_by_class(values, codes, None), [2, 2, 2, 5])
    weight = np.array([3.0, 1.0, 9.0, 0.0])
    assert_allclose(means_by_class(values, codes, weight), [1.5] * 3 + [np.nan])


def test_losses_are_standardized_within_classes():
    own = np.array([0.5, 0.25, 0.125, 0.9, 0.9, np.nan])
    codes = np.array([0, 0, 0, 1, 1, 1])
    # Losses of 1, 2 and 3 bits have the standard deviation sqrt(2/3).
    expected = [-np.sqrt(1.5), 0, np.sqrt(1.5), 0, 0, np.nan]
    assert_allclose(standardized_losses(own, codes), expected, atol=1e-12)
    twice = standardized_losses(np.repeat(own, 2), np.repeat(codes, 2))
    weighted = standardized_losses(own, codes, np.full(6, 2.0))
    assert_allclose(twice[::2], weighted, atol=1e-12)
