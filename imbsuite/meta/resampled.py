"""A classifier that is fitted on resampled rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import as_instance, check_splits, refuse_misplaced
from imbsuite._given import Given, gather
from imbsuite._random import SEEDS, Seed, check_rng
from imbsuite._rows import LightPickle
from imbsuite._table import (
    check_target,
    check_weight,
    count_rows,
    ordered_column,
    single_target,
    take,
    under_labels_of,
)
from imbsuite._wrapping import DelegatingClassifier, has
from imbsuite.probability.columns import codes_of, probability_of
from imbsuite.probability.offsets import (
    add_offsets,
    class_sums,
    log_ratio,
)
from imbsuite.probability.out_of_fold import offsets_apart, predict_apart
from imbsuite.probability.source import source_prior
from imbsuite.probability.splits import CV, SplitTable

__all__ = ["ResampledClassifier"]


def _has_plain_decision(self: Any) -> bool:
    return self.correction is None and has("decision_function")(self)


class ResampledClassifier(LightPickle, DelegatingClassifier):
    """Resample at ``fit``, and only there; predict as the estimator does.

    It makes a sampler a legal last step of a plain scikit-learn Pipeline and a parameter
    of a grid search. Rows to predict are never resampled.

    Parameters
    ----------
    sampler : sampler or None
        Anything with ``fit_resample``; of imbsuite or of imbalanced-learn. None: no
        resampling, so that a grid search can try it.
    estimator : classifier
        Fitted on the resampled rows. Put encoders inside it
        (``make_pipeline(TableVectorizer(), ...)``): the sampler then sees the table as
        it is, and one-hot columns are never interpolated.
    correction : {"offset", "prior"} or None, default=None
        How probabilities are brought back to the natural prior. "offset": one number for
        each class, fitted to out-of-fold predictions of rows that are not resampled.
        "prior": by the formula, log natural share - log share that the estimator saw.
        None: not at all. A correction makes ``predict`` the most probable class of the
        natural world, which largely undoes resampling in the labels: decide by a
        threshold wrapper then.
    cv : int, float, splitter or list of (train, test), default=5
        Folds for "offset"; fewer than an int says, with a warning, where a class has
        fewer rows. A float: this share is held out, once. With a single row of a class
        the formula is used.
    random_state : int, Generator, RandomState or None, default=None
        For the folds.

    Attributes
    ----------
    sampler_ : sampler or None
        The fitted copy. A pickle of the classifier is without its draw (parents,
        ``carry`` and whatever is as long as the table), and says so when asked for it.
    estimator_ : classifier
        The fitted copy.
    effective_prior_ : dict
        ``{label: share}`` of the rows that the estimator was fitted on, by weight.
    offset_ : ndarray of shape (n_classes,)
        What is added to log-probabilities, the first 0; only with a correction.
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only where X has column names.

    Raises
    ------
    ValueError, TypeError
        From ``fit``: if the input cannot be resampled, or weights or groups are given
        that the sampler or the estimator cannot take; with ``correction="prior"``, if it
        cannot be read which shares the estimator saw (AdaBoost, an average of models
        that are weighted differently): "offset" needs no shares.

    Notes
    -----
    **When it hurts.** Without a correction, probabilities are those of the resampled
    world: too high for the classes that were grown. The formula over-corrects models that
    memorize repeated rows (trees); "offset" costs ``cv`` more fits.

    References
    ----------
    Saerens, Latinne, Decaestecker. Adjusting the outputs of a classifier to new a priori
    probabilities. Neural Computation 14 (2002), 21-41,
    :doi:`10.1162/089976602753284446`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import RandomOverSampler, ResampledClassifier
    >>> model = ResampledClassifier(RandomOverSampler(), LogisticRegression())
    >>> model.fit([[0.0], [1.0], [2.0], [9.0]], [0, 0, 0, 1]).predict([[8.0]])
    array([1])
    """

    _remembering: ClassVar[tuple[str, ...]] = ("sampler_",)
    # Groups are the sampler's.
    _hands: ClassVar[tuple[str, ...]] = ("sample_weight",)
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "sampler": "no_validation",
        "estimator": [HasMethods(["fit", "predict"])],
        "correction": [StrOptions({"offset", "prior"}), None],
        "cv": CV,
        "random_state": SEEDS,
    }

    def __init__(
        self,
        sampler: Any,
        estimator: Any,
        *,
        correction: Literal["offset", "prior"] | None = None,
        cv: Any = 5,
        random_state: Seed = None,
    ) -> None:
        self.sampler = sampler
        self.estimator = estimator
        self.correction = correction
        self.cv = cv
        self.random_state = random_state

    @fitted_anew
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Resample the rows and fit the estimator on the result.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
            Or a one-vs-all indicator, (n_rows, n_classes), where the estimator takes it
            and there is no correction.
        sample_weight : array-like of shape (n_rows,), default=None
            Carried through the sampler and handed to the estimator; a class without
            weight is left out. Where the sampler or the estimator takes no weights, those
            that are all one are ignored, and whole numbers that sum to at most twice
            the rows (counts of a bootstrap) repeat rows before they are resampled.
        groups : array-like of shape (n_rows,), default=None
            Handed to the sampler, which does not mix rows of different groups; folds of
            a correction do not split them either.
        **fit_params : dict
            Handed to the estimator. Those that have an entry for each row are carried
            through the sampler; the others (an ``eval_set``) are not resampled.

        Returns
        -------
        self
        """
        self._checked_sampler()  # or an error, before any work
        self._validate_params()
        check_splits(self.cv, type(self).__name__)
        refuse_misplaced(X, y, "fit")
        if self.correction is not None:
            single_target(y)  # or an error, before any work
            self._check_probabilities()
        carries = self.sampler is None or hasattr(self.sampler, "carry")
        given = gather(
            self,
            X,
            y if self.sampler is None else under_labels_of(X, y),
            fit_params,
            sample_weight=sample_weight,
            groups=groups,
            carries=carries,
        )
        given = _of_weighing_classes(given)
        fitted = self._fit_pair(given)
        self.sampler_, self.estimator_, self.effective_prior_ = fitted
        validate_data(self, X, skip_check_array=True)
        self.classes_ = self.estimator_.classes_
        if self.correction is not None:
            self.offset_ = self._find_offset(given)
        return self

    def _without_weights(self) -> ValueError:
        if self._takes_weight():
            return _not_carried(self.sampler, ["sample_weight"])
        return super()._without_weights()

    def _check_probabilities(self) -> None:
        if not hasattr(self.estimator, "predict_proba"):
            msg = (
                f"correction={self.correction!r} needs probabilities, and "
                f"{type(self.estimator).__name__} has no predict_proba; use "
                "correction=None or another estimator."
            )
            raise ValueError(msg)

    def _fit_pair(self, given: Given) -> tuple[Any, Any, dict[Any, float]]:
        """Return the fitted sampler and estimator, and the prior that it saw."""
        sampler = self._checked_sampler()
        if sampler is not None and not _has_one_class(given):
            given = _resample(sampler, given)
        else:
            given = replace(given, y=_labels(given.y))
        estimator = given.fit(self.estimator)
        prior = getattr(sampler, "effective_prior_", None)
        by_name = given.params.get(self._inner_key("sample_weight") or "")
        if given.weight is None and by_name is not None:
            # The sampler does not know of weights that only the estimator sees.
            prior = _prior(given.y, by_name)
        return sampler, estimator, prior or _prior(given.y, given.weight)

    def _checked_sampler(self) -> Any:
        given = self.sampler
        is_class = isinstance(given, type)
        if given is None or (hasattr(given, "fit_resample") and not is_class):
            return clone(given, safe=False)
        msg = (
            f"sampler={given!r} has no fit_resample; pass a sampler, or None for no "
            "resampling"
        )
        if is_class:
            msg = f"sampler={given.__name__}{as_instance(given)}"
        elif hasattr(self.estimator, "fit_resample"):
            msg += "; the sampler comes first: ResampledClassifier(sampler, estimator)"
        msg = f"{msg}."
        raise TypeError(msg)

    def _find_offset(self, given: Given) -> NDArray[np.floating[Any]]:
        y = _one_column(given.y)
        codes = codes_of(y, self.classes_)
        n_classes = len(self.classes_)
        weight = None if given.weight is None else np.asarray(given.weight, float)
        apart = None
        if self.correction == "offset":

            def fit(rows: Any) -> Any:
                return self._fit_pair(given.take(rows))[1]

            def predict(model: Any, rows: Any) -> NDArray[np.floating[Any]]:
                # Of rows that were neither resampled nor fitted on.
                return probability_of(
                    model,
                    take(given.X, rows),
                    self.classes_,
                    rows=given.positions(rows),
                )

            apart = predict_apart(
                fit,
                predict,
                codes,
                cv=self.cv,
                rng=check_rng(self.random_state),
                groups=given.groups,
                origins=given.origins,
                table=SplitTable.of(given, y),
            )
        found = None if apart is None else offsets_apart(apart, codes, weight)
        if found is not None:
            return found
        counts = class_sums(codes, n_classes, weight)
        seen = source_prior(self, self.classes_, counts, raw=True)
        return log_ratio(counts / counts.sum(), seen)

    def predict(self, X: Any) -> Any:
        """Return labels for ``X``, (n_rows,).

        The estimator's; with a correction, the class that is most probable at the
        natural prior.
        """
        if self.correction is None:
            return super().predict(X)
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Return probabilities for ``X``, (n_rows, n_classes).

        The estimator's; with a correction, those at the natural prior.
        """
        if self.correction is None:
            return super().predict_proba(X)
        return add_offsets(probability_of(self._fitted(), X), self.offset_)

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithms of the probabilities for ``X``."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @available_if(_has_plain_decision)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        """Return the estimator's decision function; not with a correction."""
        return super().decision_function(X)


