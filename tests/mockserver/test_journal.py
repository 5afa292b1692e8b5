"""Are whole calls kept, as many as were asked for, and without any key?"""

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from mockserver.embedded import running_emulator
from mockserver.journal import Journal, JournalCall
from mockserver.ready_file import Ready

BODY = {"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}}
QUERY = "api-version=2.0&details=true"


@pytest.fixture(scope="module")
def keeping() -> Iterator[Ready]:
    """Run an emulator that keeps a megabyte of calls."""
    with running_emulator(journal_megabytes=1) as ready:
        yield ready


@pytest.fixture
def journal(keeping: Ready) -> Iterator[httpx.Client]:
    """Return a client of an empty journal."""
    with httpx.Client(base_url=keeping["admin"]["url"], trust_env=False) as client:
        assert client.delete("/journal").status_code == 204
        yield client


def entries(journal: httpx.Client, surface: str = "services") -> list[dict[str, Any]]:
    """Return what is kept of a surface."""
    archive = journal.get("/journal", params={"surface": surface}).raise_for_status().json()
    assert archive["log"]["version"] == "1.2"
    found: list[dict[str, Any]] = archive["log"]["entries"]
    return found


def address(ready: Ready, rest: str) -> str:
    """Return an address of the service, directly."""
    services = ready["services"]
    ids = f"/workspaces/{services['workspace']}/services/{services['service']}"
    return f"{services['url']}{ids}{rest}"


def bearer(ready: Ready) -> dict[str, str]:
    """Return the header with the service's key."""
    return {"Authorization": f"Bearer {ready['services']['primary_key']}"}


def named(headers: list[dict[str, str]]) -> dict[str, str]:
    """Return headers by their names."""
    return {each["name"].lower(): each["value"] for each in headers}


def test_a_call_is_kept_whole(keeping: Ready, journal: httpx.Client) -> None:
    """Address, headers, body, and all that was answered."""
    url = address(keeping, f"/execute?{QUERY}")
    answer = httpx.post(url, json=BODY, headers=bearer(keeping), trust_env=False)
    (entry,) = entries(journal)
    request, response = entry["request"], entry["response"]
    assert (request["method"], request["url"], request["httpVersion"]) == ("POST", url, "HTTP/1.1")
    assert request["queryString"] == [
        {"name": "api-version", "value": "2.0"},
        {"name": "details", "value": "true"},
    ]
    assert request["postData"]["mimeType"] == "application/json"
    assert json.loads(request["postData"]["text"]) == BODY
    assert (response["status"], response["statusText"]) == (200, "OK")
    assert response["content"]["text"] == answer.text
    assert response["bodySize"] == response["content"]["size"] == len(answer.content)
    told = named(response["headers"])
    assert told.items() <= dict(answer.headers).items()
    assert told["x-ms-request-id"] == answer.headers["x-ms-request-id"]
    assert entry["time"] == entry["timings"]["wait"] >= 0


def test_each_surface_has_its_own_calls(keeping: Ready, journal: httpx.Client) -> None:
    """What the gateway forwarded is in both, as it was sent there; refusals of its own in one."""
    gateway = keeping["gateway"]
    key = gateway["subscriptions"]["unlimited"]["primary_key"]
    path = address(keeping, "").removeprefix(keeping["services"]["url"])
    url = f"{gateway['api']}{path}/execute?{QUERY}"
    headers = {**bearer(keeping), "Ocp-Apim-Subscription-Key": key}
    httpx.post(url, json=BODY, headers=headers, trust_env=False).raise_for_status()
    httpx.post(f"{url}&subscription-key=nobodys", json=BODY, trust_env=False)
    first, second = entries(journal, "gateway")
    (forwarded,) = entries(journal)
    assert first["request"]["url"] == url
    assert (first["response"]["status"], second["response"]["status"]) == (200, 401)
    assert forwarded["request"]["url"].startswith(address(keeping, "/execute?"))
    assert first["response"]["content"]["text"] == forwarded["response"]["content"]["text"]


def test_no_key_is_kept(keeping: Ready, journal: httpx.Client) -> None:
    """Neither of a service, nor of a subscription, nor of an account, nor of a single blob."""
    storage, gateway = keeping["storage"], keeping["gateway"]
    key = gateway["subscriptions"]["starter"]["primary_key"]
    reference = {"ConnectionString": storage["connection_string"], "RelativeLocation": "demo/a.csv"}
    job = {"Input": reference, "Outputs": {"output1": reference}}
    httpx.post(address(keeping, "/jobs"), json=job, headers=bearer(keeping), trust_env=False)
    token = "?sv=2015-02-21&sr=b&sig=c2VjcmV0&se=2030-01-01"
    job = {"Input": {"BaseLocation": "x", "RelativeLocation": "y", "SasBlobToken": token}}
    httpx.post(address(keeping, "/jobs?a=b&sig=c2VjcmV0"), json=job, trust_env=False)
    query = {"subscription-key": key, "b": "c"}
    httpx.get(f"{gateway['api']}/x", params=query, trust_env=False)
    headers = {"Ocp-Apim-Subscription-Key": key}
    httpx.get(f"{gateway['api']}/x", headers=headers, trust_env=False)
    kept = json.dumps([entries(journal), entries(journal, "gateway")])
    for secret in (keeping["services"]["primary_key"], key, storage["key"], "c2VjcmV0"):
        assert secret not in kept
    assert kept.count("[key]") == 9


def test_a_key_in_the_wrong_place_is_not_kept_either(keeping: Ready, journal: httpx.Client) -> None:
    """In a query, in a header of another name, in a text, or behind an escaped ampersand."""
    services = keeping["services"]
    key = services["primary_key"]
    body = b'{"a": "%s", "b": "?sv=1\\u0026sig=c2VjcmV0"}' % key.encode()
    url = address(keeping, "/execute")
    httpx.post(url, params={"api-key": key}, content=body, headers={"X-Key": key}, trust_env=False)
    kept = json.dumps(entries(journal))
    assert services["primary_key"] not in kept
    assert quote(key, safe="") not in kept
    assert "c2VjcmV0" not in kept
    assert kept.count("[key]") == 5


def test_what_stands_beside_a_key_is_kept(keeping: Ready, journal: httpx.Client) -> None:
    """A mask takes no more than the key."""
    token = "?sv=1&sig=c2VjcmV0&se=2030-01-01"
    job = {"Input": {"BaseLocation": "x", "RelativeLocation": "y", "SasBlobToken": token}}
    httpx.post(address(keeping, "/jobs"), json=job, trust_env=False)
    kept = json.dumps(entries(journal))
    assert "&se=2030-01-01" in kept


def test_bytes_that_are_no_text_are_kept(keeping: Ready, journal: httpx.Client) -> None:
    """They stand in base64, and the answer is the usual refusal."""
    answer = httpx.post(address(keeping, "/execute"), content=b"\xff\x00", trust_env=False)
    (entry,) = entries(journal)
    data = entry["request"]["postData"]
    assert (base64.b64decode(data["text"]), data["encoding"]) == (b"\xff\x00", "base64")
    assert entry["response"]["status"] == answer.status_code == 401


def test_what_is_too_large_is_answered_and_not_kept(keeping: Ready, journal: httpx.Client) -> None:
    """The archive says that a call is missing."""
    body = json.dumps({"Inputs": {"input1": "x" * (3 << 20)}}).encode()
    url = address(keeping, f"/execute?{QUERY}")
    answer = httpx.post(url, content=body, headers=bearer(keeping), trust_env=False)
    assert answer.status_code == 400
    log = journal.get("/journal").json()["log"]
    assert log["entries"] == []
    assert log["comment"].startswith("1 more calls")


def test_a_body_that_does_not_come_is_not_waited_for(keeping: Ready, journal: httpx.Client) -> None:
    """A call that is refused for its head is answered, with its body or without."""
    host, _, port = keeping["services"]["url"].removeprefix("http://").partition(":")
    path = address(keeping, "/execute").removeprefix(keeping["services"]["url"])
    for more in ("", "Expect: 100-continue\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n{more}\r\n"
            connection.sendall(head.encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
    kept = entries(journal)
    assert [each["response"]["status"] for each in kept] == [401, 401]
    assert ["postData" in each["request"] for each in kept] == [False, False]


def test_a_reset_forgets(keeping: Ready, journal: httpx.Client) -> None:
    """The journal is part of the start state; calls of /__admin are never in it."""
    httpx.get(address(keeping, "/swagger.json"), trust_env=False)
    assert len(entries(journal)) == 1
    journal.post("/reset").raise_for_status()
    assert entries(journal) == []


def test_without_being_asked_nothing_is_kept(ready: Ready) -> None:
    """The answer says which setting keeps it."""
    url = f"{ready['admin']['url']}/journal"
    for method in ("GET", "DELETE"):
        answer = httpx.request(method, url, trust_env=False)
        assert answer.status_code == 404
        assert "journal_megabytes" in answer.json()["error"]["message"]


def call(target: bytes, body: bytes = b"") -> JournalCall:
    """Return a call that nobody made."""
    return JournalCall("services", 0.0, "GET", target, "1.1", [(b"a", b"b")], body)


def test_the_oldest_go_first_and_are_counted() -> None:
    """The limit is one of bytes; what is too large by itself drives nothing out."""
    journal = Journal(3 * call(b"/1").size)
    for number in b"12345":
        journal.add(call(b"/%c" % number))
    journal.add(call(b"/large", b"x" * journal.limit))
    log = journal.as_har("services", "http://here")["log"]
    assert [each["request"]["url"][-2:] for each in log["entries"]] == ["/3", "/4", "/5"]
    assert journal.forgotten == 3
    assert log["comment"].startswith("3 more calls")
    journal.clear()
    assert "comment" not in journal.as_har("services", "")["log"]


def test_a_call_without_an_answer_is_kept() -> None:
    """Its status is 0, as archives say it."""
    journal = Journal(1 << 20)
    journal.add(call(b"/"))
    (entry,) = journal.as_har("services", "http://here")["log"]["entries"]
    assert (entry["response"]["status"], entry["response"]["statusText"]) == (0, "")
