"""What one inner split loses against three inner folds, by the number of rare rows.

Corrections and tuned thresholds are fitted to predictions for training rows: for all
rows, with three folds, or for a third of them, with one split. Training tables with a
given number of rare rows are repeatedly drawn from simulated data; the same model is
corrected and tuned in both ways and scored on 20,000 other rows. Printed are the mean
change of the score with a single split, its standard error, and the standard deviation
of the score between training tables.

    python benchmarks/one_split.py --repeats 40
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from imbsuite import SMOTE, ResampledClassifier
from imbsuite._classes import check_labels
from imbsuite._fit_inputs import FitInputs
from imbsuite.probability.columns import probability_of
from imbsuite.probability.out_of_fold import predict_out_of_fold
from imbsuite.scoring.fold_predictions import INNER_FOLDS, FoldPredictions, Training
from imbsuite.scoring.metrics import METRICS

RARE_ROWS = (50, 100, 200, 300, 600, 1_000)
RARE_SHARE = 0.1
TEST_ROWS = 20_000
SCORES = ("log_loss_corrected", "balanced_accuracy_tuned")
MODELS = {
    "linear": LogisticRegression(max_iter=1000),
    "boosting": HistGradientBoostingClassifier(early_stopping=False, max_iter=50),
}


def scores(model, train, test, cv: float, seed: int) -> list[float]:
    """Return the scores on ``test`` of a model corrected and tuned with ``cv``."""
    X, y = train
    labels = check_labels(np.concatenate([y, test[1]]), "y")
    rows = np.arange(len(y), len(y) + len(test[1]))
    training = Training(model, X, y, seed, moves_prior=True)
    classes, codes = np.unique(y, return_inverse=True)
    vars(training)["timed"] = (
        predict_out_of_fold(
            lambda part: ResampledClassifier(model.sampler, model.estimator).fit(
                X[part], y[part]
            ),
            lambda fitted, part: probability_of(fitted, X[part], classes),
            codes,
            FitInputs(X, codes),
            cv=cv,
            rng=np.random.default_rng(seed),
        ),
        0.0,
    )
    predictions = FoldPredictions(model, test[0], labels, rows, 0.0, training)
    return [METRICS[name].score(predictions) for name in SCORES]


def main() -> None:
    """Print a line for each model and number of rare rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore")
    print(f"{'model':9} {'rare':>6}  " + "  ".join(f"{s:>36}" for s in SCORES))
    for name, model in MODELS.items():
        for n_rare in RARE_ROWS:
            losses, levels = [], []
            for seed in range(repeats):
                n = int(n_rare / RARE_SHARE)
                X, y = make_classification(
                    n + TEST_ROWS,
                    n_features=10,
                    n_informative=5,
                    weights=[1 - RARE_SHARE],
                    class_sep=0.8,
                    flip_y=0.02,
                    random_state=7,
                )
                order = np.random.default_rng(seed).permutation(len(y))
                X, y = X[order], y[order]
                fitted = ResampledClassifier(SMOTE(random_state=seed), model).fit(
                    X[:n], y[:n]
                )
                both = [
                    scores(fitted, (X[:n], y[:n]), (X[n:], y[n:]), cv, seed)
                    for cv in (INNER_FOLDS, 1 / INNER_FOLDS)
                ]
                losses.append(np.subtract(both[1], both[0]))
                levels.append(both[0])
            means, spread = np.mean(losses, axis=0), np.std(losses, axis=0, ddof=1)
            between = np.std(levels, axis=0, ddof=1)
            cells = [
                f"{m:+.4f} (SE {s / np.sqrt(repeats):.4f}), SD {b:.4f}"
                for m, s, b in zip(means, spread, between, strict=True)
            ]
            print(
                f"{name:9} {n_rare:6,}  " + "  ".join(f"{c:>36}" for c in cells),
                flush=True,
            )


if __name__ == "__main__":
    main()
