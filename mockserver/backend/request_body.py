"""How is a request body taken off the connection, and what is too much?"""

from starlette.types import Message, Receive

from mockserver.backend.failures import CallerGone, RequestBodyNotUsable, RequestBodyTooLarge
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Bodies come with a length or chunked; a request header `Content-Encoding: UTF-8` is no"
        " compression.",
        Evidence.CAPTURED,
        "Node and Java clients send such requests",
    ),
    Fact(
        "The media type may be application/json, text/json, a `+json` type or missing, with any"
        " parameters; any other is BadArgument/RequestBodyInvalid.",
        Evidence.ASSUMED,
        "the first two are captured; a form-encoded call against a live service would settle it",
    ),
)

_JSON_TYPES = (b"application/json", b"text/json")


def check_media_type(content_type: bytes | None) -> None:
    """Refuse a body that says it is something other than JSON."""
    if content_type is None or content_type in _JSON_TYPES:
        return
    media_type = content_type.partition(b";")[0].strip().lower()
    if media_type and media_type not in _JSON_TYPES and not media_type.endswith(b"+json"):
        shown = media_type[:100].decode("latin-1")
        raise RequestBodyNotUsable(reason=f"Content-Type is {shown}, not application/json")


def check_length(content_length: bytes | None, limit: int) -> None:
    """Refuse a body that is announced to be larger than `limit` bytes."""
    if content_length is not None and int(content_length) > limit:
        raise RequestBodyTooLarge(str(limit))


async def read_body(first: Message, receive: Receive, limit: int) -> bytes:
    """Return the whole body, of which `first` has come already; at most `limit` bytes."""
    message = first
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise CallerGone(reason="the connection was closed within the request")
        part: bytes = message["body"]
        size += len(part)
        if size > limit:
            raise RequestBodyTooLarge(str(limit))
        parts.append(part)
        if not message["more_body"]:
            return b"".join(parts)
        message = await receive()
