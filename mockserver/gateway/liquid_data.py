"""What does a Liquid template see of a call? Plain data, made for it."""

import json
import re
from collections.abc import ItemsView, Iterator, Mapping
from decimal import Decimal
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions.json_tokens import JToken
from mockserver.gateway.expressions.library.moments import read_date
from mockserver.gateway.expressions.texts import read_json, to_text, write_json
from mockserver.gateway.expressions.throwing import Thrown
from mockserver.gateway.expressions.times import DateTime, from_seconds
from mockserver.gateway.json_xml import NotConvertible
from mockserver.gateway.message import Headers, Request, Response, Url
from mockserver.gateway.xml_json import JsonStyle, json_of_xml

FACTS = (
    Fact(
        "Texts of a body that look like dates become dates, written as MM/dd/yyyy HH:mm:ss, unless"
        " parse-date is false; an XML element with xsi:nil is empty, or null if xsi-nil says so.",
        Evidence.PUBLISHED,
        "the page on set-body",
    ),
    Fact(
        "Names are found without regard to case if none is right to the letter; those of XML have"
        " no prefix, what repeats is an array, attributes are members.",
        Evidence.ASSUMED,
        "templates of imported SOAP services write `body.envelope.body`",
    ),
    Fact(
        "An object that is written whole is JSON; a number such as 1.0 is 1.",
        Evidence.ASSUMED,
        "DotLiquid and .NET; such a template on a live gateway would settle it",
    ),
    Fact(
        "`context.Request.OriginalMethod` is the method that the request has now, and there are no"
        " client certificates.",
        Evidence.ASSUMED,
        "a limit of the emulator",
    ),
)

_DATE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?"
    r"|/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/"
)
_LARGEST_WHOLE = 1e15
_DEEPEST = 64


class Moment(str):
    """A date in a body. As a text it is what .NET writes."""

    __slots__ = ("moment",)
    moment: DateTime

    def __new__(cls, moment: DateTime) -> Self:
        made = super().__new__(cls, to_text(moment))
        made.moment = moment
        return made


class _Pair(tuple[str, Any]):
    """A member as a loop sees it: `member.Key`, `member.Value`, or `member[0]`."""

    __slots__ = ()

    @override
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            key = {"key": 0, "value": 1}[key.lower()]
        return super().__getitem__(key)


class _Members(ItemsView[str, Any]):
    @override
    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return map(_Pair, super().__iter__())


class Object(Mapping[str, Any]):
    """Members by name. `text` is what it is written as, if not as JSON."""

    def __init__(self, members: Mapping[str, Any], text: str | None = None) -> None:
        self._members, self._written = members, text
        self._names: dict[str, str] | None = None

    @override
    def __getitem__(self, name: str) -> Any:
        if name in self._members:
            return self._members[name]
        if not isinstance(name, str):
            raise KeyError(name)
        if self._names is None:
            self._names = {each.lower(): each for each in reversed([*self._members])}
        return self._members[self._names[name.lower()]]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    @override
    def __len__(self) -> int:
        return len(self._members)

    @override
    def items(self) -> ItemsView[str, Any]:
        return _Members(self)

    @override
    def __str__(self) -> str:
        return write_json(_raw(self), indented=False) if self._written is None else self._written


class _Items(list[Any]):
    """An array."""

    @override
    def __str__(self) -> str:
        return "".join(to_text(item) if item is not None else "" for item in self)


def _raw(data: Any) -> Any:
    if isinstance(data, Object):
        return {name: _raw(data[name]) for name in data}
    return [_raw(item) for item in data] if isinstance(data, list) else data


def context_of(call: Call) -> Object:
    """Return `context`."""
    request, response = call.request, call.response
    return Object(
        {
            "Request": Object(
                {
                    "Url": _url(request.url),
                    "OriginalUrl": _url(call.original_url),
                    "Method": request.method,
                    "OriginalMethod": request.method,
                    "IpAddress": request.ip_address,
                    "MatchedParameters": Object(call.route.parameters),
                    "HasBody": request.body.content != b"",
                    "ClientCertificates": [],
                    "Headers": _headers(request.headers),
                }
            ),
            "Response": None if response is None else _response(response, request.method),
            "Variables": _Variables(call.variables),
        }
    )


class _Variables(Object):
    """Only what a template asks for is made into plain data."""

    @override
    def __getitem__(self, name: str) -> Any:
        return plain(super().__getitem__(name))


def _response(response: Response, method: str = "") -> Object:
    headers = _headers(response.headers)
    return Object({"StatusCode": response.status, "Method": method, "Headers": headers})


def _headers(headers: Headers) -> Object:
    return Object({name: ",".join(headers.getall(name)) for name in dict.fromkeys(headers)})


def _url(url: Url) -> Object:
    text, parts = str(url), urlsplit(url.base)
    members = {
        "Scheme": parts.scheme,
        "Host": url.host,
        "Port": parts.port or (443 if parts.scheme == "https" else 80),
        "Path": parts.path + url.path or "/",
        "Query": Object(dict(parse_qsl(url.query, keep_blank_values=True))),
        "QueryString": f"?{url.query}" if url.query else "",
        "ToUri": text,
        "ToString": text,
    }
    return Object(members, text)


def plain(value: Any, *, has_dates: bool = False, depth: int = 0) -> Any:
    """Return a value as a template can use it. Raises ExpressionFailed."""
    if depth > _DEEPEST:
        raise ExpressionFailed(f"Liquid: more than {_DEEPEST} levels")
    if isinstance(value, JToken):
        value = value.data

    def inner(item: Any) -> Any:
        return plain(item, has_dates=has_dates, depth=depth + 1)

    if isinstance(value, dict):
        return Object({str(name): inner(item) for name, item in value.items()})
    if isinstance(value, list | tuple):
        return _Items(map(inner, value))
    if isinstance(value, Response):
        return _response(value)
    return _scalar(value, has_dates=has_dates)


def _scalar(value: Any, *, has_dates: bool) -> Any:
    if isinstance(value, str):
        return _dated(value) if has_dates else str(value)
    if isinstance(value, float) and abs(value) < _LARGEST_WHOLE and value.is_integer():
        return int(value)
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    return Moment(value) if isinstance(value, DateTime) else to_text(value)


def _dated(text: str) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    try:
        return Moment(from_seconds(int(found[1]) / 1000) if found[1] else read_date(text))
    except Thrown:
        return text


def body_of(message: Request | Response, *, has_dates: bool, nil: str | None) -> Any:
    """Return `body`, which is loaded: data, or the text that it is. Raises ExpressionFailed."""
    content = cast("bytes", message.body.content)
    media = message.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not content:
        return None
    if media in ("application/xml", "text/xml") or media.endswith("+xml"):
        try:
            data = json.loads(json_of_xml(content, JsonStyle(is_direct=False)))
        except (NotConvertible, RecursionError) as error:
            raise ExpressionFailed(f"Liquid: {error}") from None
        return plain(_without_nil(data, nil), has_dates=has_dates)
    text = content.decode("utf-8-sig", "replace")
    if media in ("application/json", "text/json") or media.endswith("+json"):
        return plain(read_json(text), has_dates=has_dates)
    return text


def _without_nil(data: Any, nil: str | None) -> Any:
    """Put `nil` in the place of elements that say that they have no value."""
    if isinstance(data, dict):
        if data.get("nil") in ("true", "1"):
            return nil
        return {name: _without_nil(item, nil) for name, item in data.items()}
    return [_without_nil(item, nil) for item in data] if isinstance(data, list) else data
