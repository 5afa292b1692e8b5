"""What do the tests of limits share: documents that calls go through, by a clock that they move."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from typing_extensions import override

from mockserver.gateway.call import Call
from mockserver.gateway.counting.quotas import QuotaCounters
from mockserver.gateway.hosts import Hosts
from mockserver.gateway.keys import NOBODY, Caller
from mockserver.gateway.message import Body, Headers, Request, Response, Url
from mockserver.gateway.model import Api, Operation, Product, Subscription
from mockserver.gateway.pipeline import handle
from mockserver.gateway.policy import SECTIONS, Library, Place, Policy, Scope
from mockserver.gateway.reader import DocumentReader
from mockserver.gateway.routing import Route
from mockserver.gateway.runtime import Runtime
from mockserver.gateway.templates import UrlTemplate

MONDAY = 1_773_043_200.0
PRODUCT = Product("starter", "Starter", frozenset({"echo"}))


class Answering(Policy):
    """Stands in for forward-request: the backend answers, and the clock goes on meanwhile."""

    name = "answering"
    place = Place("global", "backend", "answering[1]")

    def __init__(self, gateway: "Limited", status: int, seconds: float) -> None:
        self._gateway, self._status, self._seconds = gateway, status, seconds

    @override
    async def run(self, call: Call) -> None:
        self._gateway.now += self._seconds
        call.response = Response(self._status, body=Body(b"ok"))


@dataclass(slots=True)
class Asked:
    """Who calls what, and what comes of it."""

    subscription: str | None = "one"
    started: float | None = MONDAY
    api: tuple[str, str] = ("echo", "Echo API")
    operation: tuple[str, str] = ("get", "Get it")
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 200
    seconds: float = 0.0
    sent: int = 0
    """How many bytes the caller is sent, if nothing is refused."""


class Limited:
    """Documents that stand one behind the other in inbound, and a clock."""

    def __init__(
        self, *documents: str, scope: Scope = "product", quotas: QuotaCounters | None = None
    ) -> None:
        self.now = MONDAY
        self.inbound = [
            policy
            for text in documents
            for policy in DocumentReader(Library(), scope).document(in_inbound(text))["inbound"]
        ]
        self.runtime = Runtime(lambda: self.now, Hosts({}, []), quotas=quotas or QuotaCounters())
        self._ids = (f"call-{number}" for number in count(1))
        self.last: Call | None = None

    async def answer(self, asked: Asked) -> Response:
        """Let a call go through, to its end."""
        call = self.begin(asked)
        sections = dict.fromkeys(SECTIONS, ())
        backend = (Answering(self, asked.status, asked.seconds),)
        policies = {**sections, "inbound": tuple(self.inbound), "backend": backend}
        response = await handle(call, policies, None)
        call.received, call.sent = len(asked.body), asked.sent
        for done in call.at_end:
            done()
        return response

    def call(self, asked: Asked | None = None) -> Response:
        """Let a call go through that waits for nothing."""
        return completed(self.answer(asked or Asked()))

    def statuses(self, times: int, asked: Asked | None = None) -> list[int]:
        """Return the statuses of some calls one after the other."""
        return [self.call(asked).status for _ in range(times)]

    def begin(self, asked: Asked) -> Call:
        """Return a call that has gone through nothing yet."""
        operation = Operation(*asked.operation, "GET", UrlTemplate("/"))
        route = Route(Api(*asked.api, "echo", "http://backend", (operation,)), operation, {}, "/")
        caller = NOBODY
        if asked.subscription is not None:
            name = asked.subscription
            keys = (f"{name}-1", f"{name}-2")
            subscription = Subscription(
                name, name, *keys, product=PRODUCT.id, started=asked.started
            )
            caller = Caller(subscription, PRODUCT, keys[0])
        request = Request(
            "GET", Url("http://backend", "/"), Headers(asked.headers), Body(asked.body), "::1"
        )
        url = Url("http://gateway", "/echo/")
        self.last = Call(next(self._ids), self.runtime, route, caller, request, url, self.now)
        return self.last


def in_inbound(text: str) -> str:
    """Return a document with a text in its inbound section."""
    return f"<policies><inbound>{text}</inbound></policies>"


def completed(computation: Coroutine[Any, Any, Response]) -> Response:
    """Return what comes of a computation that waits for nothing."""
    try:
        computation.send(None)
    except StopIteration as stop:
        response: Response = stop.value
        return response
    computation.close()
    raise AssertionError("it waits")


def told(response: Response) -> str:
    """Return the message of a refusal."""
    text = (response.body.content or b"").decode()
    return text.split('"message": "')[1].split('"')[0]


def failure_of(limited: Limited) -> tuple[str, str, str]:
    """Return source, reason and message of what the last call failed by."""
    error = limited.last.last_error if limited.last else None
    return (error.source, error.reason, error.message) if error else ("", "", "")
