"""New rows have imbalanced-learn's distribution, up to the spread of its own runs.

For each shared method, on up to three real tables: the energy distances between our
runs and imbalanced-learn's, with 10 seeds each, are compared with the distances between
its own runs. Settings are those under which both implement the same method.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from imblearn import over_sampling as over
from scipy.spatial.distance import cdist, pdist
from shared import load_shared

import imbsuite as im

SEEDS = 10
ROWS = 300
SAME = {"standardize": False, "seed_allocation": "random"}
TABLES = ("page_blocks", "wine_white", "yeast")
SAMPLERS = {
    "SMOTE": ({}, SAME),
    "BorderlineSMOTE": ({}, SAME),
    "ADASYN": ({}, {"standardize": False}),
}


def _table(name):
    X, y, *_ = load_shared(name)
    X = X.select_dtypes("number").to_numpy(float)
    codes = y.factorize()[0]
    # The two most common classes are large enough for stable distances.
    largest, second = np.argsort(np.bincount(codes))[::-1][:2]
    rows = np.flatnonzero(np.isin(codes, [largest, second]))[:3000]
    scale = X[rows].std(axis=0)
    return X[rows] / np.where(scale > 0, scale, 1), (codes[rows] == second).astype(int)


def _new_rows(sampler, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        rows = sampler.fit_resample(X, y)[0][len(X) :]
    rng = np.random.default_rng(0)
    return rows[rng.permutation(len(rows))[:ROWS]]


def _energy(a, b):
    within = 2 * pdist(a).sum() / len(a) ** 2 + 2 * pdist(b).sum() / len(b) ** 2
    return 2 * cdist(a, b).mean() - within


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "table"),
    [
        *((m, t) for m in ("SMOTE", "BorderlineSMOTE") for t in TABLES),
        # imbalanced-learn rounds each row's share separately: if fewer rows are made
        # than there are, shares below one half make none, which changes the density.
        ("ADASYN", "page_blocks"),
    ],
)
def test_new_rows_have_the_distribution_of_imbalanced_learn(method, table):
    X, y = _table(table)
    theirs_params, ours_params = SAMPLERS[method]
    theirs = [
        _new_rows(getattr(over, method)(random_state=s, **theirs_params), X, y)
        for s in range(SEEDS)
    ]
    ours = [
        _new_rows(getattr(im, method)(random_state=s, **ours_params), X, y)
        for s in range(SEEDS)
    ]
    pairs = [(i, j) for i in range(SEEDS) for j in range(i)]
    own = np.array([_energy(theirs[i], theirs[j]) for i, j in pairs])
    between = np.array([_energy(a, b) for a in ours for b in theirs])
    error = own.std(ddof=1) / np.sqrt(SEEDS) + between.std(ddof=1) / np.sqrt(SEEDS)
    print(  # noqa: T201 (the figures are what the test is for)
        f"{method} {table}: {SEEDS} seeds each, own {own.mean():.5f}, "
        f"between {between.mean():.5f}, standard error {error:.5f}"
    )
    assert between.mean() - own.mean() < 4 * error
    means = np.array([rows.mean(axis=0) for rows in theirs])
    mine = np.array([rows.mean(axis=0) for rows in ours])
    spread = np.hypot(means.std(axis=0, ddof=1), mine.std(axis=0, ddof=1))
    away = np.abs(mine.mean(axis=0) - means.mean(axis=0))
    assert (away <= 5 * spread / np.sqrt(SEEDS) + 1e-9).all()
