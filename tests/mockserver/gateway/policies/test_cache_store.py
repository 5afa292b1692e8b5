"""Does `<cache-store>` keep what it should, and nothing else?"""

from collections.abc import AsyncIterator, Sequence

import pytest

from mockserver.gateway.cache import LARGEST_RESPONSE
from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.message import Body, Response
from tests.mockserver.gateway.policy_calls import FakeBackend, Stage, body_of, handled, read

LOOKUP = '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />'


def outcomes(
    *answers: Response, store: str = '<cache-store duration="60" />', lookup: str = LOOKUP
) -> list[str]:
    """Return what the cache came to in two calls."""
    stage = Stage(FakeBackend(answers))
    policies = read(inbound=lookup, backend="<forward-request />", outbound=store)
    calls = [stage.call(), stage.call()]
    for call in calls:
        handled(call, policies)
    return [call.cache for call in calls]


def streamed(pieces: Sequence[bytes], length: int | None = None) -> Body:
    """Return a body that has not come yet."""

    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return Body(None, stream(), length, is_buffered=False)


@pytest.mark.parametrize(
    ("attributes", "status", "kept"),
    [
        ("", 200, True),
        ("", 201, False),
        ("", 404, False),
        ('cache-response="true"', 404, True),
        ('cache-response="@(context.Response.StatusCode == 404)"', 404, True),
        ('cache-response="@(context.Response.StatusCode == 404)"', 200, False),
        ('cache-response="false"', 200, False),
    ],
)
def test_which_responses_are_kept(attributes: str, status: int, kept: bool) -> None:
    """Those with status 200, or those that cache-response names."""
    store = f'<cache-store duration="60" {attributes} />'
    assert outcomes(Response(status), store=store) == ["miss", "hit" if kept else "miss"]


def test_the_duration_may_come_from_the_response() -> None:
    """An expression for the duration sees the backend's response."""
    store = '<cache-store duration="@(context.Response.StatusCode - 200)" />'
    assert outcomes(Response(200), store=store) == ["miss", "miss"]
    store = '<cache-store duration="@(context.Response.StatusCode)" />'
    assert outcomes(Response(200), store=store) == ["miss", "hit"]


def test_without_a_look_up_nothing_is_kept() -> None:
    """What was not looked up has no key."""
    assert outcomes(Response(200), lookup="") == ["none", "none"]


def test_without_a_store_nothing_is_found() -> None:
    """Looking up alone finds nothing."""
    assert outcomes(Response(200), store="") == ["miss", "miss"]


@pytest.mark.parametrize("size", [LARGEST_RESPONSE, LARGEST_RESPONSE + 20])
@pytest.mark.parametrize("kind", ["whole", "announced", "chunked"])
def test_how_large_a_response_may_be(size: int, kind: str) -> None:
    """Up to 2 MiB are kept; what is larger reaches the client all the same, and whole."""
    content = b"x" * size
    pieces = [content[:-20], content[-20:-7], content[-7:]]
    bodies = {
        "whole": Body(content),
        "announced": streamed(pieces, size),
        "chunked": streamed(pieces),
    }
    stage = Stage(FakeBackend([Response(200, body=bodies[kind]), Response(200)]))
    policies = read(
        inbound=LOOKUP, backend="<forward-request />", outbound='<cache-store duration="60" />'
    )
    assert body_of(handled(stage.call(), policies)) == content
    second = stage.call()
    kept = body_of(handled(second, policies)) == content
    assert kept == (size == LARGEST_RESPONSE)
    assert second.cache == ("hit" if kept else "miss")


def test_a_mocked_response_is_not_kept() -> None:
    """A call that ends before cache-store leaves nothing behind."""
    stage = Stage()
    policies = read(inbound=f"{LOOKUP}<mock-response />", outbound='<cache-store duration="60" />')
    calls = [stage.call(), stage.call()]
    for call in calls:
        handled(call, policies)
    assert [call.cache for call in calls] == ["miss", "miss"]


@pytest.mark.parametrize(
    ("section", "text", "problem"),
    [
        ("outbound", "<cache-store />", "'duration' is missing"),
        ("outbound", '<cache-store duration="-1" />', "no whole number"),
        ("outbound", '<cache-store duration="2147483648" />', "no whole number"),
        ("outbound", '<cache-store duration="1" caching-mode="cache-on" />', "is not declared"),
        ("outbound", '<cache-store duration="1" /><cache-store duration="1" />', "only once"),
        ("inbound", '<cache-store duration="1" />', "not allowed in the specified section"),
    ],
)
def test_what_is_refused(section: str, text: str, problem: str) -> None:
    """What cache-store does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(**{section: text})
