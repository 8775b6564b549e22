"""An ensemble whose members are fitted on resampled rows, each on its own draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from imbsuite._anew import FitInterrupted, fitted_anew
from imbsuite._arguments import check_splits, refuse_misplaced
from imbsuite._fit_inputs import FitInputs, gather
from imbsuite._intervals import JOBS, Interval
from imbsuite._random import SEEDS, Seed, check_rng, draw_seed
from imbsuite._rows import LightPickle, of_rows
from imbsuite._table import (
    check_groups,
    check_target,
    check_weight,
    count_rows,
    sorted_classes,
)
from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite._wrapping import Likeliest, WrappingClassifier
from imbsuite.meta._callbacks import CallbackSupportMixin, with_callbacks
from imbsuite.meta._members import Average, Member, MemberFits, warn_of_useless
from imbsuite.meta._narrow_trees import NarrowTrees
from imbsuite.meta._out_of_bag import OutOfBag, score_of_labels
from imbsuite.meta._resampling import (
    checked_sampler,
    has_one_class,
    not_carried,
    of_weighted_classes,
    offset_of_shares,
    one_column,
)
from imbsuite.meta.feedback import FEEDBACK, check_feedback, feedback_of, make_feedback
from imbsuite.probability.columns import codes_of
from imbsuite.probability.offsets import add_offsets
from imbsuite.probability.out_of_fold import offsets_out_of_fold, predict_original_rows
from imbsuite.probability.predicted import OutOfFold
from imbsuite.probability.splits import CV, units_of_rows
from imbsuite.samplers import RandomUnderSampler

_DEFAULT_RATIO = 0.25


@dataclass(eq=False, repr=False)
class ResampledEnsembleClassifier(
    CallbackSupportMixin,  # type: ignore[misc]
    NarrowTrees,
    LightPickle,
    Likeliest,
    WrappingClassifier,
):
    r"""Fit each member of an ensemble on its own resampled rows.

    Member t draws a bootstrap sample of the rows of each class, resamples it, and fits a
    clone of the estimator. Probabilities are averaged over the members:

    .. math:: p(k \mid x) = \frac{1}{T} \sum_t p_t(k \mid x)

    This class covers under-bagging, over-bagging and SMOTE-bagging (by choice of the
    sampler), balanced forests (the default tree with ``RandomUnderSampler()``),
    EasyEnsemble (a boosted estimator, ``bootstrap=False``), self-paced ensembles,
    cascades, RUSBoost and SMOTEBoost (``feedback``). The user guide has a recipe for
    each.

    Parameters
    ----------
    sampler : sampler, default=None
        Resamples the rows of each member; any object with ``fit_resample``, from
        imbsuite or imbalanced-learn. None:
        ``RandomUnderSampler(sampling_strategy=0.25)``, which keeps at most four rows of
        each larger class for every row of the smallest. A parameter of the sampler that
        is a :class:`Cooldown` is replaced by its value at t / n_estimators (as a plan,
        by ``Tempered``).
    estimator : classifier with ``predict_proba``, default=None
        None: ``DecisionTreeClassifier(max_features="sqrt")``. The estimator gets the
        rows as they are in ``X``, with missing values and categories.
    n_estimators : int, default=50
        The number of members.
    bootstrap : bool, default=True
        Whether each member starts from a bootstrap sample: from each class, as many
        rows as it has are drawn with replacement. With ``groups``, groups are drawn
        instead; if no group with a class is drawn, one is added. If False, each member
        starts from all rows, and the rows that a random under-sampler keeps are spread
        evenly over the members: the numbers of uses of two rows of a class differ by at
        most one.
    feedback : {"self-paced", "cascade", "boost"} or object, default=None
        How fitted members influence the rows of the next member. With feedback, members
        are fitted one after another. "self-paced" and "cascade" choose the rows that a
        ``RandomUnderSampler`` keeps by their hardness, 1 - the mean probability of
        their class. "boost" weighs rows and votes as in AdaBoost.M2. An object must
        have the method ``choose(hardness, n, progress, rng)``, which returns ``n``
        positions in ``hardness``, or ``weigh(weight, p, progress)``, which returns the
        weights of rows for the next member and the vote of the newest member, whose
        probabilities of the true class of each row are ``p``; or both methods.
        ``progress`` is t / (n_estimators - 1).
    correction : {"offset", "prior"}, default=None
        How probabilities are corrected to the original class proportions, as in
        :class:`ResampledClassifier`. "offset" is fitted to out-of-bag predictions,
        without additional fits; with ``bootstrap=False``, it is fitted to predictions
        for ``cv`` folds, with a warning.
    oob_score : bool or callable, default=False
        Whether to compute out-of-bag predictions and their score. True: the score is
        the balanced accuracy. A callable of (y_true, y_pred) returns the score.
    cv : int, float, splitter or list of (train, test), default=5
        Folds for ``correction="offset"`` with ``bootstrap=False``.
    n_jobs : int, default=None
        Number of threads that fit and predict members. Results do not depend on the
        number.
    random_state : int, Generator, RandomState or None, default=None
        Each member has its own stream of random numbers, from which every
        ``random_state`` of its sampler and estimator is set.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted members.
    estimator_weights_ : ndarray of shape (n_estimators,)
        The votes of the members; only if ``feedback`` weighs them.
    effective_prior_ : dict
        ``{label: share}``: the class shares, by weight, of the rows on which members
        were fitted, averaged over the members.
    offset_ : ndarray of shape (n_classes,)
        Added to log-probabilities, with a first entry of 0; only with a correction.
    oob_decision_function_ : ndarray of shape (n_rows, n_classes)
        Probabilities of each row by the members whose bootstrap did not draw it,
        corrected if there is a correction; NaN for rows that all members drew. Only
        with ``oob_score``. Pickles do not include it.
    oob_score_ : float
        Only with ``oob_score``; NaN if every member drew every row.
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if X has column names.

    Raises
    ------
    ValueError, TypeError
        From ``fit``: if the input cannot be resampled; if the sampler or the estimator
        does not support weights or groups that were passed; if ``oob_score`` is used
        without ``bootstrap``; if ``feedback`` chooses rows but the sampler is not a
        ``RandomUnderSampler`` without replacement; if ``feedback`` weighs rows but the
        estimator does not support weights; if ``feedback`` does not return ``n``
        different positions, or finite nonnegative weights and votes; with
        ``correction="prior"``, if feedback weighs the rows; with any correction, if all
        members drew all rows of a class.

    Notes
    -----
    Rows are **out of bag** if the *bootstrap* of a member did not draw them. Rows that
    the sampler drops are in-bag. Otherwise, common rows would be predicted by more
    members than rare rows, their mean probability would be less noisy, and pure noise
    would seem predictable. Rows are drawn class by class for the same reason: in a
    bootstrap of all rows at once, a member that leaves out more rows of a class is
    fitted on fewer rows of this class. A bootstrap draws whole groups, and a row is
    in-bag if an exact copy of it is. With ``feedback``, predictions of later members
    depend a little on rows that they left out, through the hardness or weight that
    earlier members gave to similar rows.

    Rows keep their weights, which reach the sampler and the estimator; rows with zero
    weight are never drawn. If ``fit`` is interrupted (Ctrl-C), the classifier keeps the
    members that are already fitted, and the KeyboardInterrupt is raised again.
    scikit-learn callbacks (1.9 and later) are registered with ``set_callbacks``; each
    member is a task.

    **When it hurts.** Probabilities are those under the resampled class shares unless
    they are corrected. With a few dozen rows of the rare class, under-sampling to the
    same number leaves too few rows to learn from. A random forest on all rows with a
    tuned threshold predicts labels as well as a balanced forest.

    References
    ----------
    Breiman. Bagging predictors. Machine Learning 24 (1996), 123-140,
    :doi:`10.1007/BF00058655`. Chen, Liaw, Breiman. Using random forest to learn imbalanced
    data. University of California, Berkeley, report 666 (2004). Liu, Wu, Zhou. Exploratory
    undersampling for class-imbalance learning. IEEE Transactions on Systems, Man, and
    Cybernetics B 39 (2009), 539-550, :doi:`10.1109/TSMCB.2008.2007853`. Liu et al.
    Self-paced ensemble for highly imbalanced massive data classification. ICDE 2020,
    :doi:`10.1109/ICDE48307.2020.00078`. Freund, Schapire. A decision-theoretic
    generalization of on-line learning and an application to boosting. Journal of Computer
    and System Sciences 55 (1997), 119-139, :doi:`10.1006/jcss.1997.1504`. Seiffert et al.
    RUSBoost. IEEE Transactions on Systems, Man, and Cybernetics A 40 (2010), 185-197,
    :doi:`10.1109/TSMCA.2009.2029559`.

    Departures: the default plan is 1:4, not 1:1. The bootstrap draws each class
    separately, as Chen et al. do for the rare class; Breiman draws all rows at once.
    Self-paced weights are those of the paper. Boosting measures the error of a member
    under the planned class shares and fits members with weights relative to the initial
    weights; imbalanced-learn's RUSBoost uses the original shares and often stops after
    a few members.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbsuite import ResampledEnsembleClassifier
    >>> X, y = make_classification(600, weights=[0.9], random_state=0)
    >>> model = ResampledEnsembleClassifier(
    ...     n_estimators=10, correction="offset", random_state=0).fit(X, y)
    >>> len(model.estimators_), model.predict_proba(X).shape
    (10, (600, 2))
    """

    sampler: Any = None
    estimator: Any = None
    _: KW_ONLY
    n_estimators: int = 50
    bootstrap: bool = True
    feedback: Any = None
    correction: Literal["offset", "prior"] | None = None
    oob_score: bool | Callable[..., float] = False
    cv: Any = 5
    n_jobs: int | None = None
    random_state: Seed = None

    # Without an annotation, which would make it a parameter.
    oob_decision_function_ = of_rows()
    # Groups are passed to the sampler only.
    _hands: ClassVar[tuple[str, ...]] = ("sample_weight",)
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "sampler": "no_validation",
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "bootstrap": ["boolean"],
        "feedback": [
            StrOptions(set(FEEDBACK)),
            HasMethods(["choose"]),
            HasMethods(["weigh"]),
            None,
        ],
        "correction": [StrOptions({"offset", "prior"}), None],
        "oob_score": ["boolean", callable],
        "cv": CV,
        "n_jobs": JOBS,
        "random_state": SEEDS,
    }

    @property
    def _inner(self) -> Any:
        if self.estimator is None:
            return DecisionTreeClassifier(max_features="sqrt")
        return self.estimator

    @property
    def _used_sampler(self) -> Any:
        if self.sampler is None:
            return RandomUnderSampler(sampling_strategy=_DEFAULT_RATIO)
        return self.sampler

    def _steps(self) -> list[tuple[str, Any]]:
        steps = [("sampler", self._used_sampler), *super()._steps()]
        if self.bootstrap:
            steps = [("bootstrap", "bootstrap"), *steps]
        steps.append(("members", f"mean of {self.n_estimators} members"))
        if self.feedback is not None:
            steps.append(("feedback", f"feedback: {self.feedback}"))
        if self.correction is not None:
            steps.append(("correction", f"correction: {self.correction}"))
        return steps

    @fitted_anew
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the members and the correction.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            Resampled and passed to the estimator, as in :class:`ResampledClassifier`.
        groups : array-like of shape (n_rows,), default=None
            A bootstrap draws whole groups. Groups are passed to the sampler, which does
            not mix rows of different groups. The folds of a correction do not split
            groups.
        **fit_params : dict
            Passed to the estimator of each member. Arguments with one entry per row are
            resampled with the rows; others are passed unchanged.

        Returns
        -------
        self
        """
        inputs = self._checked(X, y, sample_weight, groups, fit_params)
        codes = codes_of(one_column(inputs.y), self.classes_)
        context = self._init_callback_context(max_subtasks=self.n_estimators)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        members: list[Member] = []
        out_of_bag = OutOfBag(len(codes), len(self.classes_))
        running = self._members(inputs, codes, check_rng(self.random_state))
        try:
            for _ in range(self.n_estimators):
                task = context.subcontext(task_name="member")
                task.call_on_fit_task_begin(estimator=self, X=X, y=y)
                members.append(out_of_bag.add(next(running)))
                if task.call_on_fit_task_end(
                    estimator=self, X=X, y=y, reconstruction_attributes={}
                ):
                    break
        except KeyboardInterrupt as interrupt:
            if not members or self._needs_folds():
                raise
            self._finish(inputs, codes, members, out_of_bag)
            msg = (
                f"Interrupted after {len(members)} of {self.n_estimators} members, which "
                "the classifier keeps."
            )
            raise FitInterrupted(msg) from interrupt
        self._finish(inputs, codes, members, out_of_bag)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _checked(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        fit_params: dict[str, Any],
    ) -> FitInputs:
        """Validate and return the inputs before any work, and set ``classes_``."""
        sampler = checked_sampler(self._used_sampler, self._inner, type(self).__name__)
        self._validate_params()
        check_splits(self.cv, type(self).__name__)
        refuse_misplaced(X, y, "fit")
        y = one_column(y)
        check_target(y, count_rows(X), type(self).__name__)
        carries = hasattr(sampler, "carry")
        if groups is not None and not carries:
            raise not_carried(sampler, ["groups"])
        self._n_rows = count_rows(X)
        weight = check_weight(sample_weight, self._n_rows)
        self._check_bags()
        check_feedback(
            self.feedback,
            sampler,
            self._inner,
            takes_weight=self._takes_weight(),
            correction=self.correction,
        )
        X = X.tocsr() if hasattr(X, "tocsr") else X
        inputs = gather(
            self,
            X,
            y,
            fit_params,
            sample_weight=weight,
            groups=groups,
            carries=carries,
        )
        inputs = of_weighted_classes(inputs)
        validate_data(self, X, skip_check_array=True)
        self.classes_ = sorted_classes(np.asarray(inputs.y))
        return inputs

    def _check_bags(self) -> None:
        if self.oob_score and not self.bootstrap:
            msg = (
                f"oob_score={self.oob_score!r} requires bootstrap=True: without a "
                "bootstrap, there are no out-of-bag rows."
            )
            raise ValueError(msg)

    def _needs_folds(self) -> bool:
        return self.correction == "offset" and not self.bootstrap

    def _members(
        self, inputs: FitInputs, codes: Codes, rng: np.random.Generator
    ) -> Iterator[Member]:
        needs_bags = bool(self.oob_score) or self.correction == "offset"
        units = None
        if self.bootstrap and needs_bags:
            units = units_of_rows(inputs, codes).codes
            units = inputs.origins if units is None else units
        fits = MemberFits(
            None if has_one_class(inputs) else self._used_sampler,
            self._inner,
            inputs,
            codes,
            self.classes_,
            check_groups(inputs.groups, len(codes)),
            self._inner_key("sample_weight"),
            self.n_estimators,
            self.bootstrap,
            units,
            needs_bags,
            rng,
        )
        if self.feedback is None:
            return fits.run(self.n_jobs)
        return fits.run_with(make_feedback(self.feedback, len(self.classes_)))

    def _finish(
        self,
        inputs: FitInputs,
        codes: Codes,
        members: list[Member],
        out_of_bag: OutOfBag,
    ) -> None:
        """Set the fitted attributes."""
        average = Average.of(members, self.classes_)
        self.estimators_ = average.estimators
        if hasattr(feedback_of(self.feedback), "weigh"):
            self.estimator_weights_ = average.votes
        prior = np.mean([member.prior for member in members], axis=0)
        shares = (prior / prior.sum()).tolist()
        self.effective_prior_ = dict(zip(self.classes_.tolist(), shares, strict=True))
        if not has_one_class(inputs):
            warn_of_useless(members[0], inputs.X, codes)
        if self.correction is not None:
            self.offset_ = self._find_offset(inputs, codes, out_of_bag)
        if self.oob_score:
            self._score_out_of_bag(inputs, codes, out_of_bag)

    def _find_offset(
        self, inputs: FitInputs, codes: Codes, out_of_bag: OutOfBag
    ) -> Floats:
        weight = check_weight(inputs.weight, len(codes))
        fitted = None
        if self.correction == "offset":
            predicted = (
                self._predict_folds(inputs)
                if self._needs_folds()
                else out_of_bag.mean()
            )
            fitted = offsets_out_of_fold(predicted, codes, weight)
        if fitted is not None:
            return fitted
        if hasattr(self, "estimator_weights_"):
            msg = (
                "correction='offset' requires at least one out-of-bag row of every "
                "class, because the class shares are unknown with "
                f"feedback={self.feedback!r}. Use more members, or more rows of the "
                "smallest class."
            )
            raise ValueError(msg)
        return offset_of_shares(self, codes, weight)

    def _predict_folds(self, inputs: FitInputs) -> OutOfFold | None:
        msg = (
            "bootstrap=False leaves no row out of bag, so the ensemble is fitted again for "
            f"each fold of cv={self.cv!r} to find its correction."
        )
        warn(msg)
        # The first two spawned streams are those of the members.
        fold_rng, member_rng = check_rng(self.random_state).spawn(4)[2:]
        seed = draw_seed(member_rng)

        def fit(part: FitInputs) -> Average:
            codes = codes_of(one_column(part.y), self.classes_)
            members = [*self._members(part, codes, check_rng(seed))]
            return Average.of(members, self.classes_)

        return predict_original_rows(
            fit,
            inputs,
            one_column(inputs.y),
            self.classes_,
            cv=self.cv,
            rng=fold_rng,
        )

    def _score_out_of_bag(
        self, inputs: FitInputs, codes: Codes, out_of_bag: OutOfBag
    ) -> None:
        predicted = out_of_bag.mean()
        if self.correction is not None:
            corrected = add_offsets(predicted.probability, self.offset_)
            predicted = predicted._replace(probability=corrected)
        shape = (self._n_rows, len(self.classes_))
        self.oob_decision_function_ = np.full(shape, np.nan)
        places = inputs.positions(predicted.rows)
        self.oob_decision_function_[places] = predicted.probability
        weight = check_weight(inputs.weight, len(codes))
        scoring = self.oob_score if callable(self.oob_score) else None
        self.oob_score_ = score_of_labels(
            predicted, codes, self.classes_, weight, scoring
        )

    def predict_proba(self, X: Any) -> Floats:
        """Return the mean probabilities of the members, of shape (n_rows, n_classes).

        With a correction, they are probabilities under the original class proportions.
        """
        check_is_fitted(self, "estimators_")
        votes = getattr(self, "estimator_weights_", None)
        average = Average(self.estimators_, self.classes_, votes, self.n_jobs)
        probability = average.predict_proba(X)
        if self.correction is None:
            return probability
        return add_offsets(probability, self.offset_)
