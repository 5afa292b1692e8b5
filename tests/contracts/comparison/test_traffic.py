"""Are the calls of a HAR file those of the service, with our keys in them?"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.comparison.traffic import NoTraffic, read_har
from contracts.exchange import Exchange
from tests.contracts.comparison.made import KEY, target

THEIRS = f"/workspaces/{'1' * 32}/services/{'2' * 32}"


def entry(url: str, method: str = "POST", **more: Any) -> dict[str, Any]:
    """Return an entry as browsers write it."""
    headers = more.pop("headers", [("authorization", "Bearer old"), (":authority", "x")])
    return {
        "request": {
            "method": method,
            "url": url,
            "headers": [{"name": name, "value": value} for name, value in headers],
            "postData": {"text": more.pop("text", "{}"), **more.pop("data", {})},
        },
        "response": more.pop("response", {}),
    }


def har(tmp_path: Path, *entries: object) -> Path:
    """Write a file of entries."""
    path = tmp_path / "traffic.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}))
    return path


def sent(tmp_path: Path, *entries: object, hosts: tuple[str, ...] = ("old",)) -> list[Exchange]:
    """Return the calls that these entries make."""
    at = target(storage="Ours=1;")
    return list(read_har(str(har(tmp_path, *entries)), at, hosts).exchanges)


def test_a_call_gets_our_address_and_keys(tmp_path: Path) -> None:
    """Host, prefix and ids are ours; query and escapes stay; headers of a connection go."""
    url = f"https://old/suffix{THEIRS}/execute?api-version=2.0&x=%2f"
    headers = [("Authorization", "Bearer old"), ("X-Kept", "1"), ("Content-Length", "99")]
    headers += [("ocp-apim-subscription-key", "old"), ("Connection", "close"), (":method", "POST")]
    (call,) = sent(tmp_path, entry(url, headers=headers))
    assert call.request.target == target().base + "/execute?api-version=2.0&x=%2f"
    assert call.operation == "execute"
    assert call.request.headers == (
        ("Host", "primary"),
        ("Authorization", f"Bearer {KEY}"),
        ("X-Kept", "1"),
        ("Content-Length", "2"),
    )


def test_storage_in_a_body_is_ours(tmp_path: Path) -> None:
    """A connection string that was recorded, or masked, becomes ours."""
    text = '{"Inputs": {"a": {"ConnectionString" : "AccountKey=\\"old\\"", "x": "y"}}}'
    (call,) = sent(tmp_path, entry(f"http://old{THEIRS}/jobs", text=text))
    assert json.loads(call.request.body) == {
        "Inputs": {"a": {"ConnectionString": "Ours=1;", "x": "y"}}
    }


def test_calls_of_other_hosts_are_left_out_and_told(tmp_path: Path) -> None:
    """Only what meant the service is sent; a note says how much was not."""
    path = har(tmp_path, entry(f"http://OLD{THEIRS}/execute"), entry("http://else/x"))
    made = read_har(str(path), target(), {"old"})
    assert len(made.steps) == 1
    assert made.notes == ("1 calls of else in traffic.har were left out, see --har-host",)
    assert not made.is_full


def test_ids_of_other_services_stay(tmp_path: Path) -> None:
    """The service that is called most is ours; a call of another one stays one of another."""
    other = f"http://old/suffix/workspaces/{'1' * 32}/services/nobody/execute"
    usual = entry(f"http://old/suffix{THEIRS}/execute")
    calls = sent(tmp_path, entry(other), usual, usual, entry("http://old/suffix/x", "GET"))
    assert [call.request.path for call in calls] == [
        f"/workspaces/{'1' * 32}/services/nobody/execute",
        f"{target().base}/execute",
        f"{target().base}/execute",
        "/x",
    ]


def test_our_own_ids_are_ours_however_rare(tmp_path: Path) -> None:
    """Where our service is called at all, it is the one."""
    calls = sent(
        tmp_path,
        entry(f"http://old{THEIRS}/execute"),
        entry(f"http://old{THEIRS}/execute"),
        entry(f"http://old{target().base}/execute"),
    )
    assert calls[0].request.path == f"{THEIRS}/execute"
    assert calls[2].request.path == f"{target().base}/execute"


def test_replies_are_kept_for_the_ids_in_them(tmp_path: Path) -> None:
    """What a submit call answered tells which job later calls mean; coded bodies are decoded."""
    content = {"text": base64.b64encode(b'"job"').decode(), "encoding": "base64"}
    response = {"status": 200, "headers": [{"name": "A", "value": "1"}], "content": content}
    coded = {"text": base64.b64encode(b"{}\xff").decode(), "encoding": "base64"}
    (call,) = sent(tmp_path, entry(f"http://old{THEIRS}/jobs", response=response, data=coded))
    assert call.reply is not None
    assert (call.reply.json, call.reply.header("a")) == ("job", "1")
    assert call.request.body == b"{}\xff"


def test_addresses_without_a_path_are_the_root(tmp_path: Path) -> None:
    """A host alone means its root, with its query, and never a fragment."""
    urls = ("http://old", "http://old?x=1", "http://old/a#b")
    calls = sent(tmp_path, *(entry(url, "GET", text="") for url in urls))
    assert [call.request.target for call in calls] == ["/", "/?x=1", "/a"]
    assert calls[0].request.header("Content-Length") is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text", "is no HAR file"),
        ("{}", "is no HAR file"),
        ('{"log": {"entries": [{}]}}', "is no HAR file"),
        ('{"log": {"entries": []}}', "only nothing at all"),
        ('{"log": {"entries": [{"request": {"url": "http://else/"}}]}}', "only else"),
        ('{"log": {"entries": [{"request": {"url": "http://old/"}}]}}', "entry 1 is no call"),
    ],
)
def test_a_file_without_traffic_is_refused(tmp_path: Path, content: str, complaint: str) -> None:
    """One line says what is wrong with the file."""
    path = tmp_path / "traffic.har"
    path.write_text(content)
    with pytest.raises(NoTraffic, match=complaint):
        read_har(str(path), target(), {"old"})
