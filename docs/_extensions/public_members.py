"""What the reference shows of a class."""

from __future__ import annotations

import inspect
import re
from typing import Any

from numpydoc.docscrape import NumpyDocString

from imbsuite.base import BaseSampler

# Made by scikit-learn for every method that takes weights or groups.
REQUEST = re.compile(r"set_\w+_request$")


def skip(app: Any, what: str, name: str, member: Any, skip: bool, options: Any) -> Any:
    """Skip members that scikit-learn defines; its own pages document them."""
    function = getattr(member, "fget", member)
    module = getattr(function, "__module__", None) or "imbsuite"
    foreign = not module.startswith("imbsuite")
    return True if foreign or REQUEST.match(name) else None


def add_attributes(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Say of every sampler what all samplers have after ``fit_resample``."""
    if what != "class" or not issubclass(obj, BaseSampler) or obj is BaseSampler:
        return
    shared = NumpyDocString(inspect.getdoc(BaseSampler) or "")["Attributes"]
    own = NumpyDocString("\n".join(lines))
    names = {attribute.name for attribute in own["Attributes"]}
    own["Attributes"] += [one for one in shared if one.name not in names]
    lines[:] = str(own).splitlines()


def setup(app: Any) -> dict[str, bool]:
    """Listen to autodoc, before numpydoc does."""
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", add_attributes, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
