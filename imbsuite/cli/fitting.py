"""``imbsuite fit``."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from imbsuite._text import on_one_line
from imbsuite.cli.comparing_options import (
    CostOption,
    FoldsOption,
    Minutes,
    PositiveOption,
    Strategies,
    Time,
    sample_rows_option,
)
from imbsuite.cli.inputs import (
    check_time,
    one_target,
    positive_label,
    read_rows,
    split_columns,
)
from imbsuite.cli.lines import (
    as_json_text,
    columns_of_text,
    hint,
    items_of_text,
    say,
    shortened,
)
from imbsuite.cli.options import (
    File,
    Force,
    Groups,
    Ignore,
    Jobs,
    NoTargets,
    OneTarget,
    RandomState,
    Separator,
    Unlabeled,
    Weights,
    check_table,
    strategy_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from imbsuite._classes import Labels
    from imbsuite.explore.strategy_search import StrategySearchCV

FIT_EXAMPLES = """\b
Examples:
  imbsuite fit churn.csv --target churned --out churn.skops
  imbsuite fit churn.csv --target churned --out churn.skops --for f1
  imbsuite fit payments.csv --target fraud --out fraud.skops --cost fp=5,fn=amount
  imbsuite fit visits.csv --target ill --out ill.skops --recall 0.9 --groups patient
