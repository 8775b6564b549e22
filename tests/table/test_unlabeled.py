"""Rows without a label."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from imbsuite._table.unlabeled import _is_same, refuse_few_labeled, which_unlabeled

COUNTS = (
    "2 rows have a missing value, and 3 rows with the label -1 were read as unlabeled. "
    "Pass unlabeled=None if -1 is a class."
)


@pytest.mark.parametrize(
    ("n_marked", "counts"), [(3, COUNTS), (0, "2 rows have a missing value.")]
)
def test_error_counts_rows_read_as_unlabeled(n_marked, counts):
    y = [2.0] * 4 + [np.nan] * 2 + [-1.0] * n_marked
    says = "y must have labeled rows of at least 2 classes. Got the classes [2.0]; "
    with pytest.raises(ValueError, match=f"^{re.escape(says + counts)}$"):
        refuse_few_labeled(np.array(y), -1)


def test_two_labeled_classes_or_no_unlabeled_rows_are_accepted():
    refuse_few_labeled(np.array([2.0, 3.0, -1.0]), -1)
    # A single class without unlabeled rows is rejected elsewhere.
    refuse_few_labeled(np.array([2.0, 2.0]), -1)


def test_incomparable_labels_are_not_the_unlabeled_mark():
    y = np.empty(4, dtype=object)
    y[:] = ["a", pd.NA, np.array([1, 2]), "?"]
    assert which_unlabeled(y[[0, 1, 3]], "?").tolist() == [False, True, True]
    assert not _is_same(y[2], 1)  # the truth value of an array is ambiguous
    assert not _is_same(pd.NA, 1)
    assert not _is_same(True, 1)
    assert _is_same(1.0, 1)
