"""
The rare end of an order
========================

White wines are poor, fair, good or excellent; 180 of 4,898 are excellent. PRESTO fits a
boundary between adjacent grades, and the boundary of the rare last grade borrows from the
others. The penalty decreases from left to right, and the boundaries separate.
"""

import numpy as np

from imbsuite import PrestoClassifierCV
from imbsuite.datasets import load_wine_white
from imbsuite.explore import PrestoPathDisplay

X, y = load_wine_white(return_X_y=True)
grades = ["poor", "fair", "good", "excellent"]
y = np.array(grades)[np.digitize(y, [3, 4, 5])]

model = PrestoClassifierCV(categories=grades, alphas=20, eps=0.001).fit(X, y)
display = PrestoPathDisplay.from_estimator(model, X)
display.figure_.set_size_inches(12, 4.6)

# %%
# Mean probabilities of better than poor, better than fair, better than good:
print(model.predict_exceed_proba(X).mean(axis=0).round(3))
