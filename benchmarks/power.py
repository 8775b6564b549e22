"""False alarms and power of the intervals of a comparison, on simulated tables.

Every contender (doing nothing and six strategies) has the same three columns of signal,
and its own noisy view of a fourth and its own columns of noise. All contenders are
identically distributed, so without a gain all true differences are exactly 0, and every
verdict is a false alarm. With a gain, one strategy has a clearer view, calibrated on
30,000 test rows.

    python benchmarks/power.py                 # all cells: hours on one core
    python benchmarks/power.py lr-500-rare     # some of them
    python benchmarks/power.py --repeats 50

For each method, one line shows how often any of the six strategies is called better or
worse without a gain (false alarms, with the standard error), the median half-width of
an interval, and how often the strategy with a gain of .02, .05 and .1 in average
precision is called better. All methods use the same fits. "2 x 5" means two repeats of
five folds.
"""

from __future__ import annotations

import argparse
import itertools
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from imbsuite.inference.influence import by_block, on_average_precision
from imbsuite.inference.intervals import (
    Estimate,
    estimate_by_folds,
    estimate_by_rows,
)

N_STRATEGIES = 6
N_FOLDS = 5
LEVEL = 0.95
SHIFTS = 0.9 + np.array([0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.4])
TEST_ROWS = 30_000
# Draws for quantiles of the largest of six t values.
NORMAL = np.random.default_rng(0).normal(size=(2_500, N_STRATEGIES))


@dataclass(frozen=True)
class Cell:
    """A kind of table and model, and what is measured on it.

    ``common``: the share of the noise of the views that all contenders have in common.
    ``noise``: the number of columns of noise of each contender. ``rounds``, ``halves``:
    the numbers of repeats of five folds and of two folds. ``nested``: whether models
    are also fitted without each pair of folds.
    """

    n_rows: int
    share: float
    repeats: int
    rounds: int = 2
    halves: int = 0
    nested: bool = False
    common: float = 0.0
    noise: int = 4
    boosting: bool = False
    gains: tuple[float, ...] = (0.02, 0.05, 0.1)
    trains: int = 100


CELLS = {
    "lr-500-rare": Cell(500, 0.04, 900, rounds=10, halves=10, nested=True),
    "lr-500": Cell(500, 0.2, 900, rounds=10, halves=10, nested=True),
    "lr-500-rare-close": Cell(
        500, 0.04, 900, rounds=10, halves=10, nested=True, common=0.9
    ),
    "lr-500-rare-noise": Cell(500, 0.04, 900, rounds=10, common=1.0, noise=20),
    "lr-2000-rare": Cell(2_000, 0.04, 900, rounds=10, halves=5),
    "lr-2000": Cell(2_000, 0.2, 900, rounds=5),
    "lr-8000-rare": Cell(8_000, 0.04, 400),
    "lr-8000": Cell(8_000, 0.2, 400),
    "boosting-500-rare": Cell(500, 0.04, 150, boosting=True, gains=(0.1,), trains=12),
    "boosting-2000-rare": Cell(
        2_000, 0.04, 125, boosting=True, gains=(0.1,), trains=12
    ),
}


def tables(y, shifts, cell, rng):
    """Return the table of each contender, (n_contenders, n_rows, n_columns)."""
    n = len(y)
    shared = rng.normal(size=(n, 3)) + y[:, np.newaxis] * np.array([0.8, 0.6, 0.4])
    common = rng.normal(size=n)
    columns = []
    for shift in shifts:
        own = rng.normal(size=n)
        view = (
            shift * y + np.sqrt(cell.common) * common + np.sqrt(1 - cell.common) * own
        )
        noise = rng.normal(size=(n, cell.noise))
        columns.append(np.column_stack([np.ones(n), shared, view, noise]))
    return np.stack(columns)


