"""Random under-sampling."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imbsuite._random import Seed
from imbsuite._stratified import BaseStratified, KeptRanks
from imbsuite._types import Codes
from imbsuite._views import Plan
from imbsuite.plan import Kind

__all__ = ["RandomUnderSampler"]


class RandomUnderSampler(BaseStratified):
    """Keep a random part of each class that is too large.

    Parameters
    ----------
    replacement : bool, default=False
        Draw with replacement: a row may then come more than once.
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
        The plan, read as "at most". "auto": all classes as small as the smallest; a
        ratio r: at most smallest / r.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan cannot be used.

    Notes
    -----
    The rows that stay keep their order; nobody looks at their cells, so infinite ones
    pass. Weights and groups are carried; they do not change who stays, but rows of zero
    weight are dropped.

    **When it hurts.** Most of the data is thrown away: estimates get noisier, and with a
    very small class the model sees next to nothing. Its probabilities must be corrected
    for the new prior (``effective_prior_``).

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