def _one_column(y: Any) -> Any:
    """Return one column of labels, which keeps its order if it has one."""
    kept = ordered_column(y)
    return single_target(y) if kept is None else kept


def _labels(y: Any) -> Any:
    """Return labels as an estimator takes them; a one-vs-all indicator stays one.

    Which is what samplers make of it: some estimators take it, and others refuse it.
    """
    if np.ndim(y) != 2 or np.shape(y)[1] == 1:
        return _one_column(y)
    check_target(y, count_rows(y), "ResampledClassifier")  # or an error: several labels
    return y


def _of_weighing_classes(given: Given) -> Given:
    """Return the rows of classes that weigh anything; all, if only one class does.

    A bootstrap may draw no row of a class, and none can be grown from nothing.
    """
    if given.weight is None:
        return given
    codes, labels = check_target(given.y, count_rows(given.X), "ResampledClassifier")
    weight = check_weight(given.weight, len(codes))
    weighs = class_sums(codes, len(labels), weight) > 0
    if weighs.all() or weighs.sum() < 2:
        return given
    return given.take(np.flatnonzero(weighs[codes]))


def _has_one_class(given: Given) -> bool:
    """Whether weights, or counts, have left a single class: nothing is to balance."""
    y = np.asarray(given.y)
    if given.weight is not None and y.ndim == 1:
        y = y[np.asarray(given.weight) > 0]
    elif given.origins is None:
        return False
    return len(np.unique(y, axis=0)) < 2


