"""A multilabel target with the interface of a target of classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import Labels
from imbsuite._table import check_multilabel, named_labels
from imbsuite._types import Codes
from imbsuite.probability.label_folds import strata_of


@dataclass(frozen=True)
class LabelTable(Labels):
    """A validated multilabel target.

    ``codes`` are the strata of folds: the rarest label of each row. There is no positive
    class to choose, because 1 is the positive class of each label.

    Attributes
    ----------
    cells : ndarray of shape (n_rows, n_labels), int
        0 and 1.
    names : tuple
        The labels.
    """

    cells: Codes = field(default_factory=lambda: np.empty((0, 0), dtype=np.intp))
    names: tuple[Any, ...] = ()

    @classmethod
    def read(cls, y: Any, n_rows: int, what: str = "y") -> Self:
        """Return the validated labels of ``y``.

        Raises
        ------
        ValueError
            If y has missing labels, values other than 0 and 1, or a different length
            than X; if all rows have the same labels.
        """
        target = check_multilabel(y, n_rows, what)
        cells = target.values
        if (cells == cells[0]).all():
            msg = (
                f"{what} has the same labels in all rows; a label that some rows have and "
                "others do not is required."
            )
            raise ValueError(msg)
        return cls(**_strata(cells), cells=cells, names=tuple(target.names))

    @property
    def size_of(self) -> dict[Any, int]:
        """``{label: rows with it}``, in the order of the labels."""
        return dict(zip(self.names, self.cells.sum(axis=0).tolist(), strict=True))

    @property
    def values(self) -> NDArray[Any]:
        """The labels of each row, (n_rows, n_labels)."""
        return self.cells

    def with_order(self, codes: NDArray[np.intp]) -> Any:
        """Return labels of rows, (n_rows, n_labels), unchanged."""
        return codes

    @property
    def contents(self) -> NDArray[np.intp]:
        """A code for the label set of each row."""
        sets: Codes = np.unique(self.cells, axis=0, return_inverse=True)[1].ravel()
        return sets

    @property
    def rarest(self) -> tuple[str, int]:
        """The label that the fewest rows have or lack, in words, and their number."""
        parts = [(int(part.sizes.min()), name) for name, part in self.each()]
        size, name = min(parts, key=lambda part: part[0])
        return name.removesuffix(": "), size

    def at(self, rows: NDArray[np.intp]) -> Any:
        """Return the labels of rows as a DataFrame with a column for each label."""
        return named_labels(self.cells[rows], list(self.names))

    def seen_by(self, splitter: Any) -> Any:
        """Return the target for a splitter: the strata if it is stratified."""
        if len(self.names) == 1:
            return self.cells[:, 0]
        return self.codes if "Stratified" in type(splitter).__name__ else self.cells

    def stratified(self, n_folds: int, units: Any) -> Self:
        """Return the labels with strata of at least ``n_folds`` units, or else of two.

        Raises
        ------
        ValueError
            If only one stratum has two units.
        """
        for fewest in (n_folds, 2):
            strata = _strata(self.cells, fewest, units)
            if len(strata["classes"]) > 1:
                return replace(self, **strata)
        msg = (
            "Cross-validation needs a label that 2 rows or more have, and 2 rows or more "
            "do not have; collect more rows."
        )
        raise ValueError(msg)

    def label(self, place: int) -> Labels:
        """Return one label as a target of two classes."""
        return Labels(np.arange(2), self.cells[:, place], positive=1)

    def each(self) -> Iterator[tuple[str, Labels]]:
        """Yield each label that only some rows have, as a target of two classes."""
        for place, name in enumerate(self.names):
            if np.ptp(self.cells[:, place]):
                yield f"label {name!r}: ", self.label(place)


def _strata(cells: Codes, fewest: int = 1, units: Any = None) -> dict[str, Any]:
    codes = strata_of(cells, fewest, units)
    return {"classes": np.arange(codes.max() + 1), "codes": codes}
