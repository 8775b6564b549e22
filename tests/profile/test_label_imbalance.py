"""Label imbalance: the measures of Charte et al., by hand and by their formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from imbsuite.explore import LabelImbalanceDisplay, label_imbalance


def test_measures_match_hand_computation():
    Y = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0]])
    imbalance = label_imbalance(pd.DataFrame(Y, columns=["a", "b", "c"]))
    table = imbalance.by_label.set_index("label")
    assert table["rows"].tolist() == [4, 2, 0]
    assert table["share"].tolist() == [0.8, 0.4, 0.0]
    assert table["imbalance"].tolist()[:2] == [1.0, 2.0]
    of_both = 1 - np.sqrt(2) / 1.5
    np.testing.assert_allclose(table["scumble"], [of_both / 2, of_both, np.nan])
    assert np.isnan(table["imbalance"]["c"])
    assert imbalance.mean_imbalance == 1.5
    assert imbalance.scumble == pytest.approx(2 * of_both / 5)
    assert imbalance.absent == ["c"]
    assert "no row has them: ['c']" in str(imbalance)
    assert "5 rows, 3 labels: mean imbalance 1.5" in str(imbalance)


def test_measures_match_the_formula_row_by_row():
    rng = np.random.default_rng(0)
    Y = (rng.random((200, 6)) < [0.5, 0.4, 0.3, 0.2, 0.1, 0.05]).astype(int)
    imbalance = label_imbalance(Y)
    ratio = Y.sum(axis=0).max() / Y.sum(axis=0)
    scumble = []
    for row in Y:
        own = ratio[row == 1]
        mean = own.prod() ** (1 / max(len(own), 1)) / own.mean() if len(own) else 1.0
        scumble.append(1 - mean)
    assert imbalance.mean_imbalance == pytest.approx(ratio.mean())
    assert imbalance.scumble == pytest.approx(np.mean(scumble))
    by_label = [np.mean(np.array(scumble)[column == 1]) for column in Y.T]
    np.testing.assert_allclose(imbalance.by_label["scumble"], by_label)


def test_equally_frequent_labels_have_no_imbalance():
    imbalance = label_imbalance(np.eye(4, dtype=int))
    assert (imbalance.mean_imbalance, imbalance.scumble) == (1.0, 0.0)
    copied = label_imbalance(np.repeat([[1, 1]], 3, axis=0))
    assert (copied.mean_imbalance, copied.scumble) == (1.0, 0.0)


def test_all_labels_absent():
    imbalance = label_imbalance(np.zeros((3, 2)))
    assert np.isnan(imbalance.mean_imbalance)
    assert imbalance.scumble == 0
    assert imbalance.absent == [0, 1]


@pytest.mark.parametrize("container", [sp.csr_array, sp.csc_array, pd.DataFrame])
def test_sparse_and_dataframe_labels_match_arrays(container):
    Y = np.random.default_rng(0).integers(0, 2, (30, 3))
    assert label_imbalance(container(Y)).scumble == label_imbalance(Y).scumble


@pytest.mark.parametrize(
    ("Y", "match"),
    [([0, 1, 1], r"Got shape \(3,\)"), ([[0, 2], [1, 0]], "y has 2 columns, with 2")],
)
def test_targets_other_than_multilabel_raise(Y, match):  # noqa: N803
    with pytest.raises(ValueError, match=match):
        label_imbalance(Y)


def test_display_draws_30_of_many_labels_down_to_the_rarest():
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(0)
    Y = (rng.random((300, 40)) < np.linspace(0.9, 0.02, 40)).astype(int)
    Y[:, 7] = 0
    display = LabelImbalanceDisplay.from_labels(Y)
    rows = display.marks_[0].get_xdata()
    assert len(rows) == 30
    assert (np.diff(rows) <= 0).all()
    assert rows[-1] == Y[:, Y.any(axis=0)].sum(axis=0).min()
    assert "10 labels are not drawn" in display.ax_.get_xlabel()
    scumble = display.marks_[1].get_xdata()
    assert scumble[0] == display.imbalance.by_label["scumble"][Y.sum(axis=0).argmax()]
    few = LabelImbalanceDisplay.from_labels(Y[:, :3])
    texts = [text.get_text() for text in few.ax_.texts]
    assert texts[0] == "1"
    assert "not drawn" not in few.ax_.get_xlabel()
    plt.close("all")
