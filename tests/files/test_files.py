"""Files in parts: the output equals that of the whole table in memory."""

from __future__ import annotations

import decimal
import functools
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

pytest.importorskip("dask.dataframe")

from shared import typed_table

from imbsuite import SMOTE, cli, files
from imbsuite.files.large import memory, parquet_table, resample
from imbsuite.files.large.memory import Budget
from imbsuite.files.large.parquet_table import ParquetTable

INDEXES = {
    "named": pd.Index([f"p{i}" for i in range(60)], name="patient"),
    "unnamed": pd.Index(np.arange(60)[::-1] * 3),
    "range": pd.RangeIndex(100, 160),
    "named range": pd.RangeIndex(60, name="row"),
    "dates": pd.date_range("2020-01-01", periods=60, name="day"),
    "numbers": pd.Index([7, 3, 9] * 20),
    "name of a column": pd.Index([f"p{i}" for i in range(60)], name="town"),
    "range with the name of a column": pd.RangeIndex(60, name="ward"),
    "name of the target": pd.Index(np.arange(60)[::-1] * 3, name="ill"),
}
ODD = '''id,,big,price,code,when,note,ill
00123,1,12345678901234567890123,1.50,007,03.04.2020,"a, ""b""",1
00124,2,12345678901234567890124,,010,04.04.2020,NA,1
00125,,12345678901234567890125,2.0,011,05.04.2020,,0
00126,4,12345678901234567890126,NA,012,06.04.2020, x ,0
00127,+5,12345678901234567890127,1e3,013,07.04.2020,ü☃,0
00128,6,12345678901234567890128, 7 ,014,08.04.2020,"two
lines",0
'''


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> None:
    """Work in an empty folder, with parts of a few rows."""
    monkeypatch.chdir(tmp_path)
    small = functools.partial(Budget, threads=2, part=2000.0, gathered=1e8)
    monkeypatch.setattr(resample, "make_budget", lambda *_, **__: small())


def run(*arguments: str) -> int:
    return cli.main([str(argument) for argument in arguments])


def numbers(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ill = np.arange(n) % 4 == 0
    return pd.DataFrame(
        {
            "age": rng.integers(20, 90, n) + 10 * ill,
            "ill": np.where(ill, "yes", "no"),
            "pulse": np.where(rng.random(n) < 0.1, np.nan, rng.normal(70, 9, n)),
            "town": rng.choice(["Ulm", "Bonn"], n),
            "ward": np.arange(n) // 12,
            "step": rng.normal(size=n),
        }
    )


def resample_both_ways(source: str, out: str, *options: str) -> None:
    """Resample in memory and in parts."""
    memory = f"memory_{Path(out).name}"
    arguments = ("--target", "ill", *options)
    assert run("resample", source, memory, *arguments) == 0
    assert run("resample", source, out, *arguments, "--memory", "2GB") == 0


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("smote", ("--groups", "ward")),
        ("random-over", ("--provenance",)),
        ("random-under", ("--provenance",)),
        ("borderline-smote", ("--provenance",)),
        ("tomek-links", ("--provenance",)),
        # Written the same way as above; tests/scale compares every sampler.
        *(
            pytest.param(method, options, marks=pytest.mark.slow)
            for method, options in (
                ("smote", ()),
                ("temperature", ("--groups", "ward")),
                ("adasyn", ()),
                ("edited-nearest-neighbours", ()),
            )
        ),
    ],
)
def test_text_files_equal_those_written_in_memory(method, options):
    numbers(180).to_csv("in.csv", index=False)
    resample_both_ways("in.csv", "out.csv", "--sampler", method, *options)
    assert Path("out.csv").read_bytes() == Path("memory_out.csv").read_bytes()


