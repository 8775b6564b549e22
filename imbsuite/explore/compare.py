"""``compare``: every strategy for rare classes against doing nothing, on one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imbsuite._random import Seed
from imbsuite._warning import warn
from imbsuite.experiment.conclusion import conclude
from imbsuite.experiment.running import Progress, run_all
from imbsuite.experiment.setup import Options, set_up
from imbsuite.experiment.store import open_store
from imbsuite.explore.comparison import Comparison

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
    sample_rows: int | None = None,
    random_state: Seed = 0,
    n_jobs: int | None = None,
    cache: Any = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare strategies for rare classes with doing nothing, by cross-validation.

    Every model is fitted with every strategy on the same folds. Resampling happens
    inside each training fold only, on the table as it is: the model's own pipeline
    encodes what the sampler hands on.

    Parameters
    ----------
    X : {array-like, dataframe} of shape (n_rows, n_columns)
        With the default models any table goes in: text, categories, dates, missing
        values. Texts or objects of shape (n_rows,) are taken with an ``estimator`` that
        reads them, such as a pipeline with a ``TfidfVectorizer``; only "random-over" and
        "random-under", which read no cell, resample them. A Dask DataFrame needs
        ``sample_rows``; ``y`` and ``groups`` are then Series of the same partitions.
    y : array-like of shape (n_rows,)
        Labels of 2 to 100 classes.
    strategies : iterable of names, or mapping of name to strategy, default=None
        Names: "nothing", "class-weight", "random-over", "random-under", "smote",
        "borderline-smote", "smote-enn" (None: all of these), and "smote-tomek", "adasyn",
        "geometric-smote", "kmeans-smote", "safe-level-smote", "svm-smote",
        "subclass-smote", "rcal", "edited-nearest-neighbours", "tomek-links",
        "temperature-2", "temperature-5". Values of a mapping: a sampler, None for no
        resampling, one of these names, or a classifier that takes the model's place,
        table and all: it is measured once and compared with every model. Doing nothing is
        always measured, and so is a tuned threshold ("tuned-threshold").
    estimator : classifier, or mapping of name to classifier, default=None
        None: logistic regression with scaling and histogram gradient boosting, each
        behind skrub's TableVectorizer, for which columns of fewer than 100 different
        strings are categories. Others are used as they are; put a ``TableVectorizer``
        before one that wants numbers.
    cv : int, splitter, or iterable of (train, test), default=None
        None: five stratified folds, twice; an int: so many, twice. With ``groups``,
        groups are never split. Fewer folds are made, and a note says so, where a class
        has too few rows.
    scoring : iterable of names, or mapping of name to name or scorer, default=None
        Names: "average_precision", "roc_auc", "log_loss", "log_loss_corrected",
        "brier", "calibration_intercept", "calibration_slope", "balanced_accuracy",
        "balanced_accuracy_tuned", "mcc" (None: all), and those of scikit-learn's
        scorers: all are of the positive class, whatever it is called. A scorer is a
        callable of (model, X, y), greater is better, and is used as it is. The fit time
        is always measured.
    pos_label : label, default=None
        The positive class. None: the rarer of two, counted on all rows; where their shares
        differ by at most 0.05 it must be given, if a metric or a cost is about it. Of
        more than two classes, metrics of one class are averaged over all, unless it is
        given. Classifiers of this package with ``pos_label=None`` are handed it.
    cost : mapping, DataFrame, array-like or callable, default=None
        What decisions cost, as for :class:`CostThresholdClassifier`: by label,
        ``{true: {decided: cost}}``, or a matrix where labels have an order. A cost may be
        the name of a column, such as {"fp": 5, "fn": "amount"}, which models then see too.
        Two classes: also {"fp": 1, "fn": 20}, "tp" and "tn" if they are not free, of
        the positive class. The mean cost of a row is then measured too.
    ordered : sequence of labels, default=None
        The labels of three or more ordered classes, from the first to the last. None: the
        order of an ordered categorical. PRESTO is then one of the default models, and the
        ranked probability score and the macro-averaged absolute error are measured.
    groups : array-like of shape (n_rows,), default=None
        Rows of one group are never on both sides of a fold.
    sample_rows : int, default=None
        Measure on a stratified sample of so many rows. Class shares are kept, but at
        least 50 rows of each class are taken, if it has them. None: on all rows.
    random_state : int, Generator, RandomState or None, default=0
        Shuffles the folds, draws the sample, and seeds samplers and models that have no
        seed.
    n_jobs : int, default=None
        Fits at a time, each on one core; None for 1, -1 for as many as there are cores.
    cache : path or joblib.Memory, default=None
        A folder where finished fits are kept: what was measured there once, on the same
        table with the same options and versions, is read instead of fitted, fit times
        included. Read no folder that others may write to: entries are pickles.
    progress : callable of (done, total), default=None
        Called before the first fit and whenever some are done.

    Returns
    -------
    Comparison
        ``print`` it, read its ``sentences``, ``summary()`` and ``scores``. Ctrl-C (an
        interrupted cell) ends the work: what was measured on the folds that are finished
        is returned, with a warning, and ``finished`` tells how much that is.

    Raises
    ------
    ValueError
        If y is no classification target, a name is unknown, a scorer does not fit the
        labels or fails on every fold, there are too few rows for two folds, a model
        cannot be fitted at all or is fitted already
        (``FrozenEstimator``), or the positive class must be named.
    TypeError
        If a strategy, model or scorer is none.
    KeyboardInterrupt
        If it is interrupted before all strategies have finished a fold.
    ImportError
        If skrub, which the default models need, is not installed.

    Warns
    -----
    UserWarning
        For every note: small classes, a strategy that a model cannot take, failed fits.
        Warnings of the fits are repeated once, with their number.

    Notes
    -----
    **Measures.** Average precision and ROC AUC: does the model rank rows of the rare
    class higher? Log-loss and Brier score: can its probabilities be believed? Log-loss
    again, after probabilities of resampled and weighted models were brought back to the
    natural shares by offsets, fitted on three folds of the training rows (on one of
    them, where it has 1,000 rows of each class). Calibration
    intercept (0 is right) and slope (1 is right) of the probabilities as they are.
    Balanced accuracy and MCC: are labels right, at the model's own threshold? Balanced
    accuracy again, with a threshold tuned on the same rows. For more than two
    classes: ranking and calibration are averaged over one-against-the-rest for the
    classes that a test fold has (intercepts as distances from 0); the Brier score is
    summed over classes; a class that no training row had gets probability 0.

    **A tuned threshold** is the strategy to beat: the model as it is, each metric of
    labels at thresholds tuned for it inside the training fold. It is measured with doing
    nothing, wherever labels are judged and the model gives probabilities.

    **Costs.** Every strategy decides for the least expected cost by its corrected
    probabilities, the tuned threshold by what was cheapest on the training rows. Costs of
    rows that are in a column count row by row in all of this.

    **Intervals.** Differences to doing nothing are taken fold by fold; their intervals
    are those of the corrected resampled t-test, and hold together for all strategies of
    a model (Bonferroni).

    **When it hurts.** A table with a handful of rare rows cannot show a small
    difference, however often it is folded: "nothing clearly beats doing nothing" is no
    proof that nothing would. Corrections and thresholds are themselves fitted to few
    rows then. Choosing the best strategy here and quoting its score is optimistic.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). "Inference for the generalization error", Machine
    Learning 52, 239-281, :doi:`10.1023/A:1024068626366`.

    Van den Goorbergh, R. et al. (2022). "The harm of class imbalance corrections for
    risk prediction models", JAMIA 29, 1525-1534, :doi:`10.1093/jamia/ocac093`.

    Examples
    --------
    >>> from imbsuite import compare
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(500, weights=[0.9], random_state=0)
    >>> found = compare(X, y, strategies=["smote"], cv=3)
    >>> len(found.sentences)
    2
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
        sample_rows=sample_rows,
        random_state=random_state,
    )
    store = open_store(cache)
    experiment = set_up(X, y, options)
    fits = run_all(
        experiment.setting, experiment.tasks, store, n_jobs=n_jobs, progress=progress
    )
    result = conclude(experiment, fits)
    for note in result.notes:
        warn(note)
    return Comparison(**vars(result))
