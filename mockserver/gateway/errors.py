"""Why does the gateway end a call by itself?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mockserver.gateway.message import Response


@dataclass(frozen=True, slots=True)
class LastError:
    """What went wrong, as policies, the trace and the log see it.

    `scope` is global, product, api or operation; `path` such as `choose[3]/when[2]`. Both are
    filled in on the way out of the policies.
    """

    source: str
    reason: str
    message: str
    scope: str = ""
    section: str = ""
    path: str = ""
    policy_id: str = ""


class GatewayFailure(Exception):
    """The gateway ends the call: with `status`, and `told` as the message of its envelope.

    `headers` go with it. For a 500 `told` is `Internal server error`.
    """

    def __init__(
        self, status: int, error: LastError, told: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error.message)
        self.status, self.error, self.told, self.headers = status, error, told, headers or {}

    def locate(self, scope: str, section: str, path: str, policy_id: str) -> None:
        """Note where it happened, unless that is known more closely already."""
        if not self.error.section:
            self.error = replace(
                self.error, scope=scope, section=section, path=path, policy_id=policy_id
            )


INTERNAL = "Internal server error"


def internal(source: str, reason: str, message: str) -> GatewayFailure:
    """Return a failure that the caller learns nothing about."""
    return GatewayFailure(500, LastError(source, reason, message), INTERNAL)


class ExpressionFailed(Exception):
    """An expression threw while a call was handled: the text says what."""


class Finished(Exception):
    """A policy has the final response: nothing else runs."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class BackendFault(Exception):
    """The backend gave no response: it was too slow, or the connection failed."""

    def __init__(
        self, reason: Literal["Timeout", "BackendConnectionFailure"], message: str
    ) -> None:
        super().__init__(message)
        self.reason = reason
