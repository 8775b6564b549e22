"""Tables for labels.py: real ones with two or many classes, and Gaussian classes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# The class to distinguish from all others, 4 to 11 % of the rows. A few rows suffice to
# learn letter and shuttle; on the last three tables, models are often wrong.
RARE = {
    "yeast": "ME3",
    "letter": "A",
    "page_blocks": "2",
    "shuttle": "Bypass",
    "wine_white": "5",
    "covid_testing": "positive",
    "diamonds_clarity": "5",
}
MANY = ("gauss", "yeast", "page_blocks", "soybean", "shuttle")
SEPARATION = 0.48  # of the Gaussian classes
MOST_TRAIN, MOST_TEST = 1_200, 4_000
LINEAR = LogisticRegression(max_iter=300)
BALANCED = LogisticRegression(class_weight="balanced", max_iter=300)
FOREST = RandomForestClassifier(100, min_samples_leaf=3, random_state=0)


def read(directory, name):
    """Return numeric features and labels; categories become indicator columns."""
    table = pd.read_parquet(directory / f"{name}.parquet")
    y = table.pop("target").astype(str).to_numpy()
    numeric = table.select_dtypes("number").columns
    X = table[numeric].fillna(table[numeric].mean()).to_numpy(dtype=float)
    others = table.drop(columns=numeric)
    if others.shape[1]:
        text = others.astype(object).where(others.notna(), "missing").astype(str)
        encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
        X = np.hstack([X, encoder.fit_transform(text)])
    return X, y


def gauss(seed):
    """Return ten Gaussian classes of 500 to 5 training rows, and 200 test rows each.

    Columns are correlated, and all classes have the same covariance.
    """
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(16, 16)) / 4
    centers = SEPARATION * rng.normal(size=(10, 16))
    parts = []
    for sizes in (np.geomspace(500, 5, 10).round().astype(int), np.full(10, 200)):
        y = np.repeat(np.arange(10), sizes)
        noise = 0.2 * rng.normal(size=(len(y), 16))
        parts += [centers[y] + rng.normal(size=(len(y), 16)) @ root + noise, y]
    return tuple(parts)


def n_training(y):
    return min(MOST_TRAIN, len(y) // 2)


def split(X, y, seed, n_train=None):
    """Return scaled training and test rows, and their labels."""
    n_train = n_train or n_training(y)
    n_test = min(MOST_TEST, len(y) - n_train)
    parts = train_test_split(
        X, y, train_size=n_train, test_size=n_test, stratify=y, random_state=seed
    )
    scaler = StandardScaler().fit(parts[0])
    return scaler.transform(parts[0]), parts[2], scaler.transform(parts[1]), parts[3]


def binary(directory, seeds):
    """Yield the tables with two classes, where True is the rare class."""
    for name, rare in RARE.items():
        X, y = read(directory, name)
        for seed in range(seeds):
            yield name, seed, *split(X, y == rare, seed)


def some_classes(directory, name, seed):
    """Return training and test rows, and the codes of their classes."""
    if name == "gauss":
        return gauss(seed)
    X, y = read(directory, name)
    # Otherwise, nearly all rows of the smallest classes would be test rows.
    _, codes, sizes = np.unique(y, return_inverse=True, return_counts=True)
    kept = sizes[codes] / len(y) * n_training(y) >= 2
    return split(X[kept], np.unique(y[kept], return_inverse=True)[1], seed)


def exchanged(y, rng):
    """Return labels, with 30 % of the rare rows exchanged with as many common rows."""
    rare = np.flatnonzero(y)
    n = round(0.3 * len(rare))
    out = y.copy()
    out[rng.choice(rare, n, replace=False)] = False
    out[rng.choice(np.flatnonzero(~y), n, replace=False)] = True
    return out


def flipped(y, rng):
    return y ^ (rng.random(len(y)) < 0.2)


def shuffled(y, rng):
    """Return labels, 30 % of which are drawn in proportion to class sizes."""
    return np.where(rng.random(len(y)) < 0.3, rng.permutation(y), y)


def uniform(y, rng):
    """Return labels, 20 % of which are drawn uniformly from all classes."""
    return np.where(rng.random(len(y)) < 0.2, rng.choice(np.unique(y), len(y)), y)


class Tally:
    """Values by method, printed as means and standard errors."""

    def __init__(self):
        self.rows = defaultdict(list)

    def add(self, name, *values):
        self.rows[name].append(values)

    def show(self, title, *columns):
        print(f"\n{title}\n  {'':34}" + "".join(f"{c:>20}" for c in columns))
        for name, values in self.rows.items():
            table = np.array(values, dtype=float)
            mean = np.nanmean(table, axis=0)
            known = (~np.isnan(table)).sum(axis=0)
            error = np.nanstd(table, axis=0, ddof=1) / np.sqrt(known)
            cells = "".join(
                f"{m:+13.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)
            )
            print(f"  {name:34}{cells}", flush=True)
