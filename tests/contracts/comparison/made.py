"""Which exchanges and sides do the tests of the comparison share? All of them are made up."""

import json
from collections.abc import Callable
from typing import Any

from typing_extensions import override

from contracts.comparison.keys import Keys
from contracts.comparison.recording import Recording, Step
from contracts.comparison.replay import Side
from contracts.exchange import Exchange, Header, Reply, Request
from contracts.target import Target
from contracts.wire import Wire

KEY = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/=="
OTHER = "q7Xr2Lm9Zt4Vb8Nc1Kd6Ws3Yp5Hf0Jg8Aa2Ee+/=="
JSON = ("Content-Type", "application/json; charset=utf-8")


def target(url: str = "http://primary", **more: Any) -> Target:
    """Return a target that nobody serves."""
    return Target(url, "w" * 32, "e" * 32, more.pop("api_key", KEY), **more)


def gateway(**more: Any) -> Target:
    """Return a target behind a gateway that nobody serves."""
    return target("http://gateway", prefix="/suffix", subscription_key="subscription-key", **more)


def reply(body: Any = b"", status: int = 200, *headers: Header) -> Reply:
    """Return a reply with its length; what is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, (*headers, ("Content-Length", str(len(content)))), content)


def exchange(
    came: Reply | None,
    operation: str | None = "execute",
    path: str = "/execute?api-version=2.0&details=true",
    method: str = "POST",
    body: bytes = b"{}",
) -> Exchange:
    """Return a call below the primary's address."""
    request = Request(
        method,
        target().base + path,
        (
            ("Host", "primary"),
            ("Authorization", f"Bearer {KEY}"),
            ("Content-Length", str(len(body))),
        ),
        body,
    )
    trouble = "" if came else "ReadError: gone"
    return Exchange(1, request, came, operation, "a_check", trouble, seconds=0.01)


def recording(*steps: Step, **more: Any) -> Recording:
    """Return a recording of the primary."""
    return Recording(target(), steps, keys=Keys(target()), **more)


Answer = Callable[[Request], Reply | None]


class ScriptedWire(Wire):
    """A wire at whose other end is a function; time passes at once."""

    def __init__(self, at: Target, answer: Answer) -> None:
        super().__init__(at, lambda _: None, is_clock_moved=True)
        self.answer = answer

    @override
    def attempt(self, request: Request, label: str = "", client: object = None) -> Exchange:
        came = self.answer(request)
        return Exchange(0, request, came, label=label, trouble="" if came else "ReadError: gone")


def side(answer: Answer, at: Target | None = None, name: str = "candidate", **more: Any) -> Side:
    """Return a side that answers as a function says."""
    at = at or gateway()
    return Side(name, at, ScriptedWire(at, answer), **more)
