"""Does each report tell what differs, what may, what is noise, and no key?"""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from contracts.comparison.compare import compare
from contracts.comparison.reporting.content import verdict
from contracts.comparison.reporting.files import write_reports
from contracts.comparison.reporting.html import as_html
from contracts.comparison.reporting.json_report import as_json
from contracts.comparison.reporting.junit import as_junit
from contracts.comparison.reporting.terminal import show, show_kept
from contracts.reporting.masking import Masking
from tests.contracts.comparison.made import KEY, exchange, recording, reply, side
from tests.contracts.comparison.reporting.told import made, options, told


@pytest.mark.parametrize("form", [as_html, as_json, as_junit])
def test_no_report_holds_a_key(form: object) -> None:
    """What a service said back is masked like everything else."""
    assert callable(form)
    text = str(form(told()))
    assert KEY not in text
    assert "<i>" in text or "&lt;i&gt;" in text


def test_json_tells_everything() -> None:
    """Differences with their values, predictions, noise, times and the verdict."""
    content = json.loads(as_json(told()))
    assert content["verdict"].startswith("different: 2 kinds of difference, 1 predicted and not")
    found = {(f["operation"], f["part"]): f for f in content["found"]}
    assert set(found) == {("execute", "body"), ("submit_job", "refusal")}
    altered = found["execute", "body"]
    assert (altered["count"], altered["calls"], altered["frequency"]) == (8, 8, 1)
    assert altered["path"] == "$.Results.output1[*]"
    assert altered["values"] == [{"primary": "'<b>x</b>'", "candidate": "'<i>'", "count": 8}]
    assert "http://gateway/suffix" in altered["curl"]["candidate"]
    assert content["stale"] == ["predicted"]
    assert [entry["count"] for entry in content["allowed"]] == [1, 0]
    noise = [row for row in content["noise"] if row["operation"] == "execute"]
    assert [(row["path"], row["at_the_candidate"]) for row in noise] == [("$.id", 8)]
    assert content["timing"]["operations"][0]["pairs"] == 8
    assert "signed-rank" in content["timing"]["test"]


def test_junit_has_a_case_for_each_operation_and_prediction() -> None:
    """What differs fails its operation, what did not come true its prediction."""
    top = ET.fromstring(as_junit(told()))
    cases = {
        (suite.get("name"), case.get("name")): [child.tag for child in case]
        for suite in top
        for case in suite
    }
    assert cases == {
        ("operations", "execute"): ["failure"],
        ("operations", "submit_job"): ["failure"],
        ("operations", "get_job_status"): [],
        ("allowed", "it may be"): [],
        ("allowed", "predicted"): ["failure"],
    }
    failure = top.find(".//failure")
    assert failure is not None
    assert "gateway altered: body $.Results.output1[*] changed, 8 of 8" in str(failure.text)


def test_junit_tells_that_a_comparison_is_not_complete() -> None:
    """That is an error, and what was never seen is skipped."""
    content = {**told(), "incomplete": "time was over", "stale": []}
    top = ET.fromstring(as_junit(content))
    error = top.find(".//error")
    assert error is not None
    assert error.get("message") == "time was over"
    assert len(top.findall(".//skipped")) == 1


def test_the_page_needs_nothing_else() -> None:
    """No address is loaded, markup of a reply is text, and the policy forbids the rest."""
    page = as_html(told())
    assert "default-src 'none'" in page
    assert "src=" not in page.replace("default-src", "").replace("-src ", "")
    assert "<i>" not in page
    assert "&lt;i&gt;" in page
    assert page.count('<details class="finding"') == 2


def said(code: int) -> str:
    """Return what the terminal shows of a comparison that ends with this code."""
    console = Console(record=True, width=200)
    chosen = options(against=Path("run"))
    masking = Masking(*chosen.targets)
    result = made()
    if code != 1:
        recorded = recording(exchange(reply({"a": 1})), incomplete="" if code == 0 else "it ended")
        result = compare(recorded, None, side(lambda _: reply({"a": 1})), [])
    assert result.exit_code == code
    show(result, chosen, console, masking)
    return console.export_text()


def test_the_terminal_says_the_verdict_first() -> None:
    """The first line is the outcome, whatever it is."""
    assert said(0).startswith("contracts: the same: no difference (1 calls compared")
    assert said(2).startswith("contracts: could not judge: it ended (1 calls compared")
    different = said(1)
    assert different.startswith("contracts: different: 2 kinds of difference, 1 predicted")


def test_the_terminal_says_what_differs_and_why_the_rest_may() -> None:
    """Both values, the call to send again, what was let pass, noise, and times."""
    text = said(1)
    for part in (
        "The primary is recorded now.",
        "gateway altered: body $.Results.output1[*] changed",
        "primary    '<b>x</b>'",
        "candidate  '<i>'",
        "Predicted and not seen: predicted",
        "1 x  it may be",
        "Noise, between primary and secondary as well: ",
        "body $.id",
        "How long calls took (it decides nothing):",
    ):
        assert part in text
    assert KEY not in text


def test_what_is_not_judged_is_noted() -> None:
    """Calls about jobs that strayed, calls that cannot be sent, and what a recording brings."""
    result = made()
    result.strayed, result.unsendable, result.incomplete = 2, 3, "time was over"
    result.recording = replace(result.recording, notes=("7 calls of else were left out",))
    found = next(iter(result.found.values()))
    found.log_row = {"responseCode": 500, "backendResponseCode": 200}
    console = Console(record=True, width=200)
    show(result, options(), console, Masking())
    text = console.export_text()
    assert "Note: 2 calls were not judged" in text
    assert "Note: 3 calls were not sent" in text
    assert "Note: 7 calls of else were left out." in text
    assert "Not complete: time was over" in text
    assert "responseCode 500, backendResponseCode 200" in text


def test_a_run_that_was_kept_is_told() -> None:
    """How many calls, and where; one that ended early is no success."""
    console = Console(record=True, width=200)
    show_kept(recording(exchange(reply())), Path("run"), console, Masking())
    show_kept(recording(incomplete="time was over"), Path("run"), console, Masking())
    lines = console.export_text().splitlines()
    assert lines[0] == "contracts: kept: 1 calls in run"
    assert lines[1] == "contracts: could not judge: time was over (0 calls kept)"


def test_nothing_compared_is_no_success() -> None:
    """The verdict says so."""
    result = compare(recording(), None, side(lambda _: None), [])
    assert verdict(result).startswith("could not judge: nothing was compared")


def test_reports_are_files(tmp_path: Path) -> None:
    """Each that was asked for is written, and no other."""
    files = {form: tmp_path / form for form in ("html", "junit", "json")}
    chosen = options(reports=files)
    write_reports(made(), chosen, Masking(*chosen.targets))
    assert {path.name for path in tmp_path.iterdir()} == set(files)
    write_reports(made(), options(), Masking())