def logistic_scores(X, y, masks, others):
    """Return the scores of other rows by a logistic regression for each mask of rows.

    Newton's method fits all of them at once, with scikit-learn's default penalty.
    """
    n_columns = X.shape[1]
    i, j = np.triu_indices(n_columns)
    products = X[:, i] * X[:, j]
    penalty = np.full(n_columns, 1.0)
    penalty[0] = 1e-8

    def newton(masks, coefs):
        for _ in range(25):
            p = expit(coefs @ X.T)
            gradient = ((y - p) * masks) @ X - penalty * coefs
            upper = (p * (1 - p) * masks) @ products
            hessian = np.empty((len(coefs), n_columns, n_columns))
            hessian[:, i, j] = hessian[:, j, i] = upper
            hessian[:, range(n_columns), range(n_columns)] += penalty
            step = np.linalg.solve(hessian, gradient[..., np.newaxis])[..., 0]
            coefs = coefs + step
            if np.abs(step).max() < 1e-3:
                break
        return coefs

    start = np.zeros((1, n_columns))
    start[0, 0] = np.log(y.mean() / (1 - y.mean()))
    of_all = newton(np.ones((1, len(y))), start)
    return newton(masks, np.repeat(of_all, len(masks), axis=0)) @ others.T


def boosting_scores(X, y, masks, others):
    """Return the scores of other rows by boosting for each mask of rows."""
    model = HistGradientBoostingClassifier(
        max_iter=10,
        early_stopping=False,
        max_leaf_nodes=4,
        learning_rate=0.3,
        min_samples_leaf=5,
    )
    fitted = (model.fit(X[mask > 0, 1:], y[mask > 0]) for mask in masks)
    return np.array([model.decision_function(others[:, 1:]) for model in fitted])


def fit_scores(cell, X, y, masks, others):
    """Return the scores of other rows for each mask of training rows."""
    fit = boosting_scores if cell.boosting else logistic_scores
    return fit(X, y, np.asarray(masks, dtype=np.float64), others)


def calibrated(cell):
    """Return the shifts of views (no gain, each gain), average precision, and an error.

    A gain is the mean difference in average precision on other rows, after training on
    as many rows as in a training fold. The average precision is that without a gain;
    the error is the largest standard error of a gain.
    """
    n_train = int(cell.n_rows * (1 - 1 / N_FOLDS))
    y = np.zeros(n_train + TEST_ROWS)
    y[: round(n_train * cell.share)] = 1
    y[n_train : n_train + int(TEST_ROWS * cell.share)] = 1
    train, test = np.split(np.arange(len(y)), [n_train])
    everything = np.ones((1, n_train))
    scores = np.empty((cell.trains, len(SHIFTS)))
    for r in range(cell.trains):
        for s, shift in enumerate(SHIFTS):
            # The same noise for all shifts.
            X = tables(y, [shift], cell, np.random.default_rng([1, r]))[0]
            predicted = fit_scores(cell, X[train], y[train], everything, X[test])
            scores[r, s] = average_precision_score(y[test], predicted[0])
    gains = (scores - scores[:, :1]).mean(axis=0)
    error = (scores - scores[:, :1]).std(axis=0, ddof=1).max() / np.sqrt(cell.trains)
    shifts = [float(np.interp(gain, gains, SHIFTS)) for gain in (0.0, *cell.gains)]
    return shifts, scores[:, 0].mean(), error


def stratified(y, n_folds, rng):
    """Return the fold of each row."""
    fold, start = np.empty(len(y), dtype=int), 0
    for k in (1, 0):
        rows = rng.permutation(np.flatnonzero(y == k))
        fold[rows] = (np.arange(len(rows)) + start) % n_folds
        start += len(rows)
    return rng.permutation(n_folds)[fold]


@dataclass
class Measured:
    """Average precision of one contender on each fold, and the influences of rows."""

    folds: np.ndarray
    influences: np.ndarray
    halves: np.ndarray
    pairs: np.ndarray


