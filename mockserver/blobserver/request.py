"""What does a request ask for: which account, container, blob and operation?"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from starlette.types import Receive, Scope

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.names import check_blob_name, check_container_name
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "An account is the first part of the path, or the first label of the host name: of"
        " `account.blob.localhost` as of `account.blob.core.windows.net`.",
        Evidence.PUBLISHED,
        "Azure documentation of Azurite, addressing styles",
    ),
    Fact(
        "Any x-ms-version that is a date is accepted and sent back; without one, 2009-09-19 holds,"
        " or the version of the SAS.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, versioning; that no future version is refused is assumed",
    ),
)

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_UNVERSIONED = "2009-09-19"


@dataclass(slots=True)
class Request:
    """One request, taken apart. `container` and `blob` are empty where the path has none."""

    method: str
    raw_path: bytes
    """As it was signed: still with escapes."""
    query: Mapping[str, str]
    """Names in lower case; where one came several times, the values with commas between them."""
    headers: Mapping[str, str]
    """Names in lower case, values as Latin-1."""
    account: str
    container: str
    blob: str
    version: str
    address: str
    """The service as the client addresses it, with the account if that stands in the path."""
    client: str
    """The IP address of the client, if it is known."""
    receive: Receive
    overrides: Mapping[str, str]
    """Headers of the reply that a SAS prescribes; filled when the request was let in."""
    may_overwrite: bool = True
    """Whether the SAS that let the request in also lets it replace a blob."""

    @property
    def place(self) -> tuple[str, str, str]:
        """Account, container and blob."""
        return self.account, self.container, self.blob

    def number(self, name: str) -> int | None:
        """Return a query parameter that is a number above zero, if it was given."""
        text = self.query.get(name, "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):  # noqa: PLR2004
            raise Refusal("OutOfRangeInput", reason=f"{name} is {text[:20]!r}")
        return int(text)


def read_request(scope: Scope, receive: Receive, is_account: Callable[[str], bool]) -> Request:
    """Take a request apart. Raises Refusal if its address or its version cannot be."""
    headers = _headers(scope)
    query = read_query(scope["query_string"])
    raw_path: bytes = scope["raw_path"]
    host = headers.get("host", "localhost")
    parts = _text(raw_path).removeprefix("/").split("/", 2)
    label = _account_label(host)
    in_path = not (label and is_account(label))
    if in_path:
        account, *parts = parts
    else:
        account = label
        parts = _text(raw_path).removeprefix("/").split("/", 1)
    container, blob = (*parts, "", "")[0], "/".join(parts[1:]).replace("\\", "/")
    if not account:
        raise Refusal("InvalidQueryParameterValue", reason="the address names no account")
    if container:
        check_container_name(container)
    check_blob_name(blob)
    return Request(
        scope["method"],
        raw_path,
        query,
        headers,
        account,
        container,
        blob,
        _version(headers, query),
        f"http://{host}/{account}" if in_path else f"http://{host}",
        (scope.get("client") or ("",))[0],
        receive,
        {},
    )


def read_query(query: bytes) -> dict[str, str]:
    """Return the parameters of a query, decoded. Raises Refusal if they are no text."""
    values: dict[str, str] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name:
            key = _text(name).lower()
            text = _text(value.replace(b"+", b" "))
            values[key] = f"{values[key]},{text}" if key in values else text
    return values


def _text(escaped: bytes) -> str:
    try:
        return unquote_to_bytes(escaped).decode()
    except UnicodeDecodeError as error:
        raise Refusal("InvalidUri", reason="the address is not UTF-8") from error


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in scope["headers"]:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _account_label(host: str) -> str:
    """Return what may be an account in a host name, or nothing."""
    name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        label, dot, _ = name.partition(".")
        return label.lower() if dot else ""
    return ""


def _version(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    version = headers.get("x-ms-version", "")
    if not version:
        version = query["sv"] if "sig" in query and "sv" in query else _UNVERSIONED
    if not is_version(version):
        raise Refusal("InvalidHeaderValue", reason=f"x-ms-version is {version[:40]!r}")
    return version


def is_version(text: str) -> bool:
    """Say whether a text is a service version: a date."""
    return _VERSION.fullmatch(text) is not None
