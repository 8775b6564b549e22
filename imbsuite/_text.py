"""Names of any length, shortened to the room that a line has."""

from __future__ import annotations

from typing import Any

__all__ = ["shorten"]


def shorten(
    name: Any, width: int, *, placeholder: str = "…", middle: bool = False
) -> str:
    """Return a name as one line of at most ``width`` characters.

    Unlike :func:`textwrap.shorten`, it also cuts inside a word: names often have no spaces.

    Parameters
    ----------
    name : object
    width : int
    placeholder : str, default="…"
        Replaces what is left out.
    middle : bool, default=False
        Leave out the middle of the name instead of its end. Names in one table often
        differ only at their ends.
    """
    text = " ".join(str(name).split())
    if len(text) <= width:
        return text
    kept = width - len(placeholder)
    if not middle:
        return f"{text[:kept]}{placeholder}"
    half = kept // 2
    return f"{text[:half].rstrip()}{placeholder}{text[-half:].lstrip()}"
