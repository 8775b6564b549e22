"""One look for all displays: colors that everybody can tell apart, and never alone.

The colors are Okabe and Ito's, those of them that can be read on white and on black.
Whatever has a color has dashes or a marker of its own as well. Nothing is set for the
user's other figures: axes are dressed one by one, and sizes and grays follow the
``rcParams`` in force, a dark background included.

References
----------
Okabe, M. and Ito, K. (2008). "Color universal design",
https://jfly.uni-koeln.de/color/.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need

__all__ = [
    "COLORS",
    "DASHES",
    "MARKS",
    "QUIET",
    "SMALL",
    "dress",
    "key",
    "line_style",
    "make_panels",
    "plain",
    "spoken",
]

# Blue, vermilion, bluish green, reddish purple, orange, sky blue. Left out are yellow,
# which cannot be seen on white, and black, which cannot on black.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
# For what is context: it stands back on light and dark backgrounds alike.
QUIET = "0.55"
SMALL = "small"
_MOST_INSIDE = 4
_LONGEST = 40


def spoken(label: Any) -> str:
    """Return a label as plain text, cut to what a picture has room for."""
    text = " ".join(str(label).split())
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 1]}…"
    return plain(text)


def plain(text: str) -> str:
    """Return text of which nothing is TeX: matplotlib takes what is between $ for it."""
    return text.replace("$", r"\$")


def line_style(i: int) -> dict[str, Any]:
    """Return the color and the dashes of the i-th line; 30 are told apart."""
    return {"color": COLORS[i % len(COLORS)], "linestyle": DASHES[i % len(DASHES)]}


def make_panels(
    n: int, ax: Any, *, size: tuple[float, float] = (4.6, 3.8), grid: str = "both"
) -> NDArray[Any]:
    """Return ``n`` dressed axes: those given, or those of a new figure, side by side.

    Parameters
    ----------
    n : int
    ax : matplotlib Axes, array of them, or None
        None: a new figure.
    size : (width, height), default=(4.6, 3.8)
        Of one panel, in inches.
    grid : {"both", "x", "y"}, default="both"
        The direction in which values are read.

    Raises
    ------
    ValueError
        If another number of axes is given.
    ImportError
        If matplotlib is missing.
    """
    pyplot = need("matplotlib.pyplot", extra="plot")
    axes = _new_axes(pyplot, n, size) if ax is None else np.asarray(ax, dtype=object)
    axes = np.atleast_1d(axes).ravel()
    if len(axes) != n:
        msg = f"{len(axes)} axes are given for {n} panels; give as many, or None."
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
    """Give axes the look of the displays.

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


def key(ax: Any, *args: Any, beside: bool | None = None, **options: Any) -> Any:
    """Return the legend: inside where it is short, else beside the axes.

    Parameters
    ----------
    ax : matplotlib Axes
    *args : handles and texts, as ``Axes.legend`` takes them
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
