"""A classifier fitted on resampled rows."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import check_splits, refuse_misplaced
from imbsuite._fit_inputs import FitInputs, gather
from imbsuite._random import SEEDS, Seed, check_rng
from imbsuite._table import (
    check_weight,
    is_multilabel,
    single_target,
    under_labels_of,
)
from imbsuite._wrapping import LogProbabilities, has
from imbsuite.meta._labels import ResamplesLabels
from imbsuite.meta._resampling import (
    checked_sampler,
    fit_resampled,
    not_carried,
    of_weighted_classes,
    offset_of_shares,
    one_column,
)
from imbsuite.probability.columns import codes_of, probability_of
from imbsuite.probability.offsets import add_offsets
from imbsuite.probability.out_of_fold import offsets_out_of_fold, predict_original_rows
from imbsuite.probability.splits import CV


def _has_plain_decision(self: Any) -> bool:
    return self.correction is None and has("decision_function")(self)


@dataclass(eq=False, repr=False)
class ResampledClassifier(LogProbabilities, ResamplesLabels):
    """Resample the training rows, and fit a classifier on the result.

    This class combines a sampler and a classifier. It can be the last step of a
    scikit-learn Pipeline, and a grid search can tune it. Only ``fit`` resamples; rows
    to predict are never resampled.

    Parameters
    ----------
    sampler : sampler or None
        Any object with ``fit_resample``, from imbsuite or imbalanced-learn. None: no
        resampling, so that a grid search can include this baseline.
    estimator : classifier
        Fitted on the resampled rows. Put encoders inside it
        (``make_pipeline(TableVectorizer(), ...)``): then the sampler gets the original
        table, and one-hot columns are never interpolated.
    correction : {"offset", "prior"} or None, default=None
        How probabilities are corrected to the original class proportions. "offset": one
        offset per class, fitted to out-of-fold predictions of rows that are not
        resampled. "prior": the formula, log original share - log share after
        resampling. None: no correction. With a correction, ``predict`` returns the most
        probable class under the original proportions, which largely undoes resampling
        in the labels; use a threshold classifier for decisions then.
    cv : int, float, splitter or list of (train, test), default=5
        Folds for "offset", as for :class:`TunedThresholdClassifier`: an int and a float
        keep exact copies of a row together. If a class has a single row, the formula is
        used.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds.

    Attributes
    ----------
    sampler_ : sampler or None
        The fitted clone of ``sampler``. Pickles of the classifier do not include its
        attributes with one entry per row (such as ``parents_``) or the data of
        ``carry``; accessing them raises an error that explains this.
    estimator_ : classifier
        The fitted clone of ``estimator``.
    effective_prior_ : dict
        ``{label: share}`` by weight, in the rows that the estimator was fitted on.
    offset_ : ndarray of shape (n_classes,)
        Added to log-probabilities, with a first entry of 0; only with a correction.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        For multilabel targets: the names of the labels. ``effective_prior_`` is then
        the share of rows with each label, and ``offset_`` is added to the log-odds of
        each, (n_labels,).
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if X has column names.

    Raises
    ------
    ValueError, TypeError
        From ``fit``: if the input cannot be resampled, or the sampler or the estimator
        does not support weights or groups that were passed; with
        ``correction="prior"``, if the effective prior of the estimator cannot be read
        (AdaBoost, an average of models weighted differently), which "offset" does not
        need.

    Notes
    -----
    **When it hurts.** Without a correction, probabilities are those under the resampled
    class shares: they are too high for over-sampled classes. The formula over-corrects
    models that memorize repeated rows (trees); "offset" costs ``cv`` more fits.

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

    sampler: Any
    estimator: Any
    _: KW_ONLY
    correction: Literal["offset", "prior"] | None = None
    cv: Any = 5
    random_state: Seed = None

    _remembering: ClassVar[tuple[str, ...]] = ("sampler_",)
    # Groups are passed to the sampler only.
    _hands: ClassVar[tuple[str, ...]] = ("sample_weight",)
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "sampler": "no_validation",
        "estimator": [HasMethods(["fit", "predict"])],
        "correction": [StrOptions({"offset", "prior"}), None],
        "cv": CV,
        "random_state": SEEDS,
    }

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
            Or a one-vs-all indicator of shape (n_rows, n_classes), if the estimator
            supports it and there is no correction. With a :class:`LabelSampler`, or
            without a sampler, also a multilabel target: an array-like, sparse matrix or
            dataframe of 0 and 1, of shape (n_rows, n_labels).
        sample_weight : array-like of shape (n_rows,), default=None
            Resampled and passed to the estimator. Classes whose weights are all 0 are
            left out. If the sampler or the estimator does not support weights, weights
            that are all 1 are ignored, and integer weights that sum to at most twice
            the number of rows (bootstrap counts) are used as numbers of repeats of each
            row before resampling.
        groups : array-like of shape (n_rows,), default=None
            Passed to the sampler, which does not mix rows of different groups. The
            folds of a correction do not split groups.
        **fit_params : dict
            Passed to the estimator. Arguments with one entry per row are resampled with
            the rows; others (such as an ``eval_set``) are passed unchanged.

        Returns
        -------
        self
        """
        # Raise errors before any work.
        checked_sampler(self.sampler, self.estimator, type(self).__name__)
        self._validate_params()
        check_splits(self.cv, type(self).__name__)
        refuse_misplaced(X, y, "fit")
        if self.correction is not None:
            self._check_probabilities()
        if self._takes_labels and is_multilabel(y):
            self._fit_labels(X, y, sample_weight, groups, fit_params)
            validate_data(self, X, skip_check_array=True)
            return self
        if self.correction is not None:
            single_target(y)  # raises errors before any work
        carries = self.sampler is None or hasattr(self.sampler, "carry")
        inputs = gather(
            self,
            X,
            y if self.sampler is None else under_labels_of(X, y),
            fit_params,
            sample_weight=sample_weight,
            groups=groups,
            carries=carries,
        )
        inputs = of_weighted_classes(inputs)
        self.sampler_, self.estimator_, self.effective_prior_ = self._fit_pair(inputs)
        validate_data(self, X, skip_check_array=True)
        self.classes_ = self.estimator_.classes_
        if self.correction is not None:
            self.offset_ = self._find_offset(inputs)
        return self

    def _steps(self) -> list[tuple[str, Any]]:
        steps = super()._steps()
        if self.sampler is not None:
            steps = [("sampler", self.sampler), *steps]
        if self.correction is not None:
            steps.append(("correction", f"correction: {self.correction}"))
        return steps

    def _without_weights(self) -> ValueError:
        if self._takes_weight():
            return not_carried(self.sampler, ["sample_weight"])
        return super()._without_weights()

    def _check_probabilities(self) -> None:
        if not hasattr(self.estimator, "predict_proba"):
            msg = (
                f"correction={self.correction!r} requires probabilities, but "
                f"{type(self.estimator).__name__} has no predict_proba. Use "
                "correction=None or another estimator."
            )
            raise ValueError(msg)

    def _fit_pair(self, inputs: FitInputs) -> tuple[Any, Any, dict[Any, float]]:
        """Return the fitted sampler and estimator, and the effective prior."""
        sampler = checked_sampler(self.sampler, self.estimator, type(self).__name__)
        key = self._inner_key("sample_weight")
        return sampler, *fit_resampled(sampler, self.estimator, inputs, key)

    def _find_offset(self, inputs: FitInputs) -> NDArray[np.floating[Any]]:
        y = one_column(inputs.y)
        codes = codes_of(y, self.classes_)
        weight = check_weight(inputs.weight, len(codes))
        fitted = None
        if self.correction == "offset":
            fitted = offsets_out_of_fold(
                predict_original_rows(
                    lambda part: self._fit_pair(part)[1],
                    inputs,
                    y,
                    self.classes_,
                    cv=self.cv,
                    rng=check_rng(self.random_state),
                ),
                codes,
                weight,
            )
        return offset_of_shares(self, codes, weight) if fitted is None else fitted

    def predict(self, X: Any) -> Any:
        """Return predicted labels for ``X``, of shape (n_rows,).

        They are the labels predicted by the estimator or, with a correction, the most
        probable class under the original class proportions. For multilabel targets, 0
        or 1 for each label, of shape (n_rows, n_labels).
        """
        self._fitted()
        if self._has_labels():
            return self._predict_labels(X)
        if self.correction is None:
            return super().predict(X)
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Return probabilities for ``X``, of shape (n_rows, n_classes).

        They are the probabilities of the estimator or, with a correction, probabilities
        under the original class proportions. For multilabel targets, P(label), of shape
        (n_rows, n_labels).
        """
        self._fitted()
        if self._has_labels():
            return self._probability_of_labels(X)
        if self.correction is None:
            return super().predict_proba(X)
        return add_offsets(probability_of(self._fitted(), X), self.offset_)

    @available_if(_has_plain_decision)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        """Return the estimator's decision function; not available with a correction."""
        self._fitted()
        if self._has_labels():
            return self._model.scores(X)
        return super().decision_function(X)
