"""
Small classes borrow from large ones
====================================

RCAL models each class as a Gaussian. Six rows do not determine a covariance; with ``gamma``
the small class borrows the covariances of the nearest large classes.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse

from imbsuite import RCALSampler

rng = np.random.default_rng(7)
truth = np.array([[1.0, 0.8], [0.8, 1.0]])
X = np.concatenate(
    [
        rng.multivariate_normal([0, 0], truth, 300),
        rng.multivariate_normal([5, 0], truth, 200),
        rng.multivariate_normal([2.5, 3], truth, 6),
    ]
)
y = np.repeat(["large", "less large", "small"], [300, 200, 6])


def draw_ellipse(ax, mean, covariance, **style):
    """Draw the ellipse that contains 95 % of a Gaussian."""
    values, vectors = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(*vectors[::-1, 1]))
    width, height = 2 * np.sqrt(5.99 * values[::-1])
    ax.add_patch(Ellipse(mean, width, height, angle=angle, fill=False, **style))


figure, axes = plt.subplots(
    1, 3, figsize=(11, 3.8), sharex=True, sharey=True, layout="constrained"
)
for ax, gamma in zip(axes, [0.0, 0.3, 0.6], strict=True):
    sampler = RCALSampler(gamma=gamma, share="cov", contamination=0, random_state=0)
    X_new, y_new = sampler.fit_resample(X, y)
    new = sampler.is_synthetic_ & (y_new == "small")
    ax.plot(*X[y != "small"].T, ".", color="0.8")
    ax.plot(*X_new[new].T, ".", color="#d55e00", markersize=3, label="new")
    ax.plot(*X[y == "small"].T, "o", color="#0072b2", markersize=5, label="small class")
    draw_ellipse(ax, [2.5, 3], truth, edgecolor="0.3", linestyle="--", label="truth")
    ax.set_title(f"gamma = {gamma}")
axes[0].legend(fontsize="small", loc="lower left")

# %%
# The covariance of the six rows, and the calibrated covariance of the last panel. The true
# covariance has 1 on the diagonal and 0.8 off the diagonal.
print(sampler.covariances_["small"].round(2))
print(sampler.calibrated_covariances_["small"].round(2))
