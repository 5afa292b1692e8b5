"""What may stand under `gateway:` in `mockserver.yaml`, or in a gateway file of its own?

This is the declared form. `build.py` makes a gateway from it.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from mockserver.gateway.message import HOP_BY_HOP
from mockserver.gateway.model import SubscriptionState
from mockserver.gateway.templates import TemplateNotUsable, UrlTemplate

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$")]
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[!-~]+$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\t -~\x80-\xff]*$")]
ContentType = Annotated[str, StringConstraints(min_length=1, pattern=r"^[ -~]+$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$")]
NamedValueName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=256)]
Scope = Annotated[str, StringConstraints(pattern=r"^(/|/apis|/apis/[^/]+|/products/[^/]+)$")]
"""As in Azure: a product, an API, all APIs; `/` is the whole service."""
PolicyText = Annotated[str, StringConstraints(min_length=1)]
"""Policy XML, or the name of a file with it, relative to the file that says so."""

MOST_ROWS = 1_000_000


def _web_address(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"not a web address: {error}") from error
    if scheme not in ("http", "https") or not separator or not host or port == 0:
        raise ValueError("not a web address with http:// or https://")
    if any(character in rest for character in " ?#\\@") or not rest.isprintable():
        raise ValueError("a web address without blanks, query, fragment and credentials is needed")
    return text.rstrip("/")


WebAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_web_address)]


def _template(text: str) -> str:
    try:
        UrlTemplate(text)
    except TemplateNotUsable as error:
        raise ValueError(str(error)) from error
    return text


UrlTemplateText = Annotated[
    str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_template)
]


def _can_be_sent(name: str) -> str:
    if name.lower() in (*HOP_BY_HOP, "content-length", "expect", "x-forwarded-for"):
        raise ValueError("the gateway writes this header itself")
    return name


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RepresentationDeclaration(_Declared):
    """What a message may look like."""

    content_type: ContentType = "application/json"
    schema_: str | None = Field(default=None, alias="schema")
    example: str | None = None


class ResponseDeclaration(_Declared):
    """A documented response; `mock-response` takes its example, nothing is checked by itself."""

    status: Annotated[int, Field(ge=100, le=599)]
    representations: list[RepresentationDeclaration] = []


class OperationDeclaration(_Declared):
    """A verb and a URL template."""

    id: Identifier | None = None
    name: DisplayName
    method: Annotated[str, StringConstraints(pattern="^[A-Z]{1,20}$")]
    url_template: UrlTemplateText
    request: list[RepresentationDeclaration] = []
    responses: list[ResponseDeclaration] = []
    policy: PolicyText | None = None


class KeyNamesDeclaration(_Declared):
    """Where calls carry their subscription key."""

    header: HeaderName = "Ocp-Apim-Subscription-Key"
    query: DisplayName = "subscription-key"


class ApiDeclaration(_Declared):
    """An API: its suffix, the web service behind it, and its operations."""

    id: Identifier
    name: DisplayName
    path: Annotated[str, StringConstraints(max_length=400, pattern=r"^[^?#\\\s]*$")] = ""
    service_url: WebAddress
    schemes: list[Literal["http", "https"]] = ["https"]
    subscription_required: bool = True
    subscription_key_parameter_names: KeyNamesDeclaration = KeyNamesDeclaration()
    operations: list[OperationDeclaration] = []
    schemas: dict[str, Any] = {}
    policy: PolicyText | None = None


class ProductDeclaration(_Declared):
    """APIs that are subscribed to together."""

    id: Identifier
    name: DisplayName
    description: str = ""
    state: Literal["published", "notPublished"] = "notPublished"
    subscription_required: bool = True
    approval_required: bool = False
    apis: list[Identifier] = []
    policy: PolicyText | None = None


class UserDeclaration(_Declared):
    """Somebody who owns subscriptions."""

    id: Identifier
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    groups: list[DisplayName] = ["Developers"]


class SubscriptionDeclaration(_Declared):
    """A subscription: what it covers, and its two keys.

    Quotas are counted from `started`; left out, from the first start of the emulator.
    """

    id: Identifier
    name: DisplayName = ""
    scope: Scope
    state: SubscriptionState = SubscriptionState.ACTIVE
    primary_key: Key
    secondary_key: Key
    user: Identifier | None = None
    allow_tracing: bool = False
    started: AwareDatetime | None = None


class NamedValueDeclaration(_Declared):
    """A value that policies name as `{{name}}`."""

    name: NamedValueName
    value: Annotated[str, StringConstraints(max_length=4096)]
    secret: bool = False


class BackendDeclaration(_Declared):
    """A backend that policies name; `headers` and `query` are added to what is sent there."""

    id: Identifier
    url: WebAddress
    headers: dict[Annotated[HeaderName, AfterValidator(_can_be_sent)], HeaderValue] = {}
    query: dict[str, str] = {}


class FragmentDeclaration(_Declared):
    """Policies that others include."""

    id: Identifier
    policy: PolicyText


class GatewayDeclaration(_Declared):
    """The whole gateway."""

    name: Annotated[str, StringConstraints(pattern="^[a-z0-9-]{1,50}$")] = Field(
        default="demoazureml", description="the service, as in `{name}.azure-api.net`"
    )
    hosts: dict[str, Literal["embedded"] | WebAddress] = Field(
        default={"*.services.azureml.net": "embedded"},
        description="which address stands in for a host that an API or a policy names;"
        " `embedded`: the emulator's own services",
    )
    allowed_hosts: list[str] = Field(
        default=[], description="hosts that may be contacted besides those of APIs and backends"
    )
    legacy_tracing: bool = Field(
        default=False, description="whether `Ocp-Apim-Trace` is heard, as in Azure until 2024"
    )
    log_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] = Field(
        default=10_000, description="how many log rows are kept in memory"
    )
    log_file: str | None = Field(
        default=None, description="file to write each log row to, as a line of JSON"
    )
    max_buffered_bytes: Annotated[int, Field(ge=1)] = Field(
        default=64 << 20, description="largest body that policies may hold in memory"
    )
    policy: PolicyText | None = Field(default=None, description="the global policy document")
    fragments: list[FragmentDeclaration] = Field(default=[], description="see below")
    named_values: list[NamedValueDeclaration] = Field(default=[], description="see below")
    backends: list[BackendDeclaration] = Field(default=[], description="see below")
    apis: list[ApiDeclaration] = Field(default=[], description="see below")
    products: list[ProductDeclaration] = Field(default=[], description="see below")
    users: list[UserDeclaration] = Field(default=[], description="see below")
    subscriptions: list[SubscriptionDeclaration] = Field(default=[], description="see below")
