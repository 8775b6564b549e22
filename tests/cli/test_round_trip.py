"""CSV files written by ``resample`` are read alike by csv, pandas and polars."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imbsuite import cli

# Characters that end a line, separate fields, or are stripped by some reader.
SIGNS = [
    *("\r", "\n", "\r\n", '"', '""', "'", "\\", ",", ";", "\t", "|", " ", "#"),
    *("\x00", "\x0b", "\x0c", "\x1a", "\x85", "\u2028", "\u2029", "\ufeff", "\xa0"),
    *("a", "ü", "☃", "\U0001f984"),
]
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=4).map("".join)


def rows_of(fields: list[str], n: int = 24) -> list[list[str]]:
    """Return rows of two fields and a label; the last third is the rare class."""
    both = itertools.cycle(itertools.pairwise([*fields, *fields[:1]]))
    rare, common = f"yes{fields[0]}", f"no{fields[-1]}"
    return [
        [*pair, rare if i >= 2 * n // 3 else common]
        for i, pair in zip(range(n), both, strict=False)
    ]


def resampled(header, rows, *, source, out, separator, options=()) -> list[list[str]]:
    """Write a table, oversample it, and return its lines and its rare rows."""
    if source.endswith("parquet"):
        columns = [pa.array(column) for column in zip(*rows, strict=True)]
        pq.write_table(pa.Table.from_arrays(columns, names=header), source)
    else:
        with Path(source).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL)
            writer.writerows([header, *rows])
    command = ["resample", source, out, "--target", header[2], "--force"]
    command += ["--sampler", "random-over", "--separator", separator, *options]
    assert cli.main(command) == 0
    rare = [row for row in rows if row[2] == rows[-1][2]]
    return [header, *rows], rare


def by_csv(text: bytes, sign: str) -> list[list[str]]:
    stream = io.StringIO(text.decode(), newline="")
    return list(csv.reader(stream, delimiter=sign))


def by_pandas(text: bytes, sign: str) -> list[list[str]]:
    spelled = {"dtype": str, "keep_default_na": False, "na_filter": False}
    frame = pd.read_csv(io.BytesIO(text), sep=sign, header=None, **spelled)
    return frame.to_numpy().tolist()


def by_polars(text: bytes, sign: str) -> list[list[str]]:
    frame = pl.read_csv(text, separator=sign, infer_schema=False, has_header=False)
    return [[field or "" for field in row] for row in frame.rows()]


def check(out: str, separator: str, kept, rare) -> None:
    text = Path(out).read_bytes()
    for read in (by_csv, by_pandas, by_polars):
        table = read(text, separator)
        assert table[: len(kept)] == kept, read.__name__
        # The classes are equal in size, and new rows repeat rows of the rare class.
        assert len(table) == len(kept) + len(kept) - 1 - 2 * len(rare)
        assert all(row in rare for row in table[len(kept) :])


def headers(fields: list[str]) -> list[str]:
    return [f"{field}{i}" for i, field in enumerate([*fields, "", "", ""][:3])]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("source", ["in.csv", "in.parquet"])
def test_special_characters_round_trip(sign, source):
    fields = [sign, f"a{sign}b", f"{sign}b", f"a{sign}", ""]
    # Each character is tested with each separator, in one of the two formats.
    first = SIGNS.index(sign) % 2 == 0
    for separator in ",;" if first == (source == "in.csv") else "\t|":
        written = resampled(
            [f"{sign}h", f"h{sign}", f"h{sign}h"],
            rows_of(fields),
            source=source,
            out="out.csv",
            separator=separator,
        )
        check("out.csv", separator, *written)


@pytest.mark.parametrize("source", ["in.csv", "in.parquet"])
def test_special_characters_round_trip_in_parts(source):
    pytest.importorskip("dask.dataframe")
    fields = [f"{a}{b}" for a, b in itertools.pairwise([*SIGNS, "a", ""])]
    header, rows = headers(["\r", "\ufeff", '"']), rows_of(fields, 3 * len(fields))
    source_options = {"source": source, "separator": ";"}
    written = resampled(
        header, rows, out="out.csv", options=("--memory", "2GB"), **source_options
    )
    check("out.csv", ";", *written)
    resampled(header, rows, out="memory.csv", **source_options)
    assert Path("out.csv").read_bytes() == Path("memory.csv").read_bytes()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(TEXTS, min_size=3, max_size=3),
    fields=st.lists(TEXTS, min_size=1, max_size=6),
    separator=st.sampled_from(",;\t| :"),
    source=st.sampled_from(["in.csv", "in.parquet"]),
)
def test_any_text_round_trips(names, fields, separator, source):
    written = resampled(
        headers(names),
        rows_of(fields),
        source=source,
        out="out.csv",
        separator=separator,
    )
    check("out.csv", separator, *written)


def test_missing_and_empty_texts_are_written_differently():
    rows = [["", "x", "no"], [None, "", "no"], ["b", None, "no"], [None, "", "yes"]]
    header = ["a", "b", "ill"]
    resampled(header, rows, source="in.parquet", out="out.csv", separator=",")
    lines = Path("out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:5] == ["a,b,ill", '"",x,no', ',"",no', "b,,no", ',"",yes']


def test_sampled_rows_equal_rows_of_the_file():
    # pandas reads the sample from lines that are rebuilt from the fields.
    from imbsuite.files import sample_file

    rows = rows_of(["a\rb", "\r", 'c"\r', "d"], 300)
    resampled(["a", "b", "ill"], rows, source="in.csv", out="out.csv", separator=",")
    sample = sample_file(Path("in.csv"), 200, target="ill", random_state=0).rows
    assert len(sample) == 200
    assert set(sample["ill"]) == {row[2] for row in rows}
    assert set(zip(sample["a"], sample["b"], strict=True)) <= {
        (first, second) for first, second, _ in rows
    }


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz", ".zst"])
def test_compressed_files_round_trip(packing):
    if packing == ".zst":
        pytest.importorskip("zstandard")  # pandas needs it to read them
    rows = rows_of(["a\rb", "c"])
    source_options = {"source": "in.csv", "separator": ","}
    kept, rare = resampled(
        ["a", "b", "ill"], rows, out=f"out.csv{packing}", **source_options
    )
    written = pd.read_csv(f"out.csv{packing}")
    assert len(written) == len(kept) - 1 + len(kept) - 1 - 2 * len(rare)
    assert written["a"].isin(["a\rb", "c"]).all()


@pytest.mark.parametrize("separator", ['"', "\r", "\n", "\x00"])
def test_invalid_separators_are_rejected(run, separator):
    rows = rows_of(["a", "b"])
    resampled(["a", "b", "ill"], rows, source="in.csv", out="out.csv", separator=",")
    code, _, err = run(
        *("resample", "in.csv", "o.csv", "--target", "ill", "--sampler", "random-over"),
        *("--separator", separator),
    )
    assert code == 2
    assert "cannot separate fields" in err
