"""Do intervals cover the true differences of real strategies?

4 % of the rows are rare, and their class is curved, so that weights and samplers change
the ranking of a logistic regression. The true differences in average precision from
doing nothing are means over training sets, on large test sets. Printed are how often
the interval of any of six strategies misses its true difference, and the median
half-width.

    python benchmarks/power_strategies.py --rows 500 2000 --repeats 300
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from scipy.special import expit
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from imbsuite.inference.influence import by_block, on_average_precision
from imbsuite.inference.intervals import estimate_by_folds, estimate_by_rows
from imbsuite.methods import make_sampler

SHARE = 0.04
N_FOLDS = 5
TRUE_SETS = 600
SAMPLERS = ("random-over", "random-under", "smote", "borderline-smote", "smote-enn")


def table(n_rows, rng):
    """Return a table and its labels; the rare rows come first."""
    y = np.zeros(n_rows, dtype=int)
    y[: round(n_rows * SHARE)] = 1
    X = rng.normal(size=(n_rows, 7))
    apart = rng.random(n_rows) < 0.3
    X[:, 0] += 1.2 * y
    X[:, 1] += y * np.where(apart, 2.5, 0.2)
    X[:, 2] *= 1 + y
    return X, y


def logistic(X, y, weights=None):
    """Return the coefficients of a logistic regression with scikit-learn's penalty."""
    X = np.column_stack([np.ones(len(X)), X])
    weights = np.ones(len(y)) if weights is None else weights
    penalty = np.ones(X.shape[1])
    penalty[0] = 1e-8
    coefs = np.zeros(X.shape[1])
    for _ in range(30):
        p = expit(X @ coefs)
        gradient = X.T @ (weights * (y - p)) - penalty * coefs
        hessian = (X * (weights * p * (1 - p))[:, np.newaxis]).T @ X
        step = np.linalg.solve(hessian + np.diag(penalty), gradient)
        coefs += step
        if np.abs(step).max() < 1e-4:
            break
    return coefs


def all_scores(X, y, others, seed):
    """Return the scores of other rows with doing nothing, weights, and each sampler."""
    weights = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    models = [logistic(X, y), logistic(X, y, weights)]
    for name in SAMPLERS:
        sampler = make_sampler(name)
        seeds = [k for k in sampler.get_params() if k.endswith("random_state")]
        sampler.set_params(**dict.fromkeys(seeds, seed))
        models.append(logistic(*sampler.fit_resample(X, y)))
    return np.array(models) @ np.column_stack([np.ones(len(others)), others]).T


def true_differences(n_rows):
    """Return the mean differences from doing nothing on 4,000 other rows."""
    rng = np.random.default_rng(5)
    differences = []
    for seed in range(TRUE_SETS):
        X, y = table(int(n_rows * (1 - 1 / N_FOLDS)), rng)
        others, truth = table(4_000, rng)
        scores = all_scores(X, y, others, seed)
        values = np.array([average_precision_score(truth, s) for s in scores])
        differences.append(values[1:] - values[0])
    return np.mean(differences, axis=0)


def measured(n_rows, seed):
    """Return scores (n_contenders, n_folds), and influences (also by row)."""
    rng = np.random.default_rng([7, seed, n_rows])
    X, y = table(n_rows, rng)
    scores = np.empty((2 + len(SAMPLERS), 2 * N_FOLDS))
    influences = np.zeros((*scores.shape, n_rows))
    for i in range(2):
        fold = np.empty(n_rows, dtype=int)
        for k in range(2):
            rows = rng.permutation(np.flatnonzero(y == k))
            fold[rows] = np.arange(len(rows)) % N_FOLDS
        for j in range(N_FOLDS):
            at, test = N_FOLDS * i + j, fold == j
            scores_by_contender = all_scores(
                X[~test], y[~test], X[test], 10 * seed + at
            )
            for c, score in enumerate(scores_by_contender):
                scores[c, at] = average_precision_score(y[test], score)
                of_rows = on_average_precision(y[test] == 1, score)
                sums = by_block(of_rows, y[test], np.arange(test.sum()))
                influences[c, at, test] = sums[: test.sum()]
    return scores, influences


def estimates(n_rows, seed):
    """Return the estimates of all strategies from rows, and those from folds."""
    scores, influences = measured(n_rows, seed)
    d, u = scores[1:] - scores[0], influences[1:] - influences[0]
    n_rare = round(n_rows * SHARE)
    by_rows = [
        estimate_by_rows(*pair, test_train_ratio=0.25, n_units=n_rare)
        for pair in zip(d, u, strict=True)
    ]
    return by_rows, [estimate_by_folds(x, test_train_ratio=0.25) for x in d]


def main():
    """Print two lines for each number of rows: compare, and the t-test."""
    parser = argparse.ArgumentParser(description="Coverage for real strategies.")
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 2_000])
    parser.add_argument("--repeats", type=int, default=300)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for n_rows in arguments.rows:
        with threadpool_limits(1):
            true = true_differences(n_rows)
            tables = [estimates(n_rows, seed) for seed in range(arguments.repeats)]
        for way, name in enumerate(("compare", "corrected t-test")):
            intervals = [
                [estimate.interval(comparisons=len(true)) for estimate in ways[way]]
                for ways in tables
            ]
            low, high = (
                np.array([[getattr(i, end) for i in row] for row in intervals])
                for end in ("low", "high")
            )
            means = ((low + high) / 2).mean(axis=0)
            missed = [
                ((low > t) | (high < t)).any(axis=1).mean() for t in (true, means)
            ]
            print(
                f"{n_rows:,} rows, {name}: missed {missed[0]:.3f} (of the mean over "
                f"tables {missed[1]:.3f}), half-width {np.median(high - low) / 2:.3f}, "
                f"true {np.round(true, 3)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
