"""Labels that seem to be spellings of the same class, or missing values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Strings that programs write for missing values, and that pandas reads as missing.
_MISSING = {"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>"}


def about_labels(classes: Any) -> Iterator[str]:
    """Report labels that differ only in spaces, capital letters or control characters.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    """
    alike: dict[str, list[str]] = {}
    for label in classes.tolist():
        if isinstance(label, str):
            alike.setdefault(_as_read(label), []).append(label)
    for spellings in alike.values():
        if len(spellings) > 1:
            yield (
                f"the labels {' and '.join(map(repr, spellings))} differ only in spaces, "
                "capital letters or characters that are not shown, but are separate "
                "classes; if they are one class, spell it in one way."
            )


def about_spelled_labels(classes: Any) -> Iterator[str]:
    """Report labels that look alike, and labels that other programs read as missing.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Spelled as in the fields of a text file, of which only empty ones are missing.
    """
    yield from about_labels(classes)
    for label in classes.tolist():
        if label in _MISSING:
            yield (
                f"the label {label!r} is a class here; info, compare and fit read it as "
                "missing. If it stands for an unknown class, drop these rows."
            )


def _as_read(label: str) -> str:
    """Return a label as people read it, without invisible characters.

    Damaged files contain NUL and other invisible characters.
    """
    seen = "".join(c for c in label if c.isprintable() or c.isspace())
    return " ".join(seen.split()).casefold()
