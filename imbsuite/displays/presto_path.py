"""Coefficients of the decision boundaries along the penalties of PRESTO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from imbsuite._extras import need
from imbsuite.displays.style import (
    QUIET,
    SMALL,
    display_label,
    legend,
    line_style,
    make_panels,
)

__all__ = ["PrestoPathDisplay"]

# From this ratio on, powers of ten are enough as ticks.
_WIDE_RATIO = 100
_MOST_NAMED = 12


@dataclass(eq=False, repr=False)
class PrestoPathDisplay:
    """Coefficients along the penalties of PRESTO, a panel for each decision boundary.

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
        The alpha that is marked.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    lines_ : list of list of matplotlib Line2D
        One list for each panel, with a line for each column.

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
        # The legend names the lines with the largest final coefficients only.
        last = np.abs(coefs[-1]).max(axis=0)
        named = np.sort(np.argsort(-last)[:_MOST_NAMED])
        reach = 1.05 * np.abs(coefs).max(initial=1e-12)
        self.lines_ = []
        for k, panel in enumerate(axes):
            lines = panel.plot(self.alphas, coefs[:, k], linewidth=1.2)
            for j, line in enumerate(lines):
                line.set(**line_style(j))
            self.lines_.append(lines)
            if self.chosen is not None:
                panel.axvline(self.chosen, color=QUIET, linewidth=0.8, zorder=0)
            panel.axhline(0.0, color=QUIET, linewidth=0.6, zorder=0)
            panel.set(xscale="log", xlabel="alpha", ylim=(-reach, reach))
            _label_alphas(panel.xaxis, self.alphas)
            panel.set_title(self.boundaries[k], fontsize=SMALL)
            panel.invert_xaxis()
        axes[0].set_ylabel("coefficient per standard deviation")
        handles = [self.lines_[0][j] for j in named]
        texts = [display_label(self.columns[j]) for j in named]
        legend(axes[-1], handles, texts, beside=True)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self


def _label_alphas(axis: Any, alphas: Any) -> None:
    """Label powers of ten, and 2 and 5 times these if there are few of them."""
    ticker = need("matplotlib.ticker", extra="plot")
    few = np.max(alphas) < _WIDE_RATIO * np.min(alphas)
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if few else (1,)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter("")
