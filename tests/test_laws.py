"""The laws that every sampler obeys, for all samplers and their main variants."""

from __future__ import annotations

from itertools import islice
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import clone

import imbsuite as im
from imbsuite.base import BaseInterpolator
from imbsuite.testing import LAWS, all_samplers, check_sampler


def _name(sampler: object) -> str:
    return " ".join(str(sampler).split())


VARIANTS = [
    im.RandomOverSampler(shrinkage=1.0, random_state=0),
    im.RandomOverSampler(seed_allocation="random", random_state=0),
    im.RandomUnderSampler(replacement=True, random_state=0),
    im.SMOTE(categorical_rule="vote", random_state=0),
    im.SMOTE(categorical_rule="seed", seed_allocation="random", random_state=0),
    im.BorderlineSMOTE(kind="borderline-2", random_state=0),
    im.GeometricSMOTE(truncation_factor=-0.5, deformation_factor=0.5, random_state=0),
    im.GeometricSMOTE(selection_strategy="majority", random_state=0),
    im.PolynomFitSMOTE(kind="mesh", random_state=0),
    im.CCR(energy=2.0, random_state=0),
    im.EditedNearestNeighbours(kind_sel="mode"),
]
REJECTING = [
    clone(sampler).set_params(reject=3)
    for sampler in all_samplers()
    if "reject" in sampler.get_params(deep=False)
]
# Without standardization, rescaling columns changes the neighbors by design.
PLAIN = [
    clone(sampler).set_params(standardize=False)
    for sampler in all_samplers()
    if "standardize" in sampler.get_params()
]
# Each changes one parameter of a sampler that obeys all laws without the change. A
# third of the laws is enough for one, and another third for the next; the slow tests
# try all.
CHANGED = [*REJECTING, *PLAIN]
THIRDS = [
    pytest.param(sampler, law, id=f"{_name(sampler)}-{law.__name__}")
    for place, sampler in enumerate(CHANGED)
    for law in islice(LAWS.values(), -place % 3, None, 3)
]


def _obeys(sampler, law):
    if law.__name__ in sampler._broken_laws:
        with pytest.raises(AssertionError):  # otherwise, the law must not be listed
            law(clone(sampler))
    else:
        law(clone(sampler))


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("sampler", [*all_samplers(), *VARIANTS], ids=_name)
def test_law(sampler, law):
    _obeys(sampler, law)


@pytest.mark.parametrize(("sampler", "law"), THIRDS)
def test_law_with_one_parameter_changed(sampler, law):
    _obeys(sampler, law)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", CHANGED, ids=_name)
def test_all_laws_with_one_parameter_changed(sampler):
    for law in LAWS.values():
        _obeys(sampler, law)


def test_all_samplers_lists_every_public_sampler():
    listed = {type(sampler).__name__ for sampler in all_samplers()}
    from imbsuite import samplers

    assert listed == set(samplers.__all__) - {"make_chain"}


class _SelfPaired(im.SMOTE):
    """A sampler that breaks a law: every row is its own partner."""

    def _propose(self, table, y, label, n, rng):
        seeds = self._allocate(table.rows, n, rng)
        return seeds, seeds.copy(), rng.random(n)


def test_check_sampler_names_the_broken_law():
    with pytest.raises(AssertionError) as caught:
        check_sampler(_SelfPaired(random_state=0))
    assert "no_row_is_its_own_neighbor" in "".join(caught.value.__notes__)


class _SameStream(im.RandomOverSampler):
    """A sampler that breaks a law: every class draws the same random numbers."""

    def _synthesize(self, table, y, label, n, rng):
        import numpy as np

        seeds = self._allocate(table.rows, n, np.random.default_rng(0))
        return None, seeds


def test_check_sampler_detects_shared_random_streams():
    with pytest.raises(AssertionError) as caught:
        check_sampler(_SameStream(random_state=0))
    assert "law" in "".join(caught.value.__notes__)


class _OwnPartner(im.SMOTE):
    """A sampler that lists a law which it breaks by design."""

    _broken_laws: ClassVar[dict[str, str]] = {
        "no_row_is_its_own_neighbor": "each row is its own partner"
    }

    def _propose(self, table, y, label, n, rng):
        seeds = self._allocate(table.rows, n, rng)
        return seeds, seeds.copy(), np.zeros(n)


def test_check_sampler_skips_laws_broken_by_design():
    check_sampler(_OwnPartner(random_state=0))


class _FirstColumn(im.SMOTE):
    """A sampler that uses the rows in the order of their first column."""

    def _propose(self, table, y, label, n, rng):
        first = table.numbers(table.rows)[:, :1].sum(axis=1)
        seeds = np.resize(table.rows[first.argsort()], n)
        partners, voters = self._partners(table, seeds, rng)
        return seeds, partners, rng.random(n), voters


def test_sampler_without_propose_cannot_be_instantiated():
    class Bare(BaseInterpolator):
        """A sampler that does not define the abstract method."""

    with pytest.raises(TypeError, match=r"abstract method '?_propose"):
        Bare()


@pytest.mark.parametrize("by_column", [False, True])
def test_draws_by_column_waives_the_law_of_column_order(by_column):
    law = LAWS["columns_have_no_order_or_unit"]
    kind = type("Ordered", (_FirstColumn,), {"_draws_by_column": by_column})
    if by_column:
        law(kind(random_state=0))
    else:
        with pytest.raises(AssertionError):
            law(kind(random_state=0))


class _Crashing(im.SMOTE):
    """A sampler that raises an error for every table."""

    def _propose(self, table, y, label, n, rng):
        msg = "sparse is not for me"
        raise TypeError(msg)


def test_check_sampler_names_the_law_for_any_exception():
    with pytest.raises(TypeError, match="sparse is not for me") as caught:
        check_sampler(_Crashing(random_state=0))
    note = "".join(caught.value.__notes__)
    assert "_Crashing breaks the law 'plan_is_met': Each class has" in note
