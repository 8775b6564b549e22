"""Displays of resampling, class sizes and comparisons draw actual rows and values."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from shared import spread
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    SMOTE,
    RandomOverSampler,
    RandomUnderSampler,
    Tempered,
    TomekLinks,
    compare,
    make_chain,
)
from imbsuite.datasets import load_hepatitis
from imbsuite.displays.style import COLORS, DASHES, line_style
from imbsuite.explore import (
    ClassSizesDisplay,
    ComparisonDisplay,
    EpochScoresDisplay,
    ResamplingDisplay,
)
from imbsuite.testing import all_samplers

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
NAMES = [type(sampler).__name__ for sampler in all_samplers()]


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def table(n=120, n_rare=30):
    X = np.random.default_rng(0).normal(size=(n, 4)) * [1, 10, 100, 1]
    X[-n_rare:] += 1
    return X, np.repeat(["common", "rare"], [n - n_rare, n_rare])


def drawn(display, kind):
    parts = [p.get_offsets() for (_, k), p in display.points_.items() if k == kind]
    return np.vstack([np.empty((0, 2)), *parts])


def in_order(points):
    return np.array(sorted(map(tuple, np.asarray(points))))


def legend_of(ax):
    return [entry.get_text() for entry in ax.get_legend().get_texts()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sampler", all_samplers(), ids=NAMES)
def test_every_row_is_drawn_once_and_the_sampler_is_unchanged(sampler):
    X, y = table()
    before = set(vars(sampler))
    display = ResamplingDisplay.from_sampler(sampler, X, y)
    assert set(vars(sampler)) == before
    fitted = clone(sampler)
    X_new, _ = fitted.fit_resample(X, y)
    n_new = int(fitted.is_synthetic_.sum())
    kept, new = drawn(display, "kept"), drawn(display, "new")
    assert (len(kept), len(new)) == (len(X_new) - n_new, n_new)
    np.testing.assert_array_equal(drawn(display, "before"), kept)
    assert len(drawn(display, "removed")) + len(kept) == len(X)
    pairs = fitted.parents_ if 0 < n_new <= 200 else []
    assert (display.joins_ is None) == (len(pairs) == 0)
    if len(pairs):
        ends = [segment[0] for segment in display.joins_.get_segments()]
        expected = np.vstack([display.rows[pairs[:, 0]], display.rows[pairs[:, 1]]])
        np.testing.assert_allclose(ends, expected)


def test_components_are_fitted_on_standardized_originals():
    X, y = table()
    display = ResamplingDisplay.from_sampler(SMOTE(random_state=0), X, y)
    scaler = StandardScaler().fit(X)
    pca = PCA(2).fit(scaler.transform(X))
    np.testing.assert_allclose(display.rows, pca.transform(scaler.transform(X)))
    X_new, _ = SMOTE(random_state=0).fit_resample(X, y)
    expected = pca.transform(scaler.transform(X_new[len(X) :]))
    np.testing.assert_allclose(display.new, expected)
    share = f"{100 * pca.explained_variance_ratio_[0]:.0f} %"
    assert share in display.axes_[0].get_xlabel()


def test_two_levels_have_distance_one():
    X = pd.DataFrame({"color": ["red", "blue"] * 6})
    y = [0] * 8 + [1] * 4
    display = ResamplingDisplay.from_sampler(RandomOverSampler(random_state=0), X, y)
    red, blue = display.rows[0], display.rows[1]
    assert np.linalg.norm(red - blue) == pytest.approx(1)


@pytest.mark.parametrize("container", ["pandas", "polars", "list", "csr"])
def test_containers_give_the_same_points(container):
    X, y = table()
    containers = {
        "pandas": lambda: pd.DataFrame(X),
        "polars": lambda: pytest.importorskip("polars").DataFrame(X),
        "list": X.tolist,
        "csr": lambda: sp.csr_array(X),
    }[container]()
    sampler = SMOTE(random_state=0)
    expected = ResamplingDisplay.from_sampler(sampler, X, y)
    display = ResamplingDisplay.from_sampler(sampler, containers, y)
    # The sign of a component is arbitrary.
    np.testing.assert_allclose(np.abs(display.new), np.abs(expected.new), atol=1e-6)


def test_two_columns_of_a_mixed_table_with_missing_values():
    X, y = load_hepatitis(return_X_y=True)
    gap = next(name for name in X if X[name].dtype.kind == "f" and X[name].isna().any())
    sampler = SMOTE(random_state=0)
    display = ResamplingDisplay.from_sampler(sampler, X, y, columns=[gap, "sex"])
    present = X[gap].notna().to_numpy()
    np.testing.assert_array_equal(display.rows[present, 0], X[gap][present])
    # Below all values: at the median they would look like a frequent value.
    span = X[gap].max() - X[gap].min()
    margin = pytest.approx(X[gap].min() - 0.1 * span)
    assert (display.rows[~present, 0] == display.margins[0]).all()
    assert display.margins == (margin, None)
    places = [str(display.ticks[1][round(v)]) for v in display.rows[:, 1]]
    assert places == X["sex"].astype(str).tolist()
    n = int((~present).sum())
    assert f"{n} missing in {gap}: drawn at the margin" in display.ax_.get_xlabel()
    assert display.axes_[0].get_ylabel() == "sex"
    assert display.axes_[0].get_ylim() == display.axes_[1].get_ylim()


@pytest.mark.parametrize("container", ["array", "pandas", "csr", "dates"])
def test_missing_numbers_of_old_and_new_rows_are_at_the_margin(container):
    X, y = table()
    X[::5, 1] = X[1::7, 0] = np.nan
    if container == "dates":
        days = pd.Timestamp("2020-01-01") + pd.to_timedelta(X[:, 1], "D")
        rows = pd.DataFrame({"a": X[:, 0], "b": days})
    else:
        kinds = {"array": np.asarray, "pandas": pd.DataFrame, "csr": sp.csr_array}
        rows = kinds[container](X)
    sampler = RandomOverSampler(random_state=0)
    display = ResamplingDisplay.from_sampler(sampler, rows, y, columns=[0, 1])
    for axis in (0, 1):
        missing = np.isnan(X[:, axis])
        values = display.rows[:, axis]
        assert (values[missing] == display.margins[axis]).all()
        assert values[~missing].min() > display.margins[axis]
        parents = missing[display.parents[:, 0]]
        np.testing.assert_array_equal(
            display.new[:, axis] == display.margins[axis], parents
        )
    # A line on each side of each panel separates them.
    for panel in display.axes_:
        (across, up) = panel.lines
        assert display.margins[0] < across.get_xdata()[0] < np.nanmin(X[:, 0])
        assert display.margins[1] < up.get_ydata()[0]


def test_missing_values_are_drawn_below_all_values():
    X, y = table()
    missing = np.arange(len(X)) % 5 == 0
    X[missing, 1] = np.nan
    sampler = RandomOverSampler(random_state=0)
    display = ResamplingDisplay.from_sampler(sampler, X, y, columns=[0, 1])
    assert display.rows[missing, 1].max() < np.nanmin(X[:, 1])


def test_margin_of_empty_and_complete_columns():
    X = np.column_stack([np.full(30, np.nan), np.arange(30.0)])
    sampler = RandomOverSampler(random_state=0)
    y = [0] * 20 + [1] * 10
    display = ResamplingDisplay.from_sampler(sampler, X, y, columns=[0, 1])
    assert np.ptp(display.rows[:, 0]) == 0
    assert display.margins[1] is None
    assert not display.ax_.lines


def test_missing_levels_have_their_own_tick():
    X = pd.DataFrame({"a": ["u", None, "v"] * 6, "b": np.arange(18.0)})
    y = [0] * 12 + [1] * 6
    display = ResamplingDisplay.from_sampler(
        SMOTE(random_state=0), X, y, columns=["b", "a"]
    )
    assert list(display.ticks[1]) == ["u", "v", "missing"]
    assert round(display.rows[1, 1]) == 2


def test_large_classes_are_thinned_and_small_classes_are_not():
    X, y = table(5000, 60)
    display = ResamplingDisplay.from_sampler(SMOTE(random_state=0), X, y, max_rows=500)
    assert len(display.points_["rare", "before"].get_offsets()) == 60
    assert len(display.points_["common", "before"].get_offsets()) == 440
    titles = [panel.get_title("left") for panel in display.axes_]
    assert titles[0] == "before: 5,000 rows, 500 drawn"
    assert "4,880 new (500 drawn)" in titles[1]
    assert "rare: 60 → 4,940" in legend_of(display.axes_[1])


def test_parents_are_drawn_even_if_thinned():
    X, y = table(3000, 60)
    sampler = SMOTE(sampling_strategy={"rare": 100}, random_state=0)
    display = ResamplingDisplay.from_sampler(sampler, X, y, max_rows=50)
    assert display.joins_ is not None
    points = {tuple(p) for p in drawn(display, "kept")}
    ends = {tuple(segment[0]) for segment in display.joins_.get_segments()}
    assert ends <= points


def test_rarest_of_many_classes_have_colors():
    y = np.repeat(np.arange(14), np.arange(2, 16))
    X = np.random.default_rng(0).normal(size=(len(y), 3))
    display = ResamplingDisplay.from_sampler(RandomUnderSampler(random_state=0), X, y)
    labels = {label for label, _ in display.points_}
    assert labels == {0, 1, 2, 3, 4, 5, None}
    assert any(
        text.startswith("8 other classes") for text in legend_of(display.axes_[1])
    )


@pytest.mark.parametrize("X", [np.ones((12, 3)), np.arange(12.0)[:, None]])
def test_tables_with_fewer_than_two_components_are_drawn(X):
    y = [0] * 8 + [1] * 4
    display = ResamplingDisplay.from_sampler(RandomOverSampler(random_state=0), X, y)
    display.figure_.canvas.draw()
    assert np.isfinite(display.new).all()


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (
            {"columns": ["a", "b"]},
            ValueError,
            "no column 'a'; choose one of positions from 0 to 3",
        ),
        ({"columns": [0, 4]}, ValueError, "X has no column 4"),
        ({"columns": [1]}, ValueError, r"of two columns.*Got \[1\]"),
        ({"columns": "ab"}, ValueError, "of two columns.*Got 'ab'"),
        ({"sampler": PCA()}, TypeError, "must be a sampler of imbsuite"),
    ],
)
def test_invalid_arguments_raise(options, error, says):
    X, y = table()
    with pytest.raises(error, match=says):
        ResamplingDisplay.from_sampler(**{"sampler": SMOTE(), "X": X, "y": y} | options)


def test_column_and_class_names_are_not_parsed_as_math():
    X, y = table()
    frame = pd.DataFrame(X, columns=[r"$\frac$", "<b>", "c", "d"])
    y = np.where(y == "rare", r"$\bad", "ok")
    display = ResamplingDisplay.from_sampler(
        SMOTE(random_state=0), frame, y, columns=[r"$\frac$", "<b>"]
    )
    display.figure_.canvas.draw()
    sizes = ClassSizesDisplay.from_plans(y, {r"$\frac$": 0.5})
    sizes.figure_.canvas.draw()


def test_long_labels_are_truncated():
    X, y = table()
    y = np.where(y == "rare", "r" * 90, "line\nbreak")
    display = ResamplingDisplay.from_sampler(SMOTE(random_state=0), X, y)
    texts = legend_of(display.axes_[1])
    assert texts[:2] == ["r" * 39 + "…: 30 → 90", "line break: 90 → 90"]


def test_axes_of_the_user_are_used_and_rcparams_are_unchanged():
    from matplotlib import pyplot as plt

    X, y = table()
    before = dict(matplotlib.rcParams)
    figure, axes = plt.subplots(1, 2)
    display = ResamplingDisplay.from_sampler(SMOTE(random_state=0), X, y, ax=axes)
    assert display.figure_ is figure
    assert dict(matplotlib.rcParams) == before
    with pytest.raises(ValueError, match=r"None or 2 axes, one for each panel. Got 1"):
        display.plot(axes[0])


def test_line_styles_are_distinct():
    looks = {tuple(line_style(i).values()) for i in range(30)}
    assert len(looks) == len(COLORS) * len(DASHES) == 30
    one = [0.1, 0.2]
    names = [f"run {i}" for i in range(12)]
    display = EpochScoresDisplay(
        dict.fromkeys(names, one), {name: [1, 1] for name in names}
    ).plot()
    assert (
        len({(k.get_color(), k.get_linestyle()) for k in display.lines_.values()}) > 6
    )


def test_class_sizes_of_plans_equal_those_of_samplers():
    X, y = table()
    plans = [Tempered(1), Tempered(2), Tempered(float("inf")), 0.6]
    display = ClassSizesDisplay.from_plans(y, plans)
    assert list(display.after) == ["Tempered(1)", "Tempered(2)", "Tempered(inf)", "0.6"]
    for plan, sizes in zip(plans, display.after.values(), strict=True):
        assert sizes == RandomOverSampler(sampling_strategy=plan).fit(X, y).plan_
    # The largest class comes first.
    assert display.marks_["Tempered(2)"].get_xdata().tolist() == [90, 52]
    names = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert names == ["common (90)", "rare (30)"]
    assert display.ax_.get_xscale() == "linear"
    under = ClassSizesDisplay.from_plans(y, Tempered(float("inf")), kind="under")
    assert under.after["Tempered(inf)"] == {"common": 30, "rare": 30}


def test_mapping_of_class_sizes_is_a_single_plan():
    y = [0] * 20 + [1] * 5
    assert list(ClassSizesDisplay.from_plans(y, {1: 10}).after) == ["{1: 10}"]
    assert list(ClassSizesDisplay.from_plans(y, {"ten": {1: 10}}).after) == ["ten"]


def test_class_sizes_after_chains_and_cleaning():
    X, y = table()
    samplers = {
        "chain": make_chain(SMOTE(random_state=0), TomekLinks(sampling_strategy="all")),
        "tomek": TomekLinks(),
    }
    display = ClassSizesDisplay.from_samplers(samplers, X, y)
    for name, sampler in samplers.items():
        _, y_new = clone(sampler).fit_resample(X, y)
        assert display.after[name] == {
            k: (y_new == k).sum() for k in ("common", "rare")
        }
    assert not hasattr(samplers["tomek"], "plan_")
    alone = ClassSizesDisplay.from_samplers(SMOTE(), X, y)
    assert list(alone.after) == ["SMOTE"]


def test_wide_range_of_sizes_uses_log_axis_and_omits_middle_classes():
    y = np.repeat(np.arange(40), np.arange(1, 41))
    display = ClassSizesDisplay.from_plans(y, {"same": Tempered(1)})
    assert display.ax_.get_xscale() == "log"
    ticks = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert ticks == ["1", "2", "5", "10", "20"]
    display.figure_.canvas.draw()
    between = display.ax_.xaxis.get_minorticklabels()
    assert not any(text.get_text() for text in between)
    assert len(display.ax_.get_yticklabels()) == 30
    assert "10 classes in between are not drawn" in display.ax_.get_xlabel()


@pytest.mark.parametrize("few", [400, 400_000, 8_000_000, 800_000_000])
@pytest.mark.parametrize("many", [900, 9_000_000, 900_000_000])
def test_legend_does_not_cover_the_numbers(few, many):
    before, after = {"common": many, "rare": few}, {"common": many, "rare": many}
    display = ClassSizesDisplay(before, {"auto": after}).plot()
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend().get_window_extent()
    assert len(display.ax_.texts) == 2
    for number in display.ax_.texts:
        assert number.get_window_extent().x1 < legend.x0


def days_of_hours(container, n):
    """Return a table with hours from 2024 on, and these hours as days since 1970."""
    hours = np.datetime64("2024-01-01T00", "h") + np.arange(n).astype("timedelta64[h]")
    days = (hours - np.datetime64("1970-01-01", "h")) / np.timedelta64(1, "D")
    if container == "numpy":
        return np.column_stack([hours, hours]).astype("datetime64[ms]"), days
    X = pd.DataFrame({"day": hours.astype("datetime64[s]"), "x": np.arange(n) % 7})
    if container == "zone":
        X["day"] = X["day"].dt.tz_localize("UTC")
    if container == "polars":
        return pytest.importorskip("polars").from_pandas(X), days
    if container == "arrow":
        return pytest.importorskip("pyarrow").Table.from_pandas(X), days
    if container == "dates":
        dates = pytest.importorskip("polars").col("day").dt.date()
        polars = pytest.importorskip("polars").from_pandas(X).with_columns(dates)
        return polars, np.floor(days)
    return X, days


@pytest.mark.parametrize(
    "container", ["pandas", "zone", "polars", "dates", "arrow", "numpy"]
)
def test_datetimes_are_drawn_as_dates(container):
    X, days = days_of_hours(container, 60)
    y = np.repeat(["common", "rare"], [40, 20])
    display = ResamplingDisplay.from_sampler(
        RandomOverSampler(random_state=0), X, y, columns=[0, 1]
    )
    np.testing.assert_allclose(display.rows[:, 0], days)
    assert display.dates == (True, container == "numpy")
    display.figure_.canvas.draw()
    for panel in display.axes_:
        assert "2024" in panel.xaxis.get_major_formatter().get_offset()


def test_datetimes_in_months_are_drawn_as_numbers():
    X = np.arange(24).reshape(12, 2).astype("datetime64[M]")
    y = np.repeat(["common", "rare"], [8, 4])
    sampler = RandomOverSampler(random_state=0)
    display = ResamplingDisplay.from_sampler(sampler, X, y, columns=[0, 1])
    assert display.dates == (False, False)
    np.testing.assert_array_equal(display.rows, np.arange(24).reshape(12, 2))


# By default, one length per power of ten: ticks then have different units.
@pytest.mark.parametrize(
    "days",
    [
        pytest.param(days, marks=pytest.mark.slow if i % 3 else [])
        for i, days in enumerate(np.geomspace(1e-3, 3e5, 30))
    ],
)
def test_date_labels_do_not_overlap(days):
    rows = np.column_stack([18_000 + np.linspace(0, days, 5), np.zeros(5)])
    display = ResamplingDisplay(rows, list("aaabb"), [], [], dates=(True, False)).plot()
    display.figure_.canvas.draw()
    for panel in display.axes_:
        low, high = panel.get_xlim()
        ticks = zip(panel.get_xticks(), panel.get_xticklabels(), strict=True)
        boxes = [t.get_window_extent() for x, t in ticks if low <= x <= high]
        assert len(boxes) > 1
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


# A figure takes a third of a second: by default, each word and each number of levels.
@pytest.mark.parametrize(
    ("word", "n_levels"),
    spread(
        {"a": "a", "clerk": "clerk", "head": "head of department", "x": "x" * 60},
        {"2": 2, "5": 5, "12": 12},
    ),
)
def test_level_labels_do_not_overlap(word, n_levels):
    rng = np.random.default_rng(0)
    levels = rng.permutation(np.arange(120) % n_levels)
    X = pd.DataFrame(
        {"job": [f"{word} {k}" for k in levels], "x": rng.normal(size=120)}
    )
    y = np.repeat(["common", "rare"], [100, 20])
    display = ResamplingDisplay.from_sampler(
        RandomOverSampler(), X, y, columns=["job", "x"]
    )
    display.figure_.canvas.draw()
    for panel in display.axes_:
        texts = panel.get_xticklabels()
        assert len(texts) == n_levels
        if not texts[0].get_rotation():
            boxes = [text.get_window_extent() for text in texts]
            assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda X, y: ClassSizesDisplay.from_plans(y, 0.5, kind="x"),
            ValueError,
            "'x'",
        ),
        (
            lambda X, y: ClassSizesDisplay.from_plans(y, 1.5),
            ValueError,
            "A ratio in the",
        ),
        (
            lambda X, y: ClassSizesDisplay.from_plans([1, 1], 1.0),
            ValueError,
            "one class",
        ),
        (lambda X, y: ClassSizesDisplay.from_samplers(PCA(), X, y), TypeError, "PCA"),
    ],
)
def test_invalid_class_sizes_raise(call, error, says):
    with pytest.raises(error, match=says):
        call(*table())


@pytest.fixture(scope="module")
def comparison():
    X, y = make_classification(300, weights=[0.85], random_state=0)
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    models = {
        "linear": LogisticRegression(),
        "tree": DecisionTreeClassifier(max_depth=2),
    }
    drawn = ["average_precision", "log_loss", "calibration_slope"]
    strategies = ["smote", "random-under"]
    return compare(X, y, strategies=strategies, estimator=models, scoring=drawn, cv=3)


def test_comparison_is_drawn_with_its_intervals(comparison):
    display = comparison.plot()
    summary = comparison.summary()
    rows = summary[summary["metric"] == "average_precision"]
    assert [panel.get_title("left") for panel in display.axes_] == ["linear", "tree"]
    bounded = rows[rows["low"].notna()]
    assert len(display.bars_) == len(bounded) == 4
    for row in bounded.itertuples():
        point, _, (bars,) = display.bars_[row.model, row.strategy]
        assert point.get_xdata().tolist() == [row.difference]
        ends = bars.get_segments()[0][:, 0]
        np.testing.assert_allclose(ends, [row.low, row.high])
    assert "better →" in display.ax_.get_xlabel()
    texts = [text.get_text() for text in display.ax_.texts]
    first = rows[rows["model"] == "linear"]["mean"].iloc[0]
    assert f"{first:.3f}" in texts
    assert "mean" in texts


# By default, each power occurs with one factor, and each factor with every third power.
@pytest.mark.parametrize(
    ("power", "times"),
    spread(
        {f"{power}": power for power in range(-6, 5)},
        {f"{times}": times for times in (1.0, 1.7, 2.8)},
        every=3,
    ),
)
def test_difference_labels_do_not_overlap(comparison, power, times):
    rows = comparison.summary().query("metric == 'average_precision'").copy()
    rows[["difference", "low", "high"]] *= times * 10.0**power
    display = ComparisonDisplay(rows, "average precision", 1, 0.95).plot()
    display.figure_.canvas.draw()
    for panel in display.axes_:
        low, high = panel.get_xlim()
        ticks = zip(panel.get_xticks(), panel.get_xticklabels(), strict=True)
        boxes = [t.get_window_extent() for x, t in ticks if low <= x <= high]
        assert len(boxes) > 2
        for left, right in pairwise(boxes):
            assert left.x1 < right.x0


def test_better_direction_is_reversed_for_losses(comparison):
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(2)
    display = comparison.plot("log_loss", ax=axes)
    assert display.axes_[0] is axes[0]
    assert "← better" in display.ax_.get_xlabel()
    slope = ComparisonDisplay.from_comparison(comparison, metric="calibration_slope")
    assert "better" not in slope.ax_.get_xlabel()
    with pytest.raises(ValueError, match=r"metrics that were measured: \[.*Got 'auc'"):
        comparison.plot("auc")
