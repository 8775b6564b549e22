"""The report as an HTML page, and the part of it that notebooks show.

jinja2 escapes all text in one place; Python code does not join HTML. The page is made from
the result alone, without fits or dates, so equal results give equal bytes.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.experiment.strategies import NOTHING
from imbsuite.report import chart, table_facts, tables
from imbsuite.report.answer import answer
from imbsuite.report.curves import POINTS
from imbsuite.report.figures import sections
from imbsuite.report.words import FILTERS

if TYPE_CHECKING:
    from imbsuite.experiment.result import Result

__all__ = ["as_fragment", "as_page"]

_TEMPLATES = files("imbsuite.report") / "templates"


def as_page(result: Result) -> str:
    """Return a self-contained HTML page.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _render(
        "page.html",
        result,
        sections=sections(result),
        sizes=table_facts.class_sizes(result),
        columns=table_facts.columns(result),
        changed=table_facts.changed(result),
        points=POINTS,
    )


def as_fragment(result: Result) -> str:
    """Return the answer and the results as a fragment of HTML.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _render("fragment.html", result)


def _render(name: str, result: Result, **more: Any) -> str:
    text: str = (
        _environment()
        .get_template(name)
        .render(
            comparison=result,
            answer=answer(result),
            results=tables.results(result),
            rows=sum(result.class_sizes.values()),
            nothing=NOTHING,
            **more,
        )
    )
    return text


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
