"""Ensembles on real tables: ours, imbalanced-learn's four, and out-of-bag thresholds.

    python benchmarks/reproductions/ensembles.py scores TABLE.parquet:TARGET ...
    python benchmarks/reproductions/ensembles.py bags TABLE.parquet:TARGET ...
    python benchmarks/reproductions/ensembles.py forests SEEDS TABLE.parquet:TARGET ...

At most 3,000 rows of each binary table are used, in the proportions of the classes.
skrub encodes them, and missing numbers are replaced by medians, because
imbalanced-learn's boosting rejects them. Five folds, with three seeds.

"scores": both have the same kind and number of members. Printed are the means of theirs
and of the paired differences (ours minus theirs), with the standard error over tables,
of average precision; AUC; log-loss, as it is and with offsets in ours (from out-of-bag
predictions or, without bootstrap, from a third of the training rows); and balanced
accuracy with thresholds tuned on a third of the training rows.

"bags": for each table, on the outer test folds, the difference between out-of-bag
predictions and those of five inner folds, used for thresholds (balanced accuracy) and
for offsets (log-loss).

"forests": only the balanced forests, with SEEDS seeds; the differences for each table,
with the standard error over seeds, and their mean, with the standard error over tables.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from skrub import TableVectorizer

from imbsuite import (
    PriorCorrectedClassifier,
    RandomUnderSampler,
    ResampledEnsembleClassifier,
    TunedThresholdClassifier,
)

ROWS, FOLDS, SEEDS, HELD_OUT = 3_000, 5, 3, 0.33
METRICS = (average_precision_score, roc_auc_score)


def load(argument):
    """Return the features, and whether each row belongs to the rarer class."""
    path, _, target = argument.rpartition(":")
    frame = pd.read_parquet(path).dropna(subset=[target])
    share = min(1, ROWS / len(frame))
    frame = frame.groupby(target, group_keys=False, observed=True).sample(
        frac=share, random_state=0
    )
    rare = frame[target].value_counts().idxmin()
    return frame.drop(columns=target), (frame[target] == rare).to_numpy().astype(int)


def folds_of(X, y, n_seeds=SEEDS):
    """Yield the seed, and the encoded training and test rows with their labels."""
    for seed in range(n_seeds):
        splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        for train, test in splitter.split(X, y):
            encoder = make_pipeline(TableVectorizer(), SimpleImputer(strategy="median"))
            seen = encoder.fit_transform(X.iloc[train])
            yield seed, seen, y[train], encoder.transform(X.iloc[test]), y[test]


def ours(estimator, n_members, seed, **options):
    return ResampledEnsembleClassifier(
        RandomUnderSampler(),
        estimator,
        n_estimators=n_members,
        random_state=seed,
        **options,
    )


def pairs_of(seed):
    """Return ``{name: (ours, theirs)}``."""
    tree, stump = DecisionTreeClassifier(), DecisionTreeClassifier(max_depth=1)
    at_random, boosted = (
        DecisionTreeClassifier(max_features="sqrt"),
        AdaBoostClassifier(),
    )
    return {
        "balanced forest": (
            ours(at_random, 100, seed),
            BalancedRandomForestClassifier(
                100,
                sampling_strategy="all",
                replacement=True,
                bootstrap=False,
                random_state=seed,
            ),
        ),
        "balanced bagging": (
            ours(tree, 50, seed),
            BalancedBaggingClassifier(tree, 50, random_state=seed),
        ),
        "easy ensemble": (
            ours(boosted, 10, seed, bootstrap=False),
            EasyEnsembleClassifier(10, estimator=boosted, random_state=seed),
        ),
        "boosting": (
            ours(stump, 50, seed, bootstrap=False, feedback="boost"),
            RUSBoostClassifier(stump, n_estimators=50, random_state=seed),
        ),
    }


def scores_of(model, seen, y_seen, new, y_new, *, corrected):
    """Return the scores of a model, and the number of its members."""
    try:
        fitted = clone(model).fit(seen, y_seen)
        p = fitted.predict_proba(new)[:, 1]
        tuned = TunedThresholdClassifier(model, cv=HELD_OUT, random_state=0).fit(
            seen, y_seen
        )
    except ValueError as error:
        return {"error": str(error)}
    better = p
    if corrected:
        offsets = (
            clone(model).set_params(correction="offset", cv=HELD_OUT).fit(seen, y_seen)
        )
        better = offsets.predict_proba(new)[:, 1]
    return {
        "average precision": average_precision_score(y_new, p),
        "AUC": roc_auc_score(y_new, p),
        "log-loss": log_loss(y_new, p),
        "log-loss, ours corrected": log_loss(y_new, better),
        "tuned balanced accuracy": balanced_accuracy_score(y_new, tuned.predict(new)),
        "members": len(fitted.estimators_),
    }


def compare_scores(arguments):
    rows = []
    for argument in arguments:
        X, y = load(argument)
        table = argument.rpartition("/")[2].partition(".")[0]
        print("#", table, len(y), int(y.sum()), flush=True)
        for seed, *parts in folds_of(X, y):
            for name, pair in pairs_of(seed).items():
                for who, model in zip(("ours", "theirs"), pair, strict=True):
                    scores = scores_of(model, *parts, corrected=who == "ours")
                    rows.append({"table": table, "name": name, "who": who} | scores)
    frame = pd.DataFrame(rows)
    if "error" in frame:
        failed = frame[frame["error"].notna()]
        print(
            "\nfailed fits", failed.groupby(["name", "who", "table"]).size(), sep="\n"
        )
    fewest = frame.groupby(["name", "who"])["members"].agg(["min", "mean"])
    print("\nmembers\n", fewest.to_string(float_format="%.1f"), sep="")
    columns = [
        c for c in frame if c not in {"table", "name", "who", "error", "members"}
    ]
    means = frame.groupby(["name", "who", "table"])[columns].mean()
    for name, part in means.groupby("name"):
        a, b = (part.xs((name, who)) for who in ("ours", "theirs"))
        change = (a - b).dropna()
        print(f"\n{name}: {len(change)} tables")
        error = change.std(ddof=1) / np.sqrt(len(change))
        table = pd.DataFrame(
            {"theirs": b.mean(), "ours - theirs": change.mean(), "±": error}
        )
        print(table.to_string(float_format="%.4f"))


def compare_bags(arguments):
    for argument in arguments:
        X, y = load(argument)
        models = {
            "under-bagged trees": ResampledEnsembleClassifier(),
            "random forest": RandomForestClassifier(50, min_samples_leaf=3),
        }
        for name, model in models.items():
            rows = []
            for seed, seen, y_seen, new, y_new in folds_of(X, y):
                row = {}
                for cv in ("oob", 5):
                    inner = clone(model).set_params(random_state=seed)
                    tuned = TunedThresholdClassifier(inner, cv=cv, random_state=seed)
                    moved = PriorCorrectedClassifier(inner, cv=cv, random_state=seed)
                    tuned.fit(seen, y_seen)
                    p = moved.fit(seen, y_seen).predict_proba(new)
                    row[cv] = (
                        balanced_accuracy_score(y_new, tuned.predict(new)),
                        log_loss(y_new, p),
                    )
                rows.append(np.subtract(row["oob"], row[5]))
            mean, error = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
            error /= np.sqrt(len(rows))
            table = argument.rpartition("/")[2].partition(".")[0]
            print(
                f"{table:16} {int(y.sum()):5} rare  {name:20}"
                f" balanced accuracy {mean[0]:+.4f} ± {error[0]:.4f}"
                f"  log-loss {mean[1]:+.5f} ± {error[1]:.5f}",
                flush=True,
            )


def compare_forests(arguments):
    n_seeds, changes = int(arguments[0]), []
    for argument in arguments[1:]:
        X, y = load(argument)
        rows = []
        for seed, seen, y_seen, new, y_new in folds_of(X, y, n_seeds):
            p, q = (
                model.fit(seen, y_seen).predict_proba(new)[:, 1]
                for model in pairs_of(seed)["balanced forest"]
            )
            rows.append([m(y_new, p) - m(y_new, q) for m in METRICS])
        by_seed = np.reshape(rows, (n_seeds, FOLDS, -1)).mean(axis=1)
        changes.append(by_seed.mean(axis=0))
        print_change(argument.rpartition("/")[2].partition(".")[0], by_seed)
    print_change(f"{len(changes)} tables", np.array(changes))


def print_change(name, changes):
    """Print the mean change of each metric, and its standard error over the rows."""
    mean, error = changes.mean(axis=0), changes.std(axis=0, ddof=1)
    error /= np.sqrt(len(changes))
    print(
        f"{name:16} average precision {mean[0]:+.4f} ± {error[0]:.4f}"
        f"  AUC {mean[1]:+.4f} ± {error[1]:.4f}",
        flush=True,
    )


def main():
    warnings.simplefilter("ignore")
    what, *arguments = sys.argv[1:]
    modes = {
        "scores": compare_scores,
        "bags": compare_bags,
        "forests": compare_forests,
    }
    modes[what](arguments)


if __name__ == "__main__":
    main()
