"""Can an operator see what the gateway serves and logs, and suspend a subscription?"""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mockserver.embedded import running_emulator
from tests.mockserver.control.gateway_world import API, Operated, operated


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    """Run one gateway for all tests; it keeps three rows."""
    folder = tmp_path_factory.mktemp("world")
    with operated(folder, log_rows=3, log_file=str(folder / "calls.jsonl")) as made:
        yield made


@pytest.fixture
def gateway(running: Operated) -> Operated:
    """Return a gateway in its start state."""
    assert running.admin.post("/reset").status_code == 204
    return running


def test_the_document_describes_every_route(gateway: Operated) -> None:
    """Two of them are there twice: in short, and as in Azure's management plane."""
    paths = gateway.admin.document["paths"]
    kinds = ("Api", "Geo", "Operation", "Product", "Request", "Subscription", "Time", "User")
    operations = {
        f"{verb} {path.removeprefix('/__admin/gateway')}"
        for path, verbs in paths.items()
        for verb in verbs
        if path.startswith("/__admin/gateway")
    }
    assert operations == {
        "get ",
        "get /log",
        "get /subscriptions/{subscription}",
        "put /subscriptions/{subscription}",
        "get /traces/{trace}",
        *(f"get /reports/by{kind}" for kind in kinds),
        *(
            f"post {place}/{name}"
            for place in ("", "/gateways/managed")
            for name in ("listDebugCredentials", "listTrace")
        ),
    }


def test_the_overview(gateway: Operated) -> None:
    """APIs, operations, products, subscriptions and policies; no key is told."""
    reply = gateway.admin.get("/gateway")
    found = reply.json()
    assert found["name"] == "demoazureml"
    assert [api["id"] for api in found["apis"]] == [API]
    assert found["apis"][0]["operations"][0] == {
        "id": "rrs-execute",
        "name": "RRS Execute",
        "method": "POST",
        "url_template": "/workspaces/{workspace}/services/{service}/execute"
        "?api-version={apiversion}&details={details}",
    }
    assert found["products"][0] == {
        "id": "starter",
        "name": "Starter",
        "state": "published",
        "subscription_required": True,
        "approval_required": False,
        "apis": [API],
    }
    scopes = [each["scope"] for each in found["subscriptions"]]
    assert scopes == ["/products/starter", "/products/unlimited", "/"]
    assert {"rate-limit", "set-header", "base", "include-fragment"} <= set(found["policies"])
    assert not any(key in reply.text for key in gateway.keys.values())


def test_a_subscription_is_suspended_and_active_again(gateway: Operated) -> None:
    """From the next call on its keys do not pass; a reset brings back what is declared."""
    path = "/gateway/subscriptions/unlimited"
    assert gateway.execute().status_code == 200
    changed = gateway.admin.put(path, json={"state": "suspended"}).json()
    assert changed["state"] == "suspended"
    assert gateway.admin.get(path).json() == changed
    refused = gateway.execute()
    assert refused.status_code == 401
    assert "active subscription" in refused.json()["message"]
    assert gateway.execute("master").status_code == 200
    gateway.admin.put(path, json={"state": "active"})
    assert gateway.execute().status_code == 200
    gateway.admin.put(path, json={"state": "cancelled"})
    gateway.admin.post("/reset")
    assert gateway.execute().status_code == 200


def test_a_subscription_that_there_is_not(gateway: Operated) -> None:
    """It is refused by name, as is a state that there is not."""
    reply = gateway.admin.put("/gateway/subscriptions/none", json={"state": "active"})
    assert reply.status_code == 404
    assert reply.json()["error"]["code"] == "SubscriptionNotFound"
    reply = gateway.admin.put("/gateway/subscriptions/starter", json={"state": "asleep"})
    assert reply.status_code == 400
    assert "state" in reply.json()["error"]["message"]


def test_the_log_has_a_row_for_each_call(gateway: Operated) -> None:
    """The latest first, with what the client got beside what the backend said."""
    gateway.execute()
    gateway.get("/nothing")
    missing, executed = gateway.admin.get("/gateway/log").json()["rows"]
    assert (missing["responseCode"], missing["backendResponseCode"]) == (404, None)
    assert missing["lastErrorReason"] == "OperationNotFound"
    assert (executed["responseCode"], executed["backendResponseCode"]) == (200, 200)
    assert executed["operationId"] == "rrs-execute"
    assert executed["apimSubscriptionId"] == "unlimited"


def test_the_log_is_asked_for_some_rows(gateway: Operated) -> None:
    """So many of the latest, those of one subscription, those with one status."""
    for subscription in ("unlimited", "master", None):
        gateway.execute(subscription)

    def statuses(query: str) -> list[int]:
        rows = gateway.admin.get(f"/gateway/log?{query}").json()["rows"]
        return [row["responseCode"] for row in rows]

    assert statuses("limit=2") == [401, 200]
    assert statuses("subscription=master") == [200]
    assert statuses("status=401") == [401]
    assert statuses("status=500") == []
    assert gateway.admin.get("/gateway/log?limit=0").status_code == 400


def test_dropped_rows_are_counted(gateway: Operated) -> None:
    """Three rows are kept here."""
    for _ in range(5):
        gateway.get("/nothing")
    found = gateway.admin.get("/gateway/log").json()
    assert (len(found["rows"]), found["dropped"]) == (3, 2)


def test_the_file_has_every_row(tmp_path: Path) -> None:
    """Also the one of the last call before the end."""
    file = tmp_path / "calls.jsonl"
    with operated(tmp_path, log_rows=1, log_file=str(file)) as gateway:
        gateway.execute()
        gateway.get("/nothing")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["responseCode"] for row in rows] == [200, 404]


def test_a_file_that_cannot_be_written_hurts_no_call(tmp_path: Path) -> None:
    """The event log says so; calls are answered and kept in memory."""
    with operated(tmp_path, log_file=str(tmp_path / "missing" / "calls.jsonl")) as gateway:
        assert gateway.execute().status_code == 200
        assert len(gateway.admin.get("/gateway/log").json()["rows"]) == 1


def test_without_a_gateway_there_is_nothing_to_see() -> None:
    """The routes are not there, and the document does not list them."""
    with running_emulator(gateway=False) as ready:
        url = ready["admin"]["url"]
        assert httpx.get(f"{url}/gateway", trust_env=False).status_code == 404
        paths = httpx.get(f"{url}/openapi.json", trust_env=False).json()["paths"]
        assert not any("/gateway" in path for path in paths)
