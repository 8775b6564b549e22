"""False alarms of a comparison in log-loss and in balanced accuracy at tuned thresholds.

The tables are those of benchmarks/power.py without a gain: seven contenders that are
identically distributed, so every verdict is a false alarm. Thresholds are tuned as in
compare, on predictions for inner test parts of the training rows: the intervals account
neither for the variation of a threshold with its training rows nor for its choice.

    python benchmarks/power_metrics.py                  # all tables
    python benchmarks/power_metrics.py lr-500 --repeats 100
"""

from __future__ import annotations

import argparse

import numpy as np
from power import CELLS, N_FOLDS, N_STRATEGIES, SHIFTS, fit_scores, stratified, tables
from scipy.special import expit
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from imbsuite.decision._base import decide
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import METRICS
from imbsuite.experiment.contrast import estimate_difference
from imbsuite.inference.influence import (
    by_block,
    on_average_precision,
    on_macro_mean,
    on_mean,
)
from imbsuite.inference.intervals import estimate_by_folds
from imbsuite.scoring.fold_predictions import ENOUGH_ROWS, INNER_FOLDS

ROUNDS = 2
RATIO = 1 / (N_FOLDS - 1)
# Names of tables in benchmarks/power.py.
TABLES = ("lr-500-rare", "lr-500", "lr-2000-rare", "lr-2000")


def inner_parts(y, train, rng):
    """Return the rows of each inner test part of the training rows."""
    rows = np.flatnonzero(train)
    fold = stratified(y[rows], INNER_FOLDS, rng)
    enough = np.bincount(y[rows]).min() >= ENOUGH_ROWS * INNER_FOLDS
    return [rows[fold == k] for k in range(1 if enough else INNER_FOLDS)]


def chosen(y, out_of_fold, score, rows):
    """Return the predicted classes at the threshold that is best out of fold."""
    p = expit(out_of_fold)
    both = np.column_stack([1 - p, p])
    search = search_for(METRICS["balanced_accuracy"], both, y[rows], None)
    p = expit(score)
    return decide(np.column_stack([1 - p, p]), search.best()[0])


def measures(truth, score, decided):
    """Return the score and the influence of each row, for each metric."""
    losses = np.logaddexp(0, np.where(truth == 1, -score, score))
    hits = (decided == truth).astype(float)
    return {
        "average precision": (
            average_precision_score(truth, score),
            on_average_precision(truth == 1, score),
        ),
        "log-loss": (losses.mean(), on_mean(losses)),
        "balanced accuracy, tuned": (
            (hits[truth == 0].mean() + hits[truth == 1].mean()) / 2,
            on_macro_mean(hits, truth),
        ),
    }


def measured(cell, X, y, folds):
    """Return scores (n_folds,) and influences (n_folds, n_rows), for each metric."""
    masks = [train for train, _ in folds]
    for train, parts in folds:
        for part in parts:
            masks.append(train.copy())
            masks[-1][part] = False
    scores = fit_scores(cell, X, y, masks, X)
    inner = iter(scores[len(folds) :])
    values, influences = {}, {}
    for j, (train, parts) in enumerate(folds):
        out_of_fold = np.concatenate([next(inner)[part] for part in parts])
        score, truth = scores[j][~train], y[~train]
        decided = chosen(y, out_of_fold, score, np.concatenate(parts))
        for name, (value, of_rows) in measures(truth, score, decided).items():
            values.setdefault(name, np.empty(len(folds)))[j] = value
            # Each row is a separate block.
            sums = by_block(of_rows, truth, np.arange(len(truth)))[: len(truth)]
            into = influences.setdefault(name, np.zeros((len(folds), len(y))))
            into[j, ~train] = sums
    return values, influences


def once(cell, repeat):
    """Return (is there a false alarm, half-width) for each metric and method."""
    rng = np.random.default_rng([9, repeat, cell.n_rows, int(cell.share * 1000)])
    y = np.zeros(cell.n_rows, dtype=int)
    y[: round(cell.n_rows * cell.share)] = 1
    rounds = [stratified(y, N_FOLDS, rng) for _ in range(ROUNDS)]
    trains = [fold != k for fold in rounds for k in range(N_FOLDS)]
    folds = [(train, inner_parts(y, train, rng)) for train in trains]
    X = tables(y, [SHIFTS[0]] * (1 + N_STRATEGIES), cell, rng)
    nothing, *others = (measured(cell, x, y, folds) for x in X)
    outcomes = {}
    for name, baseline in nothing[0].items():
        d = [ours[0][name] - baseline for ours in others]
        u = [ours[1][name] - nothing[1][name] for ours in others]
        by_rows = [
            estimate_difference(*pair, test_train_ratio=RATIO, n_units=int(y.sum()))
            for pair in zip(d, u, strict=True)
        ]
        by_folds = [estimate_by_folds(x, test_train_ratio=RATIO) for x in d]
        for way, estimates in (("compare", by_rows), ("t-test", by_folds)):
            intervals = [e.interval(comparisons=N_STRATEGIES) for e in estimates]
            alarm = any(i.low > 0 or i.high < 0 for i in intervals)
            half = np.median([(i.high - i.low) / 2 for i in intervals])
            outcomes[f"{name}, {way}"] = alarm, half
    return outcomes


def main():
    """Print a line for each table, metric and method."""
    parser = argparse.ArgumentParser(description="False alarms by metric.")
    parser.add_argument("tables", nargs="*", default=[*TABLES], metavar="TABLE")
    parser.add_argument("--repeats", type=int, default=150)
    arguments = parser.parse_args()
    for name in arguments.tables:
        with threadpool_limits(1):
            outcomes = [once(CELLS[name], i) for i in range(arguments.repeats)]
        print(f"{name}: {arguments.repeats} tables without a gain")
        for way in outcomes[0]:
            alarms, half = np.array([outcome[way] for outcome in outcomes]).T
            error = alarms.std() / np.sqrt(len(alarms))
            print(
                f"  {way:34} false alarms {alarms.mean():.3f} (SE {error:.3f}), "
                f"half-width {np.median(half):.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
