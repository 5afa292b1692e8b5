"""What does a rate limit tell the client and later policies, and under which names?"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Self

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.message import Response
from mockserver.gateway.policy import Given
from mockserver.gateway.values import Attribute, PolicyNotUsable

FACTS = (
    Fact(
        "Headers with remaining and total calls are on every answer after the policy, also on 429.",
        Evidence.ASSUMED,
        "the page says: after each policy execution",
    ),
)

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

RATE_NAMES = (
    Attribute(name="retry-after-header-name", default="Retry-After"),
    Attribute(name="retry-after-variable-name"),
    Attribute(name="remaining-calls-header-name"),
    Attribute(name="remaining-calls-variable-name"),
    Attribute(name="total-calls-header-name"),
)


@dataclass(frozen=True, slots=True)
class RateReport:
    """Under which names a rate limit tells what it found; an empty name is not told."""

    retry_header: str
    retry_variable: str
    remaining_header: str
    remaining_variable: str
    total_header: str

    @classmethod
    def read(cls, given: Given) -> Self:
        """Take the names from the attributes RATE_NAMES. Raises PolicyNotUsable."""
        names = {attribute.name: given.text(attribute.name) for attribute in RATE_NAMES}
        for attribute, name in names.items():
            if "header" in attribute and name and not _HEADER.fullmatch(name):
                raise PolicyNotUsable(f"'{attribute}': '{name[:60]}' is no name of a header")
        return cls(*names.values())

    @property
    def tells(self) -> bool:
        """Whether `tell` has anything to tell."""
        return bool(self.remaining_variable or self.remaining_header or self.total_header)

    def tell(self, call: Call, calls: int, used: int) -> None:
        """Tell what is left of the calls that are allowed."""
        remaining = max(0, calls - used)
        if self.remaining_variable:
            call.variables[self.remaining_variable] = remaining
        for name, number in ((self.remaining_header, remaining), (self.total_header, calls)):
            if name:
                call.at_response.append(partial(_put, name, str(number)))

    def refuse(self, call: Call, source: str, wait: int) -> GatewayFailure:
        """Return the failure of a call that comes too early by `wait` seconds."""
        if self.retry_variable:
            call.variables[self.retry_variable] = wait
        told = f"Rate limit is exceeded. Try again in {wait} seconds."
        error = LastError(source, "RateLimitExceeded", "Rate limit is exceeded")
        headers = {self.retry_header: str(wait)} if self.retry_header else {}
        return GatewayFailure(429, error, told, headers)


def _put(name: str, value: str, response: Response) -> None:
    response.headers[name] = value
