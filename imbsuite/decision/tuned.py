"""A classifier whose thresholds maximize a metric of labels, for any number of classes."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.frozen import FrozenEstimator

from imbsuite._fit_inputs import FitInputs
from imbsuite._intervals import Interval
from imbsuite._parameters import parameter
from imbsuite._random import Seed
from imbsuite._table import in_order, ordered_labels
from imbsuite._types import Codes, Floats
from imbsuite.decision._base import ThresholdClassifier
from imbsuite.decision._label_search import (
    metric_of_labels,
    pooled_thresholds,
    score_labels,
)
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import CellMetric, find_metric
from imbsuite.probability.label_bags import weight_of_each
from imbsuite.probability.label_model import true_share
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.splits import makes_one_split


class TunedThresholdClassifier(ThresholdClassifier):
    r"""Choose the thresholds that maximize a metric on out-of-fold predictions.

    .. math:: \hat y = \arg\max_k \; p_k / \theta_k

    With two classes, the search is exact over all distinct probabilities. With more
    classes, the search starts from several points and optimizes one threshold at a
    time, exactly, until no threshold improves. On the pooled out-of-fold predictions,
    the result is never worse than predicting the most probable class.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Wrap a fitted one in ``FrozenEstimator``, and pass rows to ``fit`` that it was
        not fitted on.
    scoring : str or callable, default="balanced_accuracy"
        "accuracy", "balanced_accuracy", "matthews_corrcoef"; "f1", "precision",
        "recall", "jaccard" of the positive class, or with "_macro" or "_weighted". Or a
        callable of (y_true, y_pred, sample_weight=...), where greater is better and the
        value depends only on the confusion matrix: the callable is evaluated on the
        cells of the confusion matrix at 200 thresholds. Other scikit-learn scorers of
        labels are evaluated in the same way: scorers passed by name score the positive
        class, and scorers made with ``make_scorer`` are used unchanged.
        ``make_scorer(f1_score, average="macro")`` is recognized as "f1_macro", and is
        equally fast.
    pos_label : label, default=None
        The positive class. None: the rarer of two classes by weight; if weights make
        them equal, by the number of rows with nonzero weight. If their shares differ by
        at most 0.05, the last of ``classes_`` is taken, with a warning. With more than
        two classes, metrics of one class, such as "f1", require it.
    refit : bool, default=True
        Whether to refit the estimator on all rows after tuning. If False, the estimator
        that was fitted for tuning is kept, which requires a float ``cv``, a single
        (train, test) or a frozen estimator.
    steady : float, default=20
        For multilabel targets: the number of rows with a label at which tuning gives
        equal weight to the labels and to the predicted probabilities; see Notes. 0:
        only the labels are used.
    shared : bool, default=True
        For multilabel targets and ``scoring="f1_micro"``: whether all labels have the
        same threshold.
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
        The positive class, if ``scoring`` depends on one or ``pos_label`` was passed.
    best_score_ : float
        The metric of the pooled out-of-fold predictions at these thresholds.
    argmax_score_ : float
        The same metric when the most probable class is predicted.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        For multilabel targets: the names of the labels.
    label_scores_ : dict
        For multilabel targets: the metric of each label, NaN for labels that all rows
        or no rows have.

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input, the metric or a parameter is invalid.

    Notes
    -----
    scikit-learn's TunedThresholdClassifierCV (two classes) averages the metric over
    folds; here the predictions of all folds are pooled, so that a fold with two
    positive rows has no more influence than these two rows. Ties go to the smallest
    threshold of the positive class, or of the rarer class if there is no positive
    class.

    A metric passed by name scores the rarer class, even where scikit-learn's scorer
    would score the label 1 (with a warning). Pass ``pos_label`` to score the same
    class. ``GridSearchCV`` and ``cross_val_score`` fit on parts of the rows, and each
    fit determines the rarer class again. Pass ``pos_label`` if classes are nearly equal
    in size.

    **Multilabel targets.** If ``y`` has a column for each label, with 1 for rows that
    have the label, each label is tuned as a binary target with the positive class 1.
    ``threshold_`` is of shape (n_labels,). Metrics are averaged over the labels: "f1"
    and "f1_macro" are the same, "accuracy" is the share of correct cells, and
    "f1_weighted" weighs labels in ``best_score_`` only. "f1_micro" and "f1_samples"
    pool the labels. They use one threshold for all labels; for "f1_micro" with
    ``shared=False``, each label has its own, and the thresholds are jointly optimal
    (Dinkelbach's iteration). With two or more labels, metrics of single labels are
    tuned on w y + (1 - w) p, where p is the out-of-fold probability, w = c / (c +
    ``steady``), and c is the number of rows of nonzero weight with the label. Without
    p, a label that cannot be learned would get the best F1 by flagging every row. A
    label that all rows or no rows have keeps the threshold 0.5.

    **When it hurts.** With a few dozen rows of the rare class, the best threshold on
    these rows is not the best on new rows, and ``best_score_`` is optimistic. With
    three classes, a callable is evaluated on about 1,400 confusion matrices, which
    takes a few seconds with a scikit-learn metric and milliseconds with the names
    above.

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
    steady: float = 20
    shared: bool = True
    n_jobs: int | None = None
    random_state: Seed = None

    _afterwards: ClassVar[str] = "threshold: tuned"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "scoring": [str, callable],
        "refit": ["boolean"],
        "steady": [Interval(Real, 0, None, closed="left")],
        "shared": ["boolean"],
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
        own = out_of_fold.weight_of(codes, weight)
        search = search_for(
            metric,
            out_of_fold.probability,
            codes[out_of_fold.rows],
            own,
            positive=positive,
        )
        self.threshold_, self.best_score_ = search.best()
        if not np.isfinite(self.best_score_):
            msg = (
                f"scoring={self.scoring!r} is not finite at any threshold, so no threshold "
                "is best. Choose another metric."
            )
            raise ValueError(msg)
        self.argmax_score_ = search.score(np.ones(len(self.classes_)))
        self.estimator_ = self._fit_on_all(inputs, out_of_fold)

    # --- Multilabel targets

    def _tuning_cv(self, inputs: FitInputs) -> Any:
        scoring = metric_of_labels(self.scoring)[0]
        weighted = inputs.weight is not None
        metric = find_metric(scoring, np.arange(2), 1, weighted=weighted)
        counts_only = isinstance(metric, CellMetric) and not metric.takes_weight
        if counts_only and self.steady and len(self.label_names_) > 1:
            msg = (
                f"The 'steady' parameter of {type(self).__name__} must be 0 if the "
                "metric does not support sample_weight, as with "
                f"scoring={self.scoring!r}. Got {self.steady!r} instead."
            )
            raise ValueError(msg)
        self._check_refit(inputs)
        return self.cv

    def _keeps_tuned(self) -> bool:
        return not self.refit

    def _of_label(self, name: Any) -> dict[str, Any]:
        return {"scoring": metric_of_labels(self.scoring)[0]}

    def _make_rules(self, inputs: FitInputs, part: OutOfFold | None) -> list[Self]:
        average = metric_of_labels(self.scoring)[1]
        if part is None or average in ("macro", "weighted"):
            return super()._make_rules(inputs, part)
        thresholds = pooled_thresholds(
            *_labels_of(inputs, part), average=average, shared=self.shared
        )
        rules = [self._unfitted_rule(label) for label in range(len(thresholds))]
        for rule, threshold in zip(rules, thresholds, strict=True):
            rule.threshold_ = np.array([1 - threshold, threshold])
        return rules

    def _rule(self, label: int, inputs: FitInputs, part: OutOfFold | None) -> Self:
        if part is not None:
            inputs, part = self._steadied(label, inputs, part)
        return super()._rule(label, inputs, part)

    def _steadied(
        self, label: int, inputs: FitInputs, part: OutOfFold
    ) -> tuple[FitInputs, OutOfFold]:
        """Return each row as 1 and as 0, weighted by a mixture of label and probability.

        The weight as 1 is w y + (1 - w) p, where w approaches 1 as the number of rows
        that have the label grows. For a label that cannot be learned, flagging every
        row maximizes the F1 of the labels, but not the F1 that the model expects.
        """
        y, p = inputs.y[part.rows], part.probability[:, 1]
        steady = self.steady if len(self.label_names_) > 1 else 0
        truth = true_share(self.estimator, self.label_names_[label], y, p)
        own = part.weight_of(inputs.y, inputs.weight)
        counted = y if own is None else y[own > 0]
        if len(np.unique(counted)) < 2 or (truth is y and not steady):
            return inputs, part
        trust = counted.sum() / (counted.sum() + steady)
        share = trust * truth + (1 - trust) * p
        weight = np.append(share, 1 - share)
        if own is not None:
            weight *= np.tile(own, 2)
        n = len(y)
        both = FitInputs(np.empty((2 * n, 0)), np.repeat([1, 0], n), weight=weight)
        twice = np.tile(part.probability, (2, 1))
        return both, OutOfFold(np.arange(2 * n), twice)

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        super()._collect(inputs, part)
        if part is None:
            return
        labels, p, weight = _labels_of(inputs, part)
        by_label = metric_of_labels(self.scoring)[1] in ("macro", "weighted")
        if part.is_out_of_bag and by_label:
            weight = weight_of_each(part, inputs.y, inputs.weight)
        data = labels, p, weight
        self.best_score_, scores = score_labels(self.scoring, *data, self.threshold_)
        self.label_scores_ = dict(zip(self.label_names_, scores.tolist(), strict=True))
        even = np.full(len(self._rules), 0.5)
        self.argmax_score_, _ = score_labels(self.scoring, *data, even)

    def _check_refit(self, inputs: FitInputs) -> None:
        frozen = isinstance(self.estimator, FrozenEstimator)
        one_fit = frozen or isinstance(self.cv, str) or makes_one_split(self.cv, inputs)
        if not (self.refit or one_fit):
            msg = (
                f"With refit=False, the 'cv' parameter of {type(self).__name__} must make "
                f"a single split. Got {self.cv!r} instead. Pass a share of rows to hold "
                "out, such as cv=0.2, one (train, test), 'oob', or a fitted estimator "
                "inside FrozenEstimator."
            )
            raise ValueError(msg)


def _labels_of(inputs: FitInputs, part: OutOfFold) -> tuple[Any, Floats, Any]:
    """Return labels, probabilities and weights of the rows used for tuning.

    Labels without a prediction, of rows that are in every bag, are treated as unknown.
    """
    weight = None if inputs.weight is None else inputs.weight[part.rows]
    there = ~np.isnan(part.probability)
    labels = np.where(there, inputs.y[part.rows], -1)
    return labels, np.where(there, part.probability, 0.0), weight
