"""Parameters of samplers, which are declared as annotated class attributes."""

from __future__ import annotations

import inspect
from numbers import Real
from typing import Any, ClassVar, Literal

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import Interval, StrOptions

import imbsuite as im
from imbsuite._parameters import Parametrized, parameter
from imbsuite.base import BaseInterpolator


class Near(BaseInterpolator):
    """SMOTE that stays near the seed.

    Parameters
    ----------
    reach : float, default=0.5
        The longest step.
    standardize
        Always a good idea.

    Notes
    -----
    Nothing.
    """

    reach: float = 0.5
    side: Literal["left", "right"] = "left"
    memo: ClassVar[dict[str, int]] = {}
    seen_: int = 0
    _hidden: int = 3
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "reach": [Interval(Real, 0, 1, closed="both")],
        "side": [StrOptions({"left", "right"})],
    }

    def _propose(self, table, y, label, n, rng):
        seeds = self._allocate(table.rows, n, rng)
        partners, voters = self._partners(table, seeds, rng)
        return seeds, partners, self.reach * rng.random(n), voters


class Nearer(Near):
    """Nearer still."""

    reach: float = 0.1


OWN = ["reach", "side"]
SHARED = list(inspect.signature(BaseInterpolator).parameters)


def test_own_parameters_precede_those_of_the_base_class():
    for kind in (Near, Nearer):
        parameters = inspect.signature(kind).parameters
        own = OWN if kind is Near else ["reach", "side"]
        assert list(parameters) == [*own, *SHARED]
        assert {p.kind for p in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert inspect.signature(Near).parameters["reach"].annotation is float
    assert (Near().reach, Nearer().reach, Nearer().k_neighbors) == (0.5, 0.1, 5)


def test_parameters_are_stored_cloned_and_shown():
    sampler = clone(Near(reach=0.2, k_neighbors=3))
    assert (sampler.reach, sampler.k_neighbors, sampler.side) == (0.2, 3, "left")
    assert repr(sampler) == "Near(k_neighbors=3, reach=0.2)"
    assert set(sampler.get_params()) == {*OWN, *SHARED}
    assert Near.reach == 0.5  # an instance does not change the default of its class


def test_own_and_shared_parameters_are_validated():
    X, y = [[0.0], [1.0], [2.0]], [0, 0, 1]
    for wrong in ({"reach": 2.0}, {"side": "up"}, {"standardize": "yes"}):
        with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter of"):
            Near(**wrong).fit(X, y)


def test_unknown_and_positional_arguments_raise():
    with pytest.raises(TypeError, match=r"Near\(\) got an unexpected .* 'reech'"):
        Near(reech=0.2)
    with pytest.raises(TypeError, match="its parameters are passed by name: reach"):
        Near(0.2)


def test_docstrings_include_shared_parameters():
    text = inspect.getdoc(Near)
    section = text.split("Parameters\n----------\n")[1].split("\n\nNotes\n-----\n")[0]
    heads = [line for line in section.splitlines() if not line.startswith(" ")]
    assert [head.split(" : ")[0] for head in heads] == ["reach", *SHARED]
    assert "as in SMOTE-NC.\n    Always a good idea.\ncategorical" in section
    assert text.endswith("Notes\n-----\nNothing.")
    # If a docstring lacks the section, it is added.
    assert inspect.getdoc(Nearer).startswith(
        "Nearer still.\n\nParameters\n----------\n"
    )


@pytest.mark.parametrize("name", ["SMOTE", "SVMSMOTE", "GeometricSMOTE", "ADASYN"])
def test_shared_parameters_have_the_same_description(name):
    text = inspect.getdoc(getattr(im, name))
    assert (
        'Names, positions or a boolean mask of the categorical columns. "from_dtype"'
        in text
    )


def test_class_can_omit_parameters_of_its_base():
    assert "k_neighbors" not in inspect.signature(im.ADASYN).parameters
    with pytest.raises(TypeError, match="unexpected keyword argument 'k_neighbors'"):
        im.ADASYN(k_neighbors=3)
    assert "k_neighbors" not in im.ADASYN._parameter_constraints
    assert im.TemperatureSampler(3.0).temperature == 3.0


class Cut(Parametrized, BaseEstimator):
    """Cut at a level."""

    width: float = 1.0
    level: float = parameter(kw_only=False)


def test_parameter_can_be_positional_and_required():
    assert list(inspect.signature(Cut).parameters) == ["level", "width"]
    assert clone(Cut(3.0)).get_params() == {"level": 3.0, "width": 1.0}
    assert not hasattr(Cut, "level")
    with pytest.raises(TypeError, match=r"Cut\(\) missing .* argument: 'level'"):
        Cut(width=2.0)


def test_hints_for_sampler_parameters_apply_only_to_samplers():
    with pytest.raises(TypeError, match="'n_jobs'; its parameters are: level, width"):
        Cut(3.0, n_jobs=2)
