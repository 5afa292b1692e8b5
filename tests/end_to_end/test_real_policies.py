"""Do whole policy documents, as people put them in front of RRS and BES, work as they are?

The documents are in tests/data/policies. Each is the policy of an API that bears its name, in front
of `ussouthcentral.services.azureml.net`, for which a recording backend stands in; other ones stand
in for the region in Europe and for a login service.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import httpx
import pytest

from mockserver.embedded import running_emulator
from tests.end_to_end.case import Line, Request
from tests.end_to_end.gateway_case import configuration_text
from tests.end_to_end.gateway_stage import receive
from tests.end_to_end.recording_backend import (
    BackendAnswer,
    Recorded,
    RecordingBackend,
    running_backend,
)

FOLDER = Path(__file__).parents[1] / "data" / "policies"
DOCUMENTS = sorted(f.stem for f in FOLDER.glob("*.xml") if not f.stem.startswith("fragment-"))
OF_AN_API = [stem for stem in DOCUMENTS if stem not in ("starter", "whole-service", "other-verbs")]

US = "ussouthcentral.services.azureml.net"
KEY = "11112222333344445555666677778888"
PREMIUM_KEY = "premium-key-premium-key-premium1"
STARTER_KEY = "starter-key-starter-key-starter1"
ML_KEY, ML_KEY_EUROPE = "ml/key+of+the+service==", "ml/key+of+europe=="
SIGNING_KEY = base64.b64encode(b"a secret of thirty-two bytes....").decode()
WORKSPACE, SPAM, MOOD = "a" * 32, "b" * 32, "c" * 32
EXECUTE = f"/workspaces/{WORKSPACE}/services/{SPAM}/execute"
MOST_BYTES = 20_000_000
"""What the gateway of these tests holds of one body."""
PATIENCE = 60
"""Seconds after which a test gives up on what must come."""

RRS_SCHEMA = {
    "type": "object",
    "required": ["Inputs", "GlobalParameters"],
    "properties": {
        "Inputs": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["ColumnNames", "Values"],
                "properties": {
                    "ColumnNames": {"type": "array", "items": {"type": "string"}},
                    "Values": {"type": "array"},
                },
            },
        },
        "GlobalParameters": {"type": "object"},
    },
}
PATTERN_SCHEMA = {"type": "object", "properties": {"p": {"pattern": "^(a+)+$"}}}
RRS_BODY = {
    "Inputs": {"input1": {"ColumnNames": ["text"], "Values": [["hello"]]}},
    "GlobalParameters": {},
}
NAMED_VALUES = {
    "aml-key": ML_KEY,
    "aml-key-europe": ML_KEY_EUROPE,
    "workspace": WORKSPACE,
    "spam-service": SPAM,
    "mood-service": MOOD,
    "signing-key": SIGNING_KEY,
    "client-id": "gateway & co",
    "client-secret": "s3cr=t/+",
    "front-door": "7f3c1b1e-0000-4000-8000-000000000001",
    "stage": "test",
    "maintenance": "true",
}


def inbound(policies: str) -> str:
    """Return a document with these policies in its inbound section."""
    return (
        f"<policies><inbound><base />{policies}</inbound><backend><base /></backend>"
        "<outbound><base /></outbound><on-error><base /></on-error></policies>"
    )


ATTACKED = {
    "amplifier": inbound('<find-and-replace from="a" to="bbbbbbbb" />'),
    "host": inbound(
        '<set-header name="Host" exists-action="override"><value>shown.example</value></set-header>'
    ),
    "anywhere": inbound(
        "<set-backend-service"
        ' base-url="@(context.Request.Headers.GetValueOrDefault("X-To", "http://x"))" />'
    ),
    "echo": inbound(
        '<set-header name="X-Echo" exists-action="override">'
        '<value>@(context.Request.Url.Query.GetValueOrDefault("q", ""))</value></set-header>'
    ),
    "pattern": inbound(
        '<validate-content unspecified-content-type-action="prevent" max-size="4096"'
        ' size-exceeded-action="prevent"><content type="application/json" validate-as="json"'
        ' action="prevent" schema-id="pattern" /></validate-content>'
    ),
}
"""APIs that no company would have like this, by id."""


class Got(NamedTuple):
    """What a client got."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        """Return the values of a header, in their order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def value(self, name: str) -> str:
        """Return the value of a header that comes once."""
        (found,) = self.values(name)
        return found

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body)


