"""Signals that end the program, which unwinds so that nothing is left behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# SIGHUP is sent when a terminal is closed; Windows does not have it.
_SIGNALS = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
]
_DEFAULTS: dict[int, Any] = dict.fromkeys(_SIGNALS, signal.SIG_DFL)
_DEFAULTS[signal.SIGINT] = signal.default_int_handler


class Terminated(BaseException):
    """Another process has asked this one to end."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number
        super().__init__(f"terminated by {signal.Signals(number).name}.")


@contextmanager
def unwinding() -> Iterator[None]:
    """Raise Terminated at SIGTERM and SIGHUP, as Python raises KeyboardInterrupt.

    By default, both end Python at once and leave processes, semaphores and unfinished
    files behind. After either of them, or SIGINT, errors of other threads are not
    shown.
    """
    # Only the main thread can handle signals. Handlers of nohup and of embedding
    # programs are kept.
    main = threading.current_thread() is threading.main_thread()
    taken = [n for n, d in _DEFAULTS.items() if main and signal.getsignal(n) == d]
    hook = threading.excepthook
    for number in taken:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, _DEFAULTS[number])
        threading.excepthook = hook


def _raise(number: int, frame: Any) -> None:
    # Threads of pools may fail when their work is removed: those of joblib raise
    # KeyError.
    threading.excepthook = lambda _: None
    if number == signal.SIGINT:
        signal.default_int_handler(number, frame)
    # "timeout" sends two signals; the second must not interrupt the unwinding.
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Terminated(number)
