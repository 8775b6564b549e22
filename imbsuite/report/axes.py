"""Axes of small charts: positions of numbers, and labels of ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import logit

from imbsuite._types import Floats

Tick = tuple[float, str]


@dataclass(frozen=True)
class Axis:
    """A range of numbers; positions are linear in ``warp`` of a number."""

    label: str
    low: float
    high: float
    ticks: tuple[Tick, ...]
    warp: Callable[[Any], Any] = np.asarray

    def place(self, values: Any) -> Floats:
        """Return positions from 0 (start) to 1 (end); values outside are clipped."""
        inside = np.clip(np.asarray(values, np.float64), self.low, self.high)
        start, end = self.warp(self.low), self.warp(self.high)
        return np.asarray((self.warp(inside) - start) / (end - start))

    def spaced(self, character: float = 0.04) -> Axis:
        """Return the axis without ticks whose labels would overlap earlier ones.

        ``character``: the width of a character, as a fraction of the axis.
        """
        kept: list[tuple[float, float, Tick]] = []
        for tick in self.ticks:
            at, half = float(self.place(tick[0])), character * (len(tick[1]) + 1) / 2
            if all(abs(at - other) >= half + wide for other, wide, _ in kept):
                kept.append((at, half, tick))
        return replace(self, ticks=tuple(tick for *_, tick in sorted(kept)))


def plain_axis(label: str, ticks: Iterable[float]) -> Axis:
    """Return an axis from the first tick to the last."""
    numbers = list(ticks)
    labeled = tuple((tick, f"{tick:g}") for tick in numbers)
    return Axis(label, numbers[0], numbers[-1], labeled)


def log_axis(label: str, low: float) -> Axis:
    """Return an axis from ``low``, a power of ten below 1, to 1."""
    powers = 10.0 ** np.arange(round(math.log10(low)), 1)
    labeled = tuple((float(tick), f"{tick:g}") for tick in powers)
    return Axis(label, low, 1.0, labeled, np.log10)


def odds_axis(label: str, low: float, high: float) -> Axis:
    """Return an axis of probabilities that is linear in the log-odds.

    If labels of ticks overlap, those earlier in ``wanted`` are kept.
    """
    wanted = (0.5, low, high, 0.1, 0.9, 0.01, 0.99, 0.001)
    ticks = [(tick, f"{tick:g}") for tick in wanted if low <= tick <= high]
    return Axis(label, low, high, tuple(ticks), logit).spaced()


def cost_axis(label: str, share: float) -> Axis:
    """Return the axis of the probability-cost function, labeled with ratios of costs.

    Parameters
    ----------
    label : str
    share : float
        Share of the class. If a miss costs as much as r false alarms, the position is
        share r / (share r + 1 - share).
    """
    ratios = sorted(range(-6, 7), key=abs)
    ticks = []
    for power in ratios:
        weighed = share * 10.0**power
        label_of_tick = f"{10**power:,}:1" if power >= 0 else f"1:{10**-power:,}"
        ticks.append((weighed / (weighed + 1 - share), label_of_tick))
    inside = tuple(tick for tick in ticks if 0.02 < tick[0] < 0.98)
    return Axis(label, 0.0, 1.0, inside).spaced()


def difference_axis(label: str, low: float, high: float) -> Axis:
    """Return an axis between two round numbers that includes 0.

    If the labels of all ticks do not fit, only every second tick is kept, or every
    third, and so on; the tick at 0 is always kept.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    high = high if low < high else 1.0
    rough = (high - low) / 3
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * min((1, 2, 5, 10), key=lambda times: abs(times * unit - rough))
    steps = np.arange(math.floor(low / step), math.ceil(high / step) + 1)
    ticks = [(n, (n * step, _signed(n * step))) for n in steps.tolist()]
    axes = (
        Axis(
            label,
            steps[0] * step,
            steps[-1] * step,
            tuple(tick for n, tick in ticks if n % every == 0),
        )
        for every in range(1, len(ticks) + 1)
    )
    # The width of a character on a phone, where text is large relative to the chart.
    return next(axis for axis in axes if axis.spaced(0.038).ticks == axis.ticks)


def _signed(value: float) -> str:
    return f"{value:+.6g}".replace("-", "\N{MINUS SIGN}") if value else "0"
