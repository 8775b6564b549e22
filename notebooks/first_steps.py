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
# # First steps: a class that is very rare
#
# *Should I resample this table, and if so, what do I get?*
#
# Each row is a shell, and the rare class is the shells with 19 rings. They might as well
# be payments, of which the fraudulent ones must be found: numbers and a category, some
# missing values, and very few of the rows that matter.

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
# Tables at work have missing values: one cell in twenty gets lost.
lost = np.random.default_rng(0).random(X.shape) < 0.05
X = X.mask(lost)
X.head()

# %%
y.value_counts()

# %% [markdown]
# ## Look before anything is made
#
# How many rows a class should have afterwards is a *plan*. A ratio says how large the
# rare class becomes, measured by the largest; `"auto"` makes all classes equal. Nothing
# is resampled yet: plans need labels only.

# %%
picture = ClassSizesDisplay.from_plans(
    y, {"a twentieth": 0.05, "half": 0.5, "auto": "auto"}
)

# %% [markdown]
# A hundred new rows for every one that was measured: that is what `"auto"` means here,
# and it is the default of every library. Is it worth it?
#
# ## Ask the table
#
# `compare` fits the model with each strategy for the rare class and with none, on the
# same folds. Rows are resampled inside the training folds only; test folds stay as they
# are.

# %%
found = compare(
    X,
    y,
    strategies=["class-weight", "random-under", "smote"],
    estimator={"logistic regression": tabular_pipeline(LogisticRegression())},
)
for sentence in found.sentences:
    print(sentence)

# %% [markdown]
# The answer in a picture. First: are rare rows ranked higher? An interval that holds 0
# is no evidence either way.

# %%
picture = found.plot("average_precision")

# %% [markdown]
# Then the price. Log-loss tells whether probabilities can be believed; less is better.

# %%
picture = found.plot("log_loss")

# %% [markdown]
# And labels. All strategies find more of the rare rows at the usual threshold of one
# half, but so does moving the threshold of the model that was not resampled
# (*tuned-threshold*), which makes up no row and leaves the probabilities alone.

# %%
picture = found.plot("balanced_accuracy")

# %% [markdown]
# ## If you do resample
#
# `ResampledClassifier` puts a sampler in front of any classifier. It is an ordinary
# classifier of scikit-learn: it resamples in `fit`, never in `predict`, and can be the
# last step of a pipeline or be searched over. `correction="offset"` brings the
# probabilities back to what the rows that were not resampled say.

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
# Do the probabilities mean what they say, before the correction and after it? Points
# are bins of equal numbers of test rows; on the diagonal they are right.

# %%
picture = ReliabilityDisplay.from_estimator(model, X_test, y_test, n_bins=6)

# %% [markdown]
# ## Where a new row comes from
#
# The sampler takes the table as it is, with its category and its missing values, and
# gives back the same kind of table. The rows that were given come first and are unchanged.

# %%
sampler = SMOTE(sampling_strategy=0.05, random_state=0)
X_new, y_new = sampler.fit_resample(X, y)
sampler

# %% [markdown]
# Each new row lies between two parents, and says which. A number is a step on the way
# from the first to the second; a category is one of theirs.

# %%
first = np.flatnonzero(sampler.is_synthetic_)[0]
family = pd.concat([X.iloc[sampler.parents_[0]], X_new.iloc[[first]]])
family.index = ["first parent", "second parent", "new row"]
print(f"step: {sampler.steps_[0]:.2f}")
family

# %% [markdown]
# All of them at once, in two columns: filled marks are the rows that were given, hollow
# ones are new and joined to their parents. Rare shells do not stand apart from the
# others, so neither do rows made between them: that is why no strategy ranks much
# better.

# %%
picture = ResamplingDisplay.from_sampler(
    sampler, X, y, columns=["Shell_weight", "Diameter"], max_rows=1000
)

# %% [markdown]
# ## What to take home
#
# - Look first: a plan costs nothing to draw, and shows how much would be made up.
# - Ask the table, with intervals: `compare(X, y).plot()`. That nothing is shown to be
#   better is the usual answer.
# - Labels are a matter of the threshold, and probabilities suffer from resampling. Tune
#   the one, correct the other.
# - If you resample, do it inside the model (`ResampledClassifier`), and know where rows
#   come from (`parents_`, `steps_`).
