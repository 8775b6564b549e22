"""Random under-sampling."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imbsuite.base import BaseSampler, BaseSelector, TableView
from imbsuite.plan import Kind

__all__ = ["RandomUnderSampler"]


class RandomUnderSampler(BaseSelector):
    """Keep a random part of each class that is too large.

    Parameters
    ----------
    replacement : bool, default=False
        Draw with replacement: a row may then come more than once.
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
        The plan, read as "at most". "auto": all classes as small as the smallest; a
        ratio r: at most smallest / r.
    random_state : int, Generator, RandomState or None, default=None

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan cannot be used.

    Notes
    -----
    The rows that stay keep their order; nobody looks at their cells, so infinite ones
    pass. Weights and groups are carried; they do not change who stays.

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

    _kind: ClassVar[Kind] = "under"
    _reads_cells: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseSampler._parameter_constraints,
        "replacement": ["boolean"],
    }

    def __init__(
        self,
        *,
        replacement: bool = False,
        sampling_strategy: Any = "auto",
        random_state: Any = None,
    ) -> None:
        self.replacement = replacement
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        kept = []
        for (label, size), stream in zip(
            plan.items(), rng.spawn(len(plan)), strict=True
        ):
            rows = np.flatnonzero(y == label)
            if size < len(rows):
                rows = stream.choice(rows, size, self.replacement, shuffle=False)
            kept.append(rows)
        return np.concatenate(kept)
