"""Thresholds that maximize a metric of labels, for any number of classes."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import HasMethods

from imbsuite._given import Given
from imbsuite._random import SEEDS, Seed
from imbsuite._table import in_order, ordered_labels
from imbsuite._types import Codes
from imbsuite.decision._base import ThresholdClassifier
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import find_metric, is_of_one_class
from imbsuite.probability.splits import CV, makes_one_split

__all__ = ["TunedThresholdClassifier"]


class TunedThresholdClassifier(ThresholdClassifier):
    r"""Choose the thresholds that maximize a metric on out-of-fold predictions.

    .. math:: \hat y = \arg\max_k \; p_k / \theta_k

    Two classes: exact, over all distinct probabilities. More: one threshold at a time,
    exactly, in turn until none gains, from several starts; never worse than the most
    probable class on the pooled out-of-fold predictions.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        A fitted one goes inside ``FrozenEstimator``; then the rows of ``fit`` should be
        new to it.
    scoring : str or callable, default="balanced_accuracy"
        "accuracy", "balanced_accuracy", "matthews_corrcoef"; "f1", "precision", "recall",
        "jaccard" of the positive class; or those with "_macro" or "_weighted". A
        callable of (y_true, y_pred, sample_weight=...), greater is better, that depends
        on how often which label was given for which: it is asked about the cells of the
        confusion matrix, at 200 thresholds. So are scikit-learn's other scorers of labels,
        by name (then they are of the positive class, where they are of one) or made with
        ``make_scorer`` (then they are used as they are). Of these,
        ``make_scorer(f1_score, average="macro")`` is the same as "f1_macro", and as fast.
    pos_label : label, default=None
        The positive class. None: the rarer of two classes by weight; where weights make
        them equal, by rows of non-zero weight. If their shares differ by at most 0.05 it
        is the last of ``classes_``, and a warning says so. With more than two classes,
        "f1" and its like need it.
    cv : int, float, splitter or list of (train, test), default=5
        Fewer folds than an int says, with a warning, where a class has fewer rows. A
        float: this share of the rows is held out, once.
    refit : bool, default=True
        Fit the estimator on all rows afterwards. False keeps the one that was tuned with;
        only with a float ``cv``, a single (train, test) or a frozen estimator, as there
        must be only one.
    n_jobs : int, default=None
        Fits at a time.
    random_state : int, Generator, RandomState or None, default=None
        For the folds.

    Attributes
    ----------
    estimator_ : classifier
        The fitted copy.
    threshold_ : ndarray of shape (n_classes,)
        The thetas, in the order of ``classes_``, summing to 1. Two classes: each is the
        threshold on the probability of its class.
    pos_label_ : label
        The positive class, where ``scoring`` is of one or ``pos_label`` is given.
    best_score_ : float
        The metric of the pooled out-of-fold predictions at these thresholds.
    argmax_score_ : float
        The same for the most probable class (0.5, with two classes).
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input, the metric or a parameter cannot be used.

    Notes
    -----
    scikit-learn's TunedThresholdClassifierCV (two classes) averages the metric over
    folds; here predictions of all folds are pooled, so that a fold with two positives
    counts as much as it knows. Equal scores: the smallest threshold on the class in turn.

    A name in ``scoring`` is of the rarer class, also where scikit-learn's scorer would
    take the label 1 (a warning says so): pass ``pos_label`` to get the same. Searches
    such as ``GridSearchCV`` and ``cross_val_score`` fit on parts of the rows, and each
    fit decides for itself: pass ``pos_label`` where classes are nearly the same size.

    **When it hurts.** With a few dozen rows of the rare class, the best threshold of the
    sample is not the best of the world, and ``best_score_`` is optimistic. With three
    classes, a callable is asked about some 1,400 confusion matrices: a few seconds for a
    metric of scikit-learn's, milliseconds for the names above.

    References
    ----------
    Elor, Averbuch-Elor. To SMOTE, or not to SMOTE? arXiv:2201.08528 (2022),
    :doi:`10.48550/arXiv.2201.08528`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import TunedThresholdClassifier
    >>> X, y = make_classification(600, weights=[0.9], random_state=0)
    >>> model = TunedThresholdClassifier(LogisticRegression(), random_state=0).fit(X, y)
    >>> model.best_score_ > model.argmax_score_
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "scoring": [str, callable],
        "pos_label": "no_validation",
        "cv": CV,
        "refit": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": SEEDS,
    }

    def __init__(
        self,
        estimator: Any,
        *,
        scoring: str | Callable[..., float] = "balanced_accuracy",
        pos_label: Any = None,
        cv: Any = 5,
        refit: bool = True,
        n_jobs: int | None = None,
        random_state: Seed = None,
    ) -> None:
        self.estimator = estimator
        self.scoring = scoring
        self.pos_label = pos_label
        self.cv = cv
        self.refit = refit
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _learn(self, given: Given, codes: Codes) -> None:
        weight = given.weight
        positive = self._find_positive(codes, weight)
        labels = in_order(self.classes_, ordered_labels(given.y))
        metric = find_metric(
            self.scoring, labels, positive, weighted=weight is not None
        )
        self._check_refit(given)
        apart = self._tuning_part(given)
        own = None if weight is None else weight[apart.rows]
        search = search_for(
            metric,
            apart.probability,
            codes[apart.rows],
            own,
            positive=1 if positive is None else positive,
        )
        self.threshold_, self.best_score_ = search.best()
        if not np.isfinite(self.best_score_):
            msg = (
                f"scoring={self.scoring!r} is not a finite number at any threshold, so "
                "none is the best; choose another metric."
            )
            raise ValueError(msg)
        self.argmax_score_ = search.score(np.ones(len(self.classes_)))
        if self.refit:
            super()._learn(given, codes)
        else:
            self.estimator_ = apart.estimator

    def _metrics_of_positive(self, n_classes: int) -> list[str]:
        used = n_classes == 2 and is_of_one_class(self.scoring)
        return [f"scoring={self.scoring!r}"] if used else []

    def _check_refit(self, given: Given) -> None:
        frozen = isinstance(self.estimator, FrozenEstimator)
        if not (self.refit or frozen or makes_one_split(self.cv, given)):
            msg = (
                f"refit=False would leave several estimators with cv={self.cv!r}; give a "
                "share of rows to hold out, such as cv=0.2, one (train, test), or a fitted "
                "estimator inside FrozenEstimator."
            )
            raise ValueError(msg)
