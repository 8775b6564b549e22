"""
Does it help?
=============

Three strategies for a rare class, compared with doing nothing, fold by fold: 180 of 4,898
wines are excellent. An interval that holds zero says that it is not clear.
"""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import compare
from imbsuite.datasets import load_wine_white

X, grade = load_wine_white(return_X_y=True)
linear = make_pipeline(StandardScaler(), LogisticRegression())
found = compare(
    X,
    grade >= 5,
    estimator={"logistic regression": linear},
    strategies=["class-weight", "random-under", "smote"],
)
print(found.sentences[0])

# %%
# Ranking:
display = found.plot("average_precision")

# %%
# The price, which a correction pays back:
display = found.plot("log_loss")
