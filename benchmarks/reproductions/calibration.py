"""Log-loss after resampling: raw, corrected by the formula, and by fitted offsets.

    python benchmarks/reproductions/calibration.py [--seeds 10] [--figure FILE.png]

5 % positives, 12,000 training and 12,000 test rows (make_classification: 20 columns, 8
informative, class separation 1); means and standard errors over seeds, of the losses
and of the paired differences of the offsets from the raw probabilities and from the
formula. The figure shows the reliability of logistic regression after SMOTE, with one
seed.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from imbsuite import SMOTE, RandomOverSampler, RandomUnderSampler, ResampledClassifier
from imbsuite.explore import ReliabilityDisplay

MODELS = {
    "logistic": lambda _: LogisticRegression(max_iter=1000),
    "forest": lambda seed: RandomForestClassifier(random_state=seed, n_jobs=2),
    "boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
}
SAMPLERS = {
    "none": None,
    "under": RandomUnderSampler,
    "over": RandomOverSampler,
    "SMOTE": SMOTE,
}


def make_table(seed):
    X, y = make_classification(
        24_000,
        n_informative=8,
        weights=[0.95],
        flip_y=0.01,
        class_sep=1.0,
        random_state=seed,
    )
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)


def losses(seed, model, sampler):
    """Return the log-losses: raw, formula, offset."""
    X, X_test, y, y_test = make_table(seed)
    loss_by_fold = []
    for correction in (None, "prior", "offset"):
        chosen = None if sampler is None else sampler(random_state=seed)
        fitted = ResampledClassifier(
            chosen, model(seed), correction=correction, random_state=seed
        ).fit(X, y)
        loss_by_fold.append(log_loss(y_test, fitted.predict_proba(X_test)))
    return loss_by_fold


def draw(path):
    """Draw reliability before and after correction."""
    X, X_test, y, y_test = make_table(0)
    model = ResampledClassifier(
        SMOTE(random_state=0),
        MODELS["logistic"](0),
        correction="offset",
        random_state=0,
    ).fit(X, y)
    display = ReliabilityDisplay.from_estimator(model, X_test, y_test, n_bins=15)
    display.ax_.set_xlabel("probability of the rare class")
    display.figure_.savefig(path, dpi=160)


def main():
    parser = argparse.ArgumentParser(description="Calibration after resampling")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--figure")
    arguments = parser.parse_args()
    if arguments.figure:
        draw(arguments.figure)
    seeds = range(arguments.seeds)
    print("model     sampler  raw             formula         offset          ", end="")
    print("offset - raw       offset - formula")
    for model_name, model in MODELS.items():
        for sampler_name, sampler in SAMPLERS.items():
            table = np.array([losses(seed, model, sampler) for seed in seeds])
            gain = table[:, 2:] - table[:, :2]
            cells = []
            for part, signed in ((table, ""), (gain, "+")):
                means = part.mean(axis=0)
                errors = part.std(axis=0, ddof=1) / np.sqrt(len(part))
                cells += [
                    f"{m:{signed}.4f} ± {e:.4f}"
                    for m, e in zip(means, errors, strict=True)
                ]
            print(f"{model_name:9} {sampler_name:8}", "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
