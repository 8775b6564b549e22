"""Samplers by name: every sampler has a name, and plans where possible."""

from __future__ import annotations

import re

import numpy as np
import pytest

from imbsuite import Tempered, samplers
from imbsuite.experiment.strategies import DEFAULT, STRATEGIES
from imbsuite.methods import SAMPLERS, make_sampler, plan_with, planned_sizes

CLEANERS = sorted(name for name in SAMPLERS if make_sampler(name)._kind == "clean")
PLANNED = [name for name in SAMPLERS if name not in {*CLEANERS, "temperature"}]


def table() -> tuple:
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [80, 30, 20])
    return rng.normal(size=(130, 3)) + (y == "a")[:, np.newaxis], y


def kinds(sampler) -> set[str]:
    """Return the names of the classes that a sampler consists of."""
    inside = [v for v in sampler.get_params().values() if hasattr(v, "fit_resample")]
    return {type(part).__name__ for part in [sampler, *inside]}


def test_every_sampler_has_a_name():
    named = set.union(*(kinds(make_sampler(name)) for name in SAMPLERS))
    assert named >= {n for n in samplers.__all__ if n != "make_chain"}


def test_name_is_an_attribute_of_the_class():
    classes = {kind for kind in SAMPLERS.values() if isinstance(kind, type)}
    public = {
        getattr(samplers, name) for name in samplers.__all__ if name != "make_chain"
    }
    assert classes == public - {samplers.Chain, samplers.SubclassSampler}
    assert all(SAMPLERS[kind._name] is kind for kind in classes)


def test_default_strategies_come_first():
    assert list(STRATEGIES)[: len(DEFAULT)] == DEFAULT


def test_every_method_is_a_strategy():
    assert set(SAMPLERS) - set(STRATEGIES) == {"temperature"}
    assert {"temperature-2", "temperature-5"} <= set(STRATEGIES)


def test_each_call_returns_a_new_sampler():
    assert make_sampler("smote") is not make_sampler("smote")


def test_unknown_method_raises_and_lists_all():
    with pytest.raises(ValueError, match="Did you mean 'smote'") as error:
        make_sampler("smoté")
    assert all(name in str(error.value) for name in SAMPLERS)


@pytest.mark.filterwarnings("ignore::UserWarning")  # no cluster qualifies
@pytest.mark.parametrize("name", PLANNED)
def test_planned_sizes_match_resampled_classes(name):
    X, y = table()
    for plan in ({"ratio": 0.5}, {"temperature": 2.0}):
        sampler = plan_with(make_sampler(name), **plan)
        sizes, cleaned = planned_sizes(sampler, y)
        y_new = sampler.fit_resample(X, y)[1]
        counts = {str(k): int((y_new == k).sum()) for k in np.unique(y_new)}
        assert cleaned == name.startswith(("ccr", "smote-enn", "smote-tomek"))
        if not cleaned:
            assert counts == sizes
        under = sampler._kind == "under"
        ratio = {"a": 40, "b": 30, "c": 20} if under else {"a": 80, "b": 40, "c": 40}
        tempered = Tempered(2.0, "under" if under else "over")(y)
        assert sizes == (ratio if "ratio" in plan else tempered)


def test_without_a_plan_defaults_are_kept():
    for name in SAMPLERS:
        sampler = make_sampler(name)
        before = repr(sampler)
        assert repr(plan_with(sampler)) == before


def test_method_temperature_accepts_a_temperature():
    assert plan_with(make_sampler("temperature"), temperature=3.0).temperature == 3.0
    y = table()[1]
    sizes = planned_sizes(plan_with(make_sampler("temperature"), temperature=2.0), y)[0]
    assert sizes == Tempered(2.0)(y)


@pytest.mark.parametrize("name", CLEANERS)
def test_sizes_after_cleaning_are_unknown(name):
    assert planned_sizes(make_sampler(name), table()[1]) == (
        {"a": 80, "b": 30, "c": 20},
        True,
    )


@pytest.mark.parametrize(
    ("name", "plan", "message"),
    [
        ("smote", {"ratio": 0.5, "temperature": 2.0}, "pass only one of them"),
        (
            "smote",
            {"ratio": 0.0},
            "larger class. Got 0 instead",
        ),
        ("smote", {"ratio": 1.5}, "the ratio must be a number in (0, 1]"),
        ("smote", {"ratio": float("nan")}, "the ratio must be a number in (0, 1]"),
        ("smote", {"temperature": 0.5}, "a number of at least 1"),
        ("temperature", {"temperature": 0.5}, "a number of at least 1"),
        ("temperature", {"ratio": 0.5}, "choose random-over"),
        ("tomek-links", {"ratio": 0.5}, "TomekLinks has no plan"),
        ("edited-nearest-neighbours", {"temperature": 2.0}, "has no plan"),
    ],
)
def test_invalid_plans_raise(name, plan, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        plan_with(make_sampler(name), **plan)
