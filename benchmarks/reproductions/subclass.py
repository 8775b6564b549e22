"""Four blobs of a common class around a rare one: what subclasses change.

    python benchmarks/reproductions/subclass.py [--seeds 20] [--figure FILE.png]

Each blob has 100 rows from N(c, I), with c at distance 6 from the origin; the rare
class has 25, 50 or 100 rows from N(0, 0.49 I). Printed are recall, precision and
average precision of the rare class on new rows, as means and standard errors over
seeds. With a common class of one blob, subclasses cannot help: two overlapping
Gaussians, of 1,000 rows and 50 rows.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_score, recall_score

from imbsuite import SubclassClassifier

PLACES = 6.0 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])


def around(seed, n_rare):
    """Return the four blobs and the rare class between them."""
    rng = np.random.default_rng(seed)
    head = [rng.normal(size=(100, 2)) + place for place in PLACES]
    return (
        np.concatenate([*head, 0.7 * rng.normal(size=(n_rare, 2))]),
        np.repeat([0, 1], [400, n_rare]),
    )


def one_blob(seed, n_rare):
    """Return two overlapping Gaussians."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [1_000, n_rare])
    return rng.normal(size=(len(y), 2)) + 1.5 * y[:, np.newaxis], y


def models():
    plain = LogisticRegression(max_iter=2000)
    return {
        "logistic": plain,
        "subclasses": SubclassClassifier(plain, random_state=0),
        "boosting": HistGradientBoostingClassifier(random_state=0),
    }


def measure(make, n_rare, seeds):
    for name in models():
        by_seed = []
        for seed in range(seeds):
            model = models()[name].fit(*make(seed, n_rare))
            X, y = make(seed + 10_000, n_rare)
            labels, scores = model.predict(X), model.predict_proba(X)[:, 1]
            precision = precision_score(y, labels, zero_division=0)
            ap = average_precision_score(y, scores)
            by_seed.append([recall_score(y, labels), precision, ap])
        mean = np.mean(by_seed, axis=0)
        error = np.std(by_seed, axis=0, ddof=1) / np.sqrt(seeds)
        cells = "   ".join(
            f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)
        )
        print(f"  {name:11} {cells}")


def draw(path):
    """Draw the regions of logistic regression without and with subclasses."""
    import matplotlib.pyplot as plt
    from sklearn.inspection import DecisionBoundaryDisplay

    X, y = around(0, 50)
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.6), sharey=True)
    titles = ("LogisticRegression", "SubclassClassifier(LogisticRegression)")
    for ax, model, title in zip(axes, models().values(), titles, strict=False):
        DecisionBoundaryDisplay.from_estimator(
            model.fit(X, y),
            X,
            response_method="predict_proba",
            class_of_interest=1,
            levels=np.linspace(0, 1, 11),
            cmap="Oranges",
            ax=ax,
        )
        for label, color, name in ((0, "tab:blue", "common"), (1, "black", "rare")):
            ax.scatter(*X[y == label].T, s=6, c=color, label=name)
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("first column")
    axes[0].set_ylabel("second column")
    axes[0].legend(loc="upper left", fontsize=8)
    figure.suptitle("Probability of the rare class (darker: higher)", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description="Subclasses of the head")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--figure")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    if options.figure:
        draw(options.figure)
    print("recall, precision, average precision of the rare class")
    for n_rare in (25, 50, 100):
        print(f"four blobs, {n_rare} rare rows")
        measure(around, n_rare, options.seeds)
    print("one blob, 50 rare rows")
    measure(one_blob, 50, options.seeds)


if __name__ == "__main__":
    main()
