"""The report: chart numbers by hand, words that match the numbers, and any names."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from report.markup import NAMES, table_with_markup
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from imbsuite import RandomOverSampler, cli
from imbsuite.experiment.numbers import rounded
from imbsuite.explore import ReliabilityDisplay, compare
from imbsuite.folds.stratified import StratifiedFolds
from imbsuite.report import as_fragment, as_page, page
from imbsuite.report.answer import answer
from imbsuite.report.axes import (
    cost_axis,
    difference_axis,
    log_axis,
    odds_axis,
    plain_axis,
)
from imbsuite.report.curves import (
    GRID,
    POINTS,
    PROBABILITY_COST,
    class_curves,
    expected_cost,
    thin,
    threshold_scores,
)
from imbsuite.report.figures import figures
from imbsuite.report.panels import belief_panels
from imbsuite.report.tables import FOREST, results
from imbsuite.report.words import clean, share, short

IS_POSITIVE = np.array([True, True, False, False])
P = np.array([0.9, 0.4, 0.6, 0.1])
VOID = {"meta", "link", "br", "img", "path", "circle", "rect"}


@pytest.fixture(scope="module")
def comparison():
    """Return a comparison of two classes."""
    X, y = make_classification(300, weights=[0.9], flip_y=0.05, random_state=0)
    return compare(
        X,
        y,
        estimator={"logistic": LogisticRegression()},
        strategies=["random-over", "class-weight"],
        cv=StratifiedFolds(3, 2),
    )


@pytest.fixture(scope="module")
def html(comparison):
    """Return the page of the comparison."""
    return as_page(comparison)


@pytest.fixture(scope="module")
def with_markup():
    """Return a comparison of forty classes with markup in their names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return compare(
            *table_with_markup(),
            estimator={f"<b>{NAMES[0]}": DecisionTreeClassifier(max_depth=6)},
            strategies={f"<i>{NAMES[0]} \u202e": RandomOverSampler()},
            cv=StratifiedFolds(2, 1),
            scoring=["average_precision", "log_loss"],
        )


