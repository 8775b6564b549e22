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
# # Excellent wines are rare
#
# *Can the many nearly excellent wines help to find the few excellent ones?*
#
# The table has white wines, graded by tasters; few are excellent. Grades are ordered, so
# the many *good* wines may carry information about the excellent ones. PRESTO uses this
# information. We compare it with proportional odds (parallel boundaries between grades)
# and with logistic regression for the rare class against the rest.

# %%
import warnings

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skrub import TableVectorizer

from imbsuite import (
    PrestoClassifier,
    PrestoClassifierCV,
    ProportionalOddsClassifier,
    compare,
)
from imbsuite.datasets import load_wine_white
from imbsuite.explore import PrestoPathDisplay, ThresholdDisplay

# Boundaries of PRESTO may cross for a few rows, with a warning each time.
warnings.filterwarnings("ignore", message="The boundaries cross")

X, points = load_wine_white(return_X_y=True)
grades = ["poor", "fair", "good", "excellent"]
codes = np.digitize(points, [3, 4, 5])
y = pd.Series(pd.Categorical.from_codes(codes, grades, ordered=True))
excellent = (y == "excellent").to_numpy()
y.value_counts(sort=False)

# %% [markdown]
# ## Three models, the same folds
#
# With all excellent wines, the models may hardly differ. To study a rare class, training
# folds keep only some of the excellent wines; test folds stay unchanged. We measure the
# *ranking* (average precision) and the *probabilities* (log-loss of "excellent or not").
# Probabilities are for the class proportions of the training rows, so excellent test rows
# are weighted accordingly. A fifth of the wines are copies of others; folds keep copies
# together.

# %%
KEPT = 25
models = {
    "PRESTO": PrestoClassifierCV(alphas=8, eps=0.003, cv=3),
    "proportional odds": ProportionalOddsClassifier(),
    "logistic, rare against rest": make_pipeline(
        StandardScaler(), LogisticRegression(C=np.inf, max_iter=1000)
    ),
}
copies = X.groupby(list(X)).ngroup()
folds = [
    fold
    for seed in (0, 1)
    for fold in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(
        X, y, copies
    )
]
rng = np.random.default_rng(0)

rows = []
for train, test in folds:
    rare = train[excellent[train]]
    kept = np.setdiff1d(train, rng.choice(rare, len(rare) - KEPT, replace=False))
    weight = np.where(excellent[test], KEPT / len(rare), 1.0)
    for name, model in models.items():
        target = excellent[kept] if name.startswith("logistic") else y.iloc[kept]
        fitted = clone(model).fit(X.iloc[kept], target)
        # As in all of scikit-learn, columns are in the order of the sorted labels.
        rarest = True if target.dtype == bool else "excellent"
        column = list(fitted.classes_).index(rarest)
        p = fitted.predict_proba(X.iloc[test])[:, column].clip(1e-15, 1 - 1e-15)
        rows.append(
            {
                "model": name,
                "average precision": average_precision_score(excellent[test], p),
                "log-loss": log_loss(excellent[test], p, sample_weight=weight),
            }
        )
scores = pd.DataFrame(rows)
scores.groupby("model", sort=False).mean().round(4)

# %% [markdown]
# Differences from PRESTO, fold by fold, with a standard error that accounts for training
# rows shared by folds (Nadeau and Bengio). A difference below two standard errors is not
# evidence.


# %%
def difference(values):
    """Return the mean difference and its standard error."""
    error = np.sqrt((1 / len(values) + 1 / 4) * values.var(ddof=1))
    return f"{values.mean():+.4f} ± {error:.4f}"


by_model = {
    name: part.drop(columns="model").reset_index(drop=True)
    for name, part in scores.groupby("model", sort=False)
}
presto = by_model.pop("PRESTO")
pd.DataFrame(
    {name: (part - presto).apply(difference) for name, part in by_model.items()}
).T

# %% [markdown]
# The two ordinal models are similar. The boundaries of this table are nearly parallel, so
# PRESTO shrinks almost completely to proportional odds, as it should; with different
# boundaries it does not (the user guide has a synthetic study). The benefit of the order
# of grades is the difference from logistic regression, which ignores it: see the log-loss
# and its standard error.
#
# ## Shared coefficients
#
# The penalty decreases from left to right. On the left all coefficients are zero; in the
# middle the boundaries are parallel; on the right they differ. Alcohol raises the grade at
# every boundary; volatile acidity lowers it, most at the boundary of the poor wines.

# %%
model = PrestoClassifierCV(alphas=15, eps=0.003).fit(X, y)
picture = PrestoPathDisplay.from_estimator(model, X)

# %% [markdown]
# ## From probabilities to a decision
#
# Which wines should be sent to a competition? `predict` returns the most probable grade,
# and "excellent" is hardly ever the most probable one. Precision and recall of
# "excellent" at every threshold, on wines that were not used for fitting:

# %%
half = np.arange(len(y)) % 2 == 0
fitted = PrestoClassifierCV(alphas=10, eps=0.003).fit(X[half], y[half])
picture = ThresholdDisplay.from_predictions(
    y[~half],
    fitted.predict_proba(X[~half]),
    classes=fitted.classes_,
    pos_label="excellent",
    threshold=0.1,
)

# %% [markdown]
# ## Text and missing values
#
# PRESTO needs numbers. For a table with text and missing values, put a `TableVectorizer`
# and an imputer in front of it; PRESTO standardizes the columns itself. Here the style of
# a wine is text, and the pH of every twentieth wine is unknown:

# %%
mixed = X.assign(style=np.where(X["residual sugar"] > 10, "sweet", "dry"))
mixed.loc[::20, "pH"] = np.nan
pipeline = make_pipeline(
    TableVectorizer(), SimpleImputer(), PrestoClassifierCV(alphas=10, eps=0.003)
)
pipeline.set_output(transform="pandas").fit(mixed[half], y[half])

# %% [markdown]
# A pipeline passes on `predict` and `predict_proba`. The probability of more than each
# grade is a method of its last step, which reads the output of the steps before it:

# %%
encoded = pipeline[:-1].transform(mixed[~half])
more_than = pipeline[-1].predict_exceed_proba(encoded)
pd.DataFrame(more_than, columns=[f"more than {grade}" for grade in grades[:-1]]).head()

# %% [markdown]
# Does resampling help an ordinal model? For ordered classes, `compare` also measures the
# ranked probability score.

# %%
comparison = compare(
    mixed,
    y,
    estimator={
        "PRESTO": make_pipeline(
            TableVectorizer(), SimpleImputer(), PrestoClassifier(alpha=0.002)
        )
    },
    strategies=["random-over", "temperature-2"],
    scoring=["average_precision", "log_loss"],
    cv=3,
)
comparison

# %% [markdown]
# ## Summary
#
# - Order is information: if the classes next to the rare one are large, an ordinal model
#   learns from them what a model of the rare class alone cannot.
# - PRESTO chooses by cross-validation how much the boundaries share: everything
#   (proportional odds), nothing, or something in between.
# - The result is probabilities. Choose a threshold for the decision by its purpose.