def _resample(sampler: Any, given: Given) -> Given:
    aligned = given.aligned
    if not hasattr(sampler, "carry"):
        if given.groups is not None or aligned:
            groups = [] if given.groups is None else ["groups"]
            raise _not_carried(sampler, [*groups, *aligned])
        X, y = sampler.fit_resample(given.X, given.y)
        return replace(given, X=X, y=y)
    X, y = sampler.fit_resample(
        given.X, given.y, sample_weight=given.weight, groups=given.groups
    )
    carried = {name: sampler.carry(values) for name, values in aligned.items()}
    params = given.params | carried
    return Given(X, y, sampler.sample_weight_, params=params, told=given.told)


def _not_carried(sampler: Any, names: list[str]) -> ValueError:
    msg = (
        f"{', '.join(names)} cannot go through {type(sampler).__name__}, "
        "which does not say where its rows come from; use a sampler of imbsuite."
    )
    return ValueError(msg)


def _prior(y: Any, weight: Any) -> dict[Any, float]:
    """Return the share of each label, by weight."""
    values = y.toarray() if sp.issparse(y) else np.asarray(y)
    if values.ndim == 2 and values.shape[1] > 1:
        values = values.argmax(axis=1)  # of a one-vs-all indicator, as samplers say it
    labels, codes = np.unique(values, return_inverse=True)
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    sums = class_sums(codes.ravel(), len(labels), weight)
    return dict(zip(labels.tolist(), (sums / sums.sum()).tolist(), strict=True))
