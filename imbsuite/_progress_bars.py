"""Progress bars of rich that show the remaining time."""

from __future__ import annotations

from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.text import Text

from imbsuite._text import duration


class TimeLeft(ProgressColumn):
    """The remaining time, at the mean pace since the start.

    Fits finish in batches. From the first batch, rich's own column would estimate a
    pace of thousands of fits per second, and show that no time is left.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[int, tuple[float, float]] = {}

    def render(self, task: Task) -> Text:
        """Return the remaining time, which is known after the first update."""
        done, elapsed = task.completed, task.elapsed or 0.0
        if not done or not task.total:
            return Text("estimating the time")
        # The time is estimated at each update, and counted down between updates.
        if self._seen.get(task.id, (0.0, 0.0))[0] != done:
            self._seen[task.id] = done, elapsed
        since = self._seen[task.id][1]
        left = since / done * (task.total - done) - (elapsed - since)
        return Text(f"{duration(left)} left")


def progress_bar(console: Any, **options: Any) -> Progress:
    """Return progress bars that show descriptions, counts and the remaining time."""
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeLeft())
    return Progress(*columns, console=console, **options)
