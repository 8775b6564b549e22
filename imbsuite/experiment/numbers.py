"""Numbers as text, with as many decimals as their intervals justify."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imbsuite.inference.intervals import NEGLIGIBLE

if TYPE_CHECKING:
    import pandas as pd

# The meaning of "n/a", for legends.
NOT_MEASURED = (
    "n/a: not measured on every fold, because a fit failed, the metric is undefined "
    "on a fold, or the metric requires probabilities, which the model does not "
    "predict."
)
_DECIMALS = 3


class Texts(NamedTuple):
    """A mean, its difference from doing nothing, and the interval, as text."""

    mean: str
    difference: str
    low: str
    high: str


def number(value: float, *, signed: bool = False, decimals: int = _DECIMALS) -> str:
    """Return a number with these decimals, or with more if all digits would be 0.

    A number is therefore printed as 0 only if its absolute value is below 1e-9. NaN is
    "n/a".
    """
    if math.isnan(value):
        return "n/a"
    value = 0.0 if abs(value) < NEGLIGIBLE else value
    text = f"{value:+.{decimals}f}" if signed else f"{value:.{decimals}f}"
    if value != 0 and float(text) == 0:
        text = np.format_float_positional(float(f"{value:.1g}"), sign=signed)
    return text.replace("-", "\N{MINUS SIGN}")


def rounded(value: float, decimals: int = 2, *, signed: bool = True) -> str:
    """Return a number with this many decimals; a rounded 0 has no sign."""
    if math.isnan(value):
        return "undefined"
    text = f"{value:{'+' if signed else ''}.{decimals}f}"
    text = text if float(text) else text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")


def written(difference: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a difference and its interval as text; "" for those that are NaN.

    An interval that excludes 0 is a claim, so none of its numbers is printed as 0.
    """
    if math.isnan(difference):
        return "", "", ""
    if math.isnan(low):
        return number(difference, signed=True), "", ""
    decimals = _decimals((high - low) / 2)
    as_text = number if low > 0 or high < 0 else rounded
    return (
        as_text(difference, signed=True, decimals=decimals),
        as_text(low, signed=False, decimals=decimals),
        as_text(high, signed=False, decimals=decimals),
    )


def texts(rows: pd.DataFrame) -> list[Texts]:
    """Return the texts of the summary rows of one model and metric.

    All means have one decimal more than the narrowest interval supports, so that their
    decimal points are aligned and their differences agree with the printed ones.
    """
    halves = ((rows["high"] - rows["low"]) / 2).dropna()
    finest = _decimals(halves.min() / 10) if len(halves) else _DECIMALS
    decimals = min(finest, _DECIMALS)
    records: list[Any] = rows.to_dict(orient="records")
    return [
        Texts(
            number(row["mean"], decimals=decimals),
            *written(row["difference"], row["low"], row["high"]),
        )
        for row in records
    ]


def _decimals(half: float) -> int:
    """Return the decimals for an interval of this half-width.

    Three digits of the half-width, but at most three decimals, unless its first digit
    needs more.
    """
    if half < NEGLIGIBLE:
        return _DECIMALS
    exponent = math.floor(math.log10(half))
    return max(-exponent, min(max(2 - exponent, 0), _DECIMALS))
