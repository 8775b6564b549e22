"""The models to compare strategies with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.base import is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from imbsuite._extras import need
from imbsuite.experiment.metrics import Metric
from imbsuite.experiment.profile import MOST_CATEGORIES
from imbsuite.experiment.strategies import refuse_frozen
from imbsuite.ordinal import PrestoClassifier

__all__ = ["choose_models", "default_models"]


def default_models(order: Any = None) -> dict[str, Any]:
    """Return a linear and a tree model, each behind skrub's TableVectorizer.

    Parameters
    ----------
    order : sequence of labels, default=None
        Of ordered classes: then PRESTO is the third.

    Raises
    ------
    ImportError
        If skrub is not installed.
    """
    # It adds what each model needs: encoding, and for the linear one imputation and
    # scaling that outliers cannot spoil.
    behind_vectorizer = need("skrub").tabular_pipeline
    linear = LogisticRegression(max_iter=1000)
    # Early stopping holds out rows of the training data. After over-sampling these have
    # copies or relatives among the others and stop nothing, so strategies would differ
    # in their number of trees.
    trees = HistGradientBoostingClassifier(early_stopping=False)
    models = {"logistic regression": linear, "histogram gradient boosting": trees}
    if order is not None:
        models["PRESTO"] = PrestoClassifier(categories=order)
    # Reading the letters of strings takes as long as the boosting itself.
    rare = {"tablevectorizer__cardinality_threshold": MOST_CATEGORIES}
    return {
        name: behind_vectorizer(model).set_params(**rare)
        for name, model in models.items()
    }


def choose_models(
    estimator: Any, metrics: Iterable[Metric], order: Any = None
) -> dict[str, Any]:
    """Return ``{name: classifier}``.

    Parameters
    ----------
    estimator : None, classifier, or mapping of name to classifier
        None: the two defaults. Others are used as they are.
    metrics : iterable of Metric
        Some need probabilities.
    order : sequence of labels, default=None
        Of ordered classes.

    Raises
    ------
    ValueError
        If the mapping is empty, or something holds a fitted classifier
        (``FrozenEstimator``).
    TypeError
        If something is no classifier, or has no ``predict_proba`` where a metric needs
        it.
    """
    if estimator is None:
        return default_models(order)
    named = isinstance(estimator, Mapping)
    models = dict(estimator) if named else {_name(estimator): estimator}
    if not models:
        msg = "estimator is an empty mapping; name at least one classifier."
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
        msg = f"estimator {name!r} is {model!r}; give an instance of a classifier."
        raise TypeError(msg)
    refuse_frozen(f"estimator {name!r}", model)


def _check_proba(name: str, model: Any, needing: list[str]) -> None:
    if needing and not hasattr(model, "predict_proba"):
        msg = (
            f"estimator {name!r} gives no probabilities (predict_proba), which "
            f"{', '.join(needing)} need; wrap it in scikit-learn's "
            "CalibratedClassifierCV, or choose other metrics."
        )
        raise TypeError(msg)
