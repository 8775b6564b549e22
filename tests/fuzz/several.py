"""Hostile multilabel targets, and the classifiers that accept them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp
from fuzz.cells import cells_of, tokens
from fuzz.laws import is_of_the_model, refuse, snapshot
from fuzz.tables import Drawn
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im

__all__ = ["LABEL_CLASSIFIERS", "TARGETS", "check_label_classifier", "drawn_label_fits"]

_NAMES = ["a", 1, "long name"]
_BAYES = GaussianNB()
INNER = [
    MultiOutputClassifier(_BAYES),
    MultiOutputClassifier(make_pipeline(FunctionTransformer(), _BAYES)),
    # Accepts weights and missing values, as few others do.
    MultiOutputClassifier(DecisionTreeClassifier(max_depth=2)),
    ClassifierChain(DecisionTreeClassifier(max_depth=2)),
    DecisionTreeClassifier(max_depth=2),
    RandomForestClassifier(3, max_depth=2, random_state=0),
    im.PartialLabelClassifier(_BAYES),
    im.ResampledClassifier(im.MLSMOTE(random_state=0), MultiOutputClassifier(_BAYES)),
]


# Targets ---------------------------------------------------------------------------------


class Target(NamedTuple):
    """A kind of target: how it is made of bits, (n_rows, 3), and its label names.

    ``unknown``: whether cells are unknown; ``wrong``: whether it is always rejected.
    """

    make: Callable[[NDArray[np.intp]], Any]
    names: Any = range(3)
    unknown: bool = False
    wrong: bool = False


def _frame(bits: Any, **options: Any) -> pd.DataFrame:
    return pd.DataFrame(bits, columns=pd.Index(_NAMES, dtype=object), **options)


def _with(value: Any, *, rows: slice = slice(None, None, 4)) -> Any:
    """Return a function that replaces some cells of the second label."""

    def make(bits: Any) -> Any:
        cells = bits.astype(float)
        cells[rows, 1] = value
        return cells

    return make


def _types(bits: Any) -> pd.DataFrame:
    frame = _frame(bits)
    types = ["Int64", "boolean", "int64[pyarrow]"]
    return frame.astype(dict(zip(_NAMES, types, strict=True)))


def _of_words(bits: Any) -> Any:
    return np.where(bits == 1, "yes", "no")


TARGETS: dict[str, Target] = {
    "integers": Target(lambda b: b),
    "unsigned": Target(lambda b: b.astype(np.uint8)),
    "flags": Target(lambda b: b == 1),
    "floats": Target(lambda b: b.astype(np.float32)),
    "objects": Target(lambda b: b.astype(object)),
    "lists": Target(lambda b: b.tolist()),
    "tuples": Target(lambda b: tuple(map(tuple, b.tolist()))),
    "csr": Target(sp.csr_array),
    "csc": Target(lambda b: sp.csc_matrix(b == 1)),
    "coo": Target(sp.coo_array),
    "pandas": Target(_frame, _NAMES),
    "pandas, types": Target(_types, _NAMES),
    "pandas, flags": Target(lambda b: _frame(b == 1), _NAMES),
    "pandas, other index": Target(
        lambda b: _frame(b, index=np.arange(len(b))[::-1]), _NAMES
    ),
    "polars": Target(lambda b: pl.DataFrame(b, schema=list("abc")), list("abc")),
    "one label": Target(lambda b: pd.DataFrame(b[:, :1], columns=["a"]), ["a"]),
    "one sparse label": Target(lambda b: sp.csr_array(b[:, :1]), [0]),
    "of no row": Target(_with(0, rows=slice(None))),
    "of all rows": Target(_with(1, rows=slice(None))),
    "of one row": Target(_with(0, rows=slice(1, None))),
    "missing": Target(_with(np.nan), unknown=True),
    "minus one": Target(_with(-1), unknown=True),
    "all missing": Target(_with(np.nan, rows=slice(None)), unknown=True),
    "pandas, missing": Target(
        lambda b: _types(b).mask(np.arange(3 * len(b)).reshape(-1, 3) % 7 == 0),
        _NAMES,
        unknown=True,
    ),
    "words": Target(_of_words, wrong=True),
    "digits": Target(lambda b: b.astype(str), wrong=True),
    "digits as objects": Target(lambda b: b.astype(str).astype(object), wrong=True),
    "pandas, digits": Target(lambda b: _frame(b).astype("string"), wrong=True),
    "pandas, words": Target(lambda b: _frame(_of_words(b)), wrong=True),
    "one and two": Target(lambda b: b + 1, wrong=True),
    "infinite": Target(_with(np.inf), wrong=True),
    "halves": Target(_with(0.5), wrong=True),
    "names repeat": Target(
        lambda b: pd.DataFrame(b, columns=["a", "b", "a"]), wrong=True
    ),
    "sets": Target(lambda b: [set(np.flatnonzero(row)) for row in b], wrong=True),
    "too short": Target(lambda b: b[:-1], wrong=True),
    "no columns": Target(lambda b: pd.DataFrame(index=range(len(b))), wrong=True),
    "cube": Target(lambda b: b[:, :, np.newaxis], wrong=True),
}


# Classifiers -----------------------------------------------------------------------------

_FOLDS = {"cv": st.sampled_from([2, 0.4]), "random_state": st.integers(0, 9)}
LABEL_CLASSIFIERS: dict[str, tuple[type, dict[str, Any]]] = {
    "TunedThresholdClassifier": (
        im.TunedThresholdClassifier,
        {
            **_FOLDS,
            "scoring": st.sampled_from(
                ["f1_macro", "f1_micro", "f1_samples", "balanced_accuracy"]
            ),
            "shared": st.booleans(),
            "steady": st.sampled_from([0, 20]),
        },
    ),
    "PriorThresholdClassifier": (
        im.PriorThresholdClassifier,
        {**_FOLDS, "target": st.sampled_from(["uniform", "confidence"])},
    ),
    "CostThresholdClassifier": (
        im.CostThresholdClassifier,
        {"cost": st.sampled_from([None, {"fp": 1, "fn": 9}])},
    ),
    "ConstrainedThresholdClassifier": (
        im.ConstrainedThresholdClassifier,
        {
            **_FOLDS,
            "subject_to": st.sampled_from([{"recall": 0.5}, {"alert_share": 0.9}]),
        },
    ),
    "PriorCorrectedClassifier": (
        im.PriorCorrectedClassifier,
        {**_FOLDS, "method": st.sampled_from(["offset", "prior"])},
    ),
    "ResampledClassifier": (
        im.ResampledClassifier,
        {
            **_FOLDS,
            "sampler": st.sampled_from(
                [None, im.LabelSampler(im.RandomOverSampler(), random_state=0)]
            ),
            "correction": st.sampled_from([None, "offset", "prior"]),
        },
    ),
    "LabelShiftAdapter": (im.LabelShiftAdapter, {}),
    "PartialLabelClassifier": (
        im.PartialLabelClassifier,
        {
            "estimator": st.just(_BAYES),
            "recover": st.sampled_from([None, "soft"]),
            "known_share": st.sampled_from([0.7, 1.0]),
            **_FOLDS,
        },
    ),
}


@st.composite
def drawn_label_fits(draw: Any) -> Any:
    """Draw a multilabel classifier, a kind of target, and a seed."""
    kind, params = LABEL_CLASSIFIERS[draw(st.sampled_from(list(LABEL_CLASSIFIERS)))]
    chosen = {"estimator": draw(st.sampled_from(INNER))}
    chosen |= {name: draw(values) for name, values in params.items()}
    # Most targets are valid: table, weights, groups and estimator must be valid too.
    good = [name for name, one in TARGETS.items() if not (one.wrong or one.unknown)]
    name = draw(st.sampled_from([*TARGETS, *4 * good]))
    return kind(**chosen), name, draw(st.integers(0, 99))


# Laws ------------------------------------------------------------------------------------

_SPEAKERS = re.compile(r"/imbsuite/|/sklearn/")


def check_label_classifier(drawn: Drawn, call: tuple[Any, str, int]) -> bool:
    """Try the laws of a classifier; return whether it predicted and did not raise."""
    classifier, name, number = call
    target, rng = TARGETS[name], np.random.default_rng(number)
    n = len(cells_of(drawn.y))
    bits = (rng.random((n, 3)) < [0.6, 0.4, 0.3]).astype(np.intp)
    drawn = replace(drawn, y=[])
    y = target.make(bits)
    before = snapshot(drawn), _cells(y)
    more = {"sample_weight": drawn.sample_weight, "groups": drawn.groups}
    if isinstance(classifier, im.LabelShiftAdapter):
        del more["groups"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            classifier.fit(drawn.X, y, **more)
            predicted, p = (
                classifier.predict(drawn.X),
                classifier.predict_proba(drawn.X),
            )
        except Exception as error:  # noqa: BLE001 (this is what is looked for)
            if not is_of_the_model(error, classifier.estimator, replace(drawn, y=bits)):
                refuse(error, _SPEAKERS)
            return False
        finally:
            assert snapshot(drawn) == before[0], "the input was changed"
            assert _cells(y) == before[1], "the labels were changed"
    assert not target.wrong, f"{name} were taken"
    assert not target.unknown or _reads_unknown(classifier), f"{name} were taken"
    names = list(target.names)
    assert classifier.label_names_ == names
    assert len(classifier.classes_) == len(names)
    assert predicted.shape == p.shape == (n, len(names))
    assert set(np.unique(predicted)) <= {0, 1}
    # Those of naive Bayes are NaN for columns of large numbers.
    assert ((p >= 0) & (p <= 1 + 1e-9) | np.isnan(p)).all()
    return True


def _reads_unknown(classifier: Any) -> bool:
    inner = [classifier, getattr(classifier, "estimator", None)]
    return any(isinstance(one, im.PartialLabelClassifier) for one in inner)


def _cells(y: Any) -> Any:
    if sp.issparse(y):
        return y.toarray().tolist()
    if isinstance(y, pd.DataFrame):
        return [tokens(list(y.iloc[:, j])) for j in range(y.shape[1])], list(y.index)
    return repr(y.tolist() if isinstance(y, np.ndarray) else y)
