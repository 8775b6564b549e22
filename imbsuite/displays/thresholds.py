"""Metrics of labels against the threshold, with the point that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from imbsuite._table import check_weight, labels_of, single_target, sorted_classes
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import METRICS, PER_CLASS, CountMetric
from imbsuite.displays.panels import (
    as_columns,
    panels_of,
    positive_column,
)
from imbsuite.displays.style import (
    QUIET,
    SMALL,
    key,
    line_style,
    make_panels,
    spoken,
)
from imbsuite.probability.columns import probability_of

__all__ = ["ThresholdDisplay"]

Floats = NDArray[np.floating[Any]]
_GRID = np.linspace(0, 1, 402)[1:-1]
_DEFAULT = ("precision", "recall", "f1")


class ThresholdDisplay:
    """Metrics of labels at every threshold of a class, the chosen one marked.

    Made by :meth:`from_estimator` or :meth:`from_predictions`. Two classes: one panel,
    for the rarer class (or ``pos_label``). More: a panel for each class, where its
    threshold moves and those of the others keep their proportions; precision, recall and
    their like are those of the panel's class.

    Parameters
    ----------
    threshold : ndarray of shape (n_thresholds,)
        Between 0 and 1, all thresholds summing to 1.
    scores : dict
        ``{label: {metric: ndarray of shape (n_thresholds,)}}``, a label for each panel.
        The precision is NaN, and is not drawn, where no row is flagged.
    chosen : dict
        ``{label: threshold}``.
    chosen_scores : dict
        ``{label: {metric: score}}`` at the chosen thresholds.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    lines_ : dict
        ``{label: {metric: matplotlib Line2D}}``.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Examples
    --------
    >>> from imbsuite.explore import ThresholdDisplay
    >>> display = ThresholdDisplay(
    ...     [0.2, 0.5], {"yes": {"recall": [1.0, 0.5]}}, {"yes": 0.2},
    ...     {"yes": {"recall": 1.0}})
    """

    def __init__(
        self,
        threshold: Any,
        scores: dict[Any, dict[str, Any]],
        chosen: dict[Any, float],
        chosen_scores: dict[Any, dict[str, float]],
    ) -> None:
        self.threshold = threshold
        self.scores = scores
        self.chosen = chosen
        self.chosen_scores = chosen_scores

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        metrics: Sequence[str] = _DEFAULT,
        pos_label: Any = None,
        sample_weight: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw the metrics of a fitted classifier; its own threshold is the chosen one.

        Parameters
        ----------
        estimator : fitted classifier with ``predict_proba``
            Without thresholds of its own, 0.5 is marked (the most probable class).
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Rows that neither the estimator nor its thresholds were fitted on.
        y : array-like of shape (n_rows,)
        metrics : sequence of str, default=("precision", "recall", "f1")
            Also "jaccard", and names of metrics of all classes, such as
            "balanced_accuracy" and "f1_macro".
        pos_label : label, default=None
            One class. None: that of the classifier (``pos_label_``), else the rarer of
            two classes among these rows, each of more. Where two differ by at most 0.05
            in their shares it must be given.
        sample_weight : array-like of shape (n_rows,), default=None
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        display
        """
        last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        threshold, own = _threshold_of(last)
        # One number is the threshold of one class against the rest.
        alone = threshold is not None and np.ndim(threshold) == 0
        if alone and own is not None and pos_label not in (None, own):
            msg = f"pos_label={pos_label!r}, but the threshold is that of {own}."
            raise ValueError(msg)
        if pos_label is None and (alone or len(estimator.classes_) == 2):
            pos_label = own
        return cls.from_predictions(
            y,
            probability_of(estimator, X),
            classes=estimator.classes_,
            threshold=threshold,
            metrics=metrics,
            pos_label=pos_label,
            sample_weight=sample_weight,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_prob: Any,
        *,
        classes: Any = None,
        threshold: Any = None,
        metrics: Sequence[str] = _DEFAULT,
        pos_label: Any = None,
        sample_weight: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw the metrics of probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,)
        y_prob : array-like of shape (n_rows,) or (n_rows, n_classes)
            One column: of the positive class of two.
        classes : array-like of shape (n_classes,), default=None
            The labels of the columns. None: the sorted labels of ``y_true``.
        threshold : float or array-like of shape (n_classes,), default=None
            To mark: of ``pos_label``, or of each class. None: that of the most probable
            class.
        metrics : sequence of str, default=("precision", "recall", "f1")
        pos_label : label, default=None
            One class against the rest. None: the rarer of two classes by weight, each of
            more.
        sample_weight : array-like of shape (n_rows,), default=None
        ax : matplotlib Axes, or array of them, default=None

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If labels and probabilities do not fit each other, or none of two classes is
            clearly the rarer one and ``pos_label`` is None.
        """
        y = single_target(y_true)
        known = sorted_classes(y) if classes is None else np.asarray(classes)
        weight = check_weight(sample_weight, len(y))
        positive = positive_column(y, known, pos_label, cls.__name__, weight)
        named = pos_label is not None
        proba = as_columns(y_prob, len(y), known, positive, is_named=named)
        order = np.argsort(known)
        panels = panels_of(known, positive)
        known, proba = known[order], proba[:, order]
        if np.ndim(threshold) == 1 and len(threshold) == len(order):
            threshold = np.asarray(threshold)[order]
        kinds = {name: _metric(name) for name in metrics}
        codes = np.searchsorted(known, y)
        scalar = threshold is None or np.ndim(threshold) == 0
        scores, chosen, at = {}, {}, {}
        for label in panels:
            k = labels_of(known).index(label)
            alone = scalar and positive is not None
            panel = (_alone if alone else _among)(proba, codes, k, threshold)
            search = {
                n: search_for(panel.of(m), *panel[:2], weight) for n, m in kinds.items()
            }
            scores[label] = {
                name: np.array([found.score(panel.at(t)) for t in _GRID])
                for name, found in search.items()
            }
            chosen[label] = panel.chosen
            at[label] = {
                n: found.score(panel.at(panel.chosen)) for n, found in search.items()
            }
        return cls(_GRID, scores, chosen, at).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        axes = make_panels(len(self.scores), ax)
        self.lines_: dict[Any, dict[str, Any]] = {}
        for panel, (label, by_metric) in zip(axes, self.scores.items(), strict=True):
            self.lines_[label] = {}
            chosen = self.chosen[label]
            for i, (name, values) in enumerate(by_metric.items()):
                (line,) = panel.plot(
                    self.threshold,
                    values,
                    label=name.replace("_", " "),
                    **line_style(i),
                )
                at = self.chosen_scores[label][name]
                panel.plot([chosen], [at], "o", color=line.get_color(), clip_on=False)
                self.lines_[label][name] = line
            panel.axvline(chosen, color=QUIET, linewidth=0.8, zorder=0)
            panel.set(
                xlabel=f"threshold of {spoken(label)}", xlim=(0, 1), ylim=(-0.02, 1.02)
            )
            panel.set_title(f"chosen: {chosen:.3g}", fontsize=SMALL)
        axes[0].set_ylabel("score")
        key(axes[0])
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self


def _threshold_of(estimator: Any) -> tuple[Any, Any]:
    """Return the threshold of a classifier, or those, and the class it is about."""
    threshold = getattr(estimator, "threshold_", None)
    own = getattr(estimator, "pos_label_", None)
    if hasattr(estimator, "best_threshold_"):  # scikit-learn's
        threshold = estimator.best_threshold_
        own = estimator._curve_scorer._get_pos_label()
        own = estimator.classes_[1].item() if own is None else own
    return threshold, own


class _Panel(NamedTuple):
    """A class whose threshold moves; the others keep their proportions."""

    proba: Floats
    codes: NDArray[np.intp]
    k: int
    chosen: float
    others: Floats

    def at(self, threshold: float) -> Floats:
        """Return the thresholds of all classes, summing to 1."""
        moved = (1 - threshold) * self.others
        moved[self.k] = threshold
        return moved

    def of(self, metric: Any) -> CountMetric:
        """Return the metric, that of this class where it is one of classes."""
        if isinstance(metric, CountMetric):
            return metric
        return CountMetric(lambda *counts: metric(*counts)[..., self.k])


def _alone(
    proba: Floats, codes: NDArray[np.intp], k: int, threshold: float | None
) -> _Panel:
    """Return the problem of this class against the rest."""
    pair = np.column_stack([1 - proba[:, k], proba[:, k]])
    chosen = 0.5 if threshold is None else float(threshold)
    is_it = (codes == k).astype(np.intp)
    return _Panel(pair, is_it, 1, chosen, np.array([1.0, 0.0]))


def _among(proba: Floats, codes: NDArray[np.intp], k: int, threshold: Any) -> _Panel:
    """Return the problem of this class among the others."""
    n_classes = proba.shape[1]
    theta = np.ones(n_classes) if threshold is None else np.asarray(threshold, float)
    if theta.shape != (n_classes,) or not theta.sum() > 0:
        msg = f"threshold={threshold!r} does not fit {n_classes} classes: one is for each."
        raise ValueError(msg)
    theta = theta / theta.sum()
    others = np.delete(theta, k)
    others = (
        others / others.sum() if others.any() else np.ones(len(others)) / len(others)
    )
    return _Panel(proba, codes, k, float(theta[k]), np.insert(others, k, 0.0))


def _drawn_precision(hits: Floats, given: Floats, _: Floats) -> Floats:
    """Return the precision; of no alerts it is not 0 in a picture, but undefined."""
    return np.divide(hits, given, out=np.full_like(hits, np.nan), where=given > 0)


def _metric(name: str) -> Any:
    known = {**PER_CLASS, "precision": _drawn_precision, **METRICS}
    if name not in known:
        msg = f"no metric {name!r}; choose one of {sorted(known)}."
        raise ValueError(msg)
    return known[name]