class Company:
    """A company's emulator, and who stands behind its gateway."""

    def __init__(
        self, ready: Any, us: RecordingBackend, europe: RecordingBackend, login: RecordingBackend
    ) -> None:
        self.url: str = ready["gateway"]["url"]
        self.us, self.europe, self.login = us, europe, login
        self.admin = httpx.Client(base_url=ready["admin"]["url"], timeout=60, trust_env=False)

    def call(
        self,
        method: str,
        target: str,
        body: object = None,
        key: str | None = KEY,
        **headers: str,
    ) -> Got:
        """Make a call, on a connection of its own; `_` in the name of a header is a hyphen."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["Ocp-Apim-Subscription-Key"] = key
        if isinstance(body, dict):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        with Line(self.url) as line:
            line.send(Request(method, target, sent, body))  # type: ignore[arg-type]
            return Got(*receive(line, method)[:3])

    def one(self) -> Recorded:
        """Return the one request that the backend in the US got."""
        (seen,) = self.us.seen
        return seen

    def row(self, number: int = 1) -> dict[str, Any]:
        """Return the newest row of the log, once there are so many."""
        given_up = time.monotonic() + PATIENCE
        while True:
            rows = self.admin.get("/gateway/log").raise_for_status().json()["rows"]
            if len(rows) >= number:
                return dict(rows[0])
            assert time.monotonic() < given_up, f"{len(rows)} rows"
            time.sleep(0.005)


def api_of(stem: str) -> dict[str, Any]:
    """Return the API of a document, with whatever operations it needs."""
    operations: list[dict[str, Any]] = [
        {"name": f"{verb} anything", "method": verb, "url_template": "/*"}
        for verb in ("GET", "POST", "DELETE")
    ]
    if stem == "short-address":
        operations = [{"name": "Score", "method": "POST", "url_template": "/score/{model}"}]
    elif stem == "stub":
        example = '{"Results":{"output1":{"type":"table"}}}'
        shapes = [{"content_type": "application/json", "example": example}]
        operations[1] |= {"responses": [{"status": 200, "representations": shapes}]}
    elif stem == "checked-body":
        operations[1] |= {"request": [{"content_type": "application/json", "schema": "rrs"}]}
    return {
        "id": stem,
        "name": stem.replace("-", " "),
        "path": f"ml/{stem}",
        "service_url": f"https://{US}",
        "operations": operations,
        "schemas": {"rrs": RRS_SCHEMA, "pattern": PATTERN_SCHEMA},
        "policy": ATTACKED.get(stem, f"policies/{stem}.xml"),
    }


def other_verbs() -> dict[str, Any]:
    """Return an API that has one real operation, and answers every other verb itself."""
    refused = [
        {
            "name": f"Any {verb}",
            "method": verb,
            "url_template": "/*",
            "policy": "policies/other-verbs.xml",
        }
        for verb in ("GET", "PUT", "DELETE", "PATCH", "POST")
    ]
    execute = {"name": "Execute", "method": "POST", "url_template": "/execute"}
    return {**api_of("other-verbs"), "operations": [execute, *refused], "policy": None}


def subscription(name: str, key: str, **more: Any) -> dict[str, Any]:
    """Return a subscription to the product of its name."""
    scope = f"/products/{name}"
    keys = {"primary_key": key, "secondary_key": f"{key}-2"}
    return {"id": name, "scope": scope, "user": "jane", **keys, **more}


def configuration(us: str, europe: str, login: str) -> dict[str, Any]:
    """Return the whole gateway; three addresses stand in for the hosts that policies name."""
    apis = [api_of(stem) for stem in (*OF_AN_API, *ATTACKED)]
    return {
        "name": "contoso-ml",
        "max_buffered_bytes": MOST_BYTES,
        "hosts": {
            US: us,
            "europewest.services.azureml.net": europe,
            "login.contoso.example": login,
        },
        "policy": "policies/whole-service.xml",
        "fragments": [
            {"id": name, "policy": f"policies/fragment-{name}.xml"}
            for name in ("tenant", "hardening")
        ],
        "named_values": [{"name": n, "value": v} for n, v in NAMED_VALUES.items()],
        "backends": [
            {"id": "large-bodies", "url": europe, "headers": {"X-Pool": "large"}, "query": {}}
        ],
        "apis": [*apis, other_verbs()],
        "products": [
            {"id": "basic", "name": "Basic", "apis": [*OF_AN_API, *ATTACKED, "other-verbs"]},
            {"id": "premium", "name": "Premium", "apis": ["limit-by-customer"]},
            {
                "id": "starter",
                "name": "Starter",
                "apis": ["pin-version"],
                "policy": "policies/starter.xml",
            },
        ],
        "users": [{"id": "jane", "email": "jane@contoso.example", "groups": ["Developers"]}],
        "subscriptions": [
            subscription("basic", KEY, allow_tracing=True),
            subscription("premium", PREMIUM_KEY),
            subscription("starter", STARTER_KEY),
        ],
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Run one emulator with every document, and the backends."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "policies").symlink_to(FOLDER)
    with ExitStack() as stack:
        backends = [stack.enter_context(running_backend()) for _ in range(3)]
        gateway = configuration(*(f"http://{backend.address}" for backend in backends))
        file = folder / "mockserver.yaml"
        file.write_text(configuration_text(gateway), encoding="utf-8")
        ready = stack.enter_context(running_emulator(file))
        company = Company(ready, *backends)
        stack.callback(company.admin.close)
        yield company


@pytest.fixture
def company(running: Company) -> Company:
    """Return the emulator with nothing counted, cached or recorded."""
    running.admin.post("/reset").raise_for_status()
    for backend in (running.us, running.europe, running.login):
        backend.clear()
    return running


def token(**claims: Any) -> str:
    """Return a signed token (HS256) with these claims."""

    def encoded(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    head = encoded(b'{"alg":"HS256","typ":"JWT"}')
    signed = f"{head}.{encoded(json.dumps(claims).encode())}"
    signature = hmac.digest(base64.b64decode(SIGNING_KEY), signed.encode(), hashlib.sha256)
    return f"{signed}.{encoded(signature)}"


GOOD_CLAIMS: Mapping[str, Any] = {
    "aud": "api://scoring",
    "iss": "https://login.contoso.example/",
    "sub": "jane",
    "exp": 4_000_000_000,
    "roles": ["Reader", "Scorer"],
}

# --- the way to the backend -----------------------------------------------------------------------


def test_the_global_document_runs_for_each_api(company: Company) -> None:
    """The default document of the service adds its header under every API's own document."""
    assert company.call("GET", "/ml/pin-version/a").status == 200
    assert company.one().values("X-Through") == ["contoso-ml"]


def test_the_global_on_error_numbers_what_matches_nothing(company: Company) -> None:
    """A call that means no operation gets its number from the global on-error section."""
    got = company.call("GET", "/nowhere")
    assert (got.status, len(got.value("X-Request-Id"))) == (404, 36)


def test_callers_never_see_the_ml_key(company: Company) -> None:
    """The backend gets the ML key and no trace of the subscription key."""
    got = company.call("POST", f"/ml/hide-ml-key{EXECUTE}?details=true", RRS_BODY)
    seen = company.one()
    assert got.status == 200
    assert seen.values("Authorization") == [f"Bearer {ML_KEY}"]
    assert seen.values("Ocp-Apim-Subscription-Key") == []
    assert ML_KEY not in str(got)


def test_a_key_in_the_query_does_not_reach_the_backend_either(company: Company) -> None:
    """The subscription key in the query is taken out, and the rest of the query stays."""
    target = f"/ml/hide-ml-key{EXECUTE}?api-version=2.0&subscription-key={KEY}&details=true"
    assert company.call("POST", target, RRS_BODY, key=None).status == 200
    assert company.one().target == f"{EXECUTE}?api-version=2.0&details=true"
    assert KEY not in str(company.one())


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("", "?api-version=2.0&details=true"),
        ("?api-version=1.0", "?api-version=2.0&details=true"),
        ("?details=false", "?details=false&api-version=2.0"),
        ("?format=swagger&details=false", "?format=swagger&details=false&api-version=2.0"),
    ],
)
def test_the_version_is_pinned(company: Company, query: str, seen: str) -> None:
    """The version is what the policy says, `details` only if the caller left it out."""
    assert company.call("POST", f"/ml/pin-version/execute{query}", RRS_BODY).status == 200
    assert company.one().target == f"/execute{seen}"


