"""`<rewrite-uri>`: the path and the query that the backend sees are written anew."""

import re
from collections.abc import Mapping
from typing import Self
from urllib.parse import quote

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.policies.set_query_parameter import name_of
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "rewrite-uri takes the parameters that its template names from the operation's; query"
        " parameters that the operation's template takes are dropped, the other ones are added"
        " unless copy-unmatched-params is false.",
        Evidence.PUBLISHED,
        "the page on rewrite-uri and its examples",
    ),
    Fact(
        "A template cannot name a parameter that the operation does not have: the call fails with"
        " 500.",
        Evidence.ASSUMED,
        "the page says that none can be added, not what happens; a live service may refuse to save",
    ),
    Fact(
        "The query that is copied is the one that earlier policies left; a parameter which the new"
        " template sets too is then there twice. What an expression gives is a template as well.",
        Evidence.ASSUMED,
        "the query that a backend receives from a live gateway would settle it",
    ),
)

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_IN_PATH = "/!$&'()*+,;=:@~"
_IN_QUERY = "/?!$'()*,;:@~"


class RewriteUri(Policy):
    """What follows the service URL is changed, the service URL itself is not."""

    sections = ("inbound",)
    attributes = (
        Attribute(name="template", required=True, expressions=True),
        Attribute(name="copy-unmatched-params", kind="boolean", default="true", expressions=True),
    )

    def __init__(self, template: Value, copies: Value) -> None:
        self._template, self._copies = template, copies

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        template = given["template"]
        if template.fixed is not None:
            if "@(" in template.fixed or "@{" in template.fixed:
                raise PolicyNotUsable("'template': an expression must be the whole value")
            if problem := _wrong(template.fixed):
                raise PolicyNotUsable(problem)
        return cls(template, given["copy-unmatched-params"])

    @override
    async def run(self, call: Call) -> None:
        template = await self._template.text(call)
        if problem := _wrong(template):
            raise ExpressionFailed(problem)
        path, query = filled(template, call.route.parameters)
        url = call.request.url
        if await self._copies.boolean(call):
            rest = unmatched(url.query, call.route.operation.template.query_names)
            query = "&".join(part for part in (query, rest) if part)
        url.path, url.query = path, query


def filled(template: str, parameters: Mapping[str, str]) -> tuple[str, str]:
    """Return path and query of a template, as on the wire. Raises ExpressionFailed.

    `parameters` are not encoded.
    """
    path, _, query = template.partition("?")
    values = {name.lower(): value for name, value in parameters.items()}
    written = _written(path, values, _IN_PATH)
    if written and not written.startswith("/"):
        written = f"/{written}"
    return written, _written(query, values, _IN_QUERY)


def unmatched(query: str, names: frozenset[str]) -> str:
    """Return a query without the parameters of these names, which are in lower case."""
    return "&".join(piece for piece in query.split("&") if name_of(piece) not in names)


def _written(template: str, values: Mapping[str, str], safe: str) -> str:
    """Fill one half of a template. What is in it already may hold escapes and separators."""
    result: list[str] = []
    for number, piece in enumerate(_PARAMETER.split(template)):
        if number % 2 == 0:
            result.append(quote(piece, safe=f"{_IN_PATH}?%[]|", errors="replace"))
        elif piece.lower() in values:
            # A slash within a parameter would be another segment.
            own = safe.replace("/", "") if safe == _IN_PATH else safe
            result.append(quote(values[piece.lower()], safe=own, errors="replace"))
        else:
            raise ExpressionFailed(f"the operation has no parameter {{{piece[:60]}}}")
    return "".join(result)


def _wrong(template: str) -> str:
    """Say what is wrong with a template, or nothing."""
    if _SCHEME.match(template):
        return f"{template[:60]!r} names a host; a template is what follows the service URL"
    literal = _PARAMETER.sub("", template)
    if "{" in literal or "}" in literal:
        return f"{template[:60]!r} has a brace without its other half"
    return ""


POLICY = RewriteUri
