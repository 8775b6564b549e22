"""A progress bar in a notebook or a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from imbsuite._text import duration
from imbsuite.experiment.running import FitProgress

__all__ = ["check_progress", "watched"]


def check_progress(progress: Any) -> None:
    """Raise an error if ``progress`` is not None, "auto" or a callable."""
    if progress is None or callable(progress) or progress == "auto":
        return
    msg = (
        "The 'progress' parameter of compare must be None, 'auto' or a callable of "
        f"(done, total). Got {progress!r} instead."
    )
    raise TypeError(msg) if not isinstance(progress, str) else ValueError(msg)


@contextmanager
def watched(progress: Any) -> Iterator[FitProgress | None]:
    """Yield the function that reports fits; for "auto", it draws a progress bar."""
    if progress != "auto":
        yield progress
    elif _in_notebook():
        yield _in_cell()
    else:
        with _in_terminal() as update:
            yield update


def _in_notebook() -> bool:
    """Return whether the code runs in a Jupyter kernel, which shows HTML."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython and ipython.get_ipython(), "kernel")


@dataclass(frozen=True)
class _Bar:
    """The bar below a cell; a browser draws it without a widget."""

    done: int
    total: int
    seconds: float = 0.0

    def __repr__(self) -> str:
        return f"{self.done} of {self.total} fits"

    def _repr_html_(self) -> str:
        bar = f'<progress value="{self.done}" max="{self.total}"></progress>'
        if not 0 < self.done < self.total:
            return f"{bar} {self}"
        left = self.seconds / self.done * (self.total - self.done)
        return f"{bar} {self}, {duration(left)} left"


def _in_cell() -> FitProgress:
    from IPython.display import display

    handle: Any = display(_Bar(0, 1), display_id=True)  # type: ignore[no-untyped-call]
    started = time.monotonic()
    return lambda done, total: handle.update(
        _Bar(done, total, time.monotonic() - started)
    )


@contextmanager
def _in_terminal() -> Iterator[FitProgress | None]:
    """Yield the function that updates a rich bar on stderr.

    None if rich is not installed or stderr is not a terminal.
    """
    try:
        from rich.console import Console

        from imbsuite._progress_bars import progress_bar
    except ImportError:
        yield None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with progress_bar(console) as bar:
        task = bar.add_task("fits", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
