"""Laws of the rows that a sampler returns, and of the sampler as an estimator."""

from __future__ import annotations

import pickle
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from imbsuite._random import check_rng
from imbsuite.base import BaseInterpolator
from imbsuite.testing.tables import blobs, can_plan, grows, mixed, resample

Law = Callable[[Any], None]
#: The laws that every sampler obeys: ``{name: function of a sampler}``. The function
#: contains assertions, and its docstring states the law.
LAWS: dict[str, Law] = {}


def law(function: Law) -> Law:
    """Add a law to those that :func:`imbsuite.testing.check_sampler` tests."""
    LAWS[function.__name__] = function
    return function


@law
def plan_is_met(sampler: Any) -> None:
    """Each class has as many rows as planned; cleaners set the plan when they draw."""
    X, y = blobs()
    for strategy in ("auto", 0.7) if can_plan(sampler) else ():
        sampler.set_params(sampling_strategy=strategy)
        plan = sampler.fit(X, y).plan_
        assert Counter(resample(sampler, X, y)[1].tolist()) == plan
    sampler = clone(sampler)
    y_out = resample(sampler, X, y)[1]
    assert {k: n for k, n in sampler.plan_.items() if n} == Counter(y_out.tolist())


@law
def seed_decides(sampler: Any) -> None:
    """The same seed gives the same rows; another seed gives different rows."""
    X, y = blobs()
    first = resample(sampler, X, y)
    assert_array_equal(first[0], resample(sampler, X, y)[0])
    if "random_state" in sampler.get_params():
        sampler.set_params(random_state=1)
        other = resample(sampler, X, y)[0]
        assert first[0].shape != other.shape or not np.array_equal(first[0], other)


@law
def classes_draw_apart(sampler: Any) -> None:
    """New rows of two classes that are translated copies are not translated copies."""
    rng = check_rng(3)
    part = rng.normal(size=(23, 3))
    X = np.concatenate([rng.normal(size=(57, 3)) - 50, part, part + 1000])
    y = np.repeat([0, 1, 2], [57, 23, 23])
    if not grows(sampler):
        return
    X_out, y_out = resample(sampler, X, y)
    new = [X_out[sampler.is_synthetic_ & (y_out == k)] for k in (1, 2)]
    repeats = np.isin(np.round(new[0], 6), np.round(new[1] - 1000, 6)).all(axis=1)
    moved = [np.sort(part.sum(axis=1)) for part in (new[0], new[1] - 1000)]
    assert not repeats.all() or not np.allclose(moved[0], moved[1])


@law
def labels_are_names(sampler: Any) -> None:
    """Renaming the labels changes nothing else, regardless of their order or type."""
    X, y = blobs()
    names = np.array(["z", "m", "a"])
    X_out, y_out = resample(sampler, X, y)
    X_named, y_named = resample(clone(sampler), X, names[y])
    assert_array_equal(X_out, X_named)
    assert_array_equal(names[y_out], y_named)


@law
def columns_have_no_order_or_unit(sampler: Any) -> None:
    """The draw does not depend on column order, or on units if standardized."""
    X, y = blobs()
    other = clone(sampler)
    params = sampler.get_params().items()
    plain = any(
        k.rpartition("__")[2] == "standardize" and v is False for k, v in params
    )
    units = 1.0 if plain else np.array([1e-3, 2.0, 50.0, 1e6])
    order = slice(None, None, 1 if sampler._draws_by_column else -1)
    resample(sampler, X, y)
    resample(other, X[:, order] * units + 5, y)
    assert_array_equal(sampler.sample_indices_, other.sample_indices_)
    assert_array_equal(sampler.parents_, other.parents_)
    assert_array_equal(sampler.steps_, other.steps_)


@law
def originals_come_first(sampler: Any) -> None:
    """Kept rows come first, in their order and unchanged, with their labels."""
    X, y = mixed()
    X.index = [f"row {i}" for i in range(len(X))]
    before = X.copy(deep=True), y.copy()
    X_out, y_out = resample(sampler, X, y)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    n_kept = len(kept)
    assert not sampler.is_synthetic_[:n_kept].any()
    assert (np.diff(kept) > 0).all()
    assert X_out.iloc[:n_kept].equals(before[0].iloc[kept])
    assert_array_equal(y_out, before[1][sampler.sample_indices_])
    assert X_out.index.is_unique
    assert X.equals(before[0]), "the input was changed"
    assert (X_out.dtypes == X.dtypes).all()
    assert list(X_out.columns) == list(X.columns)


