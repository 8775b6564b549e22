"""The display of suspect labels draws one mark for each row of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from imbsuite.explore import SuspectLabelsDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture
def suspects():
    return pd.DataFrame(
        {
            "row": np.arange(6),
            "label": ["rare"] * 2 + ["common"] * 4,
            "p": [0.01, 0.2, 0.1, 0.4, 0.5, 0.6],
            "other": ["common", "third", "rare", "rare", "third", "$x$"],
        }
    )


def test_each_row_has_one_mark(suspects):
    display = SuspectLabelsDisplay.from_suspects(suspects)
    assert list(display.marks_) == ["common", "rare", "$x$", "third"]
    for other, marks in display.marks_.items():
        own = suspects[suspects["other"] == other]
        x, height = marks.get_offsets().T
        assert_allclose(x, own["p"])
        # On the line of the label, within its borders.
        assert np.round(height).tolist() == [
            ["rare", "common"].index(label) for label in own["label"]
        ]
    lines = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert lines == ["rare", "common"]
    assert display.ax_.get_ylim() == (1.5, -0.5)
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["common", "rare", r"\$x\$", "third"]


def test_axes_of_the_user_are_used(suspects):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = SuspectLabelsDisplay(suspects).plot(ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_table_without_required_columns_raises(suspects):
    with pytest.raises(ValueError, match=r"Got a table without \['p'\] instead"):
        SuspectLabelsDisplay.from_suspects(suspects.drop(columns="p"))
