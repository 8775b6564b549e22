"""Draw the pictures of the front page: ``python docs/figures/one_problem.py``.

180 of 4,898 white wines are excellent. Logistic regression, five folds; everything shown
is about rows that the model was not fitted on; folds keep copies of a wine together.
Prints the numbers that the pages quote.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import SMOTE, ResampledClassifier, TunedThresholdClassifier
from imbsuite.datasets import load_wine_white

FOLDS = StratifiedGroupKFold(5, shuffle=True, random_state=0)
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"  # safe for color-blind readers


def predictions(X: Any, y: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return probabilities and alerts of each strategy, out of fold."""
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    smote = SMOTE(random_state=0)
    resampled = ResampledClassifier(smote, linear, random_state=0)
    corrected = ResampledClassifier(smote, linear, correction="offset", random_state=0)
    tuned = TunedThresholdClassifier(linear, random_state=0)
    models = {"nothing": linear, "SMOTE": resampled, "SMOTE, corrected": corrected}
    splits = list(FOLDS.split(X, y, groups=X.groupby(list(X)).ngroup()))
    proba = {
        name: cross_val_predict(m, X, y, cv=splits, method="predict_proba")[:, 1]
        for name, m in models.items()
    }
    alerts = {name: proba[name] >= 0.5 for name in ("nothing", "SMOTE")}
    alerts["a tuned threshold"] = cross_val_predict(tuned, X, y, cv=splits) == 1
    return proba, alerts


def draw_alerts(ax: Any, y: Any, proba: dict[str, Any], alerts: dict[str, Any]) -> None:
    """Draw how many rare rows are among the first n rows, and where each one stops."""
    for name, color in (("nothing", BLUE), ("SMOTE", ORANGE)):
        order = np.argsort(-proba[name], kind="stable")
        ax.plot(np.arange(1, len(y) + 1), np.cumsum(y[order]), color=color)
    places = {
        "nothing": ((34, 6), BLUE, "o", "no resampling, threshold 0.5"),
        "SMOTE": ((14, -18), ORANGE, "s", "SMOTE, threshold 0.5"),
        "a tuned threshold": ((-120, 22), BLUE, "D", "no resampling, tuned threshold"),
    }
    for name, (offset, color, marker, text) in places.items():
        at = (alerts[name].sum(), y[alerts[name]].sum())
        ax.plot(*at, marker, color=color, markersize=9, clip_on=False, zorder=3)
        note = f"{text}:\n{at[1]} found, {at[0]:,} flagged"
        ax.annotate(note, at, offset, textcoords="offset points", color=color)
    ax.set(xlabel="wines flagged", ylabel="excellent wines among those flagged")
    ax.set(xlim=(0, 3000), ylim=(0, y.sum() + 5))
    ax.set_title("Resampling moves the point, not the curve", loc="left")


def draw_probabilities(ax: Any, y: Any, proba: dict[str, Any], _: Any) -> None:
    """Draw the share of rare rows against predicted probabilities, by tenths of rows."""
    bounds = [0.001, 1]
    ax.plot(bounds, bounds, color="0.6", linewidth=0.8)
    for name, color, marker in (
        ("SMOTE", ORANGE, "s"),
        ("SMOTE, corrected", GREEN, "^"),
    ):
        seen, observed = calibration_curve(
            y, proba[name], n_bins=10, strategy="quantile"
        )
        ax.plot(observed, seen, f"{marker}-", color=color, label=name)
    ax.set(xscale="log", yscale="log", xlim=bounds, ylim=bounds)
    ticks = [0.001, 0.01, 0.1, 1]
    labels = ["0.1 %", "1 %", "10 %", "100 %"]
    ax.set(xticks=ticks, xticklabels=labels, yticks=ticks, yticklabels=labels)
    ax.set(xlabel="predicted probability", ylabel="share of excellent wines")
    ax.set_title("It also moves the probabilities", loc="left")
    ax.legend(frameon=False)


def main() -> None:
    """Draw and save."""
    X, y = load_wine_white(return_X_y=True)
    y = (np.asarray(y) >= 5).astype(int)
    proba, alerts = predictions(X, y)
    for name, p in proba.items():
        score = average_precision_score(y, p)
        print(f"{name}: mean probability {p.mean():.3f}, average precision {score:.3f}")
    for name, alert in alerts.items():
        print(f"{name}: {y[alert].sum()} of {y.sum()} found in {alert.sum()} flagged")
    here = Path(__file__).parent
    for name, draw in (("alerts", draw_alerts), ("probabilities", draw_probabilities)):
        figure, ax = plt.subplots(figsize=(5, 4), layout="constrained")
        draw(ax, y, proba, alerts)
        ax.spines[["top", "right"]].set_visible(False)
        figure.savefig(here / f"{name}.png", dpi=160)


if __name__ == "__main__":
    main()
