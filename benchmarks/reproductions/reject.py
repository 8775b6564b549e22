"""SMOTE that rejects new rows among other classes, compared with SMOTE and SMOTE-ENN.

    python benchmarks/reproductions/reject.py TABLE.parquet:TARGET ...

At most 1,500 rows of each binary table, without copies of rows, are used in the
proportions of the classes. The sampler gets the unchanged table, with categories and
missing values; categories are one-hot encoded after resampling. Three folds, with three
seeds.

For each table, model and strategy, the differences from plain SMOTE are printed in
average precision, and in balanced accuracy with the threshold tuned on a third of the
training rows, with the standard error over seeds; then their means over tables, with
the standard error over tables; and the share of new rows that repeat a row because too
few were accepted.
"""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from imbsuite import (
    SMOTE,
    EditedNearestNeighbours,
    ResampledClassifier,
    TunedThresholdClassifier,
    make_chain,
)

ROWS, FOLDS, SEEDS, HELD_OUT = 1_500, 3, 3, 0.33
METRICS = ("average precision", "tuned balanced accuracy")


def load(argument):
    """Return the features, and whether each row belongs to the rarer class."""
    path, _, target = argument.rpartition(":")
    frame = pd.read_parquet(path).dropna(subset=[target]).drop_duplicates()
    share = min(1, ROWS / len(frame))
    frame = frame.groupby(target, group_keys=False, observed=True).sample(
        frac=share, random_state=0
    )
    rare = frame[target].value_counts().idxmin()
    return frame.drop(columns=target), (frame[target] == rare).to_numpy().astype(int)


def samplers(seed):
    """Return ``{name: sampler}``; None is doing nothing."""
    cleaner = EditedNearestNeighbours(sampling_strategy="all")
    return {
        "smote": SMOTE(random_state=seed),
        "reject=3": SMOTE(reject=3, random_state=seed),
        "reject=5": SMOTE(reject=5, random_state=seed),
        "smote-enn": make_chain(SMOTE(random_state=seed), cleaner),
        "nothing": None,
    }


def models(seed):
    """Return ``{name: estimator}``."""
    linear = LogisticRegression(max_iter=1_000)
    boosted = HistGradientBoostingClassifier(max_iter=50, random_state=seed)
    encoder = make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder="passthrough",
    )
    return {
        "logistic": make_pipeline(encoder, SimpleImputer(), StandardScaler(), linear),
        "boosting": make_pipeline(encoder, boosted),
    }


def measure(X, y):
    """Return ``{(model, strategy): scores of each seed}``, and the shares of repeats."""
    scores, repeats = defaultdict(list), defaultdict(list)
    for seed in range(SEEDS):
        splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        of_seed = defaultdict(list)
        for train, test in splitter.split(X, y):
            for strategy, sampler in samplers(seed).items():
                for name, estimator in models(seed).items():
                    model = TunedThresholdClassifier(
                        ResampledClassifier(sampler, estimator),
                        cv=HELD_OUT,
                        random_state=seed,
                    ).fit(X.iloc[train], y[train])
                    p = model.predict_proba(X.iloc[test])[:, 1]
                    predicted = model.predict(X.iloc[test])
                    of_seed[name, strategy].append(
                        (
                            average_precision_score(y[test], p),
                            balanced_accuracy_score(y[test], predicted),
                        )
                    )
                if strategy.startswith("reject"):
                    sampler.fit_resample(X.iloc[train], y[train])
                    repeats[strategy].append((sampler.steps_ == 0).mean())
        for key, values in of_seed.items():
            scores[key].append(np.mean(values, axis=0))
    return {key: np.array(v) for key, v in scores.items()}, repeats


def in_words(values):
    """Return text with means and standard errors of the metrics over the first axis."""
    error = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
    pairs = zip(np.mean(values, axis=0), error, strict=True)
    return "  ".join(f"{mean:+.3f} ± {se:.3f}" for mean, se in pairs)


def main():
    warnings.simplefilter("ignore")
    means = defaultdict(list)
    print("differences from SMOTE:", ", ".join(METRICS))
    for argument in sys.argv[1:]:
        X, y = load(argument)
        scores, repeats = measure(X, y)
        print(f"\n== {argument.rpartition('/')[2]}: {len(y)} rows, {y.sum()} rare")
        for strategy, shares in repeats.items():
            print(f"{strategy}: {np.mean(shares):.2f} of the new rows repeat a row")
        for (model, strategy), values in scores.items():
            if strategy == "smote":
                best = "  ".join(f"{mean:.3f}" for mean in values.mean(axis=0))
                print(f"{model:10}{strategy:12}{best}")
                continue
            differences = values - scores[model, "smote"]
            means[model, strategy].append(differences.mean(axis=0))
            print(f"{model:10}{strategy:12}{in_words(differences)}", flush=True)
    print("\n== means over tables")
    for (model, strategy), values in means.items():
        print(f"{model:10}{strategy:12}{in_words(np.array(values))}")


if __name__ == "__main__":
    main()
