"""PRESTO with its penalty chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.parallel import Parallel, delayed

from imbsuite._arguments import check_splits
from imbsuite._labels import (
    about_scorer,
    find_positive,
    is_of_one_class,
    names_one_class,
)
from imbsuite._table import in_order, labels_of
from imbsuite._types import Floats
from imbsuite._warning import warn
from imbsuite.ordinal._base import OrdinalClassifier, Rows, Scaled
from imbsuite.ordinal.path import alpha_max, fit_path
from imbsuite.ordinal.presto import PrestoClassifier
from imbsuite.ordinal.solver import Solution
from imbsuite.probability.one_class import OneAgainstRest

__all__ = ["PrestoClassifierCV"]

_EPS = float(np.finfo(np.float64).eps)


class PrestoClassifierCV(OrdinalClassifier):
    r"""PRESTO with ``alpha`` chosen by cross-validation along a path.

    Parameters
    ----------
    alphas : int or array-like of shape (n_alphas,), default=20
        An int: so many, in equal ratios from the smallest alpha at which all penalized
        differences are 0 down to ``eps`` times that.
    eps : float, default=0.01
        See ``alphas``.
    l1_ratio : float, default=1.0
        From 0 (ridge) to 1 (lasso).
    penalize_first : bool, default=True
        Whether the first boundary's coefficients are shrunk, too.
    standardize : bool, default=True
        By mean and population standard deviation, in each fold by its own.
    categories : array-like of shape (n_classes,), default=None
        The labels, from the first to the last. None: the order of an ordered categorical,
        else sorted; more than two labels of text need one of the two.
        Words are also accepted where y holds 0 to K - 1, as it does inside
        ``BaggingClassifier``, ``VotingClassifier`` and ``StackingClassifier``: code i is
        the i-th of the sorted words, of which the whole table must have rows. Inside
        these, only ``categories`` tells the order.
    cv : int, splitter or list of (train, test), default=5
        An int: stratified folds, not shuffled; fewer where a class has fewer rows.
    scoring : str or callable, default="neg_log_loss"
        A scorer of scikit-learn's, or a callable of (model, X, y); greater is better. It
        sees repaired probabilities. A name such as "f1" is of the positive class; of more
        than two classes, take "f1_macro", or give ``pos_label``.
    pos_label : label, default=None
        The class that a name such as "f1" is about. None: the rarer of two.
    tol : float, default=1e-8
        On the greatest residual of the optimality conditions.
    max_iter : int, default=100
        Newton steps for each alpha.
    n_jobs : int, default=None
        Folds at a time.

    Attributes
    ----------
    alpha_ : float
        The largest of those with the best mean score.
    alphas_ : ndarray of shape (n_alphas,)
        From large to small.
    scores_ : ndarray of shape (n_alphas, n_folds)
    coef_path_ : ndarray of shape (n_alphas, n_classes - 1, n_columns)
        On all rows.
    intercept_path_ : ndarray of shape (n_alphas, n_classes - 1)
    coef_ : ndarray of shape (n_classes - 1, n_columns)
    intercept_ : ndarray of shape (n_classes - 1,)
    psi_ : ndarray of shape (n_classes - 1, n_columns)
    classes_ : ndarray of shape (n_classes,)
        Sorted; columns of ``predict_proba``.
    categories_ : ndarray of shape (n_classes,)
        In their order; columns of ``predict_exceed_proba``.
    pos_label_ : label
        The positive class; only where ``scoring`` is about one, or ``pos_label`` is given.
    objective_ : float
    kkt_residual_ : float
    n_crossing_ : int
    n_iter_ : int

    Raises
    ------
    ValueError
        From ``fit``, if the input, a parameter or the order of labels cannot be used, or
        ``scoring`` is about one of more than two classes and none is named.

    Warns
    -----
    UserWarning
        From ``fit``, if ``scoring`` is about one class and ``pos_label`` is None: where
        neither of two classes is clearly the rarer one, or where scikit-learn's scorer of
        this name would take the other.

    Notes
    -----
    A class that a training fold lacks has probability 0 in its test fold.

    **When it hurts.** The log-loss is that of all classes, of which the common ones have
    most rows; the best alpha for the rare one may be another.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **PrestoClassifier._parameter_constraints,
        "alphas": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "eps": [Interval(Real, 0, 1, closed="neither")],
        "cv": [Interval(Integral, 2, None, closed="left"), HasMethods(["split"]), list],
        "scoring": [str, callable],
        "pos_label": "no_validation",
        "n_jobs": [Integral, None],
    }
    _parameter_constraints.pop("alpha")

    def __init__(
        self,
        alphas: Any = 20,
        *,
        eps: float = 0.01,
        l1_ratio: float = 1.0,
        penalize_first: bool = True,
        standardize: bool = True,
        categories: Any = None,
        cv: Any = 5,
        scoring: str | Callable[..., float] = "neg_log_loss",
        pos_label: Any = None,
        tol: float = 1e-8,
        max_iter: int = 100,
        n_jobs: int | None = None,
    ) -> None:
        self.alphas = alphas
        self.eps = eps
        self.l1_ratio = l1_ratio
        self.penalize_first = penalize_first
        self.standardize = standardize
        self.categories = categories
        self.cv = cv
        self.scoring = scoring
        self.pos_label = pos_label
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs

    def _validate_params(self) -> None:
        super()._validate_params()
        check_splits(self.cv, type(self).__name__)

    def _solve(self, scaled: Scaled, rows: Rows) -> Solution:
        score = self._scorer(rows)
        self.alphas_, start = self._grid(scaled)
        folds = list(self._folds(rows))
        found = Parallel(n_jobs=self.n_jobs)(
            delayed(self._score_fold)(rows, train, test, score) for train, test in folds
        )
        self.scores_ = np.column_stack(found)
        best = int(self.scores_.mean(axis=1).argmax())
        self.alpha_ = float(self.alphas_[best])
        path = self._path(scaled, start)
        pairs = [scaled.back(solution.x) for solution in path]
        self.intercept_path_, self.coef_path_ = map(np.array, zip(*pairs, strict=True))
        return path[best]

    def _scorer(self, rows: Rows) -> Callable[..., float]:
        """Return the scorer; one that has a name and is of one class, for that class."""
        code = self._find_positive(rows)
        if self.scoring == "neg_log_loss":
            return _neg_log_loss
        scorer: Callable[..., float] = get_scorer(self.scoring)
        if not names_one_class(self.scoring):
            return scorer
        if len(self.classes_) > 2 and code is None:
            if not is_of_one_class(self.scoring):
                return scorer
            msg = (
                f"scoring={self.scoring!r} is of one class, and there are "
                f"{len(self.classes_)}; use a metric of all classes, such as "
                f"'{self.scoring}_macro', or name the class as pos_label."
            )
            raise ValueError(msg)
        label = self.classes_[1 if code is None else code]
        return partial(_score_of_class, scorer, label)

    def _find_positive(self, rows: Rows) -> int | None:
        """Return the code of the positive class; None if none is given or needed."""
        self.__dict__.pop("pos_label_", None)
        metrics = self._metrics_of_positive(len(self.classes_))
        if self.pos_label is None and not metrics:
            return None
        codes = np.searchsorted(self.classes_, self.categories_[rows.codes])
        owner = type(self).__name__
        found = find_positive(self.classes_, codes, rows.weight, self.pos_label, owner)
        self.pos_label_ = found.label
        if metrics and (said := about_scorer(found, self.classes_, metrics[0])):
            warn(said)
        return found.code

    def _metrics_of_positive(self, n_classes: int) -> list[str]:
        used = n_classes == 2 and is_of_one_class(self.scoring)
        return [f"scoring={self.scoring!r}"] if used else []

    def _grid(self, scaled: Scaled) -> tuple[Floats, Floats | None]:
        if not isinstance(self.alphas, Integral):
            given = np.sort(np.asarray(self.alphas, dtype=np.float64).ravel())[::-1]
            if not len(given) or (given < 0).any() or not np.isfinite(given).all():
                msg = (
                    f"alphas={self.alphas!r} does not fit; give numbers of at least 0."
                )
                raise ValueError(msg)
            return given, None
        top, start = alpha_max(
            scaled.likelihood, self.l1_ratio, first=self.penalize_first, tol=self.tol
        )
        top = max(top, np.finfo(float).tiny)
        return np.geomspace(top, self.eps * top, int(self.alphas)), start

    def _path(self, scaled: Scaled, start: Floats | None = None) -> list[Solution]:
        return fit_path(
            scaled.likelihood,
            self.alphas_,
            self.l1_ratio,
            first=self.penalize_first,
            start=start,
            tol=self.tol,
            max_iter=self.max_iter,
        )

    def _folds(self, rows: Rows) -> Any:
        cv, codes = self.cv, rows.codes
        if isinstance(cv, Integral):
            cv = StratifiedKFold(int(min(cv, max(2, np.bincount(codes).min()))))
        return check_cv(cv).split(rows.X, codes)

    def _score_fold(
        self,
        rows: Rows,
        train: NDArray[np.intp],
        test: NDArray[np.intp],
        score: Callable[..., float],
    ) -> Floats:
        """Return the score of each alpha on the test rows."""
        train = train[rows.weight[train] > 0]
        seen, codes = np.unique(rows.codes[train], return_inverse=True)
        part = Rows(rows.X[train], codes, rows.weight[train])
        scaled = self._scaled(part, len(seen))
        order = self.categories_.tolist()
        labels = in_order(self.categories_[rows.codes[test]], order)
        given = {} if np.ptp(rows.weight) == 0 else {"sample_weight": rows.weight[test]}
        values = []
        for alpha, solution in zip(self.alphas_, self._path(scaled), strict=True):
            model = PrestoClassifier(alpha)
            model.classes_, model.categories_ = self.classes_, self.categories_
            model.n_features_in_ = self.n_features_in_
            model.intercept_, model.coef_ = _spread(
                scaled.back(solution.x), seen, len(self.classes_)
            )
            values.append(self._ask(score, model, rows.X[test], labels, **given))
        return np.array(values)

    def _ask(self, score: Callable[..., float], *asked: Any, **weight: Any) -> float:
        try:
            return float(score(*asked, **weight))
        except (TypeError, ValueError) as error:
            msg = (
                f"scoring={self.scoring!r} cannot be computed for the labels "
                f"{labels_of(self.classes_)}: {error}. Give the name of a metric, such as "
                "'f1' of two classes or 'f1_macro' of more, a scorer that knows these "
                "labels, such as make_scorer(f1_score, pos_label=...), or a callable of "
                "(model, X, y)."
            )
            raise ValueError(msg) from error


