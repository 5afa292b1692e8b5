"""Can a person read the page, in a real browser and without a network?"""

import os
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from contracts.reporting.files import write_reports
from tests.contracts.reporting.made import report

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ, reason="no Chromium here; CI has one"
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_reports(report(), {"html": path})
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(file: Path, browser: Browser) -> Iterator[Page]:
    """Open the page with the network off; nothing may complain, nothing may be asked for."""
    complaints: list[str] = []
    asked: list[str] = []
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert complaints == []
    assert asked == [file.as_uri()]


def test_the_verdict_stands_on_top(page: Page) -> None:
    """It is the heading, and the title of the page."""
    assert page.locator("h1").inner_text().startswith("violated: 4 promises are broken")
    assert page.title().startswith("contracts: violated")


def test_a_finding_opens(page: Page) -> None:
    """Closed it is one line; open it says what was promised, and how to send it again."""
    finding = page.locator("details.finding").first
    shown = finding.locator(":scope > pre").first
    assert not shown.is_visible()
    finding.locator(":scope > summary").click()
    assert shown.is_visible()
    assert "curl" in shown.inner_text()
    assert "openapi.yaml, line" in finding.inner_text()


def test_the_calls_before_open_too(page: Page) -> None:
    """Each has its command and its reply."""
    finding = page.locator("details.finding").first
    finding.locator(":scope > summary").click()
    step = finding.locator("details.step").first
    assert not step.locator("pre").first.is_visible()
    step.locator("summary").click()
    assert [pre.is_visible() for pre in step.locator("pre").all()] == [True] * 3
    assert step.locator("pre").nth(2).inner_text().startswith("200\nContent-Type: text/html")


def test_a_command_is_copied(page: Page) -> None:
    """To the clipboard; where the browser does not let us, it is selected."""
    page.locator("details.finding > summary").first.click()
    finding = page.locator("details.finding").first
    button = finding.locator(":scope > h4 button").first
    button.click()
    page.wait_for_function("button => button.textContent !== 'copy'", arg=button.element_handle())
    if button.inner_text() == "selected":
        assert page.evaluate("getSelection().toString()").startswith("curl")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    other = finding.locator(":scope > h4 button").nth(1)
    other.click()
    page.wait_for_function(
        "button => button.textContent === 'selected'", arg=other.element_handle()
    )
    assert page.evaluate("getSelection().toString()").startswith("import")


def test_the_filter_leaves_what_is_asked_for(page: Page) -> None:
    """Other rows and empty tables go; an empty filter brings them back."""
    rows = page.locator("table.checks tbody tr")
    everything = rows.count()
    page.locator("#filter").fill("expect-rate-limit")
    visible = [row for row in rows.all() if row.is_visible()]
    assert len(visible) == 1
    assert "rate_limit_is_kept" in visible[0].inner_text()
    page.locator("#filter").fill("")
    assert sum(row.is_visible() for row in rows.all()) == everything


def test_times_are_drawn(page: Page) -> None:
    """A picture with a name, one for each operation."""
    assert page.locator("svg[role=img]").count() == 1
    assert "p50 4.5 ms" in page.locator("section[aria-labelledby=latency]").inner_text()
    assert page.locator("svg rect").count() == 13


def test_outcomes_are_filtered(page: Page) -> None:
    """Only what failed, or only what was not tried; how many there are is said."""
    rows = page.locator("table.checks tbody tr")
    page.locator("#outcome").select_option("failed")
    visible = [row for row in rows.all() if row.is_visible()]
    assert len(visible) == 4
    assert page.locator("#shown").inner_text() == f"4 of {rows.count()}"
    page.locator("#outcome").select_option("skipped")
    assert "rate_limit_is_kept" in page.locator("main").inner_text()


def test_a_phone_shows_it_without_scrolling_sideways(page: Page) -> None:
    """Tables scroll by themselves; the page does not, though everything is open."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_print_shows_what_is_closed(page: Page) -> None:
    """Paper cannot be clicked; afterwards all is as it was."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.finding[open]").count() == 0


CONTRAST = """() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if (!color.endsWith(", 0)")) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const poor = [];
  for (const each of document.querySelectorAll("body *:not(script, svg *)")) {
    const [a, b] = [light(getComputedStyle(each).color), light(behind(each))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(each.outerHTML.slice(0, 80));
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(page: Page, scheme: Literal["light", "dark"]) -> None:
    """By 4.5 to 1 at least (WCAG AA), by day and by night."""
    page.emulate_media(color_scheme=scheme)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert is_dark == (scheme == "dark")
    assert page.evaluate(CONTRAST) == []


def test_the_page_can_be_walked_by_ear(page: Page) -> None:
    """Landmarks, one first heading, none left out below, named tables and controls."""
    assert [page.locator(name).count() for name in ("header", "nav", "main", "h1")] == [1, 1, 1, 1]
    levels = [
        int(each[1])
        for each in page.locator("h1,h2,h3,h4").evaluate_all("all => all.map(each => each.tagName)")
    ]
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert page.locator("table").count() == page.locator("table > caption").count()
    assert page.locator("input, select").count() == page.locator("label :is(input, select)").count()
    for link in page.locator("nav a").all():
        assert page.locator(str(link.get_attribute("href"))).count() == 1
