"""Headers of files and directories."""

from __future__ import annotations

import pandas as pd
import pytest

from imbsuite.files.reading import column_names


def test_columns_of_a_directory_come_from_its_first_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="contains no Parquet files"):
        column_names(tmp_path)
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": [1], "b": ["x"]}, index=[7])
    frame.to_parquet(tmp_path / "part.0.parquet")
    (tmp_path / "readme.txt").write_text("none of them", encoding="utf-8")
    assert column_names(tmp_path) == ["a", "b"]
