"""Class sizes before and after resampling, for one or more plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import clone

from imbsuite._table import check_target, count_rows
from imbsuite.base import BaseSampler
from imbsuite.displays.style import (
    QUIET,
    both_ends,
    display_label,
    legend,
    make_panels,
    mark_style,
    write_beside,
)
from imbsuite.plan import plan_counts

_MOST_NUMBERS = 24
# Fractions of the width reserved for a mark with its number: fixed, and per character.
_MARGIN, _DIGIT = 0.04, 0.018
# From this ratio on, small classes would vanish at the edge of a linear axis.
_LARGE_RATIO = 10
# From this ratio on, powers of ten are enough as ticks of a logarithmic axis.
_WIDE_RATIO = 200


@dataclass(eq=False, repr=False)
class ClassSizesDisplay:
    """Number of rows of each class before and after resampling.

    Create it with :meth:`from_plans` (from labels alone) or :meth:`from_samplers`. Each
    class has a line, and each plan has a mark that is joined to the current class size.

    Parameters
    ----------
    before : dict
        ``{label: rows}``.
    after : dict
        ``{name: {label: rows}}``, one entry for each plan.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    marks_ : dict
        ``{name: matplotlib Line2D}``: the marks of each plan.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Notes
    -----
    The axis is logarithmic if sizes differ by a factor of ten or more. With more than 30
    classes, the 15 largest and the 15 smallest are drawn.

    Examples
    --------
    >>> from imbsuite.explore import ClassSizesDisplay
    >>> display = ClassSizesDisplay(
    ...     {"yes": 10, "no": 900}, {"half": {"yes": 450, "no": 900}})
    """

    before: Mapping[Any, int]
    after: Mapping[str, Mapping[Any, int]]

    @classmethod
    def from_plans(
        cls,
        y: Any,
        plans: Any,
        *,
        kind: Literal["over", "under"] = "over",
        ax: Any = None,
    ) -> Self:
        """Draw the class sizes that plans set for these labels, without resampling.

        Parameters
        ----------
        y : array-like of shape (n_rows,)
            Labels of any type.
        plans : plan, list of plans, or mapping of name to plan
            Any ``sampling_strategy``: a string, a ratio, a mapping of labels to counts
            or ratios, ``Tempered(T)``, or a callable. A mapping whose keys are all
            labels of y is a single plan.
        kind : {"over", "under"}, default="over"
            The kind of sampler that uses the plans.
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If y is not a classification target, a plan is impossible for it, or
            ``kind`` is not "over" or "under".
        """
        if kind not in ("over", "under"):
            msg = (
                f"The 'kind' parameter of {cls.__name__}.from_plans must be 'over' or "
                f"'under'. Got {kind!r} instead."
            )
            raise ValueError(msg)
        before, codes = _sizes(y)
        labels = np.empty(len(before), dtype=object)
        labels[:] = list(before)
        named = _named_plans(plans, before)
        after = {
            name: plan_counts(before, plan, kind, labels[codes])
            for name, plan in named.items()
        }
        return cls(before, after).plot(ax)

    @classmethod
    def from_samplers(cls, samplers: Any, X: Any, y: Any, *, ax: Any = None) -> Self:
        """Draw the class sizes that samplers produce for a table.

        Clones of the samplers are fitted. Cleaners and chains resample the table,
        because their class sizes are known only after resampling.

        Parameters
        ----------
        samplers : sampler, or mapping of name to sampler
            Samplers of imbsuite.
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        TypeError
            If an object is not a sampler of imbsuite.
        ValueError
            If the table cannot be resampled.
        """
        if not isinstance(samplers, Mapping):
            samplers = {type(samplers).__name__: samplers}
        for sampler in samplers.values():
            if not isinstance(sampler, BaseSampler):
                msg = (
                    f"The 'samplers' parameter of {cls.__name__}.from_samplers must hold "
                    f"samplers of imbsuite, because only they have a plan. Got {sampler!r} "
                    "instead."
                )
                raise TypeError(msg)
        before, _ = _sizes(y)
        after = {
            name: _sizes_after(sampler, X, y) for name, sampler in samplers.items()
        }
        return cls(before, after).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the sizes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        labels = both_ends(sorted(self.before, key=lambda label: -self.before[label]))
        n_plans = max(len(self.after), 1)
        height = 1.2 + len(labels) * (0.2 + 0.14 * n_plans)
        (ax,) = make_panels(1, ax, size=(6.4, min(height, 12.0)), grid="x")
        before = np.array([self.before[label] for label in labels])
        place = np.arange(len(labels))
        # The lines of a class take two thirds of the distance to the next class.
        offsets = (np.arange(n_plans) - (n_plans - 1) / 2) * 0.66 / n_plans
        ax.vlines(
            before, place - 0.42, place + 0.42, color=QUIET, linewidth=2, label="now"
        )
        self.marks_: dict[str, Any] = {}
        for i, (name, sizes) in enumerate(self.after.items()):
            after = np.array([sizes.get(label, 0) for label in labels])
            y = place + offsets[i]
            ax.hlines(y, before, after, color=QUIET, linewidth=0.8, zorder=1.5)
            look = mark_style(i) | {"linestyle": "none", "markersize": 5}
            (marks,) = ax.plot(after, y, label=display_label(name), **look)
            self.marks_[name] = marks
            if n_plans * len(labels) <= _MOST_NUMBERS:
                for size, height in zip(after.tolist(), y.tolist(), strict=True):
                    write_beside(ax, (size, height), f"{size:,}", size="x-small")
        self._frame(ax, labels)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _frame(self, ax: Any, labels: list[Any]) -> None:
        names = [f"{display_label(label)} ({self.before[label]:,})" for label in labels]
        ax.set_yticks(range(len(labels)), names)
        # The first class is at the top and, within each class, the first plan.
        ax.set_ylim(len(labels) - 0.5, -0.5)
        every = [self.before, *self.after.values()]
        sizes = [n for counts in every for n in counts.values() if n > 0]
        least, most = min(sizes), max(sizes)
        # Room for the number beside the last mark.
        margin = _MARGIN + _DIGIT * len(f"{most:,}")
        if most >= _LARGE_RATIO * least:
            # A class that loses all its rows is drawn at the edge of a logarithmic axis.
            ax.set_xscale("log")
            ax.minorticks_off()
            few = most < _WIDE_RATIO * least
            ax.set_xticks(_round_numbers(least, most, (1, 2, 5) if few else (1,)))
            ax.set_xlim(0.7 * least, most * (most / least) ** (margin / (1 - margin)))
        else:
            ax.set_xlim(0, most / (1 - margin))
        ax.xaxis.set_major_formatter("{x:,.0f}")
        left_out = len(self.before) - len(labels)
        omission = f" ({left_out} classes in between are not drawn)" if left_out else ""
        ax.set_xlabel(f"rows{omission}")
        legend(ax, beside=True)


def _round_numbers(least: int, most: int, steps: tuple[int, ...]) -> list[int]:
    powers = range(len(str(least)) - 1, len(str(most)))
    every = [step * 10**power for power in powers for step in steps]
    return [n for n in every if least <= n <= most]


def _sizes(y: Any) -> tuple[dict[Any, int], Any]:
    """Return the size of each class, in order of first appearance, and the codes."""
    codes, labels = check_target(y, count_rows(y), "ClassSizesDisplay")
    return dict(zip(labels, np.bincount(codes).tolist(), strict=True)), codes


def _named_plans(plans: Any, before: Mapping[Any, int]) -> dict[str, Any]:
    if isinstance(plans, Mapping) and not set(plans) <= set(before):
        return dict(plans)
    listed = plans if isinstance(plans, (list, tuple)) else [plans]
    return {getattr(plan, "__name__", str(plan)): plan for plan in listed}


def _sizes_after(sampler: Any, X: Any, y: Any) -> dict[Any, int]:
    fitted = clone(sampler)
    (fitted.fit_resample if fitted._kind == "clean" else fitted.fit)(X, y)
    return dict(fitted.plan_)
