"""Rows that repeat the features of another row, and their treatment in folds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import Labels
from imbsuite._types import Codes
from imbsuite.probability.units import Copies, KeepCopies, TrainTest
from imbsuite.profile.column import Column


def check_copies(how: Any) -> None:
    """Raise ValueError if ``how`` is not None, "together" or "split"."""
    if how is not None and how not in ("together", "split"):
        msg = (
            "The 'copies' parameter of compare must be a str among {'together', 'split'} "
            f"or None. Got {how!r} instead."
        )
        raise ValueError(msg)


def find_copies(X: Any, columns: Sequence[Column], labels: Labels) -> Copies:
    """Return the rows with equal features (ignoring identifiers) and equal labels."""
    identifiers = {j for j, c in enumerate(columns) if c.finding == "identifier"}
    return Copies.find(X, labels.contents, identifiers)


def about_copies(
    copies: Copies,
    folds: Sequence[TrainTest] | None = None,
    *,
    how: KeepCopies = None,
    groups: Codes | None = None,
) -> Iterator[str]:
    """Report rows with the same features, of the same or of several classes.

    Nothing is reported if columns have so few values that rows repeat by chance, unless
    ``how`` is "together". Copies are not reported if they are always within one group.

    Parameters
    ----------
    copies : Copies
    folds : sequence of (train, test), default=None
        None: the default folds of ``compare``.
    how : {"together", "split"} or None, default=None
        How folds treat copies.
    groups : ndarray of shape (n_rows,), int, default=None
    """
    if copies.by_chance and how != "together":
        return
    repeats, contradicted = copies.repeats, copies.contradicted
    if repeats.any() and not _are_within(groups, copies.codes):
        yield (
            f"{_rows(repeats, 'repeats', 'repeat')} the features and the class of another "
            f"row. {_in_folds(copies, folds)}"
        )
    if contradicted.any():
        yield (
            f"{_rows(contradicted, 'has', 'have')} the same features as a row of another "
            "class, so no model can tell these classes apart there; check the labels."
        )


def _are_within(groups: Codes | None, codes: Codes) -> bool:
    """Return whether all copies of a row are in one group."""
    if groups is None:
        return False
    pairs = np.unique(np.column_stack([codes, groups]), axis=0)
    return len(pairs) == len(np.unique(codes))


def _in_folds(copies: Copies, folds: Sequence[TrainTest] | None) -> str:
    if folds is None:
        return "compare keeps copies in one fold."
    known = np.zeros(len(copies.codes), dtype=bool)
    for train, test in folds:
        known[test] |= np.isin(copies.codes[test], copies.codes[train])
    if not known.any():
        return "Folds keep copies together; copies='split' does not."
    return (
        f"{_rows(known, 'is', 'are')} tested by a model that was fitted to a copy, which "
        "makes scores too good; use copies='together' with a number of folds, or remove "
        "copies, unless such rows do occur repeatedly."
    )


def _rows(chosen: NDArray[np.bool_], one: str, several: str) -> str:
    """Return the number and share of chosen rows, with the verb for this number."""
    n = int(chosen.sum())
    many = f"{n:,} {'row' if n == 1 else 'rows'} ({chosen.mean():.1%})"
    return f"{many} {one if n == 1 else several}"
