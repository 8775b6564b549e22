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
# # A very rare class
#
# *Should I resample this table, and what is the result?*
#
# Each row is a shell, and the rare class is the shells with 19 rings. The table resembles
# others with rare classes, such as payments with a few fraudulent ones: it has numbers, a
# category, some missing values, and very few rows of the class of interest.

# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from skrub import tabular_pipeline

from imbsuite import SMOTE, ResampledClassifier, compare
from imbsuite.datasets import load_abalone19
from imbsuite.explore import ClassSizesDisplay, ReliabilityDisplay, ResamplingDisplay

X, y = load_abalone19(return_X_y=True)
y = y.map({0: "usual", 1: "rare"})
# Real tables have missing values, so we remove 5 % of the cells.
lost = np.random.default_rng(0).random(X.shape) < 0.05
X = X.mask(lost)
X.head()

# %%
y.value_counts()

# %% [markdown]
# ## Plans
#
# A *plan* is the number of rows of each class after resampling. A ratio sets the size of
# the rare class relative to the largest; `"auto"` makes all classes equal. Plans depend on
# labels only, so we can draw them before any resampling.

# %%
picture = ClassSizesDisplay.from_plans(
    y, {"a twentieth": 0.05, "half": 0.5, "auto": "auto"}
)

# %% [markdown]
# `"auto"`, the default of every library, means more than a hundred new rows for every
# original one here. Does it help?
#
# ## Compare strategies
#
# `compare` fits the model with each strategy for the rare class, and without any, on the
# same folds. Only training folds are resampled; test folds stay unchanged. Without
# `scoring`, it measures more: calibration, for example, or costs.

# %%
comparison = compare(
    X,
    y,
    strategies=["class-weight", "random-under", "smote"],
    scoring=["average_precision", "log_loss", "balanced_accuracy"],
    estimator={"logistic regression": tabular_pipeline(LogisticRegression())},
)
comparison

# %% [markdown]
# The answer comes first; `print(comparison)` shows the table of all metrics, and
# `comparison.sentences` the price in probabilities:

# %%
for sentence in comparison.sentences:
    print(sentence)

# %% [markdown]
# The same as plots. First the ranking: are rare rows ranked higher? An interval that
# includes 0 is not evidence for a difference.

# %%
picture = comparison.plot("average_precision")

# %% [markdown]
# Then the price: log-loss measures the quality of probabilities; less is better.

# %%
picture = comparison.plot("log_loss")

# %% [markdown]
# Finally the labels. All strategies find more rare rows at the default threshold of one
# half, but so does another threshold for the model without resampling
# (*tuned-threshold*), which adds no synthetic rows and does not change probabilities.

# %%
picture = comparison.plot("balanced_accuracy")

# %% [markdown]
# ## If you do resample
#
# `ResampledClassifier` combines a sampler with any classifier. It is an ordinary
# scikit-learn classifier: it resamples in `fit`, never in `predict`, and can be the last
# step of a pipeline or be tuned in a search. `correction="offset"` restores the original
# class proportions in the probabilities.

# %%
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
sampler = SMOTE(sampling_strategy=0.1, random_state=0)
model = ResampledClassifier(
    sampler, tabular_pipeline(LogisticRegression()), correction="offset", random_state=0
)
model = model.fit(X_train, y_train)

# %% [markdown]
# Are the probabilities calibrated, before and after the correction? Points are bins with
# equal numbers of test rows; calibrated probabilities lie on the diagonal.

# %%
picture = ReliabilityDisplay.from_estimator(model, X_test, y_test, n_bins=6)

# %% [markdown]
# ## Where a new row comes from
#
# The sampler accepts the table with its category and its missing values, and returns the
# same kind of table. The original rows come first and are unchanged.

# %%
sampler = SMOTE(sampling_strategy=0.05, random_state=0)
X_new, y_new = sampler.fit_resample(X, y)
sampler

# %% [markdown]
# Each new row lies between two parents, which the sampler records. Numbers are
# interpolated between the parents; a category is that of one of them.

# %%
first = np.flatnonzero(sampler.is_synthetic_)[0]
family = pd.concat([X.iloc[sampler.parents_[0]], X_new.iloc[[first]]])
family.index = ["first parent", "second parent", "new row"]
print(f"step: {sampler.steps_[0]:.2f}")
family

# %% [markdown]
# Now all rows in two columns: filled marks are original rows, hollow marks are new and
# joined to their parents. Rare shells are not separated from the others, so neither are
# the rows between them: this is why no strategy ranks much better.

# %%
picture = ResamplingDisplay.from_sampler(
    sampler, X, y, columns=["Shell_weight", "Diameter"], max_rows=1000
)

# %% [markdown]
# ## Summary
#
# - Draw the plan first: it shows how many rows would be synthetic.
# - Compare strategies with intervals: `compare(X, y).plot()`. Usually no strategy is
#   shown to be better.
# - Labels depend on the threshold, and resampling distorts probabilities. Tune the
#   threshold and correct the probabilities.
# - If you resample, do it inside the model (`ResampledClassifier`). `parents_` and
#   `steps_` tell where new rows come from.
