"""The time that the fits of a comparison may take."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from numbers import Real
from typing import Any, TypeVar

B = TypeVar("B", bound=Sized)

# The time of a fold can only be estimated. A fold that is started but not finished
# hardly exceeds the budget, because no fit starts after the end.
_TOLERANCE = 1.25


def check_budget(seconds: Any) -> None:
    """Raise an error if ``seconds`` is neither None nor a positive number."""
    if seconds is None:
        return
    message = (
        "The 'budget' parameter of compare must be a positive number of seconds or None. "
        f"Got {seconds!r} instead."
    )
    if not isinstance(seconds, Real) or isinstance(seconds, bool):
        raise TypeError(message)
    if not 0 < float(seconds) < math.inf:
        raise ValueError(message)


class Budget:
    """The time that fits may take from now on, and the numbers of fits begun and done.

    No fit begins after ``ends``, and no fold begins that is not expected to finish by
    then.

    Parameters
    ----------
    seconds : float or None
        None: there is no limit.

    Attributes
    ----------
    ends : float
        The end on the clock ``time.time``, which all processes of a machine share.
    """

    def __init__(self, seconds: float | None) -> None:
        self.started = time.time()
        self.ends = math.inf if seconds is None else self.started + float(seconds)
        self.begun = 0
        self.done = 0

    @property
    def seconds(self) -> float:
        """The time since the start."""
        return time.time() - self.started

    def affordable(self, folds: Iterable[Sequence[B]]) -> Iterator[B]:
        """Yield the batches of each fold, as long as there is time for another fold."""
        for batches in folds:
            size = sum(map(len, batches))
            if not self._has_time_for(size):
                return
            self.begun += size
            yield from batches

    def _has_time_for(self, n_fits: int) -> bool:
        """Return whether this many more fits are likely to be finished in time."""
        if not self.done:
            return True
        needed = (self.begun - self.done + n_fits) * self.seconds / self.done
        return needed <= _TOLERANCE * (self.ends - time.time())
