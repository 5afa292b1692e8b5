"""Which operation does a request mean?

First the APIs whose suffix the path begins with, the longest first, then of each the most
particular operation that matches verb and template. No match is 404, whatever the verb.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from mockserver.gateway.model import Api, GatewayModel, Operation
from mockserver.gateway.templates import UrlTemplate, decode_slashes, read_path, read_query

_REMEMBERED = 1024
_LONGEST_REMEMBERED = 4 << 10
"""Longer addresses are looked up each time: a client must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a request means: the operation, the values of its template, the rest of the path.

    `rest` is what follows the API's suffix, with its slash: as it was on the wire, but for `%2F`,
    which is a slash.
    """

    api: Api
    operation: Operation
    parameters: Mapping[str, str]
    rest: str


NOWHERE = Route(Api("", "", "", "", ()), Operation("", "", "", UrlTemplate("/")), {}, "")
"""For a call that means nothing."""


class Router:
    """Finds operations. Built once."""

    def __init__(self, model: GatewayModel) -> None:
        longest_first = sorted(model.apis, key=lambda api: len(api.path), reverse=True)
        self._apis = [(_prefix(api), api, _by_method(api)) for api in longest_first]

        # Clients call the same few addresses again and again.
        self._remembered = lru_cache(_REMEMBERED)(self._find)

    def find(self, method: str, raw_path: bytes, raw_query: bytes) -> Route | None:
        """Return what a request means, or None if it means nothing.

        Path and query are as they were on the wire.
        """
        is_short = len(raw_path) + len(raw_query) <= _LONGEST_REMEMBERED
        return (self._remembered if is_short else self._find)(method, raw_path, raw_query)

    def _find(self, method: str, raw_path: bytes, raw_query: bytes) -> Route | None:
        query = read_query(raw_query)
        raw = decode_slashes(raw_path)
        path = read_path(raw)
        lowered = path.lower()
        for prefix, api, operations in self._apis:
            if lowered != prefix and not lowered.startswith(f"{prefix}/"):
                continue
            rest = path[len(prefix) :]
            for operation in operations.get(method, ()):
                parameters = operation.template.match(rest, query)
                if parameters is not None:
                    return Route(api, operation, parameters, _without(prefix, raw))
        return None


def _without(prefix: str, raw: str) -> str:
    """Cut the suffix of an API off a path; its escapes make it longer than it is decoded."""
    segments = prefix.count("/")
    return "".join(f"/{segment}" for segment in raw.split("/")[segments + 1 :])


def _prefix(api: Api) -> str:
    return f"/{api.path.lower()}" if api.path else ""


def _by_method(api: Api) -> dict[str, list[Operation]]:
    operations: dict[str, list[Operation]] = {}
    # Sorting keeps the order of those that are equally particular.
    for operation in sorted(api.operations, key=lambda o: o.template.rank, reverse=True):
        operations.setdefault(operation.method, []).append(operation)
    return operations
