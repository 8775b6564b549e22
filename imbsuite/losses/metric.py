"""Losses that are one minus a metric of soft counts: AnyLoss, soft Dice and Tversky."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from scipy.special import softmax

from imbsuite._intervals import Interval
from imbsuite._parameters import parameter
from imbsuite._types import Codes, Floats
from imbsuite.losses.base import BoundLoss, Loss, with_columns
from imbsuite.losses.formulas import (
    METRIC_NAMES,
    OF_ONE_CLASS,
    Formula,
    formula_of,
)
from imbsuite.losses.log_probability import LogLoss
from imbsuite.losses.weights import sums_by_class


class BoundMetric(BoundLoss):
    """One minus a metric of soft counts, the sums of soft assignments."""

    loss: MetricLoss
    has_metric = True

    def __init__(
        self,
        loss: MetricLoss,
        counts: Floats,
        class_weight: Floats,
        positive: int,
    ) -> None:
        super().__init__(loss, counts, class_weight)
        self.positive = positive

    def _formula(self) -> Formula:
        loss = self.loss
        return formula_of(loss.metric, loss.beta, len(self.counts), self.positive)

    def value_gradient(
        self, scores: Floats, codes: Codes, sample_weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """Return one minus the metric, and its gradient with respect to the scores.

        All rows must be passed at once: the metric of a batch is a different function.
        For the parameters and their shapes, see ``BoundLoss``.
        """
        scores, codes, weight = self._checked(scores, codes, sample_weight)
        p = softmax(with_columns(scores), axis=1)
        half = (self.loss.sharpness or 0.0) / 2
        assigned = softmax(half * p, axis=1) if half else p
        rows = np.arange(len(codes))
        k = len(self.counts)
        hits = sums_by_class(codes, weight * assigned[rows, codes], k)
        sums = hits, weight @ assigned, sums_by_class(codes, weight, k)
        formula = self._formula()
        by_hits, by_predicted = formula.gradient(*sums)
        slope = np.tile(-by_predicted, (len(codes), 1))
        slope[rows, codes] -= by_hits[codes]
        slope *= weight[:, np.newaxis]
        if half:
            slope = half * _through_softmax(slope, assigned)
        gradient = _through_softmax(slope, p)
        value = 1.0 - float(formula.value(*sums))
        return value, gradient[:, 1] if k == 2 else gradient

    def metric(
        self, scores: Floats, codes: Codes, sample_weight: Floats | None = None
    ) -> float:
        """Return the metric of the labels that the scores predict."""
        scores, codes, weight = self._checked(scores, codes, sample_weight)
        columns = with_columns(scores)
        # A binary score of 0 predicts the second class.
        predicted = scores >= 0 if scores.ndim == 1 else columns.argmax(axis=1)
        k = len(self.counts)
        counts = (
            sums_by_class(codes, weight * (predicted == codes), k),
            sums_by_class(predicted.astype(np.intp), weight, k),
            sums_by_class(codes, weight, k),
        )
        return float(self._formula().value(*counts))

    def path(self) -> Sequence[BoundLoss]:
        """Return the log-loss, the soft metric, and the metric with its sharpness."""
        log_loss = LogLoss()._bind(self.counts, self.class_weight, None)
        if self.loss.sharpness is None:
            return log_loss, self
        soft = MetricLoss(self.loss.metric, beta=self.loss.beta)
        return (
            log_loss,
            BoundMetric(soft, self.counts, self.class_weight, self.positive),
            self,
        )

    def shifts(
        self, scores: Floats, codes: Codes, sample_weight: Floats
    ) -> list[Floats]:
        """Return the shift to the best threshold; for several classes, -log π."""
        if len(self.counts) > 2:
            return [-np.log(self.counts / self.counts.sum())]
        scores, codes, weight = self._checked(scores, codes, sample_weight)
        return [np.array([-self._best_threshold(scores, codes, weight)])]

    def _best_threshold(self, scores: Floats, codes: Codes, weight: Floats) -> float:
        """Return the threshold on z that maximizes the metric of the labels."""
        order = np.argsort(-scores, kind="stable")
        z, y, w = scores[order], codes[order], weight[order]
        # A threshold above all scores, and one below each distinct score.
        ends = np.flatnonzero(np.append(z[1:] != z[:-1], [True]))
        predicted = np.append(0.0, w.cumsum()[ends])
        hits = np.append(0.0, (w * y).cumsum()[ends])
        rest = predicted[-1] - predicted, (predicted - hits)[-1] - (predicted - hits)
        counts = np.column_stack([rest[1], hits]), np.column_stack([rest[0], predicted])
        true = sums_by_class(y, w, 2)
        best = int(self._formula().value(*counts, true).argmax())
        edges = np.concatenate([[z[0] + 1], z[ends], [z[-1] - 1]])
        return float(edges[best : best + 2].mean())


class MetricLoss(Loss):
    r"""One minus a metric, computed from soft counts.

    .. math:: 1 - M(hits, given, true), \quad hits_k = \sum_i w_i a_{ik} [y_i = k], \quad
        given_k = \sum_i w_i a_{ik}

    where a is the softmax p of the scores or, for a sharpness L,
    :math:`softmax(L p / 2)`. With two classes, the latter is the approximation of
    AnyLoss, :math:`1/(1+e^{-L(p-1/2)})`.

    Parameters
    ----------
    metric : str, default="f1"
        "accuracy", "balanced_accuracy", "cohen_kappa", "gmean" (of recalls),
        "matthews_corrcoef"; "f1", "fbeta", "jaccard", "precision", "recall" of the
        positive one of two classes, or with "_macro" or "_weighted" for any number of
        classes.
    beta : float, default=1.0
        b of "fbeta". :math:`b^2 = \beta / \alpha` gives the maximum of the Tversky
        index.
    sharpness : float, default=None
        L, above 0. None: a = p; "f1" is then the soft Dice loss.

    Notes
    -----
    The loss is not convex and has no inverse link. The metric is computed over all
    rows, so the loss of a batch has no meaning.

    **Departs from the paper.** AnyLoss sets L = 73. Gradients then vanish where p is
    far from 1/2, and training does not leave its starting point. Here, training starts
    at the fit of the log-loss with its best threshold, minimizes the soft metric first,
    and never returns a worse objective than at the start. More than two classes are
    supported.

    **When it hurts.** Every row of a common class counts as at least
    :math:`1/(1+e^{L/2})` of a row that is predicted to be rare, so a small L favors
    rows of the rare class less: with n_0 common and n_1 rare rows, L should be at least
    :math:`2 \log(10 n_0 / n_1)`. A metric loss needs one fit where a tuned threshold
    needs six, but its results are no better. It gains only where the linear model is
    misspecified, and there trees gain more.

    References
    ----------
    Han, Moniz, Chawla. AnyLoss: transforming classification metrics into loss
    functions. KDD 2024, arXiv:2405.14745, :doi:`10.1145/3637528.3671982`.
    Li et al. Dice loss for data-imbalanced NLP tasks. ACL 2020, arXiv:1911.02855,
    :doi:`10.18653/v1/2020.acl-main.45`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.losses import MetricLoss
    >>> bound = MetricLoss("f1").bind(counts=[2, 1])
    >>> scores, codes = np.array([-50.0, 50.0, 50.0]), np.array([0, 0, 1])
    >>> round(1 - bound.value_gradient(scores, codes)[0], 3)  # 2 · 1 / (2 + 1)
    0.667
    """

    metric: str = parameter(kw_only=False, default="f1")
    beta: float = 1.0
    sharpness: float | None = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "metric": [str],
        "beta": [Interval(Real, 0, None, closed="neither")],
        "sharpness": [Interval(Real, 0, None, closed="neither"), None],
    }

    def is_about_one_class(self) -> bool:
        """Whether the metric is computed for the positive class only."""
        return self.metric in OF_ONE_CLASS

    def _validate_params(self) -> None:
        super()._validate_params()
        if self.metric not in METRIC_NAMES:
            msg = (
                f"The 'metric' parameter of MetricLoss must be one of {METRIC_NAMES}. Got "
                f"{self.metric!r} instead."
            )
            raise ValueError(msg)
        if self.beta != 1 and not self.metric.startswith("fbeta"):
            msg = (
                f"The 'beta' parameter of MetricLoss must be 1.0 with metric="
                f"{self.metric!r}. Got {self.beta!r} instead. Use metric='fbeta'."
            )
            raise ValueError(msg)

    def _bind(
        self, counts: Floats, class_weight: Floats, positive: int | None
    ) -> BoundMetric:
        if self.is_about_one_class() and len(counts) > 2:
            msg = (
                f"MetricLoss({self.metric!r}) is the metric of one of two classes, but "
                f"there are {len(counts)} classes. Use '{self.metric}_macro' or "
                f"'{self.metric}_weighted'."
            )
            raise ValueError(msg)
        if positive is None:
            positive = int(np.flatnonzero(counts == counts.min())[-1])
        return BoundMetric(self, counts, class_weight, positive)


def _through_softmax(slope: Floats, p: Floats) -> Floats:
    """Convert derivatives by the outputs p of a softmax to those by its inputs."""
    return np.asarray(p * (slope - (slope * p).sum(axis=1, keepdims=True)))
