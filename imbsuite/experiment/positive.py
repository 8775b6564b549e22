"""The positive class of a comparison, determined once, on all rows."""

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
from imbsuite.decision.cost_forms import names_cells
from imbsuite.experiment.strategies import Strategy
from imbsuite.scoring.metrics import Metric

_OWNER = "compare"


def needing_positive(
    labels: Labels,
    metrics: Iterable[Metric],
    estimator: Any,
    strategies: Iterable[Strategy],
    cost: Any,
) -> list[str]:
    """Return the names of metrics and options that need a positive class.

    Parameters
    ----------
    labels : Labels
    metrics : iterable of Metric
    estimator : None, classifier, or mapping of name to classifier
    strategies : iterable of Strategy
        Those that are classifiers may need a positive class.
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


def with_positive(
    labels: Labels,
    pos_label: Any,
    needing: list[str],
    class_sizes: Mapping[Any, float] | None = None,
    *,
    ask: str = "pos_label",
) -> tuple[Labels, Positive | None]:
    """Return the labels with their positive class, and how it was determined.

    The latter is None if there is no positive class: with more than two classes if none
    is named, and with two if neither is clearly rarer and nothing needs a positive
    class.

    Parameters
    ----------
    labels : Labels
    pos_label : label or None
    needing : list of str
        Names of metrics and options that need a positive class.
    class_sizes : mapping of label to number, default=None
        The weights of classes, or their sizes in the whole table if the labels are
        those of a sample, in which small classes are overrepresented. None: the class
        sizes of ``labels``.
    ask : str, default="pos_label"
        The name of the parameter or option in error messages.

    Raises
    ------
    ValueError
        If ``pos_label`` is not one of the classes, or is None although it is needed.
    """
    sizes = _sizes(labels, class_sizes)
    codes = np.arange(len(sizes))
    if pos_label is None and len(sizes) > 2:
        if needing:
            msg = (
                f"{needing[0]} is a metric of one class, but there are {len(sizes)} "
                f"classes: pass {ask} to choose the class, or use a metric of all "
                "classes (such as 'f1_macro' instead of 'f1')."
            )
            raise ValueError(msg)
        return labels, None
    unclear = len(rarest_classes(codes, sizes, len(sizes))) > 1
    if pos_label is None and unclear and not needing:
        return replace(labels, positive=None), None
    named = labels.name_of(pos_label)
    positive = find_positive(labels.classes, codes, sizes, named, _OWNER, ask=ask)
    return replace(labels, positive=positive.code), positive


def _sizes(labels: Labels, table: Mapping[Any, float] | None) -> NDArray[np.float64]:
    if table is None:
        return labels.sizes.astype(np.float64)
    by_name = {str(label): n for label, n in table.items()}
    names = map(str, labels.classes.tolist())
    return np.array([by_name[name] for name in names], dtype=np.float64)


def about_positive(
    positive: Positive | None, labels: Labels, metrics: Iterable[Metric], scoring: Any
) -> Iterator[str]:
    """Report a metric whose scikit-learn scorer measures the other class."""
    named = [m.name for m in metrics if m.of_one_class] if scoring is not None else []
    if positive is None or not named:
        return
    note = about_scorer(positive, labels.classes, f"scoring={named[0]!r}")
    if note:
        yield note


def with_class(model: Any, labels: Labels) -> Any:
    """Return the model with the positive class of the labels handed down to it."""
    if labels.positive is None:
        return model
    return hand_down(model, labels.positive_label, len(labels.classes))
