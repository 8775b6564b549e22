"""A classifier that corrects probabilities for the class prior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import StrOptions

from imbsuite._fit_inputs import FitInputs
from imbsuite._labels import shares_of
from imbsuite._parameters import parameter
from imbsuite._random import Seed
from imbsuite._table import labels_of
from imbsuite._types import Codes, Floats
from imbsuite._wrapping import Likeliest
from imbsuite.probability.by_label import LabelwiseClassifier
from imbsuite.probability.offsets import add_offsets, class_sums, log_ratio
from imbsuite.probability.out_of_fold import offsets_out_of_fold
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.weighing import UnreadablePriorError


class PriorCorrectedClassifier(Likeliest, LabelwiseClassifier):
    r"""Correct the probabilities of a classifier for a change of the class prior.

    .. math:: \log p_t(k \mid x) = \log p_q(k \mid x) + b_k + const

    For models that were fitted with class weights, ``scale_pos_weight`` or an
    imbalanced-learn pipeline, and for new data in which class proportions differ.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        A fitted classifier inside ``FrozenEstimator`` is not refitted. In this case,
        call ``fit`` with rows that it was not fitted on, in the original class
        proportions.
    source_prior : "auto", or mapping of label to share, default="auto"
        q, the effective prior of the estimator. "auto": read from its samplers and
        weights; without any, the shares in ``y``. Used by ``method="prior"``, which
        raises an error if the prior cannot be read (AdaBoost, an average of models
        weighted differently). For multilabel targets, a mapping gives the share of each
        label.
    target_prior : {"train", "uniform"} or mapping of label to share, default="train"
        t, the class shares that probabilities are corrected to; "train": those of
        ``y``. For multilabel targets, a mapping gives the share of rows with each
        label.
    method : {"offset", "prior"}, default="offset"
        "prior": the formula b = log t - log q. "offset": b is fitted to out-of-fold
        predictions by maximum likelihood, then shifted from the prior of ``y`` to t.
    cv
        Folds for "offset". If a class has a single row, the formula is used.
    n_jobs : int, default=None
        Number of fits that run in parallel.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds.

    Attributes
    ----------
    estimator_ : classifier
        The clone of ``estimator``, fitted on all rows.
    offset_ : ndarray of shape (n_classes,)
        b, with a first entry of 0.
    source_prior_ : ndarray of shape (n_classes,)
        q; NaN if it cannot be read and is not needed (``method="offset"``).
    target_prior_ : ndarray of shape (n_classes,)
    effective_prior_ : dict
        ``{label: share}``: the target prior.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        For multilabel targets: the names of the labels. ``offset_`` (added to the
        log-odds), ``source_prior_`` and ``target_prior_`` then have one entry per
        label, of shape (n_labels,).

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input or a parameter is invalid.

    Notes
    -----
    Probabilities below 1e-15 are first raised to 1e-15: an offset cannot change a
    probability of 0 or 1, and overconfident models need the correction most.

    **When it hurts.** The formula over-corrects models that memorize repeated rows
    (forests after random over-sampling): use "offset" there. With few rows of a class,
    fitted offsets are noisy.

    References
    ----------
    Saerens, Latinne, Decaestecker. Adjusting the outputs of a classifier to new a priori
    probabilities. Neural Computation 14 (2002), 21-41,
    :doi:`10.1162/089976602753284446`.
    Dal Pozzolo, Caelen, Johnson, Bontempi. Calibrating Probability with Undersampling
    for Unbalanced Classification. SSCI 2015, :doi:`10.1109/SSCI.2015.33`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import PriorCorrectedClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], [950, 50])
    >>> X = rng.normal(size=(1000, 1)) + y[:, np.newaxis]
    >>> inner = LogisticRegression(class_weight="balanced")
    >>> model = PriorCorrectedClassifier(inner, random_state=0).fit(X, y)
    >>> model.predict_proba(X)[:, 1].mean().round(2)
    np.float64(0.05)
    """

    estimator: Any = parameter(kw_only=False)
    source_prior: Literal["auto"] | Mapping[Any, float] = "auto"
    target_prior: Literal["train", "uniform"] | Mapping[Any, float] = "train"
    method: Literal["offset", "prior"] = "offset"
    cv: Any = 5
    n_jobs: int | None = None
    random_state: Seed = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "source_prior": [StrOptions({"auto"}), Mapping],
        "target_prior": [StrOptions({"train", "uniform"}), Mapping],
        "method": [StrOptions({"offset", "prior"})],
    }

    def _steps(self) -> list[tuple[str, Any]]:
        return [*super()._steps(), ("correction", f"correction: {self.method}")]

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        weight = inputs.weight
        self._need_every_class(codes, weight)
        counts = class_sums(codes, len(self.classes_), weight)
        natural = counts / counts.sum()
        self.target_prior_ = self._target(natural)
        source = self._given_source()
        out_of_fold = fitted = None
        if self.method == "offset":
            out_of_fold = self._predict_out_of_fold(inputs)
            fitted = offsets_out_of_fold(out_of_fold, codes, weight)
        self.estimator_ = self._fit_on_all(inputs, out_of_fold)
        if source is None:
            source = self._read(inputs, codes, is_needed=fitted is None)
        self.source_prior_ = source
        if fitted is None:
            self.offset_ = log_ratio(self.target_prior_, self.source_prior_)
        else:
            self.offset_ = fitted + log_ratio(self.target_prior_, natural)
        shares = self.target_prior_.tolist()
        self.effective_prior_ = dict(zip(labels_of(self.classes_), shares, strict=True))

    def _given_source(self) -> Floats | None:
        if isinstance(self.source_prior, str):
            return None
        return shares_of("source_prior", self.source_prior, self.classes_)

    def _read(self, inputs: FitInputs, codes: Codes, *, is_needed: bool) -> Floats:
        try:
            return self._source_prior(inputs, codes)
        except UnreadablePriorError:
            if is_needed:
                raise
        return np.full(len(self.classes_), np.nan)

    def _target(self, natural: Floats) -> Floats:
        if isinstance(self.target_prior, str):
            n_classes = len(natural)
            even = np.full(n_classes, 1 / n_classes)
            return natural if self.target_prior == "train" else even
        return shares_of("target_prior", self.target_prior, self.classes_)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, of shape (n_rows,).

        For multilabel targets, 0 or 1 for each label, of shape (n_rows, n_labels).
        """
        self._fitted()
        return self._predict_labels(X) if self._has_labels() else super().predict(X)

    def predict_proba(self, X: Any) -> Floats:
        """Return corrected probabilities, of shape (n_rows, n_classes).

        For multilabel targets, P(label), of shape (n_rows, n_labels).
        """
        self._fitted()
        if self._has_labels():
            parts = [rule._correct(p)[:, 1] for rule, p in self._each_rule(X)]
            return np.column_stack(parts)
        return self._correct(self._probability(self.estimator_, X))

    def _correct(self, probability: Floats) -> Floats:
        return add_offsets(probability, self.offset_)

    # --- Multilabel targets

    def _tuning_cv(self, inputs: FitInputs) -> Any:
        return self.cv if self.method == "offset" else None

    def _of_label(self, name: Any) -> dict[str, Any]:
        priors = ("source_prior", "target_prior")
        return {prior: self._share_of_label(prior, name) for prior in priors}

    def _learn_constant(self, share: float) -> None:
        self.source_prior_ = self.target_prior_ = np.array([1 - share, share])
        self.offset_ = np.zeros(2)

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        for name in ("offset_", "source_prior_", "target_prior_"):
            values = [getattr(rule, name)[1] for rule in self._rules]
            setattr(self, name, np.array(values))
        shares = self.target_prior_.tolist()
        self.effective_prior_ = dict(zip(self.label_names_, shares, strict=True))

    def _decide(self, X: Any, probability: Floats) -> Codes:
        chosen: Codes = self._correct(probability).argmax(axis=1)
        return chosen
