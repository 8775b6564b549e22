"""``compare``: compare strategies for rare classes with doing nothing, on one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from imbsuite._random import Seed
from imbsuite.experiment.options import Options
from imbsuite.experiment.running import FitProgress
from imbsuite.explore.comparison import Comparison
from imbsuite.explore.with_options import compare_with
from imbsuite.probability.units import KeepCopies

__all__ = ["compare"]


def compare(
    X: Any,
    y: Any,
    *,
    strategies: Iterable[str] | Mapping[str, Any] | None = None,
    estimator: Any = None,
    cv: Any = None,
    scoring: Iterable[str] | Mapping[str, Any] | None = None,
    pos_label: Any = None,
    cost: Any = None,
    ordered: Sequence[Any] | None = None,
    groups: Any = None,
    copies: KeepCopies = None,
    times: Any = None,
    embargo: Any = None,
    sample_weight: Any = None,
    sample_rows: int | None = None,
    unlabeled: Any = None,
    random_state: Seed = 0,
    n_jobs: int | None = None,
    budget: float | None = None,
    cache: Any = None,
    progress: FitProgress | Literal["auto"] | None = None,
) -> Comparison:
    """Compare strategies for rare classes with doing nothing, by cross-validation.

    Every model is fitted with every strategy on the same folds. Only training rows are
    resampled, and the sampler gets the original table: the pipeline of the model encodes
    the resampled rows. Encoders that do not read labels are fitted once to the training
    rows, for all strategies.

    Parameters
    ----------
    X : {array-like, dataframe} of shape (n_rows, n_columns)
        The default models accept any table, with strings, categories, dates and missing
        values. Strings or objects of shape (n_rows,) need an ``estimator`` that reads
        them, such as a pipeline with a ``TfidfVectorizer``; only "random-over" and
        "random-under", which do not read values, can resample them. A Dask DataFrame
        requires ``sample_rows``; ``y`` and ``groups`` are then Series with the same
        partitions.
    y : array-like of shape (n_rows,), or (n_rows, n_labels)
        Labels of 2 to 100 classes. Or a multilabel target, with a column of 0 and 1 for
        each label: an array of two or more columns, a sparse matrix or a dataframe; see
        Notes.
    strategies : iterable of names, or mapping of name to strategy, default=None
        Names: "nothing", "class-weight", "random-over", "random-under", "smote",
        "borderline-smote", "smote-enn" (None: all of these), and also "smote-tomek",
        "adasyn", "ccr", "geometric-smote", "kmeans-smote", "polynom-fit-smote",
        "prowsyn", "safe-level-smote", "svm-smote", "subclass-smote", "rcal",
        "edited-nearest-neighbours", "tomek-links",
        "repeated-edited-nearest-neighbours", "all-knn", "neighbourhood-cleaning-rule",
        "condensed-nearest-neighbour", "one-sided-selection", "near-miss",
        "instance-hardness", "cluster-centroids", "temperature-2", "temperature-5".
        Values of a mapping: a sampler, None for no resampling, one of these names, a
        pair of a sampler and a grid of its parameters, such as
        ``(SMOTE(), {"k_neighbors": [3, 5]})``, which makes each setting a strategy, or
        a classifier that replaces the model and its encoding. Such a classifier is
        measured once and compared with every model. Doing nothing and a tuned threshold
        ("tuned-threshold") are always measured.
    estimator : classifier, or mapping of name to classifier, default=None
        None: logistic regression with scaling and histogram gradient boosting, each
        after skrub's TableVectorizer, which encodes columns of fewer than 100 distinct
        strings as categories. Classifiers that are passed are used unchanged; put a
        ``TableVectorizer`` before a classifier that requires numbers.
    cv : int, splitter, or iterable of (train, test), default=None
        None: two repeats of five stratified folds; an int: two repeats of this many.
        Folds never split ``groups`` or (see ``copies``) copies of rows. If a class has
        too few rows, fewer folds are used, and a note reports their number.
    scoring : iterable of names, or mapping of name to name or scorer, default=None
        Names: "average_precision", "roc_auc", "log_loss", "log_loss_corrected",
        "brier", "calibration_intercept", "calibration_slope", "balanced_accuracy",
        "balanced_accuracy_tuned", "mcc" (None: all), and the names of scikit-learn's
        scorers. All of them are computed for the positive class, whatever its label. A
        scorer is a callable of (model, X, y) for which greater is better, and is used
        unchanged. The fit time is always measured.
    pos_label : label, default=None
        The positive class. None: the rarer of two classes, counted on all rows.
        ``pos_label`` is required if the shares of two classes differ by at most 0.05
        and a metric or cost depends on the positive class. With more than two classes
        and None, metrics of one class are averaged over all classes. ``pos_label`` is
        passed on to classifiers of imbsuite whose ``pos_label`` is None.
    cost : mapping, DataFrame, array-like or callable, default=None
        Costs of decisions, as for :class:`CostThresholdClassifier`: by label,
        ``{true: {decided: cost}}``, or a matrix in the order of the labels. A cost may
        be the name of a column, such as {"fp": 5, "fn": "amount"}, which stays a
        feature. For two classes, also {"fp": 1, "fn": 20} for the positive class, with
        "tp" and "tn" if they are not 0. If costs are passed, the mean cost per row is
        added to the metrics.
    ordered : sequence of labels, default=None
        The labels of three or more ordered classes, from the first to the last. None: the
        order of an ordered categorical ``y``. For ordered classes, PRESTO is one of the
        default models, and the ranked probability score and the macro-averaged absolute
        error are measured.
    groups : array-like of shape (n_rows,), default=None
        Rows of one group are never in both the training and the test rows of a fold.
    copies : {"together", "split"} or None, default=None
        Whether folds keep rows with the same features and the same label together. A
        copy among the training rows leaks the label of a test row, so scores of trees,
        and of strategies that repeat rows, are too good. None: copies are kept
        together, unless columns have so few values that new rows repeat old ones by
        chance: if columns were independent, there would be at least half as many pairs
        of equal rows (with groups, also unless copies connect most groups to each
        other). "together": copies are always kept together. "split": copies may be
        split. The inner folds of corrections and thresholds follow the same rule.
        Missing values are equal to each other, and identifiers are not compared. A
        splitter in ``cv`` is used unchanged; a note reports copies that it splits.
    times : array-like of shape (n_rows,), default=None
        When rows were observed: numbers, dates, strings such as "2020-01-31", or an
        ordered categorical. Models are then tested only on later rows: the rows are
        divided into ``cv + 1`` periods (six by default) with about the same number of
        rows, and each period except the first is predicted once by models of all
        earlier rows. Rows with the same time stay together. Rows whose group, or whose
        copy, is in the test period are removed from the training rows. Folds with fewer
        than 10 earlier rows of two classes, or test rows of a single class, are left
        out, with a note. Corrections and thresholds are fitted on the last third of the
        training rows, which is predicted from the earlier training rows. Intervals are
        then approximate. ``times`` is not a feature, unless a column of X equals it.
    embargo : number, timedelta or str, default=None
        The minimum gap between training rows and the test period, such as "7 days" for
        dates. Use it if labels become known with a delay. None: training rows only have
        to be earlier.
    sample_weight : array-like of shape (n_rows,), default=None
        Nonnegative weights of rows. They are passed through samplers to all fits,
        including those of corrections and thresholds, and to all metrics. Rows of
        weight 0 are in no fold. Weights that are all equal have no effect. The rarer of
        two classes is the one with less weight. Models, classifiers and scorers must
        support ``sample_weight``, and samplers must be samplers of imbsuite.
    sample_rows : int, default=None
        Use a stratified sample of this size. It keeps the class shares, but has at
        least 50 rows of each class (or all of its rows, if there are fewer). None: use
        all rows.
    unlabeled : label, default=None
        The label that marks unlabeled rows, such as -1; missing labels are then allowed
        and also mark unlabeled rows. Unlabeled rows are in no fold. Only the strategy
        "pseudo-labels" and a ``PseudoLabelClassifier`` are fitted on them. With
        ``times`` or ``groups``, these strategies use only unlabeled rows that are not
        later than the training rows of a fold and belong to no group of its test rows.
        None: -1 is an ordinary class.
    random_state : int, Generator, RandomState or None, default=0
        Seed of the folds, the sample, and of all samplers and models without a seed.
    n_jobs : int, default=None
        Number of parallel fits, each on one core. None means 1, unless
        ``joblib.parallel_config`` sets the number; -1 means all cores.
    budget : float, default=None
        The time in seconds that the fits may take. The result then includes only the
        folds that all strategies and models have finished, and a note reports their
        number. A fold is not started if it is not expected to finish in time, and a fit
        that has started is finished. None: no limit.
    cache : path or joblib.Memory, default=None
        A folder that stores finished fits. Fits with the same table, options and
        versions are read from it instead of repeated, with their original fit times.
        Entries are pickles: do not use a folder that others can write to.
    progress : "auto" or callable of (done, total), default=None
        A callable is called before the first fit and whenever fits have finished.
        "auto": a progress bar with the time left in a notebook, or in a terminal if
        rich is installed (``pip install 'imbsuite[cli]'``); nothing elsewhere, for
        example in a script whose output is written to a file. None: no progress is
        shown.

    Returns
    -------
    Comparison
        See ``sentences``, ``summary()`` and ``scores``, or ``print`` the result. After
        Ctrl-C (an interrupted cell), the result of the finished folds is returned with
        a warning; ``finished`` gives the numbers of fits.

    Raises
    ------
    ValueError
        If y is not a classification target, a name is unknown, a scorer does not
        support the labels or fails on every fold, there are too few rows for two folds,
        a model fails on every fold or is already fitted (``FrozenEstimator``),
        ``pos_label`` is required, ``budget`` ends before a fold is finished, or a
        model, sampler or scorer does not support weights that are passed.
    TypeError
        If a strategy, model, scorer, ``budget`` or ``progress`` has a wrong type.
    KeyboardInterrupt
        If it is interrupted before all strategies have finished the same fold.
    ImportError
        If skrub, which the default models need, is not installed.

    Warns
    -----
    UserWarning
        For every note: small classes, identifiers, random folds on rows that are
        ordered by time, copied rows, strategies that a model does not support, failed
        fits. Each distinct warning raised in fits is raised once, with the number of
        fits.

    Notes
    -----
    **Metrics.** Average precision and ROC AUC measure the ranking of rows of the rare
    class. Log-loss and Brier score measure the probabilities. The corrected log-loss is
    computed after offsets have restored the original class proportions for resampled
    and weighted models; offsets are fitted on three folds of the training rows (on a
    single fold if it has 100 rows of each class). Calibration intercept (ideally 0) and
    slope (ideally 1) are computed from the uncorrected probabilities. Balanced accuracy
    and MCC measure labels at the model's own threshold; the tuned balanced accuracy
    uses a threshold tuned on the training rows. With more than two classes, ranking and
    calibration metrics are one-vs-rest averages over the classes of a test fold
    (intercepts as distances from 0), the Brier score is summed over classes, and a
    class without training rows gets probability 0. If this is the positive class,
    thresholds are not tuned for its own metrics on that fold, and a note says so.

    **Multilabel targets.** 1 is the positive class of each label. A classifier that
    does not support multilabel targets is fitted once for each label
    (``MultiOutputClassifier``, applied to the last step of a pipeline, unless the
    encoder reads labels). Metrics of two classes are averaged over the labels that
    occur in the test rows of a fold; "f1_macro", "f1_macro_tuned", "f1_micro",
    "f1_samples", "hamming_loss" and "label_ranking" are further names, and ``by_label``
    has the metrics of each label. The default strategies are "class-weight", "ml-ros"
    and "mlsmote" (random over-sampling and SMOTE by :class:`LabelSampler`) and "smote";
    samplers of classes resample the rows separately for each label. Folds are
    stratified by the rarest label of each row. Thresholds are tuned by
    :class:`TunedThresholdClassifier`. ``cost``, ``ordered``, ``unlabeled`` and
    ``sample_rows`` are not supported.

    **A tuned threshold** is the second baseline: the model without resampling, with
    thresholds that are tuned on the training rows for each metric of labels. This
    baseline is measured whenever there are such metrics and the model has
    ``predict_proba``.

    **Costs.** Every strategy makes the decision with the least expected cost under its
    corrected probabilities; the tuned threshold is the one with the least cost on the
    training rows. Costs in a column are used row by row.

    **Intervals.** Differences from doing nothing are computed fold by fold. Their
    variance is the sum of the variance between samples of test rows (the squared
    influences of rows on the mean difference) and the variance of training. The latter
    is 2 n_test / n_train times the former, or more if folds vary more than their test
    rows explain. The corrected resampled t-test, whose intervals are about 1.3 times as
    wide, is used for metrics without known influences (MCC, ordered classes, scorers,
    calibration, fit times), and for all metrics if a class has fewer than 20 rows
    (groups) or ``times`` is passed. Intervals hold simultaneously for all strategies of
    a model (Bonferroni); ``detectable()`` returns the smallest difference that the
    table can show.

    **When it hurts.** A table with only a few rare rows cannot show small differences,
    regardless of the number of folds: "nothing clearly beats doing nothing" does not
    prove that no strategy helps. Corrections and thresholds are then fitted to few rows
    as well. The score of the best strategy is optimistic.

    References
    ----------
    Efron, B. (1981). "Nonparametric estimates of standard error: The jackknife, the
    bootstrap and other methods", Biometrika 68, 589-599,
    :doi:`10.1093/biomet/68.3.589`.

    Nadeau, C. and Bengio, Y. (2003). "Inference for the generalization error", Machine
    Learning 52, 239-281, :doi:`10.1023/A:1024068626366`.

    Van den Goorbergh, R. et al. (2022). "The harm of class imbalance corrections for
    risk prediction models", JAMIA 29, 1525-1534, :doi:`10.1093/jamia/ocac093`.

    Examples
    --------
    >>> from imbsuite import compare
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = make_classification(500, weights=[0.9], random_state=0)
    >>> comparison = compare(
    ...     X, y, estimator=LogisticRegression(), strategies=["smote"], cv=3)
    >>> comparison.models, len(comparison.sentences)
    (['LogisticRegression'], 1)
    """
    options = Options(
        strategies=strategies,
        estimator=estimator,
        cv=cv,
        scoring=scoring,
        pos_label=pos_label,
        cost=cost,
        ordered=ordered,
        groups=groups,
        copies=copies,
        times=times,
        embargo=embargo,
        sample_weight=sample_weight,
        sample_rows=sample_rows,
        unlabeled=unlabeled,
        random_state=random_state,
        budget=budget,
    )
    return compare_with(X, y, options, n_jobs=n_jobs, cache=cache, progress=progress)
