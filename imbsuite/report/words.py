"""Formats of names and numbers on a page."""

from __future__ import annotations

from typing import Any

from imbsuite._text import shorten

_LONGEST = 60
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def short(name: Any, most: int = _LONGEST) -> str:
    """Return a name on one line, without its middle if it is longer than ``most``."""
    return shorten(clean(name), most, middle=True)


def clean(name: Any) -> str:
    """Return a name on one line of printable characters; never empty."""
    line = " ".join(str(name).split()) or "(empty)"
    return "".join(c if _writable(c) else "\N{REPLACEMENT CHARACTER}" for c in line)


def _writable(character: str) -> bool:
    # Joiners connect emoji, and characters newer than Python's tables are harmless. The
    # others are lone surrogates, controls, and marks that reverse the text direction.
    return character.isprintable() or character in _JOINERS or ord(character) > 0xFFFF


def share(value: float) -> str:
    """Return a share in percent, with at least one nonzero digit."""
    percent = 100 * value
    if percent == 0 or percent >= 10:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %" if percent >= 0.1 else f"{percent:.1g} %"


FILTERS = {"clean": clean, "share": share, "short": short}
