"""Files that are not what their names say, and the error each command prints."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

COMMANDS = {
    "info": "--target ill",
    "compare": "--target ill --folds 2 --repeats 1 --strategies nothing",
    "resample": "o.csv --target ill --sampler smote",
}


def table() -> pd.DataFrame:
    ages = np.random.default_rng(0).normal(size=40).round(3)
    towns = [f"Köln {i % 3}" for i in range(40)]
    return pd.DataFrame(
        {"age": ages, "town": towns, "ill": ["yes", "no", "no", "no"] * 10}
    )


def text() -> bytes:
    return table().to_csv(index=False).encode()


def workbook() -> bytes:
    """Return the first bytes of what Excel writes: a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


def parquet() -> bytes:
    stream = io.BytesIO()
    table().to_parquet(stream)
    return stream.getvalue()


def error_of(run, command: str, name: str, *options: str) -> str:
    """Return the message with which a command rejects a file."""
    code, out, err = run(command, name, *COMMANDS[command].split(), *options)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert not Path("o.csv").exists()
    return err


WRONG = {
    "latin.csv": (table().to_csv(index=False).encode("latin-1"), "save it as UTF-8"),
    "wide.csv": (
        table().to_csv(index=False).encode("utf-16"),
        "it is encoded in UTF-16",
    ),
    "big_endian.csv": ("\ufeffage,ill\n".encode("utf-16-be"), "encoded in UTF-16"),
    "book.csv": (workbook(), "it is an Excel workbook"),
    "old_book.txt": (bytes.fromhex("d0cf11e0a1b11ae1"), "it is an Excel workbook"),
    "book.xlsx": (workbook(), "is a workbook, not a CSV or Parquet file"),
    "rows.csv": (parquet(), "it is a Parquet file; give it the suffix .parquet"),
    "small.csv": (gzip.compress(text()), "it is compressed by gzip; add .gz"),
    "plain.csv.gz": (text(), "plain.csv.gz cannot be decompressed"),
    "plain.csv.bz2": (text(), "plain.csv.bz2 cannot be decompressed"),
    "plain.csv.xz": (text(), "plain.csv.xz cannot be decompressed"),
    "plain.csv.zip": (text(), "plain.csv.zip cannot be decompressed"),
    "half.csv.gz": (gzip.compress(text())[:90], "half.csv.gz cannot be decompressed"),
    "half.csv.bz2": (bz2.compress(text())[:90], "half.csv.bz2 cannot be decompressed"),
    "half.csv.xz": (lzma.compress(text())[:90], "half.csv.xz cannot be decompressed"),
    "remark.csv": (b"# of 2020\n" + text(), "first line, which must be the header"),
    "no_header.csv": (b"1,1,no\n1,2,yes\n", "several columns called '1'"),
    "twice.csv": (b"age,age,ill\n1,2,no\n1,2,yes\n", "several columns called 'age'"),
    "two_targets.csv": (b"ill,a,ill\nno,2,no\nno,2,yes\n", "columns called 'ill'"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", WRONG)
def test_invalid_file_is_named_in_the_error(run, command, name):
    content, message = WRONG[name]
    Path(name).write_bytes(content)
    sentence = error_of(run, command, name)
    assert name in sentence
    assert message in sentence


@pytest.mark.parametrize("name", ["half.csv.gz", "plain.csv.bz2", "twice.csv"])
def test_invalid_file_is_rejected_when_read_in_parts(run, name):
    content, message = WRONG[name]
    Path(name).write_bytes(content)
    assert message in error_of(run, "compare", name, "--sample-rows", "20")
    assert message in error_of(run, "resample", name, "--memory", "2GB")


def test_info_numbers_unnamed_columns_and_resample_rejects_them(run):
    """Spreadsheets write unnamed columns at the right of a table."""
    table().assign(a=range(40), b=1).set_axis(
        ["age", "town", "ill", "", ""], axis=1
    ).to_csv("t.csv", index=False)
    code, out, _ = run("info", "t.csv", *COMMANDS["info"].split())
    assert code == 0
    assert "Unnamed: 3" in out
    assert "Unnamed: 4" in out
    sentence = error_of(run, "resample", "t.csv")
    assert "several columns without a name" in sentence


def test_did_you_mean_ends_with_one_question_mark(run):
    code, _, err = run("compar")
    assert code == 2
    assert err.endswith("Did you mean 'compare'? Try 'imbsuite --help'.\n")


NOTED = {
    "spaces.csv": ({"ill": ["no", " no", "No", "yes"] * 10}, "' no' and 'No' and 'no'"),
    "damaged.csv": ({"ill": ["no", "n\x00o", "no", "yes"] * 10}, r"'n\x00o' and 'no'"),
    "missing.csv": (
        {"age": ["N.A.", "N.A.", *range(38)]},
        "numbers that are read as text",
    ),
    "signs.csv": (
        {"age": [f"{i} %" for i in range(40)]},
        "numbers that are read as text",
    ),
    "words.csv": ({"age": ["?", *range(39)]}, "numbers that are read as text"),
    "dates.csv": (
        {"age": [f"May {i % 31}, 2020" for i in range(40)]},
        "has dates that",
    ),
}


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", NOTED)
def test_suspicious_values_are_noted(run, command, name):
    columns, note = NOTED[name]
    table().assign(**columns).to_csv(name, index=False)
    code, out, err = run(command, name, *COMMANDS[command].split())
    assert code == 0
    assert note in " ".join((out + err).split())


@pytest.mark.parametrize("memory", [(), ("--memory", "2GB")])
def test_resample_notes_class_read_as_missing_by_other_commands(run, memory):
    labels = ["NA", "no", "no", "yes"] * 10
    table().assign(ill=labels).to_csv("t.csv", index=False)
    code, out, err = run("resample", "t.csv", *COMMANDS["resample"].split(), *memory)
    assert code == 0
    assert "NA" in out
    assert "the label 'NA' is a class here; info, compare and fit read it as" in err
    code, _, err = run("info", "t.csv", *COMMANDS["info"].split())
    assert code == 1
    assert "column 'ill' has missing values in 10 of 40 rows" in err


@pytest.mark.usefixtures("light")
def test_row_number_column_is_noted_in_a_sample(run):
    numbered = pd.concat([table()] * 20, ignore_index=True)
    numbered.insert(0, "line", range(len(numbered)))
    numbered["age"] += numbered["line"] / 7
    numbered.to_csv("t.csv", index=False)
    code, out, _ = run(
        "compare", "t.csv", "--sample-rows", "200", *COMMANDS["compare"].split()
    )
    assert code == 0
    assert "column 'line' seems to be an identifier" in " ".join(out.split())
