"""Run the notebooks and keep their outputs; ``make notebooks``.

Names of notebooks as arguments limit it to these. Cells are taken from the .py files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"


def run(script: Path) -> None:
    """Run the cells of a script, and write them with their outputs as a notebook."""
    notebook = jupytext.read(script)
    # Times of execution would change the file at every run.
    NotebookClient(notebook, timeout=900, record_timing=False).execute()
    tidy(notebook)
    jupytext.write(notebook, script.with_suffix(".ipynb"), fmt="ipynb")


def tidy(notebook: Any) -> None:
    """Remove what differs between runs: versions, random ids, paths in warnings."""
    kept = {name: notebook.metadata[name] for name in ("jupytext", "kernelspec")}
    notebook.metadata = nbformat.from_dict(kept)
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.py")):
        if len(sys.argv) < 2 or path.stem in sys.argv[1:]:
            print(path.stem)
            run(path)
