"""How names and numbers of a comparison are written on a page."""

from __future__ import annotations

import math
from typing import Any

from imbsuite.experiment.sentences import number

__all__ = ["FILTERS", "clean", "mean", "share", "short", "signed"]

_LONGEST = 60
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def short(name: Any, most: int = _LONGEST) -> str:
    """Return a name on one line, its middle left out if it is longer than ``most``."""
    text = clean(name)
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half].rstrip()}…{text[-half:].lstrip()}"


def clean(name: Any) -> str:
    """Return a name as it can be written: on one line, and in UTF-8; never empty."""
    line = " ".join(str(name).split())
    return (
        "".join(c if _writable(c) else "\N{REPLACEMENT CHARACTER}" for c in line)
        or "(empty)"
    )


def _writable(character: str) -> bool:
    # Joiners hold emoji together; characters newer than Python's tables are no harm.
    # What remains are half surrogates, controls, and marks that turn the text around.
    return character.isprintable() or character in _JOINERS or ord(character) > 0xFFFF


def mean(value: float) -> str:
    """Return a mean, or what stands for one that there is not."""
    return "n/a" if math.isnan(value) else number(value)


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return number(value, signed=True)


def share(value: float) -> str:
    """Return a share in per cent, with a digit that is not 0."""
    percent = 100 * value
    if percent == 0 or percent >= 10:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %" if percent >= 0.1 else f"{percent:.1g} %"


FILTERS = {
    "clean": clean,
    "mean": mean,
    "number": number,
    "share": share,
    "short": short,
    "signed": signed,
}
