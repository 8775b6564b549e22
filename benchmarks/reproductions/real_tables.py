"""Temperature, subclasses and RCAL on real tables, compared with doing nothing.

    python benchmarks/reproductions/real_tables.py TABLE.parquet:TARGET ...

Differences from doing nothing by imbsuite.compare: logistic regression and boosted
trees, five folds with two repeats, and 95 % intervals that hold jointly for all
strategies of a model.
"""

from __future__ import annotations

import sys
import warnings

import pandas as pd

from imbsuite import compare

STRATEGIES = ["class-weight", "smote", "temperature-2", "temperature-5"]
STRATEGIES += ["subclass-smote", "rcal"]


def main():
    warnings.simplefilter("ignore")
    for argument in sys.argv[1:]:
        path, _, target = argument.rpartition(":")
        frame = pd.read_parquet(path)
        X, y = frame.drop(columns=target), frame[target]
        comparison = compare(
            X,
            y,
            strategies=STRATEGIES,
            scoring=["average_precision", "balanced_accuracy", "log_loss"],
        )
        print(f"\n== {argument.rpartition('/')[2]}: {y.value_counts().to_dict()}")
        print(comparison)


if __name__ == "__main__":
    main()
