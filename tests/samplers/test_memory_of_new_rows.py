"""Peak memory of samplers that make new rows in blocks."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import imbsuite as im

RNG = np.random.default_rng(0)
Y = (RNG.random(50_000) < 0.1).astype(int)
X = RNG.normal(size=(50_000, 10)) + 3 * RNG.integers(0, 4, (50_000, 1)) + Y[:, None]


def _peak(sampler):
    sampler.fit_resample(X[:1_000], Y[:1_000])
    tracemalloc.start()
    try:
        rows, labels = sampler.fit_resample(X, Y)
        return tracemalloc.get_traced_memory()[1], rows.nbytes + labels.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "sampler",
    [
        im.CCR(random_state=0),
        im.PolynomFitSMOTE(random_state=0),
        im.PolynomFitSMOTE(kind="mesh", random_state=0),
    ],
    ids=str,
)
def test_new_rows_are_held_once(sampler):
    peak, out = _peak(sampler)
    new_bytes = 8 * X.shape[1] * int(sampler.is_synthetic_.sum())
    assert peak <= 1.3 * out + new_bytes


def test_prowsyn_does_not_hold_neighbors_of_levels():
    sampler = im.ProWSyn(n_neighbors=20, sampling_strategy=0.12, random_state=0)
    peak, out = _peak(sampler)
    assert peak <= 1.3 * out
