"""The command line: a thin layer that reads, calls, and writes."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

try:
    import typer
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TimeRemainingColumn,
    )
except ModuleNotFoundError as error:
    _missing = str(error.name).partition(".")[0]
    if _missing not in {"typer", "rich"}:
        raise
    # The console script imports this module before it can call main(), so this is the
    # only place where a sentence can stand for a traceback.
    _sentence = f"imbsuite: this needs {_missing}; run pip install 'imbsuite[cli]'."
    raise SystemExit(_sentence) from None

if TYPE_CHECKING:
    from imbsuite.explore import Comparison

__all__ = ["app", "main"]

_INTERRUPTED = 130

_COMPARE_EXAMPLES = """\b
Examples:
  imbsuite compare churn.csv --target churned
  imbsuite compare visits.parquet --target outcome --groups patient --jobs -1
  imbsuite compare churn.csv --target churned --strategies smote,class-weight
  imbsuite compare churn.csv --target churned --cost fp=1,fn=20
  imbsuite compare wine.csv --target grade --ordered poor,fair,good
  imbsuite compare churn.csv --target churned --json > churn.json
"""
_DEMO_EXAMPLES = """\b
Examples:
  imbsuite demo
  imbsuite demo --jobs 1 --output demo.json
"""
_DEMO_INTRODUCTION = (
    "Abalone shells, 32 of 4,174 with 19 rings: does any treatment of the rare class "
    "help to find them?"
)

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

File = Annotated[Path, typer.Argument(help="A CSV or Parquet file.")]
Target = Annotated[str, typer.Option(help="The column to predict.")]
Groups = Annotated[
    str | None,
    typer.Option(help="A column whose groups no fold splits; it is no feature."),
]
Strategies = Annotated[
    str | None,
    typer.Option(
        help="Names, separated by commas: class-weight, random-over, random-under, "
        "smote, borderline-smote, smote-enn.",
        show_default="all",
    ),
]
Cost = Annotated[
    str | None,
    typer.Option(
        help="What mistakes cost, for two classes, such as fp=1,fn=20; also tp and tn.",
        show_default="not asked",
    ),
]
Ordered = Annotated[
    str | None,
    typer.Option(
        help="The labels of ordered classes, from the first to the last, separated by "
        "commas.",
        show_default="no order",
    ),
]
Folds = Annotated[int, typer.Option(min=2, help="Folds of a cross-validation.")]
Repeats = Annotated[int, typer.Option(min=1, help="How often to repeat it.")]
Separator = Annotated[
    str | None,
    typer.Option(help="Between the fields of a CSV file.", show_default="comma"),
]
RandomState = Annotated[
    int, typer.Option("--seed", min=0, help="Same seed, same result.")
]
Jobs = Annotated[int, typer.Option(help="Fits at a time; -1: one on each core.")]
AsJson = Annotated[bool, typer.Option("--json", help="Give JSON instead of text.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Write to this file instead of standard output; one that ends in .json "
        "gets JSON.",
    ),
]


@app.callback()
def imbsuite() -> None:
    """Learn from rare classes in tables."""


@app.command(epilog=_COMPARE_EXAMPLES)
def compare(
    file: File,
    *,
    target: Target,
    groups: Groups = None,
    strategies: Strategies = None,
    cost: Cost = None,
    ordered: Ordered = None,
    folds: Folds = 5,
    repeats: Repeats = 2,
    separator: Separator = None,
    seed: RandomState = 0,
    jobs: Jobs = 1,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Say whether any treatment of rare classes beats doing nothing.

    Logistic regression and gradient boosting, each with every strategy, on the same
    repeated stratified folds; resampling, corrections and thresholds inside each
    training fold only.
    """
    from imbsuite.explore.folds import StratifiedFolds

    def work() -> Comparison:
        X, y, grouping = _read(file, target, groups, separator)
        return _compare(
            X,
            y,
            groups=grouping,
            strategies=None if strategies is None else _names(strategies),
            cost=None if cost is None else _costs(cost),
            ordered=None if ordered is None else _names(ordered),
            cv=StratifiedFolds(folds, repeats),
            random_state=seed,
            n_jobs=jobs,
        )

    _give(work, as_json=as_json, output=output)


@app.command(epilog=_DEMO_EXAMPLES)
def demo(
    *,
    seed: RandomState = 0,
    jobs: Jobs = -1,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Run the comparison on a table that comes with the package."""
    from imbsuite.datasets import load_abalone19

    def work() -> Comparison:
        X, y = load_abalone19(return_X_y=True)
        return _compare(X, y, random_state=seed, n_jobs=jobs)

    typer.echo(_DEMO_INTRODUCTION, err=True)
    _give(work, as_json=as_json, output=output)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are a line or two.

    Parameters
    ----------
    arguments : sequence of str, default=None
        None: those that the program was called with.
    """
    for stream in (sys.stdout, sys.stderr):
        _never_refuse(stream)
    try:
        code = app(args=arguments, prog_name="imbsuite", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a user gets a sentence, no traceback
        typer.echo(f"imbsuite: {_said(error)}", err=True)
        return getattr(error, "exit_code", 1)
    if code == _INTERRUPTED:
        typer.echo("imbsuite: interrupted; nothing was written.", err=True)
    return code or 0


def _read(
    file: Path, target: str, groups: str | None, separator: str | None
) -> tuple[Any, Any, Any]:
    """Return the features, the target and the groups."""
    from imbsuite.explore.labels import check_labels
    from imbsuite.explore.reading import column, read_table

    X = read_table(file, separator=separator)
    y = X.pop(column(X, target, "--target"))
    grouping = None if groups is None else X.pop(column(X, groups, "--groups"))
    return X, check_labels(y, f"column {target!r}").values, grouping


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",")]


def _costs(listed: str) -> dict[str, float]:
    """Return ``{"fp": 1.0, "fn": 20.0}`` for "fp=1,fn=20"."""
    pairs = [entry.partition("=") for entry in _names(listed)]
    try:
        return {name.strip(): float(value) for name, _, value in pairs}
    except ValueError:
        msg = f"--cost {listed} is not of the form fp=1,fn=20."
        raise ValueError(msg) from None


def _compare(X: Any, y: Any, **options: Any) -> Comparison:
    from imbsuite.explore import compare as run

    with _progress_bar() as progress, warnings.catch_warnings():
        # The notes of the result say the same.
        warnings.simplefilter("ignore", UserWarning)
        return run(X, y, progress=progress, **options)


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None]]:
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = console.is_terminal
    with Progress("fits", *columns, console=console, disable=not shown) as bar:
        task = bar.add_task("fits", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _give(
    work: Callable[[], Comparison], *, as_json: bool, output: Path | None
) -> None:
    from imbsuite.explore.writing import written

    as_json = as_json or (output is not None and output.suffix == ".json")
    with nullcontext(sys.stdout) if output is None else written(output) as stream:
        found = work()
        stream.write(f"{_json(found) if as_json else found}\n")


def _json(comparison: Comparison) -> str:
    return json.dumps(comparison.to_dict(), indent=1, allow_nan=False)


def _said(error: Exception) -> str:
    # A wrong option: typer and click word the message on demand.
    if hasattr(error, "format_message"):
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "imbsuite"
        return f"{error.format_message().rstrip('.')}. Try '{path} --help'."
    text = " ".join(str(error).split())
    expected = isinstance(error, (ValueError, TypeError, OSError, ImportError))
    return text if expected and text else f"{type(error).__name__}: {text}"


def _never_refuse(stream: Any) -> None:
    # A terminal of another encoding shows a question mark rather than an error.
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