def measure(cell, X, y, rounds, halves):
    """Fit one contender on all folds."""
    by_round = [[fold == k for k in range(N_FOLDS)] for fold in rounds]
    by_half = [[fold == k for k in range(2)] for fold in halves]
    tests = [*itertools.chain(*by_round, *by_half)]
    pairs = [
        (r, a, b)
        for r in range(min(5, len(rounds)) if cell.nested else 0)
        for a, b in itertools.combinations(range(N_FOLDS), 2)
    ]
    masks = [~test for test in tests]
    masks += [~(by_round[r][a] | by_round[r][b]) for r, a, b in pairs]
    predicted = fit_scores(cell, X, y, masks, X)
    values = [
        average_precision_score(y[t], s[t])
        for t, s in zip(tests, predicted, strict=False)
    ]
    n = N_FOLDS * len(rounds)
    influences = np.zeros((2 * N_FOLDS, len(y)))
    for into, test, score in zip(influences, tests, predicted, strict=False):
        of_rows = on_average_precision(y[test] == 1, score[test])
        # Each row is a separate block.
        truth, blocks = y[test].astype(int), np.arange(len(of_rows))
        into[test] = by_block(of_rows, truth, blocks)[: len(of_rows)]
    # inner[r, a, b]: score on fold b of a model that was fitted to neither a nor b.
    inner = np.full((len(rounds), N_FOLDS, N_FOLDS), np.nan)
    for (r, a, b), score in zip(pairs, predicted[len(tests) :], strict=True):
        for left, tested in ((a, b), (b, a)):
            test = by_round[r][tested]
            inner[r, left, tested] = average_precision_score(y[test], score[test])
    return Measured(
        np.reshape(values[:n], (len(rounds), N_FOLDS)),
        influences,
        np.reshape(values[n:], (len(halves), 2)),
        inner,
    )


def judged(cell, ours, nothing):
    """Yield the name of each method and its estimate, for one strategy."""
    n_rare = round(cell.n_rows * cell.share)
    d = ours.folds - nothing.folds
    u = ours.influences - nothing.influences
    for n in (2, 5, 10):
        if len(d) >= n:
            estimate = estimate_by_folds(d[:n].ravel(), test_train_ratio=0.25)
            yield f"corrected t-test, {n} x 5", estimate
    if cell.halves:
        h = ours.halves - nothing.halves
        name = f"corrected t-test, {cell.halves} x 2"
        yield name, estimate_by_folds(h.ravel(), test_train_ratio=1.0)
        # Dietterich's test: the first difference, and the variances of five pairs.
        error = np.sqrt(h[:5].var(axis=1, ddof=1).mean())
        yield "Dietterich's 5 x 2 t-test", Estimate(float(h[0, 0]), float(error), 5)
    full = estimate_by_rows(d[:2].ravel(), u, test_train_ratio=0.25, n_units=n_rare)
    rows = float(np.square(u.mean(axis=0)).sum())
    between = d[:2].mean(axis=1).var(ddof=1)
    training = d[:2].var(ddof=1) - np.square(u).sum(axis=1).mean()
    for name, variance in {
        "rows": rows,
        "rows and repeats": rows + between,
        "rows x 1.25": 1.25 * rows,
        "rows and training": rows + max(training, 0),
        "compare": full.error**2,
    }.items():
        yield f"{name}, 2 x 5", replace(full, error=float(np.sqrt(variance)))
    if cell.nested:
        yield "nested cross-validation, 5 x 5", nested(ours, nothing)


def nested(ours, nothing):
    """Return the estimate by nested cross-validation, with a normal distribution.

    Bates, Hastie and Tibshirani (2024), doi:10.1080/01621459.2023.2197686. The variance
    is the mean squared distance between the difference on a fold and the estimate of
    cross-validation on the other folds, minus the variance due to the rows of the fold.
    As they advise, it is at least the naive variance, and at most that variance times
    the number of folds.
    """
    d, inner = (ours.folds - nothing.folds)[:5], (ours.pairs - nothing.pairs)[:5]
    u = ours.influences - nothing.influences
    of_rows = np.square(u).sum(axis=1).mean()
    naive = np.square(u[:N_FOLDS].mean(axis=0)).sum()
    distance = np.square(np.nanmean(inner, axis=2) - d).mean()
    variance = (N_FOLDS - 1) / N_FOLDS * (distance - of_rows)
    error = np.sqrt(np.clip(variance, naive, N_FOLDS * naive))
    return Estimate(float(d.mean()), float(error), np.inf)


def largest_t(correlation, freedom, rng):
    """Return the quantile of the largest absolute value of correlated t statistics."""
    values, vectors = np.linalg.eigh(correlation)
    normal = NORMAL @ (vectors * np.sqrt(values.clip(0))).T
    scale = np.sqrt(rng.chisquare(freedom, len(normal)) / freedom)
    return float(np.quantile(np.abs(normal).max(axis=1) / scale, LEVEL))


