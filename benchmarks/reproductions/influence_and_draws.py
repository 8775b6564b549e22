"""Influential rows, and rows drawn from Gaussians, for labels.py."""

from __future__ import annotations

import numpy as np
from label_tables import (
    BALANCED,
    LINEAR,
    Tally,
    binary,
    shuffled,
    some_classes,
)
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score

import imbsuite as im
from imbsuite.explore import influential_rows

N_REFITS = 60


def virtual(directory, seeds):
    cases = [("gauss", False), ("gauss", True)]
    cases += [(name, False) for name in ("yeast", "page_blocks", "shuttle")]
    for name, noisy in cases:
        tally = Tally()
        for seed in range(seeds):
            X, y, X_test, y_test = some_classes(directory, name, seed)
            if noisy:
                y = shuffled(y, np.random.default_rng(seed))
            for title, model in drawn(seed).items():
                predicted = clone(model).fit(X, y).predict(X_test)
                tally.add(title, balanced_accuracy_score(y_test, predicted))
        noise = ", 30 % of the labels wrong" if noisy else ""
        tally.show(f"Gaussians: {name}{noise}", "balanced acc.")


def drawn(seed):
    """Return classifiers that are fitted to drawn rows, and one with class weights."""
    samplers = {
        f"{covariance}, gamma={gamma}": im.RCALSampler(
            gamma=gamma, outliers=None, covariance=covariance, random_state=seed
        )
        for covariance, gamma in (
            ("empirical", 0),
            ("empirical", 0.3),
            ("ledoit_wolf", 0),
            ("oas", 0),
            ("pooled", 0),
        )
    }
    models = {
        title: im.ResampledClassifier(sampler, LINEAR)
        for title, sampler in samplers.items()
    }
    rescaled = im.RescaledClassifier(models["pooled, gamma=0"], random_state=seed)
    return {"class weights": BALANCED} | models | {"pooled, rescaled": rescaled}


def influence(directory, seeds):
    lost, formula = Tally(), Tally()
    for name, seed, X, y, X_test, y_test in binary(directory, seeds):
        for k in (5, 20):
            k_used = min(k, int(y.sum()) // 3)
            result = influential_rows(
                LINEAR, X, y, X_test, y_test, label=True, k=k_used, random_state=seed
            )
            random = result.recall_without_random.mean()
            least = without_least_probable((X, y), (X_test, y_test), result)
            lost.add(f"{k} rows by the formula", result.recall_without - result.recall)
            lost.add(f"{k} random rare rows", random - result.recall)
            lost.add(f"{k} least probable rare rows", least - result.recall)
        formula.add(name, *beside_refits(X, y, X_test[y_test], seed))
    lost.show("Recall lost without rows that carry a class", "recall")
    formula.show("  The formula beside 60 exact refits", "correlation", "slope")


def recall(model, X, y, threshold):
    return (model.predict_proba(X[y])[:, 1] >= threshold).mean()


def without_least_probable(train, test, result):
    """Return the recall without as many of the least probable rare rows."""
    X, y = train
    p = clone(LINEAR).fit(X, y).predict_proba(X)[:, 1]
    rows = np.argsort(np.where(y, p, np.inf), kind="stable")
    kept = np.delete(np.arange(len(y)), rows[: len(result.rows)])
    model = clone(LINEAR).fit(X[kept], y[kept])
    return recall(model, *test, result.threshold)


def beside_refits(X, y, X_rare, seed):
    """Return the correlation of exact refits with the formula, and the slope on it."""
    exact_model = clone(LINEAR).set_params(solver="newton-cholesky", tol=1e-10)
    rare = np.ones(len(X_rare), dtype=bool)
    result = influential_rows(
        exact_model, X, y, X_rare, rare, label=True, k=1, n_random=1
    )

    def smooth_recall(kept):
        model = clone(exact_model).fit(X[kept], y[kept])
        return expit(model.decision_function(X_rare) - logit(result.threshold)).mean()

    # Half of the rows are rare, because their changes are large.
    rng = np.random.default_rng(seed)
    rows = np.concatenate(
        [
            rng.choice(np.flatnonzero(y == label), N_REFITS // 2, replace=False)
            for label in (True, False)
        ]
    )
    every = np.arange(len(y))
    before = smooth_recall(every)
    exact = [smooth_recall(np.delete(every, row)) - before for row in rows]
    named = result.influence[rows]
    return np.corrcoef(named, exact)[0, 1], np.polyfit(named, exact, 1)[0]
