"""Samplers applied to the subclasses of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import as_instance, refuse_misplaced
from imbsuite._parameters import parameter
from imbsuite._random import Seed, check_rng, draw_seed
from imbsuite._table import check_weight, refuse_lazy, take
from imbsuite.base import BaseSampler
from imbsuite.cluster import SubclassEncoder
from imbsuite.plan import Kind, leveled, plan_counts, targeted

# Attributes that are the same for subclasses and for classes.
_OF_DRAW = (
    *("sample_indices_", "is_synthetic_", "parents_", "steps_"),
    *("sample_weight_", "_carried_weight", "groups_", "_n_rows", "_last_draw"),
)


@dataclass(frozen=True)
class _Sizes:
    """A callable plan with fixed sizes."""

    sizes: dict[str, int]

    def __call__(self, y: Any) -> dict[str, int]:
        return self.sizes


class SubclassSampler(MetaEstimatorMixin, BaseSampler):  # type: ignore[misc]
    """Balance classes, and the subclasses within them, with any sampler.

    Large classes are split into clusters (:class:`SubclassEncoder`). The
    ``sampling_strategy`` of the inner sampler sets the sizes of the classes, as usual.
    The rows of a class are then distributed over its subclasses as evenly as adding (or
    dropping) rows allows, and the inner sampler resamples subclasses: an over-sampler
    creates rows within subclasses, and an under-sampler keeps the same number of rows
    of each subclass.

    Parameters
    ----------
    sampler : sampler
        Any over- or under-sampler of imbsuite that has a ``sampling_strategy``, except
        samplers that remove rows based on their neighbors, such as :class:`CCR` and
        :class:`NearMiss`.
    delta : int, default=10
        Minimum size of a subclass, as in :class:`SubclassEncoder`.
    max_subclasses : int, default=50
        Maximum number of subclasses of a class.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Metric of the clustering.
    balanced : bool, default=True
        Whether the subclasses of a class have equal sizes.
    categorical_features : "from_dtype" or list, default="from_dtype"
        Categorical columns for the clustering; the sampler has its own parameter.
    random_state : int, Generator, RandomState or None, default=None
        For the clustering, and for the sampler if its own ``random_state`` is None.

    Attributes
    ----------
    sampler_ : sampler
        The fitted clone of ``sampler``; its labels are subclass names.
    encoder_ : SubclassEncoder
        The fitted encoder.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid, or
        the sampler is a cleaner or has no ``sampling_strategy``.

    Notes
    -----
    **When it hurts.** For samplers that look at other classes (Borderline-SMOTE,
    ADASYN, SVM-SMOTE, Safe-Level-SMOTE), other subclasses of the same class count as
    other classes, so the irrelevant borders between subclasses are reinforced too.
    Small subclasses have few neighbors from which to draw partners.

    References
    ----------
    Hou, Zhang, Wang, Zhou. Subclass-balancing Contrastive Learning for Long-tailed
    Recognition. ICCV 2023, arXiv:2306.15925, :doi:`10.1109/ICCV51070.2023.00497`.

    Examples
    --------
    >>> from imbsuite import RandomUnderSampler, SubclassSampler
    >>> X = [[0.0], [0.1], [0.2], [9.0], [9.1], [9.2], [5.0], [5.1]]
    >>> y = ["a", "a", "a", "a", "a", "a", "b", "b"]
    >>> sampler = SubclassSampler(RandomUnderSampler(), delta=3)
    >>> X_new, y_new = sampler.fit_resample(X, y)  # one row of each end of "a"
    >>> y_new, sum(x < 1 for (x,) in X_new)
    (['a', 'a', 'b', 'b'], 1)
    """

    sampler: Any = parameter(kw_only=False)
    delta: int = 10
    max_subclasses: int = 50
    metric: Literal["euclidean", "cosine"] = "euclidean"
    balanced: bool = True
    categorical_features: Any = "from_dtype"
    random_state: Seed = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "sampler": [HasMethods(["fit_resample"])],
        **SubclassEncoder._parameter_constraints,
    }

    @property
    def _kind(self) -> Kind:  # type: ignore[override]
        kind: Kind = self.sampler._kind
        return kind

    @fitted_anew
    def fit(self, X: Any, y: Any) -> Self:
        """Check the input, find subclasses and compute the plan, without drawing."""
        self._prepare(X, y, None)
        return self

    @fitted_anew
    def fit_resample(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, groups: Any = None
    ) -> tuple[Any, Any]:
        """Resample a table; the arguments are those of :class:`SMOTE`."""
        names = self._prepare(X, y, sample_weight)
        X_new, _ = self.sampler_.fit_resample(
            X, names, sample_weight=sample_weight, groups=groups
        )
        self._describe()
        return X_new, self.sampler_.carry(y, rule="seed")

    def _prepare(self, X: Any, y: Any, sample_weight: Any) -> Any:
        """Set the plan and the inner sampler; return the subclass name of each row."""
        refuse_lazy(X, type(self).__name__)
        self._validate_params()
        refuse_misplaced(X, y, f"{type(self).__name__}(...).fit_resample")
        self._check_sampler()
        rng = check_rng(self.random_state)
        mine = self.get_params(deep=False) | {"random_state": draw_seed(rng)}
        mine.pop("sampler")
        encoder = self.encoder_ = SubclassEncoder(**mine).fit(X, y)
        classes, codes = encoder.subclass_to_class_, encoder.subclass_labels_
        weight = check_weight(sample_weight, len(codes))
        counted = codes if weight is None else codes[weight > 0]
        sizes = np.bincount(counted, minlength=len(classes))
        counts: dict[Any, int] = {}
        for label, size in zip(classes.tolist(), sizes.tolist(), strict=True):
            counts[label] = counts.get(label, 0) + size
        self._class_sizes = counts
        strategy = self.sampler.sampling_strategy
        heavy = y if weight is None else take(y, np.flatnonzero(weight))
        self.plan_ = plan_counts(counts, strategy, self._kind, heavy)
        self.sampling_strategy_ = targeted(counts, strategy, self._kind, self.plan_)
        # Numbered across all classes, so that names are unique.
        names = np.array([f"{k}, subclass {i}" for i, k in enumerate(classes.tolist())])
        self._class_of = dict(zip(names.tolist(), classes.tolist(), strict=True))
        inner = self.sampler_ = clone(self.sampler)
        inner.set_params(sampling_strategy=_Sizes(self._share_out(names, sizes)))
        if inner.random_state is None:
            inner.set_params(random_state=draw_seed(rng))
        validate_data(self, X, skip_check_array=True)
        self.n_features_in_ = encoder.n_features_in_
        return names[codes]

    def _share_out(self, names: Any, sizes: Any) -> dict[str, int]:
        """Return the planned sizes of the subclasses, by their names."""
        wanted: dict[str, int] = {}
        classes = self.encoder_.subclass_to_class_.tolist()
        for label, n in self.plan_.items():
            of_class = np.array([k == label for k in classes], dtype=bool)
            # Subclasses without weight get no rows, unless there are no others.
            heavy = of_class & (sizes > 0)
            own = np.flatnonzero(heavy if heavy.any() else of_class)
            shares = leveled(sizes[own], n).tolist()
            wanted |= dict(zip(names[own].tolist(), shares, strict=True))
        return wanted

    def _check_sampler(self) -> None:
        inner = self.sampler
        if isinstance(inner, type):
            msg = f"sampler={inner.__name__}{as_instance(inner)}."
            raise TypeError(msg)
        if getattr(inner, "reject", None) is not None:
            msg = (
                "The 'reject' parameter of the sampler of SubclassSampler must be None: "
                "rows of other subclasses of the same class would count as rows of other "
                f"classes. Got {inner.reject!r} instead."
            )
            raise ValueError(msg)
        plannable = isinstance(inner, BaseSampler) and inner._kind != "clean"
        # Such a sampler would treat other parts of the same class as other classes.
        by_neighbors = (
            plannable and inner._kind == "under" and inner._looks_at != "labels"
        )
        plannable = plannable and not inner._also_removes and not by_neighbors
        if not plannable or "sampling_strategy" not in inner.get_params(deep=False):
            msg = (
                "The 'sampler' parameter of SubclassSampler must be an over- or "
                "under-sampler of imbsuite with a sampling_strategy that does not "
                f"remove rows based on their neighbors. Got {inner!r} instead. "
                "Combine it with cleaners as in make_chain(SubclassSampler(SMOTE()), "
                "TomekLinks())."
            )
            raise TypeError(msg)

    def _describe(self) -> None:
        inner = self.sampler_
        for name in _OF_DRAW:
            setattr(self, name, getattr(inner, name))
        self.effective_prior_ = dict.fromkeys(self.plan_, 0.0)
        for name, share in inner.effective_prior_.items():
            self.effective_prior_[self._class_of[name]] += share
