"""The common style of all displays: color-blind safe colors, each with a second cue.

The colors are those of Okabe and Ito that are readable on white and on black.
Everything that has a color also has its own dashes or marker. Axes are styled one by
one, so the user's other figures are not affected; a style sheet, or ``rc_context``,
would not reach the axes that a user passes. Sizes and text colors follow the current
``rcParams``, which includes dark backgrounds.

References
----------
Okabe, M. and Ito, K. (2008). "Color universal design",
https://jfly.uni-koeln.de/color/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need
from imbsuite._text import shorten

# Blue, vermilion, bluish green, reddish purple, orange, sky blue. Yellow is omitted
# because it is invisible on white, and black because it is invisible on black.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
# For context: halfway between black and white, so unobtrusive on both.
QUIET = "0.55"
SMALL = "small"
# From this ratio on, powers of ten are enough as ticks.
_WIDE_RATIO = 100
_MOST_INSIDE = 4
_LONGEST = 40
_MOST_LINES = 30


def display_label(label: Any) -> str:
    """Return a label as plain text of at most 40 characters."""
    return escape_tex(shorten(label, _LONGEST))


def escape_tex(text: str) -> str:
    """Return text with $ escaped: matplotlib reads text between two $ as TeX."""
    return text.replace("$", r"\$")


def line_style(i: int) -> dict[str, Any]:
    """Return the color and dashes of the i-th line; the first 30 lines differ."""
    return {"color": COLORS[i % len(COLORS)], "linestyle": DASHES[i % len(DASHES)]}


def mark_style(i: int) -> dict[str, Any]:
    """Return the color and marker of the i-th kind of marks; the first 30 differ."""
    return {"color": COLORS[i % len(COLORS)], "marker": MARKS[i % len(MARKS)]}


def both_ends(ordered: Sequence[Any]) -> list[Any]:
    """Return all items or, if there are more than 30, the first 15 and the last 15."""
    if len(ordered) <= _MOST_LINES:
        return list(ordered)
    half = _MOST_LINES // 2
    return [*ordered[:half], *ordered[-half:]]


def make_panels(
    n: int, ax: Any, *, size: tuple[float, float] = (4.6, 3.8), grid: str = "both"
) -> NDArray[Any]:
    """Return ``n`` styled axes: those passed, or those of a new figure.

    Parameters
    ----------
    n : int
    ax : matplotlib Axes, array of them, or None
        None: a new figure.
    size : (width, height), default=(4.6, 3.8)
        Size of one panel in inches.
    grid : {"both", "x", "y"}, default="both"
        The direction in which values are read.

    Raises
    ------
    ValueError
        If the number of axes is not ``n``.
    ImportError
        If matplotlib is missing.
    """
    pyplot = need("matplotlib.pyplot", extra="plot")
    axes = _new_axes(pyplot, n, size) if ax is None else np.asarray(ax, dtype=object)
    axes = np.atleast_1d(axes).ravel()
    if len(axes) != n:
        msg = (
            f"The 'ax' parameter must be None or {n} axes, one for each panel. "
            f"Got {len(axes)} instead."
        )
        raise ValueError(msg)
    for panel in axes:
        dress(panel, grid=grid)
    return axes


def _new_axes(pyplot: Any, n: int, size: tuple[float, float]) -> NDArray[Any]:
    columns = min(n, 3)
    rows = -(-n // columns)
    figure, grid = pyplot.subplots(
        rows,
        columns,
        figsize=(size[0] * columns, size[1] * rows),
        squeeze=False,
        layout="constrained",
    )
    for empty in grid.flat[n:]:
        figure.delaxes(empty)
    return np.asarray(grid.ravel()[:n])


def dress(ax: Any, *, grid: str = "both") -> None:
    """Apply the common style of all displays to axes.

    Parameters
    ----------
    ax : matplotlib Axes
    grid : {"both", "x", "y"}, default="both"
        The direction in which values are read.
    """
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(QUIET)
    ax.set_axisbelow(True)
    ax.grid(visible=False)
    ax.grid(visible=True, axis=grid, color=QUIET, alpha=0.25, linewidth=0.6)
    ax.tick_params(which="both", color=QUIET, labelsize=SMALL)


def legend(ax: Any, *args: Any, beside: bool | None = None, **options: Any) -> Any:
    """Add a legend: inside the axes if it is short, else beside them.

    Parameters
    ----------
    ax : matplotlib Axes
    *args : handles and texts, as for ``Axes.legend``
    beside : bool, default=None
        None: beside the axes if there are more than four entries.
    **options : for ``Axes.legend``
    """
    entries = len(args[0]) if args else len(ax.get_legend_handles_labels()[0])
    if beside is None:
        beside = entries > _MOST_INSIDE
    place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {}
    look = {"fontsize": SMALL, "edgecolor": "none", "framealpha": 0.8}
    return ax.legend(*args, **(look | place | options))


def write_beside(ax: Any, place: Any, text: str, *, size: str = SMALL) -> None:
    """Write a text to the right of a mark at the point ``place``."""
    ax.annotate(
        text,
        place,
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=size,
    )


def label_log_axis(axis: Any, values: Any) -> None:
    """Label powers of ten and, if there are few, also 2 and 5 times these."""
    ticker = need("matplotlib.ticker", extra="plot")
    few = np.max(values) < _WIDE_RATIO * np.min(values)
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if few else (1,)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter("")
