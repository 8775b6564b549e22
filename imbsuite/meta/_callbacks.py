"""scikit-learn's callback protocol (1.9 and later), and stand-ins for earlier versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["CallbackSupportMixin", "with_callbacks"]

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class _Silence:
        """A callback context without callbacks."""

        def subcontext(self, **_: Any) -> _Silence:
            return self

        def call_on_fit_task_begin(self, **_: Any) -> _Silence:
            return self

        def call_on_fit_task_end(self, **_: Any) -> bool:
            return False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """A stand-in for scikit-learn versions without callbacks."""

        def _init_callback_context(self, **_: Any) -> _Silence:
            return _Silence()

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method unchanged."""
        return method
