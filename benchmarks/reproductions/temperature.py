"""Temperature: second moments of gradients, and learning curves on a real table.

    python benchmarks/reproductions/temperature.py [--draws 400000]
    python benchmarks/reproductions/temperature.py --table adult.parquet [--seeds 5]
        [--figure FILE.png]

First, F(T) = sum p(k;T)² / p(k;1) is computed by formula and by simulation: the ratio
of the second moments of single-draw gradients, with weights to with sampling, if all
classes have gradients of the same length. Then comes the opposite case: gradients of
the largest class are ten times as long.

With a table (binary; the last column is the target), CooldownClassifier is fitted
around logistic regression by stochastic gradient descent. A quarter of the rows is held
out, and copies of a row are kept together. Printed are means and standard errors over
seeds (splits and draws) after the last of 20 epochs.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
)
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from imbsuite import Cooldown, CooldownClassifier
from imbsuite.explore import EpochScoresDisplay
from imbsuite.temperature import tempered_shares

INF = float("inf")
SCHEDULES = {
    "T = 1": 1.0,
    "T = 2": 2.0,
    "T = 5": 5.0,
    "T = inf": INF,
    "Cooldown (5, then 1)": Cooldown(),
    "two-phase (inf, then 1)": Cooldown.two_phase(),
    "late (1, then inf)": Cooldown.late_rebalancing(),
    "linear (5 to 1)": Cooldown(switch_at=1.0, shape="linear"),
}


def simulate(sizes, lengths, temperature, draws, rng):
    """Return (mean squared gradient, standard error) for weights and for sampling."""
    sizes, squares = np.array(sizes), np.array(lengths, dtype=float) ** 2
    p1, p = sizes / sizes.sum(), tempered_shares(sizes, temperature)
    means_and_errors = []
    for chance, weight in ((p1, p / p1), (p, np.ones(len(sizes)))):
        drawn = rng.choice(len(sizes), draws, p=chance)
        values = (weight**2 * squares)[drawn]
        means_and_errors.append((values.mean(), values.std() / np.sqrt(draws)))
    return means_and_errors


def print_moments(draws):
    rng = np.random.default_rng(0)
    print("sizes              T   F(T)    by drawing")
    for sizes in ((990, 10), (9900, 90, 10)):
        for temperature in (2, 5, INF):
            p = tempered_shares(sizes, temperature)
            exact = (p**2 / (np.array(sizes) / sum(sizes))).sum()
            ones = np.ones(len(sizes))
            (by, error), _ = simulate(sizes, ones, temperature, draws, rng)
            print(f"{sizes!s:16} {temperature:3} {exact:6.2f}   {by:.2f} ± {error:.2f}")
    (w, w_error), (s, s_error) = simulate((990, 10), (10, 1), 5, draws, rng)
    print("head gradients ten times as long, 990/10, T = 5:")
    print(f"  weights {w:.2f} ± {w_error:.2f}, sampling {s:.2f} ± {s_error:.2f}")


def load(path, seed):
    """Return encoded training and test rows."""
    frame = pd.read_parquet(path)
    X, y = frame.iloc[:, :-1], frame.iloc[:, -1].to_numpy()
    copies = X.groupby(list(X), dropna=False, observed=True).ngroup()
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=seed)
    train, test = next(folds.split(X, y, copies))
    numbers = make_column_selector(dtype_include="number")
    others = make_column_selector(dtype_exclude="number")
    encoder = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=20), others),
    )
    encoded = encoder.fit_transform(X.iloc[train]), encoder.transform(X.iloc[test])
    return encoded[0], y[train], encoded[1], y[test]


def models(seed, mode):
    inner = SGDClassifier(loss="log_loss", alpha=1e-4, random_state=seed)
    return {
        name: CooldownClassifier(inner, schedule, mode=mode, random_state=seed)
        for name, schedule in SCHEDULES.items()
    }


def print_ends(path, seeds, mode):
    print(f"mode={mode!r}, after 20 epochs, {seeds} seeds")
    print(f"{'':24} average precision   log-loss          balanced accuracy")
    ends = {name: [] for name in SCHEDULES}
    for seed in range(seeds):
        X, y, X_test, y_test = load(path, seed)
        for name, model in models(seed, mode).items():
            score = model.fit(X, y).predict_proba(X_test)[:, 1]
            ends[name].append(
                (
                    average_precision_score(y_test, score),
                    log_loss(y_test, score),
                    balanced_accuracy_score(y_test, score > 0.5),
                )
            )
    for name, runs in ends.items():
        mean = np.mean(runs, axis=0)
        error = np.std(runs, axis=0, ddof=1) / np.sqrt(seeds)
        cells = "    ".join(
            f"{m:.4f} ± {e:.4f}" for m, e in zip(mean, error, strict=True)
        )
        print(f"{name:24} {cells}")


def draw(path, figure_path):
    import matplotlib.pyplot as plt

    X, y, X_test, y_test = load(path, 0)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8))
    names = ("T = 1", "T = 5", "T = inf", "Cooldown (5, then 1)", "late (1, then inf)")
    chosen = {name: models(0, "sample")[name] for name in names}
    for ax, scoring in zip(axes, ("average_precision", "neg_log_loss"), strict=True):
        EpochScoresDisplay.from_estimators(
            chosen, X, y, X_test=X_test, y_test=y_test, scoring=scoring, ax=ax
        )
    axes[0].set_ylabel("average precision, held out")
    axes[1].set_ylabel("minus log-loss, held out")
    axes[0].get_legend().remove()
    axes[1].legend(
        fontsize=7, title="dot: last epoch of a temperature", title_fontsize=7
    )
    figure.tight_layout()
    figure.savefig(figure_path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description="Temperature")
    parser.add_argument("--draws", type=int, default=400_000)
    parser.add_argument("--table")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--figure")
    options = parser.parse_args()
    print_moments(options.draws)
    if options.table and options.figure:
        draw(options.table, options.figure)
    if options.table:
        for mode in ("sample", "weight"):
            print_ends(options.table, options.seeds, mode)


if __name__ == "__main__":
    main()
