"""Does a trace tell what happened to a call, in API Management's form?"""

import json
import re
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.call import Call
from mockserver.gateway.errors import LastError
from mockserver.gateway.message import Body, Headers, Request, Response, Url
from mockserver.gateway.model import Api, Operation, Product, User
from mockserver.gateway.policy import Library
from mockserver.gateway.templates import UrlTemplate
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policy_calls import TIMED_OUT, FakeBackend, Stage, handled, read

FORWARD = "<forward-request />"
NOON = datetime.fromisoformat("2026-11-23T12:00:00Z").timestamp()


def entries(trace: Trace) -> dict[str, list[dict[str, Any]]]:
    """Return the entries as they are read."""
    found: dict[str, list[dict[str, Any]]] = json.loads(msgspec.json.encode(trace.entries))
    return found


def traced(call: Call, **sections: str) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of a call that goes through some policies."""
    trace = call.trace = Trace(call.id, call.runtime.now, call.begun)
    handled(call, read(None, **sections))
    return entries(trace)


def sources(found: list[dict[str, Any]]) -> list[str]:
    return [entry["source"] for entry in found]


def test_an_entry_has_its_four_members() -> None:
    """The timestamp has seven digits and is by the emulator's clock; elapsed is real time."""
    trace = Trace("1", lambda: NOON + 0.25, 0.0)
    trace.add("a", {"message": "b"})
    entry = entries(trace)["inbound"][0]
    assert list(entry) == ["source", "timestamp", "elapsed", "data"]
    assert entry["timestamp"] == "2026-11-23T12:00:00.2500000Z"
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{7}", entry["elapsed"])
    assert (entry["source"], entry["data"]) == ("a", {"message": "b"})


def test_entries_stand_under_their_sections() -> None:
    """Every section is there; a policy's entry is in the section where it stands."""
    found = traced(
        Stage().call(),
        inbound='<set-header name="A"><value>1</value></set-header>',
        backend=FORWARD,
        outbound='<set-header name="B"><value>2</value></set-header>',
    )
    assert {name: sources(each) for name, each in found.items()} == {
        "inbound": ["set-header"],
        "backend": ["forward-request", "forward-request"],
        "outbound": ["set-header"],
        "on-error": [],
    }


def test_a_policy_is_shown_with_what_it_changed() -> None:
    """Attributes are as in the document, named values not filled in; what came of them follows."""
    call = Stage().call()
    trace = call.trace = Trace("1", call.runtime.now, call.begun)
    text = '<set-header name="A" exists-action="override" id="x"><value>{{v}}</value></set-header>'
    handled(call, read(Library({"v": "1"}), inbound=text))
    assert entries(trace)["inbound"][0]["data"] == {
        "message": "Policy was executed.",
        "path": "set-header[1]",
        "policyId": "x",
        "attributes": {"name": "A", "exists-action": "override"},
        "request": {"headers": [{"name": "A", "value": "1"}]},
    }


@pytest.mark.parametrize(("path", "branch"), [("/a", "when[1]"), ("/b", "otherwise[1]")])
def test_choose_stands_before_what_it_chose(path: str, branch: str) -> None:
    """The branch is told, and only what ran has an entry."""
    text = (
        '<choose><when condition="@(context.Request.Url.Path == &quot;/a&quot;)">'
        '<set-variable name="v" value="1" /></when>'
        '<otherwise><set-variable name="v" value="2" /></otherwise></choose>'
    )
    call = Stage().call(path=path)
    call.original_url = Url("https://demo.azure-api.net", path)
    found = traced(call, inbound=text)["inbound"]
    assert sources(found) == ["choose", "set-variable"]
    assert found[0]["data"]["branch"] == branch
    assert "variables" not in found[0]["data"]
    assert found[1]["data"]["variables"] == {"v": "1" if branch == "when[1]" else "2"}


def test_every_attempt_of_retry_has_its_entries() -> None:
    """The backend is called twice, and each call and answer is there."""
    stage = Stage(FakeBackend([Response(503), Response(200)]))
    text = (
        '<retry condition="@(context.Response.StatusCode == 503)" count="3" interval="1">'
        f"{FORWARD}</retry>"
    )
    found = traced(stage.call(), backend=text)["backend"]
    assert sources(found) == ["retry", *["forward-request"] * 4]
    codes = [
        entry["data"]["response"]["status"]
        for entry in found
        if "response" in entry["data"] and entry["source"] == "forward-request"
    ]
    assert codes == [
        {"code": 503, "reason": "Service Unavailable"},
        {"code": 200, "reason": "OK"},
    ]
    assert "branch" not in found[0]["data"]


def test_a_request_is_shown_as_it_is_forwarded() -> None:
    """With Host and X-Forwarded-For, without what belongs to the connection, and the time limit."""
    trace = Trace("1", lambda: NOON, 0.0)
    headers = Headers({"Connection": "close", "A": "1", "X-Forwarded-For": "1.2.3.4"})
    url = Url("https://backend.example:444", "/a", "b=1")
    trace.forward("forward-request", Request("POST", url, headers, Body(b"x"), "10.0.0.1"), 2.5)
    assert entries(trace)["inbound"][0]["data"] == {
        "message": "Request is being forwarded to the backend service. Timeout set to 2.5 seconds",
        "request": {
            "method": "POST",
            "url": "https://backend.example:444/a?b=1",
            "headers": [
                {"name": "Host", "value": "backend.example:444"},
                {"name": "A", "value": "1"},
                {"name": "X-Forwarded-For", "value": "1.2.3.4, 10.0.0.1"},
            ],
        },
    }


