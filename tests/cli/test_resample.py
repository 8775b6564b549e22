"""``resample``: cells and types are kept, and failures leave no partial files."""

from __future__ import annotations

import errno
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shared import typed_table

from imbsuite import SMOTE, RandomOverSampler, RandomUnderSampler, Tempered
from imbsuite.files import verbatim
from imbsuite.methods import SAMPLERS

SMOTED = ("--target", "ill", "--sampler", "smote")
ADDED = ["is_synthetic", "seed_row", "partner_row", "step"]


def numbers(n: int = 60) -> pd.DataFrame:
    """Return a table that is the same in every file format; target in the middle."""
    rng = np.random.default_rng(0)
    ill = np.arange(n) % 4 == 0
    return pd.DataFrame(
        {
            "age": rng.integers(20, 90, n) + 10 * ill,
            "ill": np.where(ill, "yes", "no"),
            "pulse": np.where(rng.random(n) < 0.1, np.nan, rng.normal(70, 9, n)),
            "town": rng.choice(["Ulm", "Bonn"], n),
            "ward": np.arange(n) // 12,
        }
    )


@pytest.fixture
def table() -> Path:
    """Return the path of a CSV file."""
    path = Path("table.csv")
    numbers().to_csv(path, index=False)
    return path


def listing() -> set[str]:
    return {path.name for path in Path().iterdir()}


# --- Output --------------------------------------------------------------------------


def test_class_sizes_are_printed(run, table):
    code, out, err = run("resample", table, "more.csv", *SMOTED, "--ratio", "0.5")
    assert (code, err) == (0, "")
    assert out == (
        "class  before  after\n"
        "no         45     45\n"
        "yes        15     23\n"
        "more.csv: 68 rows, 8 of them new; 0 left out.\n"
    )
    assert len(pd.read_csv("more.csv")) == 68


@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize("out", ["csv", "parquet"])
def test_files_match_the_python_api(run, source, out):
    frame = numbers()
    frame.to_csv("in.csv", index=False)
    frame.to_parquet("in.parquet")
    arguments = (f"in.{source}", f"out.{out}", *SMOTED, "--seed", "3")
    assert run("resample", *arguments)[0] == 0
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}[out]
    X = frame.drop(columns="ill")
    expected, y = SMOTE(random_state=3).fit_resample(X, frame["ill"])
    expected.insert(1, "ill", y)
    pd.testing.assert_frame_equal(read(f"out.{out}"), expected, check_dtype=False)


@pytest.mark.filterwarnings("ignore::UserWarning")  # small groups
def test_temperature_and_groups_are_used(run, table):
    plan = ("--temperature", "2", "--groups", "ward")
    assert run("resample", table, "more.parquet", *SMOTED, *plan)[0] == 0
    frame = numbers()
    X = frame.drop(columns=["ill", "ward"])
    sampler = SMOTE(sampling_strategy=Tempered(2), random_state=0)
    expected, _ = sampler.fit_resample(X, frame["ill"], groups=frame["ward"])
    written = pd.read_parquet("more.parquet")
    assert list(written.columns) == list(frame.columns)
    assert written["age"].tolist() == expected["age"].tolist()
    assert written["ward"].tolist() == sampler.groups_.tolist()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("method", SAMPLERS)
def test_every_method_writes_a_table(run, table, method):
    arguments = ("--target", "ill", "--sampler", method, "--provenance")
    code, out, _ = run("resample", table, "out.parquet", *arguments)
    assert code == 0
    written = pd.read_parquet("out.parquet")
    rows = {k: int(n) for k, n in written["ill"].value_counts().items()}
    lines = [line.split() for line in out.splitlines()[1:3]]
    assert {label: int(after) for label, _, after in lines} == rows
    assert f"{len(written)} rows, {written['is_synthetic'].sum()} of them new" in out


def test_provenance_columns(run, table):
    run("resample", table, "more.csv", *SMOTED, "--provenance")
    written, before = pd.read_csv("more.csv"), numbers()
    assert list(written.columns) == [*before.columns, *ADDED]
    old, new = written[~written["is_synthetic"]], written[written["is_synthetic"]]
    assert old["seed_row"].tolist() == list(range(60))
    assert old[["partner_row", "step"]].isna().all(axis=None)
    seeds, partners = (
        before["age"].to_numpy()[new[side].astype(int)]
        for side in ("seed_row", "partner_row")
    )
    ages = seeds + np.rint(new["step"] * (partners - seeds))
    assert new["age"].tolist() == ages.tolist()
    assert (before["ill"].to_numpy()[new["seed_row"]] == "yes").all()


