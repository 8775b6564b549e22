"""Names and texts from users, shortened and without control characters; durations."""

from __future__ import annotations

from typing import Any


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
        Replaces the omitted part.
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


def on_one_line(name: Any) -> str:
    r"""Return a name in which non-printable characters are escaped, as ``repr`` does.

    So a terminal shows escape sequences, line ends and marks that reverse the direction of
    text (``\x1b``, ``\n``, ``\u202e``) instead of obeying them.
    """
    return _escaped(str(name))


def printable(text: str) -> str:
    """Return a text in which line ends and tabs are the only control characters."""
    return "\n".join(_escaped(line, kept="\t") for line in text.split("\n"))


def duration(seconds: float) -> str:
    """Return an estimated time in the unit that a reader would use.

    Examples
    --------
    >>> duration(7.4), duration(100), duration(9000)
    ('about 7 s', 'about 2 min', 'about 2.5 h')
    """
    if seconds < 90:
        return f"about {max(seconds, 0):.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"


def _escaped(line: str, kept: str = "") -> str:
    if line.isprintable():
        return line
    return "".join(
        c
        if c.isprintable() or c in kept
        else c.encode("unicode_escape").decode("ascii")
        for c in line
    )
