"""The documentation: links resolve, and every public name is in the reference."""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import imbsuite

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
ROOMS = [
    *("base", "cluster", "datasets", "decision", "explore", "files", "losses", "meta"),
    *("ordinal", "plan", "probability", "samplers", "scale", "temperature", "testing"),
]
# Names of types, for annotations only.
ALIASES = {"Kind", "Mode", "Schedule", "Strategy"}


def prose(page):
    """Return a page without its code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]+`", "", text)


def links(page):
    return re.findall(r"\]\(\s*([^)\s]+)\s*\)", prose(page))


def slugs(page):
    """Return the anchors of a page, as GitHub and MyST make them of headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ +(.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


def source_of(target):
    """Return the source of a page of the gallery, and any other file unchanged."""
    if target.parent != DOCS / "auto_gallery":
        return target
    name = "GALLERY_HEADER.rst" if target.stem == "index" else f"{target.stem}.py"
    return DOCS / "gallery" / name


def named(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_resolve(page):
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in {"http", "https"}, link
            assert re.fullmatch(r"[\w.-]+\.[a-z]+", parts.netloc), link
            continue
        target = source_of((page.parent / parts.path).resolve()) if parts.path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if parts.fragment:
            assert parts.fragment in slugs(target), link


def test_every_page_is_in_a_toctree():
    listed = set()
    for page in [*DOCS.rglob("*.md"), *DOCS.rglob("*.rst")]:
        for tree in re.findall(r"```{toctree}(.*?)```", page.read_text(), re.DOTALL):
            names = [line for line in tree.split() if not line.startswith(":")]
            listed |= {(page.parent / name).resolve() for name in names}
    pages = set(PAGES) - set((DOCS / "changelog.d").glob("*.md")) - {DOCS / "index.md"}
    pages = {page.with_suffix("") for page in pages if page.is_relative_to(DOCS)}
    assert not pages - listed


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_mentioned_files_exist(page):
    named_files = re.findall(
        r"\b(?:benchmarks|docs|notebooks|tests|imbsuite)/[\w/.-]+\.(?:py|ipynb|md|png)\b",
        page.read_text(),
    )
    for name in named_files:
        assert (ROOT / name).exists(), name


def in_reference():
    """Return the full names that the pages of the reference list."""
    names = set()
    for page in (DOCS / "api").glob("*.rst"):
        module = ""
        for line in page.read_text().splitlines():
            if line.startswith(".. currentmodule::"):
                module = line.split("::")[1].strip()
            elif re.fullmatch(r"   [A-Za-z]\w*", line):
                names.add(f"{module}.{line.strip()}")
    return names


def test_every_public_name_is_in_the_reference():
    listed = in_reference()
    assert listed >= {f"imbsuite.{name}" for name in imbsuite.__all__}
    for room in ROOMS:
        for name in importlib.import_module(f"imbsuite.{room}").__all__:
            full = {f"imbsuite.{name}", f"imbsuite.{room}.{name}"}
            assert name in ALIASES or listed & full, f"imbsuite.{room}.{name}"


def test_reference_lists_only_existing_names():
    for full in in_reference():
        module, name = full.rsplit(".", 1)
        assert hasattr(importlib.import_module(module), name), full


def test_every_benchmark_is_in_the_evidence():
    text = (DOCS / "evidence.md").read_text()
    for script in (ROOT / "benchmarks").rglob("*.py"):
        assert script.relative_to(ROOT).as_posix() in text


def public(room):
    module = importlib.import_module(f"imblearn.{room}")
    return [getattr(module, name) for name in module.__all__]


@pytest.mark.parametrize(
    "room", ["over_sampling", "under_sampling", "combine", "ensemble", "pipeline"]
)
def test_migration_guide_covers_imbalanced_learn(room):
    text = (DOCS / "coming_from_imbalanced_learn.md").read_text()
    for kind in public(room):
        assert re.search(rf"`{kind.__name__}\b", text), kind
        # scikit-learn documents the parameters that ensembles inherit from it.
        theirs = [
            base for base in getattr(kind, "__mro__", ()) if "sklearn" in str(base)
        ]
        inherited = {p for base in theirs for p in inspect.signature(base).parameters}
        for parameter in set(inspect.signature(kind).parameters) - inherited:
            assert re.search(rf"`[^`\n]*\b{parameter}\b", text), (kind, parameter)


@pytest.mark.slow
def test_site_builds_without_warnings(tmp_path):
    pytest.importorskip("sphinx")
    for generated in ("api/generated", "auto_gallery"):
        shutil.rmtree(DOCS / generated, ignore_errors=True)  # may contain deleted pages
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env"]
    where = ["--doctree-dir", tmp_path / "doctrees", DOCS, tmp_path / "site"]
    command = [sys.executable, "-m", "sphinx", *options, *where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
