"""Of a class's members, show those that are ours."""

from __future__ import annotations

import re
from typing import Any

# Made by scikit-learn for every method that takes weights or groups.
REQUEST = re.compile(r"set_\w+_request$")


def skip(app: Any, what: str, name: str, member: Any, skip: bool, options: Any) -> Any:
    """Skip what scikit-learn defines; its own pages document it."""
    function = getattr(member, "fget", member)
    module = getattr(function, "__module__", None) or "imbsuite"
    foreign = not module.startswith("imbsuite")
    return True if foreign or REQUEST.match(name) else None


def setup(app: Any) -> dict[str, bool]:
    """Listen to autodoc."""
    app.connect("autodoc-skip-member", skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
