"""RCAL: Gaussians of small classes, calibrated by those of large ones."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, cast

import numpy as np
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, StrOptions

from imbsuite._gaussian.calibration import Units, Weighting, calibrate
from imbsuite._gaussian.covariance import (
    Covariance,
    count_factor,
    estimate_low_rank,
    shrink_to_pooled,
)
from imbsuite._gaussian.drawing import Root, root_of, within_range
from imbsuite._intervals import Interval
from imbsuite._neighbors import (
    column_moments,
    has_gaps,
    nearest_point,
    outlyingness,
)
from imbsuite._random import Seed
from imbsuite._rows import of_rows
from imbsuite._table import scaled_weight
from imbsuite._types import Codes, Floats, Mask
from imbsuite._views import LooksAt, Whole
from imbsuite.base import BaseSynthesizer, ClassView, TableView

_DONORS = 128  # maximum number of rows among which a donor is searched


class RCALSampler(BaseSynthesizer):
    r"""Draw new rows from Gaussians; small classes borrow parameters from large ones.

    Head classes are the largest ones that together hold half of the rows. A tail class
    k borrows from the q nearest heads C:

    .. math::
        \mu'_k &= \gamma \sum_{c \in C} \omega_c \mu_c + (1 - \gamma) \mu_k \\
        \Sigma'_k &= \gamma \sum_{c \in C} \omega_c \Sigma_c + (1 - \gamma) \Sigma_k
                     + \alpha 1 1^T \\
        \omega_c &\propto n_c \lVert \mu_c - \mu_k \rVert^2

    where means and covariances are computed from the inliers of each class.

    Parameters
    ----------
    gamma : float, default=0.3
        The degree of borrowing, in [0, 1]. At 0, the new rows of each class are drawn
        from its own Gaussian.
    n_neighbor_classes : int, default=3
        q. If there are fewer head classes, all are used.
    head_fraction : float, default=0.5
        The share of rows in head classes, in (0, 1].
    alpha : float, default=0.0
        Added to every entry of a borrowed covariance.
    weighting : {"paper", "inverse", "size"}, default="paper"
        :math:`\omega_c` in proportion to :math:`n_c d_c^2` (farther heads weigh more),
        :math:`n_c / d_c^2`, or :math:`n_c`.
    share : {"auto", "both", "cov"}, default="auto"
        What is borrowed: means and covariances ("both"), or only covariances ("cov").
        "auto": "cov" for two classes, because borrowing would move the mean of the
        small class into the large class; otherwise "both".
    outliers : {"lof"}, estimator or None, default="lof"
        Which rows are excluded from means and covariances: rows with the highest local
        outlier factor within their class ("lof"), or rows for which the ``fit_predict``
        method of an estimator returns -1. None: no rows.
    contamination : float, default=0.1
        The share of each class that "lof" excludes, in [0, 0.5].
    drop_outliers : bool, default=False
        Whether outliers are also removed from the table; new rows replace them if the
        plan requires it.
    covariance : str or estimator, default="empirical"
        How the covariance of a class is estimated: "empirical", "diag", "pooled",
        "ledoit_wolf", "oas", or an estimator of ``sklearn.covariance``. "pooled":
        :math:`a S_c + (1 - a) S`, where S is the pooled covariance within all classes
        and :math:`a = (n_c - 1) / (n_c - 1 + d)` for d columns.
    reg_covar : float, default=1e-6
        Added to the diagonal of every covariance for drawing, in squared standard
        deviations.
    tukey : float, default=None
        Power in (0, 1] to which columns without negative values are raised before all
        other steps. None: no transformation.
    mode : {"class", "point"}, default="class"
        "class": one Gaussian for each class. "point": Distribution Calibration, with a
        Gaussian for each row x of a tail class. Its mean is the mean of x and the q
        head means nearest to x, and its covariance is the mean of the covariances of
        these heads, plus alpha. The paper uses q = 2 and alpha = 0.21.
    clip : bool, default=False
        Whether new numbers are kept within the range of their class; see "When it
        hurts".
    standardize : bool, default=True
        Whether to divide columns by their standard deviation (over all rows of positive
        weight) first.
    categorical_features
        Categories and missing values are copied from the seed of a new row (the donor),
        which is a nearby row of its class.

    Attributes
    ----------
    head_classes_, tail_classes_ : list
        Labels, in order of first appearance.
    means_, covariances_ : dict
        ``{label: ndarray}`` of shape (d,) and (d, d): the estimates for the numeric
        columns, in the units of the columns (of their powers, with ``tukey``).
        Covariances are computed when accessed, because a class with fewer rows than
        columns is drawn without them.
    calibrated_means_, calibrated_covariances_ : dict
        The same after borrowing, without ``reg_covar``.
    neighbor_classes_ : dict
        ``{tail label: labels of the heads that it borrows from}``, the nearest first.
    neighbor_weights_ : dict
        ``{tail label: ndarray of shape (q,)}``, the omegas.
    inlier_mask_ : ndarray of shape (n_rows,), bool

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    This is only the Gaussian part of the method. In the paper, most of the gain came
    from the other parts (contrastive features, mixup, a distance regularizer): the
    Gaussian part contributed +3.7 of +21.7 points.

    **Departs from the paper.** The share of outliers is a parameter, because the
    default threshold of LOF removed almost no rows. The all-ones matrix of alpha has
    rank one and does not make a covariance invertible, so ``reg_covar`` is added. A
    class of one row uses the borrowed covariance only. In classes of more than 200
    rows, outlier factors are computed relative to 200 of them. Gaussians are estimated
    for classes, not for groups; a new row belongs to the group of its donor. Missing
    numbers are replaced by the mean of the class.

    **Weights** count rows in means, covariances and sizes: a weight of 2 counts as two
    rows. If the weights of no class sum to more than 1, they are relative weights and
    are scaled to a mean of 1. "ledoit_wolf", "oas" and estimators use weights for the
    mean only.

    **When it hurts.** A class with several clusters is not Gaussian, and new rows fall
    between the clusters (split it first: ``SubclassSampler(RCALSampler())``). Borrowed
    means are less accurate than the means of the class, even if the model improves.
    Nonlinear relations between columns are lost. Shrinking a covariance to a sphere
    ("ledoit_wolf", "oas") cost .05 of balanced accuracy where columns are correlated;
    "pooled" gained .04 there and .02 on yeast, and nothing on page_blocks and shuttle.
    New numbers may be outside the range of the data: on Adult, a capital gain of
    -58,740 was drawn although no value is negative. If all values must be possible, use
    ``clip=True``. Clipping is not the default, because it lowered the average precision
    of boosted trees on three of seven tables: many new rows then have the same extreme
    value.

    References
    ----------
    Zhang, Zhao, Yao et al. When Noisy Labels Meet Long Tail Dilemmas: A Representation
    Calibration Method. ICCV 2023, arXiv:2211.10955,
    :doi:`10.1109/ICCV51070.2023.01443`.
    Yang, Liu, Xu. Free Lunch for Few-shot Learning: Distribution Calibration. ICLR
    2021, arXiv:2101.06395, :doi:`10.48550/arXiv.2101.06395`.

    Examples
    --------
    >>> from imbsuite import RCALSampler
    >>> X = [[0.0], [1.0], [2.0], [3.0], [8.0], [9.0], [5.0]]
    >>> sampler = RCALSampler(outliers=None, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, ["a"] * 4 + ["b"] * 2 + ["c"])
    >>> sampler.head_classes_, sampler.neighbor_classes_, len(y_new)
    (['a'], {'b': ['a'], 'c': ['a']}, 12)
    """

    gamma: float = 0.3
    n_neighbor_classes: int = 3
    head_fraction: float = 0.5
    alpha: float = 0.0
    weighting: Weighting = "paper"
    share: Literal["auto", "both", "cov"] = "auto"
    outliers: Any = "lof"
    contamination: float = 0.1
    drop_outliers: bool = False
    covariance: Any = "empirical"
    reg_covar: float = 1e-6
    tukey: float | None = None
    mode: Literal["class", "point"] = "class"
    clip: bool = False
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "rcal"
    inlier_mask_ = cast("Mask", of_rows())
    _reads_categories: ClassVar[bool] = False
    _in_parts_if: ClassVar[str] = (
        "outliers=None, tukey=None and covariance='empirical', 'diag' or 'pooled'"
    )
    _draws_by_column: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "gamma": [Interval(Real, 0, 1, closed="both")],
        "n_neighbor_classes": [Interval(Integral, 1, None, closed="left")],
        "head_fraction": [Interval(Real, 0, 1, closed="right")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "weighting": [StrOptions({"paper", "inverse", "size"})],
        "share": [StrOptions({"auto", "both", "cov"})],
        "outliers": [StrOptions({"lof"}), HasMethods(["fit_predict"]), None],
        "contamination": [Interval(Real, 0, 0.5, closed="both")],
        "drop_outliers": ["boolean"],
        "covariance": [
            StrOptions({"empirical", "ledoit_wolf", "oas", "diag", "pooled"}),
            HasMethods(["fit"]),
        ],
        "reg_covar": [Interval(Real, 0, None, closed="left")],
        "tukey": [Interval(Real, 0, 1, closed="right"), None],
        "mode": [StrOptions({"class", "point"})],
        "clip": ["boolean"],
    }

    @property
    def _looks_at(self) -> LooksAt:  # type: ignore[override]
        simple = ("empirical", "diag", "pooled")
        plain = self.covariance in simple and self.tukey is None
        return "moments" if plain and self.outliers is None else "table"

    @property
    def _pools(self) -> bool:
        return isinstance(self.covariance, str) and self.covariance == "pooled"

    def _prepare(
        self, table: TableView, y: Codes, rng: np.random.Generator
    ) -> Mask | None:
        self.inlier_mask_ = np.ones(len(y), dtype=bool)
        if table.whole is None:
            moments, sizes = self._learn(table, y, rng)
        else:
            moments, sizes = self._take_over(table.whole)
        if self._pools:
            moments = shrink_to_pooled(moments, sizes)
        self._calibration = calibrate(
            moments,
            sizes,
            gamma=self.gamma,
            n_neighbors=self.n_neighbor_classes,
            head_fraction=self.head_fraction,
            alpha=self.alpha,
            weighting=self.weighting,
            share_means=self._shares_means(len(table.labels)),
            # A single row has no spread of its own.
            has_spread=(sizes > 1) | self._pools,
        )
        # All at once, before the first draw: lingering threads would slow it down.
        self._roots = [self._root(c) for c in self._calibration.calibrated_covariances]
        self._describe(table.labels)
        return self.inlier_mask_ if self.drop_outliers else None

    def _learn(
        self, table: TableView, y: Codes, rng: np.random.Generator
    ) -> tuple[list[tuple[Floats, Covariance]], Floats]:
        """Return mean and covariance of each class, and the numbers of rows used."""
        weight = _counts_of_rows(table, y)
        units = self._units = _units(table, self.tukey, standardize=self.standardize)
        n_classes, self._centers = len(table.labels), []
        for label, stream in enumerate(rng.spawn(n_classes)):
            rows = table.present[y[table.present] == label]
            points = units.enter(table.numbers(rows))
            own = None if weight is None else weight[rows]
            self._centers.append(_mean_of_known(points, own))
            points = _filled(points, self._centers[-1])
            self.inlier_mask_[rows] = self._find_inliers(points, stream)
        counted = table.present[self.inlier_mask_[table.present]]
        # After all searches: threads of linear algebra linger and would slow them down.
        moments = [
            estimate_low_rank(
                self._points(table, rows, label),
                "empirical" if self._pools else self.covariance,
                None if weight is None else weight[rows],
            )
            for label in range(n_classes)
            for rows in [counted[y[counted] == label]]
        ]
        load = None if weight is None else weight[counted]
        sizes = np.bincount(y[counted], load, minlength=n_classes)
        return moments, sizes.astype(np.float64)

    def _take_over(
        self, whole: Whole
    ) -> tuple[list[tuple[Floats, Covariance]], Floats]:
        """Return the result of ``_learn`` for a part of a table, from ``whole``."""
        units = self._units = Units.of(
            whole.center, whole.spread, standardize=self.standardize
        )
        self._centers = [
            (mean - units.center) / units.scale for _, mean, _ in whole.classes
        ]
        sizes = np.array([n for n, _, _ in whole.classes], dtype=np.float64)
        moments: list[tuple[Floats, Covariance]] = []
        for (n, _, products), center in zip(whole.classes, self._centers, strict=True):
            # A total weight of at most one row does not determine a covariance.
            freedom = n - 1 if n > 1 else np.inf
            covariance = products / freedom / np.outer(units.scale, units.scale)
            if self.covariance == "diag":
                covariance = np.diag(np.diag(covariance))
            moments.append((center, covariance))
        return moments, sizes

    def _shares_means(self, n_classes: int) -> bool:
        return self.share == "both" or (self.share == "auto" and n_classes > 2)

    def _find_inliers(self, points: Floats, rng: np.random.Generator) -> Mask:
        n, inlier = len(points), np.ones(len(points), dtype=bool)
        if self.outliers is None or n < 3 or points.shape[1] == 0:
            return inlier
        if self.outliers != "lof":
            inlier = np.asarray(clone(self.outliers).fit_predict(points)) == 1
            return inlier if inlier.any() else ~inlier
        n_out = int(self.contamination * n)
        if n_out:
            factors = outlyingness(points, rng)
            inlier[np.argsort(-factors, kind="stable")[:n_out]] = False
        return inlier

    def _describe(self, labels: list[Any]) -> None:
        calibration, units = self._calibration, self._units
        self._labels = labels
        means = map(units.describe_mean, calibration.means)
        self.means_ = dict(zip(labels, means, strict=True))
        means = map(units.describe_mean, calibration.calibrated_means)
        self.calibrated_means_ = dict(zip(labels, means, strict=True))
        named = list(zip(labels, calibration.heads.tolist(), strict=True))
        self.head_classes_ = [label for label, head in named if head]
        self.tail_classes_ = [label for label, head in named if not head]
        lent = zip(labels, calibration.neighbors, calibration.weights, strict=True)
        tails = [(k, near, weight) for k, near, weight in lent if len(near)]
        self.neighbor_classes_ = {k: [labels[c] for c in near] for k, near, _ in tails}
        self.neighbor_weights_ = {k: weight for k, _, weight in tails}

    @property
    def covariances_(self) -> dict[Any, Floats]:
        """``{label: ndarray of shape (d, d)}``: estimates, computed on access."""
        return self._all_entries(self._calibration.covariances)

    @property
    def calibrated_covariances_(self) -> dict[Any, Floats]:
        """``{label: ndarray of shape (d, d)}`` after borrowing, computed on access."""
        return self._all_entries(self._calibration.calibrated_covariances)

    def _all_entries(self, covariances: list[Covariance]) -> dict[Any, Floats]:
        described = map(self._units.describe_covariance, covariances)
        return dict(zip(self._labels, described, strict=True))

    def _synthesize(
        self, table: ClassView, y: Codes, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        inliers = self.inlier_mask_[table.rows]
        parents = table.rows[inliers] if inliers.any() else table.rows
        if self.mode == "point" and not self._calibration.heads[label]:
            seeds = self._allocate(parents, n, rng)
            drawn = self._around(self._points(table, seeds, label), rng)
        else:
            mean = self._calibration.calibrated_means[label]
            drawn = self._units.draw(mean, self._roots[label], n, rng)
            seeds = self._find_donors(table, parents, drawn, label, rng)
        rows = self._units.undo_power(drawn)
        members = table.numbers(parents)
        if self.clip:
            rows = within_range(rows, members)
        if has_gaps(members):
            rows[np.isnan(table.numbers(seeds))] = np.nan
        return rows, seeds

    def _points(self, table: TableView | ClassView, rows: Codes, label: int) -> Floats:
        """Return rows of a class in units, with missing values replaced by its mean."""
        return _filled(self._units.enter(table.numbers(rows)), self._centers[label])

    def _root(self, covariance: Covariance) -> Root:
        # A column that is constant in the table stays constant.
        return root_of(covariance, self._units.varies, float(self.reg_covar))

    def _around(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return one draw for each point, from its own Gaussian."""
        drawn = np.empty_like(points)
        gaussians = self._calibration.of_points(
            points,
            self.n_neighbor_classes,
            alpha=self.alpha,
            share_means=self._shares_means(len(self._labels)),
        )
        for own, means, covariance in gaussians:
            root = self._root(covariance)
            drawn[own] = self._units.draw(means, root, len(own), rng)
        return drawn

    def _find_donors(
        self,
        table: ClassView,
        parents: Codes,
        drawn: Floats,
        label: int,
        rng: np.random.Generator,
    ) -> Codes:
        """Return the row nearest to each draw, among at most 128 rows of the class."""
        if drawn.shape[1] == 0:
            return self._allocate(parents, len(drawn), rng)
        if len(parents) > _DONORS:
            parents = np.sort(rng.choice(parents, _DONORS, replace=False))
        points, units = self._points(table, parents, label), self._units
        return parents[nearest_point(drawn, points, units.center, units.scale)]


