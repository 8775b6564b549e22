"""Losses of the log-probability of the true class, which share an inverse link."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from imbsuite._intervals import Interval
from imbsuite._parameters import parameter
from imbsuite._types import Codes, Floats
from imbsuite.losses.base import BoundLoss, Loss, with_columns

# Keeps powers of 1 - u finite if u rounds to 1.
_LEAST = 1e-300


class BoundLogProbability(BoundLoss):
    r"""A loss :math:`w_y φ(\log u)` of the probability u of the true class.

    .. math:: u = softmax(f + a - m_y e_y)_y

    with class weights w, adjustments a and margins m.
    """

    loss: LogProbabilityLoss

    def __init__(
        self, loss: LogProbabilityLoss, counts: Floats, class_weight: Floats
    ) -> None:
        super().__init__(loss, counts, class_weight)
        self.adjustment = loss.adjustment * np.log(counts / counts.sum())
        # LDAM: the margin of a class falls with the fourth root of its size.
        self.margin = loss.max_margin * (counts / counts.min()) ** -0.25
        self.convex = loss._is_convex()
        self.has_link = loss._has_link()

    def value_gradient(
        self, scores: Floats, codes: Codes, sample_weight: Floats | None = None
    ) -> tuple[float, Floats]:
        """Return the weighted mean loss, and its gradient with respect to the scores.

        The weights are the sample weights times the class weights. For the parameters
        and their shapes, see ``BoundLoss``.
        """
        scores, codes, weight = self._checked(scores, codes, sample_weight)
        log_u, rest, direction = self._log_probability(scores, codes)
        total = weight.sum()
        value = weight @ self.loss._phi(log_u, rest) / total
        factor = -weight * self.loss._slope(log_u, rest) / total
        return float(value), _times(factor, direction)

    def derivatives(
        self, scores: Floats, codes: Codes, sample_weight: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Return the gradient of each row's loss, and a curvature that is not negative.

        The part of the curvature that a non-convex φ makes negative is left out,
        because boosters divide by the curvature.

        Returns
        -------
        gradient, curvature : ndarray of the shape of ``scores``
            Multiplied by the weights of the row and of its class.
        """
        scores, codes, weight = self._checked(scores, codes, sample_weight)
        log_u, rest, direction = self._log_probability(scores, codes)
        slope = weight * self.loss._slope(log_u, rest)
        second = weight * np.maximum(self.loss._second(log_u, rest), 0.0)
        return _times(-slope, direction), _curvature(slope, second, direction)

    def curvature(self, scores: Floats, codes: Codes) -> Floats:
        """Return the second derivative of each row's loss for each of its scores.

        It is multiplied by the class weight of the row, and may be negative if the loss
        is not convex.
        """
        scores, codes, weight = self._checked(scores, codes)
        log_u, rest, direction = self._log_probability(scores, codes)
        slope = weight * self.loss._slope(log_u, rest)
        return _curvature(slope, weight * self.loss._second(log_u, rest), direction)

    def _log_probability(
        self, scores: Floats, codes: Codes
    ) -> tuple[Floats, Floats, Floats]:
        """Return log u, 1 - u, and the gradient of log u, e_y - P, for the scores."""
        if len(self.counts) == 2:
            sign = 2.0 * codes - 1.0
            shift = self.adjustment[1] - self.adjustment[0]
            logit = sign * (scores + shift) - self.margin[codes]
            # One exponential for both: log u, and 1 - u.
            small = np.exp(-np.abs(logit))
            log_u = np.minimum(logit, 0.0) - np.log1p(small)
            rest = np.where(logit > 0, small, 1.0) / (1.0 + small)
            return log_u, rest, rest * sign
        # Classes are the first axis: sums over a short last axis are slow.
        logits = np.add(scores.T, self.adjustment[:, np.newaxis], order="C")
        true = codes, np.arange(len(codes))
        logits[true] -= self.margin[codes]
        logits -= logits.max(axis=0)
        p = np.exp(logits)
        total = p.sum(axis=0)
        log_u = logits[true] - np.log(total)
        rest = -np.expm1(log_u)
        p /= -total
        p[true] = rest
        return log_u, rest, p.T

    def proba(self, scores: Floats) -> Floats:
        r"""Return the probabilities for which these scores minimize the expected loss.

        .. math:: η_k ∝ e^{G_k} D_k / (w_k ψ(u_k)), \quad G = f + a, \quad
            D_k = \sum_j e^{G_j} - e^{G_k} (1 - e^{-m_k}), \quad u_k = e^{G_k - m_k} / D_k

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            For the class shares of the data, without the class weights.
        """
        if not self.has_link:
            return super().proba(scores)
        scores = self._checked_scores(scores, len(scores))
        logits = with_columns(scores) + self.adjustment
        log_eta = np.empty_like(logits)
        for k in range(logits.shape[1]):
            moved = logits.copy()
            moved[:, k] -= self.margin[k]
            log_d = logsumexp(moved, axis=1)
            log_slope = self.loss._log_slope(moved[:, k] - log_d)
            log_eta[:, k] = logits[:, k] + log_d - log_slope
        log_eta -= np.log(self.class_weight)
        return np.asarray(np.exp(log_eta - logsumexp(log_eta, axis=1, keepdims=True)))

    def path(self) -> Sequence[BoundLoss]:
        """Return the log-loss first if this loss is not convex."""
        if self.convex:
            return (self,)
        loss = LogLoss(adjustment=self.loss.adjustment, max_margin=self.loss.max_margin)
        return BoundLogProbability(loss, self.counts, self.class_weight), self

    def constant(self) -> Floats:
        """Return the best constant scores, of shape (1,) or (n_classes,).

        If the loss has no single minimum (τ > 1), they are those of the log-loss.
        """
        start = np.log(self.class_weight * self.counts / self.counts.sum())
        start -= self.adjustment
        start = start[1:] - start[:1] if len(start) == 2 else start - start.mean()
        if not self.loss._has_single_minimum():
            return np.asarray(start)
        codes = np.arange(len(self.counts))

        def objective(constant: Floats) -> tuple[float, Floats]:
            scores = np.tile(constant, (len(codes), 1))
            scores = scores[:, 0] if len(codes) == 2 else scores
            value, gradient = self.value_gradient(scores, codes, self.counts)
            return value, np.atleast_1d(gradient.sum(axis=0))

        options = {"gtol": 1e-12, "ftol": 0.0}
        best = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
        return np.asarray(best.x)


