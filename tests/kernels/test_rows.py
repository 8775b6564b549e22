"""Row kernels against NumPy, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from imbsuite._kernels import rows


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_rows_are_taken_as_numpy_takes_them(threads):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 3))
    positions = rng.integers(50, size=80)
    out = np.empty((80, 3))
    rows.take_rows(values.view(np.uint8), positions, out.view(np.uint8), threads)
    np.testing.assert_array_equal(out, values[positions])
