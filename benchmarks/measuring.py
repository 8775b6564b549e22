"""Measurements: seconds of runs in turns, memory in a separate process, the limit."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, Library, make_data, make_sampler

THREADS = 2
BLOCK_ROWS = 2_048


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Return wall and CPU seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def in_turns(
    runs: dict[str, Callable[[], Any]], repeats: int, seconds: float = 0
) -> dict[str, dict[str, float]]:
    """Return the median wall and CPU seconds and the number of runs, for each key.

    The runs take turns in both orders, at least ``repeats`` times and for ``seconds``.
    """
    taken: dict[str, list[tuple[float, float]]] = {key: [] for key in runs}
    begin, turn = time.perf_counter(), 0
    while turn < repeats or time.perf_counter() - begin < seconds:
        for key in sorted(runs, reverse=bool(turn % 2)):
            taken[key].append(timed(runs[key]))
        turn += 1
    return {
        key: {
            "wall": statistics.median(wall for wall, _ in pairs),
            "cpu": statistics.median(cpu for _, cpu in pairs),
            "runs": len(pairs),
        }
        for key, pairs in taken.items()
    }


def in_own_process(
    task: str,
    case: Case,
    *arguments: str,
    threads: int = 0,
    python: str = sys.executable,
) -> Any:
    """Return the result of ``task`` for a case, from a new process of ``python``.

    If ``threads`` is 0, the number of threads is not limited.
    """
    program = f"import measuring; measuring.answer({task!r})"
    limits = {} if not threads else dict.fromkeys(_LIMITS, str(threads))
    done = subprocess.run(
        [python, "-c", program, json.dumps(asdict(case)), *arguments],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parent,
        env={**os.environ, **limits},
        text=True,
    )
    return json.loads(done.stdout)


_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def answer(task: str) -> None:
    """Print the answer to ``in_own_process``."""
    case, *arguments = sys.argv[1:]
    print(json.dumps(globals()[task](Case(**json.loads(case)), *arguments)))


def memory(case: Case, library: Library) -> float:
    """Return the increase of the peak in one call, in multiples of the larger table."""
    make_sampler(case, library).fit_resample(*make_data(case.smaller()))
    X, y = make_data(case)
    reset_peak()
    before = status("VmRSS")
    X_out, y_out = make_sampler(case, library).fit_resample(X, y)
    larger = max(size(X) + y.nbytes, size(X_out) + y_out.nbytes)
    return (status("VmHWM") - before) / larger


def can_make(case: Case, library: Library) -> bool:
    """Return whether a build has the sampler of a case; earlier builds lack some."""
    try:
        make_sampler(case, library)
    except AttributeError:
        return False
    return True


def growth(
    case: Case, library: Library, repeats: str, seconds: str = "0"
) -> dict[str, float]:
    """Return seconds and memory of one library, measured in this process."""
    growth_of_peak = memory(case, library)
    X, y = make_data(case)
    sampler = make_sampler(case, library)
    runs = {library: lambda: sampler.fit_resample(X, y)}
    return {
        **in_turns(runs, int(repeats), float(seconds))[library],
        "memory": growth_of_peak,
    }


def size(X: Any) -> int:
    """Return the size of an array, a CSR matrix or a pandas frame, in bytes."""
    if hasattr(X, "memory_usage"):
        return int(X.memory_usage(index=False, deep=True).sum())
    parts = (X.data, X.indices, X.indptr) if hasattr(X, "indptr") else (X,)
    return sum(part.nbytes for part in parts)


def reset_peak() -> None:
    """Reset the recorded memory peak, if the system supports it (Linux)."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def status(name: str) -> int:
    """Return the memory in use ("VmRSS") or its peak ("VmHWM"), in bytes.

    On systems other than Linux, it is always the peak.
    """
    path = Path("/proc/self/status")
    if not path.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
    return int(lines[name].split()[0]) * 1024


def limit(case: Case, threads: str, repeats: int = 5) -> dict[str, float]:
    """Return the seconds of writing the output, and of the products of rare rows.

    The distances within each rare class are all computed from the products of the class
    with itself, in float32.
    """
    X, y = make_data(case)
    counts = np.bincount(y)
    shape = (counts.max() * len(counts), X.shape[1])
    parts = [X[y == label].astype(np.float32) for label in range(1, len(counts))]
    runs = {
        "write": lambda: write(shape, X.dtype, int(threads)),
        "products": lambda: [products(part) for part in parts],
    }
    return {key: took["wall"] for key, took in in_turns(runs, repeats).items()}


def write(shape: tuple[int, int], dtype: Any, threads: int) -> None:
    """Write a new array once."""
    out = np.empty(shape, dtype)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: part.fill(1), np.array_split(out, threads)))


def products(points: Any) -> None:
    """Multiply points by points, one block of rows at a time."""
    room = np.empty((BLOCK_ROWS, len(points)), dtype=points.dtype)
    for start in range(0, len(points), BLOCK_ROWS):
        part = points[start : start + BLOCK_ROWS]
        np.matmul(part, points.T, out=room[: len(part)])


def conditions() -> dict[str, Any]:
    """Return the conditions on which the figures depend."""
    packages = ("imbsuite", "imbalanced-learn", "numpy", "scikit-learn", "scipy")
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "command": " ".join(["python", *sys.argv]),
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def save(document: dict[str, Any], path: Path) -> None:
    """Write JSON under a temporary name, then rename the file."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".json", delete=False
    ) as file:
        json.dump(document, file, indent=1)
    Path(file.name).replace(path)
