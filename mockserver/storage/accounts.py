"""Which storage account does a connection string or an address mean, and may it be contacted?

The accounts of `mockserver.yaml` are known by name, wherever a client believes them to be. Any
other host is contacted only if it is listed: a client must not be able to send the server anywhere.
"""

import re
from urllib.parse import SplitResult, urlsplit

import msgspec

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.evidence import Evidence, Fact
from mockserver.storage.failures import AddressNotAllowed, ConnectionStringNotUsable
from mockserver.workspace.declaration import StorageDeclaration

FACTS = (
    Fact(
        "Connection strings may carry extra pairs, in any order, and a trailing semicolon.",
        Evidence.CAPTURED,
        "strings in client sources name BlobEndpoint, TableEndpoint and more",
    ),
    Fact(
        "In its error a connection string is shown with the names of its pairs and the account,"
        " every other value masked.",
        Evidence.ASSUMED,
        "the published text has a place for it; what stood there was not captured",
    ),
)

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ACCOUNT = re.compile("[a-z0-9]{3,24}")
_SHOWN = {
    *("accountname", "accountkey", "sharedaccesssignature"),
    *("defaultendpointsprotocol", "endpointsuffix"),
    *("blobendpoint", "queueendpoint", "tableendpoint", "fileendpoint"),
    *("usedevelopmentstorage", "developmentstorageproxyuri"),
}
"""The names of pairs that may be repeated in an error."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_ECHO = 300


class Account(msgspec.Struct, frozen=True):
    """A storage account: its name and key, its address, and whether it is the embedded one."""

    name: str
    key: str
    url: str
    is_embedded: bool


class Place(msgspec.Struct, frozen=True):
    """Where a blob is kept, and with which credential it is opened: a key or a token.

    `url` is the account's address if the account is not one of `mockserver.yaml`.
    """

    account: str
    url: str = ""
    key: str | None = None
    token: str | None = None


class BlobAddress(msgspec.Struct, frozen=True):
    """All it takes to open a blob. `url` is the account's; `key` or `token` opens it."""

    url: str
    account: str
    container: str
    blob: str
    key: str | None = None
    token: str | None = None
    makes_container: bool = False

    @property
    def location(self) -> str:
        return f"{self.container}/{self.blob}"


class Accounts:
    """The accounts that jobs can use. `embedded_url` is where the embedded blob service listens."""

    def __init__(self, declared: StorageDeclaration, embedded_url: str) -> None:
        self._by_name = {}
        for account in declared.accounts:
            is_embedded = account.endpoint == "embedded"
            url = f"{embedded_url}/{account.name}" if is_embedded else account.endpoint.rstrip("/")
            self._by_name[account.name] = Account(account.name, account.key, url, is_embedded)
        self._allowed = {host.lower() for host in declared.allowed_hosts}

    def find(self, name: str) -> Account | None:
        """Return the account with this name, if it is one of ours."""
        return self._by_name.get(name)

    @property
    def first(self) -> Account | None:
        """The account that outputs go to if a request names none."""
        return next(iter(self._by_name.values()), None)

    def address(self, place: Place, container: str, blob: str) -> BlobAddress:
        """Return where a blob is found now, and what opens it."""
        known = self._by_name.get(place.account)
        url = place.url or (known.url if known else "")
        return BlobAddress(url, place.account, container, blob, place.key, place.token)

    def by_connection_string(self, text: str) -> Place:
        """Read a connection string. Raises ConnectionStringNotUsable."""
        pairs = _pairs(text)
        if pairs.get("usedevelopmentstorage", "").lower() == "true":
            pairs = {"accountname": DEVELOPMENT_ACCOUNT, "accountkey": DEVELOPMENT_KEY} | pairs
        name, key = pairs.get("accountname", ""), pairs.get("accountkey") or None
        token = pairs.get("sharedaccesssignature")
        endpoint = pairs.get("blobendpoint", "")
        if not name and endpoint:
            name = _account_in(endpoint)
        if not name or not (key or token):
            raise ConnectionStringNotUsable(_masked(text), reason="no account or no credential")
        token = token.removeprefix("?") if token else None
        if name in self._by_name:
            return Place(name, key=key, token=token)
        suffix = pairs.get("endpointsuffix", "core.windows.net")
        scheme = pairs.get("defaultendpointsprotocol", "https")
        url = (endpoint or f"{scheme}://{name}.blob.{suffix}").rstrip("/")
        if not self._may_contact(url):
            reason = "not an account of mockserver.yaml, and its host is not allowed"
            raise ConnectionStringNotUsable(_masked(text), reason=reason)
        return Place(name, url, key, token)

    def by_address(self, base: str, token: str) -> Place:
        """Read an address with its token. Raises AddressNotAllowed."""
        url = base.rstrip("/")
        for account in self._by_name.values():
            if _is_same(url, account.url) or _host(url).startswith(f"{account.name}.blob."):
                return Place(account.name, token=token)
        if not self._may_contact(url):
            # Without a user's name and password, which may stand in front of a host.
            parts = _split(url)
            shown = parts.netloc.rpartition("@")[2] if parts else ""
            shown = shown[:_LONGEST_ECHO] or "the BaseLocation"
            raise AddressNotAllowed(f"{shown} is no address of a known storage account")
        return Place("", url, token=token)

    def _may_contact(self, url: str) -> bool:
        parts = _split(url)
        if parts is None or parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc:
            return False
        if parts.query or parts.fragment:
            return False
        host, usual = parts.hostname or "", _DEFAULT_PORTS[parts.scheme]
        port = parts.port or usual
        return f"{host}:{port}" in self._allowed or (port == usual and host in self._allowed)


def _split(url: str) -> SplitResult | None:
    """Split an address; None if it is none, down to its port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _host(url: str) -> str:
    parts = _split(url)
    return (parts.hostname if parts else None) or ""


def _account_in(endpoint: str) -> str:
    """Return the account that an address is of: in its path, or else in front of its host."""
    parts = _split(endpoint)
    path = parts.path.strip("/") if parts else ""
    return path or _host(endpoint).partition(".")[0]


def _is_same(url: str, other: str) -> bool:
    """Say whether two addresses lead to the same place, however this machine is called in them."""
    one, two = _split(url), _split(other)
    if one is None or two is None or (one.scheme, one.path) != (two.scheme, two.path):
        return False
    hosts = {one.hostname, two.hostname}
    return one.port == two.port and "@" not in url and (len(hosts) == 1 or hosts <= _LOOPBACK)


def _pairs(text: str) -> dict[str, str]:
    """Return the pairs of a connection string by lower-case name."""
    pairs = {}
    for piece in filter(None, map(str.strip, text.split(";"))):
        name, equals, value = piece.partition("=")
        if not equals or not name.strip():
            raise ConnectionStringNotUsable(_masked(text), reason="not of the form name=value;…")
        pairs[name.strip().lower()] = value.strip()
    return pairs


def _masked(text: str) -> str:
    """Return a connection string without anything that may be a secret.

    What is left are the names of pairs that everybody knows, and an account's name.
    """
    shown = []
    for piece in filter(None, map(str.strip, text.split(";"))):
        name, _, value = (part.strip() for part in piece.partition("="))
        if name.lower() not in _SHOWN:
            shown.append("***")
        elif name.lower() == "accountname" and _ACCOUNT.fullmatch(value):
            shown.append(f"{name}={value}")
        else:
            shown.append(f"{name}=***")
    return ";".join(shown)[:_LONGEST_ECHO]
