"""A classifier whose thresholds follow from class shares."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import StrOptions

from imbsuite._fit_inputs import FitInputs
from imbsuite._intervals import Interval
from imbsuite._labels import shares_of
from imbsuite._parameters import parameter
from imbsuite._random import Seed
from imbsuite._table import scaled_weight
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite.decision._base import ThresholdClassifier
from imbsuite.probability.offsets import class_sums
from imbsuite.probability.predicted import OutOfFold

# The fixed point of confidences: maximum number of rounds, tolerance, least confidence.
_MOST_ROUNDS = 1000
_STEADY = 1e-6
_LEAST = 1e-3


class PriorThresholdClassifier(ThresholdClassifier):
    r"""Predict for other class proportions by dividing probabilities by the class prior.

    .. math:: \hat y = \arg\max_k \; p_k / \theta_k, \quad \theta_k = (q_k / t_k)^e

    with q the effective prior of the estimator and t the target prior. With two classes,
    a uniform t and e = 1, the rule is :math:`p_1 \ge q_1`.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        To use a fitted classifier, wrap it in ``FrozenEstimator``.
    target : "uniform", "confidence" or mapping of label to share, default="uniform"
        t. "uniform" maximizes balanced accuracy if probabilities are calibrated. For
        multilabel targets, a mapping gives the share of rows with each label.
        "confidence": :math:`\theta_k = c_k^e` instead, where c is the fixed point of
        adaptive logit adjustment: the mean of :math:`p_k / c_k / \sum_j p_j / c_j` over
        the out-of-fold rows of class k, divided by the largest, and at least 0.001.
    exponent : float, default=1.0
        e, at least 0. At 0, the most probable class is predicted.
    cv
        Used by ``target="confidence"`` only.
    n_jobs : int, default=None
        Number of fits that run in parallel.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    threshold_ : ndarray of shape (n_classes,)
        The thetas, in the order of ``classes_``, summing to 1.
    source_prior_ : ndarray of shape (n_classes,)
        q, read from the samplers and weights inside the estimator; without any, the
        class shares in ``y``. Not set by ``target="confidence"``.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        For multilabel targets: the names of the labels. ``threshold_`` and
        ``source_prior_`` then have one entry per label, of shape (n_labels,).

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input or a parameter is invalid, or if the effective prior
        cannot be read from the estimator; the message names the estimator.

    Warns
    -----
    ConvergenceWarning
        If confidences still change by 1e-6 after 1,000 rounds.

    Notes
    -----
    **Departs from the paper.** The prior is the effective one: dividing by the original
    class proportions after over-sampling would correct twice. Adaptive logit adjustment
    updates confidences while a network is trained; here they are the fixed point for the
    fitted probabilities.

    **When it hurts.** Thresholds are only as good as the probabilities, because they
    are not tuned on data. :class:`TunedThresholdClassifier` tunes them.

    References
    ----------
    Buda, Maki, Mazurowski. A systematic study of the class imbalance problem in
    convolutional neural networks. Neural Networks 106 (2018), 249-259,
    :doi:`10.1016/j.neunet.2018.07.011`.
    Jin et al. PromptMRG: diagnosis-driven prompts for medical report generation. AAAI
    2024, arXiv:2308.12604, :doi:`10.48550/arXiv.2308.12604`.
    Menon et al. Long-tail learning via logit adjustment. ICLR 2021, arXiv:2007.07314,
    :doi:`10.48550/arXiv.2007.07314`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import PriorThresholdClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0]], [0, 0, 0, 0, 1]
    >>> model = PriorThresholdClassifier(LogisticRegression()).fit(X, y)
    >>> model.threshold_.tolist()
    [0.8, 0.2]
    """

    estimator: Any = parameter(kw_only=False)
    target: Literal["uniform", "confidence"] | Mapping[Any, float] = "uniform"
    exponent: float = 1.0
    cv: Any = 5
    n_jobs: int | None = None
    random_state: Seed = None

    _afterwards: ClassVar[str] = "threshold: prior"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "target": [StrOptions({"uniform", "confidence"}), Mapping],
        "exponent": [Interval(Real, 0, None, closed="left")],
    }

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        self._need_every_class(codes, inputs.weight)
        if self.target == "confidence":
            part = self._tuning_part(inputs)
            own = part.weight_of(codes, inputs.weight)
            ratio = _confidences(part.probability, codes[part.rows], own)
            self.estimator_ = self._fit_on_all(inputs, part)
        else:
            super()._learn(inputs, codes)
            ratio = self._ratio_of_priors(inputs, codes)
        # Only ratios matter, and large exponents must not underflow.
        scale = ratio.max() if self.exponent > 1 else 1.0
        theta = (ratio / scale) ** self.exponent
        self._refuse_underflow(theta)
        total = theta.sum()
        self.threshold_ = theta if abs(total - 1) < 1e-12 else theta / total

    def _refuse_underflow(self, theta: Floats) -> None:
        """Raise ValueError if more than one theta is rounded to 0.

        A single theta of 0 is a limit: any positive probability reaches it. The order
        of two such thetas is lost.
        """
        lost = theta < np.finfo(np.float64).tiny
        if lost.sum() > 1:
            msg = (
                "The 'exponent' parameter of PriorThresholdClassifier must be small "
                "enough that the threshold of at most one class is rounded to 0. Got "
                f"{self.exponent!r} instead, with which the thresholds of "
                f"{self.classes_[lost].tolist()} are rounded to 0."
            )
            raise ValueError(msg)

    def _ratio_of_priors(self, inputs: FitInputs, codes: Codes) -> Floats:
        """Return q / t."""
        known = self.classes_
        q = self.source_prior_ = self._source_prior(inputs, codes)
        if not q.all():
            msg = (
                f"The estimator was fitted without rows of {known[q == 0].tolist()}, so "
                "any probability exceeds their thresholds of 0. Pass rows of every class."
            )
            raise ValueError(msg)
        if isinstance(self.target, str):
            return q
        return q / shares_of("target", self.target, known)

    # --- Multilabel targets

    def _tuning_cv(self, inputs: FitInputs) -> Any:
        return self.cv if self.target == "confidence" else None

    def _of_label(self, name: Any) -> dict[str, Any]:
        return {"target": self._share_of_label("target", name)}

    def _learn_constant(self, share: float) -> None:
        super()._learn_constant(share)
        if self.target != "confidence":
            self.source_prior_ = np.array([1 - share, share])

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        super()._collect(inputs, part)
        if self.target != "confidence":
            shares = [rule.source_prior_[1] for rule in self._rules]
            self.source_prior_ = np.array(shares)


def _confidences(p: Floats, codes: Codes, weight: Floats | None) -> Floats:
    """Return the fixed point of the mean adjusted probability of the true class.

    Parameters
    ----------
    p : ndarray of shape (n_rows, n_classes)
    codes : ndarray of shape (n_rows,), int
    weight : ndarray of shape (n_rows,) or None
    """
    n_classes, rows = p.shape[1], np.arange(len(codes))
    sums = class_sums(codes, n_classes, weight)
    if not sums.all():
        msg = (
            "The out-of-fold rows must include a row of nonzero weight of every "
            "class. Pass more rows, or other folds."
        )
        raise ValueError(msg)
    confidence = sums / sums.sum()
    share = np.ones(len(codes)) if weight is None else scaled_weight(weight)
    for _ in range(_MOST_ROUNDS):
        adjusted = p / confidence
        own = share * adjusted[rows, codes] / adjusted.sum(axis=1)
        means = np.bincount(codes, own, n_classes) / sums
        before, confidence = confidence, np.maximum(means / means.max(), _LEAST)
        if np.abs(confidence - before).max() < _STEADY:
            return confidence
    msg = (
        f"The confidences of PriorThresholdClassifier still change after {_MOST_ROUNDS} "
        "rounds; the last ones are used."
    )
    warn(msg, ConvergenceWarning)
    return confidence
