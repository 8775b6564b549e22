"""``imbsuite compare`` and ``imbsuite demo``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite.cli.comparing_options import (
    Cache,
    CopiesOption,
    CostOption,
    Embargo,
    FoldsOption,
    Minutes,
    Ordered,
    PositiveOption,
    Repeats,
    Report,
    SampleRows,
    Strategies,
    Time,
)
from imbsuite.cli.inputs import (
    check_target,
    check_time,
    positive_label,
    read_rows,
    split_columns,
    split_labels,
)
from imbsuite.cli.lines import as_json_text, hint, note, say, shortened
from imbsuite.cli.options import (
    AsJson,
    File,
    Groups,
    Ignore,
    Jobs,
    OneTarget,
    OutputOption,
    RandomState,
    Separator,
    Targets,
    Unlabeled,
    Weights,
    check_table,
    names,
    strategy_names,
)
from imbsuite.cli.progress import progress_bar
from imbsuite.cli.streams import check_stdout

if TYPE_CHECKING:
    from imbsuite.explore import Comparison

COMPARE_EXAMPLES = """\b
Examples:
  imbsuite compare churn.csv --target churned
  imbsuite compare alarms.csv --targets pump,valve,leak
  imbsuite compare notes.csv --targets "tag_*" --report notes.html
  imbsuite compare visits.parquet --target outcome --groups patient
  imbsuite compare loans.csv --target default --time granted --embargo "90 days"
  imbsuite compare churn.csv --target churned --strategies smote,class-weight
  imbsuite compare churn.csv --target churned --positive yes
  imbsuite compare churn.csv --target churned --ignore id --ignore name
  imbsuite compare churn.csv --target churned --cost fp=1,fn=20
  imbsuite compare payments.csv --target fraud --cost fp=5,fn=amount
  imbsuite compare churn.csv --target churned --unlabeled -1 --strategies pseudo-labels
  imbsuite compare wine.csv --target grade --ordered poor,fair,good
  imbsuite compare churn.csv --target churned --json > churn.json
  imbsuite compare churn.csv --target churned --report churn.html
  imbsuite compare big.parquet --target y --sample-rows 100000
  imbsuite compare big.parquet --target y --minutes 5
"""
DEMO_EXAMPLES = """\b
Examples:
  imbsuite demo
  imbsuite demo --jobs 1 --output demo.json
  imbsuite demo --report demo.html
