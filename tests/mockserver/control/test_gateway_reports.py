"""Are the reports served page by page, and wrong questions refused?"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.mockserver.control.gateway_world import API, Operated, operated

ALL = "timestamp ge datetime'2000-01-01T00:00:00'"
KINDS = ("byApi", "byOperation", "byProduct", "byUser", "bySubscription", "byGeo", "byRequest")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    """Run one gateway on which some calls were made; four rows are kept."""
    with operated(tmp_path_factory.mktemp("world"), log_rows=4) as made:
        made.execute("starter")
        made.execute("starter")
        made.execute("unlimited")
        made.execute(None)
        made.get("/nothing")
        yield made


def report(gateway: Operated, kind: str, **parameters: Any) -> dict[str, Any]:
    asked = {
        f"${name}" if name != "interval" else name: value for name, value in parameters.items()
    }
    reply = gateway.admin.get(f"/gateway/reports/{kind}", params={"$filter": ALL, **asked})
    found: dict[str, Any] = reply.raise_for_status().json()
    return found


def test_a_report_by_api(gateway: Operated) -> None:
    """The four rows that are kept count; how many are missing is said."""
    found = report(gateway, "byApi")
    assert list(found) == ["value", "count", "nextLink", "droppedRows"]
    assert (found["count"], found["nextLink"], found["droppedRows"]) == (2, "", 1)
    named, nowhere = found["value"]
    assert (named["name"], named["apiId"]) == ("AzureML Demo API", f"/apis/{API}")
    counts = [named[f"callCount{kind}"] for kind in ("Success", "Blocked", "Failed", "Other")]
    assert counts == [2, 1, 0, 0]
    assert (nowhere["apiId"], nowhere["callCountOther"]) == ("/apis/-", 1)
    assert "timestamp" not in named


@pytest.mark.parametrize("kind", KINDS)
def test_each_report_is_there(gateway: Operated, kind: str) -> None:
    """They add up to the four rows."""
    found = report(gateway, kind)
    assert found["count"] == len(found["value"])
    assert sum(each.get("callCountTotal", 1) for each in found["value"]) == 4


def test_a_report_by_time(gateway: Operated) -> None:
    """It needs an interval, which its records repeat."""
    found = report(gateway, "byTime", interval="PT15M")
    assert sum(each["callCountTotal"] for each in found["value"]) == 4
    assert {each["interval"] for each in found["value"]} == {"PT15M"}
    refused = gateway.admin.get("/gateway/reports/byTime", params={"$filter": ALL})
    assert refused.status_code == 400
    assert "interval" in refused.json()["error"]["message"]


def test_calls_one_by_one(gateway: Operated) -> None:
    """The oldest first, with both statuses; the key is not shown."""
    found = report(gateway, "byRequest")["value"]
    assert [each["responseCode"] for each in found] == [200, 200, 401, 404]
    assert [each.get("backendResponseCode") for each in found] == ["200", "200", None, None]


def test_pages(gateway: Operated) -> None:
    """Each page names the next one; together they are the whole report in its order."""
    whole = report(gateway, "bySubscription", orderby="callCountTotal desc, name asc")["value"]
    page = report(gateway, "bySubscription", orderby="callCountTotal desc, name asc", top=3)
    assert page["count"] == 4
    assert page["value"] == whole[:3]
    rest = httpx.get(page["nextLink"], trust_env=False).raise_for_status().json()
    assert rest["value"] == whole[3:]
    assert rest["nextLink"] == ""
    assert report(gateway, "byRequest", skip=2, top=1)["nextLink"]


def test_a_filter_by_id(gateway: Operated) -> None:
    """Only what is asked for counts, and only the things that are asked for are listed."""
    reply = gateway.admin.get(
        "/gateway/reports/bySubscription",
        params={"$filter": f"{ALL} and subscriptionId eq '/subscriptions/unlimited'"},
    )
    (only,) = reply.json()["value"]
    assert (only["subscriptionId"], only["callCountTotal"]) == ("/subscriptions/unlimited", 1)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({}, "$filter"),
        ({"$filter": "name eq 'x'"}, "'name eq' is none of"),
        ({"$filter": ALL, "$orderby": "nothing"}, "$orderby: 'nothing'"),
        ({"$filter": ALL, "$top": "0"}, "$top"),
        ({"$filter": ALL, "$top": "many"}, "$top"),
        ({"$filter": ALL, "$skip": "-1"}, "$skip"),
    ],
)
def test_a_wrong_question_is_refused(
    gateway: Operated, parameters: dict[str, str], problem: str
) -> None:
    """A filter is required, as in API Management."""
    reply = gateway.admin.get("/gateway/reports/byApi", params=parameters)
    assert reply.status_code == 400
    assert problem in reply.json()["error"]["message"]


def test_an_interval_that_is_none(gateway: Operated) -> None:
    """Ten minutes are no multiple of fifteen."""
    parameters = {"$filter": ALL, "interval": "PT10M"}
    reply = gateway.admin.get("/gateway/reports/byTime", params=parameters)
    assert reply.status_code == 400
    assert "15 minutes" in reply.json()["error"]["message"]
