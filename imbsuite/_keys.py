"""Cache keys: a hash of everything that a fit depends on.

``joblib.hash`` alone would hash functions by name.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import joblib


def digest(*things: Any) -> str:
    """Return a hash of the content of tables, estimators, functions and plain values."""
    return str(joblib.hash([stated(thing) for thing in things]))


def stated(thing: Any) -> Any:
    """Return a hashable description of an object.

    Functions and classes are described by their names and the version of their package, or
    by their source if there is no version, as in a notebook.
    """
    for kind, describe in _DESCRIPTIONS.items():
        if isinstance(thing, kind):
            return (kind.__name__, describe(thing))
    return thing if (parts := _parts(thing)) is None else stated((type(thing), parts))


def _parts(thing: Any) -> dict[str, Any] | None:
    """Return the parts of an object; None for arrays, tables and plain values."""
    if hasattr(thing, "get_params"):
        params: dict[str, Any] = thing.get_params(deep=False)
        return params
    if is_dataclass(thing):
        return {field.name: getattr(thing, field.name) for field in fields(thing)}
    # Scorers and other callable objects.
    return vars(thing) if callable(thing) and hasattr(thing, "__dict__") else None


def _function(thing: FunctionType) -> Iterator[Any]:
    yield from _name(thing)
    yield stated(thing.__defaults__)
    yield stated(thing.__kwdefaults__)
    for cell in thing.__closure__ or ():
        yield stated(cell.cell_contents)


def _name(thing: Any) -> list[Any]:
    return [thing.__module__, thing.__qualname__, _version(thing)]


def _version(thing: Any) -> Any:
    """Return the version of the package or, without one, the source or the bytecode."""
    package = sys.modules.get(thing.__module__.partition(".")[0])
    version = getattr(package, "__version__", None)
    if version is not None:
        return version
    # The source of a class is that of its module: to find the lines of a class, Python 3.11
    # parses the file, which fails if another thread does so at the same time.
    place: Any = sys.modules.get(thing.__module__) if isinstance(thing, type) else thing
    try:
        return inspect.getsource(place)
    except (OSError, TypeError):
        code = getattr(thing, "__code__", None)
        return None if code is None else (code.co_code, repr(code.co_consts))


_DESCRIPTIONS: dict[type, Callable[[Any], Any]] = {
    type: _name,
    FunctionType: lambda function: list(_function(function)),
    MethodType: lambda method: stated([method.__func__, method.__self__]),
    partial: lambda call: stated([call.func, call.args, call.keywords]),
    Mapping: lambda pairs: [[stated(k), stated(v)] for k, v in pairs.items()],
    list: lambda parts: [stated(part) for part in parts],
    tuple: lambda parts: [stated(part) for part in parts],
}
