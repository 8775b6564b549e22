"""Imports of optional packages, with instructions to install a missing one."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def need(package: str, *, extra: str = "explore") -> Any:
    """Import and return an optional package.

    Raises
    ------
    ImportError
        If the package is not installed; the message says how to install it. An installed
        package that fails to import another one raises its own error.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        missing = package.partition(".")[0]
        if error.name != missing:
            raise
        msg = f"this needs {missing}; run pip install 'imbsuite[{extra}]'."
        raise ImportError(msg, name=missing) from error
