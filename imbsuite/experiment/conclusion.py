"""Combine the outcomes of single fits into the result of an experiment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from imbsuite._classes import Labels
from imbsuite._extras import need
from imbsuite._types import Floats
from imbsuite.decision.costs import Costs
from imbsuite.experiment.evidence import ClassChange, Predictions, kept_classes
from imbsuite.experiment.fit_task import FitOutcome, Setting, Task
from imbsuite.experiment.notes import about_ending, about_fits
from imbsuite.experiment.recipe import recipe, versions
from imbsuite.experiment.result import Candidate, Pair, Result
from imbsuite.experiment.running import FinishedFits
from imbsuite.experiment.setup import Experiment
from imbsuite.experiment.strategies import NOTHING, TUNED, Strategy
from imbsuite.folds.stratified import Folds
from imbsuite.scoring.label_table import LabelTable


def conclude(experiment: Experiment, finished: FinishedFits) -> Result:
    """Return the result: scores, predictions and notes.

    Raises
    ------
    ValueError
        If a model could not be fitted on any fold, even without resampling, or if the
        budget ended before a single fold was complete.
    KeyboardInterrupt
        If the fits were interrupted before a single fold was complete.
    """
    tasks, folds = experiment.tasks, experiment.folds
    labels = experiment.setting.labels
    outcomes = _of_whole_folds(finished, tasks)
    n_fits = sum(_fits_by_fold(finished.outcomes).values())
    outcomes += _for_other_models(outcomes, experiment.models, experiment.strategies)
    _refuse_broken_models(outcomes)
    n_rows, n_columns = experiment.shape
    table = (
        f"# X: the table, {n_rows:,} rows and {n_columns:,} columns; y: their labels."
    )
    classes = labels.classes.tolist()
    names = labels.names if isinstance(labels, LabelTable) else ()
    parts = [part for s in experiment.strategies for part in (s.sampler, s.classifier)]
    return Result(
        scores=_scores(outcomes),
        metrics=experiment.setting.metrics,
        class_sizes=labels.size_of,
        positive=None if labels.positive is None else classes[labels.positive],
        test_train_ratio=folds.test_train_ratio,
        notes=(
            *about_ending(
                outcomes,
                n_fits,
                len(tasks),
                len(folds.pairs),
                interrupted=finished.interrupted,
            ),
            *experiment.notes,
            *about_fits(outcomes),
        ),
        predictions=_predictions(outcomes, labels, folds),
        columns=experiment.columns,
        class_changes=_class_changes(outcomes),
        recipe=recipe(vars(experiment.options), table),
        versions=versions([*experiment.models.values(), *parts]),
        seed=experiment.options.random_state,
        finished=(n_fits, len(tasks)),
        interrupted=finished.interrupted,
        table_sizes=experiment.table_sizes,
        candidates=_candidates(experiment, outcomes),
        cost=experiment.options.cost,
        # Rows that are ordered in time are not independent.
        influences=_influences(outcomes) if experiment.setting.times is None else {},
        n_units=_rarest(experiment.setting),
        weighted=experiment.setting.weight is not None,
        unlabeled=experiment.options.unlabeled,
        row_costs=_row_costs(experiment.setting),
        label_names=names,
        n_rows=len(labels.codes),
        label_scores=_label_scores(outcomes, names),
    )


def _row_costs(setting: Setting) -> Floats | None:
    """Return the costs of rows, for decisions about two classes."""
    costs = next((m.tunes for m in setting.metrics if m.name == "cost"), None)
    if not isinstance(costs, Costs) or costs.is_fixed or len(costs.labels) != 2:
        return None
    return costs.table(setting.X)


def _rarest(setting: Setting) -> int:
    """Return the number of units in the smallest class, without rows of weight 0."""
    units, rows = setting.units, np.arange(len(setting.labels.codes))
    if setting.weight is not None:
        rows = np.flatnonzero(setting.weight)
        units = units.take(rows)
    return min(
        int(units.sizes(part.codes[rows], len(part.classes)).min())
        for _, part in setting.labels.each()
    )


def _candidates(
    experiment: Experiment, outcomes: Sequence[FitOutcome]
) -> dict[Pair, Candidate]:
    """Return the candidate for each pair of names."""
    strategies = {strategy.name: strategy for strategy in experiment.strategies}
    strategies[TUNED] = strategies[NOTHING]  # its fits, with another threshold
    seed, labels = experiment.tasks[0].seed, experiment.setting.labels
    as_in_y = labels.originals or labels.classes.tolist()
    pos_label = None if labels.positive is None else as_in_y[labels.positive]
    return {
        (o.model, o.strategy): Candidate(
            experiment.models[o.model], strategies[o.strategy], seed, pos_label
        )
        for o in outcomes
    }


def _scores(outcomes: Sequence[FitOutcome]) -> Any:
    return need("pandas").DataFrame(
        outcome.place | {"metric": name, "value": value}
        for outcome in outcomes
        for name, value in outcome.values.items()
    )


def _label_scores(outcomes: Sequence[FitOutcome], names: Sequence[Any]) -> Any:
    """Return the metrics of each label in long format; None for a target of classes."""
    if not names:
        return None
    return need("pandas").DataFrame(
        outcome.place | {"label": name, "metric": metric, "value": value}
        for outcome in outcomes
        for metric, values in outcome.by_label.items()
        for name, value in zip(names, values.tolist(), strict=True)
    )


def _influences(
    outcomes: Sequence[FitOutcome],
) -> dict[tuple[str, str, str], dict[int, Any]]:
    by_fold: dict[tuple[str, str, str], dict[int, Any]] = {}
    for outcome in outcomes:
        for metric, of_blocks in outcome.influences.items():
            key = outcome.model, outcome.strategy, metric
            by_fold.setdefault(key, {})[outcome.number] = of_blocks
    return by_fold


def _for_other_models(
    outcomes: Sequence[FitOutcome],
    models: Mapping[str, Any],
    chosen: Sequence[Strategy],
) -> list[FitOutcome]:
    """Return copies, for the other models, of outcomes that all models share."""
    shared = {strategy.name for strategy in chosen if strategy.classifier is not None}
    _, *others = models
    return [
        replace(outcome, model=other, remarks=())
        for other in others
        for outcome in outcomes
        if outcome.strategy in shared
    ]


def _of_whole_folds(finished: FinishedFits, tasks: Sequence[Task]) -> list[FitOutcome]:
    """Return the outcomes of folds that all strategies and models have finished.

    Raises
    ------
    KeyboardInterrupt, ValueError
        If there is no such fold, after an interruption or at the end of a budget.
    """
    planned = Counter(task.number for task in tasks)
    done = _fits_by_fold(finished.outcomes)
    whole = {number for number in planned if done[number] == planned[number]}
    if not whole and finished.interrupted:
        raise KeyboardInterrupt
    if not whole:
        msg = (
            f"The budget ended after {finished.seconds:.3g} s, before a fold was finished "
            f"({sum(done.values())} fits of {max(planned.values())} in a fold). Raise the "
            "budget ('budget', --minutes), or measure fewer strategies or fewer rows "
            "('sample_rows', --sample-rows)."
        )
        raise ValueError(msg)
    return [outcome for outcome in finished.outcomes if outcome.number in whole]


def _fits_by_fold(outcomes: Sequence[FitOutcome]) -> Counter[int]:
    """Return the number of fits of each fold; a fit may have several outcomes."""
    fits = {(outcome.model, outcome.of, outcome.number) for outcome in outcomes}
    return Counter(number for *_, number in fits)


def _refuse_broken_models(outcomes: Sequence[FitOutcome]) -> None:
    """Raise ValueError if a model, or a scorer, fails on every fold of the baseline."""
    nothing = [outcome for outcome in outcomes if outcome.strategy == NOTHING]
    measured = {outcome.model for outcome in nothing if not outcome.failure}
    for outcome in nothing:
        if outcome.model not in measured:
            what = (
                "was fitted, and not measured on any fold"
                if outcome.by_scorer
                else "could not be fitted and measured on any fold, even without resampling"
            )
            msg = f"{outcome.model} {what}: {outcome.failure}"
            raise ValueError(msg)


def _predictions(
    outcomes: Sequence[FitOutcome], labels: Labels, folds: Folds
) -> tuple[Predictions, ...]:
    """Return the probabilities of each model and strategy, all folds together."""
    parts: dict[tuple[str, str], list[FitOutcome]] = {}
    for outcome in outcomes:
        if outcome.proba is not None:
            parts.setdefault((outcome.model, outcome.strategy), []).append(outcome)
    return tuple(_join(by_fold, labels, folds) for by_fold in parts.values())


def _join(outcomes: Sequence[FitOutcome], labels: Labels, folds: Folds) -> Predictions:
    tests = [folds.pairs[outcome.number][1] for outcome in outcomes]
    rows = np.concatenate(tests)
    return Predictions(
        model=outcomes[0].model,
        strategy=outcomes[0].strategy,
        rows=rows,
        fold=np.repeat([outcome.number for outcome in outcomes], [*map(len, tests)]),
        truth=labels.codes[rows],
        labels=tuple(labels.classes[kept_classes(labels)].tolist()),
        proba=np.concatenate([outcome.proba for outcome in outcomes]),
        corrected=np.concatenate([outcome.corrected for outcome in outcomes]),
    )


def _class_changes(outcomes: Sequence[FitOutcome]) -> tuple[ClassChange, ...]:
    """Return the class changes of each sampler once: all models have the same ones."""
    by_strategy: dict[str, tuple[ClassChange, ...]] = {}
    for outcome in outcomes:
        if outcome.class_changes:
            by_strategy.setdefault(outcome.strategy, outcome.class_changes)
    return tuple(change for changes in by_strategy.values() for change in changes)
