"""Whom do we judge, and with which keys?"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SUBSCRIPTION_KEY = "Ocp-Apim-Subscription-Key"
"""The header in which API Management looks for its key (published)."""


@dataclass(frozen=True)
class Limit:
    """So many calls in so many seconds."""

    calls: int
    seconds: float

    @classmethod
    def read(cls, text: str) -> "Limit":
        """Read `5/m`, `20/s` or `100/h`. Raises ValueError."""
        calls, slash, unit = text.partition("/")
        if not slash or unit not in _UNITS or not calls.isdigit() or int(calls) == 0:
            raise ValueError(f"{text!r} is no limit; write for example 5/m, 20/s or 100/h")
        return cls(int(calls), _UNITS[unit])


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Hashing:
    """What a service says that it computes: feature hashing (None: it does not say)."""

    column: str
    bits: int
    ngrams: int = 2


@dataclass(frozen=True)
class Target:
    """One endpoint that claims to be RRS and BES, and all that a client of it knows."""

    url: str
    """Scheme, host and port."""
    workspace: str
    service: str
    api_key: str = field(repr=False)
    prefix: str = ""
    """What stands between host and `/workspaces`; the suffix of an API in a gateway."""
    subscription_key: str | None = field(default=None, repr=False)
    other_api_key: str | None = field(default=None, repr=False)
    """A valid key of another service, which must not open this one."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    storage: str | None = field(default=None, repr=False)
    """A connection string that the target understands as well as we do."""
    admin_url: str | None = None
    """Where the emulator's clock can be moved."""
    ca_file: str | None = None
    client_certificate: str | None = None
    """A PEM file with certificate and key, for servers that ask for one."""
    verify: bool = True
    timeout: float = 30.0
    """Seconds until a call without an answer is given up."""
    rate_limit: Limit | None = None
    """How fast we may call at most."""
    promised_limit: Limit | None = None
    """The limit that the target says it keeps; then a check sees whether it does."""
    sample: Any = None
    """A request body of RRS that the service scores; None: learn it from the service."""
    ngrams: int = 2
    """The longest n-gram of a service that hashes features."""

    @property
    def base(self) -> str:
        """The address of the endpoint, without a closing slash."""
        return f"{self.prefix}/workspaces/{self.workspace}/services/{self.service}"

    @property
    def has_gateway(self) -> bool:
        """Whether API Management, or something like it, stands in front."""
        return self.subscription_key is not None

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, the longest first."""
        known = [self.api_key, self.subscription_key, self.other_api_key, self.storage]
        known += [value for _, value in self.headers]
        if self.storage:
            pairs = (part.partition("=") for part in self.storage.split(";"))
            known += [value for name, _, value in pairs if name in _SECRET_PAIRS]
        return tuple(sorted({k for k in known if k and len(k) >= _SECRET_LENGTH}, key=len)[::-1])


_SECRET_PAIRS = {"AccountKey", "SharedAccessSignature"}
_SECRET_LENGTH = 4