def test_provenance_columns_are_prefixed_if_names_are_taken(run):
    frame = numbers().rename(columns={"age": "step", "town": "imbsuite_seed_row"})
    frame.to_csv("odd.csv", index=False)
    run("resample", "odd.csv", "more.csv", *SMOTED, "--provenance")
    written = pd.read_csv("more.csv")
    added = [f"imbsuite_imbsuite_{name}" for name in ADDED]
    assert list(written.columns) == [*frame.columns, *added]


def test_sampler_warnings_are_printed_as_notes(run):
    pd.concat([numbers().query("ill == 'no'"), numbers()[:4]]).to_csv("few.csv")
    code, _, err = run("resample", "few.csv", "more.csv", *SMOTED)
    assert code == 0
    assert err == "imbsuite: note: Class 'yes' has a single row, which is repeated.\n"


# --- Text files keep every character -------------------------------------------------


ODD = '''id,,big,price,code,when,note,ill
00123,1,12345678901234567890123,1.50,007,03.04.2020,"a, ""b""",1
00124,2,12345678901234567890124,,010,04.04.2020,NA,1
00125,,12345678901234567890125,2.0,011,05.04.2020,,0
00126,4,12345678901234567890126,NA,012,06.04.2020, x ,0
00127,+5,12345678901234567890127,1e3,013,07.04.2020,ü☃,0
00128,6,12345678901234567890128, 7 ,014,08.04.2020,"two
lines",0
'''


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("method", ["smote", "random-over", "random-under", "rcal"])
def test_kept_rows_are_written_verbatim(run, method):
    Path("odd.csv").write_text(ODD, encoding="utf-8")
    code, _, _ = run(
        "resample", "odd.csv", "out.csv", "--target", "ill", "--sampler", method
    )
    assert code == 0
    text = Path("out.csv").read_text(encoding="utf-8")
    if method == "random-under":
        assert all(line in ODD.splitlines() for line in text.splitlines())
    else:
        assert text.startswith(ODD)
    written = pd.read_csv("out.csv", dtype=str, keep_default_na=False)
    assert set(written["id"]) <= {f"{i:05d}" for i in range(123, 129)}
    assert written["big"].str.fullmatch("[0-9]{23}").all()
    assert set(written["code"]) <= {"007", "010", "011", "012", "013", "014"}
    assert written["when"].str.fullmatch(r"0[3-8]\.04\.2020").all()


def test_repeated_rows_are_spelled_like_their_seed(run):
    Path("odd.csv").write_text(ODD, encoding="utf-8")
    arguments = ("--target", "ill", "--sampler", "random-over", "--provenance")
    run("resample", "odd.csv", "out.csv", *arguments)
    written = pd.read_csv("out.csv", dtype=str, keep_default_na=False)
    fields = written.drop(columns=ADDED)
    seeds = fields.loc[written["seed_row"].astype(int)].reset_index(drop=True)
    assert fields.equals(seeds)


