"""The report in a browser: it runs no scripts, fetches nothing and is readable."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from report.markup import NAMES, table_with_markup
from shared import load_shared
from sklearn.tree import DecisionTreeClassifier
from skrub import tabular_pipeline

from imbsuite import RandomOverSampler
from imbsuite.datasets import load_abalone19
from imbsuite.explore import compare
from imbsuite.folds.stratified import StratifiedFolds

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")

# Disable what a browser would do on its own.
ALONE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Two classes without markup, and forty classes with it; other tables add no new case.
TABLES = [
    "abalone19",
    "markup",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("credit_data", "shuttle")
    ),
]
PHONE, DESK = 390, 1280


def some_rows(X, y, n=900):
    """Return ``n`` rows at random, and at least eight of each class."""
    order = np.random.default_rng(0).permutation(len(y))
    shuffled = pd.Series(np.asarray(y)[order])
    nth = shuffled.groupby(shuffled).cumcount().to_numpy()
    kept = order[(np.arange(len(y)) < n) | (nth < 8)]
    return X.iloc[kept].reset_index(drop=True), np.asarray(y)[kept]


def table(name):
    """Return features and labels."""
    if name == "markup":
        return table_with_markup()
    if name == "abalone19":
        return some_rows(*load_abalone19(return_X_y=True))
    return some_rows(*load_shared(name)[:2])


def model(name):
    """Return a model that fits fast; the table with markup needs no encoding."""
    tree = DecisionTreeClassifier(max_depth=4)
    return tree if name == "markup" else tabular_pipeline(tree)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return a function that makes the report of a table once and returns its URI."""
    pages = {}
    folder = tmp_path_factory.mktemp("reports")

    def make(name):
        if name not in pages:
            # Every warning here is also a note on the page.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                comparison = compare(
                    *table(name),
                    estimator={f"tree {NAMES[1]}": model(name)},
                    strategies={
                        NAMES[0]: RandomOverSampler(),
                        "random-under": "random-under",
                    },
                    cv=StratifiedFolds(2, 1),
                    scoring=["average_precision", "log_loss", "log_loss_corrected"],
                )
            comparison.report(folder / f"{name}.html")
            pages[name] = (folder / f"{name}.html").as_uri()
        return pages[name]

    return make


@pytest.fixture(scope="module")
def browser():
    """Return a headless browser."""
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ALONE)
        yield opened
        opened.close()


@dataclass
class Witness:
    """Records what happens on a page that should be quiet."""

    seen: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page):
        page.on("console", lambda message: self.seen.append(message.text))
        page.on("pageerror", lambda error: self.seen.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", self.dialog)

    def dialog(self, dialog):
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def visit(browser, address):
    """Return a function that opens a report; check at the end that it was quiet."""
    witness = Witness()
    contexts, pages = [], set()

    def go(name, width=DESK, scheme="light"):
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        witness.watch(page)
        pages.add(address(name))
        page.goto(address(name))
        return page

    yield go
    for context in contexts:
        context.close()
    assert witness.seen == []
    assert {url.partition("#")[0] for url in witness.requests} <= pages


OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"
UNTOLD = """() => [...document.querySelectorAll('svg, img, canvas')].filter(x => {
    if (x.getAttribute('aria-hidden') === 'true') return false;
    if (x.tagName === 'IMG') return !x.alt;
    const ids = (x.getAttribute('aria-labelledby') || '').split(' ');
    const told = ids.map(id => document.getElementById(id)?.textContent.trim());
    return x.getAttribute('role') !== 'img' || !told.length || !told.every(Boolean);
}).length"""
OUTSIDE = """() => {
    const scrolls = x => x && (getComputedStyle(x).overflowX === 'auto'
        || x.classList.contains('hidden') || scrolls(x.parentElement));
    return [...document.body.querySelectorAll('*')].filter(x =>
        x.getBoundingClientRect().right > innerWidth + 1 && !scrolls(x)
        && !x.classList.contains('skip')).map(x => x.outerHTML.slice(0, 80));
}"""
# Text with too little contrast to its background (WCAG 2.2, 1.4.3).
FAINT = """() => {
    const parse = c => c.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = x => {
        for (; x; x = x.parentElement) {
            const c = parse(getComputedStyle(x).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c;
        }
        return [255, 255, 255];
    };
    const written = n => n.nodeType === 3 && n.data.trim();
    const text = x => !['title', 'desc'].includes(x.tagName)
        && [...x.childNodes].some(written);
    return [...document.body.querySelectorAll('*')].filter(text).filter(x => {
        const style = getComputedStyle(x);
        const ink = parse(x.namespaceURI.endsWith('svg') ? style.fill : style.color);
        const [a, b] = [light(ink), light(behind(x))].sort((p, q) => q - p);
        return (a + 0.05) / (b + 0.05) < 4.5;
    }).map(x => x.outerHTML.slice(0, 80));
}"""
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
    .map(h => Number(h.tagName[1]))"""


@pytest.mark.parametrize("name", TABLES)
def test_page_has_no_scripts_and_is_accessible(visit, name):
    page = visit(name)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate(UNTOLD) == 0
    assert page.locator("svg.chart").count() >= 4 * 3
    levels = page.evaluate(HEADINGS)
    assert levels.count(1) == 1
    assert max(np.diff(levels)) <= 1
    assert page.locator("main").count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"
    captions = page.evaluate(
        "[...document.querySelectorAll('table')].every(t => t.caption?.textContent.trim())"
    )
    assert captions


@pytest.mark.parametrize("name", TABLES)
def test_page_fits_on_a_phone(visit, name):
    page = visit(name, PHONE)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(visit, scheme):
    page = visit("markup" if scheme == "dark" else "abalone19", scheme=scheme)
    page.evaluate(OPEN_ALL)
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    red = int(paper.partition("(")[2].partition(",")[0])
    assert (red < 60) == (scheme == "dark")
    assert page.evaluate(FAINT) == []


def test_markup_in_names_is_shown_as_text(visit):
    page = visit("markup")
    page.evaluate(OPEN_ALL)
    assert page.get_by_text(NAMES[0]).count() > 1
    assert page.locator("main img, main script, main style").count() == 0
    assert page.get_by_role("rowheader", name="{{ 7 * 7 }}{% raw %}").count() > 0


def test_content_security_policy_blocks_scripts_and_images(browser, address):
    page = browser.new_page()
    page.goto(address("abalone19"))
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'https://example.org/x.png';
        document.body.append(image);
    }""")
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.images[0].naturalWidth") == 0
    page.close()


def test_keyboard_reaches_the_results(visit):
    page = visit("abalone19")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to the results"
    assert focused.bounding_box()["width"] > 50
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_page_prints_on_paper(visit):
    page = visit("abalone19", scheme="dark")
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    # 210 mm less the margins, at 96 dots per inch.
    page.set_viewport_size({"width": 688, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    assert page.locator("details.printed table").first.is_visible()
    # Details cannot be opened on paper, so a title without its content is left out.
    titles = page.locator("details > summary:visible")
    assert 0 < titles.count() == page.locator("details.printed").count()
