"""A multilabel classifier for targets with unknown labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from imbsuite._arguments import check_splits
from imbsuite._fit_inputs import FitInputs
from imbsuite._intervals import Interval
from imbsuite._labels import hand_down
from imbsuite._parameters import parameter
from imbsuite._random import Seed, check_rng
from imbsuite._table import count_rows
from imbsuite._types import Codes, Floats, Mask
from imbsuite._wrapping import LogProbabilities, has
from imbsuite.probability.by_label import LabelwiseClassifier, of_label
from imbsuite.probability.columns import probability_of
from imbsuite.probability.label_model import refuse_several_only
from imbsuite.probability.out_of_fold import predict_original_rows


@dataclass(frozen=True)
class KnownLabel:
    """The model of one label, fitted to the rows of nonzero weight whose label is known.

    ``estimator``: None if all or none of these rows have the label; ``share``: the
    effective prior of its probabilities, as the share of rows with the label;
    ``known_share``: the divisor of its probabilities.
    """

    estimator: Any
    share: float
    known_share: float = 1.0

    @property
    def target_prior_(self) -> Floats:
        """The effective prior, named as in classifiers that correct probabilities."""
        return np.array([1 - self.share, self.share])

    def probability(self, X: Any, n_rows: int) -> Floats:
        """Return P(label) of each row, of shape (n_rows,)."""
        if self.estimator is None:
            return np.full(n_rows, self.share)
        seen = probability_of(self.estimator, X, np.arange(2))[:, 1]
        return np.minimum(seen / self.known_share, 1.0)


class PartialLabelClassifier(LogProbabilities, LabelwiseClassifier):
    r"""Fit multilabel targets with unknown labels or missed positives.

    A clone of ``estimator`` is fitted for each label on the rows whose label is known;
    unknown labels are not assumed to be 0 or 1. If annotators mark only a share c of
    the rows that have a label, the other rows that have it are marked 0. If labels are
    missed at random, the probability of a mark is c times the probability of the label.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        A binary classifier.
    recover : {"soft"} or None, default=None
        None: probabilities are divided by ``known_share``. "soft": the estimator is
        fitted again, with each row marked 0 included twice: as a positive row of weight
        w and as a negative row of weight 1 - w, where s is the out-of-fold probability
        of a mark:

        .. math:: w = \frac{1 - c}{c} \cdot \frac{s}{1 - s}, \quad w \le 1

    known_share : float or mapping of label to float, default=None
        c, in (0, 1]: the share of marked rows among the rows with a label. None: all
        are marked. "soft" requires ``known_share``; in experiments, estimates of c from
        the scores were worse than guesses.
    cv : int, float, splitter or list of (train, test), default=3
        Folds of the out-of-fold probabilities for "soft", as in
        :class:`TunedThresholdClassifier`. An int is reduced for labels with fewer rows.
    n_jobs : int, default=None
        Number of labels that are fitted in parallel.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds.

    Attributes
    ----------
    estimators_ : list
        The fitted clone for each label; None if all or none of the rows with a known
        label have it.
    label_names_ : list
        The columns of a dataframe, else 0, ..., n_labels - 1.
    known_rows_ : dict
        ``{label: number of rows}`` of nonzero weight whose label is known.
    classes_ : list of ndarray of shape (2,)

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input or a parameter is invalid; with "soft", if the
        estimator does not support ``sample_weight``.

    Notes
    -----
    Unknown labels are missing values or -1. Rows of weight 0 are left out. A label that
    is unknown in all other rows has the probability 0.
    :class:`TunedThresholdClassifier` and other threshold classifiers around this one
    use known labels only; tuned thresholds also count each 0 as a positive of weight w.

    **When it hurts.** Labels that are missed for a reason, such as hard cases, are not
    missed at random. If c is wrong by a factor, probabilities are wrong by the same
    factor, but the ranking of rows hardly changes.

    References
    ----------
    Elkan, Noto. Learning classifiers from only positive and unlabeled data. KDD 2008,
    213-220, :doi:`10.1145/1401890.1401920`.
    Zhang et al. Learning in Imperfect Environment: Multi-Label Classification with
    Long-Tailed Distribution and Partial Labels. ICCV 2023, arXiv:2304.10539,
    :doi:`10.48550/arXiv.2304.10539`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import PartialLabelClassifier
    >>> X = np.arange(6.0)[:, np.newaxis]
    >>> y = [[0, 1], [0, 1], [0, np.nan], [1, np.nan], [1, 0], [np.nan, 0]]
    >>> model = PartialLabelClassifier(LogisticRegression()).fit(X, y)
    >>> model.known_rows_
    {0: 5, 1: 4}
    >>> model.predict(X)[2:4].tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """

    estimator: Any = parameter(kw_only=False)
    recover: Literal["soft"] | None = None
    known_share: float | Mapping[Any, float] | None = None
    cv: Any = 3
    n_jobs: int | None = None
    random_state: Seed = None

    _hands_on_labels = False  # the estimator sees one label at a time
    _takes_unknown = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "recover": [StrOptions({"soft"}), None],
        "known_share": [Interval(Real, 0, 1, closed="right"), Mapping, None],
    }

    def _steps(self) -> list[tuple[str, Any]]:
        each = "for each label, on the rows whose label is known"
        return [*super()._steps(), ("labels", each)]

    def _fit_rows(self, X: Any, y: Any, **others: Any) -> None:
        self._validate_params()
        check_splits(self.cv, type(self).__name__)
        if np.ndim(y) == 1 and not hasattr(y, "toarray"):
            msg = (
                f"The 'y' parameter of {type(self).__name__} must have a column for "
                f"each label. Got shape {np.shape(y)} instead. For a single label, "
                "pass a column: y.reshape(-1, 1)."
            )
            raise ValueError(msg)
        self._learn_labels(self._start_labels(X, y, **others))

    def _refuse_estimator(self, n_labels: int) -> None:
        refuse_several_only(self.estimator, type(self).__name__)
        if self.recover is not None and self.known_share is None:
            msg = (
                f"With recover={self.recover!r}, the 'known_share' parameter of "
                f"{type(self).__name__} must be the share of positive rows that are "
                "marked, above 0 and at most 1, or a mapping of label to share. Got None "
                "instead."
            )
            raise ValueError(msg)
        if self.recover is not None and not self._takes_weight():
            raise self._without_weights()

    def _learn_labels(self, inputs: FitInputs) -> None:
        estimator = hand_down(self.estimator, 1, 2)
        rng = check_rng(self.random_state)
        streams = rng.spawn(len(self.label_names_))
        # Check all shares before any work.
        shares = [self._share_of(name) for name in self.label_names_]
        learn = delayed(self._learn_label)
        self._parts = Parallel(n_jobs=self.n_jobs)(
            learn(estimator, inputs, label, share, stream)
            for label, (share, stream) in enumerate(zip(shares, streams, strict=True))
        )
        self.estimators_ = [one.estimator for one in self._parts]
        n_known = _counted(inputs).sum(axis=0).tolist()
        self.known_rows_ = dict(zip(self.label_names_, n_known, strict=True))

    def _fitted(self) -> Any:
        check_is_fitted(self, "estimators_")

    def _share_of(self, name: Any) -> float:
        """Return c for one label."""
        share: Any = self.known_share
        if isinstance(share, Mapping):
            # Before the fit, as for an inner estimator, the labels are not known.
            labels = getattr(self, "label_names_", list(share))
            share = of_label("known_share", share, label=name, labels=labels)
        return _checked_share(1.0 if share is None else share, name)

    def _learn_label(
        self,
        estimator: Any,
        inputs: FitInputs,
        label: int,
        known_share: float,
        rng: np.random.Generator,
    ) -> KnownLabel:
        rows = np.flatnonzero(_counted(inputs)[:, label])
        y: Codes = inputs.y[rows, label]
        n_with = int(y.sum())
        if n_with in (0, len(y)):
            return KnownLabel(None, float(n_with > 0))
        known = replace(inputs.take(rows), y=y)
        score = None
        if self.recover is not None and known_share < 1:
            score = self._marked(estimator, known, rng)
        if score is None:
            marked = float(np.average(y, weights=known.weight))
            share = min(marked / known_share, 1.0)
            return KnownLabel(known.fit(estimator), share, known_share)
        positive = share_positive(y, score, known_share)
        share = float(np.average(positive, weights=known.weight))
        return KnownLabel(self._refitted(estimator, known, positive), share)

    def _marked(
        self, estimator: Any, known: FitInputs, rng: np.random.Generator
    ) -> Floats | None:
        """Return the out-of-fold probability of a mark; None if no folds can be made."""
        cv = self.cv
        if isinstance(cv, Integral):
            # Rare labels may have fewer rows than folds.
            cv = min(int(cv), int(np.bincount(known.y).min()))
            if cv < 2:
                return None
        out_of_fold = predict_original_rows(
            lambda part: part.fit(estimator),
            known,
            known.y,
            np.arange(2),
            cv=cv,
            rng=rng,
        )
        if out_of_fold is None:
            return None
        # Rows in no test part are not counted as positives.
        score = np.zeros(len(known.y))
        score[out_of_fold.rows] = out_of_fold.probability[:, 1]
        return score

    def _refitted(self, estimator: Any, known: FitInputs, positive: Floats) -> Any:
        """Fit again, including each doubtful row as a positive and as a negative."""
        doubtful = np.flatnonzero((known.y == 0) & (positive > 0))
        rows = np.append(np.arange(len(known.y)), doubtful)
        both = known.take(rows)
        weight = np.append(
            np.where(known.y == 1, 1.0, 1 - positive), positive[doubtful]
        )
        weight = weight if both.weight is None else weight * both.weight
        y = np.append(known.y, np.ones(len(doubtful), dtype=np.intp))
        key = str(self._inner_key("sample_weight"))
        return replace(both, y=y, params=both.params | {key: weight}).fit(estimator)

    def _true_share(self, name: Any, y: Codes, probability: Floats) -> Any:
        """Return the probability that rows have a label, given their marks."""
        c = self._share_of(name)
        return y if c == 1 else share_positive(y, c * probability, c)

    def _part_of_label(self, label: int) -> Any:
        one = self._parts[label]
        # Unchanged probabilities have the prior of the estimator.
        unchanged = self._share_of(self.label_names_[label]) == 1
        return one.estimator if unchanged and one.estimator is not None else one

    def _has_labels(self) -> bool:
        return hasattr(self, "_parts")

    def _probability(self, estimator: Any, X: Any) -> Floats:
        n_rows = count_rows(X)
        return np.column_stack([one.probability(X, n_rows) for one in self._parts])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return 1 where P(label) is at least 0.5, else 0, of shape (n_rows, n_labels)."""
        probability = self._probability(self._fitted(), X)
        return (probability >= 0.5).astype(self.classes_[0].dtype)

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Floats:
        """Return P(label), of shape (n_rows, n_labels)."""
        return self._probability(self._fitted(), X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags


def _counted(inputs: FitInputs) -> Mask:
    """Return which labels are known, in rows of nonzero weight, (n_rows, n_labels)."""
    known: Mask = inputs.y >= 0
    if inputs.weight is None:
        return known
    return known & (inputs.weight > 0)[:, np.newaxis]


def share_positive(y: Codes, marked: Floats, known_share: float) -> Floats:
    """Return the probability that rows have a label, if a share c of them is marked.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        1 where a row is marked, else 0.
    marked : ndarray of shape (n_rows,)
        s, the probability of a mark.
    known_share : float
        c.
    """
    with np.errstate(divide="ignore"):
        odds = marked / (1 - marked)
    hidden = np.minimum((1 - known_share) / known_share * odds, 1.0)
    return np.where(y == 1, 1.0, hidden)


def _checked_share(share: Any, name: Any) -> float:
    if not (isinstance(share, Real) and 0 < float(share) <= 1):
        msg = (
            "The 'known_share' parameter must map labels to shares above 0 and at most 1. "
            f"Got {share!r} for {name!r} instead."
        )
        raise ValueError(msg)
    return float(share)
