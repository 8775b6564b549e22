"""The share of small faults in a subpackage that its tests find: a sample of mutants.

    python benchmarks/mutation.py                          100 mutants of each room
    python benchmarks/mutation.py --rooms plan ordinal --number 20
    python benchmarks/mutation.py --first 60 --number 40   the rest, after --number 60
    python benchmarks/mutation.py --json mutation.json

A mutant is the package with one operator, comparison, number, keyword, loop, decorator
or except clause replaced by Cosmic Ray. Places are drawn first, without replacement,
and then one of the mutants at each place, so that arithmetic, which has the most
replacements, does not crowd out the rest. Annotations are excluded, because they are
not evaluated.

The tests of a room (a subpackage or module) first run without a fault, under coverage,
which records the tests that run each line. A mutant is tested by the tests that run its
statement, the fastest first. If the statement also runs outside of tests (on import, in
a fixture, in a worker), all other tests of the room follow. A mutant is killed if a
test fails or takes more than three times as long as without the fault, plus ten
seconds. Survivors are printed: each shows a missing test, or a change without effect.
The script requires fork, so it does not run on Windows.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import CoverageData
from hypothesis import Phase, settings
from parso.python.tree import ExprStmt, Function, Param
from parso.tree import search_ancestor

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "editable"
ROOMS = {
    "plan": ["imbsuite/plan.py", "tests/test_plan.py"],
    "_table": ["tests/table"],
    "base": [
        *("tests/test_laws.py", "tests/test_neighbors.py"),
        "tests/test_invalid_arguments.py",
        "tests/samplers",
    ],
    "decision": ["tests/decision"],
    "probability": ["tests/probability"],
    "ordinal": ["tests/ordinal"],
}
# Imported once, here: every mutant is tried in a fork of this process.
COMMON = [
    *("dask.dataframe", "imblearn", "matplotlib.pyplot", "narwhals", "pandas"),
    *("polars", "pyarrow.parquet", "rich", "scipy.optimize", "scipy.stats"),
    *("sklearn.ensemble", "sklearn.model_selection", "sklearn.utils.estimator_checks"),
    "typer",
]
FORK = multiprocessing.get_context("fork")
IMPORTED = "Module already imported so cannot be rewritten"
SLACK = 10  # seconds that a test may take beyond three times its usual time
# Without the phase that simplifies failures, because the first failure decides.
settings.register_profile(
    "mutants",
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


class Mutant(NamedTuple):
    """The ``occurrence``-th place of a file that ``operator`` can change."""

    path: str
    first_line: int  # of its statement
    on_import: bool
    line: int
    operator: str
    occurrence: int

    def mutated(self, source: str) -> str:
        """Return the source with the fault."""
        code = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        assert code is not None
        return code


def is_annotation(node: Any) -> bool:
    """Return whether a node is part of an annotation."""
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


def statement_of(node: Any) -> tuple[int, bool]:
    """Return the first line of a node's statement, and whether it runs on import."""
    while node.parent.type not in {"suite", "file_input"}:
        node = node.parent
    return node.start_pos[0], search_ancestor(node, "funcdef") is None


def mutants_of(path: Path) -> Iterator[tuple[Any, Mutant]]:
    """Yield all mutants of a file, each with its place."""
    nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
    name = path.relative_to(ROOT).as_posix()
    for operator in operator_names():
        if get_operator(operator).arguments():  # such as names of variables to replace
            continue
        change = get_operator(operator)()
        places = [
            (node, place) for node in nodes for place in change.mutation_positions(node)
        ]
        for occurrence, (node, place) in enumerate(places):
            # The star before keyword-only parameters looks like an operator.
            if not (is_annotation(node) or node.parent.type == "parameters"):
                location = *statement_of(node), place[0][0]
                yield (name, place), Mutant(name, *location, operator, occurrence)


def sample(room: str, wanted: range, seed: int) -> list[Mutant]:
    """Return mutants of a room at different places, by their numbers in the sample."""
    source = ROOT / "imbsuite" / room
    paths = sorted(source.rglob("*.py")) or [source.with_suffix(".py")]
    by_place: dict[Any, list[Mutant]] = {}
    for path in paths:
        for place, mutant in mutants_of(path):
            by_place.setdefault(place, []).append(mutant)
    rng = np.random.default_rng(seed)
    places = list(by_place.values())
    drawn = rng.permutation(len(places))[: wanted.stop]
    mutants = [places[i][rng.integers(len(places[i]))] for i in drawn]
    return mutants[wanted.start :]


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


def difference(mutant: Mutant, source: str) -> str:
    """Return the place of a mutant and the lines that it changes."""
    lines = (text.splitlines() for text in (source, mutant.mutated(source)))
    changed = list(unified_diff(*lines, n=0, lineterm=""))[3:]
    return "\n".join([f"{mutant.path}:{mutant.line} {mutant.operator}", *changed])


