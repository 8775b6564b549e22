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
# # Multilabel targets
#
# *A machine sends several alarms at once, and most of them are rare. What helps?*
#
# Each row has a column of 0 and 1 for each label. We measure how rare the labels are,
# compare strategies with doing nothing, and fit what is worth it. The table is made up
# (`make_rare_labels`), so that the answer can be checked
# on as many new rows as we like.

# %%
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from imbsuite import StrategySearchCV, compare
from imbsuite.datasets import make_rare_labels
from imbsuite.explore import LabelImbalanceDisplay, label_imbalance
from imbsuite.folds.stratified import StratifiedFolds

names = ["pump", "valve", "leak", "heat", "noise", "sensor"]
shares = [0.4, 0.2, 0.1, 0.06, 0.04, 0.03]
table, labels = make_rare_labels(6000, shares=shares, random_state=0)
table = pd.DataFrame(table).add_prefix("x")
labels = pd.DataFrame(labels, columns=names)
X, new = table[:1500], table[1500:]
Y, Y_new = labels[:1500], labels[1500:]
Y.sum()

# %% [markdown]
# ## How rare are the labels?
#
# The imbalance of a label is the number of rows with the most frequent one, divided by
# its own. SCUMBLE tells whether rare labels come together with frequent ones.

# %%
found = label_imbalance(Y)
LabelImbalanceDisplay(found).plot()
plt.show()

# %% [markdown]
# ## Does any strategy help?
#
# Every metric is a mean over labels, and each label is a target of two classes with the
# positive class 1. "ml-ros" and "mlsmote" add rows to the rare labels, "smote" and
# "class-weight" do it for each label by itself. A tuned threshold changes no row.

# %%
comparison = compare(
    X, Y, estimator=LogisticRegression(C=0.1), cv=StratifiedFolds(5, 1)
)
comparison

# %% [markdown]
# Ranking (average precision) hardly changes. Macro F1 at a threshold of 0.5 rises with
# most strategies, and most of all with tuned thresholds alone. With thresholds tuned for
# all, the column "tuned" shows what the strategies add to them.

# %%
summary = comparison.summary().set_index(["metric", "strategy"])
summary.loc[
    ["f1_macro", "f1_macro_tuned"], ["mean", "difference", "low", "high", "verdict"]
]

# %% [markdown]
# ## Label by label
#
# The rarest labels gain most: at a threshold of 0.5 they are hardly ever found.

# %%
by_label = comparison.by_label.pivot_table(
    index="label", columns="strategy", values="recall"
)
by_label.loc[names, ["nothing", "mlsmote", "tuned-threshold"]].round(2)

# %% [markdown]
# ## One classifier of all labels
#
# `StrategySearchCV` compares, chooses, and fits model, strategy, correction and thresholds
# as one classifier. Here it tunes the thresholds for macro F1.

# %%
search = StrategySearchCV(
    LogisticRegression(C=0.1),
    ["mlsmote", "smote"],
    scoring="f1_macro",
    decide="f1_macro",
    cv=3,
    random_state=0,
)
search.fit(X, Y)
pd.Series(search.threshold_, index=search.label_names_).round(2)

# %%
plain = {name: LogisticRegression(C=0.1).fit(X, Y[name]).predict(new) for name in names}
pd.Series(
    {
        "a threshold of 0.5": f1_score(Y_new, pd.DataFrame(plain), average="macro"),
        f"{search.best_strategy_}, tuned": f1_score(
            Y_new, search.predict(new), average="macro"
        ),
    },
    name="macro F1 on new rows",
).round(3)

# %% [markdown]
# ## What to remember
#
# - Begin with thresholds: they cost nothing and change no probability.
# - New rows and weights move thresholds too, and spoil the probabilities.
# - Labels that are unknown in some rows are not 0: use `PartialLabelClassifier`.
