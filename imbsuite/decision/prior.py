"""A classifier whose thresholds follow from class shares."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from imbsuite._fit_inputs import FitInputs
from imbsuite._labels import shares_of
from imbsuite._parameters import parameter
from imbsuite._types import Codes
from imbsuite.decision._base import ThresholdClassifier
from imbsuite.probability.by_label import share_of_label
from imbsuite.probability.predicted import OutOfFold


class PriorThresholdClassifier(ThresholdClassifier):
    r"""Predict as if classes had other shares, by dividing probabilities by their prior.

    .. math:: \hat y = \arg\max_k \; p_k / \theta_k, \quad \theta_k = (q_k / t_k)^e

    with q the effective prior of the estimator and t the target prior. With two classes,
    a uniform t and e = 1, the rule is :math:`p_1 \ge q_1`.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Wrap a fitted one in ``FrozenEstimator``.
    target : "uniform" or mapping of label to share, default="uniform"
        t. "uniform" maximizes balanced accuracy if probabilities are calibrated. With
        several labels, a mapping has the share of rows with each label.
    exponent : float, default=1.0
        e, at least 0. At 0, the most probable class is predicted.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    threshold_ : ndarray of shape (n_classes,)
        The thetas, in the order of ``classes_``, summing to 1.
    source_prior_ : ndarray of shape (n_classes,)
        q, read from the samplers and weights inside the estimator; without any, the
        class shares in ``y``.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        With several labels: their names. ``threshold_`` and ``source_prior_`` are then
        those of each label, (n_labels,).

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input or a parameter is invalid, or if the effective prior
        cannot be read from the estimator; the message names the estimator.

    Notes
    -----
    **Departs from the paper.** The prior is the effective one: dividing by the original
    class proportions after over-sampling would correct twice.

    **When it hurts.** Thresholds are only as good as the probabilities, because they
    are not tuned on data. :class:`TunedThresholdClassifier` tunes them.

    References
    ----------
    Buda, Maki, Mazurowski. A systematic study of the class imbalance problem in
    convolutional neural networks. Neural Networks 106 (2018), 249-259,
    :doi:`10.1016/j.neunet.2018.07.011`.
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
    target: Literal["uniform"] | Mapping[Any, float] = "uniform"
    exponent: float = 1.0

    _afterwards: ClassVar[str] = "threshold: prior"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "target": [StrOptions({"uniform"}), Mapping],
        "exponent": [Interval(Real, 0, None, closed="left")],
    }

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        self._need_every_class(codes, inputs.weight)
        super()._learn(inputs, codes)
        known = self.classes_
        q = self.source_prior_ = self._source_prior(inputs, codes)
        t: NDArray[np.floating[Any]] = np.ones(len(known))
        if not isinstance(self.target, str):
            t = shares_of("target", self.target, known)
        if not q.all():
            msg = (
                f"The estimator was fitted without rows of {known[q == 0].tolist()}, so "
                "any probability exceeds their thresholds of 0. Pass rows of every class."
            )
            raise ValueError(msg)
        ratio = q / t
        # Only ratios matter, and large exponents must not underflow.
        scale = ratio.max() if self.exponent > 1 else 1.0
        theta = (ratio / scale) ** self.exponent
        total = theta.sum()
        self.threshold_ = theta if abs(total - 1) < 1e-12 else theta / total

    # --- Several labels

    def _of_label(self, name: Any) -> dict[str, Any]:
        target = share_of_label(
            "target", self.target, label=name, labels=self.label_names_
        )
        return {"target": target}

    def _learn_constant(self, share: float) -> None:
        super()._learn_constant(share)
        self.source_prior_ = np.array([1 - share, share])

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        super()._collect(inputs, part)
        self.source_prior_ = np.array([rule.source_prior_[1] for rule in self._rules])
