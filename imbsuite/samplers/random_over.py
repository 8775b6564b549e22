"""Random over-sampling, and the smoothed bootstrap (ROSE)."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from imbsuite._intervals import Interval
from imbsuite._neighbors import column_moments
from imbsuite._parameters import Allocation
from imbsuite._random import Seed
from imbsuite._views import LooksAt, Strata
from imbsuite.base import BaseSynthesizer, ClassView


class RandomOverSampler(BaseSynthesizer):
    r"""Repeat rows, exactly or with a little noise.

    With ``shrinkage`` h, Gaussian noise is added to the numbers of a repeated row, with
    standard deviation

    .. math:: h \left( \frac{4}{(d + 2)\, n_c} \right)^{1 / (d + 4)} \sigma_{cj}

    where d is the number of numeric columns, :math:`n_c` the number of rows of the
    class and :math:`\sigma_{cj}` the standard deviation of column j within the class.
    This is the smoothed bootstrap, with Silverman's rule at h = 1.

    Parameters
    ----------
    shrinkage : float or dict, default=None
        h, at least 0, for all classes, or ``{label: h}``; rows of classes that are not
        in the dict are repeated exactly. None: all rows are repeated exactly.
    seed_allocation : {"even", "random"}, default="even"
        "even": every row of the class is repeated floor(n / n_class) times, and the
        remainder is drawn without replacement. "random": rows are drawn with
        replacement (bootstrap).
    categorical_features : "from_dtype" or list, default="from_dtype"
        Names, positions or a boolean mask of the columns that get no noise.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** ROSE draws new rows for both classes; here the original
    rows are kept, and noise is only added to new rows, as in imbalanced-learn. By
    default, rows are repeated equally often. Integers are rounded, and missing values
    stay missing.

    **When it hurts.** Trees memorize repeated rows: training scores look perfect, and
    correcting with the formula for the class prior does not restore the probabilities.

    References
    ----------
    Menardi, Torelli. Training and assessing classification rules with imbalanced data.
    Data Mining and Knowledge Discovery 28 (2014), 92-122,
    :doi:`10.1007/s10618-012-0295-5`.

    Examples
    --------
    >>> from imbsuite import RandomOverSampler
    >>> sampler = RandomOverSampler(random_state=0)
    >>> sampler.fit_resample([["x"], ["y"], ["z"]], [0, 0, 1])
    ([['x'], ['y'], ['z'], ['z']], [0, 0, 1, 1])
    """

    shrinkage: float | Mapping[Any, float] | None = None
    seed_allocation: Allocation = "even"
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "random-over"
    standardize = False  # no distance is ever measured
    _reads_categories: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "shrinkage": [Interval(Real, 0, None, closed="left"), dict, None],
    }

    @property
    def _looks_at(self) -> LooksAt:  # type: ignore[override]
        return "labels" if self.shrinkage is None else "class"

    def _synthesize(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        seeds = self._allocate(table.rows, n, rng)
        shrinkage = self._shrinkage(table.name)
        if shrinkage == 0:
            return None, seeds
        values = table.numeric[table.rows]
        d = values.shape[1]
        silverman = (4 / ((d + 2) * len(table.rows))) ** (1 / (d + 4))
        width = shrinkage * silverman * column_moments(values)[1]
        return table.numbers(seeds) + width * rng.standard_normal((n, d)), seeds

    def _plan(self, strata: Strata, y: Any) -> dict[Any, int]:
        known = list(strata.counts)
        by_class = self.shrinkage if isinstance(self.shrinkage, Mapping) else {}
        unknown = [name for name in by_class if name not in strata.counts]
        if unknown:
            msg = (
                "The 'shrinkage' parameter must be a number, or a dict of numbers by "
                f"class. Got one for {unknown[0]!r} instead; the classes are {known}."
            )
            raise ValueError(msg)
        for name in known:
            self._shrinkage(name)
        return super()._plan(strata, y)

    def _shrinkage(self, name: Any) -> float:
        width = self.shrinkage or 0.0
        if isinstance(width, Mapping):
            width = width.get(name, 0.0)
        if isinstance(width, bool) or not isinstance(width, Real) or not width >= 0:
            msg = (
                "The 'shrinkage' parameter must be a number of at least 0. Got "
                f"{width!r} for class {name!r} instead."
            )
            raise ValueError(msg)
        return float(width)
