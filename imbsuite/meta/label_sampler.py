"""Over-sampling of multilabel targets with any over-sampler of classes."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from typing import Any, ClassVar, Literal, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import as_instance, refuse_misplaced
from imbsuite._intervals import Interval
from imbsuite._neighbors import Space
from imbsuite._parameters import parameter
from imbsuite._random import Seed, check_rng, column_coins
from imbsuite._rows import of_rows
from imbsuite._table import (
    Draw,
    Gate,
    Table,
    carry,
    check_multilabel,
    check_table,
    checked_draw,
    count_rows,
    is_multilabel,
    join_draws,
    refuse_lazy,
    scaled_weight,
    take,
    under_labels_of,
    with_labels,
)
from imbsuite._types import Codes, Positions
from imbsuite._views import Job
from imbsuite._warning import warn
from imbsuite.base import BaseGrower, BaseSampler
from imbsuite.plan import Kind, plan_counts
from imbsuite.samplers import SMOTE

NewLabels: TypeAlias = Literal["step", "seed", "ranking", "union", "intersection"]
_BITS = NDArray[np.int8]  # 0 and 1, in little memory


@dataclass(frozen=True)
class _LabelJob(Job):
    """The job of one label; all labels share one space for neighbor searches."""

    shared: Any = None

    @property
    def standard_space(self) -> Space:
        return self.shared.standard_space


class LabelSampler(MetaEstimatorMixin, BaseSampler):  # type: ignore[misc]
    """Over-sample the rare labels of a multilabel target, one label at a time.

    Beginning with the rarest label, the sampler draws new rows from the rows that have
    the label, as if they were a class. New rows have other labels too, so labels are
    counted again before the next one.

    Parameters
    ----------
    sampler : over-sampler, default=None
        An over-sampler of imbsuite with its default ``sampling_strategy``. None:
        ``SMOTE()``.
    labels : {"step", "seed", "ranking", "union", "intersection"}, default="step"
        How the other labels of a new row are chosen. "step": each label is copied from
        the seed with probability 1 - u, otherwise from the partner, where u is the
        step, as for categories. "seed": all labels are copied from the seed. "ranking":
        the labels of more than half of the rows among the seed and its neighbors, as in
        MLSMOTE. "union", "intersection": the union or intersection of the labels of the
        seed and the partner.
    max_new : float, default=1.0
        The maximum number of new rows, relative to the number of rows of the table.
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
        The plan: the minimum number of rows with each label. "auto": the rows of the
        most frequent label divided by the mean imbalance ratio (see
        ``label_imbalance``). Other plans are the same as for classes: a ratio to the
        most frequent label, a mapping of labels to counts or ratios, ``Tempered(T)``,
        or a callable of the target.
    random_state : int, Generator, RandomState or None, default=None
        None: the ``random_state`` of ``sampler`` is used.

    Attributes
    ----------
    sampler_ : over-sampler
        The fitted clone of ``sampler``.
    label_names_ : list
        The columns of a dataframe, else 0, ..., n_labels - 1.
    plan_ : dict
        ``{label: rows}`` as planned.
    label_counts_ : dict
        ``{label: rows}`` in the output.
    effective_prior_ : dict
        ``{label: share}`` of the output, by weight.
    new_for_ : ndarray of shape (n_new,)
        The position of the label that each new row was made for.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Warns
    -----
    UserWarning
        If labels have fewer rows than planned because of ``max_new``.

    Notes
    -----
    **Departs from the paper** (MLSMOTE). Each new row has one step, not one step per
    column. The plan sets the number of new rows; the paper makes one new row for each
    row with a rare label.

    **When it hurts.** If rare labels occur together with frequent ones (a high
    SCUMBLE), new rows make the frequent labels even more frequent. In comparisons,
    tuned thresholds for each label (:class:`TunedThresholdClassifier`) gained far more
    than any sampler.

    References
    ----------
    Charte, Rivera, del Jesus, Herrera. MLSMOTE: Approaching imbalanced multilabel learning
    through synthetic instance generation. Knowledge-Based Systems 89 (2015), 385-397,
    :doi:`10.1016/j.knosys.2015.07.019`.

    Examples
    --------
    >>> from imbsuite import SMOTE, LabelSampler
    >>> X = [[0.0], [1.0], [2.0], [3.0], [8.0], [9.0]]
    >>> y = [[1, 0], [1, 0], [1, 0], [1, 0], [1, 1], [0, 1]]
    >>> plan = {0: 5, 1: 4}
    >>> sampler = LabelSampler(SMOTE(k_neighbors=1), sampling_strategy=plan)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> len(X_new), sampler.label_counts_[1], sampler.parents_.min()
    (8, 4, np.int64(4))
    """

    sampler: Any = parameter(kw_only=False, default=None)
    labels: NewLabels = "step"
    max_new: float = 1.0
    sampling_strategy: Any = "auto"
    random_state: Seed = None
    new_for_: Positions = of_rows()

    _kind: ClassVar[Kind] = "over"
    # Read by classifiers that wrap a sampler.
    _samples_labels: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "sampler": [HasMethods(["fit_resample"]), None],
        "labels": [StrOptions(set(get_args(NewLabels)))],
        "max_new": [Interval(Real, 0, None, closed="left")],
    }

    @fitted_anew
    def fit(self, X: Any, y: Any) -> Self:
        """Check the input and compute the plan, without drawing rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : {array-like, sparse matrix, dataframe} of shape (n_rows, n_labels)

        Returns
        -------
        self
        """
        self._prepare(X, y, None, None)
        return self

    @fitted_anew
    def fit_resample(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, groups: Any = None
    ) -> tuple[Any, Any]:
        """Resample a table.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : {array-like, sparse matrix, dataframe} of shape (n_rows, n_labels)
            0 and 1.
        sample_weight : array-like of shape (n_rows,), default=None
            Resampled to ``sample_weight_``. Rows with zero weight are ignored.
        groups : array-like of shape (n_rows,), default=None
            Both parents of a new row belong to the same group. Resampled to ``groups_``.

        Returns
        -------
        X_resampled, y_resampled
            In the same types of containers as the input: the rows in their order, then
            the new rows.
        """
        table, gate, bits = self._prepare(X, y, sample_weight, groups)
        seed = self.sampler_.random_state if self.random_state is None else None
        rng = check_rng(self.random_state if seed is None else seed)
        cell_rng, draw_rng, label_rng = rng.spawn(3)
        draw, new, notes = self._draw_labels(table, bits, draw_rng, label_rng)
        draw = checked_draw(draw, len(bits))
        self._remember_labels(draw, gate, np.vstack([bits, new]))
        for note in [*notes, *self._shortfall()]:
            warn(note)
        coins = partial(column_coins, cell_rng)
        X_new, y_new = gate.assemble(draw, self.sampler_.categorical_rule, coins)
        return X_new, with_labels(y_new, new)

    # --- Before the draw

    def _prepare(
        self, X: Any, y: Any, sample_weight: Any, groups: Any
    ) -> tuple[Table, Gate, _BITS]:
        """Return the validated table and labels; set the sampler and the plan."""
        owner = type(self).__name__
        refuse_lazy(X, owner)
        self._validate_params()
        refuse_misplaced(X, y, f"{owner}().fit_resample")
        inner = self.sampler_ = self._checked_sampler()
        if not is_multilabel(y):
            msg = (
                f"The 'y' parameter of {owner}.fit_resample must have a column for each of "
                "two labels or more, or be a sparse matrix or a dataframe. Got shape "
                f"{np.shape(y)} instead. For classes, use the sampler alone."
            )
            raise ValueError(msg)
        target = check_multilabel(y, count_rows(X))
        self.label_names_ = target.names
        table, _, gate = check_table(
            X,
            # The gate requires a single target, so pass any two classes.
            np.arange(len(target.values)) % 2,
            owner,
            categorical_features=inner.categorical_features,
            reads_cells=inner._looks_at != "labels",
            reads_categories=inner._reads_categories,
            sample_weight=sample_weight,
            groups=groups,
        )
        validate_data(self, X, skip_check_array=True)
        self.n_features_in_ = table.container.shape[1]
        if gate.container.has_row_labels:
            y = under_labels_of(X, y)
        bits = target.values.astype(np.int8)
        if table.weight is None:
            self._plan_labels(bits, y)
        else:
            self._plan_labels(bits[table.present], take(y, table.present))
        return table, replace(gate, y=y), bits

    def _checked_sampler(self) -> Any:
        inner = SMOTE() if self.sampler is None else self.sampler
        if isinstance(inner, type):
            msg = f"sampler={inner.__name__}{as_instance(inner)}."
            raise TypeError(msg)
        plan = getattr(inner, "sampling_strategy", None)
        if not isinstance(inner, BaseGrower) or inner._also_removes or plan is None:
            msg = (
                "The 'sampler' parameter of LabelSampler must be an over-sampler of "
                f"imbsuite with a sampling_strategy. Got {inner!r} instead."
            )
            raise TypeError(msg)
        if not (isinstance(plan, str) and plan == "auto"):
            msg = (
                "The plan applies to all labels: pass sampling_strategy to "
                f"LabelSampler, not to its sampler. Got {inner!r}."
            )
            raise ValueError(msg)
        if inner.reject is not None:
            msg = (
                "The 'reject' parameter of the sampler of LabelSampler must be None: "
                "the rows without a label do not form a class, so they cannot vote "
                f"against new rows. Got {inner.reject!r} instead."
            )
            raise ValueError(msg)
        inner = clone(inner)
        inner._validate_params()
        return inner

    def _plan_labels(self, bits: _BITS, y: Any) -> None:
        counts = dict(zip(self.label_names_, bits.sum(axis=0).tolist(), strict=True))
        self._class_sizes = counts
        there = {name: n for name, n in counts.items() if n}
        strategy = self.sampling_strategy
        if isinstance(strategy, str) and strategy == "auto" and there:
            rows = np.array(list(there.values()))
            # As an ordinary plan: the largest count divided by the mean of max c / c.
            aim = int(np.floor(1 / np.mean(1 / rows) + 0.5))
            strategy = {name: aim for name, n in there.items() if n < aim}
        self.plan_ = counts | (
            plan_counts(counts, strategy, "over", y) if there else {}
        )
        empty = [name for name, n in counts.items() if not n and self.plan_[name]]
        if isinstance(self.sampling_strategy, dict) and empty:
            msg = (
                f"The 'sampling_strategy' parameter names the labels {empty}, which no row "
                "has, so no new rows can be made for them. Leave them out."
            )
            raise ValueError(msg)
        self.plan_ |= dict.fromkeys(empty, 0)
        self.sampling_strategy_ = {
            name: size - counts[name]
            for name, size in self.plan_.items()
            if size > counts[name]
        }

    # --- The draw

    def _draw_labels(
        self,
        table: Table,
        bits: _BITS,
        rng: np.random.Generator,
        label_rng: np.random.Generator,
    ) -> tuple[Draw, _BITS, list[str]]:
        """Return the draws of all labels, the labels of the new rows, and notes."""
        n_labels = bits.shape[1]
        # With one label, draw the same rows as for a class.
        streams = [rng] if n_labels == 1 else rng.spawn(n_labels)
        coins = label_rng.spawn(n_labels)
        counts = np.array(list(self._class_sizes.values()))
        left = int(min(float(self.max_new) * len(table.present), sys.maxsize))
        job = Job(
            table, bits[:, 0].astype(np.intp), {}, [], self.sampler_.standardize, []
        )
        draws: list[Draw] = []
        new_bits: list[_BITS] = [bits[:0]]
        made_for: list[int] = []
        for label in np.argsort(counts, kind="stable").tolist():
            n = min(self.plan_[self.label_names_[label]] - int(counts[label]), left)
            if n <= 0:
                continue
            draw = self._draw_label(job, bits, label, n, streams[label])
            new = self._new_labels(bits, draw, coins[label])
            new[:, label] = 1
            counts = counts + new.sum(axis=0)
            left -= n
            draws.append(draw)
            new_bits.append(new)
            made_for += [label] * n
        self.new_for_ = np.array(made_for, dtype=np.intp)
        return join_draws(draws), np.vstack(new_bits), job.notes

    def _draw_label(
        self, job: Job, bits: _BITS, label: int, n: int, rng: np.random.Generator
    ) -> Draw:
        """Return the draw of new rows from the rows that have a label."""
        # Codes are numbered by first appearance, as for classes.
        first = int(bits[0, label])
        codes: Codes = (bits[:, label] ^ first).astype(np.intp)
        positive = 1 - first
        name = self.label_names_[label]
        names = [name, f"not {name}"] if positive == 0 else [f"not {name}", name]
        own = _LabelJob(
            job.table,
            codes,
            {positive: self._class_sizes[name] + n},
            names,
            job.standardize,
            job.notes,
            shared=job,
        )
        sampler = clone(self.sampler_)
        if self.labels == "ranking" and "categorical_rule" in sampler.get_params():
            # Only "vote" lists the neighbors; it does not change the cells of new rows.
            sampler.set_params(categorical_rule="vote")
        return sampler._draw(own, rng)

    def _new_labels(self, bits: _BITS, draw: Draw, rng: np.random.Generator) -> _BITS:
        """Return the labels of new rows, (n_new, n_labels)."""
        seed, partner = bits[draw.seeds], bits[draw.partners]
        if self.labels == "step":
            step = np.nan_to_num(draw.steps).clip(0, 1)[:, np.newaxis]
            return np.where(rng.random(seed.shape) < step, partner, seed)
        if self.labels == "union":
            return seed | partner
        if self.labels == "intersection":
            return seed & partner
        if self.labels == "ranking" and draw.voters is not None:
            return _ranked(bits, seed, draw.voters)
        return seed

    # --- After the draw

    def _remember_labels(self, draw: Draw, gate: Gate, bits: _BITS) -> None:
        self._n_rows = len(bits) - len(draw.seeds)
        self.sample_indices_ = draw.origins
        self.is_synthetic_ = np.arange(len(bits)) >= self._n_rows
        self.parents_, self.steps_ = draw.parents, draw.steps
        rows: Any = None if draw.rows is None else []
        self._last_draw = replace(draw, rows=rows, voters=None)
        weight = carry(gate.sample_weight, draw, "auto", whole=False)
        self.sample_weight_ = self._carried_weight = weight
        self.groups_ = carry(gate.groups, draw, "seed")
        w = np.ones(len(bits))
        if weight is not None:
            w = scaled_weight(np.asarray(weight, dtype=np.float64))
        counts = bits[w > 0].sum(axis=0).tolist()
        shares = (w @ bits / w.sum()).tolist()
        self.label_counts_ = dict(zip(self.label_names_, counts, strict=True))
        self.effective_prior_ = dict(zip(self.label_names_, shares, strict=True))

    def _shortfall(self) -> list[str]:
        """Return a note on the labels with fewer rows than planned, if any."""
        short = [name for name, n in self.plan_.items() if self.label_counts_[name] < n]
        if not short:
            return []
        n_new = len(self.parents_)
        note = (
            f"The labels {short} have fewer rows than planned, because max_new="
            f"{self.max_new} allows {n_new:,} new rows. Increase max_new, or ask for "
            "fewer rows."
        )
        return [note]

    def _draw(self, job: Job, rng: np.random.Generator) -> Draw:
        # Only the base class's ``fit_resample`` calls it, which this class overrides.
        raise NotImplementedError

    def _outcome_html(self) -> str:
        return ""


def _ranked(bits: _BITS, seed: _BITS, voters: Positions) -> _BITS:
    """Return the labels that more than half of a seed and its neighbors have."""
    votes, n = seed.astype(np.intp), np.ones((len(seed), 1), dtype=np.intp)
    for column in voters.T:
        there = column[:, np.newaxis] >= 0  # -1 where there are fewer neighbors
        votes += bits[column] * there
        n += there
    return (2 * votes > n).astype(np.int8)
