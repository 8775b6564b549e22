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
from sklearn.pipeline import Pipeline

from imbsuite._wrapping import keyword_of
from imbsuite.experiment.recipe import homes_of, is_code
from imbsuite.samplers import Chain

_WIDTH, _INDENT = 88, 4  # as Black's
_SEED, _WEIGHT = "random_state", "sample_weight"
# Parameters that come first in a call, as positional arguments. The samplers and
# estimators of a classifier get their own lines.
_PARTS = ("sampler", "estimator")
_UNNAMED = (*_PARTS, "steps")
# Functions that name the steps automatically.
_MAKERS: dict[type, str] = {Pipeline: "make_pipeline", Chain: "make_chain"}
_SHOWN = 60
_WHOLE = 10**6  # characters; scikit-learn shortens its repr by default


def fitting_code(estimator: Any, *, weighted: bool = False) -> str:
    """Return code that builds an estimator and fits it to ``X`` and ``y``.

    Every parameter that differs from its default is written out. A parameter whose
    ``repr`` is not code, such as a function, becomes a name that a comment describes.

    Parameters
    ----------
    estimator : estimator
    weighted : bool, default=False
        Whether to pass ``sample_weight`` to ``fit``.
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
    """Return the most common seed if several parts share it, else None."""
    seeds = Counter(
        value
        for name, value in estimator.get_params().items()
        if name.rpartition("__")[2] == _SEED and isinstance(value, int)
    )
    return next((seed for seed, n in seeds.most_common(1) if n > 1), None)


class _Script:
    """Lines of code, with one assignment for each classifier and each of its parts."""

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self.imports: dict[str, set[str]] = {}
        self.lines: list[str] = []
        self.names = {"X", "y", "seed", _WEIGHT}

    def define(self, estimator: Any) -> str:
        """Add the assignment of an estimator, and return its name."""
        kind = type(estimator).__name__
        name = self._name(kind)
        call = self._call(estimator, f"{name} = ")
        if kind not in dict(homes_of(estimator)):
            self.lines.append(f"# {kind}, which is defined elsewhere")
        self.lines.append(call)
        return name

    def _call(self, estimator: Any, start: str = "") -> str:
        """Return the call that builds an estimator, and record its imports."""
        kind = type(estimator).__name__
        home = dict(homes_of(estimator)).get(kind)
        maker = _maker(estimator)
        if home is not None:
            self._import(home, maker or kind)
        arguments = self._arguments(estimator, named=maker is None)
        return _joined(f"{start}{maker or kind}(", list(arguments), ")")

    def _arguments(self, estimator: Any, *, named: bool) -> Iterator[str]:
        """Yield the arguments of a call; unnamed steps are positional arguments."""
        first, is_sampler = True, hasattr(estimator, "fit_resample")
        for key, value in _changed(estimator):
            if key in _PARTS and isinstance(value, BaseEstimator) and not is_sampler:
                text = self.define(value)
            elif key == "steps" and not named:
                yield from (self._expression(name, step) for name, step in value)
                continue
            elif key == "steps":
                steps = [f"({n!r}, {self._expression(n, s)})" for n, s in value]
                text = _joined("[", steps, "]")
            else:
                text = self._expression(key, value)
            # As people write calls: positional arguments come first.
            first = first and key in _UNNAMED
            yield text if first else f"{key}={text}"

    def _expression(self, key: str, value: Any) -> str:
        if key == _SEED and value == self.seed and isinstance(value, int):
            return "seed"
        homes = dict(homes_of(value))
        kind = type(value).__name__
        if isinstance(value, BaseEstimator) and kind in homes:
            return self._call(value)
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


def _maker(estimator: Any) -> str | None:
    """Return the function that builds an estimator with its step names, or None."""
    maker = _MAKERS.get(type(estimator))
    if maker is None:
        return None
    names = [name for name, _ in estimator.steps]
    kinds = [type(step).__name__.lower() for _, step in estimator.steps]
    # Several steps of one class would get numbered names.
    return maker if names == kinds and len(set(kinds)) == len(kinds) else None


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
    """Return a call or list: on one line, or its parts on one line or on several."""
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
