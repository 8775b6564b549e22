"""The members of an ensemble, each fitted on its own draw of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from sklearn.utils.parallel import Parallel, delayed

from imbsuite._fit_inputs import FitInputs
from imbsuite._table import scaled_weight, take
from imbsuite._types import Codes, Floats, Positions
from imbsuite._warning import warn
from imbsuite.meta._draws import (
    at_progress,
    bootstrap,
    bootstrap_groups,
    by_appearance,
    cuts_at_random,
    even_draws,
    seeded,
)
from imbsuite.meta._resampling import fit_resampled
from imbsuite.meta.feedback import choose, weigh
from imbsuite.probability.columns import probability_of

# Estimators that convert their input to single precision.
TREES = (DecisionTreeClassifier, ExtraTreeClassifier)
_N_PROBED = 100  # rows per class, to check that predictions vary


class Member(NamedTuple):
    """A fitted member.

    ``prior``: the class shares in its training rows, of shape (n_classes,).
    ``left_out``: the rows that its bootstrap did not draw, and ``probability``: its
    predictions for them; None if they are not needed, or if there are no such rows.
    ``vote``: its weight in the mean of probabilities.
    """

    estimator: Any
    prior: Floats
    left_out: Positions | None = None
    probability: Floats | None = None
    vote: float = 1.0


def warn_of_useless(member: Member, X: Any, codes: Codes) -> None:
    """Warn if a member predicts equal probabilities for a few rows of each class."""
    probed = [np.flatnonzero(codes == k)[:_N_PROBED] for k in np.unique(codes)]
    rows = take(X, np.sort(np.concatenate(probed)))
    if np.ptp(probability_of(member.estimator, rows), axis=0).max() > 0:
        return
    msg = (
        "Members give every row the same probabilities: their classes have too few "
        "rows for the estimator, such as fewer than twice its min_samples_leaf. Use a "
        "larger sampling_strategy, or another estimator."
    )
    warn(msg)


@dataclass(frozen=True)
class Average:
    """The mean of the members' probabilities, weighted by their votes."""

    estimators: list[Any]
    classes_: NDArray[Any]
    votes: Floats | None = None
    n_jobs: int | None = None

    @classmethod
    def of(cls, members: list[Member], classes: NDArray[Any]) -> Average:
        """Return the mean of members.

        If all votes are 0, the members vote equally, with a warning.
        """
        votes = np.array([member.vote for member in members])
        if not votes.any():
            msg = "No member is better than chance, so all members vote equally."
            warn(msg)
            votes = np.ones(len(votes))
        return cls([member.estimator for member in members], classes, votes)

    def predict_proba(self, X: Any) -> Floats:
        """Return the mean probabilities, (n_rows, n_classes)."""
        run = Parallel(n_jobs=self.n_jobs, prefer="threads", return_as="generator")
        X, options = self._as_read(X)
        # The first member validates the table for all members.
        first, *others = self.estimators
        tasks = (
            delayed(probability_of)(one, X, self.classes_, options=options)
            for one in others
        )
        parts = chain([probability_of(first, X, self.classes_)], run(tasks))
        # Sum one by one, so that only a few members' probabilities are in memory.
        if self.votes is None:
            return np.asarray(sum(parts) / np.float64(len(self.estimators)))
        total: Any = sum(v * part for v, part in zip(self.votes, parts, strict=True))
        return np.asarray(total / self.votes.sum())

    def _as_read(self, X: Any) -> tuple[Any, dict[str, Any]]:
        """Return the table for all members, and options of ``predict_proba``.

        For trees, an array is converted to single precision once; otherwise, every tree
        would convert and check it.
        """
        are_trees = all(type(one) in TREES for one in self.estimators)
        is_double = type(X) is np.ndarray and X.dtype == np.float64
        if not (are_trees and is_double):
            return X, {}
        return X.astype(np.float32), {"check_input": False}


