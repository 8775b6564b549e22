"""Unlabeled rows, which are set aside before a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imbsuite._extras import need
from imbsuite._fit_inputs import FitInputs
from imbsuite._table import (
    check_groups,
    check_weight,
    count_rows,
    labels_at,
    refuse_few_labeled,
    refuse_lazy,
    single_target,
    take,
    which_unlabeled,
)
from imbsuite._types import Floats, Positions
from imbsuite.folds.in_time import Times
from imbsuite.meta.unlabeled_rows import Keys, UnlabeledRows


@dataclass(frozen=True)
class Apart:
    """Unlabeled rows, as they were passed."""

    X: Any
    weight: Floats | None = None
    groups: Any = None
    times: Any = None

    def beside(self, X: Any, along: Mapping[str, Any]) -> UnlabeledRows:
        """Return the unlabeled rows for fits.

        Parameters
        ----------
        X : table
            The unlabeled rows, in the same type of table as the labeled rows.
        along : mapping
            "groups" and "times" of the labeled rows, or None.

        Raises
        ------
        ValueError
            If groups or times have missing values.
        """
        groups, times = along["groups"], along["times"]
        return UnlabeledRows(
            X,
            self.weight,
            None if groups is None else _keys_of_groups(groups, self.groups),
            None if times is None else _keys_of_times(times, self.times),
        )


def set_aside(
    X: Any, y: Any, along: Mapping[str, Any], unlabeled: Any
) -> tuple[Any, Any, dict[str, Any], Apart | None]:
    """Return the labeled rows, the data that belong to them, and the unlabeled rows.

    Parameters
    ----------
    X : table
    y : array-like of shape (n_rows,)
    along : mapping of name to array-like of shape (n_rows,), or None
        Other data with an entry for each row; weights have the name "sample_weight".
    unlabeled : label or None
        None: all rows are labeled.

    Raises
    ------
    ValueError
        If lengths differ, if no row has the label ``unlabeled`` or a missing label, or
        if the labeled rows have fewer than two classes.
    """
    if unlabeled is None:
        return X, y, dict(along), None
    refuse_lazy(X, "compare", "X")
    table = X if hasattr(X, "shape") else np.asarray(X)
    values = single_target(y, warn=False)
    for name, argument in {"X": table, **along}.items():
        _check_length(name, argument, len(values))
    has_none = which_unlabeled(values, unlabeled)
    if not has_none.any():
        msg = (
            f"The 'unlabeled' parameter must be the label of some rows of y. Got "
            f"{unlabeled!r} instead, and y has no row without another label."
        )
        raise ValueError(msg)
    refuse_few_labeled(values, unlabeled)
    rows, others = np.flatnonzero(~has_none), np.flatnonzero(has_none)
    weight = check_weight(along.get("sample_weight"), len(values))
    apart = Apart(
        take(table, others),
        None if weight is None else weight[others],
        *(_part(along.get(name), others) for name in ("groups", "times")),
    )
    taken = {k: _part(v, rows) for k, v in along.items()}
    return take(table, rows), labels_at(y, rows), taken, apart


def _check_length(name: str, values: Any, n_rows: int) -> None:
    if values is not None and count_rows(values) != n_rows:
        msg = (
            "Found input variables with inconsistent numbers of samples: y has "
            f"{n_rows:,} rows, {name} has {count_rows(values):,}."
        )
        raise ValueError(msg)


def _part(values: Any, rows: Positions) -> Any:
    return None if values is None else take(values, rows)


def _keys_of_groups(labeled: Any, own: Any) -> Keys:
    for groups in (labeled, own):
        check_groups(groups, count_rows(groups))
    return Keys(np.asarray(labeled), np.asarray(own))


def _keys_of_times(labeled: Any, own: Any) -> Keys:
    """Return times as numbers, which are converted together to be comparable."""
    concat = need("pandas").concat
    both = concat([_as_series(times) for times in (labeled, own)], ignore_index=True)
    known = Times.read(both, None, len(both))
    values = np.zeros(len(both)) if known is None else known.values
    return Keys(*np.split(values, [count_rows(labeled)]))


def _as_series(values: Any) -> Any:
    return need("pandas").Series(
        values.to_pandas() if hasattr(values, "to_pandas") else values
    )


def only_labeled(
    X: Any, y: Any, params: Mapping[str, Any], unlabeled: Any
) -> tuple[Any, Any, dict[str, Any]]:
    """Return the labeled rows, and the arguments of ``fit`` for these rows."""
    if unlabeled is None:
        return X, y, dict(params)
    has_none = which_unlabeled(single_target(y, warn=False), unlabeled)
    inputs = FitInputs(
        X if hasattr(X, "shape") else np.asarray(X), y, params=dict(params)
    )
    rows = np.flatnonzero(~has_none)
    labeled = inputs.take(rows)
    return labeled.X, labels_at(y, rows), labeled.params


def about_unlabeled(others: UnlabeledRows | None) -> Iterator[str]:
    """Report how unlabeled rows are used."""
    if others is None:
        return
    text = (
        f"{count_rows(others.X):,} rows have no label: they are in no fold, and only "
        "pseudo-labels are fitted on them"
    )
    left_out = []
    if others.times is not None:
        left_out.append("are later than its training rows")
    if others.groups is not None:
        left_out.append("belong to a group of its test rows")
    if left_out:
        text += f", in each fold without those that {' or '.join(left_out)}"
    yield f"{text}."
