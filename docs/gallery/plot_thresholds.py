"""
Metrics against the threshold
=============================

With a rare class, 0.5 is rarely the right threshold. The marked threshold was tuned on
out-of-fold predictions; the curves are those of test rows.
"""

from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from imbsuite import TunedThresholdClassifier
from imbsuite.explore import ThresholdDisplay

X, y = make_classification(8_000, weights=[0.95], class_sep=0.8, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

model = TunedThresholdClassifier(LogisticRegression(), scoring="f1", random_state=0)
model.fit(X_train, y_train)
display = ThresholdDisplay.from_estimator(model, X_test, y_test)

# %%
# With more than two classes there is a panel for each.
X, y = make_classification(
    8_000, n_classes=3, n_informative=4, weights=[0.8, 0.15], random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
model = TunedThresholdClassifier(
    LogisticRegression(), scoring="f1_macro", random_state=0
)
model.fit(X_train, y_train)
display = ThresholdDisplay.from_estimator(
    model, X_test, y_test, metrics=["recall", "f1"]
)
