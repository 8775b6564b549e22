"""A comparison as Python code, by the ``repr`` of its options, and package versions."""

from __future__ import annotations

import ast
import builtins
import platform
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

__all__ = ["recipe", "versions"]

_SHOWN = 60
# What is always involved, and what these are called where they are installed from.
_ALWAYS = ("imbsuite", "numpy", "scipy", "pandas", "sklearn")
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}


def recipe(
    options: Mapping[str, Any], table: str, defined: Collection[str] = ()
) -> str:
    """Return code that calls ``compare`` with these options.

    An option whose ``repr`` is not code, such as a function or a long array, stands
    under its own name, and a comment says what it was.

    Parameters
    ----------
    options : mapping of name to value
        None stands for the default.
    table : str
        Lines of code, or a comment, on what ``X`` and ``y`` are.
    defined : collection of str
        Options that these lines define, under their own names.
    """
    imports, comments, arguments = {"from imbsuite import compare"}, [], ["X", "y"]
    for name, value in options.items():
        if value is None:
            continue
        homes = dict(_homes(value))
        text = ascii(value)
        if name in defined:
            text = name
        elif _is_code(text, homes):
            imports |= {f"from {home} import {kind}" for kind, home in homes.items()}
        else:
            shown = textwrap.shorten(text, _SHOWN, placeholder=" ...")
            comments.append(f"# {name}: {shown}")
            text = name
        arguments.append(f"{name}={textwrap.indent(text, '    ').lstrip()}")
    call = "".join(f"    {argument},\n" for argument in arguments)
    head = "\n".join([*sorted(imports), "", table, *comments])
    return f"{head}\nfound = compare(\n{call})\nprint(found)\n"


def versions(objects: Iterable[Any]) -> dict[str, str]:
    """Return the versions of Python and of the packages that these come from.

    Parameters
    ----------
    objects : iterable of estimators
        Their parameters count too.
    """
    modules = dict.fromkeys(_ALWAYS)
    for thing in objects:
        for part in _parts(thing):
            modules[type(part).__module__.partition(".")[0]] = None
    found = {"python": platform.python_version()}
    for name in modules:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            found[_DISTRIBUTIONS.get(name, name)] = version
    return found


def _parts(thing: Any) -> Iterator[Any]:
    """Yield an object, and what it holds in containers and parameters."""
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


def _homes(value: Any) -> Iterator[tuple[str, str]]:
    """Yield each class that a ``repr`` names, and the package that users import it from."""
    for part in _parts(value):
        kind = type(part)
        module = kind.__module__.split(".")
        for i in range(len(module)):
            home = ".".join(module[: i + 1])
            if getattr(sys.modules.get(home), kind.__name__, None) is kind:
                if home not in {"builtins", "__main__"}:
                    yield kind.__name__, home
                break


def _is_code(text: str, homes: Mapping[str, str]) -> bool:
    """Return whether a ``repr`` is an expression of which all names are known."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return all(name in homes or hasattr(builtins, name) for name in names)
