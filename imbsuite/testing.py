"""For tests of samplers, ours and other people's.

:func:`all_samplers` gives one instance of each of ours, :func:`check_sampler` tries the
laws that every sampler obeys, and :func:`expected_failed_checks` lists, with reasons, the
checks of scikit-learn and imbalanced-learn that do not fit an estimator.
"""

from __future__ import annotations

import pickle
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from sklearn.base import clone

from imbsuite._random import check_rng
from imbsuite.base import BaseInterpolator, BaseSampler

__all__ = ["LAWS", "all_samplers", "check_sampler", "expected_failed_checks"]

Law = Callable[[Any], None]
#: What every sampler obeys: ``{name of the law: function of a sampler}``. A law is a
#: function of assertions, and its docstring states it.
LAWS: dict[str, Law] = {}


def all_samplers() -> list[BaseSampler]:
    """Return an instance of every sampler of imbsuite, with ``random_state=0``.

    Returns
    -------
    list of samplers
    """
    from imbsuite import samplers as room

    made: list[BaseSampler] = []
    for name in room.__all__:
        kind = getattr(room, name)
        if isinstance(kind, type) and kind not in {room.Chain, room.SubclassSampler}:
            seeded = "random_state" in kind().get_params()
            made.append(kind(random_state=0) if seeded else kind())
    cleaner = room.TomekLinks(sampling_strategy="all")
    subclass = room.SubclassSampler(room.SMOTE(), random_state=0)
    return [*made, subclass, room.make_chain(room.SMOTE(random_state=0), cleaner)]


def expected_failed_checks(estimator: Any) -> dict[str, str]:
    """Return the checks that do not fit ``estimator``, each with the reason.

    Made for the parameter of the same name of scikit-learn's and imbalanced-learn's
    ``parametrize_with_checks``.

    Parameters
    ----------
    estimator : estimator or sampler of imbsuite

    Returns
    -------
    dict of str to str
    """
    if isinstance(estimator, BaseSampler):
        return _unplannable(estimator)
    kind = type(estimator).__name__
    if kind == "ResampledClassifier":
        return _of_resampled(estimator)
    inner = type(getattr(estimator, "estimator", None)).__name__
    return _EXPECTED.get(kind, {}) | _EXPECTED.get(f"{kind}({inner})", {})


def _weights(
    reason: str, kinds: tuple[str, ...] = ("dense", "sparse")
) -> dict[str, str]:
    return {f"check_sample_weight_equivalence_on_{k}_data": reason for k in kinds}


def _of_resampled(model: Any) -> dict[str, str]:
    kind = type(model.sampler).__name__
    if kind in {"NoneType", "TomekLinks"}:  # the check's table has no links
        return {}
    if "random_state" in model.sampler.get_params():
        return _weights(
            "rows are drawn at random: a weight of 2 is not the same as two rows"
        )
    failed = _weights("a neighbor of weight 2 is one neighbor, not two")
    if kind == "EditedNearestNeighbours":
        names = ["estimator_sparse_array", "estimator_sparse_matrix"]
        if _refuses_one_class(model.estimator):
            names += ["n_features_in_after_fitting", "estimators_dtypes"]
            names += ["dtype_object", "estimators_nan_inf", "estimator_sparse_tag"]
        reason = "the checks' tables are noise, of which one class is left"
        failed |= {f"check_{name}": reason for name in names}
    return failed


_UNORDERED = dict.fromkeys(
    ("check_classifiers_classes", "check_classifiers_with_encoded_labels"),
    "three labels of text have no order, and an order must be given",
)
_DECIDED = {
    "check_classifiers_train": (
        "that a threshold is not the most probable class is the point of it"
    )
}
_EXPECTED: dict[str, dict[str, str]] = {
    "ConstrainedThresholdClassifier": _DECIDED,
    "ConstrainedThresholdClassifier(GaussianNB)": _weights(
        "GaussianNB's smoothing does not read weights, so probabilities of 1e-10 "
        "differ, and the threshold stands just above one of them",
        ("dense",),
    ),
    "CooldownClassifier": _weights(
        "updates are made by rows: a weight of 2 is not the same as two rows"
    ),
    "LabelShiftAdapter": {
        "check_non_transformer_estimators_n_iter": (
            "rounds are made by adapt, which fit does not call"
        )
    },
    "PrestoClassifier": _UNORDERED,
    "PrestoClassifierCV": _UNORDERED,
    "ProportionalOddsClassifier": _UNORDERED
    | _weights("15 rows of 30 columns are separable: there is no optimum to agree on"),
    "TunedThresholdClassifier": _DECIDED,
}


