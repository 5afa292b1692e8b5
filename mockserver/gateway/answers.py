"""What does the gateway answer by itself, to the byte?"""

import json

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.message import Body, Headers, Response

FACTS = (
    Fact(
        'The body is `{ "statusCode": N, "message": "..." }`, with single spaces inside the braces,'
        " as application/json.",
        Evidence.CAPTURED,
        "three captured Content-Length values fit this spacing only",
    ),
    Fact(
        "A call without a key, or with one that does not pass, is 401 with a challenge that names"
        " the API's address and the header.",
        Evidence.CAPTURED,
        "captures of 2018 and 2025; the documents' table says `this API`, the wire `an API`",
    ),
    Fact(
        "A call that matches no operation is 404 `Resource not found`, without a challenge and"
        " before any key is looked at.",
        Evidence.CAPTURED,
        "stored captures, and an article on 405; that it comes first is from a public probe",
    ),
    Fact(
        "Above a rate limit the answer is 429, above a quota 403, both with Retry-After; the time"
        " until a quota is replenished is a .NET TimeSpan, with days if there are any.",
        Evidence.CAPTURED,
        "captures with and without a day part",
    ),
    Fact(
        "A backend that does not answer in time is 500 `Internal server error` with an activityId.",
        Evidence.CAPTURED,
        "a capture with forward-request timeout=10",
    ),
    Fact(
        "A backend that cannot be reached, resets or sends garbage gets the same body.",
        Evidence.ASSUMED,
        "the status was captured, the body not",
    ),
)

MISSING_KEY = (
    "Access denied due to missing subscription key."
    " Make sure to include subscription key when making requests to an API."
)
INVALID_KEY = (
    "Access denied due to invalid subscription key."
    " Make sure to provide a valid key for an active subscription."
)
NOT_FOUND = "Resource not found"
_DAY = 86_400
_FAULT = 500


def answer(failure: GatewayFailure, call_id: str) -> Response:
    """Word a failure for the client."""
    told = envelope(failure.status, failure.told, call_id if failure.status == _FAULT else "")
    headers = Headers({"Content-Type": "application/json", **failure.headers})
    return Response(failure.status, "", headers, Body(told))


def not_found() -> GatewayFailure:
    """Return the failure of a call that matches no operation."""
    message = "Unable to match incoming request to an operation."
    error = LastError("configuration", "OperationNotFound", message, "global", "inbound")
    return GatewayFailure(404, error, NOT_FOUND)


def key_missing(address: str, header: str) -> GatewayFailure:
    """Return the failure of a call without a key; `address` is the API's."""
    return _key_refused("SubscriptionKeyNotFound", MISSING_KEY, address, header)


def key_invalid(address: str, header: str) -> GatewayFailure:
    """Return the failure of a call whose key does not pass."""
    return _key_refused("SubscriptionKeyInvalid", INVALID_KEY, address, header)


def _key_refused(reason: str, told: str, address: str, header: str) -> GatewayFailure:
    # The documents word LastError with `this API`, the wire says `an API`.
    message = told.replace(" an API.", " this API.")
    error = LastError("authorization", reason, message, "api", "inbound")
    return GatewayFailure(401, error, told, {"WWW-Authenticate": challenge(address, header)})


def envelope(status: int, message: str, activity_id: str = "") -> bytes:
    """Write the body of a refusal."""
    members = [f'"statusCode": {status}', f'"message": {json.dumps(message, ensure_ascii=False)}']
    if activity_id:
        members.append(f'"activityId": "{activity_id}"')
    return f"{{ {', '.join(members)} }}".encode("utf-8", "replace")


def challenge(address: str, header: str) -> str:
    """Write the WWW-Authenticate of a 401; `address` is that of the API."""
    return f'AzureApiManagementKey realm="{address}",name="{header}",type="header"'


def time_span(seconds: float) -> str:
    """Write a duration as .NET does: `[d.]hh:mm:ss`, rounded up to a second."""
    whole = -int(-seconds // 1)
    days, rest = divmod(whole, _DAY)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}.{clock}" if days else clock
