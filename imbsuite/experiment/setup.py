"""Set up an experiment: check all options and plan all fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import scipy.sparse as sp

from imbsuite._arguments import refuse_misplaced
from imbsuite._classes import Labels, check_labels
from imbsuite._picking import Sizes
from imbsuite._random import Seed, check_rng, draw_seed
from imbsuite._table import (
    check_groups,
    contain,
    count_rows,
    is_lazy,
    is_multilabel,
)
from imbsuite.decision.cost_forms import read_costs
from imbsuite.experiment.budget import check_budget
from imbsuite.experiment.fit_task import Setting, Task
from imbsuite.experiment.label_models import choose_label_strategies, of_labels
from imbsuite.experiment.label_options import refuse_for_labels
from imbsuite.experiment.models import choose_models
from imbsuite.experiment.notes import about_strategies, about_test_folds
from imbsuite.experiment.positive import about_positive, needing_positive, with_positive
from imbsuite.experiment.probing import refuse_unfit_scorers
from imbsuite.experiment.sampling import about_sample, draw_sample
from imbsuite.experiment.strategies import Strategy, choose_strategies
from imbsuite.experiment.unlabeled import about_unlabeled, set_aside
from imbsuite.experiment.weights import (
    Weights,
    about_weights,
    class_weights,
    read_weights,
    refuse_unweighted,
    without_weightless,
)
from imbsuite.folds.in_time import Times
from imbsuite.folds.stratified import Folds, make_folds, n_folds_of, number_of_folds
from imbsuite.inference.influence import draw_blocks
from imbsuite.probability.units import KeepCopies
from imbsuite.probability.weighing import moves_prior
from imbsuite.profile.classes import about_labels
from imbsuite.profile.column import Column
from imbsuite.profile.columns import profile
from imbsuite.profile.copies import about_copies, check_copies, find_copies
from imbsuite.profile.leaks import about_leaks
from imbsuite.profile.notes import Ways, about_columns, about_new_rows, creates
from imbsuite.profile.order import about_order
from imbsuite.scoring.label_metrics import choose_label_metrics
from imbsuite.scoring.label_table import LabelTable
from imbsuite.scoring.memo import EncoderTrial
from imbsuite.scoring.metrics import Metric, cost_metric
from imbsuite.scoring.scorers import choose_metrics


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a comparison: parameters of :func:`imbsuite.compare`."""

    strategies: Iterable[str] | Mapping[str, Any] | None = None
    estimator: Any = None
    cv: Any = None
    scoring: Iterable[str] | Mapping[str, Any] | None = None
    pos_label: Any = None
    cost: Any = None
    ordered: Sequence[Any] | None = None
    groups: Any = None
    copies: KeepCopies = None
    times: Any = None
    embargo: Any = None
    sample_weight: Any = None
    sample_rows: int | None = None
    random_state: Seed = 0
    budget: float | None = None
    unlabeled: Any = None


