"""Laws of cells: categories and missing values, in every container."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from sklearn.base import clone

from imbsuite._random import check_rng
from imbsuite.testing.laws import law
from imbsuite.testing.tables import blobs, mixed, resample


@law
def other_cells_come_from_a_parent(sampler: Any) -> None:
    """Categories, and cells missing in one parent, are copied from a parent."""
    X, y = mixed()
    X_out, _ = resample(sampler, X, y)
    new = X_out.iloc[np.flatnonzero(sampler.is_synthetic_)].astype(object)
    sides = [X.astype(object).iloc[side] for side in sampler.parents_.T]
    for name in X.columns:
        cells, left, right = (part[name].to_numpy() for part in (new, *sides))
        gap = _is_missing(left) | _is_missing(right)
        other = gap | (name in ("text", "level", "flag"))
        either = _same(cells, left) | _same(cells, right)
        assert either[other].all(), name


def _is_missing(cells: NDArray[Any]) -> NDArray[np.bool_]:
    import pandas as pd

    return np.asarray(pd.isna(cells))


def _same(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    gaps = _is_missing(a) & _is_missing(b)
    known = ~(_is_missing(a) | _is_missing(b))
    gaps[known] = a[known] == b[known]
    return gaps


@law
def containers_agree(sampler: Any) -> None:
    """NumPy, lists, pandas, and polars and pyarrow if installed, give equal numbers."""
    import pandas as pd

    X, y = blobs()
    X[check_rng(5).random(X.shape) < 0.05] = np.nan
    expected = resample(clone(sampler), X, y)[0]
    frame = pd.DataFrame(X, columns=list("abcd"))
    tables = [resample(clone(sampler), X.tolist(), y.tolist())[0]]
    tables.append(resample(clone(sampler), frame, y)[0].to_numpy())
    tables.append(resample(clone(sampler), frame.astype(object), y)[0].to_numpy(float))
    tables += [part[0].to_numpy() for part in _resample_others(sampler, frame, y)]
    for values in tables:
        # NumPy sums rows of another memory layout in another order, so the last digits
        # may differ with methods that compute cells instead of interpolating them.
        assert_allclose(np.asarray(values), expected, rtol=1e-12, atol=1e-12)


def _resample_others(sampler: Any, frame: Any, y: Any) -> list[tuple[Any, Any]]:
    try:
        import polars as pl
        import pyarrow as pa
    except ImportError:
        return []
    tables = [pl.from_pandas(frame), pl.from_pandas(frame, nan_to_null=False)]
    resampled = [resample(clone(sampler), table, y) for table in tables]
    arrow = resample(clone(sampler), pa.Table.from_pandas(frame), y)
    return [*resampled, (arrow[0].to_pandas(), arrow[1])]


@law
def mixed_containers_agree(sampler: Any) -> None:
    """Tables with categories and missing values resample alike in polars and pandas."""
    try:
        import polars as pl
    except ImportError:
        return
    X, y = mixed()
    X = X.drop(columns="level")
    expected = resample(clone(sampler), X, y)[0]
    resampled = resample(clone(sampler), pl.from_pandas(X), y)[0]
    assert resampled.schema == pl.from_pandas(X).schema
    assert resampled.equals(pl.from_pandas(expected.reset_index(drop=True)))


@law
def sparse_agrees_with_dense(sampler: Any) -> None:
    """CSR and CSC matrices and arrays give the same numbers as a dense table."""
    X, y = blobs()
    X[check_rng(6).random(X.shape) < 0.3] = 0.0
    expected = resample(clone(sampler), X, y)[0]
    for kind in (sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array):
        resampled = resample(clone(sampler), kind(X), y)[0]
        assert type(resampled) is kind
        assert_allclose(resampled.toarray(), expected, rtol=1e-9, atol=1e-12)
