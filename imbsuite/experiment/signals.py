"""Signals that arrive while worker processes are started."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ENDING = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
]


@contextmanager
def signals_wait() -> Iterator[None]:
    """Delay the signals that Python handles until all workers have been started.

    A half-started worker would print a traceback. The signals are also blocked, which
    workers inherit: a terminal sends signals to all processes, but only this one should
    stop the others. Windows has no signal masks, so workers receive the signals there,
    too.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    handlers = {n: signal.getsignal(n) for n in _ENDING}
    handlers = {n: handler for n, handler in handlers.items() if callable(handler)}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, handlers)
    try:
        with _noted(handlers):
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _noted(handlers: dict[int, Any]) -> Iterator[None]:
    """Call the handler of the first signal when the block has ended.

    Signals arrive although they are blocked: other threads, which libraries have
    started, receive them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers run in the main thread only
        return
    came: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