def _neg_log_loss(
    model: Any, X: Any, y: NDArray[Any], sample_weight: Floats | None = None
) -> float:
    # scikit-learn's scorer asks for rows of every class in every fold.
    columns = np.searchsorted(model.classes_, y)
    p = model.predict_proba(X)[np.arange(len(y)), columns]
    return float(np.average(np.log(p.clip(_EPS)), weights=sample_weight))


def _score_of_class(
    scorer: Callable[..., float], label: Any, model: Any, X: Any, y: Any, **weight: Any
) -> float:
    is_it = (np.asarray(y) == label).astype(np.intp)
    return scorer(OneAgainstRest(model, label), X, is_it, **weight)


def _spread(
    fitted: tuple[Floats, Floats], seen: NDArray[np.intp], n_classes: int
) -> tuple[Floats, Floats]:
    """Return intercepts and coefficients with boundaries of classes that were not seen.

    P(Y >= k) is that of the next class seen: 1 before the first, 0 after the last.
    """
    intercept = np.concatenate([[np.inf], fitted[0], [-np.inf]])
    none = np.zeros((1, fitted[1].shape[1]))
    coef = np.concatenate([none, fitted[1], none])
    place = np.searchsorted(seen, np.arange(1, n_classes))
    return intercept[place], coef[place]
