"""Tools for testing samplers, including samplers of other packages.

:func:`all_samplers` returns an instance of each sampler of imbsuite,
:func:`check_sampler` tests the laws that every sampler obeys, and
:func:`expected_failed_checks` lists, with reasons, the checks of scikit-learn and
imbalanced-learn that an estimator is expected to fail.
"""

from __future__ import annotations

import inspect
from typing import Any

from sklearn.base import clone

from imbsuite.base import BaseSampler
from imbsuite.testing import laws_of_cells  # noqa: F401 (it adds its laws)
from imbsuite.testing.expected import expected_failed_checks
from imbsuite.testing.laws import LAWS

__all__ = ["LAWS", "all_samplers", "check_sampler", "expected_failed_checks"]


def all_samplers() -> list[BaseSampler]:
    """Return an instance of every sampler of imbsuite, with ``random_state=0``.

    Returns
    -------
    list of samplers
    """
    from imbsuite import samplers as room

    samplers: list[BaseSampler] = []
    for name in dir(room):
        kind = getattr(room, name)
        if isinstance(kind, type) and kind not in {room.Chain, room.SubclassSampler}:
            seeded = "random_state" in kind().get_params()
            samplers.append(kind(random_state=0) if seeded else kind())
    cleaner = room.TomekLinks(sampling_strategy="all")
    subclass = room.SubclassSampler(room.SMOTE(), random_state=0)
    return [
        *samplers,
        subclass,
        room.make_chain(room.SMOTE(random_state=0), cleaner),
    ]


def check_sampler(sampler: Any) -> None:
    """Test all laws on clones of a sampler.

    Laws that a sampler breaks by design are skipped; its class lists them, with
    reasons, in the attribute ``_broken_laws``.

    Parameters
    ----------
    sampler : sampler
        An instance of a subclass of one of the base classes of ``imbsuite.base``, with
        its default ``sampling_strategy``.

    Raises
    ------
    AssertionError
        If a law is broken; a note names the law.
    Exception
        Any error that the sampler raises during a test; a note names the law.

    Examples
    --------
    >>> from imbsuite import SMOTE
    >>> from imbsuite.testing import check_sampler
    >>> check_sampler(SMOTE(random_state=0))
    """
    for name, law in LAWS.items():
        if name in sampler._broken_laws:
            continue
        try:
            law(clone(sampler))
        except Exception as error:
            meaning = inspect.cleandoc(law.__doc__ or "")
            error.add_note(
                f"{type(sampler).__name__} breaks the law {name!r}: {meaning}"
            )
            raise
