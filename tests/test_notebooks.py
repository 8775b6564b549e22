"""The notebooks run from top to bottom; they are stored as pairs, with outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

jupytext = pytest.importorskip("jupytext")
nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
for package in ("ipykernel", "matplotlib", "skrub"):
    pytest.importorskip(package)

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SCRIPTS = sorted(FOLDER.glob("*.py"))
# Each takes longer than the notebook first_steps. The user guide has a page on each of
# these topics, and its examples run with the fast tests.
LONG = {"decisions", "labels", "ordinal"}
RUN = [
    pytest.param(
        path, id=path.stem, marks=pytest.mark.slow if path.stem in LONG else ()
    )
    for path in NOTEBOOKS
]


def cells(path):
    return [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell):
    """Return the kinds of outputs of a cell, without warnings."""
    outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return [sorted(output.get("data", {"text": ""})) for output in outputs]


@pytest.mark.filterwarnings("ignore")  # from Jupyter, not from imbsuite
@pytest.mark.parametrize("path", RUN)
def test_notebook_runs_with_the_stored_kinds_of_outputs(path):
    notebook, kept = (nbformat.read(path, as_version=4) for _ in range(2))
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [o for cell in code_cells(notebook) for o in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    for ran, stored in zip(code_cells(notebook), code_cells(kept), strict=True):
        assert kinds(ran) == kinds(stored), ran.source


def test_every_notebook_has_a_script():
    assert {path.stem for path in NOTEBOOKS} == {path.stem for path in SCRIPTS}
    assert len(NOTEBOOKS) == 7
    assert {path.stem for path in NOTEBOOKS} > LONG


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_and_script_have_the_same_cells(path):
    assert cells(path) == cells(path.with_suffix(".py"))
    formats = nbformat.read(path, as_version=4).metadata["jupytext"]["formats"]
    assert formats == "ipynb,py:percent"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored(path):
    code = code_cells(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    outputs = [output for cell in code for output in cell.outputs]
    assert not [
        o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"
    ]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    # Each shows a comparison as the value of a cell.
    assert any(
        "imbsuite-comparison" in output.get("data", {}).get("text/html", "")
        for output in outputs
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_is_a_page_of_the_site(path):
    contents = (FOLDER.parent / "docs" / "user_guide" / "index.md").read_text()
    assert f"](../../notebooks/{path.name})" in contents
    assert f"\n../notebooks/{path.stem}\n" in contents


@pytest.mark.parametrize("page", ["docs/user_guide/ordinal.md", "notebooks/ordinal.py"])
def test_ordinal_pages_encode_mixed_tables_for_presto(page):
    text = (FOLDER.parent / page).read_text(encoding="utf-8")
    _, heading, section = text.partition("ext and missing values\n")
    assert heading
    assert "TableVectorizer(), SimpleImputer(), " in section
    assert "pipeline[-1].predict_exceed_proba(encoded)" in section
