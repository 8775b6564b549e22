"""Can a test at a fixed level drop strategies after a few of ten folds?

After each fold from the third to the ninth, every strategy is compared with doing
nothing (or with the best strategy so far) by the one-sided corrected resampled t-test.
A strategy that is significantly worse is dropped, which saves its later fits. The level
of 5 % holds for all strategies and looks together: it is divided by their numbers
("equal"), or more of it is spent on later looks, as by O'Brien and Fleming ("late").
Because the best so far can be any of the other strategies, the level is then also
divided by their number.

    python benchmarks/racing.py --measure scores.parquet  # fits, several minutes
    python benchmarks/racing.py --scores scores.parquet   # both tables of the docs
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import stdtr
from scipy.stats import norm

SHARED = Path(__file__).parents[2] / "shared" / "data"
TABLES = ["adult", "credit_data", "mlc_churn", "wine_white"]
N_ROWS, N_FOLDS, N_STRATEGIES, LEVEL = 4_000, 10, 6, 0.05
LOOKS = np.arange(3, N_FOLDS)
# Test rows / training rows of five folds.
RATIO = 0.25


def shares_of_level(spending: str) -> np.ndarray:
    """Return the share of the level for each look; they sum to at most the level."""
    if spending == "equal":
        return np.full(len(LOOKS), LEVEL / len(LOOKS))
    spent = 2 * norm.sf(norm.isf(LEVEL / 2) / np.sqrt(LOOKS / N_FOLDS))
    return np.diff(spent, prepend=0.0)


def p_values(gains: np.ndarray) -> np.ndarray:
    """Return p values (look, ...) of mean gains below 0; ``gains``: (fold, ...)."""
    p = []
    for k in LOOKS:
        spread = np.sqrt((1 / k + RATIO) * gains[:k].var(axis=0, ddof=1))
        with np.errstate(invalid="ignore", divide="ignore"):
            p.append(stdtr(k - 1, gains[:k].mean(axis=0) / spread))
    return np.nan_to_num(np.array(p), nan=1.0)


def dropped_at(scores: np.ndarray, against: str, spending: str) -> np.ndarray:
    """Return the number of folds until each strategy is dropped, or that of all folds.

    ``scores``: an array (fold, strategy, ...). The first strategy is doing nothing,
    which is never dropped.
    """
    shares = shares_of_level(spending)
    n = scores.shape[1] - 1
    folds = np.full(scores.shape[1:], N_FOLDS)
    for look, k in enumerate(LOOKS):
        if against == "nothing":
            rivals, share = scores[:, :1], shares[look] / n
        else:
            means = np.where(folds < N_FOLDS, -np.inf, scores[:k].mean(axis=0))
            best = means.argmax(axis=0)[None, None]
            rivals = np.take_along_axis(scores, best, axis=1)
            share = shares[look] / (n * n)  # any other strategy may be the best
        worse = p_values(scores - rivals)[look] < share
        folds = np.where(worse & (folds == N_FOLDS), k, folds)
    folds[0] = N_FOLDS
    return folds


def simulated(effect: float, correlation: float, n: int, seed: int) -> np.ndarray:
    """Return scores (fold, strategy, repetition).

    ``effect``: the mean difference from doing nothing, in standard deviations of a fold.
    ``correlation``: between the differences of two folds, which share training rows.
    """
    rng = np.random.default_rng(seed)
    shape = (N_FOLDS, N_STRATEGIES, n)
    own = rng.normal(size=shape) * np.sqrt(1 - correlation)
    gains = effect + own + rng.normal(size=shape[1:]) * np.sqrt(correlation)
    return np.concatenate([np.zeros((N_FOLDS, 1, n)), gains], axis=1)


def report_simulations(n: int) -> None:
    """Print how often strategies are dropped, and the share of fits that this saves."""
    print(f"Simulated folds, {n:,} repetitions, {N_STRATEGIES} strategies\n")
    print(
        "effect correlation against  spending  any dropped   one dropped   fits saved"
    )
    for correlation in (0.0, 0.2, 0.5):
        for effect in (0.0, -0.5, -1.0, -2.0, -4.0):
            scores = simulated(effect, correlation, n, 0)
            for against in ("nothing", "best"):
                for spending in ("equal", "late"):
                    folds = dropped_at(scores, against, spending)[1:]
                    is_dropped = folds < N_FOLDS
                    saved = 1 - folds.mean(axis=0) / N_FOLDS
                    cells = [is_dropped.any(axis=0), is_dropped.mean(axis=0), saved]
                    figures = [
                        f"{c.mean():.4f} ({c.std() / n**0.5:.4f})" for c in cells
                    ]
                    row = f"{effect:6} {correlation:11} {against:8} {spending:8}"
                    print(row, *figures, sep="  ", flush=True)


def measure(path: str) -> None:
    """Write the scores of all strategies on ten folds."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    from imbsuite import compare

    sys.path.insert(0, str(SHARED))
    from load import load

    warnings.simplefilter("ignore")
    tables = []
    for name in TABLES:
        X, y, *_ = load(name)
        if len(X) > N_ROWS:
            X, _, y, _ = train_test_split(
                X, y, train_size=N_ROWS, stratify=y, random_state=0
            )
        comparison = compare(X, y, scoring=["average_precision", "log_loss"])
        tables.append(comparison.scores.assign(table=name))
        pd.concat(tables).to_parquet(path)
        print(name, flush=True)


def report_tables(path: str) -> None:
    """Print which strategies would have been dropped, and after how many folds."""
    import pandas as pd

    scores = pd.read_parquet(path)
    scores = scores[scores["metric"] != "fit_time"]
    print("\nReal tables, ten folds\n")
    print("metric             against  spending  dropped of   fits saved   which")
    for metric, rows in scores.groupby("metric"):
        for against in ("nothing", "best"):
            for spending in ("equal", "late"):
                replays = _replay(rows, metric, against, spending)
                drops = [
                    f"{t}/{m[:1]}/{s}@{f}" for t, m, s, f in replays if f < N_FOLDS
                ]
                # One row for each table and model; doing nothing is fitted as well.
                folds = np.array([f for *_, f in replays]).reshape(-1, N_STRATEGIES)
                saved = (N_FOLDS - folds).sum(axis=1) / N_FOLDS / (N_STRATEGIES + 1)
                error = saved.std(ddof=1) / len(saved) ** 0.5
                row = f"{metric:18} {against:8} {spending:8} {len(drops):3} of {folds.size}"
                print(f"{row}   {saved.mean():.3f} ({error:.3f})   {' '.join(drops)}")


def _replay(rows: Any, metric: str, against: str, spending: str) -> list[Any]:
    sign = -1 if metric == "log_loss" else 1
    replays = []
    for (table, model), mine in rows.groupby(["table", "model"]):
        wide = mine.pivot_table(index="fold", columns="strategy", values="value")
        wide = wide.drop(columns="tuned-threshold", errors="ignore")
        names = ["nothing", *wide.columns.drop("nothing")]
        folds = dropped_at(sign * wide[names].to_numpy(), against, spending)
        pairs = zip(names[1:], folds[1:], strict=True)
        replays += [(table, model, strategy, n) for strategy, n in pairs]
    return replays


def main() -> None:
    """Measure scores, or print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", metavar="FILE")
    parser.add_argument("--scores", metavar="FILE")
    parser.add_argument("--repetitions", type=int, default=4_000)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure)
        return
    report_simulations(arguments.repetitions)
    if arguments.scores:
        report_tables(arguments.scores)


if __name__ == "__main__":
    main()
