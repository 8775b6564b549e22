"""Temperature sampling: classes, groups or both in proportion to n ** (1 / T)."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

from imbsuite._intervals import Interval
from imbsuite._parameters import parameter
from imbsuite._random import Seed, draw_evenly
from imbsuite._stratified import BaseStratified, KeptRanks
from imbsuite._types import Codes
from imbsuite._views import By, Plan, Strata
from imbsuite.plan import Kind, Mode, Tempered, capped


class TemperatureSampler(BaseStratified):
    r"""Repeat or drop rows to flatten the sizes of strata by a temperature.

    .. math:: p(k; T) = n_k^{1/T} / \sum_j n_j^{1/T}

    Strata are classes, groups, or classes within groups. An imbalance ratio of
    :math:`\rho` becomes :math:`\rho^{1/T}`.

    Parameters
    ----------
    temperature : float, default=5.0
        T, at least 1. 1 keeps the sizes; ``inf`` makes all strata equally large.
    mode : {"over", "under", "same"}, default="over"
        The sizes after resampling: :math:`n_{max}^{1-1/T} n_k^{1/T}` (rows are only
        added), :math:`n_{min}^{1-1/T} n_k^{1/T}` (rows are only dropped), or
        :math:`N p(k; T)` (the total stays the same).
    by : {"class", "group", "class_and_group"}, default="class"
        The definition of the strata. ``groups`` are passed to ``fit_resample``. Here
        they define strata; in samplers that interpolate, they only prevent mixing rows
        of different groups.
    max_repeats : int, default=None
        The maximum number of times that a row occurs. Strata that would need more
        repeats stay smaller; with "same", other strata become larger instead. None: no
        limit.
    random_state : int, Generator, RandomState or None, default=None

    Attributes
    ----------
    strata_plan_ : dict
        ``{stratum: rows after resampling}``; strata are labels, groups, or (label,
        group) pairs.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid, or if groups are
        required but not passed.

    Notes
    -----
    Each row of a stratum occurs floor(n' / n) times, and only the remainder is drawn,
    without replacement, which has less variance than a bootstrap. Rows with zero weight
    are never repeated. For new rows instead of repeated ones, pass ``Tempered(T)`` to
    another sampler.

    **When it hurts.** At high temperatures, rare rows are repeated many times, and
    flexible models memorize them; predicted probabilities are shifted
    (``effective_prior_``). For a model that is fitted on all rows at once,
    ``temperature_weights`` is equivalent and cheaper.

    References
    ----------
    "Upsample or Upweight? Balanced Training on Heavily Imbalanced Datasets",
    NAACL 2025, arXiv:2410.04579, :doi:`10.48550/arXiv.2410.04579`.

    Examples
    --------
    >>> from imbsuite import TemperatureSampler
    >>> X, y = [[i] for i in range(110)], ["common"] * 100 + ["rare"] * 10
    >>> TemperatureSampler(2, random_state=0).fit(X, y).plan_
    {'common': 100, 'rare': 32}
    """

    temperature: float = parameter(default=5.0, kw_only=False)
    mode: Mode = "over"
    by: By = "class"
    max_repeats: int | None = None
    random_state: Seed = None

    _name: ClassVar[str] = "temperature"
    _balances: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "temperature": [Interval(Real, 1, None, closed="both")],
        "mode": [StrOptions({"over", "under", "same"})],
        "by": [StrOptions({"class", "group", "class_and_group"})],
        "max_repeats": [Interval(Integral, 1, None, closed="left"), None],
    }

    @property
    def _kind(self) -> Kind:  # type: ignore[override]
        return "over" if self.mode == "over" else "under"

    @property
    def _by(self) -> By:  # type: ignore[override]
        return self.by

    @property
    def _repeats(self) -> bool:
        return self.mode != "under"

    def _plan(self, strata: Strata, y: Any) -> dict[Any, int]:
        sizes = self._targets(strata.sizes, {})
        self.strata_plan_ = dict(zip(strata.names, sizes.tolist(), strict=True))
        if self.by == "group":
            # The classes of the rows of a group are only known after the draw.
            return strata.counts
        plan = np.bincount(strata.classes, sizes, minlength=len(strata.counts))
        return dict(zip(strata.counts, plan.astype(int).tolist(), strict=True))

    def _targets(self, sizes: Codes, plan: Plan) -> Codes:
        tempered = Tempered(self.temperature).sizes(dict(enumerate(sizes)), self.mode)
        targets = np.array(list(tempered.values()))
        most = targets.max() if self.max_repeats is None else int(self.max_repeats) - 1
        caps = sizes + most * sizes
        return (
            capped(targets, caps) if self.mode == "same" else np.minimum(targets, caps)
        )

    def _ranks(self, size: int, n: int, rng: np.random.Generator) -> KeptRanks:
        if n < size:
            return False, rng.choice(size, n, replace=False, shuffle=False)
        if n == size:
            return True, np.empty(0, dtype=np.intp)
        return True, draw_evenly(np.arange(size), n - size, rng)

    def _remember(self, draw: Any, codes: Codes, gate: Any) -> None:
        super()._remember(draw, codes, gate)
        self.plan_ = self._outcome(codes[self.sample_indices_], gate.labels)
