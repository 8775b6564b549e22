"""Labels that are wrong or missing: what cures change, and what they cost.

    python benchmarks/reproductions/labels.py DIRECTORY [--seeds 5] [--only PART ...]

DIRECTORY holds the tables yeast, letter, page_blocks, shuttle, soybean and wine_white as
``NAME.parquet`` with a column "target". Parts: suspects (rows per class that are worth a
look), wrong (two classes; A: 30 % of the rare rows exchanged with common ones, B: 20 % of
all labels flipped, C: clean), many (many classes, balanced weights), missing (20 rare and
380 common labels), virtual (rows drawn from Gaussians instead of real ones), influence
(rows that carry a class). Changes against the same model on all rows, means and standard
errors over tables and seeds. cleanlab is measured if it is installed.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
)
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

import imbsuite as im
from imbsuite.explore import influential_rows, suspect_labels

try:
    from cleanlab.filter import find_label_issues
except ImportError:
    find_label_issues = None

RARE = {  # the class that is told from all others
    "yeast": "ME3",
    "letter": "A",
    "page_blocks": "2",
    "shuttle": "Bypass",
    "wine_white": "5",
}
MANY = ("gauss", "yeast", "page_blocks", "soybean", "shuttle")
SEPARATION = 0.48  # of the Gaussian classes
MOST_TRAIN, MOST_TEST = 1_200, 4_000
LINEAR = LogisticRegression(max_iter=300)
BALANCED = LogisticRegression(class_weight="balanced", max_iter=300)
FOREST = RandomForestClassifier(100, min_samples_leaf=3, random_state=0)


def read(directory, name):
    """Return numbers and labels; categories become indicator columns."""
    table = pd.read_parquet(directory / f"{name}.parquet")
    y = table.pop("target").astype(str).to_numpy()
    numeric = table.select_dtypes("number").columns
    X = table[numeric].fillna(table[numeric].mean()).to_numpy(dtype=float)
    others = table.drop(columns=numeric)
    if others.shape[1]:
        text = others.astype(object).where(others.notna(), "missing").astype(str)
        encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
        X = np.hstack([X, encoder.fit_transform(text)])
    kept = pd.Series(y).map(pd.Series(y).value_counts()).to_numpy() >= 4
    return X[kept], y[kept]


def gauss(seed):
    """Return ten Gaussian classes of 500 to 5 training rows, and 200 test rows each.

    Columns are correlated, and all classes have nearly the same covariance.
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