def _refuses_one_class(estimator: Any) -> bool:
    try:
        clone(estimator).fit([[0.0], [1.0]], [0, 0])
    except ValueError:
        return True
    return False


def _unplannable(sampler: BaseSampler) -> dict[str, str]:
    """Return the checks of imbalanced-learn that set plans, where there is none to set.

    They assert something only where the class counts as one of imbalanced-learn's.
    """
    from imblearn.over_sampling.base import BaseOverSampler
    from imblearn.under_sampling.base import BaseUnderSampler

    failed: dict[str, str] = {}
    if sampler._kind == "under" and isinstance(sampler, BaseOverSampler):
        reason = "the class counts as an over-sampler, and what is inside is none"
        failed["check_samplers_fit_resample"] = reason
    known = isinstance(sampler, (BaseOverSampler, BaseUnderSampler))
    if known and "sampling_strategy" not in sampler.get_params(deep=False):
        reason = "the plan comes from a temperature, or from an inner sampler"
        failed["check_samplers_sampling_strategy_fit_resample"] = reason
        if type(sampler).__name__ == "TemperatureSampler":
            reason = "a finite temperature flattens classes, it does not balance them"
            failed["check_samplers_fit_resample"] = reason
    return failed


def check_sampler(sampler: Any) -> None:
    """Try all laws on copies of a sampler.

    Parameters
    ----------
    sampler : sampler
        An instance that derives from one of the base classes of ``imbsuite.base``, with
        its default ``sampling_strategy``.

    Raises
    ------
    AssertionError
        If a law is broken; a note names the law.

    Examples
    --------
    >>> from imbsuite import SMOTE
    >>> from imbsuite.testing import check_sampler
    >>> check_sampler(SMOTE(random_state=0))
    """
    for name, law in LAWS.items():
        try:
            law(clone(sampler))
        except AssertionError as error:
            error.add_note(f"{type(sampler).__name__} breaks the law {name!r}")
            raise


def _law(function: Law) -> Law:
    LAWS[function.__name__] = function
    return function


def _blobs(sizes: tuple[int, ...] = (61, 26, 13), d: int = 4) -> tuple[Any, Any]:
    """Return overlapping classes, their rows shuffled."""
    rng = check_rng(7)
    y = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return rng.normal(size=(len(y), d)) + 0.7 * y[:, np.newaxis], y


