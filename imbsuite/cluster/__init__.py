"""Balanced k-means, and classes split into subclasses."""

from imbsuite.cluster.balanced import BalancedKMeans
from imbsuite.cluster.encoder import SubclassEncoder

__all__ = ["BalancedKMeans", "SubclassEncoder"]
