"""SMOTE on a table of Parquet files with two workers: time, bytes, memory, correctness.

    python benchmarks/scale.py make-data DIRECTORY              2·10⁷ rows, 3.3 GB
    python benchmarks/scale.py run DIRECTORY                    the figures in the docs
    python benchmarks/scale.py run DIRECTORY --workers 4 --sampler borderline
    python benchmarks/scale.py make-data SMALL --rows 2000000   to measure growth
    python benchmarks/scale.py partitions                      10⁴ partitions, threads

`make-data` writes numbers from N(0, 1), and from N(1, 1) for the rare class (label 1,
one row in 200), with 250,000 rows per file; the same arguments give the same bytes.
`run` writes DIRECTORY-resampled, measures the memory (RSS) of every worker 20 times a
second, and then checks the output: counts, schema, and the last block of new rows, each
of which must lie between its two parents, which are rows of the rare class in the
table. `partitions` resamples 10⁴ partitions of 200 rows with threads, to measure the
cost of partitions.
"""

from __future__ import annotations

import argparse
import json
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from dask.distributed import Client, LocalCluster
from dask.utils import natural_sort_key
from measuring import conditions

from imbsuite import SMOTE, BorderlineSMOTE, RandomUnderSampler
from imbsuite.scale import plan

FILE_ROWS = 250_000
SAMPLERS = {
    "smote": SMOTE(sampling_strategy=0.1, random_state=0),
    "borderline": BorderlineSMOTE(sampling_strategy=0.1, random_state=0),
    "under": RandomUnderSampler(sampling_strategy=0.1, random_state=0),
}


def make_data(directory: Path, rows: int, columns: int, share: float) -> None:
    """Write a table of float columns and an integer ``label``, file by file."""
    directory.mkdir(parents=True)
    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        n = min(FILE_ROWS, rows - start)
        rng = np.random.default_rng([number, columns])
        label = (rng.random(n) < share).astype(np.int8)
        values = rng.standard_normal((columns, n)) + label
        cells = {f"x{j}": column for j, column in enumerate(values)}
        table = pa.table(cells | {"label": label})
        pq.write_table(table, directory / f"part-{number:05}.parquet")


