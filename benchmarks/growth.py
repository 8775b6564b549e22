"""The growth of SMOTE with rows, columns and classes, and its distance from the limit.

    python benchmarks/growth.py                        all curves, several minutes
    python benchmarks/growth.py --most 100000          tables of up to 10^5 rows
    python benchmarks/growth.py --json growth.json --picture growth.png

Data as in samplers.py; with more than two classes, the small classes have equal sizes
and together half of the rows. Each point is measured in a separate process with one or
two threads: the median of --repeats runs after a warm-up, and the memory peak above the
input as a multiple of the output. The limit is measured in another process: writing an
output of that size, and multiplying each small class by itself in float32, from which
all its distances are computed. The picture requires matplotlib.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cases import Case
from measuring import THREADS, conditions, in_own_process, save

CURVES: dict[str, list[Case]] = {
    "rows": [Case("smote", n, 50) for n in (10**3, 10**4, 10**5, 10**6)],
    "rows, 10 columns": [Case("smote", n, 10) for n in (10**3, 10**4, 10**5, 10**6)],
    "columns": [Case("smote", 10**5, d) for d in (5, 10, 20, 50, 100, 200, 500)],
    "classes": [Case("smote", 10**5, 10, classes=k) for k in (2, 5, 10, 20, 50)],
}
PLACES = {"columns": "d", "classes": "classes"}  # what varies; otherwise n
PEER_ROWS = 10**5  # with more rows, imbalanced-learn takes minutes


def measure(case: Case, threads: int, repeats: int) -> dict[str, Any]:
    """Return the point of a case: seconds, memory, limit, and the peer's seconds."""
    once = {"threads": threads}
    ours = in_own_process("growth", case, "ours", str(repeats), **once)
    bound = in_own_process("limit", case, str(threads), **once)
    point = {"n": case.n, "d": case.d, "classes": case.classes, "threads": threads}
    point |= ours | bound
    point["distance"] = ours["wall"] / (bound["write"] + bound["products"])
    if case.n <= PEER_ROWS:
        theirs = in_own_process("growth", case, "theirs", str(repeats), **once)
        point |= {f"theirs_{key}": value for key, value in theirs.items()}
    return point


HEADER = (
    f"{'curve':18}{'n':>9}{'d':>5}{'classes':>9}{'threads':>9}{'s':>9}{'CPU s':>9}"
    f"{'memory':>8}{'limit s':>9}{'distance':>10}{'theirs s':>10}"
)


def as_line(curve: str, point: dict[str, Any]) -> str:
    """Return a point as a line of text."""
    theirs = point.get("theirs_wall")
    return (
        f"{curve:18}{point['n']:9}{point['d']:5}{point['classes']:9}"
        f"{point['threads']:9}{point['wall']:9.4f}{point['cpu']:9.4f}"
        f"{point['memory']:8.2f}{point['write'] + point['products']:9.4f}"
        f"{point['distance']:10.2f}" + (f"{theirs:10.4f}" if theirs else "")
    )


def draw(document: dict[str, Any], path: Path) -> None:
    """Save a figure of seconds, with the limit and imbalanced-learn, and of memory."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, places = plt.subplots(
        2, 4, figsize=(13, 6), sharex="col", layout="constrained"
    )
    for column, (curve, points) in zip(
        places.T, document["curves"].items(), strict=True
    ):
        varied = PLACES.get(curve, "n")
        _draw_seconds(column[0], points, varied)
        _draw_memory(column[1], points, varied)
        column[0].set_title(_title(points[0], varied), fontsize=10)
        label = {"n": "rows", "d": "columns", "classes": "classes"}[varied]
        column[1].set_xlabel(label)
        if varied != "n":
            at = [point[varied] for point in points]
            column[1].set_xticks(at, [str(value) for value in at])
            column[1].minorticks_off()
    places[0, 0].set_ylabel("seconds")
    places[1, 0].set_ylabel("peak of memory / output")
    handles, labels = places[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(path, dpi=120)


def _title(point: dict[str, Any], varied: str) -> str:
    fixed = {"n": f"{point['n']:,} rows", "d": f"{point['d']} columns"}
    fixed["classes"] = f"{point['classes']} classes"
    return ", ".join(text for name, text in fixed.items() if name != varied)


def _draw_seconds(axes: Any, points: list[dict[str, Any]], varied: str) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    for threads, color in zip((1, THREADS), ("tab:blue", "tab:orange"), strict=True):
        own = [point for point in points if point["threads"] == threads]
        at = [point[varied] for point in own]
        seconds = [point["wall"] for point in own]
        axes.plot(at, seconds, "o-", color=color, label=f"imbsuite, threads: {threads}")
    # After the loop, ``own`` has the points with both threads, which share this limit.
    limit = [point["write"] + point["products"] for point in own]
    axes.plot(at, limit, "--", color="black", label=f"limit, threads: {THREADS}")
    peers = [point for point in own if "theirs_wall" in point]
    theirs = [point["theirs_wall"] for point in peers]
    at = [point[varied] for point in peers]
    axes.plot(at, theirs, "s-", color="gray", label="imbalanced-learn")
    axes.set(xscale="log", yscale="log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3)


def _draw_memory(axes: Any, points: list[dict[str, Any]], varied: str) -> None:
    own = [point for point in points if point["threads"] == THREADS]
    at, ratio = zip(*((point[varied], point["memory"]) for point in own), strict=True)
    axes.plot(at, ratio, "o-", color="tab:orange")
    peers = [point for point in own if "theirs_memory" in point]
    theirs = [point["theirs_memory"] for point in peers]
    axes.plot([point[varied] for point in peers], theirs, "s-", color="gray")
    axes.axhline(1.3, color="black", linestyle=":", linewidth=1)
    axes.set(xscale="log", ylim=(0, None))
    axes.grid(alpha=0.3)


def main() -> None:
    """Parse the command line and print each point once it is measured."""
    parser = argparse.ArgumentParser(description="growth of SMOTE, and its limit")
    parser.add_argument("--most", type=int, default=10**6, help="rows of a table")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    document: dict[str, Any] = {"conditions": conditions(), "curves": {}}
    print(
        *(f"{name}: {value}" for name, value in document["conditions"].items()),
        sep="; ",
    )
    print(HEADER)
    for curve, cases in CURVES.items():
        points = document["curves"].setdefault(curve, [])
        for case in (case for case in cases if case.n <= options.most):
            for threads in (1, THREADS):
                points.append(measure(case, threads, options.repeats))
                print(as_line(curve, points[-1]), flush=True)
        if options.json:
            save(document, options.json)
    if options.picture:
        draw(document, options.picture)


if __name__ == "__main__":
    main()
