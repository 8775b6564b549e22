"""
Before and after
================

Class sizes of several plans, and the rows of a table before and after resampling:
hepatitis, 155 patients of whom 32 died, with numbers, categories and missing values.
"""

from imbsuite import SMOTE, Tempered
from imbsuite.datasets import load_hepatitis
from imbsuite.explore import ClassSizesDisplay, ResamplingDisplay

X, y = load_hepatitis(return_X_y=True)
plans = [Tempered(2), Tempered(5), Tempered(float("inf"))]
ClassSizesDisplay.from_plans(y, plans)

# %%
# New rows are hollow and joined to their two parents. The dimensions are principal
# components, fitted on the original rows.
sampler = SMOTE(sampling_strategy=Tempered(2), random_state=0)
ResamplingDisplay.from_sampler(sampler, X, y)
