"""What was sent, and what came back?"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from typing_extensions import override

Header = tuple[str, str]


def value_of(headers: Iterable[Header], name: str) -> str | None:
    """Return the first value of a header, whatever the case of its name."""
    wanted = name.lower()
    return next((value for given, value in headers if given.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes out. `target` is path and query, percent-encoded."""

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return value_of(self.headers, name)


class NotJson:
    """What the body of a reply is that cannot be read as JSON."""

    @override
    def __repr__(self) -> str:
        return "no JSON"


NOT_JSON = NotJson()


@dataclass(frozen=True)
class Reply:
    """One reply as it came in, names and order of its headers included."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return value_of(self.headers, name)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or NOT_JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return NOT_JSON

    @cached_property
    def error(self) -> tuple[str, str] | None:
        """Class and first detail code of the service's error envelope, or None if this is none."""
        match self.json:
            case {"error": {"code": str(code), "details": [{"code": str(detail)}, *_]}}:
                return code, detail
            case _:
                return None

    @cached_property
    def is_gateway_refusal(self) -> bool:
        """Whether API Management words its own answers like this one (captured)."""
        match self.json:
            case {"statusCode": int(status), "message": str()}:
                return status == self.status and set(self.json) <= _GATEWAY_MEMBERS
            case _:
                return False


_GATEWAY_MEMBERS = {"statusCode", "message", "activityId"}


@dataclass
class Exchange:
    """One call: the request, and the reply or why there is none."""

    number: int
    request: Request
    reply: Reply | None
    operation: str | None = None
    """The operation of the contract that the address means, if any."""
    label: str = ""
    """Which check, or which part of the run, made the call."""
    trouble: str = ""
    """Why there is no reply."""
    started: float = 0.0
    """Seconds since the epoch."""
    seconds: float = 0.0
    outputs: dict[str, Reply] = field(default_factory=dict)
    """Of a poll of a finished job: what it wrote, where somebody has read that."""
    blame: str = field(default="", compare=False)
    """What was found wrong with it first, and by which check; one cause is reported once."""

    @property
    def status(self) -> int:
        """The status of the reply, or 0 without one."""
        return self.reply.status if self.reply else 0

    @property
    def summary(self) -> str:
        """One line: method, target, what came."""
        came = f"{self.status}" if self.reply else self.trouble
        return f"{self.request.method} {self.request.target} -> {came}"
