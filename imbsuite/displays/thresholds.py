"""Metrics of predicted labels as functions of the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from imbsuite._table import check_weight, labels_of, single_target, sorted_classes
from imbsuite._types import Floats
from imbsuite._wrapping import decider_of
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import METRICS, PER_CLASS, CountMetric
from imbsuite.decision.scikit_learn import scikit_learn_threshold
from imbsuite.displays.panels import as_columns, panels_of, positive_column
from imbsuite.displays.style import (
    QUIET,
    SMALL,
    display_label,
    legend,
    line_style,
    make_panels,
)
from imbsuite.probability.columns import probability_of

_GRID = np.linspace(0, 1, 402)[1:-1]
_ROUNDING = 1e-6  # of float32 probabilities
_DEFAULT = ("precision", "recall", "f1")


@dataclass(eq=False, repr=False)
class ThresholdDisplay:
    """Metrics of predicted labels by threshold, with the chosen threshold marked.

    Create it with :meth:`from_estimator` or :meth:`from_predictions`. With two classes,
    there is one panel, for the rarer class or ``pos_label``. With more classes, there
    is a panel for each: the threshold of the class varies while the thresholds of the
    other classes keep their proportions, and precision, recall and similar metrics are
    computed for the class.

    Parameters
    ----------
    threshold : ndarray of shape (n_thresholds,)
        In (0, 1); the thresholds of all classes sum to 1.
    scores : dict
        ``{label: {metric: ndarray of shape (n_thresholds,)}}``, a label for each panel.
        The precision is NaN, and is not drawn, where no row is predicted positive.
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

    threshold: Any
    scores: dict[Any, dict[str, Any]]
    chosen: dict[Any, float]
    chosen_scores: dict[Any, dict[str, float]]

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
        """Draw the metrics of a fitted classifier and mark its threshold.

        Parameters
        ----------
        estimator : fitted classifier with ``predict_proba``
            If it has no thresholds, the thresholds that predict the most probable class
            are marked (0.5 for two classes). The thresholds of scikit-learn's
            ``FixedThresholdClassifier`` and ``TunedThresholdClassifierCV`` are those of
            their positive class. With ``response_method="decision_function"``, the
            threshold t is marked at the probability 1 / (1 + exp(-t)), if the
            probabilities are this logistic function of ``decision_function``, as those
            of ``LogisticRegression``.
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Rows that neither the estimator nor its thresholds were fitted on.
        y : array-like of shape (n_rows,)
        metrics : sequence of str, default=("precision", "recall", "f1")
            Also "jaccard", and metrics over all classes such as "balanced_accuracy" and
            "f1_macro".
        pos_label : label, default=None
            The class to draw. None: ``pos_label_`` of the classifier, or the class of
            scikit-learn's threshold or, if it has neither, the rarer of two classes
            among these rows; with more classes, all of them. ``pos_label`` is required
            if the shares of two classes differ by at most 0.05.
        sample_weight : array-like of shape (n_rows,), default=None
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If the threshold of the estimator applies to a class other than
            ``pos_label``, or to decision values of which the probabilities are not the
            logistic function; and as in :meth:`from_predictions`.
        """
        probability = probability_of(estimator, X)
        threshold, own = _threshold_of(estimator, X, probability)
        # A scalar is the threshold of one class against the rest.
        alone = threshold is not None and np.ndim(threshold) == 0
        if alone and own is not None and pos_label not in (None, own):
            msg = (
                f"The 'pos_label' parameter must be {own!r}, the class to which the "
                f"threshold of the estimator applies. Got {pos_label!r} instead."
            )
            raise ValueError(msg)
        if pos_label is None and (alone or len(estimator.classes_) == 2):
            pos_label = own
        return cls.from_predictions(
            y,
            probability,
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
        """Draw the metrics of predicted probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,)
        y_prob : array-like of shape (n_rows,) or (n_rows, n_classes)
            With two classes, a single column is the probability of the positive class.
        classes : array-like of shape (n_classes,), default=None
            The labels of the columns. None: the sorted labels of ``y_true``.
        threshold : float or array-like of shape (n_classes,), default=None
            The threshold to mark, for ``pos_label``, or one for each class. None: the
            thresholds that predict the most probable class.
        metrics : sequence of str, default=("precision", "recall", "f1")
        pos_label : label, default=None
            The class to draw, against the rest. None: the rarer of two classes by weight;
            with more classes, all of them.
        sample_weight : array-like of shape (n_rows,), default=None
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If labels and probabilities do not match, a metric is unknown, thresholds do
            not match the classes, or ``pos_label`` is None and neither of two classes
            is clearly rarer.
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
                name: np.array([metric.score(panel.at(t)) for t in _GRID])
                for name, metric in search.items()
            }
            chosen[label] = panel.chosen
            at[label] = {
                n: metric.score(panel.at(panel.chosen)) for n, metric in search.items()
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
                xlabel=f"threshold of {display_label(label)}",
                xlim=(0, 1),
                ylim=(-0.02, 1.02),
            )
            panel.set_title(f"chosen: {chosen:.3g}", fontsize=SMALL)
        axes[0].set_ylabel("score")
        legend(axes[0])
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self


def _threshold_of(estimator: Any, X: Any, probability: Floats) -> tuple[Any, Any]:
    """Return the thresholds of a classifier, and the class if there is a single one."""
    decider = decider_of(estimator)
    binary = scikit_learn_threshold(decider)
    if binary is None:
        threshold = getattr(decider, "threshold_", None)
        return threshold, getattr(decider, "pos_label_", None)
    if not binary.on_decisions:
        return binary.value, binary.label
    decisions = estimator.decision_function(X)
    if not np.allclose(expit(decisions), probability[:, 1], rtol=0, atol=_ROUNDING):
        name = type(decider).__name__
        msg = (
            f"The threshold of {name} applies to decision_function. It has an equivalent "
            "threshold of the probability only if predict_proba is the logistic function "
            "of decision_function, which is not the case for this estimator. Pass "
            f"response_method='predict_proba' to {name}."
        )
        raise ValueError(msg)
    return float(expit(binary.value)), binary.label


class _Panel(NamedTuple):
    """A class whose threshold varies; the other thresholds keep their proportions."""

    proba: Floats
    codes: NDArray[np.intp]
    k: int
    chosen: float
    others: Floats

    def at(self, threshold: float) -> Floats:
        """Return the thresholds of all classes, summing to 1."""
        thresholds = (1 - threshold) * self.others
        thresholds[self.k] = threshold
        return thresholds

    def of(self, metric: Any) -> CountMetric:
        """Return the metric, for this class only if it has a value for each class."""
        if isinstance(metric, CountMetric):
            return metric
        return CountMetric(lambda *counts: metric(*counts)[..., self.k])


def _alone(
    proba: Floats, codes: NDArray[np.intp], k: int, threshold: float | None
) -> _Panel:
    """Return the panel of this class against the rest."""
    pair = np.column_stack([1 - proba[:, k], proba[:, k]])
    chosen = 0.5 if threshold is None else float(threshold)
    is_positive = (codes == k).astype(np.intp)
    return _Panel(pair, is_positive, 1, chosen, np.array([1.0, 0.0]))


def _among(proba: Floats, codes: NDArray[np.intp], k: int, threshold: Any) -> _Panel:
    """Return the panel of this class among several classes."""
    n_classes = proba.shape[1]
    theta = np.ones(n_classes) if threshold is None else np.asarray(threshold, float)
    if theta.shape != (n_classes,) or not theta.sum() > 0:
        msg = (
            f"The 'threshold' parameter must have {n_classes} values with a positive sum, "
            f"one for each class. Got {threshold!r} instead."
        )
        raise ValueError(msg)
    theta = theta / theta.sum()
    others = np.delete(theta, k)
    others = others if others.any() else np.ones(len(others))
    others = np.insert(others / others.sum(), k, 0.0)
    return _Panel(proba, codes, k, float(theta[k]), others)


def _drawn_precision(hits: Floats, predicted: Floats, _: Floats) -> Floats:
    """Return the precision; unlike ``PER_CLASS``, NaN without positive predictions."""
    undefined = np.full_like(hits, np.nan)
    return np.divide(hits, predicted, out=undefined, where=predicted > 0)


def _metric(name: str) -> Any:
    known = {**PER_CLASS, "precision": _drawn_precision, **METRICS}
    if name not in known:
        msg = (
            "The 'metrics' parameter must hold names from "
            f"{sorted(known)}. Got {name!r} instead."
        )
        raise ValueError(msg)
    return known[name]