"""
_DEMO_INTRODUCTION = (
    "Abalone shells, 32 of 4,174 with 19 rings: does SMOTE or a tuned threshold help "
    "to find them?\nA short comparison on five folds, without repeats: less than 20 "
    "seconds on two cores."
)
# A tuned threshold is always measured. All strategies would take three times as long.
_DEMO_STRATEGIES = ["nothing", "smote"]


class _InterruptedWithResult(InterruptedError):  # noqa: N818 - not a failure
    """Ctrl-C after some folds were finished and their result was printed."""

    exit_code = 130


def compare(
    file: File,
    *,
    target: OneTarget = None,
    targets: Targets = None,
    groups: Groups = None,
    ignore: Ignore = None,
    strategies: Strategies = None,
    positive: PositiveOption = None,
    cost: CostOption = None,
    ordered: Ordered = None,
    copies: CopiesOption = None,
    time: Time = None,
    embargo: Embargo = None,
    weights: Weights = None,
    unlabeled: Unlabeled = None,
    folds: FoldsOption = 5,
    repeats: Repeats = None,
    separator: Separator = None,
    sample_rows: SampleRows = None,
    seed: RandomState = 0,
    jobs: Jobs = -1,
    minutes: Minutes = None,
    cache: Cache = None,
    as_json: AsJson = False,
    output: OutputOption = None,
    report: Report = None,
) -> None:
    """Test whether any strategy for rare classes beats doing nothing.

    Logistic regression and gradient boosting are fitted with every strategy on the same
    repeated stratified folds, or on folds in time. Resampling, corrections and
    thresholds use the training folds only.

    After Ctrl-C, the result of the finished folds is printed, no files are written, and
    the exit code is 130.
    """
    check_time(time, embargo, repeats)
    of_classes = {
        "--positive": positive,
        "--cost": cost,
        "--ordered": ordered,
        "--unlabeled": unlabeled,
        "--sample-rows": sample_rows,
    }
    check_target(target, targets, of_classes)
    rounds = 1 if time is not None else repeats or 2
    # Before libraries are loaded and the table is read, which takes seconds.
    hint(
        f"Reading {shortened(str(file))}; every strategy is then fitted on "
        f"{folds * rounds} folds. The time is estimated after the first fits."
    )

    def work() -> Comparison:
        check_table(file)
        from imbsuite.cli.costs import parse_costs
        from imbsuite.experiment.recipe import recipe
        from imbsuite.experiment.rows import check_shape
        from imbsuite.experiment.sampling import of_sample
        from imbsuite.experiment.workers import early_workers
        from imbsuite.folds.stratified import StratifiedFolds

        # Which rows have a label is known only when all rows have been read.
        rows = sample_rows if unlabeled is None else None
        frame, sizes = read_rows(
            file, target or "", groups, separator=separator, rows=rows, seed=seed
        )
        beside = {"groups": groups, "times": time, "sample_weight": weights}
        split = (
            split_columns(frame, target, beside, ignore or [], unlabeled)
            if target is not None
            else split_labels(frame, str(targets), beside, ignore or [])
        )
        X, labels, along = split.X, split.labels, split.along
        check_shape(split.of_labeled(X), labels)
        what = f"{len(labels.size_of)} {'classes' if target else 'labels'}"
        hint(f"{len(X):,} rows, {X.shape[1]:,} columns, {what}.")
        pos_label = None if target is None else positive_label(positive, split, sizes)
        options = {
            **along,
            "embargo": _as_embargo(embargo),
            "pos_label": pos_label,
            "strategies": None if strategies is None else strategy_names(strategies),
            "cost": None
            if cost is None
            else parse_costs(cost, X.columns, labels.classes.tolist()),
            "ordered": None if ordered is None else names(ordered),
            "copies": copies,
            "cv": StratifiedFolds(folds, rounds) if time is None else folds,
            "random_state": seed,
            "budget": None if minutes is None else 60 * minutes,
            "unlabeled": split.unlabeled,
            "sample_rows": sample_rows if rows is None else None,
        }
        with early_workers(jobs) as wait:
            comparison = _compare(X, split.y, wait, jobs, cache, **options)
        if sizes is not None:
            comparison = of_sample(comparison, sizes)
        code = _reading_code(
            file,
            X,
            target or split.y,
            beside,
            left_out=split.left_out,
            separator=separator,
        )
        options |= {"sample_rows": sample_rows}
        code = recipe(options, code, defined=[*beside])
        return replace(comparison, recipe=code)

    _deliver(work, as_json=as_json, output=output, report=report)


def demo(
    *,
    seed: RandomState = 0,
    jobs: Jobs = -1,
    as_json: AsJson = False,
    output: OutputOption = None,
    report: Report = None,
) -> None:
    """Run a short comparison on an included table.

    SMOTE and a tuned threshold are compared with doing nothing, on five folds, without
    repeats.
    """
    # Before libraries are loaded, which takes seconds.
    note(_DEMO_INTRODUCTION)
    from imbsuite.experiment.workers import early_workers

    def work() -> Comparison:
        with early_workers(jobs) as wait:
            from imbsuite.datasets import load_abalone19
            from imbsuite.folds.stratified import StratifiedFolds

            X, y = load_abalone19(return_X_y=True)
            few = {"strategies": _DEMO_STRATEGIES, "cv": StratifiedFolds(5, 1)}
            return _compare(X, y, wait, jobs, **few, random_state=seed)

    _deliver(work, as_json=as_json, output=output, report=report)


def _reading_code(
    file: Path,
    X: Any,
    target: Any,
    beside: Mapping[str, str | None],
    *,
    left_out: Sequence[Any],
    separator: str | None,
) -> str:
    """Return Python code that reads X, y and the other arguments from a file.

    ``target``: the name of a column, or a dataframe of labels.
    """
    kind = "parquet" if file.suffix in {".parquet", ".pq"} else "csv"
    separator = separator or ("\t" if ".tsv" in file.suffixes else None)
    options = {}
    if kind == "csv":
        dates = X.select_dtypes(["datetime", "datetimetz"]).columns.tolist()
        options = {"sep": separator, "parse_dates": dates}
    listed = [f", {name}={value!a}" for name, value in options.items() if value]
    lines = [
        "import pandas",
        "",
        f"X = pandas.read_{kind}({str(file)!a}{''.join(listed)})",
    ]
    if isinstance(target, str):
        lines.append(f"y = X.pop({target!a})")
    else:
        lines += [
            f"labels = {list(target.columns)!a}",
            "y = X[labels]",
            "X = X.drop(columns=labels)",
        ]
    lines += [
        f"{name} = X.pop({column!a})"
        for name, column in beside.items()
        if column is not None
    ]
    if left_out:
        lines.append(f"X = X.drop(columns={left_out!a})")
    return "\n".join(lines)


def _as_embargo(text: str | None) -> float | str | None:
    """Return a number if the text is one, else the text."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _compare(
    X: Any,
    y: Any,
    wait: Callable[[], None],
    jobs: int,
    cache: Any = None,
    **options: Any,
) -> Comparison:
    from imbsuite.experiment.options import Options
    from imbsuite.explore.with_options import compare_with

    wait()
    with progress_bar() as progress, warnings.catch_warnings():
        # The notes of the result repeat the warnings.
        warnings.simplefilter("ignore", UserWarning)
        return compare_with(
            X,
            y,
            Options(**options),
            n_jobs=jobs,
            cache=cache,
            progress=progress,
            in_shell=True,
        )


def _deliver(
    work: Callable[[], Comparison],
    *,
    as_json: bool,
    output: Path | None,
    report: Path | None,
) -> None:
    from imbsuite._extras import need
    from imbsuite.files.atomic import atomic_write

    _check_two_files(output, report)
    as_json = as_json or (output is not None and output.suffix == ".json")
    with ExitStack() as files:
        stream: Any = None
        if output is None:
            check_stdout()
        else:
            stream = files.enter_context(atomic_write(output))
        page: Any = None
        if report is not None:
            # Raise before the fits, as for a path that cannot be written.
            need("jinja2")
            page = files.enter_context(atomic_write(report))
        comparison = work()
        text = as_json_text(comparison.to_dict()) if as_json else str(comparison)
        _print_partial(comparison, text)
        if stream is not None:
            stream.write(f"{text}\n")
        if page is not None:
            from imbsuite.report import as_page

            page.write(as_page(comparison))
    # Files are in place before a closed pipe may end the program.
    if output is None:
        say(text)


def _check_two_files(output: Path | None, report: Path | None) -> None:
    if output and report and realpath(output) == realpath(report):
        msg = (
            f"--output and --report must be different files. Got {output} for both "
            "instead."
        )
        raise ValueError(msg)


def _print_partial(comparison: Comparison, text: str) -> None:
    """Print an interrupted result and raise; files are either complete or not written."""
    done, planned = comparison.finished
    if done < planned and comparison.interrupted:
        say(text)
        msg = f"interrupted after {done} of {planned} fits; no file was written."
        raise _InterruptedWithResult(msg)
