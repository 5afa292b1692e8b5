"""What does `<find-and-replace>` leave of a body?"""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.message import Body
from mockserver.gateway.policy import SectionName
from tests.mockserver.gateway.policies.transforming import (
    a_call,
    a_response,
    failure,
    refusal,
    run,
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"notebook, notebooks", b"laptop, laptops"),
        (b"Notebook", b"Notebook"),
        (b"\xff\xfenotebook\x00", b"\xff\xfelaptop\x00"),
        (b"", b""),
    ],
)
@pytest.mark.parametrize("section", ["inbound", "outbound", "on-error"])
def test_a_text(before: bytes, after: bytes, section: SectionName) -> None:
    """Each place is replaced, with regard to case, and bytes that are no text survive."""
    call = a_call(body=before, response=a_response(before))
    run('<find-and-replace from="notebook" to="laptop" />', call, section)
    assert call.response is not None
    in_request = section == "inbound"
    assert call.request.body.content == (after if in_request else before)
    assert call.response.body.content == (before if in_request else after)


def test_expressions_and_an_empty_replacement() -> None:
    """Both texts can be computed, neither is a pattern, and the length follows."""
    call = a_call(body=b"a.c abc", headers={"Content-Length": "7"})
    run("<find-and-replace from='@(\"a.\" + \"c \")' to='' />", call)
    assert call.request.body.content == b"abc"
    assert call.request.headers["Content-Length"] == "3"


def test_a_compressed_body_is_left_alone() -> None:
    """A body whose bytes are not its text is not even read."""

    async def stream() -> AsyncIterator[bytes]:
        yield b"notebook"

    response = a_response(headers={"Content-Encoding": "gzip"})
    response.body = Body(None, stream())
    run('<find-and-replace from="note" to="" />', a_call(response=response), "outbound")
    assert response.body.content is None
    response.headers["Content-Encoding"] = "identity"
    run('<find-and-replace from="note" to="" />', a_call(response=response), "outbound")
    assert response.body.content == b"book"


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ('<find-and-replace from="" to="a" />', "'from' is empty"),
        ('<find-and-replace from="a" />', "'to' is missing"),
        ('<find-and-replace to="a" />', "'from' is missing"),
        ('<find-and-replace from="a" to="b">c</find-and-replace>', "cannot contain text"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """Without two texts the document is not loaded."""
    assert problem in refusal(xml)


def test_nothing_cannot_be_looked_for() -> None:
    """An expression that gives no text fails the call."""
    assert failure("<find-and-replace from='@(\"\")' to='a' />", a_call()).error.message


@given(st.binary(max_size=20), st.text("ab<", min_size=1, max_size=2), st.text("bc", max_size=2))
def test_it_is_what_bytes_do(body: bytes, sought: str, replacement: str) -> None:
    """Whatever the body is, the result is that of replacing bytes."""
    escaped = sought.replace("<", "&lt;")
    call = a_call(body=body + b"ab<a")
    run(f'<find-and-replace from="{escaped}" to="{replacement}" />', call)
    expected = (body + b"ab<a").replace(sought.encode(), replacement.encode())
    assert call.request.body.content == expected
