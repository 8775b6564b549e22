"""The models of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from imbsuite._extras import need
from imbsuite.experiment.strategies import refuse_frozen
from imbsuite.ordinal import PrestoClassifier
from imbsuite.profile.columns import MOST_CATEGORIES
from imbsuite.scoring.metrics import Metric


def default_models(order: Any = None) -> dict[str, Any]:
    """Return a linear and a tree model, each after skrub's TableVectorizer.

    Parameters
    ----------
    order : sequence of labels, default=None
        The order of ordered classes, for which PRESTO is added as a third model.

    Raises
    ------
    ImportError
        If skrub is not installed.
    """
    # skrub adds what each model needs: encoding, and for the linear model imputation
    # and scaling that is robust to outliers.
    behind_vectorizer = need("skrub").tabular_pipeline
    linear = LogisticRegression(max_iter=1000)
    # Early stopping holds out training rows. After over-sampling, the held-out rows
    # have copies or relatives among the other rows and do not stop the boosting, so
    # strategies would differ in their number of trees.
    trees = HistGradientBoostingClassifier(early_stopping=False)
    models = {"logistic regression": linear, "histogram gradient boosting": trees}
    if order is not None:
        models["PRESTO"] = PrestoClassifier(categories=order)
    # Encoding strings by their characters takes as long as the boosting itself.
    rare = {"tablevectorizer__cardinality_threshold": MOST_CATEGORIES}
    return {
        name: behind_vectorizer(model).set_params(**rare)
        for name, model in models.items()
    }


def refuse_for_default_models(X: Any) -> None:
    """Raise ValueError, which says what to do, for a table that skrub does not read."""
    if len(X.shape) == 1:
        msg = (
            "X is a single column of strings or objects, which the default models do not "
            "support. Pass an estimator that does, such as estimator=make_pipeline("
            "TfidfVectorizer(), LogisticRegression()), or a table: X.to_frame()."
        )
        raise ValueError(msg)
    if sp.issparse(X):
        msg = (
            "X is a sparse matrix, which the default models do not support. Pass an "
            "estimator that does, such as estimator=LogisticRegression(), or X.toarray()."
        )
        raise ValueError(msg)
    if not hasattr(X, "iloc"):
        return
    for name, dtype in X.dtypes.items():
        other = _conversion_for_skrub(dtype)
        if other is not None:
            msg = (
                f"column {name!r} has the type {dtype}, which the default models do not "
                f"support. Pass an estimator that does, or X[{name!r}].{other}."
            )
            raise ValueError(msg)
        if (
            dtype.kind == "f"
            and np.isinf(X[name].to_numpy(float, na_value=np.nan)).any()
        ):
            msg = (
                f"Input X contains infinity or a value too large: column {name!r} has "
                "infinite values, which the default models do not support; replace them "
                "(by a missing value or a large number) or drop the rows."
            )
            raise ValueError(msg)


def _conversion_for_skrub(dtype: Any) -> str | None:
    """Return how to convert a column that skrub does not read; None if it does."""
    kind = str(dtype)
    if kind.startswith("Sparse["):
        return "sparse.to_dense()"
    if kind.endswith("[pyarrow]") and kind.startswith(("timestamp", "date")):
        zone = getattr(dtype.pyarrow_dtype, "tz", None)
        return f"astype('datetime64[us{f', {zone}' if zone else ''}]')"
    return None


def choose_models(
    estimator: Any, metrics: Iterable[Metric], order: Any = None
) -> dict[str, Any]:
    """Return ``{name: classifier}``.

    Parameters
    ----------
    estimator : None, classifier, or mapping of name to classifier
        None: the default models. Others are used unchanged.
    metrics : iterable of Metric
        Those that need probabilities require ``predict_proba``.
    order : sequence of labels, default=None
        The order of ordered classes.

    Raises
    ------
    ValueError
        If the mapping is empty, or a model holds a fitted classifier
        (``FrozenEstimator``).
    TypeError
        If a model is not a classifier, or has no ``predict_proba`` although a metric
        needs it.
    """
    if estimator is None:
        return default_models(order)
    named = isinstance(estimator, Mapping)
    models = dict(estimator) if named else {_name(estimator): estimator}
    if not models:
        msg = (
            "The 'estimator' parameter of compare must be a classifier or a mapping of at "
            "least one name to a classifier. Got an empty mapping instead."
        )
        raise ValueError(msg)
    needing = [metric.name for metric in metrics if metric.needs_proba]
    for name, model in models.items():
        _check_classifier(name, model)
        _check_proba(name, model, needing)
    return models


def _name(estimator: Any) -> str:
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return type(last).__name__


def _check_classifier(name: str, model: Any) -> None:
    instance = hasattr(model, "fit") and not isinstance(model, type)
    if not instance or not is_classifier(model):
        msg = (
            "The 'estimator' parameter of compare must be an instance of a classifier, or "
            f"a mapping of names to such instances. Got {model!r} instead, under the name "
            f"{name!r}."
        )
        raise TypeError(msg)
    refuse_frozen(f"estimator {name!r}", model)


def _check_proba(name: str, model: Any, needing: list[str]) -> None:
    if needing and not hasattr(model, "predict_proba"):
        msg = (
            f"Estimator {name!r} has no predict_proba method, which is required by "
            f"{', '.join(needing)}. Wrap it in scikit-learn's CalibratedClassifierCV, or "
            "choose other metrics."
        )
        raise TypeError(msg)
