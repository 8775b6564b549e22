"""Fitted attributes with one entry per training row, and pickles without them.

A fitted classifier is stored to make predictions. The attributes of its sampler with
one entry per training row may take a hundred times the memory of the model (a draw has
53 bytes per row), so the classifier's pickle leaves them out. They are kept in memory,
in copies, and in the pickle of a sampler itself. The declaration (``of_rows``) also
raises the error for an attribute that a pickle does not include.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

_LEFT_OUT = "_rows_left_out"


class _OfRows:
    """A placeholder for an attribute until it is set on the instance."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        if _LEFT_OUT in vars(instance):
            raise AttributeError(_message(instance, self.name))
        msg = f"{owner.__name__!r} object has no attribute {self.name!r}"
        raise AttributeError(msg)


def of_rows() -> Any:
    """Declare a fitted attribute with one entry per training row."""
    return _OfRows()


def _message(instance: Any, name: str) -> str:
    return (
        f"{name} of this {type(instance).__name__} was not stored: the pickle of a "
        "classifier does not include attributes with one entry per training row. Fit "
        f"the classifier again, or pickle the {type(instance).__name__} itself, or "
        "copy.deepcopy the classifier."
    )


def refuse_left_out(instance: Any, name: str, error: type[Exception]) -> None:
    """Raise ``error`` if ``name`` was left out of a pickle."""
    if _LEFT_OUT in vars(instance) and name not in vars(instance):
        raise error(_message(instance, name))


def _without_rows(fitted: Any) -> Any:
    """Return a shallow copy without per-row attributes, also inside nested objects."""
    if isinstance(fitted, list):
        return [_without_rows(one) for one in fitted]
    if not _has_row_attributes(type(fitted)):
        return fitted
    light = copy.copy(fitted)
    for name, value in list(vars(light).items()):
        if value is not None and isinstance(getattr(type(light), name, None), _OfRows):
            delattr(light, name)
            setattr(light, _LEFT_OUT, True)
        else:
            setattr(light, name, _without_rows(value))
    return light


def _has_row_attributes(kind: type) -> bool:
    return any(
        isinstance(value, _OfRows)
        for one in kind.__mro__
        for value in vars(one).values()
    )


class LightPickle:
    """A mixin that leaves per-row attributes out of pickles.

    ``copy.copy`` and ``copy.deepcopy`` keep them.
    """

    # Fitted attributes that hold objects with per-row attributes.
    _remembering: ClassVar[tuple[str, ...]] = ()

    def __getstate__(self) -> Any:
        state: Any = super().__getstate__()
        light = {k: _without_rows(state[k]) for k in self._remembering if k in state}
        of_rows = {
            k for k in state if isinstance(getattr(type(self), k, None), _OfRows)
        }
        mark = {_LEFT_OUT: True} if of_rows else {}
        return {k: v for k, v in {**state, **light, **mark}.items() if k not in of_rows}

    def __copy__(self) -> Self:
        fresh = object.__new__(type(self))
        vars(fresh).update(vars(self))
        return fresh

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        fresh = memo[id(self)] = object.__new__(type(self))
        vars(fresh).update(copy.deepcopy(vars(self), memo))
        return fresh