def ways(cell, strategies, nothing, rng):
    """Return the differences and half-widths of all strategies, for each method."""
    estimates = defaultdict(list)
    for ours in strategies:
        for name, estimate in judged(cell, ours, nothing):
            estimates[name].append(estimate)
    intervals = {}
    for name, of_strategies in estimates.items():
        errors = np.array([estimate.error for estimate in of_strategies])
        d = np.array([estimate.difference for estimate in of_strategies])
        freedom = of_strategies[0].freedom
        p = 1 - (1 - LEVEL) / (2 * N_STRATEGIES)
        quantile = stats.norm if np.isinf(freedom) else stats.t(freedom)
        intervals[f"{name}, Bonferroni"] = d, quantile.ppf(p) * errors
        # Holm: the largest t value must reach Bonferroni's quantile, later ones less.
        ranks = np.abs(d / errors).argsort()[::-1].argsort()
        steps = quantile.ppf(1 - (1 - LEVEL) / (2 * (N_STRATEGIES - ranks)))
        kept = [(np.abs(d) > steps * errors)[ranks <= rank].all() for rank in ranks]
        intervals[f"{name}, Holm"] = d, np.where(kept, 0.0, np.inf) * errors
        together = together_by(name, strategies, nothing)
        if together is not None:
            intervals[f"{name}, Dunnett"] = (
                d,
                errors * largest_t(together, freedom, rng),
            )
    return intervals


def together_by(name, strategies, nothing):
    """Return the correlation of the differences of strategies; None if not estimated."""
    if name.startswith("corrected"):
        n, of = int(name.split()[-3]), int(name.split()[-1])
        kept = [(s.folds - nothing.folds)[:n] for s in strategies]
        if of == 2:
            kept = [s.halves - nothing.halves for s in strategies]
        return np.corrcoef([d.ravel() for d in kept])
    if name.startswith("rows"):
        u = [(s.influences - nothing.influences).mean(axis=0) for s in strategies]
        return np.corrcoef(u)
    return None


def once(cell, shifts, repeat):
    """Return the results of all methods on a table: without a gain, with each gain."""
    seed = [0, repeat, cell.n_rows, int(cell.share * 1000)]
    rng = np.random.default_rng([*seed, int(cell.common * 100), cell.noise])
    y = np.zeros(cell.n_rows)
    y[: round(cell.n_rows * cell.share)] = 1
    of_contenders = [shifts[0]] * (1 + N_STRATEGIES) + shifts[1:]
    X = tables(y, of_contenders, cell, rng)
    rounds = [stratified(y, N_FOLDS, rng) for _ in range(cell.rounds)]
    halves = [stratified(y, 2, rng) for _ in range(cell.halves)]
    nothing, *others = (measure(cell, x, y, rounds, halves) for x in X)
    same, gaining = others[:N_STRATEGIES], others[N_STRATEGIES:]
    return [
        ways(cell, [first, *same[1:]], nothing, rng) for first in (same[0], *gaining)
    ]


def main():
    """Print a line for each cell and method."""
    parser = argparse.ArgumentParser(description="False alarms and power.")
    parser.add_argument("cells", nargs="*", default=[*CELLS], metavar="CELL")
    parser.add_argument("--repeats", type=int)
    arguments = parser.parse_args()
    for name in arguments.cells:
        cell = CELLS[name]
        repeats = arguments.repeats or cell.repeats
        with threadpool_limits(1):
            shifts, average, error = calibrated(cell)
            outcomes = [once(cell, shifts, i) for i in range(repeats)]
        print(
            f"{name}: {repeats} tables, average precision {average:.2f} without a gain; "
            f"gains {cell.gains} (SE {error:.4f})"
        )
        for way in outcomes[0][0]:
            show(way, outcomes)


def show(way, outcomes):
    """Print the false alarms, half-width and power of one method."""
    d, half = (np.array([o[0][way][i] for o in outcomes]) for i in (0, 1))
    alarms = (np.abs(d) > half).any(axis=1)
    share, error = alarms.mean(), alarms.std() / np.sqrt(len(alarms))
    power = [
        np.mean([o[g][way][0][0] > o[g][way][1][0] for o in outcomes])
        for g in range(1, len(outcomes[0]))
    ]
    print(
        f"  {way:48} false alarms {share:.3f} (SE {error:.3f}), half-width "
        f"{np.median(half):.3f}, power {' '.join(f'{p:.3f}' for p in power)}",
        flush=True,
    )


if __name__ == "__main__":
    main()
