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

CAPTURED_VERSION = "2015-02-21"
NEXT_VERSION = "2015-04-05"
"""The oldest that Azurite reads; Azure reads both."""

_EARLY_SECONDS = 5 * 60
_VALID_SECONDS = 24 * 3600


def read_token(
    account: str, key: str, location: str, now: float, version: str = CAPTURED_VERSION
) -> str:
    """Return a token to read one blob; `key` in base64, `location` is container/blob."""
    start, expiry = _moment(now - _EARLY_SECONDS), _moment(now + _VALID_SECONDS)
    resource = f"/blob/{account}/{location}"
    # The later version has two lines more, for addresses and protocols. After the version come
    # five headers of the reply that a token can override.
    limits = () if version == CAPTURED_VERSION else ("", "")
    lines = ("r", start, expiry, resource, "", *limits, version, "", "", "", "", "")
    digest = hmac.new(_secret(key), "\n".join(lines).encode(), hashlib.sha256).digest()
    signature = quote(base64.b64encode(digest), safe="")
    window = f"st={quote(start, safe='')}&se={quote(expiry, safe='')}"
    return f"?sv={version}&sr=b&sig={signature}&{window}&sp=r"


def _secret(key: str) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except ValueError:
        return key.encode()  # no key at all: the token will be refused, as its account's calls are


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
