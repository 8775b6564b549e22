"""One-sided selection."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from imbsuite._intervals import Interval
from imbsuite._neighborhoods import linked_rows, mislabeled, reference_rows
from imbsuite._random import Seed
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind


class OneSidedSelection(BaseSelector):
    """Keep the rows that a small store mislabels, and remove Tomek links.

    The store has all rows of the classes that are not cut, and ``n_seeds`` random rows
    of each class that is cut. In a class that is cut, the seeds and the rows that are
    mislabeled by their nearest stored row are kept. Then its rows in Tomek links among
    all kept rows are removed.

    Parameters
    ----------
    n_seeds : int, default=1
        Number of distinct random rows of each class that is cut. The number is reduced
        for smaller classes.
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str or list of labels, default="auto"
        Which classes are cut: "auto" (all except the smallest), "majority", "not
        minority", "not majority", or a list of labels. At least one class is not cut.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid, or if all classes
        are cut.

    Notes
    -----
    If stored rows of several classes are equally near, the row of the true class
    counts.

    **Departs from the paper.** Any number of classes may be cut, all at once, and any
    number of seeds. imbalanced-learn cuts each class separately and may draw a seed
    twice.

    **When it hurts.** The number of kept rows depends on the random seeds: far from the
    seeds, all rows of a class may be kept; near them, none. Try several values of
    ``random_state``.

    References
    ----------
    Kubat, Matwin. Addressing the Curse of Imbalanced Training Sets: One-Sided
    Selection. ICML 1997, 179-186. The removal of links is the method of Tomek,
    :doi:`10.1109/TSMC.1976.4309452`.

    Examples
    --------
    >>> from imbsuite import OneSidedSelection
    >>> X, y = [[0.0], [0.1], [0.2], [0.3], [0.9], [1.0]], [0, 0, 0, 0, 1, 1]
    >>> OneSidedSelection(random_state=0).fit_resample(X, y)[1]
    [0, 1, 1]
    """

    n_seeds: int = 1
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "one-sided-selection"
    _kind: ClassVar[Kind] = "clean"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_seeds": [Interval(Integral, 1, None, closed="left")],
    }

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        reference = reference_rows(table, y, plan, type(self).__name__)
        streams = rng.spawn(len(table.labels))
        seeds = [self._seeds(table, y, label, streams[label]) for label in plan]
        store = np.sort(np.concatenate([reference, *seeds]))
        others = np.setdiff1d(table.present, store, assume_unique=True)
        kept = np.union1d(store, mislabeled(table, y, others, store))
        # Free their memory before the next search.
        del others
        goes = linked_rows(table, y, kept)
        goes[goes] = np.isin(y[goes], list(plan))
        return kept[~goes[kept]]

    def _seeds(
        self, table: TableView, y: Any, label: int, rng: np.random.Generator
    ) -> Any:
        rows = table.present[y[table.present] == label]
        return rng.choice(rows, min(self.n_seeds, len(rows)), replace=False)
