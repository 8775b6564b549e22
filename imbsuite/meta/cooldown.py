"""A classifier trained in epochs whose class shares follow a temperature schedule."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import refuse_misplaced
from imbsuite._fit_inputs import FitInputs, gather
from imbsuite._intervals import Interval
from imbsuite._random import SEEDS, Seed, check_rng
from imbsuite._table import (
    check_target,
    check_weight,
    contain,
    label_codes,
    scaled_weight,
    single_target,
    sorted_classes,
)
from imbsuite._types import Codes
from imbsuite._wrapping import DelegatingClassifier
from imbsuite.meta._callbacks import CallbackSupportMixin, with_callbacks
from imbsuite.temperature import (
    Cooldown,
    Schedule,
    draw_epoch,
    temperature_at,
    tempered_shares,
)


@dataclass(eq=False, repr=False)
class CooldownClassifier(CallbackSupportMixin, DelegatingClassifier):  # type: ignore[misc]
    r"""Train any classifier with ``partial_fit`` while a temperature cools down.

    At any temperature, every epoch has as many rows as the table and the same number of
    updates. The class shares of an epoch are
    :math:`p(k; T) = n_k^{1/T} / \sum_j n_j^{1/T}`.

    Parameters
    ----------
    estimator : classifier with ``partial_fit``
        For example SGDClassifier, MLPClassifier or a naive Bayes classifier.
    schedule : float or callable, default=None
        A temperature, or a function from progress to temperature, evaluated at the start of
        each epoch with epoch / n_epochs. None: ``Cooldown()``, 5 and then 1.
    mode : {"sample", "weight"}, default="sample"
        "sample": rows are drawn according to the shares. "weight": every row is used once
        per epoch with the weight p(k; T) / p(k; 1).
    n_epochs : int, default=20
        Number of epochs.
    batch_size : int, default=200
        Number of rows in an update.
    shuffle : bool, default=True
        Whether to shuffle the rows of an epoch. If False, rows keep the order of the
        table.
    random_state : int, Generator, RandomState or None, default=None
        Determines the drawn rows and their order; the estimator has its own
        ``random_state``.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    classes_ : ndarray of shape (n_classes,)
    temperature_curve_ : ndarray of shape (n_epochs,)
        The temperature of each epoch.
    loss_curve_ : ndarray of shape (n_epochs,)
        The mean of the estimator's ``loss_`` over the updates of each epoch; only if
        the estimator has this attribute.
    effective_prior_ : dict
        ``{label: share}`` by weight, at the temperature of the last epoch.
    n_updates_ : int
        The number of calls to ``partial_fit``.

    Raises
    ------
    ValueError, TypeError
        From ``fit``: if a parameter or the input is invalid, or weights are required and
        ``partial_fit`` does not take them.

    Notes
    -----
    scikit-learn callbacks (1.9 and later) are registered with ``set_callbacks``; each
    epoch is a task.

    **When it hurts.** For a convex model trained to convergence, only the last phase
    matters, so the switch costs time and changes nothing. With weights, the gradient
    steps of rare rows are long: a learning rate that converges at T = 1 can diverge at
    T = inf. After a last phase with T > 1, probabilities are too high for rare classes
    (``effective_prior_``).

    References
    ----------
    "Upsample or Upweight? Balanced Training on Heavily Imbalanced Datasets",
    NAACL 2025, arXiv:2410.04579, :doi:`10.48550/arXiv.2410.04579`.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from imbsuite import CooldownClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [9.0]], ["a", "a", "a", "b"]
    >>> model = CooldownClassifier(GaussianNB(), n_epochs=4, random_state=0).fit(X, y)
    >>> model.temperature_curve_.tolist(), model.effective_prior_
    ([5.0, 5.0, 1.0, 1.0], {'a': 0.75, 'b': 0.25})
    """

    estimator: Any
    schedule: float | Schedule | None = None
    _: KW_ONLY
    mode: Literal["sample", "weight"] = "sample"
    n_epochs: int = 20
    batch_size: int = 200
    shuffle: bool = True
    random_state: Seed = None

    _inner_method: ClassVar[Literal["partial_fit"]] = "partial_fit"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["partial_fit", "predict"])],
        "schedule": [Interval(Real, 1, None, closed="both"), callable, None],
        "mode": [StrOptions({"sample", "weight"})],
        "n_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": SEEDS,
    }

    @fitted_anew
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **fit_params: Any) -> Self:
        """Train the estimator for ``n_epochs`` epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            Passed to ``partial_fit``, multiplied by the weights of the temperature.
        **fit_params : dict
            Passed to ``partial_fit``. Arguments with one entry per row are drawn like
            the rows; others are passed unchanged.

        Returns
        -------
        self
        """
        self._validate_params()
        refuse_misplaced(X, y, "fit")
        context = self._init_callback_context(max_subtasks=self.n_epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        epochs = self.fit_epochs(X, y, sample_weight, **fit_params)
        for _ in range(self.n_epochs):
            task = context.subcontext(task_name="epoch")
            task.call_on_fit_task_begin(estimator=self, X=X, y=y)
            next(epochs)
            if task.call_on_fit_task_end(
                estimator=self, X=X, y=y, reconstruction_attributes={}
            ):
                break
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def fit_epochs(
        self, X: Any, y: Any, sample_weight: Any = None, **fit_params: Any
    ) -> Iterator[Self]:
        """Train as ``fit`` does, and yield the classifier after each epoch.

        Use it for learning curves and early stopping; the arguments are those of
        ``fit``.

        Yields
        ------
        self
        """
        self._validate_params()
        y = single_target(y)
        check_target(y, contain(X).shape[0], type(self).__name__)
        if self.mode == "weight" and not self._takes_weight():
            raise self._without_weights()
        validate_data(self, X, skip_check_array=True)
        X = X.tocsr() if hasattr(X, "tocsr") else X
        weight = check_weight(sample_weight, len(y))
        inputs = gather(self, X, y, fit_params, sample_weight=weight)
        strata, labels = label_codes(inputs.y)
        weight = inputs.weight
        self._start(inputs.y)
        rng = check_rng(self.random_state)
        schedule = Cooldown() if self.schedule is None else self.schedule
        for epoch in range(self.n_epochs):
            temperature = temperature_at(schedule, epoch / self.n_epochs)
            rows, weights = self._epoch(strata, weight, temperature, rng)
            self._record(temperature, self._train(inputs, rows, weights))
            scaled = None if weight is None else scaled_weight(weight)
            shares = _weights(strata, scaled, temperature)
            sums = np.bincount(strata, shares) / shares.sum()
            self.effective_prior_ = dict(zip(labels, sums.tolist(), strict=True))
            yield self

    def _inner_key(self, name: str) -> str | None:
        accepted = inspect.signature(self.estimator.partial_fit).parameters
        return name if name in accepted else None

    def _without_weights(self) -> ValueError:
        why = "weights were passed"
        if self.mode == "weight":
            why = "mode='weight' requires it"
        msg = (
            f"{type(self.estimator).__name__}.partial_fit does not take "
            f"sample_weight, but {why}. Use mode='sample' without weights, or another "
            "estimator."
        )
        return ValueError(msg)

    def _start(self, y: Any) -> None:
        self.classes_ = sorted_classes(y)
        self.estimator_ = clone(self.estimator)
        self.n_updates_ = 0
        self.temperature_curve_ = np.empty(0)
        self.__dict__.pop("loss_curve_", None)

    def _epoch(
        self, strata: Codes, weight: Any, temperature: float, rng: np.random.Generator
    ) -> tuple[Codes, Any]:
        """Return the rows of an epoch, and their weights or None."""
        if self.mode == "sample":
            rows = draw_epoch(strata, temperature, rng)
        else:
            rows, weight = np.arange(len(strata)), _weights(strata, weight, temperature)
        rows = rng.permutation(rows) if self.shuffle else np.sort(rows)
        return rows, None if weight is None else weight[rows]

    def _train(self, inputs: FitInputs, rows: Codes, weights: Any) -> float:
        """Update the estimator batch by batch, and return the mean loss or NaN."""
        losses = []
        for start in range(0, len(rows), self.batch_size):
            part = slice(start, start + self.batch_size)
            own = {} if weights is None else {"sample_weight": weights[part]}
            batch = inputs.take(rows[part])
            # By keyword, because estimators differ in the order of these arguments.
            self.estimator_.partial_fit(
                batch.X, batch.y, classes=self.classes_, **batch.params | own
            )
            losses.append(getattr(self.estimator_, "loss_", np.nan))
        self.n_updates_ += len(losses)
        return float(np.mean(losses))

    def _record(self, temperature: float, loss: float) -> None:
        self.temperature_curve_ = np.append(self.temperature_curve_, temperature)
        if not np.isnan(loss):
            earlier = getattr(self, "loss_curve_", np.empty(0))
            self.loss_curve_ = np.append(earlier, loss)


def _weights(strata: Codes, weight: Any, temperature: float) -> NDArray[np.float64]:
    """Return p(k; T) / p(k; 1) for each row, times the weight of the row."""
    sizes = np.bincount(strata)
    factor = tempered_shares(sizes, temperature) * len(strata) / sizes
    tempered: NDArray[np.float64] = factor[strata]
    return tempered if weight is None else tempered * weight
