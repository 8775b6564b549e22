"""
Where new rows fall
===================

Two moons, one of them thin. All samplers add the same number of rows; they differ in their
seeds and in the distances of new rows from them. CCR also removes common rows nearby.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import imbsuite

X, y = make_moons((300, 40), noise=0.2, random_state=0)
samplers = [
    imbsuite.SMOTE(random_state=0),
    imbsuite.BorderlineSMOTE(random_state=0),
    imbsuite.ADASYN(random_state=0),
    imbsuite.SafeLevelSMOTE(random_state=0),
    imbsuite.SVMSMOTE(random_state=0),
    imbsuite.KMeansSMOTE(random_state=0),
    imbsuite.ProWSyn(random_state=0),
    imbsuite.GeometricSMOTE(random_state=0),
    imbsuite.PolynomFitSMOTE(random_state=0),
    imbsuite.CCR(random_state=0),
    imbsuite.RCALSampler(random_state=0),
    imbsuite.RandomOverSampler(shrinkage=1, random_state=0),
]

figure, axes = plt.subplots(
    4, 3, figsize=(9, 10), sharex=True, sharey=True, layout="constrained"
)
for ax, sampler in zip(axes.flat, samplers, strict=True):
    with warnings.catch_warnings():
        # K-means SMOTE warns that no cluster is rare enough, and uses plain SMOTE.
        warnings.simplefilter("ignore", UserWarning)
        X_new, y_new = sampler.fit_resample(X, y)
    new = X_new[sampler.is_synthetic_]
    ax.plot(*X_new[y_new == 0].T, ".", color="0.8", label="common")
    ax.plot(*new.T, ".", color="#d55e00", markersize=4, label="new")
    ax.plot(*X[y == 1].T, "o", color="#0072b2", markersize=4, label="rare")
    ax.set_title(type(sampler).__name__)
axes[0, 0].legend(loc="lower left", fontsize="small")

# %%
# The parents of all new rows are recorded; these are the seeds of Borderline-SMOTE.
borderline = samplers[1]
seeds = np.unique(borderline.parents_[:, 0])
print(f"{len(seeds)} of {np.sum(y == 1)} rare rows are in danger.")
