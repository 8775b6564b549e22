"""imbsuite compared with imbalanced-learn, both with their defaults, in one run.

    python benchmarks/samplers.py                 all rows, three quarters of an hour
    python benchmarks/samplers.py --quick         the small tables, seven minutes
    python benchmarks/samplers.py --cases smote tomek --repeats 9 --json out.json

Data: 10 % minority; 8 majority and 4 minority clusters of intrinsic dimension 8, and 40
% of the minority inside majority clusters. In "gaussian" data, all rows are from one
isotropic Gaussian, so that no search can skip any rows. For rows with n_jobs=2,
imbalanced-learn gets a neighbors object (or n_jobs) with two threads. Seconds are
medians of runs that take turns (ours, theirs; theirs, ours; ...), at least --repeats of
each and for ten seconds. Memory is measured in a separate process: the increase of the
peak during fit_resample, divided by the size of the table or of the output, whichever
is larger. Both libraries are first warmed up on a small table. "must" and "aim" are
ratios of wall seconds; for memory, they are 1.3 and 1.1 at most.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from math import nan
from pathlib import Path
from typing import Any

from cases import Case, make_data, make_sampler
from measuring import conditions, in_own_process, in_turns, save

SMALL, LARGE = 10_000, 100_000
SIZES = [(SMALL, 10), (SMALL, 50), (LARGE, 10), (LARGE, 50), (LARGE, 200)]
CASES = [
    *(Case("smote", SMALL, d, must=1.5, aim=4) for d in (10, 50)),
    Case("smote", LARGE, 10, must=3, aim=8),
    Case("smote", LARGE, 50, must=3, aim=5),
    Case("smote", LARGE, 50, "float32", must=3, aim=5),
    Case("smote", LARGE, 200, must=3, aim=5),
    *(Case("smote", n, d, data="gaussian", must=1) for n, d in SIZES),
    *(Case("smote", n, d, jobs=2, must=1) for n, d in SIZES),
    Case("mixed", SMALL, 10, must=50, aim=100),
    Case("mixed", SMALL, 50, must=50, aim=100),
    Case("mixed", LARGE, 10, must=50, aim=100),
    *(Case("frame", n, 10) for n in (1_000, SMALL)),
    Case("csr", SMALL, 200),
    Case("csr", LARGE, 200),
    Case("tomek", SMALL, 10, must=12, aim=20),
    Case("tomek", LARGE, 10, must=12, aim=20),
    Case("tomek", LARGE, 10, jobs=2, must=1),
    Case("tomek", LARGE, 50, must=12, aim=20),
    Case("enn", SMALL, 10, must=6, aim=10),
    Case("enn", LARGE, 10, must=6, aim=10),
    Case("enn", LARGE, 10, jobs=2, must=1),
    *(Case("all-knn", n, 10, must=3) for n in (SMALL, LARGE)),
    *(Case("renn", n, 10, must=3) for n in (SMALL, LARGE)),
    *(Case("ncr", n, 10, must=3) for n in (SMALL, LARGE)),
    *(Case("oss", n, 10, must=3) for n in (SMALL, LARGE)),
    Case("cnn", 1_000, 10, must=3),
    Case("cnn", LARGE, 10, alone=True),
    # In imbalanced-learn, hardness is measured by a forest.
    Case("kdn", SMALL, 10, must=3),
    Case("kdn", LARGE, 10, alone=True),
    Case("centroids", SMALL, 10, must=1),
    *(Case("random-over", LARGE, d, must=2, aim=4) for d in (10, 50, 200)),
    *(Case("random-under", LARGE, d, must=4, aim=8) for d in (10, 50, 200)),
    *(Case("near-miss-1", n, 10, must=3) for n in (SMALL, LARGE)),
    # At the larger size, imbalanced-learn would compute all distances: 72 GB.
    Case("near-miss-2", SMALL, 10, must=3),
    Case("near-miss-2", LARGE, 10, alone=True),
    *(Case("near-miss-3", n, 10, must=1) for n in (SMALL, LARGE)),
    *(
        Case(method, LARGE, 10, alone=True)
        for method in ("prowsyn", "polynom-fit", "ccr")
    ),
    Case("borderline", LARGE, 10, must=4, aim=8),
    Case("borderline", LARGE, 10, jobs=2, must=1),
    Case("adasyn", LARGE, 10, must=4, aim=8),
    Case("adasyn", LARGE, 10, jobs=2, must=1),
]
# Occasionally, a run waits until the system has found memory, which can affect the
# median of only five short runs.
SECONDS = 10
HEADER = (
    f"{'case':28}{'ours s':>9}{'theirs s':>10}{'ratio':>8}{'must':>6}{'aim':>5}"
    f"{'reached':>9}{'CPU s':>9}{'theirs':>9}{'memory':>8}{'theirs':>8}"
)


def measure(case: Case, repeats: int) -> dict[str, Any]:
    """Return the row of the results for a case: medians, ratio and memory."""
    X, y = make_data(case)
    libraries = ("ours",) if case.alone else ("ours", "theirs")
    samplers = {key: make_sampler(case, key) for key in libraries}
    for sampler in samplers.values():
        sampler.fit_resample(*make_data(case.smaller()))
    runs = {
        key: lambda sampler=sampler: sampler.fit_resample(X, y)
        for key, sampler in samplers.items()
    }
    row: dict[str, Any] = {"case": case.name, **asdict(case)}
    for key, took in in_turns(runs, repeats, SECONDS).items():
        row |= {f"{key}_{what}": seconds for what, seconds in took.items()}
        row[f"{key}_memory"] = in_own_process("memory", case, key)
    row["ratio"] = row.get("theirs_wall", nan) / row["ours_wall"]
    row["reached"] = reached(case, row["ratio"])
    return row


def reached(case: Case, ratio: float) -> str:
    """Return which of the two marks a ratio passes."""
    marks = {"aim": case.aim, "must": case.must}
    passed = [name for name, mark in marks.items() if mark and ratio >= mark]
    return passed[0] if passed else "no" if case.must else ""


def as_line(row: dict[str, Any]) -> str:
    """Return a row of the table as text."""
    return (
        f"{row['case']:28}{row['ours_wall']:9.4f}{row.get('theirs_wall', nan):10.4f}"
        f"{row['ratio']:8.2f}{row['must'] or '':>6}{row['aim'] or '':>5}"
        f"{row['reached']:>9}{row['ours_cpu']:9.4f}{row.get('theirs_cpu', nan):9.4f}"
        f"{row['ours_memory']:8.2f}{row.get('theirs_memory', nan):8.2f}"
    )


def main() -> None:
    """Parse the command line and print the table as it grows."""
    parser = argparse.ArgumentParser(description="imbsuite beside imbalanced-learn")
    parser.add_argument("--quick", action="store_true", help="only the small tables")
    parser.add_argument("--cases", nargs="+", default=[], help="methods, e.g. smote")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    document: dict[str, Any] = {"conditions": conditions(), "rows": []}
    print(
        *(f"{name}: {value}" for name, value in document["conditions"].items()),
        sep="; ",
    )
    print(HEADER)
    for case in CASES:
        wanted = not options.cases or case.method in options.cases
        if wanted and not (options.quick and case.n > SMALL):
            document["rows"].append(measure(case, options.repeats))
            print(as_line(document["rows"][-1]), flush=True)
            if options.json:
                save(document, options.json)


if __name__ == "__main__":
    main()
