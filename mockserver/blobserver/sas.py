"""Does a shared access signature permit what a request wants, at this moment?"""

import hmac
import ipaddress
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from mockserver.blobserver import string_to_sign
from mockserver.blobserver.errors import Refusal
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A SAS is judged at the emulator's clock: before `st` and after `se` it is"
        " AuthenticationFailed.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, create a service SAS; that the clock is ours is our choice",
    ),
    Fact(
        "The signature is judged first, then time, address, protocol and permission.",
        Evidence.CAPTURED,
        "Azurite judges in this order",
    ),
    Fact(
        "Stored access policies, snapshots and user delegation are not offered: tokens that rest on"
        " them are AuthenticationFailed.",
        Evidence.ASSUMED,
        "our choice",
    ),
)

_LEVELS = {"service": "s", "container": "c", "object": "o"}


@dataclass(frozen=True, slots=True)
class Need:
    """What an operation asks of a token: any of `permissions`.

    `level` is `service`, `container` or `object`; `by_service_sas` says whether a token for one
    blob or one container can be enough.
    """

    permissions: str
    level: str
    by_service_sas: bool = True


def check_sas(
    values: Mapping[str, str], key: str, place: tuple[str, str, str], need: Need, now: float
) -> None:
    """Refuse a token that does not permit `need` at a place; `sip` and `spr` are not judged."""
    account, container, blob = place
    if "srt" in values:
        text = string_to_sign.account_sas(values, account)
    elif need.by_service_sas and not values.keys() & {"si", "skoid"} and values.get("sr") in _KINDS:
        text = string_to_sign.service_sas(values, account, container, blob)
    else:
        raise Refusal("AuthenticationFailed", detail="A SAS of this kind is not enough.")
    if not is_signed(values["sig"].replace(" ", "+"), key, [text]):
        raise Refusal("AuthenticationFailed", detail="The signature of the SAS does not match.")
    _check_time(values, now)
    _check_scope(values, need)
    if not set(values.get("sp", "")) & set(need.permissions):
        raise Refusal("AuthorizationPermissionMismatch")


_KINDS = (None, "b", "c")


def _check_time(values: Mapping[str, str], now: float) -> None:
    start = _moment(values["st"]) if values.get("st") else None
    end = _moment(values.get("se", ""))
    if (start is not None and now < start) or now > end:
        current = datetime.fromtimestamp(now, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        raise Refusal(
            "AuthenticationFailed",
            detail="Signature not valid in the specified time frame:"
            f" Start [{values.get('st', '')}] - Expiry [{values['se']}] - Current [{current}]",
        )


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal("AuthenticationFailed", detail="A time of the SAS is not one.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _check_scope(values: Mapping[str, str], need: Need) -> None:
    if "srt" not in values:
        return
    if "b" not in values.get("ss", ""):
        raise Refusal("AuthorizationServiceMismatch")
    if _LEVELS[need.level] not in values["srt"]:
        raise Refusal("AuthorizationResourceTypeMismatch")


def check_origin(values: Mapping[str, str], client: str, protocol: str = "http") -> None:
    """Refuse a token that is not for this client's address or not for this protocol."""
    if values.get("sip") and not _is_within(client, values["sip"]):
        raise Refusal("AuthorizationSourceIPMismatch", reason=f"it came from {client}")
    if values.get("spr") and protocol not in values["spr"].split(","):
        raise Refusal("AuthorizationProtocolMismatch")


def _is_within(client: str, allowed: str) -> bool:
    first, _, last = allowed.partition("-")
    try:
        low, address, high = map(ipaddress.IPv4Address, (first, client, last or first))
    except ValueError:
        return False
    return low <= address <= high


def is_signed(signature: str, key: str, texts: Iterable[bytes]) -> bool:
    """Say whether a signature is that of one of the texts, under a Base64 key."""
    secret = b64decode(key)
    given = signature.encode("utf-8", "surrogatepass")
    return any(
        hmac.compare_digest(b64encode(hmac.digest(secret, text, sha256)), given) for text in texts
    )
