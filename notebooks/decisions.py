# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Decisions that cost something
#
# *A missed case costs more than a false alarm. Which rows should be flagged?*
#
# A winery sends its bottles to a shop. A bottle that tasters would call poor is returned,
# which costs as much as twenty tastings; tasting a bottle beforehand costs one. Which
# bottles should be tasted? We need calibrated probabilities and a rule that uses the
# costs. Resampling provides neither.

# %%
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    ResampledClassifier,
    compare,
)
from imbsuite.datasets import load_wine_white
from imbsuite.explore import ReliabilityDisplay, ThresholdDisplay

X, grade = load_wine_white(return_X_y=True)
y = pd.Series(np.where(grade < 2, "poor", "fine"))
# A fifth of the wines are copies of others: both go to the same half.
copies = X.groupby(list(X)).ngroup()
halves = StratifiedGroupKFold(2, shuffle=True, random_state=0)
train, test = next(halves.split(X, y, copies))
X_train, X_test, y_train, y_test = X.iloc[train], X.iloc[test], y[train], y[test]
y_test.value_counts()

# %% [markdown]
# ## The model without resampling
#
# `predict` returns the more probable class, and hardly any bottle is more probably poor
# than fine. The problem is not the model but its threshold of one half.

# %%
model = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.05, random_state=0)
plain = model.fit(X_train, y_train)
picture = ThresholdDisplay.from_estimator(plain, X_test, y_test)

# %% [markdown]
# ## Costs determine the threshold
#
# The rarer class, "poor", is the positive class: a false alarm (fp) costs 1, a miss (fn)
# costs 20. The expected cost is least if rows with a probability of at least
# 1 / (1 + 20) are flagged, for any model.

# %%
cost = {"fp": 1, "fn": 20}
by_cost = CostThresholdClassifier(model, cost=cost).fit(X_train, y_train)
picture = ThresholdDisplay.from_estimator(by_cost, X_test, y_test)

# %% [markdown]
# ## Resampling instead?
#
# SMOTE balances the classes, and its model flags more bottles, too. But its probabilities
# are for balanced proportions, in which every other bottle is poor, so expected costs
# computed from them are wrong. An offset, fitted on out-of-fold predictions, restores the
# original proportions.

# %%
resampled = ResampledClassifier(
    SMOTE(random_state=0), model, correction="offset", random_state=0
)
resampled.fit(X_train, y_train)
picture = ReliabilityDisplay.from_estimator(resampled, X_test, y_test, n_bins=8)

# %% [markdown]
# Compare the costs of five classifiers on the test rows:

# %%
uncorrected = ResampledClassifier(SMOTE(random_state=0), model, random_state=0)
ways = {
    "no resampling, one half": plain,
    "no resampling, by cost": by_cost,
    "SMOTE, one half": uncorrected,
    "SMOTE, by cost, uncorrected": CostThresholdClassifier(uncorrected, cost=cost),
    "SMOTE, by cost, corrected": CostThresholdClassifier(resampled, cost=cost),
}


def outcome(classifier):
    """Return the alerts, the misses and the cost on the test rows."""
    if classifier not in (plain, by_cost):
        classifier.fit(X_train, y_train)
    alert, poor = classifier.predict(X_test) == "poor", y_test == "poor"
    misses = int((poor & ~alert).sum())
    return {
        "alerts": int(alert.sum()),
        "misses": misses,
        "cost": int((alert & ~poor).sum()) + 20 * misses,
    }


pd.DataFrame({name: outcome(classifier) for name, classifier in ways.items()}).T

# %% [markdown]
# Tasting all bottles costs one for each fine bottle; tasting none costs twenty for each
# poor one:

# %%
pd.Series(
    {"taste all": (y_test == "fine").sum(), "none": 20 * (y_test == "poor").sum()}
)

# %% [markdown]
# The costs of a single split vary by a few misses, so small differences in the table are
# not meaningful. The large differences are clear: the threshold matters, and uncorrected
# probabilities of resampled models mislead it.
#
# `compare` computes intervals. Every strategy decides by expected cost, with corrected
# probabilities:

# %%
comparison = compare(
    X,
    y,
    estimator={"boosting": model},
    strategies=["class-weight", "smote"],
    scoring=["average_precision"],
    cost=cost,
    cv=3,
)
comparison

# %%
picture = comparison.plot("cost")

# %% [markdown]
# ## Unknown costs
#
# Often there is a constraint instead: find at least seven in ten. Among the thresholds
# that meet it, `ConstrainedThresholdClassifier` chooses the one with the highest
# precision. With `confidence=0.9` the constraint holds on *new* rows with this
# probability; some training rows are held out for this.

# %%
constraint = {"recall": 0.7}
constrained = ConstrainedThresholdClassifier(
    model, subject_to=constraint, confidence=0.9, random_state=0
).fit(X_train, y_train)
picture = ThresholdDisplay.from_estimator(constrained, X_test, y_test)

# %%
recall = (constrained.predict(X_test) == "poor")[y_test == "poor"].mean()
print(f"Of the poor bottles in the test rows, {recall:.0%} are found.")

# %% [markdown]
# ## Summary
#
# - First calibrate probabilities, then decide: check the former with
#   `ReliabilityDisplay` and the latter with `ThresholdDisplay`.
# - If costs are known, the threshold follows from them: `CostThresholdClassifier`. It
#   relies on the probabilities, so correct them after resampling.
# - For a constraint with a confidence, use `ConstrainedThresholdClassifier`.
# - SMOTE with a threshold of one half is a decision as well, with arbitrary costs.
