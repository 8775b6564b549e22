"""Whether any treatment of rare classes beats doing nothing, on this table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from imbsuite._arguments import refuse_misplaced
from imbsuite._classes import Labels, check_labels
from imbsuite._extras import need
from imbsuite._random import Seed, check_rng, draw_seed
from imbsuite._table import check_groups, contain
from imbsuite._warning import warn
from imbsuite.decision.costs import read_costs
from imbsuite.experiment.fit_task import Outcome, Setting, Task
from imbsuite.experiment.folds import Folds, make_folds
from imbsuite.experiment.gathering import gather_predictions, gather_treatments
from imbsuite.experiment.metrics import Metric, choose_metrics, cost_metric
from imbsuite.experiment.models import choose_models
from imbsuite.experiment.notes import (
    about_fits,
    about_interruption,
    about_strategies,
    about_test_folds,
)
from imbsuite.experiment.positive import about_positive, needing_positive, settled
from imbsuite.experiment.probing import refuse_unfit_scorers
from imbsuite.experiment.profile import profile
from imbsuite.experiment.recipe import recipe, versions
from imbsuite.experiment.running import Job, Progress, run_all
from imbsuite.experiment.sampling import about_sample, draw_sample
from imbsuite.experiment.store import open_store
from imbsuite.experiment.strategies import NOTHING, Strategy, choose_strategies
from imbsuite.explore.comparison import Comparison
from imbsuite.probability.weighing import moves_prior

__all__ = ["check_shape", "compare"]


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
    """Compare treatments of rare classes with doing nothing, by cross-validation.

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
    options = {
        "strategies": strategies,
        "estimator": estimator,
        "cv": cv,
        "scoring": scoring,
        "pos_label": pos_label,
        "cost": cost,
        "ordered": ordered,
        "groups": groups,
        "sample_rows": sample_rows,
        "random_state": random_state,
    }
    given = {k: v for k, v in options.items() if v is not None}
    rng = check_rng(random_state)
    refuse_misplaced(X, y, "compare")
    X, y, groups, whole_table = draw_sample(X, y, groups, sample_rows, rng)
    columns = profile(X)
    store = open_store(cache)
    X = _as_table(X)
    labels = check_labels(y, ordered=ordered)
    n_rows = check_shape(X, labels)
    _check_column(X, estimator)
    codes_of_groups = check_groups(groups, n_rows)
    chosen = choose_strategies(strategies)
    is_ordered = labels.order is not None
    needing = needing_positive(
        labels,
        choose_metrics(scoring, ordered=is_ordered),
        estimator,
        chosen,
        cost,
    )
    labels, positive = settled(labels, pos_label, needing, whole_table)
    costs = None if cost is None else _cost_metric(cost, labels, X)
    metrics = choose_metrics(scoring, costs, ordered=is_ordered)
    models = choose_models(estimator, metrics, labels.ordered if is_ordered else None)
    refuse_unfit_scorers(metrics, X, labels)
    folds = make_folds(cv, X, labels, groups, draw_seed(rng))
    seeds = [draw_seed(rng) for _ in folds.pairs]
    tasks = _tasks(models, chosen, folds, seeds)
    job = Job(Setting(X, labels, codes_of_groups, metrics), store)
    reached, whole = run_all(job, tasks, n_jobs=n_jobs, progress=progress)
    done = len({(outcome.model, outcome.of, outcome.number) for outcome in reached})
    outcomes = reached if whole else _of_whole_folds(reached, tasks)
    outcomes += _for_other_models(outcomes, models, chosen)
    _refuse_broken_models(outcomes)
    result = _comparison(outcomes, metrics, labels, folds)
    notes = (
        *about_sample(whole_table, result.class_sizes),
        *about_interruption(outcomes, done, len(tasks), len(folds.pairs)),
        *about_positive(positive, labels, metrics, scoring),
        *_notes(models, chosen, outcomes, labels, folds),
    )
    for note in notes:
        warn(note)
    used = [(strategy.sampler, strategy.classifier) for strategy in chosen]
    return replace(
        result,
        notes=notes,
        table_sizes=whole_table,
        columns=columns,
        recipe=recipe(
            given, (sum((whole_table or result.class_sizes).values()), _width(X))
        ),
        versions=versions(
            [*models.values(), *(part for pair in used for part in pair)]
        ),
        seed=random_state,
        finished=(done, len(tasks)),
    )


def _as_table(X: Any) -> Any:
    if isinstance(X, (list, tuple)):
        return np.asarray(X)
    # skrub, behind which the default models stand, takes no Arrow tables.
    return X.to_pandas() if type(X).__module__.startswith("pyarrow") else X


def _cost_metric(cost: Any, labels: Labels, X: Any) -> Metric:
    costs = read_costs(
        _by_name(cost, labels),
        labels.classes,
        order=labels.ordered,
        positive=labels.positive,
    )
    if labels.given:
        costs = replace(costs, labels=list(labels.given))  # as a function expects them
    costs.check_columns(X, cells=True)
    return cost_metric(costs)


