"""Which parts of a reply differ by their nature, and so are taken out on both sides before?"""

import re
from dataclasses import replace
from email.utils import parsedate_to_datetime

from contracts.exchange import Exchange, Reply
from contracts.session import TERMINAL

_TOKEN_VALUES = re.compile(rb"(?<=[?&])(sig|st|se)=[^&\"]*")


def with_body(exchange: Exchange, body: bytes) -> Exchange:
    """Return a call whose reply has another body; a length that was right stays right."""
    reply = exchange.reply
    if reply is None or reply.body == body:
        return exchange
    length = str(len(reply.body))
    headers = tuple(
        (name, str(len(body)) if name.lower() == "content-length" and value == length else value)
        for name, value in reply.headers
    )
    return replace(exchange, reply=Reply(reply.status, headers, body))


def without_signature(exchange: Exchange) -> Exchange:
    """Return a call whose tokens say `-` where signature and times stand."""
    if exchange.reply is None or b"sig=" not in exchange.reply.body:
        return exchange
    return with_body(exchange, _TOKEN_VALUES.sub(rb"\1=-", exchange.reply.body))


def without_moment(exchange: Exchange) -> Exchange:
    """Return a call whose `Date` says only that it is one: it differs by seconds or not at all."""
    reply = exchange.reply
    if reply is None:
        return exchange
    headers = tuple(
        (name, "(a date)" if name.lower() == "date" and _is_date(value) else value)
        for name, value in reply.headers
    )
    return replace(exchange, reply=replace(reply, headers=headers))


def _is_date(value: str) -> bool:
    try:
        parsedate_to_datetime(value)
    except ValueError:
        return False
    return True


def is_poll(exchange: Exchange) -> bool:
    """Whether a call asks how far a job is, and was told."""
    return exchange.operation == "get_job_status" and exchange.status == 200


def state_of(exchange: Exchange) -> str | None:
    """Return the state of a job that a poll tells."""
    content = exchange.reply.json if exchange.reply else None
    state = content.get("StatusCode") if isinstance(content, dict) else None
    return state if isinstance(state, str) else None


def has_ended(exchange: Exchange) -> bool:
    """Whether a poll tells that its job has ended."""
    return is_poll(exchange) and state_of(exchange) in TERMINAL


def comparable(recorded: Exchange, came: Exchange) -> tuple[Exchange, Exchange]:
    """Return both calls as they can be compared.

    How far a job is on its way depends on the moment alone: where two polls tell different states,
    and the recorded one is no end, what they tell is not compared; that they tell one is.
    """
    recorded, came = (without_moment(without_signature(each)) for each in (recorded, came))
    if is_poll(recorded) and is_poll(came) and not has_ended(recorded):
        states = state_of(recorded), state_of(came)
        if None not in states and states[0] != states[1]:
            return with_body(recorded, b""), with_body(came, b"")
    return recorded, came
