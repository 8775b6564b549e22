"""An encoder that splits large classes into subclasses of similar size."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from imbsuite._anew import fitted_anew
from imbsuite._intervals import Interval
from imbsuite._neighbors import Space, column_moments
from imbsuite._parameters import Parametrized
from imbsuite._random import Seed, check_rng, draw_seed
from imbsuite._rows import of_rows
from imbsuite._table import check_table
from imbsuite._tags import any_table
from imbsuite._types import Codes
from imbsuite.cluster.balanced import BalancedKMeans


class SubclassEncoder(Parametrized, BaseEstimator):  # type: ignore[misc]
    r"""Split large classes into subclasses about as large as the smallest class.

    A class of :math:`n_c` rows gets

    .. math:: m_c = \min(m_{max}, \max(1, \lfloor n_c / M \rfloor)),
              \quad M = \max(n_{min}, \delta)

    subclasses, found by :class:`BalancedKMeans`; a class of fewer than 2 M rows is not
    split.

    Parameters
    ----------
    delta : int, default=10
        Minimum of M: subclasses never have fewer rows.
    max_subclasses : int, default=50
        Maximum number of subclasses of a class.
    metric : {"euclidean", "cosine"}, default="euclidean"
        The metric between rows. Numbers are divided by their standard deviation,
        categories are one-hot encoded so that two different categories have distance 1,
        and missing numbers are replaced by the mean.
    balanced : bool, default=True
        Whether the subclasses of a class have equal sizes. If False, ordinary k-means
        is used, as in the authors' published scripts.
    categorical_features : "from_dtype" or list, default="from_dtype"
        Categorical columns: names, positions or a mask.
    random_state : int, Generator, RandomState or None, default=None

    Attributes
    ----------
    subclass_labels_ : ndarray of shape (n_rows,), int
        Subclasses are numbered class by class, in order of first appearance.
    subclass_to_class_ : ndarray of shape (n_subclasses,)
        The class of each subclass.
    threshold_ : int
        M.
    classes_ : ndarray of shape (n_classes,)
        Sorted, unless labels of several types cannot be compared.

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if the input or a parameter is invalid.

    Notes
    -----
    **When it hurts.** A large class without clusters is split at random: the estimator
    must then separate indistinguishable subclasses, with fewer rows for each.

    References
    ----------
    Hou, Zhang, Wang, Zhou. Subclass-balancing Contrastive Learning for Long-tailed
    Recognition. ICCV 2023, arXiv:2306.15925, :doi:`10.1109/ICCV51070.2023.00497`.

    Examples
    --------
    >>> from imbsuite.cluster import SubclassEncoder
    >>> X, y = [[0.0], [0.1], [9.0], [9.1], [5.0], [5.1]], ["a", "a", "a", "a", "b", "b"]
    >>> encoder = SubclassEncoder(delta=2, random_state=0).fit(X, y)
    >>> encoder.subclass_to_class_[encoder.subclass_labels_].tolist() == y
    True
    """

    delta: int = 10
    max_subclasses: int = 50
    metric: Literal["euclidean", "cosine"] = "euclidean"
    balanced: bool = True
    categorical_features: Any = "from_dtype"
    random_state: Seed = None

    subclass_labels_: Codes = of_rows()
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "delta": [Interval(Integral, 1, None, closed="left")],
        "max_subclasses": [Interval(Integral, 1, None, closed="left")],
        "metric": [StrOptions({"euclidean", "cosine"})],
        "balanced": ["boolean"],
    }

    @fitted_anew
    def fit(self, X: Any, y: Any) -> Self:
        """Find the subclasses of the rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
            Labels of any type.

        Returns
        -------
        self
        """
        self._validate_params()
        table, codes, gate = check_table(
            X, y, type(self).__name__, categorical_features=self.categorical_features
        )
        validate_data(self, X, skip_check_array=True)
        self.n_features_in_ = table.container.shape[1]
        space = Space(
            table.numeric,
            table.codes,
            *column_moments(table.numeric),
            mismatch=1.0,
            scaled=True,
            complete=table.complete,
        )
        sizes = np.bincount(codes)
        self.threshold_ = max(int(sizes.min()), self.delta)
        parts = np.clip(sizes // self.threshold_, 1, int(self.max_subclasses))
        labels, first = np.empty(len(codes), dtype=np.intp), np.cumsum(parts) - parts
        streams = check_rng(self.random_state).spawn(len(sizes))
        for label, stream in enumerate(streams):
            rows = np.flatnonzero(codes == label)
            labels[rows] = first[label] + self._cut(space, rows, parts[label], stream)
        self.subclass_labels_ = labels
        names = _as_array(gate.labels)
        self.subclass_to_class_ = np.repeat(names, parts)
        self.classes_ = _sorted(names)
        return self

    def _cut(
        self, space: Space, rows: Codes, parts: int, rng: np.random.Generator
    ) -> Codes:
        if parts == 1:
            return np.zeros(len(rows), dtype=np.intp)
        points = space.embed(rows)
        points = points.toarray() if hasattr(points, "toarray") else points
        clusterer = BalancedKMeans(
            int(parts),
            metric=self.metric,
            balanced=self.balanced,
            random_state=draw_seed(rng),
        )
        return clusterer.fit(points).labels_

    def fit_transform(self, X: Any, y: Any) -> Codes:
        """Find the subclasses, and return that of each row, of shape (n_rows,)."""
        return self.fit(X, y).subclass_labels_

    def inverse_transform(self, labels: Any) -> NDArray[Any]:
        """Return the class of each subclass in ``labels``, of shape (n,).

        Raises
        ------
        ValueError
            If a number is not the number of a subclass.
        """
        check_is_fitted(self)
        codes, known = np.asarray(labels), len(self.subclass_to_class_)
        if codes.dtype.kind not in "iu" or ((codes < 0) | (codes >= known)).any():
            msg = (
                f"labels must be numbers of subclasses, integers from 0 to {known - 1}."
            )
            raise ValueError(msg)
        return self.subclass_to_class_[codes]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        any_table(tags)
        return tags


def _sorted(names: NDArray[Any]) -> NDArray[Any]:
    try:
        return np.sort(names)
    except TypeError:
        # Numbers and strings cannot be compared: keep the order of appearance.
        return names


def _as_array(labels: list[Any]) -> NDArray[Any]:
    """Return labels as an array of their type, or of objects if types are mixed."""
    values = np.asarray(labels)
    # NumPy converts numbers beside strings to strings, and 0 beside 2**64 - 1 to float.
    if list(map(repr, values.tolist())) != list(map(repr, labels)):
        values = np.empty(len(labels), dtype=object)
        values[:] = labels
    return values
