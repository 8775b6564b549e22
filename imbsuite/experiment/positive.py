"""Which class a comparison is about: the one rule, asked once, on all rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import Labels
from imbsuite._labels import (
    Positive,
    about_scorer,
    find_positive,
    hand_down,
    names_of_rule,
    rarest_classes,
)
from imbsuite.decision.costs import names_cells
from imbsuite.experiment.metrics import Metric
from imbsuite.experiment.strategies import Strategy

__all__ = ["about_positive", "needing_positive", "settled", "with_class"]

_OWNER = "compare"


def needing_positive(
    labels: Labels,
    metrics: Iterable[Metric],
    estimator: Any,
    strategies: Iterable[Strategy],
    cost: Any,
) -> list[str]:
    """Return what is about one class only, and does not say about which.

    Parameters
    ----------
    labels : Labels
    metrics : iterable of Metric
    estimator : None, classifier, or mapping of name to classifier
    strategies : iterable of Strategy
        Some are classifiers.
    cost : mapping, DataFrame, array-like, callable or None
    """
    n_classes = len(labels.classes)
    models = estimator.values() if isinstance(estimator, Mapping) else [estimator]
    fitted = [*models, *(strategy.classifier for strategy in strategies)]
    return [
        *(m.name for m in metrics if m.of_one_class and (n_classes == 2 or m.by_name)),
        *(name for model in fitted for name in names_of_rule(model, n_classes)),
        *(["cost"] if names_cells(cost) and n_classes == 2 else []),
    ]


def settled(
    labels: Labels,
    pos_label: Any,
    needing: list[str],
    table_sizes: Mapping[Any, int] | None = None,
    *,
    ask: str = "pos_label",
) -> tuple[Labels, Positive | None]:
    """Return the labels with their positive class, and how that was found.

    None where there is none: of more than two classes if none is named, of two if none
    is clearly the rarer one and nothing needs to know.

    Parameters
    ----------
    labels : Labels
    pos_label : label or None
    needing : list of str
        What is about one class.
    table_sizes : mapping of label to number of rows, default=None
        Of the whole table, where the labels are those of a sample: classes with few rows
        are lifted there.
    ask : str, default="pos_label"
        What the user is asked to pass.

    Raises
    ------
    ValueError
        If ``pos_label`` is not one of the classes, or if it is None and needed.
    """
    sizes = _sizes(labels, table_sizes)
    codes = np.arange(len(sizes))
    if pos_label is None and len(sizes) > 2:
        if needing:
            msg = (
                f"{needing[0]} is about one class, and there are {len(sizes)}: pass "
                f"{ask} to name it, or choose a metric of all classes (such as "
                "'f1_macro' for 'f1')."
            )
            raise ValueError(msg)
        return labels, None
    unclear = len(rarest_classes(codes, sizes, len(sizes))) > 1
    if pos_label is None and unclear and not needing:
        return replace(labels, positive=None), None
    spoken = labels.name_of(pos_label)
    found = find_positive(labels.classes, codes, sizes, spoken, _OWNER, ask=ask)
    return replace(labels, positive=found.code), found


def _sizes(labels: Labels, table: Mapping[Any, int] | None) -> NDArray[np.float64]:
    if table is None:
        return labels.sizes.astype(np.float64)
    spoken = {str(label): n for label, n in table.items()}
    names = map(str, labels.classes.tolist())
    return np.array([spoken[name] for name in names], dtype=np.float64)


def about_positive(
    found: Positive | None, labels: Labels, metrics: Iterable[Metric], scoring: Any
) -> Iterator[str]:
    """Say that scikit-learn would measure another class under a name that was given."""
    named = [m.name for m in metrics if m.of_one_class] if scoring is not None else []
    if found is None or not named:
        return
    said = about_scorer(found, labels.classes, f"scoring={named[0]!r}")
    if said:
        yield said


def with_class(model: Any, labels: Labels) -> Any:
    """Return the model; what it decides about a positive class is about that of labels."""
    if labels.positive is None:
        return model
    label = labels.classes[labels.positive].item()
    return hand_down(model, label, len(labels.classes))
