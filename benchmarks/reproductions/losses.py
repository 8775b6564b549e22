"""Losses compared with the log-loss and a tuned threshold, on held-out rows.

    python benchmarks/reproductions/losses.py TABLE.parquet:TARGET ... [--boosting]

Tables are repeatedly split into random halves. A linear model with each loss is fitted
to the first half, with the tolerance of LogisticRegression and a C chosen by three
folds; the baseline is the log-loss with thresholds that are then tuned out of fold. The
F1 of two classes is scored for the last label, which must be the rarer class, because
thresholds are tuned for that; with more classes, or --macro, it is the macro F1. Gains
over the baseline are measured on the second half, with the standard error of the
corrected resampled t-test (Nadeau and Bengio). With --boosting, LightGBM replaces the
linear model, for losses of log-probabilities, also with tuned thresholds. With --cache,
an interrupted run continues where it stopped.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial

import numpy as np
import pandas as pd
from joblib import Memory, Parallel, delayed
from sklearn.impute import SimpleImputer
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from skrub import TableVectorizer

from imbsuite import (
    BoostedLossClassifier,
    LinearLossClassifier,
    TunedThresholdClassifier,
)
from imbsuite.losses import MetricLoss

METRICS = ("f1", "balanced_accuracy")
Linear = partial(LinearLossClassifier, tol=1e-4)
CS = [0.01, 1.0, 100.0]


def searched(model, scoring):
    """Return the model with a search for its C."""
    return GridSearchCV(model, {"C": CS}, scoring=scoring, cv=3)


def linear(metric):
    """Return the baseline and the losses to compare with it, for this metric.

    Each entry is a model and whether thresholds are tuned after C.
    """
    plain, weighted = Linear(), Linear(class_weight="balanced")
    sharp = MetricLoss(metric, sharpness=10.0)
    return {
        "log-loss + threshold": (searched(plain, "neg_log_loss"), True),
        "log-loss": (searched(plain, "neg_log_loss"), False),
        "balanced weights": (searched(weighted, metric), False),
        "weights + threshold": (searched(weighted, "neg_log_loss"), True),
        "focal": (searched(Linear("focal"), metric), False),
        "logit adjusted": (searched(Linear("logit_adjusted"), metric), False),
        "metric": (searched(Linear(metric), metric), False),
        "metric, L = 10": (searched(Linear(sharp), metric), False),
    }


def boosted(_metric):
    """Return boosted trees with each loss, and whether thresholds are tuned."""
    from lightgbm import LGBMClassifier

    trees = LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1, random_state=0)

    def model(loss, **options):
        return BoostedLossClassifier(trees, loss, link="exact", **options)

    return {
        "log-loss + threshold": (model("log_loss"), True),
        "log-loss": (model("log_loss"), False),
        "balanced weights": (model("log_loss", class_weight="balanced"), False),
        "weights + threshold": (model("log_loss", class_weight="balanced"), True),
        "focal + threshold": (model("focal"), True),
        "LDAM + threshold": (model("ldam"), True),
    }


def fitted(model, X, y, metric, *, tuned):
    """Return the fitted model, with C and thresholds chosen on these rows."""
    if isinstance(model, GridSearchCV):
        model = model.fit(X, y).best_estimator_
        if not tuned:
            return model
    if tuned:
        model = TunedThresholdClassifier(model, scoring=metric, cv=5, random_state=0)
    return model.fit(X, y)


MODELS = {"linear": linear, "boosted": boosted}


def scores(models, f1, X, y, split):
    """Return the scores of each strategy on the test rows, by metric."""
    warnings.simplefilter("ignore")
    train, test = split
    encoder = make_pipeline(TableVectorizer(), SimpleImputer())
    old = np.asarray(encoder.fit_transform(X.iloc[train]))
    new = np.asarray(encoder.transform(X.iloc[test]))
    return [
        [
            get_scorer(metric)(
                fitted(model, old, y[train], metric, tuned=tuned), new, y[test]
            )
            for model, tuned in MODELS[models](metric).values()
        ]
        for metric in (f1, "balanced_accuracy")
    ]


def halves(frame, target, *, rows, splits):
    """Return features, labels and random halves of at most ``rows`` rows."""
    y = pd.factorize(frame.pop(target), sort=True)[0]
    counts = np.bincount(y)
    # Classes of fewer than 20 rows are too small for two halves and five folds.
    kept = np.flatnonzero(counts[y] >= 20)
    sample = np.random.default_rng(0).permutation(kept)[:rows]
    kept = sample[np.bincount(y[sample], minlength=len(counts))[y[sample]] >= 14]
    y = np.unique(y[kept], return_inverse=True)[1]
    folds = StratifiedShuffleSplit(splits, test_size=0.5, random_state=0)
    return frame.iloc[kept].reset_index(drop=True), y, list(folds.split(y, y))


def main():
    parser = argparse.ArgumentParser(description="Losses and tuned thresholds")
    parser.add_argument("tables", nargs="+", metavar="TABLE.parquet:TARGET")
    parser.add_argument("--boosting", action="store_true")
    parser.add_argument("--macro", action="store_true")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--cache", metavar="FOLDER")
    arguments = parser.parse_args()
    measured = Memory(arguments.cache, verbose=0).cache(scores)
    models = "boosted" if arguments.boosting else "linear"
    gains = []
    for argument in arguments.tables:
        path, target = argument.rsplit(":", 1)
        X, y, splits = halves(
            # Copies of a row would be in both halves.
            pd.read_parquet(path).drop_duplicates(ignore_index=True),
            target,
            rows=arguments.rows,
            splits=arguments.splits,
        )
        f1 = "f1" if y.max() == 1 and not arguments.macro else "f1_macro"
        values = np.array(
            Parallel(n_jobs=arguments.jobs)(
                delayed(measured)(models, f1, X, y, split) for split in splits
            )
        )
        gain = values - values[:, :, :1]
        gains.append(gain.mean(axis=0))
        n = len(splits)
        error = np.sqrt((1 / n + 1) * gain.var(axis=0, ddof=1))
        name = path.rpartition("/")[2][:-8]
        for i, metric in enumerate(METRICS):
            for j, strategy in enumerate(MODELS[models](metric)):
                print(
                    f"{name:16} {metric:18} {strategy:22} {values[:, i, j].mean():.3f}  "
                    f"{gains[-1][i, j]:+.3f} ± {error[i, j]:.3f}",
                    flush=True,
                )
    medians = np.median(gains, axis=0)
    for i, metric in enumerate(METRICS):
        for j, strategy in enumerate(MODELS[models](metric)):
            print(
                f"{'median':16} {metric:18} {strategy:22}        {medians[i, j]:+.3f}"
            )


if __name__ == "__main__":
    main()
