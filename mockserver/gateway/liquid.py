"""What does a Liquid template make of a call?

The language itself is python-liquid's, which is imported with the first template. A template sees
plain data only, has no files and no clock of its own, and runs within bounds.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, cast

from liquid import BoundTemplate, Environment, RenderContext
from liquid.exceptions import LiquidError, LoopIterationLimitError
from liquid.filter import with_context
from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import message_of
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element, Source
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions.library.moments import read_date
from mockserver.gateway.expressions.texts import write_with
from mockserver.gateway.expressions.throwing import Thrown
from mockserver.gateway.expressions.times import from_seconds
from mockserver.gateway.liquid_data import Moment, body_of, context_of
from mockserver.gateway.policy import SectionName
from mockserver.gateway.values import PolicyNotUsable

FACTS = (
    Fact(
        "A Liquid template sees `body`, the message's own if its Content-Type says JSON or XML, and"
        " `context` with Request, Response and Variables.",
        Evidence.PUBLISHED,
        "the page on set-body; Variables in policies that the vendor publishes",
    ),
    Fact(
        "Tags and filters are those that DotLiquid and python-liquid share; date takes .NET's"
        " formats. Any other is refused when the policy is loaded. What has no value is nothing.",
        Evidence.ASSUMED,
        "the page names Liquid and no version; that it is DotLiquid is told elsewhere",
    ),
    Fact(
        "`{{name}}` is a named value if there is one of this name, else the template's.",
        Evidence.ASSUMED,
        "both are documented with the same braces; templates such as `{{body.id}}` are, too",
    ),
    Fact(
        "A template that loops or writes too much fails as an expression does.",
        Evidence.ASSUMED,
        "the real bounds are not published",
    ),
)

LARGEST = 8 << 20
"""The longest text that a template may make, in characters or bytes."""
_MOST_ROOM = 8 * LARGEST
"""What all filters together may be given and make."""
_MOST_WORK = 2_000_000
_ROUND = 20
"""What a round of a loop costs of it at least: there are at most 100 000."""
_SCANNED = 4096
"""How many bytes of a body cost as much as one unit of work."""
_TAGS = frozenset(
    {
        *("assign", "break", "capture", "case", "comment", "continue", "cycle", "decrement"),
        *("for", "if", "ifchanged", "increment", "tablerow", "unless"),
    }
)
_FILTERS = frozenset(
    {
        *("abs", "append", "at_least", "at_most", "capitalize", "ceil", "compact", "concat"),
        *("date", "default", "divided_by", "downcase", "escape", "first", "floor", "join", "last"),
        *("lstrip", "map", "minus", "modulo", "newline_to_br", "plus", "prepend", "remove"),
        *("remove_first", "replace", "replace_first", "reverse", "round", "rstrip", "size"),
        *("slice", "sort", "split", "strip", "strip_html", "strip_newlines", "times", "truncate"),
        *("truncatewords", "uniq", "upcase", "url_decode", "url_encode"),
    }
)
_NOW, _COST = "\0now", "\0cost"
"""Where a template's data have the moment, and what a round costs; no template can name them."""
_NAMED = re.compile(r"\{\{([A-Za-z0-9._-]{1,256})\}\}")
_UNEXPECTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


class _Context(RenderContext):
    """Counts the rounds of all loops, also of those that follow one another, and what is written.

    A round may look through the whole body, so it costs more the longer the body is.
    """

    __slots__ = ("_left", "_room")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._left, self._room = _MOST_WORK, _MOST_ROOM

    @override
    def raise_for_loop_limit(self, length: int = 1) -> None:
        self._left -= length * cast("int", self.globals[_COST])
        if self._left < 0:
            raise LoopIterationLimitError("too many rounds of loops", token=None)

    def claim(self, *values: Any) -> None:
        """Note what a filter was given or made. Raises ExpressionFailed."""
        self._room -= sum(len(value) for value in values if isinstance(value, str | list))
        if self._room < 0:
            raise ExpressionFailed(f"The template makes more than {_MOST_ROOM} characters.")


