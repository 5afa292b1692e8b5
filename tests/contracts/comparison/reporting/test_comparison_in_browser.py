"""Can a person read the page of a comparison, in a real browser and without a network?"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from contracts.comparison.reporting.html import as_html
from tests.contracts.comparison.reporting.told import told

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ, reason="no Chromium here; CI has one"
)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Open the page with the network off; nothing may complain, nothing may be asked for."""
    file = tmp_path / "comparison.html"
    file.write_text(as_html(told()), encoding="utf-8")
    complaints: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_context(offline=True).new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(file.as_uri())
        yield opened
        browser.close()
    assert complaints == []
    assert asked == [file.as_uri()]


def shown(page: Page) -> list[str]:
    """Return the operations of the differences that can be seen."""
    return [
        str(each.get_attribute("data-operation"))
        for each in page.locator("details.finding").all()
        if each.is_visible()
    ]


def test_differences_are_filtered(page: Page) -> None:
    """By operation, by verdict and by text; the tree follows, and the number is told."""
    assert shown(page) == ["execute", "submit_job"]
    page.locator("#operation").select_option("submit_job")
    assert shown(page) == ["submit_job"]
    assert page.locator("#shown").inner_text() == "1 of 2"
    assert page.locator("ul.tree > li:visible").count() == 1
    page.locator("#operation").select_option("")
    page.locator("#verdict").select_option("gateway altered")
    assert shown(page) == ["execute"]
    page.locator("#verdict").select_option("")
    page.locator("#text").fill("resource not found")
    assert shown(page) == ["submit_job"]


def test_the_tree_leads_to_a_difference(page: Page) -> None:
    """A field of the tree opens what it is about, both replies beside each other."""
    beside = page.locator("details.finding table.beside").first
    assert not beside.is_visible()
    page.locator("ul.tree a").first.click()
    assert beside.is_visible()
    assert any("<b>x</b>" in text for text in beside.locator("td.lost").all_inner_texts())
    assert any("<i>" in text for text in beside.locator("td.added").all_inner_texts())


def test_a_phone_shows_it_without_scrolling_sideways(page: Page) -> None:
    """Tables scroll by themselves; the page does not, though everything is open."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_everything_has_a_name(page: Page) -> None:
    """Tables have captions, controls have labels, sections can be reached from the top."""
    assert page.locator("table").count() == page.locator("table > caption").count()
    assert page.locator("input, select").count() == page.locator("label :is(input, select)").count()
    for link in page.locator("nav a").all():
        assert page.locator(str(link.get_attribute("href"))).count() == 1
    assert page.locator("svg[role=img]").count() == 2
