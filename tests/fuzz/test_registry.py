"""The registry covers every type of NumPy, pandas, pyarrow and polars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from fuzz.calls import SAMPLERS
from fuzz.cells import columns_of, schema_of
from fuzz.columns import ARROW, COLUMNS, NUMPY, PANDAS, POLARS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imbsuite import samplers

EVERY = [(container, name) for container in COLUMNS for name in COLUMNS[container]]


def _made(kinds):
    """Return a column of each kind, with the first cells that Hypothesis draws."""
    samplers = {}

    @settings(max_examples=1, database=None, deadline=None, derandomize=True)
    @given(st.data())
    def make(data):
        for name, kind in kinds.items():
            samplers[name] = kind.make([data.draw(kind.values), *kind.missing])

    make()
    return samplers


def test_every_numpy_type_is_drawn():
    known = {np.dtype(kind).type for kind in np.sctypeDict.values()}
    # An array of objects is a separate container; long long is another name for int64.
    known -= {np.object_, np.longlong, np.ulonglong}
    assert known == {column.dtype.type for column in _made(NUMPY).values()}


def _ids(kinds):
    return {column.type.id for column in _made(kinds).values()}


def test_every_arrow_type_is_drawn():
    known = {name: getattr(pa.lib, name) for name in dir(pa.lib) if name[:5] == "Type_"}
    # pyarrow cannot create these two.
    for name in ("Type_INTERVAL_MONTHS", "Type_INTERVAL_DAY_TIME"):
        known.pop(name)
    extension = pa.uuid().id
    assert {*known.values(), extension} == _ids(ARROW)


def test_every_polars_type_is_drawn():
    def leaves(kind):
        below = kind.__subclasses__()
        return {leaf for sub in below for leaf in leaves(sub)} if below else {kind}

    # A type of lazy queries, types that users register, a name that is not exported.
    others = {"Unknown", "BaseExtension", "Extension"}
    known = {kind for kind in leaves(pl.DataType) if kind.__name__ not in others}
    public = {kind for kind in known if hasattr(pl, kind.__name__)}
    assert public == {type(column.dtype) for column in _made(POLARS).values()}


def test_every_pandas_type_is_drawn():
    def below(kind):
        return {kind, *(leaf for sub in kind.__subclasses__() for leaf in below(sub))}

    known = {
        kind
        for kind in below(pd.api.extensions.ExtensionDtype)
        if kind.__module__ == "pandas" and hasattr(pd, kind.__name__)
    }
    dtypes = [column.dtype for column in _made(PANDAS).values()]
    assert known <= {type(dtype) for dtype in dtypes}
    kinds = {dtype.kind for dtype in dtypes if isinstance(dtype, np.dtype)}
    assert kinds == set("biufcmMO")  # pandas converts all others to objects
    held = {dtype.pyarrow_dtype for dtype in dtypes if isinstance(dtype, pd.ArrowDtype)}
    assert held == {column.type for column in _made(ARROW).values()}


def test_every_public_sampler_is_drawn():
    assert set(SAMPLERS) == set(samplers.__all__) - {"make_chain"}


@pytest.mark.parametrize("container", COLUMNS)
def test_columns_can_be_made_and_read(container):
    """The laws compare all cells that were put in, for every kind."""
    from fuzz.tables import _ASSEMBLE

    @settings(
        max_examples=1,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def make(data):
        for kind in COLUMNS[container].values():
            cells = [data.draw(kind.values) for _ in range(4)]
            X = _ASSEMBLE[container](data.draw, [kind.make([*cells, *kind.missing])])
            assert schema_of(X) == schema_of(X)
            assert len(columns_of(X)[0]) == 4 + len(kind.missing)

    make()