def test_integers_stay_integers_with_missing_values(run):
    frame = numbers()
    frame["age"] = frame["age"].astype("Int64").mask(frame.index % 7 == 0)
    frame.to_csv("gaps.csv", index=False)
    run("resample", "gaps.csv", "more.csv", *SMOTED)
    written = pd.read_csv("more.csv", dtype=str, keep_default_na=False)
    assert written["age"].str.fullmatch("[0-9]*").all()
    run("resample", "gaps.csv", "more.parquet", *SMOTED)
    assert pq.read_schema("more.parquet").field("age").type == pa.int64()


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (["1", "-2", " 3 "], pa.int64()),
        (["1", "", "NA"], pa.int64()),
        (["1.5", "1e-3", "nan"], pa.float64()),
        (["1", "2.", ".5"], pa.float64()),
        (["0", "0.5", "-0.25"], pa.float64()),
        (["007", "1", "2"], pa.large_string()),
        (["-01", "1", "2"], pa.large_string()),
        (["0x1F", "1", "2"], pa.large_string()),
        (["12345678901234567890", "1", "2"], pa.large_string()),
        (["2020-01-01", "", ""], pa.large_string()),
        (["True", "False", ""], pa.large_string()),
        (["1,5", "2,5", ""], pa.large_string()),
        (["", "", ""], pa.large_string()),
        (["NA", "a", "b"], pa.large_string()),
    ],
)
def test_inferred_types_of_text_columns(fields, kind):
    pd.DataFrame({"x": fields, "y": "1"}).to_csv("t.csv", index=False)
    cells = verbatim.read_verbatim(Path("t.csv")).cells["x"]
    assert cells.type == kind
    if kind != pa.large_string():
        expected = pd.to_numeric(pd.Series(fields), errors="coerce").tolist()
        assert str(cells.to_pandas().astype(float).tolist()) == str(
            [float(v) for v in expected]
        )
    else:
        assert cells.to_pylist() == [field or None for field in fields]


FIELDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(["", "NA", "007", " 1", "1e5", "-0", "+1", "1.0", "True"]),
)


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=4, max_size=8))
def test_repeated_rows_are_verbatim_for_any_text(rows):
    frame = pd.DataFrame(rows).rename(columns=str).assign(y=["n"] * len(rows))
    frame.loc[0, "y"] = "p"
    frame.to_csv("t.csv", index=False)
    # Skip tables that pandas does not read back as it wrote them, and infinity in any
    # spelling.
    before = pd.read_csv("t.csv", dtype=str, keep_default_na=False)
    assume(before.shape == frame.shape)
    numbers = before.apply(pd.to_numeric, errors="coerce")
    assume(not numbers.isin([np.inf, -np.inf]).any(axis=None))
    table = verbatim.read_verbatim(Path("t.csv"))
    sampler = RandomOverSampler(random_state=0)
    resampled = table.resampled(sampler, frame["y"].to_numpy(), others=["y"])
    with Path("o.csv").open("wb") as stream:
        verbatim.write_verbatim(resampled, stream, Path("o.csv"))
    after = pd.read_csv("o.csv", dtype=str, keep_default_na=False)
    expected = before.iloc[sampler.sample_indices_].reset_index(drop=True)
    pd.testing.assert_frame_equal(after, expected)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "[bold]", "a,b", "ü☃"])
def test_unusual_column_names_are_kept(run, name):
    frame = numbers().rename(columns={"age": name, "ill": f"{name}?"})
    frame.to_csv("odd.csv", index=False)
    arguments = ("--target", f"{name}?", "--sampler", "smote", "--provenance")
    assert run("resample", "odd.csv", "more.csv", *arguments)[0] == 0
    assert list(pd.read_csv("more.csv").columns) == [*frame.columns, *ADDED]


@pytest.mark.parametrize(
    ("source", "out", "options", "separators"),
    [
        ("t.csv", "o.csv", ["--separator", ";"], ";;"),
        ("t.tsv", "o.tsv", [], "\t\t"),
        ("t.csv.gz", "o.csv.gz", [], ",,"),
        ("t.csv.bz2", "o.tsv.xz", [], ",\t"),
        ("t.TXT", "o.csv", [], ",,"),
    ],
)
def test_separators_and_compression(run, source, out, options, separators):
    numbers().to_csv(source, index=False, sep=separators[0])
    assert run("resample", source, out, *SMOTED, *options)[0] == 0
    assert len(pd.read_csv(out, sep=separators[1])) == 90
    packed = Path(out).read_bytes()[:2] != b"ag"
    assert packed == (Path(out).suffix in {".gz", ".xz"})


# --- Parquet keeps its types ---------------------------------------------------------


@pytest.mark.parametrize("method", ["smote", "random-over", "random-under"])
def test_parquet_types_are_kept(run, method):
    before = typed_table()
    pq.write_table(before, "in.parquet")
    code, _, err = run(
        "resample", "in.parquet", "out.parquet", "--target", "ill", "--sampler", method
    )
    assert code == 0
    assert ("'code', which identify rows" in err) == (method == "smote")
    assert err.count("\n") == (method == "smote")
    after = pq.read_table("out.parquet")
    assert after.schema.equals(before.schema)
    if method == "random-under":
        codes = [int(code) for code in after["code"].to_pylist()]
        assert after.equals(before.take(codes))
    else:
        assert after.slice(0, before.num_rows).equals(before)
        assert after.num_rows == 72


