"""What is a check?"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from contracts.exchange import Exchange
from contracts.profiles import Profile

if TYPE_CHECKING:
    from contracts.session import Session


class Need(StrEnum):
    """What a check cannot do without; the value says so in a report."""

    STORAGE = "needs --storage"
    OTHER_KEY = "needs --other-api-key"
    HASHING = "the service does not say that it hashes features"
    SWAGGER = "the target does not serve swagger.json"
    GATEWAY = "needs a gateway in front (--subscription-key)"
    PROMISED_LIMIT = "needs --expect-rate-limit"


Judge = Callable[["Session", Exchange], str | None]
"""Looks at one reply; returns what is wrong with it."""
Perform = Callable[["Session"], None]
"""Makes calls of its own; raises Broken or NotJudged."""


@dataclass(frozen=True)
class Check:
    """One promise, and how to see whether it is kept."""

    name: str
    promise: str
    """What is promised, as one sentence."""
    clause: str
    """Where in the contract: keys, separated by spaces."""
    judge: Judge | None = None
    perform: Perform | None = None
    needs: frozenset[Need] = frozenset()
    least: Profile = Profile.SMOKE
    """The smallest profile that includes it."""
    operations: tuple[str, ...] = ()
    """The operations that it is about, for reports."""
    order: int = 50
    """Judges with a lower number go first; the first that finds fault with a reply owns it."""

    @property
    def group(self) -> str:
        """The folder that it stands in."""
        function = self.judge or self.perform
        assert function is not None  # noqa: S101  a check does one or the other
        return function.__module__.split(".")[-2]


HOLDER = "__contract_check__"
"""Where a decorated function keeps its check."""


def judges(promise: str, clause: str, order: int = 50) -> Callable[[Judge], Judge]:
    """Make a function a check of every reply. Its name is the check's."""

    def decorate(function: Judge) -> Judge:
        made = Check(function.__name__, promise, clause, judge=function, order=order)
        setattr(function, HOLDER, made)
        return function

    return decorate


def performs(
    promise: str,
    clause: str,
    *operations: str,
    needs: tuple[Need, ...] = (),
    least: Profile = Profile.CI,
) -> Callable[[Perform], Perform]:
    """Make a function a check that makes calls of its own. Its name is the check's."""

    def decorate(function: Perform) -> Perform:
        made = Check(
            function.__name__,
            promise,
            clause,
            perform=function,
            needs=frozenset(needs),
            least=least,
            operations=operations,
        )
        setattr(function, HOLDER, made)
        return function

    return decorate
