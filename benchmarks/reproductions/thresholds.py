"""Tuned thresholds compared with the most probable class, on held-out rows.

    python benchmarks/reproductions/thresholds.py TABLE.parquet:TARGET[:GROUPS] ...

Five folds with four repeats, which keep copies of a row (or GROUPS) together. In each
fold, boosted trees or a logistic regression predict the training rows out of fold;
thresholds tuned on these predictions are applied to the test rows. Gains are in the
metric that was tuned, with the standard error of the corrected resampled t-test (Nadeau
and Bengio), which accounts for the training rows that folds share. --figure FILE.png
draws precision, recall and F1 of a logistic regression against its threshold.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skrub import TableVectorizer

from imbsuite import TunedThresholdClassifier
from imbsuite.explore import ThresholdDisplay

METRICS = ("f1_macro", "balanced_accuracy")
MODELS = {
    "logistic": make_pipeline(
        TableVectorizer(), StandardScaler(), LogisticRegression(max_iter=1000)
    ),
    "boosting": make_pipeline(
        TableVectorizer(), HistGradientBoostingClassifier(random_state=0)
    ),
}


class Columns(ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities are the columns of X: existing predictions."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return X


def gains(model, X, y, groups, *, split, seed):
    """Return the score on the test rows before and after tuning, for each metric."""
    warnings.simplefilter("ignore")
    train, test = split
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    X_train, X_test = X.iloc[train], X.iloc[test]
    known = cross_val_predict(
        model, X_train, y[train], cv=folds, groups=groups[train], method="predict_proba"
    )
    fitted = clone(model).fit(X_train, y[train])
    proba = fitted.predict_proba(X_test)
    columns = FrozenEstimator(Columns().fit(known, y[train]))
    values = []
    for name in METRICS:
        tuned = TunedThresholdClassifier(columns, scoring=name).fit(known, y[train])
        scorer = get_scorer(name)
        before, after = (
            scorer._score_func(y[test], labels, **scorer._kwargs)
            for labels in (fitted.classes_[proba.argmax(axis=1)], tuned.predict(proba))
        )
        values.append((before, after))
    return values


def draw(path):
    """Draw metrics against the threshold, on held-out rows."""
    X, y = make_classification(
        12_000, weights=[0.93], class_sep=0.8, flip_y=0.01, random_state=0
    )
    model = TunedThresholdClassifier(
        LogisticRegression(), scoring="f1", random_state=0
    ).fit(X[:6000], y[:6000])
    display = ThresholdDisplay.from_estimator(model, X[6000:], y[6000:])
    display.ax_.set_xlabel("threshold of the rare class")
    display.figure_.savefig(path, dpi=160)


def main():
    parser = argparse.ArgumentParser(description="Tuned thresholds")
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--figure")
    arguments = parser.parse_args()
    if arguments.figure:
        draw(arguments.figure)
    print("table           model     metric              argmax  tuned   gain")
    for argument in arguments.tables:
        path, target, *rest = argument.split(":")
        frame = pd.read_parquet(path)
        y = pd.factorize(frame.pop(target), sort=True)[0]
        # Copies of a row are a group, unless other groups are named.
        copies = frame.groupby(list(frame), dropna=False, observed=True).ngroup()
        groups = (frame.pop(rest[0]) if rest else copies).to_numpy()
        splits = [
            (split, seed)
            for seed in range(4)
            for split in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(
                frame, y, groups
            )
        ]
        for name, model in MODELS.items():
            gains_by_draw = np.array(
                Parallel(n_jobs=-1)(
                    delayed(gains)(model, frame, y, groups, split=split, seed=seed)
                    for split, seed in splits
                )
            )
            for i, metric in enumerate(METRICS):
                before, after = gains_by_draw[:, i].T
                gain = after - before
                n = len(gain)
                error = np.sqrt((1 / n + 1 / 4) * gain.var(ddof=1))
                print(
                    f"{path.rpartition('/')[2][:-8]:15} {name:9} {metric:19} "
                    f"{before.mean():.3f}   {after.mean():.3f}   "
                    f"{gain.mean():+.3f} ± {error:.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
