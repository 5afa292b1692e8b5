"""What may stand in an attribute, and what does it come to for a call?"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import Source
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.message import Body, BodyTooLarge, Response
from mockserver.gateway.policy import Library
from mockserver.gateway.reader import DocumentReader
from mockserver.gateway.values import Attribute, Value
from tests.mockserver.gateway.policy_calls import Stage

WHOLE = Attribute(name="n", kind="whole", least=1, most=300)
BOOLEAN = Attribute(name="b", kind="boolean")
CHOICE = Attribute(name="c", kind="choice", choices=("one", "two"))


@pytest.mark.parametrize(
    ("attribute", "text", "is_good"),
    [
        (WHOLE, "1", True),
        (WHOLE, " 300 ", True),
        (WHOLE, "0300", True),
        (WHOLE, "0", False),
        (WHOLE, "301", False),
        (WHOLE, "", False),
        (WHOLE, "-1", False),
        (WHOLE, "+1", False),
        (WHOLE, "1.0", False),
        (WHOLE, "1e2", False),
        (WHOLE, "1_0", False),
        (WHOLE, "\u0661", False),
        (WHOLE, "\u00b2", False),
        (WHOLE, "9" * 5000, False),
        (BOOLEAN, "true", True),
        (BOOLEAN, "False", True),
        (BOOLEAN, "yes", False),
        (BOOLEAN, "1", False),
        (BOOLEAN, "", False),
        (CHOICE, "one", True),
        (CHOICE, "One", False),
        (CHOICE, "", False),
        (Attribute(name="t"), "", True),
    ],
)
def test_what_an_attribute_may_hold(attribute: Attribute, text: str, is_good: bool) -> None:
    """What it may not is worded."""
    assert (attribute.problem(text) == "") is is_good


@given(st.text(max_size=30))
def test_a_text_that_passes_as_a_number_is_one(text: str) -> None:
    """Nothing passes that int refuses or that is beyond the bounds."""
    if not WHOLE.problem(text):
        assert 1 <= int(text) <= 300


def value(written: str, attribute: Attribute | None = None) -> Value:
    """Return what an attribute's text stands for."""
    reader = DocumentReader(Library({"word": "named"}), "api")
    return reader.value(Source(written, 1, 1) if written.startswith("@") else written, attribute)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("fixed", "fixed"),
        ("a {{word}} b", "a named b"),
        ('@("a" + 1)', "a1"),
        ("@(true)", "True"),
        ("@(null)", ""),
        ('@("{{word}}")', "named"),
        ("@(context.Request.Method)", "GET"),
    ],
)
def test_a_text_is_fixed_or_computed(written: str, text: str) -> None:
    """Named values stand in both."""
    assert asyncio.run(value(written).text(Stage().call())) == text


@pytest.mark.parametrize(
    ("written", "attribute", "number"),
    [("5", WHOLE, 5), (" 5 ", WHOLE, 5), ("@(2 + 3)", WHOLE, 5), ('@("5")', None, 5)],
)
def test_a_whole_number(written: str, attribute: Attribute | None, number: int) -> None:
    """As a fixed text, a number or a text of an expression."""
    assert asyncio.run(value(written, attribute).whole(Stage().call())) == number


@pytest.mark.parametrize(
    ("written", "attribute"),
    [
        ("@(301)", WHOLE),
        ("@(-1)", WHOLE),
        ('@("x")', WHOLE),
        ('@("x")', None),
        ("@(null)", None),
        ("@(1.5)", None),
    ],
)
def test_what_is_no_number_fails(written: str, attribute: Attribute | None) -> None:
    """The bounds of an attribute hold for what an expression gives."""
    with pytest.raises(ExpressionFailed):
        asyncio.run(value(written, attribute).whole(Stage().call()))


@pytest.mark.parametrize(
    ("written", "result"),
    [("true", True), ("FALSE", False), ("@(1 == 1)", True), ('@("False")', False)],
)
def test_a_truth_value(written: str, result: bool) -> None:
    """As a fixed text, a bool or a text of an expression."""
    assert asyncio.run(value(written).boolean(Stage().call())) is result


@pytest.mark.parametrize("written", ["@(1)", '@("yes")', "@(null)"])
def test_what_is_no_truth_value_fails(written: str) -> None:
    """There is no guessing."""
    with pytest.raises(ExpressionFailed):
        asyncio.run(value(written).boolean(Stage().call()))


def test_a_value_may_be_anything() -> None:
    """For set-variable an expression's value keeps its type."""
    call = Stage().call()
    assert asyncio.run(value("@(5)").compute(call)) == 5
    assert asyncio.run(value("5").compute(call)) == "5"


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def test_a_body_is_read_for_an_expression_that_asks_for_it() -> None:
    """And for no other: a stream stays one."""

    async def play() -> None:
        call = Stage().call(body=Body(None, stream(b"a", b"b"), 2))
        call.response = Response(200, body=Body(None, stream(b"c", b"d"), 2))
        assert await value("@(context.Request.Method)").text(call) == "GET"
        assert call.request.body.content is None
        assert await value("@(context.Request.Body.As<string>())").text(call) == "ab"
        assert call.response.body.content is None
        assert await value("@(context.Response.Body.As<string>(true))").text(call) == "cd"

    asyncio.run(play())


def test_a_body_that_an_expression_asks_for_is_bounded() -> None:
    """By the gateway's setting."""

    async def play() -> None:
        call = Stage().call(body=Body(None, stream(b"a" * 10), 10))
        call.runtime.max_buffered_bytes = 9
        with pytest.raises(BodyTooLarge):
            await value("@(context.Request.Body.As<string>())").text(call)

    asyncio.run(play())
