"""The gate of the program: its output to standard streams, and errors of this output.

Names, labels and cells come from other people's files. A terminal would obey the escape
sequences in them, so the gate makes them visible instead.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any

from imbsuite._text import printable

# The exit code that shells report for programs that SIGPIPE ends, as in "| head".
_BROKEN_PIPE = 141


class OutputError(Exception):
    """Standard output does not accept more output.

    Not an OSError, which click would handle in its own way.
    """

    def __init__(self, error: OSError) -> None:
        # The reader of a pipe has closed it and does not need a message.
        self.quiet = error.errno == errno.EPIPE
        self.exit_code = _BROKEN_PIPE if self.quiet else 1
        super().__init__(f"cannot write to standard output: {error.strerror}.")


class _Gate(io.TextIOBase):
    """A stream that makes control characters visible; None is a closed stream."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream
        # Terminals with other encodings show a question mark instead of raising an error.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read by click
        return getattr(self.stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return self.stream is not None and self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno() if self.stream is not None else super().fileno()

    def write(self, text: str) -> int:
        shown = printable(text)
        if self.stream is None:
            self._fail(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        elif shown:  # click writes "" to learn whether the stream takes text
            with self._failing():
                self.stream.write(shown)
        return len(text)

    def flush(self) -> None:
        if self.stream is not None:
            with self._failing():
                self.stream.flush()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        """Discard what could not be written: Python would try again when it exits."""
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


class _Output(_Gate):
    """Standard output, which carries the result: a failed write ends the program."""

    def _fail(self, error: OSError) -> None:
        super()._fail(error)
        raise OutputError(error) from error


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Pass standard output and standard error through the gate while the block runs."""
    _reserve_descriptors()
    output: Any = _Output(sys.stdout)
    errors: Any = _Gate(sys.stderr)
    with redirect_stdout(output), redirect_stderr(errors):
        yield


def check_stdout() -> None:
    """Raise OutputError if standard output is closed, before any work is done."""
    sys.stdout.write("")


def raw_stderr() -> Any:
    """Return standard error without the gate: progress bars move the cursor."""
    return sys.stderr.stream if isinstance(sys.stderr, _Gate) else sys.stderr


def _reserve_descriptors() -> None:
    """Open the null device for each standard stream that the caller closed (``>&-``).

    Otherwise, the next file that is opened would get the descriptor of that stream, and
    output of libraries or other processes would go into the file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003
