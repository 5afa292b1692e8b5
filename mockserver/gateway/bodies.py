"""Which message does a policy mean, and how does that message get another body?"""

from mockserver.gateway.call import Call
from mockserver.gateway.message import Headers, Request, Response
from mockserver.gateway.policy import SectionName


def message_of(call: Call, section: SectionName) -> Request | Response:
    """Return the request in the sections inbound and backend, in the others the response."""
    if section in ("inbound", "backend") or call.response is None:
        return call.request
    return call.response


def put_body(message: Request | Response, content: bytes) -> None:
    """Give a message another body; a Content-Length that it has follows."""
    message.body.put(content)
    if "content-length" in message.headers:
        message.headers["Content-Length"] = str(len(content))


def is_encoded(headers: Headers) -> bool:
    """Say whether the body is compressed, so that its text cannot be seen in its bytes."""
    codings = ",".join(headers.getall("content-encoding", ())).lower()
    return any(coding.strip() not in ("", "identity") for coding in codings.split(","))