def test_pandas_types_are_kept(run):
    frame = typed_table().drop_columns(["void"]).to_pandas()
    frame["count"] = frame["count"].astype("Int64")
    frame["flag"] = frame["flag"].astype("boolean")
    frame.to_parquet("in.parquet")
    run("resample", "in.parquet", "out.parquet", *SMOTED, "--provenance")
    written = pd.read_parquet("out.parquet")
    assert written[frame.columns].dtypes.tolist() == frame.dtypes.tolist()
    pd.testing.assert_frame_equal(written[frame.columns][: len(frame)], frame)
    assert written["level"].cat.categories.tolist() == ["low", "mid", "never"]
    assert written.index.equals(pd.RangeIndex(len(written)))


def test_parquet_is_written_as_csv(run):
    pq.write_table(typed_table(), "in.parquet")
    code, _, _ = run("resample", "in.parquet", "out.csv", *SMOTED)
    assert code == 0
    first = Path("out.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
    assert first[:4] == ["00000", "", first[2], "yes"]
    assert first[10] == str(2**62)
    assert re.fullmatch(r"2020-\d\d-\d\d", first[6])


INDEXES = {
    "named": pd.Index([f"p{i}" for i in range(60)], name="patient"),
    "unnamed": pd.Index(np.arange(60)[::-1] * 3),
    "range": pd.RangeIndex(100, 160),
    "named range": pd.RangeIndex(60, name="row"),
    "dates": pd.date_range("2020-01-01", periods=60, name="day"),
    "two levels": pd.MultiIndex.from_product(
        [range(30), list("ab")], names=["i", None]
    ),
    "name of a column": pd.Index([f"p{i}" for i in range(60)], name="town"),
    "range with the name of a column": pd.RangeIndex(60, name="ward"),
    "names of columns": pd.MultiIndex.from_product(
        [range(30), list("ab")], names=["ward", "ill"]
    ),
    "one name for two levels": pd.MultiIndex.from_product(
        [range(30), list("ab")], names=["i", "i"]
    ),
    "two ranges": pd.MultiIndex.from_arrays([range(60), range(60)], names=["i", None]),
}


@pytest.mark.parametrize("kind", INDEXES)
@pytest.mark.parametrize("sampler", [SMOTE(), RandomUnderSampler()])
def test_pandas_index_is_kept(run, kind, sampler):
    frame = numbers().set_index(INDEXES[kind])
    frame.to_parquet("in.parquet")
    method = "smote" if isinstance(sampler, SMOTE) else "random-under"
    code, _, _ = run(
        "resample", "in.parquet", "out.parquet", "--target", "ill", "--sampler", method
    )
    assert code == 0
    X = frame.drop(columns="ill")
    expected, y = sampler.set_params(random_state=0).fit_resample(X, frame["ill"])
    expected.insert(1, "ill", y)
    written = pd.read_parquet("out.parquet")
    pd.testing.assert_frame_equal(written, expected, check_index_type=False)


@pytest.mark.parametrize("sampler", ["near-miss", "instance-hardness"])
def test_score_based_undersampling_in_parts_equals_in_memory(run, sampler):
    numbers().to_parquet("in.parquet")
    command = ("resample", "in.parquet", "--target", "ill", "--sampler", sampler)
    for out, options in (("memory.csv", []), ("parts.csv", ["--memory", "2GB"])):
        assert run(*command[:2], out, *command[2:], *options)[0] == 0
    assert Path("parts.csv").read_bytes() == Path("memory.csv").read_bytes()


@pytest.mark.parametrize("options", [[], ["--memory", "2GB"]])
@pytest.mark.parametrize("last", [2**63 - 1, np.inf, 2.0**53])
def test_index_without_values_left_is_rejected(run, last, options):
    index = pd.Index([0] * 59 + [last], name="patient")
    numbers().set_axis(index, axis=0).to_parquet("in.parquet")
    code, _, err = run("resample", "in.parquet", "out.parquet", *SMOTED, *options)
    assert (code, listing()) == (1, {"in.parquet"})
    assert "no room for" in err or "no values left for new rows" in err
    assert "reset_index" in err


def test_index_is_the_first_column_of_a_csv_file(run):
    numbers().set_index(INDEXES["named"]).to_parquet("in.parquet")
    run("resample", "in.parquet", "out.csv", *SMOTED, "--provenance")
    written = pd.read_csv("out.csv")
    assert list(written.columns) == ["patient", *numbers().columns, *ADDED]
    assert written["patient"].is_unique


@pytest.mark.parametrize("options", [[], ["--memory", "2GB"]])
def test_index_and_added_column_of_one_name_are_both_written(run, options):
    frame = numbers().set_index(INDEXES["named"].rename("seed_row"))
    frame.to_parquet("in.parquet")
    for out in ("out.parquet", "out.csv"):
        run("resample", "in.parquet", out, *SMOTED, "--provenance", *options)
    written, text = pd.read_parquet("out.parquet"), pd.read_csv("out.csv")
    assert list(written.columns) == [*frame.columns, *ADDED]
    assert list(text.columns) == ["__index_level_0__", *written.columns]
    assert written.index.name == "seed_row"
    assert written.index.tolist() == text["__index_level_0__"].tolist()
    assert written["seed_row"].tolist() == text["seed_row"].tolist()
    assert written.index[:60].tolist() == frame.index.tolist()


# --- Errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nope.csv o.csv", "nope.csv does not exist"),
        (". o.csv", ". is a directory; pass a CSV or Parquet file"),
        ("- o.csv", "standard input (-) cannot be read"),
        ("table.csv -", "cannot write to standard output (-)"),
        ("table.csv table.csv", "table.csv is the table to read; choose another path"),
        ("table.csv ./table.csv --force", "is the table to read"),
        ("table.csv link.csv --force", "is the table to read"),
        ("table.csv there.csv", "there.csv exists already; add --force"),
        ("table.csv folder.csv", "cannot write folder.csv: it is not a file"),
        ("table.csv nope/o.csv", "cannot write nope/o.csv: No such file"),
        ("table.csv o.xlsx", "o.xlsx is neither a CSV"),
        ("table.csv o", "o is neither a CSV"),
        ("table.docx o.csv", "table.docx does not exist"),
        ("broken.parquet o.csv", "broken.parquet is not a readable Parquet file"),
        ("ragged.csv o.csv", "ragged.csv does not parse"),
        ("empty.csv o.csv", "empty.csv is empty"),
        ("header.csv o.csv", "header.csv has no rows below its header"),
        ("header.parquet o.csv", "header.parquet has no rows"),
        ("twice.csv o.csv", "twice.csv has several columns called 'a'"),
        ("table.csv o.csv --target il", "Did you mean 'ill'?"),
        ("table.csv o.csv --target id", "there is no column 'id'"),
        ("table.csv o.csv --groups ill", "--groups: there is no column 'ill'"),
        ("targets.csv o.csv --target id", "column 'id' has 10,000 distinct values"),
        ("targets.csv o.csv --target ill", "column 'ill' has only one class, 1"),
        ("targets.csv o.csv --target gappy", "missing values in 9 of 10,000 rows"),
        ("targets.csv o.csv --target price", "holds fractions such as"),
        ("alone.csv o.csv", "there is no column besides 'ill'"),
        ("table.csv o.csv --sampler smot", "Did you mean 'smote'?"),
        ("table.csv o.csv --ratio 2", "the ratio must be a number in (0, 1]"),
        ("table.csv o.csv --ratio 1 --temperature 2", "pass only one of them"),
        ("table.csv o.csv --temperature 0", "a number of at least 1"),
        ("table.csv o.csv --sampler tomek-links --ratio 1", "TomekLinks has no plan"),
        ("table.csv o.csv --sampler temperature --ratio 1", "choose random-over"),
        ("lists.parquet o.parquet", "column 'a' holds values that cannot be compared"),
    ],
)
def test_invalid_input_prints_one_line_of_advice(run, table, arguments, message):
    make_bad_files(table)
    before = listing()
    command = arguments.split()
    for name, value in zip(SMOTED[::2], SMOTED[1::2], strict=True):
        command += [] if name in command else [name, value]
    code, out, err = run("resample", *command)
    assert (code, out) == (1, "")
    assert err.startswith("imbsuite: ")
    assert err.count("\n") == 1
    assert message in err
    assert listing() == before
    assert Path("there.csv").read_text(encoding="utf-8") == "old"


