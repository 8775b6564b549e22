"""``StrategySearchCV``: a comparison that fits the classifier it chooses."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import get_tags
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._classes import Labels, check_labels
from imbsuite._intervals import JOBS, Interval
from imbsuite._labels import find_positive
from imbsuite._random import SEEDS, Seed
from imbsuite._table import count_rows, is_multilabel, scaled_weight, take
from imbsuite._warning import warn
from imbsuite.choice.decisions import read_decision
from imbsuite.choice.final import Finish, final_classifier, fit_final
from imbsuite.choice.rules import RULES
from imbsuite.experiment.conclusion import conclude
from imbsuite.experiment.label_options import refuse_for_labels
from imbsuite.experiment.options import Options
from imbsuite.experiment.running import run_all
from imbsuite.experiment.setup import set_up
from imbsuite.experiment.store import open_store
from imbsuite.experiment.unlabeled import set_aside
from imbsuite.experiment.weights import read_weights, takes_weight, without_counts
from imbsuite.explore.comparison import Comparison
from imbsuite.explore.cv_results import as_cv_results
from imbsuite.explore.named_parts import ClassifierOfNamedParts, as_mapping
from imbsuite.folds.stratified import StratifiedFolds
from imbsuite.probability.columns import codes_of
from imbsuite.probability.units import KeepCopies
from imbsuite.scoring.label_predictions import kinds_of
from imbsuite.scoring.label_table import LabelTable
from imbsuite.scoring.metrics import finished


def _has(method: str) -> Any:
    """Return a check for ``available_if``: whether the chosen classifier has a method."""

    def check(self: Any) -> bool:
        if hasattr(self, "best_estimator_"):
            return hasattr(self.best_estimator_, method)
        models = self._models().values()
        return method == "predict_proba" or all(hasattr(m, method) for m in models)

    return check


@dataclass(eq=False, repr=False)
class StrategySearchCV(ClassifierOfNamedParts):
    """Choose a model and a strategy for rare classes by cross-validation, and fit them.

    This is :func:`compare` with the interface of ``GridSearchCV``. Every model is
    measured with every strategy on the same folds, a rule chooses among them, and the
    chosen sampler, model, probability correction and threshold are fitted to all rows
    as one classifier.

    Parameters
    ----------
    estimator : classifier, mapping or list of (name, classifier), default=None
        The models. None: the default models of :func:`compare`, which require skrub.
    strategies : iterable of names, mapping or list of (name, strategy), default=None
        As for :func:`compare`. Doing nothing is always measured.
    scoring : str or callable, default="average_precision"
        The metric by which to choose: a name as for :func:`compare`, or a scorer, which
        is a callable of (model, X, y). It is measured for models with the threshold of
        ``decide`` and the ``correction``.
    rule : {"one_standard_error", "proven", "best_mean"}, default="one_standard_error"
        How strategies are chosen by their scores. "one_standard_error": the best mean,
        after subtracting one standard error of the difference from doing nothing.
        "proven": doing nothing, unless the verdict of :func:`compare` is that a
        strategy is better. "best_mean": the best mean.
    decide : str, callable, mapping, DataFrame, array-like, threshold classifier or None, \
            default="balanced_accuracy"
        How labels are predicted. A metric of labels: with thresholds tuned for this
        metric (:class:`TunedThresholdClassifier`). Costs: with the least expected cost
        (:class:`CostThresholdClassifier`). Constraints on "recall", "precision" or
        "alert_share", such as ``{"recall": 0.9}``
        (:class:`ConstrainedThresholdClassifier`). An unfitted threshold classifier: its
        parameters are used around the chosen model. None: the model predicts its own
        labels.
    confidence : float, default=None
        With constraints, the probability with which they hold for new rows.
    correction : {"offset", "prior"} or None, default="offset"
        How probabilities are corrected to the original class proportions if a strategy
        changes them; see :class:`ResampledClassifier`.
    cv : int, splitter or iterable of (train, test), default=5
        An int: the number of stratified folds, without repeats.
    refit : bool, default=True
        Whether to fit the chosen classifier to all rows.
    pos_label : label, default=None
        The positive class. None: the rarer of two classes. If their shares differ by at
        most 0.05, the last of ``classes_`` is used, with a warning.
    copies : {"together", "split"} or None, default=None
        Whether folds keep rows with the same features and the same label together; see
        :func:`compare`.
    n_jobs : int, default=None
        Number of fits that run in parallel.
    embargo : number, timedelta or str, default=None
        With ``times`` in ``fit``, how much earlier than the test rows training rows must
        be; see :func:`compare`.
    budget : float, default=None
        The time in seconds that the fits of the comparison may take; see :func:`compare`.
    cache : path or joblib.Memory, default=None
        A folder that stores finished fits; see :func:`compare`.
    unlabeled : label, default=None
        The label that marks unlabeled rows, for the strategy "pseudo-labels"; see
        :func:`compare`. None: -1 is an ordinary class.
    random_state : int, Generator, RandomState or None, default=None
        Seed of the folds, and of all samplers and models without a seed.

    Attributes
    ----------
    best_estimator_ : classifier
        Sampler, model, correction and threshold, fitted to all rows.
    best_model_, best_strategy_ : str
        The names of the chosen model and strategy.
    best_index_ : int
        The index of the chosen pair in ``cv_results_``.
    best_score_ : float
        Mean score of the chosen pair over the folds. It is optimistic, because it was
        chosen; cross-validate the search for an honest score.
    comparison_ : Comparison
        The whole comparison, measured with ``scoring``.
    cv_results_ : dict of arrays
        As in ``GridSearchCV``, with the parameters "model" and "strategy". Scores of
        losses are negative.
    threshold_ : ndarray or float
        The threshold of the threshold classifier, if it has one.
    pos_label_ : label
        The positive class, if there is one.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        For multilabel targets: the names of the labels; ``classes_`` is then a list of
        the classes of each label.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if X has column names.

    Raises
    ------
    ValueError, TypeError
        From ``fit``: as for :func:`compare`, and if a constraint cannot be met on any
        fold.
    KeyboardInterrupt
        From ``fit``: after Ctrl-C, no model is chosen.

    Warns
    -----
    UserWarning
        For every note of the comparison.

    Notes
    -----
    Thresholds and corrections are fitted to out-of-fold predictions, in the folds of
    the search as in the final fit. Average precision and ROC AUC are measured before
    the correction, which does not change them for two classes and hardly changes them
    for more.

    **Rules.** On ten real tables, the mean scores of the three rules cannot be told
    apart. The default has the best mean and the least regret by a small margin; see the
    user guide.

    **When it hurts.** With a few dozen rows of the rare class, differences between
    strategies are mostly noise: on such tables, the default rule lost more than 0.005
    against doing nothing about as often as it gained more than 0.005. "proven" hardly
    ever loses.

    See Also
    --------
    compare : Test whether strategies help, with intervals and a report.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import StrategySearchCV
    >>> X, y = make_classification(600, weights=[0.9], random_state=0)
    >>> search = StrategySearchCV(
    ...     LogisticRegression(), ["smote", "random-under"], cv=3, random_state=0)
    >>> search.fit(X, y).best_strategy_ in ["nothing", "smote", "random-under"]
    True
    """

    estimator: Any = None
    strategies: Any = None
    _: KW_ONLY
    scoring: Any = "average_precision"
    rule: Literal["one_standard_error", "proven", "best_mean"] = "one_standard_error"
    decide: Any = "balanced_accuracy"
    confidence: float | None = None
    correction: Literal["offset", "prior"] | None = "offset"
    cv: Any = 5
    refit: bool = True
    pos_label: Any = None
    copies: KeepCopies = None
    n_jobs: int | None = None
    embargo: Any = None
    budget: float | None = None
    cache: Any = None
    unlabeled: Any = None
    random_state: Seed = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": "no_validation",
        "strategies": "no_validation",
        "scoring": [str, callable],
        "rule": [StrOptions(set(RULES))],
        "decide": "no_validation",
        "confidence": [Interval(Real, 0, 1, closed="neither"), None],
        "correction": [StrOptions({"offset", "prior"}), None],
        "cv": "no_validation",
        "refit": ["boolean"],
        "pos_label": "no_validation",
        "copies": [StrOptions({"together", "split"}), None],
        "n_jobs": JOBS,
        "embargo": "no_validation",
        "budget": [Interval(Real, 0, None, closed="neither"), None],
        "cache": "no_validation",
        "unlabeled": "no_validation",
        "random_state": SEEDS,
    }

    @fitted_anew
    def fit(
        self,
        X: Any,
        y: Any,
        groups: Any = None,
        sample_weight: Any = None,
        times: Any = None,
    ) -> Self:
        """Compare all models and strategies, choose, and fit to all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,), or (n_rows, n_labels)
            Labels, or a multilabel target, as for :func:`compare`.
        groups : array-like of shape (n_rows,), default=None
            Rows of one group are never in both the training and the test rows of a
            fold.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights of rows for all fits and for ``scoring``; see :func:`compare`. If a
            model does not support weights, bootstrap counts repeat the rows instead,
            and the copies stay together.
        times : array-like of shape (n_rows,), default=None
            When rows were observed. Models are then tested only on later rows; see
            :func:`compare`. The final correction and threshold are fitted on random
            folds of all rows.

        Returns
        -------
        self
        """
        self._validate_params()
        self._refuse_names()
        decision = read_decision(self.decide, confidence=self.confidence)
        store = open_store(self.cache)
        if is_multilabel(y):
            refuse_for_labels(vars(self), type(self).__name__)
        validate_data(self, X, skip_check_array=True)
        along = {"groups": groups, "sample_weight": sample_weight, "times": times}
        if not all(map(takes_weight, self._models().values())):
            X, y, along = without_counts(X, y, along)
        finish = partial(finished, decision=decision, correction=self.correction)
        X_labeled, y_labeled, of_labeled, _ = set_aside(X, y, along, self.unlabeled)
        experiment = set_up(X, y, self._options(y_labeled, of_labeled, along), finish)
        outcomes = run_all(experiment, store, n_jobs=self.n_jobs, progress=None)
        if outcomes.interrupted:
            raise KeyboardInterrupt
        self.comparison_ = Comparison(**vars(conclude(experiment, outcomes)))
        for note in self.comparison_.notes:
            warn(note)
        self._name_classes(experiment.setting.labels)
        self._choose()
        if self.refit:
            self.best_estimator_ = self._refitted(
                X_labeled, y_labeled, decision, of_labeled
            )
            if isinstance(experiment.setting.labels, LabelTable):
                self.classes_ = self.best_estimator_.classes_  # with their dtype
        return self

    def _refitted(self, X: Any, y: Any, decision: Any, along: dict[str, Any]) -> Any:
        """Return the chosen classifier, fitted to all rows."""
        unfitted = final_classifier(
            self.comparison_.candidates[self.best_model_, self.best_strategy_],
            Finish(decision, self.correction),
        )
        beside = {name: along[name] for name in ("sample_weight", "groups")}
        return fit_final(unfitted, X, y, **beside)

    def _options(self, y: Any, labeled: Any, along: dict[str, Any]) -> Options:
        """Return the options; ``y`` and ``labeled`` are of the labeled rows."""
        # A splitter is used unchanged; an int gives one round of folds.
        in_rounds = isinstance(self.cv, Integral) and along["times"] is None
        cv = StratifiedFolds(int(self.cv), 1) if in_rounds else self.cv
        scoring = {"score": self.scoring}
        return Options(
            strategies=as_mapping(self.strategies),
            estimator=as_mapping(self.estimator),
            cv=cv,
            scoring=[self.scoring] if isinstance(self.scoring, str) else scoring,
            pos_label=self.pos_label
            if is_multilabel(y)
            else self._positive(y, labeled["sample_weight"]),
            copies=self.copies,
            embargo=self.embargo,
            budget=self.budget,
            unlabeled=self.unlabeled,
            random_state=self.random_state,
            **along,
        )

    def _positive(self, y: Any, sample_weight: Any) -> Any:
        """Return the positive class; None if there are several classes and none is named.

        It is chosen once, on all rows. If no class is clearly rarer, there is a
        warning, as in other classifiers, whereas ``compare`` raises an error.
        """
        labels = check_labels(y)
        if labels.originals:
            msg = (
                "y of StrategySearchCV must hold numbers, strings or booleans. Got "
                f"{labels.originals[0]!r}; convert the labels to strings."
            )
            raise TypeError(msg)
        if self.pos_label is None and len(labels.classes) > 2:
            return None
        named = None if self.pos_label is None else labels.name_of(self.pos_label)
        owner = type(self).__name__
        weight = read_weights(sample_weight, len(labels.codes))
        positive = find_positive(labels.classes, labels.codes, weight, named, owner)
        self.pos_label_ = positive.label
        return positive.label

    def _name_classes(self, labels: Labels) -> None:
        if isinstance(labels, LabelTable):
            self.label_names_ = list(labels.names)
            self.classes_ = [np.arange(2)] * len(labels.names)
        else:
            self.classes_ = labels.classes

    def _choose(self) -> None:
        """Set the results of the search, and the pair that the rule chooses."""
        metric = self.comparison_.metrics[0]
        best = RULES[self.rule](self.comparison_, metric)
        pairs, self.cv_results_ = as_cv_results(self.comparison_, metric)
        self.best_model_, self.best_strategy_ = best
        self.best_index_ = pairs.index(best)
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])

    # The chosen classifier determines which methods exist, also for named or default
    # models.

    @available_if(_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Return the chosen classifier's probabilities, of shape (n_rows, n_classes).

        For multilabel targets, P(label), of shape (n_rows, n_labels).
        """
        return self._fitted().predict_proba(X)

    @available_if(_has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithms of ``predict_proba``."""
        return self._fitted().predict_log_proba(X)

    @available_if(_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        """Return the decision function of the chosen classifier, if it has one."""
        return self._fitted().decision_function(X)

    @property
    def threshold_(self) -> Any:
        """The threshold of the chosen classifier."""
        return self._fitted().threshold_

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score of these rows by ``scoring``; greater is better.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            Rows of weight 0 are left out.
        """
        metric = self.comparison_.metrics[0]
        known = self._known_labels(y, count_rows(X))
        weight = read_weights(sample_weight, len(known.codes))
        rows = np.arange(len(known.codes))
        if weight is not None:
            rows = np.flatnonzero(weight)
            X, weight = take(X, rows), scaled_weight(weight[rows])
        predictions = kinds_of(known).predictions(
            self._fitted(), X, known, rows, fit_time=0.0, weight=weight
        )
        return (metric.sign or 1) * float(metric.score(predictions))

    def _known_labels(self, y: Any, n_rows: int) -> Labels:
        """Return the labels of rows, coded by the classes of the fitted classifier."""
        if hasattr(self, "label_names_"):
            return LabelTable.read(y, n_rows)
        labels = check_labels(y)
        codes = codes_of(labels.values, self.classes_)
        label = getattr(self, "pos_label_", None)
        positive = None if label is None else self.classes_.tolist().index(label)
        return Labels(self.classes_, codes, labels.ordered, positive)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata routing: ``fit`` consumes all row metadata."""
        return MetadataRouter(owner=self).add_self_request(self)

    def __sklearn_tags__(self) -> Any:
        tags = ClassifierMixin.__sklearn_tags__(self)
        tags.classifier_tags.multi_label = True
        if self.estimator is not None:
            _, first = next(iter(self._models().items()))
            tags.input_tags = get_tags(first).input_tags
        return tags

    def _steps(self) -> list[tuple[str, Any]]:
        return [*self._models().items()]

    def _fitted(self) -> Any:
        check_is_fitted(self, "classes_")
        if not hasattr(self, "best_estimator_"):
            msg = (
                "This StrategySearchCV was fitted with refit=False, so it has no "
                "classifier to predict with. Use refit=True."
            )
            raise AttributeError(msg)
        return self.best_estimator_
