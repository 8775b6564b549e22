"""What holds for any table: a documented error, or rows that obey these laws."""

from __future__ import annotations

import linecache
import re
import traceback
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fuzz.cells import (
    cells_of,
    columns_of,
    is_missing,
    is_number,
    levels_of,
    plain,
    same,
    schema_of,
    schema_of_labels,
    tokens,
)
from fuzz.columns import COLUMNS, Kind
from fuzz.tables import Drawn
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

import imbsuite

__all__ = [
    "check_call",
    "check_labels_call",
    "check_wrapper",
    "is_of_the_model",
    "refuse",
    "snapshot",
]

# By path: a folder with the source and an environment may also be called imbsuite.
_PACKAGE = re.escape(str(Path(imbsuite.__file__).parent))
# Files that may raise: ours, and those of scikit-learn that validate input.
_SPEAKERS = re.compile(
    rf"^{_PACKAGE}/|/sklearn/utils/(_param_)?validation\.py|/sklearn/base\.py"
)
_SUBJECTS = re.compile(
    r"\b(X|y|[Cc]olumns?|class|classes|groups|sample_weight|sampling_strategy|"
    r"random_state|categorical_features|estimator|[Ll]abels?|predict_proba|subject_to|GaussianNB|"
    r"DecisionTreeClassifier)\b"
)


