"""Progress bars, shown only in terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.console import Console

from imbsuite._progress_bars import progress_bar as new_bars
from imbsuite.cli.streams import raw_stderr


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (fits done, all fits) that updates the bar."""
    with stages() as update:
        update("fits", 0, 0)
        yield partial(update, "fits")


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (stage, done, all) that updates the bar of each stage.

    The bar of a stage is indeterminate as long as ``all`` is 0.
    """
    console = Console(stderr=True, file=raw_stderr())
    with new_bars(
        console,
        disable=not console.is_terminal,
        # Rich would replace the streams that make control characters visible.
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        tasks = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=None)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield update
