"""A table before and after resampling, in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from textwrap import fill
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from imbsuite._extras import need
from imbsuite._table import check_table, take
from imbsuite._types import Floats
from imbsuite.base import BaseSampler
from imbsuite.displays.plane import by_columns, by_components
from imbsuite.displays.scene import Look, Scene
from imbsuite.displays.style import (
    QUIET,
    SMALL,
    display_label,
    escape_tex,
    legend,
    make_panels,
)

_MOST_TICKS = 12
# The number of characters that fit below a panel: of level names, and of a note.
_MOST_CHARACTERS = 44
_WIDTH = 46
# For names that would otherwise overlap.
_ROTATED = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}


@dataclass(eq=False, repr=False)
class ResamplingDisplay:
    """The rows of a table before and after resampling, side by side.

    Create it with :meth:`from_sampler`. Each class has a color and a shape; the largest
    class is gray. Filled marks are rows of the table, crosses are removed rows, and
    hollow marks are new rows. Up to 200 new rows are joined to their parents.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, 2)
        Coordinates of the rows of the table.
    y : ndarray of shape (n_rows,)
        Labels.
    new : ndarray of shape (n_new, 2)
        Coordinates of the new rows.
    y_new : ndarray of shape (n_new,)
    kept : ndarray of shape (n_rows,), bool, default=None
        Which rows are kept. None: all.
    parents : ndarray of shape (n_new, 2), int, default=None
        Seed and partner of each new row, as positions in ``rows``.
    names : (str, str), default=("", "")
        Names of the axes.
    ticks : (sequence of str, sequence of str), default=((), ())
        Names of the positions 0, 1, 2, ... of each axis.
    note : str, default=""
        A line below the first panel.
    dates : (bool, bool), default=(False, False)
        Which axes count days since 1970.
    margins : (float or None, float or None), default=(None, None)
        Where missing values are drawn on each axis, below all others; a line separates
        them.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Before and after.
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    points_ : dict
        ``{(label, kind): matplotlib PathCollection}``; kinds are "before", "removed",
        "kept" and "new". Classes that share the gray color have the label None.
    joins_ : matplotlib LineCollection or None
        Lines from parents to new rows.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Notes
    -----
    **When it hurts.** Two dimensions do not show the whole table: overlapping points
    may be far apart in other dimensions. The components are fitted on the original
    rows, so new rows that leave their subspace do not stand out.

    Examples
    --------
    >>> from imbsuite.explore import ResamplingDisplay
    >>> display = ResamplingDisplay(
    ...     [[0, 0], [1, 1], [3, 0]], ["a", "a", "b"], [[0.5, 0.5]], ["a"],
    ...     parents=[[0, 1]])
    """

    rows: Any
    y: Any
    new: Any
    y_new: Any
    _: KW_ONLY
    kept: Any = None
    parents: Any = None
    names: tuple[str, str] = ("", "")
    ticks: tuple[Sequence[str], Sequence[str]] = ((), ())
    note: str = ""
    dates: tuple[bool, bool] = (False, False)
    margins: tuple[float | None, float | None] = (None, None)

    @classmethod
    def from_sampler(
        cls,
        sampler: Any,
        X: Any,
        y: Any,
        *,
        columns: Sequence[Any] | None = None,
        max_rows: int = 2000,
        ax: Any = None,
    ) -> Self:
        """Resample with a clone of a sampler, and draw the rows before and after.

        Parameters
        ----------
        sampler : sampler of imbsuite
            It is cloned and stays unchanged.
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        columns : two names or positions, default=None
            The columns to draw. Rows with the same level of a category are jittered.
            None: two principal components, fitted on the rows of X, where numbers are
            divided by their standard deviations and two levels of a category have
            distance 1. Missing numbers are drawn in the margin of their column. For
            components, they are replaced by the median, with a note; the sampler still
            treats them as missing.
        max_rows : int, default=2000
            The maximum number of rows, and of new rows, that are drawn, in addition to
            the parents that are joined to new rows. The largest classes are thinned
            first. The titles state how many rows are drawn.
        ax : array of two matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        TypeError
            If ``sampler`` is not a sampler of imbsuite: other samplers do not record the
            parents of new rows.
        ValueError
            If the table cannot be resampled, or ``columns`` are not two of its columns.
        """
        if not isinstance(sampler, BaseSampler):
            msg = (
                f"The 'sampler' parameter of {cls.__name__}.from_sampler must be a sampler "
                "of imbsuite, because others do not record the parents of new rows. "
                f"Got {sampler!r} instead."
            )
            raise TypeError(msg)
        reader = _reader_of(sampler)
        table, codes, gate = check_table(
            X,
            y,
            type(reader).__name__,
            categorical_features=reader.categorical_features,
            reads_cells=reader._looks_at != "labels",
            reads_categories=reader._reads_categories,
        )
        fitted = clone(sampler)
        X_after, _ = fitted.fit_resample(X, y)
        is_new = fitted.is_synthetic_
        new = take(X_after, np.flatnonzero(is_new)) if is_new.any() else None
        if columns is None:
            plane = by_components(table, X, new)
        else:
            plane = by_columns(table, X, new, columns)
        kept = np.zeros(len(codes), dtype=bool)
        kept[fitted.sample_indices_[~is_new]] = True
        labels = np.empty(len(gate.labels), dtype=object)
        labels[:] = gate.labels
        display = cls(
            y=labels[codes],
            y_new=labels[codes[fitted.sample_indices_[is_new]]],
            kept=kept,
            parents=fitted.parents_,
            **vars(plane),
        )
        return display.plot(ax, max_rows=max_rows)

    def plot(self, ax: Any = None, *, max_rows: int = 2000) -> Self:
        """Draw the two panels.

        Parameters
        ----------
        ax : array of two matplotlib Axes, default=None
            None: a new figure.
        max_rows : int, default=2000
            The maximum number of rows, and of new rows, that are drawn, in addition to
            the parents that are joined to new rows.

        Returns
        -------
        self
        """
        axes = make_panels(2, ax, size=(4.8, 4.2))
        scene = Scene(self, max_rows)
        self.points_: dict[tuple[Any, str], Any] = {}
        for look in scene.looks:
            for name, (panel, points, style) in _layers(axes, scene, look).items():
                if len(points):
                    drawn = panel.scatter(*points.T, **style)
                    self.points_[look.label, name] = drawn
        self.joins_ = _join(axes[1], scene) if scene.joined else None
        _title(axes, scene)
        self._frame(axes, scene)
        legend(axes[1], *zip(*_entries(scene), strict=True), beside=True)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _frame(self, axes: Any, scene: Scene) -> None:
        """Give both panels the same limits, names and ticks."""
        drawn = np.vstack([scene.rows[scene.shown], scene.new[scene.shown_new]])
        low, high = drawn.min(axis=0), drawn.max(axis=0)
        edge = 0.04 * np.where(high > low, high - low, 1.0)
        for panel in axes:
            panel.set_xlim(low[0] - edge[0], high[0] + edge[0])
            panel.set_ylim(low[1] - edge[1], high[1] + edge[1])
            panel.set_xlabel(display_label(self.names[0]))
            x_and_y = (panel.xaxis, panel.yaxis)
            for axis, levels, is_date in zip(
                x_and_y, self.ticks, self.dates, strict=True
            ):
                if 0 < len(levels) <= _MOST_TICKS:
                    _name_levels(axis, [display_label(k) for k in levels])
                if is_date:
                    _name_dates(axis)
            _separate(panel, self, drawn)
        axes[0].set_ylabel(display_label(self.names[1]))
        if self.note:
            note = fill(escape_tex(self.note), _WIDTH)
            axes[0].set_xlabel(f"{display_label(self.names[0])}\n{note}")


def _separate(panel: Any, display: ResamplingDisplay, drawn: Floats) -> None:
    """Draw lines between missing values at the margin and others, and label them."""
    lines, axes = (panel.axvline, panel.axhline), (panel.xaxis, panel.yaxis)
    for i, (draw, axis) in enumerate(zip(lines, axes, strict=True)):
        margin = display.margins[i]
        if margin is None:
            continue
        values = drawn[:, i]
        lowest = values[values > margin].min(initial=np.inf)
        if np.isfinite(lowest):
            draw((margin + lowest) / 2, color=QUIET, linewidth=0.6, zorder=0)
        if not display.dates[i]:  # labels of dates depend on each other
            _name_margin(axis, margin, lowest)


def _name_margin(axis: Any, margin: float, lowest: float) -> None:
    """Replace the ticks below the lowest value by one tick for missing values."""
    _, high = axis.get_view_interval()
    places = [at for at in axis.get_majorticklocs() if lowest <= at <= high]
    names = axis.get_major_formatter().format_ticks(places)
    axis.set_ticks([margin, *places], ["missing", *names])
    if axis.axis_name == "x":
        axis.get_majorticklabels()[0].set(**_ROTATED)


def _name_levels(axis: Any, names: list[str]) -> None:
    """Name the levels of a category; names that would overlap are rotated."""
    wide = max(map(len, names)) * len(names) > _MOST_CHARACTERS
    rotation = _ROTATED if wide and axis.axis_name == "x" else {}
    axis.set_ticks(range(len(names)), names, **rotation)


def _name_dates(axis: Any) -> None:
    dates = need("matplotlib.dates", extra="plot")
    # Few enough that labels do not overlap, and possible for any time span.
    locator = dates.AutoDateLocator(minticks=3, maxticks=7)
    axis.set_major_locator(locator)
    axis.set_major_formatter(dates.ConciseDateFormatter(locator))


def _layers(axes: Any, scene: Scene, look: Look) -> dict[str, tuple[Any, Any, Any]]:
    """Return panel, points and style of each layer of a class."""
    own = scene.shown[np.isin(scene.codes[scene.shown], look.codes)]
    mine = np.isin(scene.new_codes[scene.shown_new], look.codes)
    stays = scene.kept[own]
    common = {"zorder": 2 + look.depth / 100, "alpha": 0.8, "s": scene.size}
    full = common | {"color": look.color, "marker": look.mark, "linewidth": 0}
    cross = common | {"color": look.color, "marker": "x", "linewidth": 1}
    # Larger than the mark of a row, so that a repeated row appears as a ring around it.
    ring = common | {"s": 1.8 * scene.size, "linewidth": scene.size**0.5 / 6}
    ring |= {"edgecolor": look.color, "facecolor": "none", "marker": look.mark}
    return {
        "before": (axes[0], scene.rows[own[stays]], full),
        "removed": (axes[0], scene.rows[own[~stays]], cross),
        "kept": (axes[1], scene.rows[own[stays]], full),
        "new": (axes[1], scene.new[scene.shown_new[mine]], ring),
    }


def _join(ax: Any, scene: Scene) -> Any:
    """Draw a line to each new row from each of its two parents."""
    collections = need("matplotlib.collections", extra="plot")
    ends = [scene.rows[scene.parents[:, side]] for side in (0, 1)]
    segments = np.concatenate([np.stack([end, scene.new], axis=1) for end in ends])
    lines = collections.LineCollection(
        segments, colors=QUIET, linewidths=0.5, zorder=1.5
    )
    return ax.add_collection(lines)


def _title(axes: Any, scene: Scene) -> None:
    n, m, n_removed = len(scene.rows), len(scene.new), int((~scene.kept).sum())
    few, few_new = len(scene.shown), len(scene.shown_new)
    before = f"before: {n:,} rows" + (f", {few:,} drawn" if few < n else "")
    after = f"after: {n - n_removed + m:,} rows"
    changes = [f"{m:,} new" + (f" ({few_new:,} drawn)" if few_new < m else "")] * (
        m > 0
    )
    changes += [f"{n_removed:,} removed"] * (n_removed > 0)
    for panel, text in zip(axes, (before, ", ".join([after, *changes])), strict=True):
        panel.set_title(text, loc="left", fontsize=SMALL)


def _entries(scene: Scene) -> list[tuple[Any, str]]:
    """Return the entries of the legend: classes, then new and removed rows."""
    draw = partial(need("matplotlib.lines", extra="plot").Line2D, [], [])
    mark = partial(draw, linestyle="none", markersize=5.5)
    gray = partial(mark, color=QUIET, markerfacecolor="none")
    entries = [(mark(color=k.color, marker=k.mark), k.text) for k in scene.looks]
    if len(scene.new):
        entries.append((gray(marker="o"), "new row"))
    if not scene.kept.all():
        entries.append((gray(marker="x"), "row taken away"))
    if scene.joined:
        entries.append((draw(color=QUIET, linewidth=0.8), "from parent to child"))
    return entries


def _reader_of(sampler: Any) -> Any:
    """Return the sampler, or the step of a chain, with ``categorical_features``."""
    steps = [step for _, step in getattr(sampler, "steps", [])]
    for one in [sampler, *steps]:
        if "categorical_features" in one.get_params(deep=False):
            return one
    return sampler
