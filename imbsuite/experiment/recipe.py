"""Python code that repeats a comparison, as far as it can be written down."""

from __future__ import annotations

import inspect
import math
import platform
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

__all__ = ["read_from", "recipe", "versions"]

_WIDTH = 88
_SHOWN = 60
# What is always involved, and what these are called where they are installed from.
_ALWAYS = ("imbsuite", "numpy", "scipy", "pandas", "sklearn")
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}


def recipe(options: Mapping[str, Any], shape: tuple[int, int]) -> str:
    """Return code that calls ``compare`` with these options.

    The table stands as a comment, and so do values that are no estimator, function,
    number or text: what they were is said.

    Parameters
    ----------
    options : mapping of name to value
        Those that differ from the defaults.
    shape : tuple (n_rows, n_columns)
    """
    code = _Code()
    code.need("imbsuite", "compare")
    written = [f"{name}={code.argument(name, v)}" for name, v in options.items()]
    given = "".join(f"{line},\n" for line in ["X", "y", *written])
    arguments = textwrap.indent(given, "    ")
    n_rows, n_columns = shape
    lines = [
        *sorted(code.imports),
        "",
        f"# X: the table, {n_rows:,} rows and {n_columns:,} columns; y: their labels.",
        *code.remarks,
        f"found = compare(\n{arguments})",
        "print(found)",
    ]
    return "\n".join(lines) + "\n"


def read_from(
    code: str,
    path: Path,
    target: str,
    groups: str | None = None,
    separator: str | None = None,
    *,
    sample_rows: int | None = None,
) -> str:
    """Return a recipe that begins with reading the table from its file.

    Parameters
    ----------
    code : str
        Of :func:`recipe`.
    path : Path
    target, groups : str
        Names of columns; without groups None.
    separator : str, default=None
        Of a text file, where it is not the usual one.
    sample_rows : int, default=None
        How many rows of the file were measured, if not all.
    """
    lines = [line for line in code.splitlines() if not line.startswith("# groups: ")]
    place = next(i for i, line in enumerate(lines) if line.startswith("# X: "))
    kind = "parquet" if path.suffix in {".parquet", ".pq"} else "csv"
    tabbed = ".tsv" in path.suffixes
    sign = separator or ("\t" if tabbed else None)
    given = "" if sign is None or kind == "parquet" else f", sep={sign!r}"
    lines[place] = f"X = pandas.read_{kind}({str(path)!a}{given})"
    taken = {"y": target, "groups": groups}
    lines[place + 1 : place + 1] = [
        f"{name} = X.pop({column!a})"
        for name, column in taken.items()
        if column is not None
    ]
    if sample_rows is not None:
        lines.insert(lines.index("    y,") + 1, f"    sample_rows={sample_rows},")
    return "\n".join(["import pandas", *lines]) + "\n"


def versions(objects: Iterable[Any]) -> dict[str, str]:
    """Return the versions of Python and of the packages that these come from.

    Parameters
    ----------
    objects : iterable of estimators
        Their parameters count too.
    """
    modules = dict.fromkeys(_ALWAYS)
    for thing in objects:
        for part in (thing, *_parts(thing)):
            modules[type(part).__module__.partition(".")[0]] = None
    found = {"python": platform.python_version()}
    for name in modules:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            found[_DISTRIBUTIONS.get(name, name)] = version
    return found


def _parts(thing: Any) -> Iterator[Any]:
    deep: dict[str, Any] = getattr(thing, "get_params", dict)()
    return (value for value in deep.values() if hasattr(value, "get_params"))


@dataclass
class _Code:
    """Expressions written so far: the imports they need, and what could not be written."""

    imports: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)

    def need(self, module: str, name: str) -> str:
        """Import a name from the outermost package that has it, as a user would."""
        value = getattr(sys.modules[module], name)
        parts = module.split(".")
        homes = [".".join(parts[: i + 1]) for i in range(len(parts))]
        public = next(
            home for home in homes if getattr(sys.modules[home], name, None) is value
        )
        self.imports.add(f"from {public} import {name}")
        return name

    def argument(self, name: str, value: Any) -> str:
        """Return the expression of an argument, or its name, and remark what it is."""
        try:
            return self.expression(value)
        except _UnwritableError:
            shown = textwrap.shorten(ascii(value), _SHOWN, placeholder=" ...")
            self.remarks.append(f"# {name}: {shown}")
            return name

    def expression(self, value: Any) -> str:
        """Return code for ``value``.

        Raises
        ------
        _UnwritableError
            If there is none.
        """
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        if value is None or type(value) in {bool, int, float, str}:
            return ascii(value)
        if isinstance(value, Mapping):
            pairs = [self._pair(*pair) for pair in value.items()]
            return _listed("{", pairs, "}")
        if type(value) in {list, tuple}:
            return self._sequence(value)
        if not isinstance(value, type) and hasattr(value, "__dict__"):
            made = isinstance(value, BaseEstimator) or hasattr(value, "split")
            if made or is_dataclass(value):
                return self._call(type(value), _changed(value))
        return self._named(value)

    def _pair(self, key: Any, value: Any) -> str:
        return f"{self.expression(key)}: {self.expression(value)}"

    def _sequence(self, value: Any) -> str:
        items = [self.expression(item) for item in value]
        if isinstance(value, list):
            return _listed("[", items, "]")
        return _listed("(", items, ",)" if len(items) == 1 else ")")

    def _call(self, kind: Any, parameters: Mapping[str, Any]) -> str:
        name = self._named(kind)
        given = [f"{key}={self.expression(value)}" for key, value in parameters.items()]
        return _listed(f"{name}(", given, ")")

    def _named(self, value: Any) -> str:
        """Import a class or function by its name, if that finds it."""
        module, name = (getattr(value, k, "") for k in ("__module__", "__qualname__"))
        home = sys.modules.get(module)
        if module == "__main__" or getattr(home, name, None) is not value:
            raise _UnwritableError
        return self.need(module, name)


class _UnwritableError(Exception):
    """There is no expression for the value."""


def _changed(made: Any) -> dict[str, Any]:
    """Return the parameters that differ from their defaults.

    As scikit-learn has it, they are attributes of the same name.
    """
    usual = inspect.signature(type(made)).parameters
    if not all(hasattr(made, name) for name in usual):
        raise _UnwritableError
    given = {name: getattr(made, name) for name in usual}
    return {k: v for k, v in given.items() if repr(v) != repr(usual[k].default)}


def _listed(start: str, items: list[str], end: str) -> str:
    """Return the items in one line if they fit, else one below the other."""
    joined = ", ".join(items)
    if len(start) + len(joined) < _WIDTH - _SHOWN // 2 and "\n" not in joined:
        return f"{start}{joined}{end}"
    below = "".join(f"{textwrap.indent(item, '    ')},\n" for item in items)
    return f"{start}\n{below}{end.lstrip(',')}"
