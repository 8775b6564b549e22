"""Progress bars, shown only in terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from imbsuite.cli.streams import raw_stderr

__all__ = ["progress_bar", "stages"]


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (fits done, all fits) that updates the bar."""
    with _bar(TextColumn("fits")) as bar:
        task = bar.add_task("fits", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (stage, done, all) that updates the bar of each stage."""
    with _bar(TextColumn("{task.description:8}")) as bar:
        tasks: dict[str, TaskID] = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=None)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield update


def _bar(name: ProgressColumn) -> Progress:
    console = Console(stderr=True, file=raw_stderr())
    return Progress(
        name,
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        # Rich would put its own streams in place of those that show control characters.
        redirect_stdout=False,
        redirect_stderr=False,
    )
