"""Progress bars of rich that show the time left."""

from __future__ import annotations

from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.text import Text

from imbsuite._text import duration


class TimeLeft(ProgressColumn):
    """The time that is left, at the pace since the start.

    Fits are finished in batches. Rich's own column takes the first batch for a pace of
    thousands of fits in a second, and shows that no time is left.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[int, tuple[float, float]] = {}

    def render(self, task: Task) -> Text:
        """Return the time, which is known after the first update."""
        done, elapsed = task.completed, task.elapsed or 0.0
        if not done or not task.total:
            return Text("estimating the time")
        # It is estimated at an update, and then counted down.
        if self._seen.get(task.id, (0.0, 0.0))[0] != done:
            self._seen[task.id] = done, elapsed
        since = self._seen[task.id][1]
        left = since / done * (task.total - done) - (elapsed - since)
        return Text(f"{duration(left)} left")


def progress_bar(console: Any, **options: Any) -> Progress:
    """Return bars with their names, numbers and the time left."""
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeLeft())
    return Progress(*columns, console=console, **options)
