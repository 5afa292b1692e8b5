"""Does an operator get the trace of a call, by the present way and by that of 2017?"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.mockserver.control.gateway_world import API, Operated, operated

PLACES = ("/gateway", "/gateway/gateways/managed")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    """Run one gateway for all tests."""
    with operated(tmp_path_factory.mktemp("world"), legacy_tracing=True) as made:
        yield made


@pytest.fixture
def gateway(running: Operated) -> Operated:
    """Return a gateway in its start state."""
    assert running.admin.post("/reset").status_code == 204
    return running


def token(gateway: Operated, place: str = PLACES[0], **values: Any) -> str:
    asked = {"apiId": API, "purposes": ["tracing"], **values}
    reply = gateway.admin.post(f"{place}/listDebugCredentials", json=asked).raise_for_status()
    given: str = reply.json()["token"]
    return given


@pytest.mark.parametrize("place", PLACES)
def test_the_present_way(gateway: Operated, place: str) -> None:
    """A token for the API, a call with it, the trace by the id in the answer."""
    resource = f"/subscriptions/s/resourceGroups/r/providers/x/service/y/apis/{API}"
    given = token(gateway, place, apiId=resource, credentialsExpireAfter="PT5M")
    assert given.startswith(f"aid={API}&p=tracing&ex=")
    reply = gateway.execute("starter", Apim_Debug_Authorization=given)
    assert reply.status_code == 200
    asked = {"traceId": reply.headers["Apim-Trace-Id"]}
    trace = gateway.admin.post(f"{place}/listTrace", json=asked).json()
    assert trace["serviceName"] == "demoazureml"
    entries = trace["traceEntries"]
    assert [each["source"] for each in entries["inbound"]] == [
        *("api-inspector", "api-inspector"),
        *("rate-limit", "quota"),
    ]
    assert [each["source"] for each in entries["backend"]] == ["forward-request"] * 2
    assert [each["source"] for each in entries["outbound"]] == ["transfer-response"]
    assert entries["on-error"] == []
    configuration = entries["inbound"][1]["data"]["configuration"]
    assert configuration["product"] == {"id": "starter"}


def test_a_refused_call_has_a_trace(gateway: Operated) -> None:
    """The sixth call of a minute: the trace says which policy refused it."""
    given = token(gateway)
    for _ in range(5):
        gateway.execute("starter")
    reply = gateway.execute("starter", Apim_Debug_Authorization=given)
    assert reply.status_code == 429
    asked = {"traceId": reply.headers["Apim-Trace-Id"]}
    entries = gateway.admin.post("/gateway/listTrace", json=asked).json()["traceEntries"]
    last = entries["inbound"][-1]
    assert (last["source"], last["data"]["message"]) == ("rate-limit", "Rate limit is exceeded")
    assert entries["backend"] == []


def test_a_token_ends_by_the_emulators_clock(gateway: Operated) -> None:
    """An hour and no longer."""
    given = token(gateway)
    gateway.admin.post("/clock/advance", json={"seconds": 3600})
    reply = gateway.execute(Apim_Debug_Authorization=given)
    assert "Apim-Debug-Authorization-Expired" in reply.headers
    assert "Apim-Trace-Id" not in reply.headers


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"credentialsExpireAfter": "PT61M"}, 400),
        ({"credentialsExpireAfter": "PT0S"}, 400),
        ({"credentialsExpireAfter": "-PT1M"}, 400),
        ({"credentialsExpireAfter": "1 hour"}, 400),
        ({"credentialsExpireAfter": 60}, 400),
        ({"purposes": ["profiling"]}, 400),
        ({"purposes": []}, 400),
        ({"apiId": ""}, 400),
        ({"other": 1}, 400),
        ({"apiId": "/apis/none"}, 404),
    ],
)
def test_credentials_that_there_are_not(
    gateway: Operated, values: dict[str, object], status: int
) -> None:
    """What cannot be given is refused."""
    asked = {"apiId": API, "purposes": ["tracing"], **values}
    reply = gateway.admin.post("/gateway/listDebugCredentials", json=asked)
    assert reply.status_code == status
    assert reply.json()["error"]["message"]


def test_the_way_of_2017(gateway: Operated) -> None:
    """The answer says where the trace is, for a subscription that may trace."""
    reply = gateway.execute("master", Ocp_Apim_Trace="true")
    location = reply.headers["Ocp-Apim-Trace-Location"]
    trace = httpx.get(location, trust_env=False).raise_for_status().json()
    assert location.endswith(trace["traceId"])
    assert trace["traceEntries"]["outbound"][0]["source"] == "transfer-response"
    reply = gateway.execute("unlimited", Ocp_Apim_Trace="true")
    assert "Ocp-Apim-Trace-Location" not in reply.headers


def test_a_trace_that_there_is_not(gateway: Operated) -> None:
    """Both ways say so."""
    for reply in (
        gateway.admin.post("/gateway/listTrace", json={"traceId": "none"}),
        gateway.admin.get("/gateway/traces/none"),
    ):
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "TraceNotFound"
