"""The size of compressed text files, which decides whether they are read as a whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from functools import cache

import numpy as np
import pandas as pd
import pytest

from imbsuite.files import check_fits_in_memory, quoting
from imbsuite.files.large import sample
from imbsuite.files.text import open_text

pytest.importorskip("pyarrow")

SUFFIXES = [".csv", ".csv.gz", ".csv.bz2", ".csv.xz", ".CSV.GZ", ".csv.zip", ".csv.zst"]


@cache
def text_of(n_rows):
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(n_rows, 4)).round(3)).to_csv(index=False)


def write(path, n_rows=10_000):
    """Write a table, and return the size of its text."""
    text, suffix = text_of(n_rows).encode(), path.suffix.lower()
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("t.csv", text)
    elif suffix == ".zst":
        path.write_bytes(pytest.importorskip("zstandard").compress(text))
    else:
        pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
        path.write_bytes(pack.get(suffix, bytes)(text))
    return len(text)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_table_fits_if_its_decompressed_text_fits(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"t{suffix}"
    n_bytes = write(path)
    monkeypatch.setattr(sample, "available_memory", lambda: n_bytes)
    check_fits_in_memory(path)
    monkeypatch.setattr(sample, "available_memory", lambda: n_bytes - 1)
    with pytest.raises(MemoryError, match="--sample-rows"):
        check_fits_in_memory(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_size_is_estimated_from_the_start_of_the_text(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"t{suffix}"
    n_bytes = write(path, 150_000)
    known = n_bytes // 2
    monkeypatch.setattr(quoting, "_SAMPLE_BYTES", known)
    # Readers are ahead of the text: that of bz2, whose blocks hold 900,000 bytes, most.
    share = open_text(path).n_bytes / n_bytes
    assert known / (known + 2 * 900_000) < share < 1.05


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\x1f\x8b\x08\x00"])
def test_damaged_file_raises_before_its_size_is_known(tmp_path, content):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"t\.csv\.gz cannot be decompressed"):
        check_fits_in_memory(path)
