"""BalancedKMeans compared with k-means-constrained: objective and time, in one run.

    pip install k-means-constrained
    python benchmarks/clusters.py [--seeds 5]

Both form clusters of n // k or n // k + 1 rows, from one start. Seconds and CPU seconds
are medians over seeds; ratios of inertia are means with standard errors. Problems that
k-means-constrained does not finish within minutes are solved by BalancedKMeans only.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.datasets import make_blobs

from imbsuite import BalancedKMeans

BOTH = [
    (1_000, 20, 10, "normal"),
    (1_000, 20, 10, "blobs"),
    (2_000, 40, 10, "normal"),
    (2_000, 40, 10, "blobs"),
    (5_000, 50, 10, "normal"),
    (5_000, 50, 10, "blobs"),
    (2_000, 40, 2, "normal"),
    (2_000, 40, 2, "blobs"),
]
OURS = [(5_000, 250, 16, "normal"), (5_000, 250, 16, "blobs")]
OURS += [(100_000, 50, 16, "normal"), (100_000, 50, 16, "blobs")]


def make_points(n, d, kind, seed):
    if kind == "normal":
        return np.random.default_rng(seed).normal(size=(n, d))
    return make_blobs(n, d, centers=30, cluster_std=2.0, random_state=seed)[0]


def timed(model, X):
    wall, cpu = time.perf_counter(), time.process_time()
    labels = model.fit(X).labels_
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    sizes = np.bincount(labels)
    assert sizes.max() - sizes.min() <= 1
    centers = np.array([X[labels == k].mean(axis=0) for k in range(len(sizes))])
    return ((X - centers[labels]) ** 2).sum(), *seconds


def constrained(n, k, seed):
    from k_means_constrained import KMeansConstrained

    sizes = {"size_min": n // k, "size_max": -(-n // k)}
    return KMeansConstrained(k, **sizes, n_init=1, random_state=seed)


def main():
    parser = argparse.ArgumentParser(description="BalancedKMeans beside a peer")
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    print("points  clusters  d  kind    ours s (CPU)   theirs s (CPU)   inertia ratio")
    for case in BOTH + OURS:
        n, k, d, kind = case
        ours, theirs = [], []
        for seed in seeds:
            X = make_points(n, d, kind, seed)
            ours.append(timed(BalancedKMeans(k, random_state=seed), X))
            if case in BOTH:
                theirs.append(timed(constrained(n, k, seed), X))
        _, wall, cpu = np.median(ours, axis=0)
        line = f"{n:6} {k:9} {d:2}  {kind:6} {wall:6.3f} ({cpu:6.3f})"
        if theirs:
            _, wall, cpu = np.median(theirs, axis=0)
            ratio = np.array(ours)[:, 0] / np.array(theirs)[:, 0]
            error = ratio.std(ddof=1) / np.sqrt(len(ratio))
            line += f"  {wall:6.3f} ({cpu:6.3f})  {ratio.mean():.3f} ± {error:.3f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
