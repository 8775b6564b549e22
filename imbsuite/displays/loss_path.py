"""The objective and the metric along the steps of a metric loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from imbsuite._text import shorten
from imbsuite.displays.style import display_label, legend, line_style, make_panels

_LONGEST = 30


@dataclass(eq=False, repr=False)
class LossPathDisplay:
    """The objective and the metric on the training rows after each step of a fit.

    Create it with :meth:`from_estimator`. It shows whether a metric loss improves on
    its starting point, and whether a better objective means a better metric.

    Parameters
    ----------
    steps : sequence of str
        "start", followed by the name of the loss minimized in each step.
    objective : ndarray of shape (n_steps,)
    metric : ndarray of shape (n_steps,), default=None
        None if the loss is not a metric.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : dict of matplotlib Line2D
        "objective" and, for a metric loss, "metric".

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Examples
    --------
    >>> from imbsuite.explore import LossPathDisplay
    >>> display = LossPathDisplay(["start", "soft F1"], [0.4, 0.3], [0.60, 0.65])
    """

    steps: Sequence[str]
    objective: Any
    metric: Any = None

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the steps of a fitted classifier.

        Parameters
        ----------
        estimator : LinearLossClassifier
            Fitted.
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        display
        """
        metric = getattr(estimator, "path_metric_", None)
        display = cls(estimator.path_steps_, estimator.path_objective_, metric)
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the lines.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        (ax,) = make_panels(1, ax, size=(6.0, 4.2))
        places = np.arange(len(self.steps))
        values = {"objective": self.objective, "metric": self.metric}
        self.lines_ = {}
        for i, (name, one) in enumerate(values.items()):
            if one is not None:
                style = line_style(i) | {"marker": "o"}
                (self.lines_[name],) = ax.plot(places, one, label=name, **style)
        names = [display_label(shorten(name, _LONGEST)) for name in self.steps]
        ax.set_xticks(places, names)
        ax.set(xlabel="minimized in turn", ylabel="on the training rows")
        legend(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self
