"""A classifier whose thresholds maximize a metric of labels, for any number of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from sklearn.frozen import FrozenEstimator

from imbsuite._fit_inputs import FitInputs
from imbsuite._parameters import parameter
from imbsuite._random import Seed
from imbsuite._table import in_order, ordered_labels
from imbsuite._types import Codes
from imbsuite.decision._base import ThresholdClassifier
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import find_metric
from imbsuite.probability.splits import makes_one_split


class TunedThresholdClassifier(ThresholdClassifier):
    r"""Choose the thresholds that maximize a metric on out-of-fold predictions.

    .. math:: \hat y = \arg\max_k \; p_k / \theta_k

    With two classes, the search is exact, over all distinct probabilities. With more, it
    optimizes one threshold at a time, exactly, until none improves, from several starts;
    on the pooled out-of-fold predictions it is never worse than the most probable class.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Wrap a fitted one in ``FrozenEstimator``, and pass rows to ``fit`` that it was
        not fitted on.
    scoring : str or callable, default="balanced_accuracy"
        "accuracy", "balanced_accuracy", "matthews_corrcoef"; "f1", "precision", "recall",
        "jaccard" of the positive class, or with "_macro" or "_weighted". Or a callable of
        (y_true, y_pred, sample_weight=...), where greater is better and the value depends
        on the confusion matrix only: it is evaluated on the cells of the confusion matrix
        at 200 thresholds. So are scikit-learn's other scorers of labels: those passed by
        name score the positive class, those made with ``make_scorer`` are used unchanged.
        ``make_scorer(f1_score, average="macro")`` is recognized as "f1_macro", and as
        fast.
    pos_label : label, default=None
        The positive class. None: the rarer of two classes by weight; if weights make
        them equal, by the number of rows with nonzero weight. If their shares differ by
        at most 0.05, the last of ``classes_`` is taken, with a warning. With more than
        two classes, metrics of one class, such as "f1", require it.
    refit : bool, default=True
        Whether to fit the estimator on all rows afterwards. If False, the estimator of
        the tuning is kept, which requires a float ``cv``, a single (train, test) or a
        frozen estimator.
    n_jobs : int, default=None
        Number of fits that run in parallel.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    threshold_ : ndarray of shape (n_classes,)
        The thetas, in the order of ``classes_``, summing to 1. With two classes, each is
        the threshold on the probability of its class.
    pos_label_ : label
        The positive class, if ``scoring`` is about one or ``pos_label`` was passed.
    best_score_ : float
        The metric of the pooled out-of-fold predictions at these thresholds.
    argmax_score_ : float
        The same metric if the most probable class is predicted.
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input, the metric or a parameter is invalid.

    Notes
    -----
    scikit-learn's TunedThresholdClassifierCV (two classes) averages the metric over
    folds; here the predictions of all folds are pooled, so that a fold with two positives
    counts for two rows. Ties go to the smallest threshold.

    A metric passed by name is about the rarer class, also where scikit-learn's scorer
    would take the label 1 (with a warning): pass ``pos_label`` to score the same class.
    Searches such as ``GridSearchCV`` and ``cross_val_score`` fit on parts of the rows, and
    each fit finds the rarer class again: pass ``pos_label`` if classes are nearly equal.

    **When it hurts.** With a few dozen rows of the rare class, the best threshold on
    these rows is not the best on new rows, and ``best_score_`` is optimistic. With
    three classes, a callable is evaluated on some 1,400 confusion matrices: a few
    seconds with a metric of scikit-learn, milliseconds with the names above.

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

    estimator: Any = parameter(kw_only=False)
    scoring: str | Callable[..., float] = "balanced_accuracy"
    pos_label: Any = None
    cv: Any = 5
    refit: bool = True
    n_jobs: int | None = None
    random_state: Seed = None

    _afterwards: ClassVar[str] = "threshold: tuned"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "scoring": [str, callable],
        "refit": ["boolean"],
    }

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        weight = inputs.weight
        positive = self._find_positive(codes, weight)
        labels = in_order(self.classes_, ordered_labels(inputs.y))
        metric = find_metric(
            self.scoring, labels, positive, weighted=weight is not None
        )
        self._check_refit(inputs)
        out_of_fold = self._tuning_part(inputs)
        own = None if weight is None else weight[out_of_fold.rows]
        search = search_for(
            metric,
            out_of_fold.probability,
            codes[out_of_fold.rows],
            own,
            positive=1 if positive is None else positive,
        )
        self.threshold_, self.best_score_ = search.best()
        if not np.isfinite(self.best_score_):
            msg = (
                f"scoring={self.scoring!r} is not finite at any threshold, so no threshold "
                "is best. Choose another metric."
            )
            raise ValueError(msg)
        self.argmax_score_ = search.score(np.ones(len(self.classes_)))
        if self.refit:
            super()._learn(inputs, codes)
        else:
            self.estimator_ = out_of_fold.estimator

    def _check_refit(self, inputs: FitInputs) -> None:
        frozen = isinstance(self.estimator, FrozenEstimator)
        if not (self.refit or frozen or makes_one_split(self.cv, inputs)):
            msg = (
                f"With refit=False, the 'cv' parameter of {type(self).__name__} must make "
                f"a single split. Got {self.cv!r} instead. Pass a share of rows to hold "
                "out, such as cv=0.2, one (train, test), or a fitted estimator inside "
                "FrozenEstimator."
            )
            raise ValueError(msg)
