"""Which hosts may the gateway contact, and where are they really?

A policy is written for the real backend. So that it runs unchanged, `gateway.hosts` says which
address stands in for a host. Nothing is contacted that the configuration does not name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class HostNotAllowed(Exception):
    """The configuration does not name this host."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request really goes: `origin` is `scheme://host:port` and perhaps a path.

    `host` is what the backend is told in its Host header.
    """

    origin: str
    host: str


class Hosts:
    """Finds destinations. `stand_ins` are by host name, or `*.` and the end of one."""

    def __init__(self, stand_ins: Mapping[str, str], allowed: Iterable[str]) -> None:
        self._exact = {k.lower(): v for k, v in stand_ins.items() if not k.startswith("*.")}
        self._endings = [(k[1:].lower(), v) for k, v in stand_ins.items() if k.startswith("*.")]
        self._allowed = {host.lower() for host in allowed}
        self._known: dict[str, Destination] = {}

    def find(self, base: str) -> Destination:
        """Return where an address without path is. Raises HostNotAllowed."""
        known = self._known.get(base)
        if known is None:
            known = self._find(base)
            self._known[base] = known
        return known

    def _find(self, base: str) -> Destination:
        parts = urlsplit(base)
        host = (parts.hostname or "").lower()
        stand_in = self._exact.get(host) or next(
            (origin for ending, origin in self._endings if host.endswith(ending)), None
        )
        if stand_in is not None:
            return Destination(stand_in + parts.path, parts.netloc)
        if host not in self._allowed and parts.netloc.lower() not in self._allowed:
            raise HostNotAllowed(f"{host[:100]} is not in the configuration")
        return Destination(base, parts.netloc)
