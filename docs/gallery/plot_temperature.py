"""
Class sizes at a temperature
============================

One number between doing nothing (T = 1) and balance (T = ∞): sizes of classes with n rows
become proportional to n^(1/T). "over" adds rows, "under" removes rows, "same" does both.
"""

import matplotlib.pyplot as plt
import numpy as np

from imbsuite import Tempered

y = np.repeat(["common", "less common", "rare"], [1000, 100, 10])
temperatures = [1, 1.5, 2, 3, 5, float("inf")]

figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), sharey=True, layout="constrained")
for ax, mode in zip(axes, ["over", "same", "under"], strict=True):
    plans = [Tempered(T, mode=mode)(y) for T in temperatures]
    for label, marker in zip(plans[0], "osD", strict=True):
        ax.plot([plan[label] for plan in plans], f"{marker}-", label=label)
    ax.set(yscale="log", title=f'mode="{mode}"', xlabel="temperature")
    ax.set_xticks(range(len(temperatures)), [*map(str, temperatures[:-1]), "∞"])
axes[0].set_ylabel("rows of the class")
axes[0].legend()

# %%
# A temperature is a plan, so every sampler accepts it:
# ``SMOTE(sampling_strategy=Tempered(2))``. For weights instead of rows, use
# ``temperature_weights(y, 2)``.
print(Tempered(2)(y))
