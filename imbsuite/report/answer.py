"""The answer in at most two sentences, for all models together.

``Comparison.sentences`` give the answer for each model, with all intervals. They also
contain every claim that is made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from imbsuite.experiment.sentences import (
    TUNED_METRICS,
    Finding,
    caution,
    interval_of,
    leaders,
    listed,
    primary,
)
from imbsuite.report.words import short

if TYPE_CHECKING:
    import pandas as pd

    from imbsuite.experiment.result import Result

Findings: TypeAlias = Mapping[str, Finding]
Ranked: TypeAlias = Mapping[str, "pd.DataFrame"]

_MOST_NAMES = 3


def answer(result: Result) -> list[str]:
    """Return one or two sentences: ranking, then tuned labels and costs or harm."""
    if result.n_folds < 2:
        return ["A single test fold gives no interval, so there is no conclusion."]
    metric = primary(result.metrics)
    if not metric.sign:
        no_direction = f"{short(metric.label)} has no direction"
        return [_sentence([f"{no_direction}, so it cannot rank strategies"])]
    grouped = result.summary().groupby("model", sort=False)
    findings = {short(model): Finding(rows, metric) for model, rows in grouped}
    judged = {model: f for model, f in findings.items() if not f.others.empty}
    if not judged:
        return ["No strategy could be compared with doing nothing."]
    others = {model: f.others for model, f in judged.items()}
    first = _beats(others, "doing nothing", metric.label)
    second = [*_labels(judged), *(list(_costs(judged)) or _price(judged))]
    clauses = [[first + caution(result.n_folds)], second]
    return [_sentence(some) for some in clauses if some]


def _sentence(clauses: Sequence[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def _beats(ranked: Ranked, rival: str, measure: str) -> str:
    """State for which models strategies beat the rival, and by how much."""
    won = {model: rows[rows["shown"]] for model, rows in ranked.items()}
    lost = [model for model, rows in won.items() if rows.empty]
    if len(lost) == len(won):
        return f"nothing clearly beats {rival} with {listed(lost, 'or')}"
    parts = [
        _winners(model, rows, rival, measure)
        for model, rows in won.items()
        if not rows.empty
    ]
    if lost:
        parts.append(f"with {listed(lost)} nothing clearly does")
    return "; ".join(parts)


def _winners(model: str, rows: pd.DataFrame, rival: str, measure: str) -> str:
    names = [short(name) for name in rows["strategy"]]
    more = len(names) - _MOST_NAMES
    shown = names if more <= 0 else [*names[:_MOST_NAMES], f"{more} more"]
    best = leaders(rows)
    by, low, high = interval_of(best)
    effect = f"{short(measure)} {by}, 95 % interval {low} to {high}"
    if len(names) > 1:
        effect = f"{_listed(best)}: {effect}"
    verb = "beats" if len(names) == 1 else "beat"
    return f"with {model}, {listed(shown)} {verb} {rival} ({effect})"


def _listed(rows: pd.DataFrame) -> str:
    return listed([short(name) for name in rows["strategy"]])


def _ranked(findings: Findings, metric: str, sign: int) -> Ranked:
    """Return the ranked strategies of the models for which the metric was measured."""
    ranked = {model: f.ranked(metric, sign) for model, f in findings.items()}
    return {model: rows for model, rows in ranked.items() if not rows.empty}


def _labels(findings: Findings) -> Iterator[str]:
    for name, words in TUNED_METRICS.items():
        measured = _ranked(findings, name, 1)
        if measured:
            claim = _beats(measured, "a tuned threshold alone", words)
            yield f"once every threshold is tuned, {claim}"


def _costs(findings: Findings) -> Iterator[str]:
    measured = _ranked(findings, "cost", -1)
    cheaper = {m: r[r["shown"]] for m, r in measured.items() if r["shown"].any()}
    if measured and not cheaper:
        yield "at these costs nothing is clearly cheaper than the model as it is"
    for model, rows in cheaper.items():
        best = leaders(rows)
        verb = "is" if len(best) == 1 else "are"
        yield (
            f"at these costs {_listed(best)} with {model} {verb} cheaper than the model "
            "as it is"
        )


def _price(findings: Findings) -> Iterator[str]:
    """Yield a clause on the number of strategies that make the probabilities worse."""
    parts: list[str] = []
    total = 0
    for model, rows in _ranked(findings, "log_loss", -1).items():
        worse = rows[rows["verdict"] == "worse"]
        total += len(worse)
        if len(worse):
            noun = "" if parts else " strategies"
            share = f"{len(worse)} of {len(rows)}{noun}"
            # A single strategy is named instead of counted.
            parts.append(f"{share if len(rows) > 1 else _listed(worse)} with {model}")
    if parts:
        verb = "makes" if total == 1 else "make"
        yield f"{listed(parts)} {verb} the probabilities clearly worse"
