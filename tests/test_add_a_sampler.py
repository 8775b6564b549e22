"""The page for authors of samplers lists every name, and its example works."""

from __future__ import annotations

import inspect
from pathlib import Path

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from imbsuite._neighbors import Space
from imbsuite._views import ClassView
from imbsuite.base import BaseSynthesizer

PAGE = (Path(__file__).parents[1] / "docs/add_a_sampler.md").read_text()


def names_of(kind) -> list[str]:
    """Return the public names of a class, and those that ``__init__`` sets."""
    listed = [name for name in dir(kind) if not name.startswith("_")]
    source = inspect.getsource(kind.__init__)
    words = source.replace("=", " ").replace(":", " ").replace(",", " ").split()
    fields = [word[5:] for word in words if word.startswith("self.")]
    return listed + [name for name in fields if not name.startswith("_")]


@pytest.mark.parametrize(("kind", "prefix"), [(ClassView, "table"), (Space, "space")])
def test_page_lists_every_public_name(kind, prefix):
    names = names_of(kind)
    assert len(names) > 8
    for name in names:
        assert f"`{prefix}.{name}`" in PAGE or f"`{prefix}.{name}(" in PAGE, name


class RandomSMOTE(BaseSynthesizer):
    """A sampler with three parents, as on the page."""

    sampling_strategy: object = "auto"
    random_state: object = None

    def _synthesize(self, table, y, label, n, rng):
        seeds = self._allocate(table.rows, n, rng)
        self.triangle_ = np.stack([seeds, *rng.choice(table.rows, size=(2, n))])
        x, a, b = (table.numbers(rows) for rows in self.triangle_)
        between = a + rng.random((n, 1)) * (b - a)
        return x + rng.random((n, 1)) * (between - x), seeds


def blobs():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    X[rng.random(X.shape) < 0.3] = 0.0
    return X, np.repeat([0, 1], [45, 15])


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array, sp.csc_matrix])
def test_new_rows_lie_within_the_triangle_of_their_parents(kind):
    X, y = blobs()
    sampler = RandomSMOTE(random_state=0)
    grown, _ = sampler.fit_resample(kind(X), y)
    assert sp.issparse(grown) == sp.issparse(kind(X))
    new = grown[60:].toarray() if sp.issparse(grown) else grown[60:]
    assert len(new) == 30
    for row, parents in zip(new, sampler.triangle_.T, strict=True):
        corners = np.vstack([X[parents].T, np.ones(3)])
        shares = np.linalg.lstsq(corners, [*row, 1.0])[0]
        assert_allclose(corners @ shares, [*row, 1.0], atol=1e-9)
        assert shares.min() > -1e-9 or np.linalg.matrix_rank(corners) < 3


def test_categories_and_missing_values_come_from_the_seed():
    X, y = blobs()
    frame = pd.DataFrame(X, columns=["a", "b"])
    frame.loc[::4, "a"] = np.nan
    frame["color"] = np.random.default_rng(1).choice(["red", "blue"], 60)
    sampler = RandomSMOTE(random_state=0)
    new = sampler.fit_resample(frame, y)[0].iloc[60:]
    seeds = frame.iloc[sampler.parents_[:, 0]]
    assert_array_equal(new["color"], seeds["color"])
    gap = np.isnan(frame["a"].to_numpy()[sampler.triangle_]).any(axis=0)
    assert 0 < gap.sum() < 30
    assert_array_equal(new["a"].to_numpy()[gap], seeds["a"].to_numpy()[gap])


class InParts(RandomSMOTE):
    """The same rows, returned as consecutive parts."""

    _looks_at = "class"

    def _synthesize(self, table, y, label, n, rng):
        rows, seeds = super()._synthesize(table, y, label, n, rng)
        rows[::4, 0] = np.nan  # filled with the value of the seed
        return [rows[:7], rows[7:8], rows[8:]], seeds


class InOnePart(InParts):
    def _synthesize(self, table, y, label, n, rng):
        parts, seeds = super()._synthesize(table, y, label, n, rng)
        return np.concatenate(parts), seeds


@pytest.mark.parametrize(
    "kind",
    [np.asarray, np.float32, sp.csr_array, pd.DataFrame, lambda X: dd.from_array(X, 9)],
    ids=["array", "float32", "csr", "frame", "dask"],
)
def test_rows_returned_in_parts_match_a_single_array(kind):
    X, y = blobs()
    y = y + (np.arange(60) > 50)  # two classes grow
    if kind is np.float32:
        X = X.astype(np.float32)
    grown = []
    for sampler in (InParts(random_state=0), InOnePart(random_state=0)):
        table = kind(X)
        labels = dd.from_array(y, 9) if hasattr(table, "dask") else y
        X_out, _ = sampler.fit_resample(table, labels)
        if hasattr(X_out, "dask"):
            first, X_out = X_out.compute(), X_out.compute()  # each writes the rows
            assert_array_equal(first, X_out)
        grown.append(X_out.toarray() if sp.issparse(X_out) else np.asarray(X_out))
    assert_array_equal(*grown)
    assert len(grown[0]) == 3 * 45
