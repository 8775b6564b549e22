"""imbsuite beside imbalanced-learn, both at their defaults, in one run.

    python benchmarks/samplers.py                 all rows, some minutes
    python benchmarks/samplers.py --quick         the small rows
    python benchmarks/samplers.py --cases smote tomek --repeats 9 --json out.json

Data: 10 % minority; 8 majority and 4 minority clusters of intrinsic dimension 8, and
40 % of the minority inside majority clusters. Seconds are medians of runs that take
turns (ours, theirs; theirs, ours; ...). Memory is measured in a process of its own: the
growth of the peak during fit_resample, divided by the size of the output; both libraries
are warmed up on a small table before.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

MINORITY_SHARE = 0.1
SLOW = 5.0  # seconds a run, from which on three runs must do


@dataclass(frozen=True)
class Case:
    """One row of the table: a method on data of one size."""

    method: str
    n: int
    d: int
    dtype: str = "float64"

    @property
    def name(self) -> str:
        suffix = "" if self.dtype == "float64" else f" {self.dtype}"
        return f"{self.method} {self.n:.0e}x{self.d}{suffix}".replace("e+0", "e")


SMALL, LARGE = 10_000, 100_000
CASES = [
    *(Case("smote", SMALL, d) for d in (10, 50)),
    *(Case("smote", LARGE, d) for d in (10, 50, 200)),
    Case("smote", LARGE, 50, "float32"),
    Case("mixed", SMALL, 10),
    Case("mixed", SMALL, 50),
    Case("mixed", LARGE, 10),
    Case("tomek", SMALL, 10),
    Case("tomek", LARGE, 10),
    Case("tomek", LARGE, 50),
    Case("enn", SMALL, 10),
    Case("enn", LARGE, 10),
    *(Case("random-over", LARGE, d) for d in (10, 50, 200)),
    *(Case("random-under", LARGE, d) for d in (10, 50, 200)),
    Case("borderline", LARGE, 10),
    Case("adasyn", LARGE, 10),
]


def make_data(case: Case) -> tuple[Any, Any]:
    """Return the table of a case; in a mixed one, the first half of it is categories."""
    rng = np.random.default_rng(0)
    n_rare = int(MINORITY_SHARE * case.n)
    y = np.repeat([0, 1], [case.n - n_rare, n_rare])
    inside = rng.random(n_rare) < 0.4
    rare = np.where(inside, rng.integers(0, 8, n_rare), rng.integers(8, 12, n_rare))
    cluster = np.append(rng.integers(0, 8, case.n - n_rare), rare)
    X = np.empty((case.n, case.d))
    for c in range(12):
        rows = np.flatnonzero(cluster == c)
        axes = rng.normal(size=(8, case.d)) / np.sqrt(8)
        X[rows] = rng.normal(size=(len(rows), 8)) @ axes + 3 * rng.normal(size=case.d)
    X += 0.05 * rng.normal(size=X.shape)
    if case.method == "mixed":
        half = case.d // 2
        X[:, :half] = np.digitize(X[:, :half], [-2, -0.5, 0.5, 2])
    order = rng.permutation(case.n)
    return X[order].astype(case.dtype), y[order]


def make_sampler(case: Case, library: str) -> Any:
    """Return the sampler of a case, of imbsuite ("ours") or imbalanced-learn."""
    columns = list(range(case.d // 2))
    if library == "ours":
        import imbsuite as im

        kinds = {
            "smote": lambda: im.SMOTE(random_state=0),
            "mixed": lambda: im.SMOTE(categorical_features=columns, random_state=0),
            "tomek": im.TomekLinks,
            "enn": im.EditedNearestNeighbours,
            "random-over": lambda: im.RandomOverSampler(random_state=0),
            "random-under": lambda: im.RandomUnderSampler(random_state=0),
            "borderline": lambda: im.BorderlineSMOTE(random_state=0),
            "adasyn": lambda: im.ADASYN(random_state=0),
        }
        return kinds[case.method]()
    from imblearn import over_sampling as over
    from imblearn import under_sampling as under

    kinds = {
        "smote": lambda: over.SMOTE(random_state=0),
        "mixed": lambda: over.SMOTENC(columns, random_state=0),
        "tomek": under.TomekLinks,
        "enn": under.EditedNearestNeighbours,
        "random-over": lambda: over.RandomOverSampler(random_state=0),
        "random-under": lambda: under.RandomUnderSampler(random_state=0),
        "borderline": lambda: over.BorderlineSMOTE(random_state=0),
        "adasyn": lambda: over.ADASYN(random_state=0),
    }
    return kinds[case.method]()


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Return wall and CPU seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(case: Case, repeats: int) -> dict[str, Any]:
    """Return the row of a case: medians, ratios and memory."""
    X, y = make_data(case)
    samplers = {key: make_sampler(case, key) for key in ("ours", "theirs")}
    seconds: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
    for key, sampler in samplers.items():
        first = timed(lambda sampler=sampler: sampler.fit_resample(X, y))
        repeats = min(repeats, 3) if first[0] > SLOW else repeats
        seconds[key] = []
    for turn in range(repeats):
        for key in sorted(samplers, reverse=bool(turn % 2)):
            run = samplers[key].fit_resample
            seconds[key].append(timed(lambda run=run: run(X, y)))
    row: dict[str, Any] = {"case": case.name, **asdict(case), "repeats": repeats}
    for key, runs in seconds.items():
        row[f"{key}_wall"] = statistics.median(wall for wall, _ in runs)
        row[f"{key}_cpu"] = statistics.median(cpu for _, cpu in runs)
        row[f"{key}_memory"] = memory_in_own_process(case, key)
    row["ratio"] = row["theirs_wall"] / row["ours_wall"]
    row["cpu_ratio"] = row["theirs_cpu"] / row["ours_cpu"]
    return row


def memory_in_own_process(case: Case, library: str) -> float:
    """Return what ``memory`` says, asked of a fresh process."""
    arguments = [case.method, str(case.n), str(case.d), case.dtype, library]
    command = [sys.executable, __file__, "--memory-of", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def memory(case: Case, library: str) -> float:
    """Return the growth of the peak during one call, in sizes of the output."""
    small = Case(case.method, 1_000, case.d, case.dtype)
    make_sampler(case, library).fit_resample(*make_data(small))
    X, y = make_data(case)
    reset_peak()
    before = current()
    X_out, y_out = make_sampler(case, library).fit_resample(X, y)
    return (peak() - before) / (X_out.nbytes + y_out.nbytes)


def reset_peak() -> None:
    """Forget the peak so far, where the system can (Linux)."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def current() -> int:
    """Return the bytes of memory in use."""
    return _status("VmRSS") or _usage()


