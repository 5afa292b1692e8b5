"""Which calls are traced, what are they answered, and which traces are kept?"""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.call import Call
from mockserver.gateway.declaration import GatewayDeclaration
from mockserver.gateway.errors import LastError
from mockserver.gateway.keys import NOBODY, Caller
from mockserver.gateway.message import Body, Response, Url
from mockserver.gateway.model import Subscription
from mockserver.gateway.routing import NOWHERE
from mockserver.gateway.traces import Traces
from tests.mockserver.gateway.policy_calls import Stage, handled, read

APIS = [
    {"id": "shop", "name": "Shop", "path": "shop", "service_url": "https://backend.example"},
    {"id": "Other", "name": "Other", "path": "/Other/Api/", "service_url": "https://b.example"},
    {"id": "root", "name": "Root", "path": "", "service_url": "https://c.example"},
]
TRACER = Caller(Subscription("t", "Tracer", "k1", "k2", allow_tracing=True))


def traces_at(stage: Stage, **declared: Any) -> Traces:
    made = GatewayDeclaration.model_validate({"apis": APIS, **declared})
    traces = Traces(made, lambda: stage.time)
    traces.location = "http://localhost/traces/"
    return traces


def answered(call: Call, traces: Traces) -> Response:
    """Let a call go through, to its end."""
    traces.begin(call)
    return handled(call, read(backend="<forward-request />"))


def asked(stage: Stage, token: str) -> Call:
    return stage.call(headers={"Apim-Debug-Authorization": token})


def found(traces: Traces, trace_id: str) -> dict[str, Any]:
    content = traces.find(trace_id)
    assert content is not None
    trace: dict[str, Any] = json.loads(content)
    return trace


def sources(trace: dict[str, Any], section: str) -> list[str]:
    return [entry["source"] for entry in trace["traceEntries"][section]]


def test_a_call_with_a_token_is_traced() -> None:
    """Its answer names the trace, which holds the whole call."""
    stage = Stage()
    traces = traces_at(stage, name="demo")
    call = asked(stage, traces.token("shop", 60))
    assert answered(call, traces).headers["Apim-Trace-Id"] == call.id
    trace = found(traces, call.id)
    assert list(trace) == ["serviceName", "traceId", "traceEntries"]
    assert (trace["serviceName"], trace["traceId"]) == ("demo", call.id)
    assert sources(trace, "inbound") == ["api-inspector"] * 2
    assert sources(trace, "backend") == ["forward-request"] * 2
    assert sources(trace, "outbound") == ["transfer-response"]
    request = trace["traceEntries"]["inbound"][0]["data"]["request"]
    assert request["url"] == "https://demo.azure-api.net/shop/books"


def test_a_call_without_a_token_is_not_traced() -> None:
    """It costs nothing and leaves nothing."""
    stage = Stage()
    traces = traces_at(stage, legacy_tracing=True)
    call = stage.call()
    response = answered(call, traces)
    assert call.trace is None
    assert not response.headers
    assert traces.find(call.id) is None


def test_a_token_expires_by_the_emulators_clock() -> None:
    """Until the last moment it is good; then the answer says since when it is not."""
    stage = Stage()
    traces = traces_at(stage)
    token = traces.token("shop", 60)
    stage.time += 59.9
    assert "Apim-Trace-Id" in answered(asked(stage, token), traces).headers
    stage.time += 0.1
    headers = answered(asked(stage, token), traces).headers
    assert "Apim-Trace-Id" not in headers
    told = headers["Apim-Debug-Authorization-Expired"]
    assert told == "The token expired 1970-01-12T13:47:40.000000Z"


def test_a_token_is_for_one_api() -> None:
    """The answer of another one names the API that it is for; nothing is traced."""
    stage = Stage()
    traces = traces_at(stage)
    headers = answered(asked(stage, traces.token("Other", 60)), traces).headers
    told = headers["Apim-Debug-Authorization-WrongAPI"]
    assert told == "The token was obtained for the API Other"
    assert "Apim-Trace-Id" not in headers


@pytest.mark.parametrize(
    ("api", "path", "is_traced"),
    [
        ("shop", "/shop/none", True),
        ("shop", "/SHOP", True),
        ("shop", "/shopping", False),
        ("Other", "/other/api/x", True),
        ("root", "/whatever", True),
    ],
)
def test_a_call_that_means_nothing_is_traced_below_the_suffix(
    api: str, path: str, is_traced: bool
) -> None:
    """A 404 is what an operator wants to see into; the path says which API's it is."""
    stage = Stage()
    traces = traces_at(stage)
    call = asked(stage, traces.token(api, 60))
    call.route, call.caller = NOWHERE, NOBODY
    call.original_url = Url("https://demo.azure-api.net", path)
    traces.begin(call)
    assert (call.trace is not None) is is_traced
    if is_traced:
        assert sources(found(traces, call.id), "inbound") == ["api-inspector"]


@given(st.text())
def test_what_is_no_token_is_ignored(text: str) -> None:
    """No text opens a trace but one that this gateway has signed."""
    stage = Stage()
    traces = traces_at(stage)
    good = traces.token("shop", 60)
    for token in (text, f"{good}{text}x", f"aid=shop&p=tracing&ex=9999999999&sn={text}"):
        call = asked(stage, token)
        assert not answered(call, traces).headers
        assert call.trace is None


