"""Does a request match the URL template of an operation, and what do its parameters stand for?

A template is a path, with query parameters behind it if there are any. What is in braces is taken
from the request. Query parameters of a template must be there, in any order; other ones may be
there as well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Query parameters that a template names are required, in any order, without regard to case;"
        " other ones do not keep a request from matching and go to the backend.",
        Evidence.CAPTURED,
        "an answer of Azure's support, and the how-to's own templates",
    ),
    Fact(
        "A request that lacks a query parameter of the template is 404, as is a wrong verb.",
        Evidence.PUBLISHED,
        "the page on adding operations; an article on 405",
    ),
    Fact(
        "A slash at the end of a path makes no difference, and `%2F` is decoded before matching.",
        Evidence.PUBLISHED,
        "a commit of the documentation; an answer of Azure's support",
    ),
    Fact(
        "Literal parts of a path are matched without regard to case.",
        Evidence.ASSUMED,
        "widely held; no primary source was found",
    ),
    Fact(
        "Of several templates that match, the one with more literal segments wins, then the one"
        " with more query parameters, then the one declared first.",
        Evidence.ASSUMED,
        "two overlapping operations on a live gateway would settle it",
    ),
)

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_ESCAPED_SLASH = re.compile("%2f", re.IGNORECASE)


class TemplateNotUsable(ValueError):
    """A URL template breaks the rules; the text says which."""


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A URL template, ready to match. Raises TemplateNotUsable when made from a bad one."""

    text: str
    names: tuple[str, ...] = field(init=False)
    """Its parameters, in the order of their first letters in the text."""
    rank: tuple[int, int] = field(init=False)
    """How particular it is: literal segments, query parameters. The greatest that matches wins."""
    _path: "re.Pattern[str]" = field(init=False, repr=False)
    _query: "Mapping[str, re.Pattern[str]]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        path, _, query = self.text.partition("?")
        names = _PARAMETER.findall(self.text)
        if len({name.lower() for name in names}) != len(names):
            raise TemplateNotUsable(f"{self.text}: a parameter is named twice")
        if "{" in _PARAMETER.sub("", self.text) or "}" in _PARAMETER.sub("", self.text):
            raise TemplateNotUsable(f"{self.text}: a brace without its other half")
        if "}{" in self.text:
            raise TemplateNotUsable(f"{self.text}: two parameters with nothing between them")
        segments = path.strip("/").split("/") if path.strip("/") else []
        if "*" in segments[:-1]:
            raise TemplateNotUsable(f"{self.text}: a wildcard before the end")
        literal = sum("{" not in segment and segment != "*" for segment in segments)
        pairs = [piece.partition("=") for piece in query.split("&") if piece]
        order = {name: f"p{number}" for number, name in enumerate(names)}
        pattern = "".join("/" + _pattern(segment, order, "[^/]*") for segment in segments)
        flags = re.IGNORECASE | re.DOTALL
        object.__setattr__(self, "names", tuple(names))
        object.__setattr__(self, "rank", (literal, len(pairs)))
        object.__setattr__(self, "_path", re.compile(pattern + "/?", flags))
        object.__setattr__(
            self,
            "_query",
            {
                name.lower(): re.compile(_pattern(value, order, ".*"), flags)
                for name, _, value in pairs
            },
        )

    def match(self, path: str, query: Mapping[str, str]) -> dict[str, str] | None:
        """Return the parameters' values, or None if the template does not match.

        `path` is what follows the API's suffix, decoded; `query` the first value of each
        parameter by lower-case name.
        """
        matched = self._path.fullmatch(path or "/")
        if matched is None:
            return None
        found = dict(matched.groupdict())
        for name, pattern in self._query.items():
            value = query.get(name)
            matched = None if value is None else pattern.fullmatch(value)
            if matched is None:
                return None
            found |= matched.groupdict()
        values = {name: found.get(f"p{number}") for number, name in enumerate(self.names)}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def query_names(self) -> frozenset[str]:
        """The query parameters that the template takes, in lower case."""
        return frozenset(self._query)


def _pattern(text: str, order: Mapping[str, str], anything: str) -> str:
    """Return the regular expression of a segment or a value; a parameter is `anything`.

    It must not be slow, whatever a client sends: each parameter but the last ends where the literal
    after it is first found, for good.
    """
    if text == "*":
        return "(?:.*)"
    first, *rest = _PARAMETER.split(text)
    written = [re.escape(first)]
    for name, literal in zip(rest[::2], rest[1::2], strict=True):
        parameter = f"(?P<{order[name]}>{anything}"
        is_last = name == rest[-2]
        end = re.escape(literal)
        written.append(f"{parameter}){end}" if is_last else f"(?>{parameter}?){end})")
    return "".join(written)


def decode_slashes(raw: bytes) -> str:
    """Return a path as it was on the wire, but with slashes for `%2F`."""
    text = raw.decode("latin-1")
    return _ESCAPED_SLASH.sub("/", text) if "%2" in text else text


def read_path(text: str) -> str:
    """Decode a path as it was on the wire."""
    return unquote(text, "utf-8", "replace")


def read_query(raw: bytes) -> dict[str, str]:
    """Return the first value of each query parameter, by lower-case name."""
    values: dict[str, str] = {}
    for piece in raw.decode("latin-1").split("&"):
        name, _, value = piece.partition("=")
        if name:
            values.setdefault(unquote_plus(name).lower(), unquote_plus(value))
    return values
