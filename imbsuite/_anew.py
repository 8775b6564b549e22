"""Fitting anew: nothing of an earlier fit remains, and no other thread sees half of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

__all__ = ["fitted_anew"]

Method = TypeVar("Method", bound=Callable[..., Any])

# What a fit has set, by name: private names cannot be told from others otherwise. A
# tuple, which skops loads without being told to trust it.
_NAMES = "_learned"


def fitted_anew(fit: Method) -> Method:
    """Let a fitting method work on a copy that has learned nothing, and take it over.

    So attributes of an earlier fit with other parameters do not stay, an error leaves the
    estimator as it was, and threads that fit one object do not read what each other write.
    """

    @wraps(fit)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(self, "get_params"):
            name = fit.__name__
            msg = f"{name} was called on a class; call it on an instance of it."
            raise TypeError(msg)
        call = object.__new__(type(self))
        call.__dict__ = given = _unfitted(self)
        before = set(given)
        result = fit(call, *args, **kwargs)
        learned = {name: v for name, v in vars(call).items() if name not in before}
        # Assigned at once: another thread sees all of one fit or all of another.
        self.__dict__ = _unfitted(self) | learned | {_NAMES: tuple(learned)}
        return self if result is call else result

    return cast("Method", run)


def _unfitted(estimator: Any) -> dict[str, Any]:
    """Return attributes without those that a fit has set."""
    state = vars(estimator)
    learned = {*state.get(_NAMES, ()), _NAMES}
    return {
        name: value
        for name, value in state.items()
        if name not in learned and (name.startswith("_") or not name.endswith("_"))
    }
