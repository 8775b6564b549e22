"""What is measured: tables of several shapes, and the samplers of both libraries."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

RARE_SHARE = 0.1
MAJORITY_CLUSTERS, RARE_CLUSTERS = 8, 4
DENSITY = 0.05  # of sparse tables

Data = Literal["clusters", "gaussian"]
Library = Literal["ours", "theirs"]


@dataclass(frozen=True)
class Case:
    """One row of the results: a method on data of one size.

    ``jobs``: the number of threads of imbalanced-learn; 1 is its default. ``must`` and
    ``aim``: the ratios to reach, or None. ``alone``: whether only imbsuite is measured,
    because imbalanced-learn has no such method or would not finish.
    """

    method: str
    n: int
    d: int
    dtype: str = "float64"
    data: Data = "clusters"
    jobs: int = 1
    classes: int = 2
    must: float | None = None
    aim: float | None = None
    alone: bool = False

    @property
    def name(self) -> str:
        parts = [self.method, f"{self.n:.0e}x{self.d}".replace("e+0", "e")]
        parts += [self.dtype] if self.dtype != "float64" else []
        parts += [self.data] if self.data != "clusters" else []
        parts += [f"n_jobs={self.jobs}"] if self.jobs > 1 else []
        return " ".join(parts)

    def smaller(self) -> Case:
        """Return the same case with at most 1,000 rows, to warm up."""
        return Case(**{**asdict(self), "n": min(self.n, 1_000)})


def make_data(case: Case) -> tuple[Any, Any]:
    """Return the table of a case.

    For "mixed", the first half of the columns is categorical; for "frame", it is text.
    The rare classes have equal sizes; together, they have a tenth of the rows, or half
    of them if there is more than one rare class.
    """
    rng = np.random.default_rng(0)
    share = RARE_SHARE if case.classes == 2 else 0.5
    per_class = int(share * case.n) // (case.classes - 1)
    rare = np.repeat(np.arange(1, case.classes), per_class)
    y = np.append(np.zeros(case.n - len(rare), dtype=np.intp), rare)
    if case.data == "gaussian":
        X = rng.normal(size=(case.n, case.d))
    else:
        X = _clusters(y == 0, case.d, rng)
    if case.method in ("mixed", "frame"):
        half = case.d // 2
        X[:, :half] = np.digitize(X[:, :half], [-2, -0.5, 0.5, 2])
    order = rng.permutation(case.n)
    X = X[order].astype(case.dtype)
    if case.method == "frame":
        return _frame(X), y[order]
    if case.method == "csr":
        from scipy.sparse import csr_matrix

        X = csr_matrix(np.where(rng.random(X.shape) < DENSITY, X, 0.0))
    return X, y[order]


def _frame(X: Any) -> Any:
    """Return a pandas frame with its first half of columns as text."""
    import pandas as pd

    frame = pd.DataFrame(X).rename(columns="column {}".format)
    for name in frame.columns[: X.shape[1] // 2]:
        frame[name] = frame[name].map("level {:.0f}".format)
    return frame


def _clusters(common: Any, d: int, rng: np.random.Generator) -> Any:
    """Return 8 clusters that include 40 % of the rare rows; the others are in 4 more.

    The intrinsic dimension of each cluster is 8.
    """
    n, last = len(common), MAJORITY_CLUSTERS
    cluster = rng.integers(0, last, n)
    outside = ~common & (rng.random(n) >= 0.4)
    cluster[outside] = rng.integers(last, last + RARE_CLUSTERS, int(outside.sum()))
    X = np.empty((n, d))
    for c in range(last + RARE_CLUSTERS):
        rows = np.flatnonzero(cluster == c)
        axes = rng.normal(size=(8, d)) / np.sqrt(8)
        X[rows] = rng.normal(size=(len(rows), 8)) @ axes + 3 * rng.normal(size=d)
    X += 0.05 * rng.normal(size=X.shape)
    return X


def make_sampler(case: Case, library: Library) -> Any:
    """Return the sampler of a case, of imbsuite ("ours") or imbalanced-learn."""
    return _ours(case) if library == "ours" else _theirs(case)


def _ours(case: Case) -> Any:
    import imbsuite as im

    seed = {"random_state": 0}
    categories = {"categorical_features": list(range(case.d // 2))}
    # By name, because earlier builds, which builds.py measures, may lack some samplers.
    name, options = {
        "smote": ("SMOTE", seed),
        "csr": ("SMOTE", seed),
        "frame": ("SMOTE", seed),
        "mixed": ("SMOTE", seed | categories),
        "tomek": ("TomekLinks", {}),
        "enn": ("EditedNearestNeighbours", {}),
        "renn": ("RepeatedEditedNearestNeighbours", {}),
        "all-knn": ("AllKNN", {}),
        "ncr": ("NeighbourhoodCleaningRule", {}),
        "cnn": ("CondensedNearestNeighbour", {}),
        "oss": ("OneSidedSelection", seed),
        "prowsyn": ("ProWSyn", seed),
        "polynom-fit": ("PolynomFitSMOTE", seed),
        "ccr": ("CCR", seed),
        "kdn": ("InstanceHardness", seed),
        "random-over": ("RandomOverSampler", seed),
        "random-under": ("RandomUnderSampler", seed),
        **{f"near-miss-{v}": ("NearMiss", {"version": v}) for v in (1, 2, 3)},
        "centroids": ("ClusterCentroids", seed),
        "borderline": ("BorderlineSMOTE", seed),
        "adasyn": ("ADASYN", seed),
    }[case.method]
    return getattr(im, name)(**options)


def _theirs(case: Case) -> Any:
    from imblearn import over_sampling as over
    from imblearn import under_sampling as under
    from sklearn.neighbors import NearestNeighbors

    def near(k: int) -> Any:
        return k - 1 if case.jobs == 1 else NearestNeighbors(n_neighbors=k, n_jobs=2)

    columns = list(range(case.d // 2))
    kinds = {
        "smote": lambda: over.SMOTE(k_neighbors=near(6), random_state=0),
        "csr": lambda: over.SMOTE(k_neighbors=near(6), random_state=0),
        "mixed": lambda: over.SMOTENC(columns, k_neighbors=near(6), random_state=0),
        "frame": lambda: over.SMOTENC(columns, k_neighbors=near(6), random_state=0),
        "tomek": lambda: under.TomekLinks(n_jobs=case.jobs),
        "enn": lambda: under.EditedNearestNeighbours(n_neighbors=near(4)),
        "renn": under.RepeatedEditedNearestNeighbours,
        "all-knn": under.AllKNN,
        "ncr": under.NeighbourhoodCleaningRule,
        "cnn": lambda: under.CondensedNearestNeighbour(random_state=0),
        "oss": lambda: under.OneSidedSelection(random_state=0),
        "kdn": lambda: under.InstanceHardnessThreshold(random_state=0),
        "random-over": lambda: over.RandomOverSampler(random_state=0),
        "random-under": lambda: under.RandomUnderSampler(random_state=0),
        **{f"near-miss-{v}": partial(under.NearMiss, version=v) for v in (1, 2, 3)},
        "centroids": lambda: under.ClusterCentroids(random_state=0),
        "borderline": lambda: over.BorderlineSMOTE(
            k_neighbors=near(6), m_neighbors=near(11), random_state=0
        ),
        "adasyn": lambda: over.ADASYN(n_neighbors=near(6), random_state=0),
    }
    return kinds[case.method]()
