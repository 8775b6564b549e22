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
# # Who needs a bed in intensive care?
#
# *Few patients become critical, few of them may be missed, and a nurse will ask whether
# "5 %" means 5 %.*
#
# Patients arrive at an emergency department, and later their illness turns out to be mild,
# moderate, severe or critical. The order is information: what makes a moderate case severe
# also makes a severe case critical, and moderate cases are common. Tables of patients with
# such grades are not public, so the first table is **made up** by the function below. It
# shows how to proceed, not how illness looks. The last part uses a real table.

# %%
import warnings

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    PrestoClassifierCV,
    ResampledClassifier,
    compare,
)
from imbsuite.datasets import load_hepatitis
from imbsuite.explore import ReliabilityDisplay, ThresholdDisplay

# Boundaries of PRESTO may cross for a few rows, with a warning each time.
warnings.filterwarnings("ignore", message="The boundaries cross")
# Notes of a comparison are warnings, too. Its table shows them.
warnings.filterwarnings("ignore", message="class 'died' has fewer than 10 rows")

GRADES = ["mild", "moderate", "severe", "critical"]


def make_patients(n=9000, seed=0):
    """Return measurements of patients, and how severe their illness turned out to be."""
    rng = np.random.default_rng(seed)
    age = rng.normal(55, 18, n).clip(18, 95)
    X = pd.DataFrame(
        {
            "age": age.round(),
            "oxygen saturation": (99 - rng.gamma(2, 1.3, n) - 0.02 * age).round(1),
            "breaths per minute": rng.normal(18, 4, n).round(),
            "systolic pressure": rng.normal(128, 18, n).round(),
            "heart rate": rng.normal(86, 15, n).round(),
            "temperature": rng.normal(37.4, 0.8, n).round(1),
            "C-reactive protein": rng.lognormal(2.6, 1.0, n).round(1),
            "lactate": rng.lognormal(0.3, 0.4, n).round(2),
        }
    )
    z = (X - X.mean()) / X.std()
    illness = (
        0.6 * z["age"] - 1.1 * z["oxygen saturation"] + 0.6 * z["breaths per minute"]
    )
    illness += 0.5 * np.log(X["C-reactive protein"]) - 0.3 * z["systolic pressure"]
    illness += rng.logistic(scale=0.6, size=n)
    # Lactate matters only between severe and critical.
    bounds = np.quantile(illness, [0.55, 0.86])
    grade = np.digitize(illness, bounds)
    worse = illness + 0.8 * z["lactate"] > np.quantile(illness, 0.97) + 0.8
    grade[(grade == 2) & worse] = 3
    y = pd.Series(pd.Categorical.from_codes(grade, GRADES, ordered=True))
    return X, y


X, y = make_patients()
y.value_counts(sort=False)

# %% [markdown]
# ## Order is information
#
# Three thousand patients are set aside to check what we do. Logistic regression for
# critical against the rest learns from the critical patients alone. PRESTO has a boundary
# between each two grades, and lets boundaries share coefficients as far as the data
# support it. How much does that help, with few patients and with many? For small numbers,
# we repeat the draw of the patients.

# %%
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=3000, stratify=y, random_state=0
)
critical = (y_test == "critical").to_numpy()
presto = PrestoClassifierCV(alphas=8, eps=0.003, cv=3)
logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
# As in all of scikit-learn, columns are in the order of the sorted labels.
column = sorted(GRADES).index("critical")


def log_losses(n_patients, seed):
    """Return the log-losses of "critical or not" after training on n patients."""
    drawn, _ = train_test_split(
        X_train.index, train_size=n_patients, stratify=y_train, random_state=seed
    )
    grade = y[drawn]
    by_order = presto.fit(X.loc[drawn], grade).predict_proba(X_test)[:, column]
    alone = logistic.fit(X.loc[drawn], grade == "critical").predict_proba(X_test)[:, 1]
    return {
        "patients": n_patients,
        "critical": (grade == "critical").sum(),
        "PRESTO": log_loss(critical, by_order),
        "logistic": log_loss(critical, alone),
    }


draws = {500: 6, 1500: 4, 5500: 1}
losses = [log_losses(n, seed) for n, k in draws.items() for seed in range(k)]
pd.DataFrame(losses).groupby(["patients", "critical"]).mean().round(4)

# %% [markdown]
# With ten critical patients, the others help. With a hundred, each model learns what there
# is to learn, and sharing has no benefit left for this grade. We continue with PRESTO on
# all six thousand, because it returns a probability for each grade.

# %%
presto.fit(X_train, y_train)
probabilities = pd.DataFrame(presto.predict_proba(X_test), columns=presto.classes_)
probabilities[GRADES].head().round(3)

# %% [markdown]
# `predict` returns the most probable grade, and misses many critical patients (last row).
# That is no fault of the model: a rare grade is seldom the most probable one, even where
# it is twenty times as probable as usual.

# %%
predicted = pd.Series(presto.predict(X_test), index=y_test.index)
pd.crosstab(y_test, predicted, rownames=["true"], colnames=["predicted"])[GRADES]

