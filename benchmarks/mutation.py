"""How many small faults in a room its own tests find: a random sample of mutants.

    python benchmarks/mutation.py                          100 mutants of each room
    python benchmarks/mutation.py --rooms plan ordinal --number 20
    python benchmarks/mutation.py --json mutation.json

A mutant is the package with one operator, comparison, number, keyword, loop, decorator or
except clause replaced by Cosmic Ray. Places are drawn first, without replacement, then one
of the mutants at each place, so that arithmetic, which can be replaced in most ways, does
not crowd out the rest. Annotations are left out: nothing evaluates them. A mutant is
killed where the room's tests fail, or take more than three times as long as without it.
Survivors are printed: each is a test that is missing, or a change that changes nothing.
Needs fork, so not for Windows.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from parso.python.tree import ExprStmt, Function, Param

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "editable"
ROOMS = {
    "plan": ["imbsuite/plan.py", "tests/test_plan.py"],
    "_table": ["tests/table"],
    "base": ["tests/test_laws.py", "tests/test_wrong_calls.py", "tests/samplers"],
    "decision": ["tests/decision"],
    "probability": ["tests/probability"],
    "ordinal": ["tests/ordinal"],
}
# Imported once, here: every mutant is tried in a fork of this process.
COMMON = [
    *("imblearn", "narwhals", "pandas", "polars", "pyarrow"),
    *("scipy.optimize", "scipy.stats", "sklearn.ensemble", "sklearn.model_selection"),
]
FORK = multiprocessing.get_context("fork")
SLACK = 20  # seconds that a machine may lose without any fault


class Mutant(NamedTuple):
    """The ``occurrence``-th place of a file that ``operator`` can change."""

    path: str
    line: int
    operator: str
    occurrence: int

    def mutated(self, source: str) -> str:
        """Return the source with the fault in it."""
        code = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        assert code is not None
        return code


def is_annotation(node: Any) -> bool:
    """Tell whether a node stands within an annotation."""
    child, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, Function | Param) and child is parent.annotation:
            return True
        if parent.type in {"annassign", "tfpdef"} and child is parent.children[2]:
            return True
        if isinstance(parent, ExprStmt | Function):
            return False
        child, parent = parent, parent.parent
    return False


def mutants_of(path: Path) -> Iterator[tuple[Any, Mutant]]:
    """Yield all mutants of a file, each with its place."""
    nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
    name = path.relative_to(ROOT).as_posix()
    for operator in operator_names():
        if get_operator(operator).arguments():  # names of variables of ours
            continue
        change = get_operator(operator)()
        places = [
            (node, place) for node in nodes for place in change.mutation_positions(node)
        ]
        for occurrence, (node, place) in enumerate(places):
            if not is_annotation(node):
                mutant = Mutant(name, place[0][0], operator, occurrence)
                yield (name, place), mutant


def sample(room: str, number: int, seed: int) -> list[Mutant]:
    """Return ``number`` mutants of a room, at different places."""
    source = ROOT / "imbsuite" / room
    paths = sorted(source.rglob("*.py")) or [source.with_suffix(".py")]
    by_place: dict[Any, list[Mutant]] = {}
    for path in paths:
        for place, mutant in mutants_of(path):
            by_place.setdefault(place, []).append(mutant)
    rng = np.random.default_rng(seed)
    places = list(by_place.values())
    drawn = rng.permutation(len(places))[:number]
    return [places[i][rng.integers(len(places[i]))] for i in drawn]


def copied(folder: Path) -> Path:
    """Return a folder with a copy of the package, its kernels and its tests."""
    shutil.rmtree(folder, ignore_errors=True)
    unread = shutil.ignore_patterns("__pycache__")
    for part in ("imbsuite", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=unread)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for kernel in (BUILT / "imbsuite" / "_kernels").glob("*.so"):
        shutil.copy(kernel, folder / "imbsuite" / "_kernels")
    return folder


def run_tests(folder: Path, tests: list[str]) -> None:
    """Run tests in a folder, and leave with pytest's exit code."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = str(folder)
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    sys.exit(int(pytest.main([*options, *tests])))


def outcome(folder: Path, tests: list[str], seconds: float | None = None) -> int | None:
    """Return pytest's exit code in a process of its own, None where time ran out."""
    process = FORK.Process(target=run_tests, args=(folder, tests))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return None
    return process.exitcode


def survives(mutant: Mutant, folder: Path, tests: list[str], seconds: float) -> bool:
    """Tell whether the tests pass with a fault in the package."""
    path = folder / mutant.path
    source = path.read_text(encoding="utf-8")
    compiled = Path(importlib.util.cache_from_source(str(path)))
    try:
        # Compiled code is looked up by time and size, and both may be as before.
        compiled.unlink(missing_ok=True)
        path.write_text(mutant.mutated(source), encoding="utf-8")
        return outcome(folder, tests, seconds) == 0
    finally:
        path.write_text(source, encoding="utf-8")
        compiled.unlink(missing_ok=True)


def nearest_first(tests: list[str], mutant: Mutant) -> list[str]:
    """Return test files, those that are named after the mutant's file first."""
    files = [
        path.relative_to(ROOT).as_posix()
        for test in tests
        for path in sorted((ROOT / test).rglob("test_*.py")) or [ROOT / test]
    ]
    name = Path(mutant.path).stem.strip("_")
    return sorted(files, key=lambda file: name not in Path(file).stem)


def difference(mutant: Mutant) -> str:
    """Return a mutant as the lines that it changes."""
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    lines = (text.splitlines() for text in (source, mutant.mutated(source)))
    changed = list(unified_diff(*lines, n=0, lineterm=""))[3:]
    return "\n".join([f"{mutant.path}:{mutant.line} {mutant.operator}", *changed])


def measure(room: str, number: int, seed: int) -> dict[str, Any]:
    """Return the score of a room, its standard error, and the survivors."""
    folder, tests = copied(ROOT / "build" / "mutation" / room), ROOMS[room]
    start = time.monotonic()
    if (code := outcome(folder, tests)) != 0:
        log = (folder / "log.txt").read_text(encoding="utf-8")
        sys.exit(f"Without any fault, the tests of {room} exit with {code}:\n{log}")
    limit = 3 * (time.monotonic() - start) + SLACK
    survivors, mutants = [], sample(room, number, seed)
    for i, mutant in enumerate(mutants):
        if survives(mutant, folder, nearest_first(tests, mutant), limit):
            survivors.append(difference(mutant))
            print(survivors[-1], flush=True)
        print(
            f"{room}: {i + 1} of {len(mutants)}, {len(survivors)} survive", flush=True
        )
    score = 1 - len(survivors) / len(mutants)
    error = np.sqrt(score * (1 - score) / len(mutants))
    return {
        "mutants": len(mutants),
        "score": round(score, 3),
        "standard_error": round(float(error), 3),
        "survivors": survivors,
    }


def main() -> None:
    """Measure rooms, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    # The same examples of hypothesis each time, and the copy instead of the install.
    os.environ |= {"CI": "true", "OMP_NUM_THREADS": "1"}
    os.environ.setdefault("MESONPY_EDITABLE_SKIP", str(BUILT))
    os.environ.setdefault("IMBSUITE_SHARED", str(ROOT.parent / "shared"))
    for name in COMMON:
        importlib.import_module(name)
    measured = {}
    for room in options.rooms:
        measured[room] = measure(room, options.number, options.seed)
        print(f"{room}: {measured[room]}", flush=True)
        if options.json:
            options.json.write_text(json.dumps(measured, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
