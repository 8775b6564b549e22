"""Random under-sampling."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imbsuite._random import Seed
from imbsuite._stratified import BaseStratified, KeptRanks
from imbsuite._types import Codes
from imbsuite._views import Plan
from imbsuite.plan import Kind


class RandomUnderSampler(BaseStratified):
    """Keep a random subset of each class that is too large.

    Parameters
    ----------
    replacement : bool, default=False
        Whether to draw with replacement, so that a row may occur several times.
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
        The plan: the maximum size of each class. "auto": the size of the smallest
        class. A ratio r: the size of the smallest class / r.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    Kept rows stay in their order. Values are not read, so infinite values are allowed.
    Weights and groups are resampled; they do not affect which rows are kept, except
    that rows with zero weight are dropped.

    **When it hurts.** Most rows are discarded: estimates are noisier, and if the
    smallest class is tiny, few rows remain. Probabilities of a model fitted on the
    result must be corrected for the new class prior (``effective_prior_``).

    References
    ----------
    Dal Pozzolo, Caelen, Johnson, Bontempi. Calibrating Probability with Undersampling
    for Unbalanced Classification. SSCI 2015, :doi:`10.1109/SSCI.2015.33`.

    Examples
    --------
    >>> from imbsuite import RandomUnderSampler
    >>> X, y = [[1], [2], [3], [4]], ["a", "a", "a", "b"]
    >>> RandomUnderSampler(random_state=0).fit_resample(X, y)[1]
    ['a', 'b']
    """

    replacement: bool = False
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "random-under"
    _kind: ClassVar[Kind] = "under"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "replacement": ["boolean"],
    }

    @property
    def _repeats(self) -> bool:
        return self.replacement

    def _targets(self, sizes: Codes, plan: Plan) -> Codes:
        return np.array([plan[k] for k in range(len(sizes))])

    def _ranks(self, size: int, n: int, rng: np.random.Generator) -> KeptRanks:
        if n < size:
            return False, rng.choice(size, n, self.replacement, shuffle=False)
        return True, np.empty(0, dtype=np.intp)
