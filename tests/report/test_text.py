"""The text of a comparison: it contains every fact, in columns that fit."""

from __future__ import annotations

import numpy as np
import pytest
from comparisons import (
    MEASURED_STRATEGIES,
    compare_quickly,
    full_comparison,
    numeric_table,
)

from imbsuite.experiment.numbers import number
from imbsuite.explore import Comparison

RNG = np.random.default_rng


@pytest.fixture
def whole() -> Comparison:
    return full_comparison()


def test_text_fits_in_100_columns(whole):
    assert max(map(len, str(whole).splitlines())) <= 100


# Making the text takes half a second, so only three widths run by default.
@pytest.mark.parametrize(
    "width",
    [
        pytest.param(width, marks=[] if width in {60, 78, 99} else pytest.mark.slow)
        for width in range(60, 100, 3)
    ],
)
def test_lines_break_only_between_words(whole, width, monkeypatch):
    monkeypatch.setattr("imbsuite.report.text.WIDTH", width)
    unwrapped = " ".join(str(whole).split())
    for sentence in whole.sentences:
        assert sentence in unwrapped


def test_text_contains_the_facts(whole):
    text = str(whole)
    assert (
        "300 rows; classes: 0 (200), 1 (100); positive class: 1. 10 test folds." in text
    )
    unwrapped = " ".join(text.split())
    assert "Bonferroni over 6 strategies" in unwrapped
    assert "another decision threshold also changes" in unwrapped
    for sentence in whole.sentences:
        assert sentence in unwrapped
    assert "Notes" not in text


def test_text_is_aligned(whole):
    lines = str(whole).splitlines()
    start = lines.index("logistic regression")
    header, *rows = lines[start + 1 : start + 10]
    assert header.split()[:2] == ["strategy", "AP"]
    assert [row.split()[0] for row in rows] == MEASURED_STRATEGIES
    points = [{i for i, c in enumerate(row) if c == "."} for row in rows]
    # The decimal points of the means line up in every row.
    assert len(set.intersection(*points)) >= 7
    assert lines[start + 10].split()[0] == "strategy"  # the other metrics


def test_marks_match_the_verdicts(whole):
    marks = {"better": "+", "worse": "-"}
    text = str(whole)
    for row in whole.summary().to_dict("records"):
        if row["verdict"] in marks:
            assert f"{number(row['mean'])}{marks[row['verdict']]}" in text


def test_many_metrics_are_shown_in_blocks():
    X, y = numeric_table((50, 50))
    names = {f"a metric of a rather long name {i}": "mcc" for i in range(6)}
    text = str(compare_quickly(X, y, scoring=names, cv=5))
    assert max(map(len, text.splitlines())) <= 100
    for name in names:
        assert name in text
    assert text.count("\nrandom-over") > 1


def test_notes_are_shown():
    X, y = numeric_table((57, 3))
    with pytest.warns(UserWarning, match="."):
        text = str(compare_quickly(X, y))
    assert "Notes\n- class 1 has fewer than 10 rows" in text


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_multiclass_text_names_no_positive_class():
    y = np.repeat(["a", "b", "c"], [40, 30, 30])
    X = RNG(0).normal(size=(100, 2))
    comparison = compare_quickly(X, y)
    assert comparison.positive is None
    assert "positive class" not in str(comparison)