def _by_name(cost: Any, labels: Labels) -> Any:
    """Return costs under the names of classes, which are text for dates and decimals."""
    if isinstance(cost, Mapping):
        return {labels.name_of(k): _by_name(given, labels) for k, given in cost.items()}
    if hasattr(cost, "columns") and hasattr(cost, "index"):
        index, columns = (
            [labels.name_of(label) for label in names]
            for names in (cost.index, cost.columns)
        )
        return cost.set_axis(index).set_axis(columns, axis=1)
    return cost


def check_shape(X: Any, labels: Labels) -> int:
    """Return the number of rows; raise ValueError if X has another, or no columns."""
    n_rows = int(X.shape[0])
    if n_rows != len(labels.codes):
        msg = f"X has {n_rows:,} rows, y has {len(labels.codes):,}; they must be equal."
        raise ValueError(msg)
    if _width(X) == 0:
        msg = "X has no columns; there is nothing to learn from."
        raise ValueError(msg)
    return n_rows


def _width(X: Any) -> int:
    return int(X.shape[1]) if len(X.shape) > 1 else 1


def _check_column(X: Any, estimator: Any) -> None:
    """Raise where X is one-dimensional and nothing here can read it."""
    if len(X.shape) > 1:
        return
    contain(X)  # or an error: a column of numbers is a table of the wrong shape
    if estimator is None:
        msg = (
            "X is a single column of texts or objects, which the default models do not "
            "read; give an estimator that does, as in estimator=make_pipeline("
            "TfidfVectorizer(), LogisticRegression()), or a table: X.to_frame()."
        )
        raise ValueError(msg)


def _tasks(
    models: Mapping[str, Any],
    strategies: Sequence[Strategy],
    folds: Folds,
    seeds: Sequence[int],
) -> list[Task]:
    kept, first = folds.first_round(), next(iter(models))
    return [
        Task(
            name,
            strategy.name,
            i,
            strategy.around(model),
            fold,
            seed,
            strategy.treats or moves_prior(model),
            i in kept,
        )
        for name, model in models.items()
        for strategy in strategies
        if strategy.fits(model) and (strategy.classifier is None or name == first)
        for i, (fold, seed) in enumerate(zip(folds.pairs, seeds, strict=True))
    ]


def _for_other_models(
    outcomes: Sequence[Outcome], models: Mapping[str, Any], chosen: Sequence[Strategy]
) -> list[Outcome]:
    """Return the outcomes of classifiers that stand for any model, once for each."""
    shared = {strategy.name for strategy in chosen if strategy.classifier is not None}
    _, *others = models
    return [
        replace(outcome, model=other, remarks=())
        for other in others
        for outcome in outcomes
        if outcome.strategy in shared
    ]


def _of_whole_folds(
    outcomes: Sequence[Outcome], tasks: Sequence[Task]
) -> list[Outcome]:
    """Return what was measured on folds that every strategy and model has finished.

    Raises
    ------
    KeyboardInterrupt
        If there is no such fold: then nothing can be said.
    """
    planned = Counter(task.number for task in tasks)
    fits = {(outcome.model, outcome.of, outcome.number) for outcome in outcomes}
    done = Counter(number for *_, number in fits)
    kept = [
        outcome
        for outcome in outcomes
        if done[outcome.number] == planned[outcome.number]
    ]
    if not kept:
        raise KeyboardInterrupt
    return kept


def _refuse_broken_models(outcomes: Sequence[Outcome]) -> None:
    """Raise where not even doing nothing could be measured: by the model, or a scorer."""
    nothing = [outcome for outcome in outcomes if outcome.strategy == NOTHING]
    failed = Counter(outcome.model for outcome in nothing if outcome.failure)
    total = Counter(outcome.model for outcome in nothing)
    for outcome in nothing:
        if failed[outcome.model] == total[outcome.model]:
            what = (
                f"{outcome.model} was fitted, and not measured on any fold"
                if outcome.by_scorer
                else f"{outcome.model} could not be fitted and measured on any fold, even "
                "without resampling"
            )
            msg = f"{what}: {outcome.failure}"
            raise ValueError(msg)


def _notes(
    models: Mapping[str, Any],
    strategies: Sequence[Strategy],
    outcomes: Sequence[Outcome],
    labels: Labels,
    folds: Folds,
) -> tuple[str, ...]:
    return (
        *folds.notes,
        *about_test_folds(labels, folds),
        *about_strategies(models, strategies),
        *about_fits(outcomes),
    )


def _comparison(
    outcomes: Sequence[Outcome],
    metrics: tuple[Metric, ...],
    labels: Labels,
    folds: Folds,
) -> Comparison:
    scores = [
        {
            "model": outcome.model,
            "strategy": outcome.strategy,
            "fold": outcome.number,
            "metric": name,
            "value": value,
        }
        for outcome in outcomes
        for name, value in outcome.values.items()
    ]
    classes = labels.classes.tolist()
    return Comparison(
        scores=need("pandas").DataFrame(scores),
        metrics=metrics,
        class_sizes=dict(zip(classes, labels.sizes.tolist(), strict=True)),
        positive=None if labels.positive is None else classes[labels.positive],
        test_train_ratio=folds.test_train_ratio,
        predictions=gather_predictions(outcomes, labels, folds),
        treatments=gather_treatments(outcomes),
    )
