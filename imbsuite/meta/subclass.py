"""A classifier fitted on subclasses."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from imbsuite._anew import fitted_anew
from imbsuite._arguments import refuse_misplaced
from imbsuite._fit_inputs import gather
from imbsuite._labels import parts_with_labels
from imbsuite._random import Seed
from imbsuite._rows import LightPickle
from imbsuite._table import in_order, ordered_labels, single_target
from imbsuite._wrapping import Likeliest, WrappingClassifier, has, labels_of
from imbsuite.cluster import SubclassEncoder
from imbsuite.meta._evaluation import with_subclasses
from imbsuite.probability.columns import probability_of


@dataclass(eq=False, repr=False)
class SubclassClassifier(LightPickle, Likeliest, WrappingClassifier):
    r"""Fit on subclasses of large classes, and predict classes.

    .. math:: P(c \mid x) = \sum_{s \in c} P(s \mid x)

    A linear model gets one boundary for each cluster of a class, so it can find a rare
    class between the clusters of a common class.

    Parameters
    ----------
    estimator : classifier
        Fitted with the subclass numbers as labels. An ordinal model requires the order
        of the classes, from its ``categories`` or an ordered categorical.
    delta : int, default=10
        Minimum size of a subclass, as in :class:`SubclassEncoder`.
    max_subclasses : int, default=50
        Maximum number of subclasses of a class.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Metric of the clustering.
    balanced : bool, default=True
        Whether the subclasses of a class have equal sizes.
    categorical_features : "from_dtype" or list, default="from_dtype"
        Categorical columns for the clustering.
    random_state : int, Generator, RandomState or None, default=None
        For the clustering; the estimator has its own ``random_state``.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``; its classes are subclasses.
    encoder_ : SubclassEncoder
        The fitted encoder. Pickles of the classifier do not include its
        ``subclass_labels_``.
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input or a parameter is invalid.

    Notes
    -----
    The class prior does not change, so rare classes are predicted more often only where
    a linear boundary is too rigid. Combine this class with a sampler or a decision
    threshold to rebalance classes.

    ``decision_function`` is not available, because scores of subclasses have no meaningful
    sum.

    **When it hurts.** A large class without clusters is split at random, and the
    estimator must separate indistinguishable subclasses, which is slower and noisier.
    Flexible models (trees, boosting) find the clusters by themselves.

    References
    ----------
    Hou, Zhang, Wang, Zhou. Subclass-balancing Contrastive Learning for Long-tailed
    Recognition. ICCV 2023, arXiv:2306.15925, :doi:`10.1109/ICCV51070.2023.00497`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import SubclassClassifier
    >>> X = [[0.0], [0.1], [9.0], [9.1], [5.0], [5.1]]
    >>> model = SubclassClassifier(LogisticRegression(C=9), delta=2, random_state=0)
    >>> model.fit(X, ["a", "a", "a", "a", "b", "b"]).predict([[5.0], [9.0]]).tolist()
    ['b', 'a']
    """

    estimator: Any
    _: KW_ONLY
    delta: int = 10
    max_subclasses: int = 50
    metric: Literal["euclidean", "cosine"] = "euclidean"
    balanced: bool = True
    categorical_features: Any = "from_dtype"
    random_state: Seed = None

    _remembering: ClassVar[tuple[str, ...]] = ("encoder_",)
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        **SubclassEncoder._parameter_constraints,
    }

    _hands_on_labels = False

    def _steps(self) -> list[tuple[str, Any]]:
        return [("subclasses", "classes divided into subclasses"), *super()._steps()]

    @fitted_anew
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **fit_params: Any) -> Self:
        """Find the subclasses and fit the estimator on them.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), default=None
            Passed to the estimator; the clustering does not use it.
        **fit_params : dict
            Passed to the estimator. Arguments with one entry per row stay aligned with
            the rows; others are passed unchanged. Labels in an ``eval_set`` of (X, y)
            or in ``eval_y`` are replaced by the subclass of the nearest training row of
            the class.

        Returns
        -------
        self
        """
        self._validate_params()
        encoder_params = self.get_params(deep=False)
        encoder_params.pop("estimator")
        refuse_misplaced(X, y, "fit")
        values = single_target(y)
        estimator, order = self._without_categories(y, values)
        inputs = gather(self, X, values, fit_params, sample_weight=sample_weight)
        self.encoder_ = SubclassEncoder(**encoder_params).fit(inputs.X, inputs.y)
        self.classes_ = self.encoder_.classes_
        validate_data(self, X, skip_check_array=True)
        labels = self._subclasses(order)
        params = with_subclasses(inputs.params, inputs.X, self.encoder_)
        self.estimator_ = replace(inputs, y=labels, params=params).fit(estimator)
        return self

    def _without_categories(
        self, y: Any, values: NDArray[Any]
    ) -> tuple[Any, list[Any] | None]:
        """Return the estimator, and the order of the classes if they have one.

        An ordinal estimator determines the order by its own rule. Its ``categories`` are
        removed, since they list classes and it is fitted on subclasses.
        """
        for prefix, part in parts_with_labels(self.estimator):
            if hasattr(part, "_order_of"):
                order = part._order_of(y, values)
                free = {f"{prefix}categories": None}
                return clone(self.estimator).set_params(**free), order
        return self.estimator, ordered_labels(y)

    def _subclasses(self, order: list[Any] | None) -> Any:
        """Return the subclass of each row, ordered if the classes are ordered."""
        labels = self.encoder_.subclass_labels_
        if order is None:
            return labels
        subclasses = np.unique(labels)
        owners = self.encoder_.inverse_transform(subclasses).tolist()
        place = np.argsort([order.index(owner) for owner in owners], kind="stable")
        return in_order(labels, subclasses[place].tolist())

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, of shape (n_rows,).

        If the estimator has no ``predict_proba``, return the class of the subclass that
        it predicts.
        """
        inner = self._fitted()
        if hasattr(inner, "predict_proba"):
            return super().predict(X)
        return self.encoder_.inverse_transform(labels_of(inner, X))

    @available_if(has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the probability of each class, of shape (n_rows, n_classes)."""
        inner = self._fitted()
        of_subclass = probability_of(inner, X)
        owner = self.encoder_.inverse_transform(inner.classes_)
        return np.asarray(of_subclass @ (owner[:, np.newaxis] == self.classes_))
