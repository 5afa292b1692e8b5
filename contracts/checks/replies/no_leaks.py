"""Does a refusal keep to itself what is nobody's business: code, folders, keys?"""

import re

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session

_TRACES = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|File \\?\"[^\"]+\\?\", line \d+"
    rb"|\bat [\w.$<>]+\([\w.]+\.(?:java|cs|js|ts|kt):\d+"
    rb"|\bat [\w.<>`]+\([^)]*\) in \S+:line \d+"
    rb"|\bat \S+ \(\S+\.(?:js|ts):\d+:\d+\)"
    rb"|goroutine \d+ \[running\]"
)
_PATHS = re.compile(
    rb"(?<![\w/.:])/(?:usr|home|opt|var|srv|root|app|tmp)/[\w.-]+/[\w./-]+|\b[A-Z]:\\\\?\w+\\"
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
    if _TRACES.search(reply.body):
        return f"{exchange.status} with a stack trace"
    found = _PATHS.search(reply.body)
    if found and found[0] not in exchange.request.body:
        return f"{exchange.status} with a path of the server"
    for secret in session.target.secrets:
        if secret.encode() in reply.body and secret.encode() not in exchange.request.body:
            return f"{exchange.status} with a key in it"
    return None
