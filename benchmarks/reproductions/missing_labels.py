"""Missing labels, for labels.py: what unlabeled rows change."""

from __future__ import annotations

import numpy as np
from label_tables import FOREST, LINEAR, RARE, Tally, read, split
from sklearn.base import clone
from sklearn.metrics import average_precision_score, log_loss
from sklearn.semi_supervised import SelfTrainingClassifier

import imbsuite as im

MOST_TRAIN = 1_900
N_RARE, N_COMMON = 20, 380
N_COMMON_OF_SMALL = 180  # where 1,900 rows are more than 70 % of the table


def missing(directory, seeds):
    for kind, model in (("logistic regression", LINEAR), ("forest", FOREST)):
        changes, by_table = Tally(), Tally()
        for name, rare in RARE.items():
            X, y = read(directory, name)
            for seed in range(seeds):
                change = changes_of(model, X, y == rare, seed)
                for title, values in change.items():
                    changes.add(title, *values)
                by_table.add(name, *(change[key][1] for key in ("soft", "hard")))
        changes.show(f"Missing labels, {kind}", "AP", "log-loss")
        by_table.show("  Log-loss by table", "soft", "hard")


def changes_of(model, X, y, seed):
    """Return the changes of average precision and log-loss with each method."""
    n_train = min(MOST_TRAIN, int(0.7 * len(y)))
    X, true, *test = split(X, y, seed, n_train)
    y_partial = marked(true, np.random.default_rng(seed))
    known = y_partial >= 0
    hard = im.PseudoLabelClassifier(model, labels="hard")
    models = {
        "soft": im.PseudoLabelClassifier(model),
        "hard": hard,
        "hard, adjust=1": clone(hard).set_params(adjust=1.0),
        "SelfTrainingClassifier(.75)": SelfTrainingClassifier(
            clone(model), threshold=0.75
        ),
    }
    base = scores(clone(model).fit(X[known], y_partial[known]), *test)
    oracle = scores(clone(model).fit(X, true.astype(int)), *test)
    return {"labels known (oracle)": oracle - base} | {
        title: scores(one.fit(X, y_partial), *test) - base
        for title, one in models.items()
    }


def marked(true, rng):
    """Return the known labels, and -1 for unlabeled rows."""
    n_common = N_COMMON if len(true) == MOST_TRAIN else N_COMMON_OF_SMALL
    y_partial = np.full(len(true), -1)
    for label, n in ((True, N_RARE), (False, n_common)):
        rows = np.flatnonzero(true == label)
        y_partial[rng.choice(rows, min(n, len(rows)), replace=False)] = int(label)
    return y_partial


def scores(model, X, y):
    p = model.predict_proba(X)[:, 1].clip(1e-4, 1 - 1e-4)
    return np.array([average_precision_score(y, p), log_loss(y, p)])
