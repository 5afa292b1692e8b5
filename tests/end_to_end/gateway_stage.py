"""What does a case of the gateway do, and in what is the outcome not what it expects?

A `GatewayStage` is one running emulator with a recording backend behind its gateway. Cases play on
it one after the other.
"""

import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from http.client import HTTPException, HTTPResponse, IncompleteRead
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import msgspec

from mockserver.embedded import running_emulator
from mockserver.gateway.build import build_gateway
from mockserver.gateway.declaration import GatewayDeclaration
from tests.end_to_end.case import (
    TIMEOUT,
    Bytes,
    Line,
    Names,
    Request,
    as_json,
    filled,
    is_expected,
    to_bytes,
)
from tests.end_to_end.gateway_case import (
    Call,
    Expected,
    GatewayCase,
    Json,
    Seen,
    Step,
    configuration_text,
    names_of_case,
    names_of_world,
    world_of,
)
from tests.end_to_end.recording_backend import (
    Recorded,
    RecordingBackend,
    closed_port,
    running_backend,
)

_PROBE = Request("GET", "/nowhere/at/all")
_BODILESS = (204, 304)
_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


class Outcome(msgspec.Struct, frozen=True):
    """What came of a call. `next_status` answers a second one on the line; None: it was closed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    is_broken: bool
    """Whether the body ended before its end."""
    seen: list[Recorded]
    row: Json | None
    next_status: int | None

    def values(self, name: str) -> list[str]:
        """Return the values of a header, in their order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class GatewayStage:
    """A running emulator as the gateway's cases see it."""

    def __init__(
        self, ready: Mapping[str, Any], backend: RecordingBackend, names: Names, unusable: Names
    ) -> None:
        self.url: str = ready["gateway"]["url"]
        self.backend = backend
        self.unusable = unusable
        """Why a case's declaration is refused, by the name of its file."""
        self.admin = httpx.Client(base_url=ready["admin"]["url"], timeout=60, trust_env=False)
        place = urlsplit(self.url).netloc
        self.names = {**names, "gateway": self.url, "gateway host": place}
        self._calls = 0

    def play(self, stem: str, case: GatewayCase) -> tuple[GatewayCase, Outcome]:
        """Do all that a case says; return it with its names filled in, and what came of it."""
        assert stem not in self.unusable, self.unusable[stem]
        assert case.request is not None
        assert case.expect is not None
        names = {**self.names, **names_of_case(stem, case)}
        case = msgspec.structs.replace(
            case,
            request=filled(case.request, names),
            expect=filled(case.expect, names),
            before=[filled(step, names) for step in case.before],
            answers=[filled(answer, names) for answer in case.answers],
            backend=_filled_seen(case.backend, names),
        )
        self._calls = 0
        self.admin.post("/reset").raise_for_status()
        self.backend.clear(case.answers)
        for step in case.before:
            self._do(step, case)
        self.backend.forget()
        return case, self._exchange(cast("Request", case.request), case)

    def _do(self, step: Step, case: GatewayCase) -> None:
        if step.freeze is not None:
            change = {"mode": "frozen", "now": step.freeze}
            self.admin.put("/clock", json=change).raise_for_status()
        if step.advance is not None:
            self.admin.post("/clock/advance", json={"seconds": step.advance}).raise_for_status()
        if step.call is not None:
            self._call(step.call, cast("Request", step.call.request or case.request))

    def _call(self, call: Call, request: Request) -> None:
        with Line(self.url) as line:
            for number in range(1, call.times + 1):
                line.send(request)
                status = receive(line, request.method)[0]
                self._calls += 1
                wanted = call.status
                assert wanted in (None, status), f"earlier call {number} got {status}"

    def _exchange(self, request: Request, case: GatewayCase) -> Outcome:
        with Line(self.url) as line:
            line.send(request)
            status, headers, body, is_broken = receive(line, request.method)
            self._calls += 1
            seen = list(self.backend.seen)
            row = self.last_row(self._calls) if case.expect and case.expect.log else None
            try:
                line.send(_PROBE)
                following: int | None = receive(line, "GET")[0]
            except (OSError, HTTPException):
                following = None
        return Outcome(status, headers, body, is_broken, seen, row, following)

    def rows(self) -> list[Json]:
        """Return the gateway's log, the oldest row first."""
        reply = self.admin.get("/gateway/log", params={"limit": 10_000}).raise_for_status()
        rows: list[Json] = reply.json()["rows"]
        return rows[::-1]

    def last_row(self, number: int) -> Json:
        """Return the last row of the gateway's log, once there are so many."""
        given_up = time.monotonic() + TIMEOUT
        while len(rows := self.rows()) < number:
            assert time.monotonic() < given_up, f"the log has {len(rows)} rows, not {number}"
            time.sleep(0.005)
        return rows[-1]


def _filled_seen(seen: Any, names: Names) -> Any:
    if isinstance(seen, list):
        return [filled(one, names) for one in seen]
    return filled(seen, names) if isinstance(seen, Seen) else seen


def receive(line: Line, method: str) -> tuple[int, list[tuple[str, str]], bytes, bool]:
    """Read one answer: status, headers, body, and whether that ended too early."""
    response = HTTPResponse(cast("socket.socket", line), method=method)
    response.begin()
    is_broken = False
    try:
        body = response.read()
    except IncompleteRead as error:
        body, is_broken = error.partial, True
    except ConnectionError:
        body, is_broken = b"", True
    return response.status, response.getheaders(), body, is_broken


# --- what is not as it should be ------------------------------------------------------------------


