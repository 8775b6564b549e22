"""Wrong labels, for labels.py: which rows are identified, and what remedies change."""

from __future__ import annotations

import time

import numpy as np
from label_tables import (
    BALANCED,
    FOREST,
    LINEAR,
    MANY,
    Tally,
    binary,
    exchanged,
    flipped,
    shuffled,
    some_classes,
    uniform,
)
from sklearn.base import clone
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB

import imbsuite as im
from imbsuite.explore import suspect_labels

try:
    from cleanlab.filter import find_label_issues
except ImportError:
    find_label_issues = None

SCENARIOS = {"A": exchanged, "B": flipped, "C": lambda y, _: y}


def probabilities(model, X, y):
    """Return out-of-fold probabilities of all labels and of each row's own label."""
    p = cross_val_predict(model, X, y, cv=5, method="predict_proba")
    codes = np.unique(y, return_inverse=True)[1]
    return p, p[np.arange(len(y)), codes]


def losses_of(own):
    return -np.log(np.maximum(own, 1e-4))


def bounded(losses):
    """Return the weights of the rule "z", from losses in standard deviations."""
    z = (losses - losses.mean()) / losses.std()
    return np.maximum(1 / (1 + np.exp(1.5 * (z - 1))), 0.02)


# Which rows are identified


def suspects(directory, seeds):
    share, order = Tally(), Tally()
    for _, seed, X, y, *_ in binary(directory, seeds):
        noisy = exchanged(y, np.random.default_rng(seed))
        is_wrong = noisy != y
        rows = suspect_labels(LINEAR, X, noisy, per_class=20, random_state=seed)
        for label, part in rows.groupby("label"):
            name = "rare" if label else "common"
            share.add(f"of 20 {name} suspects", is_wrong[part["row"]].mean())
            share.add(f"of all {name} rows", is_wrong[noisy == label].mean())
        named_without_classes(X, y, noisy, share, order)
    share.show("Rows with labels exchanged (A): share that is wrong", "share")
    order.show("  AUC of wrong rows by loss", "AUC")


def named_without_classes(X, y, noisy, share, order):
    """Add the rows identified by losses over all rows and by cleanlab."""
    is_wrong = noisy != y
    p, own = probabilities(LINEAR, X, noisy)
    top = np.argsort(own, kind="stable")[:40]
    share.add("of the 40 highest losses", is_wrong[top].mean())
    share.add("  share of rare rows in it", noisy[top].mean())
    for label, name in ((True, "rare"), (False, "common")):
        rows = noisy == label
        order.add(f"within the {name} class", roc_auc_score(is_wrong[rows], -own[rows]))
    order.add("over all rows", roc_auc_score(is_wrong, -own))
    balanced = probabilities(BALANCED, X, noisy)[1]
    order.add("over all rows, balanced weights", roc_auc_score(is_wrong, -balanced))
    if find_label_issues is not None:
        named = find_label_issues(noisy.astype(int), p, n_jobs=1)
        share.add("of those that cleanlab names", is_wrong[named].mean())
        share.add("  share of rare rows there", noisy[named].mean())
        clean = probabilities(LINEAR, X, y)[0]
        named = find_label_issues(y.astype(int), clean, n_jobs=1)
        share.add("clean labels: rare rows it names", named[y].mean())


# Two classes


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
    """One table with wrong labels, and the changes by each method."""

    def __init__(self, data, noisy, seed, tallies):
        self.X, self.y, *self.test = data
        self.given, self.seed = noisy, seed
        self.changes, self.weights = tallies
        self.good = (noisy == self.y) & self.y
        self.plain = self.scores(LINEAR, np.ones(len(noisy), dtype=bool))

    def scores(self, model, keep, **params):
        train = self.X[keep], self.given[keep]
        return tuned(model, train, self.test, self.seed, **params)

    def weighted(self, name, weight, raw):
        """Add a fit with weights; ``raw``: not divided by their mean, so at most 1."""
        every = np.ones(len(weight), dtype=bool)
        changed = self.scores(LINEAR, every, sample_weight=weight) - self.plain
        self.changes.add(name, *changed)
        good = self.good
        self.weights.add(name, raw[good].mean() - 1, weight[good].mean() - 1)

    def kept(self, name, keep):
        share = keep[self.good].mean() - 1
        self.weights.add(name, share, share)
        # With fewer rare rows, no threshold can be tuned.
        enough = self.given[keep].sum() >= 4
        changed = self.scores(LINEAR, keep) - self.plain if enough else [np.nan] * 3
        self.changes.add(name, *changed)


