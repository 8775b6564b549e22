"""The package as a whole: public names, imports, and accurate documentation."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator

import imbsuite

PACKAGE = Path(imbsuite.__file__).parent
ROOT = PACKAGE.parent
ROOMS = [
    ".".join(path.parent.relative_to(ROOT).parts)
    for path in sorted(PACKAGE.rglob("__init__.py"))
]
# compare returns a Comparison; users do not create one.
CLASSES = [
    getattr(imbsuite, name)
    for name in imbsuite.__all__
    if isinstance(getattr(imbsuite, name), type) and name != "Comparison"
]


def _run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_import_loads_no_modules_beyond_scikit_learn():
    code = (
        "import sys, sklearn; before = set(sys.modules); import imbsuite; "
        "print([m for m in set(sys.modules) - before if not m.startswith('imbsuite')])"
    )
    assert _run(code).strip() == "[]"


def test_samplers_load_no_heavy_libraries():
    code = (
        "import sys, sklearn.neighbors, pandas; before = set(sys.modules); "
        "import imbsuite; imbsuite.SMOTE; print(*(set(sys.modules) - before))"
    )
    loaded = set(_run(code).split())
    assert not loaded & {
        "imblearn",
        "matplotlib",
        "skrub",
        "polars",
        "pyarrow",
        "typer",
    }


@pytest.mark.parametrize("name", imbsuite.__all__)
def test_every_public_name_exists_and_has_a_docstring(name):
    assert name in dir(imbsuite)
    assert getattr(imbsuite, name).__doc__


def test_unknown_names_raise_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'SMOTENC'"):
        imbsuite.SMOTENC  # noqa: B018


@pytest.mark.parametrize("room", ["samplers", "meta", "datasets", "explore"])
def test_subpackages_export_existing_names_in_order(room):
    module = importlib.import_module(f"imbsuite.{room}")
    assert all(hasattr(module, name) for name in module.__all__)
    assert list(module.__all__) == sorted(module.__all__, key=_isort_key)


def _isort_key(name: str) -> tuple[int, str]:
    """Sort as ruff does: constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _documented(kind: type) -> list[tuple[list[str], str]]:
    """Return, for each entry, its parameters and the rest of its first line."""
    section = inspect.getdoc(kind).split("Parameters\n----------\n")[-1]
    # Up to the next heading, because an entry may contain a list between empty lines.
    section = re.split(r"\n\n(?=\S.*\n---)", section)[0]
    entries = [
        line.split(" : ")
        for line in section.splitlines()
        if " : " in line and not line.startswith(" ")
    ]
    return [(names.split(", "), text) for names, text in entries]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_parameter_is_documented_in_order(kind):
    listed = [name for names, _ in _documented(kind) for name in names]
    assert listed == list(inspect.signature(kind).parameters)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_documented_defaults_match_the_signature(kind):
    signature = inspect.signature(kind).parameters
    for names, text in _documented(kind):
        defaults = [signature[name].default for name in names]
        # Required parameters have an empty default.
        reprs = [repr(v) for v in defaults if v is not inspect.Parameter.empty]
        documented = text.partition("default=")[2]
        values = ast.literal_eval(f"[{documented}]")
        assert reprs == [repr(value) for value in values]


ESTIMATORS = [kind for kind in CLASSES if issubclass(kind, BaseEstimator)]


@pytest.mark.parametrize("kind", ESTIMATORS, ids=lambda kind: kind.__name__)
def test_estimators_keep_repr_eq_and_hash_of_scikit_learn(kind):
    assert kind.__repr__ is BaseEstimator.__repr__
    assert kind.__eq__ is object.__eq__
    assert kind.__hash__ is object.__hash__


SAMPLERS = [kind for kind in CLASSES if hasattr(kind, "fit_resample")]


@pytest.mark.parametrize("kind", SAMPLERS, ids=lambda kind: kind.__name__)
def test_sampler_docstrings_have_all_sections(kind):
    text = inspect.getdoc(kind)
    for part in ("References", ":doi:", "**When it hurts.**", "Examples", "Raises"):
        assert part in text


@pytest.mark.parametrize("kind", SAMPLERS, ids=lambda kind: kind.__name__)
def test_sampler_parameters_are_keyword_only_in_standard_order(kind):
    parameters = list(inspect.signature(kind).parameters.values())
    if kind is imbsuite.Chain:
        return
    # The main parameter of these classes comes first and may be positional.
    around = (imbsuite.LabelSampler, imbsuite.MLSMOTE, imbsuite.SubclassSampler)
    if kind in (*around, imbsuite.TemperatureSampler):
        assert parameters.pop(0).name in {"sampler", "temperature"}
    assert {p.kind for p in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    names = [p.name for p in parameters]
    tail = [n for n in ("sampling_strategy", "random_state") if n in names]
    assert names[-len(tail) :] == tail


def test_mistyped_keyword_raises():
    with pytest.raises(TypeError, match="k_neighbor"):
        imbsuite.SMOTE(k_neighbor=3)


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").exists()


def _type_errors(code: str, folder: Path) -> str:
    """Return what mypy says of ``code``, with the settings of the project."""
    api = pytest.importorskip("mypy.api")
    snippet = folder / "snippet.py"
    snippet.write_text(code)
    out, err, _ = api.run([str(snippet), f"--config-file={ROOT / 'pyproject.toml'}"])
    assert not err
    return out


def test_type_checkers_know_every_public_name(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    names = ", ".join(imbsuite.__all__)
    code = f"from imbsuite import {names}\nreveal_type(SMOTE().random_state)\n"
    errors = _type_errors(code, tmp_path)
    assert "error" not in errors
    assert 'Revealed type is "int |' in errors


def test_type_checkers_report_misspelled_names(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    code = "".join(f"from {room} import SMOET\n" for room in ROOMS)
    errors = _type_errors(code, tmp_path)
    for room in ROOMS:
        assert f'Module "{room}" has no attribute "SMOET"' in errors


def test_type_checkers_know_the_parameters_of_samplers(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    code = """
import imbsuite as im
im.BorderlineSMOTE(kind="borderline-2", k_neighbors=3)
im.BorderlineSMOTE(kind="borderline-3")
im.BorderlineSMOTE(k_neighbor=3)
im.BorderlineSMOTE(10)
im.ADASYN(k_neighbors=3)
"""
    errors = _type_errors(code, tmp_path).splitlines()
    lines = {int(line.split(":")[1]) for line in errors if ": error:" in line}
    assert lines == {4, 5, 6, 7}


def test_global_random_state_is_unchanged():
    X = np.random.default_rng(0).normal(size=(30, 2))
    y = [0] * 22 + [1] * 8
    np.random.seed(0)  # noqa: NPY002
    expected = np.random.get_state()[1].copy()  # noqa: NPY002
    imbsuite.SMOTE().fit_resample(X, y)
    np.testing.assert_array_equal(np.random.get_state()[1], expected)  # noqa: NPY002