def _units(table: TableView, power: float | None, *, standardize: bool) -> Units:
    """Return the units of the numbers of a table."""
    rows = slice(None) if table.weight is None else table.present
    center, spread = column_moments(table.numeric[rows])
    d = len(center)
    powered = np.zeros(d, dtype=bool)
    if power is not None and d:
        numbers = table.numbers(rows)
        powered = (numbers < 0).sum(axis=0) == 0
        raised = Units(np.zeros(d), np.ones(d), powered, powered, power)
        center, spread = column_moments(raised.enter(numbers))
    plain = Units.of(center, spread, standardize=standardize)
    return replace(plain, powered=powered, power=power or 1.0)


def _counts_of_rows(table: TableView, y: Codes) -> Floats | None:
    """Return weights as counts of rows, (n_rows,); None without weights."""
    if table.weight is None:
        return None
    scaled = scaled_weight(table.weight)
    # In the widest type, in which sums neither overflow nor underflow.
    unit = np.longdouble(table.weight.max()) / scaled.max()
    sums = np.bincount(y, scaled, minlength=len(table.labels)) * unit
    return np.asarray(table.weight * count_factor(sums, len(table.present)))


def _mean_of_known(points: Floats, weight: Floats | None) -> Floats:
    if weight is None and len(points) and not has_gaps(points):
        return np.asarray(points.mean(axis=0))
    known = (~np.isnan(points)).astype(np.float64)
    if weight is not None:
        known *= weight[:, np.newaxis]
    total = (np.where(known > 0, points, 0.0) * known).sum(axis=0)
    counts = known.sum(axis=0)
    return np.asarray(total / np.where(counts > 0, counts, 1.0))


def _filled(points: Floats, center: Floats) -> Floats:
    return np.where(np.isnan(points), center, points) if has_gaps(points) else points
