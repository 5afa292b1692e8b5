"""How are cases made from the contract, sent, and made smaller when one fails?

Schemathesis makes the cases, Hypothesis chooses and shrinks them. We send them ourselves, so that
keys, pace and limits are as everywhere, and so that nothing but target and seed decides what is
sent: Hypothesis keeps no database here, and shrinking is bounded by calls, not by time.
"""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import requests
import schemathesis
from hypothesis.strategies import SearchStrategy

from contracts.exchange import Exchange, Request
from contracts.findings import Broken, blame
from contracts.seed_only import quiet, seed_only
from contracts.session import Session

MOST_CAUSES = 4
"""So many different failures are looked for in one operation."""

Send = Callable[[Any], tuple[Exchange, Broken | None]]
"""Sends one drawn value; returns the call, and what is wrong beside what judges say."""


class _Interesting(Exception):
    """Tells Hypothesis that a case fails."""


def drive(
    session: Session, strategy: SearchStrategy[Any], send: Send, count: int, salt: str
) -> None:
    """Send `count` values; each different failure is made smaller and left in `session.found`.

    What a judge finds fault with is a failure too; it is written down by the run itself.
    """
    known: set[str] = set()
    for number in range(MOST_CAUSES if count else 0):
        failure = _Failure(session, known)
        _search(session, strategy, send, count, f"{session.seed} {salt} {number}", failure)
        if not failure.name:
            return
        known.add(failure.name)
        if failure.smallest is not None:
            session.found.append(failure.smallest)


class _Failure:
    """The one failure that a search is about, once it has come up."""

    def __init__(self, session: Session, known: set[str]) -> None:
        self.session = session
        self.known = known
        self.name = ""
        self.smallest: Broken | None = None
        self._left = session.amounts.shrink_calls

    @property
    def is_over(self) -> bool:
        """Whether enough calls have been spent on making it smaller."""
        return bool(self.name) and self._left <= 0

    def look(self, exchange: Exchange, broken: Broken | None) -> None:
        """Take a call in. Raises _Interesting if it fails in the way that is looked for."""
        name = exchange.blame or (blame("", broken.cause) if broken else "")
        if self.name:
            self._left -= 1
        if not name or name in self.known or (self.name and name != self.name):
            return
        self.name = name
        self.session.is_shrinking = True
        if broken is not None and not exchange.blame:
            # Hypothesis only goes on to smaller ones, so the last is the smallest.
            self.smallest = broken
        raise _Interesting


def _search(
    session: Session,
    strategy: SearchStrategy[Any],
    send: Send,
    count: int,
    seed: str,
    failure: _Failure,
) -> None:
    @hypothesis.seed(random.Random(seed).getrandbits(32))  # noqa: S311  nothing secret
    @quiet(count)
    @hypothesis.given(strategy)
    def search(value: Any) -> None:
        if not failure.is_over:
            exchange, broken = send(value)
            failure.look(exchange, broken)

    try:
        with seed_only():
            search()
    except (_Interesting, hypothesis.errors.Flaky):
        # A target that fails only sometimes is a finding all the same: it is written down.
        pass
    finally:
        session.is_shrinking = False


def narrowed(session: Session, job: str) -> Any:
    """Return the contract as Schemathesis loads it, its addresses those of the target."""
    document = copy.deepcopy(session.contract.document)
    parameters = document["components"]["parameters"]
    target = session.target
    for name, value in (("Workspace", target.workspace), ("Service", target.service)):
        parameters[name]["schema"] = {"type": "string", "enum": [value]}
        parameters[name]["example"] = value
    parameters["Job"]["example"] = job
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=target.url + target.prefix)
    return schema


def offered(session: Session, schema: Any) -> Iterator[tuple[str, Any]]:
    """Return the operations that the target offers, with their names."""
    for name, operation in session.contract.operations.items():
        if name not in session.gateway.missing:
            yield name, schema[operation.template][operation.method]


_OURS = {"authorization", "host", "content-length", "user-agent", "accept", "accept-encoding",
         "connection", "x-schemathesis-testcaseid", "transfer-encoding"}  # fmt: skip


def request_of(session: Session, case: Any) -> Request | None:
    """Return a case as a request with our keys, or None if HTTP cannot carry it."""
    arguments = case.as_transport_kwargs(base_url=session.target.url + session.target.prefix)
    known = ("method", "url", "headers", "params", "data", "json", "cookies", "files")
    try:
        made = requests.Request(**{n: arguments[n] for n in known if n in arguments}).prepare()
    except (requests.RequestException, UnicodeError, ValueError):
        return None
    body: Any = made.body or b""
    content: bytes = body.encode() if isinstance(body, str) else body
    headers = tuple(
        (str(name), str(value)) for name, value in made.headers.items() if name.lower() not in _OURS
    )
    usual = session.request(case.method, "", headers=headers)
    length = () if not content and case.method in {"GET", "HEAD"} else (str(len(content)),)
    kept = tuple(h for h in usual.headers if h[0].lower() != "content-length")
    split = urlsplit(str(made.url))
    target = split.path + (f"?{split.query}" if split.query else "")
    lengths = tuple(("Content-Length", n) for n in length)
    return Request(case.method, target, kept + lengths, content)
