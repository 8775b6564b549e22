"""Data shared by the decision tests: probabilities that depend on the labels."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_classification


def informed(rng, n, shares, strength=1.0):
    """Return probabilities that are informative about the labels, and the labels."""
    y = np.append(
        np.arange(len(shares)), rng.choice(len(shares), n - len(shares), p=shares)
    )
    p = rng.dirichlet(np.ones(len(shares)), size=n) + strength * np.eye(len(shares))[y]
    return p / p.sum(axis=1, keepdims=True), y


def two_classes(n=600, share=0.1, seed=0):
    return make_classification(
        n, n_features=5, weights=[1 - share], class_sep=0.8, random_state=seed
    )


def pair(p1):
    """Return the probabilities of two classes, given those of the second."""
    return np.column_stack([1 - p1, p1])
