"""Clusters of equal size, and classes cut into them."""

from imbsuite.cluster.balanced import BalancedKMeans
from imbsuite.cluster.encoder import SubclassEncoder

__all__ = ["BalancedKMeans", "SubclassEncoder"]
