"""Draws describe the new rows of a class; the draws of all classes are joined."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from imbsuite._table import Draw, join_draws


def _draw(seeds, voters=None, rows=None):
    seeds = np.array(seeds)
    return Draw(seeds, seeds + 1, np.full(len(seeds), 0.5), rows=rows, voters=voters)


def test_joining_no_draws_gives_an_empty_draw():
    draw = join_draws([])
    assert [len(part) for part in (draw.seeds, draw.partners, draw.steps)] == [0, 0, 0]


def test_voters_of_joined_draws_are_padded_to_the_longest_list():
    joined = join_draws(
        [
            _draw([4, 5], np.array([[1, 2, 3], [3, 2, 1]])),
            _draw([6, 7, 8, 9], np.array([[1], [2], [3], [4]])),
            _draw([0]),  # the seed votes alone
        ]
    )
    assert_array_equal(joined.seeds, [4, 5, 6, 7, 8, 9, 0])
    assert_array_equal(joined.partners, [5, 6, 7, 8, 9, 10, 1])
    alone = [[1, -1, -1], [2, -1, -1], [3, -1, -1], [4, -1, -1], [0, -1, -1]]
    assert_array_equal(joined.voters, [[1, 2, 3], [3, 2, 1], *alone])
    assert join_draws([_draw([1]), _draw([2])]).voters is None


def test_joined_draws_fill_missing_finished_rows_with_nan():
    made = _draw([1, 2], rows=[np.ones((2, 3))])
    joined = join_draws([made, _draw([7, 8, 9])])
    rows = np.concatenate(joined.rows)
    assert_array_equal(rows, np.r_[np.ones((2, 3)), np.full((3, 3), np.nan)])
    assert join_draws([_draw([1]), _draw([2])]).rows is None
