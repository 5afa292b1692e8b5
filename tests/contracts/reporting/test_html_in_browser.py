"""Can a person read the page, in a real browser and without a network?"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, sync_playwright

from contracts.reporting.html import as_html
from tests.contracts.reporting.made import report

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
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
    path.write_text(as_html(report()), encoding="utf-8")
    return path


@pytest.fixture
def page(file: Path) -> Iterator[Page]:
    """Open the page with the network off; nothing may complain, nothing may be asked for."""
    complaints: list[str] = []
    asked: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    def ask(request: Request) -> None:
        asked.append(request.url)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(offline=True)
        opened = context.new_page()
        opened.on("console", complain)
        opened.on("request", ask)
        opened.goto(file.as_uri())
        yield opened
        browser.close()
    assert complaints == []
    assert asked == [file.as_uri()]


def test_the_verdict_stands_on_top(page: Page) -> None:
    """It is the heading, and the title of the page."""
    assert page.locator("h1").inner_text().startswith("violated: 2 promises are broken")
    assert page.title().startswith("contracts: violated")


def test_a_finding_opens(page: Page) -> None:
    """Closed it is one line; open it says what was promised, and how to send it again."""
    finding = page.locator("details.finding").first
    assert not finding.locator("pre").first.is_visible()
    finding.locator("summary").click()
    assert finding.locator("pre").first.is_visible()
    assert "curl" in finding.locator("pre").first.inner_text()
    assert "openapi.yaml, line" in finding.inner_text()


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
    assert page.locator("svg rect").count() == 13


def test_a_phone_shows_it_without_scrolling_sideways(page: Page) -> None:
    """Tables scroll by themselves, the page does not."""
    page.set_viewport_size({"width": 360, "height": 740})
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
