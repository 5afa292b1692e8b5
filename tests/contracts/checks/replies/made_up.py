"""What does a judge say of a call that nobody made?"""

import json
from dataclasses import dataclass
from typing import Any

from contracts.catalogue import all_checks
from contracts.exchange import Exchange, Header, Reply, Request
from contracts.gateway import GatewayRules
from contracts.profiles import AMOUNTS, Profile
from contracts.session import Session
from contracts.spec import Contract
from contracts.target import Target
from contracts.wire import Wire

CONTRACT = Contract()

KEY, GATE_KEY = "aBc+eFgHiJkLmNoP==", "0f" * 16
WORKSPACE, SERVICE, JOB = "a" * 32, "b" * 32, "c" * 32
TARGET = Target("http://target.invalid", WORKSPACE, SERVICE, KEY)
GATED = Target(
    "http://target.invalid", WORKSPACE, SERVICE, KEY, prefix="/demo", subscription_key=GATE_KEY
)
BASE = f"/workspaces/{WORKSPACE}/services/{SERVICE}"
EXECUTE = f"{BASE}/execute?api-version=2.0"
DETAILS = f"{EXECUTE}&details=true"
SWAGGER = f"{EXECUTE}&format=swagger"
JOBS = f"{BASE}/jobs?api-version=2.0"
STATUS = f"{BASE}/jobs/{JOB}?api-version=2.0"
START = f"{BASE}/jobs/{JOB}/start?api-version=2.0"
DOCUMENT = f"{BASE}/swagger.json"

JSON = ("Content-Type", "application/json; charset=utf-8")
REQUEST_ID = ("x-ms-request-id", "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21")
USUAL: tuple[Header, ...] = (JSON, REQUEST_ID)


@dataclass(frozen=True)
class Case:
    """One call, and what its judge must say: a part of it, or nothing."""

    name: str
    says: str
    status: int
    content: Any = b""
    """Bytes, or what is written as JSON."""
    target: str = EXECUTE
    method: str = "POST"
    headers: tuple[Header, ...] = USUAL
    body: bytes = b""
    whom: Target = TARGET


def verdict(check: str, case: Case) -> str:
    """Return what one judge says of a call, or nothing."""
    content = case.content
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = (("Authorization", f"Bearer {KEY}"),)
    request = Request(case.method, case.whom.prefix + case.target, sent, case.body)
    return said(check, Exchange(0, request, Reply(case.status, case.headers, body)), case.whom)


def said(check: str, exchange: Exchange, whom: Target = TARGET) -> str:
    """Let one judge look at a call."""
    judge = all_checks()[check].judge
    assert judge is not None
    wire = Wire(whom)
    session = Session(
        whom, CONTRACT, wire, GatewayRules(whom, CONTRACT), AMOUNTS[Profile.SMOKE], seed=1
    )
    method, path = exchange.request.method, exchange.request.path
    operation = CONTRACT.operation_at(method, path, whom.prefix)
    exchange.operation = operation.name if operation else None
    found = judge(session, exchange)
    wire.close()
    assert found is None or found
    return found or ""


def refusal(
    code: str = "BadArgument", detail: str = "RequestBodyInvalid", text: str = "No."
) -> dict[str, Any]:
    """Return the envelope."""
    details = [{"code": detail, "message": text}]
    return {"error": {"code": code, "message": "No.", "details": details}}


def gateway_says(status: int, text: str = "Resource not found") -> dict[str, Any]:
    """Return what API Management says by itself."""
    return {"statusCode": status, "message": text}


def table(values: list[list[Any]], **more: Any) -> dict[str, Any]:
    """Return results with one table."""
    return {"Results": {"output1": {"type": "table", "value": {**more, "Values": values}}}}
