"""RCAL on real tables with and without clipping: impossible cells and their cost.

    python benchmarks/reproductions/rcal_clip.py TABLE.parquet:TARGET ...

Five stratified folds with two repeats, which keep copies of a row together, on at most
4,000 rows; logistic regression and boosted trees on skrub's features, as in
imbsuite.compare. For draws that are not clipped, the shares of new numbers outside the
range of their class and of the table are printed, and the share of new rows with a
number below 0 in a column without negative values. For draws clipped to the range of
the table or of the class, the differences in average precision (macro, or of the rarer
of two classes) and balanced accuracy from unclipped draws are printed, with the
standard error of their mean over the ten folds (slightly too small, because folds share
rows).
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, train_test_split
from skrub import tabular_pipeline

from imbsuite import RCALSampler

MODELS = {
    "logistic": LogisticRegression(max_iter=1000),
    "boosting": HistGradientBoostingClassifier(random_state=0),
}


def load(argument):
    path, _, target = argument.rpartition(":")
    frame = pd.read_parquet(path).dropna(subset=[target])
    sizes = frame[target].value_counts()
    frame = frame[frame[target].isin(sizes.index[sizes >= 5])]
    if len(frame) > 4000:
        frame, _ = train_test_split(
            frame, train_size=4000, stratify=frame[target], random_state=0
        )
    return frame.drop(columns=target), frame[target].astype(str).to_numpy()


def score(model, X, y, X_test, y_test):
    fitted = tabular_pipeline(model).fit(X, y)
    p, labels = fitted.predict_proba(X_test), fitted[-1].classes_
    truth = y_test[:, None] == labels
    precisions = [
        average_precision_score(truth[:, k], p[:, k])
        for k in range(len(labels))
        if truth[:, k].any()
    ]
    # With two classes, the average precision of the rarer class.
    rare = np.argmin(truth.sum(axis=0))
    precision = precisions[rare] if len(labels) == 2 else np.mean(precisions)
    balanced = balanced_accuracy_score(y_test, labels[p.argmax(axis=1)])
    return np.array([precision, balanced])


def impossible(X, y, new, labels):
    """Return the shares of numbers outside class and table, and of rows below 0."""
    numbers = X.select_dtypes("number").columns
    if not len(numbers):
        return np.zeros(3)
    cells, new_cells = X[numbers].to_numpy(float), new[numbers].to_numpy(float)
    out_of_class = np.zeros(new_cells.shape, dtype=bool)
    for label in np.unique(labels):
        own, rows = cells[y == label], labels == label
        low, high = np.nanmin(own, axis=0), np.nanmax(own, axis=0)
        out_of_class[rows] = (new_cells[rows] < low) | (new_cells[rows] > high)
    low, high = np.nanmin(cells, axis=0), np.nanmax(cells, axis=0)
    out_of_table = (new_cells < low) | (new_cells > high)
    below = (new_cells[:, low >= 0] < 0).any(axis=1)
    return np.array([out_of_class.mean(), out_of_table.mean(), below.mean()])


def within_table(X, new):
    """Return new rows with numbers clipped to the range of the table."""
    new = new.copy()
    for name in X.select_dtypes("number").columns:
        new[name] = new[name].clip(X[name].min(), X[name].max())
    return new


def resampled(X, y, fold):
    """Return a table for each kind of clipping, and the impossible shares without."""
    tables = {}
    for clip in ("nothing", "class"):
        sampler = RCALSampler(clip=clip == "class", random_state=fold)
        tables[clip] = sampler.fit_resample(X, y)
    X_new, y_new = tables["nothing"]
    tables["table"] = within_table(X, X_new), y_new
    new = sampler.is_synthetic_
    return tables, impossible(X, y, X_new[new], y_new[new])


def main():
    warnings.simplefilter("ignore")
    for argument in sys.argv[1:]:
        X, y = load(argument)
        copies = X.groupby(list(X), dropna=False, observed=True).ngroup()
        splits = [
            split
            for seed in range(2)
            for split in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(
                X, y, copies
            )
        ]
        shares, scores = [], {name: [] for name in MODELS}
        for fold, (train, test) in enumerate(splits):
            tables, share = resampled(X.iloc[train], y[train], fold)
            shares.append(share)
            for name, model in MODELS.items():
                scores[name].append(
                    [
                        score(model, *tables[clip], X.iloc[test], y[test])
                        for clip in ("nothing", "table", "class")
                    ]
                )
        sizes = sorted(np.unique(y, return_counts=True)[1].tolist(), reverse=True)
        print(f"\n== {argument.rpartition('/')[2]}: {sizes}")
        names = "outside the class, outside the table, rows below 0"
        print(f"   {names}: {np.round(np.mean(shares, axis=0), 4)}")
        for name, by_fold in scores.items():
            show(name, np.array(by_fold))


def show(name, by_fold):
    plain, *clipped = np.moveaxis(by_fold, 1, 0)
    for place, metric in enumerate(("average precision", "balanced accuracy")):
        words = [f"{plain[:, place].mean():.3f}"]
        for clip, scores in zip(("table", "class"), clipped, strict=True):
            gain = (scores - plain)[:, place]
            error = gain.std(ddof=1) / np.sqrt(len(gain))
            words.append(f"{clip} {gain.mean():+.4f} ± {error:.4f}")
        print(f"   {name:9s} {metric}: {', '.join(words)}", flush=True)


if __name__ == "__main__":
    main()
