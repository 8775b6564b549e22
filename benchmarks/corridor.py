"""The functions of imbsuite that one call of ``fit_resample`` enters.

::

    python benchmarks/corridor.py           # one line for each sampler
    python benchmarks/corridor.py SMOTE     # and each function, with its file
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

import imbsuite

HOME = str(Path(imbsuite.__file__).parent)
N_ROWS, N_COLUMNS = 600, 5
SAMPLERS = (
    "SMOTE",
    "BorderlineSMOTE",
    "RCALSampler",
    "TomekLinks",
    "RandomUnderSampler",
)


@dataclass
class Corridor:
    """The functions of the package that a call enters, and their deepest call stack.

    Comprehensions and lambdas are not counted as functions.
    """

    calls: Counter[CodeType] = field(default_factory=Counter)
    stack: list[CodeType] = field(default_factory=list)
    deepest: list[CodeType] = field(default_factory=list)

    def watch(self, frame: FrameType, event: str, _: Any) -> None:
        """Record calls and returns; an argument for ``sys.setprofile``."""
        code = frame.f_code
        if not code.co_filename.startswith(HOME) or code.co_name.startswith("<"):
            return
        if event == "call":
            self.calls[code] += 1
            self.stack.append(code)
            if len(self.stack) > len(self.deepest):
                self.deepest = self.stack[:]
        elif event == "return":
            self.stack.pop()

    @property
    def files(self) -> set[str]:
        """The files that contain these functions."""
        return {code.co_filename for code in self.calls}


def walk(name: str) -> Corridor:
    """Return the functions that one call enters, on an array with three classes."""
    sampler = getattr(imbsuite, name)()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, N_COLUMNS))
    y = rng.permutation(np.repeat([0, 1, 2], [400, 150, 50]))
    sampler.fit_resample(X, y)  # imports happen here
    corridor = Corridor()
    sys.setprofile(corridor.watch)
    try:
        sampler.fit_resample(X, y)
    finally:
        sys.setprofile(None)
    return corridor


def describe(corridor: Corridor) -> None:
    """Print each function with its file and number of calls, and the deepest stack."""
    rows = [
        (Path(c.co_filename).name, c.co_qualname, n) for c, n in corridor.calls.items()
    ]
    for file, function, n in sorted(rows):
        print(f"    {file:16} {function} ({n})")
    print("  deepest:", " > ".join(code.co_qualname for code in corridor.deepest))


def main() -> None:
    """Print a line for each sampler, with details if samplers are named."""
    names = sys.argv[1:]
    print(f"{'sampler':22}{'functions':>10}{'calls':>7}{'depth':>7}{'files':>7}")
    for name in names or SAMPLERS:
        corridor = walk(name)
        figures = (len(corridor.calls), corridor.calls.total(), len(corridor.deepest))
        print(
            f"{name:22}{figures[0]:10}{figures[1]:7}{figures[2]:7}{len(corridor.files):7}"
        )
        if names:
            describe(corridor)


if __name__ == "__main__":
    main()
