"""A linear classifier with any loss."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import refuse_misplaced
from imbsuite._intervals import Interval
from imbsuite._labels import HasPositive
from imbsuite._parameters import Parametrized, parameter
from imbsuite._table import (
    check_target,
    check_weight,
    labels_of,
    refuse_masked,
    single_target,
    sorted_classes,
)
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite.losses._scores import ScoreClassifier
from imbsuite.losses.base import BoundLoss, Loss
from imbsuite.losses.link import fit_link
from imbsuite.losses.names import find_loss
from imbsuite.losses.robust import DUAL
from imbsuite.losses.solver import Line, LinearProblem, follow_path
from imbsuite.losses.units import Units, as_it_is, standardize
from imbsuite.losses.weights import class_counts, labelled_weights


class _Rows(NamedTuple):
    """Training rows of nonzero weight."""

    X: Any
    codes: Codes
    weight: Floats


class LinearLossClassifier(
    HasPositive,
    ScoreClassifier,
    ClassifierMixin,  # type: ignore[misc]
    Parametrized,
    BaseEstimator,  # type: ignore[misc]
):
    r"""A linear classifier that minimizes any loss of imbsuite.

    .. math:: \min_{W, b} \; L(X W^T + b, y) + \frac{‖W‖^2}{2 C \sum_i w_i}

    where L is either the weighted mean of a loss of log-probabilities or one minus a
    metric.

    Parameters
    ----------
    loss : str or Loss, default="log_loss"
        "log_loss", "logit_adjusted", "ldam", "focal", "comp_sum", a metric of
        :class:`~imbsuite.losses.MetricLoss`, such as "f1", or a loss object.
    C : float, default=1.0
        Inverse strength of the penalty, as in ``LogisticRegression``.
    class_weight : None, "balanced", "effective" or dict, default=None
        The weight of each class in the loss. "effective": the effective number of rows
        (Cui et al.), with β = (n - 1) / n, where n is the sum of the sample weights. A
        dict maps labels to weights; missing labels have the weight 1.
    standardize : bool, default=True
        Whether to divide columns by their standard deviation and, if they are dense, to
        subtract their mean, both weighted by ``sample_weight``. The penalty and the
        perturbation are in these units; ``coef_`` is in the units of the table.
    perturbation : float, default=0.0
        ε: the loss of each row is replaced by the largest loss within this distance of
        the row. Supported only for two classes and losses of log-probabilities.
    perturbation_norm : {"l2", "linf", "l1"}, default="l2"
        The norm of the distance. "linf" sets some coefficients exactly to 0.
    pos_label : label, default=None
        The positive class of a metric of one class. None: the rarer of two classes.
    warm_start : bool, default=False
        Whether to start at the coefficients of the previous fit.
    tol : float, default=1e-6
        The largest derivative at which L-BFGS stops.
    max_iter : int, default=1000
        Maximum number of iterations for each loss that is minimized.

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_columns) or (n_classes, n_columns)
        One row for two classes.
    intercept_ : ndarray of shape (1,) or (n_classes,)
    classes_ : ndarray of shape (n_classes,)
    objective_ : float
        The smallest value of the objective that was found; at most
        ``start_objective_``.
    start_objective_ : float
        The objective at the start: coefficients of 0 for a convex loss, else the fit of
        the log-loss (for a metric, with its best threshold).
    path_steps_ : list of str
        "start" and the losses that were minimized, in order; see
        :class:`~imbsuite.explore.LossPathDisplay`.
    path_objective_ : ndarray of shape (n_steps,)
        The objective after each of these steps.
    path_metric_ : ndarray of shape (n_steps,)
        The metric of the predicted training labels after these steps; only for a
        metric.
    target_prior_ : ndarray of shape (n_classes,)
        The class shares of the training data, for which probabilities are predicted.
    effective_prior_ : dict
        ``{label: share}``: the same shares by label.
    link_ : object
        The link; its method ``proba(scores)`` returns probabilities.
    pos_label_ : label
        The positive class, if the loss has one.
    n_iter_ : int

    Raises
    ------
    ValueError
        From ``fit``, if the input or a parameter is invalid, or the loss does not
        support the number of classes.

    Warns
    -----
    ConvergenceWarning
        If ``max_iter`` is reached.

    Notes
    -----
    **Departs from scikit-learn.** Class weights, focal factors, adjustments and margins
    change ``predict`` and ``decision_function``: the predicted class is the second of
    two classes if its score z >= 0, or the class with the largest score. They do not
    change ``predict_proba``, which inverts the link exactly and returns probabilities
    for the class shares of the training data. Weights therefore have hardly any
    effect where only probabilities are used: in soft voting,
    ``CalibratedClassifierCV``, corrections such as the one of
    ``ResampledClassifier``, and threshold classifiers.

    Metrics, τ = 2 and perturbed rows have no exact link: a scale and an offset for each
    class are fitted to the training scores by log-loss. A very small penalty keeps the
    scale finite if the scores separate the classes.

    **When it hurts.** No loss of imbsuite outperforms the log-loss with a tuned
    threshold on all tables; see the user guide.

    References
    ----------
    Cui et al. Class-balanced loss based on effective number of samples. CVPR 2019,
    arXiv:1901.05555, :doi:`10.48550/arXiv.1901.05555`.
    Hu et al. Understanding the impact of adversarial robustness on accuracy disparity.
    ICML 2023, arXiv:2211.15762, :doi:`10.48550/arXiv.2211.15762`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.metrics import f1_score
    >>> from imbsuite import LinearLossClassifier
    >>> X, y = make_classification(2000, weights=[0.95], random_state=0)
    >>> plain = LinearLossClassifier().fit(X, y)
    >>> for_f1 = LinearLossClassifier("f1").fit(X, y)
    >>> f1_score(y, for_f1.predict(X)) > f1_score(y, plain.predict(X))
    True
    """

    loss: str | Loss = parameter(kw_only=False, default="log_loss")
    C: float = 1.0
    class_weight: Literal["balanced", "effective"] | Mapping[Any, float] | None = None
    standardize: bool = True
    perturbation: float = 0.0
    perturbation_norm: Literal["l2", "linf", "l1"] = "l2"
    pos_label: Any = None
    warm_start: bool = False
    tol: float = 1e-6
    max_iter: int = 1000

    classes_: NDArray[Any]
    coef_: Floats
    intercept_: Floats

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "loss": [str, Loss],
        "C": [Interval(Real, 0, None, closed="right")],
        "class_weight": [StrOptions({"balanced", "effective"}), Mapping, None],
        "standardize": ["boolean"],
        "perturbation": [Interval(Real, 0, None, closed="left")],
        "perturbation_norm": [StrOptions(set(DUAL))],
        "pos_label": "no_validation",
        "warm_start": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the coefficients.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Numeric, without missing values.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            A weight of 2 counts as two rows.

        Returns
        -------
        self
        """
        # ``_fit_from`` works on a copy without the attributes of the previous fit.
        previous = self if self.warm_start and hasattr(self, "coef_") else None
        return self._fit_from(previous, X, y, sample_weight)

    @fitted_anew
    def _fit_from(self, previous: Any, X: Any, y: Any, sample_weight: Any) -> Self:
        self._validate_params()
        loss = find_loss(self.loss)
        rows = self._checked(X, y, sample_weight)
        bound = self._bind(loss, rows)
        standardized = standardize(rows.X, rows.weight) if self.standardize else None
        Z, units = standardized or as_it_is(rows.X)
        problem = self._problem(rows, bound, Z)
        start = self._previous_line(previous, units)
        line = self._minimize(bound, problem, start)
        self._keep(line, units)
        self._set_link(bound, problem.scores(line), rows)
        return self

    def _checked(self, X: Any, y: Any, sample_weight: Any) -> _Rows:
        """Return the validated rows, and set the attributes of classes and counts."""
        refuse_misplaced(X, y, "fit")
        refuse_masked(X)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        labels = single_target(y)
        check_target(labels, X.shape[0], type(self).__name__)
        weight = check_weight(sample_weight, len(labels))
        weight = np.ones(len(labels)) if weight is None else weight
        self.classes_ = sorted_classes(labels)
        codes = np.searchsorted(self.classes_, labels)
        counts = class_counts(codes, weight, self.classes_)
        self.target_prior_ = counts / counts.sum()
        names = labels_of(self.classes_)
        self.effective_prior_ = dict(
            zip(names, self.target_prior_.tolist(), strict=True)
        )
        there = weight > 0
        if there.all():
            return _Rows(X, codes, weight)
        return _Rows(X[there], codes[there], weight[there])

    def _bind(self, loss: Loss, rows: _Rows) -> BoundLoss:
        if self.perturbation and not (
            loss.is_mean_over_rows and len(self.classes_) == 2
        ):
            msg = (
                "The 'perturbation' parameter of LinearLossClassifier must be 0 "
                "unless there are two classes and the loss is not a metric. Got "
                f"{self.perturbation!r} with {loss!r} and {len(self.classes_)} "
                "classes instead."
            )
            raise ValueError(msg)
        return loss.bind(
            np.bincount(rows.codes, rows.weight),
            labelled_weights(self.class_weight, self.classes_),
            positive=self._find_positive(rows.codes, rows.weight),
        )

    def _metrics_of_positive(self, n_classes: int) -> list[str]:
        loss = find_loss(self.loss)
        used = n_classes == 2 and loss.is_about_one_class()
        return [f"loss={self.loss!r}"] if used else []

    def _problem(self, rows: _Rows, bound: BoundLoss, Z: Any) -> LinearProblem:
        total = float(rows.weight @ bound.class_weight[rows.codes])
        return LinearProblem(
            Z,
            rows.codes,
            rows.weight,
            # The reciprocal of a C close to 0 is infinite.
            1 / max(float(self.C) * total, np.finfo(float).tiny),
            self.perturbation,
            self.perturbation_norm,
        )

    def _previous_line(self, previous: Any, units: Units) -> Line | None:
        """Return the coefficients of the previous fit, for standardized columns."""
        if previous is None:
            return None
        same = np.array_equal(previous.classes_, self.classes_)
        if not same or previous.coef_.shape[1] != self.n_features_in_:
            msg = (
                "The 'warm_start' parameter of LinearLossClassifier must be False to fit "
                "other classes or another number of columns than before. Got "
                f"{self.warm_start!r} instead."
            )
            raise ValueError(msg)
        intercept = previous.intercept_ + previous.coef_ @ units.center
        return Line(previous.coef_ * units.scale, intercept)

    def _minimize(
        self, bound: BoundLoss, problem: LinearProblem, start: Line | None
    ) -> Line:
        path = follow_path(
            problem, bound, start, tol=self.tol, max_iter=int(self.max_iter)
        )
        self.path_steps_ = path.steps
        self.path_objective_ = np.array(path.objectives)
        self.start_objective_ = path.objectives[0]
        self.objective_ = min(path.objectives)
        self.n_iter_ = max(1, path.n_iter)
        if bound.has_metric:
            self.path_metric_ = np.array(
                [
                    bound.metric(problem.scores(line), problem.codes, problem.weight)
                    for line in path.lines
                ]
            )
        if not path.converged:
            msg = (
                f"No convergence in {self.max_iter} iterations. Increase max_iter, or "
                "decrease C."
            )
            warn(msg, ConvergenceWarning)
        return path.lines[int(np.argmin(path.objectives))]

    def _keep(self, line: Line, units: Units) -> None:
        """Set the coefficients in the units of the table."""
        self.coef_ = line.coef / units.scale
        self.intercept_ = line.intercept - self.coef_ @ units.center

    def _set_link(self, bound: BoundLoss, scores: Floats, rows: _Rows) -> None:
        self.link_ = bound
        if self.perturbation or not bound.has_link:
            self.link_ = fit_link(scores, rows.codes, rows.weight, len(self.classes_))

    def decision_function(self, X: Any) -> Floats:
        """Return the scores that determine the predicted class.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
            For two classes, the score z of the second class, which is predicted if
            z >= 0.
        """
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, reset=False, accept_sparse="csr", dtype=np.float64)
        return Line(self.coef_, self.intercept_).scores(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