class Timed:
    """A pytest plugin that records how long each test takes."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration

    def pytest_unconfigure(self) -> None:
        Path("seconds.json").write_text(json.dumps(self.seconds), encoding="utf-8")


class Chosen:
    """A pytest plugin that runs chosen tests in their order, each with a time limit."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.rank = {test: i for i, test in enumerate(seconds)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self.rank]
        items[:] = sorted(chosen, key=lambda item: self.rank[item.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        # The signal ends the process. The timer counts CPU time, because other
        # processes may keep the machine busy.
        signal.setitimer(signal.ITIMER_PROF, 3 * self.seconds[nodeid] + SLACK)


def run_tests(folder: Path, arguments: list[str], plugin: object) -> None:
    """Run tests in a folder, and exit with pytest's exit code."""
    os.setsid()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = str(folder)
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    options += ["--hypothesis-profile=mutants", "-W", f"ignore:{IMPORTED}"]
    code = pytest.main([*options, *arguments], plugins=[plugin])
    os._exit(int(code))  # at once: a normal exit would wait for joblib's workers


def outcome(
    folder: Path, arguments: list[str], plugin: object, seconds: float | None = None
) -> int | None:
    """Return pytest's exit code in a separate process, or None after a timeout."""
    process = FORK.Process(target=run_tests, args=(folder, arguments, plugin))
    process.start()
    process.join(seconds)
    is_late = process.is_alive()
    with suppress(ProcessLookupError):  # also the workers that it left behind
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
    return None if is_late else process.exitcode


class Room:
    """A copy of the package, with times and coverage of tests without a fault."""

    def __init__(self, name: str) -> None:
        self.folder = copied(ROOT / "build" / "mutation" / name)
        coverage = ["--cov", "--cov-context=test", "--cov-report="]
        start = time.monotonic()
        if (code := outcome(self.folder, [*ROOMS[name], *coverage], Timed())) != 0:
            log = (self.folder / "log.txt").read_text(encoding="utf-8")
            sys.exit(f"Without any fault, the tests of {name} exit with {code}:\n{log}")
        self.limit = 3 * (time.monotonic() - start) + 60
        seconds = json.loads((self.folder / "seconds.json").read_text("utf-8"))
        self.seconds = dict(sorted(seconds.items(), key=lambda test: test[1]))
        self.data = CoverageData(str(self.folder / ".coverage"))
        self.data.read()

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that can notice a mutant; those that run it come first."""
        by_line = self.data.contexts_by_lineno(str(self.folder / mutant.path))
        lines = range(mutant.first_line, mutant.line + 1)
        contexts = {name for line in lines for name in by_line.get(line, [])}
        running = {context.rpartition("|")[0] for context in contexts}
        tests = [test for test in self.seconds if test in running]
        in_tests = all(context.endswith("|run") for context in contexts)
        if in_tests and not mutant.on_import:
            return tests
        entering = {
            name.rpartition("|")[0] for line in by_line.values() for name in line
        }
        others = [test for test in self.seconds if test not in running]
        return tests + sorted(others, key=lambda test: test not in entering)

    def survives(self, mutant: Mutant) -> bool:
        """Return whether the tests pass with a fault in the package."""
        if not (tests := self.tests_of(mutant)):
            return True
        path = self.folder / mutant.path
        source = path.read_text(encoding="utf-8")
        compiled = Path(importlib.util.cache_from_source(str(path)))
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        chosen = Chosen({test: self.seconds[test] for test in tests})
        try:
            # Compiled code is looked up by time and size, which may both be unchanged.
            compiled.unlink(missing_ok=True)
            path.write_text(mutant.mutated(source), encoding="utf-8")
            return outcome(self.folder, files, chosen, self.limit) == 0
        finally:
            path.write_text(source, encoding="utf-8")
            compiled.unlink(missing_ok=True)


def measure(name: str, wanted: range, seed: int) -> dict[str, Any]:
    """Return the score of a room, its standard error, and the survivors."""
    survivors, mutants = [], sample(name, wanted, seed)
    room = Room(name)
    for i, mutant in enumerate(mutants, start=1):
        if room.survives(mutant):
            tests = len(room.tests_of(mutant))
            source = (room.folder / mutant.path).read_text(encoding="utf-8")
            survivors.append(
                f"{difference(mutant, source)}\n({tests} tests can notice it)"
            )
            print(survivors[-1], flush=True)
        print(f"{name}: {i} of {len(mutants)}, {len(survivors)} survive", flush=True)
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
    parser.add_argument("--first", type=int, default=0, help="place in the sample")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    # Use the same hypothesis examples each time, and the copy instead of the install.
    os.environ |= {"CI": "true", "OMP_NUM_THREADS": "1"}
    os.environ.setdefault("MESONPY_EDITABLE_SKIP", str(BUILT))
    os.environ.setdefault("IMBSUITE_SHARED", str(ROOT.parent / "shared"))
    for name in COMMON:
        importlib.import_module(name)
    measured = {}
    wanted = range(options.first, options.first + options.number)
    for room in options.rooms:
        measured[room] = measure(room, wanted, options.seed)
        print(f"{room}: {measured[room]}", flush=True)
        if options.json:
            options.json.write_text(json.dumps(measured, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
