"""Is a request taken as it was sent, and is a client that has gone noticed?"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.gateway import incoming as incoming_module
from mockserver.gateway.deadlines import Deadlines
from mockserver.gateway.incoming import ClientGone, Incoming
from mockserver.gateway.message import Url
from tests.mockserver.gateway.raw_backend import run, until

GONE = {"type": "http.disconnect"}
Message = dict[str, Any]


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def scope_of(headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Return the scope of a POST."""
    fields = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in (headers or {}).items()]
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "raw_path": b"/a%2Fb",
        "query_string": b"c=%20&d",
        "headers": fields,
        "client": ("10.0.0.1", 5),
        **more,
    }


class Client:
    """Sends messages one after the other, then stays silent or goes when it is told to."""

    def __init__(self, *messages: Message) -> None:
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        self.asked = 0
        for message in messages:
            self.queue.put_nowait(message)

    async def receive(self) -> Message:
        self.asked += 1
        return await self.queue.get()


def of(scope: dict[str, Any], client: Client) -> Incoming:
    return Incoming(scope, client.receive)


def test_a_request_is_as_it_was_sent() -> None:
    """Address, headers in their order with their bytes, and who calls."""
    made = of(scope_of({"host": "g:80", "x": "\xe9\xff", "y": "2"}), Client())
    assert made.original_url == Url("http://g:80", "/a%2Fb", "c=%20&d")
    assert (made.request.url.path, made.request.url.query) == ("/a%2Fb", "c=%20&d")
    assert list(made.request.headers.items()) == [("host", "g:80"), ("x", "\xe9\xff"), ("y", "2")]
    assert (made.request.method, made.request.ip_address) == ("POST", "10.0.0.1")


def test_a_request_may_lack_host_and_address() -> None:
    """HTTP/1.0 needs no Host; a Unix socket has no address."""
    made = of(scope_of(client=None), Client())
    assert (made.original_url.base, made.request.ip_address) == ("http://localhost", "")


@pytest.mark.parametrize("headers", [{}, {"content-length": "0"}])
def test_a_request_without_a_body_is_not_waited_for(headers: dict[str, str]) -> None:
    """Nothing is received: most calls are so."""

    async def play() -> None:
        client = Client()
        made = of(scope_of(headers), client)
        await made.take_body()
        assert made.request.body.content == b""
        assert (made.is_complete, client.asked) == (True, 0)

    run(play)


@pytest.mark.parametrize("headers", [{"content-length": "3"}, {"transfer-encoding": "chunked"}])
def test_a_body_that_is_there_is_taken_whole(headers: dict[str, str]) -> None:
    """It can be looked at, and counts as something that passes only once."""

    async def play() -> None:
        made = of(scope_of(headers), Client(part(b"abc", more=False)))
        await made.take_body()
        body = made.request.body
        assert (body.content, body.is_buffered, made.received) == (b"abc", False, 3)

    run(play)


@pytest.mark.parametrize(
    ("headers", "length"),
    [({"content-length": "6"}, 6), ({"transfer-encoding": "chunked"}, None)],
)
def test_a_body_that_still_comes_is_a_stream(headers: dict[str, str], length: int | None) -> None:
    """Its length is what was announced; nothing is read before it is asked for."""

    async def play() -> None:
        client = Client(part(b"ab"), part(b""), part(b"cd"), part(b"ef", more=False))
        made = of(scope_of(headers), client)
        await made.take_body()
        body = made.request.body
        assert (body.content, body.length, client.asked) == (None, length, 1)
        assert not made.is_complete
        assert await body.load() == b"abcdef"
        assert (made.is_complete, made.received) == (True, 6)

    run(play)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_client_that_goes_within_its_body_is_noticed(before: int) -> None:
    """Whoever reads hears of it, and it is noted."""

    async def play() -> None:
        client = Client(*[part(b"ab")] * before, GONE)
        made = of(scope_of({"content-length": "100"}), client)

        async def take() -> None:
            await made.take_body()
            await made.request.body.load()

        with pytest.raises(ClientGone):
            await take()
        assert (made.is_gone, made.received) == (True, before * 2)

    run(play)


async def watched(
    made: Incoming, work: Callable[[], Any], deadlines: Deadlines | None = None
) -> str:
    """Do something in a task that is watched; return how it ended."""

    async def call() -> str:
        made.watch(deadlines or Deadlines())
        try:
            await made.take_body()
            await work()
        except asyncio.CancelledError:
            return "cancelled"
        finally:
            made.unwatch()
        return "done"

    return await asyncio.create_task(call())


def test_a_slow_call_is_ended_when_its_client_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it knows why it was cancelled; what comes besides is of no interest."""
    monkeypatch.setattr(incoming_module, "_WATCH_AFTER", 0.0)

    async def play() -> None:
        client = Client()
        made = of(scope_of(), client)

        async def wait() -> None:
            await until(lambda: client.asked, "the client is watched")
            client.queue.put_nowait(part(b"", more=False))
            client.queue.put_nowait(GONE)
            await asyncio.sleep(10)

        assert await watched(made, wait) == "cancelled"
        assert made.is_gone

    run(play)


def test_a_quick_call_is_not_watched() -> None:
    """Nothing is asked of its client, and nothing is left behind."""

    async def play() -> None:
        client = Client()
        made = of(scope_of(), client)
        assert await watched(made, lambda: asyncio.sleep(0)) == "done"
        await asyncio.sleep(0.1)
        assert (client.asked, made.is_gone) == (0, False)

    run(play)


def test_a_call_that_is_over_is_not_cancelled() -> None:
    """Its client may go in the very moment it ends."""

    async def play() -> None:
        client = Client()
        made = of(scope_of(), client)

        async def wait() -> None:
            await until(lambda: client.asked, "the client is watched")
            client.queue.put_nowait(GONE)

        assert await watched(made, wait) == "done"
        for _ in range(5):
            await asyncio.sleep(0)

    run(play)


def test_while_a_body_comes_its_reader_watches() -> None:
    """The watch waits until the body is there: only one may receive at a time."""

    async def play() -> None:
        client = Client(part(b"a"))
        made = of(scope_of({"content-length": "2"}), client)

        async def wait() -> None:
            loading = asyncio.create_task(made.request.body.load())
            await asyncio.sleep(0.2)
            assert client.asked == 2
            client.queue.put_nowait(part(b"b", more=False))
            assert await loading == b"ab"
            await until(lambda: client.asked == 3, "now the client is watched")
            client.queue.put_nowait(GONE)
            await asyncio.sleep(10)

        assert await watched(made, wait) == "cancelled"
        assert made.is_gone

    run(play)