def wrong(directory, seeds):
    for scenario, spoil in SCENARIOS.items():
        changes, weights = Tally(), Tally()
        for _, seed, X, y, X_test, y_test in binary(directory, seeds):
            noisy = spoil(y, np.random.default_rng(seed))
            trial = Trial((X, y, X_test, y_test), noisy, seed, (changes, weights))
            cures(trial)
        columns = "AP", "balanced acc.", "log-loss"
        changes.show(f"Wrong labels, two classes, {scenario}", *columns)
        weights.show(
            "  Change of the weight of good rare rows",
            "before means of 1",
            "in the fit",
        )


def cures(trial):
    X, noisy = trial.X, trial.given
    trial.kept("wrong rows removed (oracle)", noisy == trial.y)
    p, own = probabilities(LINEAR, X, noisy)
    losses = losses_of(own)
    by_class = np.empty(len(noisy))
    for label in (False, True):
        by_class[noisy == label] = bounded(losses[noisy == label])
    for rule, raw in (("power", np.maximum(own**0.7, 0.02)), ("z", by_class)):
        model = im.RescaledClassifier(LINEAR, rule=rule, random_state=trial.seed)
        weight = model.fit(X, noisy).sample_weight_
        trial.weighted(f"RescaledClassifier, {rule}", weight, raw)
    over_all = bounded(losses)
    trial.weighted("loss over all rows", over_all / over_all.mean(), over_all)
    if find_label_issues is not None:
        issues = find_label_issues(noisy.astype(int), p, n_jobs=1)
        trial.kept("cleanlab, pruned", ~issues)
    for name, which in (("common class", "auto"), ("all classes", "all")):
        cleaner = im.EditedNearestNeighbours(kind_sel="mode", sampling_strategy=which)
        cleaner.fit_resample(X, noisy)
        kept = np.zeros(len(noisy), dtype=bool)
        kept[cleaner.sample_indices_] = True
        trial.kept(f"edited neighbors, {name}", kept)


# Many classes


def many(directory, seeds):
    spoilers = {
        "clean": lambda y, _: y,
        "30 % in proportion to sizes": shuffled,
        "20 % uniform": uniform,
    }
    forest = clone(FOREST).set_params(class_weight="balanced")
    models = {"logistic": BALANCED, "forest": forest}
    for title, spoil in spoilers.items():
        tally = Tally()
        for name in MANY:
            for seed in range(seeds):
                data = some_classes(directory, name, seed)
                noisy = spoil(data[1], np.random.default_rng(seed))
                for kind, model in models.items():
                    for cure, change in changes_of(model, data, noisy, seed).items():
                        tally.add(f"{kind}: {cure}", change)
                        if cure == "RescaledClassifier":
                            tally.add(f"  {kind}, {name}", change)
        tally.show(f"Many classes, {title}", "balanced acc.")


def changes_of(model, data, noisy, seed):
    """Return the changes of balanced accuracy from the plain fit."""
    X, y, X_test, y_test = data
    right = noisy == y
    rescaled = im.RescaledClassifier(model, random_state=seed)
    fits = {
        "oracle": clone(model).fit(X[right], noisy[right]),
        "RescaledClassifier": rescaled.fit(X, noisy),
    }
    plain = clone(model).fit(X, noisy).predict(X_test)
    return {
        name: balanced_accuracy_score(y_test, fitted.predict(X_test))
        - balanced_accuracy_score(y_test, plain)
        for name, fitted in fits.items()
    }


# The time of the list


def seconds(_, seeds):
    """Time suspect_labels, and the same fits alone, on 100,000 rows of 20 classes."""
    rng = np.random.default_rng(0)
    share = np.geomspace(20, 1, 20)
    y = rng.choice(20, 100_000, p=share / share.sum())
    X = rng.normal(size=(len(y), 10)) + rng.normal(size=(20, 10))[y]
    model = GaussianNB()
    tally = Tally()
    for seed in range(seeds):
        start = time.perf_counter()
        folds = StratifiedKFold(shuffle=True, random_state=seed)
        cross_val_predict(model, X, y, cv=folds, method="predict_proba")
        fits = time.perf_counter()
        suspect_labels(model, X, y, random_state=seed)
        tally.add("fits alone", fits - start)
        tally.add("suspect_labels", time.perf_counter() - fits)
    tally.show("100,000 rows, 10 columns, 20 classes, five folds", "seconds")
