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
# # Which payments should be reviewed?
#
# *A missed fraud costs its amount, a review costs four euros, and the team has time for
# two reviews a day.*
#
# Tables of real payments are not public, so this one is **made up**: the function below
# draws the card payments of a small shop over 130 days. It shows how to get from a table
# to alerts, not what fraud looks like. Three things are as in practice: fraud is rare, the
# amounts differ widely, and fraud changes. A second kind, small payments in quick
# succession, starts after four weeks.

# %%
import warnings

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.ensemble import HistGradientBoostingClassifier

from imbsuite import ConstrainedThresholdClassifier, compare
from imbsuite.explore import ReliabilityDisplay

# Each note of a comparison is also a warning. Its table shows the notes.
warnings.filterwarnings("ignore", message=".*folds in time")


def make_payments(n_days=130, per_day=80, seed=0):
    """Return payments in the order of time, whether each is fraud, and its day."""
    rng = np.random.default_rng(seed)
    n = n_days * per_day
    day = np.repeat(np.arange(n_days), per_day)
    stolen = rng.random(n) < 0.015
    burst = ~stolen & (day >= 28) & (rng.random(n) < 0.008)
    fraud = stolen | burst
    at_night = rng.random(n) < 0.4 * stolen
    hour = np.where(at_night, rng.integers(0, 6, n), rng.normal(15, 4, n) % 24)
    X = pd.DataFrame(
        {
            "amount": rng.lognormal(3.4 + 1.2 * stolen - 0.5 * burst, 1.0).round(2),
            "hour": hour.astype(int),
            "minutes since last": rng.exponential(np.where(burst, 15, 600)).round(),
            "new device": rng.random(n) < np.where(stolen, 0.6, 0.1),
            "kilometers from home": rng.lognormal(2 + 1.5 * stolen, 1.2).round(1),
            "days of account": rng.exponential(np.where(fraud, 400, 900)).round(),
        }
    )
    return X, pd.Series(np.where(fraud, "fraud", "honest")), pd.Series(day)


X, y, day = make_payments()
y.value_counts()

# %% [markdown]
# ## What is known tonight
#
# It is the evening before day 112. Customers notice a fraud within a week, so the labels of
# the last seven days are not final, and no model can be trained on them. Days 112 to
# 129 are the future: we look at them at the very end, to see whether the promises held.

# %%
known, future = day < 105, day >= 112
X_known, y_known, day_known = X[known], y[known], day[known]
weeks = (day_known // 14 * 14).rename("from day")
pd.crosstab(weeks, y_known, colnames=["payments"]).T

# %% [markdown]
# ## Costs in a column
#
# Every missed fraud has a cost of its own, so `cost` names the column. A review takes the
# same time whether the payment turns out to be fraud (tp) or not (fp). Reviewing is worth
# its four euros if the probability of fraud, times the amount, is at least four: there is
# not one threshold but one for each payment.

# %%
cost = {"fp": 4, "tp": 4, "fn": "amount"}

# %% [markdown]
# ## Folds that do not look ahead
#
# Random folds would use the fraud of tomorrow to recognize that of today, so they promise
# too much as soon as fraud changes. With `times=`, each period is predicted by a model of
# the days before it, and `embargo=` leaves out the week without final labels. The scores
# are those of the procedure that we are about to start, had it run for three months.

# %%
model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=0)
comparison = compare(
    X_known,
    y_known,
    estimator={"boosting": model},
    strategies=["class-weight", "smote"],
    scoring=["average_precision"],
    cost=cost,
    times=day_known,
    embargo=7,
    cv=4,
)
comparison

# %% [markdown]
# With so few frauds per period, the intervals are wide, and no strategy is shown to be
# cheaper. Then the simplest one is right: the model as it is, which decides by expected
# cost. `fit_best` fits it on all rows with a known label, and `code` writes it down.

# %%
by_cost = comparison.fit_best(X_known, y_known, "cost")
print(comparison.code("cost"))

# %% [markdown]
# ## What to expect
#
# Before anything goes live, the head of the team asks how much work it makes and how much
# money it saves. The comparison kept the prediction of every payment by an earlier model,
# so the answer takes no further fits: the confusion matrix and the cost of 1,000 payments.

# %%
chosen = comparison.best("cost")
past = next(p for p in comparison.predictions if (p.model, p.strategy) == chosen)
p_fraud = past.corrected[:, 0]
amount = X_known["amount"].to_numpy()[past.rows]
is_fraud = (y_known == "fraud").to_numpy()[past.rows]


def per_1000(alert, fraud, amount):
    """Return the confusion matrix of 1,000 payments, and their cost in euros."""
    cells = {
        "fraud, reviewed": fraud & alert,
        "honest, reviewed": ~fraud & alert,
        "fraud, missed": fraud & ~alert,
        "honest, passed": ~fraud & ~alert,
    }
    counts = {name: 1000 * cell.mean() for name, cell in cells.items()}
    euros = 1000 * np.where(alert, 4, np.where(fraud, amount, 0)).mean()
    return {**counts, "euros": euros}


expected = {
    "review nothing": np.zeros(len(p_fraud), bool),
    "probability of at least one half": p_fraud >= 0.5,
    "by expected cost": p_fraud * amount >= 4,
}
pd.DataFrame(
    {name: per_1000(alert, is_fraud, amount) for name, alert in expected.items()}
).T.round(1)

