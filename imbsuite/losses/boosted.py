"""Boosted trees of LightGBM or XGBoost with any loss of log-probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import _num_samples, validate_data

from imbsuite._arguments import check_splits
from imbsuite._fit_inputs import FitInputs
from imbsuite._parameters import parameter
from imbsuite._random import Seed, check_rng
from imbsuite._table import labels_of, take
from imbsuite._types import Codes, Floats
from imbsuite.losses._scores import ScoreClassifier
from imbsuite.losses.base import BoundLoss, Loss
from imbsuite.losses.boosters import Booster, booster_of, start_of
from imbsuite.losses.link import FittedLink, fit_link
from imbsuite.losses.objectives import BoostingObjective, bound_for_boosting
from imbsuite.losses.weights import class_counts, labelled_weights
from imbsuite.probability.out_of_fold import FoldingClassifier, predict_out_of_fold
from imbsuite.probability.weighing import weighing_parameters

_NOT_OF_FOLDS = ("eval_", "init_score", "init_model", "base_margin", "xgb_model")


class BoostedLossClassifier(ScoreClassifier, FoldingClassifier):
    r"""Boosted trees of LightGBM or XGBoost that minimize a loss of imbsuite.

    Parameters
    ----------
    estimator : LGBMClassifier or XGBClassifier
        It must not set class weights or an objective.
    loss : str or Loss, default="log_loss"
        "log_loss", "logit_adjusted", "ldam", "focal", "comp_sum" or a loss object; not
        a metric.
    class_weight : None, "balanced", "effective" or dict, default=None
        The weight of each class in the loss; see :class:`LinearLossClassifier`.
    link : {"sigmoid", "exact"}, default="sigmoid"
        How probabilities are computed from scores. "sigmoid": with a scale and offsets
        that are fitted to out-of-fold scores. "exact": with the inverse link of the
        loss, without further fits.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds. The estimator has its own ``random_state``.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone, for labels 0 to n_classes - 1. Its scores lack the constant in
        ``init_score_``.
    init_score_ : ndarray of shape (1,) or (n_classes,)
        The best constant score, from which boosting starts.
    link_ : object
        The link; its method ``proba(scores)`` returns probabilities.
    target_prior_ : ndarray of shape (n_classes,)
        The class shares of the training data, for which probabilities are predicted.
    effective_prior_ : dict
        ``{label: share}``: the same shares by label.
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        From ``fit``, if the input or a parameter is invalid; if the loss is a metric;
        if the estimator does not support a custom objective; or if the estimator also
        weighs the classes.

    Notes
    -----
    **Departs from scikit-learn.** As in :class:`LinearLossClassifier`, weights, focal
    factors, adjustments and margins change ``predict`` and ``decision_function``, but
    not ``predict_proba``. They have hardly any effect where only probabilities are
    used: in soft voting, ``CalibratedClassifierCV``, corrections and threshold
    classifiers.

    For a nonconvex loss, negative terms of the second derivative are left out. The
    second derivative is scaled as in the objectives of LightGBM and XGBoost, so that
    ``"log_loss"`` gives the same trees as their own objectives.

    **When it hurts.** Trees overfit: their scores on training rows are too far from 0,
    and the exact link exaggerates this. A loss with τ > 1 treats rows of a rare class
    as noise, unless classes are balanced. No loss outperforms the log-loss with a tuned
    threshold on all tables; see the user guide.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbsuite import BoostedLossClassifier
    >>> from lightgbm import LGBMClassifier  # doctest: +SKIP
    >>> X, y = make_classification(1000, weights=[0.9], random_state=0)
    >>> model = BoostedLossClassifier(LGBMClassifier(), "focal")  # doctest: +SKIP
    >>> model.fit(X, y).predict_proba(X)  # doctest: +SKIP
    """

    estimator: Any = parameter(kw_only=False)
    loss: str | Loss = parameter(kw_only=False, default="log_loss")
    class_weight: Literal["balanced", "effective"] | Mapping[Any, float] | None = None
    link: Literal["sigmoid", "exact"] = "sigmoid"
    cv: Any = 5
    random_state: Seed = None

    # The estimator is fitted on codes.
    _hands_on_labels = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "loss": [str, Loss],
        "class_weight": [StrOptions({"balanced", "effective"}), Mapping, None],
        "link": [StrOptions({"sigmoid", "exact"})],
    }

    init_score_: Floats

    def _steps(self) -> list[tuple[str, Any]]:
        return [*super()._steps(), ("loss", f"loss: {self.loss}")]

    def _fit_rows(self, X: Any, y: Any, **others: Any) -> None:
        self._check_estimator(others["fit_params"])
        super()._fit_rows(X, y, **others)

    def _check_estimator(self, fit_params: Mapping[str, Any]) -> None:
        """Raise ValueError if the estimator does not support a loss."""
        self._validate_params()
        check_splits(self.cv, type(self).__name__)  # boosters have no out-of-bag rows
        booster_of(self.estimator)
        weighing = list(weighing_parameters(self.estimator))
        if weighing:
            msg = (
                f"The {weighing[0]!r} parameter of the estimator in "
                "BoostedLossClassifier must be left at its default: its weights "
                "would have no effect on a custom objective, or would be applied "
                "twice. Use class_weight of BoostedLossClassifier."
            )
            raise ValueError(msg)
        refused = [name for name in fit_params if name.startswith(_NOT_OF_FOLDS)]
        if refused:
            msg = (
                f"BoostedLossClassifier.fit does not take {refused[0]!r}, because it "
                "fits several models from starting scores that it sets itself. Set "
                "the number of trees of the estimator instead."
            )
            raise ValueError(msg)

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        weight = np.ones(len(codes)) if inputs.weight is None else inputs.weight
        counts = class_counts(codes, weight, self.classes_)
        weights = labelled_weights(self.class_weight, self.classes_)
        bound = bound_for_boosting(self.loss, counts, weights)
        self._check_link(bound)
        self.target_prior_ = counts / counts.sum()
        shares = self.target_prior_.tolist()
        self.effective_prior_ = dict(zip(labels_of(self.classes_), shares, strict=True))
        booster = booster_of(self.estimator)
        objective = BoostingObjective(bound, booster.factor(len(counts)))
        self.init_score_ = objective.init_score
        params = self.estimator.get_params()
        needs = {k: v for k, v in booster.needs.items() if k not in params}
        model = clone(self.estimator).set_params(objective=objective, **needs)
        coded = self._coded(inputs, codes, booster)
        self.link_ = bound
        if self.link == "sigmoid":
            self.link_ = self._fitted_link(model, coded, weight)
        self.estimator_ = coded.fit(model)

    def _check_link(self, bound: BoundLoss) -> None:
        if self.link == "exact" and not bound.has_link:
            msg = (
                "The 'link' parameter of BoostedLossClassifier must be 'sigmoid' for "
                f"{bound.loss!r}, whose scores do not determine probabilities. Got "
                f"{self.link!r} instead."
            )
            raise ValueError(msg)

    def _coded(self, inputs: FitInputs, codes: Codes, booster: Booster) -> FitInputs:
        """Return the inputs with codes as labels, and with starting scores."""
        start = start_of(self.init_score_, len(codes))
        return replace(
            inputs, y=codes, params=inputs.params | {booster.init_key: start}
        )

    def _fitted_link(self, model: Any, inputs: FitInputs, weight: Floats) -> FittedLink:
        """Return a link fitted to out-of-fold scores."""
        out_of_fold = predict_out_of_fold(
            lambda rows: inputs.take(rows).fit(model),
            lambda fitted, rows: self._scores(fitted, take(inputs.X, rows)),
            inputs.y,
            replace(inputs, y=self.classes_[inputs.y]),
            cv=self.cv,
            rng=check_rng(self.random_state),
        )
        if out_of_fold is None:
            msg = (
                "A class has too few rows (or groups) for the folds of link='sigmoid'. "
                "Pass more rows, or link='exact'."
            )
            raise ValueError(msg)
        rows = out_of_fold.rows
        class_counts(inputs.y[rows], weight[rows], self.classes_)
        n_classes = len(self.classes_)
        return fit_link(
            out_of_fold.probability, inputs.y[rows], weight[rows], n_classes
        )

    def _scores(self, model: Any, X: Any) -> Floats:
        start = start_of(self.init_score_, _num_samples(X))
        scores = booster_of(self.estimator).scores(model, X, start)
        return np.asarray(scores, dtype=np.float64).reshape(start.shape)

    def decision_function(self, X: Any) -> Floats:
        """Return the scores that determine the predicted class.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
            For two classes, the score z of the second class, which is predicted if
            z >= 0.
        """
        fitted = self._fitted()
        if getattr(X, "ndim", 2) == 2:  # the booster raises an error for others
            validate_data(self, X, skip_check_array=True, reset=False)
        return self._scores(fitted, X)
