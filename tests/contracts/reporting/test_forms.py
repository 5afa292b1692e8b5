"""Does every form of report tell the whole run, and no key?"""

import base64
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

import jsonschema  # type: ignore[import-untyped]  # carries no types
import pytest
from rich.console import Console

from contracts.exchange import Request
from contracts.reporting.files import write_reports, write_whole
from contracts.reporting.har import as_har
from contracts.reporting.html import as_html
from contracts.reporting.json_report import as_json
from contracts.reporting.junit import as_junit
from contracts.reporting.terminal import show, verdict
from contracts.run import Report
from tests.contracts.reporting.made import SECRETS, TARGET, exchange, forms_of, report


def shown(run: Report) -> str:
    file = io.StringIO()
    show(run, Console(file=file, width=80))
    return file.getvalue()


FORMS = {"terminal": shown, "html": as_html, "junit": as_junit, "json": as_json, "har": as_har}


def views(form: str, text: str) -> list[str]:
    """Return a report as it is, and as its readers see it."""
    seen = [text, html.unescape(text), html.unescape(html.unescape(text)), unquote_plus(text)]
    if form in {"json", "har"}:
        seen += list(texts_in(json.loads(text)))
    packed = re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text)
    seen += [base64.b64decode(each[: len(each) // 4 * 4]).decode("latin-1") for each in packed]
    return seen


def texts_in(content: Any) -> Iterator[str]:
    match content:
        case str():
            yield content
        case dict():
            yield from content
            for value in content.values():
                yield from texts_in(value)
        case list():
            for value in content:
                yield from texts_in(value)
        case _:
            return


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_key_is_in_any_report(form: str, secret: str) -> None:
    """Though the target says them back in every encoding, and though requests hold them."""
    told = views(form, FORMS[form](report()))
    assert [found for found in forms_of(secret) if any(found in view for view in told)] == []


def test_a_key_in_a_report_would_be_seen() -> None:
    """Each form of each key is in the run, and is found where a report would hold it."""
    bodies = b"".join(call.reply.body for call in report().exchanges if call.reply)
    said = bodies.decode("latin-1")
    assert [f for secret in SECRETS for f in forms_of(secret) if f not in said] == []
    coded = base64.b64encode(SECRETS[0].encode()).decode()
    assert SECRETS[0] in views("har", json.dumps({"text": coded}))


def test_the_verdict_is_one_line() -> None:
    """What came of it, before anything else."""
    run = report()
    assert verdict(run).startswith("violated: 4 promises are broken (7 calls, ")
    assert shown(run).splitlines()[0].startswith("contracts: violated: 4 promises are broken")
    run.findings.found.clear()
    assert verdict(run).startswith("kept: nothing found")
    run.incomplete = "no time"
    assert verdict(run).startswith("could not judge: no time")
    run.incomplete, run.trouble = "", {"a": "KeyError"}
    assert verdict(run).startswith("could not judge: 1 check failed by itself")


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
    assert (told["version"], told["exit_code"], told["calls"]) == (1, 1, 7)
    first = told["findings"][0]
    assert first["clause"]["line"] > 0
    assert [step["reply"]["status"] for step in first["steps"]] == [200, 500]
    assert all("curl" in step["curl"] for step in first["steps"])
    assert told["findings"][1]["steps"][0]["trouble"] == "ReadError: [key]"
    rows = {row["check"]: row for row in told["checks"]}
    assert (rows["json_media_type"]["tried"], rows["json_media_type"]["passed"]) == (4, 3)
    assert rows["rate_limit_is_kept"]["skipped"] == "needs --expect-rate-limit"
    parts = {part["kind"]: part for part in told["exercised"]}
    assert "submit_job" in parts["operations"]["never"]
    assert parts["operations"]["seen"] == ["execute"]
    assert "execute 401" in parts["statuses"]["never"]
    reasons = {each["reason"]: each["checks"] for each in told["skipped"]}
    assert reasons["needs <b>--storage</b>"] == ["delete_keeps_outputs", "jobs_keep_apart"]
    latency = told["latency"][0]
    assert sum(latency["bars"]) == latency["calls"] == 6
    assert latency["p50"] <= latency["p95"] <= latency["p99"] <= 7


def schema() -> Any:
    return json.loads((files("contracts.reporting") / "report.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", ["broken", "kept", "incomplete"])
def test_json_is_as_its_schema_says(kind: str) -> None:
    """Other programs may rely on it, however a run ended."""
    run = report()
    if kind != "broken":
        run.findings.found.clear()
        run.exchanges.clear()
    if kind == "incomplete":
        run.incomplete, run.trouble = "the time was over", {"a": "KeyError"}
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    validator.validate(json.loads(as_json(run)))


def test_the_schema_objects_to_what_is_wrong() -> None:
    """A member more or less, or one of another type, is noticed."""
    validator = jsonschema.Draft202012Validator(schema())
    told = json.loads(as_json(report()))
    for name in told:
        assert not validator.is_valid({key: told[key] for key in told if key != name})
    assert not validator.is_valid({**told, "more": 1})
    told["findings"][0]["steps"][0]["curl"] = None
    assert not validator.is_valid(told)


def test_junit_is_what_ci_servers_read() -> None:
    """A suite for each folder, failures with their text, skips with their reason."""
    top = ET.fromstring(as_junit(report()))
    suites = {suite.get("name"): suite for suite in top}
    assert list(suites) == ["gateway", "jobs", "replies", "rrs"]
    assert suites["replies"].get("failures") == "4"
    assert (suites["jobs"].get("skipped"), suites["jobs"].get("tests")) == ("2", "2")
    assert (top.get("tests"), top.get("failures"), top.get("skipped")) == ("8", "4", "3")
    assert suites["replies"].get("timestamp") == "2026-11-28T02:58:18"
    timed = suites["replies"].find("testcase[@name='json_media_type[execute]']")
    assert timed is not None
    assert float(timed.get("time", "nothing")) == pytest.approx(0.028)
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


def test_junit_tells_a_mistake_of_ours() -> None:
    """A check that failed by itself is an error, neither a failure nor skipped."""
    run = report()
    run.findings.tally("jobs_keep_apart", "submit_job").skipped = "failed by itself"
    run.trouble["jobs_keep_apart"] = "KeyError: 'a'"
    error = ET.fromstring(as_junit(run)).find(".//testcase[@name='jobs_keep_apart[submit_job]']/*")
    assert error is not None
    assert (error.tag, error.get("message")) == ("error", "KeyError: 'a'")


def test_har_holds_every_call() -> None:
    """With times, headers, bodies, and who made it."""
    log = json.loads(as_har(report()))["log"]
    assert (log["version"], len(log["entries"])) == ("1.2", 7)
    first, second, third, fourth, *_ = log["entries"]
    assert first["request"]["queryString"] == [{"name": "api-version", "value": "2.0"}]
    assert first["comment"] == "json_media_type"
    assert "[key]" in second["response"]["content"]["text"]
    assert {"name": "Authorization", "value": "Bearer [key]"} in first["request"]["headers"]
    assert first["response"]["statusText"] == "OK"
    assert (third["response"]["status"], third["response"]["bodySize"]) == (0, -1)
    assert third["response"]["_error"] == "ReadError: [key]"
    content = fourth["response"]["content"]
    assert content["encoding"] == "base64"
    assert base64.b64decode(content["text"]).startswith(b"\xff\xfe")
    assert b"[key]" in base64.b64decode(content["text"])


def test_har_tells_requests_without_and_with_any_body() -> None:
    """No body is no postData; bytes that are no text are in base64, with a word of our own."""
    run = report()
    run.exchanges[0].request = Request("GET", "/x")
    run.exchanges[1].request = Request("POST", "/x", (), b"\xff")
    first, second, *_ = json.loads(as_har(run))["log"]["entries"]
    assert "postData" not in first["request"]
    assert second["request"]["postData"] == {"mimeType": "", "text": "/w==", "_encoding": "base64"}


def test_a_short_key_is_in_no_header_of_har() -> None:
    """Even one that is too short to be looked for in texts."""
    run = report()
    run.target = replace(TARGET, api_key="abc")
    run.exchanges[0].request = Request("GET", "/x", (("Authorization", "Bearer abc"),))
    header = json.loads(as_har(run))["log"]["entries"][0]["request"]["headers"][0]
    assert header["value"] == "Bearer [key]"


def test_the_terminal_is_told_nothing_by_the_target() -> None:
    """What would move the cursor, change colours or turn the line round is written as an escape."""
    text = shown(report())
    assert "\\x1b[31m \\ud800 \\u202e]]> a cell" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800]", text)


def test_the_terminal_leaves_out_the_middle_of_many_steps() -> None:
    """Some dozen calls are enough to see how it went."""
    run = report()
    key, finding = next(iter(run.findings.found.items()))
    run.findings.found = {key: finding}
    finding.exchanges = tuple(exchange(number) for number in range(1, 41))
    lines = shown(run).splitlines()
    assert sum(line.startswith("   step ") for line in lines) == 12
    assert "   …         27 more" in lines


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
    json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))


def test_no_part_of_a_file_stays_behind(tmp_path: Path) -> None:
    """A report that cannot take its place leaves nothing."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", "text")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("form", ["html", "junit", "json", "har"])
def test_half_a_character_stops_no_report(form: str, tmp_path: Path) -> None:
    """JSON of a target may name one; UTF-8 cannot hold it."""
    write_reports(report(), {form: tmp_path / "r"})
    text = (tmp_path / "r").read_text(encoding="utf-8")
    assert "a cell" in text or form == "har"
