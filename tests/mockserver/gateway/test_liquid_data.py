"""What does a Liquid template see of a call?"""

from typing import Any
from uuid import UUID

import pytest
from multidict import CIMultiDict

from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions.json_tokens import JObject
from mockserver.gateway.expressions.times import DateTime
from mockserver.gateway.liquid_data import Moment, Object, body_of, context_of, plain
from mockserver.gateway.message import Body, Request, Url
from tests.mockserver.gateway.policies.transforming import a_call, a_response


def at(data: Any, path: str) -> Any:
    """Return what is at a path such as `Request/Url/Host`."""
    for name in path.split("/"):
        data = data[name]
    return data


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Request/Url/Host", "backend.example"),
        ("Request/Url/Port", 443),
        ("Request/Url/Scheme", "https"),
        ("Request/Url/Path", "/api/get/7"),
        ("Request/Url/QueryString", "?a=1&c=2"),
        ("Request/Url/Query/A", "1"),
        ("Request/Url/ToUri", "https://backend.example/api/get/7?a=1&c=2"),
        ("Request/OriginalUrl/Host", "demo.azure-api.net"),
        ("Request/Method", "POST"),
        ("Request/OriginalMethod", "POST"),
        ("Request/IpAddress", "10.1.2.3"),
        ("Request/MatchedParameters/id", "7"),
        ("Request/HasBody", False),
        ("request/headers/x-a", "1,2"),
        ("Request/ClientCertificates", []),
        ("Response/StatusCode", 200),
        ("Response/Method", "POST"),
        ("Response/Headers/X-B", "b"),
        ("Variables/n", 5),
    ],
)
def test_the_context(path: str, expected: object) -> None:
    """Request, response and variables are there; case does not matter."""
    call = a_call(response=a_response(headers={"X-B": "b"}))
    call.request.headers.extend([("X-A", "1"), ("X-A", "2")])
    call.variables["n"] = 5
    assert at(context_of(call), path) == expected


def test_before_there_is_a_response() -> None:
    """In inbound there is none, and a query may be missing."""
    context = context_of(a_call(query=""))
    assert context["Response"] is None
    assert at(context, "Request/Url/QueryString") == ""
    assert str(at(context, "Request/Url")) == "https://backend.example/api/get/7"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (1.0, "1"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        ("a", "a"),
        ({"a": [1, None, {"b": "c"}]}, '{"a":[1,null,{"b":"c"}]}'),
        (JObject({"a": 1}), '{"a":1}'),
        ([1, "b", None], "1b"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (DateTime(0), "01/01/0001 00:00:00"),
    ],
)
def test_values_of_variables(value: object, text: str) -> None:
    """Whatever a variable holds becomes plain data; an object that is written whole is JSON."""
    assert str(plain(value)) == text


def test_a_response_in_a_variable() -> None:
    """What send-request leaves has status and headers."""
    assert at(plain(a_response(headers={"A": "b"})), "Headers/a") == "b"


def test_data_that_is_nested_too_deep() -> None:
    """Data of more than 64 levels fail, and do not break anything."""
    data: list[Any] = []
    for _ in range(100):
        data = [data]
    with pytest.raises(ExpressionFailed, match="levels"):
        plain(data)


def test_names() -> None:
    """The exact name comes before one that differs in case; members are pairs in a loop."""
    made = Object({"a": 1, "A": 2, "Bc": 3})
    assert (made["A"], made["bC"], len(made), "x" in made) == (2, 3, 3, False)
    pairs: list[Any] = list(made.items())
    assert (pairs[0]["Key"], pairs[0]["value"], pairs[0][1]) == ("a", 1, 1)
    with pytest.raises(KeyError):
        pairs[0]["other"]
    with pytest.raises(KeyError):
        made[0]  # type: ignore[index]


def body(content: bytes, media: str, *, has_dates: bool = True, nil: str | None = "") -> Any:
    """Return `body` of a request."""
    headers = CIMultiDict({"Content-Type": media})
    request = Request("POST", Url("http://a"), headers, Body(content))
    return body_of(request, has_dates=has_dates, nil=nil)


ENVELOPE = (
    b'<s:Envelope xmlns:s="urn:s" xmlns:i="urn:i"><s:Body><get a="5"><none i:nil="true"/>'
    b"<item>1</item><item>2</item></get></s:Body></s:Envelope>"
)


def test_an_xml_body() -> None:
    """Elements have no prefix, what repeats is an array, attributes are members."""
    got = at(body(ENVELOPE, "application/soap+xml; charset=utf-8"), "envelope/body/Get")
    assert (got["item"], got["a"], got["none"]) == (["1", "2"], "5", "")
    assert at(body(ENVELOPE, "text/xml", nil=None), "Envelope/Body/get/none") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012-03-21T05:40Z", "03/21/2012 05:40:00"),
        ("2012-03-21T05:40:01.5", "03/21/2012 05:40:01"),
        ("/Date(1198908717056)/", "12/29/2007 06:11:57"),
        ("2012-03-21", "2012-03-21"),
        ("2012-99-21T05:40Z", "2012-99-21T05:40Z"),
    ],
)
def test_dates(text: str, expected: str) -> None:
    """What looks like a date is one, unless parse-date is false."""
    content = f'{{"d": "{text}"}}'.encode()
    got = body(content, "application/problem+json")["d"]
    assert got == expected
    assert isinstance(got, Moment) == (text != expected)
    assert body(content, "text/json", has_dates=False)["d"] == text


@pytest.mark.parametrize(
    ("content", "media", "expected"),
    [(b"", "application/json", None), (b"a=1", "text/plain", "a=1"), (b"x", "", "x")],
)
def test_other_bodies(content: bytes, media: str, expected: object) -> None:
    """Without a body there is nothing; what is neither JSON nor XML is a text."""
    assert body(content, media) == expected


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b'{"a":', "application/json"),
        (b"<a>", "text/xml"),
        (b"<!DOCTYPE a []><a/>", "text/xml"),
        (b"[" * 100_000, "application/json"),
        (b"<a>" * 100_000, "text/xml"),
    ],
)
def test_a_body_that_is_not_what_it_says_fails(content: bytes, media: str) -> None:
    """The call fails as it does when an expression cannot read the body."""
    with pytest.raises(ExpressionFailed):
        body(content, media)