@pytest.mark.parametrize(
    ("source", "out", "options"),
    [
        ("in.csv", "out.parquet", ()),
        ("in.parquet", "out.csv", ()),
        ("in.csv.gz", "out.csv.gz", ()),
        # As above, but compressed by another library.
        pytest.param("in.tsv", "out.csv.bz2", (), marks=pytest.mark.slow),
    ],
)
def test_file_formats_equal_those_written_in_memory(source, out, options):
    frame = numbers(180)
    if source.endswith("parquet"):
        frame.to_parquet(source, row_group_size=40)
    else:
        frame.to_csv(source, index=False, sep="\t" if "tsv" in source else ",")
    resample_both_ways(source, out, "--sampler", "smote", "--provenance", *options)
    if out.endswith("parquet"):
        assert pq.read_table(out).equals(pq.read_table(f"memory_{out}"))
        return
    written, expected = (
        pd.read_csv(path, dtype=str, sep=None, engine="python")
        for path in (out, f"memory_{out}")
    )
    pd.testing.assert_frame_equal(written, expected)


@pytest.mark.parametrize("kind", INDEXES)
def test_pandas_index_is_kept(kind):
    numbers(60).set_index(INDEXES[kind]).to_parquet("in.parquet", row_group_size=25)
    resample_both_ways("in.parquet", "out.parquet", "--sampler", "smote")
    written, expected = (
        pd.read_parquet("out.parquet"),
        pd.read_parquet("memory_out.parquet"),
    )
    pd.testing.assert_frame_equal(written, expected, check_index_type=False)


def test_directories_are_read_and_written():
    frame = numbers()
    Path("in").mkdir()
    for number, start in enumerate(range(0, 300, 25)):
        frame[start : start + 25].to_parquet(f"in/part.{number}.parquet")
    Path("in/_SUCCESS").touch()
    frame.to_parquet("in.parquet")
    arguments = ("--target", "ill", "--sampler", "smote")
    assert run("resample", "in.parquet", "memory.parquet", *arguments) == 0
    assert run("resample", "in", "out", *arguments, "--memory", "2GB") == 0
    names = sorted(path.name for path in Path("out").iterdir())
    assert len(names) > 12
    assert names[:2] == ["part-00000.parquet", "part-00001.parquet"]
    written = pd.read_parquet("out").reset_index(drop=True)
    pd.testing.assert_frame_equal(written, pd.read_parquet("memory.parquet"))
    more = ("--sampler", "random-under", "--force", "--memory", "2GB")
    assert run("resample", "in", "out", "--target", "ill", *more) == 0
    assert len(pd.read_parquet("out")) == 150


def test_large_row_groups_are_split(monkeypatch):
    numbers().to_parquet("in.parquet")
    cut: list[int] = []

    def copy(self, stream, block_rows):
        cut.append(block_rows)
        original(self, stream, block_rows)

    original = ParquetTable.copy
    monkeypatch.setattr(ParquetTable, "copy", copy)
    resample_both_ways("in.parquet", "out.parquet", "--sampler", "smote")
    assert cut
    assert 1 < cut[0] < 100
    assert pq.read_table("out.parquet").equals(pq.read_table("memory_out.parquet"))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("method", ["smote", "random-over", "random-under"])
def test_unusual_fields_are_kept(method):
    Path("in.csv").write_text(ODD, encoding="utf-8")
    resample_both_ways("in.csv", "out.csv", "--sampler", method, "--provenance")
    assert Path("out.csv").read_text() == Path("memory_out.csv").read_text()


@pytest.mark.parametrize(
    ("method", "options", "group"),
    [
        ("smote", (), 20),
        ("smote", ("--provenance",), 48),
        ("random-over", ("--provenance",), 20),
        ("random-under", (), 20),
    ],
)
def test_parquet_types_are_kept(method, options, group):
    pq.write_table(typed_table(), "in.parquet", row_group_size=group)
    resample_both_ways("in.parquet", "out.parquet", "--sampler", method, *options)
    written, expected = (
        pq.read_table("out.parquet"),
        pq.read_table("memory_out.parquet"),
    )
    assert written.schema.equals(expected.schema)
    assert written.equals(expected)


