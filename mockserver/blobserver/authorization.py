"""May this request be answered: is it signed with the account's key, or by a SAS of today?"""

from collections.abc import Mapping

from mockserver.blobserver import string_to_sign
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.request import Request, read_query
from mockserver.blobserver.sas import Need, check_origin, check_sas, is_signed
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "The date of a request signed with a key is not judged.",
        Evidence.ASSUMED,
        "our choice: the clock can be moved, those of clients cannot; Azure allows 15 minutes",
    ),
    Fact(
        "Without a signature nothing is answered: there are no public containers.",
        Evidence.PUBLISHED,
        "the default of storage accounts since 2023",
    ),
)

_OVERRIDES = {
    "rscc": "cache-control",
    "rscd": "content-disposition",
    "rsce": "content-encoding",
    "rscl": "content-language",
    "rsct": "content-type",
}


def authorize(request: Request, keys: Mapping[str, str], need: Need, now: float) -> None:
    """Let a request in, or raise Refusal. Notes on it what its SAS prescribes."""
    key = keys.get(request.account)
    if key is None:
        raise Refusal("ResourceNotFound", reason=f"there is no account {request.account[:63]!r}")
    if "authorization" in request.headers:
        _check_key(request, key)
    elif "sig" in request.query:
        values = request.query
        check_sas(values, key, request.place, need, now)
        check_origin(values, request.client)
        request.overrides = _overrides(values)
        request.may_overwrite = "w" in values.get("sp", "")
    else:
        raise Refusal("AuthorizationFailure", reason="the request is not signed")


def _overrides(values: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of the answer that a SAS names. Refuses what cannot be in a header."""
    found = {_OVERRIDES[name]: values[name] for name in _OVERRIDES if name in values}
    if not all(value.isprintable() for value in found.values()):
        raise Refusal("InvalidQueryParameterValue", reason="a header of the SAS is not printable")
    return found


def _check_key(request: Request, key: str) -> None:
    scheme, _, rest = request.headers["authorization"].partition(" ")
    account, _, signature = rest.strip().partition(":")
    path = f"/{request.account}{request.raw_path.decode('ascii')}"
    method, query, headers = request.method, request.query, request.headers
    if scheme == "SharedKey":
        texts = string_to_sign.shared_key(method, path, query, headers, request.version)
    elif scheme == "SharedKeyLite":
        texts = string_to_sign.shared_key_lite(method, path, query, headers)
    else:
        raise Refusal("AuthenticationFailed", reason=f"authorization scheme {scheme[:20]!r}")
    if account != request.account or not is_signed(signature, key, texts):
        raise Refusal("AuthenticationFailed", reason="the signature is not of the account's key")


def token_permits(  # noqa: PLR0913, PLR0917  the parts of one address, and of one question
    token: str, key: str, account: str, container: str, blob: str, permission: str, now: float
) -> bool:
    """Say whether a SAS, with or without `?` in front, permits any of `permission` on a blob.

    `key` is Base64, `now` seconds since 1970 UTC. Address and protocol of a later caller are not
    known, so they are not judged.
    """
    try:
        values = read_query(token.removeprefix("?").encode())
        check_sas(values, key, (account, container, blob), Need(permission, "object"), now)
    except (Refusal, KeyError):
        return False
    return True
