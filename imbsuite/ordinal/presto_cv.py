"""PRESTO with a penalty chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.parallel import Parallel, delayed

from imbsuite._arguments import check_splits
from imbsuite._intervals import JOBS, Interval
from imbsuite._labels import HasPositive, is_of_one_class, names_one_class
from imbsuite._table import in_order, labels_of
from imbsuite._types import Floats
from imbsuite.ordinal._base import OrdinalClassifier, OrdinalRows, ScaledProblem
from imbsuite.ordinal.path import alpha_max, fit_path
from imbsuite.ordinal.presto import PrestoClassifier
from imbsuite.ordinal.solver import Solution
from imbsuite.probability.one_class import OneAgainstRest
from imbsuite.probability.units import Copies

_EPS = float(np.finfo(np.float64).eps)


@dataclass(eq=False, repr=False)
class PrestoClassifierCV(HasPositive, OrdinalClassifier):
    r"""PRESTO with ``alpha`` chosen by cross-validation along a path.

    Parameters
    ----------
    alphas : int or array-like of shape (n_alphas,), default=20
        An int: the number of alphas on a geometric grid, from the smallest alpha at
        which all penalized differences are 0 down to ``eps`` times that value.
    eps : float, default=0.01
        The ratio of the smallest to the largest alpha of the grid.
    l1_ratio : float, default=1.0
        From 0 (ridge) to 1 (lasso).
    penalize_first : bool, default=True
        Whether the coefficients of the first boundary are shrunk too.
    standardize : bool, default=True
        Whether to standardize columns by mean and population standard deviation,
        computed separately in each fold.
    categories : array-like of shape (n_classes,), default=None
        The labels in order, from the first to the last. None: the order of an ordered
        categorical, otherwise sorted. More than two string labels require
        ``categories`` or an ordered categorical. String labels are also accepted if y
        holds 0 to K - 1, as it does inside ``BaggingClassifier``, ``VotingClassifier``
        and ``StackingClassifier``: code i is the i-th of the sorted labels, all of
        which must occur in the whole table. Inside these ensembles, only ``categories``
        can define the order.
    cv : int, splitter or list of (train, test), default=5
        An int: the number of stratified folds, not shuffled, and reduced if a class has
        fewer rows. They keep exact copies (the same features and label) together,
        unless columns have so few values that rows repeat by chance. A splitter or a
        list is used unchanged.
    scoring : str or callable, default="neg_log_loss"
        A scikit-learn scorer, or a callable of (model, X, y), where greater is better.
        It scores probabilities after crossing boundaries are repaired. A name such as
        "f1" scores the positive class; with more than two classes, use "f1_macro" or
        pass ``pos_label``.
    pos_label : label, default=None
        The positive class of metrics such as "f1". None: the rarer of two classes.
    tol : float, default=1e-8
        Tolerance on the largest residual of the optimality conditions.
    max_iter : int, default=100
        Maximum number of Newton steps for each alpha.
    n_jobs : int, default=None
        Number of folds that are fitted in parallel.

    Attributes
    ----------
    alpha_ : float
        The largest alpha with the best mean score.
    alphas_ : ndarray of shape (n_alphas,)
        In descending order.
    scores_ : ndarray of shape (n_alphas, n_folds)
        The score of each alpha in each test fold with rows of nonzero weight.
    coef_path_ : ndarray of shape (n_alphas, n_classes - 1, n_columns)
        The coefficients for each alpha, fitted on all rows.
    intercept_path_ : ndarray of shape (n_alphas, n_classes - 1)
        The intercepts for each alpha.
    coef_ : ndarray of shape (n_classes - 1, n_columns)
    intercept_ : ndarray of shape (n_classes - 1,)
    psi_ : ndarray of shape (n_classes - 1, n_columns)
    classes_ : ndarray of shape (n_classes,)
        The sorted labels; columns of ``predict_proba``.
    categories_ : ndarray of shape (n_classes,)
        The labels in order; columns of ``predict_exceed_proba``.
    pos_label_ : label
        The positive class, if ``scoring`` has one or ``pos_label`` was passed.
    objective_ : float
    kkt_residual_ : float
    n_crossing_ : int
    n_iter_ : int
        The attributes without a description are those of :class:`PrestoClassifier` with
        ``alpha_``.

    Raises
    ------
    ValueError
        From ``fit``, if the input or a parameter is invalid, if the labels have no
        order, or if ``scoring`` is a metric of one class, there are more than two
        classes and ``pos_label`` is None.

    Warns
    -----
    UserWarning
        From ``fit``, if ``scoring`` is a metric of one class, ``pos_label`` is None,
        and either no class is clearly rarer or scikit-learn's scorer would score the
        other class.

    Notes
    -----
    A class that is absent from a training fold has probability 0 in the test fold.

    **When it hurts.** The log-loss averages over all rows, most of which belong to
    common classes; the best alpha for the rare class may be different.

    References
    ----------
    Faletto, Bien. Predicting Rare Events by Shrinking Towards Proportional Odds. ICML
    2023, PMLR 202, 9547-9602, :doi:`10.48550/arXiv.2305.18700`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite import PrestoClassifierCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> y = np.digitize(X[:, 0] + rng.logistic(size=500), [0, 2])
    >>> PrestoClassifierCV(alphas=5, cv=3).fit(X, y).scores_.shape
    (5, 3)
    """

    alphas: Any = 20
    _: KW_ONLY
    eps: float = 0.01
    l1_ratio: float = 1.0
    penalize_first: bool = True
    standardize: bool = True
    categories: Any = None
    cv: Any = 5
    scoring: str | Callable[..., float] = "neg_log_loss"
    pos_label: Any = None
    tol: float = 1e-8
    max_iter: int = 100
    n_jobs: int | None = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **PrestoClassifier._parameter_constraints,
        "alphas": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "eps": [Interval(Real, 0, 1, closed="neither")],
        "cv": [Interval(Integral, 2, None, closed="left"), HasMethods(["split"]), list],
        "scoring": [str, callable],
        "pos_label": "no_validation",
        "n_jobs": JOBS,
    }
    _parameter_constraints.pop("alpha")

    def _validate_params(self) -> None:
        super()._validate_params()
        check_splits(self.cv, type(self).__name__)

    def _solve(self, scaled: ScaledProblem, rows: OrdinalRows) -> Solution:
        score = self._scorer(rows)
        self.alphas_, start = self._grid(scaled)
        folds = self._weighted_folds(rows)
        fold_scores = Parallel(n_jobs=self.n_jobs)(
            delayed(self._score_fold)(rows, train, test, score) for train, test in folds
        )
        self.scores_ = np.column_stack(fold_scores)
        best = int(self.scores_.mean(axis=1).argmax())
        self.alpha_ = float(self.alphas_[best])
        path = self._path(scaled, start)
        pairs = [scaled.back(solution.x) for solution in path]
        self.intercept_path_, self.coef_path_ = map(np.array, zip(*pairs, strict=True))
        return path[best]

    def _scorer(self, rows: OrdinalRows) -> Callable[..., float]:
        """Return the scorer, bound to the positive class if it names one class."""
        sorted_codes = np.searchsorted(self.classes_, self.categories_[rows.codes])
        code = self._find_positive(sorted_codes, rows.weight)
        if self.scoring == "neg_log_loss":
            return _neg_log_loss
        scorer: Callable[..., float] = get_scorer(self.scoring)
        if not names_one_class(self.scoring):
            return scorer
        if len(self.classes_) > 2 and code is None:
            if not is_of_one_class(self.scoring):
                return scorer
            msg = (
                f"scoring={self.scoring!r} is the metric of one class, but there are "
                f"{len(self.classes_)} classes. Use a metric of all classes, such as "
                f"'{self.scoring}_macro', or pass the class as pos_label."
            )
            raise ValueError(msg)
        label = self.classes_[1 if code is None else code]
        return partial(_score_of_class, scorer, label)

    def _grid(self, scaled: ScaledProblem) -> tuple[Floats, Floats | None]:
        if not isinstance(self.alphas, Integral):
            grid = np.sort(np.asarray(self.alphas, dtype=np.float64).ravel())[::-1]
            if not len(grid) or (grid < 0).any() or not np.isfinite(grid).all():
                msg = (
                    f"The 'alphas' parameter of {type(self).__name__} must be an int or "
                    f"finite numbers of at least 0. Got {self.alphas!r} instead."
                )
                raise ValueError(msg)
            return grid, None
        top, start = alpha_max(
            scaled.likelihood, self.l1_ratio, first=self.penalize_first, tol=self.tol
        )
        top = max(top, np.finfo(float).tiny)
        lowest = max(float(self.eps) * top, np.finfo(float).smallest_subnormal)
        return np.geomspace(top, lowest, int(self.alphas)), start

    def _path(
        self, scaled: ScaledProblem, start: Floats | None = None
    ) -> list[Solution]:
        return fit_path(
            scaled.likelihood,
            self.alphas_,
            self.l1_ratio,
            first=self.penalize_first,
            start=start,
            tol=self.tol,
            max_iter=self.max_iter,
        )

    def _folds(self, rows: OrdinalRows) -> Any:
        cv, codes = self.cv, rows.codes
        if not isinstance(cv, Integral):
            return check_cv(cv).split(rows.X, codes)
        units = Copies.find(rows.X, codes).join(None)
        fewest = units.sizes(codes, int(codes.max()) + 1).min()
        return units.folds(codes, int(min(cv, max(2, fewest))), None)

    def _weighted_folds(self, rows: OrdinalRows) -> list[Any]:
        """Return the folds without rows of weight 0."""
        folds = [
            (train[rows.weight[train] > 0], test[rows.weight[test] > 0])
            for train, test in self._folds(rows)
        ]
        folds = [(train, test) for train, test in folds if len(test)]
        if not folds:
            msg = (
                f"The 'cv' parameter of {type(self).__name__} must make a test part with "
                f"rows of nonzero sample_weight. Got {self.cv!r} instead."
            )
            raise ValueError(msg)
        return folds

    def _score_fold(
        self,
        rows: OrdinalRows,
        train: NDArray[np.intp],
        test: NDArray[np.intp],
        score: Callable[..., float],
    ) -> Floats:
        """Return the score of each alpha on the test rows."""
        seen, codes = np.unique(rows.codes[train], return_inverse=True)
        part = OrdinalRows(rows.X[train], codes, rows.weight[train])
        scaled = self._scaled(part, len(seen))
        order = self.categories_.tolist()
        labels = in_order(self.categories_[rows.codes[test]], order)
        weight = {"sample_weight": rows.weight[test]} if np.ptp(rows.weight) else {}
        values = []
        for alpha, solution in zip(self.alphas_, self._path(scaled), strict=True):
            model = PrestoClassifier(alpha)
            model.classes_, model.categories_ = self.classes_, self.categories_
            model.n_features_in_ = self.n_features_in_
            model.intercept_, model.coef_ = _spread(
                scaled.back(solution.x), seen, len(self.classes_)
            )
            values.append(self._evaluate(score, model, rows.X[test], labels, **weight))
        return np.array(values)

    def _evaluate(
        self, score: Callable[..., float], *data: Any, **weight: Any
    ) -> float:
        try:
            return float(score(*data, **weight))
        except (TypeError, ValueError) as error:
            msg = (
                f"scoring={self.scoring!r} cannot be computed for the labels "
                f"{labels_of(self.classes_)}: {error}. Pass the name of a metric, such as "
                "'f1' for two classes or 'f1_macro' for more, a scorer that knows these "
                "labels, such as make_scorer(f1_score, pos_label=...), or a callable of "
                "(model, X, y)."
            )
            raise ValueError(msg) from error


def _neg_log_loss(
    model: Any, X: Any, y: NDArray[Any], sample_weight: Floats | None = None
) -> float:
    # scikit-learn's scorer requires rows of every class in every fold.
    columns = np.searchsorted(model.classes_, y)
    p = model.predict_proba(X)[np.arange(len(y)), columns]
    return float(np.average(np.log(p.clip(_EPS)), weights=sample_weight))


def _score_of_class(
    scorer: Callable[..., float], label: Any, model: Any, X: Any, y: Any, **weight: Any
) -> float:
    is_positive = (np.asarray(y) == label).astype(np.intp)
    return scorer(OneAgainstRest(model, label), X, is_positive, **weight)


def _spread(
    fitted: tuple[Floats, Floats], seen: NDArray[np.intp], n_classes: int
) -> tuple[Floats, Floats]:
    """Return intercepts and coefficients, including classes absent from the fold.

    P(Y >= k) is that of the next class in the fold: 1 before the first class, 0 after
    the last one.
    """
    intercept = np.concatenate([[np.inf], fitted[0], [-np.inf]])
    none = np.zeros((1, fitted[1].shape[1]))
    coef = np.concatenate([none, fitted[1], none])
    place = np.searchsorted(seen, np.arange(1, n_classes))
    return intercept[place], coef[place]
