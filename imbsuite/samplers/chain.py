"""A chain of samplers."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from imbsuite._anew import fitted_anew
from imbsuite._arguments import as_instance
from imbsuite._table import refuse_lazy
from imbsuite._wrapping import in_sequence
from imbsuite.base import BaseSampler
from imbsuite.plan import Kind


class Chain(_BaseComposition, BaseSampler):  # type: ignore[misc]
    """Apply several samplers one after another, as a single sampler.

    A typical chain over-samples and then cleans: SMOTE and Tomek links, or SMOTE and
    edited nearest neighbors. Rows are traced back through all steps, so that
    ``sample_indices_`` and ``parents_`` refer to the rows of the input.

    Parameters
    ----------
    steps : list of (str, sampler)
        Names and samplers; "passthrough" in place of a sampler skips the step.
        Parameters of steps are set as in ``smote__k_neighbors``.

    Attributes
    ----------
    samplers_ : list of samplers
        The fitted clones, without skipped steps.
    plan_ : dict
        ``{label: rows after the last step}``.
    steps_ : ndarray of shape (n_new,)
        NaN also if a parent was created by an earlier step, so that the row is not an
        interpolation of two input rows.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``: if the name of a step is not unique, a step is not a
        sampler of imbsuite, or a step fails.

    Notes
    -----
    After balancing, use a cleaner with ``sampling_strategy="all"``: "auto" does not
    clean the smallest class, which is an arbitrary choice among equal classes. If a
    step leaves a single class, a warning is raised and the following cleaners are
    skipped.

    **When it hurts.** A cleaner after SMOTE mostly removes rows of the common class
    near synthetic rows, so the class border is moved twice.

    References
    ----------
    Batista, Prati, Monard. A study of the behavior of several methods for balancing
    machine learning training data. SIGKDD Explorations 6(1) (2004), 20-29,
    :doi:`10.1145/1007730.1007735`.

    Examples
    --------
    >>> from imbsuite import SMOTE, Chain, TomekLinks
    >>> chain = Chain([
    ...     ("smote", SMOTE(random_state=0)),
    ...     ("tomek", TomekLinks(sampling_strategy="all")),
    ... ])
    """

    _kind: ClassVar[Kind] = "over"
    _parameter_constraints: ClassVar[dict[str, Any]] = {"steps": "no_validation"}

    def __init__(self, steps: list[tuple[str, Any]]) -> None:
        self.steps = steps

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return the parameters, including those of steps as ``name__parameter``."""
        params: dict[str, Any] = self._get_params("steps", deep=deep)
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, steps (by name) or parameters of steps."""
        self._set_params("steps", **params)
        return self

    @fitted_anew
    def fit(self, X: Any, y: Any) -> Self:
        """Check the input and run all steps: each plan depends on earlier steps."""
        self.fit_resample(X, y)
        return self

    @fitted_anew
    def fit_resample(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, groups: Any = None
    ) -> tuple[Any, Any]:
        """Resample a table with all steps; the arguments are as in :class:`SMOTE`."""
        refuse_lazy(X, type(self).__name__)
        fitted: list[Any] = []
        weight = sample_weight
        for step in self._active():
            if fitted and _has_nothing_to_clean(step, fitted[-1]):
                continue
            sampler = clone(step)
            X, y = sampler.fit_resample(X, y, sample_weight=weight, groups=groups)
            weight = sampler._carried_weight
            groups = sampler.groups_
            fitted.append(sampler)
        self._describe(fitted)
        return X, y

    def carry(
        self, values: Any, rule: Literal["auto", "interpolate", "seed"] = "auto"
    ) -> Any:
        """Resample an array-like that is aligned with the input, through all steps."""
        check_is_fitted(self, "samplers_")
        for sampler in self.samplers_:
            values = sampler.carry(values, rule)
        return values

    def _sk_visual_block_(self) -> Any:
        return in_sequence(self.steps)

    def _active(self) -> list[Any]:
        if not _are_named(self.steps):
            msg = (
                f"The 'steps' parameter of Chain must be a list of (name, sampler) pairs. "
                f"Got {self.steps!r} instead; make_chain(*samplers) names them."
            )
            raise TypeError(msg)
        self._validate_names([name for name, _ in self.steps])
        active = [sampler for _, sampler in self.steps if sampler != "passthrough"]
        for sampler in active:
            if isinstance(sampler, type):
                msg = f"A step of Chain, {sampler.__name__},{as_instance(sampler)}."
                raise TypeError(msg)
            if not isinstance(sampler, BaseSampler):
                msg = (
                    f"A step of Chain is {sampler!r}; every step must be a sampler of "
                    "imbsuite or 'passthrough'."
                )
                raise TypeError(msg)
        if not active:
            msg = "Chain has no step to run; pass at least one sampler."
            raise ValueError(msg)
        return active

    def _describe(self, fitted: list[Any]) -> None:
        first, last = fitted[0], fitted[-1]
        self.samplers_ = fitted
        self._n_rows, self._class_sizes = first._n_rows, first._class_sizes
        self.sample_weight_, self.groups_ = last.sample_weight_, last.groups_
        self._carried_weight = last._carried_weight
        # The plans of later steps lack the classes that earlier steps have emptied.
        self.plan_ = dict.fromkeys(first.plan_, 0) | last.plan_
        shares = dict.fromkeys(first.effective_prior_, 0.0)
        self.effective_prior_ = shares | last.effective_prior_
        for name in ("sampling_strategy_", "n_features_in_", "feature_names_in_"):
            if hasattr(first, name):
                setattr(self, name, getattr(first, name))
        self._trace(fitted)

    def _trace(self, fitted: list[Any]) -> None:
        """Trace every output row back to rows of the input."""
        n_rows = fitted[0]._n_rows
        rows, is_new = np.arange(n_rows), np.zeros(n_rows, dtype=bool)
        pairs, steps = np.column_stack([rows, rows]), np.zeros(n_rows)
        for sampler in fitted:
            source, new = sampler.sample_indices_, sampler.is_synthetic_
            direct = ~is_new[sampler.parents_].any(axis=1)
            new_pairs = rows[sampler.parents_]
            new_steps = np.where(direct, sampler.steps_, np.nan)
            kept = source[~new]
            pairs = np.concatenate([pairs[kept], new_pairs])
            steps = np.concatenate([steps[kept], new_steps])
            is_new = np.concatenate([is_new[kept], np.ones(len(new_pairs), dtype=bool)])
            rows = rows[source]
        self.sample_indices_, self.is_synthetic_ = rows, is_new
        self.parents_, self.steps_ = pairs[is_new], steps[is_new]


def _are_named(steps: Any) -> bool:
    sequence = (list, tuple)
    return isinstance(steps, sequence) and all(
        isinstance(step, sequence) and len(step) == 2 and isinstance(step[0], str)
        for step in steps
    )


def _has_nothing_to_clean(step: Any, last: Any) -> bool:
    """Return whether ``step`` is a cleaner and ``last`` has left a single class.

    Without rows of another class, there is nothing to clean. Over- and under-samplers
    still run, and report that their plan has become impossible.
    """
    left = sum(size > 0 for size in last.plan_.values())
    return step._kind == "clean" and left < 2


def make_chain(*samplers: Any) -> Chain:
    """Return a :class:`Chain` whose steps are named after their classes.

    Parameters
    ----------
    *samplers : samplers
        Names are the class names in lower case; repeated ones are numbered from 1.

    Returns
    -------
    Chain

    Examples
    --------
    >>> from imbsuite import SMOTE, TomekLinks, make_chain
    >>> chain = make_chain(SMOTE(), TomekLinks(sampling_strategy="all"))
    >>> [name for name, _ in chain.steps]
    ['smote', 'tomeklinks']
    """
    names = [type(sampler).__name__.lower() for sampler in samplers]
    total, seen = Counter(names), Counter[str]()
    steps = []
    for name, sampler in zip(names, samplers, strict=True):
        seen[name] += 1
        numbered = f"{name}-{seen[name]}" if total[name] > 1 else name
        steps.append((numbered, sampler))
    return Chain(steps)
