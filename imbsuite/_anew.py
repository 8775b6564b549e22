"""A decorator for fitting methods that replaces an earlier fit as a whole.

The fit runs on a copy without fitted attributes; when it is done, the attributes of the
copy are moved to the estimator. So no attribute of an earlier fit remains, an error
leaves the earlier fit intact, and the hooks of a fit may store values on ``self``, even
if threads share one object.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])

# Names of the attributes that a fit has set, because private ones have no suffix that marks
# them. A tuple, which skops loads without a list of trusted types.
_NAMES = "_learned"


class FitInterrupted(KeyboardInterrupt):
    """An interrupt that leaves the estimator fitted, on fewer members than planned."""


def fitted_anew(fit: Method) -> Method:
    """Run a fitting method on an unfitted copy, and take over the copy's attributes."""

    @wraps(fit)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(self, "get_params"):
            name = fit.__name__
            msg = f"{name} was called on a class; call it on an instance of the class."
            raise TypeError(msg)
        call = object.__new__(type(self))
        call.__dict__ = state = _unfitted(self)
        before = set(state)
        try:
            result = fit(call, *args, **kwargs)
        except FitInterrupted:
            _take_over(self, call, before)
            raise
        _take_over(self, call, before)
        return self if result is call else result

    return cast("Method", run)


def _take_over(estimator: Any, call: Any, before: set[str]) -> None:
    """Replace the fitted attributes of ``estimator`` by those that ``call`` has now."""
    learned = {name: v for name, v in vars(call).items() if name not in before}
    # Assigned at once, so that another thread sees either fit as a whole.
    estimator.__dict__ = _unfitted(estimator) | learned | {_NAMES: tuple(learned)}


def _unfitted(estimator: Any) -> dict[str, Any]:
    """Return the attributes that no fit has set."""
    state = vars(estimator)
    learned = {*state.get(_NAMES, ()), _NAMES}
    return {
        name: value
        for name, value in state.items()
        if name not in learned and (name.startswith("_") or not name.endswith("_"))
    }
