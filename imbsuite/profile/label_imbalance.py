"""The imbalance of the labels of a multilabel target, and their co-occurrence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbsuite._table import check_multilabel, count_rows, is_multilabel
from imbsuite._types import Floats

__all__ = ["LabelImbalance", "label_imbalance"]


@dataclass(frozen=True)
class LabelImbalance:
    """The imbalance of a multilabel target, for each label and overall.

    Attributes
    ----------
    by_label : DataFrame
        A row for each label, in their order: "label", "rows" (with the label), "share"
        (of all rows), "imbalance" (rows of the most frequent label divided by rows of
        this one) and "scumble" (the mean SCUMBLE of its rows). The last two are NaN for
        labels that no row has.
    mean_imbalance : float
        The mean of "imbalance" over the labels that at least one row has; MeanIR in the
        paper.
    scumble : float
        The mean SCUMBLE of all rows.
    n_rows : int
    """

    by_label: pd.DataFrame
    mean_imbalance: float
    scumble: float
    n_rows: int

    @property
    def absent(self) -> list[Any]:
        """The labels that no row has, which are left out of all means."""
        labels: list[Any] = self.by_label["label"][self.by_label["rows"] == 0].tolist()
        return labels

    def __str__(self) -> str:
        means = f"{self.mean_imbalance:.3g}, SCUMBLE {self.scumble:.3g}"
        lines = [
            f"{self.n_rows:,} rows, {len(self.by_label)} labels: mean imbalance {means}",
            self.by_label.to_string(index=False, float_format="{:.3g}".format),
        ]
        if self.absent:
            lines.append(f"Left out of the means, as no row has them: {self.absent}")
        return "\n".join(lines)


def label_imbalance(y: Any) -> LabelImbalance:
    r"""Measure how rare the labels of a multilabel target are.

    If :math:`c_l` rows have the label l, its imbalance is :math:`\max_k c_k / c_l`. The
    SCUMBLE of a row is

    .. math:: 1 - \frac{\left(\prod_{l} r_l\right)^{1/m}}{\frac1m \sum_{l} r_l}

    over the imbalances r of its m labels, and 0 for a row without labels. A high
    SCUMBLE means that rare labels occur together with frequent ones, so that new rows
    with the rare labels also have the frequent ones.

    Parameters
    ----------
    y : {array-like, sparse matrix, dataframe} of shape (n_rows, n_labels)
        1 where a row has a label, else 0.

    Returns
    -------
    LabelImbalance

    Raises
    ------
    ValueError
        If y has values other than 0 and 1, or is an array with a single column.

    References
    ----------
    Charte, Rivera, del Jesus, Herrera. Addressing imbalance in multilabel classification:
    Measures and random resampling algorithms. Neurocomputing 163 (2015), 3-16,
    :doi:`10.1016/j.neucom.2014.08.091`.
    Charte, Rivera, del Jesus, Herrera. Dealing with difficult minority labels in
    imbalanced mutilabel data sets. Neurocomputing 326-327 (2019), 39-53,
    :doi:`10.1016/j.neucom.2016.08.158`.

    Examples
    --------
    >>> from imbsuite.explore import label_imbalance
    >>> found = label_imbalance([[1, 0], [1, 1], [1, 0], [1, 0]])
    >>> found.by_label["imbalance"].tolist(), found.mean_imbalance
    ([1.0, 4.0], 2.5)
    >>> round(found.scumble, 3)  # one row of four has both labels: (1 - 2 / 2.5) / 4
    0.05
    """
    if not is_multilabel(y):
        msg = (
            "The 'y' parameter of label_imbalance must have a column for each of two "
            f"labels or more, or be a sparse matrix or a dataframe. Got shape "
            f"{np.shape(y)} instead."
        )
        raise ValueError(msg)
    target = check_multilabel(y, count_rows(y))
    labels = target.values
    rows = labels.sum(axis=0)
    ratio = _ratio(np.full(len(rows), rows.max(initial=0)), rows)
    scumble = _scumble_of_rows(labels, ratio)
    table = pd.DataFrame(
        {
            "label": pd.Series(target.names, dtype=object),
            "rows": rows,
            "share": rows / len(labels),
            "imbalance": ratio,
            "scumble": _ratio(labels.T @ scumble, rows),
        }
    )
    mean = float(np.nanmean(ratio)) if rows.any() else np.nan
    return LabelImbalance(table, mean, float(scumble.mean()), len(labels))


def _scumble_of_rows(labels: NDArray[Any], ratio: Floats) -> Floats:
    known = np.where(np.isnan(ratio), 1.0, ratio)  # of labels that no row has
    n = labels.sum(axis=1)
    with_labels = n > 0
    arithmetic = _ratio(labels @ known, n)
    geometric = np.exp(_ratio(labels @ np.log(known), n))
    return np.where(with_labels, 1 - geometric / arithmetic, 0.0)


def _ratio(above: Any, below: Any) -> Floats:
    filled = np.full(len(below), np.nan)
    return np.divide(above, below, out=filled, where=np.asarray(below) > 0)
