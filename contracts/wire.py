"""How does a call reach the target, at which pace, and what if a limit stands in its way?"""

import re
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx

from contracts.exchange import Exchange, Header, Reply, Request
from contracts.target import Limit, Target

MOST_WAITS = 20
"""A limit that stands after so many waits is no limit of calls in time."""

PassTime = Callable[[float], None]
"""Let some seconds pass: by sleeping, or by moving the target's clock."""


class Unsendable(Exception):
    """HTTP cannot carry this request; that is no fault of the target."""


class LimitReached(Exception):
    """A limit of the target does not let us go on within the time that we have."""


@dataclass
class Wire:
    """Sends requests as they are, keeps what happened, and obeys limits."""

    target: Target
    pass_time: PassTime = time.sleep
    longest_wait: float = 120.0
    """Seconds that a limit may make us wait before we give up."""
    is_clock_moved: bool = False
    """Whether `pass_time` moves a clock; then no wait is too long."""
    obeyed: int = 0
    """How often a limit made us wait."""
    exchanges: list[Exchange] = field(default_factory=list)
    on_exchange: Callable[[Exchange], None] = lambda _: None

    def __post_init__(self) -> None:
        """Open the client; connections are made when they are needed."""
        self._pace = Pace(self.target.rate_limit)
        self._client = self.new_client()

    def new_client(self) -> httpx.Client:
        """Return another client, with connections of its own."""
        return httpx.Client(
            verify=self.tls(),
            timeout=self.target.timeout,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )

    def tls(self) -> ssl.SSLContext | bool:
        """Return how the target's certificate is looked at; False without TLS."""
        target = self.target
        if not target.url.startswith("https:"):
            return False
        context = ssl.create_default_context(cafile=target.ca_file)
        if not target.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if target.client_certificate:
            context.load_cert_chain(target.client_certificate)
        return context

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(self, request: Request, label: str = "", *, obey: bool = True) -> Exchange:
        """Send a request and keep what came; wait and repeat if a limit says so.

        Raises LimitReached if the limit asks for more time than there is.
        """
        exchange = self.ask(request, label, obey=obey)
        self.record(exchange)
        return exchange

    def ask(self, request: Request, label: str = "", *, obey: bool = True) -> Exchange:
        """Do the same, but keep nothing and let nobody judge it. Raises LimitReached."""
        waits: list[float] = []
        while True:
            self.keep_pace()
            exchange = self.attempt(request, label)
            seconds = wait_asked_for(exchange.reply) if obey else None
            if seconds is None:
                return exchange
            waits.append(seconds)
            if len(waits) > MOST_WAITS:
                raise LimitReached(
                    f"a limit still stands after {MOST_WAITS} waits: {exchange.summary}"
                )
            self.obey(seconds, sum(waits), exchange)

    def keep_pace(self, calls: int = 1) -> None:
        """Let time pass until so many more calls are within the limit that we set ourselves."""
        for _ in range(calls):
            self._pace.wait(self.pass_time)

    def obey(self, seconds: float, waited: float, exchange: Exchange) -> None:
        """Wait as the target asks. Raises LimitReached if `waited` in all is more than we have."""
        if waited > self.longest_wait and not self.is_clock_moved:
            raise LimitReached(f"the target asks us to wait {waited:.0f} s: {exchange.summary}")
        self.obeyed += 1
        self.pass_time(seconds)

    def record(self, exchange: Exchange) -> None:
        """Keep what happened, and let it be judged."""
        # Calls at the same time do not know their number until they are over.
        exchange.number = len(self.exchanges) + 1
        self.exchanges.append(exchange)
        self.on_exchange(exchange)

    def attempt(
        self, request: Request, label: str = "", client: httpx.Client | None = None
    ) -> Exchange:
        """Send a request once."""
        exchange = Exchange(len(self.exchanges) + 1, request, None, label=label)
        built = httpx.Request(
            request.method,
            self.target.url + request.path,
            # Values beyond ASCII are rare, not wrong.
            headers=[(n.encode("latin-1"), v.encode("latin-1")) for n, v in _carried(request)],
            content=_content(request),
            # The target exactly as it is: httpx would write some escapes anew.
            extensions={"target": request.target.encode("latin-1", "replace")},
        )
        built.extensions["timeout"] = httpx.Timeout(self.target.timeout).as_dict()
        exchange.started = time.time()
        begun = time.perf_counter()
        try:
            answer = (client or self._client).send(built)
        except httpx.LocalProtocolError as error:
            raise Unsendable(str(error)) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            exchange.trouble = f"{type(error).__name__}: {error}"
        else:
            headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in answer.headers.raw
            )
            exchange.reply = Reply(answer.status_code, headers, answer.content)
        exchange.seconds = time.perf_counter() - begun
        return exchange


def _carried(request: Request) -> tuple[Header, ...]:
    """Return the headers. Raises Unsendable."""
    if not all(name.isascii() and _is_latin(value) for name, value in request.headers):
        raise Unsendable("a header is of characters that HTTP does not have")
    return request.headers


def _is_latin(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _content(request: Request) -> bytes | Iterator[bytes]:
    """Return the body; one that is to come in chunks comes in two."""
    if request.header("Transfer-Encoding") is None:
        return request.body
    middle = len(request.body) // 2
    return iter((request.body[:middle], request.body[middle:]))


_DURATION = re.compile(r"(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)")


def wait_asked_for(reply: Reply | None) -> float | None:
    """Return how many seconds a limit of a gateway asks us to wait, or None if it is no limit.

    A rate limit is 429, a quota 403 with a TimeSpan in its text (captured).
    """
    if reply is None or reply.status not in {403, 429}:
        return None
    after = reply.header("Retry-After")
    if after and after.strip().isdigit():
        return max(float(after), 1.0)
    if reply.status == 403 and reply.is_gateway_refusal and "quota" in reply.json["message"]:
        found = _DURATION.search(reply.json["message"])
        if found:
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            return ((days * 24 + hours) * 60 + minutes) * 60.0 + seconds + 1
    return 1.0 if reply.status == 429 else None


class Pace:
    """Keeps the calls that we make below a limit of ours."""

    def __init__(self, limit: Limit | None) -> None:
        self._limit = limit
        self._sent: deque[float] = deque()
        self._moved = 0.0

    def wait(self, pass_time: PassTime) -> None:
        """Let time pass until one more call is within the limit."""
        if self._limit is None:
            return
        if len(self._sent) >= self._limit.calls:
            left = self._sent.popleft() + self._limit.seconds - self._now()
            if left > 0:
                before = self._now()
                pass_time(left)
                # A moved clock does not move ours: count what has passed for the target.
                self._moved += max(left - (self._now() - before), 0.0)
        self._sent.append(self._now())

    def _now(self) -> float:
        return time.monotonic() + self._moved