class Watch(threading.Thread):
    """A thread that records the highest RSS of processes."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self.processes = [psutil.Process(pid) for pid in pids]
        self.peaks = [process.memory_info().rss for process in self.processes]
        self.start_bytes = list(self.peaks)
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            for i, process in enumerate(self.processes):
                self.peaks[i] = max(self.peaks[i], process.memory_info().rss)


def run(directory: Path, workers: int, sampler: str, memory: str) -> dict[str, Any]:
    """Resample the table in a directory, and return figures and results of checks."""
    out = directory.with_name(f"{directory.name}-resampled")
    shutil.rmtree(out, ignore_errors=True)
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=memory,
            dashboard_address=None,
        ) as cluster,
        Client(cluster),
    ):
        watch = Watch([worker.pid for worker in cluster.workers.values()])
        watch.start()
        began = time.perf_counter()
        table = dd.read_parquet(directory)
        planned = plan(table, target="label", sampler=SAMPLERS[sampler])
        counted = time.perf_counter() - began
        frame = planned.frame
        drawn = time.perf_counter() - began
        frame.to_parquet(out, write_index=False)
        seconds = time.perf_counter() - began
        watch.done.set()
        actual = planned.actual()
        checks = check(table, directory, out, sampler, planned.plan_)
    return {
        "rows": int(sum(planned.plan_.values())) if planned.plan_ else None,
        "seconds": seconds,
        "seconds_to_count": counted,
        "seconds_to_draw": drawn - counted,
        "worker_peaks": watch.peaks,
        "worker_before": watch.start_bytes,
        "estimate": vars(planned.cost),
        "actual": vars(actual),
        "bytes_read": size_of(directory),
        "bytes_written": size_of(out),
        **checks,
    }


def make_partition(number: int) -> pd.DataFrame:
    """Return 200 rows, one in twenty of which belongs to the rare class."""
    rng = np.random.default_rng(number)
    label = (rng.random(200) < 0.05).astype(np.int8)
    cells = {f"x{j}": rng.standard_normal(200) + label for j in range(5)}
    return pd.DataFrame(cells | {"label": label})


def run_partitions(n: int, workers: int, sampler: str) -> dict[str, Any]:
    """Resample a table of ``n`` small partitions with threads of this process."""
    table = dd.from_map(make_partition, range(n), meta=make_partition(0).iloc[:0])
    watch = Watch([psutil.Process().pid])
    watch.start()
    with dask.config.set(scheduler="threads", num_workers=workers):
        began, cpu = time.perf_counter(), time.process_time()
        frame = plan(table, target="label", sampler=SAMPLERS[sampler]).frame
        drawn = time.perf_counter() - began
        rows = frame.map_partitions(len, meta=(None, int)).compute().sum()
    watch.done.set()
    return {
        "partitions": n,
        "rows": int(rows),
        "seconds": time.perf_counter() - began,
        "seconds_to_draw": drawn,
        "cpu_seconds": time.process_time() - cpu,
        "peak_bytes": watch.peaks[0],
    }


def size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir())


def check(
    table: Any, directory: Path, out: Path, sampler: str, expected: Any
) -> dict[str, Any]:
    """Return the counts and checks of the written files; raise if one is wrong."""
    written = dd.read_parquet(out)
    assert (written.dtypes == table.dtypes).all()
    counts = written["label"].value_counts().compute().to_dict()
    assert expected is None or counts == expected, (counts, expected)
    if sampler == "under":
        return {"counts": counts}
    traced = plan(
        table, target="label", sampler=SAMPLERS[sampler], provenance=True
    ).frame
    block = traced.partitions[traced.npartitions - 1].compute()
    again = pq.read_table(natsorted(out)[-1]).to_pandas()
    features = [name for name in table.columns if name != "label"]
    assert np.array_equal(again[features], block[features])
    positions = np.unique(block[["seed_row", "partner_row"]])
    parents = rows_at(directory, positions[:: max(1, len(positions) // 2_000)])
    known = block["seed_row"].isin(parents.index)
    block = block[known & block["partner_row"].isin(parents.index)]
    seeds = parents.loc[block["seed_row"]]
    partners = parents.loc[block["partner_row"]]
    assert (seeds["label"] == 1).all()
    between = seeds[features].to_numpy() + block[["step"]].to_numpy() * (
        partners[features].to_numpy() - seeds[features].to_numpy()
    )
    assert np.allclose(between, block[features], rtol=1e-12, atol=1e-12)
    return {"counts": counts, "parents_checked": len(block)}


def rows_at(directory: Path, positions: Any) -> Any:
    """Return the rows of the table at these positions, which become the index."""
    tables, start = [], 0
    for path in natsorted(directory):
        stop = start + pq.read_metadata(path).num_rows
        own = positions[(positions >= start) & (positions < stop)]
        if len(own):
            part = pq.read_table(path).take(own - start).to_pandas()
            tables.append(part.set_axis(own, axis=0))
        start = stop
    return pd.concat(tables)


def natsorted(directory: Path) -> list[Path]:
    return sorted(
        directory.glob("*.parquet"), key=lambda path: natural_sort_key(path.name)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("task", choices=["make-data", "run", "partitions"])
    parser.add_argument("directory", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=2 * 10**7)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.005, help="of the rare class")
    parser.add_argument("--partitions", type=int, default=10**4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="of each worker")
    parser.add_argument("--sampler", choices=list(SAMPLERS), default="smote")
    options = parser.parse_args()
    if options.task == "make-data":
        make_data(options.directory, options.rows, options.columns, options.share)
        return
    if options.task == "partitions":
        figures = run_partitions(options.partitions, options.workers, options.sampler)
    else:
        figures = run(
            options.directory, options.workers, options.sampler, options.memory
        )
    print(json.dumps(conditions() | figures, indent=2, default=str))


if __name__ == "__main__":
    main()
