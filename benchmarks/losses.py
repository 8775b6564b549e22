"""Time of loss classifiers and of the same models with the losses of their libraries.

    python benchmarks/losses.py                       100,000 rows of 50 columns
    python benchmarks/losses.py --rows 10000 --only lightgbm

Seconds are medians of runs that take turns; ratios are relative to the first row of
each table, the library's own loss. The default link fits one more model for each of
five folds.
"""

from __future__ import annotations

import argparse
import warnings

from measuring import in_turns
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import BoostedLossClassifier, LinearLossClassifier
from imbsuite.losses import MetricLoss


def linear():
    """Return linear models; the first is scikit-learn's, with standardized columns."""
    sharp = MetricLoss("f1_macro", sharpness=12.0)
    return {
        "LogisticRegression": make_pipeline(StandardScaler(), LogisticRegression()),
        "log-loss": LinearLossClassifier(),
        "focal": LinearLossClassifier("focal"),
        "soft F1": LinearLossClassifier("f1_macro"),
        "F1, sharpness 12": LinearLossClassifier(sharp),
    }


def boosted(trees):
    """Return boosted trees with their built-in loss, and with losses of imbsuite."""

    def exact(loss, **options):
        return BoostedLossClassifier(trees, loss, link="exact", **options)

    return {
        "built-in loss": trees,
        "log-loss": exact("log_loss"),
        "focal": exact("focal"),
        "LDAM": exact("ldam", class_weight="balanced"),
        "log-loss, link='sigmoid'": BoostedLossClassifier(trees, random_state=0),
    }


def lightgbm(n_jobs):
    """Return the classifiers for LightGBM."""
    from lightgbm import LGBMClassifier

    return boosted(LGBMClassifier(verbose=-1, n_jobs=n_jobs))


def xgboost(n_jobs):
    """Return the classifiers for XGBoost."""
    from xgboost import XGBClassifier

    return boosted(XGBClassifier(n_jobs=n_jobs))


def make_data(n_rows, n_classes):
    """Return rows of 50 columns; the last class has 5 % of them."""
    weights = [0.95] if n_classes == 2 else [0.5, 0.3, 0.15]
    return make_classification(
        n_rows,
        50,
        n_informative=10,
        n_classes=n_classes,
        weights=weights,
        flip_y=0.01,
        random_state=0,
    )


def report(title, models, X, y, repeats):
    """Print the seconds of fits and of predictions, in runs that take turns."""
    print(f"\n{title}: fit CPU s, fit s, ratios; predict_proba s", flush=True)
    first, *_ = models
    fits = in_turns({k: lambda m=m: m.fit(X, y) for k, m in models.items()}, repeats)
    predicts = in_turns(
        {k: lambda m=m: m.predict_proba(X) for k, m in models.items()}, repeats
    )
    for key, fit in fits.items():
        ratios = [fit[unit] / fits[first][unit] for unit in ("cpu", "wall")]
        print(
            f"{key:26} {fit['cpu']:7.2f} {fit['wall']:7.2f}  {ratios[0]:6.2f} "
            f"{ratios[1]:6.2f}  {predicts[key]['wall']:6.3f}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description="Time of loss classifiers")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--only", nargs="+", default=["linear", "lightgbm", "xgboost"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    groups = {
        "linear": linear,
        "lightgbm": lambda: lightgbm(options.jobs),
        "xgboost": lambda: xgboost(options.jobs),
    }
    for n_classes in options.classes:
        X, y = make_data(options.rows, n_classes)
        for name in options.only:
            title = f"{name}, {n_classes} classes"
            report(title, groups[name](), X, y, options.repeats)


if __name__ == "__main__":
    main()