"""
# A search on more rows takes a long time, and more than 2 GB.
_MOST_ROWS = 100_000
_SUFFIX = ".skops"

Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help=(
            "The file of the model, with the suffix .skops; a model card is written "
            "next to it, as JSON and Markdown."
        ),
    ),
]
For = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="METRIC",
        help="Choose the strategy by this metric, such as f1 or roc_auc; if it measures "
        "labels, thresholds are tuned for it.",
        show_default="average_precision, with thresholds for balanced accuracy",
    ),
]
Recall = Annotated[
    float | None,
    typer.Option(
        help="The minimum recall; thresholds are tuned for the best precision.",
        show_default="none",
    ),
]
FitSampleRows = Annotated[
    int | None, sample_rows_option(f"{_MOST_ROWS}; with --unlabeled, all rows")
]
Repeats = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1000,
        help="Number of repeats of the cross-validation; not with --time.",
        show_default="1",
    ),
]


class _Decision(NamedTuple):
    """The metric of the thresholds, and the metric that chooses the strategy."""

    decide: Any
    scoring: Any
    sentence: str


def fit(
    file: File,
    *,
    target: OneTarget = None,
    targets: NoTargets = None,
    out: Out,
    metric: For = None,
    cost: CostOption = None,
    recall: Recall = None,
    positive: PositiveOption = None,
    groups: Groups = None,
    weights: Weights = None,
    unlabeled: Unlabeled = None,
    ignore: Ignore = None,
    time: Time = None,
    strategies: Strategies = None,
    folds: FoldsOption = 5,
    repeats: Repeats = None,
    separator: Separator = None,
    sample_rows: FitSampleRows = None,
    seed: RandomState = 0,
    jobs: Jobs = -1,
    minutes: Minutes = None,
    force: Force = False,
) -> None:
    """Choose, fit and save a model for rare classes.

    Models and strategies are compared as in imbsuite compare. The chosen sampler, model,
    correction of probabilities and thresholds are fitted to all rows as one classifier.
    """
    target = one_target(target, targets)
    _check_decision(metric, cost, recall)
    check_time(time, None, repeats)
    if unlabeled is not None and sample_rows is not None:
        msg = "--sample-rows cannot be used with --unlabeled, which needs all rows."
        raise typer.BadParameter(msg)
    check_table(file)
    paths = _paths(out, force=force)
    hint(f"Reading {shortened(str(file))}; strategies are then compared.")
    from imbsuite._extras import need
    from imbsuite.experiment.weights import read_weights
    from imbsuite.files.atomic import atomic_write
    from imbsuite.folds.stratified import StratifiedFolds

    need("skops.io", extra="models")
    with ExitStack() as files:
        # A path that cannot be written is an error before the fits.
        streams = [files.enter_context(atomic_write(p, binary=True)) for p in paths]
        # All rows are used if the table has fewer, or if some rows have no label.
        rows = sample_rows or _MOST_ROWS if unlabeled is None else None
        frame, sizes = read_rows(
            file, target, groups, separator=separator, rows=rows, seed=seed
        )
        beside = {"groups": groups, "times": time, "sample_weight": weights}
        split = split_columns(frame, target, beside, ignore or [], unlabeled)
        X, labels, along = split.X, split.labels, split.along
        along["sample_weight"] = read_weights(along["sample_weight"], len(X))
        label = positive_label(positive, split, sizes)
        decision = _decision(metric, cost, recall, X.columns, (labels.classes, label))
        say(decision.sentence)
        _say_sampled(len(X), sizes)
        options = {
            "cv": folds if time else StratifiedFolds(folds, repeats or 1),
            "strategies": None if strategies is None else strategy_names(strategies),
            "scoring": decision.scoring,
            "decide": decision.decide,
            "pos_label": label,
            "n_jobs": jobs,
            "budget": None if minutes is None else 60 * minutes,
            "unlabeled": split.unlabeled,
            "random_state": seed,
        }
        search = _search(X, split.y, along, options)
        of_labeled = {name: split.of_labeled(of) for name, of in along.items()}
        about = (file.name, split.of_labeled(X), labels, of_labeled)
        contents, card = _contents(search, about, target, decision.sentence)
        for stream, content in zip(streams, contents, strict=True):
            stream.write(content)
    say(_summary(card, paths))


def _check_decision(metric: str | None, cost: str | None, recall: float | None) -> None:
    options = {"--for": metric, "--cost": cost, "--recall": recall}
    named = [name for name, value in options.items() if value is not None]
    if len(named) > 1:
        msg = f"{' and '.join(named)} cannot be used together; choose one."
        raise typer.BadParameter(msg)
    if recall is not None and not 0 < recall <= 1:
        msg = f"--recall must be in (0, 1]. Got {recall:g} instead."
        raise typer.BadParameter(msg)


def _paths(out: Path, *, force: bool) -> list[Path]:
    """Return the files of the model and its card; raise if one must not be written."""
    if out.suffix != _SUFFIX:
        msg = f"--out must end in {_SUFFIX}. Got {out} instead."
        raise ValueError(msg)
    paths = [out, out.with_suffix(".json"), out.with_suffix(".md")]
    for path in paths:
        if path.exists() and not force:
            msg = f"{path} exists already; add --force to replace it."
            raise FileExistsError(msg)
    return paths


def _say_sampled(n_rows: int, sizes: dict[Any, int] | None) -> None:
    n_all = sum((sizes or {}).values())
    if n_all > n_rows:
        say(
            f"Fitted to a sample of {n_rows:,} of {n_all:,} rows; --sample-rows changes "
            "its size."
        )


def _decision(
    metric: str | None,
    cost: str | None,
    recall: float | None,
    columns: Iterable[Any],
    classes: tuple[NDArray[Any], Any],
) -> _Decision:
    """Return the decision of the options; ``classes``: all labels, positive label."""
    from imbsuite.choice.cost_scorer import CostScorer
    from imbsuite.cli.costs import parse_costs
    from imbsuite.scoring.scorers import choose_metrics

    labels = classes[0].tolist()
    if cost is not None:
        costs = parse_costs(cost, columns, labels)
        scorer = CostScorer(costs, classes[0], labels.index(classes[1]))
        return _Decision(costs, scorer, f"Decision: least expected cost ({cost}).")
    if recall is not None:
        return _Decision(
            {"recall": recall},
            "average_precision",
            f"Decision: the best precision at a recall of at least {recall:g}.",
        )
    if metric is None:
        scoring = "roc_auc" if len(labels) > 2 else "average_precision"
        sentence = (
            "Decision: thresholds for balanced accuracy, because none of --for, "
            "--cost and --recall is given."
        )
        return _Decision("balanced_accuracy", scoring, sentence)
    try:
        (chosen, *_) = choose_metrics([metric])
    except ValueError as error:
        msg = f"--for must be the name of a metric. Got {metric!r} instead: {error}"
        raise ValueError(msg) from error
    tuned = chosen.tunes or "balanced_accuracy"
    sentence = (
        f"Decision: thresholds for {tuned}, the metric by which strategies are chosen."
    )
    if chosen.tunes is None:
        sentence = (
            f"Decision: thresholds for {tuned}; strategies are chosen by {metric}."
        )
    return _Decision(tuned, metric, sentence)


def _search(
    X: Any, y: Any, along: dict[str, Any], options: dict[str, Any]
) -> StrategySearchCV:
    from imbsuite.explore.strategy_search import StrategySearchCV

    with warnings.catch_warnings():
        # The notes of the card repeat the warnings.
        warnings.simplefilter("ignore", UserWarning)
        return StrategySearchCV(**options).fit(X, y, **along)


def _contents(
    search: StrategySearchCV,
    about: tuple[str, Any, Labels, dict[str, Any]],
    target: str,
    decision: str,
) -> tuple[list[bytes], dict[str, Any]]:
    """Return the contents of each file, and the card."""
    from imbsuite.persistence import column_types
    from imbsuite.persistence.card import Fit, as_markdown, make_card
    from imbsuite.persistence.model_file import pack, unpack

    content = pack(
        search.best_estimator_,
        columns=column_types(about[1]),
        target=target,
        positive=getattr(search, "pos_label_", None),
    )
    # The card describes the model as it is loaded from the file.
    model = unpack(content, "the model")
    pair = (search.best_model_, search.best_strategy_)
    card = make_card(Fit(*about, search.comparison_, pair, decision), model)
    texts = [as_json_text(card), as_markdown(card)]
    return [content, *(text.encode() for text in texts)], card


def _summary(card: dict[str, Any], paths: list[Path]) -> str:
    labels = [shortened(label) for label in card["expected"]["labels"]]
    rows = card["expected"]["of_1000"]
    table = columns_of_text(
        ["class", *labels],
        *(
            [f"predicted {label}", *(f"{row[j]:.1f}" for row in rows)]
            for j, label in enumerate(labels)
        ),
    )
    lines = [
        f"{card['model']}, strategy: {card['strategy']}.",
        "",
        "Expected for 1,000 rows (cross-validated)",
        *table,
        "",
    ]
    threshold = card["decision"]["threshold"]
    if threshold is not None:
        positive = shortened(card["data"]["positive"])
        lines += [f"Threshold on the probability of {positive}: {threshold:.4g}", ""]
    if card["notes"]:
        lines += ["Notes", *items_of_text(card["notes"]), ""]
    model, *cards = (on_one_line(path) for path in paths)
    return "\n".join([*lines, f"{model}: the model; its card: {', '.join(cards)}."])
