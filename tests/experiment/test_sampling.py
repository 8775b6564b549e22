"""Comparisons on a sample: stratified, reported, and the same for any kind of table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import compare
from imbsuite._picking import choose, pick
from imbsuite.experiment.sampling import about_sample
from imbsuite.files import sample_file
from imbsuite.files.large import sample

dd = pytest.importorskip("dask.dataframe")


def table(n: int = 3000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = (rng.random(n) < 0.1).astype(int)
    return pd.DataFrame(
        {
            "x": rng.normal(size=n) + y,
            "z": rng.normal(size=n),
            "site": np.arange(n) % 7,
            "y": np.where(y, "ill", "well"),
        }
    )


def compare_quickly(X, y, **options):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    options |= {"strategies": ["random-under"], "scoring": ["log_loss"], "cv": 2}
    return compare(X, y, estimator=model, **options)


@pytest.mark.parametrize("rows", [200, 1000])
def test_sample_keeps_class_shares_with_a_minimum_for_small_classes(rows):
    labels = np.repeat(["a", "b", "c"], [9000, 900, 60])
    sizes = {"a": 9000, "b": 900, "c": 60}
    (ranks,) = choose([sizes], rows + 100, np.random.default_rng(0))
    kept = pick(labels, ranks)
    counts = pd.Series(labels[kept]).value_counts()
    assert len(set(kept.tolist())) == counts.sum() == rows + 100
    assert counts["c"] == 50
    assert counts["b"] == max(50, round((rows + 100) * 900 / 9960))


def test_sample_does_not_depend_on_how_the_table_is_split():
    rng = np.random.default_rng(0)
    labels = rng.choice(["a", "b"], 5000, p=[0.9, 0.1])
    chosen = []
    for cuts in ([], [1, 1, 2000], [17, 4999]):
        parts = np.split(labels, cuts)
        counts = [pd.Series(part).value_counts().to_dict() for part in parts]
        ranks = choose(counts, 500, np.random.default_rng(1))
        starts = [0, *cuts]
        places = [pick(p, r) + s for p, r, s in zip(parts, ranks, starts, strict=True)]
        chosen.append(np.concatenate(places).tolist())
    assert chosen[0] == chosen[1] == chosen[2]
    assert len(chosen[0]) == 500


def test_sample_depends_on_the_seed_and_can_take_all_rows():
    sizes = [{"a": 900, "b": 100}]
    one, other = (choose(sizes, 500, np.random.default_rng(s))[0] for s in (0, 1))
    assert one["a"].tolist() != other["a"].tolist()
    (every,) = choose(sizes, 5000, np.random.default_rng(0))
    assert {k: len(v) for k, v in every.items()} == sizes[0]
    with pytest.raises(ValueError, match=r"take at least 200\."):
        choose(sizes, 199, np.random.default_rng(0))


def test_note_on_a_sample():
    assert not list(about_sample(None, {"a": 1}))
    (text,) = about_sample({"a": 99_000, "b": 1000}, {"a": 990, "b": 10})
    assert text.startswith("measured on a stratified sample of 1,000 of the 100,000")
    assert text.endswith("the class shares are those of the table.")
    (text,) = about_sample({"a": 99_900, "b": 100}, {"a": 950, "b": 50})
    assert text.endswith("except for small classes, which have more rows: b (50).")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_all_kinds_of_tables_give_the_same_sample(tmp_path):
    frame = table()
    X, y = frame.drop(columns="y"), frame["y"]
    expected = compare_quickly(X, y, sample_rows=400, groups=frame["site"])
    assert expected.table_sizes == y.value_counts().sort_index().to_dict()
    assert sum(expected.class_sizes.values()) == 400
    assert "400 rows, sampled from 3,000" in str(expected)
    assert "sample_rows=400" in expected.recipe
    lazy = dd.from_pandas(frame, npartitions=7)
    comparison = compare_quickly(
        lazy.drop(columns="y"), lazy["y"], sample_rows=400, groups=lazy["site"]
    )
    pd.testing.assert_frame_equal(scores(comparison), scores(expected))
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=333)
    frame.to_csv(tmp_path / "t.csv", index=False)
    for name in ("t.parquet", "t.csv"):
        rows = sample_file(tmp_path / name, 400, target="y").rows
        comparison = compare_quickly(
            rows.drop(columns="y"), rows["y"], groups=rows["site"]
        )
        pd.testing.assert_frame_equal(scores(comparison), scores(expected))


def scores(comparison) -> pd.DataFrame:
    return comparison.scores.query("metric != 'fit_time'").reset_index(drop=True)


def test_invalid_dask_input_raises():
    lazy = dd.from_pandas(table(), npartitions=3)
    X, y = lazy[["x", "z"]], lazy["y"]
    with pytest.raises(ValueError, match="sample_rows=100_000"):
        compare(X, y)
    with pytest.raises(TypeError, match="y must be a Dask Series"):
        compare(X, table()["y"], sample_rows=300)
    with pytest.raises(TypeError, match="y has 2 partitions, X has 3"):
        compare(X, y.repartition(npartitions=2), sample_rows=300)


def test_many_small_files_can_be_sampled(tmp_path):
    for i in range(8):
        table()[i * 300 : (i + 1) * 300].to_parquet(tmp_path / f"{i}.parquet")
    lazy = dd.read_parquet(tmp_path)
    with pytest.warns(UserWarning, match="sample of 300 of the 2,400 rows"):
        compare_quickly(lazy[["x", "z", "site"]], lazy["y"], sample_rows=300)


# --- The command line ----------------------------------------------------------------


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_command_states_its_sample(run):
    table().to_parquet("t.parquet", row_group_size=500)
    options = ("--strategies", "random-under", "--folds", "2", "--repeats", "1")
    code, out, _ = run(
        *(
            "compare",
            "t.parquet",
            "--target",
            "y",
            "--sample-rows",
            "300",
            "--jobs",
            "1",
        ),
        *("--report", "r.html", "--output", "r.json", *options),
    )
    assert (code, out) == (0, "")
    document = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert (document["rows"], document["table_rows"]) == (300, 3000)
    assert document["notes"][0].startswith(
        "measured on a stratified sample of 300 of the"
    )
    assert "sample_rows=300" in document["recipe"]
    page = Path("r.html").read_text(encoding="utf-8")
    assert "300 rows, sampled from 3,000" in page
    assert "measured on a stratified sample" in page


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_error_for_a_table_too_large_for_memory_names_the_option(
    run, monkeypatch, kind
):
    getattr(table(), f"to_{kind}")(f"t.{kind}")
    monkeypatch.setattr(sample, "available_memory", lambda: 10_000)
    code, out, err = run("compare", f"t.{kind}", "--target", "y")
    assert (code, out) == (1, "")
    assert "--sample-rows 100000" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("t.csv --target y --sample-rows 20", "a sample of 20 rows is too small"),
        ("t.csv --target why --sample-rows 200", "there is no column 'why'"),
        ("t.csv --target x --sample-rows 200", "column 'x' has 3,000 distinct values"),
        ("no.csv --target y --sample-rows 200", "no.csv does not exist"),
        ("t.csv --target y --sample-rows 0", "--sample-rows"),
    ],
)
def test_invalid_sample_arguments_exit_with_a_message(run, arguments, message):
    table().to_csv("t.csv", index=False)
    code, out, err = run("compare", *arguments.split())
    assert (code in {1, 2}, out) == (True, "")
    assert message in err
