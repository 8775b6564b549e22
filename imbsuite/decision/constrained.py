"""A threshold that meets constraints on recall, precision or the share of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import StrOptions

from imbsuite._fit_inputs import FitInputs
from imbsuite._intervals import Interval
from imbsuite._parameters import parameter
from imbsuite._random import Seed
from imbsuite._table import labels_of
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite.decision._base import DecidingClassifier
from imbsuite.decision._bounds import Alerts, certified
from imbsuite.decision.metrics import PER_CLASS
from imbsuite.probability.by_label import of_label
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.splits import CV, makes_one_split

_HELD_OUT = 1 / 3
_AT_MOST = {"alert_share"}
CONSTRAINTS = ("recall", "precision", "alert_share")
_DEFAULT = {"recall": 0.9}


class ConstrainedThresholdClassifier(DecidingClassifier):
    r"""Choose the threshold on the probability of one class that meets constraints.

    A row is an *alert* where :math:`p_{pos} \ge` ``threshold_``; other rows get the most
    probable of the other classes. Among the thresholds that meet the constraints,
    the one with the greatest ``maximize`` is chosen; ties go to the smallest.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        To use a fitted classifier, wrap it in ``FrozenEstimator`` and call ``fit`` with
        rows that it was not fitted on.
    maximize : {"precision", "recall", "f1", "jaccard"}, default="precision"
        The metric of the alerts to maximize.
    subject_to : mapping of str to float, default=None
        "recall" or "precision": a lower bound; "alert_share": an upper bound on the
        share of rows that are alerts. All constraints are met together. None:
        ``{"recall": 0.9}``. For multilabel targets, the constraints of every label, or
        ``{label: constraints}``.
    confidence : float, default=None
        None: the constraints hold on the out-of-fold predictions of the rows of
        ``fit``. A number below 1, such as 0.95: with this probability (over draws of
        these rows), they hold for new rows from the same distribution.
    confidence_for : {"label", "all"}, default="label"
        For multilabel targets: whether ``confidence`` applies to each label separately,
        or to the constraints of all labels together (Bonferroni correction).
    pos_label : label, default=None
        The class of the alerts. None: the rarer of two classes, or the smallest of
        more, by weight; if weights make all classes equal, by the number of rows with
        nonzero weight. If no class is clearly rarer (the shares of two differ by at
        most 0.05, or the smallest of more are equal), the last of them in ``classes_``
        is taken, with a warning.
    cv : int, float, splitter, list of (train, test) or "oob", default=None
        As for :class:`TunedThresholdClassifier`. None: without ``confidence``, five
        folds; with ``confidence``, a third of the rows is held out, and the estimator
        is not refitted on them. With ``confidence``, ``cv`` must make a single split.
    n_jobs : int, default=None
        Number of fits that run in parallel.
    random_state : int, Generator, RandomState or None, default=None
        Shuffles the rows into folds.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    threshold_ : float
        At 0, every row is an alert.
    pos_label_ : label
        The class of the alerts.
    reached_ : dict
        The constrained metrics at the threshold: with ``confidence``, their bounds;
        otherwise, their values on out-of-fold predictions.
    best_score_ : float
        The metric ``maximize`` at the threshold, on the same predictions.
    classes_ : ndarray of shape (n_classes,)
    label_names_ : list
        For multilabel targets: the names of the labels. ``threshold_`` is then of shape
        (n_labels,), and ``reached_`` and ``best_score_`` are dictionaries by label,
        with NaN for labels that all rows or no rows have.

    Raises
    ------
    ValueError, TypeError
        From ``fit``: if no threshold meets the constraints (the message says what can be
        reached), or if the input or a parameter is invalid.

    Warns
    -----
    UserWarning
        If the constraints are met only when every row, or no row, is an alert.

    Notes
    -----
    With m constraints, each is tested at the level
    :math:`\alpha = (1 - confidence) / m`. Recall and alert share fall with the
    threshold, so one order statistic bounds them for all thresholds beyond it: the
    Clopper-Pearson bound at level :math:`\alpha`. Precision is not monotone, so it is
    bounded at 20 numbers of alerts that are fixed before the scores are seen, each at
    level :math:`\alpha / 20`. Taking the best of pointwise bounds would break a
    guarantee of 95 % in 10 to 14 % of cases. The bounds count every row once: weights
    are only passed to the estimator.

    **When it hurts.** The guarantee holds only for independent rows from the same
    distribution as the rows of ``fit``. It does not hold after drift, or for rows that
    come in groups. It requires many rows: with 40 held-out rows of the class, a recall
    of 0.9 is guaranteed only if hardly any of them are missed.

    References
    ----------
    Clopper, Pearson. The use of confidence or fiducial limits illustrated in the case of
    the binomial. Biometrika 26 (1934), 404-413, :doi:`10.1093/biomet/26.4.404`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import ConstrainedThresholdClassifier
    >>> X, y = make_classification(900, weights=[0.8], class_sep=2.0, random_state=0)
    >>> model = ConstrainedThresholdClassifier(
    ...     LogisticRegression(), subject_to={"recall": 0.9}, random_state=0)
    >>> model.fit(X, y).reached_["recall"] >= 0.9
    True
    """

    estimator: Any = parameter(kw_only=False)
    maximize: str = "precision"
    subject_to: Mapping[str, float] | None = None
    confidence: float | None = None
    confidence_for: Literal["label", "all"] = "label"
    pos_label: Any = None
    cv: Any = None
    n_jobs: int | None = None
    random_state: Seed = None

    _afterwards: ClassVar[str] = "threshold: constrained"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "maximize": [StrOptions(set(PER_CLASS))],
        "subject_to": [Mapping, None],
        "confidence": [Interval(Real, 0, 1, closed="neither"), None],
        "confidence_for": [StrOptions({"label", "all"})],
        "cv": [*CV, None],
    }

    def _learn(self, inputs: FitInputs, codes: Codes) -> None:
        wanted = self._wanted()
        positive = self._find_positive(codes, inputs.weight)
        out_of_fold = self._tuning_part(inputs, cv=self._folds(inputs))
        if self.confidence is not None:
            # Each row counts as evidence only once.
            out_of_fold = out_of_fold.once(inputs.origins)
        weight = inputs.weight if self.confidence is None else None
        own = out_of_fold.weight_of(codes, weight)
        score = out_of_fold.probability[:, positive]
        hit = codes[out_of_fold.rows] == positive
        alerts = Alerts.at_all_thresholds(score, hit, own)
        measured = self._measure(alerts, wanted)
        scores = alerts.measure(self.maximize)
        best = _choose(wanted, measured, scores)
        self.estimator_ = self._fit_on_all(inputs, out_of_fold)
        share = float(alerts.alerts[best] / alerts.total)
        _warn_if_trivial(share, wanted, getattr(self, "_label", ""))
        # One number, unlike in the sibling classifiers: with more than two classes, this
        # rule (this class against the rest, then the most probable of the rest) is not an
        # argmax of p / theta.
        self.threshold_: Any = float(alerts.threshold[best])
        self.reached_ = {name: float(values[best]) for name, values in measured.items()}
        self.best_score_: Any = float(scores[best])

    def _tuning_cv(self, inputs: FitInputs) -> Any:
        for label in range(len(self.label_names_)):
            self._unfitted_rule(label)._wanted()  # raises errors before any work
        return self._folds(inputs)

    def _keeps_tuned(self) -> bool:
        return self.confidence is not None

    def _of_label(self, name: Any) -> dict[str, Any]:
        own: dict[str, Any] = {"subject_to": self.subject_to}
        if _is_by_label(self.subject_to):
            own["subject_to"] = of_label(
                "subject_to", self.subject_to, label=name, labels=self.label_names_
            )
        if self.confidence is not None and self.confidence_for == "all":
            # Bonferroni: the error is divided equally among the labels.
            error = (1 - self.confidence) / len(self.label_names_)
            own["confidence"] = 1 - error
        return own

    def _learn_constant(self, share: float) -> None:
        self.pos_label_, self.threshold_ = 1, 0.5
        self.reached_ = dict.fromkeys(self._wanted(), np.nan)
        self.best_score_ = np.nan

    def _collect(self, inputs: FitInputs, part: OutOfFold | None) -> None:
        rules = dict(zip(self.label_names_, self._rules, strict=True))
        self.threshold_ = np.array([rule.threshold_ for rule in self._rules])
        self.reached_ = {name: rule.reached_ for name, rule in rules.items()}
        self.best_score_ = {name: rule.best_score_ for name, rule in rules.items()}

    def _measure(self, alerts: Alerts, wanted: dict[str, float]) -> dict[str, Floats]:
        if self.confidence is None:
            return {name: alerts.measure(name) for name in wanted}
        return certified(alerts, wanted, 1 - self.confidence)

    def _wanted(self) -> dict[str, float]:
        targets = dict(_DEFAULT if self.subject_to is None else self.subject_to)
        valid = all(isinstance(v, Real) and 0 <= v <= 1 for v in targets.values())
        if not targets or set(targets) - set(CONSTRAINTS) or not valid:
            msg = (
                f"The 'subject_to' parameter of {type(self).__name__} must map one or more "
                f"of {', '.join(CONSTRAINTS)} to a number from 0 to 1. Got "
                f"{self.subject_to!r} instead."
            )
            raise ValueError(msg)
        return {name: float(value) for name, value in targets.items()}

    def _metrics_of_positive(self, n_classes: int) -> list[str]:
        return [f"maximize={self.maximize!r}"]

    def _folds(self, inputs: FitInputs) -> Any:
        if self.confidence is None:
            return 5 if self.cv is None else self.cv
        frozen = isinstance(self.estimator, FrozenEstimator)
        if not (frozen or self.cv is None or makes_one_split(self.cv, inputs)):
            msg = (
                f"With confidence={self.confidence}, the 'cv' parameter of "
                f"{type(self).__name__} must make a single split, because the "
                "guarantee holds only for the estimator on which it was measured. "
                f"Got {self.cv!r} instead. Pass a share of rows to hold out, such as "
                "cv=0.33, one (train, test), or a fitted estimator inside "
                "FrozenEstimator."
            )
            raise ValueError(msg)
        return _HELD_OUT if self.cv is None else self.cv

    def _decide(self, X: Any, probability: Floats) -> Codes:
        positive = labels_of(self.classes_).index(self.pos_label_)
        others = probability.copy()
        others[:, positive] = -1.0
        alert = probability[:, positive] >= self.threshold_
        return np.where(alert, positive, others.argmax(axis=1))


def _meets(name: str, values: Floats, target: float) -> Any:
    return values <= target if name in _AT_MOST else values >= target


def _choose(
    wanted: dict[str, float], measured: dict[str, Floats], score: Floats
) -> int:
    """Return the position of the best score among thresholds that meet all constraints."""
    meets = {k: _meets(k, measured[k], target) for k, target in wanted.items()}
    allowed = np.logical_and.reduce(list(meets.values()))
    if not allowed.any():
        raise ValueError(_why_not(wanted, measured, meets))
    best = score[allowed].max()
    return int(np.flatnonzero(allowed & (score == best))[-1])


def _warn_if_trivial(share: float, wanted: dict[str, float], whose: str) -> None:
    """Warn if every row or no row is an alert: the classifier separates nothing."""
    if 0 < share < 1:
        return
    which = "every row" if share else "no row"
    msg = (
        f"{whose}subject_to={wanted} is met by alerting on {which} (alert share "
        f"{share:.0f}): no threshold that separates rows is better. Change the constraint, "
        "use a better estimator, or (with a confidence) pass more rows."
    )
    warn(msg)


def _why_not(
    wanted: dict[str, float], measured: dict[str, Floats], meets: dict[str, Any]
) -> str:
    parts = []
    for name in wanted:
        others = [met for other, met in meets.items() if other != name]
        everywhere = np.ones(len(measured[name]), dtype=bool)
        there = np.logical_and.reduce([everywhere, *others])
        best = np.min if name in _AT_MOST else np.max
        if there.any():
            parts.append(f"the best {name} is {best(measured[name][there]):.3g}")
    reach = " and ".join(parts) if parts else "no two of them can be met together"
    met = " if the others are met," if len(wanted) > 1 and parts else ""
    return (
        f"No threshold meets subject_to={wanted}:{met} {reach}. Relax the constraints, "
        "use a better estimator, or (with a confidence) pass more rows."
    )


def _is_by_label(wanted: Mapping[Any, Any] | None) -> bool:
    """Whether constraints are given for each label."""
    return bool(wanted) and all(isinstance(v, Mapping) for v in (wanted or {}).values())
