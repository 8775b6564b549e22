"""Packages that only this room needs, imported when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["need"]


def need(package: str, *, extra: str = "explore") -> Any:
    """Return an optional package, or say how to install it.

    Raises
    ------
    ImportError
        If the package is not installed. A package that is there and fails to import
        something else raises its own error.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        missing = package.partition(".")[0]
        if error.name != missing:
            raise
        msg = f"this needs {missing}; run pip install 'imbsuite[{extra}]'."
        raise ImportError(msg, name=missing) from error
