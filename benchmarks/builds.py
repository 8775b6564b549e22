"""Time and memory of each sampler in two builds of imbsuite, side by side.

    python benchmarks/builds.py OTHER/.venv/bin/python
    python benchmarks/builds.py OTHER/.venv/bin/python --cases smote frame --json out.json

OTHER is another checkout, for example of an earlier version, in which ``make kernels``
was run. In each turn, each build runs in a new process, because some figures vary by
process. It measures the memory of one call, then the median time of at least three
calls that last at least 0.2 seconds together. Printed are medians over seven turns, and
the smallest and largest ratio of the two builds within a turn. Ratios are this build
divided by the other one, so below 1 is faster. The tables are those of samplers.py;
samplers that the other build lacks are left out.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

from cases import Case
from measuring import conditions, in_own_process, save
from samplers import CASES

TURNS, CALLS, SECONDS = 7, "3", ".2"
HEADER = (
    f"{'case':24}{'this s':>9}{'other s':>9}{'ratio':>7}{'least':>7}{'most':>7}{'CPU':>7}"
    f"{'this memory':>13}{'other':>7}"
)


def measure(case: Case, other: str) -> dict[str, Any]:
    """Return the row of the results for a case."""
    pythons = {"this": sys.executable, "other": other}
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in pythons}
    for turn in range(TURNS):
        for name in sorted(pythons, reverse=bool(turn % 2)):
            answer = in_own_process(
                "growth", case, "ours", CALLS, SECONDS, python=pythons[name]
            )
            taken[name].append(answer)
    row: dict[str, Any] = {"case": case.name}
    for name, answers in taken.items():
        for figure in ("wall", "cpu", "memory"):
            values = [answer[figure] for answer in answers]
            row[f"{name}_{figure}"] = statistics.median(values)
    row["ratios"] = sorted(
        this["wall"] / that["wall"]
        for this, that in zip(taken["this"], taken["other"], strict=True)
    )
    return row


def as_line(row: dict[str, Any]) -> str:
    """Return a row of the table as text."""
    return (
        f"{row['case']:24}{row['this_wall']:9.4f}{row['other_wall']:9.4f}"
        f"{row['this_wall'] / row['other_wall']:7.3f}"
        f"{row['ratios'][0]:7.3f}{row['ratios'][-1]:7.3f}"
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
    # Numbers of threads concern imbalanced-learn, which is not measured here.
    cases = [case for case in CASES if case.jobs == 1]
    for case in cases:
        if options.cases and case.method not in options.cases:
            continue
        if not in_own_process("can_make", case, "ours", python=options.python):
            print(f"{case.name:24}the other build lacks it")
            continue
        row = measure(case, options.python)
        document["rows"].append(row)
        print(as_line(row), flush=True)
        if options.json:
            save(document, options.json)


if __name__ == "__main__":
    main()
