"""Under-sampling by k-means: one row for each cluster."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from imbsuite._neighborhoods import split_by_plan
from imbsuite._neighbors import batches, lloyd
from imbsuite._random import Seed, draw_seed
from imbsuite._rows import of_rows
from imbsuite._table import Draw
from imbsuite._table.gate import Gate
from imbsuite._types import Codes, Floats, Positions
from imbsuite._views import Plan
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind

# Classes with more sparse rows than this are clustered by mini-batches.
_MOST_ROWS = 10_000
# Number of cells whose distances are computed at once.
_CELLS = 2**17


class ClusterCentroids(BaseSelector):
    """Keep one row of each cluster of a large class, weighted by the cluster size.

    k-means divides a class that is cut to n rows into n clusters. In each cluster, the
    row nearest to the center is kept.

    Parameters
    ----------
    standardize
        This also applies to the clustering.
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
        The plan: the maximum size of each class. "auto": the size of the smallest
        class. A ratio r: the size of the smallest class / r.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_out,)
        The total weight of the rows that each row represents: without weights, the size
        of its cluster, or 1 in classes that are not cut.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    Clusters are found by k-means (Lloyd's algorithm, with the tolerance of ``KMeans``)
    from n drawn rows, on numbers scaled as for distances, with missing numbers replaced
    by the mean and one-hot categories. Rows are read in blocks. Sparse rows, and rows
    with more than 128 categories, are clustered by ``KMeans``, and by
    ``MiniBatchKMeans`` if a class has more than 10,000 of them. If k-means finds fewer
    than n clusters, as with many equal rows, the rows farthest from their centers
    become clusters of their own. Rows with zero weight are neither kept nor clustered.

    Weighted by ``sample_weight_``, the classes keep their original proportions. To use
    these weights, pass them to the ``fit`` method of an estimator: pipelines, chains and
    :class:`ResampledClassifier` pass each row's own weight instead, and
    ``effective_prior_`` is that of these weights.

    **Departs from imbalanced-learn.** Only rows of the table are kept, as with
    ``voting="hard"``, but never one row for several centers. Centers themselves
    (``voting="soft"``) are not rows of the table and have no categories.

    **When it hurts.** Rows in dense regions are thinned out and isolated rows are kept,
    so without the weights, densities and probabilities are wrong in a way that no
    correction for the class proportions repairs.

    References
    ----------
    Yen, Lee. Cluster-Based Under-Sampling Approaches for Imbalanced Data Distributions.
    Expert Systems with Applications 36(3) (2009), 5718-5727,
    :doi:`10.1016/j.eswa.2008.06.108`.

    Examples
    --------
    >>> from imbsuite import ClusterCentroids
    >>> X = [[0.0], [0.1], [0.2], [8.9], [9.0], [9.1], [5.0], [5.1]]
    >>> sampler = ClusterCentroids(random_state=0)
    >>> sampler.fit_resample(X, [0, 0, 0, 0, 0, 0, 1, 1])
    ([[0.1], [9.0], [5.0], [5.1]], [0, 0, 1, 1])
    >>> sampler.sample_weight_
    array([3., 3., 1., 1.])
    """

    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "cluster-centroids"
    _kind: ClassVar[Kind] = "under"
    _broken_laws: ClassVar[Mapping[str, str]] = {
        "weightless_rows_are_no_parents": "weights are those of clusters",
    }
    _weights = of_rows()

    def _select(
        self, table: TableView, y: Codes, plan: Plan, rng: np.random.Generator
    ) -> Positions:
        kept, cut = split_by_plan(table, y, plan)
        if table.weight is None:
            self._weights = np.ones(len(y))
        else:
            self._weights = table.weight.astype(np.float64)
        streams = rng.spawn(len(table.labels))
        chosen = [kept]
        for label, rows in cut.items():
            if plan[label]:
                clusters = _clusters(table, rows, plan[label], streams[label])
                stays, totals = _representatives(
                    *clusters, plan[label], self._weights[rows]
                )
                chosen.append(rows[stays])
                self._weights[rows[stays]] = totals
        return np.concatenate(chosen)

    def _remember(self, draw: Draw, codes: Codes, gate: Gate) -> None:
        super()._remember(draw, codes, gate)
        self.sample_weight_ = self._weights[draw.origins]


def _clusters(
    table: TableView, rows: Positions, n: int, rng: np.random.Generator
) -> tuple[Any, Floats]:
    """Return each row's cluster, and its relative squared distance to the center."""
    points = table.space.embedding(rows)
    weight = None if table.weight is None else table.weight[rows]
    # Start at rows drawn uniformly: rounding can change draws by distance (k-means++).
    first = points.at(np.sort(rng.choice(len(rows), n, replace=False)))
    labels, squared = (
        _of_sparse(points.at(), first.toarray(), weight, draw_seed(rng))
        if points.sparse
        else lloyd(points, first, weight)
    )
    # Round, so that the two rows of a small cluster are exactly equally near.
    relative: Floats = np.round(squared / (squared.max() or 1.0), 9)
    return labels, relative


def _of_sparse(
    points: Any, first: Floats, weight: Floats | None, seed: int
) -> tuple[Codes, Floats]:
    """Return the cluster of each sparse row, and its squared distance to the center."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    kind = KMeans if points.shape[0] <= _MOST_ROWS else MiniBatchKMeans
    model = kind(len(first), init=first, n_init=1, random_state=seed)
    with warnings.catch_warnings():
        # Clusters that equal rows leave empty are replaced later.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = model.fit(points, sample_weight=weight).labels_
    centers, squared = model.cluster_centers_, np.empty(len(labels))
    for part in batches(len(labels), _CELLS // max(points.shape[1], 1)):
        apart = points[part].toarray() - centers[labels[part]]
        squared[part] = (apart**2).sum(axis=1)
    return labels, squared


def _representatives(
    labels: Codes, squared: Floats, n: int, weight: Floats
) -> tuple[Positions, Floats]:
    """Return ``n`` rows, one per cluster, and the weights of their clusters."""
    order = np.lexsort((squared, labels))
    nearest = order[np.unique(labels[order], return_index=True)[1]]
    # With fewer than n clusters, the farthest rows become clusters of their own.
    alone = nearest[:0]
    if len(nearest) < n:
        others = np.setdiff1d(np.arange(len(labels)), nearest)
        loose = others[np.argsort(-squared[others], kind="stable")]
        alone = loose[: n - len(nearest)]
    # Summed without them, not subtracted: a large weight would absorb the others.
    clustered = weight.copy()
    clustered[alone] = 0.0
    totals = np.bincount(labels, clustered)
    stays = np.concatenate([nearest, alone])
    return stays, np.concatenate([totals[labels[nearest]], weight[alone]])
