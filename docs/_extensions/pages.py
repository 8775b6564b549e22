"""What is changed in a page when it is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

MARKER = "<!-- towncrier release notes start -->"
ROOT = Path(__file__).parents[2]


def add_fragments(app: Any, name: str, source: list[str]) -> None:
    """Put what is in docs/changelog.d where the notes of the next release will come."""
    if name == "changelog":
        command = [sys.executable, "-m", "towncrier", "build", "--draft"]
        asked = [*command, "--version", "Unreleased", "--date", "next", "--dir", ROOT]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
        source[0] = source[0].replace(MARKER, done.stdout)


def close_examples(app: Any, name: str, source: list[str]) -> None:
    """Drop the empty line that ends an example, which only doctest needs."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def setup(app: Any) -> dict[str, bool]:
    """Listen to what is read."""
    app.connect("source-read", add_fragments)
    app.connect("source-read", close_examples)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
