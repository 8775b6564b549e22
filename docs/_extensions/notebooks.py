"""The notebooks as pages: copied beside the others, because Sphinx reads one folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def copy_notebooks(app: Any) -> None:
    """Copy the notebooks, with their outputs, into the folder of the pages."""
    target = Path(app.srcdir) / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy2(notebook, target)


def link_to_pages(app: Any, name: str, source: list[str]) -> None:
    """Make links to notebooks of the repository links to their pages."""
    up = "../" * name.count("/")
    source[0] = source[0].replace(f"]({up}../notebooks/", f"]({up}notebooks/")


def setup(app: Any) -> dict[str, bool]:
    """Copy before pages are listed."""
    app.connect("builder-inited", copy_notebooks)
    app.connect("source-read", link_to_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
