"""Hostile tables of every kind: a documented error, or rows that obey the laws.

``make test`` tries 150. ``make test-slow`` tries 100,000, in shards; each shard always
draws the same tables, which differ from those of other shards.
"""

from __future__ import annotations

from typing import Any

import pytest
from fuzz.calls import drawn_label_calls, drawn_samplers, drawn_wrappers
from fuzz.laws import check_call, check_labels_call, check_wrapper
from fuzz.several import check_label_classifier, drawn_label_fits
from fuzz.tables import EVERYTHING, NUMBERS, drawn_tables
from hypothesis import HealthCheck, given, seed, settings

N_SHARDS, N_TABLES = 40, 2_500
_SHRUNK = settings(
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _try(
    shard: int, n_tables: int, among: Any, calls: Any, check: Any, most: float = 0.5
) -> None:
    """Try tables; many of them must be accepted, or the laws would not be tested."""
    outcomes: list[bool] = []

    @seed(shard)
    @settings(_SHRUNK, max_examples=n_tables)
    @given(drawn_tables(among), calls)
    def try_one(drawn, call):
        outcomes.append(check(drawn, call))

    try_one()
    assert len(outcomes) >= n_tables
    assert sum(outcomes) > most * len(outcomes)


def _try_samplers(shard: int, n_tables: int) -> None:
    _try(shard, n_tables, EVERYTHING, drawn_samplers(), check_call)


def _try_wrappers(shard: int, n_tables: int) -> None:
    _try(shard, n_tables, NUMBERS, drawn_wrappers(), check_wrapper, most=0.3)


def _try_labels(shard: int, n_tables: int) -> None:
    calls = drawn_label_calls()
    _try(shard, n_tables, EVERYTHING, calls, check_labels_call, most=0.3)


def _try_label_classifiers(shard: int, n_tables: int) -> None:
    calls = drawn_label_fits()
    _try(shard, n_tables, NUMBERS, calls, check_label_classifier, most=0.3)


def test_few_tables():
    _try_samplers(N_SHARDS, 60)
    _try_labels(N_SHARDS, 30)
    _try_wrappers(N_SHARDS, 30)
    _try_label_classifiers(N_SHARDS, 30)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(N_SHARDS))
def test_many_tables(shard):
    _try_samplers(shard, N_TABLES)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(2))
def test_many_multilabel_tables(shard):
    _try_labels(shard, 1_000)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(2))
def test_many_wrappers(shard):
    _try_wrappers(shard, 1_000)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(2))
def test_many_multilabel_classifiers(shard):
    _try_label_classifiers(shard, 1_000)