def split(X, y, seed):
    """Return scaled training and test rows, and their labels."""
    n_train = min(MOST_TRAIN, len(y) // 2)
    n_test = min(MOST_TEST, len(y) - n_train)
    parts = train_test_split(
        X, y, train_size=n_train, test_size=n_test, stratify=y, random_state=seed
    )
    scaler = StandardScaler().fit(parts[0])
    return scaler.transform(parts[0]), parts[2], scaler.transform(parts[1]), parts[3]


def binary(directory, seeds):
    """Yield the tables of two classes: rare is True."""
    for name, rare in RARE.items():
        X, y = read(directory, name)
        for seed in range(seeds):
            yield name, seed, *split(X, y == rare, seed)


class Tally:
    """Changes by method, printed as means and standard errors."""

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
            print(f"  {name:34}{cells}")


# Wrong labels


def exchanged(y, rng):
    """Return labels, 30 % of the rare rows exchanged with as many common ones."""
    rare = np.flatnonzero(y)
    n = round(0.3 * len(rare))
    out = y.copy()
    out[rng.choice(rare, n, replace=False)] = False
    out[rng.choice(np.flatnonzero(~y), n, replace=False)] = True
    return out


def flipped(y, rng):
    return y ^ (rng.random(len(y)) < 0.2)


SCENARIOS = {"A": exchanged, "B": flipped, "C": lambda y, _: y}


def own_probability(X, y):
    """Return out-of-fold probabilities, and those of the rows' own labels."""
    p = cross_val_predict(LINEAR, X, y, cv=5, method="predict_proba")
    codes = np.unique(y, return_inverse=True)[1]
    return p, p[np.arange(len(y)), codes]


def tuned(model, train, test, seed, **params):
    """Return average precision, tuned balanced accuracy and log-loss on test rows."""
    outer = im.TunedThresholdClassifier(model, cv=3, random_state=seed)
    outer.fit(*train, **params)
    X, y = test
    p = outer.predict_proba(X)[:, 1]
    return np.array(
        [
            average_precision_score(y, p),
            balanced_accuracy_score(y, outer.predict(X)),
            log_loss(y, p.clip(1e-6, 1 - 1e-6)),
        ]
    )


class Trial:
    """One table with wrong labels, and the changes by methods."""

    def __init__(self, data, given, seed, tallies):
        self.X, self.y, *self.test = data
        self.given, self.seed = given, seed
        self.changes, self.lost = tallies
        self.good = (given == self.y) & self.y
        self.plain = self.scores(LINEAR, np.ones(len(given), dtype=bool))

    def scores(self, model, keep, **params):
        train = self.X[keep], self.given[keep]
        return tuned(model, train, self.test, self.seed, **params)

    def weighted(self, name, weight):
        every = np.ones(len(weight), dtype=bool)
        changed = self.scores(LINEAR, every, sample_weight=weight) - self.plain
        self.changes.add(name, *changed)
        self.lost.add(name, 1 - np.minimum(weight, 1)[self.good].mean())

    def kept(self, name, keep):
        self.lost.add(name, 1 - keep[self.good].mean())
        # With fewer rare rows, no threshold can be tuned.
        enough = self.given[keep].sum() >= 4
        changed = self.scores(LINEAR, keep) - self.plain if enough else [np.nan] * 3
        self.changes.add(name, *changed)


def wrong(directory, seeds):
    for scenario, spoil in SCENARIOS.items():
        changes, lost = Tally(), Tally()
        for _, seed, X, y, X_test, y_test in binary(directory, seeds):
            given = spoil(y, np.random.default_rng(seed))
            trial = Trial((X, y, X_test, y_test), given, seed, (changes, lost))
            cures(trial)
        columns = "AP", "balanced acc.", "log-loss"
        changes.show(f"Wrong labels, two classes, {scenario}", *columns)
        lost.show("  Weight that good rare rows lost", "share")


def cures(trial):
    X, given = trial.X, trial.given
    trial.kept("wrong rows removed (oracle)", given == trial.y)
    for rule in ("power", "z"):
        model = im.RescaledClassifier(LINEAR, rule=rule, random_state=trial.seed)
        trial.weighted(
            f"RescaledClassifier, {rule}", model.fit(X, given).sample_weight_
        )
    p, own = own_probability(X, given)
    loss = -np.log(np.maximum(own, 1e-4))
    z = (loss - loss.mean()) / loss.std()
    over_all = np.maximum(1 / (1 + np.exp(1.5 * (z - 1))), 0.02)
    trial.weighted("loss over all rows", over_all / over_all.mean())
    if find_label_issues is not None:
        issues = find_label_issues(given.astype(int), p, n_jobs=1)
        trial.kept("cleanlab, pruned", ~issues)
    for name, which in (("common class", "auto"), ("all classes", "all")):
        cleaner = im.EditedNearestNeighbours(kind_sel="mode", sampling_strategy=which)
        cleaner.fit_resample(X, given)
        kept = np.zeros(len(given), dtype=bool)
        kept[cleaner.sample_indices_] = True
        trial.kept(f"edited neighbors, {name}", kept)


def suspects(directory, seeds):
    tally = Tally()
    for _, seed, X, y, *_ in binary(directory, seeds):
        given = exchanged(y, np.random.default_rng(seed))
        rows = suspect_labels(LINEAR, X, given, per_class=20, random_state=seed)
        for label, part in rows.groupby("label"):
            share = (given != y)[part["row"]].mean()
            tally.add(f"of 20 {'rare' if label else 'common'} ones", share)
            tally.add(
                f"of all {'rare' if label else 'common'} ones",
                (given != y)[given == label].mean(),
            )
    tally.show("Share of wrong rows among suspects, A", "share")


def many(directory, seeds):
    spoilers = {
        "clean": lambda y, _: y,
        "30 % in proportion to sizes": lambda y, rng: np.where(
            rng.random(len(y)) < 0.3, rng.permutation(y), y
        ),
        "20 % uniform": lambda y, rng: np.where(
            rng.random(len(y)) < 0.2, rng.choice(np.unique(y), len(y)), y
        ),
    }
    forest = clone(FOREST).set_params(class_weight="balanced")
    for title, spoil in spoilers.items():
        tally = Tally()
        for name in MANY:
            for seed in range(seeds):
                X, y, X_test, y_test = some_classes(directory, name, seed)
                given = spoil(y, np.random.default_rng(seed))
                right = given == y
                for kind, model in (("logistic", BALANCED), ("forest", forest)):
                    fits = {
                        "plain": clone(model).fit(X, given),
                        "oracle": clone(model).fit(X[right], given[right]),
                        "RescaledClassifier": im.RescaledClassifier(
                            model, random_state=seed
                        ).fit(X, given),
                    }
                    scores = {
                        name: balanced_accuracy_score(y_test, fitted.predict(X_test))
                        for name, fitted in fits.items()
                    }
                    plain = scores.pop("plain")
                    for cure, score in scores.items():
                        tally.add(f"{kind}: {cure}", score - plain)
        tally.show(f"Many classes, {title}", "balanced acc.")


def some_classes(directory, name, seed):
    """Return scaled rows and the numbers of their classes."""
    if name == "gauss":
        return gauss(seed)
    X, y = read(directory, name)
    return split(X, np.unique(y, return_inverse=True)[1], seed)


# Missing labels


def missing(directory, seeds):
    for kind, model in (("logistic regression", LINEAR), ("forest", FOREST)):
        tally = Tally()
        for name, rare in RARE.items():
            X, y = read(directory, name)
            for seed in range(seeds):
                X_train, true, X_test, y_test = split(X, y == rare, seed)
                shown = _shown(true, np.random.default_rng(seed))
                known = shown >= 0
                base = _two(
                    clone(model).fit(X_train[known], shown[known]), X_test, y_test
                )
                models = {
                    "soft": im.PseudoLabelClassifier(model),
                    "hard": im.PseudoLabelClassifier(model, labels="hard"),
                    "hard, adjust=1": im.PseudoLabelClassifier(
                        model, labels="hard", adjust=1.0
                    ),
                    "SelfTrainingClassifier(.75)": SelfTrainingClassifier(
                        clone(model), threshold=0.75
                    ),
                }
                oracle = _two(
                    clone(model).fit(X_train, true.astype(int)), X_test, y_test
                )
                tally.add("labels known (oracle)", *(oracle - base))
                for title, one in models.items():
                    tally.add(
                        title, *(_two(one.fit(X_train, shown), X_test, y_test) - base)
                    )
        tally.show(f"Missing labels, {kind}", "AP", "log-loss")


def _shown(true, rng):
    """Return 20 rare and 380 common labels, fewer of small tables; -1 elsewhere."""
    n_common = min(380, int(0.4 * len(true)))
    shown = np.full(len(true), -1)
    for label, n in ((True, 20), (False, n_common)):
        rows = np.flatnonzero(true == label)
        shown[rng.choice(rows, min(n, len(rows)), replace=False)] = int(label)
    return shown


def _two(model, X, y):
    p = model.predict_proba(X)[:, 1].clip(1e-4, 1 - 1e-4)
    return np.array([average_precision_score(y, p), log_loss(y, p)])


# Gaussians instead of rows, and rows that carry a class


def virtual(directory, seeds):
    for noisy in (False, True):
        for name in (
            ("gauss",) if noisy else ("gauss", "yeast", "page_blocks", "shuttle")
        ):
            tally = Tally()
            data = None if name == "gauss" else read(directory, name)
            for seed in range(seeds):
                X, y, X_test, y_test = (
                    gauss(seed) if data is None else split(*data, seed)
                )
                rng = np.random.default_rng(seed)
                if noisy:
                    y = np.where(rng.random(len(y)) < 0.3, rng.permutation(y), y)
                models = {"class weights": BALANCED}
                for covariance in ("empirical", "ledoit_wolf", "oas", "pooled"):
                    sampler = im.RCALSampler(
                        gamma=0, outliers=None, covariance=covariance, random_state=seed
                    )
                    models[f"RCAL, {covariance}"] = im.ResampledClassifier(
                        sampler, LINEAR
                    )
                pooled = models["RCAL, pooled"]
                models["RCAL, pooled, rescaled"] = im.RescaledClassifier(
                    pooled, random_state=seed
                )
                for title, model in models.items():
                    predicted = clone(model).fit(X, y).predict(X_test)
                    tally.add(title, balanced_accuracy_score(y_test, predicted))
            noise = ", 30 % of the labels wrong" if noisy else ""
            tally.show(f"Gaussians: {name}{noise}", "balanced acc.")


def influence(directory, seeds):
    tally = Tally()
    for _, seed, X, y, X_test, y_test in binary(directory, seeds):
        for k in (5, 20):
            k_used = min(k, int(y.sum()) // 3)
            result = influential_rows(
                LINEAR, X, y, X_test, y_test, label=True, k=k_used, random_state=seed
            )
            tally.add(f"{k} rows by the formula", result.recall_without - result.recall)
            random = result.recall_without_random.mean()
            tally.add(f"{k} random rare rows", random - result.recall)
    tally.show("Recall lost without rows that carry a class", "recall")


PARTS = {
    "suspects": suspects,
    "wrong": wrong,
    "many": many,
    "missing": missing,
    "virtual": virtual,
    "influence": influence,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for part in options.only:
        PARTS[part](options.directory, options.seeds)


if __name__ == "__main__":
    main()
