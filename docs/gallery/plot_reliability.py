"""
Probabilities before and after correction
=========================================

SMOTE makes a class of 5 % as large as the other, and the model then predicts probabilities
for it that are too high. An offset, fitted on out-of-fold predictions, restores the
original class proportions. The ranking does not change.
"""

from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from imbsuite import SMOTE, ResampledClassifier
from imbsuite.explore import ReliabilityDisplay

X, y = make_classification(20_000, weights=[0.95], class_sep=0.8, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

model = ResampledClassifier(
    SMOTE(random_state=0), LogisticRegression(), correction="offset", random_state=0
)
model.fit(X_train, y_train)
display = ReliabilityDisplay.from_estimator(model, X_test, y_test)

# %%
# The offset that is added to the log-odds:
print(model.offset_.round(2))
