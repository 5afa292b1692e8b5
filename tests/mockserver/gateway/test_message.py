"""Are bodies read once and held within bounds, and addresses written as they are?"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.errors import BackendFault
from mockserver.gateway.message import Body, BodyTooLarge, Headers, Response, Url


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def streamed(*pieces: bytes) -> Body:
    return Body(None, pieces_of(*pieces), sum(map(len, pieces)), is_buffered=False)


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_a_stream_is_read_once_and_kept(pieces: list[bytes]) -> None:
    """What was asked for stays; it can be asked for, and sent, again."""

    async def play() -> None:
        body = streamed(*pieces)
        assert await body.load() == b"".join(pieces)
        assert (body.stream, body.is_buffered) == (None, True)
        assert body.length == len(b"".join(pieces))
        assert await body.load() == b"".join(pieces)

    asyncio.run(play())


def test_what_is_asked_for_can_be_sent_again() -> None:
    """A body that came whole may be sent once; asking for it makes it one that is kept."""

    async def play() -> None:
        body = Body(b"abc", is_buffered=False)
        assert await body.load() == b"abc"
        assert body.is_buffered

    asyncio.run(play())


@pytest.mark.parametrize("body", [lambda: streamed(b"ab", b"cd"), lambda: Body(b"abcd")])
def test_a_body_has_a_largest_size(body: type[Body]) -> None:
    """Up to it, it is held; however it came."""

    async def play() -> None:
        assert await body().load(4) == b"abcd"
        with pytest.raises(BodyTooLarge):
            await body().load(3)

    asyncio.run(play())


def test_no_more_is_read_than_may_be_held() -> None:
    """A body without an end is given up."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"a" * 10

    async def play() -> None:
        with pytest.raises(BodyTooLarge):
            await Body(None, endless()).load(100)

    asyncio.run(play())
    assert taken == 11


def test_a_body_that_could_not_be_read_is_not_taken_for_a_shorter_one() -> None:
    """Whoever asks again, as a policy of on-error may, does not get the rest of it."""

    async def play() -> None:
        body = streamed(b"abcd", b"ef", b"gh")
        for _ in range(2):
            with pytest.raises(BodyTooLarge):
                await body.load(5)

    asyncio.run(play())


def test_a_stream_that_broke_off_stays_broken() -> None:
    """Its error is raised again, whoever asks."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"ab"
        raise BackendFault("BackendConnectionFailure", "told")

    async def play() -> None:
        body = Body(None, broken(), 4)
        for _ in range(3):
            with pytest.raises(BackendFault, match="told"):
                await body.load()

    asyncio.run(play())


def test_other_bytes_take_the_place_of_a_body() -> None:
    """The stream is not read any more, and the length is theirs."""
    body = streamed(b"abc")
    body.put(b"other")
    assert (body.content, body.stream, body.length) == (b"other", None, 5)
    assert body.is_buffered


@pytest.mark.parametrize(
    ("url", "text", "host"),
    [
        (Url("http://a:80/b", "/c", "d=e"), "http://a:80/b/c?d=e", "a"),
        (Url("https://A.example", "", ""), "https://A.example", "a.example"),
        (Url("http://[::1]:80", "/", ""), "http://[::1]:80/", "::1"),
        (Url("", "/a", ""), "/a", ""),
    ],
)
def test_an_address_is_written_as_it_is(url: Url, text: str, host: str) -> None:
    """Base, path and query, without a question mark that nothing follows."""
    assert (str(url), url.host) == (text, host)


def test_headers_know_no_case_and_keep_what_comes_twice() -> None:
    """Two responses do not share theirs."""
    one, other = Response(200), Response(200)
    one.headers.add("Set-Cookie", "a")
    one.headers.add("set-cookie", "b")
    assert one.headers.getall("SET-COOKIE") == ["a", "b"]
    assert list(one.headers.items()) == [("Set-Cookie", "a"), ("set-cookie", "b")]
    assert other.headers == Headers()
    assert one.body is not other.body
