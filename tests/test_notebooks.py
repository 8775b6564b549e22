"""The notebooks run from top to bottom, and are kept as they ran."""

from __future__ import annotations

from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("skordinal")

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("ignore")  # of the machinery, not of ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_with_its_outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    ran = [cell for cell in cells if cell.cell_type == "code"]
    numbers = [cell.execution_count for cell in ran]
    assert numbers == list(range(1, len(ran) + 1))
    outputs = [output for cell in ran for output in cell.outputs]
    assert outputs
    assert not [
        o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"
    ]
