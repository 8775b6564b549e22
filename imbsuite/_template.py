"""The template of every sampler: validate, plan, draw, assemble, and fitted attributes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal, Self, dataclass_transform

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_html_repr
from sklearn.utils.validation import check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import refuse_misplaced
from imbsuite._estimator import Estimator
from imbsuite._fast import sizes_of
from imbsuite._html import paragraph, plan_in_words, sizes_table
from imbsuite._parameters import parameter, set_up_parameters
from imbsuite._random import Seed, check_rng, column_coins
from imbsuite._rows import of_rows, refuse_left_out
from imbsuite._table import (
    Draw,
    Gate,
    Rule,
    Table,
    carry,
    check_table,
    checked_draw,
    count_rows,
    in_rows,
    is_lazy,
    scaled_weight,
    take,
)
from imbsuite._tags import register_fit_resample, sampler_tags, sampling_type
from imbsuite._types import Codes, Positions
from imbsuite._views import By, Job, LooksAt, Plan, Strata, strata_of
from imbsuite._warning import warn
from imbsuite.plan import Kind, plan_counts, targeted

register_fit_resample()


@dataclass_transform(
    kw_only_default=True, eq_default=False, field_specifiers=(parameter,)
)
class BaseSampler(Estimator):
    """The base class of all samplers: methods and fitted attributes.

    Attributes
    ----------
    plan_ : dict
        ``{label: rows after resampling}`` for every class, without rows of zero weight.
    sampling_strategy_ : dict
        As imbalanced-learn defines it: rows to add (over-sampling), rows to keep
        (under-sampling), classes that may lose rows (cleaning).
    sample_indices_ : ndarray of shape (n_out,)
        The input row of each output row: the row itself, or the seed of a new row.
    is_synthetic_ : ndarray of shape (n_out,), bool
        Which output rows are new (synthetic or repeated).
    parents_ : ndarray of shape (n_new, 2)
        Seed and partner of each new row.
    steps_ : ndarray of shape (n_new,)
        ``new = seed + step * (partner - seed)``; NaN if a row is not an interpolation.
    effective_prior_ : dict
        ``{label: share}`` of the output, by weight.
    sample_weight_, groups_ : array-like of shape (n_out,) or None
        The resampled weights and groups; None if they were not passed.
    """

    # The sampler's name in commands and comparisons; empty if they do not include it.
    _name: ClassVar[str] = ""
    _kind: ClassVar[Kind]
    # What the result depends on, and the strata for which a plan is made.
    _looks_at: ClassVar[LooksAt] = "table"
    _by: ClassVar[By] = "class"
    # Parameters with which a sampler that requires all rows at once would not need
    # them.
    _in_parts_if: ClassVar[str] = ""
    # Whether categories are compared, and not only copied.
    _reads_categories: ClassVar[bool] = True
    # Laws of ``imbsuite.testing`` that do not hold, by design: ``{law: reason}``.
    _broken_laws: ClassVar[Mapping[str, str]] = {}
    # Whether random numbers are drawn column by column, so that new rows depend on the
    # order of the columns.
    _draws_by_column: ClassVar[bool] = False
    # Whether rows are also removed based on their neighbors, after the plan is made.
    _also_removes: ClassVar[bool] = False
    # Whether all classes are equally large under the default plan.
    _balances: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    sampling_strategy: Any
    # Values for classes that do not have these parameters.
    categorical_features: Any = "from_dtype"
    categorical_rule: Rule = "step"
    standardize: bool = True
    # Number of neighbors that vote on each new row; None: new rows are not judged.
    reject: int | None = None
    random_state: Seed = None
    sample_indices_: Positions = of_rows()
    is_synthetic_: NDArray[np.bool_] = of_rows()
    parents_: Positions = of_rows()
    steps_: NDArray[np.float64] = of_rows()
    sample_weight_: Any = of_rows()
    groups_: Any = of_rows()
    # The weights that were passed, resampled: sample_weight_ may hold sizes of clusters.
    _carried_weight: Any = of_rows()
    _last_draw: Draw = of_rows()

    @property
    def _strategy(self) -> Any:
        """The requested plan; None if the sampler does not have one.

        imbalanced-learn's ensembles set ``sampling_strategy`` on every sampler that has
        this attribute, so samplers without a plan do not have it.
        """
        return getattr(self, "sampling_strategy", None)

    @property
    def _sampling_type(self) -> str:
        """The attribute of a sampler that imbalanced-learn's ensembles read."""
        return sampling_type(self)

    __sklearn_tags__ = sampler_tags

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_up_parameters(cls)

    @fitted_anew
    def fit(self, X: Any, y: Any) -> Self:
        """Check the input and compute the plan, without drawing rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)

        Returns
        -------
        self
        """
        if is_lazy(X):
            _of_dask().fit(self, X, y)
        else:
            # ``fit`` takes no weights, so that metadata routing needs one request: that
            # of fit_resample.
            self._check_and_plan(X, y, None, None)
        return self

    @fitted_anew
    def fit_resample(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, groups: Any = None
    ) -> tuple[Any, Any]:
        """Resample a table.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            A NumPy array, list of rows, pandas or polars dataframe, pyarrow table, or
            CSR or CSC matrix. Missing values and categorical columns are supported.
            Random samplers also accept strings or objects of shape (n_rows,), because
            they do not read values. A Dask DataFrame or Array, with ``y`` in the same
            partitions, is resampled in several passes, and the result is lazy
            (:func:`imbsuite.scale.resample`).
        y : array-like of shape (n_rows,)
            Labels of any type, or a one-vs-all indicator.
        sample_weight : array-like of shape (n_rows,), default=None
            Resampled to ``sample_weight_``. Rows with zero weight are ignored: they are
            neither parents nor neighbors, and plans do not count them. Under-samplers
            drop them; over-samplers and cleaners keep them.
        groups : array-like of shape (n_rows,), default=None
            Both parents of a new row belong to the same group. Resampled to
            ``groups_``.

        Returns
        -------
        X_resampled, y_resampled
            In the same types of containers as the input: the kept rows in their order,
            then the new rows.

        Raises
        ------
        ValueError, TypeError
            If the input, a parameter or the plan is invalid.
        """
        if is_lazy(X):
            return _of_dask().fit_resample(self, X, y, sample_weight, groups)
        job, gate = self._check_and_plan(X, y, sample_weight, groups)
        cell_rng, draw_rng = check_rng(self.random_state).spawn(2)
        coins = partial(column_coins, cell_rng)
        job = replace(job, coins=coins)
        y_codes, notes = job.y, job.notes
        draw = self._draw(job, draw_rng)
        # The job's distances and numbers may be as large as the table.
        del job
        draw = checked_draw(draw, len(y_codes))
        self._remember(draw, y_codes, gate)
        del y_codes
        for note in notes:
            warn(note)
        return gate.assemble(draw, self.categorical_rule, coins)

    def carry(
        self, values: Any, rule: Literal["auto", "interpolate", "seed"] = "auto"
    ) -> Any:
        """Resample another array-like that is aligned with the rows of the last input.

        Parameters
        ----------
        values : {array-like, dataframe, series} of shape (n_rows, ...)
        rule : {"auto", "interpolate", "seed"}, default="auto"
            "seed": a new row gets the entry of its seed. "interpolate": numbers are
            interpolated between the parents (with the step clipped to [0, 1], and
            integers rounded). "auto": floats are interpolated; integers, labels and
            strings are copied from the seed.

        Returns
        -------
        array-like of shape (n_out, ...)
            In the same type of container as ``values``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit_resample``, and if the sampler was pickled inside a classifier,
            because the pickle does not include the resampled rows.
        ValueError
            If the length or the rule is invalid, or strings would be interpolated.
        TypeError
            If the rows of ``values`` have no order, as in a set.
        """
        refuse_left_out(self, "sample_indices_", NotFittedError)
        check_is_fitted(self, "sample_indices_")
        if rule not in ("auto", "interpolate", "seed"):
            msg = (
                "The 'rule' argument must be 'auto', 'interpolate' or 'seed'. Got "
                f"{rule!r} instead."
            )
            raise ValueError(msg)
        values = in_rows(values)
        length = count_rows(values)
        if length != self._n_rows:
            msg = (
                f"values has {length} rows, but the input of fit_resample had "
                f"{self._n_rows}; carry requires values with one entry for each row of "
                "that input."
            )
            raise ValueError(msg)
        return carry(values, self._last_draw, rule)

    def _check_and_plan(
        self, X: Any, y: Any, sample_weight: Any, groups: Any
    ) -> tuple[Job, Gate]:
        self._validate_params()
        if getattr(y, "ndim", 0) != 1:
            refuse_misplaced(X, y, f"{type(self).__name__}().fit_resample")
        table, codes, gate = check_table(
            X,
            y,
            type(self).__name__,
            categorical_features=self.categorical_features,
            reads_cells=self._looks_at != "labels",
            reads_categories=self._reads_categories,
            sample_weight=sample_weight,
            groups=groups,
        )
        validate_data(self, X, skip_check_array=True)
        self.n_features_in_ = table.container.shape[1]
        strata = self._count_strata(table, codes, gate)
        y = gate.y if table.weight is None else take(gate.y, table.present)
        plan = self._make_plan(strata, y)
        return Job(table, codes, plan, gate.labels, self.standardize, []), gate

    def _count_strata(self, table: Table, codes: Codes, gate: Gate) -> Strata:
        """Return the strata of the plan, by default the classes."""
        by = self._by
        strata = codes if by == "class" else strata_of(by, codes, table.groups)
        # scikit-learn's bagging gives rows that were not drawn zero weight; a plan that
        # counted them would leave its members unbalanced.
        if table.weight is None:
            sizes = sizes_of(strata)
        else:
            n_strata = int(strata.max()) + 1
            sizes = np.bincount(strata[table.present], minlength=n_strata)
        if by == "class":
            counts = dict(zip(gate.labels, sizes.tolist(), strict=True))
            return Strata(counts, gate.labels, np.arange(len(sizes)), sizes)
        counts = _count(codes[table.present], gate.labels)
        first = np.unique(strata, return_index=True)[1]
        names = list(take(gate.groups, first))
        if by == "class_and_group":
            labels = [gate.labels[k] for k in codes[first]]
            names = list(zip(labels, names, strict=True))
        return Strata(counts, names, codes[first], sizes)

    def _make_plan(self, strata: Strata, y: Any) -> Plan:
        """Set the fitted attributes of the plan, and return it by class codes."""
        counts = self._class_sizes = strata.counts
        self.plan_ = self._plan(strata, y)
        self.sampling_strategy_ = targeted(
            counts, self._strategy, self._kind, self.plan_
        )
        # A cleaner's plan lists the classes that it may clean, and no others.
        listed = self.sampling_strategy_ if self._kind == "clean" else self.plan_
        return {i: self.plan_[k] for i, k in enumerate(counts) if k in listed}

    def _plan(self, strata: Strata, y: Any) -> dict[Any, int]:
        """Return the size of each class after resampling."""
        return plan_counts(strata.counts, self.sampling_strategy, self._kind, y)

    def _reach(self) -> tuple[int, int]:
        """Return the maximum number of neighbors that are searched for a row.

        Two numbers: among all rows, and among the rows of the same group.
        """
        return 0, 0

    def _requires_all_rows(self) -> str:
        """Return why rows cannot be drawn from parts of a table; empty if they can."""
        if self._looks_at != "table":
            return ""
        unless = f" (unless {self._in_parts_if})" if self._in_parts_if else ""
        return f"{type(self).__name__} requires all rows at once{unless}"

    @abstractmethod
    def _draw(self, job: Job, rng: np.random.Generator) -> Draw:
        """Return which rows the output consists of."""

    def _remember(self, draw: Draw, codes: Codes, gate: Gate) -> None:
        """Set the fitted attributes, and keep the draw for ``carry``."""
        self._n_rows = len(codes)
        self.sample_indices_ = draw.origins
        self.is_synthetic_ = np.ones(len(draw.origins), dtype=bool)
        self.is_synthetic_[: len(draw.origins) - len(draw.seeds)] = False
        self.parents_ = draw.parents
        self.steps_ = draw.steps
        # Finished rows are not needed again; only the fact that there were some is.
        rows: Any = None if draw.rows is None else []
        self._last_draw = replace(draw, rows=rows, voters=None, coins=None)
        weight = carry(gate.sample_weight, draw, "auto", whole=False)
        self.sample_weight_ = self._carried_weight = weight
        self.groups_ = carry(gate.groups, draw, "seed")
        after = codes[self.sample_indices_]
        if weight is not None:
            weight = scaled_weight(np.asarray(weight, dtype=np.float64))
        sums = np.bincount(after, weight, minlength=len(gate.labels))
        # A cleaner may leave no rows, or no rows of positive weight; then all shares
        # are 0.
        shares = (sums / (sums.sum() or 1.0)).tolist()
        self.effective_prior_ = dict(zip(gate.labels, shares, strict=True))
        if self._kind == "clean" or self._also_removes:
            # The plan cannot predict which rows are removed, so sizes are counted now.
            self.plan_ = self._outcome(after, gate.labels)

    def _outcome(self, codes: Codes, labels: list[Any]) -> dict[Any, int]:
        """Return the number of rows of each class with positive weight in the output."""
        weight = self.sample_weight_
        return _count(
            codes if weight is None else codes[np.asarray(weight) != 0], labels
        )

    def _html_repr(self) -> str:
        """Return scikit-learn's diagram, and below it the plan or the class sizes.

        Frontends request it if scikit-learn's ``display`` setting is "diagram".
        """
        return str(estimator_html_repr(self)) + self._outcome_html()

    def _outcome_html(self) -> str:
        if not hasattr(self, "sample_indices_"):
            words = plan_in_words(self._strategy, self._kind)
            return words and paragraph(words)
        added = int(self.is_synthetic_.sum())
        stay = len(self.is_synthetic_) - added
        return sizes_table(
            self._class_sizes,
            self.plan_,
            self.effective_prior_,
            added=added,
            removed=self._n_rows - stay,
        )


def _of_dask() -> Any:
    """Return the module for Dask collections, which is in a higher layer.

    This is the only import from a higher layer: samplers accept Dask collections like
    any other table, and other users do not pay for the import.
    """
    from imbsuite.scale import dask_api

    return dask_api


def _count(codes: Codes, labels: list[Any]) -> dict[Any, int]:
    sizes = np.bincount(codes, minlength=len(labels)).tolist()
    return dict(zip(labels, sizes, strict=True))
