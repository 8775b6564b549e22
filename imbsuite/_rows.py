"""What a fitted object remembers of single rows, and pickles without it.

A fitted classifier is stored to predict. What its sampler knows of the training rows may
take a hundred times the room of the model, so it stays in memory and is left out of the
classifier's pickle. A sampler that is pickled by itself keeps it.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

__all__ = ["LightPickle", "of_rows", "refuse_left_out"]

_LEFT_OUT = "_rows_left_out"


class _OfRows:
    """Stands for an attribute until it is set; then the instance's own is found first."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        if _LEFT_OUT in vars(instance):
            raise AttributeError(_sentence(instance, self.name))
        msg = f"{owner.__name__!r} object has no attribute {self.name!r}"
        raise AttributeError(msg)


def of_rows() -> Any:
    """Return what declares a fitted attribute that is as long as the table."""
    return _OfRows()


def _sentence(instance: Any, name: str) -> str:
    return (
        f"{name} of this {type(instance).__name__} was not stored: a classifier is pickled "
        "without what it remembers of its training rows. Fit it again, or pickle the "
        f"{type(instance).__name__} itself, or copy.deepcopy the classifier."
    )


def refuse_left_out(instance: Any, name: str, error: type[Exception]) -> None:
    """Raise ``error`` where ``name`` was left out of a pickle."""
    if _LEFT_OUT in vars(instance) and name not in vars(instance):
        raise error(_sentence(instance, name))


def _without_rows(fitted: Any) -> Any:
    """Return a shallow copy that remembers no rows, nor do those inside it."""
    if isinstance(fitted, list):
        return [_without_rows(one) for one in fitted]
    if not _remembers(type(fitted)):
        return fitted
    light = copy.copy(fitted)
    for name, value in list(vars(light).items()):
        if value is not None and isinstance(getattr(type(light), name, None), _OfRows):
            delattr(light, name)
            setattr(light, _LEFT_OUT, True)
        else:
            setattr(light, name, _without_rows(value))
    return light


def _remembers(kind: type) -> bool:
    return any(
        isinstance(value, _OfRows)
        for one in kind.__mro__
        for value in vars(one).values()
    )


class LightPickle:
    """Is pickled without what attributes remember of the training rows.

    ``copy.copy`` and ``copy.deepcopy`` keep it.
    """

    # The fitted attributes that remember rows.
    _remembering: ClassVar[tuple[str, ...]]

    def __getstate__(self) -> Any:
        state: Any = super().__getstate__()
        light = {k: _without_rows(state[k]) for k in self._remembering if k in state}
        return {**state, **light}

    def __copy__(self) -> Self:
        fresh = object.__new__(type(self))
        vars(fresh).update(vars(self))
        return fresh

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        fresh = memo[id(self)] = object.__new__(type(self))
        vars(fresh).update(copy.deepcopy(vars(self), memo))
        return fresh