def make_bad_files(table: Path) -> None:
    Path("link.csv").symlink_to(table)
    Path("there.csv").write_text("old", encoding="utf-8")
    Path("folder.csv").mkdir()
    Path("broken.parquet").write_bytes(b"nothing")
    Path("ragged.csv").write_text("a,ill\n1,0\n1,2,3\n", encoding="utf-8")
    Path("empty.csv").touch()
    Path("header.csv").write_text("a,ill\n", encoding="utf-8")
    numbers()[:0].to_parquet("header.parquet")
    Path("twice.csv").write_text("a,a,ill\n1,2,0\n1,2,1\n", encoding="utf-8")
    pd.DataFrame({"ill": [0, 1] * 9}).to_csv("alone.csv", index=False)
    pq.write_table(pa.table({"a": [[1]] * 9, "ill": [0, 1, 1] * 3}), "lists.parquet")
    gappy = np.where(np.arange(10_000) < 9, None, "a")
    others = {"id": range(10_000), "ill": 1, "gappy": gappy, "price": 0.5}
    pd.DataFrame(others).to_csv("targets.csv", index=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Missing"),
        ("table.csv", "OUT"),
        ("table.csv o.csv --sampler smote", "--target"),
        ("table.csv o.csv --target ill", "--sampler"),
        ("table.csv o.csv --target ill --sampler smote --ratio half", "--ratio"),
    ],
)
def test_invalid_options_print_one_line_of_advice(run, arguments, message):
    code, out, err = run("resample", *arguments.split())
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err


