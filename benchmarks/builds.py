"""Two builds of imbsuite side by side: time and memory of each sampler.

    python benchmarks/builds.py OTHER/.venv/bin/python
    python benchmarks/builds.py OTHER/.venv/bin/python --cases smote frame --json out.json

OTHER is another checkout, for example of an earlier version, in which ``make kernels`` was
run. Each build is imported in a process of its own, and the two take turns: seconds are
medians of seven turns, and in a turn the median of as many calls as last for .2 seconds.
Ratios are this build divided by the other one, so less than 1 is faster, or leaner.
The tables are those of samplers.py; samplers that the other build lacks are left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cases import Case, make_data, make_sampler
from measuring import conditions, memory, save, timed
from samplers import CASES

TURNS, SECONDS = 7, 0.2
HERE = Path(__file__).parent
HEADER = (
    f"{'case':24}{'this s':>9}{'other s':>9}{'ratio':>7}{'CPU':>7}"
    f"{'this memory':>13}{'other':>7}"
)


class Build:
    """A process that measures one case with the build that its interpreter imports."""

    def __init__(self, python: str, case: Case) -> None:
        self.process = subprocess.Popen(
            [python, "-c", "import builds; builds.answer()", json.dumps(asdict(case))],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.memory: float | None = self._next()

    def turn(self) -> tuple[float, float]:
        """Return wall and CPU seconds of one call."""
        assert self.process.stdin is not None
        print(file=self.process.stdin, flush=True)
        wall, cpu = self._next()
        return wall, cpu

    def end(self) -> None:
        """End the process."""
        self.process.communicate()

    def _next(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


def answer() -> None:
    """Print the memory of a case, None if the build lacks it, and a turn for each line."""
    case = Case(**json.loads(sys.argv[1]))
    try:
        sampler = make_sampler(case, "ours")
    except AttributeError:
        print("null", flush=True)
        return
    print(memory(case, "ours"), flush=True)
    X, y = make_data(case)
    for _ in sys.stdin:
        calls, end = [], time.perf_counter() + SECONDS
        while not calls or time.perf_counter() < end:
            calls.append(timed(lambda: sampler.fit_resample(X, y)))
        medians = [statistics.median(seconds) for seconds in zip(*calls, strict=True)]
        print(json.dumps(medians), flush=True)


def measure(case: Case, other: str) -> dict[str, Any] | None:
    """Return the row of a case, None if the other build lacks its sampler."""
    builds = {"this": Build(sys.executable, case), "other": Build(other, case)}
    row: dict[str, Any] = {"case": case.name}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in builds}
    if builds["other"].memory is not None:
        for turn in range(TURNS):
            for name in sorted(builds, reverse=bool(turn % 2)):
                taken[name].append(builds[name].turn())
    for name, build in builds.items():
        build.end()
        row[f"{name}_memory"] = build.memory
    if builds["other"].memory is None:
        return None
    for name, turns in taken.items():
        walls, cpus = zip(*turns, strict=True)
        row |= {f"{name}_wall": statistics.median(walls)}
        row |= {f"{name}_cpu": statistics.median(cpus)}
    return row


def as_line(row: dict[str, Any]) -> str:
    """Return a row of the table as text."""
    return (
        f"{row['case']:24}{row['this_wall']:9.4f}{row['other_wall']:9.4f}"
        f"{row['this_wall'] / row['other_wall']:7.3f}"
        f"{row['this_cpu'] / row['other_cpu']:7.3f}"
        f"{row['this_memory']:13.2f}{row['other_memory']:7.2f}"
    )


def main() -> None:
    """Parse the command line and print the table as it grows."""
    parser = argparse.ArgumentParser(description="two builds of imbsuite")
    parser.add_argument("python", help="the interpreter of the other build")
    parser.add_argument("--cases", nargs="+", default=[], help="methods, e.g. smote")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    document: dict[str, Any] = {"conditions": conditions(), "rows": []}
    print(HEADER)
    # Threads are those of imbalanced-learn, which is not measured here.
    cases = [case for case in CASES if case.jobs == 1]
    for case in cases:
        if options.cases and case.method not in options.cases:
            continue
        row = measure(case, options.python)
        if row is None:
            print(f"{case.name:24}the other build lacks it")
            continue
        document["rows"].append(row)
        print(as_line(row), flush=True)
        if options.json:
            save(document, options.json)


if __name__ == "__main__":
    main()