def findings(case: GatewayCase, outcome: Outcome) -> list[str]:
    """Say in what an outcome is not what its case expects; the case comes from `play`."""
    assert case.expect is not None
    assert case.request is not None
    found = [*_of_answer(case.expect, outcome), *_of_every_answer(outcome)]
    match case.backend:
        case None:
            found += [f"the backend got {one.method} {one.target}" for one in outcome.seen]
        case Seen() as seen:
            found += _of_backend([seen] * seen.count, outcome.seen)
        case list() as each:
            found += _of_backend(each, outcome.seen)
        case msgspec.UNSET:
            pass
    return found


def _of_answer(expected: Expected, outcome: Outcome) -> Iterator[str]:
    if outcome.status != expected.status:
        yield f"status {outcome.status}"
    yield from _of_body("body", expected.body, outcome.body)
    yield from _of_headers("", expected, outcome.headers)
    if outcome.is_broken != expected.breaks:
        yield f"the body was {'' if outcome.is_broken else 'not '}broken off"
    may_go_on = not expected.closes and not expected.breaks
    if (outcome.next_status is not None) != may_go_on:
        yield f"the next request on the connection got {outcome.next_status}"
    for name, value in expected.log.items():
        got = (outcome.row or {}).get(name, "(missing)")
        if not (got == value or _fits(got, value)):
            yield f"log: {name} is {got!r}, not {value!r}"


def _fits(got: object, value: object) -> bool:
    both_texts = isinstance(got, str) and isinstance(value, str)
    return both_texts and is_expected(str(got).encode(), str(value).encode())


def _of_every_answer(outcome: Outcome) -> Iterator[str]:
    """Say what no answer may be, whatever its case expects."""
    dates = outcome.values("Date")
    if len(dates) != 1 or not _DATE.fullmatch(dates[0]):
        yield f"Date is {dates}"
    names = [name.lower() for name, _ in outcome.headers]
    if names.count("content-length") + names.count("transfer-encoding") > 1:
        yield f"framed twice: {outcome.headers}"
    if outcome.status in _BODILESS and "transfer-encoding" in names:
        yield "Transfer-Encoding where there is no body"


def _of_backend(expected: Sequence[Seen], seen: Sequence[Recorded]) -> Iterator[str]:
    if len(expected) != len(seen):
        yield f"the backend got {len(seen)} requests, not {len(expected)}"
    for number, (wanted, got) in enumerate(zip(expected, seen, strict=False), 1):
        place = f"backend's request {number}: "
        for name in ("method", "target"):
            value = getattr(wanted, name)
            if value is not None and value != getattr(got, name):
                yield f"{place}{name} {getattr(got, name)!r}, not {value!r}"
        yield from _of_headers(place, wanted, got.headers)
        if wanted.body is not msgspec.UNSET:
            yield from _of_body(f"{place}body", wanted.body, got.body)


def _of_headers(
    place: str, expected: Seen | Expected, headers: list[tuple[str, str]]
) -> Iterator[str]:
    for name, value in expected.headers.items():
        got = [each for key, each in headers if key.lower() == name.lower()]
        wanted = [value] if isinstance(value, str) else value
        fits = len(got) == len(wanted) and all(map(_fits, got, wanted))
        if not fits:
            yield f"{place}{name} is {got}, not {wanted}"
    names = {key.lower() for key, _ in headers}
    yield from (f"{place}{n} is there" for n in expected.headers_absent if n.lower() in names)
    if expected.only_headers is not None:
        wanted_names = {name.lower() for name in expected.only_headers}
        if names != wanted_names:
            yield f"{place}headers {sorted(names)}, not {sorted(wanted_names)}"


def _of_body(place: str, expected: Bytes | Json | None, body: bytes) -> Iterator[str]:
    wanted = as_json(expected) if isinstance(expected, dict) else to_bytes(expected or "")
    # Patterns are for texts; other bytes are compared as they are.
    if body != wanted and not (isinstance(expected, str | dict) and is_expected(body, wanted)):
        yield f"{place} {body[:2000]!r}, not {wanted[:2000]!r}"


# --- emulators ------------------------------------------------------------------------------------


@contextmanager
def running_stage(cases: Mapping[str, GatewayCase]) -> Iterator[GatewayStage]:
    """Run one emulator for these cases, given by their files' names; no log is seen.

    A case whose declaration is refused does not keep the others from being played.
    """
    with ExitStack() as stack:
        backend = stack.enter_context(running_backend())
        names = {
            **names_of_world(),
            "backend": f"http://{backend.address}",
            "backend over tls": f"https://{backend.address}",
            "backend host": backend.address,
            "dead backend": f"http://{closed_port()}",
        }
        unusable = _unusable(cases, names)
        world = world_of({k: v for k, v in cases.items() if k not in unusable}, names)
        folder = Path(stack.enter_context(TemporaryDirectory("-mockserver-cases")))
        file = folder / "mockserver.yaml"
        file.write_text(configuration_text(world), encoding="utf-8")
        with redirect_stderr(StringIO()):
            ready = stack.enter_context(running_emulator(file))
        stage = GatewayStage(ready, backend, names, unusable)
        stack.callback(stage.admin.close)
        yield stage


def _problem(world: Json) -> str:
    """Say why a gateway cannot be built."""
    try:
        build_gateway(GatewayDeclaration.model_validate(world), Path())
    except Exception as error:  # noqa: BLE001 - whatever one case brings, the others are played
        place = getattr(error, "place", ())
        return f"the declaration is refused: {place} {error!r}"
    return ""


def _unusable(cases: Mapping[str, GatewayCase], names: Names) -> dict[str, str]:
    """Return why cases cannot be declared; each is looked at alone if they cannot all be."""
    if not _problem(world_of(cases, names)):
        return {}
    problems = {stem: _problem(world_of({stem: case}, names)) for stem, case in cases.items()}
    return {stem: problem for stem, problem in problems.items() if problem}
