"""Number of rows of each label, and its co-occurrence with labels of other sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from imbsuite.displays.style import (
    COLORS,
    QUIET,
    both_ends,
    display_label,
    label_log_axis,
    make_panels,
    write_beside,
)
from imbsuite.profile.label_imbalance import LabelImbalance, label_imbalance


@dataclass(eq=False, repr=False)
class LabelImbalanceDisplay:
    """Number of rows and SCUMBLE of each label of a multilabel target.

    Create it with :meth:`from_labels`. The left panel shows the number of rows of each
    label, with the most frequent label at the top and the imbalance beside each mark.
    The right panel shows the SCUMBLE of each label and a line at the mean over all
    rows.

    Parameters
    ----------
    imbalance : LabelImbalance
        As returned by :func:`~imbsuite.explore.label_imbalance`.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    marks_ : tuple of matplotlib Line2D
        The marks of both panels.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Notes
    -----
    The axis of rows is logarithmic. Labels that no row has are not drawn. With more
    than 30 labels, the 15 most frequent and the 15 rarest are drawn.

    Examples
    --------
    >>> from imbsuite.explore import LabelImbalanceDisplay
    >>> display = LabelImbalanceDisplay.from_labels([[1, 0], [1, 1], [1, 0]])
    """

    imbalance: LabelImbalance

    @classmethod
    def from_labels(cls, y: Any, *, ax: Any = None) -> Self:
        """Measure and draw the imbalance of labels.

        Parameters
        ----------
        y : {array-like, sparse matrix, dataframe} of shape (n_rows, n_labels)
            1 where a row has a label, else 0.
        ax : array of two matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        display
        """
        return cls(label_imbalance(y)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw both panels.

        Parameters
        ----------
        ax : array of two matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        table, n_left_out = self._shown()
        place = range(len(table))
        height = min(1.2 + 0.3 * len(table), 10.0)
        self.axes_ = make_panels(2, ax, size=(4.6, height), grid="x")
        rows, scumble = self.axes_
        look = {"marker": "o", "linestyle": "none", "color": COLORS[0]}
        marks = [
            panel.plot(table[name], place, **look)[0]
            for panel, name in ((rows, "rows"), (scumble, "scumble"))
        ]
        scumble.axvline(self.imbalance.scumble, color=QUIET, linewidth=1)
        for position, (size, ratio) in enumerate(
            zip(table["rows"], table["imbalance"], strict=True)
        ):
            write_beside(rows, (size, position), f"{ratio:.3g}")
        omission = f" ({n_left_out} labels are not drawn)" if n_left_out else ""
        rows.set_xscale("log")
        if len(table):
            label_log_axis(rows.xaxis, table["rows"])
        rows.set_xlabel(f"rows, and imbalance{omission}")
        scumble.set_xlabel("SCUMBLE (line: all rows)")
        for panel in self.axes_:
            panel.set_ylim(len(table) - 0.5, -0.5)
        rows.set_yticks(place, [display_label(label) for label in table["label"]])
        scumble.set_yticks(place, [""] * len(table))
        self.marks_ = tuple(marks)
        self.ax_, self.figure_ = rows, rows.figure
        return self

    def _shown(self) -> tuple[Any, int]:
        """Return the labels to draw, most frequent first, and the number left out."""
        table = self.imbalance.by_label.sort_values(
            "rows", ascending=False, kind="stable"
        )
        shown = table.iloc[both_ends(np.flatnonzero(table["rows"] > 0).tolist())]
        return shown, len(table) - len(shown)
