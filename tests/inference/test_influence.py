"""Influences of rows on scores, checked with weighted scores, and their block sums."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from imbsuite.inference.influence import (
    N_BLOCKS,
    by_block,
    draw_blocks,
    on_average_precision,
    on_macro_mean,
    on_mean,
    on_roc_auc,
)

RNG = np.random.default_rng


def derivatives(score, n_rows, weight=1.0, step=1e-6):
    """Return the derivatives of a weighted score with respect to each weight."""
    steps = step * np.eye(n_rows)
    ahead_and_back = [(score(weight + e), score(weight - e)) for e in steps]
    return np.array([(ahead - back) / (2 * step) for ahead, back in ahead_and_back])


@pytest.mark.parametrize("n_values", [2, 5, 1000])
@pytest.mark.parametrize(
    ("score", "influence"),
    [(average_precision_score, on_average_precision), (roc_auc_score, on_roc_auc)],
)
def test_influence_equals_the_derivative_by_weight(score, influence, n_values):
    rng = RNG(n_values)
    y = rng.random(30) < 0.3
    p = rng.integers(0, n_values, 30) / n_values  # with ties
    expected = derivatives(lambda w: score(y, p, sample_weight=w), 30)
    np.testing.assert_allclose(influence(y, p), expected, atol=1e-7)
    w = rng.uniform(0.5, 3, 30)
    expected = w * derivatives(lambda w: score(y, p, sample_weight=w), 30, w)
    np.testing.assert_allclose(influence(y, p, w), expected, atol=1e-7)


def test_influence_on_means_equals_the_derivative_by_weight():
    rng = RNG(1)
    y, p = rng.integers(0, 3, 40), rng.dirichlet(np.ones(3), 40)
    losses = -np.log(p[np.arange(40), y])
    expected = derivatives(lambda w: log_loss(y, p, sample_weight=w), 40)
    np.testing.assert_allclose(on_mean(losses), expected, atol=1e-7)
    w = rng.uniform(0.5, 3, 40)
    expected = w * derivatives(lambda w: log_loss(y, p, sample_weight=w), 40, w)
    np.testing.assert_allclose(on_mean(losses, w), expected, atol=1e-7)

    def macro(weights):
        return np.mean(
            [np.average(losses[y == k], weights=weights[y == k]) for k in range(3)]
        )

    expected = derivatives(macro, 40)
    np.testing.assert_allclose(on_macro_mean(losses, y), expected, atol=1e-7)
    expected = w * derivatives(macro, 40, w)
    np.testing.assert_allclose(on_macro_mean(losses, y, w), expected, atol=1e-7)


def test_single_row_blocks_give_the_variance_of_a_stratified_mean():
    rng = RNG(2)
    truth = np.repeat([0, 1], [60, 30])
    values = rng.normal(size=90) + 3 * truth
    sums = by_block(on_mean(values), truth, np.arange(90))
    of_class = [values[truth == k].var(ddof=1) * n for k, n in enumerate([60, 30])]
    assert np.square(sums).sum() == pytest.approx(sum(of_class) / 90**2)


def test_influences_estimate_the_variance_of_average_precision():
    rng = RNG(3)
    truth = np.repeat([0, 1], [400, 100])
    scores = rng.normal(size=(600, 500)) + 1.5 * truth
    drawn = [average_precision_score(truth, score) for score in scores]
    blocks = draw_blocks(truth, None)
    variances = [
        np.square(by_block(on_average_precision(truth == 1, s), truth, blocks)).sum()
        for s in scores
    ]
    assert np.mean(variances) == pytest.approx(np.var(drawn), rel=0.15)


def test_variance_is_nan_for_a_class_of_one_row():
    truth = np.array([0, 0, 0, 1])
    assert np.isnan(by_block(np.ones(4), truth, np.arange(4))).all()


def test_blocks_are_stratified_and_never_split_a_unit():
    codes = RNG(4).permutation(np.repeat([0, 1, 2], [1000, 250, 20]))
    blocks = draw_blocks(codes, None)
    for k in range(3):
        sizes = np.bincount(blocks[codes == k], minlength=N_BLOCKS)
        assert sizes.max() - sizes.min() <= 1
    units = RNG(5).integers(0, 300, len(codes))
    blocks = draw_blocks(codes, units)
    assert len(np.unique(np.column_stack([units, blocks]), axis=0)) == len(
        np.unique(units)
    )
    assert set(blocks) == set(range(N_BLOCKS))