# %% [markdown]
# ## Probabilities that are true
#
# A probability that is read at the bedside has to mean what it says. SMOTE with logistic
# regression is a common recipe for rare classes. But its model has seen a table in which
# every other patient is critical, and believes it.

# %%
resampled = ResampledClassifier(SMOTE(random_state=0), logistic)
resampled.fit(X_train, y_train == "critical")
p_critical = {
    "PRESTO": probabilities["critical"],
    "SMOTE, logistic": resampled.predict_proba(X_test)[:, 1],
}
picture = ReliabilityDisplay.from_predictions(
    np.where(critical, "critical", "other"), p_critical, pos_label="critical", n_bins=4
)

# %%
for name, p in p_critical.items():
    print(f"{name}: {p.sum():,.0f} critical patients expected, {critical.sum()} came.")

# %% [markdown]
# Where SMOTE is needed, `correction="offset"` restores the original proportions. Here it is
# not: what a rare class needs is a threshold.
#
# ## Nine in ten must be found
#
# The ward wants to find at least nine in ten of the critical patients, with as few false
# alarms as possible. A threshold that did so on the patients of last year promises nothing
# for the next ones. With `confidence=0.95`, the constraint holds for new patients with this
# probability. That takes patients that the model has not seen: one half of our six thousand
# is for the model, the other for the threshold.

# %%
X_fit, X_tune, y_fit, y_tune = train_test_split(
    X_train, y_train, test_size=3000, stratify=y_train, random_state=0
)
fitted = FrozenEstimator(clone(presto).fit(X_fit, y_fit))
watch = ConstrainedThresholdClassifier(
    fitted, subject_to={"recall": 0.9}, confidence=0.95, pos_label="critical"
).fit(X_tune, y_tune)
picture = ThresholdDisplay.from_estimator(
    watch, X_test, y_test, metrics=["recall", "precision"]
)
shown = picture.ax_.set_xlim(-0.005, 0.3)

# %%
alert = watch.predict(X_test) == "critical"
print(f"Watch those with a probability of {watch.threshold_:.1%} or more:")
print(f"{alert.mean():.0%} of the new patients, and of the critical ones")
print(f"{alert[critical].sum()} of {critical.sum()}.")

# %% [markdown]
# At least nine in ten were promised for all patients to come, not for these few: among
# them, two or three more or fewer are chance. Whether one in ten may be missed is not a
# question for a model. If not, require a higher recall: more patients will be watched.
#
# ## When to refuse
#
# **A patient.** One threshold treats a patient just above it like one far above it. A
# second one leaves room for "I do not know": below the first the patient goes home; above
# the second, where every other patient is critical, a bed is prepared; a doctor decides
# on those in between. The second is a constraint, too, now on the precision.

# %%
bed = ConstrainedThresholdClassifier(
    fitted, maximize="recall", subject_to={"precision": 0.5}, pos_label="critical"
).fit(X_tune, y_tune)
p = watch.predict_proba(X_test)[:, column]
limits = [0, watch.threshold_, bed.threshold_, 1]
zone = pd.cut(p, limits, right=False, labels=["home", "doctor", "bed"])
print(f"Home below {watch.threshold_:.1%}, bed from {bed.threshold_:.1%}.")
pd.crosstab(zone, y_test, rownames=["decision"], colnames=["true"])

# %% [markdown]
# **A promise.** With two thousand patients, and room to watch a fifth of all, the same
# constraint cannot be promised. `fit` says so, and what could be, instead of returning a
# threshold that looks as if it could:

# %%
X_few, _, y_few, _ = train_test_split(
    X_train, y_train, train_size=2000, stratify=y_train, random_state=0
)
few = ConstrainedThresholdClassifier(
    presto,
    subject_to={"recall": 0.9, "alert_share": 0.2},
    confidence=0.95,
    pos_label="critical",
    random_state=0,
)
try:
    few.fit(X_few, y_few)
except ValueError as error:
    print(error)

# %% [markdown]
# **A conclusion.** Now a real table: 155 patients with hepatitis, 32 of whom died. Which
# strategy is best for it?

# %%
X_real, died = load_hepatitis(return_X_y=True)
comparison = compare(
    X_real,
    died.map({0: "lived", 1: "died"}),
    estimator={"boosting": HistGradientBoostingClassifier(max_iter=30)},
    strategies=["smote", "random-over"],
    scoring=["average_precision", "log_loss"],
)
comparison

# %%
for name, difference in comparison.detectable().items():
    print(f"{name}: differences of {difference:.2f} or more can be shown.")

# %% [markdown]
# The mean of a strategy may be above that of doing nothing, but the next 155 patients could
# show the contrary: the intervals contain 0, and only large differences could be shown.
# So we conclude nothing, and the model stays as it is.
#
# ## Summary
#
# - If grades are ordered, the frequent ones help with the rare one: `PrestoClassifierCV`.
# - Check probabilities with `ReliabilityDisplay`, and by their sum: as many cases as
#   expected should come.
# - A recall that has to hold for new patients needs `confidence=`, and enough cases.
# - Refuse where you do not know: patients between two thresholds, promises that the data
#   do not support, and conclusions within the noise.
