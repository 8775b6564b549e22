"""Time of PRESTO's path on a large table, and of proportional odds and statsmodels.

    python benchmarks/presto_speed.py [--rows 100000] [--columns 50]

Printed are seconds, CPU seconds and the peak of memory above the table (as a multiple
of X, in a separate process). Proportional odds and statsmodels make the same fit on a
fifth of the rows, in turn; their seconds are medians of three runs.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from imbsuite import PrestoClassifier, ProportionalOddsClassifier
from imbsuite.ordinal.path import alpha_max, fit_path


def make_table(n, p):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    beta = 0.5 * rng.normal(size=p) * (rng.random(p) < 0.4)
    latent = X @ beta + rng.logistic(size=n)
    y = np.searchsorted([0, 2, 3.5, 5], latent)
    X[:, :5] += 0.3 * (y >= 2)[:, np.newaxis]
    return X, y


def path(n, p):
    """Return seconds, CPU seconds, memory increase / X, and the worst KKT residual."""
    X, y = make_table(n, p)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, spent = time.perf_counter(), time.process_time()
    model = PrestoClassifier()
    likelihood = model._scaled(model._checked(X, y, None), 5).likelihood
    top, start = alpha_max(likelihood, 1.0, first=True, tol=1e-8)
    alphas = np.geomspace(top, 0.01 * top, 20)
    fitted_path = fit_path(
        likelihood, alphas, 1.0, first=True, start=start, tol=1e-8, max_iter=100
    )
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (
        time.perf_counter() - started,
        time.process_time() - spent,
        (after - before) * 1024 / X.nbytes,
        max(solution.kkt_residual for solution in fitted_path),
    )


def beside_statsmodels(n, p):
    """Return the median seconds of both libraries, and how far coefficients differ."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    X, y = make_table(n, p)
    seconds = {"ours": [], "statsmodels": []}
    for _ in range(3):
        started = time.perf_counter()
        ours = ProportionalOddsClassifier().fit(X, y)
        seconds["ours"].append(time.perf_counter() - started)
        started = time.perf_counter()
        model = OrderedModel(y, X, distr="logit")
        theirs = model.fit(method="bfgs", disp=False, maxiter=500)
        seconds["statsmodels"].append(time.perf_counter() - started)
    far = np.abs(theirs.params[:p] - ours.coef_[0]).max()
    return {name: statistics.median(v) for name, v in seconds.items()}, far


def main():
    parser = argparse.ArgumentParser(description="Speed of PRESTO")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=50)
    arguments = parser.parse_args()
    n, p = arguments.rows, arguments.columns
    with ProcessPoolExecutor(1) as pool:
        seconds, cpu, peak, kkt = pool.submit(path, n, p).result()
    print(
        f"path of 20 alphas, {n:,} x {p}, 5 classes: {seconds:.1f} s ({cpu:.1f} s CPU)"
    )
    print(
        f"  peak above the table: {peak:.1f} x X; worst optimality residual {kkt:.0e}"
    )
    near, far = beside_statsmodels(n // 5, p)
    ratio = near["statsmodels"] / near["ours"]
    print(
        f"proportional odds, {n // 5:,} x {p}: {near['ours']:.2f} s, statsmodels "
        f"{near['statsmodels']:.2f} s, ratio {ratio:.0f}; coefficients differ by {far:.0e}"
    )


if __name__ == "__main__":
    main()
