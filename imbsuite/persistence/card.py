"""The card of a model: its training data, how it was chosen, and its expected results."""

from __future__ import annotations

import html
import math
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imbsuite._table import check_groups
from imbsuite._text import on_one_line
from imbsuite.choice.code import fitting_code
from imbsuite.choice.expected import cross_validated_decisions
from imbsuite.folds.in_time import Times
from imbsuite.folds.stratified import StratifiedFolds, make_folds
from imbsuite.meta.pseudo_labels_inside import adding
from imbsuite.profile.columns import profile
from imbsuite.profile.copies import find_copies

if TYPE_CHECKING:
    from imbsuite._classes import Labels
    from imbsuite.experiment.result import Pair, Result
    from imbsuite.persistence.model_file import SavedModel

# Number of folds on which decisions are cross-validated.
_FOLDS, _SEED = 5, 0
_SCORES = ("model", "strategy", "mean", "difference", "low", "high")
# The guarantee of a model file.
PROMISE = (
    "This model gives the same predictions with every release of imbsuite, "
    "scikit-learn and skrub that has the same major and minor version as at fit "
    "time, and with every release of pandas that has the same major version. Other "
    "versions refuse to load the file, because fitted attributes may have a "
    "different meaning: install the versions above, or fit again. The code above "
    "also fits the same classifier in later versions, but its predictions may differ "
    "slightly."
)


@dataclass(frozen=True)
class Fit:
    """The training data of a model, and how the model was chosen.

    Attributes
    ----------
    file : str
        The name of the table.
    X : table of shape (n_rows, n_columns)
    labels : Labels
    along : dict of array-like of shape (n_rows,), or None
        "groups", "times" and "sample_weight".
    comparison : Result
        The comparison by which the model was chosen.
    pair : (model, strategy)
    decision : str
        A sentence on how labels are decided.
    """

    file: str
    X: Any
    labels: Labels
    along: Mapping[str, Any]
    comparison: Result
    pair: Pair
    decision: str


def make_card(fit: Fit, model: SavedModel) -> dict[str, Any]:
    """Return the card of a model as an object that can be written as JSON.

    The expected decisions are cross-validated: the classifier is fitted five more
    times.

    Parameters
    ----------
    fit : Fit
    model : SavedModel
    """
    result, labels = fit.comparison, fit.labels
    metric = result.metrics[0]
    summary = result.summary().query("metric == @metric.name").to_dict("records")
    positive = model.positive
    return {
        "model": fit.pair[0],
        "strategy": fit.pair[1],
        "decision": {"sentence": fit.decision, "threshold": model.threshold},
        "data": {
            "file": fit.file,
            "target": model.target,
            "rows": len(labels.codes),
            "positive": None if positive is None else str(labels.classes[positive]),
            "classes": [[str(label), int(n)] for label, n in labels.size_of.items()],
            "features": [
                {"name": str(column.name), "kind": column.kind}
                for column in model.columns
            ],
        },
        "scores_from": f"Mean {metric.label} on {result.n_folds} folds.",
        "scores": [{key: _finite(row[key]) for key in _SCORES} for row in summary],
        "expected": {
            "labels": [str(label) for label in labels.classes.tolist()],
            "of_1000": _expected(fit, model).round(3).tolist(),
        },
        "notes": list(result.notes),
        "code": fitting_code(model.estimator),
        "versions": dict(model.versions),
        "promise": PROMISE,
    }


def _expected(fit: Fit, model: SavedModel) -> Any:
    """Return how many of 1,000 rows have each label (rows) and prediction (columns)."""
    X, labels, along = fit.X, fit.labels, dict(fit.along)
    n_rows = len(labels.codes)
    groups = check_groups(along["groups"], n_rows)
    units = find_copies(X, profile(X), labels).join(groups, None)
    times = Times.read(along.pop("times"), None, n_rows)
    folds = (
        make_folds(
            StratifiedFolds(_FOLDS, 1), X, labels, along["groups"], _SEED, units=units
        )
        if times is None
        else times.folds(_FOLDS, labels, units)
    )
    # The saved classifier does not include the unlabeled rows.
    others = fit.comparison.candidates[fit.pair].strategy.others
    classifier = adding(model.estimator, others)
    with warnings.catch_warnings(action="ignore"):
        return 1000 * cross_validated_decisions(
            classifier, X, labels.values, folds.pairs, along
        )