@pytest.mark.parametrize(("model", "service"), [("spam", SPAM), ("MOOD", MOOD)])
def test_a_short_address_becomes_the_long_one(company: Company, model: str, service: str) -> None:
    """The model's name is turned into workspace and service; other parameters are dropped."""
    got = company.call("POST", f"/ml/short-address/score/{model}?debug=1", RRS_BODY)
    wanted = f"/workspaces/{WORKSPACE}/services/{service}/execute?api-version=2.0&details=false"
    assert (got.status, company.one().target) == (200, wanted)


def test_an_unknown_model_is_answered_at_the_gateway(company: Company) -> None:
    """A model that the policy does not know is a 404 of its own, with a text of its own."""
    got = company.call("POST", "/ml/short-address/score/dogs", RRS_BODY)
    assert (got.status, got.json(), company.us.seen) == (404, {"model": "dogs"}, [])


def test_large_bodies_go_to_another_backend(company: Company) -> None:
    """Content-Length decides which backend gets the call, and what is added for it."""
    assert company.call("POST", "/ml/by-size/execute", "x" * 1000).status == 200
    assert company.call("POST", "/ml/by-size/execute", "x" * 1001).status == 200
    assert [len(seen.body) for seen in company.us.seen] == [1000]
    (large,) = company.europe.seen
    assert (len(large.body), large.values("X-Pool")) == (1001, ["large"])


def test_a_correlation_id_goes_both_ways(company: Company) -> None:
    """A new id reaches the backend, and comes back with the answer."""
    got = company.call("GET", "/ml/correlation/a")
    seen = company.one()
    assert seen.values("X-Correlation-Id") == [got.value("X-Correlation-Id")]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", got.value("X-Correlation-Id"))
    assert re.fullmatch("[0-9]+", got.value("X-Took"))
    assert seen.values("X-Forwarded-Host") == ["127.0.0.1"]
    assert seen.values("Forwarded") == ["for=127.0.0.1;host=127.0.0.1;proto=http"]


def test_a_callers_correlation_id_is_kept(company: Company) -> None:
    """An id that the caller sends is the one that the backend and the caller get."""
    got = company.call("GET", "/ml/correlation/a", X_Correlation_Id="mine-1")
    assert (got.value("X-Correlation-Id"), company.one().values("X-Correlation-Id")) == (
        "mine-1",
        ["mine-1"],
    )


# --- backends in trouble --------------------------------------------------------------------------


def test_a_busy_backend_is_asked_again_with_the_same_body(company: Company) -> None:
    """A 503 is followed by another attempt with the whole body; the caller does not notice."""
    company.us.clear([BackendAnswer(status=503), BackendAnswer()])
    got = company.call("POST", f"/ml/retry-when-busy{EXECUTE}", RRS_BODY)
    assert (got.status, got.value("X-Backend-Status")) == (200, "200")
    assert [json.loads(seen.body) for seen in company.us.seen] == [RRS_BODY, RRS_BODY]


def test_retries_wait_by_the_emulators_clock(company: Company) -> None:
    """With the clock frozen a second retry waits until the clock is moved; then 503 comes back."""
    company.admin.put("/clock", json={"mode": "frozen", "now": "2026-03-01T10:00:00Z"})
    company.us.clear([BackendAnswer(status=503)])
    results: list[Got] = []
    waiting = Thread(
        target=lambda: results.append(company.call("POST", "/ml/retry-when-busy/a", "once"))
    )
    waiting.start()
    given_up = time.monotonic() + PATIENCE
    counts = []
    while waiting.is_alive():
        assert time.monotonic() < given_up, company.us.seen
        counts.append(len(company.us.seen))
        if counts[-1] >= 2:
            company.admin.post("/clock/advance", json={"seconds": 1}).raise_for_status()
        time.sleep(0.02)
    waiting.join()
    assert (results[0].status, results[0].value("X-Backend-Status")) == (503, "503")
    assert [seen.body for seen in company.us.seen] == [b"once"] * 4


@pytest.mark.parametrize(
    "trouble",
    [BackendAnswer(status=500), BackendAnswer(sends="nothing", then="close")],
    ids=["500", "connection lost"],
)
def test_the_second_region_takes_over(company: Company, trouble: BackendAnswer) -> None:
    """What fails in one region goes to the other one, with the key that it wants there."""
    company.us.clear([trouble])
    got = company.call("POST", f"/ml/second-region{EXECUTE}?api-version=2.0", RRS_BODY)
    assert got.status == 200
    (seen,) = company.europe.seen
    assert seen.target == f"{EXECUTE}?api-version=2.0"
    assert seen.values("Host") == ["europewest.services.azureml.net"]
    assert seen.values("Authorization") == [f"Bearer {ML_KEY_EUROPE}"]
    assert json.loads(seen.body) == RRS_BODY


def test_a_refusal_of_the_first_region_is_final(company: Company) -> None:
    """A 400 is no reason to ask the other region."""
    company.us.clear([BackendAnswer(status=400)])
    assert company.call("POST", "/ml/second-region/execute", RRS_BODY).status == 400
    assert company.europe.seen == []


def test_a_timeout_is_told_as_json(company: Company) -> None:
    """The policy of on-error makes a 504 with the reason of the 500 that a timeout is."""
    company.us.clear([BackendAnswer(delay=2)])
    got = company.call("POST", "/ml/errors-as-json/execute", RRS_BODY, X_Tenant="a")
    assert (got.status, got.value("X-Error-Reason")) == (504, "Timeout")
    error = got.json()["error"]
    assert (error["source"], error["section"]) == ("forward-request", "backend")
    assert (error["code"], error["scope"]) == (500, "api")
    assert got.value("X-Request-Id") == error["requestId"]