def peak() -> int:
    """Return the highest number of bytes since ``reset_peak``."""
    return _status("VmHWM") or _usage()


def _usage() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _status(name: str) -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines[name].split()[0]) * 1024


HEADER = (
    f"{'case':22}{'ours s':>9}{'theirs s':>10}{'ratio':>8}{'CPU ratio':>11}"
    f"{'memory ours':>13}{'theirs':>8}"
)


def as_line(row: dict[str, Any]) -> str:
    """Return a row of the table as text."""
    return (
        f"{row['case']:22}{row['ours_wall']:9.4f}{row['theirs_wall']:10.4f}"
        f"{row['ratio']:8.2f}{row['cpu_ratio']:11.2f}"
        f"{row['ours_memory']:13.2f}{row['theirs_memory']:8.2f}"
    )


def save(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the rows as JSON, under a temporary name first."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".json", delete=False
    ) as file:
        json.dump(rows, file, indent=1)
    Path(file.name).replace(path)


def main() -> None:
    """Parse the command line and print the table as it grows."""
    parser = argparse.ArgumentParser(description="imbsuite beside imbalanced-learn")
    parser.add_argument("--quick", action="store_true", help="only the small tables")
    parser.add_argument("--cases", nargs="+", default=[], help="methods, e.g. smote")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--memory-of", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        method, n, d, dtype, library = options.memory_of
        print(memory(Case(method, int(n), int(d), dtype), library))
        return
    rows = []
    print(HEADER)
    for case in CASES:
        wanted = not options.cases or case.method in options.cases
        if wanted and not (options.quick and case.n > SMALL):
            rows.append(measure(case, options.repeats))
            print(as_line(rows[-1]), flush=True)
    if options.json:
        save(rows, options.json)


if __name__ == "__main__":
    main()
