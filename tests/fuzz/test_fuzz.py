"""Hostile tables of every kind: a sentence on what is wrong, or rows that obey the laws.

``make test`` tries a few hundred. ``make test-slow`` tries 100,000, in shards of which
each draws its own and always the same.
"""

from __future__ import annotations

import pytest
from fuzz.calls import drawn_samplers
from fuzz.laws import check_call
from fuzz.tables import drawn_tables
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

N_SHARDS, N_TABLES = 40, 2_500
_SHRUNK = settings(
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _try(shard: int, n_tables: int) -> None:
    """Try tables; most of them must be resampled, or the laws would say nothing."""
    outcomes: list[bool] = []

    @seed(shard)
    @settings(_SHRUNK, max_examples=n_tables)
    @given(drawn_tables(), drawn_samplers(), st.sampled_from([False, False, True]))
    def check(drawn, sampler, again):
        outcomes.append(check_call(drawn, sampler, again=again))

    check()
    assert len(outcomes) >= n_tables
    assert sum(outcomes) > 0.6 * len(outcomes)


@pytest.mark.slow
def test_a_few_tables():
    _try(shard=N_SHARDS, n_tables=200)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(N_SHARDS))
def test_many_tables(shard):
    _try(shard, N_TABLES)