class LogProbabilityLoss(Loss):
    """A loss φ of the log-probability, with adjustments and margins."""

    is_mean_over_rows = True

    adjustment: float = 0.0
    max_margin: float = 0.0

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "adjustment": [Interval(Real, None, None, closed="neither")],
        "max_margin": [Interval(Real, 0, None, closed="left")],
    }

    def _bind(
        self, counts: Floats, class_weight: Floats, positive: int | None
    ) -> BoundLogProbability:
        return BoundLogProbability(self, counts, class_weight)

    @abstractmethod
    def _phi(self, log_u: Floats, rest: Floats) -> Floats:
        """Return φ, given log u and 1 - u."""

    @abstractmethod
    def _slope(self, log_u: Floats, rest: Floats) -> Floats:
        """Return ψ = -dφ / d log u."""

    @abstractmethod
    def _second(self, log_u: Floats, rest: Floats) -> Floats:
        """Return the second derivative of φ with respect to log u."""

    @abstractmethod
    def _log_slope(self, log_u: Floats) -> Floats:
        """Return log ψ."""

    def _is_convex(self) -> bool:
        return True

    def _has_link(self) -> bool:
        return True

    def _has_single_minimum(self) -> bool:
        """Return whether the expected loss has one minimum, at finite scores."""
        return True


class LogLoss(LogProbabilityLoss):
    r"""The log-loss, :math:`-\log u`, optionally with adjustments or margins.

    Parameters
    ----------
    adjustment : float, default=0.0
        In training, ``adjustment * log π_k`` is added to the score of class k, where
        π_k is its class share. 1 is logit adjustment (Menon et al.).
    max_margin : float, default=0.0
        The margin of the rarest class, subtracted from the score of the true class in
        training. The margin of class k is smaller by the factor (n_k / n_min)^(-1/4)
        (LDAM, Cao et al.).

    Notes
    -----
    **When it hurts.** For a linear model, logit adjustment only changes the intercept;
    :class:`~imbsuite.PriorThresholdClassifier` has the same effect for any model.

    References
    ----------
    Menon et al. Long-tail learning via logit adjustment. ICLR 2021, arXiv:2007.07314,
    :doi:`10.48550/arXiv.2007.07314`.
    Cao et al. Learning imbalanced datasets with label-distribution-aware margin loss.
    NeurIPS 2019, arXiv:1906.07413, :doi:`10.48550/arXiv.1906.07413`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.losses import LogLoss
    >>> bound = LogLoss(adjustment=1.0).bind(counts=[90, 10])
    >>> value, gradient = bound.value_gradient(np.zeros(2), np.array([0, 1]))
    >>> gradient.round(2).tolist()  # the rare class is pushed harder
    [0.05, -0.45]
    """

    def _phi(self, log_u: Floats, rest: Floats) -> Floats:
        return -log_u

    def _slope(self, log_u: Floats, rest: Floats) -> Floats:
        return np.ones_like(log_u)

    def _second(self, log_u: Floats, rest: Floats) -> Floats:
        return np.zeros_like(log_u)

    def _log_slope(self, log_u: Floats) -> Floats:
        return np.zeros_like(log_u)