def _mixed() -> tuple[Any, Any]:
    """Return a pandas table with every kind of column, some cells missing."""
    import pandas as pd

    X, y = _blobs()
    rng = check_rng(8)
    frame = pd.DataFrame({"float": X[:, 0], "narrow": X[:, 1].astype("float32")})
    frame["whole"] = np.rint(50 * X[:, 2]).astype("int64")
    frame["nullable"] = pd.array(np.rint(9 * X[:, 3]).astype("int64"), dtype="Int64")
    frame["when"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(X[:, 0], unit="D")
    frame["text"] = rng.choice(["low", "mid", "high"], len(y))
    frame["level"] = pd.Categorical(
        frame["text"], categories=["low", "mid", "high", "?"]
    )
    frame["flag"] = X[:, 1] > 0
    for name in ("float", "nullable", "when", "text", "level"):
        frame.loc[rng.random(len(y)) < 0.1, name] = None
    return frame, y


def _resample(sampler: Any, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
    with warnings.catch_warnings():
        # Small classes warn, and it is right that they do.
        warnings.simplefilter("ignore", UserWarning)
        resampled: tuple[Any, Any] = sampler.fit_resample(X, y, **params)
    return resampled


def _grows(sampler: Any) -> bool:
    return sampler._kind == "over"


def _can_plan(sampler: Any) -> bool:
    return sampler._kind != "clean" and "sampling_strategy" in sampler.get_params()


@_law
def plan_is_met(sampler: Any) -> None:
    """Each class has as many rows as the plan says; a cleaner's plan says what came."""
    X, y = _blobs()
    for strategy in ("auto", 0.7) if _can_plan(sampler) else ():
        sampler.set_params(sampling_strategy=strategy)
        plan = sampler.fit(X, y).plan_
        assert Counter(_resample(sampler, X, y)[1].tolist()) == plan
    sampler = clone(sampler)
    y_out = _resample(sampler, X, y)[1]
    assert {k: n for k, n in sampler.plan_.items() if n} == Counter(y_out.tolist())


@_law
def seed_decides(sampler: Any) -> None:
    """The same seed gives the same rows, another seed others."""
    X, y = _blobs()
    first = _resample(sampler, X, y)
    assert_array_equal(first[0], _resample(sampler, X, y)[0])
    if "random_state" in sampler.get_params():
        sampler.set_params(random_state=1)
        other = _resample(sampler, X, y)[0]
        assert first[0].shape != other.shape or not np.array_equal(first[0], other)


@_law
def classes_draw_apart(sampler: Any) -> None:
    """Two classes that are translated copies get no translated new rows."""
    rng = check_rng(3)
    part = rng.normal(size=(23, 3))
    X = np.concatenate([rng.normal(size=(57, 3)) - 50, part, part + 1000])
    y = np.repeat([0, 1, 2], [57, 23, 23])
    if not _grows(sampler):
        return
    X_out, y_out = _resample(sampler, X, y)
    new = [X_out[sampler.is_synthetic_ & (y_out == k)] for k in (1, 2)]
    repeats = np.isin(np.round(new[0], 6), np.round(new[1] - 1000, 6)).all(axis=1)
    moved = [np.sort(part.sum(axis=1)) for part in (new[0], new[1] - 1000)]
    assert not repeats.all() or not np.allclose(moved[0], moved[1])


@_law
def labels_are_names(sampler: Any) -> None:
    """Renaming the labels changes nothing else, whatever their order or type."""
    X, y = _blobs()
    names = np.array(["z", "m", "a"])
    X_out, y_out = _resample(sampler, X, y)
    X_named, y_named = _resample(clone(sampler), X, names[y])
    assert_array_equal(X_out, X_named)
    assert_array_equal(names[y_out], y_named)


@_law
def columns_have_no_order_or_unit(sampler: Any) -> None:
    """Permuted and rescaled columns leave the draw as it was, if standardized."""
    X, y = _blobs()
    other = clone(sampler)
    # The seed of a Gaussian row is the row nearest to it: noise is drawn by column.
    order = slice(None, None, 1 if type(sampler).__name__ == "RCALSampler" else -1)
    _resample(sampler, X, y)
    _resample(other, X[:, order] * [1e-3, 2.0, 50.0, 1e6] + 5, y)
    assert_array_equal(sampler.sample_indices_, other.sample_indices_)
    assert_array_equal(sampler.parents_, other.parents_)
    assert_array_equal(sampler.steps_, other.steps_)


@_law
def originals_come_first(sampler: Any) -> None:
    """Kept rows come first, in their order and untouched, labels with them."""
    X, y = _mixed()
    X.index = [f"row {i}" for i in range(len(X))]
    before = X.copy(deep=True), y.copy()
    X_out, y_out = _resample(sampler, X, y)
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


@_law
def no_row_is_its_own_neighbour(sampler: Any) -> None:
    """Not even where every row has duplicates."""
    if not isinstance(sampler, BaseInterpolator):
        return
    X, y = _blobs((20, 9))
    X, y = np.repeat(X, 3, axis=0), np.repeat(y, 3)
    _resample(sampler, X, y)
    assert (sampler.parents_[:, 0] != sampler.parents_[:, 1]).all()


@_law
def parents_rebuild_rows(sampler: Any) -> None:
    """``seed + step * (partner - seed)`` is the row: exact, integers to nearest."""
    X, y = _blobs()
    for table in (X, X.astype(np.float32), np.rint(30 * X).astype(np.int16)):
        X_out, y_out = _resample(clone(sampler), table, y)
        assert X_out.dtype == table.dtype
        fitted = clone(sampler)
        _resample(fitted, table, y)
        steps = fitted.steps_
        if np.isnan(steps).any():
            continue
        seeds, partners = (table[side].astype(float) for side in fitted.parents_.T)
        rows = steps[:, np.newaxis] * (partners - seeds) + seeds
        rows = np.rint(rows) if table.dtype.kind == "i" else rows.astype(table.dtype)
        assert_array_equal(X_out[fitted.is_synthetic_], rows)
        assert_array_equal(y_out[fitted.is_synthetic_], y[fitted.parents_[:, 0]])


@_law
def equal_cells_stay(sampler: Any) -> None:
    """Between equal cells lies the same cell: of any size, to the last bit."""
    X, y = _blobs()
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
        X_out, _ = _resample(clone(sampler), table, y)
        assert X_out.tobytes() == np.tile(cell, X_out.shape).tobytes()


@_law
def whole_numbers_stay_whole(sampler: Any) -> None:
    """A column of floats that are whole numbers gets no fraction; others may."""
    X, y = _blobs()
    X[:, :2] = np.rint(30 * X[:, :2])
    X[check_rng(9).random(X.shape) < 0.1] = np.nan
    X_out, _ = _resample(sampler, X, y)
    whole = X_out[:, :2]
    assert_array_equal(whole, np.rint(whole))


@_law
def other_cells_come_from_a_parent(sampler: Any) -> None:
    """A category, or a cell missing in one parent, is one of the parents' cells."""
    X, y = _mixed()
    X_out, _ = _resample(sampler, X, y)
    new = X_out.iloc[np.flatnonzero(sampler.is_synthetic_)].astype(object)
    sides = [X.astype(object).iloc[side] for side in sampler.parents_.T]
    for name in X.columns:
        cells, left, right = (part[name].to_numpy() for part in (new, *sides))
        gap = _is_missing(left) | _is_missing(right)
        other = gap | (name in ("text", "level", "flag"))
        either = _same(cells, left) | _same(cells, right)
        assert either[other].all(), name


def _is_missing(cells: NDArray[Any]) -> NDArray[np.bool_]:
    import pandas as pd

    return np.asarray(pd.isna(cells))


def _same(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    gaps = _is_missing(a) & _is_missing(b)
    known = ~(_is_missing(a) | _is_missing(b))
    gaps[known] = a[known] == b[known]
    return gaps


@_law
def containers_agree(sampler: Any) -> None:
    """NumPy, lists and pandas give the same numbers; polars and pyarrow if present."""
    import pandas as pd

    X, y = _blobs()
    X[check_rng(5).random(X.shape) < 0.05] = np.nan
    expected = _resample(clone(sampler), X, y)[0]
    frame = pd.DataFrame(X, columns=list("abcd"))
    found = [_resample(clone(sampler), X.tolist(), y.tolist())[0]]
    found.append(_resample(clone(sampler), frame, y)[0].to_numpy())
    found.append(_resample(clone(sampler), frame.astype(object), y)[0].to_numpy(float))
    found += [part[0].to_numpy() for part in _resample_others(sampler, frame, y)]
    for values in found:
        # Rows of another memory layout are summed in another order by NumPy, which the
        # methods that compute (not interpolate) cells show in the last digits.
        assert_allclose(np.asarray(values), expected, rtol=1e-12, atol=1e-12)


def _resample_others(sampler: Any, frame: Any, y: Any) -> list[tuple[Any, Any]]:
    tables: list[Any] = []
    try:
        import polars as pl
        import pyarrow as pa
    except ImportError:
        return []
    tables = [pl.from_pandas(frame), pl.from_pandas(frame, nan_to_null=False)]
    made = [_resample(clone(sampler), table, y) for table in tables]
    arrow = _resample(clone(sampler), pa.Table.from_pandas(frame), y)
    return [*made, (arrow[0].to_pandas(), arrow[1])]


@_law
def mixed_containers_agree(sampler: Any) -> None:
    """A table with categories and gaps is the same in polars as in pandas."""
    try:
        import polars as pl
    except ImportError:
        return
    X, y = _mixed()
    X = X.drop(columns="level")
    expected = _resample(clone(sampler), X, y)[0]
    found = _resample(clone(sampler), pl.from_pandas(X), y)[0]
    assert found.schema == pl.from_pandas(X).schema
    assert found.equals(pl.from_pandas(expected.reset_index(drop=True)))


@_law
def sparse_agrees_with_dense(sampler: Any) -> None:
    """CSR and CSC, matrix and array, give the numbers that the dense table gives."""
    X, y = _blobs()
    X[check_rng(6).random(X.shape) < 0.3] = 0.0
    expected = _resample(clone(sampler), X, y)[0]
    for kind in (sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array):
        found = _resample(clone(sampler), kind(X), y)[0]
        assert type(found) is kind
        assert_allclose(found.toarray(), expected, rtol=1e-9, atol=1e-12)


@_law
def nothing_asked_nothing_done(sampler: Any) -> None:
    """A plan that changes no class is the identity."""
    if "sampling_strategy" not in sampler.get_params():
        return
    X, y = _blobs()
    sampler.set_params(sampling_strategy=[] if sampler._kind == "clean" else {})
    X_out, y_out = _resample(sampler, X, y)
    assert_array_equal(X_out, X)
    assert_array_equal(y_out, y)
    assert sampler.parents_.shape == (0, 2)


@_law
def tiny_classes_work(sampler: Any) -> None:
    """Classes of one and of two rows, numeric and mixed, are no crash."""
    X, y = _blobs((30, 2, 1))
    X_out, y_out = _resample(sampler, X, y)
    assert len(X_out) == len(y_out)
    if _grows(sampler) and _can_plan(sampler):
        assert Counter(y_out.tolist()) == {0: 30, 1: 30, 2: 30}
    mixed, labels = _mixed()
    labels = np.where(np.arange(len(labels)) == 4, 9, labels)
    _resample(clone(sampler), mixed, labels)


@_law
def weightless_rows_are_no_parents(sampler: Any) -> None:
    """Rows of zero weight have no children; weights are carried."""
    X, y = _blobs()
    weight = check_rng(2).uniform(0.5, 2, len(y))
    weight[::4] = 0
    _, y_out = _resample(sampler, X, y, sample_weight=weight)
    assert (weight[sampler.parents_] > 0).all() or not _grows(sampler)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert_array_equal(sampler.sample_weight_[: len(kept)], weight[kept])
    total = sampler.sample_weight_.sum()
    for label, share in sampler.effective_prior_.items():
        part = sampler.sample_weight_[y_out == label].sum()
        assert_allclose(share, part / total)


@_law
def weightless_rows_are_not_counted(sampler: Any) -> None:
    """Plans are those of the rows that weigh something; others stay, or go first."""
    X, y = _blobs()
    weight = np.ones(len(y))
    weight[::3] = 0
    weight[y == y[0]] *= check_rng(3).random((y == y[0]).sum()) > 0.3
    heavy = weight > 0
    _, y_out = _resample(sampler, X, y, sample_weight=weight)
    counts = np.asarray(sampler.sample_weight_) > 0
    came = Counter(y_out[counts].tolist())
    assert {label: came[label] for label in sampler.plan_} == sampler.plan_
    stay = [] if sampler._kind == "under" else np.flatnonzero(~heavy).tolist()
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert kept[~heavy[kept]].tolist() == stay
    if _can_plan(sampler):
        alone = clone(sampler).fit(X[heavy], y[heavy])
        assert alone.plan_ == sampler.plan_
        assert alone.sampling_strategy_ == sampler.sampling_strategy_


@_law
def groups_do_not_mix(sampler: Any) -> None:
    """Both parents of a new row are of one group, and groups are carried."""
    X, y = _blobs()
    groups = check_rng(4).integers(5, size=len(y)).astype(str)
    _resample(sampler, X, y, groups=groups)
    seeds, partners = sampler.parents_.T
    assert_array_equal(groups[seeds], groups[partners])
    assert_array_equal(sampler.groups_, groups[sampler.sample_indices_])


@_law
def carry_follows_the_rows(sampler: Any) -> None:
    """What is carried is what would have been resampled as a column."""
    X, y = _blobs()
    X_out, y_out = _resample(sampler, X, y)
    assert_array_equal(sampler.carry(y), y_out)
    ids = np.arange(len(y))
    assert_array_equal(sampler.carry(ids), sampler.sample_indices_)
    floats = sampler.carry(X)
    if ((sampler.steps_ >= 0) & (sampler.steps_ <= 1)).all():
        assert_allclose(floats, X_out, rtol=1e-12)
    assert_array_equal(sampler.carry(X, rule="seed"), X[sampler.sample_indices_])


@_law
def it_is_an_estimator(sampler: Any) -> None:
    """Cloned, pickled and set anew, it is the same; the import is light."""
    X, y = _blobs()
    params = sampler.get_params()
    assert str(clone(sampler).get_params()) == str(params)
    assert str(sampler.set_params(**params).get_params()) == str(params)
    expected = _resample(sampler, X, y)[0]
    kind = type(sampler)
    if getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is not kind:
        return  # a class made in a function or a doctest: Python cannot pickle it
    revived = pickle.loads(pickle.dumps(sampler))  # noqa: S301 (our own bytes)
    assert_array_equal(revived.carry(X), sampler.carry(X))
    assert_array_equal(_resample(revived, X, y)[0], expected)


@_law
def it_works_in_pipelines(sampler: Any) -> None:
    """In imbalanced-learn's Pipeline, and in scikit-learn's as ResampledClassifier."""
    from imblearn.pipeline import make_pipeline as imblearn_pipeline
    from sklearn.dummy import DummyClassifier
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from imbsuite.meta import ResampledClassifier

    X, y = _blobs()
    model = DummyClassifier(strategy="prior")
    inner = imblearn_pipeline(clone(sampler), clone(model)).fit(X, y)
    _resample(sampler, X, y)
    prior = inner.predict_proba(X[:1])[0]
    assert_allclose(
        prior, list(dict(sorted(sampler.effective_prior_.items())).values())
    )
    outer = make_pipeline(StandardScaler(), ResampledClassifier(clone(sampler), model))
    grid = {"resampledclassifier__sampler": [clone(sampler), None]}
    search = GridSearchCV(outer, grid, cv=2, error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        search.fit(X, y)
    assert search.predict(X).shape == y.shape