def test_a_refusal_of_a_policy_is_told_as_json(company: Company) -> None:
    """A missing header is told with the code, the reason and the message of check-header."""
    got = company.call("POST", "/ml/errors-as-json/execute", RRS_BODY)
    error = got.json()["error"]
    assert (got.status, error["source"], error["reason"]) == (400, "check-header", "HeaderNotFound")
    assert (error["section"], error["scope"], got.value("Content-Type")) == (
        "inbound",
        "api",
        "application/json",
    )


def test_a_missing_key_is_told_as_json(company: Company) -> None:
    """The gateway's own 401 goes through on-error of the API, and keeps its challenge."""
    got = company.call("POST", "/ml/errors-as-json/execute", RRS_BODY, key=None)
    error = got.json()["error"]
    assert (got.status, error["code"], error["reason"]) == (401, 401, "SubscriptionKeyNotFound")
    assert got.value("WWW-Authenticate").startswith("AzureApiManagementKey realm=")


def test_a_refused_ml_key_is_no_business_of_the_caller(company: Company) -> None:
    """The backend's 401 becomes a 502 without a word of the backend's."""
    company.us.clear([BackendAnswer(status=401, body={"error": {"code": "Unauthorized"}})])
    got = company.call("POST", "/ml/mapped-errors/execute", RRS_BODY)
    assert (got.status, got.json()) == (502, {"title": "The model's key was refused"})


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"error":{"details":[{"message":"no x"},{"message":"no y"}]}}', "no x; no y"),
        ("<html>busy</html>", ""),
        ("", ""),
    ],
)
def test_a_refused_input_is_told_in_the_companys_words(
    company: Company, body: str, detail: str
) -> None:
    """The service's details are told; a body that is none of the service's does no harm."""
    company.us.clear([BackendAnswer(status=400, body=body)])
    got = company.call("POST", "/ml/mapped-errors/execute", RRS_BODY)
    assert (got.status, got.json()["detail"]) == (422, detail)
    assert got.value("Content-Type") == "application/problem+json"


# --- limits ---------------------------------------------------------------------------------------


def test_only_successes_count_for_an_address(company: Company) -> None:
    """Failed calls are not counted; the third successful one within a minute is refused."""
    company.us.clear([BackendAnswer(status=s) for s in (500, 400, 200, 200, 200)])
    statuses = [company.call("GET", "/ml/limit-by-address/a").status for _ in range(6)]
    assert statuses[:4] == [500, 400, 200, 200]
    assert statuses[-1] == 429
    refused = company.call("GET", "/ml/limit-by-address/a")
    assert refused.values("Retry-After") == []
    assert 0 < int(refused.value("X-Retry-In")) <= 60


def test_an_address_gets_its_calls_back(company: Company) -> None:
    """The window slides: after a minute the calls are there again."""
    company.admin.put("/clock", json={"mode": "frozen", "now": "2026-03-01T10:00:00Z"})
    got = [company.call("GET", "/ml/limit-by-address/a") for _ in range(3)]
    assert [each.status for each in got] == [200, 200, 429]
    company.admin.post("/clock/advance", json={"seconds": 61}).raise_for_status()
    later = company.call("GET", "/ml/limit-by-address/a")
    assert (later.status, later.value("X-Calls-Total")) == (200, "2")


def test_customers_are_counted_apart(company: Company) -> None:
    """Each customer has a call of his own; without a name the subscription is the customer."""
    first = [company.call("GET", "/ml/limit-by-customer/a").status for _ in range(2)]
    ann = [company.call("GET", "/ml/limit-by-customer/a", X_Customer="ann").status for _ in "12"]
    bob = company.call("GET", "/ml/limit-by-customer/a", X_Customer="bob").status
    assert (first, ann, bob) == ([200, 429], [200, 429], 200)


def test_another_product_has_another_limit(company: Company) -> None:
    """The same customer through the better product is not held up by the other one's counter."""
    for key, wanted in ((KEY, 200), (KEY, 429), (PREMIUM_KEY, 200), (PREMIUM_KEY, 200)):
        got = company.call("GET", "/ml/limit-by-customer/a", key=key, X_Customer="ann")
        assert got.status == wanted


def test_a_quota_counts_scores_only(company: Company) -> None:
    """GETs do not count for the quota; the third POST within the hour is 403, until it is over."""
    company.admin.put("/clock", json={"mode": "frozen", "now": "2026-03-01T10:15:00Z"})
    for _ in range(3):
        assert company.call("GET", "/ml/quota-by-customer/a").status == 200
    posts = [company.call("POST", "/ml/quota-by-customer/a", RRS_BODY) for _ in range(3)]
    assert [got.status for got in posts] == [200, 200, 403]
    text = "Out of call volume quota. Quota will be replenished in 00:45:00."
    assert posts[-1].json() == {"statusCode": 403, "message": text}
    assert posts[-1].value("Retry-After") == "2700"
    company.admin.post("/clock/advance", json={"seconds": 2700}).raise_for_status()
    assert company.call("POST", "/ml/quota-by-customer/a", RRS_BODY).status == 200


def test_starter_is_starter(company: Company) -> None:
    """The product's own document limits its key to five calls, and says how many are left."""
    got = [company.call("GET", "/ml/pin-version/a", key=STARTER_KEY) for _ in range(6)]
    assert [each.status for each in got] == [*[200] * 5, 429]
    assert [each.value("X-Left") for each in got[:5]] == ["4", "3", "2", "1", "0"]
    assert company.call("GET", "/ml/pin-version/a").status == 200


def test_one_at_a_time(company: Company) -> None:
    """A second call of the same subscription is refused while the first one is at the backend."""
    company.us.clear([BackendAnswer(delay=0.5)])
    first: list[Got] = []
    waiting = Thread(target=lambda: first.append(company.call("GET", "/ml/two-at-once/a")))
    waiting.start()
    given_up = time.monotonic() + PATIENCE
    while not company.us.seen:
        assert time.monotonic() < given_up
        time.sleep(0.005)
    second = company.call("GET", "/ml/two-at-once/a")
    waiting.join()
    company.us.clear()
    third = company.call("GET", "/ml/two-at-once/a")
    assert (first[0].status, second.status, third.status) == (200, 429, 200)
    assert second.value("Retry-After") == "5"


