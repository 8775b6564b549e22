"""A comparison as Python code (from the ``repr`` of its options), and versions."""

from __future__ import annotations

import ast
import builtins
import platform
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

_SHOWN = 60
# The packages that are always listed, and distribution names that differ.
_ALWAYS = ("imbsuite", "numpy", "scipy", "pandas", "sklearn")
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}


def recipe(
    options: Mapping[str, Any], table: str, defined: Collection[str] = ()
) -> str:
    """Return code that calls ``compare`` with these options.

    An option whose ``repr`` is not code, such as a function or a long array, is passed
    by its name, and a comment describes its value.

    Parameters
    ----------
    options : mapping of name to value
        None means the default.
    table : str
        Lines of code that define ``X`` and ``y``, or a comment about them.
    defined : collection of str
        Options that these lines define as variables.
    """
    imports, comments, arguments = {"from imbsuite import compare"}, [], ["X", "y"]
    for name, value in options.items():
        if value is None:
            continue
        homes = dict(homes_of(value))
        text = ascii(value)
        if name in defined:
            text = name
        elif is_code(text, homes):
            imports |= {f"from {home} import {kind}" for kind, home in homes.items()}
        else:
            shown = textwrap.shorten(text, _SHOWN, placeholder=" ...")
            comments.append(f"# {name}: {shown}")
            text = name
        arguments.append(f"{name}={textwrap.indent(text, '    ').lstrip()}")
    call = "".join(f"    {argument},\n" for argument in arguments)
    head = "\n".join([*sorted(imports), "", table, *comments])
    return f"{head}\ncomparison = compare(\n{call})\nprint(comparison)\n"


def versions(objects: Iterable[Any]) -> dict[str, str]:
    """Return the versions of Python and of the packages that define these objects.

    Parameters
    ----------
    objects : iterable of estimators
        Their parameters are included.
    """
    modules = dict.fromkeys(_ALWAYS)
    for thing in objects:
        for part in _parts(thing):
            modules[type(part).__module__.partition(".")[0]] = None
    by_package = {"python": platform.python_version()}
    for name in modules:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            by_package[_DISTRIBUTIONS.get(name, name)] = version
    return by_package


def _parts(thing: Any) -> Iterator[Any]:
    """Yield an object, and all objects in its items and parameters."""
    yield thing
    if isinstance(thing, Mapping):
        values: Iterable[Any] = thing.values()
    elif isinstance(thing, (list, tuple)):
        values = thing
    elif isinstance(thing, type):
        values = ()
    else:
        values = getattr(thing, "get_params", lambda **_: {})(deep=False).values()
    for value in values:
        yield from _parts(value)


def homes_of(value: Any) -> Iterator[tuple[str, str]]:
    """Yield each class in a ``repr``, and the package that users import it from."""
    for part in _parts(value):
        kind = type(part)
        module = kind.__module__.split(".")
        for i in range(len(module)):
            home = ".".join(module[: i + 1])
            if getattr(sys.modules.get(home), kind.__name__, None) is kind:
                if home not in {"builtins", "__main__"}:
                    yield kind.__name__, home
                break


def is_code(text: str, homes: Mapping[str, str]) -> bool:
    """Return whether a ``repr`` is an expression in which all names are known."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return all(name in homes or hasattr(builtins, name) for name in names)
