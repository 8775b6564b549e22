"""
Does resampling help?
=====================

Three strategies for a rare class, compared with doing nothing, fold by fold: 180 of 4,898
wines are excellent. If an interval includes zero, the difference is unclear.
"""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import compare
from imbsuite.datasets import load_wine_white

X, grade = load_wine_white(return_X_y=True)
linear = make_pipeline(StandardScaler(), LogisticRegression())
comparison = compare(
    X,
    grade >= 5,
    estimator={"logistic regression": linear},
    strategies=["class-weight", "random-under", "smote"],
)
print(comparison.sentences[0])

# %%
# Ranking:
display = comparison.plot("average_precision")

# %%
# The log-loss, which resampling increases and a correction reduces:
display = comparison.plot("log_loss")
