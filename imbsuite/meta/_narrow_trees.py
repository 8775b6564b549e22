"""Pickles of tree ensembles in which nodes take half as many bytes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.meta._members import TREES

_FEW_NODES = 15  # the columns of a smaller tree take more bytes than they save


class NarrowTree:
    """A scikit-learn tree whose integers are stored in as few bytes as possible.

    A node has 64 bytes, including four integers of 8 bytes, which are mostly small, and
    7 bytes of padding. Nothing is rounded.
    """

    def __init__(self, tree: Any) -> None:
        self.kind, self.arguments, state = tree.__reduce__()
        nodes = state["nodes"]
        self.dtype = nodes.dtype
        self.columns = {name: _narrow(nodes[name]) for name in nodes.dtype.names}
        self.state = {name: value for name, value in state.items() if name != "nodes"}

    def widen(self) -> Any:
        """Return the original tree."""
        nodes = np.zeros(self.state["node_count"], self.dtype)
        for name, column in self.columns.items():
            nodes[name] = column
        tree = self.kind(*self.arguments)
        tree.__setstate__(self.state | {"nodes": nodes})
        return tree


class NarrowTrees:
    """A mixin that pickles trees in ``estimators_`` as ``NarrowTree``.

    Unpickled and copied objects have ordinary trees.
    """

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduced: Any = super().__reduce_ex__(protocol)
        make, arguments, state, *rest = reduced
        if "estimators_" in state:
            members = [_with_narrow_tree(member) for member in state["estimators_"]]
            state = state | {"estimators_": members}
        return make, arguments, state, *rest

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[misc]
        for member in state.get("estimators_", ()):
            tree = getattr(member, "tree_", None)
            if isinstance(tree, NarrowTree):
                member.tree_ = tree.widen()


def _narrow(column: NDArray[Any]) -> NDArray[Any]:
    is_whole = column.dtype.kind == "i"
    for kind in (np.int8, np.int16, np.int32) if is_whole else ():
        if np.iinfo(kind).min <= column.min() and column.max() <= np.iinfo(kind).max:
            return column.astype(kind)
    return np.ascontiguousarray(column)


def _with_narrow_tree(member: Any) -> Any:
    if type(member) not in TREES or member.tree_.node_count < _FEW_NODES:
        return member
    light = copy.copy(member)
    light.tree_ = NarrowTree(member.tree_)
    return light
