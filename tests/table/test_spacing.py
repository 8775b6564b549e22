"""The spacing of the values of a column, and detection of whole numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from imbsuite._table.spacing import (
    WHOLE,
    join_spacings,
    spacing_of_integers,
    whole_columns,
)

RNG = np.random.default_rng(0)
EXTREMES = np.array([-(2**63), 2**63 - 1])


@pytest.mark.parametrize("dtype", ["int64", "object"])
@pytest.mark.parametrize("gap", [1, 60, 3_600])
def test_spacing_is_the_greatest_common_divisor_of_differences(dtype, gap):
    values = (RNG.integers(-50, 50, 30) * gap + 7).astype(dtype)
    spacing = spacing_of_integers(values)
    assert spacing.gap == math.gcd(*[int(v - values[0]) for v in values])
    unit, phase = spacing.unit([1, 10, 60, 3_600])
    assert unit == max(u for u in (1, 10, 60, 3_600) if spacing.gap % u == 0)
    assert {int(v) % unit for v in values} == {phase}


def test_differences_of_the_largest_integers_do_not_overflow():
    assert spacing_of_integers(EXTREMES).gap == 2**64 - 1


@pytest.mark.parametrize("sizes", [(30,), (10, 20), (1, 0, 29)])
def test_joined_spacings_of_parts_match_the_whole_column(sizes):
    values = RNG.integers(0, 1_000, 30) * 12 + 5
    parts = np.split(values, np.cumsum(sizes)[:-1])
    # A column without a spacing in one part has no spacing at all.
    spacings = [[spacing_of_integers(part), WHOLE, WHOLE] for part in parts]
    spacings[-1][2] = None
    joined, whole, none = join_spacings(spacings)
    assert joined.gap == spacing_of_integers(values).gap
    assert whole == WHOLE
    assert none is None


@pytest.mark.parametrize("n_rows", [3, 64, 65, 1_000])
def test_whole_columns_finds_fractions_in_any_row(n_rows):
    values = RNG.integers(-5, 5, (n_rows, 6)).astype(float)
    values[:, 1] += 0.5  # from the first row on
    values[-1, 2] += 0.5  # in the last row only
    values[n_rows // 2, 3] = np.nan
    values[:, 4] = np.nan
    for columns in ([0, 3], [0, 2, 3], [0, 1, 2, 3, 4, 5], [1]):
        block = values[:, columns]
        fractions = (np.nan_to_num(block) % 1).any(axis=0)
        assert_array_equal(whole_columns(block), ~fractions)
