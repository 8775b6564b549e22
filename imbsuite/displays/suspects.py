"""Rows with unlikely labels according to a model, class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from imbsuite.displays.style import (
    QUIET,
    display_label,
    legend,
    make_panels,
    mark_style,
)

_COLUMNS = ("label", "p", "other")
_HEIGHT = 0.45  # inches per class
_WIDEST = 0.35  # the largest shift from the line of a class; lines are 1 apart


@dataclass(eq=False, repr=False)
class SuspectLabelsDisplay:
    """The rows of each class with the least likely labels, according to a model.

    Create it with :meth:`from_suspects`. Each mark is a row, drawn on the line of its
    label at the out-of-fold probability of that label. The color and shape of the mark
    show the most likely other label.

    Parameters
    ----------
    suspects : DataFrame
        As returned by :func:`suspect_labels`.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    marks_ : dict
        ``{other label: matplotlib PathCollection}``.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Notes
    -----
    Rows are spread around the line of their class, so that they do not cover each
    other.

    **When it hurts.** Probabilities of different classes cannot be compared: a rare label
    is unlikely even when it is correct.

    Examples
    --------
    >>> import pandas as pd
    >>> from imbsuite.explore import SuspectLabelsDisplay
    >>> suspects = pd.DataFrame({"label": ["rare"], "p": [0.01], "other": ["common"]})
    >>> display = SuspectLabelsDisplay(suspects)
    """

    suspects: pd.DataFrame

    @classmethod
    def from_suspects(cls, suspects: pd.DataFrame, *, ax: Any = None) -> Self:
        """Draw the result of :func:`suspect_labels`.

        Parameters
        ----------
        suspects : DataFrame
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If a column is missing.
        """
        missing = [name for name in _COLUMNS if name not in suspects]
        if missing:
            msg = (
                f"The 'suspects' parameter of {cls.__name__} must be the result of "
                f"suspect_labels. Got a table without {missing} instead."
            )
            raise ValueError(msg)
        return cls(suspects).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        labels = self.suspects["label"].unique().tolist()
        size = (6.4, 1.4 + _HEIGHT * len(labels))
        (ax,) = make_panels(1, ax, size=size, grid="x")
        height = self.suspects["label"].map(labels.index).to_numpy() + self._spread()
        # Labels that have a line come first; each group is in alphabetical order.
        others = self.suspects["other"].unique().tolist()
        others.sort(key=lambda other: (other not in labels, str(other)))
        self.marks_ = {}
        for i, other in enumerate(others):
            own = (self.suspects["other"] == other).to_numpy()
            self.marks_[other] = ax.scatter(
                self.suspects["p"][own],
                height[own],
                label=display_label(other),
                s=22,
                **mark_style(i),
            )
        for place in range(1, len(labels)):
            ax.axhline(place - 0.5, color=QUIET, linewidth=0.4)
        ax.set_yticks(range(len(labels)), [display_label(label) for label in labels])
        ax.set(xlabel="out-of-fold probability of the row's label", ylabel="label")
        ax.set_ylim(len(labels) - 0.5, -0.5)
        legend(ax, title="likeliest other label", beside=True)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _spread(self) -> Any:
        """Return a shift for each row that separates consecutive rows of a class."""
        place = self.suspects.groupby("label", sort=False).cumcount().to_numpy()
        # Consecutive multiples of the golden ratio are far apart modulo 1.
        golden = (np.sqrt(5) - 1) / 2
        return _WIDEST * (2 * (place * golden % 1) - 1)