# --- who may call ---------------------------------------------------------------------------------


def test_a_token_with_a_role_passes(company: Company) -> None:
    """A good token is spent at the gateway: the backend gets its claims, and the ML key."""
    bearer = f"Bearer {token(**GOOD_CLAIMS)}"
    got = company.call("POST", "/ml/token-with-roles/a", RRS_BODY, Authorization=bearer)
    seen = company.one()
    assert got.status == 200
    assert (seen.values("X-User"), seen.values("X-Roles")) == (["jane"], ["Reader,Scorer"])
    assert seen.values("Authorization") == [f"Bearer {ML_KEY}"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"roles": ["Reader"]}, "TokenClaimValueNotAllowed"),
        ({"roles": None}, "TokenClaim"),
        ({"aud": "api://other"}, "TokenAudienceNotAllowed"),
        ({"iss": "https://evil.example/"}, "TokenIssuerNotAllowed"),
        ({"exp": 1_000_000_000}, "TokenExpired"),
    ],
)
def test_a_token_that_does_not_fit_is_refused(
    company: Company, claims: dict[str, Any], reason: str
) -> None:
    """Whatever is wrong with a token, the caller reads the policy's text and the log says why."""
    bearer = f"Bearer {token(**{**GOOD_CLAIMS, **claims})}"
    got = company.call("POST", "/ml/token-with-roles/a", RRS_BODY, Authorization=bearer)
    assert (got.status, got.json()["message"], company.us.seen) == (401, "Sign in first.", [])
    assert company.row()["lastErrorReason"].startswith(reason)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer ",
        "Bearer a.b.c",
        "Basic amFuZTpwdw==",
        "Bearer " + "e30." * 3000,
        "Bearer "
        + base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        + "."
        + base64.urlsafe_b64encode(json.dumps(dict(GOOD_CLAIMS)).encode()).decode().rstrip("=")
        + ".",
        token(**GOOD_CLAIMS),
        "Bearer " + token(**GOOD_CLAIMS)[:-3],
    ],
)
def test_what_is_no_token_is_refused(company: Company, authorization: str) -> None:
    """Neither odd bytes nor a token that nobody signed pass, and none of them is a defect."""
    got = company.call("POST", "/ml/token-with-roles/a", RRS_BODY, Authorization=authorization)
    assert (got.status, got.json()["message"], company.us.seen) == (401, "Sign in first.", [])


def test_a_console_of_the_company_may_call(company: Company) -> None:
    """A preflight is answered without a key, and the call itself has the headers of CORS."""
    origin = "https://console.contoso.example"
    asked = company.call(
        "OPTIONS",
        "/ml/console/execute",
        key=None,
        Origin=origin,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type,ocp-apim-subscription-key",
    )
    assert (asked.status, asked.value("Access-Control-Allow-Origin")) == (200, origin)
    assert asked.value("Access-Control-Allow-Credentials") == "true"
    assert asked.value("Access-Control-Max-Age") == "600"
    assert company.us.seen == []
    got = company.call("POST", "/ml/console/execute", RRS_BODY, Origin=origin)
    assert got.value("Access-Control-Allow-Origin") == origin
    assert got.value("Access-Control-Expose-Headers") == "X-Request-Number"
    assert len(company.us.seen) == 1


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://console.contoso.example.evil"]
)
def test_another_console_may_not(company: Company, origin: str) -> None:
    """An origin that is not in the list gets an empty 200 without headers of CORS."""
    got = company.call("POST", "/ml/console/execute", RRS_BODY, Origin=origin)
    assert (got.status, got.body, company.us.seen) == (200, b"", [])
    assert got.values("Access-Control-Allow-Origin") == []


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_verbs_are_405(company: Company, verb: str) -> None:
    """A wildcard operation for each other verb makes the 405 that the gateway never gives."""
    got = company.call(verb, "/ml/other-verbs/execute")
    assert (got.status, got.value("Allow"), company.us.seen) == (405, "POST", [])
    assert got.json() == {"status": 405, "method": verb, "operation": f"Any {verb}"}
    assert company.call("POST", "/ml/other-verbs/execute", RRS_BODY).status == 200


def test_the_front_door_is_the_only_way_in(company: Company) -> None:
    """Without the id of the front door, or with another one, there is no way in."""
    right = NAMED_VALUES["front-door"]
    got = [company.call("GET", "/ml/office-only/a")]
    got += [company.call("GET", "/ml/office-only/a", X_Azure_FDID=i) for i in ("x", right.upper())]
    assert [each.value("X-Why") for each in got] == [
        "HeaderNotFound",
        "HeaderValueNotAllowed",
        "HeaderValueNotAllowed",
    ]
    assert {each.status for each in got} == {403}
    passed = company.call("GET", "/ml/office-only/a", X_Azure_FDID=right)
    assert (passed.status, len(company.us.seen)) == (200, 1)


def test_maintenance_holds_for_all_but_administrators(company: Company) -> None:
    """A named value closes the API; the answer says when to come again."""
    got = company.call("GET", "/ml/maintenance/a")
    assert (got.status, got.value("Retry-After"), company.us.seen) == (503, "900", [])


# --- other services -------------------------------------------------------------------------------


def test_a_token_is_fetched_once(company: Company) -> None:
    """The token that the login service gives is kept for as long as it says, less a minute."""
    company.admin.put("/clock", json={"mode": "frozen", "now": "2026-03-01T10:00:00Z"})
    answer = BackendAnswer(body={"access_token": "t0ken", "expires_in": 3600})
    company.login.clear([answer])
    for _ in range(3):
        assert company.call("POST", "/ml/token-service/a", RRS_BODY).status == 200
    assert [s.values("Authorization") for s in company.us.seen] == [["Bearer t0ken"]] * 3
    (asked,) = company.login.seen
    assert (asked.method, asked.target) == ("POST", "/oauth2/token")
    assert asked.body == (
        b"grant_type=client_credentials&client_id=gateway%20%26%20co&client_secret=s3cr%3Dt%2F%2B"
    )
    assert asked.values("Ocp-Apim-Subscription-Key") == []
    company.admin.post("/clock/advance", json={"seconds": 3541}).raise_for_status()
    assert company.call("POST", "/ml/token-service/a", RRS_BODY).status == 200
    assert len(company.login.seen) == 2


