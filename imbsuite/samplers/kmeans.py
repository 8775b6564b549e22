"""KMeans-SMOTE."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, StrOptions

from imbsuite._intervals import Interval
from imbsuite._random import draw_seed
from imbsuite._rows import of_rows
from imbsuite.base import BaseInterpolator, ClassView, TableView
from imbsuite.plan import largest_remainder


class KMeansSMOTE(BaseInterpolator):
    r"""SMOTE within clusters, with more new rows in sparse clusters.

    All rows are clustered, and the clusters in which the class has a sufficient share
    are selected. The new rows are distributed over the selected clusters in proportion
    to their sparsity

    .. math:: s = \bar d^{\,e} / m

    where m is the number of rows of the class in the cluster, :math:`\bar d` is their
    mean distance and e is the density exponent. The numbers are rounded by largest
    remainder. Within a cluster, SMOTE is used.

    Parameters
    ----------
    kmeans_estimator : int or clusterer, default=None
        None: ``MiniBatchKMeans`` with scikit-learn's default of 8 clusters. An int: the
        number of clusters. The clusterer is fitted on standardized columns, with
        missing numbers replaced by the mean and one-hot categories.
    cluster_balance_threshold : float or "auto", default="auto"
        The minimum share, in [0, 1], of the class in a selected cluster. "auto": half
        of the share of the class in all new rows (for two classes, one half).
    density_exponent : float or "auto", default="auto"
        e in the formula. "auto": :math:`0.16 \log_{1.6}(m)^{1.8}`, as in
        imbalanced-learn; the paper uses the number of columns.
    k_neighbors : int or object, default=2
        Number of neighbors from which a partner is drawn; a selected cluster has more
        rows of the class than this.
    seed_allocation
        This applies within each cluster.
    standardize
        This also applies to the clustering.

    Attributes
    ----------
    kmeans_estimator_ : clusterer
        The fitted clusterer.
    neighbors_recall_ : dict
        As in :class:`SMOTE`; only if ``k_neighbors`` is an object.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** The threshold applies to the share of the class among
    all rows of the cluster. If no cluster qualifies, all rows of the class form one
    cluster, with a warning (imbalanced-learn raises an error).

    **When it hurts.** With a rare class, often no cluster qualifies, and the result is
    the same as with SMOTE. The number of clusters matters and has no good default.

    References
    ----------
    Douzas, Bacao, Last. Improving imbalanced learning through a heuristic oversampling
    method based on k-means and SMOTE. Information Sciences 465 (2018), 1-20,
    :doi:`10.1016/j.ins.2018.06.056`.

    Examples
    --------
    >>> from imbsuite import KMeansSMOTE
    >>> X = [[0.0], [0.1], [0.2], [0.3], [9.0], [9.1], [9.2]]
    >>> sampler = KMeansSMOTE(kmeans_estimator=2, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, [0, 0, 0, 0, 1, 1, 1])
    >>> y_new.count(1)
    4
    """

    kmeans_estimator: Any = None
    cluster_balance_threshold: float | Literal["auto"] = "auto"
    density_exponent: float | Literal["auto"] = "auto"
    k_neighbors: Any = 2

    _name: ClassVar[str] = "kmeans-smote"
    kmeans_estimator_ = of_rows()
    _clusters = of_rows()
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "kmeans_estimator": [
            Interval(Integral, 1, None, closed="left"),
            HasMethods(["fit_predict"]),
            None,
        ],
        "cluster_balance_threshold": [
            Interval(Real, 0, 1, closed="both"),
            StrOptions({"auto"}),
        ],
        "density_exponent": [
            Interval(Real, 0, None, closed="left"),
            StrOptions({"auto"}),
        ],
    }

    def _prepare(self, table: TableView, y: Any, rng: np.random.Generator) -> None:
        rows = table.present
        clusterer = self._clusterer(len(rows))
        if "random_state" in clusterer.get_params():
            clusterer.set_params(random_state=draw_seed(rng))
        self._clusters = np.full(len(y), -1)
        self._clusters[rows] = clusterer.fit_predict(table.space.embed(rows))
        self.kmeans_estimator_ = clusterer

    def _clusterer(self, n_rows: int) -> Any:
        from sklearn.cluster import MiniBatchKMeans

        if hasattr(self.kmeans_estimator, "fit_predict"):
            return clone(self.kmeans_estimator)
        wanted = int(self.kmeans_estimator or 8)
        return MiniBatchKMeans(min(wanted, n_rows), n_init=3)

    def _propose(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        parts = self._parts(table)
        sparsity = np.array([self._log_sparsity(table, part) for part in parts])
        sizes = largest_remainder(np.exp(sparsity - sparsity.max()), n)
        seeds = [
            self._allocate(part, size, rng)
            for part, size in zip(parts, sizes.tolist(), strict=True)
        ]
        pairs = [
            self._partners(table, *both)
            for both in zip(seeds, rng.spawn(len(parts)), parts, strict=True)
        ]
        partners = np.concatenate([pair[0] for pair in pairs])
        voters = [pair[1] for pair in pairs if pair[1] is not None]
        joined = np.concatenate(voters) if voters else None
        return np.concatenate(seeds), partners, rng.random(n), joined

    def _parts(self, table: ClassView) -> list[Any]:
        """Return the rows of the class in each selected cluster."""
        threshold = self.cluster_balance_threshold
        if threshold == "auto":
            threshold = table.share / 2
        clusters = self._clusters[table.rows]
        sizes = np.bincount(self._clusters[table.present])
        own = np.bincount(clusters, minlength=len(sizes))
        good = (own >= threshold * sizes) & (own > self._k())
        rows = table.eligible(good[clusters], "is in a cluster that qualifies")
        if not good.any():
            return [rows]
        return [table.rows[clusters == c] for c in np.flatnonzero(good)]

    def _log_sparsity(self, table: ClassView, part: Any) -> float:
        """Return log(mean distance ** exponent / number of rows)."""
        m = len(part)
        mean = _mean_distance(table.space.embed(part))
        exponent = self.density_exponent
        if exponent == "auto":
            exponent = 0.16 * np.log(m) ** 1.8 / np.log(1.6) ** 1.8
        # A cluster of duplicates has a mean distance of 0 and is the least sparse.
        return float(exponent * np.log(max(mean, 1e-300)) - np.log(m))


def _mean_distance(points: Any) -> float:
    """Return the mean distance between two different rows, computed in blocks."""
    from sklearn.metrics import pairwise_distances_chunked

    m = points.shape[0]
    total = sum(float(block.sum()) for block in pairwise_distances_chunked(points))
    return total / max(m * (m - 1), 1)
