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
# *A missed case costs more than a false alarm. Which rows get an alert?*
#
# A winery sends its bottles to a shop. One that tasters would call poor comes back, and
# costs as much as twenty tastings; tasting a bottle beforehand costs one. Which to
# taste? We need probabilities that can be believed, and a rule that knows the costs.
# Resampling is neither.

# %%
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    ResampledClassifier,
)
from imbsuite.datasets import load_wine_white
from imbsuite.explore import ReliabilityDisplay, ThresholdDisplay

X, grade = load_wine_white(return_X_y=True)
y = pd.Series(np.where(grade < 2, "poor", "fine"))
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
y_test.value_counts()

# %% [markdown]
# ## The model as it is
#
# `predict` takes the more probable class, and hardly any bottle is more probably poor
# than fine. The model is not at fault; the threshold of one half is.

# %%
model = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.05, random_state=0)
plain = model.fit(X_train, y_train)
picture = ThresholdDisplay.from_estimator(plain, X_test, y_test)

# %% [markdown]
# ## Costs say where the threshold belongs
#
# The rarer class, "poor", is the one that alerts are about: a false alarm (fp) costs 1, a
# miss (fn) 20. The least expected cost is an alert from a
# probability of 1 / (1 + 20), whatever the model.

# %%
cost = {"fp": 1, "fn": 20}
by_cost = CostThresholdClassifier(model, cost=cost).fit(X_train, y_train)
picture = ThresholdDisplay.from_estimator(by_cost, X_test, y_test)

# %% [markdown]
# ## Resampling instead?
#
# SMOTE makes the classes equal, and its model alerts more often, too. But its
# probabilities are those of another world, in which every other bottle is poor; whoever
# works out expected costs with them is far off. An offset, fitted on predictions for
# rows that the models have not seen, brings them back.

# %%
resampled = ResampledClassifier(
    SMOTE(random_state=0), model, correction="offset", random_state=0
)
resampled.fit(X_train, y_train)
picture = ReliabilityDisplay.from_estimator(resampled, X_test, y_test, n_bins=8)

# %% [markdown]
# What do the decisions cost? Five ways, on bottles that no model has seen:

# %%
uncorrected = ResampledClassifier(SMOTE(random_state=0), model, random_state=0)
ways = {
    "as it is, one half": plain,
    "as it is, by cost": by_cost,
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
# To taste every bottle costs one for each that is fine, and to taste none twenty for
# each that is poor:

# %%
pd.Series(
    {"taste all": (y_test == "fine").sum(), "none": 20 * (y_test == "poor").sum()}
)

# %% [markdown]
# Costs of one split are uncertain by a few misses, so small differences in the table
# mean nothing; `compare(X, y, cost={"fp": 1, "fn": 20})` has the intervals. What stands
# out needs none: the threshold matters, and probabilities of another world mislead it.
#
# ## When nobody knows the costs
#
# Often there is a demand instead: find at least seven in ten. Among the thresholds that
# meet it, `ConstrainedThresholdClassifier` takes the one of the highest precision. With
# `confidence=0.9` the demand holds for *new* rows with that probability, for which some
# of the training rows are set aside.

# %%
demand = {"recall": 0.7}
promised = ConstrainedThresholdClassifier(
    model, subject_to=demand, confidence=0.9, random_state=0
).fit(X_train, y_train)
picture = ThresholdDisplay.from_estimator(promised, X_test, y_test)

# %%
found = (promised.predict(X_test) == "poor")[y_test == "poor"].mean()
print(f"Of the poor bottles in the test rows, {found:.0%} are found.")

# %% [markdown]
# ## What to take home
#
# - Probabilities first, then a decision: `ReliabilityDisplay` looks at the one,
#   `ThresholdDisplay` at the other.
# - If costs are known, the threshold follows from them: `CostThresholdClassifier`. It
#   trusts the probabilities, so correct them if rows were resampled.
# - If a demand is known, say so, and how sure it should be:
#   `ConstrainedThresholdClassifier`.
# - SMOTE at one half is a decision as well, with costs that nobody chose.