@law
def no_row_is_its_own_neighbor(sampler: Any) -> None:
    """No row is its own neighbor, even if every row has duplicates."""
    if not isinstance(sampler, BaseInterpolator):
        return
    X, y = blobs((20, 9))
    X, y = np.repeat(X, 3, axis=0), np.repeat(y, 3)
    resample(sampler, X, y)
    assert (sampler.parents_[:, 0] != sampler.parents_[:, 1]).all()


@law
def parents_rebuild_rows(sampler: Any) -> None:
    """A new row is exactly ``seed + step * (partner - seed)``; integers are rounded."""
    X, y = blobs()
    for table in (X, X.astype(np.float32), np.rint(30 * X).astype(np.int16)):
        fitted = clone(sampler)
        X_out, y_out = resample(fitted, table, y)
        assert X_out.dtype == table.dtype
        steps = fitted.steps_
        if np.isnan(steps).any():
            continue
        seeds, partners = (table[side].astype(float) for side in fitted.parents_.T)
        rows = steps[:, np.newaxis] * (partners - seeds) + seeds
        rows = np.rint(rows) if table.dtype.kind == "i" else rows.astype(table.dtype)
        assert_array_equal(X_out[fitted.is_synthetic_], rows)
        assert_array_equal(y_out[fitted.is_synthetic_], y[fitted.parents_[:, 0]])


@law
def equal_cells_stay(sampler: Any) -> None:
    """Interpolating equal cells gives the same cell, bit for bit, at any magnitude."""
    X, y = blobs()
    if not isinstance(sampler, BaseInterpolator):
        return
    cells = (
        np.uint64(2**64 - 1),
        np.int64(-(2**63)),
        np.float64(-0.0),
        np.float32(0.1),
    )
    for cell in cells:
        table = np.tile(cell, X.shape)
        X_out, _ = resample(clone(sampler), table, y)
        assert X_out.tobytes() == np.tile(cell, X_out.shape).tobytes()


@law
def whole_numbers_stay_whole(sampler: Any) -> None:
    """A float column of whole numbers gets no fractional values."""
    X, y = blobs()
    X[:, :2] = np.rint(30 * X[:, :2])
    X[check_rng(9).random(X.shape) < 0.1] = np.nan
    X_out, _ = resample(sampler, X, y)
    whole = X_out[:, :2]
    assert_array_equal(whole, np.rint(whole))


@law
def nothing_asked_nothing_done(sampler: Any) -> None:
    """A plan that changes no class is the identity."""
    if "sampling_strategy" not in sampler.get_params():
        return
    X, y = blobs()
    sampler.set_params(sampling_strategy=[] if sampler._kind == "clean" else {})
    X_out, y_out = resample(sampler, X, y)
    assert_array_equal(X_out, X)
    assert_array_equal(y_out, y)
    assert sampler.parents_.shape == (0, 2)


@law
def tiny_classes_work(sampler: Any) -> None:
    """Classes of one or two rows cause no error, in numeric and mixed tables."""
    X, y = blobs((30, 2, 1))
    X_out, y_out = resample(sampler, X, y)
    assert len(X_out) == len(y_out)
    if grows(sampler) and can_plan(sampler):
        assert Counter(y_out.tolist()) == {0: 30, 1: 30, 2: 30}
    frame, labels = mixed()
    labels = np.where(np.arange(len(labels)) == 4, 9, labels)
    resample(clone(sampler), frame, labels)


@law
def weightless_rows_are_no_parents(sampler: Any) -> None:
    """Rows with zero weight are not parents of new rows; weights are carried."""
    X, y = blobs()
    weight = check_rng(2).uniform(0.5, 2, len(y))
    weight[::4] = 0
    _, y_out = resample(sampler, X, y, sample_weight=weight)
    assert (weight[sampler.parents_] > 0).all() or not grows(sampler)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert_array_equal(sampler.sample_weight_[: len(kept)], weight[kept])
    total = sampler.sample_weight_.sum()
    for label, share in sampler.effective_prior_.items():
        part = sampler.sample_weight_[y_out == label].sum()
        assert_allclose(share, part / total)


