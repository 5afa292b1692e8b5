"""What happened to a call, step by step, in API Management's own form?

A policy may say what it did. For one that does not, the trace says what it changed. Nothing here
costs a call anything that is not traced.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import responses
from time import perf_counter
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from mockserver.clock import write_moment
from mockserver.evidence import Evidence, Fact
from mockserver.gateway.changes import Snapshot, State, changes, headers_of, snapshot
from mockserver.gateway.errors import Finished, LastError
from mockserver.gateway.message import HOP_BY_HOP, Request, Response
from mockserver.gateway.model import Api, Operation, Product, User

FACTS = (
    Fact(
        "A trace holds entries for inbound, backend, outbound and on-error, each with its source, a"
        " timestamp, the time since the call began, and data: an object or a text.",
        Evidence.CAPTURED,
        "traces of 2015, 2020 and 2025, a portal's of 2021, the SDK's example of listTrace",
    ),
    Fact(
        "A call to the backend has the source forward-request, with the request as it is sent and"
        " the time limit, then with the response's status and headers.",
        Evidence.CAPTURED,
        "a portal's trace of 2021; a self-hosted gateway says request-forwarder",
    ),
    Fact(
        "A policy that says nothing of its own has an entry with its attributes as they are in the"
        " document, and what it changed; a failure has one with its message and LastError.",
        Evidence.ASSUMED,
        "the wording of most policies' entries was not recorded",
    ),
)

_SECTIONS = ("inbound", "backend", "outbound", "on-error")
_PORTS = {"http": 80, "https": 443}
_FREE = "trace"
"""The policy whose entry has whatever source it says."""
_MOST_ENTRIES = 1000
_LONGEST_TEXT = 8192
_MOST_LEVELS = 8
_TICKS = 10_000_000
"""Of .NET, in a second."""
_NOT_SENT = HOP_BY_HOP | {"host", "expect", "content-length", "x-forwarded-for"}


class Place(Protocol):
    """Where a policy stands."""

    @property
    def scope(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def policy_id(self) -> str: ...


class Step(Protocol):
    """A policy."""

    @property
    def name(self) -> str: ...
    @property
    def place(self) -> Place: ...
    @property
    def written(self) -> Mapping[str, str]:
        """Its attributes as the document has them."""
        ...


class Entry(msgspec.Struct, gc=False):
    """One thing that happened; `elapsed` is since the call began."""

    source: str
    timestamp: str
    elapsed: str
    data: object


@dataclass(slots=True, eq=False)
class _Open:
    """A policy that runs: where its entry belongs, and what it found."""

    policy: Step
    position: int
    timestamp: str
    elapsed: str
    before: Snapshot
    inner: list[str] = field(default_factory=list)
    """The policies that ran within it, such as `when[2]/set-header[1]`."""
    has_told: bool = False


class Trace:
    """Gathers the entries of one call.

    `now` is the emulator's clock, `begun` a reading of `time.perf_counter`. What is in `secrets`
    is not shown. Keys and tokens of a call are: they are in API Management's traces as well, and
    whoever reads a trace configures the gateway. Bodies are not kept.
    """

    def __init__(
        self, trace_id: str, now: Callable[[], float], begun: float, secrets: tuple[str, ...] = ()
    ) -> None:
        self.id = trace_id
        self.entries: dict[str, list[Entry]] = {name: [] for name in _SECTIONS}
        self.failure: LastError | None = None
        """What was noted last as a failure."""
        self._now, self._begun, self._secrets = now, begun, secrets
        self._section = "inbound"
        self._open: list[_Open] = []
        self._left = _MOST_ENTRIES

    def add(self, source: str, data: Mapping[str, object] | str, section: str = "") -> None:
        """Add an entry, to the section that runs unless another one is named."""
        for step in reversed(self._open):
            if step.policy.name in (source, _FREE):
                step.has_told = True
                break
        entry = Entry(self._text(source), *self._moment(), self._plain(data))
        self._put(section or self._section, entry)

    @contextmanager
    def step(self, policy: Step, call: State) -> Iterator[None]:
        """Take note of a policy while it runs."""
        place = policy.place
        self._section = place.section
        position = len(self.entries[place.section])
        opened = _Open(policy, position, *self._moment(), snapshot(call))
        for outer in self._open:
            above = outer.policy.place
            if above.scope == place.scope and place.path.startswith(f"{above.path}/"):
                outer.inner.append(place.path[len(above.path) + 1 :])
        self._open.append(opened)
        try:
            yield
        except Finished:
            self._close(opened, call)
            raise
        else:
            self._close(opened, call)
        finally:
            self._open.remove(opened)

    def arrive(self, request: Request, url: str) -> None:
        """Note the request as it came to `url`."""
        data = {"method": request.method, "url": url, "headers": headers_of(request.headers)}
        self.add("api-inspector", {"request": data})

    def configure(
        self, api: Api, operation: Operation, user: User | None, product: Product | None
    ) -> None:
        """Note what the request means, and who sent it."""
        to = urlsplit(api.service_url)
        usual = _PORTS.get(to.scheme)
        port = to.port or usual
        where: dict[str, object] = {
            "scheme": to.scheme,
            "host": to.hostname,
            "port": port,
            "path": to.path or "/",
            "queryString": "",
            "query": {},
            "isDefaultPort": port == usual,
        }
        configuration = {
            "api": {"from": f"/{api.path}", "to": where, "version": None, "revision": "1"},
            "operation": {"method": operation.method, "uriTemplate": operation.template.text},
            "user": "-" if user is None else {"id": user.id, "groups": list(user.groups)},
            "product": "-" if product is None else {"id": product.id},
        }
        self.add("api-inspector", {"configuration": configuration})

    def forward(self, source: str, request: Request, seconds: float) -> None:
        """Note a request that is sent to a backend, as it is sent."""
        headers = [("Host", urlsplit(request.url.base).netloc)]
        headers += [(k, v) for k, v in request.headers.items() if k.lower() not in _NOT_SENT]
        through = [*request.headers.getall("x-forwarded-for", ()), request.ip_address]
        if any(through):
            headers.append(("X-Forwarded-For", ", ".join(filter(None, through))))
        message = (
            f"Request is being forwarded to the backend service. Timeout set to {seconds:g} seconds"
        )
        sent = {
            "method": request.method,
            "url": str(request.url),
            "headers": [{"name": name, "value": value} for name, value in headers],
        }
        self.add(source, {"message": message, "request": sent})

    def answered(self, source: str, response: Response) -> None:
        """Note the response of a backend."""
        self.add(source, {"response": _told(response)})

    def leave(self, response: Response | None) -> None:
        """Note what the client got: None if it did not wait for it."""
        if response is None:
            message = "The client closed its connection before the response was sent."
            self.add("transfer-response", {"message": message}, "outbound")
            return
        message = "Response has been sent to the caller in full"
        data = {"message": message, "response": _told(response)}
        self.add("transfer-response", data, "outbound")

    def fail(self, error: LastError) -> None:
        """Note a failure, in the section where it happened."""
        self.failure = error
        section = error.section if error.section in _SECTIONS else self._section
        error_data = {
            "source": error.source,
            "reason": error.reason,
            "message": error.message,
            "scope": error.scope,
            "section": error.section,
            "path": error.path,
            "policyId": error.policy_id,
        }
        data = {"message": error.message, "lastError": error_data}
        self.add(error.source or "gateway", data, section)

    def _close(self, opened: _Open, call: State) -> None:
        """Write the entry of a policy that has run and has said nothing."""
        if opened.has_told:
            return
        policy = opened.policy
        data: dict[str, object] = {"message": "Policy was executed.", "path": policy.place.path}
        if policy.place.policy_id:
            data["policyId"] = policy.place.policy_id
        if policy.written:
            data["attributes"] = dict(policy.written)
        if not opened.inner:
            data |= changes(opened.before, snapshot(call))
            entry = Entry(policy.name, *self._moment(), self._plain(data))
            self._put(policy.place.section, entry)
            return
        branch, _, within = opened.inner[0].partition("/")
        if within:
            data["branch"] = branch
        entry = Entry(policy.name, opened.timestamp, opened.elapsed, self._plain(data))
        self._put(policy.place.section, entry, opened.position)

    def _put(self, section: str, entry: Entry, position: int | None = None) -> None:
        self._left -= 1
        if self._left > 0:
            entries = self.entries[section]
            entries.insert(len(entries) if position is None else position, entry)
        elif self._left == 0:
            entry.source, entry.data = "trace", f"There are more than {_MOST_ENTRIES} entries."
            self.entries[section].append(entry)

    def _moment(self) -> tuple[str, str]:
        """Return the time by the emulator's clock, and the time since the call began."""
        ticks = int((perf_counter() - self._begun) * _TICKS)
        seconds, rest = divmod(ticks, _TICKS)
        elapsed = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:07d}"
        return f"{write_moment(self._now())[:-1]}0Z", elapsed

    def _plain(self, value: object, level: int = 0) -> object:
        """Return data that can be written as JSON, of a bounded size and without secrets."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if level == _MOST_LEVELS:
            return "…"
        if isinstance(value, Mapping):
            return {
                str(self._plain(str(key))): self._plain(each, level + 1)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._plain(each, level + 1) for each in value]
        return self._text(value)

    def _text(self, value: object) -> str:
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        if len(text) > _LONGEST_TEXT:
            text = f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
        return text.encode("utf-8", "backslashreplace").decode()


def _told(response: Response) -> dict[str, object]:
    reason = response.reason or responses.get(response.status, "")
    status = {"code": response.status, "reason": reason}
    return {"status": status, "headers": headers_of(response.headers)}