def _finite(value: Any) -> Any:
    missing = isinstance(value, float) and not math.isfinite(value)
    return None if missing else value


def as_markdown(card: Mapping[str, Any]) -> str:
    """Return the card as Markdown text.

    Parameters
    ----------
    card : mapping
        From :func:`make_card`, or read from the JSON file of ``imbsuite fit``.
    """
    data, decision = card["data"], card["decision"]
    lines = [
        f"# Model of {_plain(data['target'])}",
        "",
        (
            f"{_plain(card['model'])}, with the strategy {_plain(card['strategy'])}. "
            f"{_plain(decision['sentence'])}"
        ),
        "",
        *_about_data(data),
        *_about_scores(card),
        *_about_decisions(card["expected"]),
    ]
    if decision["threshold"] is not None:
        lines += [
            (
                f"Threshold: {decision['threshold']:.4g} on the probability of class "
                f"{_plain(data['positive'])}."
            ),
            "",
        ]
    if card["notes"]:
        lines += ["## Notes", "", *(f"- {_plain(n)}" for n in card["notes"]), ""]
    lines += ["## Code", "", *_block(card["code"]), ""]
    lines += [
        "## Versions",
        "",
        *_table(["package", "version"], card["versions"].items()),
    ]
    return "\n".join([*lines, card["promise"], ""])


def _about_data(data: Mapping[str, Any]) -> list[str]:
    features = data["features"]
    of_file = [data["file"], f"{data['rows']:,}", len(features)]
    return [
        "## Data",
        "",
        *_table(["file", "rows", "features"], [of_file]),
        *_table(["class", "rows"], [[label, f"{n:,}"] for label, n in data["classes"]]),
        *_table(["feature", "kind"], [[f["name"], f["kind"]] for f in features]),
    ]


def _about_scores(card: Mapping[str, Any]) -> list[str]:
    return [
        "## Scores",
        "",
        (
            f"{_plain(card['scores_from'])} The chosen pair is marked; its score is "
            "optimistic, because it was chosen."
        ),
        "",
        *_table(
            ["model", "strategy", "mean", "difference from nothing", "interval", ""],
            [_score(row, card) for row in card["scores"]],
        ),
    ]


def _about_decisions(expected: Mapping[str, Any]) -> list[str]:
    labels = expected["labels"]
    rows = zip(labels, expected["of_1000"], strict=True)
    return [
        "## What to expect for 1,000 rows",
        "",
        f"Cross-validated decisions of the chosen classifier on {_FOLDS} folds.",
        "",
        *_table(
            ["class", *(f"predicted {label}" for label in labels)],
            [[label, *(f"{n:.1f}" for n in row)] for label, row in rows],
        ),
    ]


def _score(row: Mapping[str, Any], card: Mapping[str, Any]) -> list[str]:
    chosen = (row["model"], row["strategy"]) == (card["model"], card["strategy"])
    difference = row["difference"]
    return [
        row["model"],
        row["strategy"],
        _number(row["mean"]),
        _number(difference),
        ""
        if row["low"] is None
        else f"{_number(row['low'])} to {_number(row['high'])}",
        "chosen" if chosen else "",
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _table(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [*(f"| {' | '.join(map(_plain, line))} |" for line in lines), ""]


def _plain(text: Any) -> str:
    """Return text that Markdown shows literally, without markup, links or HTML."""
    escaped = html.escape(on_one_line(str(text)), quote=False)
    return re.sub(r"([\\`*\[\]|])", r"\\\1", escaped)


def _block(code: str) -> list[str]:
    # A fence longer than any run of backticks in the code, which could close it.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return [f"{fence}python", code.rstrip(), fence]
