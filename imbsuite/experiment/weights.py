"""Weights of rows in a comparison, and the objects that do not support them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from imbsuite._classes import Labels
from imbsuite._picking import Sizes
from imbsuite._table import check_weight, count_rows, take
from imbsuite._types import Floats
from imbsuite._wrapping import keyword_of
from imbsuite.experiment.strategies import Strategy
from imbsuite.folds.stratified import Folds, usable
from imbsuite.scoring.metrics import Metric

Weights: TypeAlias = Mapping[Any, float]


def read_weights(sample_weight: Any, n_rows: int) -> Floats | None:
    """Return the weights of rows; None if there are none, or all are equal.

    Raises
    ------
    ValueError
        If weights are negative, not finite, all 0, or not one for each row.
    """
    weight = check_weight(sample_weight, n_rows)
    return None if weight is None or (weight == weight[0]).all() else weight


def without_counts(
    X: Any, y: Any, along: dict[str, Any]
) -> tuple[Any, Any, dict[str, Any]]:
    """Repeat rows instead of weighting them, if the weights are bootstrap counts.

    scikit-learn's bagging passes counts to every estimator with ``sample_weight`` in the
    signature of ``fit``.

    Parameters
    ----------
    X : table
    y : array-like of shape (n_rows,)
    along : dict of name to array-like of shape (n_rows,), or None
        Other data with an entry for each row; weights have the name "sample_weight".
    """
    n_rows = count_rows(X)
    weight = check_weight(along["sample_weight"], n_rows)
    if weight is None or (weight % 1).any() or weight.sum() > 2 * n_rows:
        return X, y, along
    rows = np.repeat(np.arange(n_rows), weight.astype(np.intp))
    others = {k: None if v is None else take(v, rows) for k, v in along.items()}
    return take(X, rows), take(y, rows), others | {"sample_weight": None}


def class_weights(
    labels: Labels, table_sizes: Sizes | None, weight: Floats | None
) -> Weights | None:
    """Return the weight of each class in the whole table, by its label.

    Without row weights, return ``table_sizes``: the class sizes of the whole table if
    the rows are a sample of it, else None.
    """
    if weight is None:
        return table_sizes
    sizes = labels.size_of if table_sizes is None else table_sizes
    sums = np.bincount(labels.codes, weight, minlength=len(labels.classes))
    by_name = {str(label): n for label, n in sizes.items()}
    means = zip(labels.classes.tolist(), (sums / labels.sizes).tolist(), strict=True)
    return {label: by_name[str(label)] * mean for label, mean in means}


def refuse_unweighted(
    models: Mapping[str, Any],
    strategies: Iterable[Strategy],
    metrics: Iterable[Metric],
) -> None:
    """Raise ValueError for models, strategies and scorers that do not support weights."""
    names = [
        *(
            f"model {name!r}"
            for name, model in models.items()
            if not takes_weight(model)
        ),
        *(f"strategy {s.name!r}" for s in strategies if not _carries(s)),
        *(f"metric {m.name!r}" for m in metrics if not m.takes_weight),
    ]
    if names:
        msg = (
            f"sample_weight was passed, but these do not take it: {', '.join(names)}. "
            "Leave out either these or the weights. Samplers of imbsuite support "
            "weights, and a scorer must accept them as the argument sample_weight."
        )
        raise ValueError(msg)


def takes_weight(model: Any) -> bool:
    """Return whether the last step of a model takes ``sample_weight``."""
    return keyword_of(model, "sample_weight") is not None


def _carries(strategy: Strategy) -> bool:
    if strategy.classifier is not None:
        return takes_weight(strategy.classifier)
    return strategy.sampler is None or hasattr(strategy.sampler, "carry")


def without_weightless(folds: Folds, weight: Floats | None, labels: Labels) -> Folds:
    """Return the folds without rows of weight 0."""
    if weight is None or weight.all():
        return folds
    pairs = [
        (train[weight[train] > 0], test[weight[test] > 0])
        for train, test in folds.pairs
    ]
    return usable(replace(folds, pairs=pairs), labels)


def about_weights(weight: Floats | None) -> Iterator[str]:
    """Report where weights are used, and how many rows have weight 0."""
    if weight is None:
        return
    yield (
        "sample_weight is used in all fits and scores; class sizes, curves and confusion "
        "matrices count rows."
    )
    n_without = int((weight == 0).sum())
    if n_without:
        yield f"{n_without:,} rows have weight 0 and are in no fold."