@dataclass(frozen=True)
class Experiment:
    """All fits of a comparison, with their rows and metrics.

    ``notes``: caveats that are known before any fit.
    ``table_sizes``: class sizes of the whole table if ``setting`` has a sample, else None.
    """

    options: Options
    setting: Setting
    models: Mapping[str, Any]
    strategies: tuple[Strategy, ...]
    folds: Folds
    tasks: tuple[Task, ...]
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    table_sizes: Sizes | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns of the whole table."""
        labels = self.setting.labels
        sizes = labels.sizes if self.table_sizes is None else self.table_sizes.values()
        return int(sum(sizes)), _n_columns(self.setting.X)


def set_up(
    X: Any,
    y: Any,
    options: Options,
    finish: Callable[[Metric], Metric] | None = None,
) -> Experiment:
    """Check all options, draw a sample if one is requested, and plan all fits.

    Parameters
    ----------
    X, y, options
        Arguments of :func:`imbsuite.compare`.
    finish : callable of (metric), default=None
        Returns the metric that is measured instead.

    Raises
    ------
    ValueError, TypeError
        As in :func:`imbsuite.compare`, before any model is fitted.
    """
    rng = check_rng(options.random_state)
    check_budget(options.budget)
    check_copies(options.copies)
    refuse_misplaced(X, y, "compare")
    if not is_lazy(X):  # a sample of it is checked
        contain(X, "compare")  # or an error: what is no table, and what has equal names
    along = {
        name: getattr(options, name) for name in ("groups", "times", "sample_weight")
    }
    several = _has_several(X, y)
    if several:
        refuse_for_labels(vars(options))
    X, y, along, apart = set_aside(X, y, along, options.unlabeled)
    X, y, along, table_sizes = draw_sample(X, y, along, options.sample_rows, rng)
    groups = along["groups"]
    columns = profile(X)
    X = _as_table(X)
    labels = (
        LabelTable.read(y, count_rows(X))
        if several
        else check_labels(y, ordered=options.ordered, warn=True)
    )
    n_rows = check_shape(X, labels)
    _check_column(X, options.estimator)
    if options.estimator is None:
        _check_for_default_models(X)
    group_codes = check_groups(groups, n_rows)
    times = Times.read(along["times"], options.embargo, n_rows)
    weight = read_weights(along["sample_weight"], n_rows)
    others = None if apart is None else apart.beside(_as_table(apart.X), along)
    about_class: tuple[str, ...] = ()
    if isinstance(labels, LabelTable):
        strategies = choose_label_strategies(options.strategies)
        metrics = choose_label_metrics(options.scoring)
    else:
        strategies = choose_strategies(options.strategies, others)
        of_classes = class_weights(labels, table_sizes, weight)
        labels, metrics, about_class = _measured(
            X, labels, strategies, of_classes, options
        )
    ordered = None if labels.order is None else labels.ordered
    if finish is not None:
        metrics = tuple(map(finish, metrics))
    models = choose_models(options.estimator, metrics, ordered)
    if several:
        trial = EncoderTrial.of(X, labels.values)
        models = {name: of_labels(model, trial) for name, model in models.items()}
    if weight is not None:
        refuse_unweighted(models, strategies, metrics)
    refuse_unfit_scorers(metrics, X, labels)
    copies = find_copies(X, columns, labels)
    units = copies.join(group_codes, options.copies)
    labels = labels.stratified(n_folds_of(options.cv), units)
    seed = draw_seed(rng)
    folds = (
        make_folds(options.cv, X, labels, groups, seed, units=units)
        if times is None
        else times.folds(number_of_folds(options.cv), labels, units)
    )
    folds = without_weightless(folds, weight, labels)
    seeds = [draw_seed(rng) for _ in folds.pairs]
    return Experiment(
        options,
        Setting(
            X,
            labels,
            units,
            metrics,
            draw_blocks(labels.codes, units.codes),
            times,
            weight,
            others,
        ),
        models,
        strategies,
        folds,
        _tasks(models, strategies, folds, seeds),
        columns,
        (
            *about_sample(table_sizes, labels.size_of),
            *about_class,
            *about_weights(weight),
            *about_unlabeled(others),
            *folds.notes,
            *about_test_folds(labels, folds),
            *about_strategies(models, strategies),
            *_about_table(
                X, columns, labels, folds, strategies, grouped=groups is not None
            ),
            *about_copies(copies, folds.pairs, how=options.copies, groups=group_codes),
        ),
        table_sizes,
    )


def _about_table(
    X: Any,
    columns: Sequence[Column],
    labels: Labels,
    folds: Folds,
    strategies: Sequence[Strategy],
    *,
    grouped: bool,
) -> Iterator[str]:
    """Yield notes on the table that a reviewer would make."""
    ways = Ways(X)
    if not isinstance(labels, LabelTable):
        yield from about_labels(labels.classes)
    yield from about_columns(columns, ways, grouped=grouped)
    for which, part in labels.each():
        for found in about_leaks(X, columns, part, ways):
            yield f"{which}{found}"
    creating = [s.name for s in strategies if s.sampler and creates(s.sampler)]
    if creating:
        yield from about_new_rows(columns, creating, ways.leave_out)
    tests = [test for _, test in folds.pairs]
    of_each = (
        f"{which}{found}"
        for which, part in labels.each()
        for found in about_order(X, columns, part, tests)
    )
    yield from islice(of_each, 1)


def _measured(
    X: Any,
    labels: Labels,
    strategies: tuple[Strategy, ...],
    class_sizes: Weights | None,
    options: Options,
) -> tuple[Labels, tuple[Metric, ...], tuple[str, ...]]:
    """Return the labels with their positive class, the metrics, and notes about both."""
    scoring, cost, ordered = options.scoring, options.cost, labels.order is not None
    named = choose_metrics(scoring, ordered=ordered)
    needing = needing_positive(labels, named, options.estimator, strategies, cost)
    labels, positive = with_positive(labels, options.pos_label, needing, class_sizes)
    costs = None if cost is None else _cost_metric(cost, labels, X)
    metrics = choose_metrics(scoring, costs, ordered=ordered)
    return labels, metrics, tuple(about_positive(positive, labels, metrics, scoring))


def _has_several(X: Any, y: Any) -> bool:
    """Return whether the target has several labels; columns of Dask are classes."""
    return not hasattr(X, "__dask_graph__") and is_multilabel(y)


def _as_table(X: Any) -> Any:
    if not hasattr(X, "shape"):
        return np.asarray(X)
    # skrub, which the default models use, does not read Arrow tables.
    return X.to_pandas() if type(X).__module__.startswith("pyarrow") else X


def _cost_metric(cost: Any, labels: Labels, X: Any) -> Metric:
    costs = read_costs(
        _by_name(cost, labels),
        labels.classes,
        order=labels.ordered,
        positive=labels.positive,
    )
    if labels.originals:  # as a cost function expects them
        costs = replace(costs, labels=list(labels.originals))
    costs.check_columns(X, cells=True)
    return cost_metric(costs)


def _by_name(cost: Any, labels: Labels) -> Any:
    """Return costs by the names of classes, which are text for dates and decimals."""
    if isinstance(cost, Mapping):
        return {labels.name_of(k): _by_name(part, labels) for k, part in cost.items()}
    if hasattr(cost, "columns") and hasattr(cost, "index"):
        index, columns = (
            [labels.name_of(label) for label in names]
            for names in (cost.index, cost.columns)
        )
        return cost.set_axis(index).set_axis(columns, axis=1)
    return cost


def check_shape(X: Any, labels: Labels) -> int:
    """Return the number of rows; raise ValueError if X and y differ, or X is empty."""
    n_rows = int(X.shape[0])
    if n_rows != len(labels.codes):
        msg = f"X has {n_rows:,} rows, y has {len(labels.codes):,}; they must be equal."
        raise ValueError(msg)
    if _n_columns(X) == 0:
        msg = f"X has 0 feature(s) (shape={X.shape}) while a minimum of 1 is required."
        raise ValueError(msg)
    return n_rows


def _n_columns(X: Any) -> int:
    return int(X.shape[1]) if len(X.shape) > 1 else 1


def _check_column(X: Any, estimator: Any) -> None:
    """Raise ValueError if X is one-dimensional and no estimator reads it."""
    if len(X.shape) > 1:
        return
    if estimator is None:
        msg = (
            "X is a single column of strings or objects, which the default models do not "
            "support. Pass an estimator that does, such as estimator=make_pipeline("
            "TfidfVectorizer(), LogisticRegression()), or a table: X.to_frame()."
        )
        raise ValueError(msg)


def _check_for_default_models(X: Any) -> None:
    """Raise ValueError for a table that skrub does not read, with what to do."""
    if sp.issparse(X):
        msg = (
            "X is a sparse matrix, which the default models do not support. Pass an "
            "estimator that does, such as estimator=LogisticRegression(), or X.toarray()."
        )
        raise ValueError(msg)
    if not hasattr(X, "iloc"):
        return
    for name, dtype in X.dtypes.items():
        other = _readable_by_skrub(dtype)
        if other is not None:
            msg = (
                f"column {name!r} has the type {dtype}, which the default models do not "
                f"support. Pass an estimator that does, or X[{name!r}].{other}."
            )
            raise ValueError(msg)
        if (
            dtype.kind == "f"
            and np.isinf(X[name].to_numpy(float, na_value=np.nan)).any()
        ):
            msg = (
                f"Input X contains infinity or a value too large: column {name!r} has "
                "infinite values, which the default models do not support; replace them "
                "(by a missing value or a large number) or drop the rows."
            )
            raise ValueError(msg)


def _readable_by_skrub(dtype: Any) -> str | None:
    """Return how to convert a column that skrub does not read; None if it does."""
    kind = str(dtype)
    if kind.startswith("Sparse["):
        return "sparse.to_dense()"
    if kind.endswith("[pyarrow]") and kind.startswith(("timestamp", "date")):
        zone = getattr(dtype.pyarrow_dtype, "tz", None)
        return f"astype('datetime64[us{f', {zone}' if zone else ''}]')"
    return None


def _tasks(
    models: Mapping[str, Any],
    strategies: Sequence[Strategy],
    folds: Folds,
    seeds: Sequence[int],
) -> tuple[Task, ...]:
    # A classifier as a strategy replaces any model, so it is fitted once, with the first.
    kept, first = folds.first_round(), next(iter(models))
    return tuple(
        Task(
            name,
            strategy.name,
            i,
            strategy.around(model),
            fold,
            seed,
            strategy.moves_prior or moves_prior(model),
            i in kept,
        )
        for name, model in models.items()
        for strategy in strategies
        if strategy.fits(model) and (strategy.classifier is None or name == first)
        for i, (fold, seed) in enumerate(zip(folds.pairs, seeds, strict=True))
    )
