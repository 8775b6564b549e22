"""Labels that seem to be spellings of the same class, or missing values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# What programs write for missing values, and pandas reads as such in a text file.
_MISSING = {"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>"}


def about_labels(classes: Any) -> Iterator[str]:
    """Report labels that look alike: in spaces, capital letters or control characters.

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
    """Report the same, and labels of text fields that other programs read as missing.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        As the fields are spelled: only an empty one is missing.
    """
    yield from about_labels(classes)
    for label in classes.tolist():
        if label in _MISSING:
            yield (
                f"the label {label!r} is a class here; info, compare and fit read it as "
                "missing. If it stands for an unknown class, drop these rows."
            )


def _as_read(label: str) -> str:
    """Return what people read: damaged files have NUL and other invisible characters."""
    seen = "".join(c for c in label if c.isprintable() or c.isspace())
    return " ".join(seen.split()).casefold()
