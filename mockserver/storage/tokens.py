"""Which token lets a client read a finished job's output?"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "The token of a result is `?sv=2015-02-21&sr=b&sig=…&st=…&se=…&sp=r`, valid for 24 h"
        " 5 min.",
        Evidence.CAPTURED,
        "two outputs of one run, March 2017",
    ),
    Fact(
        "The token is valid from 5 minutes before the poll, and each poll gives a fresh one.",
        Evidence.ASSUMED,
        "the length of the captured window, and the wording of the documents",
    ),
)

VERSION = "2015-02-21"
_EARLY_SECONDS = 5 * 60
_VALID_SECONDS = 24 * 3600


def read_token(account: str, key: str, location: str, now: float) -> str:
    """Return a token to read one blob; `key` in base64, `location` is container/blob."""
    start, expiry = _moment(now - _EARLY_SECONDS), _moment(now + _VALID_SECONDS)
    resource = f"/blob/{account}/{location}"
    # Permissions, window, resource, stored policy, version; no header of the reply is overridden.
    lines = ("r", start, expiry, resource, "", VERSION, "", "", "", "", "")
    digest = hmac.new(_secret(key), "\n".join(lines).encode(), hashlib.sha256).digest()
    signature = quote(base64.b64encode(digest), safe="")
    window = f"st={quote(start, safe='')}&se={quote(expiry, safe='')}"
    return f"?sv={VERSION}&sr=b&sig={signature}&{window}&sp=r"


def _secret(key: str) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except ValueError:
        return key.encode()  # no key at all: the token will be refused, as its account's calls are


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