def test_a_refused_token_is_not_kept(company: Company) -> None:
    """After a 401 of the backend the next call fetches a token anew."""
    company.login.clear([BackendAnswer(body={"access_token": "t0ken", "expires_in": 3600})])
    company.us.clear([BackendAnswer(status=401), BackendAnswer()])
    statuses = [company.call("POST", "/ml/token-service/a", RRS_BODY).status for _ in "12"]
    assert (statuses, len(company.login.seen)) == ([401, 200], 2)


@pytest.mark.parametrize(
    "answer",
    [
        BackendAnswer(status=400, body={"error": "invalid_client"}),
        BackendAnswer(body="no json"),
        BackendAnswer(body={"access_token": "x"}),
        BackendAnswer(sends="nothing", then="close"),
    ],
)
def test_without_a_token_the_backend_is_not_called(company: Company, answer: BackendAnswer) -> None:
    """Whatever the login service does, the call ends with 500 or 502, and shows no secret."""
    company.login.clear([answer])
    got = company.call("POST", "/ml/token-service/a", RRS_BODY)
    assert got.status in (500, 502)
    assert company.us.seen == []
    assert NAMED_VALUES["client-secret"] not in str(got) + str(company.row())


def test_an_authorizer_is_asked_with_the_callers_headers(company: Company) -> None:
    """It gets the caller's Authorization and the path; what it says of the user goes on."""
    company.login.clear([BackendAnswer(body={"active": True, "user": "jane"})])
    got = company.call(
        "POST", "/ml/ask-authorizer/a b/c".replace(" ", "%20"), RRS_BODY, Authorization="Bearer x"
    )
    (asked,) = company.login.seen
    assert (asked.method, asked.values("Authorization")) == ("GET", ["Bearer x"])
    assert asked.target.startswith("/introspect?path=")
    assert (got.status, company.one().values("X-User")) == (200, ["jane"])
    assert json.loads(company.one().body) == RRS_BODY


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (BackendAnswer(body={"active": False}), 403),
        (BackendAnswer(sends="nothing", then="close"), 503),
        (BackendAnswer(body={"nothing": 1}), 500),
        (BackendAnswer(body="<html>"), 500),
    ],
)
def test_an_authorizer_that_does_not_agree(
    company: Company, answer: BackendAnswer, status: int
) -> None:
    """A no is 403, silence is 503, what is no verdict is 500; the backend is never called."""
    company.login.clear([answer])
    got = company.call("POST", "/ml/ask-authorizer/a", RRS_BODY)
    assert (got.status, company.us.seen) == (status, [])


def test_an_audit_does_not_hold_up_the_call(company: Company) -> None:
    """The record reaches the audit service, and the call goes on while that one is slow."""
    company.login.clear([BackendAnswer(delay=1)])
    begun = time.monotonic()
    got = company.call("POST", "/ml/audited/a", RRS_BODY)
    text = json.dumps(RRS_BODY).encode()
    assert (got.status, company.one().body) == (200, text)
    while not (company.login.seen and company.login.seen[0].is_whole):
        assert time.monotonic() < begun + PATIENCE
        time.sleep(0.01)
    assert json.loads(company.login.seen[0].body) == {
        "who": "jane@contoso.example",
        "length": len(text),
        "sha256": hashlib.sha256(text).hexdigest(),
    }


# --- bodies ---------------------------------------------------------------------------------------


def test_numbers_of_cards_are_masked(company: Company) -> None:
    """A name is replaced wherever it is, numbers only in JSON; the length is that of the result."""
    text = '{"a":"1234-5678-9012-3456","b":"internal-store.contoso.example/x"}'
    headers = {"Content-Type": "application/json; charset=utf-8"}
    company.us.clear([BackendAnswer(body=text, headers=headers)])
    got = company.call("GET", "/ml/mask-names/a")
    assert got.json() == {"a": "****-****-****-3456", "b": "store/x"}
    company.us.clear([BackendAnswer(body=text, headers={"Content-Type": "text/plain"})])
    assert b"1234-5678" in company.call("GET", "/ml/mask-names/a").body


def test_links_lead_to_the_gateway(company: Company) -> None:
    """Links in the body and in Location lead through the gateway; links elsewhere stay."""
    job = f"https://{US}/jobs/1"
    body = {"job": job, "blob": "https://store.blob.core.windows.net/out"}
    company.us.clear([BackendAnswer(status=202, body=body, headers={"Location": job})])
    got = company.call("POST", "/ml/links-to-the-gateway/jobs", RRS_BODY)
    assert got.json()["job"].endswith("/ml/links-to-the-gateway/jobs/1")
    assert got.json()["blob"] == body["blob"]
    assert got.value("Location") == "https://127.0.0.1/ml/links-to-the-gateway/jobs/1"