def test_force_replaces_an_existing_file(run, table):
    Path("there.csv").write_text("old", encoding="utf-8")
    assert run("resample", table, "there.csv", *SMOTED, "--force")[0] == 0
    assert len(pd.read_csv("there.csv")) == 90


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_unreadable_file_is_reported(run, monkeypatch, kind):
    # Root, who may be running this, can read every file.
    def refuse(path, *_arguments, **_options):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    path = f"table.{kind}"
    getattr(numbers(), f"to_{kind}")(path)
    monkeypatch.setattr(pd, "read_csv", refuse)
    monkeypatch.setattr(pq, "read_table", refuse)
    outcome = run("resample", path, "o.csv", *SMOTED)
    assert outcome == (1, "", f"imbsuite: {path}: Permission denied.\n")
    assert listing() == {path}


@pytest.mark.parametrize("out", ["out.csv", "out.parquet", "out.csv.gz"])
def test_full_disk_leaves_no_partial_file(run, out):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(3000, 8))).rename(columns=str)
    frame.assign(ill=[0, 0, 1] * 1000).to_parquet("in.parquet")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        code, printed, err = run("resample", "in.parquet", out, *SMOTED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (code, printed) == (1, "")
    assert (
        err == f"imbsuite: cannot write {out}: File too large; nothing was written.\n"
    )
    assert listing() == {"in.parquet"}


def test_keyboard_interrupt_leaves_no_file(run, table, monkeypatch):
    def interrupt(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(verbatim, "write_verbatim", interrupt)
    outcome = run("resample", table, "out.csv", *SMOTED)
    assert outcome == (130, "", "imbsuite: interrupted; nothing was written.\n")
    assert listing() == {"table.csv"}


@pytest.fixture
def _hears_ctrl_c():
    """Handle Ctrl-C, which background jobs of a shell and their children ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_hears_ctrl_c")
def test_ctrl_c_leaves_no_file():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60_000, 20))).rename(columns=str)
    frame.assign(ill=rng.random(60_000) < 0.3).to_parquet("in.parquet")
    command = [sys.executable, "-m", "imbsuite", "resample", "in.parquet", "out.csv"]
    with subprocess.Popen([*command, *SMOTED], stderr=subprocess.PIPE) as process:
        while process.poll() is None and len(listing()) == 1:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err == b"imbsuite: interrupted; nothing was written.\n"
    assert listing() == {"in.parquet"}
