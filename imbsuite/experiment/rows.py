"""The rows of a comparison: checked, without unlabeled rows, and sampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imbsuite._arguments import refuse_misplaced
from imbsuite._classes import Labels, check_labels
from imbsuite._picking import Sizes
from imbsuite._table import (
    check_groups,
    contain,
    count_rows,
    is_lazy,
    is_multilabel,
)
from imbsuite._types import Codes, Floats
from imbsuite.experiment.label_options import refuse_for_labels
from imbsuite.experiment.models import refuse_for_default_models
from imbsuite.experiment.options import Options
from imbsuite.experiment.sampling import draw_sample
from imbsuite.experiment.unlabeled import set_aside
from imbsuite.experiment.weights import read_weights
from imbsuite.folds.in_time import Times
from imbsuite.meta.unlabeled_rows import UnlabeledRows
from imbsuite.profile.column import Column
from imbsuite.profile.columns import profile
from imbsuite.scoring.label_table import LabelTable


@dataclass(frozen=True)
class Rows:
    """The labeled rows that are measured, and the data that belong to them.

    Attributes
    ----------
    X : table
    labels : Labels
        A ``LabelTable`` if the target is multilabel.
    columns : sequence of Column
    groups : array-like of shape (n_rows,) or None
    group_codes : ndarray of shape (n_rows,), int, or None
    times : Times or None
    weight : ndarray of shape (n_rows,) or None
    unlabeled : UnlabeledRows or None
        The unlabeled rows.
    table_sizes : mapping of label to int, or None
        Class sizes of the whole table if these rows are a sample of it.
    """

    X: Any
    labels: Labels
    columns: tuple[Column, ...]
    groups: Any
    group_codes: Codes | None
    times: Times | None
    weight: Floats | None
    unlabeled: UnlabeledRows | None
    table_sizes: Sizes | None


def read_rows(X: Any, y: Any, options: Options, rng: np.random.Generator) -> Rows:
    """Check the rows of a comparison, and draw a sample if one is requested.

    Parameters
    ----------
    X, y, options
        Arguments of :func:`imbsuite.compare`.
    rng : Generator
        The stream for the sample is spawned from it, which does not change its state.

    Raises
    ------
    ValueError, TypeError
        As in :func:`imbsuite.compare`.
    """
    refuse_misplaced(X, y, "compare")
    if not is_lazy(X):  # a lazy table is checked after sampling
        contain(X, "compare")  # raises for non-tables and duplicate names
    along = {
        name: getattr(options, name) for name in ("groups", "times", "sample_weight")
    }
    # y of a Dask collection always holds classes.
    several = not is_lazy(X) and is_multilabel(y)
    if several:
        refuse_for_labels(vars(options))
    X, y, along, apart = set_aside(X, y, along, options.unlabeled)
    X, y, along, table_sizes = draw_sample(X, y, along, options.sample_rows, rng)
    columns = profile(X)
    X = _as_table(X)
    labels = (
        LabelTable.read(y, count_rows(X))
        if several
        else check_labels(y, ordered=options.ordered, warn=True)
    )
    n_rows = check_shape(X, labels)
    if options.estimator is None:
        refuse_for_default_models(X)
    return Rows(
        X,
        labels,
        columns,
        along["groups"],
        check_groups(along["groups"], n_rows),
        Times.read(along["times"], options.embargo, n_rows),
        read_weights(along["sample_weight"], n_rows),
        None if apart is None else apart.beside(_as_table(apart.X), along),
        table_sizes,
    )


def _as_table(X: Any) -> Any:
    if not hasattr(X, "shape"):
        return np.asarray(X)
    # skrub, which the default models use, does not read Arrow tables.
    return X.to_pandas() if type(X).__module__.startswith("pyarrow") else X


def check_shape(X: Any, labels: Labels) -> int:
    """Return the number of rows; raise ValueError if X and y differ, or X is empty."""
    n_rows = int(X.shape[0])
    if n_rows != len(labels.codes):
        msg = f"X has {n_rows:,} rows, y has {len(labels.codes):,}; they must be equal."
        raise ValueError(msg)
    if count_columns(X) == 0:
        msg = f"X has 0 feature(s) (shape={X.shape}) while a minimum of 1 is required."
        raise ValueError(msg)
    return n_rows


def count_columns(X: Any) -> int:
    """Return the number of columns; 1 for an array of strings."""
    return int(X.shape[1]) if len(X.shape) > 1 else 1