def refuse(error: Exception, speakers: re.Pattern[str] = _SPEAKERS) -> None:
    """Fail unless ``error`` is documented: raised by us, and about the input."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(frame.filename, frame.lineno or 0).strip()
    ours = speakers.search(frame.filename) and line.startswith("raise ")
    about = "/sklearn/" in frame.filename or _SUBJECTS.search(str(error))
    if type(error) not in {ValueError, TypeError} or not ours or not about:
        error.add_note(f"This is no documented exception: {frame}")
        raise error


def _is_ours(warning: warnings.WarningMessage) -> bool:
    """Return whether a warning comes from the package, or points at the call."""
    here = warning.filename == __file__
    return here or re.match(rf"{_PACKAGE}/", warning.filename) is not None


def _call(sampler: Any, drawn: Drawn) -> tuple[Any, Any]:
    """Resample; only we may warn, and only about what concerns the caller."""
    more = {"sample_weight": drawn.sample_weight, "groups": drawn.groups}
    more = {name: values for name, values in more.items() if values is not None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("error", RuntimeWarning)  # to see where they come from
        resampled: tuple[Any, Any] = sampler.fit_resample(drawn.X, drawn.y, **more)
    for warning in caught:
        assert _is_ours(warning), f"undocumented warning: {warning}"
        assert warning.category is UserWarning, f"undocumented warning: {warning}"
    return resampled


def check_call(drawn: Drawn, sampler: Any) -> bool:
    """Try all laws on one call; return whether it returned rows and did not raise."""
    before = snapshot(drawn)
    try:
        X, y = _call(sampler, drawn)
    except Exception as error:  # noqa: BLE001 (this is what is looked for)
        refuse(error)
        _may_refuse(drawn, sampler)
        return False
    finally:
        assert snapshot(drawn) == before, "the input was changed"
    old = columns_of(drawn.X)
    new = _columns(X, old)
    _check_container(drawn, X, y)
    _check_kept(drawn, sampler, old, new)
    _check_new(drawn, sampler, old, new)
    _check_labels(drawn, sampler, y)
    _check_index(drawn, sampler, X, y)
    _check_carry(drawn, sampler, X, y)
    if len(old[0]) % 3 == 0:  # occasionally
        once_more = _call(clone(sampler), drawn)[0]
        once_more = _columns(once_more, old)
        assert list(map(tokens, once_more)) == list(map(tokens, new))
    return True


def check_labels_call(drawn: Drawn, call: tuple[Any, Any, int]) -> bool:
    """Try the laws on one multilabel call: a sampler, a container and a seed."""
    sampler, contain, number = call
    rng = np.random.default_rng(number)
    bits = (rng.random((len(cells_of(drawn.y)), 3)) < [0.6, 0.3, 0.2]).astype(np.int8)
    drawn = replace(drawn, y=contain(bits))
    before = snapshot(replace(drawn, y=[]))
    try:
        X, y = _call(sampler, drawn)
    except Exception as error:  # noqa: BLE001 (this is what is looked for)
        refuse(error)
        return False
    finally:
        assert snapshot(replace(drawn, y=[])) == before, "the input was changed"
    old = columns_of(drawn.X)
    new = _columns(X, old)
    assert schema_of(X) == schema_of(drawn.X)
    assert levels_of(X) == levels_of(drawn.X)
    assert type(y) is type(drawn.y)
    _check_kept(drawn, sampler, old, new)
    _check_new(drawn, sampler, old, new)
    labels = np.asarray(y.toarray() if hasattr(y, "toarray") else y).astype(int)
    assert labels[: len(bits)].tolist() == bits.tolist()
    own = sampler.new_for_
    assert labels[len(bits) :][np.arange(len(own)), own].all()
    assert bits[sampler.parents_[:, 0], own].all()
    return True


def _columns(X: Any, like: list[list[Any]]) -> list[list[Any]]:
    """Return as many columns as ``like`` has: a cleaner may leave no row in a list."""
    columns = columns_of(X) or [[] for _ in like]
    assert len(columns) == len(like)
    return columns


def _check_carry(drawn: Drawn, sampler: Any, X: Any, y: Any) -> None:
    """Anything aligned with the rows is carried along with them."""
    origins = sampler.sample_indices_
    assert sampler.carry(np.arange(len(cells_of(drawn.y)))).tolist() == origins.tolist()
    labels = sampler.carry(drawn.y, rule="seed")  # float labels would be interpolated
    assert tokens(cells_of(labels)) == tokens(cells_of(y))
    followed = sampler.carry(drawn.X, rule="seed")
    assert schema_of(followed) == schema_of(drawn.X)
    old = columns_of(drawn.X)
    for before, after in zip(old, _columns(followed, old), strict=True):
        assert tokens(after) == tokens([before[i] for i in origins])
    if isinstance(X, pd.DataFrame):
        assert followed.index.equals(X.index)


def snapshot(drawn: Drawn) -> Any:
    """Return the content of a table, for a later comparison."""
    return (
        [tokens(cells) for cells in columns_of(drawn.X)],
        schema_of(drawn.X),
        tokens(drawn.index),
        tokens(cells_of(drawn.y)),
        repr(drawn.sample_weight),
        repr(drawn.groups),
    )


def _may_refuse(drawn: Drawn, sampler: Any) -> None:
    """Check that methods that read no cells accept cells of any kind."""
    if getattr(sampler, "_looks_at", "table") != "labels":
        return
    kinds = [COLUMNS[drawn.container][name] for name in drawn.kinds]
    assert any(kind.refused for kind in kinds) or _by_names_or_weights(drawn, sampler)


def _by_names_or_weights(drawn: Drawn, sampler: Any) -> bool:
    """Return whether weights may empty a class, or column names have mixed types."""
    names = getattr(drawn.X, "columns", [])
    odd = isinstance(drawn.X, pd.DataFrame) and len({type(v) for v in names}) > 1
    return odd or drawn.sample_weight is not None


def _check_container(drawn: Drawn, X: Any, y: Any) -> None:
    """The output has the container, names, types and categories of the input."""
    assert schema_of(X) == schema_of(drawn.X)
    assert levels_of(X) == levels_of(drawn.X)
    assert schema_of_labels(y) == schema_of_labels(drawn.y)


def _check_kept(
    drawn: Drawn, sampler: Any, old: list[list[Any]], new: list[list[Any]]
) -> None:
    """Kept rows come first, in their order and equal to the last bit."""
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    n = len(kept)
    assert not sampler.is_synthetic_[:n].any()
    grows_only = sampler._kind == "over" and not sampler._also_removes
    may_drop = not grows_only or hasattr(sampler, "steps")
    assert may_drop or n == len(old[0])
    for before, after in zip(old, new, strict=True):
        for cell, i in zip(after[:n], kept, strict=True):
            assert same(cell, before[i]), f"row {i} had {before[i]!r}, now {cell!r}"


def _check_new(
    drawn: Drawn, sampler: Any, old: list[list[Any]], new: list[list[Any]]
) -> None:
    """New cells derive from their parents, by the law of their kind."""
    n = int((~sampler.is_synthetic_).sum())
    votes = getattr(sampler, "categorical_rule", "") == "vote"
    for j, (before, after) in enumerate(zip(old, new, strict=True)):
        kind = drawn.kind(j)
        numeric = kind.numeric and all(is_missing(c) or is_number(c) for c in before)
        for cell, (seed, partner), step in zip(
            after[n:], sampler.parents_.tolist(), sampler.steps_.tolist(), strict=True
        ):
            givers = before if votes and not numeric else ()
            if not _is_of(cell, before[seed], before[partner], *givers):
                assert numeric, f"{cell!r} from {before[seed]!r}, {before[partner]!r}"
                _check_between(kind, cell, before[seed], before[partner], step)


def _is_of(cell: Any, *givers: Any) -> bool:
    """Return whether a cell equals one of these, to the last bit.

    Among objects, an equal number may have another type.
    """
    if any(same(cell, giver) for giver in givers):
        return True
    return is_number(cell) and any(
        is_number(giver)
        and type(giver) is not type(cell)
        and plain(giver) == plain(cell)
        for giver in givers
    )


def _check_between(kind: Kind, cell: Any, seed: Any, partner: Any, step: float) -> None:
    what = f"{cell!r} from {seed!r} and {partner!r}, step {step}"
    assert is_number(cell), what
    if kind.bounds is not None:
        low, high = kind.bounds
        assert low <= cell <= high, f"{what}: outside the type's range"
    if np.isnan(step):
        return  # not interpolated: any number of the type
    assert not any(is_missing(parent) for parent in (seed, partner)), what
    cell, seed, partner = plain(cell), plain(seed), plain(partner)
    assert seed != partner, f"{what}: equal parents"
    if 0 <= step <= 1:
        assert min(seed, partner) <= cell <= max(seed, partner), what


def _check_labels(drawn: Drawn, sampler: Any, y: Any) -> None:
    """Labels, weights and groups follow the rows, and the plan is met."""
    before, after = cells_of(drawn.y), cells_of(y)
    origins = sampler.sample_indices_
    assert tokens(after) == tokens([before[i] for i in origins])
    for passed, carried in (
        (drawn.groups, sampler.groups_),
        (drawn.sample_weight, sampler.sample_weight_),
    ):
        # Some samplers compute their own weights.
        if "weightless_rows_are_no_parents" not in sampler._broken_laws:
            assert (passed is None) == (carried is None)
        assert carried is None or len(carried) == len(origins)
    if not hasattr(sampler, "drop_outliers"):
        weight = sampler.sample_weight_
        weighs = np.ones(len(after)) if weight is None else np.asarray(weight)
        weighing = [k for k, w in zip(_as_labels(after), weighs, strict=True) if w]
        sizes = Counter(tokens(weighing))
        assert sorted(sizes.values()) == sorted(n for n in sampler.plan_.values() if n)


def _as_labels(cells: list[Any]) -> list[Any]:
    return [tuple(c) if isinstance(c, np.ndarray) else c for c in cells]


def _check_index(drawn: Drawn, sampler: Any, X: Any, y: Any) -> None:
    """Kept rows keep their index labels; new labels are unique."""
    if not isinstance(X, pd.DataFrame):
        return
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    old, new = list(drawn.X.index[kept]), list(X.index[len(kept) :])
    assert _known(list(X.index[: len(kept)])) == _known(old)
    assert X.index.names == drawn.X.index.names
    assert len(set(new)) == len(new), "fresh labels repeat each other"
    assert not set(new) & set(drawn.X.index), "fresh labels collide with others"
    if isinstance(y, pd.Series):
        assert y.index.equals(X.index)


def _known(labels: list[Any]) -> list[Any]:
    """Return labels that can be compared, with None for missing ones."""
    return [
        tuple(_known(list(v))) if isinstance(v, tuple) else None if is_missing(v) else v
        for v in labels
    ]


def is_of_the_model(error: Exception, model: Any, drawn: Drawn) -> bool:
    """Return whether the model alone raises the same error."""
    try:
        clone(model).fit(drawn.X, cells_of(drawn.y))
    except Exception as own:  # noqa: BLE001 (whatever it is)
        return repr(own) == repr(error)
    return False


# Wrappers pass tables on: classifiers of scikit-learn raise their own errors.
_MODELS = re.compile(rf"^{_PACKAGE}/|/sklearn/")


def check_wrapper(drawn: Drawn, wrapper: Any) -> bool:
    """Try the laws of a wrapper; return whether it predicted and did not raise."""
    before = snapshot(drawn)
    more = {"sample_weight": drawn.sample_weight}
    more = {name: values for name, values in more.items() if values is not None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            wrapper.fit(drawn.X, drawn.y, **more)
            predicted = wrapper.predict(drawn.X)
            p = wrapper.predict_proba(drawn.X)
        except Exception as error:  # noqa: BLE001 (this is what is looked for)
            if not is_of_the_model(error, wrapper.estimator, drawn):
                refuse(error, _MODELS)
            return False
        finally:
            assert snapshot(drawn) == before, "the input was changed"
    for warning in caught:
        known = issubclass(warning.category, UserWarning)
        assert known or not _is_ours(warning), str(warning)
    assert predicted.shape == (len(p),)
    assert set(predicted.tolist()) <= set(wrapper.classes_.tolist())
    assert p.shape == (len(cells_of(drawn.y)), len(wrapper.classes_))
    if isinstance(wrapper.estimator, DecisionTreeClassifier):
        # Those of naive Bayes are NaN or inaccurate for columns of large numbers.
        tolerance = 100 * np.finfo(p.dtype).eps
        assert ((p >= 0) & (p <= 1 + tolerance)).all()
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=tolerance)
    return True
