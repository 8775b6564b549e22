"""Valid arguments, results and their provenance, and errors for invalid arguments."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from shared import spread
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB

from imbsuite import (
    ADASYN,
    SMOTE,
    SVMSMOTE,
    BorderlineSMOTE,
    Chain,
    EditedNearestNeighbours,
    GeometricSMOTE,
    InstanceHardness,
    KMeansSMOTE,
    NearMiss,
    RandomOverSampler,
    RandomUnderSampler,
    RCALSampler,
    SubclassSampler,
    TemperatureSampler,
    TomekLinks,
)

pytest.importorskip("dask.dataframe")
import dask
import dask.array as da
import dask.dataframe as dd
from scale_tables import assert_same, in_memory, mixed

from imbsuite.base import BaseInterpolator, BaseSelector
from imbsuite.scale import GatherLimitError, plan, resample


@pytest.fixture(autouse=True)
def _in_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture
def table():
    return dd.from_pandas(mixed(), npartitions=5)


ROLES = {"groups": "group", "sample_weight": "weight"}


@pytest.mark.parametrize(
    "sampler",
    [
        RandomOverSampler(random_state=0),
        RandomUnderSampler(random_state=0, replacement=True),
        SMOTE(random_state=0),
        ADASYN(random_state=0),
        GeometricSMOTE(random_state=0, selection_strategy="majority"),
        TomekLinks(),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Class:UserWarning")
def test_provenance_gives_the_parents_of_every_row(table, sampler):
    out = resample(
        table, target="label", sampler=sampler, provenance=True, **ROLES
    ).compute()
    frame = table.compute()
    seeds = frame.iloc[out["seed_row"]]
    partners = frame.iloc[out["partner_row"]]
    new = out["is_synthetic"].to_numpy()
    assert (seeds["label"].to_numpy() == out["label"].to_numpy()).all()
    assert (seeds["group"].to_numpy() == out["group"].to_numpy()).all()
    kept = out[~new][frame.columns]
    pd.testing.assert_frame_equal(kept, seeds[~new])
    assert out.loc[~new, "seed_row"].is_monotonic_increasing
    lies = out["step"].notna().to_numpy()
    numbers = seeds["number"].to_numpy()
    between = numbers + out["step"].to_numpy() * (
        partners["number"].to_numpy() - numbers
    )
    np.testing.assert_array_equal(out["number"].to_numpy()[lies], between[lies])
    assert (seeds["weight"].to_numpy()[new] > 0).all() or sampler._kind == "under"


def test_computed_dtypes_and_partitions_match_the_metadata(table):
    for provenance in (False, True):
        out = resample(
            table, target="label", sampler=SMOTE(random_state=0), provenance=provenance
        )
        assert list(out.dtypes) == list(out.compute().dtypes)
        last = out.get_partition(out.npartitions - 1).compute()
        assert list(out.dtypes) == list(last.dtypes)
    assert last["category"].cat.categories.tolist() == ["p", "q"]
    assert out.npartitions == 5 + -(-(len(out) - 400) // 80)


@pytest.mark.parametrize(
    "sampler",
    [SMOTE(random_state=0), RandomUnderSampler(random_state=0), TomekLinks()],
    ids=str,
)
def test_fit_resample_accepts_a_dask_frame_and_series(table, sampler):
    frame = table.compute()
    columns = {"groups": table["group"], "sample_weight": table["weight"]}
    features = table[["number", "whole", "category"]]
    with (
        pytest.warns(UserWarning, match="groups")
        if sampler._kind == "over"
        else (dask.config.set({}))
    ):
        X, y = sampler.fit_resample(features, table["label"], **columns)
    assert y.name == "label"
    plan_ = getattr(sampler, "plan_", None)
    outcome = dask.compute(X, y, sampler.groups_, sampler.sample_weight_)
    assert not hasattr(sampler, "sample_indices_")
    assert sampler.n_features_in_ == 3
    with pytest.raises(NotFittedError):
        sampler.carry(frame["group"])
    twin = type(sampler)(**sampler.get_params())
    with (
        pytest.warns(UserWarning, match="groups")
        if sampler._kind == "over"
        else (dask.config.set({}))
    ):
        X, y = twin.fit_resample(
            frame[list(features.columns)],
            frame["label"],
            groups=frame["group"],
            sample_weight=frame["weight"],
        )
    pd.testing.assert_frame_equal(outcome[0], X, check_index_type=False)
    for ours, theirs in zip(
        outcome[1:], (y, twin.groups_, twin.sample_weight_), strict=True
    ):
        pd.testing.assert_series_equal(ours, theirs, check_index_type=False)
    assert plan_ is None or plan_ == twin.plan_
    assert sampler.sampling_strategy_ == twin.sampling_strategy_


def test_fit_resample_accepts_arrays_with_any_chunks():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4)).astype(np.float32)
    y = (rng.random(200) < 0.2).astype(np.int8)
    for sampler in (
        SMOTE(random_state=0),
        SMOTE(random_state=0, categorical_features=[3], sampling_strategy=0.5),
        RandomOverSampler(random_state=0),
        EditedNearestNeighbours(),
    ):
        values = np.column_stack([X[:, :3], np.rint(X[:, 3])]).astype(np.float32)
        lazy = sampler.fit_resample(
            da.from_array(values, chunks=(30, 2)), da.from_array(y, chunks=64)
        )
        here = sampler.fit_resample(values, y)
        for ours, theirs in zip(lazy, here, strict=True):
            assert isinstance(ours, da.Array)
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours.compute(), theirs)
    X_new, _ = SMOTE(random_state=0).fit_resample(
        da.from_array(X, chunks=(50, 4)), da.from_array(y, chunks=50)
    )
    assert X_new.shape == (2 * int((y == 0).sum()), 4)


def test_number_of_partitions_follows_the_possible_repeats(table):
    for sampler, n in (
        (RandomUnderSampler(), 5),
        (RandomUnderSampler(replacement=True), 10),
        (TemperatureSampler(mode="under"), 5),
        (TemperatureSampler(), 10),
        (RandomOverSampler(), 15),
    ):
        assert resample(table, target="label", sampler=sampler).npartitions == n


def test_fit_makes_a_plan_without_drawing_rows(table):
    sampler = SMOTE(random_state=0).fit(table[["number"]], table["label"])
    counts = table["label"].value_counts().compute()
    assert sampler.plan_ == dict.fromkeys(sampler.plan_, counts.max())


def test_plans_of_every_strategy_equal_those_in_memory(table):
    frame = table.compute()
    for strategy in (
        "minority",
        0.5,
        {"w": 50},
        {"w": 0.5},
        lambda y: {"w": len(y) // 5},
    ):
        sampler = SMOTE(sampling_strategy=strategy, random_state=0)
        planned = plan(table[["number", "label"]], target="label", sampler=sampler)
        sampler.fit_resample(frame[["number"]], frame["label"])
        assert planned.plan_ == sampler.plan_
        assert planned.sampling_strategy_ == sampler.sampling_strategy_
        assert planned.effective_prior_ == pytest.approx(sampler.effective_prior_)


@pytest.mark.filterwarnings("ignore:Class:UserWarning")
@pytest.mark.parametrize(
    ("sampler", "roles"),
    spread(
        {
            str(sampler): sampler
            for sampler in (
                TomekLinks(sampling_strategy="all"),
                EditedNearestNeighbours(),
                SMOTE(random_state=0),
                RandomOverSampler(random_state=0),
                RandomUnderSampler(random_state=0),
                TemperatureSampler(random_state=0, mode="same"),
                TemperatureSampler(random_state=0, by="group", mode="under"),
                TemperatureSampler(random_state=0, by="group"),
            )
        },
        {"plain": {}, "groups": {"groups": "group"}, "both": ROLES},
    ),
)
def test_plan_prior_and_lengths_are_known_before_the_result(sampler, roles):
    if getattr(sampler, "by", "class") == "group" and "groups" not in roles:
        pytest.skip("needs groups")
    table = dd.from_pandas(mixed(), npartitions=3)
    frame = table.compute()
    arguments = {role: frame[column] for role, column in roles.items()}
    features = frame[["number", "whole"]]
    sampler.fit_resample(features, frame["label"], **arguments)
    columns = ["number", "whole", "label", *roles.values()]
    planned = plan(table[columns], target="label", sampler=sampler, **roles)
    assert planned.plan_ == sampler.plan_
    assert list(planned.plan_) == list(sampler.plan_)
    assert planned.effective_prior_ == pytest.approx(sampler.effective_prior_)
    assert planned.lengths == list(planned.frame.map_partitions(len).compute())
    lazy = {role: table[column] for role, column in roles.items()}
    twin = clone(sampler)
    twin.fit_resample(table[["number", "whole"]], table["label"], **lazy)
    assert twin.plan_ == sampler.plan_
    assert twin.effective_prior_ == pytest.approx(sampler.effective_prior_)


def test_prior_of_weights_whose_sum_overflows(table):
    frame = table.compute()
    huge = table.assign(weight=table["weight"] * 1e308)[["number", "label", "weight"]]
    sampler = RandomOverSampler(random_state=0)
    planned = plan(huge, target="label", sampler=sampler, sample_weight="weight")
    sampler.fit_resample(
        frame[["number"]], frame["label"], sample_weight=frame["weight"] * 1e308
    )
    assert planned.effective_prior_ == pytest.approx(sampler.effective_prior_)


def test_generator_is_advanced_by_each_call(table):
    rng = np.random.default_rng(0)
    sampler = RandomUnderSampler(random_state=rng)
    first, second = (
        resample(table, target="label", sampler=sampler).compute() for _ in range(2)
    )
    assert not first["number"].equals(second["number"])


CUT_ALL = {"u": 2, "v": 2, "w": 2}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"target": "no such"}, "not a column of table"),
        ({"target": None}, "must name one"),
        ({"groups": "label"}, "different columns"),
        ({"sample_weight": "wait"}, "sample_weight='wait'"),
        ({"sample_weight": "number"}, "finite and not negative"),
        ({"target": "gaps"}, "continuous"),
        ({"groups": "gaps"}, "groups has missing values"),
        ({"sampler": KMeansSMOTE()}, "requires all rows"),
        ({"sampler": SVMSMOTE()}, "requires all rows"),
        ({"sampler": NearMiss(version=3)}, "unless version=1"),
        ({"sampler": InstanceHardness(hardness=GaussianNB())}, "unless hardness='kdn'"),
        ({"sampler": NearMiss(sampling_strategy=CUT_ALL)}, "cuts all such classes"),
        ({"sampler": RCALSampler()}, "requires all rows"),
        ({"sampler": Chain([("smote", SMOTE())])}, "requires all rows"),
        ({"sampler": "smote"}, "not a sampler"),
        ({"sampler": SMOTE(k_neighbors=0)}, "k_neighbors"),
        ({"sampler": SMOTE(sampling_strategy={"x": 9})}, "must name classes in y"),
        ({"sampler": SMOTE(categorical_features=["q"])}, "which are not in X"),
        ({"sampler": TemperatureSampler(by="group")}, "requires groups"),
        ({"gather_limit": "1kB"}, "gather_limit=1.00 kB|gather_limit=0.98 kiB"),
        ({"gather_limit": "1kB", "sampler": TomekLinks()}, "gather_limit"),
    ],
)
def test_invalid_arguments_raise_at_the_call(table, arguments, says):
    options = {"target": "label", "sampler": SMOTE()} | arguments
    with pytest.raises((ValueError, TypeError), match=says):
        resample(table, **options)


def test_invalid_tables_raise(table):
    frame = table.compute()
    with pytest.raises(TypeError, match=r"sampler\.fit_resample"):
        resample(frame, target="label", sampler=SMOTE())
    one = table[table["label"] == "u"]
    with pytest.raises(ValueError, match="only one class"):
        resample(one, target="label", sampler=SMOTE())
    with pytest.raises(ValueError, match="no rows"):
        resample(table[table["number"] > 99], target="label", sampler=SMOTE())
    with pytest.raises(ValueError, match="no features"):
        resample(table[["label"]], target="label", sampler=SMOTE())
    named = table.assign(step=1)
    with pytest.raises(ValueError, match="step"):
        resample(named, target="label", sampler=SMOTE(), provenance=True)
    light = table.assign(weight=table["weight"].where(table["label"] != "w", 0.0))
    with pytest.raises(ValueError, match="only rows of zero weight"):
        resample(light, target="label", sampler=SMOTE(), sample_weight="weight")
    gaps = table.assign(label=table["label"].where(table["whole"] > 0))
    with pytest.raises(ValueError, match="y has missing values"):
        resample(gaps, target="label", sampler=SMOTE())


@pytest.mark.parametrize(
    ("index", "says"),
    [
        (np.arange(90, 120, dtype=np.int8), "int8 and ends at 119: there is no room"),
        (np.arange(210, 240, dtype=np.uint8), "there is no room for the labels of 26"),
        (pd.Categorical(list("abc") * 10), "no category is left for new rows"),
        (
            [0] * 29 + [2**63 - 1],
            "int64 and ends at 9223372036854775807: there is no room",
        ),
        ([0.0] * 29 + [2.0**53], "float64 and ends at 9007199254740992.0: there is no"),
        ([0.0] * 29 + [np.inf], "float64 and ends at inf: there is no room"),
        ([True] * 30, "type bool: there is no room"),
        ([pd.Timestamp(0)] * 29 + [pd.Timestamp.max], "ends at 2262-04-11 23:47:16"),
    ],
)
def test_index_without_room_for_new_labels_raises(index, says):
    frame = pd.DataFrame({"x": range(30), "label": ["a"] * 28 + ["b"] * 2}, index=index)
    parts = dd.from_pandas(frame, npartitions=3, sort=False)
    with pytest.raises((TypeError, ValueError), match=says):
        resample(parts, target="label", sampler=RandomOverSampler(random_state=0))


def test_infinite_cells_raise_at_the_call(table):
    infinite = table.assign(number=table["number"].where(table["whole"] > 0, np.inf))
    with pytest.raises(ValueError, match="column 'number' has infinite values"):
        resample(infinite, target="label", sampler=SMOTE(random_state=0))
    # Samplers that only select rows do not read their cells.
    resample(infinite, target="label", sampler=RandomUnderSampler()).compute()


def test_too_many_neighbors_to_gather_raise_at_the_call(table):
    few = int((table["label"] != "u").sum().compute() * 100 * 2)
    sampler = BorderlineSMOTE(random_state=0, m_neighbors=200)
    with pytest.raises(GatherLimitError, match="neighbors") as caught:
        resample(table, target="label", sampler=sampler, gather_limit=few)
    assert caught.value.limit == few < caught.value.size


def test_gather_limit_error_holds_rows_size_and_limit(table):
    n_rows = int((table["label"] != "u").sum().compute())
    with pytest.raises(GatherLimitError) as caught:
        plan(table, target="label", sampler=SMOTE(), gather_limit=1_000)
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert isinstance(error, ValueError)
    assert (error.rows, error.limit) == (n_rows, 1_000)
    assert error.size > 1_000
    assert str(error) == str(caught.value)


class Shuffled:
    """Partitions whose rows are in another order each time they are read."""

    def __init__(self, *, drop=0):
        self.frame = mixed(600).drop(columns=["group", "weight"])
        self.reads, self.drop = 0, drop

    def read(self, i):
        self.reads += 1
        part = self.frame.iloc[200 * i : 200 * (i + 1)]
        return part.sample(frac=1, random_state=self.reads).iloc[
            self.drop * self.reads :
        ]

    def table(self):
        return dd.from_map(self.read, range(3), meta=self.frame.iloc[:0])


@pytest.mark.parametrize("sampler", [ADASYN(), TomekLinks(), EditedNearestNeighbours()])
def test_rows_in_changing_order_raise(sampler):
    with pytest.raises(ValueError, match="another order of rows"):
        resample(Shuffled().table(), target="label", sampler=sampler).compute()


def test_partitions_with_changing_rows_raise():
    with pytest.raises(ValueError, match="has other rows"):
        resample(Shuffled(drop=1).table(), target="label", sampler=SMOTE())


def test_changing_order_of_kept_rows_raises_for_provenance_only():
    sampler = SMOTE(random_state=0)
    out = resample(Shuffled().table(), target="label", sampler=sampler)
    assert len(out.compute()) > 600
    traced = resample(
        Shuffled().table(), target="label", sampler=sampler, provenance=True
    )
    with pytest.raises(ValueError, match="another order of rows"):
        traced.compute()


def test_reserved_column_names_raise(table):
    X, y = table[["number", "text"]], table["label"]
    for name, roles, says in (
        ("__target__", {}, "used for y"),
        ("__weight__", {"sample_weight": table["weight"]}, "used for sample_weight"),
        ("__groups__", {"groups": table["group"]}, "used for groups"),
    ):
        named = X.rename(columns={"number": name})
        with pytest.raises(ValueError, match=f"'{name}', a name that is {says}"):
            RandomOverSampler().fit_resample(named, y, **roles)
    resampled, _ = RandomOverSampler(random_state=0).fit_resample(named, y)
    assert "__groups__" in resampled.columns


def test_mismatched_collections_raise(table):
    X, sampler = table[["number"]], SMOTE()
    frame = table.compute()
    other = dd.from_pandas(frame["label"].iloc[5:], npartitions=5)
    for y, says in (
        (frame["label"], "must be a Dask Series"),
        (table["label"].repartition(npartitions=4), "y has 4 partitions, X has 5"),
        (other, "inconsistent numbers of samples"),
    ):
        with pytest.raises((TypeError, ValueError), match=says):
            sampler.fit_resample(X, y)
    with pytest.raises(TypeError, match="y is a Dask Series"):
        sampler.fit_resample(frame[["number"]], table["label"])
    with pytest.raises(TypeError, match="two dimensions"):
        sampler.fit_resample(da.ones(5, chunks=5), da.ones(5, chunks=5))


class Inwards(BaseInterpolator):
    """Interpolate half-way, from seeds near another class."""

    _looks_at = "neighbors"

    def _reach(self):
        return 4, 0

    def _propose(self, table, y, label, n, rng):
        foreign, _ = table.foreign(4)
        seeds = self._allocate(table.eligible(foreign > 0, "is near"), n, rng)
        partners, voters = self._partners(table, seeds, rng)
        return seeds, partners, np.full(n, 0.5), voters


def test_custom_sampler_must_declare_what_it_reads(table):
    sampler = Inwards(random_state=0)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))

    class Silent(Inwards):
        _looks_at = BaseInterpolator._looks_at

    with pytest.raises(TypeError, match="Silent requires all rows"):
        resample(table, target="label", sampler=Silent())


class Lonely(BaseSelector):
    """Remove rows whose nearest neighbor is of another class."""

    _kind = "clean"
    _looks_at = "neighbors"

    def __init__(self, *, standardize=True, sampling_strategy="auto"):
        self.standardize = standardize
        self.sampling_strategy = sampling_strategy

    def _reach(self):
        return 1, 0

    def _select(self, table, y, plan, rng):
        near, _ = table.space.nearest(table.present, table.present, 1)
        goes = np.zeros(len(y), dtype=bool)
        goes[table.present] = y[near[:, 0]] != y[table.present]
        return np.flatnonzero(~(goes & np.isin(y, list(plan))))


@pytest.mark.filterwarnings("ignore:Class:UserWarning")
@pytest.mark.parametrize("strategy", ["auto", "all", ["u"], ["w"]], ids=str)
def test_custom_cleaner_equals_in_memory(table, strategy):
    sampler = Lonely(sampling_strategy=strategy)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


def test_error_names_the_samplers_that_are_supported(table):
    with pytest.raises(TypeError) as caught:
        resample(table, target="label", sampler=SVMSMOTE())
    names = str(caught.value)
    assert all(name in names for name in ("SafeLevelSMOTE, ", ", TomekLinks."))
    assert "KMeansSMOTE" not in names
    with pytest.raises(TypeError, match=r"unless outliers=None"):
        resample(table, target="label", sampler=RCALSampler())


def test_samplers_that_require_memory_reject_dask(table):
    X, y = table[["number"]], table["label"]
    for sampler in (
        Chain([("smote", SMOTE())]),
        SubclassSampler(SMOTE()),
        KMeansSMOTE(),
    ):
        with pytest.raises(TypeError, match="Dask"):
            sampler.fit_resample(X, y)
