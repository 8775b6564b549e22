"""
Four kinds of healthy, one kind of ill
======================================

The common class consists of four clusters, and the rare one lies between them. A linear
model cannot separate the classes, but it can separate subclasses: each large class is
divided into clusters about as large as the rare class, and their probabilities are summed.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression

from imbsuite import SubclassClassifier

rng = np.random.default_rng(0)
centers = [[6, 0], [-6, 0], [0, 6], [0, -6]]
common = np.concatenate([rng.normal(size=(100, 2)) + center for center in centers])
X = np.concatenate([common, 0.7 * rng.normal(size=(50, 2))])
y = np.repeat(["common", "rare"], [400, 50])

plain = LogisticRegression(max_iter=1000)
models = {
    "logistic regression": plain.fit(X, y),
    "the same on subclasses": SubclassClassifier(plain, random_state=0).fit(X, y),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    DecisionBoundaryDisplay.from_estimator(
        model, X, ax=ax, class_of_interest="rare", cmap="Oranges", vmin=0, vmax=1
    )
    for label, color in (("common", "0.4"), ("rare", "#0072b2")):
        ax.plot(*X[y == label].T, ".", color=color, label=label)
    ax.set_title(name)
axes[0].legend()

# %%
# If the common class is a single cluster, splitting it hurts: see "When it hurts" in the
# guide.
