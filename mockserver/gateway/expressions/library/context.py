"""What does an expression see of a call? `context` and what hangs on it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from multidict import CIMultiDict

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.json_tokens import JArray, JObject, JToken
from mockserver.gateway.expressions.kinds import Kind
from mockserver.gateway.expressions.library.casts import is_of
from mockserver.gateway.expressions.library.encodings import Uri
from mockserver.gateway.expressions.library.moments import elapsed
from mockserver.gateway.expressions.library.newtonsoft import parse
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.texts import Named, type_name
from mockserver.gateway.expressions.throwing import Thrown, bad_cast, missing_key, null_argument
from mockserver.gateway.expressions.times import SECOND, DateTime, TimeSpan, from_seconds
from mockserver.gateway.message import Body, Headers, Request, Response, Url

FACTS = (
    Fact(
        "`As<T>()` uses the body up unless `preserveContent` is true: what goes on is empty, and to"
        " read it again fails.",
        Evidence.PUBLISHED,
        "the page on expressions: `unavailable`; that a second reading throws is an inference",
    ),
    Fact(
        "`context.Request.Body` is null if the request has no body, `context.Response.Body` never.",
        Evidence.PUBLISHED,
        "the page on expressions",
    ),
    Fact(
        "`As<JObject>()` of an empty body is null.",
        Evidence.ASSUMED,
        "what Newtonsoft's deserializer gives",
    ),
    Fact(
        "Names in `Url.Query` are found without regard to case, those of `MatchedParameters` and"
        " `Variables` are not.",
        Evidence.ASSUMED,
        "a live gateway would settle it",
    ),
    Fact(
        "`GetValueOrDefault` of headers and of the query joins several values with commas, without"
        " blanks.",
        Evidence.PUBLISHED,
        "the page on expressions: `comma-separated`",
    ),
    Fact(
        "`context.Deployment.Region` is `Local`, and there are no certificates.",
        Evidence.ASSUMED,
        "an emulator is in no region",
    ),
)


class _UsedUp(bytes):
    """What is left of a body that was read without `preserveContent`."""

    __slots__ = ()


_NOTHING_LEFT = _UsedUp()


def _body_of_request(request: Request) -> Body | None:
    body = request.body
    return None if body.content == b"" and not isinstance(body.content, _UsedUp) else body


def _read_body(frame: Frame, body: Body, kind: Kind, preserve: bool = False) -> Any:
    content = body.content
    if content is None or isinstance(content, _UsedUp):
        raise Thrown(
            "The body was read before without preserveContent: true and is not available.",
            "InvalidOperationException",
        )
    frame.claim(len(content))
    value = _READERS[str(kind)](frame, content)
    if not preserve:
        body.put(_NOTHING_LEFT)
    return value


def _text(_: Frame, content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


def _json(wanted: type[JToken]) -> Callable[[Frame, bytes], JToken | None]:
    def read(frame: Frame, content: bytes) -> JToken | None:
        text = _text(frame, content)
        if not text.strip():
            return None
        token = parse(frame, text)
        if not isinstance(token, wanted):
            raise bad_cast(type_name(token), f"Newtonsoft.Json.Linq.{wanted.__name__}")
        return token

    return read


_READERS: Mapping[str, Callable[[Frame, bytes], Any]] = {
    "string": _text,
    "byte[]": lambda _, content: bytearray(content),
    "JToken": _json(JToken),
    "JObject": _json(JObject),
    "JArray": _json(JArray),
}
BODY_KINDS = frozenset(_READERS)
"""The types that `As<T>` gives."""


def _form(frame: Frame, body: Body, preserve: bool = False) -> dict[str, list[str]]:
    text = _read_body(frame, body, Kind("string"), preserve)
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=10_000):
        found.setdefault(name, []).append(value)
    return found


def _header(headers: Headers, name: str, default: str | None = None) -> str | None:
    values = headers.getall(name, None)
    if values is None:
        return default
    return values[0] if len(values) == 1 else ",".join(values)


def _header_values(headers: Headers, name: str) -> list[str]:
    values = headers.getall(name, None)
    if values is None:
        raise missing_key()
    return values


def _try_header(headers: Headers, name: str) -> tuple[bool, list[str] | None]:
    values = headers.getall(name, None)
    return values is not None, values


def _query(url: Url) -> Headers:
    return CIMultiDict(parse_qsl(url.query, keep_blank_values=True))


def _port(url: Url) -> int:
    split = urlsplit(url.base)
    return split.port or (443 if split.scheme == "https" else 80)


def _variable(variables: Mapping[str, Any], kind: Kind, name: str, default: Any = None) -> Any:
    if name is None:
        raise null_argument("key")
    if name not in variables:
        return default
    value = variables[name]
    if value is not None and not is_of(value, kind):
        raise bad_cast(type_name(value), str(kind))
    return value


def _trace(call: Call, message: str | None) -> None:
    """Write a text into the trace of the call, if it has one."""
    if call.trace is not None:
        call.trace.add("trace", message or "")


def _subscription(call: Call) -> Any:
    return None if call.caller.subscription is None else call


def _user(call: Call) -> Any:
    subscription = call.caller.subscription
    return None if subscription is None else subscription.user


def _started(call: Call) -> DateTime | None:
    subscription = call.caller.subscription
    if subscription is None or subscription.started is None:
        return None
    return from_seconds(subscription.started)


def _created(call: Call) -> DateTime:
    return _started(call) or from_seconds(call.now)


def _of_subscription(name: str) -> Callable[[Call], Any]:
    return attrgetter(f"caller.subscription.{name}")


def _service_name(call: Call) -> str:
    return call.runtime.service_name


CONTEXT: Rows = [
    ("Api: IApi", lambda call: call.route.api),
    ("Operation: IOperation", lambda call: call.route.operation),
    ("Product: IProduct", lambda call: call.caller.product),
    ("Subscription: ISubscription", _subscription),
    ("User: IUser", _user),
    ("Request: IRequest", lambda call: call.request),
    ("Response: IResponse", lambda call: call.response),
    ("LastError: ILastError", lambda call: call.last_error),
    ("Variables: Variables", lambda call: call.variables),
    ("RequestId: Guid", lambda call: UUID(call.id)),
    ("Timestamp: DateTime", lambda call: from_seconds(call.now)),
    ("Elapsed: TimeSpan", lambda call: TimeSpan(round(elapsed(call) * SECOND))),
    ("Tracing: bool", lambda call: call.trace is not None),
    ("Deployment: IDeployment", lambda call: call),
    ("Trace(string? message): void", _trace),
]


def _reason(response: Response) -> str:
    if response.reason:
        return response.reason
    try:
        return HTTPStatus(response.status).phrase
    except ValueError:
        return ""


_URL: Rows = [
    ("Scheme: string", lambda url: url.base.partition(":")[0]),
    ("Host: string", lambda url: url.host),
    ("Port: int", _port),
    ("Path: string", lambda url: urlsplit(url.base).path + url.path or "/"),
    ("Query: Query", _query),
    ("QueryString: string", lambda url: f"?{url.query}" if url.query else ""),
    ("ToString(): string", str),
    ("ToUri(): Uri", lambda url: Uri(str(url))),
]
_HEADERS: Rows = [
    ("GetValueOrDefault(string name, [string? default]): string", _header),
    ("[](string name): string[]", _header_values),
    ("TryGetValue(string name, out string[] value): bool", _try_header),
]

TABLES: dict[str, Rows] = {
    "IApi": [
        ("Id: string", lambda api: api.id),
        ("Name: string", lambda api: api.name),
        ("Path: string", lambda api: api.path),
        ("Revision: string", lambda _: "1"),
        ("Version: string", lambda _: None),
        ("IsCurrentRevision: bool", lambda _: True),
        ("ServiceUrl: IUrl", lambda api: Url(api.service_url)),
        ("Protocols: IEnumerable<string>", lambda _: ["https"]),
    ],
    "IOperation": [
        ("Id: string", lambda operation: operation.id),
        ("Name: string", lambda operation: operation.name),
        ("Method: string", lambda operation: operation.method),
        ("UrlTemplate: string", lambda operation: operation.template.text),
    ],
    "IProduct": [
        ("Id: string", lambda product: product.id),
        ("Name: string", lambda product: product.name),
        (
            "State: ProductState",
            lambda p: (
                Named("ProductState", "Published", 1)
                if p.is_published
                else Named("ProductState", "NotPublished", 0)
            ),
        ),
        ("SubscriptionRequired: bool", lambda product: product.subscription_required),
        ("ApprovalRequired: bool", lambda product: product.approval_required),
        ("SubscriptionLimit: int?", lambda _: None),
    ],
    "ISubscription": [
        ("Id: string", _of_subscription("id")),
        ("Key: string", lambda call: call.caller.key),
        ("Name: string", _of_subscription("name")),
        ("PrimaryKey: string", _of_subscription("primary_key")),
        ("SecondaryKey: string", _of_subscription("secondary_key")),
        ("CreatedDate: DateTime", _created),
        ("StartDate: DateTime?", _started),
        ("EndDate: DateTime?", lambda _: None),
    ],
    "IUser": [
        ("Id: string", lambda user: user.id),
        ("Email: string", lambda user: user.email),
        ("FirstName: string", lambda user: user.first_name),
        ("LastName: string", lambda user: user.last_name),
        ("Note: string", lambda _: None),
        ("Groups: IEnumerable<IGroup>", lambda user: list(user.groups)),
    ],
    "IGroup": [("Id: string", lambda group: group), ("Name: string", lambda group: group)],
    "IRequest": [
        ("Body: IMessageBody", _body_of_request),
        ("Headers: Headers", lambda request: request.headers),
        ("IpAddress: string", lambda request: request.ip_address),
        (
            "MatchedParameters: IReadOnlyDictionary<string, string>",
            Framed(lambda frame, _: frame.call.route.parameters),
        ),
        ("Method: string", lambda request: request.method),
        ("OriginalUrl: IUrl", Framed(lambda frame, _: frame.call.original_url)),
        ("Url: IUrl", lambda request: request.url),
    ],
    "IResponse": [
        ("Body: IMessageBody", lambda response: response.body),
        ("Headers: Headers", lambda response: response.headers),
        ("StatusCode: int", lambda response: response.status),
        ("StatusReason: string", _reason),
    ],
    "IMessageBody": [
        ("As<T>([bool preserveContent]): T", Framed(_read_body)),
        (
            (
                "AsFormUrlEncodedContent([bool preserveContent]):"
                " Dictionary<string, IEnumerable<string>>"
            ),
            Framed(_form),
        ),
    ],
    "IUrl": _URL,
    "ILastError": [
        ("Source: string", lambda error: error.source),
        ("Reason: string", lambda error: error.reason),
        ("Message: string", lambda error: error.message),
        ("Scope: string", lambda error: error.scope),
        ("Section: string", lambda error: error.section),
        ("Path: string", lambda error: error.path),
        ("PolicyId: string", lambda error: error.policy_id),
    ],
    "IDeployment": [
        ("GatewayId: string", lambda _: "managed"),
        ("Region: string", lambda _: "Local"),
        ("ServiceId: string", _service_name),
        ("ServiceName: string", _service_name),
        ("GatewayHost: string", lambda call: call.original_url.host),
    ],
    "Headers": _HEADERS,
    "Query": _HEADERS,
    "Variables": [("GetValueOrDefault<T>(string name, [T? default]): T", _variable)],
}
