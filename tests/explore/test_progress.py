"""Progress bars are shown in terminals and notebooks, and nowhere else."""

from __future__ import annotations

import io
import sys
from functools import partial
from types import SimpleNamespace

import pytest
from comparisons import compare_quickly, numeric_table

TABLE = numeric_table()
# Three folds, repeated twice, with and without the strategy.
FITS = 12


def test_no_progress_bar_without_a_terminal(capfd):
    compare_quickly(*TABLE, progress="auto")
    assert capfd.readouterr() == ("", "")


def test_terminal_shows_a_rich_progress_bar(monkeypatch, capfd):
    console = pytest.importorskip("rich.console")
    screen = io.StringIO()
    terminal = partial(console.Console, file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(console, "Console", lambda **_: terminal())
    compare_quickly(*TABLE, progress="auto")
    assert f"{FITS}/{FITS}" in screen.getvalue()
    assert capfd.readouterr().out == ""


def test_time_left_is_estimated_from_the_pace_since_the_start():
    console = pytest.importorskip("rich.console").Console(file=io.StringIO())
    from imbsuite._progress_bars import progress_bar

    now = 0.0
    bar = progress_bar(console, get_time=lambda: now, auto_refresh=False)
    fits, others = (bar.add_task(name, total=100) for name in ("fits", "others"))

    def left(task):
        column = bar.columns[-1]
        return str(column.render(bar.tasks[task]))

    now = 20.0
    assert left(fits) == "estimating the time"
    for done in range(1, 11):  # a batch of ten fits
        bar.update(fits, completed=done)
    assert left(fits) == "about 3 min left"
    now = 120.0  # one long fit
    assert left(fits) == "about 80 s left"
    now = 300.0
    assert left(fits) == "about 0 s left"
    bar.update(fits, completed=50)
    assert left(fits) == "about 5 min left"
    assert left(others) == "estimating the time"


def test_no_progress_bar_without_rich(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    compare_quickly(*TABLE, progress="auto")
    assert capfd.readouterr() == ("", "")


def test_notebook_shows_a_progress_bar(monkeypatch):
    ipython = pytest.importorskip("IPython")
    from IPython import display

    bars = []

    def show(value, *, display_id):
        assert display_id  # so that the bar is replaced, not repeated
        bars.append(value)
        return SimpleNamespace(update=bars.append)

    monkeypatch.setattr(ipython, "get_ipython", lambda: SimpleNamespace(kernel=1))
    monkeypatch.setattr(display, "display", show)
    compare_quickly(*TABLE, progress="auto")
    assert [repr(bar) for bar in bars[1:]] == [
        f"{done} of {FITS} fits" for done in range(FITS + 1)
    ]
    assert f'<progress value="{FITS}" max="{FITS}">' in bars[-1]._repr_html_()
    html = [bar._repr_html_() for bar in bars]
    assert [text.endswith(" left") for text in html[1:]] == [
        0 < n < FITS for n in range(13)
    ]


@pytest.mark.parametrize(
    ("progress", "error"), [("bar", ValueError), (True, TypeError), (5, TypeError)]
)
def test_invalid_progress_raises(progress, error):
    message = "The 'progress' parameter of compare must be None, 'auto' or a callable"
    with pytest.raises(error, match=message):
        compare_quickly(*TABLE, progress=progress)
