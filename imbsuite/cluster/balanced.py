"""k-means with clusters of equal size."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import normalize
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._intervals import Interval
from imbsuite._parameters import Parametrized, parameter
from imbsuite._random import Seed, check_rng, draw_seed
from imbsuite._types import Codes, Floats
from imbsuite.cluster._matching import assign_greedily, improve_by_pairs

# Exchanges start when greedy assignments reduce the inertia by less than this share.
_SETTLED = 0.005
_ROUNDS = 5  # of exchanges, between two updates of the centers


class BalancedKMeans(Parametrized, ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """k-means with clusters whose sizes differ by at most one.

    Each of k centers has a capacity of floor(n / k), and n mod k of them have one more.
    After a farthest-first start, points are repeatedly assigned by the cheapest (point,
    center) pair within the capacities, and centers are moved to the means, as long as
    the inertia decreases. Then pairs of clusters exchange points, which reduces the
    inertia further.

    Parameters
    ----------
    n_clusters : int, default=8
        At most the number of rows.
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine": rows are first scaled to length 1 (rows of zeros are kept), so the
        result depends on the origin of the coordinates.
    balanced : bool, default=True
        If False, ordinary k-means, as in the authors' published scripts.
    max_iter : int, default=100
        Maximum number of updates of the centers, in both phases together.
    tol : float, default=1e-4
        Relative reduction of the inertia below which the updates stop.
    n_init : int, default=1
        Number of starts, of which the best is kept.
    random_state : int, Generator, RandomState or None, default=None
        Determines the first center; each other center is the row farthest from the
        previous ones.

    Attributes
    ----------
    labels_ : ndarray of shape (n_rows,), int
        The cluster of each row.
    cluster_centers_ : ndarray of shape (n_clusters, n_columns)
        The means of the clusters; with "cosine", of the scaled rows.
    inertia_ : float
        The sum of squared distances of rows to the centers of their clusters.
    sizes_ : ndarray of shape (n_clusters,), int
        Number of rows in each cluster.
    n_iter_ : int
        Number of updates of the centers in the best start.
    n_features_in_ : int

    Raises
    ------
    ValueError
        If a parameter is out of range, there are fewer rows than clusters, or squares
        of the values overflow.

    Notes
    -----
    **Departs from the paper.** Its cap of M points for each of floor(n / M) clusters
    cannot hold all points. The greedy assignment is not the cheapest (1-3 % above it in
    ten dimensions, more in two), and with it alone the inertia can rise; the exchanges
    and keeping the best iterate are additions.

    **When it hurts.** Clusters of unequal size are split, since all clusters must have
    equal sizes. A farthest-first start begins with outliers.

    References
    ----------
    Hou, Zhang, Wang, Zhou. Subclass-balancing Contrastive Learning for Long-tailed
    Recognition. ICCV 2023, arXiv:2306.15925, :doi:`10.1109/ICCV51070.2023.00497`.

    Examples
    --------
    >>> from imbsuite.cluster import BalancedKMeans
    >>> X = [[0.0], [0.1], [0.2], [0.3], [5.0], [5.1]]
    >>> BalancedKMeans(2, random_state=0).fit(X).sizes_.tolist()
    [3, 3]
    """

    n_clusters: int = parameter(default=8, kw_only=False)
    metric: Literal["euclidean", "cosine"] = "euclidean"
    balanced: bool = True
    max_iter: int = 100
    tol: float = 1e-4
    n_init: int = 1
    random_state: Seed = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "metric": [StrOptions({"euclidean", "cosine"})],
        "balanced": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
    }

    @fitted_anew
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the clusters of ``X``, of shape (n_rows, n_columns); ignore ``y``."""
        self._validate_params()
        X = self._scaled(validate_data(self, X, dtype=[np.float64, np.float32]))
        if len(X) < self.n_clusters:
            msg = f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}."
            raise ValueError(msg)
        _refuse_overflow(X)
        rng = check_rng(self.random_state)
        run = self._balance if self.balanced else self._plain
        runs = [run(X, stream) for stream in rng.spawn(self.n_init)]
        labels, centers, self.n_iter_ = min(runs, key=lambda r: _inertia(X, r[0], r[1]))
        self.labels_, self.cluster_centers_ = labels, centers
        self.inertia_ = _inertia(X, labels, centers)
        self.sizes_ = np.bincount(labels, minlength=self.n_clusters)
        return self

    def predict(self, X: Any) -> Codes:
        """Return the cluster with the nearest center for each row, of shape (n_rows,).

        Unlike the clusters of the training rows, predicted clusters may have any size.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return _costs(self._scaled(X), self.cluster_centers_).argmin(axis=1)

    def _scaled(self, X: Any) -> Any:
        return normalize(X) if self.metric == "cosine" else X

    def _plain(self, X: Any, rng: np.random.Generator) -> tuple[Codes, Floats, int]:
        start = _farthest_first(X, self.n_clusters, rng)
        model = KMeans(
            self.n_clusters,
            init=start,
            n_init=1,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=draw_seed(rng),
        ).fit(X)
        return model.labels_.astype(np.intp), model.cluster_centers_, model.n_iter_

    def _balance(self, X: Any, rng: np.random.Generator) -> tuple[Codes, Floats, int]:
        centers = _farthest_first(X, self.n_clusters, rng)
        labels = assign_greedily(_costs(X, centers))
        centers = _means(X, labels, self.n_clusters)
        inertia, settled = _inertia(X, labels, centers), False
        for step in range(2, int(self.max_iter) + 1):
            costs = _costs(X, centers)
            if settled:
                new_labels = improve_by_pairs(costs, labels, max_rounds=_ROUNDS)
            else:
                new_labels = assign_greedily(costs)
            new_centers = _means(X, new_labels, self.n_clusters)
            new_inertia = _inertia(X, new_labels, new_centers)
            gain = inertia - new_inertia
            if gain > 0:
                labels, centers, inertia = new_labels, new_centers, new_inertia
            if not settled:
                settled = gain <= _SETTLED * inertia
            elif gain <= self.tol * inertia:
                return labels, centers, step
        return labels, centers, self.max_iter


def _refuse_overflow(X: Any) -> None:
    """Raise ValueError if distances would be infinite, as no center is nearest then."""
    with np.errstate(over="ignore"):
        # Distances are at most twice the largest norm; squares are summed over rows.
        farthest = 4 * len(X) * np.einsum("ij,ij->i", X, X).max()
    if not np.isfinite(farthest):
        msg = (
            f"X holds values up to {np.abs(X).max():.3g}, whose squares overflow in "
            f"{X.dtype}. Divide the columns by a large number, or standardize them."
        )
        raise ValueError(msg)


def _costs(X: Any, centers: Floats) -> Floats:
    return np.asarray(euclidean_distances(X, centers, squared=True))


def _means(X: Any, labels: Codes, k: int) -> Floats:
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels, minlength=k)
    sums = np.add.reduceat(X[order], np.cumsum(sizes) - sizes, axis=0)
    return np.asarray(sums / sizes[:, np.newaxis])


def _inertia(X: Any, labels: Codes, centers: Floats) -> float:
    return float(((X - centers[labels]) ** 2).sum())


def _farthest_first(X: Any, k: int, rng: np.random.Generator) -> Floats:
    """Return k rows: one at random, then repeatedly the row farthest from these."""
    chosen = [int(rng.integers(len(X)))]
    distance = np.full(len(X), np.inf)
    for _ in range(k - 1):
        offset = X - X[chosen[-1]]
        np.minimum(distance, np.einsum("ij,ij->i", offset, offset), out=distance)
        chosen.append(int(distance.argmax()))
    return np.asarray(X[chosen])
