"""Files in parts: errors and interruptions leave the output unchanged."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import resource
import shutil
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

pytest.importorskip("dask.dataframe")

from imbsuite.files import atomic
from imbsuite.files.atomic import atomic_write, working_folder
from imbsuite.files.large import resample, sample
from imbsuite.files.large.conversion import PartConverter
from imbsuite.files.large.memory import Budget
from imbsuite.files.large.parquet_table import ParquetTable
from imbsuite.files.large.sample import first_rows

ASKED = ("--target", "ill", "--sampler", "smote", "--memory", "2GB")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> None:
    """Work in an empty folder, with parts of a few rows."""
    monkeypatch.chdir(tmp_path)
    small = functools.partial(Budget, threads=2, part=2000.0, gathered=1e8)
    monkeypatch.setattr(resample, "make_budget", lambda *_, **__: small())


def table(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ill = np.arange(n) % 4 == 0
    return pd.DataFrame({"age": rng.normal(size=n) + ill, "ill": ill.astype(int)})


def listing() -> set[str]:
    return {path.name for path in Path().iterdir()}


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory) -> Path:
    """Return a folder of files to copy: writing takes longer than rejecting one."""
    folder = tmp_path_factory.mktemp("bad")
    with contextlib.chdir(folder):
        _make_bad_files()
    return folder


def _make_bad_files() -> None:
    table().to_parquet("table.parquet", row_group_size=40)
    table().to_csv("table.csv", index=False)
    Path("there.parquet").write_text("old", encoding="utf-8")
    twice = pa.table([range(4), range(4), [0, 0, 1, 1]], ["age", "age", "ill"])
    pq.write_table(twice, "twice.parquet")
    Path("plain").write_text("old", encoding="utf-8")
    Path("kind.parquet").mkdir()
    table().to_parquet("kind.parquet/0.parquet")
    ranges = pd.MultiIndex.from_arrays([range(200), range(200)])
    table().set_axis(ranges).to_parquet("ranges.parquet")
    for folder in ("files", "broken", "kinds", "names", "below/more", "empty", "mine"):
        Path(folder).mkdir(parents=True)
    for folder in ("files", "broken", "kinds", "names"):
        for i in range(3):
            table().to_parquet(f"{folder}/{i}.parquet")
    Path("mine/letter.txt").touch()
    Path("broken/1.parquet").write_bytes(b"nothing")
    table().astype({"age": "int64"}).to_parquet("kinds/1.parquet")
    table().rename(columns={"age": "old"}).to_parquet("names/1.parquet")
    table().to_parquet("below/more/0.parquet")
    table()[:0].to_parquet("header.parquet")
    Path("header.csv").write_text("a,ill\n", encoding="utf-8")
    Path("ragged.csv").write_text("a,ill\n1,0\n1,2,3\n", encoding="utf-8")
    Path("twice.csv").write_text("a,a,ill\n1,2,0\n1,2,1\n", encoding="utf-8")
    table().set_index(["age", "ill"], drop=False).to_parquet("levels.parquet")
    table()[["ill"]].to_parquet("alone.parquet")
    table().assign(ill=1).to_parquet("one.parquet")
    table().assign(ill=np.arange(200)).to_csv("many.csv", index=False)
    table().assign(ill=[None] * 9 + ["a", "b"] * 95 + ["a"]).to_csv("gaps.csv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nope.parquet o.csv", "nope.parquet does not exist"),
        ("- o.csv", "standard input (-) cannot be read"),
        ("table.csv -", "cannot write to standard output (-)"),
        ("table.csv table.csv", "table.csv is the table to read"),
        ("table.csv there.parquet", "there.parquet exists already; add --force"),
        ("table.csv nope/o.csv", "there is no directory nope"),
        ("table.csv o.xlsx", "o.xlsx is neither a CSV"),
        ("table.csv o.csv.zst", "o.csv.zst cannot be compressed in parts"),
        ("files files/out", "files/out is inside files, which is read"),
        ("files files", "files is the table to read"),
        ("files mine --force", "mine holds letter.txt, which is not a Parquet file"),
        ("files/0.parquet files", "files/0.parquet is inside files"),
        ("empty o", "empty contains no Parquet files"),
        ("below o", "below contains the directory more"),
        ("broken o", "broken/1.parquet is not a readable Parquet file"),
        ("kinds o", "column 'age' holds int64 values in kinds/1.parquet, and double"),
        ("names o", "names/1.parquet has no column 'age', which names/0.parquet has"),
        ("header.parquet o", "header.parquet has no rows below its header"),
        ("header.csv o", "header.csv has no rows below its header"),
        ("ragged.csv o", "ragged.csv does not parse"),
        ("twice.csv o", "twice.csv has several columns called 'a'"),
        ("twice.parquet o", "twice.parquet has several columns called 'age'"),
        ("alone.parquet o", "there is no column besides 'ill'"),
        ("one.parquet o", "column 'ill' has only one class, 1"),
        ("many.csv o", "distinct values, but a target may have at most 100"),
        ("gaps.csv o", "column 'ill' has missing values in 9 of 200 rows"),
        ("levels.parquet o", "levels.parquet has an index of 2 levels"),
        ("ranges.parquet o", "ranges.parquet has an index of 2 levels"),
        ("table.csv kind.parquet --force", "kind.parquet is a directory, but"),
        ("table.csv plain --force", "plain is a file, but a name without a suffix"),
        ("table.csv o --target il", "Did you mean 'ill'?"),
        ("table.csv o --groups ill", "--groups: there is no column 'ill'"),
        ("table.csv o --memory much", "'much' is not an amount of memory"),
        ("table.csv o --sampler kmeans-smote", "KMeansSMOTE"),
        ("table.csv o --sampler smote-enn", "Chain"),
    ],
)
def test_invalid_input_prints_one_line_of_advice(run, bad_files, arguments, message):
    shutil.copytree(bad_files, Path(), dirs_exist_ok=True)
    before = listing()
    command = arguments.split()
    for name, value in zip(ASKED[::2], ASKED[1::2], strict=True):
        command += [] if name in command else [name, value]
    code, out, err = run("resample", *command)
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1
    assert listing() == before
    assert Path("there.parquet").read_text(encoding="utf-8") == "old"


def test_directory_requires_the_memory_option(run):
    Path("files").mkdir()
    table().to_parquet("files/0.parquet")
    code, _, err = run("resample", "files", "o.parquet", *ASKED[:4])
    assert (code, "with --memory" in err) == (1, True)


def test_error_says_how_much_memory_is_needed(run, monkeypatch):
    from imbsuite.files.large import memory

    monkeypatch.setattr(resample, "make_budget", memory.make_budget)
    table().to_parquet("in.parquet")
    code, _, err = run("resample", "in.parquet", "o", *ASKED[:5], "20MB")
    assert code == 1
    assert "20 MB of memory is not enough" in err
    needed = int(err.rpartition("at least ")[2].split()[0].replace(",", ""))
    assert run("resample", "in.parquet", "o", *ASKED[:5], f"{needed + 50}MB")[0] == 0


def test_too_little_memory_for_rare_rows_is_rejected(run, monkeypatch):
    monkeypatch.setattr(
        resample, "make_budget", lambda *_, **__: Budget(1, 2000.0, 500.0)
    )
    table().to_parquet("in.parquet", row_group_size=40)
    code, _, err = run("resample", "in.parquet", "o", *ASKED)
    assert code == 1
    assert err.startswith("imbsuite: SMOTE would gather 50 rows")
    assert "at most 500 B are available; increase --memory" in err
    assert listing() == {"in.parquet"}


def test_damaged_file_is_named(run):
    Path("files").mkdir()
    for i in range(3):
        table().to_parquet(f"files/{i}.parquet", compression="gzip")
    path = Path("files/1.parquet")
    content = bytearray(path.read_bytes())
    content[200:600] = b"\0" * 400
    path.write_bytes(content)
    code, _, err = run("resample", "files", "out", *ASKED)
    assert code == 1
    assert "files/1.parquet" in err
    assert listing() == {"files"}


@pytest.fixture(params=["out", "out.parquet", "out.csv"])
def out(request) -> str:
    return request.param


# Each kind of output with and without an existing one, and from each kind of source.
@pytest.mark.parametrize(
    ("source", "out", "existing"),
    [
        ("in.csv", "out", True),
        ("in.parquet", "out", False),
        ("in.csv", "out.parquet", False),
        ("in.parquet", "out.parquet", True),
        ("in.csv", "out.csv", True),
        ("in.parquet", "out.csv", False),
    ],
)
def test_interruption_leaves_the_output_unchanged(
    run, monkeypatch, out, source, existing
):
    write_input(source)
    if existing:
        assert run("resample", source, out, *ASKED)[0] == 0
    before, content = listing(), content_of(out)
    convert, parts = PartConverter.convert, []

    def stop(self, frame):
        parts.append(frame)
        if len(parts) == 4:
            raise KeyboardInterrupt
        return convert(self, frame)

    with monkeypatch.context() as stopped:
        stopped.setattr(PartConverter, "convert", stop)
        command = ("resample", source, out, *ASKED, "--seed", "1", "--force")
        interrupted = run(*command)
    assert interrupted == (130, "", "imbsuite: interrupted; nothing was written.\n")
    assert (listing(), content_of(out)) == (before, content)
    assert run(*command)[0] == 0
    assert listing() == {*before, out}
    assert content_of(out) != content


def test_directory_is_restored_if_it_cannot_be_replaced(run, monkeypatch):
    write_input("in.parquet")
    assert run("resample", "in.parquet", "out", *ASKED)[0] == 0
    before, content = listing(), content_of("out")
    replace = Path.replace

    def fail(self, target):
        if self.name == "files":
            raise PermissionError(errno.EACCES, "Permission denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    command = ("resample", "in.parquet", "out", *ASKED, "--seed", "1", "--force")
    assert run(*command) == (1, "", "imbsuite: out: Permission denied.\n")
    assert (listing(), content_of("out")) == (before, content)


def write_input(source: str) -> None:
    if source.endswith("csv"):
        table().to_csv(source, index=False)
    else:
        table().to_parquet(source, row_group_size=40)


def content_of(out: str) -> list[bytes]:
    path = Path(out)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file.read_bytes() for file in files if file.exists()]


def test_leftovers_of_a_killed_run_are_removed(run, out):
    write_input("in.parquet")
    for name in (f".{out}.0123456789ab.partial", f".{out}.x_y1abcd.partial"):
        Path(name).mkdir()
        Path(name, "part-00000.parquet").touch()
    others = {f".{out}.more.0123abcd.partial", f".{out}.letters", "in.parquet"}
    for name in others - {"in.parquet"}:
        Path(name).mkdir()
    assert run("resample", "in.parquet", out, *ASKED)[0] == 0
    assert listing() == {*others, out}


def test_second_run_writing_the_same_output_is_rejected(run, out):
    write_input("in.parquet")
    with working_folder(Path(out)) as folder:
        code, _, err = run("resample", "in.parquet", out, *ASKED)
        assert folder.exists()
    assert (code, listing()) == (1, {"in.parquet"})
    assert f"another run is writing {out}; wait until it has finished" in err
    assert run("resample", "in.parquet", out, *ASKED)[0] == 0


def test_slow_parts_are_written_in_order(run, monkeypatch, out):
    table(800).to_parquet("in.parquet", row_group_size=20)
    convert, working, most = PartConverter.convert, [], []

    def slow(self, frame):
        working.append(None)
        most.append(len(working))
        time.sleep(0.02 * (len(most) % 3 == 1))
        converted = convert(self, frame)
        working.pop()
        return converted

    monkeypatch.setattr(PartConverter, "convert", slow)
    assert run("resample", "in.parquet", out, *ASKED)[0] == 0
    whole = f"whole{Path(out).suffix or '.parquet'}"
    assert run("resample", "in.parquet", whole, *ASKED[:4])[0] == 0
    read = pd.read_csv if out.endswith("csv") else pd.read_parquet
    written = read(out).reset_index(drop=True)
    pd.testing.assert_frame_equal(written, read(whole))
    assert max(most) == 2  # threads of the budget


def test_new_rows_are_drawn_once_for_all_parts(run, monkeypatch):
    # Drawing for each part separately would gather the rare rows again.
    table(800).to_parquet("in.parquet", row_group_size=20)
    read, parts = ParquetTable.frame, []

    def count(self, part, columns=None):
        parts.append((part.start, part.rows))
        return read(self, part, columns)

    monkeypatch.setattr(ParquetTable, "frame", count)
    assert run("resample", "in.parquet", "out.parquet", *ASKED)[0] == 0
    # Labels, rare rows and all rows: once each.
    last = max(parts)
    assert len(set(parts)) > 6
    assert parts.count(last) <= 3


def test_string_index_is_kept_if_a_part_has_no_rows(run):
    frame = table().assign(ill=np.arange(200) >= 180)
    frame.index = pd.Index([f"p{i}" for i in range(200)], name="patient")
    frame.to_parquet("in.parquet", row_group_size=40)
    options = ("--target", "ill", "--sampler", "random-under", "--memory", "2GB")
    for name in ("out.parquet", "out.csv"):
        assert run("resample", "in.parquet", name, *options)[0] == 0
    frame = pd.read_parquet("out.parquet")
    assert frame.index.name == "patient"
    assert frame.index.tolist() == pd.read_csv("out.csv")["patient"].tolist()


def test_full_disk_leaves_no_partial_file(run, out):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(800, 4))).rename(columns=str)
    frame.assign(ill=[0, 0, 0, 1] * 200).to_parquet("in.parquet", row_group_size=400)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, before[1]))
    try:
        code, printed, err = run("resample", "in.parquet", out, *ASKED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (code, printed) == (1, "")
    assert err.startswith(f"imbsuite: cannot write {out}: File too large; nothing was")
    assert listing() == {"in.parquet"}
    assert run("resample", "in.parquet", out, *ASKED)[0] == 0
    assert listing() == {"in.parquet", out}


@pytest.mark.parametrize(
    ("module", "function", "write"),
    [(atomic, "open_here", atomic_write), (os, "mkdir", working_folder)],
)
def test_ctrl_c_right_after_the_first_step_leaves_nothing(
    monkeypatch, module, function, write
):
    step = getattr(module, function)

    def interrupted(*args, **options):
        step(*args, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        # The folder of locks is never removed: create it first.
        with working_folder(Path("out")):
            pass
        patched.setattr(module, function, interrupted)
        with write(Path("out")):
            pass
    assert not listing()


@pytest.mark.slow
def test_ctrl_c_exits_without_a_traceback():
    rng = np.random.default_rng(0)
    # Enough rows that writing outlasts any pause of this process on a busy machine.
    frame = pd.DataFrame(rng.normal(size=(500_000, 12))).rename(columns=str)
    frame = frame.assign(ill=rng.random(500_000) < 0.3)
    pq.write_table(pa.table(frame), "in.parquet", row_group_size=10_000)
    command = [sys.executable, "-m", "imbsuite", "resample", "in.parquet", "out.csv"]
    with subprocess.Popen([*command, *ASKED], stderr=subprocess.PIPE) as process:
        while process.poll() is None and not list(Path().glob(".out.csv.*")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err == b"imbsuite: interrupted; nothing was written.\n"
    assert listing() == {"in.parquet"}


@pytest.mark.parametrize("group", [7, 200])
def test_first_rows_are_read_without_reading_row_groups(monkeypatch, group):
    table().to_parquet("in.parquet", row_group_size=group)
    monkeypatch.delattr(ParquetTable, "read")  # it would read whole row groups
    pd.testing.assert_frame_equal(first_rows(Path("in.parquet")).to_pandas(), table())
    monkeypatch.setattr(sample, "_FIRST_BYTES", 320)
    few = first_rows(Path("in.parquet")).to_pandas()
    assert 0 < len(few) <= 20
    pd.testing.assert_frame_equal(few, table()[: len(few)])


@pytest.mark.slow
def test_peak_memory_stays_within_the_limit():
    rng = np.random.default_rng(0)
    columns = {f"x{j}": rng.normal(size=3_000_000) for j in range(20)}
    columns["ill"] = rng.random(3_000_000) < 0.005
    for rows in (3_000_000, 250_000):
        pq.write_table(pa.table(columns), "in.parquet", row_group_size=rows)
        # ru_maxrss would include the process that this one was forked from.
        code = (
            "import pathlib, sys; from imbsuite.cli import main\n"
            "assert main(sys.argv[1:]) == 0\n"
            "status = pathlib.Path('/proc/self/status').read_text()\n"
            "print(status.partition('VmHWM:')[2].split()[0])"
        )
        command = ("resample", "in.parquet", "out.parquet", *ASKED[:4], "--force")
        done = subprocess.run(
            [sys.executable, "-c", code, *command, "--memory", "700MB"],
            check=True,
            capture_output=True,
            text=True,
        )
        assert int(done.stdout.split()[-1]) * 1024 < 1.1 * 700e6