class _Bound(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    """The language without files, clock and what DotLiquid does not have."""

    template_class = _Bound
    local_namespace_limit = 4 * LARGEST
    output_stream_limit = LARGEST

    @override
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        for name in [*self.tags]:
            # Those that are no words are the parser's own: a text, an output, an unknown tag.
            if name.isidentifier() and name not in _TAGS and name not in _PARTS:
                del self.tags[name]
        filters = {name: self.filters[name] for name in _FILTERS}
        filters |= {"date": _date, "replace": _replace, "join": _join, "uniq": _uniq}
        self.filters = {name: _bounded(each) for name, each in filters.items()}


_PARTS = ("content", "output", "illegal")
"""What python-liquid keeps among its tags."""


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    is_given = getattr(function, "with_context", False)

    @with_context
    @wraps(function)
    def bounded(*given: Any, context: _Context, **named: Any) -> Any:
        context.claim(*given)
        result = function(*given, **named, **({"context": context} if is_given else {}))
        context.claim(result)
        return result

    return bounded


def _check(length: int) -> None:
    if length > LARGEST:
        raise ExpressionFailed(f"A text of {length} characters is too long for a template.")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _replace(value: Any, old: Any, new: Any = "") -> str:
    text, part, other = _text(value), _text(old), _text(new)
    if not part:
        return text
    _check(len(text) + text.count(part) * len(other))
    return text.replace(part, other)


def _join(value: Any, between: Any = " ") -> str:
    items = [_text(item) for item in (value if isinstance(value, list | tuple) else [value])]
    separator = _text(between)
    _check(sum(map(len, items)) + len(items) * len(separator))
    return separator.join(items)


def _uniq(value: Any) -> list[Any]:
    kept: dict[tuple[type, str], Any] = {}
    for item in value if isinstance(value, list) else [value]:
        kept.setdefault((type(item), _text(item)), item)
    return [*kept.values()]


@with_context
def _date(value: Any, form: Any = "", *, context: RenderContext) -> str:
    """Write a moment as .NET does; what is none stays."""
    text, pattern = _text(value), _text(form)
    if isinstance(value, Moment):
        moment = value.moment
    elif text in ("now", "today"):
        moment = context.globals[_NOW]  # type: ignore[assignment]
    else:
        try:
            moment = read_date(text)
        except Thrown:
            return text
    return write_with(moment, pattern) if pattern else str(Moment(moment))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return _Environment()


class Template:
    """A template, ready to be rendered any number of times."""

    def __init__(self, text: str, *, has_dates: bool, nil: str | None) -> None:
        """Read a template. Raises PolicyNotUsable.

        `has_dates` says whether texts that look like dates become dates, `nil` what an XML
        element with xsi:nil="true" is.
        """
        if len(text) > LARGEST:
            raise PolicyNotUsable("the Liquid template is too long")
        try:
            self._bound = _environment().from_string(text)
            found = self._bound.analyze()
        except (LiquidError, *_UNEXPECTED) as error:
            raise PolicyNotUsable(f"the Liquid template cannot be read: {_told(error)}") from None
        for name in found.filters:
            if name not in _FILTERS:
                raise PolicyNotUsable(f"the Liquid filter '{name}' is not supported")
        self._reads_body = "body" in found.globals
        self._has_dates, self._nil = has_dates, nil

    async def render(self, call: Call, section: SectionName) -> str:
        """Return what the template makes of a call. Raises ExpressionFailed, BodyTooLarge."""
        data: dict[str, Any] = {"context": context_of(call), _COST: _ROUND}
        data[_NOW] = from_seconds(call.runtime.now())
        if self._reads_body:
            message = message_of(call, section)
            content = await message.body.load(call.runtime.max_buffered_bytes)
            _check(len(content))
            data[_COST] += len(content) // _SCANNED
            data["body"] = body_of(message, has_dates=self._has_dates, nil=self._nil)
        try:
            return self._bound.render(data)
        except LiquidError as error:
            raise ExpressionFailed(f"Liquid: {_told(error)}") from None
        except _UNEXPECTED as error:
            raise ExpressionFailed(f"Liquid: {type(error).__name__}: {error}") from None


def _told(error: Exception) -> str:
    """Return what went wrong, without the drawing of where."""
    return str(error).partition("\n")[0] or type(error).__name__


def with_named_values(text: str, values: Mapping[str, str]) -> str:
    """Put named values into a template; any other name is the template's own."""
    return _NAMED.sub(lambda found: values.get(found[1], found[0]), text)


_TAG = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)


def written(element: Element) -> str:
    """Write an element that stands in a policy as XML again. Raises PolicyNotUsable."""
    names = "".join(f" {name}={_quoted(value)}" for name, value in element.attributes.items())
    inner = "".join(map(written, element.children)) or _escaped(element.text)
    if not inner:
        return f"<{element.name}{names} />"
    return f"<{element.name}{names}>{inner}</{element.name}>"


def _quoted(value: str | Source) -> str:
    text = _escaped(value)
    if '"' not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    raise PolicyNotUsable("an attribute in a Liquid template has both kinds of quotes")


def _escaped(text: str | Source) -> str:
    """Escape what is not Liquid's."""
    if isinstance(text, Source):
        raise PolicyNotUsable("a Liquid template cannot hold an expression")
    pieces = _TAG.split(text)
    pieces[::2] = [
        piece.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for piece in pieces[::2]
    ]
    return "".join(pieces)