class FocalLoss(LogProbabilityLoss):
    r"""The focal loss, :math:`-(1 - u)^{\gamma} \log u`, which down-weights easy rows.

    Parameters
    ----------
    gamma : float, default=2.0
        At least 0; 0 is the log-loss. The alpha of the paper is a class weight, a
        parameter of the estimator.
    adjustment : float, default=0.0
        See :class:`LogLoss`.
    max_margin : float, default=0.0
        See :class:`LogLoss`.

    Notes
    -----
    The loss is not convex. The expected focal loss is minimized by a value that is
    closer to 1/2 than the true probability (with gamma = 2, .154 for .01); ``proba``
    inverts this relation exactly.

    References
    ----------
    Lin et al. Focal loss for dense object detection. ICCV 2017, arXiv:1708.02002,
    :doi:`10.48550/arXiv.1708.02002`.
    Charoenphakdee et al. On focal loss for class-posterior probability estimation: a
    theoretical perspective. CVPR 2021, arXiv:2011.09172,
    :doi:`10.48550/arXiv.2011.09172`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.losses import FocalLoss
    >>> bound = FocalLoss().bind(counts=[90, 10])
    >>> bound.proba(np.log([0.154 / 0.846]))[0, 1].round(3).item()
    0.01
    """

    gamma: float = parameter(kw_only=False, default=2.0)

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "gamma": [Interval(Real, 0, None, closed="left")],
    }

    def _phi(self, log_u: Floats, rest: Floats) -> Floats:
        return np.asarray(-(rest**self.gamma) * log_u)

    def _slope(self, log_u: Floats, rest: Floats) -> Floats:
        return np.asarray(rest**self.gamma * (1 - self.gamma * _ratio(log_u, rest)))

    def _second(self, log_u: Floats, rest: Floats) -> Floats:
        power = np.maximum(rest, _LEAST) ** (self.gamma - 1)
        factor = 2 + log_u - (self.gamma - 1) * _ratio(log_u, rest)
        return np.asarray(self.gamma * np.exp(log_u) * power * factor)

    def _log_slope(self, log_u: Floats) -> Floats:
        rest = -np.expm1(log_u)
        log_rest = np.log(np.maximum(rest, _LEAST))
        ratio = _ratio(log_u, rest)
        return np.asarray(self.gamma * log_rest + np.log1p(-self.gamma * ratio))

    def _is_convex(self) -> bool:
        return self.gamma == 0


class CompSumLoss(LogProbabilityLoss):
    r"""The comp-sum losses, :math:`(1 - u^q) / q` with :math:`q = τ - 1`.

    Parameters
    ----------
    tau : float, default=1.0
        τ, from 0 to 2. 0: the sum of exponentials; 1: the log-loss; 1.7: generalized
        cross-entropy; 2: the mean absolute error. Convex up to 1.
    adjustment : float, default=0.0
        See :class:`LogLoss`.
    max_margin : float, default=0.0
        See :class:`LogLoss`.

    Notes
    -----
    τ = 2 has no inverse link: its scores only rank the classes.

    **When it hurts.** τ > 1 gives rows with a small probability of their class small
    gradients, as if they had wrong labels. Rows of a rare class have such small
    probabilities too, so use τ > 1 only with ``class_weight="balanced"``. The link is
    then ill-conditioned.

    References
    ----------
    Mao, Mohri, Zhong. Cross-entropy loss functions: theoretical analysis and
    applications. ICML 2023, arXiv:2304.07288, :doi:`10.48550/arXiv.2304.07288`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.losses import CompSumLoss
    >>> bound = CompSumLoss(0.0).bind(counts=[90, 10])
    >>> bound.value_gradient(np.array([0.0]), np.array([1]))[0]
    1.0
    """

    tau: float = parameter(kw_only=False, default=1.0)

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "tau": [Interval(Real, 0, 2, closed="both")],
    }

    def _phi(self, log_u: Floats, rest: Floats) -> Floats:
        q = self.tau - 1
        return np.asarray(-np.expm1(q * log_u) / q if q else -log_u)

    def _slope(self, log_u: Floats, rest: Floats) -> Floats:
        return np.asarray(np.exp((self.tau - 1) * log_u))

    def _second(self, log_u: Floats, rest: Floats) -> Floats:
        return (1 - self.tau) * self._slope(log_u, rest)

    def _log_slope(self, log_u: Floats) -> Floats:
        return (self.tau - 1) * log_u

    def _is_convex(self) -> bool:
        return self.tau <= 1

    def _has_link(self) -> bool:
        return self.tau < 2

    def _has_single_minimum(self) -> bool:
        return self.tau <= 1


def _ratio(log_u: Floats, rest: Floats) -> Floats:
    """Return u log u / (1 - u), which goes to -1 as u goes to 1."""
    quotient = np.full_like(log_u, -1.0)
    np.divide(np.exp(log_u) * log_u, rest, out=quotient, where=rest > 0)
    return quotient


def _curvature(slope: Floats, second: Floats, direction: Floats) -> Floats:
    """Return φ'' (e - P)² - φ' P (1 - P)."""
    # |e - P| is P, or 1 - P for the true class: P (1 - P) is the same for both.
    size = np.abs(direction)
    return _times(second, size**2) + _times(slope, size * (1 - size))


def _times(factor: Floats, values: Floats) -> Floats:
    """Return rows of ``values``, times the factor of each row."""
    return factor * values if values.ndim == 1 else factor[:, np.newaxis] * values
