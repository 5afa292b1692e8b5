"""How is a recorded run sent to another side, with its keys, its address and its ids?

Job ids are mapped, not ignored: what the primary called one id must be one id here too, in every
call and every reply. Tokens differ by their signature and their times; all else in them counts.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from contracts.blobs import Blobs
from contracts.clock import ClockTrouble, JudgesClock, clock_of
from contracts.comparison.equal_parts import has_ended, is_poll, with_body
from contracts.comparison.keys import Keys
from contracts.comparison.outputs import read_outputs
from contracts.comparison.recording import BlobWritten, Pause, Recording, Step
from contracts.exchange import Exchange, Header, Reply, Request
from contracts.preflight import CannotJudge
from contracts.target import SUBSCRIPTION_KEY, Target
from contracts.wire import LimitReached, Unsendable, Wire

MOST_POLLS = 40
"""So often is a job polled that had ended in the recording."""

_JOB = re.compile(r"/jobs/([^/?]+)")


@dataclass(frozen=True)
class Pair:
    """One call, as it was recorded and as it came here, names and address mapped back."""

    recorded: Exchange
    came: Exchange
    has_strayed: bool = False
    """Whether the job that it is about went another way before: a call of it was refused on one
    side alone, or a limit was waited for."""


@dataclass
class Side:
    """One endpoint to which the recording is sent again."""

    name: str
    target: Target
    wire: Wire
    obeys_limits: bool = True
    """Whether a limit is waited for; otherwise its refusals are shown as differences."""
    blobs: Blobs | None = None
    deadline: float = float("inf")
    """The moment of `time.monotonic` at which it must be over."""
    ids: dict[str, str] = field(default_factory=dict)
    """Each job id of the recording, and what it is called here."""
    incomplete: str = ""
    """Why the replay ended before its end."""
    unsendable: int = 0
    """Calls that HTTP cannot carry."""
    raw: list[Exchange] = field(default_factory=list)
    """What came, as it was on the wire."""
    _strayed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make the keys of this side ready."""
        self.keys = Keys(self.target)
        self.keys.sign = self._token

    def replay(self, recording: Recording) -> Iterator[Pair]:
        """Send every call; yield what was recorded with what came.

        Ends early when a limit asks for more time than there is, or when time is over.
        """
        self._make_room(recording)
        for number, step in enumerate(recording.steps):
            if time.monotonic() > self.deadline:
                self.incomplete = f"the time was over before the {self.name} had every call"
                return
            if isinstance(step, Pause):
                self.wire.pass_time(step.seconds)
            elif isinstance(step, BlobWritten):
                if self.blobs:
                    self.blobs.put(step.name, step.content)
            else:
                try:
                    pair = self._exchange(recording, step, number)
                except LimitReached as limit:
                    self.incomplete = f"{self.name}: {limit}"
                    return
                except Unsendable:
                    self.unsendable += 1
                    continue
                yield pair

    def _exchange(self, recording: Recording, step: Exchange, number: int) -> Pair:
        obeyed = self.wire.obeyed
        came = self._send(recording, step, number)
        if self.wire.obeyed > obeyed:
            self._strayed |= self.ids.keys()
        if step.outputs:
            came.outputs = read_outputs(came, self.target.timeout)
        self.raw.append(came)
        job = _JOB.search(step.request.target)
        has_strayed = job is not None and job[1] in self._strayed
        self._learn(step, came)
        return Pair(step, self._mapped_back(recording, came), has_strayed)

    def _make_room(self, recording: Recording) -> None:
        """Take away what an earlier replay has left."""
        if self.blobs is None:
            return
        written = (step.name for step in recording.steps if isinstance(step, BlobWritten))
        for folder in dict.fromkeys(name.partition("/")[0] for name in written):
            self.blobs.clear(folder)

    def _send(self, recording: Recording, step: Exchange, number: int) -> Exchange:
        request = self.request(recording, step.request)
        exchange = self.wire.send(request, self.name, obey=self.obeys_limits)
        exchange.operation = step.operation
        polls = MOST_POLLS if has_ended(step) else 0
        while polls and is_poll(exchange) and not has_ended(exchange):
            polls -= 1
            self.wire.pass_time(_pause_before(recording.steps, number))
            exchange = self.wire.send(request, self.name, obey=self.obeys_limits)
            exchange.operation = step.operation
        return exchange

    def request(self, recording: Recording, request: Request) -> Request:
        """Return a recorded request as this side needs it: address, keys, ids."""
        recorded = recording.target
        target = request.target
        if target.startswith(recorded.base):
            target = self.target.base + target[len(recorded.base) :]
        elif target.startswith(recorded.prefix):
            target = self.target.prefix + target[len(recorded.prefix) :]
        names = dict(self.ids)
        if self.blobs and recording.storage_url:
            names[recording.storage_url] = self.blobs.url
        text = self._filled(recording, renamed(request.body.decode("latin-1"), names))
        body = text.encode("latin-1", "replace")
        return Request(
            request.method,
            self._filled(recording, renamed(target, names)),
            tuple(self._headers(recording, request, len(body))),
            body,
        )

    def _filled(self, recording: Recording, text: str) -> str:
        """Return a text with the keys of this side."""
        return self.keys.put_in(recording.keys.taken_out(text))

    def _headers(self, recording: Recording, request: Request, length: int) -> Iterator[Header]:
        """Yield the headers of a call whose body is so long here."""
        theirs = {(name.lower(), value) for name, value in recording.target.headers}
        for name, value in request.headers:
            lower = name.lower()
            if lower == "host":
                yield name, self.target.host
                yield from self.target.headers
            elif lower == "content-length" and value == str(len(request.body)):
                yield name, str(length)
            elif lower != SUBSCRIPTION_KEY.lower() and (lower, value) not in theirs:
                filled = self._filled(recording, value)
                is_by_chance = filled == f"Bearer {self.target.api_key}" and not _is_whole(
                    recording, value
                )
                yield name, f"{filled}x" if is_by_chance else filled
        if self.target.subscription_key is not None:
            yield SUBSCRIPTION_KEY, self.target.subscription_key

    def _token(self, location: str) -> str:
        """Sign the address of a blob; without storage its name stays."""
        signed = self.blobs.signed({"RelativeLocation": location}) if self.blobs else None
        return str(signed["SasBlobToken"]) if signed else f"[[token {location}]]"

    def _learn(self, recorded: Exchange, came: Exchange) -> None:
        """Remember what a job is called here, and whether it goes the same way as there."""
        job = _JOB.search(recorded.request.target)
        if recorded.operation == "submit_job" and recorded.reply and came.reply:
            theirs, ours = recorded.reply.json, came.reply.json
            if not isinstance(theirs, str) or not theirs:
                return
            if isinstance(ours, str) and ours:
                self.ids[theirs] = ours
            else:
                self._strayed.add(theirs)
        elif recorded.operation in {"start_job", "delete_job"} and job:
            self._strayed |= {job[1]} if (recorded.status < 300) != (came.status < 300) else set()

    def _mapped_back(self, recording: Recording, came: Exchange) -> Exchange:
        """Return what came with the names of the recording."""
        if came.reply is None:
            return came
        recorded = recording.target
        names = {ours: theirs for theirs, ours in self.ids.items()}
        names[self.target.service] = recorded.service
        names[self.target.workspace] = recorded.workspace
        names[self.target.url + self.target.prefix] = recorded.url + recorded.prefix
        names[self.target.host] = recorded.host
        if self.blobs and recording.storage_url:
            names[self.blobs.url] = recording.storage_url

        def back(text: str) -> str:
            return recording.keys.put_in(self.keys.taken_out(renamed(text, names)))

        headers = tuple((name, back(value)) for name, value in came.reply.headers)
        mapped = replace(came, reply=Reply(came.reply.status, headers, came.reply.body))
        body = back(came.reply.body.decode("latin-1")).encode("latin-1", "replace")
        return with_body(mapped, body)


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a text with other names, all at once: a new name is never renamed again."""
    there = [old for old, new in names.items() if old and old != new and old in text]
    if not there:
        return text
    pattern = "|".join(map(re.escape, sorted(there, key=len, reverse=True)))
    return re.sub(pattern, lambda found: names[found[0]], text)


def _is_whole(recording: Recording, value: str) -> bool:
    """Whether a header gives the endpoint's key as it is."""
    return recording.keys.taken_out(value) == "Bearer [[api_key plain 0:]]"