def test_the_configuration_is_shown() -> None:
    """The API, where it leads, its operation, who calls, and in which product's name."""
    trace = Trace("1", lambda: NOON, 0.0)
    operation = Operation("add", "Add", "GET", UrlTemplate("/add?a={a}"))
    api = Api("calc", "Calc", "calc", "http://calc.example:8080/api", (operation,))
    trace.configure(api, operation, User("1", groups=("Developers",)), None)
    trace.configure(api, operation, None, Product("starter", "Starter", frozenset()))
    first, second = (each["data"]["configuration"] for each in entries(trace)["inbound"])
    assert first == {
        "api": {
            "from": "/calc",
            "to": {
                "scheme": "http",
                "host": "calc.example",
                "port": 8080,
                "path": "/api",
                "queryString": "",
                "query": {},
                "isDefaultPort": False,
            },
            "version": None,
            "revision": "1",
        },
        "operation": {"method": "GET", "uriTemplate": "/add?a={a}"},
        "user": {"id": "1", "groups": ["Developers"]},
        "product": "-",
    }
    assert (second["user"], second["product"]) == ("-", {"id": "starter"})


def test_a_failure_stands_where_it_happened() -> None:
    """A backend that is too slow: the entry of the call to it, the failure, then on-error."""
    found = traced(
        Stage(FakeBackend([TIMED_OUT])).call(),
        backend=FORWARD,
        on_error='<set-header name="A"><value>1</value></set-header>',
    )
    assert sources(found["backend"]) == ["forward-request", "forward-request"]
    failure = found["backend"][1]["data"]
    assert failure["message"] == "Request to the backend service timed out"
    assert failure["lastError"] == {
        "source": "forward-request",
        "reason": "Timeout",
        "message": "Request to the backend service timed out",
        "scope": "api",
        "section": "backend",
        "path": "forward-request[1]",
        "policyId": "",
    }
    assert found["on-error"][0]["data"]["response"] == {"headers": [{"name": "A", "value": "1"}]}


def test_an_end_by_a_policy_is_shown() -> None:
    """return-response ends the call and has its entry, with those of the policies within."""
    text = '<return-response><set-status code="202" reason="Later" /></return-response>'
    found = traced(Stage().call(), inbound=text, backend=FORWARD)
    assert sources(found["inbound"])[-1] == "return-response"
    assert found["backend"] == []


def test_a_policy_that_tells_has_no_other_entry() -> None:
    """The policy trace writes under a source of its own, and is not mentioned besides."""
    found = traced(Stage().call(), inbound='<trace source="Shop"><message>hello</message></trace>')
    assert sources(found["inbound"]) == ["Shop"]


def test_secrets_are_masked_everywhere() -> None:
    """A secret named value is not shown, wherever it turns up."""
    trace = Trace("1", lambda: NOON, 0.0, ("hunter2",))
    trace.add("a", {"text": "Bearer hunter2!", "list": ["hunter2"], "hunter2": 1})
    assert entries(trace)["inbound"][0]["data"] == {
        "text": "Bearer ***!",
        "list": ["***"],
        "***": 1,
    }


def test_a_trace_is_bounded() -> None:
    """Long texts are cut, deep data is cut off, and there is an end to entries."""
    trace = Trace("1", lambda: NOON, 0.0)
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"a": deep}
    trace.add("a", {"long": "x" * 10_000, "deep": deep})
    data = entries(trace)["inbound"][0]["data"]
    assert data["long"] == "x" * 8192 + "… (10000 characters)"
    assert json.dumps(data["deep"]).count("a") == 7
    for _ in range(2000):
        trace.add("a", "b", "outbound")
    found = entries(trace)
    assert len(found["inbound"]) + len(found["outbound"]) == 1000
    assert found["outbound"][-1]["data"] == "There are more than 1000 entries."


TEXTS = st.text("a\ud800\u20ac\0", max_size=3)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(TEXTS, st.dictionaries(TEXTS, ANYTHING, max_size=3))
def test_whatever_is_added_can_be_written(source: str, data: dict[str, object]) -> None:
    """Half a surrogate pair or a number that JSON has not never keeps a trace from being read."""
    trace = Trace("1", lambda: NOON, 0.0)
    trace.add(source, data)
    assert len(entries(trace)["inbound"]) == 1


@pytest.mark.parametrize(
    ("section", "expected"), [("outbound", "outbound"), ("", "inbound"), ("nowhere", "inbound")]
)
def test_a_failure_without_a_section_is_where_the_call_is(section: str, expected: str) -> None:
    """LastError may say nothing of the place."""
    trace = Trace("1", lambda: NOON, 0.0)
    trace.fail(LastError("", "Reason", "Message", section=section))
    assert sources(entries(trace)[expected]) == ["gateway"]


def test_a_client_that_went_away_got_nothing() -> None:
    """The last entry says whether the response was sent."""
    trace = Trace("1", lambda: NOON, 0.0)
    trace.leave(Response(200))
    trace.leave(None)
    sent, broken_off = entries(trace)["outbound"]
    assert sent["source"] == broken_off["source"] == "transfer-response"
    assert sent["data"]["message"] == "Response has been sent to the caller in full"
    assert "client closed" in broken_off["data"]["message"]
