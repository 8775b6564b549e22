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
# # Which ratio?
#
# *Between leaving the classes as they are and making them equal, how far should one
# go?*
#
# One number says how far: the temperature T. Classes of n rows are seen in proportion
# to n^(1/T); T = 1 changes nothing, T = ∞ makes all classes equal. We look for the best
# T on white wines, graded by tasters, and find that it depends on what is asked.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import RandomOverSampler, ResampledClassifier, Tempered, compare
from imbsuite.datasets import load_wine_white
from imbsuite.explore import ClassSizesDisplay

X, grade = load_wine_white(return_X_y=True)
names = np.array(["poor", "fair", "good", "excellent"])
y = pd.Series(names[np.digitize(grade, [2, 4, 5])])
y.value_counts()

# %% [markdown]
# ## Temperatures are plans
#
# A plan says how many rows each class should have. Any sampler takes it as its
# `sampling_strategy`, and it can be looked at before any row is made.

# %%
temperatures = [1, 1.5, 2, 3, 5, np.inf]
plans = [Tempered(T) for T in temperatures]
picture = ClassSizesDisplay.from_plans(y, plans)

# %% [markdown]
# ## A grid search over plans
#
# `ResampledClassifier` resamples inside `fit` only, so scikit-learn's search needs
# nothing special. Plans compare by value, and have a readable name in the results. Two
# questions at once: are *labels* right for all classes alike (balanced accuracy), and
# can *probabilities* be believed (log-loss)?

# %%
model = ResampledClassifier(
    RandomOverSampler(random_state=0),
    make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
    random_state=0,
)
search = GridSearchCV(
    model,
    {"sampler__sampling_strategy": plans},
    scoring=["balanced_accuracy", "neg_log_loss"],
    cv=StratifiedKFold(5, shuffle=True, random_state=0),
    refit="balanced_accuracy",
)
search.fit(X, y)
results = pd.DataFrame(search.cv_results_).set_index("param_sampler__sampling_strategy")
results[["mean_test_balanced_accuracy", "mean_test_neg_log_loss"]].round(3)

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
for ax, score in zip(axes, ["balanced_accuracy", "neg_log_loss"], strict=True):
    folds = results[[f"split{k}_test_{score}" for k in range(5)]]
    places = range(len(plans))
    ax.plot(places, folds, ":", color="0.6")
    ax.plot(places, folds.mean(axis=1), "o-", color="#0072B2")
    ax.set_xticks(places, [f"{T:g}".replace("inf", "∞") for T in temperatures])
    ax.set(xlabel="temperature", ylabel=score.replace("_", " "))

# %% [markdown]
# The higher the temperature, the better the labels and the worse the probabilities: the
# two questions have opposite answers. (Dotted: the single folds; solid: their mean.)
#
# ## An honest reading
#
# The search has tried many plans and reports the best. Only intervals that
# allow for the number of plans, and for rows that folds share, can *show* that it is
# better. And there is a rival that costs nothing: moving the thresholds of the model
# without resampling.

# %%
plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
found = compare(
    X,
    y,
    strategies={
        f"T = {T:g}": RandomOverSampler(sampling_strategy=Tempered(T), random_state=0)
        for T in (2, 5, np.inf)
    },
    estimator={"logistic regression": plain},
    scoring=["balanced_accuracy", "log_loss", "log_loss_corrected"],
    cv=3,
)
picture = found.plot("balanced_accuracy")

# %%
picture = found.plot("log_loss")

# %% [markdown]
# Balanced accuracy asks for classes that count alike, and this is what a high
# temperature gives, but the tuned thresholds get there as well, with probabilities that
# stay as they are. If rows have been resampled anyway, a correction brings most of the
# log-loss back:

# %%
wanted = found.summary().query("metric in ['log_loss', 'log_loss_corrected']")
wanted.pivot_table(index="strategy", columns="metric", values="mean", sort=False).round(
    3
)

# %% [markdown]
# ## What to take home
#
# - The temperature is one number to search over, for any number of classes:
#   `{"sampler__sampling_strategy": [Tempered(1), Tempered(2), ...]}`.
# - Say first what is asked. For probabilities, and for rankings as a rule, T = 1 is
#   hard to beat; labels by another metric want another *threshold* before they want
#   another table.
# - Where a model is trained in epochs, the temperature need not stay the same:
#   `Cooldown` and `CooldownClassifier` begin high, so that rare classes are seen early,
#   and end at 1.
# - The best of a search flatters itself. Quote the comparison, with its intervals.
