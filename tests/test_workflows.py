"""The workflows run existing targets of make on the supported Python versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import imbsuite

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / ".github" / "workflows"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGES = [*ROOT.glob("*.md"), ROOT / "docs" / "releasing.md", *WORKFLOWS.glob("*.yml")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    called = r"(?:^|`|run: )make ([a-z-]+)"
    goals = re.findall(called, page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(goals) <= set(targets)


def test_workflows_delegate_to_make():
    for name, calls in [("tests", 4), ("docs", 1), ("wheels", 1)]:
        text = (WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8")
        assert len(re.findall(r"run: make ", text)) == calls
        assert "pip install" not in text


def test_supported_pythons_are_tested_and_get_wheels():
    text = (WORKFLOWS / "tests.yml").read_text(encoding="utf-8")
    (listed,) = re.findall(r"python: (\[.*\])", text)
    tested = re.findall(r'"(3\.\d+)"', listed)
    assert f">={tested[0]}" == PROJECT["project"]["requires-python"]
    wheels = PROJECT["tool"]["cibuildwheel"]["build"].split()
    assert wheels == [f"cp{version.replace('.', '')}-*" for version in tested]


def test_version_matches_pyproject():
    assert PROJECT["project"]["version"] == imbsuite.__version__
