"""Time of RCALSampler and SMOTE: 100,000 rows, 50 columns, 10 classes.

    python benchmarks/gaussians.py [--repeats 3]

Three kinds of imbalance; medians of seconds and CPU seconds of runs that take turns.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from imbsuite import SMOTE, RCALSampler

N, D, K = 100_000, 50, 10


def geometric(ratio):
    parts = ratio ** np.arange(K)
    return np.round(N * parts / parts.sum()).astype(int)


CASES = {
    "long tail": geometric(0.55),
    "short tail": geometric(0.8),
    "one head, equal tails": np.array([55_000] + [5_000] * 9),
}


def make_table(sizes):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat(np.arange(K), sizes))
    return rng.normal(size=(len(y), D)) + rng.normal(size=(K, D))[y], y


def timed(sampler, X, y):
    wall, cpu = time.perf_counter(), time.process_time()
    sampler.fit_resample(X, y)
    return time.perf_counter() - wall, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser(description="RCALSampler beside SMOTE")
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print("sizes                    SMOTE s (CPU)   RCAL s (CPU)   ratio")
    for name, sizes in CASES.items():
        X, y = make_table(sizes)
        both = SMOTE(random_state=0), RCALSampler(random_state=0)
        runs = [[timed(sampler, X, y) for sampler in both] for _ in range(repeats)]
        smote, rcal = np.median(runs, axis=0)
        print(
            f"{name:22} {smote[0]:6.2f} ({smote[1]:5.2f}) {rcal[0]:6.2f} "
            f"({rcal[1]:5.2f})   {rcal[0] / smote[0]:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
