"""HTML that a notebook shows below scikit-learn's diagram of a sampler.

HTML is joined from strings here, so this module escapes every text that comes from a
table. The styles apply to one CSS class and inherit the colors of the page, so they
also suit a dark theme. ``BaseSampler._html_repr`` uses this module, and scikit-learn's
``_repr_html_`` and ``_repr_mimebundle_`` both call that method, so scikit-learn's
``display`` setting switches it off.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from imbsuite.plan import Kind, Tempered

__all__ = ["paragraph", "plan_in_words", "sizes_table"]

# With more classes, only the smallest are listed.
_MOST_LISTED = 12
_STYLE = """<style>
.imbsuite-sizes { margin: 0.5em 0; font-size: 0.9em; color: inherit; }
.imbsuite-sizes caption { caption-side: top; text-align: left; color: inherit; }
.imbsuite-sizes table { border-collapse: collapse; font-size: inherit; color: inherit; }
.imbsuite-sizes :is(th, td) { padding: 0.15em 0.8em; text-align: right; }
.imbsuite-sizes th:first-child { padding-left: 0; text-align: left; }
.imbsuite-sizes thead th { border-bottom: 1px solid currentColor; }
</style>"""

_WORDS = {
    "auto": {
        "over": "Every class grows to the size of the largest.",
        "under": "Every class shrinks to the size of the smallest.",
        "clean": "Every class but the smallest is cleaned.",
    },
    "not minority": {
        "over": "Every class but the smallest grows to the size of the largest.",
        "under": "Every class shrinks to the size of the smallest.",
        "clean": "Every class but the smallest is cleaned.",
    },
    "not majority": {
        "over": "Every class grows to the size of the largest.",
        "under": "Every class but the largest shrinks to the size of the smallest.",
        "clean": "Every class but the largest is cleaned.",
    },
    "all": {
        "over": "Every class grows to the size of the largest.",
        "under": "Every class shrinks to the size of the smallest.",
        "clean": "Every class is cleaned.",
    },
    "minority": {"over": "The smallest class grows to the size of the largest."},
    "majority": {
        "under": "The largest class shrinks to the size of the smallest.",
        "clean": "The largest class is cleaned.",
    },
}


def plan_in_words(strategy: Any, kind: Kind) -> str:
    """Describe a ``sampling_strategy`` in a sentence; "" if that requires the labels.

    Parameters
    ----------
    strategy : str, float, Tempered, mapping, list or callable
    kind : {"over", "under", "clean"}

    Examples
    --------
    >>> from imbsuite._html import plan_in_words
    >>> plan_in_words(0.5, "over")
    'Every class grows to at least 0.5 × the largest.'
    """
    if isinstance(strategy, str):
        return _WORDS.get(strategy, {}).get(kind, "")
    if isinstance(strategy, float) and kind != "clean":
        if kind == "over":
            return f"Every class grows to at least {strategy:g} × the largest."
        return f"Every class shrinks to at most the smallest / {strategy:g}."
    if isinstance(strategy, Tempered):
        t = strategy.temperature
        return f"Class sizes are flattened to the power 1 / {t:g} (temperature {t:g})."
    return ""


def paragraph(text: str) -> str:
    """Return a paragraph of text as HTML."""
    return f'<div class="imbsuite-sizes">{escape(text)}</div>{_STYLE}'


def sizes_table(
    before: Mapping[Any, int],
    after: Mapping[Any, int],
    prior: Mapping[Any, float],
    *,
    added: int,
    removed: int,
) -> str:
    """Return class sizes before and after as an HTML table, the smallest class first.

    Parameters
    ----------
    before, after : dict of label to int
        The rows of each class.
    prior : dict of label to float
        The share of each class in the output, by weight.
    added, removed : int
        The numbers of rows.
    """
    n = sum(before.values())
    caption = (
        f"{n:,} rows in, {added:,} added, {removed:,} removed: "
        f"{n + added - removed:,} out."
    )
    labels = sorted(before, key=lambda label: before[label])
    listed = "".join(
        _row(label, before[label], after.get(label, 0), prior.get(label, 0.0))
        for label in labels[:_MOST_LISTED]
    )
    more = len(labels) - _MOST_LISTED
    rest = f"<div>and {more:,} larger classes</div>" if more > 0 else ""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("class", "before", "after", "effective prior")
    )
    return (
        f'{_STYLE}<div class="imbsuite-sizes"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{listed}</tbody></table>{rest}</div>"
    )


def _row(label: Any, before: int, after: int, share: float) -> str:
    name = f'<th scope="row">{escape(str(label))}</th>'
    return f"<tr>{name}<td>{before:,}</td><td>{after:,}</td><td>{share:.3f}</td></tr>"
