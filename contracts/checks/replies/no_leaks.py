"""Does a refusal keep to itself what is nobody's business: code, folders, keys?"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from contracts.check import judges
from contracts.exchange import NOT_JSON, Exchange, Reply, Request
from contracts.session import Session

_TRACES = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"]+\.pyc?\", line \d+"
    # .NET with its sources, and without them.
    r"|\bat [\w.<>`\[\],]+\([^()]*\) in \S+:line \d+"
    r"|^ {3}at (?:[\w<>`]+\.){2,}[\w.<>`\[\],]+\([^()]*\)\s*$"
    # Java, and what else runs there.
    r"|\bat [\w.$<>/@]+\((?:[\w.]+\.(?:java|kt|scala):\d+|Native Method|Unknown Source)\)"
    # Node, with a name and without one.
    r"|\bat (?:[^()\n]{1,200} \()?(?:file:|node:)?[^()\s]+\.[cm]?[jt]s:\d+:\d+\)?"
    r"|goroutine \d+ \[running\]",
    re.MULTILINE,
)
_PATHS = re.compile(
    r"(?<![\w/.:])/(?:usr|home|opt|var|srv|root|app|tmp)/[\w./-]*[\w-]|\b[A-Z]:\\\w+\\[\w.\\-]+"
)


@judges(
    "A refusal shows no stack trace, no path of the server and no key.",
    "components schemas Error",
    order=12,
)
def no_leaks(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong, if a refusal says more than it should."""
    reply = exchange.reply
    if reply is None or reply.status < 400:
        return None
    text = _text(reply)
    if _TRACES.search(text):
        return f"{exchange.status} with a stack trace"
    sent = _sent(exchange.request)
    if any(found[0] not in sent for found in _PATHS.finditer(text)):
        return f"{exchange.status} with a path of the server"
    if any(key in text and key not in sent for key in _keys(session)):
        return f"{exchange.status} with a key in it"
    return None


def _text(reply: Reply) -> str:
    """Return what a reader sees: the texts of JSON without their escapes, or all of it."""
    if reply.json is NOT_JSON:
        return reply.body.decode("utf-8", "replace")
    return "\n".join(_texts(reply.json))


def _texts(content: Any) -> Iterator[str]:
    """Yield every text of some JSON, names too, however deep it is."""
    left = [content]
    while left:
        match left.pop():
            case str(text):
                yield text
            case dict(members):
                left += [*members, *members.values()]
            case list(values):
                left += values
            case _:
                continue


def _sent(request: Request) -> str:
    """Return what the caller said himself, apart from keys: to say it back is no leak."""
    body = request.body.decode("utf-8", "replace")
    try:
        texts = "\n".join(_texts(json.loads(body)))
    except (ValueError, RecursionError):
        texts = ""
    return "\n".join((unquote(request.target), body, texts))


def _keys(session: Session) -> Iterator[str]:
    """Yield what opens something; a header that the user adds may be a common word."""
    words = {value for _, value in session.target.headers if len(value) < _KEY_LENGTH}
    yield from (secret for secret in session.target.secrets if secret not in words)


_KEY_LENGTH = 16