class Outline(HTMLParser):
    """Checks that elements are closed in order, and keeps tags and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def named(self, *names: str) -> list[str]:
        return [tag for tag, _ in self.tags if tag in names]

    def values(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.tags if attribute in a]


def test_expected_cost_matches_hand_computation():
    # Points (false alarms, found): (0, 0), (0, 1/2), (1/2, 1/2), (1/2, 1), (1, 1).
    cost = dict(
        zip(PROBABILITY_COST.round(2), expected_cost(IS_POSITIVE, P), strict=True)
    )
    assert cost[0.0] == cost[1.0] == 0
    assert cost[0.2] == pytest.approx(0.1)  # half missed: 0.2 / 2
    assert cost[0.5] == pytest.approx(0.25)  # half missed, or half false alarms
    assert cost[0.9] == pytest.approx(0.05)  # half false alarms: 0.1 / 2


def test_expected_cost_is_bounded_by_perfect_and_trivial_models():
    trivial = np.minimum(PROBABILITY_COST, 1 - PROBABILITY_COST)
    assert expected_cost(IS_POSITIVE, IS_POSITIVE.astype(float)) == pytest.approx(0)
    assert expected_cost(IS_POSITIVE, np.full(4, 0.3)) == pytest.approx(trivial)
    rng = np.random.default_rng(0)
    is_positive, p = rng.random(5000) < 0.1, rng.random(5000)
    assert (expected_cost(is_positive, p) <= trivial + 1e-12).all()


def test_threshold_scores_match_scikit_learn():
    scores = threshold_scores(IS_POSITIVE, P)
    for at in (0, 30, 50, 70):
        predicted = GRID[at] <= P
        options = {"zero_division": 0}
        assert scores["recall"][at] == recall_score(IS_POSITIVE, predicted, **options)
        assert scores["f1"][at] == pytest.approx(
            f1_score(IS_POSITIVE, predicted, **options)
        )
        assert scores["precision"][at] == precision_score(
            IS_POSITIVE, predicted, **options
        )
    # Above all probabilities there are no alerts, so precision is undefined.
    assert np.isnan(scores["precision"][GRID > 0.9]).all()


def test_precision_and_recall_match_hand_computation(comparison):
    first = replace(
        comparison.predictions[0],
        truth=IS_POSITIVE.astype(int),
        proba=P[:, np.newaxis],
        corrected=P[:, np.newaxis],
    )
    curves = class_curves(first, column=0, code=1)
    assert curves.recall.tolist() == [1.0, 0.5, 0.5, 0.0]
    # Three rows: 2/3. Two rows: 1/2. One row, or none: 1.
    assert curves.precision.tolist() == [2 / 3, 0.5, 1.0, 1.0]
    assert curves.area == pytest.approx((1 + 2 / 3) / 2)
    assert curves.share == 0.5
    assert curves.corrected is None
    assert class_curves(first, column=0, code=2) is None


def test_page_and_reliability_display_show_the_same_numbers(comparison):
    predictions = comparison.predictions[-1]
    panel = class_curves(predictions, column=0, code=1)
    proba = {"raw": predictions.proba, "corrected": predictions.corrected}
    display = ReliabilityDisplay.from_predictions(
        predictions.truth, {k: p[:, 0].astype(float) for k, p in proba.items()}
    )
    for name in proba:
        np.testing.assert_array_equal(getattr(panel, name).bins, display.bins[1][name])
        assert str(getattr(panel, name)) == display.annotations[1][name]
    words = belief_panels([panel], panel)[0].words
    assert all(text in words.lower() for text in display.annotations[1].values())


def test_corrected_probabilities_that_are_nan_are_not_drawn(comparison):
    last = comparison.predictions[-1]
    assert class_curves(last, column=0, code=1).corrected is not None
    unknown = replace(last, corrected=np.full_like(last.proba, np.nan))
    assert class_curves(unknown, column=0, code=1).corrected is None


def test_thin_keeps_ends_and_order():
    x = np.linspace(0, 1, 5000)
    kept = thin(x, np.sin(30 * x))
    assert len(kept) <= POINTS
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0
    assert kept[-1] == 4999
    assert thin(x[:7], x[:7]).tolist() == list(range(7))


@pytest.mark.parametrize(
    "axis",
    [
        plain_axis("p", (0, 0.5, 1)),
        log_axis("p", 0.001),
        odds_axis("p", 1e-4, 0.999),
        cost_axis("ratio", 0.008),
        difference_axis("d", -0.03, 0.9),
    ],
)
def test_axes_are_clipped_to_their_ends_and_ticks_do_not_touch(axis):
    assert axis.place([axis.low, axis.high]).tolist() == [0, 1]
    assert axis.place([axis.low - 1, axis.high + 1]).tolist() == [0, 1]
    places = axis.place([value for value, _ in axis.ticks])
    assert (np.diff(places) > 0.05).all()


def test_cost_ratio_ticks_match_the_formula():
    ticks = {label: at for at, label in cost_axis("ratio", 0.2).ticks}
    assert ticks["1:1"] == pytest.approx(0.2)
    assert ticks["10:1"] == pytest.approx(2 / 2.8)


def test_difference_axis_includes_0():
    for low, high in ((0.1, 0.3), (-0.3, -0.1), (0.0, 0.0)):
        axis = difference_axis("d", low, high)
        assert (0.0, "0") in axis.ticks
        assert axis.low <= low
        assert axis.high >= high


def test_names_are_cleaned_and_shortened():
    assert short("abc") == "abc"
    assert len(short("x" * 5000)) <= 60
    assert clean(" \n ") == "(empty)"
    assert clean("a\tb\nc") == "a b c"
    assert clean("👩‍👩‍👧 ü") == "👩‍👩‍👧 ü"
    for harm in ("\ud800", "\x00", "\u202e"):
        assert clean(f"a{harm}") == "a\N{REPLACEMENT CHARACTER}"


def test_shares_and_numbers_are_rounded():
    assert [share(p) for p in (0, 0.00042, 0.0077, 0.5)] == [
        "0 %",
        "0.04 %",
        "0.8 %",
        "50 %",
    ]
    assert [rounded(x, 1) for x in (-0.01, 0.26, -1.0)] == ["0.0", "+0.3", "−1.0"]
    numbers = (-0.001, 0.26, -1.0, np.nan)
    written = [rounded(x, signed=False) for x in numbers]
    assert written == ["0.00", "0.26", "−1.00", "undefined"]
    assert rounded(np.nan) == "undefined"


@pytest.mark.filterwarnings("ignore:column '0' alone determines the class")
def test_calibration_slope_of_separated_classes_is_undefined():
    X = np.repeat([[0.0], [1.0]], [60, 20], axis=0)
    y = np.repeat(["no", "yes"], [60, 20])
    comparison = compare(
        X,
        y,
        estimator=LogisticRegression(),
        strategies=["class-weight"],
        cv=StratifiedFolds(2, 1),
        scoring=["average_precision", "log_loss"],
    )
    html = as_page(comparison)
    assert "slope undefined" in html
    assert "nan" not in re.sub(r"<[^>]*>", " ", html).split()


def test_answer_is_two_sentences_that_match_the_summary(comparison):
    sentences = answer(comparison)
    assert len(sentences) == 2
    assert all(text.endswith(".") for text in sentences)
    rows = comparison.summary()
    better = rows[
        (rows["metric"] == "average_precision") & (rows["verdict"] == "better")
    ]
    assert better.empty == sentences[0].startswith("Nothing clearly beats")
    worse = rows[(rows["metric"] == "log_loss") & (rows["verdict"] == "worse")]
    assert f"{len(worse)} of 2 strategies with logistic make" in sentences[1]


def test_answer_names_the_only_worse_strategy(comparison):
    kept = comparison.scores["strategy"].isin(["nothing", "random-over"])
    two = raised_scores(
        replace(comparison, scores=comparison.scores[kept]), 0.5, metric="log_loss"
    )
    assert answer(two)[1].endswith(
        "random-over with logistic makes the probabilities clearly worse."
    )


def raised_scores(comparison, by, metric="average_precision"):
    """Return the comparison with random-over scoring higher than nothing by ``by``."""
    scores = comparison.scores.copy()
    of_it = (scores["metric"] == metric) & (scores["strategy"] == "random-over")
    nothing = (scores["metric"] == metric) & (scores["strategy"] == "nothing")
    noise = np.linspace(-1e-3, 1e-3, of_it.sum())
    scores.loc[of_it, "value"] = scores.loc[nothing, "value"].to_numpy() + by + noise
    return replace(comparison, scores=scores)


def test_answer_names_the_better_strategy(comparison):
    first = answer(raised_scores(comparison, 0.2))[0]
    assert first.startswith("With logistic, random-over beats doing nothing (average")
    assert "+0.2" in first
    other = raised_scores(comparison, 0.0).scores.assign(model="other <model>")
    both = pd.concat([raised_scores(comparison, 0.2).scores, other], ignore_index=True)
    sentence = answer(replace(comparison, scores=both))[0]
    assert "; with other <model> nothing clearly does" in sentence


def test_answer_without_enough_folds_or_strategies(comparison):
    single = replace(
        comparison, scores=comparison.scores[comparison.scores["fold"] == 0]
    )
    assert answer(single) == [
        "A single test fold gives no interval, so there is no conclusion."
    ]
    alone = comparison.scores[comparison.scores["strategy"] == "nothing"]
    assert answer(replace(comparison, scores=alone)) == [
        "No strategy could be compared with doing nothing."
    ]
    few = replace(comparison, scores=comparison.scores[comparison.scores["fold"] < 3])
    assert "with 3 test folds only large effects can be detected" in answer(few)[0]


def test_extreme_interval_is_clipped_and_the_others_stay_visible(comparison):
    result = results(comparison)[0]
    cells = [
        cell._replace(low=-0.1, high=0.1)
        for cell in result.cells
        if not np.isnan(cell.low)
    ]
    wild = cells[0]._replace(low=-50.0, high=50.0)
    drawn = replace(result, cells=[*cells, cells[0], wild])
    assert drawn.axis.high < 1
    # A line with two caps; a line that is cut off has no caps.
    assert drawn.drawn(cells[0]).count("v8") == 2
    assert drawn.drawn(wild).count("v8") == 0


def check(html: str) -> Outline:
    """Check what holds for every page, and return its outline."""
    outline = Outline(html)
    assert not outline.named("script", "iframe", "object", "embed", "form", "base")
    assert not [name for _, a in outline.tags for name in a if name.startswith("on")]
    links = outline.values("href") + outline.values("src")
    ids = outline.values("id")
    assert all(link == "data:," or link[1:] in ids for link in links)
    assert len(ids) == len(set(ids))
    for ids_named in outline.values("aria-labelledby"):
        assert set(ids_named.split()) <= set(ids)
    levels = [int(tag[1]) for tag in outline.named("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert "url(" not in html
    assert "@import" not in html
    assert "nan" not in re.sub(r"<[^>]*>", " ", html).split()
    return outline


def test_page_has_every_part(comparison, html):
    outline = check(html)
    panels = 4 * 3  # kinds, strategies with probabilities of their own
    assert [a.get("class") for _, a in outline.tags].count("chart") == panels
    for sentence in answer(comparison):
        assert sentence in html
    for part in (
        "random-over",
        "class-weight",
        "tuned-threshold",
        "Log-loss",
        "Seed: 0",
    ):
        assert part in html
    assert "from imbsuite import compare" in html
    assert "made from" in html
    assert len(html) < 200_000


def test_invalid_suspects_raise(comparison, tmp_path):
    for other in ([1], pd.DataFrame({"row": [1], "label": ["a"]})):
        with pytest.raises(
            TypeError, match=r"result of suspect_labels. Got \w+ without"
        ):
            comparison.report(tmp_path / "report.html", suspects=other)
    assert not (tmp_path / "report.html").exists()


def test_suspects_section_is_present_only_if_passed(comparison, html, tmp_path):
    assert 'id="suspects"' not in html
    suspects = pd.DataFrame(
        {
            "row": [41, 7],
            "label": ["<b>rare</b>", "common"],
            "p": [0.0123, 0.5],
            "z": [2.345, -1.0],
            "other": ["common", "<b>rare</b>"],
        }
    )
    comparison.report(tmp_path / "report.html", suspects=suspects)
    text = (tmp_path / "report.html").read_text()
    section = text.partition('<section id="suspects"')[2].partition("</section>")[0]
    cells = re.findall(
        r"<(?:td|th)[^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</(?:td|th)>", section
    )
    assert cells[5:] == [
        *("41", "&lt;b&gt;rare&lt;/b&gt;", "0.0123", "2.3", "common"),
        *("7", "common", "0.5000", "-1.0", "&lt;b&gt;rare&lt;/b&gt;"),
    ]
    page = as_page(comparison, suspects.assign(name="pump"))
    check(page)
    assert page.count("<td><bdi>pump</bdi></td>") == 2


def test_markup_in_names_is_escaped(with_markup):
    html = as_page(with_markup)
    check(html)
    assert "<b>" + NAMES[0] not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ 7 * 7 }}" in html
    assert "x" * 200 not in html
    assert "\u202e" not in html
    assert "300 columns" in html
    assert "2 have missing values, 1 holds nothing else" in html
    assert "The other 28 classes" in html
    assert len(html.encode()) < 600_000
    Outline(as_fragment(with_markup))


def test_page_of_models_without_probabilities():
    X, y = make_classification(200, weights=[0.8], random_state=0)
    plain = compare(
        X,
        y,
        estimator=LinearSVC(),
        strategies=["random-over"],
        scoring={"mine": lambda model, X, y: float((model.predict(X) == y).mean())},
        cv=3,
    )
    assert plain.predictions == ()
    html = as_page(plain)
    check(html)
    assert "these models have no <code>predict_proba</code>" in html
    assert "mine" in html


def test_page_of_an_interrupted_comparison_says_so(comparison, html):
    assert "Not finished" not in html
    stopped = replace(comparison, finished=(7, 36))
    assert "7 of 36 fits" in as_fragment(stopped)
    # Without the predictions that the charts are drawn from.
    cut = [p for p in comparison.predictions if p.strategy != "nothing"]
    page = as_page(replace(stopped, predictions=tuple(cut)))
    check(page)
    assert "7 of 36 fits" in page


def test_failed_strategy_is_not_compared(comparison):
    scores = comparison.scores.copy()
    scores.loc[scores["strategy"] == "random-over", "value"] = np.nan
    html = as_page(replace(comparison, scores=scores))
    check(html)
    assert "not compared" in html


def test_no_ranking_figures_without_the_nothing_strategy(comparison):
    without = [p for p in comparison.predictions if p.strategy != "nothing"]
    assert not figures(replace(comparison, predictions=tuple(without)))["ranking"]


def test_report_is_written_completely_or_not_at_all(
    comparison, html, tmp_path, monkeypatch
):
    path = tmp_path / "report.html"
    comparison.report(str(path))
    assert path.read_text(encoding="utf-8") == html
    path.write_text("mine")
    monkeypatch.setattr("imbsuite.report.as_page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        comparison.report(path)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OSError, match="cannot write"):
        comparison.report(tmp_path / "no" / "folder.html")


def test_notebook_repr_is_a_small_part_with_scoped_style(comparison):
    html = comparison._repr_html_()
    outline = Outline(html)
    assert not outline.named("script", "link", "h1", "h2")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    selectors = [
        part.strip()
        for rule in style[1].split("}")[:-1]
        for part in rule.partition("{")[0].split(",")
    ]
    assert all(part.startswith(".imbsuite-comparison") for part in selectors)
    assert len(html) < 20_000


def test_notebook_repr_is_none_without_jinja2(comparison, monkeypatch):
    def missing(_):
        raise ImportError("jinja2")

    monkeypatch.setattr(page, "need", missing)
    assert comparison._repr_html_() is None
    with pytest.raises(ImportError, match="jinja2"):
        as_page(comparison)


def test_command_line_writes_the_report(
    tmp_path, monkeypatch, comparison, html, capsys
):
    calls = []
    monkeypatch.setattr(
        "imbsuite.explore.with_options.compare_with",
        lambda *_, **k: calls.append(k) or comparison,
    )
    path, output = tmp_path / "demo.html", tmp_path / "demo.txt"
    # More jobs would start workers that are not needed.
    demo = ["demo", "--jobs", "1", "--report"]
    assert cli.main([*demo, str(path), "--output", str(output)]) == 0
    assert path.read_text(encoding="utf-8") == html
    assert output.read_text() == f"{comparison}\n"
    # An output that cannot be written is rejected before fitting.
    calls.clear()
    assert cli.main([*demo, str(tmp_path / "no" / "demo.html")]) == 1
    assert cli.main([*demo, str(path), "--output", str(path)]) == 1
    assert "choose another file" in capsys.readouterr().err
    assert not calls


@pytest.mark.parametrize(
    ("low", "high"),
    [(-0.78, 0.39), (-0.611, 0.389), (-0.0012, 0.0044), (0.0, 0.7), (-12345.0, 300.0)],
)
def test_difference_ticks_are_even_and_fit_on_a_phone(low, high):
    axis = difference_axis("d", low, high)
    values = np.array([value for value, _ in axis.ticks])
    assert 0.0 in values
    assert len(values) > 1
    assert np.allclose(np.diff(values), values[1] - values[0])
    # In an image 200 units wide, letters are 13 units high and 0.65 of that wide.
    width, letter = FOREST[0], 0.65 * 13
    places = width * axis.place(values)
    lengths = np.array([letter * len(text) for _, text in axis.ticks])
    assert np.all(np.diff(places) >= (lengths[1:] + lengths[:-1]) / 2)
