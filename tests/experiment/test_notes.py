"""Notes: warnings and failures of the fits, each reported once."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from comparisons import compare_quickly, numeric_table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB

from imbsuite.explore import compare


def test_each_note_is_warned_about_once():
    X, y = numeric_table((57, 3))
    with pytest.warns(UserWarning, match=".") as caught:
        comparison = compare(X, y, estimator=GaussianNB(), cv=5, strategies=["smote"])
    messages = [str(warning.message) for warning in caught]
    assert messages == list(comparison.notes)
    assert all(warning.filename == __file__ for warning in caught)
    assert messages[0].startswith(
        "classes with fewer rows than 5 folds: 1 (3); 3 folds"
    )
    assert messages[1].startswith(
        "class 1 has fewer than 10 rows in an average test fold"
    )
    # Of twelve fits, the six with smote warn that k is clipped; this makes one note.
    assert len(messages) == 4
    assert "6 of 12 fits: smote)" in messages[3]
    assert messages[2].endswith("2 folds are used. (12 of 12 fits: nothing, smote)")


class Moody(ClassifierMixin, BaseEstimator):
    """Always warns; fails if there are ``fails_at`` training rows."""

    def __init__(self, fails_at: int = -1) -> None:
        self.fails_at = fails_at

    def fit(self, X, y):
        warnings.warn("I do not like Mondays", UserWarning, stacklevel=1)
        warnings.warn("I am old", DeprecationWarning, stacklevel=1)
        for label in (1, 2):
            warnings.warn(f"{label}: {len(y)} rows", UserWarning, stacklevel=1)
        if len(y) == self.fails_at:
            msg = "not\ntoday"
            raise RuntimeError(msg)
        self.model_ = GaussianNB().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_warnings_of_fits_are_summarized():
    X, y = numeric_table()
    notes = compare_quickly(X, y, estimator=Moody()).notes
    assert "I do not like Mondays (12 of 12 fits: nothing, random-over)" in notes
    # Warnings that differ only in numbers, two from each fit, make one note.
    assert len([note for note in notes if "rows (12 of 12 fits" in note]) == 1
    assert not [note for note in notes if "old" in note]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_only_the_strategy_that_fails_is_not_compared():
    X, y = numeric_table((170, 30))
    # Random over-sampling of two thirds of 170 and 30 rows: 2 * 113 or 2 * 114.
    comparison = compare_quickly(
        X, y, estimator=Moody(226), strategies=["random-over", "random-under"]
    )
    failed = [note for note in comparison.notes if "failed" in note]
    assert len(failed) == 1
    assert failed[0].startswith("random-over failed with Moody in ")
    assert failed[0].endswith("is not compared: RuntimeError: not today")
    rows = comparison.summary().set_index(["strategy", "metric"])
    assert np.isnan(rows.loc[("random-over", "mcc"), "mean"])
    assert rows.loc[("random-under", "mcc"), "verdict"] != ""
    assert "random-under" in comparison.sentences[0]
    assert "random-over" not in comparison.sentences[0]
    assert "n/a" in str(comparison)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_model_that_fails_on_every_fold_raises():
    X, y = numeric_table()
    X[0, 0] = np.nan
    X[1, 0] = np.nan
    folds = [
        (np.arange(150), np.arange(150, 200)),
        (np.arange(100), np.arange(150, 200)),
    ]
    message = "GaussianNB could not be fitted and measured on any fold, even without"
    with pytest.raises(ValueError, match=message):
        compare_quickly(X, y, cv=folds, strategies=[])
