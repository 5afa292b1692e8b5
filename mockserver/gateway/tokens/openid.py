"""Which keys and which issuer does an OpenID provider name, and for how long is that believed?"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.message import Body, BodyTooLarge, Headers, Request, Url
from mockserver.gateway.tokens.jwt import Key, key_of_jwk

FACTS = (
    Fact(
        "The configuration of an OpenID provider and its keys are kept for an hour. They are"
        " fetched anew for a key id that is not among them, and after a failure, but at most once"
        " in five minutes.",
        Evidence.PUBLISHED,
        "the page on validate-jwt; the intervals may change, it says",
    ),
    Fact(
        "Issuers of the provider are allowed beside those of the policy. After a failure what was"
        " fetched before is still believed.",
        Evidence.ASSUMED,
        "azure-docs#12552 shows a provider's issuer being compared; the rest was not recorded",
    ),
)

_KEPT = 3600
_AT_MOST_EVERY = 300
_SECONDS = 30
_LARGEST = 1 << 20
_OK = 200


@dataclass(frozen=True, slots=True)
class Provider:
    """What is known of a provider; `tried` is in seconds since 1970 by the emulator's clock."""

    keys: tuple[Key, ...] = ()
    issuer: str = ""
    fetched: float | None = None
    tried: float = float("-inf")
    problem: str = ""
    """Why the last attempt failed."""


async def find_provider(call: Call, memory: dict[str, Any], url: str, key_id: str) -> Provider:
    """Return what a provider says, from memory if that may be; `key_id` is the wanted key's."""
    known: Provider = memory.get(url, Provider())
    age = float("inf") if known.fetched is None else call.now - known.fetched
    has_key = not key_id or any(key.id == key_id for key in known.keys)
    # A clock that was set back makes everything old.
    is_fresh = 0 <= age < _KEPT and has_key and not known.problem
    if is_fresh or 0 <= call.now - known.tried < _AT_MOST_EVERY:
        return known
    try:
        memory[url] = provider = await _fetch(call, url)
    except _NotFetched as error:
        memory[url] = provider = Provider(
            known.keys, known.issuer, known.fetched, call.now, str(error)
        )
    return provider


class _NotFetched(Exception):
    """A provider's answer is not to be had, or makes no sense."""


async def _fetch(call: Call, url: str) -> Provider:
    configuration = await _read(call, url)
    issuer, address = configuration.get("issuer"), configuration.get("jwks_uri")
    if not isinstance(issuer, str) or not isinstance(address, str):
        raise _NotFetched("issuer and jwks_uri are needed")
    listed = (await _read(call, address)).get("keys")
    keys = [key_of_jwk(each) for each in listed] if isinstance(listed, list) else []
    return Provider(tuple(key for key in keys if key is not None), issuer, call.now, call.now)


async def _read(call: Call, url: str) -> dict[str, Any]:
    """Return a JSON object from a host that may be contacted."""
    try:
        parts = urlsplit(url)
        target = Url(f"{parts.scheme}://{parts.netloc}", parts.path, parts.query)
        headers = Headers({"Accept": "application/json"})
        request = Request("GET", target, headers, Body(), call.request.ip_address)
        response = await call.runtime.forwarder.send(request, _SECONDS)
        if response.body.release is not None:
            call.at_end.append(response.body.release)
        if response.status != _OK:
            raise _NotFetched(f"status {response.status}")
        content = json.loads(await response.body.load(_LARGEST))
    except (BackendFault, BodyTooLarge, ValueError, RecursionError) as error:
        raise _NotFetched(str(error) or "the answer is too large") from error
    if not isinstance(content, dict):
        raise _NotFetched("the answer is no object")
    return content