@dataclass(frozen=True)
class MemberFits:
    """The inputs of all members, and how the rows of each member are drawn.

    ``sampler``: None if there is a single class, which needs no balancing. ``units``:
    the unit of each row; rows are left out of a bag only with their whole unit.
    ``weight_key``: the keyword that passes weights to the estimator.
    """

    sampler: Any
    estimator: Any
    inputs: FitInputs
    codes: Codes
    classes: NDArray[Any]
    groups: Codes | None
    weight_key: str | None
    n_members: int
    has_bootstrap: bool
    units: Codes | None
    predicts_left_out: bool
    rng: np.random.Generator

    @cached_property
    def _streams(self) -> tuple[np.random.Generator, list[np.random.Generator]]:
        """The random stream that all members share, and one stream for each member."""
        shared, own = self.rng.spawn(2)
        return shared, own.spawn(self.n_members)

    @cached_property
    def _candidates(self) -> Positions:
        weight = self.inputs.weight
        everywhere = np.arange(len(self.codes))
        return everywhere if weight is None else np.flatnonzero(np.asarray(weight) > 0)

    @cached_property
    def _rows_of_classes(self) -> list[Positions]:
        # In order of appearance, so that the names of the classes have no effect.
        rows, codes = self._candidates, self.codes[self._candidates]
        return [rows[codes == k] for k in by_appearance(codes)]

    @cached_property
    def labels(self) -> NDArray[Any]:
        """The label of each row."""
        return np.asarray(self.classes[self.codes])

    def run(self, n_jobs: int | None) -> Iterator[Member]:
        """Yield members that are fitted independently, in order."""
        run = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
        even = self._even_rows()
        yield from run(
            delayed(self.fit_one)(t, None if even is None else even[t])
            for t in range(self.n_members)
        )

    def run_with(self, feedback: Any) -> Iterator[Member]:
        """Yield members in sequence, each fitted with feedback from earlier members."""
        hardness = np.zeros(len(self.codes))
        first = weight = factor = None
        for t in range(self.n_members):
            progress = t / max(self.n_members - 1, 1)
            chosen_by = None
            if t and self.sampler is not None and hasattr(feedback, "choose"):
                chosen_by = partial(choose, feedback, progress=progress)
            member = self.fit_one(t, None, factor, chosen_by, hardness)
            p = self._own_probability(member.estimator)
            hardness += (1 - p - hardness) / (t + 1)
            if hasattr(feedback, "weigh"):
                if first is None or weight is None:
                    first = weight = self._planned_weights(member.prior)
                weight, vote = weigh(feedback, weight, p, progress)
                one = np.ones_like(weight)
                factor = np.divide(weight, first, out=one, where=first > 0)
                member = member._replace(vote=vote)
            yield member

    def fit_one(
        self,
        t: int,
        rows: Positions | None = None,
        factor: Floats | None = None,
        chosen_by: Callable[..., Positions] | None = None,
        hardness: Floats | None = None,
    ) -> Member:
        """Fit member ``t``, and return it.

        Parameters
        ----------
        t : int
        rows : ndarray of shape (n_kept,), int, default=None
            The rows to fit on. None: they are drawn.
        factor : ndarray of shape (n_rows,), default=None
            Multiplies the weights of rows.
        chosen_by : callable of (hardness, n, rng=...), default=None
            Returns the positions of the ``n`` rows to keep of a class that is
            under-sampled, given the hardness of the rows of the class.
        hardness : ndarray of shape (n_rows,), default=None
            1 minus the mean probability of each row's own class by earlier members.
            Required with ``chosen_by``, otherwise unused.
        """
        bag_rng, seed_rng, row_rng = self._streams[1][t].spawn(3)
        bag = self._bag(bag_rng)
        sampler = seeded(self.sampler_of(t), seed_rng)
        estimator = seeded(self.estimator, seed_rng)
        inputs = self.inputs if factor is None else self._weighed(factor)
        if rows is None and chosen_by is not None:
            rows = self._chosen(sampler, bag, hardness, partial(chosen_by, rng=row_rng))
        elif rows is None and getattr(sampler, "_looks_at", "table") == "labels":
            rows = self._resampled(sampler, bag, inputs.weight)
        if rows is None:
            part = inputs if bag is None else inputs.take(bag)
        else:
            part, sampler = inputs.take(rows), None
        fitted, by_label = fit_resampled(sampler, estimator, part, self.weight_key)
        prior = np.array([by_label.get(k, 0.0) for k in self.classes.tolist()])
        return self._with_left_out(Member(fitted, prior), bag)

    def sampler_of(self, t: int) -> Any:
        """Return the sampler of member ``t``, whose plan may be a schedule."""
        return at_progress(self.sampler, t / self.n_members)

    def _bag(self, rng: np.random.Generator) -> Positions | None:
        if not self.has_bootstrap:
            return None
        if self.groups is not None:
            return bootstrap_groups(self._rows_of_classes, self.groups, rng)
        return bootstrap(self._rows_of_classes, rng)

    def _resampled(
        self, sampler: Any, bag: Positions | None, weight: Any = None
    ) -> Positions:
        """Return the rows that a sampler of labels selects, without reading X."""
        rows = np.arange(len(self.codes)) if bag is None else bag
        sampler.fit_resample(
            rows[:, np.newaxis],
            self.labels[rows],
            sample_weight=None if weight is None else take(weight, rows),
            groups=None if self.groups is None else self.groups[rows],
        )
        return np.asarray(rows[sampler.sample_indices_])

    def _chosen(
        self,
        sampler: Any,
        bag: Positions | None,
        hardness: Any,
        chosen_by: Callable[..., Positions],
    ) -> Positions:
        """Return the rows of a bag after ``chosen_by`` under-samples it to the plan."""
        kept = []
        for own, n in self._planned(sampler, bag):
            chosen = own if n >= len(own) else own[chosen_by(hardness[own], n)]
            kept.append(chosen)
        return np.sort(np.concatenate(kept))

    def _planned(
        self, sampler: Any, bag: Positions | None = None
    ) -> Iterator[tuple[Positions, int]]:
        """Yield the rows of each class with nonzero weight, and the planned number."""
        rows = self._candidates if bag is None else bag
        self._resampled(sampler, rows)
        codes, names = self.codes[rows], self.classes.tolist()
        # In order of appearance, so that the names of the classes have no effect.
        for k in by_appearance(codes):
            yield rows[codes == k], sampler.plan_[names[k]]

    def _even_rows(self) -> list[Positions] | None:
        """Return the rows of each member if they are spread evenly, otherwise None."""
        is_even = cuts_at_random(self.sampler) and not self.has_bootstrap
        if not is_even or self.n_members == 1:
            return None
        plans = [
            dict(enumerate(self._planned(clone(self.sampler_of(t)))))
            for t in range(self.n_members)
        ]
        streams = self._streams[0].spawn(len(plans[0]))
        by_class = []
        for k, stream in enumerate(streams):
            own = plans[0][k][0]
            sizes = [plan[k][1] for plan in plans]
            by_class.append([own[r] for r in even_draws(len(own), sizes, stream)])
        return [np.sort(np.concatenate(parts)) for parts in zip(*by_class, strict=True)]

    def _weighed(self, factor: Floats) -> FitInputs:
        """Return the inputs with weights multiplied by ``factor``."""
        own_weight = self.inputs.weight
        weight = factor if own_weight is None else factor * np.asarray(own_weight)
        params = self.inputs.params | {str(self.weight_key): weight}
        return replace(self.inputs, weight=weight, params=params)

    def _planned_weights(self, prior: Floats) -> Floats:
        """Return weights that sum to 1, and to the planned share in each class."""
        own = self.inputs.weight
        weight = np.ones(len(self.codes)) if own is None else scaled_weight(own)
        sums = np.bincount(self.codes, weight, minlength=len(self.classes))
        planned = (prior / np.where(sums > 0, sums, 1.0))[self.codes] * weight
        return np.asarray(planned / planned.sum())

    def _own_probability(self, estimator: Any) -> Floats:
        """Return the probability of each row's own class, (n_rows,)."""
        probability = probability_of(estimator, self.inputs.X, self.classes)
        return np.asarray(probability[np.arange(len(self.codes)), self.codes])

    def _with_left_out(self, member: Member, bag: Positions | None) -> Member:
        """Return the member with its predictions for the rows that its bag left out."""
        if not self.predicts_left_out or bag is None:
            return member
        units = np.arange(len(self.codes)) if self.units is None else self.units
        is_drawn = np.zeros(int(units.max()) + 1, dtype=bool)
        is_drawn[units[bag]] = True
        rows = np.flatnonzero(~is_drawn[units])
        if not len(rows):
            return member
        X, places = take(self.inputs.X, rows), self.inputs.positions(rows)
        probability = probability_of(member.estimator, X, self.classes, rows=places)
        return member._replace(left_out=rows, probability=probability)
