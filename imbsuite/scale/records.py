"""What tasks report while they run, wherever they do, and what is read of it after."""

from __future__ import annotations

import sys
from typing import Any

from imbsuite._warning import warn

__all__ = ["peak_memory", "recall", "record", "tell"]

# Of schedulers that run in this process: {token: {what: figures}}.
_HERE: dict[str, dict[str, dict[str, int]]] = {}


def record(token: str, what: str, figures: dict[str, int]) -> None:
    """Report figures under the token of a call; a task that runs twice overwrites."""
    worker = _worker()
    if worker is None:
        _HERE.setdefault(token, {})[what] = figures
    else:
        worker.log_event(token, {"what": what, "figures": figures})


def recall(token: str) -> dict[str, dict[str, int]]:
    """Return ``{what: figures}`` of a call."""
    found = dict(_HERE.get(token, {}))
    client = _client()
    for _, event in client.get_events(token) if client else ():
        found[event["what"]] = event["figures"]
    return found


def peak_memory() -> int:
    """Return the highest RSS so far, in bytes, of a worker (or of this process)."""
    client = _client()
    if client is None:
        return _own_peak()
    return int(max(client.run(_own_peak).values()))


def tell(message: str) -> None:
    """Warn the user: from here, or from a worker, who hands it on to the client."""
    if _worker() is None:
        warn(message)
        return
    from distributed import worker

    hand_on: Any = worker.warn
    hand_on(message, UserWarning)


def _own_peak() -> int:
    if sys.platform == "win32":
        import psutil  # comes with distributed

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _worker() -> Any:
    # Whoever runs on a worker has loaded the package.
    if "distributed" not in sys.modules:
        return None
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None


def _client() -> Any:
    if "distributed" not in sys.modules:
        return None
    from distributed import get_client

    try:
        return get_client()
    except ValueError:
        return None