@law
def weightless_rows_are_not_counted(sampler: Any) -> None:
    """Plans count rows with nonzero weight; only under-samplers drop all others."""
    X, y = blobs()
    weight = np.ones(len(y))
    weight[::3] = 0
    weight[y == y[0]] *= check_rng(3).random((y == y[0]).sum()) > 0.3
    heavy = weight > 0
    _, y_out = resample(sampler, X, y, sample_weight=weight)
    counts = np.asarray(sampler.sample_weight_) > 0
    came = Counter(y_out[counts].tolist())
    assert {label: came[label] for label in sampler.plan_} == sampler.plan_
    stay = [] if sampler._kind == "under" else np.flatnonzero(~heavy).tolist()
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert kept[~heavy[kept]].tolist() == stay
    if can_plan(sampler):
        alone = clone(sampler).fit(X[heavy], y[heavy])
        assert alone.plan_ == sampler.plan_
        assert alone.sampling_strategy_ == sampler.sampling_strategy_


@law
def groups_do_not_mix(sampler: Any) -> None:
    """Both parents of a new row belong to the same group; groups are carried."""
    X, y = blobs()
    groups = check_rng(4).integers(5, size=len(y)).astype(str)
    resample(sampler, X, y, groups=groups)
    seeds, partners = sampler.parents_.T
    assert_array_equal(groups[seeds], groups[partners])
    assert_array_equal(sampler.groups_, groups[sampler.sample_indices_])


@law
def carry_follows_the_rows(sampler: Any) -> None:
    """``carry`` returns values as if they had been resampled as a column."""
    X, y = blobs()
    X_out, y_out = resample(sampler, X, y)
    assert_array_equal(sampler.carry(y), y_out)
    ids = np.arange(len(y))
    assert_array_equal(sampler.carry(ids), sampler.sample_indices_)
    floats = sampler.carry(X)
    if ((sampler.steps_ >= 0) & (sampler.steps_ <= 1)).all():
        assert_allclose(floats, X_out, rtol=1e-12)
    assert_array_equal(sampler.carry(X, rule="seed"), X[sampler.sample_indices_])


@law
def it_is_an_estimator(sampler: Any) -> None:
    """Cloning, pickling and ``set_params`` do not change a sampler."""
    X, y = blobs()
    params = sampler.get_params()
    assert str(clone(sampler).get_params()) == str(params)
    assert str(sampler.set_params(**params).get_params()) == str(params)
    expected = resample(sampler, X, y)[0]
    kind = type(sampler)
    if getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is not kind:
        return  # a class made in a function or a doctest: Python cannot pickle it
    revived = pickle.loads(pickle.dumps(sampler))  # noqa: S301 (our own bytes)
    assert_array_equal(revived.carry(X), sampler.carry(X))
    assert_array_equal(resample(revived, X, y)[0], expected)


@law
def it_works_in_pipelines(sampler: Any) -> None:
    """Samplers work in imbalanced-learn's Pipeline and, wrapped, in scikit-learn's."""
    from imblearn.pipeline import make_pipeline as imblearn_pipeline
    from sklearn.dummy import DummyClassifier
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from imbsuite.meta import ResampledClassifier

    X, y = blobs()
    model = DummyClassifier(strategy="prior")
    inner = imblearn_pipeline(clone(sampler), clone(model)).fit(X, y)
    resample(sampler, X, y)
    prior = inner.predict_proba(X[:1])[0]
    shares = [share for _, share in sorted(sampler.effective_prior_.items())]
    assert_allclose(prior, shares)
    outer = make_pipeline(StandardScaler(), ResampledClassifier(clone(sampler), model))
    grid = {"resampledclassifier__sampler": [clone(sampler), None]}
    search = GridSearchCV(outer, grid, cv=2, error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        search.fit(X, y)
    assert search.predict(X).shape == y.shape
