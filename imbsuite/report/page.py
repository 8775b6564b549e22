"""The report as an HTML page, and the part of it that notebooks show.

jinja2 escapes all text in one place, and no Python code concatenates HTML. The page is
made from the result alone, without fits or dates, so equal results give identical
bytes.
"""

from __future__ import annotations

import math
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.experiment.numbers import NOT_MEASURED
from imbsuite.experiment.strategies import NOTHING, comparable
from imbsuite.report import chart, tables
from imbsuite.report.answer import answer
from imbsuite.report.curves import POINTS
from imbsuite.report.figures import figures
from imbsuite.report.next_steps import next_steps
from imbsuite.report.words import FILTERS

if TYPE_CHECKING:
    from imbsuite.experiment.evidence import ClassChange
    from imbsuite.experiment.result import Result

_OF_SUSPECTS = ("row", "label", "p", "z", "other")
_TEMPLATES = files("imbsuite.report") / "templates"


def as_page(result: Result, suspects: Any = None) -> str:
    """Return a self-contained HTML page.

    Parameters
    ----------
    result : Result
    suspects : DataFrame, default=None
        The result of ``suspect_labels``, for a section on rows to review.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _render(
        "page.html",
        result,
        figures=figures(result),
        # The rarest class first.
        sizes=sorted(result.class_sizes.items(), key=lambda entry: entry[1]),
        columns=result.columns,
        kinds=Counter(column.kind for column in result.columns),
        changed=_changed(result),
        points=POINTS,
        next_steps=next_steps(result),
        by_label=tables.by_label(result),
        suspects=[] if suspects is None else _records(suspects),
    )


def _records(suspects: Any) -> list[dict[str, Any]]:
    """Return the rows of a table of suspects; raise TypeError for anything else."""
    columns = getattr(suspects, "columns", ())
    missing = [name for name in _OF_SUSPECTS if name not in columns]
    if missing:
        msg = (
            "The 'suspects' parameter of report must be the result of suspect_labels. Got "
            f"{type(suspects).__name__} without the columns {missing} instead."
        )
        raise TypeError(msg)
    return suspects.to_dict("records")


def _changed(result: Result) -> dict[str, list[ClassChange]]:
    """Return, by strategy, the classes that gained or lost rows."""
    by_strategy: dict[str, list[ClassChange]] = {}
    for change in result.class_changes:
        if change.added or change.removed:
            by_strategy.setdefault(change.strategy, []).append(change)
    return by_strategy


def as_fragment(result: Result) -> str:
    """Return the answer and the results as a fragment of HTML.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _render("fragment.html", result)


def _render(name: str, result: Result, **more: Any) -> str:
    template = _environment().get_template(name)
    return template.render(
        comparison=result,
        answer=answer(result),
        results=tables.results(result),
        rows=result.rows,
        # Singular and plural of what is predicted.
        of_target=("label", "labels") if result.label_names else ("class", "classes"),
        nothing=NOTHING,
        comparable=comparable,
        not_measured=NOT_MEASURED,
        **more,
    )


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
    environment.tests["nan"] = math.isnan
    environment.globals.update(
        chart_size=(chart.WIDTH, chart.HEIGHT), forest_size=tables.FOREST
    )
    return environment


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
