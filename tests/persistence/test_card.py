"""The model card: text from a table is never interpreted as markup."""

from __future__ import annotations

from imbsuite.persistence.card import as_markdown

CARD = {
    "model": "tree",
    "strategy": "nothing",
    "decision": {"sentence": "Decision: none.", "threshold": 0.5},
    "data": {
        "file": "a|b.csv",
        "target": "<script>alert(1)</script>",
        "rows": 10,
        "positive": "[x](javascript:alert)",
        "classes": [["a\nb", 7], ["`c`", 3]],
        "features": [{"name": "x | y", "kind": "number"}],
    },
    "scores_from": "Mean.",
    "scores": [
        {
            "model": "tree",
            "strategy": "nothing",
            "mean": 0.5,
            "difference": None,
            "low": None,
            "high": None,
        }
    ],
    "expected": {"labels": ["a", "b"], "of_1000": [[700.0, 0.0], [100.0, 200.0]]},
    "notes": ["a note"],
    "code": "x = '```'\n",
    "versions": {"numpy": "2"},
    "promise": "None.",
}


def test_names_are_escaped():
    text = as_markdown(CARD)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "[x](javascript" not in text
    assert r"a\|b.csv" in text
    assert "````python\nx = '```'\n````" in text
    assert "| tree | nothing | 0.5 |  |  | chosen |" in text


def test_table_rows_have_equal_numbers_of_cells():
    for block in as_markdown(CARD).split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        cells = {line.replace(r"\|", "").count("|") for line in lines}
        assert len(cells) <= 1