def _pause_before(steps: tuple[Step, ...], number: int) -> float:
    before = steps[number - 1] if number else None
    return before.seconds if isinstance(before, Pause) else 1.0


@contextmanager
def opened(
    name: str,
    target: Target,
    *,
    obeys_limits: bool = True,
    needs_storage: bool = False,
    deadline: float = float("inf"),
) -> Iterator[Side]:
    """Return a side with its connections; its clock, if it can be moved, stands still meanwhile.

    Raises CannotJudge.
    """
    clock = clock_of(target)
    wire = Wire(target, clock.pass_time, is_clock_moved=clock.is_moved)
    blobs = Blobs(target.storage) if needs_storage and target.storage else None
    try:
        clock.begin()
        yield Side(name, target, wire, obeys_limits, blobs, deadline)
    except ClockTrouble as trouble:
        raise CannotJudge(f"{name}: {trouble}") from trouble
    finally:
        wire.close()
        if blobs:
            blobs.close()
        _end(clock)


def _end(clock: JudgesClock) -> None:
    with suppress(ClockTrouble):
        clock.end()


MOST_LOOKS = 10


def look_at(side: Side, recording: Recording) -> None:
    """See that the side scores what was scored before; a wrong key explains every difference.

    Raises CannotJudge.
    """
    scored = [e for e in recording.exchanges if e.operation == "execute" and e.status == 200]
    # A gateway may want parameters that not every call has.
    scored.sort(key=lambda exchange: -exchange.request.target.count("="))
    complaint = ""
    for exchange in scored[:MOST_LOOKS]:
        try:
            came = side.wire.ask(side.request(recording, exchange.request), side.name)
        except LimitReached as limit:
            raise CannotJudge(f"the {side.name}: {limit}") from limit
        complaint = _complaint(side, came)
        if not complaint:
            return
    if complaint:
        raise CannotJudge(complaint)


def _complaint(side: Side, came: Exchange) -> str:
    """Return why this is no side to compare with, or nothing."""
    reply, address = came.reply, side.target.url + side.target.base
    if reply is None:
        return f"the {side.name} {address} cannot be reached: {came.trouble}"
    if reply.status == 401:
        which = "subscription key" if reply.is_gateway_refusal else "API key"
        return f"the {side.name} refuses the {which} (401)"
    if reply.status == 404:
        return f"the {side.name} {address} is not there (404): see to workspace, service and prefix"
    return ""
