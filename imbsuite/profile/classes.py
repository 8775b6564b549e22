"""Labels that seem to be one class in two spellings."""

from __future__ import annotations

from collections.abc import Iterator

from imbsuite._classes import Labels


def about_labels(labels: Labels) -> Iterator[str]:
    """Report labels that look alike: in spaces, capital letters or control characters.

    Parameters
    ----------
    labels : Labels
    """
    alike: dict[str, list[str]] = {}
    for label in labels.classes.tolist():
        if isinstance(label, str):
            alike.setdefault(_as_read(label), []).append(label)
    for spellings in alike.values():
        if len(spellings) > 1:
            yield (
                f"the labels {' and '.join(map(repr, spellings))} differ only in spaces, "
                "capital letters or characters that are not shown, but are separate "
                "classes; if they are one class, spell it in one way."
            )


def _as_read(label: str) -> str:
    """Return what people read: damaged files have NUL and other invisible characters."""
    seen = "".join(c for c in label if c.isprintable() or c.isspace())
    return " ".join(seen.split()).casefold()
