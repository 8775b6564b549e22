"""Time of ``compare`` and of the loop that a user would write with imbalanced-learn.

The loop fits one pipeline of encoder, sampler and model for each fold, model and
strategy, and calls ``predict_proba`` and ``predict``, without corrections or tuned
thresholds. Both use one thread.

    python benchmarks/compare.py            # three tables of 4,000 rows
    python benchmarks/compare.py --large    # also one of 40,000 rows, ten minutes
    python benchmarks/compare.py --large --folds 1  # the first of six folds only
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[2] / "shared" / "data"
TABLES = {"adult": 4_000, "credit_data": 4_000, "mlc_churn": 4_000}
LARGE = {"adult": 40_000}
# Metrics of labels would be compared with a tuned threshold, which requires more fits.
PLAIN = ["average_precision", "roc_auc", "log_loss", "brier"]


def read(name: str, n_rows: int) -> tuple[Any, Any]:
    """Return a stratified sample of a shared table."""
    from sklearn.model_selection import train_test_split

    sys.path.insert(0, str(SHARED))
    from load import load

    X, y, *_ = load(name)
    if len(X) > n_rows:
        X, _, y, _ = train_test_split(
            X, y, train_size=n_rows, stratify=y, random_state=0
        )
    return X.reset_index(drop=True), y.reset_index(drop=True)


def first_folds(X: Any, y: Any, n_folds: int) -> list[Any]:
    """Return the first ``n_folds`` splits of three folds with two repeats."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    folds = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    return list(islice(folds.split(X, y), n_folds))


def loop(X: Any, y: Any, n_folds: int) -> None:
    """Fit and predict every pipeline on every fold."""
    from imblearn.combine import SMOTEENN
    from imblearn.over_sampling import SMOTE, BorderlineSMOTE, RandomOverSampler
    from imblearn.pipeline import make_pipeline
    from imblearn.under_sampling import RandomUnderSampler
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from skrub import tabular_pipeline
    from threadpoolctl import threadpool_limits

    models = [
        LogisticRegression(max_iter=1000),
        HistGradientBoostingClassifier(early_stopping=False),
    ]
    samplers = [
        *(None, "class_weight", RandomOverSampler(), RandomUnderSampler()),
        *(SMOTE(), BorderlineSMOTE(), SMOTEENN()),
    ]
    with threadpool_limits(1):
        for train, test in first_folds(X, y, n_folds):
            for model in models:
                for sampler in samplers:
                    encoder = tabular_pipeline(model)[:-1]
                    if "SMOTE" in type(sampler).__name__:
                        # Interpolation needs numbers without missing values.
                        encoder = tabular_pipeline(LogisticRegression())[:-1]
                    last = clone(model)
                    if sampler == "class_weight":
                        last.set_params(class_weight="balanced")
                    by_rows = None if sampler == "class_weight" else sampler
                    pipeline = make_pipeline(*encoder, by_rows, last)
                    pipeline.fit(X.iloc[train], y.iloc[train])
                    pipeline.predict_proba(X.iloc[test])
                    pipeline.predict(X.iloc[test])


def ours(X: Any, y: Any, n_folds: int, scoring: Any = None) -> None:
    """Compare on the same folds."""
    from imbsuite import compare

    compare(X, y, cv=first_folds(X, y, n_folds), scoring=scoring, n_jobs=1)


def _one(kind: str, name: str, n_rows: int, n_folds: int) -> tuple[float, float]:
    warnings.simplefilter("ignore")
    X, y = read(name, n_rows)
    import skrub  # noqa: F401 - the time does not include imports

    import imbsuite  # noqa: F401

    work = {
        "loop": lambda: loop(X, y, n_folds),
        "default metrics": lambda: ours(X, y, n_folds),
        "plain metrics": lambda: ours(X, y, n_folds, PLAIN),
    }[kind]
    started = time.process_time()
    work()
    seconds = time.process_time() - started
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print a row for each table and each kind of work, each run in a new process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--folds", type=int, default=6)
    arguments = parser.parse_args()
    tables = [*TABLES.items(), *(LARGE.items() if arguments.large else ())]
    tables = [t for t in tables if not arguments.only or t[0] in arguments.only]
    print(f"{'table':24} {'work':16} {'CPU s':>8} {'MB':>6} {'loop / it':>9}")
    for name, n_rows in tables:
        by_loop = 0.0
        for kind in ("loop", "plain metrics", "default metrics"):
            with get_context("spawn").Pool(1) as pool:
                seconds, peak = pool.apply(_one, (kind, name, n_rows, arguments.folds))
            by_loop = by_loop or seconds
            row = f"{f'{name} {n_rows:,}':24} {kind:16} {seconds:8.1f} {peak:6.0f}"
            print(f"{row} {by_loop / seconds:9.2f}", flush=True)


if __name__ == "__main__":
    main()
