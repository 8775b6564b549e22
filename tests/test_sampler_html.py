"""Samplers in notebooks: the usual diagram, and class sizes before and after."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn import config_context

from imbsuite import SMOTE, RandomUnderSampler, Tempered, TomekLinks, make_chain
from imbsuite.testing import all_samplers

NAMES = [type(sampler).__name__ for sampler in all_samplers()]


def table(rng=0):
    X = np.random.default_rng(rng).normal(size=(90, 3))
    return X, np.repeat(["common", "rare"], [70, 20])


def shown(html):
    """Return the part below scikit-learn's diagram."""
    return html.partition("</body>")[2]


def text(html):
    return " ".join(
        re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split()
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sampler", all_samplers(), ids=NAMES)
def test_table_shows_class_sizes_before_and_after(sampler):
    X, y = table()
    _, y_new = sampler.fit_resample(X, y)
    html = shown(sampler._repr_html_())
    cells = re.findall(
        r"<th scope=\"row\">(\w+)</th><td>(\d+)</td><td>(\d+)</td><td>([\d.]+)</td>",
        html,
    )
    sizes = {label: (int(before), int(after)) for label, before, after, _ in cells}
    assert sizes == {
        k: ((y == k).sum(), (y_new == k).sum()) for k in ("rare", "common")
    }
    assert sum(float(share) for *_, share in cells) == pytest.approx(1, abs=0.002)
    assert f": {len(y_new):,} out." in text(html)


def test_added_and_removed_rows_of_a_chain_are_counted():
    X, y = table()
    chain = make_chain(
        SMOTE(random_state=0), RandomUnderSampler(sampling_strategy={"rare": 60})
    )
    chain.fit_resample(X, y)
    new = int(chain.is_synthetic_.sum())
    n_removed = 90 - int((~chain.is_synthetic_).sum())
    assert f"90 rows in, {new} added, {n_removed} removed" in text(chain._repr_html_())


def test_labels_are_escaped():
    X, y = table()
    y = np.where(y == "rare", "<script>alert(1)</script>", "a & b")
    sampler = SMOTE(random_state=0)
    sampler.fit_resample(X, y)
    html = shown(sampler._repr_html_())
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "a &amp; b" in html


@pytest.mark.parametrize(
    ("sampler", "says"),
    [
        (SMOTE(), "Every class grows to the size of the largest."),
        (SMOTE(sampling_strategy=0.3), "at least 0.3 × the largest"),
        (SMOTE(sampling_strategy=Tempered(2)), "power 1 / 2 (temperature 2)"),
        (RandomUnderSampler(sampling_strategy=0.5), "at most the smallest / 0.5"),
        (TomekLinks(), "Every class but the smallest is cleaned."),
        (SMOTE(sampling_strategy={"rare": 60}), ""),
        (SMOTE(sampling_strategy="nonsense"), ""),
        (make_chain(SMOTE()), ""),
    ],
)
def test_unfitted_sampler_describes_its_plan(sampler, says):
    assert says in text(shown(sampler._repr_html_()))
    assert bool(says) == bool(shown(sampler._repr_html_()))


def test_display_text_disables_html():
    sampler = SMOTE()
    assert "text/html" in sampler._repr_mimebundle_()
    assert sampler._repr_mimebundle_()["text/plain"] == repr(sampler) == "SMOTE()"
    with config_context(display="text"):
        assert not hasattr(sampler, "_repr_html_")
        assert list(sampler._repr_mimebundle_()) == ["text/plain"]


def test_a_chain_is_drawn_as_a_sequence():
    html = make_chain(SMOTE(), TomekLinks())._repr_html_()
    assert "sk-serial" in html
    assert html.index("SMOTE") < html.index("TomekLinks")


@pytest.mark.filterwarnings("ignore:Class")
def test_many_classes_are_limited_to_the_smallest():
    y = np.repeat(np.arange(15), np.arange(1, 16))
    sampler = SMOTE(random_state=0)
    sampler.fit_resample(np.random.default_rng(0).normal(size=(len(y), 2)), y)
    html = shown(sampler._repr_html_())
    assert html.count('scope="row"') == 12
    assert "and 3 larger classes" in html
