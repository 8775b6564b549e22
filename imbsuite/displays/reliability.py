"""Can probabilities be believed? Seen shares against predicted ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import labels_of, single_target, sorted_classes
from imbsuite.displays.panels import (
    as_columns,
    panels_of,
    positive_column,
)
from imbsuite.displays.style import (
    MARKS,
    QUIET,
    key,
    line_style,
    make_panels,
    spoken,
)
from imbsuite.experiment.binning import binned, floor_of
from imbsuite.experiment.sentences import rounded
from imbsuite.probability.calibration import calibration_intercept, calibration_slope
from imbsuite.probability.columns import probability_of

__all__ = ["ReliabilityDisplay"]


class ReliabilityDisplay:
    """Shares of a class among rows of like probability, before and after correction.

    Made by :meth:`from_estimator` or :meth:`from_predictions`. Points are bins of equal
    numbers of rows, on logarithmic axes, as rare classes need; bars are 95 % intervals
    (Clopper and Pearson). On the diagonal probabilities are true.

    Parameters
    ----------
    bins : dict
        ``{label: {name: ndarray of shape (n_bins, 4)}}``, a label for each panel:
        mean probability, share seen, and the bounds of its interval.
    said : dict
        ``{label: {name: str}}``: calibration intercept and slope.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    lines_ : dict
        ``{label: {name: matplotlib Line2D}}``.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Notes
    -----
    Bins without a row of the class, and probabilities below the smallest share seen, are
    drawn at the edge.

    **When it hurts.** Bins hide what happens inside them, and a model can look calibrated
    on the whole and be wrong for every group of people.

    Examples
    --------
    >>> from imbsuite.explore import ReliabilityDisplay
    >>> bins = {"yes": {"before": [[0.1, 0.02, 0.01, 0.04]]}}
    >>> display = ReliabilityDisplay(bins, {"yes": {"before": "slope 1.00"}})
    """

    def __init__(
        self, bins: dict[Any, dict[str, Any]], said: dict[Any, dict[str, str]]
    ) -> None:
        self.bins = bins
        self.said = said

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        n_bins: int = 10,
        pos_label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw a fitted classifier; one that corrects, before and after.

        Parameters
        ----------
        estimator : fitted classifier with ``predict_proba``
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Rows that it was not fitted on.
        y : array-like of shape (n_rows,)
        n_bins : int, default=10
        pos_label : label, default=None
            One class. None: the rarer of two classes among these rows, each of more.
            Where two differ by at most 0.05 in their shares it must be given.
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        display
        """
        after = {"probabilities": probability_of(estimator, X)}
        if hasattr(estimator, "offset_"):
            before = probability_of(estimator.estimator_, X, estimator.classes_)
            after = {"before correction": before, "after": after["probabilities"]}
        return cls.from_predictions(
            y,
            after,
            classes=estimator.classes_,
            n_bins=n_bins,
            pos_label=pos_label,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_prob: Mapping[str, Any],
        *,
        classes: Any = None,
        n_bins: int = 10,
        pos_label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw probabilities of several kinds.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,)
        y_prob : mapping of str to array-like of shape (n_rows,) or (n_rows, n_classes)
            ``{name: probabilities}``; one column: of the positive class of two.
        classes : array-like of shape (n_classes,), default=None
            The labels of the columns. None: the sorted labels of ``y_true``.
        n_bins : int, default=10
        pos_label : label, default=None
            One class. None: the rarer of two classes, each of more.
        ax : matplotlib Axes, or array of them, default=None

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If labels and probabilities do not fit each other, or none of two classes is
            clearly the rarer one and ``pos_label`` is None.
        """
        y = single_target(y_true)
        known = sorted_classes(y) if classes is None else np.asarray(classes)
        positive = positive_column(y, known, pos_label, cls.__name__)
        named = pos_label is not None
        columns = {
            name: as_columns(given, len(y), known, positive, is_named=named)
            for name, given in y_prob.items()
        }
        bins: dict[Any, dict[str, Any]] = {}
        said: dict[Any, dict[str, str]] = {}
        for label in panels_of(known, positive):
            k = labels_of(known).index(label)
            is_it = y == label
            alone = {name: proba[:, k] for name, proba in columns.items()}
            bins[label] = {name: binned(is_it, p, n_bins) for name, p in alone.items()}
            said[label] = {name: _said(is_it, p) for name, p in alone.items()}
        return cls(bins, said).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        axes = make_panels(len(self.bins), ax)
        self.lines_: dict[Any, dict[str, Any]] = {}
        for panel, (label, by_name) in zip(axes, self.bins.items(), strict=True):
            floor = floor_of(by_name.values())
            panel.plot([floor, 1], [floor, 1], color=QUIET, linewidth=0.8, zorder=0)
            self.lines_[label] = {}
            for i, (name, bins) in enumerate(by_name.items()):
                p, seen, low, high = np.maximum(np.asarray(bins, float), floor).T
                told = f"{name} ({self.said[label][name]})"
                bars = [np.maximum(seen - low, 0), np.maximum(high - seen, 0)]
                drawn = panel.errorbar(p, seen, bars, label=told, **_points(i))
                self.lines_[label][name] = drawn.lines[0]
            panel.set(
                xscale="log", yscale="log", xlabel=f"probability of {spoken(label)}"
            )
            panel.set(xlim=(floor, 1), ylim=(floor, 1))
            # Of a single decade matplotlib labels the minor ticks, one over the other.
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_minor_formatter("")
            key(panel, loc="upper left")
        axes[0].set_ylabel("share seen")
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self


def _points(i: int) -> dict[str, Any]:
    look = {"marker": MARKS[i % len(MARKS)], "markersize": 4, "linewidth": 1}
    return look | line_style(i)


def _said(is_it: NDArray[np.bool_], p: NDArray[Any]) -> str:
    a, b = calibration_intercept(is_it, p), calibration_slope(is_it, p)
    return f"intercept {rounded(a)}, slope {rounded(b, signed=False)}"