def test_a_reset_ends_tokens_and_traces() -> None:
    """What was given out and kept before is worth nothing."""
    stage = Stage()
    traces = traces_at(stage)
    token = traces.token("shop", 60)
    call = asked(stage, token)
    answered(call, traces)
    traces.clear()
    assert traces.find(call.id) is None
    assert not answered(asked(stage, token), traces).headers


def legacy_call(stage: Stage, caller: Caller = TRACER, value: str = "true") -> Call:
    call = stage.call(headers={"Ocp-Apim-Trace": value})
    call.caller = caller
    return call


def test_the_way_of_2017() -> None:
    """Where the configuration allows it, the answer says where the trace is."""
    stage = Stage()
    traces = traces_at(stage, legacy_tracing=True)
    call = legacy_call(stage, value="True")
    response = answered(call, traces)
    assert response.headers["Ocp-Apim-Trace-Location"] == f"http://localhost/traces/{call.id}"
    assert sources(found(traces, call.id), "outbound") == ["transfer-response"]


@pytest.mark.parametrize(
    ("is_allowed", "location", "may_trace", "value"),
    [
        (False, "x/", True, "true"),
        (True, "", True, "true"),
        (True, "x/", False, "true"),
        (True, "x/", True, "false"),
    ],
)
def test_the_way_of_2017_has_its_conditions(
    is_allowed: bool, location: str, may_trace: bool, value: str
) -> None:
    """The configuration, /__admin, the subscription and the header must all say so."""
    stage = Stage()
    traces = traces_at(stage, legacy_tracing=is_allowed)
    traces.location = location
    call = legacy_call(stage, TRACER if may_trace else NOBODY, value)
    assert not answered(call, traces).headers
    assert call.trace is None


def test_the_latest_traces_are_kept() -> None:
    """A hundred of them, the oldest goes first."""
    stage = Stage()
    traces = traces_at(stage)
    token = traces.token("shop", 60)
    calls = [asked(stage, token) for _ in range(101)]
    for number, call in enumerate(calls):
        call.id = f"call-{number}"
        traces.begin(call)
        for done in call.at_end:
            done()
    assert traces.find("call-0") is None
    assert traces.find("call-1") is not None
    assert traces.find("call-100") is not None


def test_large_traces_push_others_out() -> None:
    """All of them together have a size that they stay below."""
    stage = Stage()
    traces = traces_at(stage)
    token = traces.token("shop", 60)
    for number in range(10):
        call = asked(stage, token)
        call.id = f"call-{number}"
        call.request.headers.extend({f"h{index}": "x" * 8000 for index in range(500)})
        traces.begin(call)
        for done in call.at_end:
            done()
    kept = [number for number in range(10) if traces.find(f"call-{number}") is not None]
    assert kept == [6, 7, 8, 9]


def test_a_running_call_can_be_looked_at() -> None:
    """Its trace is there from the start, as far as it is."""
    stage = Stage()
    traces = traces_at(stage)
    call = asked(stage, traces.token("shop", 60))
    traces.begin(call)
    assert sources(found(traces, call.id), "outbound") == []


def test_what_a_policy_does_at_the_end_is_told() -> None:
    """Its entry is kept, though it comes after everything else."""
    stage = Stage()
    traces = traces_at(stage)
    call = asked(stage, traces.token("shop", 60))
    traces.begin(call)
    trace = call.trace
    assert trace is not None
    call.at_end.append(partial(trace.add, "late", {"message": "counted"}))
    handled(call, read(backend="<forward-request />"))
    assert sources(found(traces, call.id), "backend")[-1] == "late"


@pytest.mark.parametrize(
    ("reason", "source"),
    [
        ("ClientConnectionFailure", "transfer-response"),
        ("BackendConnectionFailure", "forward-request"),
    ],
)
def test_a_response_that_broke_off_was_not_sent_in_full(reason: str, source: str) -> None:
    """The last entry says whose fault it was."""
    stage = Stage()
    traces = traces_at(stage)
    call = asked(stage, traces.token("shop", 60))
    traces.begin(call)
    call.response = Response(200, body=Body(b"part"))
    call.last_error = LastError("forward-request", reason, "It broke.")
    for done in call.at_end:
        done()
    entries = found(traces, call.id)["traceEntries"]
    last = [entry for section in entries.values() for entry in section][-1]
    assert last["source"] == source
    assert "in full" not in last["data"]["message"]


def test_secret_named_values_are_masked() -> None:
    """What the configuration calls secret is not shown; one that is too short to hide is."""
    stage = Stage()
    values = [
        {"name": "a", "value": "hunter2", "secret": True},
        {"name": "b", "value": "plain-value"},
        {"name": "c", "value": "x", "secret": True},
    ]
    traces = traces_at(stage, named_values=values)
    call = asked(stage, traces.token("shop", 60))
    call.request.headers["A"] = "hunter2 plain-value x"
    traces.begin(call)
    headers = found(traces, call.id)["traceEntries"]["inbound"][0]["data"]["request"]["headers"]
    assert headers[-1]["value"] == "*** plain-value x"
