"""Tomek links."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imbsuite._neighborhoods import linked_rows
from imbsuite._views import LooksAt
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind


class TomekLinks(BaseSelector):
    """Remove rows of Tomek links: mutual nearest neighbors of different classes.

    Two rows of different classes form a Tomek link if each is the nearest neighbor of
    the other. Rows of a link are removed if their class may be cleaned.

    Parameters
    ----------
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str or list of labels, default="auto"
        Which classes may be cleaned: "auto" (all except the smallest), "all",
        "majority", "not minority", "not majority", or a list of labels.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid.

    Notes
    -----
    The result is not random. Neighbors are only searched for rows outside the largest
    class and for their nearest neighbors, because every link contains such a row.

    **When it hurts.** A link may be noise or part of the true border. Removing its row
    of the common class slightly shifts the border, and probabilities, towards the rare
    class.

    References
    ----------
    Tomek. Two Modifications of CNN. IEEE Transactions on Systems, Man, and Cybernetics
    6 (1976), 769-772, :doi:`10.1109/TSMC.1976.4309452`.

    Examples
    --------
    >>> from imbsuite import TomekLinks
    >>> X, y = [[0.0], [1.0], [4.0], [4.1], [9.0]], [0, 0, 0, 1, 1]
    >>> TomekLinks().fit_resample(X, y)
    ([[0.0], [1.0], [4.1], [9.0]], [0, 0, 1, 1])
    """

    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"

    _name: ClassVar[str] = "tomek-links"
    _kind: ClassVar[Kind] = "clean"
    _looks_at: ClassVar[LooksAt] = "neighbors"
    _is_mutual: ClassVar[bool] = True

    def _reach(self) -> tuple[int, int]:
        return 1, 0

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        linked = linked_rows(table, y, table.present)
        removed = linked & np.isin(y, list(plan))
        return np.flatnonzero(~removed)