def spaced(n: int = 300) -> pa.Table:
    """Return a table in which the spacing of some columns depends on a single row."""
    rng = np.random.default_rng(1)
    cells = rng.integers(0, 500, (n, 6))
    nearly = cells[:, 1].astype(float)
    nearly[n // 2] = 0.5
    holes = np.where(rng.random(n) < 0.2, np.nan, nearly)
    seconds = cells[:, 2] * 86_400
    seconds[n // 3] += 60
    amounts = [decimal.Decimal(int(v)) for v in cells[:, 3]]
    amounts[-1] = decimal.Decimal("0.25")
    return pa.table(
        {
            "whole": cells[:, 0].astype(float),
            "nearly": nearly,
            "nan": holes,
            "nan and null": pa.array(holes, mask=rng.random(n) < 0.2),
            "null": pa.array(nearly, mask=rng.random(n) < 0.2),
            "moment": pa.array(seconds.astype("M8[s]")).cast(pa.timestamp("us")),
            "day": pa.array(cells[:, 5].astype("M8[D]")),
            "amount": pa.array(amounts, pa.decimal128(12, 6)),
            "wide": pa.array(amounts, pa.decimal128(38, 6)),
            "time": pa.array(cells[:, 4].astype("i4")).cast(pa.time32("s")),
            "ill": np.where(np.arange(n) % 4 == 0, "yes", "no"),
        }
    )


@pytest.mark.parametrize(
    "method",
    [
        "smote",
        # They interpolate like SMOTE, between other rows.
        *(
            pytest.param(m, marks=pytest.mark.slow)
            for m in ("borderline-smote", "adasyn")
        ),
    ],
)
def test_new_cells_have_the_spacing_of_the_whole_table(method):
    pq.write_table(spaced(), "in.parquet", row_group_size=40)
    resample_both_ways("in.parquet", "out.parquet", "--sampler", method)
    written, expected = (
        pq.read_table("out.parquet"),
        pq.read_table("memory_out.parquet"),
    )
    assert written.schema == expected.schema
    for name in written.column_names:
        # NaN differs from null, and equals itself here.
        assert written[name].is_null().equals(expected[name].is_null())
        assert written[name].to_pandas().equals(expected[name].to_pandas())
        if pa.types.is_floating(written[name].type):
            assert pc.is_nan(written[name]).equals(pc.is_nan(expected[name]))
    frame = written.to_pandas()
    new = frame.iloc[300:]
    assert (new["whole"] % 1 == 0).all()
    assert (new["nearly"] % 1 != 0).any()
    assert (new["moment"].dt.second == 0).all()
    assert (new["moment"].dt.minute != 0).any()
    assert all(v % decimal.Decimal("0.01") == 0 for v in new["amount"])
    assert any(v % 1 != 0 for v in new["wide"])


def test_old_names_warn():
    for old, new in (
        ("Written", "ResampledFile"),
        ("check_size", "check_fits_in_memory"),
    ):
        with pytest.warns(FutureWarning, match=f"{old} is now called {new}"):
            assert getattr(files, old) is getattr(files, new)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = files.nothing


def test_each_source_file_is_opened_once(monkeypatch):
    Path("in").mkdir()
    for number in range(3):
        numbers(60).to_parquet(f"in/{number}.parquet", row_group_size=20)
    opened: list[str] = []
    open_file = parquet_table._open

    def count(path):
        opened.append(path.name)
        return open_file(path)

    monkeypatch.setattr(parquet_table, "_open", count)
    files.resample_file(Path("in"), Path("out"), target="ill", sampler=SMOTE())
    assert opened == ["0.parquet", "1.parquet", "2.parquet"]


def test_missing_package_names_the_extra(monkeypatch):
    numbers().to_parquet("in.parquet")
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr(resample, "make_budget", memory.make_budget)
    with pytest.raises(ImportError, match=r"needs psutil.*imbsuite\[dask\]"):
        files.resample_file(
            Path("in.parquet"), Path("o"), target="ill", sampler=SMOTE()
        )
    with pytest.raises(ImportError, match=r"needs psutil.*imbsuite\[cli\]"):
        files.check_fits_in_memory(Path("in.parquet"))


@pytest.mark.parametrize("levels", [1, 2])
def test_tables_with_an_index_can_be_read_whole(levels):
    index = pd.MultiIndex.from_arrays([list("abc") * 100, np.arange(300)][-levels:])
    numbers().set_axis(index).to_parquet("in.parquet")
    files.check_fits_in_memory(Path("in.parquet"))
    sample = files.sample_file(Path("in.parquet"), 200, target="ill")
    assert sample.rows.index.nlevels == levels
    assert sample.table_sizes == {"yes": 75, "no": 225}