# %% [markdown]
# These costs rely on the probabilities, and many alerts on small ones: a large amount is
# worth a review long before fraud is likely. Are the probabilities true, for payments
# later than those that the model was fitted to? The bars should reach the diagonal.

# %%
picture = ReliabilityDisplay.from_predictions(
    np.where(is_fraud, "fraud", "honest"), p_fraud, pos_label="fraud", n_bins=6
)

# %% [markdown]
# Where alerts are decided, on the right, they are. The first point is far too high: of the
# payments that look most harmless, more are fraud than predicted. When were these?

# %%
most_harmless = p_fraud <= np.quantile(p_fraud, 1 / 6)
missed = day_known.to_numpy()[past.rows][most_harmless & is_fraud]
pd.Series(missed // 14 * 14).value_counts().sort_index().rename_axis("from day")

# %% [markdown]
# In the first weeks of the second kind of fraud, which no model had seen before. No
# probability covers what has not happened yet: keep a few random reviews, and fit often.

# %% [markdown]
# ## Two reviews a day
#
# Costs do not know how many people are on duty.

# %%
per_day = 80
alerts_per_day = (p_fraud * amount >= 4).mean() * per_day
print(f"By expected cost there are {alerts_per_day:.1f} alerts a day. We can review 2.")

# %% [markdown]
# There are two ways to stay within the budget. The first is a constraint: of all thresholds
# with at most 2.5 % of alerts, take the one that finds most frauds. It is a single number,
# easy to explain, and it can decide while the customer waits; but it treats all frauds
# alike. With `confidence=0.9`, the constraint holds for new payments with this probability,
# not only for those that the threshold was tuned on. `cv` is one split in time: fit on the
# days before 70, tune on those from 77.

# %%
earlier, later = np.flatnonzero(day_known < 70), np.flatnonzero(day_known >= 77)
by_share = ConstrainedThresholdClassifier(
    model,
    maximize="recall",
    subject_to={"alert_share": 2 / per_day},
    confidence=0.9,
    cv=[(earlier, later)],
).fit(X_known, y_known)
print(f"Alert at a probability of fraud of {by_share.threshold_:.3f} or more.")

# %% [markdown]
# The second way uses the costs: every evening, review the two payments for which a review
# saves most. `expected_cost` returns the expected cost of both decisions.

# %%
X_future, y_future, day_future = X[future], y[future], day[future]
euros = pd.DataFrame(
    by_cost.expected_cost(X_future), columns=by_cost.classes_, index=X_future.index
)
saving = euros["honest"] - euros["fraud"]
rank = saving.groupby(day_future).rank(ascending=False, method="first")
most_savings = (rank <= 2) & (saving >= 0)

# %% [markdown]
# ## What happened
#
# Now the future. The figures are again for 1,000 payments.

# %%
rules = {
    "review nothing": np.zeros(len(X_future), bool),
    "by expected cost, no budget": by_cost.predict(X_future) == "fraud",
    "a share of 2.5 %, most frauds": by_share.predict(X_future) == "fraud",
    "2 a day, most savings": most_savings.to_numpy(),
}
fraud_future = (y_future == "fraud").to_numpy()
amount_future = X_future["amount"].to_numpy()
outcome = {
    name: per_1000(alert, fraud_future, amount_future) for name, alert in rules.items()
}
pd.DataFrame(outcome).T.round(1)

# %%
figure, axes = plt.subplots(3, sharex=True, sharey=True, figsize=(6, 5.4))
for ax, (name, alert) in zip(axes, list(rules.items())[1:], strict=True):
    for kind, color in ((alert, "#0072B2"), (alert & fraud_future, "#D55E00")):
        counts = pd.Series(kind).groupby(day_future.to_numpy()).sum()
        ax.bar(counts.index, counts, color=color)
    ax.axhline(2, color="0.3", linestyle="--", linewidth=1)
    ax.set_title(name, fontsize="medium", loc="left")
axes[1].set(ylabel="alerts", yticks=range(0, 9, 2))
axes[2].set(xlabel="day", xticks=range(112, 130, 3))
figure.legend(
    ["budget", "honest", "fraud"], loc="upper right", ncols=3, fontsize="small"
)
figure.tight_layout()

# %% [markdown]
# A share of alerts is at best kept on average: some days have hardly any and others twice
# the budget, and more fraud than before means more alerts than planned. The guarantee is
# for payments like those before, and these are not. The ranking within a day keeps the
# budget on every day, and spends it on large amounts; but it has to wait for the evening.
#
# What the budget costs is the difference between the second row of the table and the
# last, and that is the argument for another reviewer:

# %%
reviews = sum(rules["by expected cost, no budget"]) - sum(most_savings)
lost = outcome["2 a day, most savings"]["euros"]
lost -= outcome["by expected cost, no budget"]["euros"]
print(
    f"Without the budget there are {reviews / 18:.1f} more reviews a day, "
    f"and each saves {lost * len(X_future) / 1000 / reviews:.0f} euros beyond its cost."
)

# %% [markdown]
# ## Summary
#
# - Measure as you will use the model: folds in time, and an embargo for labels that come
#   late.
# - If costs are in a column, the decision follows from the probabilities. Resampling would
#   change them, and here it saves nothing.
# - Promise what earlier models would have done on later days, for 1,000 rows, in euros.
#   `comparison.predictions` has all that is needed.
# - A budget is either a constraint on the share of alerts, or a number per day: then rank
#   the rows of a day by what a review is expected to save.
