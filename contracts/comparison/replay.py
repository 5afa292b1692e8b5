"""How is a recorded run sent to another side, with its keys, its address and its ids?

Job ids are mapped, not ignored: what the primary called one id must be one id here too, in every
call and every reply. Tokens differ by their signature and their times; all else in them counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.comparison.recording import Pause, Recording, Step, is_poll
from contracts.exchange import Exchange, Header, Reply, Request
from contracts.session import TERMINAL
from contracts.target import SUBSCRIPTION_KEY, Target
from contracts.wire import LimitReached, Wire

MOST_POLLS = 40
"""So often is a job polled that had ended in the recording."""

OURS = {"host", "authorization", SUBSCRIPTION_KEY.lower()}


@dataclass
class Side:
    """One endpoint to which the recording is sent again."""

    name: str
    target: Target
    wire: Wire
    obeys_limits: bool = True
    """Whether a limit is waited for; otherwise its refusals are shown as differences."""
    ids: dict[str, str] = field(default_factory=dict)
    """Each job id of the recording, and what it is called here."""

    def replay(self, recording: Recording) -> Iterator[tuple[Exchange, Exchange]]:
        """Send every call; yield what was recorded with what came, ids and address mapped back.

        Ends early when a limit asks for more time than there is.
        """
        for number, step in enumerate(recording.steps):
            if isinstance(step, Pause):
                self.wire.pass_time(step.seconds)
                continue
            try:
                came = self._send(recording, step, number)
            except LimitReached:
                return
            self._learn(step, came)
            yield step, self._mapped_back(recording.target, came)

    def _send(self, recording: Recording, step: Exchange, number: int) -> Exchange:
        request = self.request(recording.target, step.request)
        exchange = self.wire.send(request, self.name, obey=self.obeys_limits)
        if is_poll(step) and _state(step.reply) in TERMINAL:
            for _ in range(MOST_POLLS):
                if not exchange.reply or exchange.status != 200:
                    break
                if _state(exchange.reply) in TERMINAL:
                    break
                self.wire.pass_time(_pause_before(recording.steps, number))
                exchange = self.wire.send(request, self.name, obey=self.obeys_limits)
        exchange.operation = step.operation
        return exchange

    def request(self, recorded: Target, request: Request) -> Request:
        """Return a recorded request as this side needs it: address, keys, ids."""
        target, body = request.target, request.body
        if target.startswith(recorded.base):
            target = self.target.base + target[len(recorded.base) :]
        elif target.startswith(recorded.prefix):
            target = self.target.prefix + target[len(recorded.prefix) :]
        for theirs, ours in self.ids.items():
            target = target.replace(theirs, ours)
            body = body.replace(theirs.encode(), ours.encode())
        return Request(request.method, target, tuple(self._headers(recorded, request)), body)

    def _headers(self, recorded: Target, request: Request) -> Iterator[Header]:
        for name, value in request.headers:
            if name.lower() == "host":
                yield name, self.target.host
            elif name.lower() == "authorization":
                yield name, value.replace(recorded.api_key, self.target.api_key)
            elif name.lower() not in OURS:
                yield name, value
        if self.target.subscription_key is not None:
            yield SUBSCRIPTION_KEY, self.target.subscription_key

    def _learn(self, recorded: Exchange, came: Exchange) -> None:
        """Remember what a job is called here."""
        if recorded.operation != "submit_job" or recorded.reply is None or came.reply is None:
            return
        theirs, ours = recorded.reply.json, came.reply.json
        if isinstance(theirs, str) and isinstance(ours, str) and theirs and ours:
            self.ids[theirs] = ours

    def _mapped_back(self, recorded: Target, came: Exchange) -> Exchange:
        if came.reply is None:
            return came
        pairs = [(ours, theirs) for theirs, ours in self.ids.items()]
        pairs += [
            (self.target.service, recorded.service),
            (self.target.workspace, recorded.workspace),
        ]
        body = came.reply.body
        for ours, theirs in pairs:
            body = body.replace(ours.encode(), theirs.encode())
        reply = Reply(came.reply.status, came.reply.headers, body)
        return Exchange(
            came.number,
            came.request,
            reply,
            came.operation,
            came.label,
            started=came.started,
            seconds=came.seconds,
        )


_TOKEN_VALUES = re.compile(rb"(?<=[?&])(sig|st|se)=[^&\"]*")


def without_signature(exchange: Exchange) -> Exchange:
    """Return a call whose tokens say `…` where signature and times stand."""
    if exchange.reply is None or b"sig=" not in exchange.reply.body:
        return exchange
    body = _TOKEN_VALUES.sub(rb"\1=-", exchange.reply.body)
    # Signatures differ in length, by their escapes; a length that was right stays right.
    length = str(len(exchange.reply.body))
    headers = tuple(
        (name, str(len(body)) if name.lower() == "content-length" and value == length else value)
        for name, value in exchange.reply.headers
    )
    reply = Reply(exchange.reply.status, headers, body)
    return Exchange(exchange.number, exchange.request, reply, exchange.operation, exchange.label)


def is_on_the_way(recorded: Exchange) -> bool:
    """Whether a poll met a job on its way: how far it is there depends on the moment alone."""
    return is_poll(recorded) and _state(recorded.reply) not in TERMINAL


def _state(reply: Reply | None) -> str | None:
    content = reply.json if reply else None
    return content.get("StatusCode") if isinstance(content, dict) else None


def _pause_before(steps: tuple[Step, ...], number: int) -> float:
    before = steps[number - 1] if number else None
    return before.seconds if isinstance(before, Pause) else 1.0
