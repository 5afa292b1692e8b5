"""Does `<send-one-way-request>` tell another service without waiting for it?"""

import asyncio

import pytest
from typing_extensions import override

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.message import Request, Response
from mockserver.gateway.policy import run_all
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policy_calls import (
    TIMED_OUT,
    Answer,
    FakeBackend,
    Stage,
    handled,
    read,
)

TEXT = (
    '<send-one-way-request timeout="5"><set-url>https://hooks.example/told</set-url>'
    "<set-method>POST</set-method><set-body>news</set-body></send-one-way-request>"
)


@pytest.mark.parametrize("answer", [Response(500), TIMED_OUT])
def test_whatever_comes_of_it_the_call_goes_on(answer: Answer) -> None:
    """The request is sent; neither its answer nor a failure has to do with the call."""
    stage = Stage(FakeBackend([answer]))
    call = stage.call()
    assert handled(call, read(inbound=TEXT)).status == 200
    assert (stage.backend.bodies, stage.backend.seconds) == ([b"news"], [5])
    assert stage.backend.sent[0].method == "POST"
    assert (call.last_error, call.variables) == (None, {})


def test_a_traced_call_shows_the_request() -> None:
    """The trace has what is sent, and not the answer: nobody waits for it."""
    stage = Stage(FakeBackend([Response(500)]))
    call = stage.call()
    trace = call.trace = Trace("t", call.runtime.now, call.begun)
    handled(call, read(inbound=TEXT))
    sources = [entry.source for entry in trace.entries["inbound"]]
    assert sources.count("send-one-way-request") == 1
    entry = next(each for each in trace.entries["inbound"] if each.source == sources[-1])
    assert isinstance(entry.data, dict)
    assert entry.data["request"]["method"] == "POST"


def test_what_is_no_address_is_left_alone() -> None:
    """An address that is none is not called, and the call goes on."""
    stage = Stage()
    call = stage.call()
    assert handled(call, read(inbound=TEXT.replace("https://", "ftp://"))).status == 200
    assert stage.backend.sent == []


class StuckBackend(FakeBackend):
    """Answers once it is told to, whatever it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.is_free = asyncio.Event()

    @override
    async def send(self, request: Request, seconds: float) -> Response:
        response = await super().send(request, seconds)
        await self.is_free.wait()
        return response


def test_how_many_may_be_under_way() -> None:
    """100 of a gateway, whichever policy sends them; the next is dropped, and the trace says so."""

    async def run() -> tuple[list[int], list[str]]:
        backend = StuckBackend()
        stage = Stage(backend)
        policies = read(inbound=TEXT * 2)["inbound"]
        for _ in range(50):
            await run_all(policies, stage.call())
        call = stage.call()
        trace = call.trace = Trace("t", call.runtime.now, call.begun)
        await run_all(policies[:1], call)
        await _turns()
        counts = [len(backend.sent)]
        backend.is_free.set()
        await _turns()
        await run_all(policies[:1], stage.call())
        await _turns()
        return [*counts, len(backend.sent)], [str(e.data) for e in trace.entries["inbound"]]

    counts, told = asyncio.run(run())
    assert counts == [100, 101]
    assert len(told) == 1
    assert "is not sent: 100 of its kind are under way" in told[0]


async def _turns() -> None:
    for _ in range(9):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<send-one-way-request />", "mode new needs"),
        (TEXT.replace("timeout", "response-variable-name"), "attribute is not declared"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """What the policy does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=text)
