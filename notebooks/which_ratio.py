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
# *How far should one go between the original class sizes and balance?*
#
# The temperature T is one number for this. Sizes of classes with n rows become
# proportional to n^(1/T); T = 1 changes nothing, T = ∞ makes all classes equal. We search
# the best T on white wines, graded by tasters, and find that it depends on the metric.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
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
# A plan sets the number of rows of each class. Every sampler accepts it as its
# `sampling_strategy`, and it can be drawn before resampling.

# %%
temperatures = [1, 1.5, 2, 3, 5, np.inf]
plans = [Tempered(T) for T in temperatures]
picture = ClassSizesDisplay.from_plans(y, plans)

# %% [markdown]
# ## A grid search over plans
#
# `ResampledClassifier` resamples in `fit` only, so it works in scikit-learn's search.
# Plans compare by value and have readable names in the results. We use two metrics: one
# of *labels*, where all classes count equally (balanced accuracy), and one of
# *probabilities* (log-loss). A fifth of the wines are copies of others; as groups, they
# stay in one fold.

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
    cv=StratifiedGroupKFold(5, shuffle=True, random_state=0),
    refit="balanced_accuracy",
)
search.fit(X, y, groups=X.groupby(list(X)).ngroup())
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
# two metrics have opposite answers. (Dotted: single folds; solid: their mean.)
#
# ## Interpretation
#
# The search tried many plans and reports the best. Only intervals that account for the
# number of plans, and for training rows shared by folds, can *show* that it is better.
# There is also a cheap alternative: other thresholds for the model without resampling.

# %%
plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
comparison = compare(
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
comparison

# %%
picture = comparison.plot("balanced_accuracy")

# %%
picture = comparison.plot("log_loss")

# %% [markdown]
# All classes count equally in balanced accuracy, so a high temperature improves it. Tuned
# thresholds improve it as well, without changing the probabilities. If rows are resampled
# anyway, a correction repairs most of the log-loss:

# %%
wanted = comparison.summary().query("metric in ['log_loss', 'log_loss_corrected']")
wanted.pivot_table(index="strategy", columns="metric", values="mean", sort=False).round(
    3
)

# %% [markdown]
# ## Summary
#
# - The temperature is a single parameter to tune, for any number of classes:
#   `{"sampler__sampling_strategy": [Tempered(1), Tempered(2), ...]}`.
# - Choose the metric first. For probabilities, and usually for rankings, T = 1 is hard to
#   beat; for metrics of labels, tune the *threshold* before you resample.
# - If a model is trained in epochs, the temperature can change: `Cooldown` and
#   `CooldownClassifier` start high, so that rare classes are seen early, and end at 1.
# - The best score of a search is optimistic. Report the comparison with its intervals.
