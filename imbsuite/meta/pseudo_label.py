"""A classifier fitted on rows with and without labels."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import refuse_misplaced
from imbsuite._fit_inputs import FitInputs, gather
from imbsuite._intervals import Interval
from imbsuite._labels import positive_params
from imbsuite._parameters import parameter
from imbsuite._rows import LightPickle, of_rows
from imbsuite._table import (
    check_groups,
    check_weight,
    count_rows,
    in_order,
    label_codes,
    labels_at,
    labels_of,
    ordered_labels,
    refuse_few_labeled,
    refuse_labels,
    single_target,
    sorted_classes,
    take,
    which_unlabeled,
)
from imbsuite._types import Codes, Floats, Positions
from imbsuite._wrapping import DelegatingClassifier, name_of
from imbsuite.meta.unlabeled_rows import UnlabeledRows
from imbsuite.probability.offsets import class_sums
from imbsuite.probability.out_of_fold import FoldingClassifier

_NO_LABEL = -1  # among codes


class _Labeled(NamedTuple):
    """Labeled rows to fit on.

    ``rows``: positions, repeated for a row with several labels; ``codes``: their
    classes; ``factor``: a multiplier of the weight of each row.
    """

    rows: Positions
    codes: Codes
    factor: Floats

    def and_also(self, others: _Labeled) -> _Labeled:
        """Return these rows followed by ``others``."""
        pairs = zip(self, others, strict=True)
        return _Labeled(*(np.concatenate(pair) for pair in pairs))


class PseudoLabelClassifier(LightPickle, DelegatingClassifier, FoldingClassifier):
    r"""Fit on labeled rows, pseudo-label the other rows, and fit on all rows.

    .. math:: p'_k \propto p_k / \pi_k^{a}

    where p are the probabilities of a model fitted on the labeled rows and :math:`\pi`
    are the class shares of these rows. Each unlabeled row is added once for each class
    with the weight p' ("soft"), or once with the class of the largest p' ("hard").

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        It must support ``sample_weight``, except for "hard" labels of weight 1.
    labels : {"soft", "hard"}, default="soft"
        How unlabeled rows are labeled.
    adjust : float, default=0.0
        a, the power of the class shares by which probabilities are divided. At 1,
        pseudo-labels are assigned as if all classes were equally large.
    weight : float, default=1.0
        The weight of an unlabeled row, at least 0, relative to that of a labeled one.
        At 0, the model of the labeled rows is kept.
    n_rounds : int, default=1
        Number of times that unlabeled rows are labeled. From the second round on, the
        model of the previous round labels them.
    unlabeled : label or None, default=-1
        The value in ``y`` that marks unlabeled rows. Missing values (None, NaN) always
        mark unlabeled rows. None: only missing values.

    Attributes
    ----------
    estimator_ : classifier
        The clone of ``estimator`` that was fitted last.
    transduction_ : ndarray of shape (n_rows,)
        The label of each row: its own label, or the class of the largest p' in the last
        round. Pickles do not include it.
    effective_prior_ : dict
        ``{label: share}`` by weight, in the rows that ``estimator_`` was fitted on.
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, TypeError
        From ``fit``: if the input or a parameter is invalid; if fewer than two classes
        have labeled rows; if the estimator does not support weights where they are
        needed, or is already fitted.

    Notes
    -----
    Soft labels only change the regularization of a logistic regression, because its own
    probabilities minimize the log-loss of these labels. With K classes, the estimator
    is fitted on K copies of the unlabeled rows.

    **Departs from the paper.** The paper trains a network on pseudo-labels of a huge
    set of other images. Here, no features are learned, and pseudo-labels are soft by
    default.

    **When it hurts.** With 20 labeled rare rows, "hard" labels raised the log-loss of
    logistic regression by .035 ± .005 and the log-loss of forests by .043 ± .009; with
    ``adjust=1``, by .212 ± .024 and .154 ± .015. On tables that are easy to learn,
    "hard" labels did no harm; on other tables, they raised the log-loss by up to .113 ±
    .001 and .191 ± .002. Soft labels cost nothing and gained little: .000 and .008 ±
    .002 of average precision, where the true labels of these rows gained .037 and .075.
    Unlabeled rows can reveal changed class shares: see :class:`LabelShiftAdapter`.

    References
    ----------
    Yang, Xu. Rethinking the Value of Labels for Improving Class-Imbalanced Learning.
    NeurIPS 2020, arXiv:2006.07529, :doi:`10.48550/arXiv.2006.07529`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import PseudoLabelClassifier
    >>> X = [[0.0], [1.0], [2.0], [7.0], [8.0], [9.0]]
    >>> model = PseudoLabelClassifier(LogisticRegression())
    >>> model.fit(X, [0, -1, 0, 1, -1, -1]).transduction_.tolist()
    [0, 0, 0, 1, 1, 1]
    """

    estimator: Any = parameter(kw_only=False)
    labels: Literal["soft", "hard"] = "soft"
    adjust: float = 0.0
    weight: float = 1.0
    n_rounds: int = 1
    unlabeled: Any = -1

    transduction_: NDArray[Any] = of_rows()
    # Unlabeled rows that every fit adds, so that folds only split the labeled rows.
    _others: UnlabeledRows | None = None
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "labels": [StrOptions({"soft", "hard"})],
        "adjust": [Interval(Real, 0, None, closed="left")],
        "weight": [Interval(Real, 0, None, closed="left")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "unlabeled": "no_validation",
    }

    def with_rows(self, others: UnlabeledRows) -> Self:
        """Return an unfitted clone that adds these rows in ``fit``, as its clones do."""
        fresh = clone(self)
        fresh._others = others
        return fresh

    @property
    def others(self) -> UnlabeledRows | None:
        """The unlabeled rows that every fit adds to its own rows."""
        return self._others

    def add(self, others: UnlabeledRows | None) -> None:
        """Set the unlabeled rows that later fits add; None adds no rows."""
        self._others = others

    def keep_beside(self, rows: Positions) -> None:
        """Restrict later fits to unlabeled rows that may be added to these labeled rows."""
        if self._others is not None:
            self._others = self._others.beside(rows)

    def __sklearn_clone__(self) -> Self:
        params = self.get_params(deep=False)
        fresh = type(self)(**{k: clone(v, safe=False) for k, v in params.items()})
        if self._others is not None:
            fresh._others = self._others
        return fresh

    def _steps(self) -> list[tuple[str, Any]]:
        return [("labels", f"pseudo-labels: {self.labels}"), *super()._steps()]

    @fitted_anew
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the estimator on the labeled rows, and then on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
            ``unlabeled`` or a missing value for rows without a label.
        sample_weight : array-like of shape (n_rows,), default=None
            Passed to the estimator. The weight of an unlabeled row is multiplied by the
            weights of its pseudo-labels.
        groups : array-like of shape (n_rows,), default=None
            Passed to an estimator that supports groups. In a comparison, unlabeled rows
            of a group are not added if its labeled rows are held out.
        **fit_params : dict
            Passed to the estimator. Arguments with one entry per row follow their rows;
            others (such as an ``eval_set``) are passed unchanged.

        Returns
        -------
        self
        """
        self._validate_params()
        self._refuse_frozen()
        refuse_misplaced(X, y, "fit")
        values, order = single_target(y), self._order_of(y)
        count_rows(X)  # raises if X is None, which the next check ignores
        check_consistent_length(X, values)
        all_weight: Floats | None = check_weight(sample_weight, len(values))
        check_groups(groups, len(values))
        codes = self._read(y, values)
        if self._others is not None:
            others = self._others if groups is None else self._others.of_groups(groups)
            X, all_weight, groups = others.after(X, all_weight, groups)
            codes = np.append(codes, np.full(count_rows(others.X), _NO_LABEL))
        validate_data(self, X, skip_check_array=True)
        # Find the positive class among the labels, because the inputs hold codes as y.
        is_labeled = codes != _NO_LABEL
        labels = self.classes_[codes[is_labeled]]
        weight = None if all_weight is None else all_weight[is_labeled]
        positive = positive_params(self._inner, labels, weight, type(self).__name__)
        inputs = gather(
            self,
            X,
            codes,
            fit_params,
            sample_weight=all_weight,
            groups=groups,
            pos_labels=positive,
        )
        self._fit_rounds(inputs, order)
        return self

    def _read(self, y: Any, values: NDArray[Any]) -> Codes:
        """Set the classes, and return the code of each row's class, -1 if unlabeled."""
        rows = np.flatnonzero(~which_unlabeled(values, self.unlabeled))
        refuse_few_labeled(values, self.unlabeled)
        known = single_target(labels_at(y, rows), warn=False)
        refuse_labels(label_codes(known)[1], 0, len(values))
        self.classes_ = sorted_classes(known)
        codes = np.full(len(values), _NO_LABEL)
        codes[rows] = np.unique(known, return_inverse=True)[1]
        return codes

    def _refuse_frozen(self) -> None:
        if isinstance(self.estimator, FrozenEstimator):
            msg = (
                "The 'estimator' parameter of PseudoLabelClassifier must be a classifier "
                "that can be fitted. Got a FrozenEstimator instead."
            )
            raise ValueError(msg)

    def _order_of(self, y: Any) -> list[Any] | None:
        """Return the order of the labels, or None if they are not ordered."""
        order = ordered_labels(y)
        if order is None:
            return None
        is_none = which_unlabeled(np.array(order, dtype=object), self.unlabeled)
        return [label for label, none in zip(order, is_none, strict=True) if not none]

    def _fit_rounds(self, inputs: FitInputs, order: list[Any] | None) -> None:
        codes: Codes = inputs.y
        rows, others = np.flatnonzero(codes >= 0), np.flatnonzero(codes < 0)
        labeled = _Labeled(rows, codes[rows], np.ones(len(rows)))
        if len(others) and self.weight:
            self._check_weights()
        share = self._fit_on(labeled, inputs, order)
        self.transduction_ = self.classes_[codes]
        if not len(others):
            return
        X = take(inputs.X, others)
        # With a weight of 0, unlabeled rows get labels but are not fitted on.
        for _ in range(self.n_rounds if self.weight else 1):
            p = _adjusted(self._probability(self.estimator_, X), share, self.adjust)
            self.transduction_[others] = self.classes_[p.argmax(axis=1)]
            if self.weight:
                both = labeled.and_also(self._pseudo_labeled(others, p))
                self._fit_on(both, inputs, order)

    def _pseudo_labeled(self, rows: Positions, p: Floats) -> _Labeled:
        """Return rows with pseudo-labels from the probabilities ``p``."""
        if self.labels == "hard":
            weight = np.full(len(rows), float(self.weight))
            return _Labeled(rows, p.argmax(axis=1), weight)
        place, codes = np.nonzero(self.weight * p)
        return _Labeled(rows[place], codes, self.weight * p[place, codes])

    def _fit_on(
        self, labeled: _Labeled, inputs: FitInputs, order: list[Any] | None
    ) -> Floats:
        """Fit the estimator, and return the shares of the classes by weight."""
        rows, codes, weight = labeled
        key = str(self._inner_key("sample_weight"))
        own_weight = check_weight(inputs.params.get(key, inputs.weight), len(inputs.y))
        if own_weight is not None:
            weight = weight * own_weight[rows]
        y = in_order(self.classes_[codes], order)
        part = replace(inputs.take(rows), y=y)
        if own_weight is not None or (weight != 1).any():
            part = replace(part, params=part.params | {key: weight})
        self.estimator_ = part.fit(self.estimator)
        shares = class_sums(codes, len(self.classes_), weight)
        shares /= shares.sum()
        labels = labels_of(self.classes_)
        self.effective_prior_ = dict(zip(labels, shares.tolist(), strict=True))
        return shares

    def _check_weights(self) -> None:
        """Raise ValueError if pseudo-labels need weights that the estimator lacks."""
        counted = self.labels == "hard" and self.weight == 1
        if counted or self._inner_key("sample_weight") is not None:
            return
        msg = (
            f"The 'estimator' parameter of PseudoLabelClassifier must take sample_weight "
            f"with labels={self.labels!r} and weight={self.weight!r}. Got "
            f"{self.estimator!r} instead: {name_of(self.estimator)}.fit does not take it. "
            "Choose another estimator, or labels='hard' and weight=1."
        )
        raise ValueError(msg)


def _adjusted(p: Floats, share: Floats, power: float) -> Floats:
    """Return probabilities divided by a power of the class shares; rows sum to 1."""
    if power == 0:
        return p
    # A class with zero weight has probability 0. Powers may overflow, hence logarithms.
    with np.errstate(divide="ignore"):
        logarithm = np.log(p)
    logarithm -= power * np.log(np.where(share > 0, share, 1.0))
    return np.asarray(softmax(logarithm, axis=1))
