"""
A decreasing temperature
========================

A linear model, trained for 20 epochs: with the original class sizes, with a constant
temperature, with a high temperature at first (Cooldown), and with balance at the end. The
loss is convex, so only the last temperature matters: Cooldown ends like T = 1.
"""

from sklearn.datasets import make_classification
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

from imbsuite import Cooldown, CooldownClassifier
from imbsuite.explore import EpochScoresDisplay

X, y = make_classification(10_000, weights=[0.95], class_sep=0.8, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

linear = SGDClassifier(loss="log_loss", alpha=1e-3, random_state=0)
models = {
    "T = 1": CooldownClassifier(linear, 1.0, random_state=0),
    "T = 5": CooldownClassifier(linear, 5.0, random_state=0),
    "Cooldown": CooldownClassifier(linear, Cooldown(), random_state=0),
    "late": CooldownClassifier(linear, Cooldown.late_rebalancing(), random_state=0),
}
display = EpochScoresDisplay.from_estimators(
    models, X_train, y_train, X_test=X_test, y_test=y_test, scoring="neg_log_loss"
)

# %%
# The ranking of rows, which a constant high temperature does not improve here.
display = EpochScoresDisplay.from_estimators(
    models, X_train, y_train, X_test=X_test, y_test=y_test
)