def test_a_body_that_fits_the_schema_passes(company: Company) -> None:
    """The body reaches the backend as it was sent."""
    assert company.call("POST", "/ml/checked-body/a", RRS_BODY).status == 200
    assert json.loads(company.one().body) == RRS_BODY


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"Inputs":{"input1":{"ColumnNames":[1],"Values":[]}},"GlobalParameters":{}}', "json"),
        ('{"Inputs":{}}', "json"),
        ("{", "json"),
        ("[" * 1000, "json"),
        (json.dumps({**RRS_BODY, "x": "y" * 3000}), "json"),
        ("<Inputs />", "xml"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(
    company: Company, body: str, content_type: str
) -> None:
    """Neither a wrong column, nor half a body, nor a large one, nor XML reaches the backend."""
    headers = {"Content_Type": f"application/{content_type}"}
    got = company.call("POST", "/ml/checked-body/a", body, **headers)
    assert (got.status, got.value("X-Refused-By"), company.us.seen) == (400, "schema", [])


def test_a_stub_answers_who_asks_for_it(company: Company) -> None:
    """The documented example comes without the backend, but only with the header."""
    got = company.call("POST", "/ml/stub/execute", RRS_BODY, X_Stub="true")
    assert (got.status, got.json(), company.us.seen) == (
        200,
        {"Results": {"output1": {"type": "table"}}},
        [],
    )
    assert company.call("POST", "/ml/stub/execute", RRS_BODY).json() == {"ok": True}


def test_a_client_that_speaks_xml(company: Company) -> None:
    """XML becomes JSON on the way in, and the JSON of the answer XML on the way out."""
    company.us.clear(
        [
            BackendAnswer(
                body='{"result":{"label":"spam","p":0.9}}',
                headers={"Content-Type": "application/json"},
            )
        ]
    )
    got = company.call(
        "POST",
        "/ml/xml-client/a",
        "<score><text>a &amp; b</text></score>",
        Content_Type="application/xml",
        Accept="application/xml",
    )
    assert json.loads(company.one().body) == {"score": {"text": "a & b"}}
    assert b"<result><label>spam</label><p>0.9</p></result>" in got.body
    assert "xml" in got.value("Content-Type")


def test_a_flat_body_becomes_a_table(company: Company) -> None:
    """The request is wrapped as RRS wants it, and the first row of its answer is unwrapped."""
    value = {"ColumnNames": ["Label", "P"], "Values": [["spam", "0.9"]]}
    company.us.clear([BackendAnswer(body={"Results": {"output1": {"value": value}}})])
    got = company.call("POST", "/ml/flat-body/score", {"text": "hé ☃", "n": 3, "none": None})
    assert got.body == b'{"Label":"spam","P":"0.9"}'
    seen = company.one()
    assert seen.target == f"{EXECUTE}?api-version=2.0&details=true"
    assert json.loads(seen.body) == {
        "Inputs": {"input1": {"ColumnNames": ["text", "n", "none"], "Values": [["hé ☃", "3", ""]]}},
        "GlobalParameters": {},
    }


@pytest.mark.parametrize("body", ["", "[]", "text", "{", '{"a":' * 3000])
def test_what_is_no_flat_body_is_a_failed_expression(company: Company, body: str) -> None:
    """A body that the expression cannot read is a 500 with that reason, and no defect."""
    got = company.call("POST", "/ml/flat-body/score", body, Content_Type="application/json")
    assert (got.status, company.us.seen) == (500, [])
    assert company.row()["lastErrorReason"] == "ExpressionValueEvaluationFailure"


# --- attacks --------------------------------------------------------------------------------------


def test_a_client_cannot_take_headers_away(company: Company) -> None:
    """What the client's Connection header names is the client's own, not what policies have set."""
    named = "close, Authorization, X-Forwarded-For, X-Through"
    got = company.call("POST", "/ml/hide-ml-key/a", RRS_BODY, Connection=named)
    seen = company.one()
    assert got.status == 200
    assert seen.values("Authorization") == [f"Bearer {ML_KEY}"]
    assert seen.values("X-Through") != []
    assert seen.values("X-Forwarded-For") == ["127.0.0.1"]


def test_a_policy_says_what_host_the_backend_is_told(company: Company) -> None:
    """The Host that a policy sets reaches the backend; that of the client never does."""
    assert company.call("GET", "/ml/host/a").status == 200
    assert company.call("GET", "/ml/pin-version/a").status == 200
    assert [seen.values("Host") for seen in company.us.seen] == [["shown.example"], [US]]


def test_a_body_cannot_be_blown_up(company: Company) -> None:
    """A replacement that makes more than the gateway holds is refused before it is made."""
    small = company.call("POST", "/ml/amplifier/a", "a" * 1000)
    assert (small.status, len(company.one().body)) == (200, 8000)
    company.us.clear()
    assert company.call("POST", "/ml/amplifier/a", "a" * 3_000_000).status == 500
    assert company.us.seen == []
    assert company.row(2)["lastErrorReason"] == "BodyTooLarge"


def test_a_large_document_holds_nobody_up(company: Company) -> None:
    """While a large XML body is turned into JSON, other calls are served."""
    document = f"<a>{'<b/>' * 150_000}</a>"
    sender = Thread(target=_send_and_forget, args=(company, document))
    sender.start()
    given_up = time.monotonic() + PATIENCE
    while sender.is_alive():
        assert time.monotonic() < given_up, "the document takes too long"
        assert company.call("GET", "/ml/pin-version/a").status == 200
    sender.join()


def _send_and_forget(company: Company, document: str) -> None:
    """Send a document, whatever comes of it."""
    company.call("POST", "/ml/xml-client/a", document, Content_Type="application/xml")


@pytest.mark.parametrize("depth", [300, 100_000])
def test_a_deep_document_is_no_defect(company: Company, depth: int) -> None:
    """A document that is nested deeply gets an answer that is one of the gateway's."""
    document = "<a>" * depth + "</a>" * depth
    got = company.call("POST", "/ml/xml-client/a", document, Content_Type="application/xml")
    assert got.status in (200, 500)
    assert company.row()["lastErrorReason"] != "InternalError"


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a>&z;&z;</a>',
    ],
)
def test_entities_are_not_followed(company: Company, document: str) -> None:
    """A document type in a client's XML is a failure of the policy, not a way to files."""
    got = company.call("POST", "/ml/xml-client/a", document, Content_Type="application/xml")
    assert (got.status, company.us.seen) == (500, [])


def test_a_pattern_of_a_schema_does_not_hang(company: Company) -> None:
    """A text that is hard for a pattern is refused like any other that does not fit."""
    got = company.call("POST", "/ml/pattern/a", {"p": "a" * 30 + "!"})
    assert (got.status, company.us.seen) == (400, [])
    assert company.call("POST", "/ml/pattern/a", {"p": "aaaa"}).status == 200


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254",
        "http://127.0.0.1:22",
        "http://localhost",
        "http://[::1]",
        "http://2130706433",
        f"http://{US}@evil.example",
        f"http://user:password@{US}",
        f"http://evil.{US}",
        "file:///etc/passwd",
        "//evil.example",
        "http://",
        f"https://{US}:99999",
        f"http://{US}\\@evil.example",
    ],
)
def test_policies_lead_nowhere_else(company: Company, address: str) -> None:
    """An address that a client gives is not called unless the configuration names its host."""
    got = company.call("GET", "/ml/anywhere/a", X_To=address)
    assert (got.status, company.us.seen, company.europe.seen) == (500, [], [])
    assert company.row()["lastErrorReason"] in (
        "BackendConnectionFailure",
        "ExpressionValueEvaluationFailure",
    )


