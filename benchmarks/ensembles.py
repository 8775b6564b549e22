"""ResampledEnsembleClassifier and imbalanced-learn's ensembles: time, memory, pickles.

    python benchmarks/ensembles.py               100,000 rows of 20 columns, 100 members
    python benchmarks/ensembles.py 10000 20      10,000 rows, 20 members

Both have the same kind and number of members (trees or boosted stumps), and 5 % of the
rows are rare. Seconds are medians of three runs that take turns. Memory is the increase
of the peak during one fit, in a separate process. Two rows compare imbsuite with
itself: self-paced with independent draws, and fits with and without out-of-bag
predictions.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from measuring import in_turns, reset_peak, status
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

from imbsuite import RandomUnderSampler, ResampledEnsembleClassifier

N_ROWS, N_COLUMNS, N_MEMBERS, REPEATS = 100_000, 20, 100, 3


def ours(estimator, n_members, **options):
    """Return an ensemble of imbsuite that is fitted to balanced rows."""
    return ResampledEnsembleClassifier(
        RandomUnderSampler(),
        estimator,
        n_estimators=n_members,
        random_state=0,
        **options,
    )


def make_pairs(n):
    """Return ``{name: (ours, theirs)}``; "easy" has a tenth of the members."""
    tree = DecisionTreeClassifier(max_features="sqrt")
    whole, stump = DecisionTreeClassifier(), DecisionTreeClassifier(max_depth=1)
    boosted, few = AdaBoostClassifier(n_estimators=10), max(n // 10, 1)
    even = ours(tree, n, bootstrap=False)
    return {
        "forest": (
            ours(tree, n),
            BalancedRandomForestClassifier(
                n,
                sampling_strategy="all",
                replacement=True,
                bootstrap=False,
                random_state=0,
            ),
        ),
        "bagging": (
            ours(whole, n),
            BalancedBaggingClassifier(whole, n, random_state=0),
        ),
        "easy": (
            ours(boosted, few, bootstrap=False),
            EasyEnsembleClassifier(few, estimator=boosted, random_state=0),
        ),
        "boost": (
            ours(stump, n, bootstrap=False, feedback="boost"),
            RUSBoostClassifier(stump, n_estimators=n, random_state=0),
        ),
        "self-paced : even": (
            ours(tree, n, bootstrap=False, feedback="self-paced"),
            even,
        ),
        "out of bag : none": (ours(tree, n, oob_score=True), ours(tree, n)),
    }


def make_data(n_rows):
    return make_classification(
        n_rows, N_COLUMNS, weights=[0.95], n_informative=8, random_state=0
    )


def measure_memory(name, side, n_rows, n_members):
    """Print the increase of the memory peak during one fit, in MB."""
    warnings.simplefilter("ignore")
    make_pairs(2)[name][side].fit(*make_data(1_000))
    X, y = make_data(n_rows)
    model = make_pairs(n_members)[name][side]
    reset_peak()
    before = status("VmRSS")
    model.fit(X, y)
    print(json.dumps((status("VmHWM") - before) / 1e6))


def memory_of(name, side, n_rows, n_members):
    arguments = f"{name!r}, {side}, {n_rows}, {n_members}"
    code = f"import ensembles; ensembles.measure_memory({arguments})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parent,
        text=True,
    )
    return json.loads(done.stdout)


def main():
    warnings.simplefilter("ignore")
    n_rows, n_members = (*map(int, sys.argv[1:]), N_ROWS, N_MEMBERS)[:2]
    X, y = make_data(n_rows)
    print(f"{n_rows} rows, {n_members} members; ours, theirs; ratio = theirs / ours")
    for name, pair in make_pairs(n_members).items():
        keys = ("ours", "theirs")
        models = dict(zip(keys, pair, strict=True))
        runs = {key: lambda m=model: m.fit(X, y) for key, model in models.items()}
        fits = in_turns(runs, REPEATS)
        runs = {
            key: lambda m=model: m.predict_proba(X) for key, model in models.items()
        }
        predicts = in_turns(runs, REPEATS)
        size = {key: len(pickle.dumps(model)) / 1e6 for key, model in models.items()}
        fitted = {key: len(model.estimators_) for key, model in models.items()}
        peak = {
            key: memory_of(name, side, n_rows, n_members)
            for side, key in enumerate(keys)
        }
        print(f"\n{name}")
        for what, values in {
            "fit CPU s": {key: fits[key]["cpu"] for key in keys},
            "fit s": {key: fits[key]["wall"] for key in keys},
            "predict CPU s": {key: predicts[key]["cpu"] for key in keys},
            "memory MB": peak,
            "pickle MB": size,
            "members": fitted,
        }.items():
            ratio = values["theirs"] / values["ours"]
            print(
                f"  {what:14}{values['ours']:10.2f}{values['theirs']:10.2f}{ratio:8.2f}"
            )


if __name__ == "__main__":
    main()
