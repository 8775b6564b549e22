"""Coefficients of the decision boundaries along the penalties of PRESTO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from sklearn.isotonic import isotonic_regression

from imbsuite._text import shorten
from imbsuite._types import Floats
from imbsuite.displays.style import (
    QUIET,
    SMALL,
    display_label,
    escape_tex,
    label_log_axis,
    legend,
    line_style,
    make_panels,
)

# With more lines, readers would have to look up each of them in a legend.
_MOST_IN_LEGEND = 7
_MOST_NAMED = 12
_LONGEST = 16
# The minimum distance between labels, as a share of the height of a panel.
_APART = 0.055
# From the end of a line to the middle of the left side of its label.
_LEADER = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "relpos": (0.0, 0.5)}
_LEADER |= {"shrinkA": 1, "shrinkB": 0}


@dataclass(eq=False, repr=False)
class PrestoPathDisplay:
    """Coefficients along the penalties of PRESTO, with one panel per decision boundary.

    Create it with :meth:`from_estimator`.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        In decreasing order.
    coefs : ndarray of shape (n_alphas, n_classes - 1, n_columns)
        On a common scale, so that columns can be compared.
    boundaries : sequence of str
        A name for each panel.
    columns : sequence of str
        A name for each line.
    chosen : float, default=None
        The alpha to mark.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    lines_ : list of list of matplotlib Line2D
        One list for each panel, with a line for each column.
    labels_ : list of list of matplotlib Text
        One list for each panel. With more than seven columns, the lines with the
        largest final coefficients (at most twelve) are labeled at their ends, from the
        lowest to the highest; otherwise, there is a legend and the lists are empty.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Examples
    --------
    >>> from imbsuite.explore import PrestoPathDisplay
    >>> display = PrestoPathDisplay(
    ...     [1.0, 0.1], [[[0.0]], [[0.5]]], ["no < yes"], ["age"], chosen=0.1)
    """

    alphas: Any
    coefs: Any
    boundaries: Sequence[str]
    columns: Sequence[str]
    chosen: float | None = None

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, *, ax: Any = None) -> Self:
        """Draw the path of a fitted classifier.

        Parameters
        ----------
        estimator : PrestoClassifierCV
            Fitted.
        X : {array-like, dataframe} of shape (n_rows, n_columns)
            Coefficients are multiplied by the standard deviations of its columns.
        ax : matplotlib Axes, or array of them, default=None
            One for each boundary. None: a new figure.

        Returns
        -------
        display
        """
        coefs = estimator.coef_path_ * np.asarray(X, dtype=np.float64).std(axis=0)
        p = coefs.shape[2]
        names = getattr(estimator, "feature_names_in_", [f"x{j}" for j in range(p)])
        labels = [display_label(label) for label in estimator.categories_.tolist()]
        boundaries = [f"{below} | {above}" for below, above in pairwise(labels)]
        columns = [str(name) for name in names]
        display = cls(estimator.alphas_, coefs, boundaries, columns, estimator.alpha_)
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes, or array of them, default=None
            One for each boundary. None: a new figure.

        Returns
        -------
        self
        """
        axes = make_panels(len(self.boundaries), ax)
        coefs = np.asarray(self.coefs, dtype=np.float64)
        reach = 1.05 * np.abs(coefs).max(initial=1e-12)
        self.lines_, self.labels_ = [], []
        direct = len(self.columns) > _MOST_IN_LEGEND
        for k, panel in enumerate(axes):
            lines = panel.plot(self.alphas, coefs[:, k], linewidth=1.2)
            for j, line in enumerate(lines):
                line.set(**line_style(j))
            self.lines_.append(lines)
            if self.chosen is not None:
                panel.axvline(self.chosen, color=QUIET, linewidth=0.8, zorder=0)
            panel.axhline(0.0, color=QUIET, linewidth=0.6, zorder=0)
            panel.set(xscale="log", xlabel="alpha", ylim=(-reach, reach))
            label_log_axis(panel.xaxis, self.alphas)
            panel.set_title(self.boundaries[k], fontsize=SMALL)
            panel.margins(x=0)
            panel.invert_xaxis()
            names = self._name_lines(panel, lines, reach) if direct else []
            self.labels_.append(names)
        axes[0].set_ylabel("coefficient per standard deviation")
        if not direct:
            texts = [display_label(name) for name in self.columns]
            legend(axes[-1], self.lines_[0], texts, beside=True)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _name_lines(self, panel: Any, lines: Sequence[Any], reach: float) -> list[Any]:
        """Write the names of the largest coefficients beside the ends of their lines."""
        ends = np.array([line.get_ydata()[-1] for line in lines])
        largest = np.argsort(-np.abs(ends), kind="stable")[:_MOST_NAMED]
        chosen = [j for j in sorted(largest, key=lambda j: ends[j]) if ends[j] != 0]
        places = _spread(ends[chosen], 2 * reach * _APART, reach)
        return [
            panel.annotate(
                escape_tex(shorten(self.columns[j], _LONGEST)),
                (1.0, ends[j]),
                (1.05, place),
                xycoords=panel.get_yaxis_transform(),
                color=lines[j].get_color(),
                fontsize=SMALL,
                va="center",
                annotation_clip=False,
                arrowprops=_LEADER,
            )
            for j, place in zip(chosen, places, strict=True)
        ]


def _spread(ends: Floats, apart: float, reach: float) -> Floats:
    """Return the places nearest to ``ends``, within ``reach`` and ``apart`` apart."""
    if not len(ends):
        return ends
    steps = apart * np.arange(len(ends))
    places = isotonic_regression(ends - steps, y_min=-reach, y_max=reach - steps[-1])
    return np.asarray(places + steps)