@pytest.mark.parametrize("text", ["a%0d%0aX-Evil: 1", "a%0aX-Evil: 1", "a%00", "a%0d"])
def test_a_query_cannot_become_a_header(company: Company, text: str) -> None:
    """What would end a line is a failed expression; nothing is sent."""
    got = company.call("GET", f"/ml/echo/a?q={text.replace(' ', '%20')}")
    assert (got.status, company.us.seen) == (500, [])


def test_blanks_around_a_key_are_no_part_of_it(company: Company) -> None:
    """RFC 9110, section 5.5: blanks before and behind a value do not belong to it."""
    assert company.call("GET", "/ml/pin-version/a", key=f" {KEY} ").status == 200
    assert company.one().values("Ocp-Apim-Subscription-Key") == [KEY]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("?page=1&page=2", "?page=1,2"),
        ("?page=1%26page=2", "?page=1&page=2"),
        ("?page=1", "?page=1&page=1"),
        ("?page=a", "?page=A"),
        ("/x", "/X"),
    ],
)
def test_cached_answers_are_not_mixed_up(company: Company, first: str, second: str) -> None:
    """Two addresses that a backend may tell apart have answers of their own."""
    company.us.clear([BackendAnswer(body="1"), BackendAnswer(body="2")])
    bodies = [company.call("GET", f"/ml/cached-reads/jobs{end}").body for end in (first, second)]
    assert bodies == [b"1", b"2"]


def test_a_secret_key_is_in_no_row(company: Company) -> None:
    """The subscription key in a query is not written down."""
    for name in ("subscription-key", "Subscription-Key", "subscription%2Dkey"):
        assert company.call("GET", f"/ml/pin-version/a?{name}={KEY}", key=None).status == 200
    rows = company.admin.get("/gateway/log").raise_for_status().text
    assert KEY not in rows


# --- caching, fragments, traces -------------------------------------------------------------------


def test_reads_are_cached_by_what_is_named(company: Company) -> None:
    """The same page in the same form is asked for once; another page or form is asked for anew."""
    calls: Sequence[tuple[str, str]] = [
        ("?page=1", "text/a"),
        ("?page=1", "text/a"),
        ("?page=2", "text/a"),
        ("?page=1", "text/b"),
        ("?page=1&noise=1", "text/a"),
    ]
    for query, accept in calls:
        assert company.call("GET", f"/ml/cached-reads/jobs{query}", Accept=accept).status == 200
    assert len(company.us.seen) == 3
    company.call("POST", "/ml/cached-reads/jobs?page=1", RRS_BODY, Accept="text/a")
    assert len(company.us.seen) == 4


def test_what_was_cached_is_as_it_was(company: Company) -> None:
    """A hit has status, headers and body of the first answer, and is logged as one."""
    first = BackendAnswer(body="one", headers={"X-Number": "1", "Set-Cookie": "a=b"})
    company.us.clear([first, BackendAnswer(body="two")])
    got = [company.call("GET", "/ml/cached-reads/jobs") for _ in "12"]
    assert [each.body for each in got] == [b"one", b"one"]
    assert got[1].value("X-Number") == "1"
    assert company.row(2)["cache"] == "hit"


def test_errors_are_not_cached(company: Company) -> None:
    """Only a 200 is kept."""
    company.us.clear([BackendAnswer(status=404), BackendAnswer(body="here")])
    got = [company.call("GET", "/ml/cached-reads/jobs").status for _ in "12"]
    assert got == [404, 200]


def test_fragments_stand_where_they_are_included(company: Company) -> None:
    """What a fragment does with the user, and to the answer, is done where it is included."""
    company.us.clear([BackendAnswer(headers={"X-Powered-By": "ASP.NET"})])
    got = company.call("GET", "/ml/with-fragments/a")
    assert company.one().values("X-Tenant") == ["contoso.example"]
    assert company.one().values("X-Stage") == ["test-@"]
    assert (got.values("X-Powered-By"), got.value("X-Frame-Options")) == ([], "DENY")


def test_answers_are_cleaned(company: Company) -> None:
    """What tells of the backend is gone, but for Server; what browsers want is there."""
    headers = {"Server": "IIS", "X-Powered-By": "ASP.NET", "X-AspNet-Version": "4"}
    company.us.clear([BackendAnswer(headers={**headers, "Cache-Control": "max-age=1"})])
    got = company.call("GET", "/ml/clean-response/a")
    assert (got.values("X-Powered-By"), got.values("X-AspNet-Version")) == ([], [])
    assert got.value("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"
    assert got.value("X-Content-Type-Options") == "nosniff"
    assert ",".join(got.values("Cache-Control")).replace(" ", "") == "max-age=1,no-store,private"


def test_a_message_of_the_policy_is_in_the_trace(company: Company) -> None:
    """A trace has the policy's own message and metadata, in its place."""
    provider = "resourceGroups/r/providers/Microsoft.ApiManagement"
    api = f"/subscriptions/s/{provider}/service/contoso-ml/apis/traced"
    asked = {"credentialsExpireAfter": "PT1H", "apiId": api, "purposes": ["tracing"]}
    made = company.admin.post("/gateway/gateways/managed/listDebugCredentials", json=asked)
    credentials = made.raise_for_status().json()["token"]
    got = company.call("GET", "/ml/traced/a", Apim_Debug_Authorization=credentials)
    told = {"traceId": got.value("Apim-Trace-Id")}
    trace = company.admin.post("/gateway/gateways/managed/listTrace", json=told)
    text = trace.raise_for_status().text
    assert "GET GET anything by" in text
    assert "answered 200" in text


@pytest.mark.parametrize("stem", DOCUMENTS)
def test_a_document_is_whole(stem: str) -> None:
    """Every document is one that some test of this module is about, and that is loaded."""
    assert (FOLDER / f"{stem}.xml").read_text(encoding="utf-8").startswith("<policies>")
    assert f"/ml/{stem}" in Path(__file__).read_text(encoding="utf-8") or stem not in OF_AN_API
