"""The page, and the part of it that a notebook shows: numbers into templates.

All text is escaped by jinja2, once, where it is written; nothing here joins HTML.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from imbsuite.explore.extras import need
from imbsuite.explore.report import chart, table_facts, tables
from imbsuite.explore.report.answer import answer
from imbsuite.explore.report.curves import POINTS
from imbsuite.explore.report.figures import sections
from imbsuite.explore.report.words import FILTERS
from imbsuite.explore.strategies import NOTHING

if TYPE_CHECKING:
    from imbsuite.explore.comparison import Comparison

__all__ = ["as_fragment", "as_page"]

_TEMPLATES = files("imbsuite.explore.report") / "templates"


def as_page(comparison: Comparison) -> str:
    """Return one HTML page that needs nothing but itself.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _render(
        "page.html",
        comparison,
        sections=sections(comparison),
        sizes=table_facts.class_sizes(comparison),
        columns=table_facts.columns(comparison),
        treated=table_facts.treated(comparison),
        points=POINTS,
    )


def as_fragment(comparison: Comparison) -> str:
    """Return the answer and the results, to be put into a page of somebody else's.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _render("fragment.html", comparison)


def _render(name: str, comparison: Comparison, **more: Any) -> str:
    found: str = (
        _environment()
        .get_template(name)
        .render(
            comparison=comparison,
            answer=answer(comparison),
            results=tables.results(comparison),
            rows=sum(comparison.class_sizes.values()),
            nothing=NOTHING,
            **more,
        )
    )
    return found


def _environment() -> Any:
    jinja2 = need("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(
        chart_size=(chart.WIDTH, chart.HEIGHT),
        forest_size=tables.FOREST,
        most=table_facts,
    )
    return environment


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
