"""The synthetic study of PRESTO: errors of the probabilities of the rare class.

    python benchmarks/reproductions/presto.py [--draws 100] [--jobs -1] [--figure FILE.png]

2,500 rows, 10 columns uniform in (-1, 1), 4 classes. For P(Y <= k), the intercepts are
0, 3, 5; coefficients of the first boundary are 0.5 with probability 1/2 (otherwise 0),
and differences of neighboring boundaries are ±0.5 with probability 1/2 (otherwise 0).
Draws in which boundaries cross for any row, or a class has fewer than five rows, are
repeated. The error is the mean of (p̂ - p)² of the last class over the rows; PRESTO's
alpha is chosen by log-loss with five folds. Printed are medians over draws, and the
share of draws in which PRESTO has the smaller error. The figure shows the path on the
grades of white wines.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from joblib import Parallel, delayed
from scipy import special
from sklearn.linear_model import LogisticRegression

from imbsuite import PrestoClassifierCV, ProportionalOddsClassifier
from imbsuite.datasets import load_wine_white
from imbsuite.explore import PrestoPathDisplay

INTERCEPTS = np.array([0.0, 3.0, 5.0])


def draw(seed, n=2500, p=10):
    """Return X, y and the true probability of the last class."""
    rng = np.random.default_rng(seed)
    while True:
        X = rng.uniform(-1, 1, size=(n, p))
        first = 0.5 * (rng.random(p) < 0.5)
        signs = rng.choice([-0.5, 0.5], size=(2, p)) * (rng.random((2, p)) < 0.5)
        beta = np.cumsum(np.vstack([first, signs]), axis=0)
        below = special.expit(X @ beta.T + INTERCEPTS)
        if (np.diff(below, axis=1) < 0).any():
            continue
        y = (rng.random((n, 1)) > below).sum(axis=1)
        if np.bincount(y, minlength=4).min() >= 5:
            return X, y, 1 - below[:, -1]


def errors(seed):
    """Return the errors of PRESTO, logistic regression and proportional odds."""
    X, y, true = draw(seed)
    rare = y == 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # boundaries may cross
        exceed_proba = [
            PrestoClassifierCV().fit(X, y).predict_exceed_proba(X)[:, -1],
            LogisticRegression(C=np.inf, max_iter=1000)
            .fit(X, rare)
            .predict_proba(X)[:, 1],
            ProportionalOddsClassifier().fit(X, y).predict_exceed_proba(X)[:, -1],
        ]
    return [float(np.square(p - true).mean()) for p in exceed_proba], int(rare.sum())


def paint(path):
    """Draw the path on the grades of wines; the best grades are rare."""
    X, y = load_wine_white(return_X_y=True)
    grades = ["poor", "fair", "good", "excellent"]
    y = np.array(grades)[np.digitize(y, [3, 4, 5])]
    model = PrestoClassifierCV(categories=grades, eps=0.003).fit(X, y)
    display = PrestoPathDisplay.from_estimator(model, X)
    display.figure_.savefig(path, dpi=160)


def main():
    parser = argparse.ArgumentParser(description="The synthetic study of PRESTO")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--figure")
    arguments = parser.parse_args()
    if arguments.figure:
        paint(arguments.figure)
    errors_by_draw = Parallel(n_jobs=arguments.jobs)(
        delayed(errors)(seed) for seed in range(arguments.draws)
    )
    table = np.array([row for row, _ in errors_by_draw])
    rare = [n for _, n in errors_by_draw]
    print(f"{len(table)} draws, rows of the last class: {min(rare)} to {max(rare)}")
    rng = np.random.default_rng(0)
    resampled = table[rng.integers(len(table), size=(2000, len(table)))]
    errors_of_medians = np.median(resampled, axis=1).std(axis=0, ddof=1)
    for name, median, error in zip(
        ("PRESTO", "logistic regression", "proportional odds"),
        np.median(table, axis=0),
        errors_of_medians,
        strict=True,
    ):
        print(f"{name:20} median {median:.2e} ± {error:.1e} (bootstrap)")
    for name, other in (("logistic regression", 1), ("proportional odds", 2)):
        won = (table[:, 0] < table[:, other]).mean()
        error = np.sqrt(won * (1 - won) / len(table))
        print(f"PRESTO nearer than {name}: {100 * won:.0f} ± {100 * error:.0f} %")


if __name__ == "__main__":
    main()
