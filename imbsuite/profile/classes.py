"""Labels that seem to be one class in two spellings."""

from __future__ import annotations

from collections.abc import Iterator

from imbsuite._classes import Labels


def about_labels(labels: Labels) -> Iterator[str]:
    """Report labels that differ only in spaces or capital letters.

    Parameters
    ----------
    labels : Labels
    """
    alike: dict[str, list[str]] = {}
    for label in labels.classes.tolist():
        if isinstance(label, str):
            alike.setdefault(" ".join(label.split()).casefold(), []).append(label)
    for spellings in alike.values():
        if len(spellings) > 1:
            yield (
                f"the labels {' and '.join(map(repr, spellings))} differ only in spaces or "
                "capital letters, but are separate classes; if they are one class, spell "
                "it in one way."
            )
