"""Set up an experiment: check all options and plan all fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from imbsuite._classes import Labels
from imbsuite._picking import Sizes
from imbsuite._random import check_rng, draw_seed
from imbsuite.experiment.budget import check_budget
from imbsuite.experiment.class_metrics import choose_class_metrics
from imbsuite.experiment.fit_task import Setting, Task
from imbsuite.experiment.label_models import choose_label_strategies, of_labels
from imbsuite.experiment.models import choose_models
from imbsuite.experiment.notes import about_strategies, about_test_folds
from imbsuite.experiment.options import Options
from imbsuite.experiment.probing import refuse_unfit_scorers
from imbsuite.experiment.rows import Rows, count_columns, read_rows
from imbsuite.experiment.sampling import about_sample
from imbsuite.experiment.strategies import Strategy, choose_strategies
from imbsuite.experiment.unlabeled import about_unlabeled
from imbsuite.experiment.weights import (
    about_weights,
    refuse_unweighted,
    without_weightless,
)
from imbsuite.folds.stratified import Folds, make_folds, n_folds_in_time, n_folds_of
from imbsuite.inference.influence import draw_blocks
from imbsuite.probability.units import Units
from imbsuite.probability.weighing import moves_prior
from imbsuite.profile.classes import about_labels
from imbsuite.profile.column import Column
from imbsuite.profile.copies import about_copies, check_copies, find_copies
from imbsuite.profile.leaks import about_leaks
from imbsuite.profile.notes import Ways, about_columns, about_new_rows, creates
from imbsuite.profile.order import about_order
from imbsuite.scoring.label_metrics import choose_label_metrics
from imbsuite.scoring.label_table import LabelTable
from imbsuite.scoring.memo import EncoderTrial
from imbsuite.scoring.metrics import Metric


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
        return int(sum(sizes)), count_columns(self.setting.X)


def set_up(
    X: Any,
    y: Any,
    options: Options,
    finish: Callable[[Metric], Metric] | None = None,
    *,
    in_shell: bool = False,
) -> Experiment:
    """Check all options, draw a sample if one is requested, and plan all fits.

    Parameters
    ----------
    X, y, options
        Arguments of :func:`imbsuite.compare`.
    finish : callable of (metric), default=None
        Returns the metric that is measured instead.
    in_shell : bool, default=False
        Whether notes mention only options of the command line.

    Raises
    ------
    ValueError, TypeError
        As in :func:`imbsuite.compare`, before any model is fitted.
    """
    rng = check_rng(options.random_state)
    check_budget(options.budget)
    check_copies(options.copies)
    rows = read_rows(X, y, options, rng)
    chosen = _choose(rows, options, finish)
    strategies, models, labels = chosen.strategies, chosen.models, chosen.labels
    copies = find_copies(rows.X, rows.columns, labels)
    units = copies.join(rows.group_codes, options.copies)
    labels = labels.stratified(n_folds_of(options.cv), units)
    folds = _folds(rows, labels, units, options.cv, draw_seed(rng))
    seeds = [draw_seed(rng) for _ in folds.pairs]
    setting = Setting(
        rows.X,
        labels,
        units,
        chosen.metrics,
        draw_blocks(labels.codes, units.codes),
        rows.times,
        rows.weight,
        rows.unlabeled,
    )
    ways = Ways() if in_shell else Ways(rows.X)
    notes = (
        *about_sample(rows.table_sizes, labels.size_of),
        *chosen.notes,
        *about_weights(rows.weight),
        *about_unlabeled(rows.unlabeled),
        *folds.notes,
        *about_test_folds(labels, folds),
        *about_strategies(models, strategies),
        *_about_table(rows, labels, folds, strategies, ways),
        *about_copies(copies, folds.pairs, how=options.copies, groups=rows.group_codes),
    )
    return Experiment(
        options,
        setting,
        models,
        strategies,
        folds,
        _tasks(models, strategies, folds, seeds),
        rows.columns,
        notes,
        rows.table_sizes,
    )


class _Chosen(NamedTuple):
    """What is measured: ``labels`` with the positive class, and ``notes`` about it."""

    strategies: tuple[Strategy, ...]
    models: dict[str, Any]
    labels: Labels
    metrics: tuple[Metric, ...]
    notes: tuple[str, ...]


def _choose(
    rows: Rows, options: Options, finish: Callable[[Metric], Metric] | None
) -> _Chosen:
    """Return what is measured, or raise an error for incompatible options."""
    labels, notes = rows.labels, tuple[str, ...]()
    several = isinstance(labels, LabelTable)
    if several:
        strategies = choose_label_strategies(options.strategies)
        metrics = choose_label_metrics(options.scoring)
    else:
        strategies = choose_strategies(options.strategies, rows.unlabeled)
        labels, metrics, notes = choose_class_metrics(rows, strategies, options)
    if finish is not None:
        metrics = tuple(map(finish, metrics))
    order = None if labels.order is None else labels.ordered
    models = choose_models(options.estimator, metrics, order)
    if several:
        trial = EncoderTrial.of(rows.X, labels.values)
        models = {name: of_labels(model, trial) for name, model in models.items()}
    if rows.weight is not None:
        refuse_unweighted(models, strategies, metrics)
    refuse_unfit_scorers(metrics, rows.X, labels)
    return _Chosen(strategies, models, labels, metrics, notes)


def _folds(rows: Rows, labels: Labels, units: Units, cv: Any, seed: int) -> Folds:
    """Return folds without rows of weight 0; with times, only later rows are tested."""
    folds = (
        make_folds(cv, rows.X, labels, rows.groups, seed, units=units)
        if rows.times is None
        else rows.times.folds(n_folds_in_time(cv), labels, units)
    )
    return without_weightless(folds, rows.weight, labels)


def _about_table(
    rows: Rows,
    labels: Labels,
    folds: Folds,
    strategies: Sequence[Strategy],
    ways: Ways,
) -> Iterator[str]:
    """Yield notes on the table that a reviewer would make."""
    X, columns = rows.X, rows.columns
    if not isinstance(labels, LabelTable):
        yield from about_labels(labels.classes)
    yield from about_columns(columns, ways, grouped=rows.groups is not None)
    for which, part in labels.each():
        for note in about_leaks(X, columns, part, ways):
            yield f"{which}{note}"
    creating = [s.name for s in strategies if s.sampler and creates(s.sampler)]
    if creating:
        yield from about_new_rows(columns, creating, ways.leave_out)
    tests = [test for _, test in folds.pairs]
    of_each = (
        f"{which}{note}"
        for which, part in labels.each()
        for note in about_order(X, columns, part, tests, ways)
    )
    yield from islice(of_each, 1)


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
        if strategy.lacks(model) is None
        and (strategy.classifier is None or name == first)
        for i, (fold, seed) in enumerate(zip(folds.pairs, seeds, strict=True))
    )
