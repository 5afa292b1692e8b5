"""Does every form of report tell the whole run, and no key?"""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from contracts.reporting.files import write_reports
from contracts.reporting.har import as_har
from contracts.reporting.html import as_html
from contracts.reporting.json_report import as_json
from contracts.reporting.junit import as_junit
from contracts.reporting.terminal import show, verdict
from contracts.run import Report
from tests.contracts.reporting.made import SECRETS, forms_of, report


def shown(run: Report) -> str:
    file = io.StringIO()
    show(run, Console(file=file, width=80))
    return file.getvalue()


FORMS = {"terminal": shown, "html": as_html, "junit": as_junit, "json": as_json, "har": as_har}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_key_is_in_any_report(form: str, secret: str) -> None:
    """Though the target echoes them, and though request bodies hold them."""
    text = FORMS[form](report())
    assert [found for found in forms_of(secret) if found in text] == []


def test_the_verdict_is_one_line() -> None:
    """What came of it, before anything else."""
    run = report()
    assert verdict(run).startswith("violated: 2 promises are broken (4 calls, ")
    assert shown(run).splitlines()[0].startswith("contracts: violated: 2 promises are broken")
    run.findings.found.clear()
    assert verdict(run).startswith("kept: nothing found")
    run.incomplete = "no time"
    assert verdict(run).startswith("could not judge: no time")
    run.incomplete, run.trouble = "", {"a": "KeyError"}
    assert verdict(run).startswith("could not judge: 1 checks failed by themselves")


def test_the_terminal_tells_how_to_send_it_again() -> None:
    """Promise, line of the contract, what came, and a curl command."""
    text = shown(report())
    assert "json_media_type" in text
    assert "openapi.yaml:" in text
    assert "curl" in text
    assert "Not tried, needs --expect-rate-limit: rate_limit_is_kept" in text


def test_json_tells_all() -> None:
    """Findings with their clause and calls, checks with their counts, what was never touched."""
    told = json.loads(as_json(report()))
    assert (told["version"], told["exit_code"], told["calls"]) == (1, 1, 4)
    first = told["findings"][0]
    assert first["clause"]["line"] > 0
    assert len(first["steps"]) == 2
    rows = {row["check"]: row for row in told["checks"]}
    assert (rows["json_media_type"]["tried"], rows["json_media_type"]["passed"]) == (4, 3)
    assert rows["rate_limit_is_kept"]["skipped"] == "needs --expect-rate-limit"
    assert "submit_job" in told["never_exercised"]["operations"]
    assert "execute 401" in told["never_exercised"]["statuses"]
    assert sum(told["latency"][0]["bars"]) == 3


def test_junit_is_what_ci_servers_read() -> None:
    """A suite for each folder, failures with their text, skips with their reason."""
    top = ET.fromstring(as_junit(report()))
    suites = {suite.get("name"): suite for suite in top}
    assert set(suites) == {"gateway", "replies"}
    assert suites["replies"].get("failures") == "2"
    failure = suites["replies"].find("testcase/failure")
    assert failure is not None
    assert "promised:" in (failure.text or "")
    skipped = suites["gateway"].find("testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == "needs --expect-rate-limit"


def test_junit_tells_a_run_that_ended_early() -> None:
    """As an error of the run itself."""
    run = report()
    run.incomplete = "the time was over"
    error = ET.fromstring(as_junit(run)).find("testsuite[@name='run']/testcase/error")
    assert error is not None
    assert error.get("message") == "the time was over"


def test_har_holds_every_call() -> None:
    """With times, headers, bodies, and who made it."""
    log = json.loads(as_har(report()))["log"]
    assert (log["version"], len(log["entries"])) == ("1.2", 4)
    first, second, third, fourth = log["entries"]
    assert first["request"]["queryString"] == [{"name": "api-version", "value": "2.0"}]
    assert first["comment"] == "json_media_type"
    assert "[key]" in second["response"]["content"]["text"]
    assert third["response"]["status"] == 0
    assert fourth["response"]["content"]["encoding"] == "base64"


def test_the_page_escapes_what_the_target_says() -> None:
    """A target must not run its scripts in our page."""
    page = as_html(report())
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "<b>HTML</b>" not in page


def test_files_are_written_whole(tmp_path: Path) -> None:
    """Only what is asked for, and nothing half written beside it."""
    files = {"html": tmp_path / "r.html", "json": tmp_path / "r.json"}
    write_reports(report(), files)
    assert {file.name for file in tmp_path.iterdir()} == {"r.html", "r.json"}
    write_reports(report(), {})
