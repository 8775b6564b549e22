"""An estimator as Python code that rebuilds it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator

from imbsuite._wrapping import keyword_of
from imbsuite.experiment.recipe import homes_of, is_code

_WIDTH, _INDENT = 84, 4
_SEED, _WEIGHT = "random_state", "sample_weight"
# Parameters that come first in a call, without their names.
_UNNAMED = ("sampler", "estimator", "steps")
_SHOWN = 60
_WHOLE = 10**6  # characters; scikit-learn shortens its repr by default


def fitting_code(estimator: Any, *, weighted: bool = False) -> str:
    """Return code that builds an estimator and fits it to ``X`` and ``y``.

    Every parameter that differs from its default is written down. One whose ``repr`` is
    not code, such as a function, is a name that a comment describes.

    Parameters
    ----------
    estimator : estimator
    weighted : bool, default=False
        Whether ``fit`` gets the weights of rows, ``sample_weight``.
    """
    script = _Script(_common_seed(estimator))
    name = script.define(estimator)
    imports = [
        f"from {home} import {', '.join(sorted(kinds))}"
        for home, kinds in sorted(script.imports.items())
    ]
    seed = [] if script.seed is None else [f"seed = {script.seed}"]
    weights = f", {keyword_of(estimator, _WEIGHT)}={_WEIGHT}" if weighted else ""
    fitting = f"{name}.fit(X, y{weights})"
    return "\n".join([*imports, "", *seed, *script.lines, fitting, ""])


def _common_seed(estimator: Any) -> int | None:
    """Return the seed that several parts have in common, if there is one."""
    seeds = Counter(
        value
        for name, value in estimator.get_params().items()
        if name.rpartition("__")[2] == _SEED and isinstance(value, int)
    )
    return next((seed for seed, n in seeds.most_common(1) if n > 1), None)


class _Script:
    """Lines of code, one assignment for each estimator around another."""

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self.imports: dict[str, set[str]] = {}
        self.lines: list[str] = []
        self.names = {"X", "y", "seed", _WEIGHT}

    def define(self, estimator: Any) -> str:
        """Add the assignment of an estimator, and return its name."""
        name = self._name(type(estimator).__name__)
        arguments = list(self._arguments(estimator))
        kind = type(estimator).__name__
        home = dict(homes_of(estimator)).get(kind)
        if home is None:
            self.lines.append(f"# {kind}, which is defined elsewhere")
        else:
            self._import(home, kind)
        self.lines.append(_joined(f"{name} = {kind}(", arguments, ")"))
        return name

    def _arguments(self, estimator: Any) -> Iterator[str]:
        first = True
        for key, value in _changed(estimator):
            if key == "estimator" and isinstance(value, BaseEstimator):
                text = self.define(value)
            elif key == "steps":
                steps = [f"({n!r}, {self._expression(n, s)})" for n, s in value]
                text = _joined("[", steps, "]")
            else:
                text = self._expression(key, value)
            # As in calls that people write: these come first, and have no names.
            first = first and key in _UNNAMED
            yield text if first else f"{key}={text}"

    def _expression(self, key: str, value: Any) -> str:
        if key == _SEED and value == self.seed and isinstance(value, int):
            return "seed"
        homes = dict(homes_of(value))
        kind = type(value).__name__
        if isinstance(value, BaseEstimator) and kind in homes:
            self._import(homes[kind], kind)
            return _joined(f"{kind}(", list(self._arguments(value)), ")")
        text = _repr(value)
        if is_code(text, homes):
            tree = ast.parse(text, mode="eval")
            for name in (n.id for n in ast.walk(tree) if isinstance(n, ast.Name)):
                if name in homes:
                    self._import(homes[name], name)
            return ast.unparse(tree)
        name = self._name(key)
        shown = re.sub(r"\s+", " ", text)[:_SHOWN]
        self.lines.append(f"# {name}, which has no code: {shown}")
        return name

    def _import(self, home: str, kind: str) -> None:
        self.imports.setdefault(home, set()).add(kind)

    def _name(self, text: str) -> str:
        """Return a variable name that is not yet used, such as "tuned_threshold"."""
        text = text.removesuffix("Classifier") or text
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()
        while name in self.names:
            name += "_"
        self.names.add(name)
        return name


def _changed(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parameters that differ from their defaults."""
    params = estimator.get_params(deep=False)
    defaults = inspect.signature(type(estimator)).parameters
    for name in [*(n for n in defaults if n in params), *(params.keys() - defaults)]:
        has_default = name in defaults
        if not has_default or _repr(params[name]) != _repr(defaults[name].default):
            yield name, params[name]


def _repr(value: Any) -> str:
    if isinstance(value, BaseEstimator):
        return str(value.__repr__(N_CHAR_MAX=_WHOLE))
    return repr(value)


def _joined(start: str, parts: list[str], end: str) -> str:
    """Return a call or a list: on one line, else with its parts on one, else on several."""
    one_line = ", ".join(parts)
    fits = "\n" not in one_line
    if fits and len(start + one_line + end) <= _WIDTH:
        return f"{start}{one_line}{end}"
    if len(parts) == 1 and parts[0].startswith("["):
        return f"{start}{parts[0]}{end}"
    if fits and len(one_line) <= _WIDTH - _INDENT and not start.endswith("["):
        return f"{start}\n{' ' * _INDENT}{one_line}\n{end}"
    inner = textwrap.indent(",\n".join(parts), " " * _INDENT)
    return f"{start}\n{inner},\n{end}"
